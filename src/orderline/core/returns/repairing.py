"""Goods that a customer sends to be repaired: looked at, priced where no warranty covers it, repaired, and sent back.

They are the customer's all the while: they stand in no bucket of a shelf, and no money is given for them. What can't be
repaired is credited or replaced, and ours from then on: a return like any other. Source: domain model 2, 7 and 11.
"""

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from orderline.core.changes.amending import Amending
from orderline.core.changes.carrying import carry_out
from orderline.core.companies.limiting import hold_if_raised
from orderline.core.context import Context
from orderline.core.holds.rules import REPAIR, new_hold
from orderline.core.moves import StockBucket
from orderline.core.orders.agreeing import agreed_lines
from orderline.core.orders.cancel import cancelable_units, decide_cancel
from orderline.core.orders.commands import CancelUnits, HoldInput, LineInput, TenderInput
from orderline.core.orders.events import HoldPlaced, HoldReleased
from orderline.core.orders.guards import check_attachments, check_text
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.orders.settle import settle
from orderline.core.orders.state import STOCKED, AgreedLine, LineKind, LineQuantity, Order
from orderline.core.returns import commands as c
from orderline.core.returns import repair_commands as rc
from orderline.core.returns.decide import MOST_LINES
from orderline.core.returns.events import ItemStep, ReturnProgressed
from orderline.core.returns.exchanging import exchange_of, exchanged_lines, set_aside
from orderline.core.returns.grading import some_of
from orderline.core.returns.policy import DISPOSITIONS
from orderline.core.returns.recovering import charge_missing
from orderline.core.returns.refusals import ReturnRefusal as R
from orderline.core.returns.settling import grant, settle_return
from orderline.core.returns.shelves import ARRIVAL, cause_of, post_goods
from orderline.core.returns.standing import ANSWER_WITHIN, REPAIR_WITHIN
from orderline.core.returns.state import Custody, Exchange, Grade, RepairQuote, Return, ReturnItem
from orderline.core.returns.steps import (
    HERE,
    check_follows,
    chosen_items,
    current_order,
    current_return,
    item_of,
    open_return,
    progress,
    stocked_line,
)
from orderline.core.returns.warranty import is_covered
from orderline.core.stock.lots import UNKNOWN, LotUnits
from orderline.core.tenders.paying_again import BY, add_tender, guard_release
from orderline.core.world import Draft
from orderline.values.failures import Refused


def decide_assess(draft: Draft, command: rc.AssessReturn, context: Context) -> None:
    """Say what was found. What the warranty covers, or costs nothing, is repaired; a price waits for the customer's yes.

    Refused RETURN_ITEM_STATE: the goods are not here, were looked at, or are not to be repaired. RETURN_COVERED: a price is
    named for what the warranty covers. LINE_KIND_NOT_POSSIBLE: what it is sold as is no service.
    """
    order, returned = open_return(draft, command, context)
    if not 0 < len(command.assessed) <= MOST_LINES:
        allowed = f"1 to {MOST_LINES} items"
        raise Refused(R.RETURN_QUANTITY, field="assessed", value=len(command.assessed), allowed=allowed)
    steps: list[ItemStep] = []
    for index, each in enumerate(command.assessed):
        field = f"assessed[{index}]"
        item = _of_service(item_of(returned, each.item, f"{field}.item"), f"{field}.item")
        if item.custody is not Custody.RECEIVED:
            allowed = [Custody.RECEIVED.value]
            raise Refused(
                R.RETURN_ITEM_STATE, field=f"{field}.item", value=item.item, state=item.custody, allowed=allowed
            )
        custody, quote = _found(draft, order, returned, item, each, field)
        _, quantity = some_of(returned, each.item, each.quantity, custody, steps, field)
        steps.append(
            ItemStep(
                item=item.item,
                quantity=quantity,
                custody=custody,
                quote=quote,
                note=check_text(each.note, f"{field}.note", 2_000),
                photos=check_attachments(each.photos),
            )
        )
    asked = any(each.custody is Custody.QUOTED for each in steps)
    expires_at = max(context.now + ANSWER_WITHIN, returned.expires_at or context.now) if asked else None
    told = ReturnProgressed(
        number=returned.number, steps=tuple(steps), at=context.now, by=context.actor.name, expires_at=expires_at
    )
    draft.tell(order.id, told)


