"""Actions: what may be done to an order now, and what may not, why, and who can unblock it."""

from collections.abc import Callable
from typing import Final

import msgspec

from orderline.core.appeasements.refusals import AppeasementRefusal
from orderline.core.credits.state import PROVIDER
from orderline.core.decisions.refusals import DecisionRefusal
from orderline.core.disputes.refusals import DisputeRefusal
from orderline.core.disputes.state import awaits_answer
from orderline.core.fulfillments.moving import open_units
from orderline.core.holds.rules import is_settled
from orderline.core.moves import BEFORE_SHIPMENT
from orderline.core.orders.actions_on_returns import (
    Why,
    goes_back,
    in_custody,
    is_creditable,
    is_to_assess,
    is_to_grade,
    is_undecided,
    is_unsettled,
    may_request,
)
from orderline.core.orders.parcels import UNDER_WAY, WAITING
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.state import STOCKED, Negotiation, Order, ParcelState, is_canceled, units_in
from orderline.core.orders.status import sum_units, waits_for_location
from orderline.core.people.erasing import is_over, people_of
from orderline.core.pickups.refusals import PickupRefusal
from orderline.core.pickups.stages import stages_of
from orderline.core.pickups.state import PickupStage
from orderline.core.returns.state import Custody
from orderline.core.shipments.labels import may_be_voided
from orderline.core.tenders.paying_again import missing_minor
from orderline.core.tenders.rules import is_owed_by_hand
from orderline.core.tenders.scheduled import has_outstanding, next_installment
from orderline.core.tenders.sums import is_releasable, open_authorization, open_declines


class Action(msgspec.Struct, frozen=True, omit_defaults=True):
    """A command by name; `refused` is the code it would be refused with now, `unblock` who can change that."""

    name: str
    allowed: bool
    refused: str = ""
    unblock: str = ""


_ANEW: Final = "nobody: place a new order"
# What may be done to a closed order; goods that come back open it again.
STILL: Final = frozenset(
    {
        "annotate_order", "link_orders", "erase_people", "request_return", "receive_return", "settle_refund",
        "reverse_refund", "retry_payment", "give_appeasement", "send_back_return",
    }
)  # fmt: skip


def actions_of(order: Order) -> tuple[Action, ...]:
    """Every command on the order in a fixed order, allowed or refused."""
    return tuple(_action(order, name, block, why) for name, block, why in TABLE)


def _action(order: Order, name: str, block: str, why: Callable[[Order], Why]) -> Action:
    if order.closed_at is not None and name not in STILL:
        return Action(name, False, R.ORDER_CLOSED.value, _ANEW)
    found = why(order)
    if found is None and block:
        hold = next((hold for hold in order.holds if block in hold.blocks and hold.line is None), None)
        if hold is not None:
            return Action(name, False, R.BLOCKED_BY_HOLD.value, hold.owner)
    return Action(name, True) if found is None else Action(name, False, found[0].value, found[1])


def _cancel(order: Order) -> Why:
    if units_in(order, *BEFORE_SHIPMENT):
        return None
    if all(is_canceled(line) for line in order.lines):
        return R.NOTHING_TO_DO, ""
    return R.ALREADY_SHIPPED, "customer: return the goods"


def _wait(order: Order) -> Why:
    return None if any(map(waits_for_location, order.lines)) else (R.NOTHING_TO_DO, "")


def _clear_wait(order: Order) -> Why:
    return None if any(line.auto_cancel for line in order.lines) else (R.NOTHING_TO_DO, "")


def _place_hold(order: Order) -> Why:
    return (R.ORDER_CANCELED, _ANEW) if is_settled(order) else None


def _resolve_hold(order: Order) -> Why:
    return None if order.holds else (R.HOLD_UNKNOWN, "")


def _allocate(order: Order) -> Why:
    if not is_releasable(order):
        return R.NOT_PAID, "finance"
    return None if sum_units(order).pooled else (R.NOTHING_TO_DO, "")


def _promise(order: Order) -> Why:
    ended = sum(1 for each in order.promises if each.outcome is not None)
    return None if ended < len(order.lines) else (R.NOTHING_TO_DO, "")


