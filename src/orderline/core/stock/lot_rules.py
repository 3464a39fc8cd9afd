"""Rules of lots: who moves units of a tracked SKU says of which lots, and they are where they are said to be."""

from collections.abc import Sequence
from datetime import date

from orderline.core.context import Context
from orderline.core.moves import PHYSICAL, StockBucket
from orderline.core.stock.commands import ExpireLots
from orderline.core.stock.events import StockAdjusted
from orderline.core.stock.lots import LotRefusal as R
from orderline.core.stock.lots import LotUnits, Tracking, check_lot_code, is_fresh, proposed
from orderline.core.stock.state import Sku
from orderline.core.world import Draft, World
from orderline.values.failures import Refused
from orderline.values.quantity import check_quantity

EXPIRED = "expired"


def check_named(world: World, sku: str, lots: Sequence[LotUnits], quantity: int, field: str) -> tuple[LotUnits, ...]:
    """The lots named for units of a SKU, each once; none, when it is not tracked.

    Refused SKU_NOT_TRACKED; LOTS_REQUIRED: they do not add up to the quantity, or a serial number has more than a unit.
    """
    tracking = world.lots.tracking_of(sku)
    if tracking is Tracking.NONE:
        if lots:
            raise Refused(R.SKU_NOT_TRACKED, field=field, value=sku)
        return ()
    for index, each in enumerate(lots):
        check_lot_code(each.lot, f"{field}[{index}].lot")
        check_quantity(each.quantity, field=f"{field}[{index}].quantity")
        if tracking is Tracking.SERIAL and each.quantity != 1:
            raise Refused(R.LOTS_REQUIRED, field=f"{field}[{index}].quantity", value=each.quantity, allowed=1)
    named = sum(each.quantity for each in lots)
    if named != quantity or len({each.lot for each in lots}) < len(lots):
        allowed = f"{'serial numbers' if tracking is Tracking.SERIAL else 'lots'} of {quantity} units, each once"
        raise Refused(R.LOTS_REQUIRED, field=field, value=named, sku=sku, allowed=allowed)
    return tuple(lots)


def check_here(
    world: World, sku: str, location: str, bucket: StockBucket, lots: Sequence[LotUnits], field: str
) -> None:
    """Refused LOT_NOT_HERE: a bucket of the shelf has fewer units of a lot."""
    there = {level.lot: level.quantity for level in world.lots.of(sku, location) if level.bucket == bucket}
    for index, each in enumerate(lots):
        if there.get(each.lot, 0) < each.quantity:
            raise Refused(
                R.LOT_NOT_HERE,
                field=f"{field}[{index}]",
                value=each.lot,
                sku=sku,
                location=location,
                bucket=bucket,
                available=there.get(each.lot, 0),
                allowed=sorted(there)[:20],
            )


def check_coming(world: World, sku: Sku, lots: Sequence[LotUnits], field: str) -> tuple[LotUnits, ...]:
    """Lots that come from outside, with the date on which they expire as it is known.

    Refused SERIAL_ELSEWHERE: the serial number stands on a shelf. EXPIRY_REQUIRED: nobody has told when it expires.
    Refused EXPIRY_DIFFERS: the lot is known to expire on another day.
    """
    found: list[LotUnits] = []
    for index, each in enumerate(lots):
        places = world.lots.places_of(sku.code, each.lot)
        if places and world.lots.tracking_of(sku.code) is Tracking.SERIAL:
            at = f"{places[0].location}, {places[0].bucket}"
            raise Refused(R.SERIAL_ELSEWHERE, field=f"{field}[{index}]", value=each.lot, sku=sku.code, location=at)
        known = next((place.expires_on for place in places), None)
        if each.expires_on is not None and known is not None and known != each.expires_on:
            about, allowed = f"{field}[{index}].expires_on", known.isoformat()
            raise Refused(R.EXPIRY_DIFFERS, field=about, value=each.expires_on.isoformat(), allowed=allowed)
        expires_on = each.expires_on or known
        if sku.expires and expires_on is None:
            raise Refused(R.EXPIRY_REQUIRED, field=f"{field}[{index}].expires_on", value=None, sku=sku.code)
        found.append(LotUnits(each.lot, each.quantity, expires_on))
    return tuple(found)


