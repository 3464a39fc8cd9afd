"""What there is to decide about: read from the order, when somebody is asked and whenever units have moved since."""

from datetime import timedelta

from msgspec.structs import replace

from orderline.core.decisions.asking import UNFILLABLE, DecisionCause, DelayStage
from orderline.core.decisions.doubting import doubted_units
from orderline.core.decisions.state import Subject
from orderline.core.orders.cancel import cancelable_units
from orderline.core.orders.guards import check_fulfillment, check_lines
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.state import Line, LineQuantity, Order
from orderline.core.pickups.stages import pickup_of, ready_parcels
from orderline.values.failures import Refused


def check_about(order: Order, about: Subject) -> None:
    """What somebody wants asked is there. Refused LINE_UNKNOWN, LINE_REPEATED, FULFILLMENT_UNKNOWN, HOLD_UNKNOWN."""
    check_lines(order, tuple(LineQuantity(each.line, 1) for each in about.lines))
    if about.fulfillment is not None:
        check_fulfillment(order, about.fulfillment)
    if about.hold is not None and all(hold.number != about.hold for hold in order.holds):
        raise Refused(R.HOLD_UNKNOWN, field="hold", value=about.hold, allowed=[hold.number for hold in order.holds])


def subject_of(order: Order, cause: DecisionCause, about: Subject) -> Subject | None:
    """The lines and units that the cause holds for now; None: there is nothing to decide any more.

    about: the lines it is about, all that the cause fits where none are named; its quantities are of no account.
    """
    if order.closed_at is not None:
        return None
    wanted = {each.line for each in about.lines}
    match cause:
        case DecisionCause.UNFILLABLE:
            held = {hold.line for hold in order.holds if hold.type == UNFILLABLE and hold.line is not None}
            found = {line.line: line.units.unplanned for line in order.lines if line.line in held}
        case DecisionCause.DELAY:
            found = {line.line: waiting_units(line) for line in order.lines if line.line in wanted}
        case DecisionCause.UNCOLLECTED:
            found = _uncollected(order, about.fulfillment)
        case DecisionCause.LATE_WORK:
            fulfillment = order.fulfillment_of(about.fulfillment or 0)
            items = fulfillment.items if fulfillment is not None else ()
            found = {item.line: item.units.allocated + item.units.released for item in items}
        case DecisionCause.CHANGE:
            units = order.lines if about.change is not None else ()
            found = {line.line: line.units.total() for line in units}
        case DecisionCause.ADDRESS:
            found = doubted_units(order, about.hold, about.doubt)
        case DecisionCause.APPROVAL:
            held = [hold for hold in order.holds if hold.number == about.hold]
            found = {
                line.line: cancelable_units(line)
                for line in order.lines
                if any(h.line in (None, line.line) for h in held)
            }
    lines = tuple(
        LineQuantity(line, units) for line, units in found.items() if units and (not wanted or line in wanted)
    )
    if not lines:
        return None
    found_about = replace(about, lines=lines)
    return delayed(order, found_about) if cause is DecisionCause.DELAY else found_about


def delayed(order: Order, subject: Subject) -> Subject:
    """Which delay it is, and what was promised at first: the earliest of what its lines were."""
    lines = {each.line for each in subject.lines}
    first = min((each.first.latest_at for each in order.promises if each.line in lines), default=None)
    stage = DelayStage.FIRST
    if subject.latest_at is None:
        stage = DelayStage.INDEFINITE
    elif any(lines & set(each.lines) for each in order.consents):
        stage = DelayStage.NEXT
    return replace(subject, stage=stage, promised_at=first)


def waiting_units(line: Line) -> int:
    """Units of a line that can still be had otherwise: those that wait for supply; else those no location has begun."""
    return line.units.unplanned + line.units.pegged or line.units.pooled + line.units.allocated


def is_there(order: Order, subject: Subject) -> bool:
    """Has stock been found for all that is late, so that nothing of it waits for supply?"""
    late = {each.line for each in subject.lines}
    return not any(line.units.unplanned or line.units.pegged for line in order.lines if line.line in late)


def is_long(order: Order, subject: Subject, days: int) -> bool:
    """Is the delay one that the customer is asked about: of more days, without a date, or of what had no promise?"""
    if subject.latest_at is None:
        return True
    by_line = {promise.line: promise for promise in order.promises}
    limit = timedelta(days=days)
    for each in subject.lines:
        promise = by_line.get(each.line)
        if promise is None or subject.latest_at - promise.first.latest_at > limit:
            return True
    return False


def _uncollected(order: Order, number: int | None) -> dict[int, int]:
    fulfillment = order.fulfillment_of(number or 0)
    pickup = pickup_of(order, fulfillment) if fulfillment is not None else None
    if pickup is None or pickup.uncollected_at is None:
        return {}
    units: dict[int, int] = {}
    for parcel in ready_parcels(order, pickup):
        for item in parcel.items:
            units[item.line] = units.get(item.line, 0) + item.quantity
    return units
