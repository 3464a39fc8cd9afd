"""Why money is given, how much who may give, and budgets, on which it is counted."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec
from msgspec.structs import replace

from orderline.core.records import Record, RecordEvent, RecordKind, Window

# Reasons, and whether it is goodwill: an expense of ours. What is no goodwill is a lower price, which was owed.
REASONS: Final[dict[str, bool]] = {
    "late": True,
    "service": True,
    "courtesy": True,
    "damaged": False,
    "not_as_described": False,
    "price_match": False,
    "price_error": False,
}
KEPT_PERIODS: Final = 24  # sums of as many past periods stand on a budget; its history has them all


class AppeasementLimits(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """How much a key may give by itself, in minor units by currency: on one order in all, and on one day (UTC).

    Other currencies are none of theirs; no limit, when empty. team: whose budget it is counted on as well.
    """

    per_order: dict[str, int] = {}
    per_day: dict[str, int] = {}
    team: str = ""


class Giving(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """Who gives, within which limits, counted on which budgets. approved: somebody else has said yes to it."""

    by: str = ""
    limits: AppeasementLimits | None = None
    budgets: tuple[str, ...] = ()
    approved: bool = False


class Period(StrEnum):
    """What a budget is for: each day, week (from Monday), month or year, in UTC."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


class BudgetState(StrEnum):
    """A budget is open. One that nobody has set only counts."""

    OPEN = "open"


class Budget(Record, frozen=True, kw_only=True):
    """What may be given in a period without being asked for, by currency, and what was. id: `channel:CODE`, `team:CODE`;
    `by:NAME` counts what one person has given on a day.

    spent: by currency and the first day of the period ("EUR 2026-11-01"), since `since`, when its period was set.
    """

    id: str
    period: Period
    amounts: dict[str, int]
    spent: dict[str, int]
    since: datetime | None = None
    state: BudgetState = BudgetState.OPEN


class BudgetPut(RecordEvent, frozen=True, kw_only=True, tag="appeasement_budget_put"):
    """What may be given was set. What was given already stays counted."""

    id: str
    period: Period
    amounts: dict[str, int]
    at: datetime


class BudgetCounted(RecordEvent, frozen=True, kw_only=True, tag="appeasement_counted"):
    """Money was given, or, below zero, taken back; `credit`: its number on the order. At the day it was given."""

    id: str
    order: str
    credit: int
    currency: str
    amount_minor: int
    at: datetime


AnyBudgetEvent = BudgetPut | BudgetCounted


def budgets_for(channel: str, limits: AppeasementLimits | None, by: str) -> tuple[str, ...]:
    """On which budgets is counted what somebody gives on a channel; those that nobody has set are left out later."""
    team = (f"team:{limits.team}",) if limits is not None and limits.team else ()
    person = (f"by:{by}",) if limits is not None and limits.per_day and by else ()
    return (f"channel:{channel}", *team, *person)


def first_day(period: Period, day: date) -> date:
    """The first day of the period that a day is in."""
    match period:
        case Period.DAY:
            return day
        case Period.WEEK:
            return day - timedelta(days=day.weekday())
        case Period.MONTH:
            return day.replace(day=1)
        case Period.YEAR:
            return day.replace(month=1, day=1)


def spent_key(period: Period, currency: str, at: datetime) -> str:
    """Under which name it is counted what is given at that time."""
    return f"{currency} {first_day(period, at.date())}"


def evolve_budget(budget: Budget | None, event: AnyBudgetEvent) -> Budget:
    """The budget after one event. What is counted under another period than before is counted anew."""
    if isinstance(event, BudgetPut):
        known = budget or Budget(id=event.id, period=event.period, amounts={}, spent={}, since=event.at)
        if known.period is not event.period:
            known = replace(known, period=event.period, spent={}, since=event.at)
        return replace(known, amounts=event.amounts)
    known = budget or Budget(id=event.id, period=Period.DAY, amounts={}, spent={})
    if known.since is not None and event.at < known.since:
        return known
    key = spent_key(known.period, event.currency, event.at)
    spent = known.spent | {key: known.spent.get(key, 0) + event.amount_minor}
    recent = sorted(spent, key=lambda name: name.rpartition(" ")[2])[-KEPT_PERIODS:]
    return replace(known, spent={name: spent[name] for name in recent})


BUDGET: Final = RecordKind(
    "appeasement_budget", Budget, AnyBudgetEvent, evolve_budget, lambda budget: Window(budget.state, budget.id)
)
