"""Work at one location: allocate, release, reject, pick, pack, hand over, cancel while it is open."""

from collections import Counter
from datetime import datetime, timedelta

from orderline.core.context import Context
from orderline.core.fulfillments.collateral import empty_shelves, reject_mates, skus_of
from orderline.core.fulfillments.moving import (
    OPEN_AT_LOCATION,
    check_not_taken_away,
    find_on_shelf,
    items_of,
    move_items,
    open_units,
    progress,
)
from orderline.core.fulfillments.picking import with_picked_lots
from orderline.core.fulfillments.rejecting import reject, send_back
from orderline.core.moves import Bucket, Move
from orderline.core.orders.claims import pools_of
from orderline.core.orders.commands import (
    AcceptFulfillment,
    AllocateUnits,
    Allotment,
    PackUnits,
    ParcelInput,
    PickUnits,
    PullBack,
    ReserveUnits,
    SubmitFulfillment,
)
from orderline.core.orders.events import (
    FulfillmentOpened,
    MovedItem,
    ParcelLabeled,
    ParcelPacked,
    ParcelTracked,
    UnitsMoved,
)
from orderline.core.orders.guards import (
    check_blocked,
    check_fulfillment,
    check_line,
    check_lines,
    check_text,
    occurred,
    ongoing_order,
)
from orderline.core.orders.parcel_lots import lots_packed
from orderline.core.orders.parcels import PickedLot
from orderline.core.orders.reclaim import count_backorders, room_for
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.settle import settle
from orderline.core.orders.state import (
    STOCKED,
    Execution,
    FulfillmentOrder,
    LineQuantity,
    Negotiation,
    Order,
    ParcelState,
    Part,
    derived_id,
)
from orderline.core.promises.keeping import promise_lines
from orderline.core.shipments.late import is_late
from orderline.core.supply.repegging import come_for
from orderline.core.tenders.sums import is_releasable
from orderline.core.world import Draft
from orderline.values.failures import Refused
from orderline.values.ids import FulfillmentId, ParcelId
from orderline.values.quantity import check_quantity

ENDED = (Negotiation.CANCEL_ACCEPTED, Negotiation.WITHDRAWN)
NEGOTIABLE = (Negotiation.UNSUBMITTED, Negotiation.SUBMITTED, Negotiation.ACCEPTED)


def decide_reserve(draft: Draft, command: ReserveUnits, context: Context) -> None:
    """Give pegged and backordered units a claim where stock has come. Refused NOTHING_TO_DO: nothing has come for it.

    What has come for the row they are pegged to is theirs; others get what is left.
    """
    order = ongoing_order(draft.world, command)
    come = come_for(draft.world, order)
    if come:
        draft.tell(order.id, UnitsMoved(move=Move.RESERVE, items=tuple(come), at=context.now))
    channel = draft.world.settings.channels[order.channel]
    items: list[MovedItem] = []
    taken: dict[tuple[str, str], int] = {}
    for line in order.lines:
        if line.kind not in STOCKED or not line.units.unplanned:
            continue
        missing = line.units.unplanned
        for pool in pools_of(draft.world, channel, order.is_test, order.group_of(line.group)):
            key = (line.sku, pool)
            quantity = min(missing, room_for(draft.world, order, line, pool) - taken.get(key, 0))
            if quantity > 0:
                items.append(MovedItem(line.line, Bucket.UNPLANNED, Bucket.POOLED, quantity, pool))
                taken[key] = taken.get(key, 0) + quantity
                missing -= quantity
    if not items and not come:
        raise Refused(R.NOTHING_TO_DO, value=order.number)
    if items:
        draft.tell(order.id, UnitsMoved(move=Move.RESERVE, items=tuple(items), at=context.now))
        count_backorders(draft, order, context)


