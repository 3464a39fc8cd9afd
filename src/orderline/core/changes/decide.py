"""Rules of change sets. Source: domain model 3.1 (windows that close by facts) and 11.

All of a change set is one fact or nothing: what is agreed next stands first, then units are canceled, taken back and claimed
by the rules that hold for each alone, and in the end money follows. So nothing is given back in between that is owed again.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

from msgspec.structs import replace

from orderline.core.agreements.decide import check_not_raised
from orderline.core.changes.amending import (
    MOST_ACTIONS,
    Amending,
    amend,
    change_address,
    change_pickup,
    check_charges_open,
    check_price_open,
    substitute,
)
from orderline.core.changes.commands import ChangeOrder, UndoChange
from orderline.core.changes.refusals import ChangeRefusal as C
from orderline.core.context import Context
from orderline.core.decisions.asking import UNFILLABLE
from orderline.core.decisions.refusals import DecisionRefusal
from orderline.core.fulfillments.decide import decide_allocate, pull_back
from orderline.core.fulfillments.moving import open_units
from orderline.core.holds.rules import new_hold
from orderline.core.holds.scheduled import keep_schedule
from orderline.core.moves import Bucket, Move
from orderline.core.orders.agreed_events import OrderAmended
from orderline.core.orders.cancel import cancelable_units, decide_cancel
from orderline.core.orders.claims import check_for_sale, claim_stock
from orderline.core.orders.commands import AllocateUnits, Allotment, CancelUnits, HoldInput
from orderline.core.orders.delivery import ChangeDelivery
from orderline.core.orders.events import HoldPlaced, MovedItem, UnitsMoved
from orderline.core.orders.guards import check_fulfillment, check_line, check_text, ongoing_order
from orderline.core.orders.reclaim import claim_all, count_backorders
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.settle import settle
from orderline.core.orders.state import STOCKED, AgreedLine, Agreement, Line, LineQuantity, Negotiation, Order
from orderline.core.orders.substitution import SubstituteUnits
from orderline.core.orders.swapping import agreed_of, swapped_line
from orderline.core.tenders.paying_again import add_tender, guard_release
from orderline.core.world import Draft
from orderline.values.failures import Refused

_FREE: Final = (Bucket.UNPLANNED, Bucket.POOLED, Bucket.CANCELED)


def decide_change(draft: Draft, command: ChangeOrder, context: Context, *, probe: bool = False) -> None:
    """Agree anew, all or nothing. Facts of a refusal name the action by its place (`actions[0].line`).

    probe: see whether it could be done, whatever the addresses are that come with an answer.

    Refused CHANGES_MISSING, NOTHING_TO_DO: there is no action, or all is agreed so.
    Refused PRICE_FINAL, CHARGE_UNKNOWN: goods have left, or money was credited; a credit is the way.
    Refused FULFILLMENT_STARTED, DELIVERY_STARTED: a location has the units; facts say who can let go of them.
    Refused STOCK_NOT_AVAILABLE, SKU_NOT_FOR_SALE ...: as a placement, a cancellation or a routing would be.
    """
    order = ongoing_order(draft.world, command)
    reason = check_text(command.reason, "reason", 200, required=True)
    if not 0 < len(command.actions) <= MOST_ACTIONS:
        raise Refused(C.CHANGES_MISSING, field="actions", value=len(command.actions), allowed=f"1 to {MOST_ACTIONS}")
    change = Amending(order)
    for index, action in enumerate(command.actions):
        try:
            amend(draft.world, change, action, context, probe=probe)
        except Refused as refused:
            refused.facts["field"] = f"actions[{index}].{refused.facts.get('field', '')}".rstrip(".")
            raise
    carry_out(draft, change, reason, context)
    for tender in command.tenders:
        add_tender(draft, draft.world.order(order.id), tender, None, context)
    if command.tenders:
        settle(draft, order.id, context)
    check_not_raised(order, draft.world.order(order.id))
    guard_release(draft, order, context)


def decide_undo(draft: Draft, command: UndoChange, context: Context) -> None:
    """The mirror of the last change: prices, charges and groups as before, what was added given up, what was removed added.

    Refused NOTHING_TO_DO: nothing was changed; VERSION_STALE: something else was agreed since.
    Refused UNDO_NOT_POSSIBLE: units that were added have left, or a location was asked and has not answered.
    Refused as the same change would be if it was asked for.
    """
    order = ongoing_order(draft.world, command)
    reason = check_text(command.reason, "reason", 200, required=True)
    if len(order.agreements) < 2:
        raise Refused(R.NOTHING_TO_DO, value=order.number)
    before, now = order.agreements[-2:]
    if command.agreement not in (None, now.number):
        raise Refused(R.VERSION_STALE, field="agreement", value=command.agreement, current=now.number)
    carry_out(draft, _mirror(order, before, now), reason, context)
    check_not_raised(order, draft.world.order(order.id))
    guard_release(draft, order, context)


def decide_change_delivery(draft: Draft, command: ChangeDelivery, context: Context, *, probe: bool = False) -> None:
    """Another store, an address, or not all at once. probe: see whether it could be done, whatever the address is.

    Refused GROUP_UNKNOWN, PICKUP_LOCATION_UNKNOWN, ADDRESS_MISSING; NOTHING_TO_DO: it is agreed so.
    Refused DELIVERY_STARTED: units of the group are pegged, at a location, or gone.
    Refused STOCK_NOT_AVAILABLE: fewer units can be had there than the group needs.
    """
    order = ongoing_order(draft.world, command)
    change = Amending(order)
    group = change.group_of(command.group)
    if command.ship_complete is not None:
        change.put_group(replace(group, ship_complete=command.ship_complete))
    if command.pickup_location is not None:
        change_pickup(draft.world, change, change.group_of(group.group), command.pickup_location)
    elif command.to_address or command.address is not None:
        change_address(change, change.group_of(group.group), command.address, probe=probe)
    carry_out(draft, change, "", context)


def decide_substitute(draft: Draft, command: SubstituteUnits, context: Context) -> None:
    """Refused FULFILLMENT_STARTED: a location has begun with the units; as `amending.substitute` says, and `cancel_units`."""
    order = ongoing_order(draft.world, command)
    reason = check_text(command.reason, "reason", 200)
    change = Amending(order)
    substitute(draft.world, change, command.line, command.sku, command.quantity, context)
    why = f"substituted by {change.lines[-1].sku}" + (f": {reason}" if reason else "")
    carry_out(draft, change, why, context)
    check_not_raised(order, draft.world.order(order.id))


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
            keep_schedule(draft, order.id, context)
    for number, to in change.away.items():
        if to:
            _allocate(draft, order, number, to, context)
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


def _allocate(draft: Draft, before: Order, number: int, to: str, context: Context) -> None:
    """Have a location serve what another one was to serve. Refused as a routing decision is."""
    fulfillment = before.fulfillments[number - 1]
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


def _mirror(order: Order, before: Agreement, now: Agreement) -> Amending:
    change = Amending(order)
    _check_answered(order, now)
    known = {line.line for line in before.lines}
    for agreed in now.lines:
        line = order.line_of(agreed.line)
        if agreed.line in known or line is None:
            continue
        if line.units.gone:
            unblock = "customer: return the goods"
            raise Refused(C.UNDO_NOT_POSSIBLE, field="line", value=agreed.line, units=line.units.gone, unblock=unblock)
        if cancelable_units(line):
            change.remove(line.line, cancelable_units(line))
    _price_back(change, before, now)
    for group in before.groups:
        if group != change.group_of(group.group):
            change.put_group(group)
    for each in now.removed:
        line = check_line(order, each.line)
        units = min(each.quantity, line.units.canceled)
        if units:
            agreed = agreed_of(order, each.line)
            again = swapped_line(
                agreed, line.units.canceled - units, units, agreed.unit_price_minor,
                taxes_included=now.taxes_included,
            )  # fmt: skip
            change.append(replace(again, line=len(change.lines) + 1, parent=None))
    return change


def _check_answered(order: Order, now: Agreement) -> None:
    asked = any(each.negotiation is Negotiation.CANCEL_REQUESTED and open_units(each) for each in order.fulfillments)
    if now.removed and asked:
        raise Refused(C.UNDO_NOT_POSSIBLE, field="agreement", value=now.number, unblock="location: answer first")


def _price_back(change: Amending, before: Agreement, now: Agreement) -> None:
    was = {line.line: line for line in before.lines}
    priced: set[int] = set()
    for index, line in enumerate(change.lines):
        old = was.get(line.line)
        if old is not None and _money(old) != _money(line):
            priced.add(line.line)
        if old is not None:
            change.lines[index] = replace(old, kind=line.kind)
    if priced:
        check_price_open(change.order, priced)
    if before.charges != now.charges:
        check_charges_open(change.order)
        change.charges = list(before.charges)


def _money(line: AgreedLine) -> tuple[Any, ...]:
    return (line.unit_price_minor, line.discount_minor, line.taxes, line.total_minor)


RULES: Final[dict[type, Callable[[Draft, Any, Context], Any]]] = {
    ChangeOrder: decide_change,
    UndoChange: decide_undo,
    ChangeDelivery: decide_change_delivery,
    SubstituteUnits: decide_substitute,
}
