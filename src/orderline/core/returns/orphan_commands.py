"""Requests about orphans. `orphan` is the caller's own name for them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

import msgspec

from orderline.core.orders.facts import Attachment
from orderline.core.records import RecordCommand, RecordKey
from orderline.core.returns.commands import PolicyCommand
from orderline.core.returns.orphans import KIND, Orphan
from orderline.core.returns.state import Disposition, Grade
from orderline.core.stock.lots import LotUnits
from orderline.core.world import World


class OrphanCommand(RecordCommand, frozen=True, gc=False, kw_only=True):
    """A command on goods of which no order is known."""

    orphan: str

    def records(self) -> Iterable[RecordKey]:
        """The goods."""
        return ((KIND, self.orphan),)


class OrphanItemInput(
    msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True, kw_only=True
):
    """Units that came. sku: what they are; left out while nobody can tell. grade: how they are, where that was looked at."""

    quantity: int
    sku: str = ""
    lots: tuple[LotUnits, ...] = ()
    grade: Grade | None = None
    note: str = ""
    photos: tuple[Attachment, ...] = ()


class ReceiveOrphan(OrphanCommand, frozen=True, gc=False, kw_only=True, tag="receive_orphan"):
    """Goods came to a location, and nobody knows of which order. They wait in quality control, and no money is given.

    reference: what is written on them or lies with them. keep_days: so long somebody looks for their order; then the
    location disposes of them.
    """

    location: str
    items: tuple[OrphanItemInput, ...]
    carrier: str = ""
    tracking_number: str = ""
    reference: str = ""
    note: str = ""
    photos: tuple[Attachment, ...] = ()
    keep_days: Annotated[int, msgspec.Meta(ge=1, le=365)] = 30
    occurred_at: datetime | None = None

    def skus(self) -> Iterable[str]:
        """The SKUs that are told."""
        return (each.sku for each in self.items if each.sku)

    def shelves(self, world: World) -> Iterable[tuple[str, str]]:
        """The shelves that the goods come to, stand on, or leave."""
        return ((each.sku, self.location) for each in self.items if each.sku)

    def lots(self, world: World) -> Iterable[tuple[str, str]]:
        """The lots that are named, or known."""
        return ((each.sku, lot.lot) for each in self.items if each.sku for lot in each.lots)


class IdentifyOrphan(OrphanCommand, frozen=True, gc=False, kw_only=True, tag="identify_orphan"):
    """It was found out what an item is; from now on it stands on a shelf. of_lots: which, of a SKU that is tracked."""

    item: int
    sku: str
    of_lots: tuple[LotUnits, ...] = ()

    def skus(self) -> Iterable[str]:
        """The SKUs that are told."""
        return (self.sku,)

    def shelves(self, world: World) -> Iterable[tuple[str, str]]:
        """The shelves that the goods come to, stand on, or leave."""
        known = world.records.get((KIND, self.orphan))
        return ((self.sku, known.location),) if isinstance(known, Orphan) else ()

    def lots(self, world: World) -> Iterable[tuple[str, str]]:
        """The lots that are named, or known."""
        return ((self.sku, lot.lot) for lot in self.of_lots)


class MatchedInput(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """Units of an item, and the line they are of; all that are left of it, when no quantity is given."""

    item: int
    line: int
    quantity: int | None = None
    reason: str = ""
    lots: tuple[LotUnits, ...] = ()


class MatchOrphan(PolicyCommand, frozen=True, gc=False, kw_only=True, tag="match_orphan"):
    """Goods are of this order: they become a return of it, as if they had been received for it when they came.

    Its policy is asked as of then; where it says no, a person decides about the money. number: of the return that waits
    for them; nought: as it fits.
    """

    orphan: str
    items: tuple[MatchedInput, ...]
    number: int = 0

    def records(self) -> Iterable[RecordKey]:
        """The goods."""
        return ((KIND, self.orphan), *super().records())

    def shelves(self, world: World) -> Iterable[tuple[str, str]]:
        """The shelves that the goods come to, stand on, or leave."""
        order, known = world.orders.get(self.order), world.records.get((KIND, self.orphan))
        if order is not None and isinstance(known, Orphan):
            yield from ((line.sku, known.location) for line in order.lines)
            yield from ((each.sku, known.location) for each in known.items if each.sku)

    def lots(self, world: World) -> Iterable[tuple[str, str]]:
        """The lots that are named, or known."""
        return _lots(world, self.orphan)


class OrphanUnitsInput(
    msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True, kw_only=True
):
    """Units of an item."""

    item: int
    quantity: int


class DisposeOrphan(OrphanCommand, frozen=True, gc=False, kw_only=True, tag="dispose_orphan"):
    """Nobody found their order: they are put on a shelf, to the vendor, given away or scrapped. All that is left, when no items are named."""

    disposition: Disposition
    reason: str
    items: tuple[OrphanUnitsInput, ...] = ()

    def shelves(self, world: World) -> Iterable[tuple[str, str]]:
        """The shelves that the goods come to, stand on, or leave."""
        known = world.records.get((KIND, self.orphan))
        return ((each.sku, known.location) for each in known.items if each.sku) if isinstance(known, Orphan) else ()

    def lots(self, world: World) -> Iterable[tuple[str, str]]:
        """The lots that are named, or known."""
        return _lots(world, self.orphan)


class OrphanDue(OrphanCommand, frozen=True, gc=False, kw_only=True, tag="orphan_due"):
    """The time to find their order is over, if it still is that time. Sent by the clock."""

    due_at: datetime


def _lots(world: World, orphan: str) -> Iterable[tuple[str, str]]:
    known = world.records.get((KIND, orphan))
    if isinstance(known, Orphan):
        yield from ((each.sku, lot.lot) for each in known.items if each.sku for lot in each.lots)
