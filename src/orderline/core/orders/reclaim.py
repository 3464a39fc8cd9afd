"""Claim units again that have lost their place: in their own pool, in the channel's next ones, or wait for supply.

A claim is worth something where locations that may serve the line have units that nobody else was promised; those that
have rejected the line, and those that do not serve its group, do not count.
"""

from collections.abc import Sequence

import msgspec

from orderline.core.context import Context
from orderline.core.decisions.asking import UNFILLABLE
from orderline.core.holds.rules import new_hold
from orderline.core.moves import Bucket, Move
from orderline.core.orders.claims import may_wait, pools_of
from orderline.core.orders.commands import HoldInput, ReclaimUnits
from orderline.core.orders.events import HoldPlaced, HoldReleased, MovedItem, UnitsBackordered, UnitsMoved
from orderline.core.orders.guards import ongoing_order
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.settle import settle
from orderline.core.orders.state import DemandGroup, Line, Order, PoolShare
from orderline.core.stock.state import Location
from orderline.core.world import Draft, World
from orderline.values.failures import Refused
from orderline.values.ids import OrderId


def decide_reclaim(draft: Draft, command: ReclaimUnits, context: Context) -> None:
    """Move claims that no location of their pool can serve. Refused NOTHING_TO_DO: the locations can serve them all."""
    order = ongoing_order(draft.world, command)
    if command.give_up:
        _give_up(draft, order, command, context)
        return
    held = [(line.line, share) for line in order.lines for share in line.claims]
    trial = Draft(draft.world, draft.now)
    for line, share in held:
        item = MovedItem(line, Bucket.POOLED, Bucket.UNPLANNED, share.quantity, share.pool)
        trial.tell(order.id, UnitsMoved(move=Move.UNRESERVE, items=(item,), at=context.now))
    places = places_again(draft.world, order.id, [(line, share.pool, share.quantity) for line, share in held])
    trial.roll_back()
    items: list[MovedItem] = []
    for (line, share), found in zip(held, places, strict=True):
        left = share.quantity
        for place in found:
            left -= place.quantity
            if place.pool != share.pool:
                about = (Bucket.POOLED, Bucket.POOLED, place.quantity, share.pool, place.pool)
                items.append(MovedItem(line, *about))
        if left:
            items.append(MovedItem(line, Bucket.POOLED, Bucket.UNPLANNED, left, share.pool))
    if not items:
        raise Refused(R.NOTHING_TO_DO, value=order.number)
    draft.tell(order.id, UnitsMoved(move=Move.RECLAIM, items=tuple(items), at=context.now))
    wait_for_supply(draft, order.id, items, context)
    settle(draft, order.id, context)


def _give_up(draft: Draft, order: Order, command: ReclaimUnits, context: Context) -> None:
    """Units that rules want to go nowhere: their claims are given back, and a hold says that somebody decides."""
    wanted: dict[int, int] = {}
    for each in command.give_up:
        wanted[each.line] = wanted.get(each.line, 0) + each.quantity
    items: list[MovedItem] = []
    for line in order.lines:
        left = wanted.get(line.line, 0)
        for share in line.claims:
            units = min(left, share.quantity)
            if units > 0:
                items.append(MovedItem(line.line, Bucket.POOLED, Bucket.UNPLANNED, units, share.pool))
                left -= units
    if not items:
        raise Refused(R.NOTHING_TO_DO, value=order.number)
    draft.tell(order.id, UnitsMoved(move=Move.RECLAIM, items=tuple(items), at=context.now))
    wait_for_supply(draft, order.id, items, context, why=command.reason)
    settle(draft, order.id, context)


def places_again(
    world: World, order_id: OrderId, wanted: Sequence[tuple[int, str, int]]
) -> list[tuple[PoolShare, ...]]:
    """Which pools can take units that stand in `unplanned` now: the one they come from, then the channel's in order.

    wanted: (line, the pool its units come from, how many). Returns the shares of each; what fits nowhere is left out.
    """
    order = world.order(order_id)
    channel = world.settings.channels[order.channel]
    taken: dict[tuple[str, str], int] = {}
    places: list[tuple[PoolShare, ...]] = []
    for number, own, quantity in wanted:
        line = order.line_of(number)
        assert line is not None
        pools = pools_of(world, channel, order.is_test, order.group_of(line.group))
        left = quantity
        shares: list[PoolShare] = []
        for pool in dict.fromkeys((own, *pools)):
            room = room_for(world, order, line, pool, promised=pool == own) - taken.get((line.sku, pool), 0)
            units = min(left, room)
            if units > 0:
                shares.append(PoolShare(pool, units))
                taken[line.sku, pool] = taken.get((line.sku, pool), 0) + units
                left -= units
        places.append(tuple(shares))
    return places


def claim_all(draft: Draft, order_id: OrderId, numbers: Sequence[int], context: Context) -> None:
    """Claim all units of lines that are planned nowhere, in the pools of their groups, where locations can serve them.

    Refused STOCK_NOT_AVAILABLE: fewer can be had than are needed.
    """
    world = draft.world
    order = world.order(order_id)
    channel = world.settings.channels[order.channel]
    taken: dict[tuple[str, str], int] = {}
    items: list[MovedItem] = []
    for number in numbers:
        line = order.line_of(number)
        assert line is not None
        left = line.units.unplanned
        for pool in pools_of(world, channel, order.is_test, order.group_of(line.group)) if left else ():
            units = min(left, room_for(world, order, line, pool) - taken.get((line.sku, pool), 0))
            if units > 0:
                items.append(MovedItem(line.line, Bucket.UNPLANNED, Bucket.POOLED, units, pool))
                taken[line.sku, pool] = taken.get((line.sku, pool), 0) + units
                left -= units
        if left:
            wanted = line.units.unplanned
            raise Refused(R.STOCK_NOT_AVAILABLE, field="quantity", value=wanted, sku=line.sku, available=wanted - left)
    if items:
        draft.tell(order_id, UnitsMoved(move=Move.RESERVE, items=tuple(items), at=context.now))