def _reserve(order: Order) -> Why:
    return None if any(line.backordered or line.pegs for line in order.lines) else (R.NOTHING_TO_DO, "")


def _peg(order: Order) -> Why:
    waiting = any((line.units.unplanned or line.pegs) and line.kind in STOCKED for line in order.lines)
    return None if waiting else (R.NOTHING_TO_DO, "")


def _reclaim(order: Order) -> Why:
    return None if sum_units(order).pooled else (R.NOTHING_TO_DO, "")


def _submit(order: Order) -> Why:
    waiting = any(f.negotiation is Negotiation.UNSUBMITTED and open_units(f) for f in order.fulfillments)
    return None if waiting else (R.FULFILLMENT_NOT_OPEN, "routing")


def _open(order: Order) -> Why:
    return None if any(open_units(each) for each in order.fulfillments) else (R.FULFILLMENT_NOT_OPEN, "routing")


def _pack(order: Order) -> Why:
    return None if sum_units(order).picked else (R.QUANTITY_NOT_AVAILABLE, "location: pick first")


def _ship(order: Order) -> Why:
    waiting = any(parcel.state in WAITING for parcel in order.parcels)
    return None if waiting else (R.PARCEL_NOT_PACKED, "location: pack first")


def _undo_handover(order: Order) -> Why:
    left = [parcel for parcel in order.parcels if parcel.shipment is not None and not parcel.returned]
    if any(parcel.state is ParcelState.HANDED_OVER and not parcel.scanned for parcel in left):
        return None
    return (R.PARCEL_MOVED, "customer: return the goods") if left else (R.PARCEL_NOT_SHIPPED, "")


def _collect(order: Order) -> Why:
    if not any(group.pickup_location for group in order.agreement.groups):
        return R.NOT_PICKED_UP_HERE, ""
    return _ship(order)


def _ready(order: Order) -> Why:
    refused = _collect(order)
    if refused is None and all(PickupStage.PACKED not in stages for stages in _stages(order)):
        return R.NOTHING_TO_DO, ""
    return refused


def _lies_ready(order: Order) -> Why:
    ready = any({PickupStage.READY, PickupStage.UNCOLLECTED} & set(stages) for stages in _stages(order))
    return None if ready else (PickupRefusal.PICKUP_NOT_READY, "location: lay it ready first")


def _expire(order: Order) -> Why:
    ready = any(PickupStage.READY in stages for stages in _stages(order))
    return None if ready else (R.NOTHING_TO_DO, "")


def _restock(order: Order) -> Why:
    late = any(PickupStage.UNCOLLECTED in stages for stages in _stages(order))
    return _lies_ready(order) or (None if late else (PickupRefusal.PICKUP_COLLECTABLE, "customer: collect"))


def _stages(order: Order) -> list[dict[PickupStage, int]]:
    return [stages_of(order, f) for f in order.fulfillments if order.group_of(f.group).pickup_location is not None]


def _label(order: Order) -> Why:
    bare = any(p.state is ParcelState.PACKED and not p.tracking_number for p in order.parcels)
    return None if bare else (R.PARCEL_NOT_LABELABLE, "location: pack first")


def _void_label(order: Order) -> Why:
    labeled = [parcel for parcel in order.parcels if may_be_voided(parcel)]
    if labeled and all(parcel.voiding for parcel in labeled):
        return R.LABEL_VOIDING, "carrier"
    return None if labeled else (R.PARCEL_NOT_LABELED, "location: have a label bought first")


def _answer_void(order: Order) -> Why:
    return None if any(parcel.voiding for parcel in order.parcels) else (R.NOTHING_TO_DO, "")


def _track(order: Order) -> Why:
    moving = any(parcel.state in UNDER_WAY for parcel in order.parcels)
    return None if moving else (R.PARCEL_NOT_SHIPPED, "location: hand over first")


def _answer_cancel(order: Order) -> Why:
    asked = any(each.negotiation is Negotiation.CANCEL_REQUESTED for each in order.fulfillments)
    return None if asked else (R.FULFILLMENT_NOT_OPEN, "")


