"""What people keep on an order: priority, assignee, tags, custom fields, notes; and closing it."""

from orderline.core.context import Context
from orderline.core.moves import BEFORE_SHIPMENT, Bucket
from orderline.core.orders.commands import AnnotateOrder, CloseOrder
from orderline.core.orders.custom import check_fields
from orderline.core.orders.events import OrderAnnotated, OrderClosed
from orderline.core.orders.guards import check_text, known_order, ongoing_order
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.state import Note, Order, units_in
from orderline.core.returns.standing import has_open_returns, lost_units
from orderline.core.stock.custom_fields import FieldPlace
from orderline.core.tenders.scheduled import has_outstanding
from orderline.core.world import Draft
from orderline.values.failures import Refused


def decide_annotate(draft: Draft, command: AnnotateOrder, context: Context) -> None:
    """Change priority, assignee, tags or custom fields, or add a note. Refused NOTHING_TO_DO: nothing was given."""
    order = known_order(draft.world, command)
    tags = _tags(order, command)
    if command.custom is not None:
        fields = draft.world.settings.fields
        check_fields(fields, FieldPlace.ORDER, command.custom, "custom", history=order.history)
    check_text(command.assignee or "", "assignee", 100)
    if command.priority is not None and not -1_000 <= command.priority <= 1_000:
        raise Refused(R.AMOUNT_OUT_OF_RANGE, field="priority", value=command.priority, allowed="from -1000 to 1000")
    text = check_text(command.note, "note", 5_000)
    given = (command.priority, command.assignee, tags, command.custom)
    if not text and all(each is None for each in given):
        raise Refused(R.NOTHING_TO_DO, value=order.number)
    draft.tell(
        order.id,
        OrderAnnotated(
            priority=command.priority,
            assignee=command.assignee,
            tags=tags,
            custom=command.custom,
            note=Note(text, context.actor.name, context.now) if text else None,
        ),
    )


def _tags(order: Order, command: AnnotateOrder) -> tuple[str, ...] | None:
    """The tags that stand from then on; None: as they are."""
    for name in ("tags", "add_tags", "remove_tags"):
        for index, tag in enumerate(getattr(command, name) or ()):
            check_text(tag, f"{name}[{index}]", 60, required=True)
    if command.tags is None and not command.add_tags and not command.remove_tags:
        return None
    before = order.tags if command.tags is None else command.tags
    tags = tuple(tag for tag in dict.fromkeys((*before, *command.add_tags)) if tag not in command.remove_tags)
    if len(tags) > 50:
        field = "add_tags" if command.tags is None else "tags"
        raise Refused(R.TEXT_NOT_ACCEPTABLE, field=field, value=len(tags), allowed="at most 50 tags")
    return tags


def decide_close(draft: Draft, command: CloseOrder, context: Context) -> None:
    """Close an order that is done. Refused ORDER_NOT_DONE: units or returns are open, a loss is not settled, a hold stands, or money is under way."""
    order = ongoing_order(draft.world, command)
    open_units = units_in(order, *BEFORE_SHIPMENT, Bucket.SHIPPED) + lost_units(order)
    requests = sum(len(tender.requests) for tender in order.tenders)
    if open_units or requests or order.holds or has_open_returns(order) or has_outstanding(order):
        raise Refused(R.ORDER_NOT_DONE, value=order.number, units=open_units, payments=requests, holds=len(order.holds))
    draft.tell(order.id, OrderClosed(context.now))
