"""Exchanges: other goods for goods that come back, in the same order. One agreement more, and one credit, settle them.

What is sent is set aside when it is asked for and held until the money of what comes back is there; a difference is paid
with the request, or given back with the credit. Source: domain model 7 and 6.2 (exchange carry-over).
"""

from collections.abc import Sequence

from msgspec.structs import replace

from orderline.core.changes.amending import Amending
from orderline.core.changes.carrying import carry_out
from orderline.core.companies.limiting import check_raised
from orderline.core.context import Context
from orderline.core.holds.rules import EXCHANGE, new_hold
from orderline.core.orders.agreeing import agreed_lines
from orderline.core.orders.cancel import cancelable_units, decide_cancel
from orderline.core.orders.commands import CancelUnits, HoldInput, LineInput
from orderline.core.orders.credited import CreditLine, Destination
from orderline.core.orders.events import HoldPlaced, HoldReleased
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.orders.settle import settle
from orderline.core.orders.state import STOCKED, AgreedLine, LineKind, LineQuantity, Order
from orderline.core.orders.swapping import agreed_of
from orderline.core.returns import commands as c
from orderline.core.returns.amounts import credit_for, with_credited, worth_of
from orderline.core.returns.refusals import ReturnRefusal as R
from orderline.core.returns.standing import is_awaited
from orderline.core.returns.state import Exchange, Return, ReturnMoney
from orderline.core.returns.steps import current_order, current_return
from orderline.core.tenders.paying_again import BY, add_tender, guard_release
from orderline.core.world import Draft
from orderline.values.failures import Refused


def check_destination(command: c.RequestReturn) -> Destination:
    """Where the money of a return goes; first to what is sent in exchange. Refused RETURN_EXCHANGE: there is nothing such."""
    wanted = command.destination
    if command.exchange is not None:
        if wanted is Destination.STORE_CREDIT:
            raise Refused(R.RETURN_EXCHANGE, field="destination", value=wanted, allowed=[Destination.EXCHANGE.value])
        return Destination.EXCHANGE
    if wanted is Destination.EXCHANGE:
        raise Refused(R.RETURN_EXCHANGE, field="exchange", value=None, allowed="what is to be sent instead")
    return wanted


