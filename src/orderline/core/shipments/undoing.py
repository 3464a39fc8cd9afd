"""A hand-over undone that was recorded by mistake: the parcels are here still. The mirror of handing over.

What follows is worked out, never written by hand: goods stand on the shelf and for the order again as before, the
invoice is met by a credit note, and money that was collected stays as paid in advance.
Source: domain model, law L7: undo is the mirror posting of what was posted.
"""

from collections.abc import Sequence
from typing import Final

from orderline.core.context import Context
from orderline.core.fulfillments.moving import items_of, move_items, progress
from orderline.core.fulfillments.undoing import UnpackUnits, UnpickUnits, decide_unpack, decide_unpick
from orderline.core.moves import Bucket, Move
from orderline.core.orders.commands import OrderCommand
from orderline.core.orders.credited import CreditLine
from orderline.core.orders.events import HandoverUndone, MovedItem, PaymentWithdrawn
from orderline.core.orders.guards import check_fulfillment, check_parcel, check_text, ongoing_order
from orderline.core.orders.parcel_lots import lots_leaving
from orderline.core.orders.parcels import WAITING
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.settle import settle
from orderline.core.orders.state import Execution, LineQuantity, Order, Parcel, ParcelState, PaymentKind, Shipment
from orderline.core.returns.state import Custody
from orderline.core.stock.lots import LotUnits
from orderline.core.tenders.sums import collectable_minor, rules_of
from orderline.core.world import Draft
from orderline.values.failures import Refused

# Goods that a customer is to send back, or has sent: so they have been there.
_SENT_BACK: Final = frozenset({Custody.REQUESTED, Custody.APPROVED, Custody.IN_TRANSIT})
_HERE: Final = frozenset({*WAITING, ParcelState.VOIDED})


class UndoHandover(OrderCommand, frozen=True, gc=False, kw_only=True, tag="undo_handover"):
    """Parcels that were recorded as handed over have not left; all of the fulfillment order, when none is named.

    to_shelf: they are taken apart as well, and their units put back onto the shelf, still to be picked for the order.
    """

    fulfillment: int
    parcels: tuple[int, ...] = ()
    reason: str
    to_shelf: bool = False


def decide_undo_handover(draft: Draft, command: UndoHandover, context: Context) -> None:
    """Refused PARCEL_NOT_SHIPPED: a named parcel was not handed over at this fulfillment order, or none was.

    Refused PARCEL_MOVED: a fact says that it has left: a scan of the carrier, its delivery or loss, a return of its goods,
    money given for them; facts say which.
    """
    order = ongoing_order(draft.world, command)
    fulfillment = check_fulfillment(order, command.fulfillment)
    reason = check_text(command.reason.strip(), "reason", 500)
    if not reason:
        raise Refused(R.REASON_REQUIRED, field="reason", value="")
    parcels = _handed_over(order, command)
    for parcel in parcels:
        _check_not_moved(order, parcel)
    wanted: dict[int, int] = {}
    for parcel in parcels:
        for item in parcel.items:
            wanted[item.line] = wanted.get(item.line, 0) + item.quantity
    items_of(fulfillment, (Bucket.SHIPPED,), wanted)
    _check_not_credited(order, wanted)
    lots = lots_leaving(fulfillment, parcels, sent=True)
    for shipment in order.shipments:
        here = [parcel for parcel in parcels if parcel.shipment == shipment.number]
        if here:
            _take_back(draft, order, shipment, here, lots, reason, context)
    now = check_fulfillment(draft.world.order(order.id), fulfillment.number)
    if any(item.units.at_location for item in now.items):
        progress(draft, order, now, context.now, execution=Execution.IN_PROGRESS)
    if command.to_shelf:
        _to_shelf(draft, order, command, parcels, reason, context)
    _stop_captures(draft, draft.world.order(order.id), context)
    settle(draft, order.id, context)


def _handed_over(order: Order, command: UndoHandover) -> list[Parcel]:
    own = [parcel for parcel in order.parcels if parcel.fulfillment == command.fulfillment]
    left = [parcel for parcel in own if parcel.state not in _HERE and not parcel.returned]
    for number in command.parcels:
        parcel = check_parcel(order, number)
        if parcel not in left:
            allowed = [each.number for each in left]
            raise Refused(R.PARCEL_NOT_SHIPPED, field="parcels", value=number, state=parcel.state, allowed=allowed)
    found = [parcel for parcel in left if not command.parcels or parcel.number in command.parcels]
    if not found:
        raise Refused(R.PARCEL_NOT_SHIPPED, field="fulfillment", value=command.fulfillment, allowed=[])
    return found


