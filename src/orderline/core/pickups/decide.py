"""Rules of pickup: laid ready, handed over for a code, not collected in time, back on the shelf.

Source: domain model 3 (store and pickup stage): ready -> handed_over; ready -> uncollected -> restocked.
"""

from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from orderline.core.context import Context
from orderline.core.fulfillments.decide import decide_pack
from orderline.core.fulfillments.moving import move_items, progress
from orderline.core.fulfillments.undoing import UnpackUnits, decide_unpack
from orderline.core.moves import Bucket, Move
from orderline.core.orders.commands import PackUnits, ParcelInput
from orderline.core.orders.events import (
    MovedItem,
    ParcelTracked,
    Person,
    PickupCollected,
    PickupExpired,
    PickupReadied,
    PickupRestocked,
    PickupTried,
)
from orderline.core.orders.guards import (
    check_attachments,
    check_fulfillment,
    check_lines,
    check_text,
    occurred,
    ongoing_order,
)
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.settle import settle
from orderline.core.orders.state import (
    Execution,
    FulfillmentOrder,
    LineQuantity,
    Negotiation,
    Order,
    Parcel,
    ParcelState,
    Part,
    derived_id,
)
from orderline.core.pickups import commands as p
from orderline.core.pickups.codes import same_hash
from orderline.core.pickups.refusals import PickupRefusal
from orderline.core.pickups.stages import pickup_of, ready_parcels
from orderline.core.pickups.state import Pickup
from orderline.core.shipments.decide import hand_over_at_counter, waiting_parcels
from orderline.core.stock.state import Settings
from orderline.core.world import Draft
from orderline.values.failures import Refused
from orderline.values.ids import PersonToken
from orderline.values.time import utc

NOT_TAKEN: Final = "not taken at the counter"
LONGEST_KEPT: Final = timedelta(days=365)
_PROXIES: Final = 1 << 12  # persons of an order above this number came to a counter


def decide_ready(draft: Draft, command: p.ReadyPickup, context: Context) -> None:
    """Lay parcels ready. A later part of the same fulfillment order joins the code, and has its own time to be fetched.

    Refused NOT_PICKED_UP_HERE, PARCEL_NOT_PACKED; NOTHING_TO_DO: all of them lie ready.
    """
    order, fulfillment = _picked_up(draft, command)
    at = occurred(command.occurred_at, context)
    known = pickup_of(order, fulfillment)
    already = known.parcels if known is not None else ()
    chosen = waiting_parcels(order, fulfillment, command.parcels)
    parcels = tuple(parcel.number for parcel in chosen if parcel.number not in already)
    if not parcels:
        raise Refused(R.NOTHING_TO_DO, field="parcels", value=list(already))
    deadline_at = deadline_of(draft.world.settings, order, fulfillment, at)
    first = known is None or not known.code_hash
    draft.tell(
        order.id,
        PickupReadied(
            fulfillment=fulfillment.number,
            parcels=parcels,
            at=at,
            deadline_at=deadline_at if known is None else max(deadline_at, known.deadline_at),
            seed=check_text(command.seed, "seed", 100) if known is None or first else known.seed,
            code_hash=check_text(command.code_hash, "code_hash", 100) if known is None or first else known.code_hash,
        ),
    )


def decide_collect(draft: Draft, command: p.CollectParcels, context: Context) -> None:
    """The customer took parcels at the counter: shipped and delivered in one fact.

    What lies ready with a code is handed over for that code, or when it is said how else it was made sure who came.
    A wrong code is no refusal: that somebody tried is a fact, and after some tries a new code has to be sent.
    Refused NOT_PICKED_UP_HERE: the group of this fulfillment order is not picked up.
    Refused PICKUP_CODE_MISSING, PICKUP_CODE_LOCKED: neither a code nor why there is none; too many wrong ones.
    """
    order, fulfillment = _picked_up(draft, command)
    at = occurred(command.occurred_at, context)
    parcels = waiting_parcels(order, fulfillment, command.parcels)
    checked = check_text(command.without_code, "without_code", 200)
    name = check_text(command.collected_by, "collected_by", 200)
    pickup = pickup_of(order, fulfillment)
    if pickup is not None and pickup.code_hash and not checked:
        if not command.code_hash:
            raise Refused(PickupRefusal.PICKUP_CODE_MISSING, field="code", value="", unblock="customer")
        if not pickup.tries_left:
            raise Refused(PickupRefusal.PICKUP_CODE_LOCKED, value=fulfillment.number, unblock=fulfillment.location)
        if not same_hash(command.code_hash, pickup.code_hash):
            tried = PickupTried(fulfillment=fulfillment.number, at=at, version=order.version + 1)
            draft.tell(order.id, tried)
            return
        checked = "code"
    if command.left:
        order, fulfillment, parcels = _leave(draft, order, fulfillment, parcels, command.left, context)
    proof = check_attachments(command.proof)
    if pickup is not None or name or proof or command.left:
        by = _keep_proxy(draft, order, name) if name else None
        numbers = tuple(parcel.number for parcel in parcels)
        collected = PickupCollected(
            fulfillment=fulfillment.number,
            parcels=numbers,
            at=at,
            checked=checked,
            by=by,
            left=command.left,
            proof=proof,
        )
        draft.tell(order.id, collected)
    if parcels:
        hand_over_at_counter(draft, order, fulfillment, parcels, at)
    else:
        _end_work(draft, order, fulfillment, at)
    settle(draft, order.id, context)


