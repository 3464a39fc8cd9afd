"""Apply a fact to an order. No rule lives here, and it cannot fail for an event that `decide` made."""

from collections.abc import Iterable
from typing import assert_never

from msgspec.structs import replace

from orderline.core.alarms.events import AlarmCleared, AlarmRaised
from orderline.core.disputes.events import DisputeAccepted, DisputeTold, EvidenceAnswered, EvidenceRequested
from orderline.core.disputes.evolve import evolve_disputes
from orderline.core.holds.events import HoldConfirming, HoldEscalated, HoldPlaced, HoldReleased, OrderScreened
from orderline.core.holds.evolve import evolve_holds
from orderline.core.ledger.evolve import evolve_money
from orderline.core.moves import Bucket, Move, Units, shift
from orderline.core.orders.agreed_events import DecisionClosed, DecisionOpened, DelayConsented, OrderAmended
from orderline.core.orders.amended import amended, evolve_open
from orderline.core.orders.buying_events import PricesDiffered
from orderline.core.orders.events import (
    AnyOrderEvent,
    CreditGranted,
    DocumentIssued,
    ExclusionsLifted,
    FulfillmentCombined,
    FulfillmentOpened,
    FulfillmentProgressed,
    FulfillmentWaved,
    HandoverUndone,
    LabelRequested,
    LabelVoided,
    LabelVoidRefused,
    LabelVoidRequested,
    MoneyPosted,
    MovedItem,
    OrderAnnotated,
    OrderClosed,
    OrderLinked,
    OrderPlaced,
    ParcelLabeled,
    ParcelManifested,
    ParcelPacked,
    ParcelTracked,
    PaymentAnswered,
    PaymentRequested,
    PaymentWithdrawn,
    PeopleErased,
    PickupCollected,
    PickupExpired,
    PickupReadied,
    PickupRestocked,
    PickupTried,
    PromiseCommitted,
    PromiseRevised,
    PromiseSettled,
    RateChosen,
    ShipmentHandedOver,
    TenderAdded,
    TenderGivenUp,
    TenderRetried,
    UnitsBackordered,
    UnitsMoved,
)
from orderline.core.orders.lotted import item_lots
from orderline.core.orders.moved import line_moved
from orderline.core.orders.parceled import evolve_parcel, handed_back, handed_over, packed
from orderline.core.orders.promised import with_committed, with_revised, with_settled
from orderline.core.orders.state import (
    AutoCancel,
    FulfillmentItem,
    FulfillmentOrder,
    Line,
    Order,
    Parcel,
)
from orderline.core.orders.waiting_events import AutoCancelCleared, AutoCanceled, AutoCancelSet
from orderline.core.pickups.evolve import evolve_pickups
from orderline.core.returns.events import (
    OrderReopened,
    ReturnLabeled,
    ReturnOpened,
    ReturnProgressed,
    ReturnSent,
    ReturnTracked,
    WrongGoodsCame,
)
from orderline.core.returns.evolve import evolve_returns
from orderline.core.tenders.events import RefundReversed
from orderline.core.tenders.evolve import evolve_tenders
from orderline.core.tenders.schedule_events import InstallmentCalled, PaymentScheduled, with_called


