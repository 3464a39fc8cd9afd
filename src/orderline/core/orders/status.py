"""Status: a reading of where units and money stand, on four axes and one phase. Computed, never decided.

Source: domain model section 3; the phase is the first of `Phase`, in its order, that applies.
"""

from collections.abc import Iterator
from enum import StrEnum

import msgspec

from orderline.core.moves import Units
from orderline.core.orders.state import STOCKED, Line, Negotiation, Order
from orderline.core.returns.standing import lost_units
from orderline.core.returns.state import Custody
from orderline.core.tenders.scheduled import waits_for_money
from orderline.core.tenders.sums import is_releasable, net_due_minor, open_declines


class Phase(StrEnum):
    """In order of precedence: the first that applies is the phase."""

    CANCELED = "canceled"
    CLOSED = "closed"
    HELD = "held"
    BLOCKED = "blocked"
    EXCEPTION = "exception"
    ACCEPTED = "accepted"
    ROUTING = "routing"
    WAITING_SUPPLY = "waiting_supply"
    IN_WORK = "in_work"
    PARTLY_SHIPPED = "partly_shipped"
    SHIPPED = "shipped"
    PARTLY_DELIVERED = "partly_delivered"
    DELIVERED = "delivered"


class PaymentStatus(StrEnum):
    """How the money of an order stands, over all its tenders."""

    NONE = "none"
    PENDING = "pending"
    DECLINED = "declined"
    AUTHORIZED_PARTLY = "authorized_partly"
    AUTHORIZED = "authorized"
    PAID_PARTLY = "paid_partly"
    PAID = "paid"
    REFUNDED_PARTLY = "refunded_partly"
    REFUNDED = "refunded"
    VOIDED = "voided"


class FulfillmentStatus(StrEnum):
    """How far units are that go to a customer."""

    NONE = "none"
    PLANNED = "planned"
    PARTLY = "partly"
    FULFILLED = "fulfilled"
    DELIVERED = "delivered"


class ReturnStatus(StrEnum):
    """How many of the units that were handed over have come back; where none has, whether some are to, or on their way."""

    NONE = "none"
    REQUESTED = "requested"
    IN_TRANSIT = "in_transit"
    PARTLY = "partly"
    RETURNED = "returned"


