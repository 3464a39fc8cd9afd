"""What becomes of pegs when their supply comes, is late, or does not come at all."""

from orderline.core.moves import Bucket
from orderline.core.orders.events import MovedItem
from orderline.core.orders.state import Order
from orderline.core.supply.rows import find
from orderline.core.world import World


def come_for(world: World, order: Order) -> list[MovedItem]:
    """Pegged units of an order for which supply has come: they are kept for it, and can be claimed."""
    items: list[MovedItem] = []
    left: dict[str, int] = {}
    for line in order.lines:
        for share in line.pegs:
            row = find(world.supply_of(line.sku, share.pool), share.supply)
            kept = left.setdefault(share.supply, row.kept if row is not None else 0)
            quantity = min(share.quantity, kept)
            if quantity:
                items.append(
                    MovedItem(line.line, Bucket.PEGGED, Bucket.POOLED, quantity, share.pool, supply=share.supply)
                )
                left[share.supply] -= quantity
    return items