def _leave(
    draft: Draft,
    order: Order,
    fulfillment: FulfillmentOrder,
    parcels: list[Parcel],
    left: tuple[LineQuantity, ...],
    context: Context,
) -> tuple[Order, FulfillmentOrder, list[Parcel]]:
    """Take what the customer does not want out of the parcels: it is canceled, and what is wanted is packed anew.

    Refused QUANTITY_NOT_AVAILABLE: fewer units of the line are in these parcels.
    """
    unwanted = {line.line: quantity for line, quantity in check_lines(order, left)}
    there: dict[int, int] = {}
    for parcel in parcels:
        for item in parcel.items:
            there[item.line] = there.get(item.line, 0) + item.quantity
    for line, quantity in unwanted.items():
        if quantity > there.get(line, 0):
            available = there.get(line, 0)
            raise Refused(R.QUANTITY_NOT_AVAILABLE, field="left", value=quantity, line=line, available=available)
    opened = [parcel for parcel in parcels if any(unwanted.get(item.line) for item in parcel.items)]
    wanted: dict[int, int] = {}
    for parcel in opened:
        for item in parcel.items:
            wanted[item.line] = wanted.get(item.line, 0) + item.quantity
    numbers = tuple(parcel.number for parcel in opened)
    unpacked = UnpackUnits(order=order.id, fulfillment=fulfillment.number, parcels=numbers, reason=NOT_TAKEN)
    decide_unpack(draft, unpacked, context)
    items = [MovedItem(line, Bucket.PICKED, Bucket.CANCELED, quantity) for line, quantity in unwanted.items()]
    current, now = _current(draft, order, fulfillment)
    move_items(draft, current, now, Move.CANCEL, items, context.now, reason=NOT_TAKEN)
    rest = [(line, quantity - unwanted.get(line, 0)) for line, quantity in wanted.items()]
    packed = tuple(LineQuantity(line, quantity) for line, quantity in rest if quantity)
    if packed:
        again = PackUnits(order=order.id, fulfillment=fulfillment.number, parcels=(ParcelInput(items=packed),))
        decide_pack(draft, again, context)
    current, now = _current(draft, order, fulfillment)
    kept = [parcel for parcel in parcels if parcel.number not in numbers]
    return current, now, [*kept, *(current.parcels[-1:] if packed else ())]


def _current(draft: Draft, order: Order, fulfillment: FulfillmentOrder) -> tuple[Order, FulfillmentOrder]:
    current = draft.world.order(order.id)
    return current, check_fulfillment(current, fulfillment.number)


def decide_renew(draft: Draft, command: p.RenewPickup, context: Context) -> None:
    """A new code for what lies ready, and more time where that is given; wrong codes are forgotten.

    Refused PICKUP_NOT_READY; TIME_OUT_OF_RANGE: the deadline is past, or more than a year ahead.
    """
    order, fulfillment = _picked_up(draft, command)
    pickup = _lying_ready(order, fulfillment)
    deadline_at = pickup.deadline_at
    if command.deadline_at is not None:
        deadline_at = utc(command.deadline_at, field="deadline_at")
    if not context.now < deadline_at <= context.now + LONGEST_KEPT:
        allowed = f"after {context.now.isoformat()}, within a year"
        raise Refused(R.WINDOW_NOT_ACCEPTABLE, field="deadline_at", value=deadline_at, allowed=allowed)
    draft.tell(
        order.id,
        PickupReadied(
            fulfillment=fulfillment.number,
            parcels=(),
            at=context.now,
            deadline_at=deadline_at,
            seed=check_text(command.seed, "seed", 100),
            code_hash=check_text(command.code_hash, "code_hash", 100),
        ),
    )