def decide_allocate(draft: Draft, command: AllocateUnits, context: Context) -> None:
    """Carry out a routing decision: one fulfillment order per location, units from their claims to its shelf.

    Refused BLOCKED_BY_HOLD, NOT_PAID: the order must not go on yet.
    Refused GROUP_UNKNOWN: a line goes elsewhere than the rest. NOT_PICKED_UP_HERE: its customer comes to another place.
    Refused ROUTE_LOST_RACE: units or stock are no longer as the decision saw them; route again.
    """
    order = ongoing_order(draft.world, command)
    check_blocked(order, "allocate", {each.line for each in command.allotments})
    if not is_releasable(order):
        raise Refused(R.NOT_PAID, value=order.number, unblock="finance")
    if not command.allotments:
        raise Refused(R.NOTHING_TO_DO, value=order.number)
    by_location: dict[str, list[Allotment]] = {}
    for allotment in command.allotments:
        check_quantity(allotment.quantity)
        by_location.setdefault(allotment.location, []).append(allotment)
    for code, allotments in by_location.items():
        _allocate_at(draft, order, command, code, allotments, context)
    if command.promises:
        source = f"decision {command.decision}" if command.decision is not None else ""
        promise_lines(draft, order, command.promises, context, policy=command.policy, source=source)


def _allocate_at(
    draft: Draft, order: Order, command: AllocateUnits, code: str, allotments: list[Allotment], context: Context
) -> None:
    world = draft.world
    location = world.settings.locations.get(code)
    if location is None:
        raise Refused(R.LOCATION_UNKNOWN, field="location", value=code)
    if not location.active:
        raise Refused(R.ROUTE_LOST_RACE, location=code, active=False)
    current = world.order(order.id)
    number = len(current.fulfillments) + 1
    due_at = context.now + timedelta(days=location.handling_days)
    draft.tell(
        order.id,
        FulfillmentOpened(
            id=FulfillmentId(derived_id(order.id, Part.FULFILLMENT, number)),
            number=number,
            group=command.group,
            location=code,
            pool=location.pool,
            opened_at=context.now,
            due_at=due_at,
            decision=command.decision,
        ),
    )
    items: list[MovedItem] = []
    of_line: Counter[int] = Counter()  # what this very command has taken already
    of_sku: Counter[str] = Counter()
    for each in allotments:
        line = check_line(current, each.line)
        if line.group != command.group:
            raise Refused(R.GROUP_UNKNOWN, field="group", value=command.group, line=line.line, allowed=[line.group])
        pickup = current.group_of(line.group).pickup_location
        if pickup not in (None, code):
            raise Refused(R.NOT_PICKED_UP_HERE, field="location", value=code, allowed=pickup)
        claimed = sum(share.quantity for share in line.claims if share.pool == each.pool)
        if each.pool != location.pool:
            raise Refused(R.LOCATION_NOT_IN_POOL, field="location", value=code, pool=each.pool)
        free = world.level(line.sku, code).free
        lacking = claimed - of_line[each.line] < each.quantity or free - of_sku[line.sku] < each.quantity
        if lacking or code in line.excluded:
            raise Refused(R.ROUTE_LOST_RACE, line=each.line, location=code, value=each.quantity, free=free)
        of_line[each.line] += each.quantity
        of_sku[line.sku] += each.quantity
        items.append(MovedItem(each.line, Bucket.POOLED, Bucket.ALLOCATED, each.quantity, each.pool))
    draft.tell(
        order.id,
        UnitsMoved(move=Move.ALLOCATE, items=tuple(items), at=context.now, fulfillment=number, location=code),
    )


def decide_submit(draft: Draft, command: SubmitFulfillment, context: Context) -> None:
    """Note that the partner was asked. Refused FULFILLMENT_NOT_OPEN: it was withdrawn or answered meanwhile."""
    order = ongoing_order(draft.world, command)
    fulfillment = check_fulfillment(order, command.fulfillment)
    check_blocked(order, "release", {item.line for item in fulfillment.items})
    if fulfillment.negotiation is not Negotiation.UNSUBMITTED or not open_units(fulfillment):
        raise Refused(R.FULFILLMENT_NOT_OPEN, value=command.fulfillment, negotiation=fulfillment.negotiation)
    progress(draft, order, fulfillment, context.now, negotiation=Negotiation.SUBMITTED)


def decide_accept(draft: Draft, command: AcceptFulfillment, context: Context) -> None:
    """The location takes the work: what is allocated there is released to it."""
    order = ongoing_order(draft.world, command)
    fulfillment = check_fulfillment(order, command.fulfillment)
    check_blocked(order, "release", {item.line for item in fulfillment.items})
    accept(draft, order, fulfillment, occurred(command.occurred_at, context))


