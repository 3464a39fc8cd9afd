"""Rules of combinations: what may leave in one parcel, and that what does is packed, labeled, sent and lost together."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final

from msgspec.structs import replace

from orderline.core.context import Context
from orderline.core.fulfillments.decide import decide_pack
from orderline.core.fulfillments.moving import items_of
from orderline.core.fulfillments.undoing import UnpackUnits, decide_unpack
from orderline.core.moves import Bucket
from orderline.core.orders.commands import LabelParcel, OrderCommand, PackUnits, ParcelInput, ShipParcels, TrackParcel
from orderline.core.orders.events import FulfillmentCombined
from orderline.core.orders.guards import check_blocked, check_fulfillment, check_text
from orderline.core.orders.parcels import WAITING
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.orders.state import Execution, FulfillmentOrder, LineQuantity, Order, ParcelState
from orderline.core.shipments.combination_commands import (
    AnswerCombinationVoid,
    CombinationCommand,
    CombineWork,
    LabelCombination,
    PackCombination,
    RateCombination,
    ShipCombination,
    SplitCombination,
    TrackCombination,
    Work,
)
from orderline.core.shipments.combinations import (
    COMBINATION,
    Combination,
    CombinationLabeled,
    CombinationPacked,
    CombinationRated,
    CombinationShipped,
    CombinationSplit,
    CombinationState,
    CombinationVoided,
    CombinedWork,
    WorkCombined,
)
from orderline.core.shipments.commands import AnswerVoid
from orderline.core.shipments.decide import decide_ship, decide_track
from orderline.core.shipments.labels import decide_answer_void, decide_label
from orderline.core.stock.checks import check_code, check_location
from orderline.core.world import Draft, World
from orderline.values.failures import Refused
from orderline.values.money import MAX_MINOR, split_minor

MOST_MEMBERS: Final = 20
S = CombinationState


class CombinationRefusal(StrEnum):
    COMBINATION_UNKNOWN = "COMBINATION_UNKNOWN"
    COMBINATION_EXISTS = "COMBINATION_EXISTS"
    COMBINATION_WORK = "COMBINATION_WORK"
    COMBINATION_STATE = "COMBINATION_STATE"
    FULFILLMENT_COMBINED = "FULFILLMENT_COMBINED"


R = CombinationRefusal


def decide_combine(draft: Draft, command: CombineWork, context: Context) -> None:
    """Refused COMBINATION_EXISTS. COMBINATION_WORK: they can't leave together; facts say which, and why."""
    check_code(command.combination, "combination")
    known = draft.world.records.get(("combination", command.combination))
    if isinstance(known, Combination):
        if {(each.order, each.fulfillment) for each in known.members} != {
            (each.order, each.fulfillment) for each in command.work
        }:
            raise Refused(R.COMBINATION_EXISTS, field="combination", value=command.combination)
        return
    check_location(draft.world, command.location)
    if draft.world.settings.locations[command.location].partner:
        raise Refused(
            R.COMBINATION_WORK, field="location", value=command.location, allowed="a location that no partner runs"
        )
    if not 2 <= len(set(command.work)) == len(command.work) <= MOST_MEMBERS:
        raise Refused(R.COMBINATION_WORK, field="work", value=len(command.work), allowed=f"2 to {MOST_MEMBERS}")
    found = [_combinable(draft.world, command, each, f"work[{index}]") for index, each in enumerate(command.work)]
    first, its = found[0]
    wanted = first.group_of(its.group)
    for index, (order, fulfillment) in enumerate(found):
        group = order.group_of(fulfillment.group)
        if (group.place, group.method, order.is_test) != (wanted.place, wanted.method, first.is_test):
            raise Refused(
                R.COMBINATION_WORK, field=f"work[{index}]", value=order.number, allowed="one place and one method"
            )
        event = FulfillmentCombined(fulfillment=fulfillment.number, combination=command.combination, at=context.now)
        draft.tell(order.id, event)
    draft.tell_record(
        COMBINATION,
        command.combination,
        WorkCombined(
            id=command.combination,
            location=command.location,
            members=tuple(CombinedWork(each.order, each.fulfillment) for each in command.work),
            at=context.now,
            by=context.actor.name,
            test=first.is_test,
        ),
    )


