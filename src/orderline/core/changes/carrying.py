"""Carry a change set out: what it comes to is told in the one order in which money and units never stand wrong in between."""

from collections.abc import Iterable
from typing import Final

from orderline.core.changes.amending import Amending
from orderline.core.context import Context
from orderline.core.decisions.asking import UNFILLABLE
from orderline.core.decisions.refusals import DecisionRefusal
from orderline.core.fulfillments.decide import allocate_instead, pull_back
from orderline.core.holds.rules import new_hold
from orderline.core.holds.scheduled import keep_schedule
from orderline.core.moves import Bucket, Move
from orderline.core.orders.agreed_events import OrderAmended
from orderline.core.orders.cancel import cancelable_units, decide_cancel
from orderline.core.orders.claims import check_for_sale, claim_stock
from orderline.core.orders.commands import CancelUnits, HoldInput
from orderline.core.orders.events import HoldPlaced, MovedItem, UnitsMoved
from orderline.core.orders.guards import check_fulfillment, check_line
from orderline.core.orders.reclaim import claim_all, count_backorders
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.settle import settle
from orderline.core.orders.state import STOCKED, Line, LineQuantity, Order
from orderline.core.world import Draft
from orderline.values.failures import Refused

_FREE: Final = (Bucket.UNPLANNED, Bucket.POOLED, Bucket.CANCELED)


def carry_out(draft: Draft, change: Amending, reason: str, context: Context) -> None:
    """Tell what a change set comes to, in the one order in which money and units never stand wrong in between."""
    world, order = draft.world, change.order
    agreement = change.agreement(reason, context)
    if agreement is None and not change.away:
        raise Refused(R.NOTHING_TO_DO, value=order.number)
    for person in change.people:
        draft.keep(person)
    for number in sorted({*change.away, *_planned_wrongly(order, change.elsewhere)}):
        here = check_fulfillment(world.order(order.id), number)
        pull_back(draft, order, here, reason or "delivered otherwise", context, exclude=number in change.away)
    if agreement is not None:
        draft.tell(order.id, OrderAmended(agreement))
    if change.removed:
        _cancel(draft, order, change, reason, context)
    waited = world.order(order.id)
    if agreement is not None:
        _give_back(draft, order, change, context)
        _claim(draft, order, change, context)
        if any(each.release_at is not None for each in (*order.agreement.groups, *agreement.groups)):
            keep_schedule(draft, order.id, context, before=order.agreement)
    for number, to in change.away.items():
        if to:
            allocate_instead(draft, order.fulfillments[number - 1], order, to, context)
    count_backorders(draft, waited, context)
    settle(draft, order.id, context)


def _planned_wrongly(order: Order, groups: set[int]) -> list[int]:
    """Fulfillment orders whose locations were to send goods of groups elsewhere, and have not taken the work."""
    return [
        each.number
        for each in order.fulfillments
        if each.group in groups and any(item.units.allocated for item in each.items)
        and not any(item.units.released for item in each.items)
    ]  # fmt: skip


def _give_back(draft: Draft, order: Order, change: Amending, context: Context) -> None:
    """Give back the claims of groups that are served from elsewhere.

    Refused DELIVERY_STARTED: units are pegged, or a location has taken the work.
    """
    current = draft.world.order(order.id)
    items: list[MovedItem] = []
    for line in current.lines:
        if line.kind not in STOCKED or line.group not in change.elsewhere | change.moved:
            continue
        moves = line.group in change.moved
        units = line.units
        begun = units.total() - sum(units.of(bucket) for bucket in _FREE) - (0 if moves else units.pegged)
        if begun:
            unblock = "location: let go of it first" if units.released + units.picked + units.packed else "support"
            raise Refused(
                DecisionRefusal.DELIVERY_STARTED, field="group", value=line.group, line=line.line, units=begun,
                unblock=unblock,
            )  # fmt: skip
        if moves:
            items += [MovedItem(line.line, Bucket.POOLED, Bucket.UNPLANNED, s.quantity, s.pool) for s in line.claims]
    if items:
        draft.tell(order.id, UnitsMoved(move=Move.UNRESERVE, items=tuple(items), at=context.now))


def _cancel(draft: Draft, order: Order, change: Amending, reason: str, context: Context) -> None:
    lines = tuple(LineQuantity(line, quantity) for line, quantity in change.removed.items())
    decide_cancel(draft, CancelUnits(order=order.id, reason=reason, lines=lines), context)
    current = draft.world.order(order.id)
    for number in change.at_once:
        was, now = check_line(order, number), check_line(current, number)
        if now.units.canceled != was.units.canceled + change.removed[number]:
            unblock = "location: let go of it first"
            raise Refused(
                R.FULFILLMENT_STARTED, field="line", value=number, units=change.removed[number], unblock=unblock
            )


def _claim(draft: Draft, order: Order, change: Amending, context: Context) -> None:
    """Claim what is new, and what is served from elsewhere."""
    world = draft.world
    current = world.order(order.id)
    for line in _of_groups(current, change.moved | change.elsewhere):
        check_for_sale(world, current, line, context.now)
    moved = [line.line for line in _of_groups(current, change.moved) if line.line not in change.added]
    strictly = [*moved, *(number for number in change.swapped if number not in moved)]
    if strictly:
        claim_all(draft, order.id, strictly, context)
    if not change.added:
        return
    current = world.order(order.id)
    added = [line for number in change.added if (line := current.line_of(number)) is not None]
    channel = world.settings.channels[order.channel]
    for number, why in claim_stock(draft, order.id, channel, lines=added, now=context.now):
        asked = HoldInput(type=UNFILLABLE, reason=why, line=number)
        draft.tell(order.id, HoldPlaced(new_hold(asked, world.order(order.id).holds_placed + 1, context)))


def _of_groups(order: Order, groups: set[int]) -> Iterable[Line]:
    return (line for line in order.lines if line.group in groups and line.kind in STOCKED and cancelable_units(line))
