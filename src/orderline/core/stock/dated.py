"""The terms of a figure that stand behind dates: what is to come, and what is scheduled to go."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from orderline.core.demands.rows import DemandRow, short_of
from orderline.core.supply.rows import SupplyKind, SupplyRow, by_date
from orderline.core.supply.slips import Learned


class SupplyTerm(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one row of dated supply adds: counted - awaited, never below zero, and nothing that is not sold ahead.

    counted: units to come at their confidence, which is `open` + `doubted`; learned: what of it was learned from the vendor's
    lines, and from how many. awaited: pegged to it and not there yet. overpegged: promised beyond
    what is counted on. not_sold: to come after what the SKU is sold ahead. The terms add up to `amount`.
    """

    supply: str
    kind: SupplyKind
    location: str
    ready_at: datetime
    amount: int
    open: int
    confidence_ppm: int
    counted: int
    awaited: int
    overpegged: int = 0
    not_sold: int = 0
    doubted: int = 0
    slack_days: int = 0
    learned: Learned | None = None


class DemandTerm(msgspec.Struct, frozen=True):
    """Scheduled demand: units that are needed by an instant, below zero."""

    demand: str
    need_at: datetime
    amount: int


def kept_for_demand(
    demand: Sequence[DemandRow], supply: Sequence[SupplyRow], at: datetime | None
) -> tuple[int, tuple[DemandTerm, ...], tuple[SupplyTerm, ...]]:
    """Units kept for scheduled demand: its rows until the date on which most is lacking, and what comes until then.

    supply: what is not in the figure already.
    """
    short, until = short_of(demand, supply, at)
    if until is None:
        return 0, (), ()
    needed = sorted((row for row in demand if row.need_at <= until), key=lambda row: (row.need_at, row.id))
    coming = [row for row in by_date(supply) if row.ready_at <= until and row.free]
    return (
        short,
        tuple(DemandTerm(row.id, row.need_at, -row.open) for row in needed),
        tuple(supply_term(row, row.ready_at) for row in coming),
    )


def is_sold(row: SupplyRow, at: datetime, sold_until: datetime | None) -> bool:
    """Is a row ready by an instant, and sold so far ahead?"""
    return sold_until is not None and row.ready_at <= min(at, sold_until)


def supply_term(row: SupplyRow, sold_until: datetime | None, learned: Learned | None = None) -> SupplyTerm:
    """What a row adds to what can be promised."""
    sold = sold_until is not None and row.ready_at <= sold_until
    return SupplyTerm(
        supply=row.id,
        kind=row.kind,
        location=row.location,
        ready_at=row.ready_at,
        amount=row.free if sold else 0,
        open=row.open,
        confidence_ppm=row.confidence_ppm,
        counted=row.counted,
        awaited=-row.awaited,
        overpegged=row.overpegged,
        not_sold=0 if sold else -row.free,
        doubted=row.counted - row.open,
        slack_days=row.slack_days,
        learned=learned,
    )
