"""Rules of change sets. Source: domain model 3.1 (windows that close by facts) and 11.

All of a change set is one fact or nothing: what is agreed next stands first, then units are canceled, taken back and claimed
by the rules that hold for each alone, and in the end money follows. So nothing is given back in between that is owed again.
"""

from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from orderline.core.appeasements.giving import NOBODY, give, take_back
from orderline.core.changes import actions as a
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
from orderline.core.changes.carrying import carry_out
from orderline.core.changes.commands import ChangeOrder, UndoChange, asked_back
from orderline.core.changes.refusals import ChangeRefusal as C
from orderline.core.companies.limiting import check_raised
from orderline.core.context import Context
from orderline.core.decisions.doubting import doubted_groups, doubted_hold
from orderline.core.fulfillments.moving import open_units
from orderline.core.holds.resolving import decide_release_hold
from orderline.core.holds.rules import ADDRESS
from orderline.core.orders.cancel import cancelable_units
from orderline.core.orders.commands import ReleaseHold
from orderline.core.orders.delivery import ChangeDelivery
from orderline.core.orders.guards import check_line, check_living, check_text, known_order, ongoing_order
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.settle import settle
from orderline.core.orders.state import AgreedLine, Agreement, Negotiation, Order
from orderline.core.orders.substitution import SubstituteUnits
from orderline.core.orders.swapping import swapped_line
from orderline.core.returns.commands import WithdrawReturn
from orderline.core.returns.decide import decide_request, decide_withdraw
from orderline.core.returns.steps import reopened
from orderline.core.tenders.paying_again import add_tender, guard_release
from orderline.core.world import Draft
from orderline.values.failures import Refused


def decide_change(draft: Draft, command: ChangeOrder, context: Context, *, probe: bool = False) -> None:
    """Agree anew, all or nothing. Facts of a refusal name the action by its place (`actions[0].line`).

    probe: see whether it could be done, whatever the addresses are that come with an answer.

    Refused ORDER_CANCELED: nothing of it is left to be changed. CHANGES_MISSING, NOTHING_TO_DO: there is no action, or all is agreed so.
    Refused PRICE_FINAL, CHARGE_UNKNOWN: goods have left, or are all canceled, or money was credited; a credit is the way.
    Refused FULFILLMENT_STARTED, DELIVERY_STARTED: a location has the units; facts say who can let go of them.
    Refused STOCK_NOT_AVAILABLE, SKU_NOT_FOR_SALE ...: as a placement, a cancellation or a routing would be.
    Refused APPEASEMENT_LIMIT, APPEASEMENT_NOTHING_LEFT, RETURN_NOT_SENT ...: as giving money and taking back goods are.
    """
    follows = all(isinstance(each, a.Appease | a.ReturnUnits) for each in command.actions)
    why = "money was given, or goods are to come back"
    order = reopened(draft, command, context, why) if follows else ongoing_order(draft.world, command)
    if not follows:
        check_living(order)
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
    for action in change.gives:
        give(draft, order.id, action, command.giving or NOBODY, context)
    for action in change.returns:
        decide_request(draft, asked_back(order.id, action, reason, command.policy), context)
    if change.gives:
        settle(draft, order.id, context)
    for tender in command.tenders:
        add_tender(draft, draft.world.order(order.id), tender, None, context)
    if command.tenders:
        settle(draft, order.id, context)
    check_raised(draft, order, context)
    guard_release(draft, order, context)


def decide_undo(draft: Draft, command: UndoChange, context: Context) -> None:
    """The mirror of the last change: prices, charges and groups as before, what was added given up, what was removed added.

    What was given is owed again; what was to come back stays, and nothing is sent in its place.

    Refused ORDER_CANCELED: the change gave nothing up that could come back; it is not what canceled the order.
    Refused NOTHING_TO_DO: nothing was changed; VERSION_STALE: something else was agreed since.
    Refused UNDO_NOT_POSSIBLE: units that were added have left, or a location was asked and has not answered; goods are on
    their way back, or have come; what was given was spent, or goods that bore it were credited since.
    Refused as the same change would be if it was asked for.
    """
    order = known_order(draft.world, command)
    reason = check_text(command.reason, "reason", 200, required=True)
    if len(order.agreements) < 2:
        raise Refused(R.NOTHING_TO_DO, value=order.number)
    before, now = _last_change(order)
    if command.agreement not in (None, now.number):
        raise Refused(R.VERSION_STALE, field="agreement", value=command.agreement, current=now.number)
    if not now.removed:
        check_living(order)
    undone = bool(now.returned or now.given)
    order = reopened(draft, command, context, "a change was undone") if undone else ongoing_order(draft.world, command)
    for number in now.returned:
        _keep(draft, order, number, reason, context)
    for number in reversed(now.given):
        if not take_back(draft, order.id, number, command.giving or NOBODY, context):
            raise Refused(C.UNDO_NOT_POSSIBLE, field="given", value=number, unblock="support: agree on it anew")
    change = _mirror(draft.world.order(order.id), before, now)
    change.undone = undone
    carry_out(draft, change, reason, context)
    check_raised(draft, order, context)
    guard_release(draft, order, context)


