"""Rules of returns on their way: asked for, allowed, declined, withdrawn, sent, forgotten; and whether there is money.

Source: domain model 3 (custody, money) and 7 (alarm matrix).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from orderline.core.context import Context
from orderline.core.orders.guards import check_attachments, check_parcel, check_text, occurred
from orderline.core.orders.parcels import UNDER_WAY
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.orders.state import AgreedLine, Line, Order
from orderline.core.returns import commands as c
from orderline.core.returns.amounts import worth_of
from orderline.core.returns.events import ReturnOpened, ReturnSent
from orderline.core.returns.exchanging import (
    check_destination,
    exchange_of,
    exchanged_lines,
    follow_exchange,
    set_aside,
)
from orderline.core.returns.policy import MISSING, NO_POLICY, REASONS, Approve, Found, ReturnPolicy, terms_for
from orderline.core.returns.recovering import claim_unsent, guarded
from orderline.core.returns.refusals import ReturnRefusal as R
from orderline.core.returns.settling import settle_return
from orderline.core.returns.state import Custody, RefundAt, Return, ReturnItem, ReturnMoney
from orderline.core.returns.steps import (
    CUSTODY,
    check_comes_back,
    chosen_items,
    current_return,
    free_units,
    open_return,
    policy_for,
    progress,
    reopened,
    stocked_line,
)
from orderline.core.returns.warranty import check_repair, service_terms
from orderline.core.stock.checks import check_location
from orderline.core.world import Draft
from orderline.values.failures import Refused
from orderline.values.quantity import check_quantity
from orderline.values.time import utc

MOST_LINES: Final = 500
LONGEST_OPEN: Final = timedelta(days=365)


def decide_request(draft: Draft, command: c.RequestReturn, context: Context) -> None:
    """Open a return for units that were sent. What the policy lets through by itself is approved at once.

    Refused RETURN_NOT_POSSIBLE: nothing of it goes to a customer, or it is no goods and came as it should.
    Refused RETURN_NOT_SENT, RETURN_QUANTITY: the units are not with the customer, or are coming back already.
    Refused RETURN_EXCHANGE, STOCK_NOT_AVAILABLE: what is to be sent instead can't be.
    Refused RETURN_FINAL_SALE, RETURN_WINDOW_OVER: by the policy of the time of the sale; a person may approve all the
    same, saying why.
    """
    order = reopened(draft, command, context, "a return was asked for")
    policy = policy_for(draft, order, command)
    check_repair(command)
    if not 0 < len(command.lines) <= MOST_LINES:
        raise Refused(R.RETURN_QUANTITY, field="lines", value=len(command.lines), allowed=f"1 to {MOST_LINES} lines")
    reason = check_text(command.reason, "reason", 500, required=command.approve)
    items: list[ReturnItem] = []
    approved = True
    asked: dict[int, int] = {}
    for index, each in enumerate(command.lines):
        field = f"lines[{index}]"
        line, agreed = stocked_line(order, each.line, field)
        check_comes_back(order, agreed, each.reason, field)
        quantity = check_quantity(each.quantity, field=f"{field}.quantity")
        asked[line.line] = asked.get(line.line, 0) + quantity
        found = found_for(policy, order, agreed, each.reason, field, context.now, repair=command.repair)
        missing = REASONS[each.reason] == MISSING
        check_with_customer(order, line, asked[line.line], f"{field}.quantity", missing=missing)
        if found.against and not command.approve:
            raise Refused(
                R(found.against), field=f"{field}.line", value=line.line, sku=line.sku, rule=found.terms.rule,
                until=found.until, unblock="support",
            )  # fmt: skip
        approved = approved and (found.approve is Approve.AUTOMATIC or found.terms.statutory)
        terms = guarded(order, found.terms)
        if worth_of(order, line.line, quantity).total_minor < found.keep_below_minor:
            terms = msgspec.structs.replace(terms, keep=True, refund_at=RefundAt.APPROVED)
        items.append(
            ReturnItem(
                item=index + 1,
                line=line.line,
                quantity=quantity,
                reason=each.reason,
                terms=terms,
                custody=Custody.REQUESTED,
                note=check_text(each.note, f"{field}.note", 2_000),
                photos=check_attachments(each.photos),
            )
        )
    destination = check_destination(command)
    opened = Return(
        number=len(order.returns) + 1,
        source=command.source,
        items=tuple(items),
        to=destination_of(draft, policy, order, command.to, items),
        requested_at=context.now,
        requested_by=context.actor.name,
        moved_at=context.now,
        destination=destination,
        claimed=_claimed(order, command),
    )
    instead: list[AgreedLine] = []
    if command.exchange is not None:
        instead = exchanged_lines(draft, order, opened, command.exchange)
        exchange = exchange_of(order, opened, instead, context.actor.name)
        opened = msgspec.structs.replace(opened, exchange=exchange)
    draft.tell(order.id, ReturnOpened(opened))
    if command.exchange is not None:
        set_aside(draft, order, opened.number, instead, command.exchange, context)
    if command.approve or approved:
        _approve(draft, order, opened, items, context, policy.table.send_within_days, reason=reason)
    settle_return(draft, order, opened.number, context)


def decide_approve(draft: Draft, command: c.ApproveReturn, context: Context) -> None:
    """Refused RETURN_ITEM_STATE: it is decided already; WINDOW_NOT_ACCEPTABLE: send_by is past, or too far."""
    order, returned = open_return(draft, command, context)
    chosen = chosen_items(returned, command.items, Custody.APPROVED)
    send_by = utc(command.send_by, field="send_by") if command.send_by is not None else None
    if send_by is not None and not context.now < send_by <= context.now + LONGEST_OPEN:
        raise Refused(OrderRefusal.WINDOW_NOT_ACCEPTABLE, field="send_by", value=send_by, allowed="within a year")
    if command.to:
        check_location(draft.world, command.to)
    days = NO_POLICY.table.send_within_days
    _approve(draft, order, returned, chosen, context, days, send_by=send_by, to=command.to, keep=command.keep)
    settle_return(draft, order, returned.number, context)


def decide_decline(draft: Draft, command: c.DeclineReturn, context: Context) -> None:
    """Refused RETURN_STATUTORY: the law gives the customer the right; RETURN_ITEM_STATE: it is decided already."""
    order, returned = open_return(draft, command, context)
    chosen = chosen_items(returned, command.items, Custody.DECLINED)
    reason = check_text(command.reason, "reason", 500, required=True)
    lawful = [each.item for each in chosen if each.terms.statutory]
    if lawful:
        raise Refused(R.RETURN_STATUTORY, field="items", value=lawful, unblock="nobody: the law gives the right to it")
    progress(draft, order, returned.number, chosen, context, custody=Custody.DECLINED, reason=reason)
    follow_exchange(draft, order, returned.number, context)


def decide_withdraw(draft: Draft, command: c.WithdrawReturn, context: Context) -> None:
    """Refused RETURN_ITEM_STATE: the goods are on their way, or their money was given."""
    order, returned = open_return(draft, command, context)
    chosen = chosen_items(returned, command.items, Custody.WITHDRAWN)
    given = [each.item for each in chosen if each.money is ReturnMoney.CREDITED]
    if given:
        raise Refused(R.RETURN_ITEM_STATE, field="items", value=given, allowed="items whose money was not given")
    reason = check_text(command.reason, "reason", 500)
    progress(draft, order, returned.number, chosen, context, custody=Custody.WITHDRAWN, reason=reason)
    follow_exchange(draft, order, returned.number, context)


def decide_send(draft: Draft, command: c.SendReturn, context: Context) -> None:
    """Refused RETURN_ITEM_STATE: nothing of it waits to be sent."""
    order, returned = open_return(draft, command, context)
    chosen = chosen_items(returned, command.items, Custody.IN_TRANSIT)
    at = occurred(command.occurred_at, context)
    carrier = check_text(command.carrier, "carrier", 60)
    tracking = check_text(command.tracking_number, "tracking_number", 100)
    if carrier or tracking:
        draft.tell(order.id, ReturnSent(number=returned.number, carrier=carrier, tracking_number=tracking, at=at))
    progress(draft, order, returned.number, chosen, context, custody=Custody.IN_TRANSIT, at=at)
    settle_return(draft, order, returned.number, context)


def decide_expire(draft: Draft, command: c.ExpireReturn, context: Context) -> None:
    """Goods that were to come have not. Those whose money was given wait for a person's word, or for what their terms say.

    Refused RETURN_NOT_DUE: their time is not over; RETURN_ITEM_STATE: nothing waits.
    """
    order, returned = open_return(draft, command, context)
    if returned.expires_at is None or context.now < returned.expires_at:
        raise Refused(R.RETURN_NOT_DUE, value=returned.number, expires_at=returned.expires_at)
    silent = [each for each in returned.items if each.custody is Custody.QUOTED]
    if silent:
        why = "nobody has said yes to the price"
        progress(draft, order, returned.number, silent, context, custody=Custody.UNREPAIRED, reason=why)
        if not any(each.custody in CUSTODY[Custody.EXPIRED] for each in returned.items):
            return
    chosen = [each for each in chosen_items(returned, command.items, Custody.EXPIRED) if not each.terms.keep]
    if not chosen:
        raise Refused(R.RETURN_ITEM_STATE, field="items", value=[], allowed="items that are to come back")
    progress(draft, order, returned.number, chosen, context, custody=Custody.EXPIRED)
    claim_unsent(draft, order, returned.number, chosen, context)
    follow_exchange(draft, order, returned.number, context)


def found_for(
    policy: ReturnPolicy,
    order: Order,
    agreed: AgreedLine,
    reason: str,
    field: str,
    at: datetime,
    *,
    repair: bool = False,
) -> Found:
    """What a policy says of a line that is to go back, or to be repaired. Refused RETURN_REASON_UNKNOWN."""
    if reason not in REASONS:
        raise Refused(R.RETURN_REASON_UNKNOWN, field=f"{field}.reason", value=reason[:60], allowed=list(REASONS))
    there_at = delivered_at(order, agreed.line)
    if repair:
        return service_terms(policy, order, agreed, reason, field, there_at, at)
    return terms_for(policy, order, agreed, reason, there_at, at)


def delivered_at(order: Order, line: int) -> datetime | None:
    """When the last parcel with units of a line was delivered; None: some are on their way, or none was sent."""
    parcels = [e for e in order.parcels if not e.returned and any(item.line == line for item in e.items)]
    there = [each.moved_at for each in parcels if each.state == "delivered" and each.moved_at is not None]
    return max(there) if there and not any(each.state in UNDER_WAY for each in parcels) else None


def check_with_customer(order: Order, line: Line, quantity: int, field: str, *, missing: bool = False) -> None:
    """Refused RETURN_NOT_SENT: nothing of the line was sent; RETURN_QUANTITY: fewer units are there to come back.

    missing: they need not be with the customer; those that were lost count as well.
    """
    sent = line.units.shipped + line.units.delivered + (line.units.lost if missing else 0)
    if not sent:
        raise Refused(R.RETURN_NOT_SENT, field=field, value=quantity, line=line.line, unblock="support: cancel instead")
    free = max(0, min(sent, free_units(order, line)))
    if quantity > free:
        raise Refused(R.RETURN_QUANTITY, field=field, value=quantity, line=line.line, available=free)


def destination_of(draft: Draft, policy: ReturnPolicy, order: Order, asked: str, items: Sequence[ReturnItem]) -> str:
    """The location goods are to go to: as asked, as the policy says, or to where they came from."""
    if asked:
        check_location(draft.world, asked)
        return asked
    country = order.group_of(order.agreement.lines[items[0].line - 1].group).place.country if items else ""
    named = policy.location(country)
    if named in draft.world.settings.locations:
        return named
    lines = {item.line for item in items}
    for fulfillment in reversed(order.fulfillments):
        if any(item.line in lines and item.units.gone for item in fulfillment.items):
            return fulfillment.location
    return ""


def _claimed(order: Order, command: c.RequestReturn) -> int:
    """The parcel that a claim is about. Refused PARCEL_UNKNOWN; RETURN_NOT_POSSIBLE: nothing of these lines was in it."""
    if not command.parcel:
        return 0
    parcel = check_parcel(order, command.parcel)
    lines = {item.line for item in parcel.items}
    for each in command.lines:
        if each.line not in lines:
            raise Refused(R.RETURN_NOT_POSSIBLE, field="parcel", value=parcel.number, allowed=sorted(lines))
    return parcel.number


def _approve(
    draft: Draft,
    order: Order,
    returned: Return,
    items: Sequence[ReturnItem],
    context: Context,
    days: int,
    *,
    reason: str = "",
    send_by: datetime | None = None,
    to: str = "",
    keep: bool = False,
) -> None:
    current = current_return(draft, order, returned.number)
    expires_at = send_by or max(context.now + timedelta(days=days), current.expires_at or context.now)
    progress(
        draft, order, returned.number, items, context, custody=Custody.APPROVED, reason=reason, expires_at=expires_at,
        to=to, keep=keep,
    )  # fmt: skip
