"""Which claims a change of an order may lead to, whatever it is."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from orderline.core.orders.claims import pools_of
from orderline.core.orders.state import Order
from orderline.core.stock.state import SkuKind

if TYPE_CHECKING:
    from orderline.core.world import World


def claimable(world: "World", order: Order, skus: Iterable[str]) -> Iterable[tuple[str, str]]:
    """All claims (SKU, pool) that more units of an order may be given, with those of a bundle's components and substitutes."""
    channel = world.settings.channels[order.channel]
    groups = {group.pickup_location: group for each in order.agreements[-2:] for group in each.groups}
    pools = {pool for group in groups.values() for pool in pools_of(world, channel, order.is_test, group)}
    for code in skus:
        sku = world.skus.get(code)
        if sku is None:
            continue
        parts = [code, *(part.sku for part in sku.components), *(each.sku for each in sku.substitutes)]
        for part in parts:
            known = world.skus.get(part)
            if known is None or known.kind is SkuKind.STOCKED:
                yield from ((part, pool) for pool in pools)
