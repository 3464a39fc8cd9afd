"""Cancel units before they are shipped. Where a location has begun, it is asked; whichever fact lands first wins."""

from typing import Final

from orderline.core.context import Context
from orderline.core.fulfillments.moving import (
    asked_back_of,
    items_of,
    move_items,
    open_units,
    progress,
    where_units_return,
)
from orderline.core.holds.rules import LATE_SHIPMENT, new_hold
from orderline.core.moves import Bucket, Move, Units
from orderline.core.orders.commands import AnswerCancel, CancelUnits, HoldInput
from orderline.core.orders.events import HoldPlaced, MovedItem, ParcelTracked, UnitsMoved
from orderline.core.orders.guards import (
    check_blocked,
    check_fulfillment,
    check_lines,
    check_text,
    occurred,
    ongoing_order,
)
from orderline.core.orders.parcels import WAITING
from orderline.core.orders.reclaim import count_backorders
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.settle import settle
from orderline.core.orders.state import (
    Execution,
    FulfillmentOrder,
    Line,
    LineQuantity,
    Negotiation,
    Order,
    ParcelState,
    is_canceled,
)
from orderline.core.world import Draft
from orderline.values.failures import Refused

UNKNOWN_WORK: Final = "unknown"  # what a location says of work that it knows nothing of

# What is canceled first: what is furthest from the customer.
NOT_AT_LOCATION = (Bucket.UNPLANNED, Bucket.PEGGED, Bucket.POOLED)
WITHDRAWABLE = (Bucket.ALLOCATED,)
ASKED_FOR = (Bucket.RELEASED, Bucket.PICKED, Bucket.PACKED)


def decide_cancel(draft: Draft, command: CancelUnits, context: Context) -> None:
    """Cancel whole or in part, with a reason.

    Units at no location, or only allocated to one, are canceled at once. Units released to a location are asked
    back: its fulfillment order turns to `cancel_requested`, and the location's answer, or its shipping, decides.
    Refused NOTHING_TO_DO: all of them have been canceled.
    Refused ALREADY_SHIPPED: none of the units can be canceled any more; a return is the way.
    Refused QUANTITY_NOT_AVAILABLE: fewer than asked can be; facts say how many.
    """
    order = ongoing_order(draft.world, command)
    check_blocked(order, "cancel", {each.line for each in command.lines or order.lines})
    reason = check_text(command.reason, "reason", 500, required=True)
    wanted = _wanted(order, command)
    if not wanted and all(is_canceled(line) for line in order.lines):
        raise Refused(R.NOTHING_TO_DO, field="order", value=order.number, reason="it has been canceled")
    if not wanted:
        raise Refused(R.ALREADY_SHIPPED, field="order", value=order.number, unblock="start a return instead")
    loose: list[MovedItem] = []
    shortened: set[int] = set()
    for line, quantity in wanted:
        left = quantity
        for bucket in NOT_AT_LOCATION:
            for pool, supply, available in _claims(line, bucket):
                take = min(left, available)
                if take:
                    loose.append(MovedItem(line.line, bucket, Bucket.CANCELED, take, pool, supply=supply))
                    left -= take
        if left:
            shortened |= _cancel_at_locations(draft, order, line, left, reason, context)
    for number in sorted(shortened):
        _withdraw_submitted(draft, order, order.fulfillments[number - 1], reason, context)
    if loose:
        draft.tell(order.id, UnitsMoved(move=Move.CANCEL, items=tuple(loose), at=context.now, reason=reason))
    count_backorders(draft, order, context)
    settle(draft, order.id, context)