def check_fresh(sku: Sku, lots: Sequence[LotUnits], on: date, field: str) -> None:
    """Refused LOT_EXPIRED: it may not be sold any more; it belongs with what is blocked."""
    for index, each in enumerate(lots):
        if not is_fresh(each.expires_on, on, sku.min_shelf_days):
            assert each.expires_on is not None
            value, days = each.expires_on.isoformat(), sku.min_shelf_days
            raise Refused(R.LOT_EXPIRED, field=f"{field}[{index}]", value=value, lot=each.lot, shelf_days=days)


def check_moving(
    draft: Draft,
    code: str,
    location: str,
    lots: Sequence[LotUnits],
    quantity: int,
    buckets: tuple[StockBucket, StockBucket],
    context: Context,
    field: str = "lots",
    *,
    assumes: bool = False,
) -> tuple[LotUnits, ...]:
    """The lots of units that somebody moves between two buckets; one nameless share when the SKU is not tracked.

    assumes: one nameless share as well where no lots are named; those that expire first are taken.
    """
    world = draft.world
    if assumes and not lots and world.lots.tracking_of(code) is Tracking.LOT:
        return (LotUnits("", quantity),)
    named = check_named(world, code, lots, quantity, field)
    if not named:
        return (LotUnits("", quantity),)
    source, target = buckets
    if source in PHYSICAL:
        check_here(world, code, location, source, named, field)
        known = {level.lot: level.expires_on for level in world.lots.of(code, location)}
        named = tuple(LotUnits(each.lot, each.quantity, known.get(each.lot)) for each in named)
    elif target in PHYSICAL:
        named = check_coming(world, world.skus[code], named, field)
    if target is StockBucket.SELLABLE:
        check_fresh(world.skus[code], named, context.now.date(), field)
    return named


def picked_lots(
    world: World, sku: str, location: str, named: Sequence[LotUnits], quantity: int, field: str
) -> tuple[LotUnits, ...]:
    """The lots of units taken off a shelf: those that are named, else those that expire first; none when not tracked.

    Refused LOTS_REQUIRED: serial numbers are not named, or lots do not add up. LOT_NOT_HERE, SKU_NOT_TRACKED.
    """
    levels = world.lots.of(sku, location) if world.lots.tracks(sku) else ()
    if not named and world.lots.tracking_of(sku) is not Tracking.SERIAL:
        return proposed(levels, StockBucket.SELLABLE, quantity) if levels and quantity else ()
    lots = check_named(world, sku, named, quantity, field)
    check_here(world, sku, location, StockBucket.SELLABLE, lots, field)
    dates = {level.lot: level.expires_on for level in levels}
    return tuple(LotUnits(each.lot, each.quantity, dates.get(each.lot)) for each in lots)


def decide_expire(draft: Draft, command: ExpireLots, context: Context) -> None:
    """Block what may not be sold any more. Refused LOT_NOT_HERE: there is nothing of the kind."""
    from orderline.core.stock.decide import tell_oversold  # it asks for lots itself

    sku = draft.world.skus.get(command.sku)
    days = sku.min_shelf_days if sku is not None else 0
    today = context.now.date()
    told = len(draft.stock_events)
    for level in draft.world.lots.of(command.sku, command.location):
        if level.bucket == StockBucket.SELLABLE and not is_fresh(level.expires_on, today, days):
            draft.tell_stock(
                StockAdjusted(
                    sku=command.sku,
                    location=command.location,
                    source=StockBucket.SELLABLE,
                    target=StockBucket.BLOCKED,
                    quantity=level.quantity,
                    at=context.now,
                    reason=EXPIRED,
                    lot=level.lot,
                )
            )
    if len(draft.stock_events) == told:
        raise Refused(R.LOT_NOT_HERE, field="location", value=command.location, sku=command.sku)
    tell_oversold(draft, command.sku, command.location, context)
