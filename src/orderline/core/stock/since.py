"""What has happened to shelves since snapshots and counts were taken, the entries of the batch itself among it."""

from datetime import datetime

from orderline.core.moves import StockBucket
from orderline.core.world import World


def sellable_since(world: World, cause: str, at: datetime | None, sku: str, location: str) -> int:
    """Units that came to the shelf after an instant, less those that left, by other causes; nought without one."""
    if at is None:
        return 0
    units = world.netted.get((cause, at, sku, location), 0)
    for entry in world.posted.get((sku, location), ()):
        if entry.at > at and entry.cause != cause:
            come = entry.target is StockBucket.SELLABLE
            units += entry.quantity * (come - (entry.source is StockBucket.SELLABLE))
    return units


def written_off(world: World, at: datetime | None, sku: str, location: str) -> int:
    """Units that a count or snapshot taken after an instant has missed on a shelf; nought without one."""
    if at is None:
        return 0
    units = world.missed.get((at, sku, location), 0)
    for entry in world.posted.get((sku, location), ()):
        if entry.source is StockBucket.ADJUSTMENT and entry.target is StockBucket.CUSTOMER:
            units -= entry.quantity
    return max(0, units)
