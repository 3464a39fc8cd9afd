"""Promises of an order: made, revised when they can't stand, and ended as kept, missed or void."""

from collections.abc import Iterable
from datetime import datetime

from orderline.core.context import Context
from orderline.core.moves import BEFORE_SHIPMENT, Bucket
from orderline.core.orders.commands import PromiseLines
from orderline.core.orders.events import (
    PromiseCommitted,
    PromisedLine,
    PromiseRevised,
    PromiseSettled,
)
from orderline.core.orders.guards import check_line, check_text, ongoing_order
from orderline.core.orders.promised import (
    LinePromise,
    LineWindowInput,
    PromiseCause,
    PromiseOutcome,
    window_of,
)
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.state import Line, Order, ParcelState
from orderline.core.world import Draft
from orderline.values.failures import Refused
from orderline.values.ids import OrderId

_OPEN = (*BEFORE_SHIPMENT, Bucket.SHIPPED)


def decide_promise_lines(draft: Draft, command: PromiseLines, context: Context) -> None:
    """Promise lines that were not, revise those that were. Refused NOTHING_TO_DO: all stands as it is.

    Refused LINE_UNKNOWN; WINDOW_NOT_ACCEPTABLE: a window ends before it begins.
    """
    order = ongoing_order(draft.world, command)
    check_text(command.reason, "reason", 500)
    for given in command.lines:
        check_line(order, given.line)
    told = len(draft.events)
    promise_lines(
        draft, order, command.lines, context, policy=command.policy, source=command.source, cause=command.cause,
        reason=command.reason, earlier=command.earlier,
    )  # fmt: skip
    if len(draft.events) == told:
        raise Refused(R.NOTHING_TO_DO, value=order.number)


def promise_lines(
    draft: Draft,
    order: Order,
    lines: Iterable[LineWindowInput],
    context: Context,
    *,
    policy: str = "",
    source: str = "",
    cause: PromiseCause | None = None,
    reason: str = "",
    earlier: bool = False,
) -> None:
    """Commit what was not promised, revise what comes later than promised; what has ended stays.

    cause: that of a revision; None: read off the order. earlier: a window that ends earlier is told, too.
    """
    standing = {promise.line: promise for promise in order.promises}
    made: list[PromisedLine] = []
    revised: dict[PromiseCause, list[PromisedLine]] = {}
    for given in lines:
        if given.latest_at < given.earliest_at:
            raise Refused(R.WINDOW_NOT_ACCEPTABLE, field="lines", value=given.line, allowed="earliest before latest")
        window = window_of(given, context.now, policy, source)
        before = standing.get(given.line)
        if before is None:
            made.append(PromisedLine(given.line, window))
        elif before.outcome is None and (
            window.latest_at > before.window.latest_at or (earlier and window.latest_at < before.window.latest_at)
        ):
            why = cause or cause_of(order, given.line, before)
            revised.setdefault(why, []).append(PromisedLine(given.line, window))
    if made:
        draft.tell(order.id, PromiseCommitted(tuple(made)))
    for why, changed in revised.items():
        draft.tell(order.id, PromiseRevised(tuple(changed), why, reason))


def cause_of(order: Order, line: int, promise: LinePromise) -> PromiseCause:
    """Why units come later than promised, as far as the order itself knows."""
    found = order.line_of(line)
    if promise.window.supply:
        return PromiseCause.SUPPLIER
    if found is not None and found.excluded:
        return PromiseCause.LOCATION
    if found is not None and (found.backordered or found.units.unplanned):
        return PromiseCause.STOCK
    if order.holds_placed:
        return PromiseCause.HOLD
    return PromiseCause.US


def settle_promises(draft: Draft, order_id: OrderId, context: Context) -> None:
    """End the promises of lines of which nothing is on its way any more: kept or missed, by when the last unit came."""
    order = draft.world.orders[order_id]
    if order is None or not order.promises:
        return
    for promise in order.promises:
        line = order.line_of(promise.line)
        if promise.outcome is not None or line is None or any(getattr(line.units, bucket) for bucket in _OPEN):
            continue
        there = line.units.delivered + line.units.returned
        at = _there_at(order, line) or context.now  # what is not sent is there when it is fulfilled
        if not there:
            lost = bool(line.units.lost)
            outcome = PromiseOutcome.MISSED if lost else PromiseOutcome.VOID
            cause = PromiseCause.CARRIER if lost else PromiseCause.CUSTOMER
            draft.tell(order_id, PromiseSettled(promise.line, outcome, at, cause))
        elif at <= promise.first.latest_at and not line.units.lost:
            draft.tell(order_id, PromiseSettled(promise.line, PromiseOutcome.KEPT, at))
        else:
            cause = promise.cause or _who_was_late(order, line, promise)
            draft.tell(order_id, PromiseSettled(promise.line, PromiseOutcome.MISSED, at, cause))


def promised_latest(order: Order, group: int) -> datetime | None:
    """When the last line of a group is to be there; None: nothing was promised, or all of it has ended."""
    of_group = {line.line for line in order.lines if line.group == group}
    standing = (each for each in order.promises if each.line in of_group and each.outcome is None)
    return max((each.window.latest_at for each in standing), default=None)


def _there_at(order: Order, line: Line) -> datetime | None:
    """When the last parcel with units of the line was delivered."""
    arrived = [
        parcel.moved_at
        for parcel in order.parcels
        if parcel.state in (ParcelState.DELIVERED, ParcelState.RETURNED, ParcelState.RETURNING)
        and parcel.moved_at is not None
        and not parcel.returned
        and any(item.line == line.line for item in parcel.items)
    ]
    return max(arrived, default=None)


def _who_was_late(order: Order, line: Line, promise: LinePromise) -> PromiseCause:
    """The location, when it handed over later than it should have; the carrier otherwise."""
    handed = [
        shipment.handed_over_at
        for shipment in order.shipments
        for number in shipment.parcels
        if any(item.line == line.line for item in order.parcels[number - 1].items)
    ]
    by = promise.window.handover_at
    if by is not None and handed and max(handed) > by:
        return PromiseCause.LOCATION
    return PromiseCause.CARRIER