def room_for(world: World, order: Order, line: Line, pool: str, *, promised: bool = False) -> int:
    """How many more units of a line a pool can be claimed for, so that locations are there to serve them.

    promised: the units were promised from this pool before, so that what is kept back from promising may serve them.
    """
    group = order.group_of(line.group)
    here = [location for location in world.settings.locations.values() if location.pool == pool and location.offers]
    there = world.settings.locations.get(group.pickup_location or "")
    serving = [
        each for each in here if (serves(each, group) or supplies(each, there)) and each.code not in line.excluded
    ]
    claimed = sum(share.quantity for share in line.claims if share.pool == pool)
    level = world.pool_level(line.sku, pool)
    if promised:
        usable = sum(world.level(line.sku, each.code).free for each in serving)
        spare = sum(world.level(line.sku, each.code).free for each in here) - level.claims - level.kept
    else:
        usable = sum(world.level(line.sku, each.code).promisable for each in serving)
        spare = level.atp
    return max(0, min(usable - claimed, spare))


def serves(location: Location, group: DemandGroup) -> bool:
    """May routing ever send units of a group to the location, apart from stock?"""
    if not location.active or location.daily_capacity == 0:
        return False
    if group.pickup_location is not None:
        return location.code == group.pickup_location and location.pickup
    return location.ships


def supplies(location: Location, store: Location | None) -> bool:
    """Is what the location has sent to the store for customers who collect it there?"""
    if store is None or location.pool not in store.supplied_from:
        return False
    return location.active and location.ships and location.daily_capacity != 0


def wait_for_supply(
    draft: Draft, order_id: OrderId, items: Sequence[MovedItem], context: Context, *, why: str = ""
) -> None:
    """Count units that have come to `unplanned` as waiting; a person decides where the policy does not let them wait.

    A person decides as well where every location that serves the group has rejected the line: supply would not help;
    and where `why` says so.
    """
    world = draft.world
    waiting: dict[int, int] = {}
    for item in items:
        if item.target is Bucket.UNPLANNED:
            waiting[item.line] = waiting.get(item.line, 0) + item.quantity
    for number, quantity in waiting.items():
        order = world.order(order_id)
        line = order.line_of(number)
        assert line is not None
        channel = world.settings.channels[order.channel]
        pools = pools_of(world, channel, order.is_test, order.group_of(line.group))
        pool = line.backordered or pools[0]
        reason = ""
        if why:
            reason = f"{quantity} x {line.sku}: {why}"
        elif not order.is_test and not _may_be_served(world, order, line, pools):
            reason = f"{quantity} x {line.sku}: every location that may serve it has rejected it"
        elif not may_wait(world, order.is_test, channel, line.sku, pools, quantity):
            reason = f"{quantity} x {line.sku}: no location has it, and it may not wait for supply"
        draft.tell(order_id, UnitsBackordered(number, pool, quantity))
        if reason and not any(hold.type == UNFILLABLE and hold.line == number for hold in order.holds):
            asked = HoldInput(type=UNFILLABLE, reason=reason, line=number)
            draft.tell(order_id, HoldPlaced(new_hold(asked, order.holds_placed + 1, context)))


def count_backorders(draft: Draft, before: Order, context: Context) -> None:
    """Bring the pools' backorder counts to what still waits, after units left `unplanned`.

    Where nothing of a line waits any more, nobody has to decide about it either.
    """
    order = draft.world.order(before.id)
    for was in before.lines:
        line = order.line_of(was.line)
        if was.backordered is None or line is None:
            continue
        fewer = was.units.unplanned - line.units.unplanned
        if fewer > 0:
            draft.tell(order.id, UnitsBackordered(line.line, was.backordered, -fewer))
        if line.units.unplanned == 0:
            for hold in order.holds:
                if hold.type == UNFILLABLE and hold.line == line.line:
                    reason = "nothing of the line waits any more"
                    draft.tell(order.id, HoldReleased(hold.number, context.actor.name, context.now, reason))


def shared(items: Sequence[MovedItem], places: Sequence[Sequence[PoolShare]]) -> list[MovedItem]:
    """Items with `unplanned` as their target, over the pools that take them."""
    moved: list[MovedItem] = []
    for item, found in zip(items, places, strict=True):
        left = item.quantity
        for place in found:
            moved.append(msgspec.structs.replace(item, target=Bucket.POOLED, quantity=place.quantity, pool=place.pool))
            left -= place.quantity
        if left:
            moved.append(msgspec.structs.replace(item, target=Bucket.UNPLANNED, quantity=left, pool=""))
    return moved


def _may_be_served(world: World, order: Order, line: Line, pools: Sequence[str]) -> bool:
    group = order.group_of(line.group)
    return any(
        location.pool in pools and location.code not in line.excluded and serves(location, group)
        for location in world.settings.locations.values()
    )
