"""Periods: a month of the books of an entity, closed when it is over, with the balances it ended with. It stays as it is."""

import re
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from orderline.core.context import Context
from orderline.core.entities.decide import check_entity
from orderline.core.entities.state import TEST
from orderline.core.ledger.posting import entity_of
from orderline.core.ledger.revaluing import PeriodBalance, Revaluation, balances_after, revaluations, revalued
from orderline.core.ledger.state import Posted
from orderline.core.records import Record, RecordCommand, RecordEvent, RecordKey, RecordKind, Window
from orderline.core.stock.events import EntityPut
from orderline.core.world import Draft
from orderline.values.failures import Refused

GRACE: Final = timedelta(hours=1)  # longer than any transaction that began before midnight may take
_MONTH: Final = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")


class PeriodRefusal(StrEnum):
    """Why a period is not closed; when several apply, the first wins."""

    PERIOD_UNKNOWN = "PERIOD_UNKNOWN"
    PERIOD_CLOSED = "PERIOD_CLOSED"
    PERIOD_NOT_OVER = "PERIOD_NOT_OVER"
    PERIOD_UNEVEN = "PERIOD_UNEVEN"
    PERIOD_RATE_MISSING = "PERIOD_RATE_MISSING"


R = PeriodRefusal


class PeriodState(StrEnum):
    """A period is known when it is closed."""

    CLOSED = "closed"


class Period(Record, frozen=True, kw_only=True):
    """A closed month. accounts: the trial balance at its end, of all that was posted until then.

    revalued: open positions in foreign currencies, at the rate of its last day.
    """

    id: str
    entity: str
    month: str
    until: date
    closed_at: datetime
    closed_by: str
    accounts: tuple[PeriodBalance, ...]
    state: PeriodState = PeriodState.CLOSED
    revalued: tuple[Revaluation, ...] = ()


class PeriodClosed(RecordEvent, frozen=True, kw_only=True, tag="period_closed"):
    """A month was closed: nothing is posted into it any more. posted: what revalues it, and takes that back on the next day."""

    period: Period
    posted: tuple[Posted, ...] = ()


class ClosePeriod(RecordCommand, frozen=True, gc=False, kw_only=True, tag="close_period"):
    """Close a month of an entity. accounts: the trial balance at its end, read after it was over. revalue: open positions in
    foreign currencies are put at the rate of its last day.
    """

    entity: str
    month: str
    accounts: tuple[PeriodBalance, ...] = ()
    revalue: bool = True

    def records(self) -> Iterable[RecordKey]:
        """The period."""
        return ((PERIOD.name, period_id(self.entity, self.month)),)


def evolve_period(period: Period | None, event: PeriodClosed) -> Period:
    """The period, which is closed once."""
    assert period is None, "a period is closed once"
    return event.period


def decide_close_period(draft: Draft, command: ClosePeriod, context: Context) -> None:
    """Keep its balances, and let the books go on after it.

    Refused ENTITY_UNKNOWN, PERIOD_UNKNOWN: no entity, or no month (2026-10).
    Refused PERIOD_CLOSED: it is. PERIOD_NOT_OVER: it may still be posted into. PERIOD_UNEVEN: the balances are no balance.
    Refused PERIOD_RATE_MISSING: an open position in a currency of which nobody has said what it is worth by then.
    """
    check_entity(draft, command.entity, "entity")
    entity = entity_of(draft.world.settings, command.entity)
    until = last_day(command.month)
    id_ = period_id(command.entity, command.month)
    if (PERIOD.name, id_) in draft.world.records:
        raise Refused(R.PERIOD_CLOSED, field="month", value=command.month)
    over_at = datetime.combine(until + timedelta(days=1), time(), ZoneInfo(entity.time_zone)) + GRACE
    if context.now < over_at:
        raise Refused(R.PERIOD_NOT_OVER, field="month", value=command.month, allowed=f"from {over_at.isoformat()}")
    if any(_sums(command.accounts)):
        raise Refused(R.PERIOD_UNEVEN, field="accounts", value=command.month, unblock="orderline verify")
    is_last = entity.closed_until is None or entity.closed_until < until  # else the day after it is closed as well
    found = revaluations(draft.world.settings, entity, command.accounts, until) if command.revalue and is_last else ()
    unrated = sorted({each.currency for each in found if not each.rate})
    if unrated:
        rates = f"orderline ledger rates {unrated[0]} {entity.currency} RATE --day {until}"
        raise Refused(
            R.PERIOD_RATE_MISSING, field="month", value=command.month, missing=unrated,
            unblock=f"{rates}, or close without revaluing",
        )  # fmt: skip
    posted = revalued(command.entity, found, until, id_)
    period = Period(
        id=id_, entity=command.entity, month=command.month, until=until, closed_at=context.now,
        closed_by=context.actor.name, accounts=balances_after(command.accounts, posted, until), revalued=found,
    )  # fmt: skip
    draft.tell_record(PERIOD, id_, PeriodClosed(period=period, posted=posted))
    if is_last:
        draft.tell_stock(EntityPut(msgspec.structs.replace(entity, code=command.entity, closed_until=until)))


def period_id(entity: str, month: str) -> str:
    """The name of a period."""
    return f"{entity}:{month}"


def last_day(month: str) -> date:
    """The last day of a month. Refused PERIOD_UNKNOWN: it is none."""
    found = _MONTH.fullmatch(month)
    if found is None:
        raise Refused(R.PERIOD_UNKNOWN, field="month", value=month[:20], allowed="a month such as 2026-10")
    year, number = int(found[1]), int(found[2])
    return date(year + number // 12, number % 12 + 1, 1) - timedelta(days=1)


def is_real(entity: str) -> bool:
    """Are these the books of a company, as against those of test orders?"""
    return not entity.endswith(TEST)


def _sums(accounts: Iterable[PeriodBalance]) -> list[int]:
    amounts: dict[str, int] = {}
    worth: dict[str, int] = {}
    for each in accounts:
        amounts[each.currency] = amounts.get(each.currency, 0) + each.balance_minor
        worth[each.base] = worth.get(each.base, 0) + each.base_minor
    return [*amounts.values(), *worth.values()]


PERIOD: Final = RecordKind(
    "period", Period, PeriodClosed, evolve_period, lambda period: Window(PeriodState.CLOSED, period.entity),
    postings=lambda event: event.posted,
)  # fmt: skip
RULES: Final[dict[type, Any]] = {ClosePeriod: decide_close_period}
