"""Requests about purchase orders. `purchase_order` is the caller's own name for it."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from orderline.core.orders.commands import OrderCommand
from orderline.core.records import RecordCommand, RecordKey
from orderline.core.supply.receiving import ReceivedInput
from orderline.core.supply.rows import SupplyKind, row_id
from orderline.core.supply.state import PurchaseOrder
from orderline.core.world import World


class PurchaseCommand(RecordCommand, frozen=True, gc=False, kw_only=True):
    """A command on a purchase order that exists."""

    purchase_order: str

    def records(self) -> Iterable[RecordKey]:
        return (("purchase_order", self.purchase_order),)

    def supplies(self, world: World) -> Iterable[tuple[str, str]]:
        known = world.records.get(("purchase_order", self.purchase_order))
        return ((line.sku, known.pool) for line in known.lines) if isinstance(known, PurchaseOrder) else ()


class Hurting(PurchaseCommand, frozen=True, gc=False, kw_only=True):
    """A command after which supply may come later, or not at all."""

    def hurts(self, world: World) -> Iterable[str]:
        known = world.records.get(("purchase_order", self.purchase_order))
        if not isinstance(known, PurchaseOrder):
            return ()
        return (row_id("purchase_order", known.id, line.line) for line in known.lines)


class PurchaseLineInput(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """Units of a SKU to be ordered, due at a date; counted on `slack_days` later, `confidence_ppm` of them.

    What is not given is what the vendor's record says; without one no slack, and the confidence usual for the kind.
    """

    sku: str
    quantity: int
    due_at: datetime
    slack_days: int | None = None
    confidence_ppm: int | None = None


class CreatePurchaseOrder(PurchaseCommand, frozen=True, gc=False, kw_only=True, tag="create_purchase_order"):
    """Order goods for a location: from a vendor, from production, or as a vendor's promise of its own stock."""

    location: str
    lines: tuple[PurchaseLineInput, ...]
    vendor: str = ""
    kind: SupplyKind = SupplyKind.PURCHASE
    note: str = ""

    def records(self) -> Iterable[RecordKey]:
        yield from super().records()
        if self.vendor:
            yield ("vendor_record", self.vendor)

    def skus(self) -> Iterable[str]:
        return (line.sku for line in self.lines)


class SendPurchaseOrder(PurchaseCommand, frozen=True, gc=False, kw_only=True, tag="send_purchase_order"):
    """The vendor was told: the units are dated supply from now on."""


class RevisedInput(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """What is another now of a line; what is not given stays."""

    line: int
    quantity: int | None = None
    due_at: datetime | None = None
    slack_days: int | None = None
    confidence_ppm: int | None = None


class ConfirmPurchaseOrder(Hurting, frozen=True, gc=False, kw_only=True, tag="confirm_purchase_order"):
    """The vendor has confirmed; lines: with other dates or quantities than were asked for."""

    lines: tuple[RevisedInput, ...] = ()


class RevisePurchaseOrder(Hurting, frozen=True, gc=False, kw_only=True, tag="revise_purchase_order"):
    """Dates or quantities are others now; the answer lists the promises this breaks, the worst first.

    ours: we have asked for it, so that the vendor is measured by the new ones.
    """

    lines: tuple[RevisedInput, ...]
    reason: str = ""
    ours: bool = False


class NoticeLine(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """Units of a line in a shipment."""

    line: int
    quantity: int


class AnnounceShipment(PurchaseCommand, frozen=True, gc=False, kw_only=True, tag="announce_shipment"):
    """The vendor tells of a shipment (ASN); told again under the same id it has no effect."""

    notice: str
    lines: tuple[NoticeLine, ...]
    tracking_number: str = ""


class ReceivePurchaseOrder(Hurting, frozen=True, gc=False, kw_only=True, tag="receive_purchase_order"):
    """Units came. A receipt told twice has one effect; what differs from order or notice is told line by line.

    complete: nothing more will come.
    """

    receipt: str
    lines: tuple[ReceivedInput, ...]
    notice: str = ""
    complete: bool = False
    occurred_at: datetime | None = None

    def shelves(self, world: World) -> Iterable[tuple[str, str]]:
        known = world.records.get(("purchase_order", self.purchase_order))
        if not isinstance(known, PurchaseOrder):
            return ()
        found = (known.line_of(each.line) for each in self.lines)
        return ((line.sku, known.location) for line in found if line is not None)

    def lots(self, world: World) -> Iterable[tuple[str, str]]:
        """Those that are named."""
        known = world.records.get(("purchase_order", self.purchase_order))
        if isinstance(known, PurchaseOrder):
            for each in self.lines:
                line = known.line_of(each.line)
                if line is not None:
                    yield from ((line.sku, lot.lot) for lot in each.lots)


class ClosePurchaseOrder(Hurting, frozen=True, gc=False, kw_only=True, tag="close_purchase_order"):
    """Nothing more is expected of it."""

    reason: str = ""


class CancelPurchaseOrder(Hurting, frozen=True, gc=False, kw_only=True, tag="cancel_purchase_order"):
    """Nothing will come; possible until the first unit has."""

    reason: str


class LearnVendor(RecordCommand, frozen=True, gc=False, kw_only=True, tag="learn_vendor"):
    """Learn of a vendor from the lines of a purchase order that have ended: by the worker."""

    vendor_record: str
    purchase_order: str

    def records(self) -> Iterable[RecordKey]:
        return (("vendor_record", self.vendor_record), ("purchase_order", self.purchase_order))


class FixVendor(RecordCommand, frozen=True, gc=False, kw_only=True, tag="fix_vendor"):
    """Say what units of a vendor are counted on with, whatever is learned; with neither, what is learned holds again.

    It holds for purchase orders that are made from then on.
    """

    vendor_record: str
    confidence_ppm: int | None = None
    slack_days: int | None = None
    reason: str = ""

    def records(self) -> Iterable[RecordKey]:
        return (("vendor_record", self.vendor_record),)


class PegUnits(OrderCommand, frozen=True, gc=False, kw_only=True, tag="peg_units"):
    """Let units wait for dated supply where they wait for nothing yet, or for what is late or does not come."""