class Status(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """The phase and the four axes; `flags` are facts beside them: in_doubt, lost, backordered, oversold."""

    phase: Phase
    payment: PaymentStatus
    fulfillment: FulfillmentStatus
    returns: ReturnStatus
    flags: tuple[str, ...] = ()


def status_of(order: Order, units: Units | None = None) -> Status:
    """The status of an order: total and deterministic, of its state alone. units: `sum_units`, when known."""
    sums = units or sum_units(order)
    flags: list[str] = []
    in_doubt = _in_doubt(order)
    if in_doubt:
        flags.append("in_doubt")
    if sums.lost:
        flags.append("lost")
    if any(line.backordered for line in order.lines):
        flags.append("backordered")
    return Status(
        _phase(order, sums, in_doubt), _payment(order), _fulfillment(sums), _returns(order, sums), tuple(flags)
    )


def sum_units(order: Order) -> Units:
    """All lines' units together, by bucket."""
    if len(order.lines) == 1:
        return order.lines[0].units
    buckets: Iterator[tuple[int, ...]] = zip(
        *[msgspec.structs.astuple(line.units) for line in order.lines], strict=True
    )
    return Units(*[sum(units) for units in buckets])


def has_routable(order: Order, units: Units) -> bool:
    """Are there units with a claim that do not wait for the rest of their group to be claimed as well?"""
    if not units.pooled or not (units.unplanned or units.pegged):
        return units.pooled > 0
    return any(line.claims and not waits_for_the_rest(order, line.group) for line in order.lines)


def waits_for_the_rest(order: Order, group: int) -> bool:
    """Does a group that goes all at once have units that wait for supply?"""
    return order.group_of(group).ship_complete and any(
        line.backordered or line.pegs for line in order.lines if line.group == group
    )


def _phase(order: Order, units: Units, in_doubt: bool) -> Phase:
    live = units.total() - units.canceled
    if live == 0:
        return Phase.CANCELED
    if order.closed_at is not None:
        return Phase.CLOSED
    if order.holds:
        return Phase.HELD
    if in_doubt or open_declines(order):
        return Phase.BLOCKED
    if (units.lost and lost_units(order)) or any(
        f.negotiation is Negotiation.CANCEL_REQUESTED for f in order.fulfillments
    ):
        return Phase.EXCEPTION
    routable = has_routable(order, units)
    # An installment that falls due when the goods are there has to be asked for first.
    if units.before_location and not is_releasable(order) and (routable or waits_for_money(order)):
        return Phase.ACCEPTED
    if routable:
        return Phase.ROUTING
    if units.before_location:
        return Phase.WAITING_SUPPLY
    on_the_way, there = units.shipped, units.delivered + units.returned
    if units.at_location:
        return Phase.PARTLY_SHIPPED if on_the_way or there else Phase.IN_WORK
    if on_the_way:
        return Phase.PARTLY_DELIVERED if there else Phase.SHIPPED
    return Phase.DELIVERED if there else Phase.EXCEPTION


def _in_doubt(order: Order) -> bool:
    for tender in order.tenders:
        for request in tender.requests:
            if request.in_doubt:
                return True
    return False


def _payment(order: Order) -> PaymentStatus:
    if not order.tenders:
        return PaymentStatus.NONE
    total = net_due_minor(order)
    captured = sum(tender.captured_minor for tender in order.tenders)
    refunded = sum(tender.refunded_minor for tender in order.tenders)
    authorized = sum(max(t.authorized_minor - t.voided_minor, t.captured_minor) for t in order.tenders)
    if refunded:
        return PaymentStatus.REFUNDED if refunded >= captured else PaymentStatus.REFUNDED_PARTLY
    if captured:
        return PaymentStatus.PAID if captured >= total else PaymentStatus.PAID_PARTLY
    if any(tender.voided_minor for tender in order.tenders) and not authorized:
        return PaymentStatus.VOIDED
    if authorized:
        return PaymentStatus.AUTHORIZED if authorized >= total else PaymentStatus.AUTHORIZED_PARTLY
    if any(tender.declined for tender in order.tenders):
        return PaymentStatus.DECLINED
    return PaymentStatus.PENDING if total else PaymentStatus.PAID


def _fulfillment(units: Units) -> FulfillmentStatus:
    live = units.total() - units.canceled
    if live and units.delivered + units.returned == live:
        return FulfillmentStatus.DELIVERED
    if live and units.gone == live:
        return FulfillmentStatus.FULFILLED
    if units.gone:
        return FulfillmentStatus.PARTLY
    return FulfillmentStatus.PLANNED if units.at_location else FulfillmentStatus.NONE


def _returns(order: Order, units: Units) -> ReturnStatus:
    if not units.returned:
        if not order.returns:
            return ReturnStatus.NONE
        coming = {item.custody for each in order.returns for item in each.items}
        if Custody.IN_TRANSIT in coming:
            return ReturnStatus.IN_TRANSIT
        return ReturnStatus.REQUESTED if coming & {Custody.REQUESTED, Custody.APPROVED} else ReturnStatus.NONE
    return ReturnStatus.PARTLY if units.delivered + units.shipped else ReturnStatus.RETURNED


def waits_for_location(line: Line) -> bool:
    """Has the line units that neither a location nor dated supply is found for? Goods alone wait for one."""
    return line.kind in STOCKED and bool(line.units.pooled or line.units.unplanned)


def is_done(order: Order) -> bool:
    """Is all of it that is not canceled with the customer, or came back; or was lost, and that is settled?"""
    for line in order.lines:
        if line.units.delivered or line.units.returned or line.units.lost:
            break
    else:
        return False
    units = sum_units(order)
    live = units.total() - units.canceled
    done = live > 0 and units.delivered + units.returned + units.lost == live
    return done and not (units.lost and lost_units(order))
