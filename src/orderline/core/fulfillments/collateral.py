"""A shelf that is empty, whatever the record says: everybody who was to be served from it is routed elsewhere at once.

Source: invariant I5: what lowers a shelf takes the units from the orders that lose them in the same command.
"""

from collections.abc import Collection

from orderline.core.context import Context
from orderline.core.fulfillments.moving import OPEN_AT_LOCATION
from orderline.core.fulfillments.rejecting import reject
from orderline.core.moves import MoveRefusal, StockBucket
from orderline.core.orders.commands import RejectUnits
from orderline.core.orders.guards import check_fulfillment, check_lines, check_text, occurred, ongoing_order
from orderline.core.orders.settle import settle
from orderline.core.orders.state import FulfillmentOrder, Order
from orderline.core.stock.decide import tell_oversold
from orderline.core.stock.events import StockAdjusted
from orderline.core.world import Draft, World
from orderline.values.failures import Refused
from orderline.values.ids import OrderId

EMPTY_SHELF = "empty_shelf"


def decide_reject(draft: Draft, command: RejectUnits, context: Context) -> None:
    """The location can't serve units; it is not asked again for these lines, and the rest goes on.

    shelf: the units are not there as recorded: they leave `sellable` for that bucket, and a count has to follow.
    empties_shelf: so does all that the record has there; other orders lose it in the same command.
    Refused MOVE_NOT_POSSIBLE: the shelf is to be empty, and it is not said whether units are missing or damaged.
    """
    order = ongoing_order(draft.world, command)
    fulfillment = check_fulfillment(order, command.fulfillment)
    reason = check_text(command.reason, "reason", 500, required=True)
    named = check_lines(order, command.lines)
    if command.empties_shelf and not command.shelf:
        allowed = [StockBucket.MISSING, StockBucket.DAMAGED]
        raise Refused(MoveRefusal.MOVE_NOT_POSSIBLE, field="shelf", value="", allowed=allowed)
    wanted = {line.line: quantity for line, quantity in named} or None
    at = occurred(command.occurred_at, context)
    skus = skus_of(order, fulfillment, set(wanted or ())) if command.empties_shelf else set[str]()
    empty_shelves(draft, order, fulfillment.location, skus, command.shelf, context)
    reject(draft, order, fulfillment, wanted, reason, command.shelf, at, context)
    reject_mates(draft, order, fulfillment.location, skus, context)
    settle(draft, order.id, context)


def empty_shelves(
    draft: Draft, order: Order, location: str, skus: Collection[str], shelf: str, context: Context
) -> None:
    """What the record still has of SKUs at a location goes to another bucket of the shelf; picked units stay."""
    for sku in sorted(skus):
        left = draft.world.level(sku, location).sellable
        if left:
            draft.tell_stock(
                StockAdjusted(
                    sku=sku,
                    location=location,
                    source=StockBucket.SELLABLE,
                    target=StockBucket(shelf),
                    quantity=left,
                    at=context.now,
                    reason=EMPTY_SHELF,
                    reference=order.number,
                )
            )


def reject_mates(draft: Draft, order: Order, location: str, skus: Collection[str], context: Context) -> None:
    """Take the units of other orders away that an emptied shelf was to give them, with the location excluded for them.

    What was allocated there after the others were looked for is told as oversold, and taken away a moment later.
    """
    for mate_id, number in shelf_mates(draft.world, location, skus, but=order.id):
        mate = draft.world.order(mate_id)
        fulfillment = check_fulfillment(mate, number)
        wanted = _open_of(mate, fulfillment, skus)
        reason = f"the shelf is empty, as {order.number} has found"
        reject(draft, mate, fulfillment, wanted, reason, "", context.now, context)
        settle(draft, mate_id, context)
    for sku in sorted(skus):
        tell_oversold(draft, sku, location, context)


def shelf_mates(world: World, location: str, skus: Collection[str], *, but: OrderId) -> list[tuple[OrderId, int]]:
    """Fulfillment orders of other orders that are to be served from these shelves, of those that the world holds."""
    return sorted(
        (order.id, fulfillment.number)
        for order in world.orders.values()
        if order is not None and order.id != but
        for fulfillment in order.fulfillments
        if fulfillment.location == location and _open_of(order, fulfillment, skus)
    )


def skus_of(order: Order, fulfillment: FulfillmentOrder, lines: Collection[int]) -> set[str]:
    """The SKUs of some lines of a fulfillment order; of all that are open there, when none is named."""
    chosen = lines or {
        item.line for item in fulfillment.items if any(item.units.of(bucket) for bucket in OPEN_AT_LOCATION)
    }
    return {line.sku for line in order.lines if line.line in chosen}


def _open_of(order: Order, fulfillment: FulfillmentOrder, skus: Collection[str]) -> dict[int, int]:
    """Units by line that were not picked there, of these SKUs."""
    found: dict[int, int] = {}
    for item in fulfillment.items:
        line = order.line_of(item.line)
        quantity = sum(item.units.of(bucket) for bucket in OPEN_AT_LOCATION)
        if quantity and line is not None and line.sku in skus:
            found[item.line] = quantity
    return found
