"""What was canceled and left the location all the same: a fact, which is taken in; a person decides what follows.

Source: domain model, law L9: the handover happened before the cancellation reached whoever packed, or in spite of it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from orderline.core.context import Context
from orderline.core.fulfillments.moving import find_on_shelf, move_items, progress
from orderline.core.holds.rules import LATE_SHIPMENT, new_hold
from orderline.core.moves import Bucket, Move
from orderline.core.orders.commands import HoldInput
from orderline.core.orders.events import HoldPlaced, MovedItem, ParcelTracked, PaymentWithdrawn, ShipmentHandedOver
from orderline.core.orders.guards import check_fulfillment, check_line
from orderline.core.orders.state import (
    Execution,
    FulfillmentOrder,
    LineQuantity,
    Negotiation,
    Order,
    Parcel,
    ParcelState,
    Part,
    PaymentKind,
    derived_id,
)
from orderline.core.stock.decide import tell_oversold
from orderline.core.world import Draft
from orderline.values.ids import ShipmentId


def is_late(fulfillment: FulfillmentOrder, items: Sequence[LineQuantity], taken: Mapping[int, int]) -> bool:
    """Are these units to be packed that were canceled here, and not such as are picked? taken: picked ones by line."""
    return not _are_picked(fulfillment, items, taken) and _were_canceled(fulfillment, items)


def may_have_left(fulfillment: FulfillmentOrder, parcel: Parcel) -> bool:
    """Was the parcel voided, and its units canceled here or put back? It may leave all the same."""
    known = _were_canceled(fulfillment, parcel.items) or _are_picked(fulfillment, parcel.items, {})
    return parcel.state is ParcelState.VOIDED and known


def pack_again(draft: Draft, order: Order, fulfillment: FulfillmentOrder, named: Sequence[int], at: datetime) -> Order:
    """The order with those named parcels packed again that were voided and whose units are picked: they have left."""
    for parcel in order.parcels:
        if parcel.number in named and parcel.fulfillment == fulfillment.number and parcel.state is ParcelState.VOIDED:
            now = check_fulfillment(draft.world.order(order.id), fulfillment.number)
            if _are_picked(now, parcel.items, {}):
                items = [MovedItem(i.line, Bucket.PICKED, Bucket.PACKED, i.quantity) for i in parcel.items]
                move_items(draft, order, fulfillment, Move.PACK, items, at)
                draft.tell(order.id, ParcelTracked(parcel=parcel.number, state=ParcelState.PACKED, at=at))
    return draft.world.order(order.id)


def late_parcels(order: Order, fulfillment: FulfillmentOrder, named: Sequence[int]) -> list[Parcel]:
    """The parcels among those named that should not have left; together they have no more than was canceled."""
    late: list[Parcel] = []
    for parcel in order.parcels:
        if parcel.number in named and parcel.fulfillment == fulfillment.number and parcel.state is ParcelState.VOIDED:
            items = [item for each in (*late, parcel) for item in each.items]
            if _were_canceled(fulfillment, items):
                late.append(parcel)
    return late


def ship_late(
    draft: Draft,
    order: Order,
    fulfillment: FulfillmentOrder,
    parcels: Sequence[Parcel],
    carrier: str,
    at: datetime,
    context: Context,
) -> None:
    """Units go from canceled to shipped and out of the shelf, and money on its way back is stopped if it can be."""
    number = len(draft.world.order(order.id).shipments) + 1
    draft.tell(
        order.id,
        ShipmentHandedOver(
            id=ShipmentId(derived_id(order.id, Part.SHIPMENT, number)),
            number=number,
            fulfillment=fulfillment.number,
            location=fulfillment.location,
            parcels=tuple(parcel.number for parcel in parcels),
            at=at,
            carrier=carrier,
            late=True,
        ),
    )
    items = [
        MovedItem(item.line, Bucket.CANCELED, Bucket.SHIPPED, item.quantity)
        for parcel in parcels
        for item in parcel.items
    ]
    skus = {check_line(order, item.line).sku for item in items}
    find_on_shelf(draft, order, fulfillment, items, at, "found_by_shipping")
    move_items(draft, order, fulfillment, Move.SHIP_LATE, items, at)
    for sku in sorted(skus):
        tell_oversold(draft, sku, fulfillment.location, context)
    _stop_money(draft, order, context)
    _ask_a_person(draft, order, fulfillment, items, context)
    now = check_fulfillment(draft.world.order(order.id), fulfillment.number)
    left = any(i.units.allocated + i.units.released + i.units.picked + i.units.packed for i in now.items)
    if not left:
        progress(
            draft, order, now, at, execution=Execution.CLOSED, negotiation=Negotiation.CANCEL_REJECTED
        )  # it was asked to let go of what it has sent away: that is its answer


def _stop_money(draft: Draft, order: Order, context: Context) -> None:
    """Withdraw what was to be given back or let go of and that no provider has been asked for."""
    for tender in order.tenders:
        for request in tender.requests:
            if request.kind in (PaymentKind.REFUND, PaymentKind.VOID) and request.key in draft.world.unsent:
                draft.tell(
                    order.id,
                    PaymentWithdrawn(
                        tender=tender.number,
                        key=request.key,
                        kind=request.kind,
                        amount_minor=request.amount_minor,
                        at=context.now,
                        reason="the goods were sent all the same",
                    ),
                )


def _ask_a_person(
    draft: Draft, order: Order, fulfillment: FulfillmentOrder, items: Sequence[MovedItem], context: Context
) -> None:
    current = draft.world.order(order.id)
    if any(hold.type == LATE_SHIPMENT for hold in current.holds):
        return
    units = sum(item.quantity for item in items)
    reason = (
        f"{units} canceled units left {fulfillment.location}: intercept them, charge for them, or have them sent back"
    )
    asked = HoldInput(type=LATE_SHIPMENT, reason=reason)
    draft.tell(order.id, HoldPlaced(new_hold(asked, current.holds_placed + 1, context)))


def _were_canceled(fulfillment: FulfillmentOrder, items: Sequence[LineQuantity]) -> bool:
    canceled = {item.line: item.units.canceled for item in fulfillment.items}
    return all(_units_of(items, line) <= canceled.get(line, 0) for line in {each.line for each in items})


def _are_picked(fulfillment: FulfillmentOrder, items: Sequence[LineQuantity], taken: Mapping[int, int]) -> bool:
    picked = {item.line: item.units.picked for item in fulfillment.items}
    lines = {each.line for each in items}
    return all(_units_of(items, line) + taken.get(line, 0) <= picked.get(line, 0) for line in lines)


def _units_of(items: Sequence[LineQuantity], line: int) -> int:
    return sum(each.quantity for each in items if each.line == line)