def accept(draft: Draft, order: Order, fulfillment: FulfillmentOrder, at: datetime) -> None:
    """Release allocated units. Refused FULFILLMENT_NOT_OPEN: nothing is allocated there any more."""
    items = [
        MovedItem(item.line, Bucket.ALLOCATED, Bucket.RELEASED, item.units.allocated)
        for item in fulfillment.items
        if item.units.allocated
    ]
    if not items or fulfillment.negotiation not in NEGOTIABLE:
        raise Refused(R.FULFILLMENT_NOT_OPEN, value=fulfillment.number, negotiation=fulfillment.negotiation)
    progress(draft, order, fulfillment, at, negotiation=Negotiation.ACCEPTED)
    move_items(draft, order, fulfillment, Move.RELEASE, items, at)


def decide_pull_back(draft: Draft, command: PullBack, context: Context) -> None:
    """Take work that has not been started away from a location, to be routed again.

    Refused FULFILLMENT_STARTED: units are picked or packed; a cancellation has to be asked for instead.
    Refused FULFILLMENT_NOT_OPEN: nothing is open there, or it has been asked to let units go and has to answer first.
    Refused LOCATION_UNKNOWN: `to` is none. And as `decide_allocate`, where that can't serve all of them.
    """
    order = ongoing_order(draft.world, command)
    fulfillment = check_fulfillment(order, command.fulfillment)
    if command.to and command.to not in draft.world.settings.locations:
        raise Refused(R.LOCATION_UNKNOWN, field="to", value=command.to)
    pull_back(draft, order, fulfillment, command.reason, context, exclude=bool(command.to))
    if command.to:
        allocate_instead(draft, fulfillment, order, command.to, context)


def allocate_instead(draft: Draft, fulfillment: FulfillmentOrder, before: Order, to: str, context: Context) -> None:
    """Have a location serve what another one was to serve, and was taken from it. Refused as a routing decision is."""
    pool = draft.world.settings.locations[to].pool
    current = draft.world.order(before.id)
    allotments: list[Allotment] = []
    for item in fulfillment.items:
        taken = item.units.allocated + item.units.released
        line = check_line(current, item.line)
        if taken:
            # what was given up with the same change is not sent from anywhere
            allotments.append(Allotment(item.line, pool, to, min(taken, max(1, line.units.pooled))))
    command = AllocateUnits(order=before.id, group=fulfillment.group, allotments=tuple(allotments))
    decide_allocate(draft, command, context)


def pull_back(
    draft: Draft, order: Order, fulfillment: FulfillmentOrder, reason: str, context: Context, *, exclude: bool = False
) -> None:
    """As `decide_pull_back`. exclude: the location is not asked again for these lines."""
    if any(item.units.picked or item.units.packed for item in fulfillment.items):
        unblock = f"location {fulfillment.location}: ask it to let go first"
        raise Refused(R.FULFILLMENT_STARTED, value=fulfillment.number, location=fulfillment.location, unblock=unblock)
    items = items_of(fulfillment, OPEN_AT_LOCATION)
    if not items or fulfillment.negotiation is Negotiation.CANCEL_REQUESTED:
        raise Refused(R.FULFILLMENT_NOT_OPEN, value=fulfillment.number, negotiation=fulfillment.negotiation)
    reason = check_text(reason, "reason", 500)
    parts = [(items, "")]
    send_back(draft, order, fulfillment, Move.PULL_BACK, parts, context.now, context, reason=reason, exclude=exclude)
    progress(draft, order, fulfillment, context.now, execution=Execution.CANCELED, negotiation=Negotiation.WITHDRAWN)


def decide_pick(draft: Draft, command: PickUnits, context: Context) -> None:
    """Units leave the shelf; units not found are rejected in the same fact, so that they are routed at once.

    Refused FULFILLMENT_NOT_OPEN: all its units were canceled or taken away; what leaves all the same is told later.
    Refused as `with_picked_lots` says.
    """
    order = ongoing_order(draft.world, command)
    fulfillment = check_fulfillment(order, command.fulfillment)
    at = occurred(command.occurred_at, context)
    picked = check_lines(order, command.lines)
    short = check_lines(order, command.short)
    if not picked and not short:
        raise Refused(R.NOTHING_TO_DO, field="lines", value=[])
    if fulfillment.negotiation in ENDED and not open_units(fulfillment):
        raise Refused(R.FULFILLMENT_NOT_OPEN, value=fulfillment.number, negotiation=fulfillment.negotiation)
    if any(item.units.allocated for item in fulfillment.items):
        accept(draft, order, fulfillment, at)  # a location that picks has taken the work
        fulfillment = _fulfillment(draft, order, fulfillment.number)
    if picked:
        items = items_of(fulfillment, (Bucket.RELEASED,), {line.line: quantity for line, quantity in picked})
        moved = with_picked_lots(draft.world, order, fulfillment.location, items, command.lots, context)
        find_on_shelf(draft, order, fulfillment, moved, at, "found_by_pick")
        progress(draft, order, fulfillment, at, execution=Execution.IN_PROGRESS)
        move_items(draft, order, fulfillment, Move.PICK, moved, at)
    if short:
        wanted = {line.line: quantity for line, quantity in short}
        left = _fulfillment(draft, order, fulfillment.number)
        skus = skus_of(order, left, set(wanted)) if command.empties_shelf else set[str]()
        empty_shelves(draft, order, left.location, skus, command.short_shelf, context)
        reject(draft, order, left, wanted, "short_pick", command.short_shelf, at, context)
        reject_mates(draft, order, left.location, skus, context)
        settle(draft, order.id, context)