def decide_answer_cancel(draft: Draft, command: AnswerCancel, context: Context) -> None:
    """The location lets go of what it has not shipped, or says that it can't.

    Refused FULFILLMENT_NOT_OPEN: nobody has asked it.
    """
    order = ongoing_order(draft.world, command)
    fulfillment = check_fulfillment(order, command.fulfillment)
    at = occurred(command.occurred_at, context)
    if fulfillment.negotiation is Negotiation.WITHDRAWN and not command.accepted:
        _goes_on(draft, order, fulfillment, check_text(command.code, "code", 200), context)
        return
    if fulfillment.negotiation is not Negotiation.CANCEL_REQUESTED:
        raise Refused(R.FULFILLMENT_NOT_OPEN, value=fulfillment.number, negotiation=fulfillment.negotiation)
    if not command.accepted:
        progress(draft, order, fulfillment, at, negotiation=Negotiation.CANCEL_REJECTED)
        return
    left = _unpacked(draft, order, fulfillment, context) if _needs_packed(fulfillment) else fulfillment
    wanted = {each.line: min(each.quantity, _open_of(left, each.line)) for each in fulfillment.asked_back}
    wanted = {line: quantity for line, quantity in wanted.items() if quantity}
    items = [
        MovedItem(i.line, i.source, Bucket.CANCELED, i.quantity)
        for i in items_of(left, (*WITHDRAWABLE, Bucket.RELEASED, Bucket.PICKED), wanted)
    ]
    if items:
        move_items(draft, order, left, Move.CANCEL, items, at, reason="let go by the location")
    remains = sum(_open_of(left, item.line) for item in left.items) - sum(wanted.values())
    gone = any(i.units.shipped or i.units.delivered or i.units.lost for i in left.items)
    done = Execution.CLOSED if gone else Execution.CANCELED
    progress(
        draft,
        order,
        left,
        at,
        execution=None if remains else done,
        negotiation=Negotiation.ACCEPTED if remains else Negotiation.CANCEL_ACCEPTED,
    )
    settle(draft, order.id, context)


def _goes_on(draft: Draft, order: Order, fulfillment: FulfillmentOrder, code: str, context: Context) -> None:
    """A location works on what was taken away from it. A person decides; what others could send as well waits for that.

    Refused FULFILLMENT_NOT_OPEN: that is known, or the location knows of no such work.
    """
    if code == UNKNOWN_WORK or any(hold.type == LATE_SHIPMENT for hold in order.holds):
        raise Refused(R.FULFILLMENT_NOT_OPEN, value=fulfillment.number, negotiation=fulfillment.negotiation)
    canceled = any(item.units.canceled for item in fulfillment.items)
    reason = f"{'canceled work' if canceled else 'work that was taken away'} goes on at {fulfillment.location}"
    reason = f"{reason}: {code}" if code else reason
    asked = HoldInput(type=LATE_SHIPMENT, reason=reason, blocks=() if canceled else ("allocate", "release"))
    draft.tell(order.id, HoldPlaced(new_hold(asked, order.holds_placed + 1, context)))


def cancelable_units(line: Line) -> int:
    """Units of a line that have not left for the customer."""
    units = line.units
    return (
        units.unplanned + units.pegged + units.pooled + units.allocated + units.released + units.picked + units.packed
    )


def _wanted(order: Order, command: CancelUnits) -> list[tuple[Line, int]]:
    if not command.lines:
        return [(line, cancelable_units(line)) for line in order.lines if cancelable_units(line)]
    wanted = check_lines(order, command.lines)
    for index, (line, quantity) in enumerate(wanted):
        if quantity > cancelable_units(line):
            if is_canceled(line):
                raise Refused(R.NOTHING_TO_DO, field=f"lines[{index}]", value=line.line, reason="it has been canceled")
            code = R.QUANTITY_NOT_AVAILABLE if cancelable_units(line) else R.ALREADY_SHIPPED
            raise Refused(
                code, field=f"lines[{index}].quantity", value=quantity, available=cancelable_units(line), line=line.line
            )
    return wanted


def _claims(line: Line, bucket: Bucket) -> list[tuple[str, str, int]]:
    """(pool, supply, units); of what is pegged the last to come first."""
    if bucket is Bucket.POOLED:
        return [(share.pool, "", share.quantity) for share in line.claims]
    if bucket is Bucket.PEGGED:
        pegs = sorted(line.pegs, key=lambda share: (share.promised_at, share.supply), reverse=True)
        return [(share.pool, share.supply, share.quantity) for share in pegs]
    return [("", "", line.units.of(bucket))]