def _found(
    draft: Draft, order: Order, returned: Return, item: ReturnItem, each: rc.AssessedInput, field: str
) -> tuple[Custody, RepairQuote | None]:
    """Where the goods go on to, and the price that is asked for, if one is."""
    if each.finding is rc.Finding.REFUSED:
        return Custody.UNREPAIRED, None
    if each.finding is rc.Finding.UNREPAIRABLE:
        return Custody.UNREPAIRABLE, None
    covered = is_covered(item.terms, returned.requested_at) if each.covered is None else each.covered
    if not each.sku:
        if each.price_minor:
            raise Refused(OrderRefusal.SKU_UNKNOWN, field=f"{field}.sku", value="")
        return Custody.REPAIRING, None
    if covered:
        raise Refused(
            R.RETURN_COVERED, field=f"{field}.price_minor", value=each.price_minor, until=item.terms.warranty_by
        )
    line, agreed = stocked_line(order, item.line, field)
    wanted = LineInput(
        sku=each.sku, quantity=1, unit_price_minor=each.price_minor, taxes=each.taxes, group=agreed.group,
        description=f"Repair of {each.quantity} x {line.sku}",
    )  # fmt: skip
    [priced] = agreed_lines(
        draft.world, (wanted,), order.agreement.groups, taxes_included=order.agreement.taxes_included,
        after=len(order.agreement.lines),
    )  # fmt: skip
    if priced.kind in STOCKED or priced.kind is LineKind.BUNDLE:
        allowed = [LineKind.SERVICE, LineKind.DIGITAL]
        raise Refused(OrderRefusal.LINE_KIND_NOT_POSSIBLE, field=f"{field}.sku", value=each.sku, allowed=allowed)
    return Custody.QUOTED, RepairQuote(
        sku=priced.sku,
        unit_price_minor=priced.unit_price_minor,
        total_minor=priced.total_minor,
        description=priced.description,
        taxes=priced.taxes,
        sold_as=priced.sold_as,
    )


def decide_answer_quote(draft: Draft, command: rc.AnswerRepairQuote, context: Context) -> None:
    """Yes: the price is agreed on a line of its own, which is billed once the goods are repaired. No: they go back.

    Refused RETURN_ITEM_STATE: no price waits for an answer. TENDERS_EXCEED_TOTAL: more is tendered than it costs.
    Refused TERMS_NOT_AGREED: the company may not pay by invoice. What it owes with the price counts against its limit.
    """
    order, returned = open_return(draft, command, context)
    reason = check_text(command.reason, "reason", 500, required=True)
    chosen = _standing_at(returned, command.items, Custody.QUOTED)
    if not command.accept:
        progress(draft, order, returned.number, chosen, context, custody=Custody.UNREPAIRED, reason=reason)
        return
    change = Amending(current_order(draft, order))
    steps: list[ItemStep] = []
    for item in chosen:
        assert item.quote is not None, "what waits for an answer has a price"
        agreed = _fee_line(order, item, item.quote, len(change.lines) + 1)
        change.append(agreed)
        quote = replace(item.quote, line=agreed.line)
        steps.append(ItemStep(item=item.item, quantity=item.quantity, custody=Custody.REPAIRING, quote=quote))
        # what it is paid for is not done yet
        held = HoldInput(
            type=REPAIR, reason=f"return {returned.number}", owner=item.location, line=agreed.line,
            due_at=context.now + REPAIR_WITHIN,
        )  # fmt: skip
        placed = current_order(draft, order).holds_placed + 1
        draft.tell(order.id, HoldPlaced(replace(new_hold(held, placed, context), placed_by=BY)))
    carry_out(draft, change, f"repair, return {returned.number}", context)
    told = ReturnProgressed(
        number=returned.number, steps=tuple(steps), at=context.now, by=context.actor.name, reason=reason
    )
    draft.tell(order.id, told)
    _charge(draft, order, command.tenders, context)
    hold_if_raised(draft, order, context)


def _standing_at(returned: Return, named: Sequence[int], custody: Custody) -> list[ReturnItem]:
    """Items to be repaired that are at a step: those that are named, or all. Refused RETURN_ITEM_STATE: one is not, or none."""
    chosen = [item_of(returned, each) for each in dict.fromkeys(named)]
    chosen = chosen or [each for each in returned.items if each.custody is custody]
    wrong = [each.item for each in chosen if each.custody is not custody or not each.terms.service]
    if wrong or not chosen:
        raise Refused(R.RETURN_ITEM_STATE, field="items", value=wrong, allowed=[custody.value])
    return chosen


def _fee_line(order: Order, item: ReturnItem, quote: RepairQuote, number: int) -> AgreedLine:
    group = next(each.group for each in order.agreement.lines if each.line == item.line)
    return AgreedLine(
        line=number, sku=quote.sku, quantity=1, unit_price_minor=quote.unit_price_minor, total_minor=quote.total_minor,
        description=quote.description, kind=LineKind.SERVICE, group=group, taxes=quote.taxes, sold_as=quote.sold_as,
    )  # fmt: skip


def _charge(draft: Draft, order: Order, tenders: Sequence[TenderInput], context: Context) -> None:
    """Ask for the price; of what the order was paid with, where nothing else is named and that can be."""
    for tender in tenders:
        add_tender(draft, current_order(draft, order), tender, None, context)
    if not tenders:
        charge_missing(draft, order, context)
    settle(draft, order.id, context)
    guard_release(draft, current_order(draft, order), context)