def exchanged_lines(draft: Draft, order: Order, returned: Return, asked: c.ExchangeInput) -> list[AgreedLine]:
    """What is to be agreed of the goods that are sent instead.

    Refused RETURN_EXCHANGE: nothing is to be sent, or more units for the money of a line than come back of it.
    """
    if not 0 < len(asked.lines) <= len(order.agreement.lines) + 100:
        raise Refused(R.RETURN_EXCHANGE, field="exchange.lines", value=len(asked.lines), allowed="1 to 100 lines")
    inputs: list[LineInput] = []
    given = order
    left: dict[int, int] = {}
    for item in returned.items:
        left[item.line] = left.get(item.line, 0) + item.quantity
    for index, each in enumerate(asked.lines):
        field = f"exchange.lines[{index}]"
        number = each.instead_of if each.instead_of is not None else next(iter(left), 0)
        if number not in left or (each.instead_of is None and len(left) > 1):
            raise Refused(R.RETURN_EXCHANGE, field=f"{field}.instead_of", value=each.instead_of, allowed=sorted(left))
        agreed = agreed_of(order, number)
        seller = agreed.seller.seller if agreed.seller is not None and each.sku == agreed.sku else ""
        if each.unit_price_minor is not None:
            inputs.append(
                LineInput(
                    sku=each.sku, quantity=each.quantity, unit_price_minor=each.unit_price_minor, group=agreed.group,
                    discount_minor=each.discount_minor, taxes=each.taxes, seller=seller,
                )
            )  # fmt: skip
            continue
        if not 0 < each.quantity <= left[number]:
            raise Refused(R.RETURN_EXCHANGE, field=f"{field}.quantity", value=each.quantity, available=left[number])
        left[number] -= each.quantity
        worth = worth_of(given, number, each.quantity)
        given = with_credited(given, CreditLine(worth.line, worth.quantity, worth.net_minor, worth.taxes))
        price = worth.total_minor if order.agreement.taxes_included else worth.net_minor
        unit = max(agreed.unit_price_minor, -(-price // each.quantity))
        inputs.append(
            LineInput(
                sku=each.sku, quantity=each.quantity, unit_price_minor=unit, group=agreed.group,
                discount_minor=unit * each.quantity - price, taxes=worth.taxes, seller=seller,
            )
        )  # fmt: skip
    agreement = order.agreement
    made = agreed_lines(
        draft.world, inputs, agreement.groups, taxes_included=agreement.taxes_included, after=len(agreement.lines)
    )
    return [replace(each, exchanged=returned.number) for each in made]


def exchange_of(order: Order, returned: Return, lines: Sequence[AgreedLine], by: str) -> Exchange:
    """What is sent instead, and what of it the goods that come back pay."""
    price = sum(each.total_minor for each in lines if each.parent is None)
    credit = credit_for(order, returned, returned.items, by)
    return Exchange(lines=tuple(each.line for each in lines), awaited_minor=max(0, min(price, credit.total_minor)))


def set_aside(
    draft: Draft, order: Order, number: int, lines: Sequence[AgreedLine], asked: c.ExchangeInput, context: Context
) -> None:
    """Agree on what is sent instead, claim its units, hold it, and take what it costs more.

    Refused STOCK_NOT_AVAILABLE, SKU_NOT_FOR_SALE: it can't be had. TENDERS_EXCEED_TOTAL: more is tendered than it costs more.
    """
    change = Amending(current_order(draft, order))
    for each in lines:
        change.append(each)
    hold_until = current_return(draft, order, number).expires_at
    for each in lines:
        if each.kind is LineKind.BUNDLE:
            continue
        asked_hold = HoldInput(
            type=EXCHANGE, reason=f"return {number}", owner="customer", line=each.line, due_at=hold_until
        )
        placed = current_order(draft, order).holds_placed + 1
        draft.tell(order.id, HoldPlaced(replace(new_hold(asked_hold, placed, context), placed_by=BY)))
    carry_out(draft, change, f"exchange for return {number}", context)
    for each in lines:
        line = current_order(draft, order).line_of(each.line)
        if line is not None and line.kind in STOCKED and line.units.unplanned:
            raise Refused(
                OrderRefusal.STOCK_NOT_AVAILABLE, field="exchange.lines", value=line.units.total(), sku=line.sku,
                available=line.units.total() - line.units.unplanned,
            )  # fmt: skip
    for tender in asked.tenders:
        add_tender(draft, current_order(draft, order), tender, None, context)
    if asked.tenders:
        settle(draft, order.id, context)
    check_raised(draft, order, context)


def follow_exchange(draft: Draft, order: Order, number: int, context: Context) -> None:
    """When nothing more is to come: let go of what was set aside, for it is paid; or give it up, for nothing came."""
    returned = current_return(draft, order, number)
    exchange = returned.exchange
    if exchange is None or is_awaited(returned):
        return
    current = current_order(draft, order)
    held = [each for each in current.holds if each.type == EXCHANGE and each.line in exchange.lines]
    if not held:
        return
    paid = any(item.money is ReturnMoney.CREDITED for item in returned.items)
    why = "what it is exchanged for was credited" if paid else f"return {number} came to nothing"
    for hold in held:
        draft.tell(order.id, HoldReleased(hold.number, BY, context.now, why))
    if not paid:
        lines = [line for line in current.lines if line.line in exchange.lines and cancelable_units(line)]
        if lines:
            wanted = tuple(LineQuantity(line.line, cancelable_units(line)) for line in lines)
            decide_cancel(draft, CancelUnits(order=order.id, reason=why, lines=wanted), context)
    settle(draft, order.id, context)
    guard_release(draft, current_order(draft, order), context)