def _cancel_at_locations(
    draft: Draft, order: Order, line: Line, quantity: int, reason: str, context: Context
) -> set[int]:
    """Cancel what is only allocated and ask the rest back; the numbers of fulfillment orders that got smaller."""
    left = quantity
    shortened: set[int] = set()
    for fulfillment in order.fulfillments:
        item = next((each for each in fulfillment.items if each.line == line.line), None)
        if item is None or not left:
            continue
        take = min(left, item.units.allocated)
        if take:
            items = [MovedItem(line.line, Bucket.ALLOCATED, Bucket.CANCELED, take)]
            move_items(draft, order, fulfillment, Move.CANCEL, items, context.now, reason=reason)
            left -= take
            shortened.add(fulfillment.number)
            _withdraw_when_empty(draft, order, fulfillment, context)
        asked = min(left, item.units.released + item.units.picked + item.units.packed)
        if asked:
            _ask_back(draft, order, fulfillment, LineQuantity(line.line, asked), reason, context)
            left -= asked
    return shortened


def _withdraw_submitted(
    draft: Draft, order: Order, fulfillment: FulfillmentOrder, reason: str, context: Context
) -> None:
    """A location that was asked for more than is wanted now, and has not answered, is asked anew for the rest."""
    now = _current(draft, order, fulfillment)
    if now.negotiation is not Negotiation.SUBMITTED or not open_units(now):
        return
    items = where_units_return(now, items_of(now, WITHDRAWABLE))
    move_items(draft, order, now, Move.PULL_BACK, items, context.now, reason=reason)
    progress(draft, order, now, context.now, execution=Execution.CANCELED, negotiation=Negotiation.WITHDRAWN)


def _withdraw_when_empty(draft: Draft, order: Order, fulfillment: FulfillmentOrder, context: Context) -> None:
    now = _current(draft, order, fulfillment)
    if not open_units(now) and not any(i.units.picked or i.units.packed for i in now.items):
        progress(draft, order, now, context.now, execution=Execution.CANCELED, negotiation=Negotiation.WITHDRAWN)


def _ask_back(
    draft: Draft, order: Order, fulfillment: FulfillmentOrder, asked: LineQuantity, reason: str, context: Context
) -> None:
    now = _current(draft, order, fulfillment)
    already = asked_back_of(now)
    already[asked.line] = min(already.get(asked.line, 0) + asked.quantity, _open_of(now, asked.line))
    asked_back = tuple(LineQuantity(line, quantity) for line, quantity in already.items())
    progress(
        draft,
        order,
        now,
        context.now,
        negotiation=Negotiation.CANCEL_REQUESTED,
        reason=reason,
        asked_back=asked_back,
    )


def _unpacked(draft: Draft, order: Order, fulfillment: FulfillmentOrder, context: Context) -> FulfillmentOrder:
    """The fulfillment order with its waiting parcels opened again: what is in them is picked, not packed."""
    packed = items_of(fulfillment, (Bucket.PACKED,))
    if not packed:
        return fulfillment
    for parcel in order.parcels:
        if parcel.fulfillment == fulfillment.number and parcel.state in WAITING:
            draft.tell(order.id, ParcelTracked(parcel=parcel.number, state=ParcelState.VOIDED, at=context.now))
    items = [MovedItem(i.line, Bucket.PACKED, Bucket.PICKED, i.quantity) for i in packed]
    move_items(draft, order, fulfillment, Move.UNPACK, items, context.now)
    return _current(draft, order, fulfillment)


def _needs_packed(fulfillment: FulfillmentOrder) -> bool:
    """Is more asked back than lies there unpacked?"""
    loose = {i.line: i.units.allocated + i.units.released + i.units.picked for i in fulfillment.items}
    return any(
        min(each.quantity, _open_of(fulfillment, each.line)) > loose[each.line] for each in fulfillment.asked_back
    )


def _open_of(fulfillment: FulfillmentOrder, line: int) -> int:
    units = next((item.units for item in fulfillment.items if item.line == line), Units())
    return units.allocated + units.released + units.picked + units.packed


def _current(draft: Draft, order: Order, fulfillment: FulfillmentOrder) -> FulfillmentOrder:
    current = draft.world.order(order.id)
    return check_fulfillment(current, fulfillment.number)
