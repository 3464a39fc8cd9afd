"""Requests about transfers. `transfer` is the caller's own name for it."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from orderline.core.orders.promised import LineWindowInput
from orderline.core.orders.state import Line
from orderline.core.records import RecordCommand, RecordKey
from orderline.core.stock.lots import LotUnits
from orderline.core.supply.receiving import ReceivedInput
from orderline.core.supply.rows import ALL
from orderline.core.transfers.state import Transfer
from orderline.core.world import World
from orderline.values.ids import OrderId


class TransferCommand(RecordCommand, frozen=True, gc=False, kw_only=True):
    """A command on a transfer that exists."""

    transfer: str

    def records(self) -> Iterable[RecordKey]:
        return (("transfer", self.transfer),)

    def supplies(self, world: World) -> Iterable[tuple[str, str]]:
        known = world.records.get(("transfer", self.transfer))
        return ((line.sku, known.pool) for line in known.lines) if isinstance(known, Transfer) else ()


class AtSource(TransferCommand, frozen=True, gc=False, kw_only=True):
    """A command that changes shelves of the source."""

    def shelves(self, world: World) -> Iterable[tuple[str, str]]:
        known = world.records.get(("transfer", self.transfer))
        return ((line.sku, known.source) for line in known.lines) if isinstance(known, Transfer) else ()


class TransferLineInput(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """Units of a SKU to be sent."""

    sku: str
    quantity: int


class CreateTransfer(TransferCommand, frozen=True, gc=False, kw_only=True, tag="create_transfer"):
    """Plan to send units from one location to another, to be there by `due_at`."""

    source: str
    target: str
    lines: tuple[TransferLineInput, ...]
    due_at: datetime
    slack_days: int = 0
    confidence_ppm: int = ALL

    def skus(self) -> Iterable[str]:
        return (line.sku for line in self.lines)


class ApproveTransfer(AtSource, frozen=True, gc=False, kw_only=True, tag="approve_transfer"):
    """Keep the units for it at the source: they are not promised there any more, and are supply at the target."""


class TransferPickInput(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """Units of a line that were found; lots: which, of a SKU that is tracked, else those that expire first."""

    line: int
    quantity: int
    lots: tuple[LotUnits, ...] = ()


class PickTransfer(AtSource, frozen=True, gc=False, kw_only=True, tag="pick_transfer"):
    """Units have left their shelf; all that were asked for when no lines are named. The rest is not sent."""

    lines: tuple[TransferPickInput, ...] = ()


class ShipTransfer(AtSource, frozen=True, gc=False, kw_only=True, tag="ship_transfer"):
    """What was picked is on its way; due_at: when it is expected, if that is another date now."""

    due_at: datetime | None = None
    tracking_number: str = ""
    occurred_at: datetime | None = None


class ReceiveTransfer(TransferCommand, frozen=True, gc=False, kw_only=True, tag="receive_transfer"):
    """Units came to the target. A receipt told twice has one effect; complete: what has not come is missing."""

    receipt: str
    lines: tuple[ReceivedInput, ...] = ()
    complete: bool = False
    occurred_at: datetime | None = None

    def shelves(self, world: World) -> Iterable[tuple[str, str]]:
        known = world.records.get(("transfer", self.transfer))
        return ((line.sku, known.target) for line in known.lines) if isinstance(known, Transfer) else ()

    def lots(self, world: World) -> Iterable[tuple[str, str]]:
        """Those that are named, or on their way."""
        known = world.records.get(("transfer", self.transfer))
        if isinstance(known, Transfer):
            yield from ((line.sku, each.lot) for line in known.lines for each in line.lots)
            for each in self.lines:
                line = known.line_of(each.line)
                if line is not None:
                    yield from ((line.sku, lot.lot) for lot in each.lots)


class CancelTransfer(AtSource, frozen=True, gc=False, kw_only=True, tag="cancel_transfer"):
    """Send nothing; possible until units are picked."""

    reason: str


class LegInput(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """Units of a line to be sent: claimed in `pool`, or waiting for stock where none is named."""

    line: int
    quantity: int
    pool: str = ""


class SendToStore(TransferCommand, frozen=True, gc=False, kw_only=True, tag="send_to_store"):
    """Send units of an order from `source` to the store at which its customer collects them, to be there by `due_at`.

    promises: when they can be collected then.
    """

    order: OrderId
    source: str
    group: int = 1
    lines: tuple[LegInput, ...]
    due_at: datetime
    slack_days: int = 0
    promises: tuple[LineWindowInput, ...] = ()
    policy: str = ""

    def orders(self) -> Iterable[OrderId]:
        return (self.order,)

    def shelves(self, world: World) -> Iterable[tuple[str, str]]:
        return ((line.sku, self.source) for line in self._lines(world))

    def pools(self, world: World) -> Iterable[tuple[str, str]]:
        source = world.settings.locations.get(self.source)
        for line in self._lines(world):
            yield from ((line.sku, share.pool) for share in line.claims)
            if source is not None:
                yield line.sku, source.pool
            if line.backordered:
                yield line.sku, line.backordered

    def supplies(self, world: World) -> Iterable[tuple[str, str]]:
        target = self.target(world)
        if target:
            pool = world.settings.locations[target].pool
            yield from ((line.sku, pool) for line in self._lines(world))

    def target(self, world: World) -> str:
        """The store; empty where there is none."""
        order = world.orders.get(self.order)
        groups = order.agreement.groups if order is not None else ()
        return next((each.pickup_location or "" for each in groups if each.group == self.group), "")

    def _lines(self, world: World) -> list[Line]:
        order = world.orders.get(self.order)
        wanted = {each.line for each in self.lines}
        return [line for line in order.lines if line.line in wanted] if order is not None else []


class RecallTransfer(AtSource, frozen=True, gc=False, kw_only=True, tag="recall_transfer"):
    """Send nothing to a store for a customer who waits for none of it any more; what is on its way arrives as stock."""
