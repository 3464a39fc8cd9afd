"""Parcels on their way: label, hand over to a carrier or over the counter, and what the carrier tells."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from orderline.core.context import Context
from orderline.core.fulfillments.moving import check_not_taken_away, move_items, progress
from orderline.core.moves import Bucket, Move
from orderline.core.orders.commands import HandedInput, ShipParcels, TrackParcel
from orderline.core.orders.events import MovedItem, ParcelLabeled, ParcelTracked, ShipmentHandedOver
from orderline.core.orders.guards import (
    check_fulfillment,
    check_parcel,
    check_text,
    known_order,
    occurred,
    ongoing_order,
)
from orderline.core.orders.parcel_lots import lots_leaving
from orderline.core.orders.parcels import UNDER_WAY, WAITING
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.settle import settle
from orderline.core.orders.state import (
    Execution,
    FulfillmentOrder,
    Negotiation,
    Order,
    Parcel,
    ParcelState,
    Part,
    derived_id,
)
from orderline.core.returns.carried import follow_parcel
from orderline.core.returns.standing import rest_of
from orderline.core.shipments.labels import check_label
from orderline.core.shipments.late import late_parcels, may_have_left, pack_again, ship_late
from orderline.core.world import Draft
from orderline.values.failures import Refused
from orderline.values.ids import ShipmentId

COUNTER: Final = "counter"


def decide_ship(draft: Draft, command: ShipParcels, context: Context) -> None:
    """Parcels left with the carrier: units are shipped, money for them is asked for.

    Parcels whose units were canceled may be named as well: they have left all the same, and a person decides.
    Refused PARCEL_NOT_PACKED: a named parcel does not wait at this fulfillment order, or none does.
    Refused LABEL_VOIDED: a parcel's label was given back, or is to be, and it has no other.
    """
    order = ongoing_order(draft.world, command)
    fulfillment = check_fulfillment(order, command.fulfillment)
    check_not_taken_away(fulfillment)
    at = occurred(command.occurred_at, context)
    named = (*command.parcels, *_numbers(order, fulfillment, command.handed))
    order = pack_again(draft, order, fulfillment, named, at)
    fulfillment = check_fulfillment(order, command.fulfillment)
    late = late_parcels(order, fulfillment, named)
    waiting = [number for number in named if all(number != parcel.number for parcel in late)]
    parcels: list[Parcel] = [] if late and not waiting else waiting_parcels(order, fulfillment, waiting)
    if order.group_of(fulfillment.group).pickup_location is None:
        numbers = {each.ref: each.tracking_number for each in command.handed}
        for parcel in parcels:
            check_label(parcel, numbers.get(parcel.ref, ""))
    for parcel in (*parcels, *late):
        _label_handed(draft, order, parcel, command.handed, at)
    carriers = (command.carrier, *(p.carrier for p in (*parcels, *late)), *(each.carrier for each in command.handed))
    carrier = check_text(next(filter(None, carriers), ""), "carrier", 60)
    collected = not carrier and order.group_of(fulfillment.group).pickup_location is not None
    if parcels and collected:
        # No carrier took them: a store hands over to the customer.
        hand_over_at_counter(draft, order, fulfillment, parcels, at)
    elif parcels:
        _hand_over(draft, order, fulfillment, parcels, carrier, at)
    if late:
        ship_late(draft, order, fulfillment, late, COUNTER if collected else carrier, at, context)
        for parcel in late if collected else ():
            arrive(draft, order, parcel, Bucket.SHIPPED, at)
    settle(draft, order.id, context)


def decide_track(draft: Draft, command: TrackParcel, context: Context) -> None:
    """A carrier's news. Delivered and lost move units; a lost parcel that turns up is delivered after all.

    Of one that came back, what did not come with it may be lost still. That the carrier was given the parcel is kept once:
    then it is certain that it has left.

    Refused PARCEL_NOT_SHIPPED: it has not been handed over.
    Refused PARCEL_ALREADY_THERE: the news changes nothing (a repeat, or late).
    """
    order = known_order(draft.world, command)
    parcel = check_parcel(order, command.parcel)
    state = ParcelState(command.state)
    at = occurred(command.occurred_at, context)
    if parcel.state in WAITING or parcel.state is ParcelState.VOIDED:
        raise Refused(R.PARCEL_NOT_SHIPPED, field="parcel", value=parcel.number, state=parcel.state)
    found_again = parcel.state is ParcelState.LOST and state is ParcelState.DELIVERED
    rest = rest_of(order, parcel) if state is ParcelState.LOST else {}
    if rest:
        code = check_text(command.code, "code", 60)
        draft.tell(order.id, ParcelTracked(parcel=parcel.number, state=state, at=at, code=code))
        items = [MovedItem(line, Bucket.SHIPPED, Bucket.LOST, units) for line, units in rest.items()]
        move_items(draft, order, check_fulfillment(order, parcel.fulfillment), Move.LOSE, items, at)
        return
    if parcel.state not in UNDER_WAY and not found_again:
        raise Refused(R.PARCEL_ALREADY_THERE, field="state", value=state, state=parcel.state)
    if state is ParcelState.HANDED_OVER and parcel.state is state and not parcel.scanned:
        draft.tell(order.id, ParcelTracked(parcel=parcel.number, state=state, at=at))
        return
    late = (
        parcel.moved_at is not None and at < parcel.moved_at and state not in (ParcelState.DELIVERED, ParcelState.LOST)
    )
    if state in (parcel.state, ParcelState.HANDED_OVER) or late:
        raise Refused(R.PARCEL_ALREADY_THERE, field="state", value=state, state=parcel.state)
    code, place = check_text(command.code, "code", 60), check_text(command.place, "place", 200)
    if state is ParcelState.DELIVERED:
        arrive(draft, order, parcel, Bucket.LOST if found_again else Bucket.SHIPPED, at, code=code, place=place)
        follow_parcel(draft, order, parcel, state, context)
        settle(draft, order.id, context)
        return
    draft.tell(order.id, ParcelTracked(parcel=parcel.number, state=state, at=at, code=code, place=place))
    follow_parcel(draft, order, parcel, state, context)
    if state is ParcelState.LOST:
        _move_parcel(draft, order, parcel, Move.LOSE, Bucket.SHIPPED, Bucket.LOST, at)


def _numbers(order: Order, fulfillment: FulfillmentOrder, handed: Sequence[HandedInput]) -> list[int]:
    """The numbers of waiting parcels by their location's names. Refused PARCEL_NOT_PACKED: none waits by that name."""
    own = [parcel for parcel in order.parcels if parcel.fulfillment == fulfillment.number]
    here = {parcel.ref: parcel.number for parcel in own if may_have_left(fulfillment, parcel)}
    here.update({parcel.ref: parcel.number for parcel in own if parcel.state in WAITING})
    unknown = [each.ref for each in handed if each.ref not in here]
    if unknown:
        raise Refused(R.PARCEL_NOT_PACKED, field="handed", value=unknown[0], allowed=[ref for ref in here if ref])
    return [here[each.ref] for each in handed]