def decide_pack(draft: Draft, command: PackUnits, context: Context) -> None:
    """Picked units go into parcels; a parcel that comes with a tracking number is labeled at once.

    A parcel of units that were canceled meanwhile is noted as voided: should it leave, it is known what is in it.
    """
    order = ongoing_order(draft.world, command)
    fulfillment = check_fulfillment(order, command.fulfillment)
    at = occurred(command.occurred_at, context)
    if not command.parcels:
        raise Refused(R.NOTHING_TO_DO, field="parcels", value=[])
    check_not_taken_away(fulfillment)
    packed: dict[int, int] = {}
    voided: set[int] = set()
    first = len(order.parcels) + 1
    for index, parcel in enumerate(command.parcels):
        lines = check_lines(order, parcel.items)
        if is_late(fulfillment, parcel.items, packed):
            voided.add(first + index)
        else:
            for line, quantity in lines:
                packed[line.line] = packed.get(line.line, 0) + quantity
        for name in ("weight_g", "length_mm", "width_mm", "height_mm"):
            if not 0 <= getattr(parcel, name) <= 10_000_000:
                raise Refused(R.AMOUNT_OUT_OF_RANGE, field=f"parcels[{index}].{name}", value=getattr(parcel, name))
        if not lines:
            raise Refused(R.NOTHING_TO_DO, field=f"parcels[{index}].items", value=[])
    items = items_of(fulfillment, (Bucket.PICKED,), packed)
    moved = [MovedItem(i.line, Bucket.PICKED, Bucket.PACKED, i.quantity) for i in items]
    if moved:
        move_items(draft, order, fulfillment, Move.PACK, moved, at)
    for index, parcel in enumerate(command.parcels):
        number = first + index
        draft.tell(
            order.id,
            ParcelPacked(
                id=ParcelId(derived_id(order.id, Part.PARCEL, number)),
                number=number,
                fulfillment=fulfillment.number,
                items=tuple(LineQuantity(each.line, each.quantity) for each in parcel.items),
                at=at,
                weight_g=parcel.weight_g,
                length_mm=parcel.length_mm,
                width_mm=parcel.width_mm,
                height_mm=parcel.height_mm,
                ref=check_text(parcel.ref, "ref", 200),
                combined=fulfillment.combined,
                lots=_lots(draft, order, fulfillment, parcel, index) if number not in voided else (),
            ),
        )
        if number in voided:
            draft.tell(order.id, ParcelTracked(parcel=number, state=ParcelState.VOIDED, at=at))
        if parcel.tracking_number:
            draft.tell(
                order.id,
                ParcelLabeled(
                    parcel=number,
                    carrier=check_text(parcel.carrier, "carrier", 60),
                    service=check_text(parcel.service, "service", 60),
                    tracking_number=check_text(parcel.tracking_number, "tracking_number", 100),
                    at=at,
                ),
            )


def _lots(
    draft: Draft, order: Order, fulfillment: FulfillmentOrder, parcel: ParcelInput, index: int
) -> tuple[PickedLot, ...]:
    if not parcel.lots and not any(item.lots for item in fulfillment.items):
        return ()
    return lots_packed(draft.world.order(order.id), fulfillment, parcel.items, parcel.lots, f"parcels[{index}].lots")


def _fulfillment(draft: Draft, order: Order, number: int) -> FulfillmentOrder:
    current = draft.world.order(order.id)
    return check_fulfillment(current, number)