def evolve_order(order: Order | None, event: AnyOrderEvent) -> Order:
    """The order after one event; None before the first."""
    if order is None:
        assert isinstance(event, OrderPlaced), "the first event of an order places it"
        return _placed(event)
    match event:
        case OrderPlaced():
            raise AssertionError("an order is placed once")
        case UnitsMoved():
            return _moved(order, event)
        case UnitsBackordered():
            return replace(order, lines=_with_backordered(order.lines, event))
        case AutoCancelSet():
            date = AutoCancel(event.due_at, event.reason)
            return replace(order, lines=_each_line(order.lines, event.lines, auto_cancel=date))
        case AutoCancelCleared():
            return replace(order, lines=_each_line(order.lines, event.lines, auto_cancel=None))
        case AutoCanceled():
            return order  # its units have moved
        case ExclusionsLifted():
            lines = (replace(line, excluded=()) if line.line == event.line else line for line in order.lines)
            return replace(order, lines=tuple(lines))
        case FulfillmentOpened():
            return replace(order, fulfillments=(*order.fulfillments, _opened(event)))
        case FulfillmentProgressed():
            went = (
                _progressed(each, event) if each.number == event.fulfillment else each for each in order.fulfillments
            )
            return replace(order, fulfillments=tuple(went))
        case ParcelPacked():
            return replace(order, parcels=(*order.parcels, packed(event)))
        case FulfillmentCombined():
            return _with_fulfillment(order, event.fulfillment, combined=event.combination)
        case (
            ParcelLabeled()
            | RateChosen()
            | LabelRequested()
            | LabelVoidRequested()
            | LabelVoided()
            | LabelVoidRefused()
            | ParcelManifested()
            | ParcelTracked()
        ):
            return _with_parcel(order, evolve_parcel(order.parcels[event.parcel - 1], event))
        case FulfillmentWaved():
            return _with_fulfillment(order, event.fulfillment, wave=event.wave)
        case ShipmentHandedOver():
            return handed_over(order, event)
        case HandoverUndone():
            return handed_back(order, event)
        case HoldPlaced() | HoldReleased() | HoldConfirming() | HoldEscalated() | OrderScreened():
            return evolve_holds(order, event)
        case (
            TenderAdded()
            | TenderRetried()
            | TenderGivenUp()
            | PaymentRequested()
            | PaymentAnswered()
            | PaymentWithdrawn()
            | RefundReversed()
        ):
            return replace(order, tenders=evolve_tenders(order.tenders, event))
        case PaymentScheduled():
            return replace(order, schedule=event.schedule)
        case InstallmentCalled():
            assert order.schedule is not None, "installments are of a schedule"
            return replace(order, schedule=with_called(order.schedule, event))
        case MoneyPosted() | CreditGranted() | DocumentIssued() | PricesDiffered():
            return evolve_money(order, event)
        case OrderLinked():
            return replace(order, links=(*order.links, event.link))
        case AlarmRaised():
            return replace(order, alarm=event.alarm)
        case AlarmCleared():
            return replace(order, alarm=None)
        case OrderAnnotated():
            return _annotated(order, event)
        case PromiseCommitted():
            made = ((each.line, each.window) for each in event.lines)
            return replace(order, promises=with_committed(order.promises, made))
        case PromiseRevised():
            made = ((each.line, each.window) for each in event.lines)
            return replace(order, promises=with_revised(order.promises, made, event.cause))
        case PromiseSettled():
            settled = with_settled(order.promises, event.line, event.outcome, event.at, event.cause)
            return replace(order, promises=settled)
        case PickupReadied() | PickupTried() | PickupCollected() | PickupExpired() | PickupRestocked():
            return replace(order, pickups=evolve_pickups(order.pickups, event))
        case OrderAmended():
            return amended(order, event.agreement)
        case DelayConsented():
            return replace(order, consents=(*order.consents, event.consent))
        case DecisionOpened() | DecisionClosed():
            return replace(order, asked=evolve_open(order.asked, event))
        case PeopleErased():
            return replace(order, erased=(*order.erased, *event.people))
        case ReturnOpened() | ReturnProgressed() | ReturnSent() | ReturnLabeled() | ReturnTracked() | WrongGoodsCame():
            return replace(order, returns=evolve_returns(order.returns, event))
        case DisputeTold() | EvidenceRequested() | EvidenceAnswered() | DisputeAccepted():
            return replace(order, disputes=evolve_disputes(order.disputes, event))
        case OrderReopened():
            return replace(order, closed_at=None)
        case OrderClosed():
            return replace(order, closed_at=event.at)
        case _:
            assert_never(event)


def fold(events: Iterable[AnyOrderEvent], order: Order | None = None) -> Order | None:
    """The order after all events in turn."""
    for event in events:
        order = evolve_order(order, event)
    return order


def _placed(event: OrderPlaced) -> Order:
    return Order(
        id=event.id,
        number=event.number,
        version=0,
        channel=event.channel,
        external_id=event.external_id,
        currency=event.currency,
        placed_at=event.placed_at,
        accepted_at=event.accepted_at,
        person=event.person,
        is_test=event.is_test,
        history=event.history,
        priority=event.priority,
        tags=event.tags,
        custom=event.custom,
        lines=event.lines,
        agreements=(event.agreement,),
        tenders=event.tenders,
        notes=event.notes,
        company=event.company,
        closed_at=event.accepted_at if event.history else None,
    )