def decide_finish(draft: Draft, command: rc.FinishRepair, context: Context) -> None:
    """Repaired: what it costs is billed and collected, and the goods go back. Else its price is canceled, and somebody decides.

    Refused RETURN_ITEM_STATE: nothing of it is being repaired.
    """
    order, returned = open_return(draft, command, context)
    note = check_text(command.note, "note", 500)
    custody = Custody.REPAIRED if command.repaired else Custody.UNREPAIRABLE
    named = command.items or tuple(each.item for each in returned.items if each.custody is Custody.REPAIRING)
    chosen = [_of_service(each, "items") for each in chosen_items(returned, named, custody)]
    for each in chosen:
        check_follows(each, Custody.REPAIRED)  # what was only looked at has not been tried
    progress(draft, order, returned.number, chosen, context, custody=custody, reason=note)
    let_go(draft, order, chosen, "the repair is over", context, cancels=not command.repaired)


def let_go(
    draft: Draft, order: Order, items: Sequence[ReturnItem], why: str, context: Context, *, cancels: bool
) -> None:
    """Nothing keeps the prices of repairs back any more. cancels: for they are not to be paid."""
    current = current_order(draft, order)
    fees = {each.quote.line for each in items if each.quote is not None and each.quote.line}
    for hold in current.holds:
        if hold.type == REPAIR and hold.line in fees:
            draft.tell(order.id, HoldReleased(hold.number, BY, context.now, why))
    open_ = [line for line in current.lines if line.line in fees and cancelable_units(line)] if cancels else []
    if open_:
        wanted = tuple(LineQuantity(line.line, cancelable_units(line)) for line in open_)
        decide_cancel(draft, CancelUnits(order=order.id, reason="not repaired", lines=wanted), context)
    settle(draft, order.id, context)
    guard_release(draft, current_order(draft, order), context)


def decide_replace(draft: Draft, command: rc.ReplaceReturn, context: Context) -> None:
    """Send something else, which what is credited for these goods pays for; they are ours from now on.

    Refused RETURN_ITEM_STATE: they can be repaired. RETURN_EXCHANGE, STOCK_NOT_AVAILABLE: what is to be sent can't be.
    """
    order, returned = open_return(draft, command, context)
    reason = check_text(command.reason, "reason", 500, required=True)
    chosen = _standing_at(returned, command.items, Custody.UNREPAIRABLE)
    asked = c.ExchangeInput(lines=command.lines)
    of_these = replace(returned, items=tuple(chosen))
    lines = exchanged_lines(draft, order, of_these, asked)
    exchange = exchange_of(order, of_these, lines, context.actor.name)
    if returned.exchange is not None:
        before = returned.exchange
        awaited = before.awaited_minor + exchange.awaited_minor
        exchange = Exchange(lines=(*before.lines, *exchange.lines), awaited_minor=awaited)
    take_over(draft, order, returned.number, chosen, context, reason, exchange)
    set_aside(draft, order, returned.number, lines, asked, context)
    taken = [item_of(current_return(draft, order, returned.number), each.item) for each in chosen]
    grant(draft, order, returned.number, taken, context, reason)
    settle_return(draft, order, returned.number, context)


def take_over(
    draft: Draft,
    order: Order,
    number: int,
    items: Sequence[ReturnItem],
    context: Context,
    reason: str = "",
    exchange: Exchange | None = None,
) -> None:
    """What was to be repaired is the customer's no longer: what is here stands in quality control, and is to be put away."""
    service = [each for each in items if each.terms.service]
    steps: list[ItemStep] = []
    for each in service:
        here = each.custody in HERE
        if here:
            _onto_the_shelf(draft, order, number, each, context.now)
        then = each.terms.dispositions.get(Grade.DEFECTIVE) or DISPOSITIONS[Grade.DEFECTIVE]
        steps.append(
            ItemStep(
                item=each.item,
                quantity=each.quantity,
                custody=Custody.GRADED if here else None,
                grade=Grade.DEFECTIVE if here else None,
                disposition=then if here else None,
                ours=True,
            )
        )
    if not steps and exchange is None:
        return
    told = ReturnProgressed(
        number=number, steps=tuple(steps), at=context.now, by=context.actor.name, reason=reason, exchange=exchange
    )
    draft.tell(order.id, told)
    let_go(draft, order, service, "not repaired", context, cancels=True)


def _onto_the_shelf(draft: Draft, order: Order, number: int, item: ReturnItem, at: datetime) -> None:
    line, _ = stocked_line(order, item.line, "items")
    lot = UNKNOWN if draft.world.lots.tracks(line.sku) else ""
    way = (StockBucket.IN_SERVICE, ARRIVAL)
    post_goods(draft, line.sku, item.location, way, (LotUnits(lot, item.quantity),), at, cause_of(order, number))


def fee_is_open(order: Order, item: ReturnItem) -> bool:
    """Is the price of a repair that was done still to be paid? Then nothing of it goes back yet."""
    line = order.line_of(item.quote.line) if item.quote is not None and item.quote.line else None
    return item.custody is Custody.REPAIRED and line is not None and bool(cancelable_units(line))


def _of_service(item: ReturnItem, field: str) -> ReturnItem:
    """Refused RETURN_ITEM_STATE: the goods of the item were not sent to be repaired."""
    if not item.terms.service:
        raise Refused(R.RETURN_ITEM_STATE, field=field, value=item.item, allowed="goods that are to be repaired")
    return item
