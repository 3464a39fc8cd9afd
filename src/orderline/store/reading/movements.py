"""Movements of stock, the last first: of a SKU, at locations, of some kinds, or all, each walked by an index.

What no index has is looked for among the last entries: a bounded number of them, so that a page may be short, even empty,
while there is more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec

from orderline.core.stock.movements import OF_ORDERS, MovementKind
from orderline.store.reading.listed import FIRST_AT, FIRST_ID, LAST_AT, LAST_ID
from orderline.store.reading.source import Rows, Source

LOOK: Final = 20_000
# Of a SKU, at each of its shelves.
_LOOK_AT_SHELF: Final = 500

Place = tuple[Annotated[datetime, msgspec.Meta(tz=True)], UUID]


class Movement(msgspec.Struct, frozen=True, omit_defaults=True):
    """One double entry of the stock ledger: units left `source` and stand in `target`; lot: which, if it is known.

    cause: what has moved them, such as `count:` and its id, or the reason. order_number: of the order that the cause names.
    reference: the paper behind it. by, via: who, and how it came. reason: that was given with it.
    """

    sku: str
    location: str
    recorded_at: datetime
    id: UUID
    occurred_at: datetime
    source: str
    target: str
    quantity: int
    cause: str
    lot: str = ""
    reference: str = ""
    by: str = ""
    via: str = ""
    reason: str = ""
    order_number: str = ""

    @property
    def order(self) -> UUID | None:
        """The order that its cause names; None: it is no order's."""
        kind, _, rest = self.cause.partition(":")
        return UUID(rest.partition(":")[0]) if kind in OF_ORDERS and rest else None


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Which movements; all, where nothing is said. locations, kinds: each once. since is included, until is not."""

    sku: str = ""
    locations: Sequence[str] = ()
    kinds: Sequence[str] = ()
    by: str = ""
    since: datetime | None = None
    until: datetime | None = None


def load_movements(
    source: Source, asked: Asked, after: Place | None, *, most: int
) -> tuple[list[Movement], Place | None]:
    """Movements after a place, the last first, and the place to go on from; None: these were the last."""
    begin = (asked.until, FIRST_ID) if asked.until is not None else (LAST_AT, LAST_ID)
    place = min(after, begin) if after is not None else begin
    name, look = _walk(asked)
    look = max(most + 1, look)
    rows = source.rows(
        "movements", name, sku=asked.sku, locations=list(asked.locations) or None, kinds=list(asked.kinds) or None, by=asked.by,
        since=asked.since or FIRST_AT, after_at=place[0], after=place[1], look=look, most=most + 1,
    )  # fmt: skip
    floor = _floor(rows, look, most + 1)
    found = sorted((_movement(row) for row in rows if row[2]), key=_place, reverse=True)
    known = [each for each in found if floor is None or _place(each) >= floor]
    return (known[:most], _place(known[most - 1])) if len(known) > most else (known, floor)


def load_numbers(source: Source, ids: Sequence[UUID]) -> dict[UUID, tuple[str, str]]:
    """The number and the channel of orders by id."""
    rows = source.rows("lots", "recalled_orders", ids=list(ids)) if ids else []
    return {id_: (number, channel) for id_, number, channel, _ in rows}


def _walk(asked: Asked) -> tuple[str, int]:
    """Which index is walked, and how many of each walk are looked at; nought: all that it finds fit."""
    rest = bool(asked.kinds or asked.by)
    if asked.sku:
        return "movements_of", _LOOK_AT_SHELF * rest
    if asked.locations:
        return "movements_at", LOOK // len(asked.locations) * rest
    if asked.kinds and MovementKind.ORDER not in asked.kinds:
        return "movements_by_kind", LOOK // len(asked.kinds) * bool(asked.by)
    return "movements", LOOK * rest


def _floor(rows: Rows, look: int, most: int) -> Place | None:
    """How far all walks are known: as far as the least of them; None: to their ends."""
    reached: list[Place] = []
    for _, walked in groupby(rows, key=lambda row: row[0]):
        *_, last = several = list(walked)
        if len(several) == most or last[1] == look:
            reached.append((last[3], last[4]))
    return max(reached, default=None)


def _place(movement: Movement) -> Place:
    return movement.recorded_at, movement.id


def _movement(row: tuple[Any, ...]) -> Movement:
    _, _, _, recorded_at, id_, sku, location, *rest = row
    return Movement(sku, location, recorded_at, id_, *rest)