def _retry_payment(order: Order) -> Why:
    declined = open_declines(order)
    if order.closed_at is not None and not any(tender.sent_back for tender in declined):
        return R.ORDER_CLOSED, _ANEW
    if declined and all(tender.requests for tender in declined):
        return R.PAYMENT_UNDER_WAY, declined[0].provider
    return None if declined else (R.NOTHING_TO_DO, "")


def _add_tender(order: Order) -> Why:
    return None if missing_minor(order) or any(map(open_authorization, order.tenders)) else (R.TENDERS_EXCEED_TOTAL, "")


def _redeem_credit(order: Order) -> Why:
    return None if missing_minor(order) else (R.TENDERS_EXCEED_TOTAL, "")


def _renew(order: Order) -> Why:
    held = any(each.expires_at is not None and open_authorization(each) for each in order.tenders)
    return None if held else (R.NOTHING_TO_DO, "")


def _schedule(order: Order) -> Why:
    return None if order.tenders else (R.SCHEDULE_NOT_POSSIBLE, "finance: name a means of payment first")


def _call(order: Order) -> Why:
    return None if next_installment(order) is not None else (R.NOTHING_TO_DO, "")


def _settle_refund(order: Order) -> Why:
    return None if any(map(is_owed_by_hand, order.tenders)) else (R.NOTHING_TO_DO, "")


def _reverse_refund(order: Order) -> Why:
    back = any(tender.refunded_minor and tender.provider != PROVIDER for tender in order.tenders)
    return None if back else (R.AMOUNT_OUT_OF_RANGE, "")


def _change_delivery(order: Order) -> Why:
    for group in order.agreement.groups:
        lines = [line.units for line in order.lines if line.group == group.group]
        waiting = sum(units.unplanned + units.pooled + units.allocated for units in lines)
        if waiting and waiting + sum(units.canceled for units in lines) == sum(units.total() for units in lines):
            return None
    return DecisionRefusal.DELIVERY_STARTED, "location: let go of it first"


def _substitute(order: Order) -> Why:
    waiting = any(line.units.before_location or line.units.allocated for line in order.lines if line.parent is None)
    return None if waiting else (R.FULFILLMENT_STARTED, "location: let go of it first")


def _change_order(order: Order) -> Why:
    if order.history:
        return R.ORDER_CLOSED, "nobody: it is history"
    return (R.ORDER_CANCELED, _ANEW) if all(map(is_canceled, order.lines)) else None


def _undo_change(order: Order) -> Why:
    if not order.agreement.removed and all(map(is_canceled, order.lines)):
        return R.ORDER_CANCELED, _ANEW
    return None if len(order.agreements) > 1 else (R.NOTHING_TO_DO, "")


def _answer_decision(order: Order) -> Why:
    if not order.asked:
        return DecisionRefusal.DECISION_UNKNOWN, ""
    return None if any(each.sent for each in order.asked) else (DecisionRefusal.DECISION_STATE, "support: send it")


def _give(order: Order) -> Why:
    if order.history:
        return R.ORDER_CLOSED, ""
    gone = any(line.units.gone for line in order.lines)
    return None if gone else (AppeasementRefusal.APPEASEMENT_NOTHING_LEFT, "goods that have left")


def _answer_dispute(order: Order) -> Why:
    if not order.disputes:
        return DisputeRefusal.DISPUTE_UNKNOWN, ""
    return None if any(map(awaits_answer, order.disputes)) else (DisputeRefusal.DISPUTE_STATE, "")


def _always(order: Order) -> Why:
    return None


def _close(order: Order) -> Why:
    open_units = units_in(order, *BEFORE_SHIPMENT) or sum_units(order).shipped
    requests = any(tender.requests for tender in order.tenders)
    if has_outstanding(order):
        return R.ORDER_NOT_DONE, "customer: pay what is left"
    return (R.ORDER_NOT_DONE, "operations") if open_units or requests or order.holds else None


def _erase(order: Order) -> Why:
    if not is_over(order):
        return R.ORDER_NOT_DONE, "operations: close the order first"
    return None if set(people_of(order)) - set(order.erased) else (R.NOTHING_TO_DO, "")


