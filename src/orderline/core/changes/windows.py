"""Until when what may be changed: closed by facts, line by line, never by a clock. Source: domain model 3.1, a table."""

from enum import StrEnum
from typing import Final

import msgspec

from orderline.core.moves import Bucket
from orderline.core.orders.state import Order


class Way(StrEnum):
    """How a change of units goes: at once, by asking whoever has them, or not any more."""

    AT_ONCE = "at_once"
    ASK = "ask"
    NO = "no"


class Window(msgspec.Struct, frozen=True, omit_defaults=True):
    """Units of a line that stand at one fact, and what may still be done about them; who can unblock the rest."""

    line: int
    bucket: Bucket
    units: int
    cancel: Way
    redirect: Way
    edit: Way
    unblock: str = ""


B = Bucket
_LET_GO: Final = "location: let go of it first"
TABLE: Final[tuple[tuple[Bucket, Way, Way, Way, str], ...]] = (
    # bucket       cancel       redirect     edit         who can unblock
    (B.UNPLANNED,  Way.AT_ONCE, Way.AT_ONCE, Way.AT_ONCE, ""),
    (B.PEGGED,     Way.AT_ONCE, Way.AT_ONCE, Way.AT_ONCE, ""),
    (B.POOLED,     Way.AT_ONCE, Way.AT_ONCE, Way.AT_ONCE, ""),
    (B.ALLOCATED,  Way.AT_ONCE, Way.AT_ONCE, Way.AT_ONCE, ""),
    (B.RELEASED,   Way.ASK,     Way.ASK,     Way.ASK,     _LET_GO),
    (B.PICKED,     Way.ASK,     Way.ASK,     Way.NO,      _LET_GO),
    (B.PACKED,     Way.ASK,     Way.ASK,     Way.NO,      _LET_GO),
    (B.SHIPPED,    Way.NO,      Way.NO,      Way.NO,      "carrier: intercept it; customer: return the goods"),
    (B.DELIVERED,  Way.NO,      Way.NO,      Way.NO,      "customer: return the goods"),
)  # fmt: skip


def windows_of(order: Order) -> tuple[Window, ...]:
    """What may be done about the units of each line, by where they stand."""
    if order.closed_at is not None or order.history:
        return ()
    return tuple(
        Window(line.line, bucket, units, cancel, redirect, edit, unblock)
        for line in order.lines
        for bucket, cancel, redirect, edit, unblock in TABLE
        if (units := line.units.of(bucket))
    )
