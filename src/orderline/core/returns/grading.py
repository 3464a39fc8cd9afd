"""Goods that came back are looked at, and put away."""

from collections.abc import Sequence
from datetime import datetime

from orderline.core.context import Context
from orderline.core.orders.guards import check_attachments, check_text, occurred
from orderline.core.orders.state import Order
from orderline.core.returns import commands as c
from orderline.core.returns.decide import MOST_LINES
from orderline.core.returns.events import ItemStep, ReturnProgressed
from orderline.core.returns.policy import DISPOSITIONS
from orderline.core.returns.refusals import ReturnRefusal as R
from orderline.core.returns.settling import settle_return
from orderline.core.returns.shelves import ARRIVAL, SHELF_OF, cause_of, post_goods
from orderline.core.returns.state import Custody, Disposition, Return, ReturnItem
from orderline.core.returns.steps import (
    check_follows,
    check_no_service,
    current_return,
    item_of,
    open_return,
    stocked_line,
)
from orderline.core.stock.lot_rules import check_moving
from orderline.core.stock.lots import LotUnits
from orderline.core.world import Draft
from orderline.values.failures import Refused
from orderline.values.quantity import check_quantity


def decide_grade(draft: Draft, command: c.GradeReturn, context: Context) -> None:
    """Say how goods are, and what becomes of them. Refused RETURN_ITEM_STATE: they are not here, or were looked at."""
    order, returned = open_return(draft, command, context)
    grade_items(draft, order, returned.number, command.graded, context)
    settle_return(draft, order, returned.number, context)


def decide_dispose(draft: Draft, command: c.DisposeReturn, context: Context) -> None:
    """Goods went to where they are to be. Refused RETURN_ITEM_STATE: they were not looked at; RETURN_QUANTITY."""
    order, returned = open_return(draft, command, context)
    at = occurred(command.occurred_at, context)
    graded = [each for each in returned.items if each.custody is Custody.GRADED]
    asked = command.disposed or tuple(c.DisposedInput(item=each.item, quantity=each.quantity) for each in graded)
    if not asked:
        raise Refused(R.RETURN_ITEM_STATE, field="disposed", value=[], allowed=[Custody.GRADED.value])
    steps: list[ItemStep] = []
    for index, each in enumerate(asked):
        field = f"disposed[{index}]"
        item, quantity = some_of(returned, each.item, each.quantity, Custody.DISPOSED, steps, field)
        disposition = each.disposition or item.disposition
        assert disposition is not None, "what is graded has a disposition"
        line, _ = stocked_line(order, item.line, field)
        _put_away(draft, order, returned.number, line.sku, item, quantity, disposition, each.lots, field, at, context)
        steps.append(ItemStep(item=item.item, quantity=quantity, custody=Custody.DISPOSED, disposition=disposition))
    told = ReturnProgressed(number=returned.number, steps=tuple(steps), at=at, by=context.actor.name)
    draft.tell(order.id, told)
    settle_return(draft, order, returned.number, context)


def grade_items(draft: Draft, order: Order, number: int, graded: Sequence[c.GradedInput], context: Context) -> None:
    """Say how items are; their disposition is as said, as the terms say, or the usual one. Refused as `decide_grade` is."""
    returned = current_return(draft, order, number)
    if not 0 < len(graded) <= MOST_LINES:
        raise Refused(R.RETURN_QUANTITY, field="graded", value=len(graded), allowed=f"1 to {MOST_LINES} items")
    steps: list[ItemStep] = []
    for index, each in enumerate(graded):
        field = f"graded[{index}]"
        item, quantity = some_of(returned, each.item, each.quantity, Custody.GRADED, steps, field)
        check_no_service([item], f"{field}.item")
        steps.append(
            ItemStep(
                item=item.item,
                quantity=quantity,
                custody=Custody.GRADED,
                grade=each.grade,
                disposition=each.disposition or item.terms.dispositions.get(each.grade) or DISPOSITIONS[each.grade],
                note=check_text(each.note, f"{field}.note", 2_000),
                photos=check_attachments(each.photos),
            )
        )
    told = ReturnProgressed(number=number, steps=tuple(steps), at=context.now, by=context.actor.name)
    draft.tell(order.id, told)


def some_of(
    returned: Return, number: int, quantity: int, custody: Custody, steps: Sequence[ItemStep], field: str
) -> tuple[ReturnItem, int]:
    """Units of an item that go on. Refused RETURN_ITEM_UNKNOWN, RETURN_ITEM_STATE, RETURN_QUANTITY: fewer are there."""
    item = item_of(returned, number, f"{field}.item")
    check_follows(item, custody, f"{field}.item")
    check_quantity(quantity, field=f"{field}.quantity")
    left = item.quantity - sum(step.quantity for step in steps if step.item == number)
    if quantity > left:
        raise Refused(R.RETURN_QUANTITY, field=f"{field}.quantity", value=quantity, available=left)
    return item, quantity


def _put_away(
    draft: Draft,
    order: Order,
    number: int,
    sku: str,
    item: ReturnItem,
    quantity: int,
    disposition: Disposition,
    named: Sequence[LotUnits],
    field: str,
    at: datetime,
    context: Context,
) -> None:
    target = SHELF_OF[disposition]
    if target is ARRIVAL:
        return
    way = (ARRIVAL, target)
    level = draft.world.level(sku, item.location)
    available = level.quality_control
    if quantity > available:
        raise Refused(R.RETURN_DISPOSITION, field=f"{field}.quantity", value=quantity, sku=sku, available=available)
    lots = check_moving(draft, sku, item.location, named, quantity, way, context, f"{field}.lots", assumes=True)
    post_goods(draft, sku, item.location, way, lots, at, cause_of(order, number))