def _check_not_moved(order: Order, parcel: Parcel) -> None:
    """Refused PARCEL_MOVED: a fact says that the parcel is not here."""
    if parcel.state is not ParcelState.HANDED_OVER or parcel.scanned or parcel.shipment is None:
        why = "scanned by the carrier" if parcel.scanned else parcel.state.value.replace("_", " ")
        raise Refused(R.PARCEL_MOVED, field="parcels", value=parcel.number, because=why)
    lines = {item.line for item in parcel.items}
    for returned in order.returns:
        if any(item.line in lines and item.custody in _SENT_BACK for item in returned.items):
            raise Refused(R.PARCEL_MOVED, field="parcels", value=parcel.number, because=f"return {returned.number}")


def _check_not_credited(order: Order, units: dict[int, int]) -> None:
    """Refused PARCEL_MOVED: the customer was given money for units that would not have left then."""
    for number, quantity in units.items():
        line = order.line_of(number)
        credited = order.credited_of(number)
        given = sum(each.quantity for each in credited)
        if sum(each.total_minor for each in credited if not each.quantity):
            given = max(given, *_borne(credited))
        if line is None or given > line.units.gone - quantity:
            raise Refused(
                R.PARCEL_MOVED, field="parcels", value=number, line=number, because=f"credit for {given} units"
            )
    if any(credit.given_at and credit.charges for credit in order.credits):
        raise Refused(R.PARCEL_MOVED, field="parcels", value=order.number, because="money given for shipping")


def _borne(credited: Sequence[CreditLine]) -> list[int]:
    """The units that bear each allowance: those credited before it, and the next."""
    units, borne = 0, list[int]()
    for each in credited:
        units += each.quantity
        if not each.quantity:
            borne.append(units + each.over)
    return borne


def _take_back(
    draft: Draft,
    order: Order,
    shipment: Shipment,
    parcels: Sequence[Parcel],
    lots: dict[tuple[int, int], tuple[LotUnits, ...]],
    reason: str,
    context: Context,
) -> None:
    """Parcels of one shipment are as they were before it; what had been canceled is canceled again."""
    numbers = tuple(parcel.number for parcel in parcels)
    told = HandoverUndone(
        shipment=shipment.number, parcels=numbers, at=context.now, by=context.actor.name, reason=reason
    )
    draft.tell(order.id, told)
    move, target = (Move.UNSHIP_LATE, Bucket.CANCELED) if shipment.late else (Move.UNSHIP, Bucket.PACKED)
    items = [
        MovedItem(item.line, Bucket.SHIPPED, target, item.quantity, lots=lots.get((parcel.number, item.line), ()))
        for parcel in parcels
        for item in parcel.items
    ]
    move_items(draft, order, check_fulfillment(order, shipment.fulfillment), move, items, context.now, reason=reason)


def _to_shelf(
    draft: Draft, order: Order, command: UndoHandover, parcels: Sequence[Parcel], reason: str, context: Context
) -> None:
    late = {each.number for each in order.shipments if each.late}
    packed = [parcel for parcel in parcels if parcel.shipment not in late]
    if not packed:
        return
    number = command.fulfillment
    numbers = tuple(parcel.number for parcel in packed)
    decide_unpack(draft, UnpackUnits(order=order.id, fulfillment=number, parcels=numbers, reason=reason), context)
    units: dict[int, int] = {}
    for parcel in packed:
        for item in parcel.items:
            units[item.line] = units.get(item.line, 0) + item.quantity
    lines = tuple(LineQuantity(line, quantity) for line, quantity in units.items())
    decide_unpick(draft, UnpickUnits(order=order.id, fulfillment=number, lines=lines, reason=reason), context)


def _stop_captures(draft: Draft, order: Order, context: Context) -> None:
    """Withdraw what was to be collected for goods that have not left, as far as no provider has been asked for it."""
    asked = sum(
        tender.captured_minor + sum(r.amount_minor for r in tender.requests if r.kind is PaymentKind.CAPTURE)
        for tender in order.tenders
    )
    more = asked - collectable_minor(order, rules_of(draft, order))
    for tender in order.tenders:
        for request in tender.requests:
            unsent = request.kind is PaymentKind.CAPTURE and request.key in draft.world.unsent
            if unsent and request.amount_minor <= more:
                more -= request.amount_minor
                withdrawn = PaymentWithdrawn(
                    tender=tender.number, key=request.key, kind=request.kind, amount_minor=request.amount_minor,
                    at=context.now, reason="the goods have not left",
                )  # fmt: skip
                draft.tell(order.id, withdrawn)