# Facts are never blocked: a label that was bought is told of, though a hold stops the worker from buying one.
TABLE: Final[tuple[tuple[str, str, Callable[[Order], Why]], ...]] = (
    # command              blocked as    refused when
    ("cancel_units",       "cancel",     _cancel),
    ("set_auto_cancel",    "",           _wait),
    ("clear_auto_cancel",  "",           _clear_wait),
    ("place_hold",         "",           _place_hold),
    ("release_hold",       "",           _resolve_hold),
    ("reject_hold",        "",           _resolve_hold),
    ("escalate_hold",      "",           _resolve_hold),
    ("reserve_units",      "",           _reserve),
    ("peg_units",          "",           _peg),
    ("reclaim_units",      "",           _reclaim),
    ("allocate_units",     "allocate",   _allocate),
    ("promise_lines",      "",           _promise),
    ("pull_back",          "",           _open),
    ("submit_fulfillment", "release",    _submit),
    ("accept_fulfillment", "release",    _open),
    ("reject_units",       "",           _open),
    ("pick_units",         "",           _open),
    ("pack_units",         "",           _pack),
    ("label_parcel",       "",           _label),
    ("unpack_units",       "",           _ship),
    ("unpick_units",       "",           _pack),
    ("request_label",      "",           _label),
    ("void_label",         "",           _void_label),
    ("answer_void",        "",           _answer_void),
    ("ship_parcels",       "",           _ship),
    ("undo_handover",      "",           _undo_handover),
    ("ready_pickup",       "",           _ready),
    ("collect_parcels",    "",           _collect),
    ("renew_pickup",       "",           _lies_ready),
    ("expire_pickup",      "",           _expire),
    ("restock_pickup",     "",           _restock),
    ("track_parcel",       "",           _track),
    ("answer_cancel",      "",           _answer_cancel),
    ("retry_payment",      "",           _retry_payment),
    ("answer_dispute",     "",           _answer_dispute),
    ("accept_dispute",     "",           _answer_dispute),
    ("add_tender",         "",           _add_tender),
    ("redeem_credit",      "",           _redeem_credit),
    ("renew_authorization", "",          _renew),
    ("schedule_payments",  "",           _schedule),
    ("call_installments",  "",           _call),
    ("receive_payment",    "",           _always),
    ("settle_refund",      "",           _settle_refund),
    ("reverse_refund",     "",           _reverse_refund),
    ("change_delivery",    "",           _change_delivery),
    ("substitute_units",   "cancel",     _substitute),
    ("change_order",       "",           _change_order),
    ("undo_change",        "",           _undo_change),
    ("answer_decision",    "",           _answer_decision),
    ("annotate_order",     "",           _always),
    ("link_orders",        "",           _always),
    ("give_appeasement",   "",           _give),
    ("request_return",     "",           may_request),
    ("approve_return",     "",           in_custody(Custody.REQUESTED)),
    ("decline_return",     "",           in_custody(Custody.REQUESTED)),
    ("withdraw_return",    "",           in_custody(Custody.REQUESTED, Custody.APPROVED)),
    ("send_return",        "",           in_custody(Custody.APPROVED, Custody.EXPIRED)),
    ("label_return",       "",           in_custody(Custody.APPROVED, Custody.EXPIRED)),
    ("track_return",       "",           in_custody(Custody.APPROVED, Custody.EXPIRED, Custody.IN_TRANSIT)),
    ("receive_return",     "",           may_request),
    ("grade_return",       "",           is_to_grade),
    ("dispose_return",     "",           in_custody(Custody.GRADED)),
    ("assess_return",      "",           is_to_assess),
    ("answer_repair_quote", "",          in_custody(Custody.QUOTED)),
    ("finish_repair",      "",           in_custody(Custody.REPAIRING)),
    ("replace_return",     "",           in_custody(Custody.UNREPAIRABLE)),
    ("send_back_return",   "",           goes_back),
    ("credit_return",      "",           is_creditable),
    ("deny_return",        "",           is_undecided),
    ("settle_expired_return", "",        is_unsettled),
    ("close_order",        "",           _close),
    ("erase_people",       "",           _erase),
)  # fmt: skip
