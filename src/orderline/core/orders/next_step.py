"""The next step: what must happen next to the open units of an order, who owns it, and when it is due.

The first row that applies is the answer. Liveness: every order with open units has one.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from orderline.core.decisions.asking import UNFILLABLE, DecisionCause
from orderline.core.disputes.state import awaits_answer
from orderline.core.holds.rules import ADDRESS
from orderline.core.moves import Units
from orderline.core.orders.state import Execution, FulfillmentOrder, Negotiation, Order
from orderline.core.orders.status import Phase, has_routable, sum_units
from orderline.core.pickups.stages import pickup_of, stages_of
from orderline.core.pickups.state import PickupStage
from orderline.core.returns.standing import lost_units, rest_of, waiting_items
from orderline.core.tenders.rules import TERMS
from orderline.core.tenders.scheduled import is_installment_hold, next_installment, open_installments, waits_for_money
from orderline.core.tenders.sums import is_releasable, open_declines, refundable_minor

ROUTE_WITHIN = timedelta(minutes=15)
PAYMENT_WITHIN = timedelta(hours=1)
SUPPLY_WITHIN = timedelta(days=7)
TRANSIT_WITHIN = timedelta(days=5)
RESTOCK_WITHIN = timedelta(days=1)
CLOSE_AFTER = timedelta(days=14)
DISPUTE_WITHIN = timedelta(days=7)
DISPUTE_SPARE = timedelta(days=1)
TERMS_WITHIN = timedelta(days=14)
REFUND_WITHIN = timedelta(days=1)


class NextStep(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """`what` is a stable code; `owner` a team, a location or a carrier; `about` the thing it is about."""

    what: str
    owner: str
    due_at: datetime | None = None
    about: str = ""


def next_step_of(order: Order, phase: Phase, units: Units | None = None) -> NextStep | None:
    """What must happen next; None when nothing must: the order is closed or canceled. units: `sum_units`, if known."""
    units = units or sum_units(order)
    if phase in (Phase.CANCELED, Phase.CLOSED):
        return _dispute(order, units) or _sent_back(order, units) or _money_left(order, units)
    return next((step for rule in RULES if (step := rule(order, units)) is not None), None)


def _hold(order: Order, units: Units) -> NextStep | None:
    if not order.holds:
        return None
    # whoever is asked about units that can't be had decides about the hold as well
    asked = {line for each in order.asked if each.cause is DecisionCause.UNFILLABLE for line in each.lines}
    holds = [hold for hold in order.holds if hold.type != UNFILLABLE or hold.line not in asked]
    if order.schedule is not None:  # what is to be paid is told as that
        holds = [hold for hold in holds if not is_installment_hold(order, hold)]
    if not holds:
        return None
    hold = min(holds, key=lambda h: (h.due_at or h.placed_at, h.number))
    asked_where_to = any(each.cause is DecisionCause.ADDRESS for each in order.asked)
    if hold.type == ADDRESS and hold.escalated_at is None and asked_where_to:
        return _decision(order, units)
    step = NextStep("resolve_hold", hold.owner, hold.due_at, f"hold {hold.number} ({hold.type})")
    return _until(order, step, hold.line)


def _doubt(order: Order, units: Units) -> NextStep | None:
    for tender in order.tenders:
        for request in tender.requests:
            if request.in_doubt:
                return NextStep(
                    "ask_provider", tender.provider, request.requested_at + PAYMENT_WITHIN, f"tender {tender.number}"
                )
    return None


def _payment(order: Order, units: Units) -> NextStep | None:
    if is_releasable(order) or not waits_for_money(order):
        return None
    declined = next((tender for tender in order.tenders if tender.declined), None)
    if declined is not None:
        return NextStep("collect_payment", "customer", order.accepted_at + PAYMENT_WITHIN, f"tender {declined.number}")
    pending = next((tender for tender in order.tenders if tender.requests), None)
    if pending is not None:
        due_at = pending.requests[0].requested_at + PAYMENT_WITHIN
        if pending.provider == TERMS:
            return NextStep("collect_payment", "customer", due_at + TERMS_WITHIN, f"tender {pending.number}")
        return NextStep("authorize_payment", pending.provider, due_at, f"tender {pending.number}")
    return NextStep("collect_payment", "finance", order.accepted_at + PAYMENT_WITHIN)


def _installment(order: Order, units: Units) -> NextStep | None:
    """An installment has fallen due, and is not paid."""
    if order.schedule is None:
        return None
    unpaid = {number for number, _ in open_installments(order)}
    for each in order.schedule.installments:
        if each.number in unpaid:
            hold = next((hold for hold in order.holds if hold.number == each.hold), None)
            owner = hold.owner if hold is not None and hold.escalated_at is not None else "customer"
            return NextStep("pay_installment", owner, each.pay_by, f"installment {each.number}")
    return None


def _later_installment(order: Order, units: Units) -> NextStep | None:
    """All else is done, and something is still to be paid."""
    each = next_installment(order)
    if each is None:
        return None
    due_at = each.on or order.accepted_at + timedelta(days=each.days) + TERMS_WITHIN
    return NextStep("pay_installment", "customer", due_at, f"installment {each.number}")


def _cancel_answer(order: Order, units: Units) -> NextStep | None:
    for each in order.fulfillments:
        if each.negotiation is Negotiation.CANCEL_REQUESTED:
            return NextStep("answer_cancel_request", each.location, each.due_at, f"fulfillment {each.number}")
    return None


def _route(order: Order, units: Units) -> NextStep | None:
    if not has_routable(order, units) or not is_releasable(order):
        return None
    since = max((f.opened_at for f in order.fulfillments), default=order.accepted_at)
    return _until(order, NextStep("route", "routing", since + ROUTE_WITHIN, _units(units.pooled)))


def _decision(order: Order, units: Units) -> NextStep | None:
    if not order.asked:
        return None
    first = min(order.asked, key=lambda each: (not each.sent, each.due_at, each.id))
    what = "answer_decision" if first.sent else "send_decision"
    return NextStep(what, first.to, first.due_at, f"decision {first.id} ({first.cause})")


def _work(order: Order, units: Units) -> NextStep | None:
    for each in order.fulfillments:
        if each.execution not in (Execution.OPEN, Execution.IN_PROGRESS):
            continue
        allocated = sum(item.units.allocated for item in each.items)
        released = sum(item.units.released for item in each.items)
        picked = sum(item.units.picked for item in each.items)
        packed = sum(item.units.packed for item in each.items)
        about = f"fulfillment {each.number}"
        if allocated:
            what = "submit" if each.negotiation is Negotiation.UNSUBMITTED else "accept"
            return NextStep(what, each.location, each.due_at, about)
        if released:
            return NextStep("pick", each.location, each.due_at, about)
        if picked:
            return NextStep("pack", each.location, each.due_at, about)
        if packed:
            if order.group_of(each.group).pickup_location is None:
                return NextStep("hand_over", each.location, each.due_at, about)
            return _pickup(order, each, about)
    return None


def _pickup(order: Order, fulfillment: FulfillmentOrder, about: str) -> NextStep:
    pickup = pickup_of(order, fulfillment)
    if pickup is None or PickupStage.PACKED in stages_of(order, fulfillment):
        return NextStep("make_ready", fulfillment.location, fulfillment.due_at, about)
    if pickup.uncollected_at is not None:
        return NextStep("restock", fulfillment.location, pickup.uncollected_at + RESTOCK_WITHIN, about)
    return NextStep("collect", "customer", pickup.deadline_at, about)


def _supply(order: Order, units: Units) -> NextStep | None:
    waiting = units.unplanned + units.pegged
    if not waiting:
        return None
    promised = min((share.promised_at for line in order.lines for share in line.pegs), default=None)
    due_at = order.accepted_at + SUPPLY_WITHIN if units.unplanned or promised is None else promised
    return _until(order, NextStep("supply", "purchasing", due_at, _units(waiting)))


def _lost(order: Order, units: Units) -> NextStep | None:
    parcel = next((each for each in order.parcels if each.state == "lost"), None)
    if parcel is None or not units.lost or not lost_units(order):
        return None
    at = parcel.moved_at or order.accepted_at
    return NextStep("decide_lost_parcel", "support", at + timedelta(days=1), f"parcel {parcel.number}")


def _transit(order: Order, units: Units) -> NextStep | None:
    moving = [parcel for parcel in order.parcels if parcel.shipment is not None and parcel.state not in _THERE]
    if not moving:
        came = [each for each in order.parcels if rest_of(order, each)] if units.shipped else []
        if not came:
            return None
        last = max(came, key=lambda each: (each.moved_at or order.accepted_at, each.number))
        due_at = (last.moved_at or order.accepted_at) + TRANSIT_WITHIN
        location = order.fulfillments[last.fulfillment - 1].location
        return NextStep("receive_return", location, due_at, f"the rest of parcel {last.number}")
    oldest = min(moving, key=lambda parcel: (parcel.moved_at or order.accepted_at, parcel.number))
    promised = order.group_of(order.fulfillments[oldest.fulfillment - 1].group).promised_by
    due_at = (not oldest.returned and promised) or (oldest.moved_at or order.accepted_at) + TRANSIT_WITHIN
    return NextStep("deliver", oldest.carrier or "carrier", due_at, f"parcel {oldest.number}")


_THERE = frozenset({"delivered", "lost", "returned", "voided"})


def _declined(order: Order, units: Units) -> NextStep | None:
    """A provider said no to money that the order stands on: a capture, a void or a refund."""
    tenders = open_declines(order)
    if not tenders:
        return None
    return NextStep("resolve_decline", "finance", order.accepted_at + PAYMENT_WITHIN, f"tender {tenders[0].number}")


def _sent_back(order: Order, units: Units) -> NextStep | None:
    """A refund has come back, and what it was for is owed still."""
    back = [each for each in order.tenders if each.sent_back and each.declined and not each.requests]
    if not back or not refundable_minor(order):
        return None
    first = min(back, key=lambda each: (each.sent_back[-1].at, each.number))
    return NextStep("refund_again", "finance", first.sent_back[-1].at + REFUND_WITHIN, f"tender {first.number}")


def _money_left(order: Order, units: Units) -> NextStep | None:
    for tender in order.tenders:
        if tender.requests:
            request = tender.requests[0]
            due_at = request.requested_at + PAYMENT_WITHIN
            if tender.provider == TERMS:
                return NextStep(f"{request.kind.value}_by_hand", "finance", due_at, f"tender {tender.number}")
            return NextStep(f"{request.kind.value}_payment", tender.provider, due_at, f"tender {tender.number}")
    return _declined(order, units) if units.canceled else None


def _return(order: Order, units: Units) -> NextStep | None:
    if not order.returns:
        return None
    first = min(
        waiting_items(order), key=lambda each: (each.due_at, each.returned.number, each.item.item), default=None
    )
    if first is None:
        return None
    return NextStep(first.what, first.owner, first.due_at, f"return {first.returned.number}")


def _close(order: Order, units: Units) -> NextStep | None:
    last = max((p.moved_at for p in order.parcels if p.moved_at is not None), default=order.accepted_at)
    return NextStep("close", "orderline", last + CLOSE_AFTER)


def _dispute(order: Order, units: Units) -> NextStep | None:
    """Somebody has a payment of the order taken back, and waits for our answer: a day is kept back for surprises."""
    waiting = [each for each in order.disputes if awaits_answer(each)]
    if not waiting:
        return None
    first = min(waiting, key=lambda each: (each.respond_by or each.opened_at + DISPUTE_WITHIN, each.number))
    due_at = (first.respond_by or first.opened_at + DISPUTE_WITHIN) - DISPUTE_SPARE
    return NextStep("answer_dispute", "finance", due_at, f"dispute {first.number}")


RULES: tuple[Callable[[Order, Units], NextStep | None], ...] = (
    _hold,
    _doubt,
    _installment,
    _payment,
    _sent_back,
    _declined,
    _cancel_answer,
    _route,
    _decision,
    _work,
    _supply,
    _lost,
    _transit,
    _dispute,
    _money_left,
    _return,
    _later_installment,
    _close,
)


def _until(order: Order, step: NextStep, line: int | None = None) -> NextStep:
    """The step with the time at which units are canceled if nothing comes of it; of one line, or of any."""
    dates = [
        each.auto_cancel.due_at
        for each in order.lines
        if each.auto_cancel is not None and (line is None or each.line == line)
    ]
    if not dates:
        return step
    first = min(dates)
    due_at = first if step.due_at is None else min(first, step.due_at)
    about = f"{step.about}; canceled {first:%Y-%m-%d %H:%M} UTC without a location"
    return msgspec.structs.replace(step, due_at=due_at, about=about)


def _units(number: int) -> str:
    return f"{number} unit{'' if number == 1 else 's'}"
