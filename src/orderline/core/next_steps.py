"""Which fact leads to which follow-up: the one table between what has happened and what is done next.

A follow-up is an internal command or an outside call; it is written to the outbox with the fact and done at
least once, in order per order.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from orderline.core.agreements.following import call_off_follow_ups
from orderline.core.companies.following import credit_follow_ups
from orderline.core.decisions.following import SUPPLY, asking_follow_ups, may_ask
from orderline.core.disputes.events import EvidenceRequested
from orderline.core.documents.periods import collect_invoices, is_collected
from orderline.core.holds.following import screening_follow_ups
from orderline.core.jobs import FollowUp, JobBody, JobKind
from orderline.core.moves import Bucket, Move
from orderline.core.orders.agreed_events import OrderAmended
from orderline.core.orders.amended import told_of
from orderline.core.orders.events import (
    AnyOrderEvent,
    CreditGranted,
    FulfillmentOpened,
    FulfillmentProgressed,
    HandoverUndone,
    HoldReleased,
    LabelRequested,
    LabelVoidRequested,
    OrderPlaced,
    ParcelPacked,
    ParcelTracked,
    PaymentAnswered,
    PaymentRequested,
    PickupExpired,
    PickupReadied,
    PromiseRevised,
    ShipmentHandedOver,
    TenderAdded,
    UnitsMoved,
)
from orderline.core.orders.guards import is_blocked
from orderline.core.orders.next_step import CLOSE_AFTER
from orderline.core.orders.parcels import WAITING
from orderline.core.orders.promised import PromiseCause
from orderline.core.orders.state import Negotiation, Order, ParcelState
from orderline.core.orders.status import is_done, waits_for_the_rest
from orderline.core.orders.waiting_events import AutoCanceled, AutoCancelSet
from orderline.core.returns.events import OrderReopened, ReturnLabeled, ReturnOpened, ReturnProgressed
from orderline.core.returns.following import return_follow_ups
from orderline.core.stock.state import Settings
from orderline.core.supply.following import arrivals, recalls
from orderline.core.tenders.calling import schedule_follow_ups
from orderline.core.tenders.renewing import renewal_follow_ups
from orderline.core.tenders.sums import is_releasable

# Those that stand elsewhere.
__all__ = ["FollowUp", "JobBody", "JobKind"]

ASK_AGAIN_AFTER: Final = timedelta(seconds=20)
EVERY_EVENT: Final = "*"
DAMAGED: Final = "damaged"  # what a carrier tells of a parcel, in our word
FOUND: Final = "found"
RECEIVED: Final = "received"  # the key of routing jobs for units that stock came for
# What channels are told of their orders.
ACCEPTED: Final = "accepted"
SHIPPED: Final = "shipped"
UNSHIPPED: Final = "unshipped"
CANCELED: Final = "canceled"
# What documents are issued.
INVOICE: Final = "invoice"
CREDIT_NOTE: Final = "credit_note"


# A cancellation may leave less to be paid than stands behind the order.
_SUPPLIES: Final = (Move.SHIP, Move.FULFILL)
_TAKES_BACK: Final = frozenset({Move.CANCEL, Move.UNSHIP, Move.UNSHIP_LATE})
_OPENS_ROUTING: Final = frozenset(
    {Move.RESERVE, Move.RECLAIM, Move.REJECT, Move.PULL_BACK, Move.CANCEL, Move.UNSHIP_LATE}
)


def order_follow_ups(
    settings: Settings, order: Order, events: Sequence[AnyOrderEvent], now: datetime
) -> list[FollowUp]:
    """The jobs that one command's events on an order lead to."""
    if order.history:
        return []
    jobs: list[FollowUp] = []
    own = str(order.id)
    wants_route = False
    placed = received = to_invoice = False
    slipped = False
    told: set[str] = set()
    pegged: set[int] = set()

    def add(kind: JobKind, due_at: datetime = now, **body: Any) -> None:
        # whoever is only told does not hold up the work on the order
        stream = f"{own} {kind}" if kind in (JobKind.NOTICE, JobKind.CHANNEL) else own
        jobs.append(FollowUp(kind, stream, JobBody(test=order.is_test, **body), due_at))

    def tell_channel(what: str, *, shipment: int = 0, version: int = 0) -> None:
        if settings.channels[order.channel].partner:
            told.add(what)
            add(JobKind.CHANNEL, template=what, shipment=shipment, version=version)

    if order.holds_placed or settings.screened:
        jobs.extend(screening_follow_ups(settings, order, events, now))
    for event in events:
        match event:
            case OrderPlaced():
                placed = True
                add(JobKind.NOTICE, template="order_accepted")
                tell_channel(ACCEPTED)
            case UnitsMoved():
                wants_route = wants_route or event.move in _OPENS_ROUTING
                received = received or (event.move is Move.RESERVE and not placed)
                if event.move is Move.PEG:
                    pegged.update(item.line for item in event.items)
                slipped = slipped or (event.move is Move.UNPEG and event.reason == SUPPLY)
                if event.move is Move.CANCEL and CANCELED not in told:
                    tell_channel(CANCELED, version=order.version)
                if event.move in _SUPPLIES or (event.move in _TAKES_BACK and order.billed):
                    to_invoice = settings.channels[order.channel].invoices
                if event.move is Move.CANCEL:
                    jobs.extend(recalls(event, now))
            case AutoCancelSet():
                jobs.append(_cancel_due(order, event.due_at))
            case AutoCanceled():
                add(JobKind.NOTICE, template="order_auto_canceled")
            case HoldReleased():
                wants_route = True
                late = {each.auto_cancel.due_at for each in order.lines if each.auto_cancel is not None}
                jobs.extend(_cancel_due(order, due_at) for due_at in sorted(late) if due_at <= now)
                for each in order.fulfillments:
                    if each.negotiation is Negotiation.UNSUBMITTED and settings.locations[each.location].partner:
                        add(JobKind.SUBMIT, fulfillment=each.number)
            case PaymentRequested():
                add(
                    JobKind.PAY,
                    tender=event.tender,
                    key=event.key,
                    payment=event.kind,
                    amount_minor=event.amount_minor,
                )
            case OrderAmended():
                wants_route = True
                if template := told_of(order, event.agreement):
                    add(JobKind.NOTICE, template=template)
            case TenderAdded():
                wants_route = True
            case EvidenceRequested():
                add(JobKind.EVIDENCE, dispute=event.number, key=event.key)
            case CreditGranted() if settings.channels[order.channel].invoices:
                add(JobKind.DOCUMENT, template=CREDIT_NOTE, version=event.credit.number)
            case PaymentAnswered():
                wants_route = True
                if event.in_doubt:
                    add(
                        JobKind.ASK_PAYMENT,
                        now + ASK_AGAIN_AFTER,
                        tender=event.tender,
                        key=event.key,
                        payment=event.kind,
                        amount_minor=event.amount_minor,
                    )
            case FulfillmentOpened():
                if settings.locations[event.location].partner:
                    add(JobKind.SUBMIT, fulfillment=event.number)
                within_s = settings.locations[event.location].accept_within_s
                if within_s is not None:
                    body = JobBody(fulfillment=event.number, test=order.is_test)
                    stream = f"{own} {JobKind.ACCEPT_DUE} {event.number}"
                    jobs.append(FollowUp(JobKind.ACCEPT_DUE, stream, body, now + timedelta(seconds=within_s)))
            case FulfillmentProgressed():
                asked = event.negotiation is Negotiation.CANCEL_REQUESTED
                withdrawn = event.negotiation is Negotiation.WITHDRAWN
                location = order.fulfillments[event.fulfillment - 1].location
                if (asked or withdrawn) and settings.locations[location].partner:
                    add(JobKind.REQUEST_CANCEL, fulfillment=event.fulfillment)
            case ParcelPacked():
                parcel = order.parcels[event.number - 1]
                pickup = order.group_of(order.fulfillments[parcel.fulfillment - 1].group).pickup_location
                if (
                    not parcel.tracking_number
                    and pickup is None
                    and not parcel.returned
                    and parcel.state in WAITING
                    and not parcel.combined
                ):
                    add(JobKind.LABEL, parcel=event.number)
            case LabelRequested():
                add(JobKind.LABEL, parcel=event.parcel)
            case LabelVoidRequested() if not order.parcels[event.parcel - 1].combined:
                add(JobKind.VOID_LABEL, parcel=event.parcel, key=event.tracking_number)
            case ShipmentHandedOver() if order.parcels[event.parcels[0] - 1].returned:
                add(JobKind.NOTICE, template="return_sent_back", shipment=event.number)
            case ShipmentHandedOver():
                add(JobKind.NOTICE, template="order_shipped", shipment=event.number)
                tell_channel(SHIPPED, shipment=event.number)
            case HandoverUndone():
                add(JobKind.NOTICE, template="handover_undone")
                tell_channel(UNSHIPPED, shipment=event.shipment, version=order.version)
            case PromiseRevised():
                add(JobKind.NOTICE, template="promise_revised")
            case ParcelTracked():
                if event.state is ParcelState.DELIVERED:
                    add(JobKind.NOTICE, template="parcel_delivered", parcel=event.parcel)
                reason = claim_reason(event, events)
                if reason and order.parcels[event.parcel - 1].tracking_number:
                    body = JobBody(parcel=event.parcel, template=reason, test=order.is_test)
                    jobs.append(FollowUp(JobKind.CLAIM, f"{own} {JobKind.CLAIM}", body, now))
            case PickupReadied() | PickupExpired():
                jobs.extend(_pickup_follow_ups(settings, order, event, now))
            case ReturnOpened() | ReturnProgressed() | ReturnLabeled():
                jobs.extend(return_follow_ups(order, event, now))
            case _:
                pass
    if pegged:
        # at the placement before anything else, so that a part that is there is not promised for the whole line
        stream = own if placed else f"{own} {JobKind.PROMISE_SUPPLY}"
        why = PromiseCause.SUPPLIER if slipped else None
        body = JobBody(lines=tuple(sorted(pegged)), why=why, test=order.is_test)
        jobs.append(FollowUp(JobKind.PROMISE_SUPPLY, stream, body, now))
    if order.company is not None:
        jobs.extend(credit_follow_ups(order.company.company, events, now))
        jobs.extend(call_off_follow_ups(order, events, now))
    if order.asked or any(map(may_ask, events)):
        jobs.extend(asking_follow_ups(order, events, now))
    if order.tenders:
        jobs.extend(renewal_follow_ups(settings, order, events))
    if order.schedule is not None:
        jobs.extend(schedule_follow_ups(order, events, now))
    if is_collected(order):
        to_invoice = to_invoice or any(isinstance(event, OrderAmended) for event in events)
        jobs.extend(collect_invoices(settings, order, now) if to_invoice else ())
    elif to_invoice:
        add(JobKind.DOCUMENT, template=INVOICE)
    if wants_route and wants_routing(order):
        add(JobKind.ROUTE, key=RECEIVED if received else "")
    if received:
        jobs.extend(arrivals(order, events, now))
    if order.closed_at is None and is_done(order) and any(_may_end(order, e) for e in events):
        add(JobKind.CLOSE, now + CLOSE_AFTER)
    return jobs