def _moved(order: Order, event: UnitsMoved) -> Order:
    by_line: dict[int, list[MovedItem]] = {}
    for item in event.items:
        by_line.setdefault(item.line, []).append(item)
    lines = tuple(line_moved(line, by_line[line.line], event) if line.line in by_line else line for line in order.lines)
    if event.fulfillment is None:
        return replace(order, lines=lines)
    fulfillments = tuple(
        replace(each, items=_items_moved(each, by_line, event.move)) if each.number == event.fulfillment else each
        for each in order.fulfillments
    )
    return replace(order, lines=lines, fulfillments=fulfillments)


# Buckets in which units stand inside a fulfillment order; in the others they have left it, or not entered yet.
_INSIDE = frozenset(
    {
        Bucket.ALLOCATED,
        Bucket.RELEASED,
        Bucket.PICKED,
        Bucket.PACKED,
        Bucket.SHIPPED,
        Bucket.DELIVERED,
        Bucket.LOST,
        Bucket.RETURNED,
        Bucket.CANCELED,
    }
)


def _items_moved(
    fulfillment: FulfillmentOrder, by_line: dict[int, list[MovedItem]], move: Move
) -> tuple[FulfillmentItem, ...]:
    by_number = {item.line: item for item in fulfillment.items}
    for line, items in by_line.items():
        before = by_number.get(line) or FulfillmentItem(line, Units())
        units = before.units
        for item in items:
            if item.lots:
                before = item_lots(before, item, move)
            source = item.source if item.source in _INSIDE else None
            if item.target in _INSIDE:
                units = shift(units, source, item.target, item.quantity)
            elif source is not None:
                units = replace(units, **{source.value: units.of(source) - item.quantity})
        by_number[line] = FulfillmentItem(line, units, before.lots, before.sent)
    return tuple(by_number.values())


def _with_backordered(lines: tuple[Line, ...], event: UnitsBackordered) -> tuple[Line, ...]:
    # One event per line that is short: an order of a thousand such lines is looked through once for each.
    place = event.line - 1
    if not (place < len(lines) and lines[place].line == event.line):
        place = next(index for index, line in enumerate(lines) if line.line == event.line)
    line = lines[place]
    changed = replace(line, backordered=event.pool if line.units.unplanned else None)
    return (*lines[:place], changed, *lines[place + 1 :])


def _each_line(lines: tuple[Line, ...], numbers: Iterable[int], **changed: object) -> tuple[Line, ...]:
    wanted = set(numbers)
    return tuple(replace(line, **changed) if line.line in wanted else line for line in lines)


def _opened(event: FulfillmentOpened) -> FulfillmentOrder:
    return FulfillmentOrder(
        id=event.id,
        number=event.number,
        group=event.group,
        location=event.location,
        pool=event.pool,
        items=(),
        opened_at=event.opened_at,
        due_at=event.due_at,
        decision=event.decision,
    )


def _progressed(fulfillment: FulfillmentOrder, event: FulfillmentProgressed) -> FulfillmentOrder:
    return replace(
        fulfillment,
        execution=event.execution or fulfillment.execution,
        negotiation=event.negotiation or fulfillment.negotiation,
        asked_back=event.asked_back or (() if event.negotiation else fulfillment.asked_back),
    )


def _with_fulfillment(order: Order, number: int, **changed: object) -> Order:
    made = (replace(each, **changed) if each.number == number else each for each in order.fulfillments)
    return replace(order, fulfillments=tuple(made))


def _with_parcel(order: Order, changed: Parcel) -> Order:
    return replace(
        order, parcels=tuple(changed if parcel.number == changed.number else parcel for parcel in order.parcels)
    )


def _annotated(order: Order, event: OrderAnnotated) -> Order:
    return replace(
        order,
        priority=order.priority if event.priority is None else event.priority,
        assignee=order.assignee if event.assignee is None else event.assignee,
        tags=order.tags if event.tags is None else event.tags,
        custom=order.custom if event.custom is None else event.custom,
        notes=order.notes if event.note is None else (*order.notes, event.note),
    )
