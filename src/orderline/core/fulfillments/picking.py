"""Which lots and serial numbers a pick takes: those that are named, when they are there and may be sold."""

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from orderline.core.context import Context
from orderline.core.moves import Bucket, StockBucket
from orderline.core.orders.events import MovedItem
from orderline.core.orders.guards import check_line
from orderline.core.orders.parcels import PickedLot
from orderline.core.orders.state import Order
from orderline.core.stock.lasting import aged_lots
from orderline.core.stock.lot_rules import check_here, check_named
from orderline.core.stock.lots import UNKNOWN, LotUnits, Tracking, added, is_fresh, proposed
from orderline.core.stock.lots import LotRefusal as R
from orderline.core.stock.state import Channel
from orderline.core.world import World
from orderline.values.failures import Refused


def with_picked_lots(
    world: World, order: Order, location: str, items: Sequence[MovedItem], named: Sequence[PickedLot], context: Context
) -> list[MovedItem]:
    """Items from `released` to `picked`, with the lots that are named for them; of SKUs that are not tracked, none are.

    Refused LOTS_REQUIRED: serial numbers are not named, or lots do not add up to what was picked.
    Refused LOT_NOT_HERE: the shelf does not have it, or not as many; LOT_EXPIRED. LOT_SHORT_LIFE: too soon for its channel.
    """
    moved: list[MovedItem] = []
    wanted: dict[str, tuple[LotUnits, ...]] = {}
    lines = {item.line for item in items}
    stray = next((each.line for each in named if each.line not in lines), None)
    if stray is not None:
        raise Refused(R.LOTS_REQUIRED, field="lots", value=stray, allowed=sorted(lines))
    for item in items:
        sku = check_line(order, item.line).sku
        tracked = world.lots.tracks(sku)
        lots = [LotUnits(each.lot, each.quantity) for each in named if tracked and each.line == item.line]
        if lots or world.lots.tracking_of(sku) is Tracking.SERIAL:
            lots = list(check_named(world, sku, lots, item.quantity, "lots"))
            wanted[sku] = added(wanted.get(sku, ()), lots)
        moved.append(MovedItem(item.line, Bucket.RELEASED, Bucket.PICKED, item.quantity, lots=tuple(lots)))
    channel = world.settings.channels.get(order.channel)
    if channel is not None and channel.min_life_days and not order.is_test:
        moved = lasting_picks(world, order, channel, location, moved, context.now)
    for sku, lots in wanted.items():
        check_here(world, sku, location, StockBucket.SELLABLE, lots, "lots")
        _check_fresh(world, sku, location, lots, context)
    return [_dated(world, order, location, item) if item.lots else item for item in moved]


def _check_fresh(world: World, sku: str, location: str, lots: Sequence[LotUnits], context: Context) -> None:
    """What has expired is not to be sent; how long before that a SKU is last sold, its timer looks after."""
    dates = {level.lot: level.expires_on for level in world.lots.of(sku, location)}
    for each in lots:
        expires_on = dates.get(each.lot)
        if expires_on is not None and not is_fresh(expires_on, context.now.date(), 0):
            raise Refused(R.LOT_EXPIRED, field="lots", value=expires_on.isoformat(), lot=each.lot, sku=sku)


def lasting_picks(
    world: World, order: Order, channel: Channel, location: str, items: Sequence[MovedItem], now: datetime
) -> list[MovedItem]:
    """Items with lots that last as long as the channel asks for, the first of them to expire where none are named.

    Refused LOT_SHORT_LIFE: one that is named does not, or too few do; whoever picks says that they were not found.
    """
    promised = {each.line: each.window.latest_at for each in order.promises if each.outcome is None}
    taken: dict[tuple[str, str], int] = {}
    found: list[MovedItem] = []
    for item in items:
        sku = check_line(order, item.line).sku
        if not world.lots.tracks(sku):
            found.append(item)
            continue
        day = max(promised.get(item.line, now), now).date()
        levels = world.lots.of(sku, location)
        short = {each.lot: each for each in aged_lots(levels, channel, day)}
        aged = next((short[each.lot] for each in item.lots if each.lot in short), None)
        lots = item.lots
        if not lots and short:
            left = [level for level in levels if level.lot not in short]
            here = {lot: units for (of, lot), units in taken.items() if of == sku}
            lots = proposed(left, StockBucket.SELLABLE, item.quantity, here, on=day)
            lacking = sum(each.quantity for each in lots if each.lot == UNKNOWN)
            known = sum(level.quantity for level in left if level.lot == UNKNOWN and level.bucket == "sellable")
            if lacking > known:
                aged = next(iter(short.values()))
        if aged is not None:
            raise Refused(
                R.LOT_SHORT_LIFE, field="lots", value=aged.expires_on.isoformat(), lot=aged.lot, sku=sku,
                channel=channel.code, life_days=channel.min_life_days, on=day.isoformat(),
            )  # fmt: skip
        for each in lots:
            taken[sku, each.lot] = taken.get((sku, each.lot), 0) + each.quantity
        found.append(replace(item, lots=lots))
    return found


def _dated(world: World, order: Order, location: str, item: MovedItem) -> MovedItem:
    sku = check_line(order, item.line).sku
    dates = {level.lot: level.expires_on for level in world.lots.of(sku, location)}
    lots = tuple(LotUnits(each.lot, each.quantity, dates.get(each.lot)) for each in item.lots)
    return MovedItem(item.line, item.source, item.target, item.quantity, lots=lots)
