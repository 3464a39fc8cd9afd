"""Scheduled demand by date, and what may still be promised beside it.

A row is what a record says of one of its lines. Whoever changes rows holds the claims of their SKU and pool locked.
Source: domain model 4.2: ATP(P, t) = max(0, min over tau >= t of now + supply ready by tau - demand needed by tau).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from orderline.core.supply.rows import SupplyRow


class DemandRow(msgspec.Struct, frozen=True, gc=False):
    """Units of a SKU that are needed from a pool by an instant. open: not ordered yet."""

    sku: str
    pool: str
    id: str
    need_at: datetime
    open: int


def put_demand(rows: Sequence[DemandRow], told: Iterable[DemandRow]) -> tuple[DemandRow, ...]:
    """Rows with some of them as their record tells them now; what nobody needs any more is gone."""
    changed = {row.id: row for row in told}
    others = (row for row in rows if row.id not in changed)
    return (*others, *(row for row in changed.values() if row.open))


def short_of(
    demand: Iterable[DemandRow], supply: Iterable[SupplyRow], since: datetime | None = None
) -> tuple[int, datetime | None]:
    """Units of what is there that must wait for demand, since what is to come until then does not cover it.

    The most that demand is ahead of supply at any date on which some is needed; and that date, None: it never is.
    since: what is needed before is looked at then, not earlier; supply: what nobody else was promised.
    """
    needed = sorted((row.need_at if since is None else max(since, row.need_at), row.open) for row in demand)
    ready = sorted((row.ready_at, row.free) for row in supply)
    short, at, balance, come = 0, None, 0, 0
    for need_at, quantity in needed:
        while come < len(ready) and ready[come][0] <= need_at:
            balance -= ready[come][1]
            come += 1
        balance += quantity
        if balance > short:
            short, at = balance, need_at
    return short, at


class Ahead:
    """What may be promised of a SKU in a pool for any date while orders are decided: no scheduled demand goes short.

    there: units that nobody was promised now, what waits for demand among them.
    """

    def __init__(self, there: int, demand: Sequence[DemandRow], supply: Sequence[SupplyRow]) -> None:
        self._there = there
        self._taken = [(row.need_at, row.open) for row in demand]
        self._ready = [(row.ready_at, row.free) for row in supply]

    def room(self, at: datetime) -> int:
        """Units that may be promised for an instant: the fewest that are left at any time from then on."""
        turns = [at, *(need_at for need_at, _ in self._taken if need_at > at)]
        return max(0, min(self._left(turn) for turn in turns))

    def take(self, at: datetime, units: int) -> None:
        """Units are promised that are ready at an instant."""
        self._taken.append((at, units))

    def _left(self, at: datetime) -> int:
        come = sum(units for ready_at, units in self._ready if ready_at <= at)
        return self._there + come - sum(units for need_at, units in self._taken if need_at <= at)
