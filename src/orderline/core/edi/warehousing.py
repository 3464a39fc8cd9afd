"""Ask warehouses for what is open of fulfillment orders, and take what they have sent: picked, packed and handed over at once."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Any, Final

from orderline.core.context import Context
from orderline.core.edi.decide import active_partner, next_number, take_number
from orderline.core.edi.refusals import EdiRefusal as R
from orderline.core.edi.shipping_orders import (
    EDI_SHIPPING_ORDER,
    SHIPPING_ORDER,
    EdiShippingOrder,
    ShippingAdviceTaken,
    ShippingCancellationWritten,
    ShippingOrderWritten,
    TakenAdvice,
    ToldLine,
    shipping_order_id,
)
from orderline.core.edi.state import PARTNER, EdiKind, SentDocument
from orderline.core.fulfillments.discrepancies import DISCREPANCY, Cause, ReportDiscrepancy
from orderline.core.fulfillments.moving import asked_back_of
from orderline.core.orders.commands import (
    AcceptFulfillment,
    AnswerCancel,
    Command,
    PackUnits,
    ParcelInput,
    PickUnits,
    ShipParcels,
)
from orderline.core.orders.guards import check_fulfillment, check_text
from orderline.core.orders.parcels import PickedLot
from orderline.core.orders.state import FulfillmentOrder, LineQuantity, Negotiation, Order, Part, derived_id
from orderline.core.records import RecordCommand, RecordKey
from orderline.core.world import Draft, World
from orderline.values.failures import Refused
from orderline.values.ids import OrderId

Run = Callable[[Draft, Command, Context], Any]

# A warehouse that is asked to let go, or has, is not asked to send.
_ASKED_BACK: Final = (Negotiation.CANCEL_REQUESTED, Negotiation.CANCEL_ACCEPTED, Negotiation.WITHDRAWN)


def number_of(order: Order, fulfillment: FulfillmentOrder) -> str:
    """What a warehouse knows a fulfillment order by, as people do."""
    return f"{order.number}-{fulfillment.number}"


class _OfShippingOrder(RecordCommand, frozen=True, gc=False, kw_only=True):
    """What a warehouse is told of a fulfillment order. number: of the fulfillment order, as people know it."""

    partner: str
    order: OrderId
    fulfillment: int
    number: str

    def records(self) -> Iterable[RecordKey]:
        """The shipping order, and the partner whose numbers it takes."""
        return ((SHIPPING_ORDER, shipping_order_id(self.partner, self.number)), (PARTNER, self.partner))

    def orders(self) -> Iterable[OrderId]:
        """The order."""
        return (self.order,)


class WriteShippingOrder(_OfShippingOrder, frozen=True, gc=False, kw_only=True, tag="write_edi_shipping_order"):
    """Ask the warehouse that runs its location for what is open of a fulfillment order: it is released by that.

    A warehouse has no document by which it would accept it first.
    """

    def skus_of_orders(self, world: World) -> Iterable[str]:
        """Those of the order, for their GTINs."""
        order = world.orders.get(self.order)
        return [line.sku for line in order.lines] if order is not None else ()

    def inner(self, world: World) -> Iterable[Command]:
        """That it is released."""
        return (AcceptFulfillment(order=self.order, fulfillment=self.fulfillment),)


class CancelShippingOrder(_OfShippingOrder, frozen=True, gc=False, kw_only=True, tag="cancel_edi_shipping_order"):
    """Tell a warehouse to let go of what it was asked for by a shipping order. What it answers is what it sends."""


class TakeShippingAdvice(RecordCommand, frozen=True, gc=False, kw_only=True, tag="take_edi_shipping_advice"):
    """A warehouse has sent units of a fulfillment order: all of it is taken, or nothing.

    shipment: its name for what it sent, which is taken once. short: units that it did not find. parcels: with what is in them.
    late: parcels with units that were canceled meanwhile, and have left all the same. let_go: of what it was asked to let go of it
    has not sent the rest. unasked: `late` is of work that it has no more, for this cause.
    """

    partner: str
    number: str
    order: OrderId
    fulfillment: int
    shipment: str
    sha256: str
    parcels: tuple[ParcelInput, ...] = ()
    late: tuple[ParcelInput, ...] = ()
    short: tuple[LineQuantity, ...] = ()
    let_go: bool = False
    unasked: Cause | None = None
    picked_lots: tuple[PickedLot, ...] = ()
    carrier: str = ""
    occurred_at: datetime | None = None

    def records(self) -> Iterable[RecordKey]:
        """The shipping order, and what is kept of work that was taken away."""
        asked = (SHIPPING_ORDER, shipping_order_id(self.partner, self.number))
        return (asked, (DISCREPANCY.name, self.discrepancy)) if self.unasked is not None else (asked,)

    @property
    def discrepancy(self) -> str:
        """The id of what is kept of work that was taken away: that of the fulfillment order, whoever tells of it."""
        return str(derived_id(self.order, Part.FULFILLMENT, self.fulfillment))

    def orders(self) -> Iterable[OrderId]:
        """The order."""
        return (self.order,)

    def inner(self, world: World) -> Iterable[Command]:
        """Pick, pack and hand over: parcels have the numbers that come next. Or a discrepancy, of which nothing moves."""
        about: dict[str, Any] = {
            "order": self.order, "fulfillment": self.fulfillment, "occurred_at": self.occurred_at,
        }  # fmt: skip
        if self.unasked is not None:
            lines = tuple(item for parcel in self.late for item in parcel.items)
            numbers = tuple(parcel.tracking_number for parcel in self.late if parcel.tracking_number)
            if lines:
                yield ReportDiscrepancy(
                    **about, id=self.discrepancy, cause=self.unasked, lines=lines, tracking_numbers=numbers, left=True
                )
            return
        order = world.orders.get(self.order)
        first = len(order.parcels) + 1 if order is not None else 1
        sent: dict[int, int] = {}
        for item in (item for parcel in self.parcels for item in parcel.items):
            sent[item.line] = sent.get(item.line, 0) + item.quantity
        lines = tuple(LineQuantity(line, quantity) for line, quantity in sent.items())
        # What is let go of is so before the rest is short: nobody looks for it elsewhere, or on the shelf.
        short = self.short if not self.let_go else ()
        parcels = (*self.parcels, *self.late)
        fulfillment = order.fulfillment_of(self.fulfillment) if order is not None else None
        # That nothing was sent is an answer where nothing was to be sent any more.
        answers = fulfillment is not None and fulfillment.negotiation in _ASKED_BACK
        if lines or short or not (parcels or self.let_go or answers):
            yield PickUnits(**about, lines=lines, short=short, lots=self.picked_lots)
        if parcels:
            yield PackUnits(**about, parcels=parcels)
            yield ShipParcels(**about, parcels=tuple(range(first, first + len(parcels))), carrier=self.carrier)
        if self.let_go:
            yield AnswerCancel(**about, accepted=True)
            if self.short:
                yield PickUnits(**about, lines=(), short=self.short)


def decide_write_order(draft: Draft, command: WriteShippingOrder, context: Context, *, run: Run) -> None:
    """Refused EDI_PARTNER_UNKNOWN, EDI_PARTNER_STOPPED; EDI_WAREHOUSE_UNKNOWN: the partner does not run the location, or a connector does.

    Refused EDI_NOTHING_TO_SAY: nothing is to be sent, or the warehouse has been asked to let go. BLOCKED_BY_HOLD, FULFILLMENT_UNKNOWN.
    """
    partner = active_partner(draft, command.partner)
    order = draft.world.order(command.order)
    fulfillment = check_fulfillment(order, command.fulfillment)
    location = fulfillment.location
    if location not in partner.profile.locations or draft.world.settings.locations[location].partner:
        raise Refused(R.EDI_WAREHOUSE_UNKNOWN, field="location", value=location, allowed=[*partner.profile.locations])
    lines = _open_lines(draft.world, order, fulfillment)
    number = number_of(order, fulfillment)
    if not lines or fulfillment.negotiation in _ASKED_BACK or command.number != number:
        raise Refused(R.EDI_NOTHING_TO_SAY, field="about", value=number, negotiation=fulfillment.negotiation)
    if any(item.units.allocated for item in fulfillment.items):
        for each in command.inner(draft.world):
            run(draft, each, context)
    reference = next_number(partner)
    sent = SentDocument(
        kind=EdiKind.SHIPPING_ORDER, reference=reference, at=context.now, by=context.actor.name, about=number
    )
    id_ = shipping_order_id(partner.id, number)
    written = ShippingOrderWritten(
        id=id_, partner=partner.id, number=number, order=order.id, fulfillment=fulfillment.number, location=location,
        lines=lines, sent=sent,
    )  # fmt: skip
    draft.tell_record(EDI_SHIPPING_ORDER, id_, written)
    take_number(draft, partner.id, context)


def decide_cancel_order(draft: Draft, command: CancelShippingOrder, context: Context) -> None:
    """Told once: where it was the last that the warehouse was told, nothing is.

    Refused EDI_PARTNER_UNKNOWN, EDI_PARTNER_STOPPED; EDI_SHIPPING_ORDER_UNKNOWN: the warehouse was not asked for it.
    EDI_NOTHING_TO_SAY: it is not asked to let go, or of a part alone, which it has to be told by a person. FULFILLMENT_UNKNOWN.
    """
    partner = active_partner(draft, command.partner)
    fulfillment = check_fulfillment(draft.world.order(command.order), command.fulfillment)
    id_ = shipping_order_id(partner.id, command.number)
    known = draft.world.records.get((SHIPPING_ORDER, id_))
    if not isinstance(known, EdiShippingOrder) or (known.order, known.fulfillment) != (
        command.order,
        command.fulfillment,
    ):
        raise Refused(R.EDI_SHIPPING_ORDER_UNKNOWN, field="number", value=command.number[:100])
    back = asked_back_of(fulfillment)
    kept = any(item.units.at_location > back.get(item.line, 0) for item in fulfillment.items)
    if fulfillment.negotiation not in _ASKED_BACK or kept:
        raise Refused(R.EDI_NOTHING_TO_SAY, field="about", value=known.number, negotiation=fulfillment.negotiation)
    if known.cancellation is not None:
        return
    sent = SentDocument(
        kind=EdiKind.SHIPPING_CANCELLATION, reference=next_number(partner), at=context.now, by=context.actor.name,
        about=known.number,
    )  # fmt: skip
    draft.tell_record(EDI_SHIPPING_ORDER, id_, ShippingCancellationWritten(sent=sent))
    take_number(draft, partner.id, context)


def _open_lines(world: World, order: Order, fulfillment: FulfillmentOrder) -> tuple[ToldLine, ...]:
    """What is still to be picked there."""
    lines: list[ToldLine] = []
    for item in fulfillment.items:
        line, units = order.line_of(item.line), item.units.allocated + item.units.released
        if line is not None and units:
            sku = world.skus.get(line.sku)
            lines.append(ToldLine(item.line, line.sku, units, sku.gtin if sku is not None else ""))
    return tuple(lines)


def decide_take_advice(draft: Draft, command: TakeShippingAdvice, context: Context, *, run: Run) -> None:
    """Refused EDI_SHIPPING_ORDER_UNKNOWN: it was not asked for that; EDI_ADVICE_REPEATED: it has told of this shipment.

    Refused as the pick, the packing and the hand-over would be: what was canceled after the advice was read is not picked.
    """
    id_ = shipping_order_id(command.partner, command.number)
    known = draft.world.records.get((SHIPPING_ORDER, id_))
    if not isinstance(known, EdiShippingOrder) or (known.order, known.fulfillment) != (
        command.order,
        command.fulfillment,
    ):
        raise Refused(R.EDI_SHIPPING_ORDER_UNKNOWN, field="number", value=command.number[:100])
    shipment = check_text(command.shipment, "shipment", 100)
    if known.advice_of(shipment) is not None:
        raise Refused(R.EDI_ADVICE_REPEATED, field="shipment", value=shipment)
    for each in [*command.inner(draft.world)]:
        run(draft, each, context)
    advice = TakenAdvice(shipment=shipment, sha256=command.sha256, at=context.now)
    draft.tell_record(EDI_SHIPPING_ORDER, id_, ShippingAdviceTaken(advice=advice))


def rules(run: Run) -> dict[type[Command], Callable[[Draft, Any, Context], Any]]:
    """The rules. run: decides one command within a draft, as it would be decided by itself."""
    return {
        WriteShippingOrder: partial(decide_write_order, run=run),
        CancelShippingOrder: decide_cancel_order,
        TakeShippingAdvice: partial(decide_take_advice, run=run),
    }
