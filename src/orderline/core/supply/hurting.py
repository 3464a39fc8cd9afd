"""Whom it hurts that supply comes later, or less of it: the promises that break, the worst first.

Decided with the rows locked, so that no promise is made on them meanwhile; the journal of the record keeps the list.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Final

from orderline.core.supply.pegs import Peg
from orderline.core.supply.rows import SupplyRow
from orderline.core.supply.state import Hurt
from orderline.core.world import Draft, World

MOST_TOLD: Final = 1_000
NEVER_COMES_DAYS: Final = 365
_DAY_S: Final = 86_400


def hurt_by(draft: Draft, pairs: Iterable[tuple[str, str]], ids: Collection[str]) -> tuple[Hurt, ...]:
    """Promises on rows that do not hold as the rows stand now; all of them, the worst first.

    ids: the rows that have changed, of these SKUs and pools.
    """
    world = draft.world
    hurt: list[Hurt] = []
    for sku, pool in dict.fromkeys(pairs):
        for row in world.supply_of(sku, pool):
            if row.id in ids:
                hurt.extend(_of_row(world, row))
    return tuple(sorted(hurt, key=lambda each: (-each.harm, each.number, each.line)))


def _of_row(world: World, row: SupplyRow) -> list[Hurt]:
    """What comes at all goes to the most urgent, of these to those promised first; the others do not know when."""
    pegs = sorted(world.pegs_of(row.id), key=lambda peg: (-peg.priority, peg.promised_at, peg.placed_at, peg.number))
    covered = row.kept + row.counted
    kept = row.kept
    hurt: list[Hurt] = []
    for peg in pegs:
        there = min(peg.quantity, kept)
        kept -= there
        coming = min(peg.quantity - there, max(0, covered - there))
        covered -= there + coming
        lacking = peg.quantity - there - coming
        late = days_late(peg.promised_at, row.ready_at)
        if coming and late:
            hurt.append(_hurt(peg, row.id, coming, row.ready_at, late))
        if lacking:
            hurt.append(_hurt(peg, row.id, lacking, None, NEVER_COMES_DAYS))
    return hurt


def days_late(promised_at: datetime, ready_at: datetime) -> int:
    """Days begun after the promise; nought when it holds."""
    return max(0, -int((promised_at - ready_at).total_seconds() // _DAY_S))


def _hurt(peg: Peg, supply: str, quantity: int, ready_at: datetime | None, late: int) -> Hurt:
    value = peg.value_minor * quantity // peg.quantity
    return Hurt(
        order=str(peg.order),
        number=peg.number,
        line=peg.line,
        supply=supply,
        quantity=quantity,
        promised_at=peg.promised_at,
        ready_at=ready_at,
        days_late=late,
        priority=peg.priority,
        value_minor=value,
        harm=late * (max(0, peg.priority) + 1) * value,
    )