def _label_handed(draft: Draft, order: Order, parcel: Parcel, handed: Sequence[HandedInput], at: datetime) -> None:
    """A location that buys its labels itself tells the tracking number when the parcel leaves."""
    told = next((each for each in handed if each.ref == parcel.ref and each.tracking_number), None)
    if told is None or parcel.tracking_number:
        return
    draft.tell(
        order.id,
        ParcelLabeled(
            parcel=parcel.number,
            carrier=check_text(told.carrier, "carrier", 60),
            service=parcel.service,
            tracking_number=check_text(told.tracking_number, "tracking_number", 100),
            at=at,
        ),
    )


def waiting_parcels(order: Order, fulfillment: FulfillmentOrder, named: Sequence[int]) -> list[Parcel]:
    """Packed parcels that have not left; all, when none is named. Refused PARCEL_NOT_PACKED: one, or none, is."""
    here = [p for p in order.parcels if p.fulfillment == fulfillment.number and p.state in WAITING]
    for number in named:
        if not any(parcel.number == number for parcel in here):
            raise Refused(
                R.PARCEL_NOT_PACKED, field="parcels", value=number, allowed=[parcel.number for parcel in here]
            )
    chosen = [parcel for parcel in here if not named or parcel.number in named]
    if not chosen:
        raise Refused(R.PARCEL_NOT_PACKED, field="fulfillment", value=fulfillment.number, allowed=[])
    return chosen


def hand_over_at_counter(
    draft: Draft, order: Order, fulfillment: FulfillmentOrder, parcels: list[Parcel], at: datetime
) -> None:
    """The customer takes parcels: shipped and delivered in one fact."""
    _hand_over(draft, order, fulfillment, parcels, COUNTER, at)
    for parcel in parcels:
        arrive(draft, order, parcel, Bucket.SHIPPED, at)


def _hand_over(
    draft: Draft, order: Order, fulfillment: FulfillmentOrder, parcels: list[Parcel], carrier: str, at: datetime
) -> None:
    number = len(order.shipments) + 1
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
        ),
    )
    lots = lots_leaving(fulfillment, parcels)
    items = [
        MovedItem(
            item.line, Bucket.PACKED, Bucket.SHIPPED, item.quantity, lots=lots.get((parcel.number, item.line), ())
        )
        for parcel in parcels
        for item in parcel.items
    ]
    move_items(draft, order, fulfillment, Move.SHIP, items, at)
    current = draft.world.order(order.id)
    now = check_fulfillment(current, fulfillment.number)
    left = {i.line: i.units.at_location for i in now.items}
    answered = now.negotiation is Negotiation.CANCEL_REQUESTED and not any(left[a.line] for a in now.asked_back)
    progress(
        draft,
        order,
        now,
        at,
        execution=None if any(left.values()) else Execution.CLOSED,
        # it was asked to let go of what it has sent away: that is its answer
        negotiation=Negotiation.CANCEL_REJECTED if answered else None,
    )


def arrive(
    draft: Draft, order: Order, parcel: Parcel, source: Bucket, at: datetime, *, code: str = "", place: str = ""
) -> None:
    """A parcel and its units are there; source: the bucket they leave."""
    draft.tell(
        order.id, ParcelTracked(parcel=parcel.number, state=ParcelState.DELIVERED, at=at, code=code, place=place)
    )
    _move_parcel(draft, order, parcel, Move.DELIVER, source, Bucket.DELIVERED, at)


def _move_parcel(
    draft: Draft, order: Order, parcel: Parcel, move: Move, source: Bucket, target: Bucket, at: datetime
) -> None:
    fulfillment = check_fulfillment(order, parcel.fulfillment)
    items = [MovedItem(item.line, source, target, item.quantity) for item in parcel.items]
    move_items(draft, order, fulfillment, move, items, at)