def _last_change(order: Order) -> tuple[Agreement, Agreement]:
    """What was agreed before the last change and with it; what was sent in exchange is agreed right after its return."""
    agreements = order.agreements
    at, numbers = len(agreements) - 1, set[int]()
    while at >= 1 and (sent := _exchanged(agreements[at - 1], agreements[at])):
        numbers |= sent
        at -= 1
    if not numbers <= set(agreements[at].returned):
        before, now = agreements[-2:]
        return before, replace(now, returned=tuple(sorted(_exchanged(before, now))))
    asked = agreements[at]
    return agreements[at - 1], replace(
        agreements[-1], removed=asked.removed, given=asked.given, returned=asked.returned
    )  # fmt: skip


def _exchanged(before: Agreement, now: Agreement) -> set[int]:
    """The returns whose exchange was agreed."""
    known = {line.line for line in before.lines}
    return {line.exchanged for line in now.lines if line.line not in known and line.exchanged}


def _keep(draft: Draft, order: Order, number: int, reason: str, context: Context) -> None:
    """The customer keeps the goods of a return after all."""
    try:
        decide_withdraw(draft, WithdrawReturn(order=order.id, number=number, reason=reason), context)
    except Refused as refused:
        unblock = "location: the goods are on their way, or their money was given"
        raise Refused(C.UNDO_NOT_POSSIBLE, field="returned", value=number, unblock=unblock) from refused


def decide_change_delivery(draft: Draft, command: ChangeDelivery, context: Context, *, probe: bool = False) -> None:
    """Another store, an address, or not all at once. probe: see whether it could be done, whatever the address is.

    Refused GROUP_UNKNOWN, PICKUP_LOCATION_UNKNOWN, ADDRESS_MISSING; NOTHING_TO_DO: it is agreed so.
    Refused DELIVERY_STARTED: units of the group are pegged, at a location, or gone.
    Refused STOCK_NOT_AVAILABLE: fewer units can be had there than the group needs.
    Refused HOLD_UNKNOWN: no open hold of that number is on the address of the group; HOLD_NOT_YOURS ...: as lifting it.
    """
    order = ongoing_order(draft.world, command)
    check_living(order)
    change = Amending(order)
    group = change.group_of(command.group)
    if command.hold is not None:
        _check_doubted(order, command.hold, group.group)
    if command.ship_complete is not None:
        change.put_group(replace(group, ship_complete=command.ship_complete))
    if command.pickup_location is not None:
        change_pickup(draft.world, change, change.group_of(group.group), command.pickup_location)
    elif command.to_address or command.address is not None:
        change_address(change, change.group_of(group.group), command.address, probe=probe)
    carry_out(draft, change, "", context)
    if command.hold is not None:
        lifted = ReleaseHold(
            order=order.id, hold=command.hold, reason="it goes to another address", authority=command.authority
        )
        decide_release_hold(draft, lifted, context)


def _check_doubted(order: Order, number: int, group: int) -> None:
    """Refused HOLD_UNKNOWN: no open hold of that number is on the address of the group."""
    hold = doubted_hold(order, number)
    if hold is None or all(each.group != group for each in doubted_groups(order, hold)):
        doubted = [each.number for each in order.holds if each.type == ADDRESS]
        raise Refused(R.HOLD_UNKNOWN, field="hold", value=number, allowed=doubted)


def decide_substitute(draft: Draft, command: SubstituteUnits, context: Context) -> None:
    """Refused FULFILLMENT_STARTED: a location has begun with the units; as `amending.substitute` says, and `cancel_units`."""
    order = ongoing_order(draft.world, command)
    reason = check_text(command.reason, "reason", 200)
    change = Amending(order)
    substitute(draft.world, change, command.line, command.sku, command.quantity, context)
    why = f"substituted by {change.lines[-1].sku}" + (f": {reason}" if reason else "")
    carry_out(draft, change, why, context)
    check_raised(draft, order, context)


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
            agreed = next(was for was in before.lines if was.line == each.line)
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
