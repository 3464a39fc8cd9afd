"""Requests about tickets of tills."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from orderline.core.records import RecordCommand, RecordKey
from orderline.core.stock.lots import LotUnits
from orderline.core.tickets.state import Condition, TicketKind
from orderline.core.world import World
from orderline.values.ids import OrderId


class TicketLineInput(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """Units of a SKU that left the store, or came back to it.

    order, line: of the order that returned units were bought with, when that was not in the store.
    lots: which, of a SKU that is tracked; units of lots that are not named are sold as they expire.
    """

    kind: TicketKind
    sku: str
    quantity: int
    condition: Condition = Condition.SELLABLE
    order: OrderId | None = None
    line: int = 0
    lots: tuple[LotUnits, ...] = ()


class TakeTicket(RecordCommand, frozen=True, gc=False, kw_only=True, tag="take_ticket"):
    """Take in what a till has done. `sequence` is the till's own number of it; they may come in any order.

    occurred_at: when it was done there; now, when not given.
    """

    location: str
    till: str
    sequence: int
    lines: tuple[TicketLineInput, ...]
    occurred_at: datetime | None = None
    reference: str = ""

    @property
    def ticket(self) -> str:
        """What the ticket is known by."""
        return f"{self.location}:{self.till}:{self.sequence}"

    def records(self) -> Iterable[RecordKey]:
        return (("ticket", self.ticket),)

    def orders(self) -> Iterable[OrderId]:
        return (line.order for line in self.lines if line.order is not None)

    def skus(self) -> Iterable[str]:
        return (line.sku for line in self.lines)

    def shelves(self, world: World) -> Iterable[tuple[str, str]]:
        return ((line.sku, self.location) for line in self.lines)

    def lots(self, world: World) -> Iterable[tuple[str, str]]:
        """Those that are named."""
        return ((line.sku, each.lot) for line in self.lines for each in line.lots)

    def written_off_since(self) -> Iterable[tuple[datetime, str, str]]:
        """Shelves whose sales may have been missed by a count since."""
        if self.occurred_at is not None:
            for line in self.lines:
                if line.kind is TicketKind.SALE:
                    yield self.occurred_at, line.sku, self.location