def _may_end(order: Order, event: AnyOrderEvent) -> bool:
    """May an order be done by this: the last units came or came back, or the loss of some is settled?"""
    if isinstance(event, UnitsMoved | OrderReopened):
        return True
    return isinstance(event, ReturnProgressed) and any(line.units.lost for line in order.lines)


def _cancel_due(order: Order, due_at: datetime) -> FollowUp:
    """What has no location by then is canceled; nothing else waits for that."""
    body = JobBody(latest_at=due_at, test=order.is_test)
    return FollowUp(JobKind.CANCEL_DUE, f"{order.id} {JobKind.CANCEL_DUE} {due_at.isoformat()}", body, due_at)


def claim_reason(event: ParcelTracked, events: Sequence[AnyOrderEvent]) -> str:
    """Why the carrier owes something for a parcel; FOUND: it owes it no longer; empty: no reason."""
    if event.state is ParcelState.LOST:
        return ParcelState.LOST
    if event.state is ParcelState.EXCEPTION and event.code == DAMAGED:
        return DAMAGED
    found = [each for each in events if isinstance(each, UnitsMoved) and each.move is Move.DELIVER]
    if event.state is ParcelState.DELIVERED and any(i.source is Bucket.LOST for each in found for i in each.items):
        return FOUND
    return ""