def decide_pack_combination(draft: Draft, command: PackCombination, context: Context) -> None:
    """Refused COMBINATION_STATE: it is packed, or nothing is in it. COMBINATION_WORK: units are not picked yet."""
    combination = _in(draft, command, S.OPEN)
    packed: list[CombinedWork] = []
    for work in combination.members:
        order, fulfillment = _work(draft.world, work)
        units = [item.units for item in fulfillment.items]
        if work.left or not any(each.at_location for each in units):
            packed.append(work)  # it left, or was canceled
            continue
        if any(each.allocated + each.released + each.packed for each in units):
            allowed = "all units picked, and none packed; or split it off"
            raise Refused(R.COMBINATION_WORK, field="combination", value=order.number, allowed=allowed)
        items = items_of(fulfillment, (Bucket.PICKED,))
        quantities: dict[int, int] = {}
        for item in items:
            quantities[item.line] = quantities.get(item.line, 0) + item.quantity
        parcel = ParcelInput(
            items=tuple(LineQuantity(line, quantity) for line, quantity in quantities.items()),
            weight_g=command.weight_g,
            length_mm=command.length_mm,
            width_mm=command.width_mm,
            height_mm=command.height_mm,
        )
        decide_pack(draft, PackUnits(order=order.id, fulfillment=fulfillment.number, parcels=(parcel,)), context)
        packed.append(replace(work, parcel=len(order.parcels) + 1))
    if not any(work.parcel and not work.left for work in packed):
        raise Refused(R.COMBINATION_STATE, field="combination", value=combination.id, state="empty")
    event = CombinationPacked(
        members=tuple(packed),
        at=context.now,
        weight_g=command.weight_g,
        length_mm=command.length_mm,
        width_mm=command.width_mm,
        height_mm=command.height_mm,
    )
    draft.tell_record(COMBINATION, combination.id, event)


def decide_rate_combination(draft: Draft, command: RateCombination, context: Context) -> None:
    """Refused COMBINATION_STATE: it has a label, or is not packed."""
    combination = _in(draft, command, S.PACKED)
    draft.tell_record(COMBINATION, combination.id, CombinationRated(choice=command.choice))


def decide_label_combination(draft: Draft, command: LabelCombination, context: Context) -> None:
    """Refused COMBINATION_STATE: it has a label, or nobody is in it. Otherwise as the label of a parcel."""
    combination = _in(draft, command, S.PACKED)
    live = [work for work in combination.members if _waits(draft.world, work)]
    if not live:
        raise Refused(R.COMBINATION_STATE, field="combination", value=combination.id, state="empty")
    if not 0 <= command.cost_minor <= MAX_MINOR:
        raise Refused(OrderRefusal.AMOUNT_OUT_OF_RANGE, field="cost_minor", value=command.cost_minor)
    shares = split_minor(command.cost_minor, [_units(draft.world, work) for work in live])
    share_of = dict(zip(((work.order, work.fulfillment) for work in live), shares, strict=True))
    for (order, fulfillment), share in share_of.items():
        work = next(each for each in live if (each.order, each.fulfillment) == (order, fulfillment))
        label = LabelParcel(
            order=order,
            parcel=work.parcel,
            carrier=command.carrier,
            service=command.service,
            tracking_number=command.tracking_number,
            partner=command.partner,
            cost_minor=share,
            cost_currency=command.cost_currency,
            documents=command.documents,
        )
        decide_label(draft, label, context)
    members = tuple(
        replace(work, cost_minor=share_of.get((work.order, work.fulfillment), 0)) for work in combination.members
    )
    event = CombinationLabeled(
        members=members,
        carrier=command.carrier,
        service=command.service,
        tracking_number=command.tracking_number,
        at=context.now,
        partner=command.partner,
        cost_minor=command.cost_minor,
        cost_currency=command.cost_currency,
    )
    draft.tell_record(COMBINATION, combination.id, event)


