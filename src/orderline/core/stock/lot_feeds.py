"""Rows of stock feeds about SKUs that are tracked: a row is about one lot or serial number of a shelf."""

from datetime import date

from orderline.core.context import Context
from orderline.core.moves import StockBucket
from orderline.core.stock.commands import ApplyFeed, FeedRow, feed_cause
from orderline.core.stock.lot_rules import check_coming, check_fresh
from orderline.core.stock.lots import LotRefusal as R
from orderline.core.stock.lots import LotUnits, Tracking, check_lot_code
from orderline.core.stock.refusals import StockRefusal
from orderline.core.world import World
from orderline.values.failures import Refused
from orderline.values.quantity import check_quantity

Change = tuple[str, date | None, int]  # lot, until when it may be used, units come (or gone, below zero)
_ON_SHELF = (StockBucket.SELLABLE, StockBucket.PICKED)


def lot_changes(world: World, command: ApplyFeed, row: FeedRow, context: Context) -> list[Change]:
    """What a row changes on its shelf; without a lot, it says that the shelf has none at all.

    A lot that no row names stays as it is.
    Refused LOT_NOT_ACCEPTABLE, LOTS_REQUIRED: several units of a serial number. SERIAL_ELSEWHERE, EXPIRY_REQUIRED,
    EXPIRY_DIFFERS, LOT_EXPIRED, for what comes. QUANTITY_NOT_AVAILABLE: more go than there are; QUANTITY_TOO_LARGE.
    """
    levels = [each for each in world.lots.of(row.sku, row.location) if each.bucket == StockBucket.SELLABLE]
    if not row.lot:
        if moved_since(world, command, row) > 0:
            raise Refused(R.LOTS_REQUIRED, field="lot", value="")  # of what came, lots are known to others
        return [(each.lot, None, -each.quantity) for each in levels]
    check_lot_code(row.lot, "lot")
    there = sum(each.quantity for each in levels if each.lot == row.lot)
    after = there + row.quantity if command.delta else _told(world, command, row)
    if after < 0:
        raise Refused(StockRefusal.QUANTITY_NOT_AVAILABLE, field="quantity", value=row.quantity)
    if world.lots.tracking_of(row.sku) is Tracking.SERIAL and after > 1:
        raise Refused(R.LOTS_REQUIRED, field="quantity", value=row.quantity, allowed=1)
    check_quantity(max(1, world.level(row.sku, row.location).sellable + after - there), field="quantity")
    if after <= there:
        return [(row.lot, None, after - there)] if after < there else []
    came = [LotUnits(row.lot, after - there, row.expires_on)]
    [known] = check_coming(world, world.skus[row.sku], came, "lots")
    check_fresh(world.skus[row.sku], [known], context.now.date(), "lot")
    return [(row.lot, known.expires_on, after - there)]


def _told(world: World, command: ApplyFeed, row: FeedRow) -> int:
    """Sellable units of the lot by a snapshot: what it says, with what has moved since, less what is picked."""
    picked = sum(
        each.quantity
        for each in world.lots.of(row.sku, row.location)
        if each.bucket == StockBucket.PICKED and each.lot == row.lot
    )
    return max(0, row.quantity + moved_since(world, command, row) - picked)


def moved_since(world: World, command: ApplyFeed, row: FeedRow) -> int:
    """Units (of the row's lot, if it has one) that came to the shelf after the snapshot was taken: before this batch, and in it."""
    as_of = command.as_of
    if as_of is None:
        return 0
    own = feed_cause(command.feed)
    if row.lot:
        moved = world.moved_lots.get((own, as_of, row.sku, row.location, row.lot), 0)
    else:
        moved = world.moved.get((own, as_of, row.sku, row.location), 0)
    for entry in world.posted.get((row.sku, row.location), ()):
        if entry.at > as_of and entry.cause != own and (not row.lot or entry.lot == row.lot):
            moved += entry.quantity * ((entry.target in _ON_SHELF) - (entry.source in _ON_SHELF))
    return moved
