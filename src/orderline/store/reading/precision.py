"""How good the rules are that place holds: what came of what they have held, and what they have missed."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import msgspec

from orderline.core.disputes.state import TAKEN, DisputeStage
from orderline.store.reading.listed import LAST_AT, LAST_ID
from orderline.store.reading.source import Source
from orderline.values.ids import OrderId

Place = tuple[datetime, UUID, int]  # when, order, number
_END: Final[Place] = (LAST_AT, LAST_ID, 0)


class CameOf(StrEnum):
    """What came of a hold until now; each is one of these. rejected: what figures call confirmed."""

    OPEN = "open"
    REJECTED = "rejected"
    CHARGED_BACK = "charged_back"
    FINE = "fine"


class RulePrecision(msgspec.Struct, frozen=True, kw_only=True):
    """What came of the holds of one rule. confirmed: rejected; charged_back: lifted, and the order was charged back all the
    same, `fraud` of them for fraud; fine: lifted, and nothing came after. precision: the share of those that are over and were
    right, confirmed or charged back; None: none is over.
    """

    rule: str
    type: str
    held: int
    open: int
    confirmed: int
    charged_back: int
    fraud: int
    fine: int
    precision: float | None


class PrecisionReport(msgspec.Struct, frozen=True, kw_only=True):
    """Rules by how many holds they have placed. missed: orders charged back for fraud in that time that no rule has ever held."""

    since: datetime
    until: datetime
    rules: tuple[RulePrecision, ...]
    missed: int


class RuleHold(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A hold that a rule has placed: one of what figures count. fraud: lifted, and charged back for fraud all the same."""

    order: OrderId
    order_number: str
    channel: str
    number: int
    rule: str
    type: str
    placed_at: datetime
    came_of: CameOf
    ended_at: datetime | None = None
    fraud: bool = False


class MissedOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order that was charged back for fraud and that no rule has ever held, with the dispute; the last, where there are more."""

    order: OrderId
    order_number: str
    channel: str
    currency: str
    number: int
    provider: str
    reference: str
    stage: DisputeStage
    reason: str
    amount_minor: int
    opened_at: datetime


class HeldFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which holds; of what is empty, all."""

    rule: str = ""
    type: str = ""
    came_of: CameOf | None = None
    fraud: bool | None = None


def load_precision(source: Source, since: datetime, until: datetime, *, channels: Sequence[str]) -> PrecisionReport:
    """Holds that rules have placed from `since` until before `until`, and what came of them until now."""
    about = _about(since, until, channels)
    rules = tuple(_rule(*row) for row in source.rows("holds", "held_by_rules", **about))
    [(missed,)] = source.rows("holds", "missed_fraud", **about)
    return PrecisionReport(since=since, until=until, rules=rules, missed=missed)


def load_rule_holds(
    source: Source, since: datetime, until: datetime, wanted: HeldFilter, *, channels: Sequence[str], after: Place | None,
    most: int,
) -> list[RuleHold]:  # fmt: skip
    """The holds that are counted, the last first."""
    at, order, number = after or _END
    rows = source.rows(
        "holds", "rule_holds_before", rule=wanted.rule, type=wanted.type, fraud=wanted.fraud, most=most,
        came_of="" if wanted.came_of is None else wanted.came_of.value, after_at=at, after=order, after_number=number,
        **_about(since, until, channels),
    )  # fmt: skip
    return [
        RuleHold(
            order=row[0], order_number=row[1], channel=row[2], number=row[3], rule=row[4], type=row[5], placed_at=row[6],
            ended_at=row[7], came_of=CameOf(row[8]), fraud=row[9],
        )
        for row in rows
    ]  # fmt: skip


def load_missed(
    source: Source, since: datetime, until: datetime, *, channels: Sequence[str], after: Place | None, most: int
) -> list[MissedOrder]:
    """The orders that are counted as missed, the last first."""
    at, order, _ = after or _END
    about = _about(since, until, channels)
    rows = source.rows("holds", "missed_before", after_at=at, after=order, most=most, **about)
    return [
        MissedOrder(
            order=row[0], order_number=row[1], channel=row[2], currency=row[3], number=row[4], provider=row[5],
            reference=row[6], stage=DisputeStage(row[7]), reason=row[8], amount_minor=row[9], opened_at=row[10],
        )
        for row in rows
    ]  # fmt: skip


def _about(since: datetime, until: datetime, channels: Sequence[str]) -> dict[str, Any]:
    return {"since": since, "until": until, "channels": list(channels) or None, "taken": sorted(TAKEN)}


def _rule(rule: str, type_: str, held: int, still: int, confirmed: int, charged_back: int, fraud: int) -> RulePrecision:
    over = held - still
    return RulePrecision(
        rule=rule,
        type=type_,
        held=held,
        open=still,
        confirmed=confirmed,
        charged_back=charged_back,
        fraud=fraud,
        fine=over - confirmed - charged_back,
        precision=round((confirmed + charged_back) / over, 3) if over else None,
    )