def decide_ship_combination(draft: Draft, command: ShipCombination, context: Context) -> None:
    """Refused COMBINATION_STATE: it is not packed, or has left. Otherwise as a parcel is handed over."""
    combination = _in(draft, command, S.PACKED, S.LABELED)
    live = [work for work in combination.members if _waits(draft.world, work)]
    if not live:
        raise Refused(R.COMBINATION_STATE, field="combination", value=combination.id, state="empty")
    for work in live:
        ship = ShipParcels(
            order=work.order,
            fulfillment=work.fulfillment,
            parcels=(work.parcel,),
            carrier=command.carrier,
            occurred_at=command.occurred_at,
        )
        decide_ship(draft, ship, context)
    draft.tell_record(COMBINATION, combination.id, CombinationShipped(at=context.now))


def decide_track_combination(draft: Draft, command: TrackCombination, context: Context) -> None:
    """Refused COMBINATION_STATE: it has not left. Otherwise as the news of a parcel, for each of its orders."""
    combination = _in(draft, command, S.SHIPPED)
    for work in combination.members:
        order, _ = _work(draft.world, work)
        parcel = order.parcel_of(work.parcel)
        if parcel is None or parcel.state is ParcelState.VOIDED:
            continue
        track = TrackParcel(
            order=work.order,
            parcel=work.parcel,
            state=command.state,
            occurred_at=command.occurred_at,
            code=command.code,
            place=command.place,
        )
        decide_track(draft, track, context)


def decide_split(draft: Draft, command: SplitCombination, context: Context) -> None:
    """Refused COMBINATION_STATE: it has left, or is dissolved. COMBINATION_WORK: the order is not in it."""
    combination = _in(draft, command, S.OPEN, S.PACKED, S.LABELED)
    reason = check_text(command.reason, "reason", 500)
    staying = [work for work in combination.members if not work.left and work.order != command.order]
    if command.order is not None and not any(w.order == command.order and not w.left for w in combination.members):
        raise Refused(R.COMBINATION_WORK, field="order", value=str(command.order), allowed="one that is in it")
    everybody = command.order is None or len(staying) < 2
    members: list[CombinedWork] = []
    for work in combination.members:
        if work.left or not (everybody or work.order == command.order):
            members.append(work)
            continue
        order, fulfillment = _work(draft.world, work)
        if _waits(draft.world, work):
            unpack = UnpackUnits(order=order.id, fulfillment=fulfillment.number, parcels=(work.parcel,), reason=reason)
            # The label is the combination's; who leaves it leaves the label behind, unless nobody remains on it.
            decide_unpack(draft, unpack, context, keep_labels=not everybody)
        draft.tell(order.id, FulfillmentCombined(fulfillment=fulfillment.number, combination="", at=context.now))
        members.append(replace(work, left=True))
    state = combination.state
    if everybody:
        state = S.VOIDING if combination.state is S.LABELED else S.DISSOLVED
    event = CombinationSplit(members=tuple(members), state=state, at=context.now, reason=reason)
    draft.tell_record(COMBINATION, combination.id, event)


def decide_answer_combination_void(draft: Draft, command: AnswerCombinationVoid, context: Context) -> None:
    """Refused COMBINATION_STATE: the carrier was not asked, or has answered."""
    combination = _in(draft, command, S.VOIDING)
    code = check_text(command.code, "code", 60)
    for work in combination.members:
        order, _ = _work(draft.world, work)
        parcel = order.parcel_of(work.parcel)
        if parcel is not None and parcel.voiding and parcel.tracking_number == combination.tracking_number:
            answer = AnswerVoid(
                order=order.id,
                parcel=parcel.number,
                tracking_number=parcel.tracking_number,
                voided=command.voided,
                code=code,
            )
            decide_answer_void(draft, answer, context)
    draft.tell_record(COMBINATION, combination.id, CombinationVoided(voided=command.voided, code=code))