def _pickup_follow_ups(
    settings: Settings, order: Order, event: PickupReadied | PickupExpired, now: datetime
) -> list[FollowUp]:
    """Tell the customer, now and before the deadline; see at the deadline whether anybody came."""
    body = JobBody(fulfillment=event.fulfillment, test=order.is_test)
    told = f"{order.id} {JobKind.NOTICE}"

    def notice(template: str, due_at: datetime) -> FollowUp:
        # a reminder must not hold up what is told in between
        stream = told if due_at == now else f"{told} {template} {due_at.isoformat()}"
        return FollowUp(JobKind.NOTICE, stream, msgspec.structs.replace(body, template=template), due_at)

    if isinstance(event, PickupExpired):
        return [notice("pickup_expired", now)]
    location = settings.locations[order.fulfillments[event.fulfillment - 1].location]
    reminders = sorted({event.deadline_at - timedelta(days=days) for days in location.reminder_days})
    at_deadline = f"{order.id} {JobKind.PICKUP_DUE} {event.deadline_at.isoformat()}"
    return [
        notice("pickup_ready", now),
        *(notice("pickup_reminder", due_at) for due_at in reminders if due_at > now),
        FollowUp(JobKind.PICKUP_DUE, at_deadline, body, event.deadline_at),
    ]


def webhook_follow_ups(
    settings: Settings, order: Order, events: Sequence[AnyOrderEvent], now: datetime
) -> list[FollowUp]:
    """One job for each subscription that asked for any of these events; none for test orders and history."""
    if order.is_test or order.history:
        return []
    kinds = {str(event.__struct_config__.tag) for event in events}
    return [
        FollowUp(
            JobKind.WEBHOOK,
            f"{order.id} {each.id}",
            JobBody(subscription=str(each.id), version=order.version),
            now,
        )
        for each in settings.subscriptions
        if EVERY_EVENT in each.events or not kinds.isdisjoint(each.events)
    ]


def wants_routing(order: Order) -> bool:
    """Has the order units that routing may send to a location now?"""
    claimed = [line for line in order.lines if line.claims]
    if not claimed or not is_releasable(order):
        return False
    return any(
        not is_blocked(order, "allocate", line.line) and not waits_for_the_rest(order, line.group) for line in claimed
    )
