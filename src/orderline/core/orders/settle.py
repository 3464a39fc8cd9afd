"""What follows at once, in the same fact, from where units and money now stand.

Called at the end of each command that can change it: digital and service lines are fulfilled when they are paid
for and not held; promises end with what was delivered; supplied goods are captured; what is no longer owed is let go
of or given back.
"""

from uuid import UUID

from orderline.core.context import Context
from orderline.core.credits.calling_back import follow_cards
from orderline.core.moves import BEFORE_SHIPMENT, Bucket, Move
from orderline.core.orders.events import MovedItem, UnitsMoved
from orderline.core.orders.guards import is_blocked
from orderline.core.orders.state import STOCKED, LineKind, Order, units_in
from orderline.core.promises.keeping import settle_promises
from orderline.core.tenders.scheduling import follow_schedule
from orderline.core.tenders.sums import (
    capture_due,
    is_releasable,
    net_due_minor,
    refund_excess,
    rules_of,
    void_rest,
)
from orderline.core.world import Draft
from orderline.values.ids import OrderId


def settle(draft: Draft, order_id: OrderId | UUID, context: Context) -> None:
    """Fulfill what needs no stock, then ask for the money that is due either way."""
    order = _order(draft, order_id)
    if order.history:
        return
    items = tuple(
        MovedItem(line.line, Bucket.UNPLANNED, Bucket.DELIVERED, line.units.unplanned)
        for line in order.lines
        if line.kind not in STOCKED and line.kind is not LineKind.BUNDLE and line.units.unplanned
        if not is_blocked(order, "fulfill", line.line)
    )
    if items and is_releasable(order):
        draft.tell(order.id, UnitsMoved(move=Move.FULFILL, items=items, at=context.now))
        order = _order(draft, order_id)
    settle_promises(draft, order.id, context)
    if order.billed:
        follow_cards(draft, order.id, context)
        order = _order(draft, order_id)
    if order.schedule is not None:
        _collect(draft, order, context)
        follow_schedule(draft, order.id, context)
        return
    if not order.tenders or (_nothing_moved(order) and not rules_of(draft, order).captures_early):
        if any(tender.received for tender in order.tenders):  # what comes by the bank may be too much
            refund_excess(draft, order, context)
        return
    _collect(draft, order, context)


def _collect(draft: Draft, order: Order, context: Context) -> None:
    if net_due_minor(order) == 0:
        void_rest(draft, order, context)
    elif not is_blocked(order, "capture"):
        capture_due(draft, order, context)
        if not units_in(order, *BEFORE_SHIPMENT):
            void_rest(draft, _order(draft, order.id), context)
    refund_excess(draft, _order(draft, order.id), context)


def _nothing_moved(order: Order) -> bool:
    """Nothing was supplied, canceled, credited or agreed anew: no money is due. Common at intake, told quickly."""
    if order.credits or len(order.agreements) > 1:
        return False
    for line in order.lines:
        units = line.units
        if units.gone or units.canceled:
            return False
    return True


def _order(draft: Draft, order_id: OrderId | UUID) -> Order:
    return draft.world.order(OrderId(order_id))
