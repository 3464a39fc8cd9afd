"""Goods that came back: taken in, looked at, put away. Each unit stands on a shelf of the location from then on."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from orderline.core.context import Context
from orderline.core.moves import Bucket, Move, StockBucket
from orderline.core.orders.events import MovedItem, ParcelTracked, UnitsMoved
from orderline.core.orders.guards import check_attachments, check_text, known_order, occurred
from orderline.core.orders.parcels import UNDER_WAY
from orderline.core.orders.state import Order, ParcelState
from orderline.core.returns import commands as c
from orderline.core.returns.decide import MOST_LINES, found_for
from orderline.core.returns.events import ItemStep, ReturnOpened, ReturnProgressed, WrongGoodsCame
from orderline.core.returns.grading import grade_items
from orderline.core.returns.policy import ReturnPolicy
from orderline.core.returns.refusals import ReturnRefusal as R
from orderline.core.returns.settling import settle_return
from orderline.core.returns.shelves import ARRIVAL, cause_of, post_goods
from orderline.core.returns.state import (
    Custody,
    Return,
    ReturnItem,
    ReturnMoney,
    ReturnSource,
    WrongGoods,
)
from orderline.core.returns.steps import (
    check_follows,
    check_no_service,
    current_order,
    free_units,
    is_spoken_for,
    item_of,
    known_return,
    policy_for,
    reopened,
    stocked_line,
    was_sent_back,
)
from orderline.core.shipments.decide import arrive
from orderline.core.stock.checks import check_code, check_location, check_stocked
from orderline.core.stock.lot_rules import check_moving
from orderline.core.stock.lots import LotUnits, first_of, less
from orderline.core.world import Draft
from orderline.values.failures import Refused
from orderline.values.quantity import check_quantity

# Units of a line that may come back, the likeliest first, and where the ledger has them.
_CAME_FROM: Final = {
    Bucket.DELIVERED: StockBucket.CUSTOMER,
    Bucket.SHIPPED: StockBucket.IN_TRANSIT_OUT,
    Bucket.LOST: StockBucket.SCRAP,
}


def decide_receive(draft: Draft, command: c.ReceiveReturn, context: Context) -> None:
    """Goods are at a location: those that were announced, fewer of them, others, or such as nobody had announced.

    A receipt told twice has no further effect. What came unannounced is judged by the policy as if it had been asked for
    now; where it says no, a person decides about the money.
    Refused RETURN_QUANTITY: more units of an item than are to come, or than the customer has; or no item at all.
    """
    receive(draft, command, context)


def receive(draft: Draft, command: c.ReceiveReturn, context: Context, came_at: datetime | None = None) -> None:
    """As `decide_receive`. came_at: what came unannounced is judged by the policy as of then; now, when not given."""
    check_code(command.receipt, "receipt")
    order = known_order(draft.world, command)
    if any(command.receipt in each.receipts for each in order.returns):
        return
    order = reopened(draft, command, context, "goods came back")
    check_location(draft.world, command.location)
    location = command.location
    at = occurred(command.occurred_at, context)
    told = len(command.items) + len(command.wrong)
    if not 0 < told <= MOST_LINES:
        raise Refused(R.RETURN_QUANTITY, field="items", value=told, allowed=f"1 to {MOST_LINES} items")
    command = matched(order, command)
    number = command.number
    if not number:
        policy = policy_for(draft, order, command)
        number = _open_blind(draft, order, command, policy, context, came_at or context.now)
    returned = known_return(current_order(draft, order), number)
    steps: list[ItemStep] = []
    unasked: dict[int, int] = {}  # units by line of items that nobody waits for any more
    for index, each in enumerate(command.items):
        field = f"items[{index}]"
        item = item_of(returned, each.item if command.number else index + 1, f"{field}.item")
        check_follows(item, Custody.RECEIVED, f"{field}.item")
        quantity = check_quantity(each.quantity, field=f"{field}.quantity")
        left = item.quantity - sum(step.quantity for step in steps if step.item == item.item)
        if quantity > left:
            raise Refused(R.RETURN_QUANTITY, field=f"{field}.quantity", value=quantity, available=left)
        line, _ = stocked_line(order, item.line, field)
        if not is_spoken_for(item):
            unasked[line.line] = unasked.get(line.line, 0) + quantity
            if unasked[line.line] > free_units(order, line):
                raise Refused(R.RETURN_QUANTITY, field=f"{field}.quantity", value=quantity, line=line.line)
        # what is to be repaired stays the customer's: it stands on no shelf
        arrival = StockBucket.IN_SERVICE if item.terms.service else ARRIVAL
        if each.grade is not None:
            check_no_service([item], f"{field}.grade")
        way = (StockBucket.CUSTOMER, arrival)
        lots = check_moving(draft, line.sku, location, each.lots, quantity, way, context, f"{field}.lots")
        _take_in(draft, order, returned, line.line, quantity, location, lots, at, arrival)
        steps.append(
            ItemStep(
                item=item.item,
                quantity=quantity,
                custody=Custody.RECEIVED,
                money=ReturnMoney.DENIED if _was_declined(item) else None,
                location=location,
                note=check_text(each.note, f"{field}.note", 2_000),
                photos=check_attachments(each.photos),
            )
        )
    _end_parcels(draft, order, at)
    for index, each in enumerate(command.wrong):
        _take_wrong(draft, order, number, each, f"wrong[{index}]", location, at, context)
    received = ReturnProgressed(
        number=number, steps=tuple(steps), at=at, by=context.actor.name, receipt=command.receipt
    )
    draft.tell(order.id, received)
    seen = tuple(
        c.GradedInput(item=item, quantity=each.quantity, grade=each.grade)
        for each, item in zip(command.items, _numbers_of(returned, steps), strict=True)
        if each.grade is not None
    )
    if seen:
        grade_items(draft, order, number, seen, context)
    settle_return(draft, order, number, context)


def _was_declined(item: ReturnItem) -> bool:
    """Was the customer told no, before it came all the same? Then nobody has said yes to its money."""
    return item.custody is Custody.DECLINED and item.money is ReturnMoney.NOT_DUE and not item.terms.service


def matched(order: Order, command: c.ReceiveReturn) -> c.ReceiveReturn:
    """Goods that nobody at the dock knew of, and that a return is waiting for: received for that."""
    if command.number:
        return command
    for each in order.returns:
        left = {item.item: item for item in each.items if is_spoken_for(item)}
        found: list[c.ReceivedItemInput] = []
        for came in command.items:
            item = next((i for i in left.values() if i.line == came.line and i.quantity >= came.quantity), None)
            if item is None:
                break
            del left[item.item]
            found.append(msgspec.structs.replace(came, item=item.item))
        if found and len(found) == len(command.items):
            return msgspec.structs.replace(command, number=each.number, items=tuple(found))
    return command


def _open_blind(
    draft: Draft, order: Order, command: c.ReceiveReturn, policy: ReturnPolicy, context: Context, came_at: datetime
) -> int:
    """Open the return that nobody asked for. Where the policy would have said no, its money is for a person."""
    items: list[ReturnItem] = []
    asked: dict[int, int] = {}
    for index, each in enumerate(command.items):
        field = f"items[{index}]"
        line, agreed = stocked_line(order, each.line, field)
        quantity = check_quantity(each.quantity, field=f"{field}.quantity")
        asked[line.line] = asked.get(line.line, 0) + quantity
        free = max(0, free_units(order, line))
        if asked[line.line] > free:
            raise Refused(R.RETURN_QUANTITY, field=f"{field}.quantity", value=quantity, line=line.line, available=free)
        reason = each.reason or ("undeliverable" if command.source is ReturnSource.CARRIER else "other")
        found = found_for(policy, order, agreed, reason, field, came_at)
        items.append(
            ReturnItem(
                item=index + 1,
                line=line.line,
                quantity=quantity,
                reason=reason,
                terms=found.terms,
                custody=Custody.REQUESTED,
                money=ReturnMoney.DENIED if found.against or was_sent_back(order, line.line) else ReturnMoney.NOT_DUE,
            )
        )
    number = len(order.returns) + 1
    opened = Return(
        number=number,
        source=command.source,
        items=tuple(items),
        to=command.location,
        requested_at=context.now,
        requested_by=context.actor.name,
        moved_at=context.now,
    )
    draft.tell(order.id, ReturnOpened(opened))
    return number


def _take_in(
    draft: Draft,
    order: Order,
    returned: Return,
    line: int,
    quantity: int,
    location: str,
    lots: Sequence[LotUnits],
    at: datetime,
    arrival: StockBucket,
) -> None:
    """Move units of a line to `returned`, and those goods to where they arrive.

    What the customer brings has been delivered, whatever the carrier says of it. What a carrier brings back has not.
    """
    by_carrier = returned.source is ReturnSource.CARRIER
    if not by_carrier:
        _deliver(draft, order, line, quantity, at)
    sources = (Bucket.SHIPPED, Bucket.DELIVERED) if by_carrier else (Bucket.DELIVERED,)
    left = quantity
    waiting = tuple(lots)
    for source in (*sources, Bucket.LOST):
        for fulfillment in current_order(draft, order).fulfillments:
            there = sum(item.units.of(source) for item in fulfillment.items if item.line == line)
            taken = min(left, there)
            if not taken:
                continue
            left -= taken
            draft.tell(
                order.id,
                UnitsMoved(
                    move=Move.RETURN,
                    items=(MovedItem(line, source, Bucket.RETURNED, taken),),
                    at=at,
                    fulfillment=fulfillment.number,
                    location=location,
                    reason=f"return {returned.number}",
                ),
            )
            some = first_of(waiting, taken)
            waiting = less(waiting, some)
            sku = order.lines[line - 1].sku
            post_goods(draft, sku, location, (_CAME_FROM[source], arrival), some, at, cause_of(order, returned.number))
    if left:
        raise Refused(R.RETURN_QUANTITY, value=quantity, line=line, available=quantity - left)


def _deliver(draft: Draft, order: Order, line: int, quantity: int, at: datetime) -> None:
    """Take parcels for delivered whose goods the customer brings back."""
    for parcel in order.parcels:
        now = current_order(draft, order)
        there = now.line_of(line)
        if there is None or there.units.delivered >= quantity:
            return
        if parcel.state in UNDER_WAY and any(item.line == line for item in parcel.items):
            arrive(draft, now, parcel, Bucket.SHIPPED, at)


def _end_parcels(draft: Draft, order: Order, at: datetime) -> None:
    """Parcels that hold more than is still on its way have come back."""
    moving = [each for each in order.parcels if each.state in UNDER_WAY]
    moving.sort(key=lambda each: (each.state is not ParcelState.RETURNING, each.number))
    for parcel in moving:
        now = current_order(draft, order)
        still = [each for each in now.parcels if each.state in UNDER_WAY]
        held: dict[int, int] = {}
        for each in still:
            for item in each.items:
                held[item.line] = held.get(item.line, 0) + item.quantity
        shipped = {each.line: each.units.shipped for each in now.lines}
        if any(each.number == parcel.number for each in still) and any(
            held[item.line] > shipped[item.line] for item in parcel.items
        ):
            draft.tell(order.id, ParcelTracked(parcel=parcel.number, state=ParcelState.RETURNED, at=at))


def _take_wrong(
    draft: Draft,
    order: Order,
    number: int,
    each: c.WrongGoodsInput,
    field: str,
    location: str,
    at: datetime,
    context: Context,
) -> None:
    """Goods that nobody was to send: they are of this merchant, or somebody looks at them."""
    check_stocked(draft.world, each.sku, f"{field}.sku")
    quantity = check_quantity(each.quantity, field=f"{field}.quantity")
    way = (StockBucket.CUSTOMER, ARRIVAL)
    lots = check_moving(draft, each.sku, location, each.lots, quantity, way, context, f"{field}.lots")
    post_goods(draft, each.sku, location, way, lots, at, cause_of(order, number))
    goods = WrongGoods(each.sku, quantity, location, at, check_text(each.note, f"{field}.note", 2_000))
    draft.tell(order.id, WrongGoodsCame(number=number, goods=goods))


def _numbers_of(before: Return, steps: Sequence[ItemStep]) -> list[int]:
    """The items that the units of these steps are in afterwards: those that were split off have new numbers."""
    left = {each.item: each.quantity for each in before.items}
    last = max(left)
    numbers: list[int] = []
    for step in steps:
        if step.quantity < left[step.item]:
            left[step.item] -= step.quantity
            last += 1
            numbers.append(last)
        else:
            numbers.append(step.item)
    return numbers