def decide_expire(draft: Draft, command: p.ExpirePickup, context: Context) -> None:
    """Refused PICKUP_NOT_DUE: its deadline is not over; NOTHING_TO_DO: all was collected, or it is known."""
    order, fulfillment = _picked_up(draft, command)
    pickup = pickup_of(order, fulfillment)
    if pickup is None or pickup.uncollected_at is not None or not ready_parcels(order, pickup):
        raise Refused(R.NOTHING_TO_DO, value=fulfillment.number)
    if context.now < pickup.deadline_at:
        raise Refused(PickupRefusal.PICKUP_NOT_DUE, value=fulfillment.number, deadline_at=pickup.deadline_at)
    draft.tell(order.id, PickupExpired(fulfillment=fulfillment.number, at=context.now))


def decide_restock(draft: Draft, command: p.RestockPickup, context: Context) -> None:
    """What nobody collected stands on the shelf again: canceled, with what follows for the customer's money.

    Refused PICKUP_NOT_READY; PICKUP_COLLECTABLE: the customer may still come.
    """
    order, fulfillment = _picked_up(draft, command)
    at = occurred(command.occurred_at, context)
    pickup = _lying_ready(order, fulfillment)
    if pickup.uncollected_at is None:
        raise Refused(PickupRefusal.PICKUP_COLLECTABLE, value=fulfillment.number, deadline_at=pickup.deadline_at)
    parcels = ready_parcels(order, pickup)
    units: dict[int, int] = {}
    for parcel in parcels:
        draft.tell(order.id, ParcelTracked(parcel=parcel.number, state=ParcelState.VOIDED, at=at))
        for item in parcel.items:
            units[item.line] = units.get(item.line, 0) + item.quantity
    items = [MovedItem(line, Bucket.PACKED, Bucket.CANCELED, quantity) for line, quantity in units.items()]
    move_items(draft, order, fulfillment, Move.CANCEL, items, at, reason="uncollected")
    draft.tell(order.id, PickupRestocked(fulfillment=fulfillment.number, at=at, units=sum(units.values())))
    _end_work(draft, order, fulfillment, at)
    settle(draft, order.id, context)


def deadline_of(settings: Settings, order: Order, fulfillment: FulfillmentOrder, at: datetime) -> datetime:
    """Until when goods laid ready then are kept: the end of a day of the location, as its channel or it says."""
    location = settings.locations[fulfillment.location]
    days = settings.channels[order.channel].pickup_days
    zone = ZoneInfo(location.time_zone)
    return end_of_day(at.astimezone(zone).date() + timedelta(days=location.pickup_days if days is None else days), zone)


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The instant a day ends in a zone: midnight there, whatever its clocks do that night."""
    midnight = datetime.combine(day + timedelta(days=1), time(), zone)
    return utc(midnight, field="day")


def _picked_up(draft: Draft, command: p.PickupCommand) -> tuple[Order, FulfillmentOrder]:
    order = ongoing_order(draft.world, command)
    fulfillment = check_fulfillment(order, command.fulfillment)
    if order.group_of(fulfillment.group).pickup_location is None:
        raise Refused(R.NOT_PICKED_UP_HERE, field="fulfillment", value=fulfillment.number)
    return order, fulfillment


def _lying_ready(order: Order, fulfillment: FulfillmentOrder) -> Pickup:
    pickup = pickup_of(order, fulfillment)
    if pickup is None or not ready_parcels(order, pickup):
        raise Refused(PickupRefusal.PICKUP_NOT_READY, field="fulfillment", value=fulfillment.number)
    return pickup


def _keep_proxy(draft: Draft, order: Order, name: str) -> PersonToken:
    token = PersonToken(derived_id(order.id, Part.PERSON, _PROXIES + len(order.shipments) + 1))
    draft.keep(Person(token=token, name=name))
    return token


def _end_work(draft: Draft, order: Order, fulfillment: FulfillmentOrder, at: datetime) -> None:
    current = draft.world.order(order.id)
    now = check_fulfillment(current, fulfillment.number)
    left = {item.line: item.units.at_location for item in now.items}
    gone = any(item.units.gone for item in now.items)
    asked = now.negotiation is Negotiation.CANCEL_REQUESTED and not any(left[each.line] for each in now.asked_back)
    progress(
        draft,
        order,
        now,
        at,
        execution=None if any(left.values()) else Execution.CLOSED if gone else Execution.CANCELED,
        # it was asked to let go of what it has put back: that is its answer
        negotiation=Negotiation.CANCEL_ACCEPTED if asked else None,
    )


RULES: Final = {
    p.ReadyPickup: decide_ready,
    p.CollectParcels: decide_collect,
    p.RenewPickup: decide_renew,
    p.ExpirePickup: decide_expire,
    p.RestockPickup: decide_restock,
}