def apart(rule: Callable[[Draft, Any, Context], Any]) -> Callable[[Draft, Any, Context], Any]:
    """The rule for parcels that are one order's alone. Refused FULFILLMENT_COMBINED, with the combination to ask."""

    def decide(draft: Draft, command: Any, context: Context) -> Any:
        order = draft.world.orders.get(command.order) if isinstance(command, OrderCommand) else None
        if order is not None and any(each.combined for each in order.fulfillments):
            parcel = order.parcel_of(getattr(command, "parcel", 0))
            waits = parcel is not None and parcel.state is not ParcelState.VOIDED
            number = parcel.fulfillment if parcel is not None and waits else getattr(command, "fulfillment", 0)
            fulfillment = order.fulfillment_of(number)
            canceled = fulfillment is not None and fulfillment.execution is Execution.CANCELED
            if fulfillment is not None and fulfillment.combined and not canceled:
                raise Refused(
                    R.FULFILLMENT_COMBINED, field="fulfillment", value=number, combination=fulfillment.combined
                )
        return rule(draft, command, context)

    return decide


def _combinable(world: World, command: CombineWork, work: Work, field: str) -> tuple[Order, FulfillmentOrder]:
    """The work, if it may be combined. Refused COMBINATION_WORK, BLOCKED_BY_HOLD."""
    order = world.orders.get(work.order)
    fulfillment = order.fulfillment_of(work.fulfillment) if order is not None else None
    if order is None or fulfillment is None or order.closed_at is not None:
        raise Refused(R.COMBINATION_WORK, field=field, value=f"{work.order}/{work.fulfillment}", allowed="open work")
    check_blocked(order, "label", {item.line for item in fulfillment.items})
    units = [item.units for item in fulfillment.items]
    if fulfillment.combined:
        reason = f"in no combination; it is in {fulfillment.combined}"
    elif fulfillment.location != command.location:
        reason = f"work at {command.location}"
    elif order.group_of(fulfillment.group).pickup_location is not None:
        reason = "goods that are sent"
    elif any(each.packed for each in units) or not any(e.allocated + e.released + e.picked for e in units):
        reason = "work of which nothing is packed"
    else:
        return order, fulfillment
    raise Refused(R.COMBINATION_WORK, field=field, value=order.number, allowed=reason)


def _in(draft: Draft, command: CombinationCommand, *states: CombinationState) -> Combination:
    combination = draft.world.records.get(("combination", command.combination))
    if not isinstance(combination, Combination):
        raise Refused(R.COMBINATION_UNKNOWN, field="combination", value=command.combination[:100])
    if combination.state not in states or any(each.order not in draft.world.orders for each in combination.members):
        raise Refused(
            R.COMBINATION_STATE, field="combination", value=combination.id, state=combination.state,
            allowed=[str(state) for state in states],
        )  # fmt: skip
    return combination


def _work(world: World, work: CombinedWork) -> tuple[Order, FulfillmentOrder]:
    order = world.order(work.order)
    return order, check_fulfillment(order, work.fulfillment)


def _waits(world: World, work: CombinedWork) -> bool:
    """Does its part of the parcel wait to be handed over? Not, when it has left, or was canceled."""
    order, _ = _work(world, work)
    parcel = order.parcel_of(work.parcel)
    return not work.left and parcel is not None and parcel.state in WAITING


def _units(world: World, work: CombinedWork) -> int:
    order, _ = _work(world, work)
    parcel = order.parcel_of(work.parcel)
    return sum(item.quantity for item in parcel.items) if parcel is not None else 0


RULES: Final = {
    CombineWork: decide_combine,
    PackCombination: decide_pack_combination,
    RateCombination: decide_rate_combination,
    LabelCombination: decide_label_combination,
    ShipCombination: decide_ship_combination,
    TrackCombination: decide_track_combination,
    SplitCombination: decide_split,
    AnswerCombinationVoid: decide_answer_combination_void,
}
