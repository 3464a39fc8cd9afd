"""Claim stock for an order when it is accepted: pools in their order, then what the SKU's policy says of the rest."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from orderline.core.demands.decide import consume_demand
from orderline.core.demands.rows import Ahead
from orderline.core.moves import Bucket, Move
from orderline.core.orders.events import MovedItem, UnitsBackordered, UnitsMoved
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.state import STOCKED, DemandGroup, Line, Order
from orderline.core.stock.exclusions import exclusion_of
from orderline.core.stock.lasting import aged_units
from orderline.core.stock.state import Channel, ShortPolicy
from orderline.core.stock.substitutes import allowed_for
from orderline.core.supply.pegging import peg_items
from orderline.core.supply.rows import by_date
from orderline.core.world import Draft, World
from orderline.values.failures import Refused
from orderline.values.ids import OrderId

TEST_POOL = "test"
SWAPPED: Final = "it can't be had, and something else can be sent instead"
SOLD: Final = "it can't be had, and was sold where nobody could ask first"
_ANY_DAY: Final = datetime(2000, 1, 1, tzinfo=UTC)


def claim_stock(
    draft: Draft,
    order_id: OrderId,
    channel: Channel,
    demand: str = "",
    *,
    sold: bool = False,
    lines: Sequence[Line] | None = None,
    now: datetime | None = None,
) -> list[tuple[int, str]]:
    """Claim the order's units on the channel's pools in their order, then on dated supply; the rest by the SKU's policy.

    demand: the scheduled demand whose units it takes. sold: it can't be refused. lines, now: those that were added, and
    when; all of an order that was just accepted, when not given. Returns the lines that lack units
    though the policy does not let them wait, each with the reason for which it was accepted all the same.
    Refused STOCK_NOT_AVAILABLE, BACKORDER_CAP_REACHED: naming the line, what was asked and what there is.
    Refused DEMAND_UNKNOWN: there is no such demand.
    Refused SKU_NOT_FOR_SALE: not at this time, or not in the country it goes to. SKU_NOT_SOLD_HERE: it is excluded.
    """
    world = draft.world
    order = world.order(order_id)
    items: list[MovedItem] = []
    short: list[UnitsBackordered] = []
    lacking: list[tuple[int, str]] = []
    pegs: list[MovedItem] = []
    taken: dict[tuple[str, str], int] = {}
    beyond: dict[str, int] = {}  # units of SKUs that this order lets wait
    pools_by_group = {each.group: pools_of(world, channel, order.is_test, each) for each in order.agreement.groups}
    if demand:
        consume_demand(draft, demand, order, pools_by_group)
    at = now or order.accepted_at
    for line in order.lines if lines is None else lines:
        check_for_sale(world, order, line, at)
        if line.kind not in STOCKED:
            continue
        pools = pools_by_group[line.group]
        missing = line.units.unplanned
        kept_back = channel.buffer if not order.is_test else 0
        for pool in pools:
            level = world.pool_level(line.sku, pool)
            already = taken.get((line.sku, pool), 0)
            available = level.atp - already
            if channel.min_life_days and not order.is_test:
                by = order.group_of(line.group).promised_by or at
                available = max(0, available - aged_units(world, channel, line.sku, pool, by.date()))
            if kept_back and available > 0:
                kept_back, available = max(0, kept_back - available), max(0, available - kept_back)
            quantity = min(missing, available)
            if quantity > 0:
                items.append(MovedItem(line.line, Bucket.UNPLANNED, Bucket.POOLED, quantity, pool))
                taken[line.sku, pool] = already + quantity
                missing -= quantity
            if not missing:
                break
        if missing:
            if not sold:
                _check_cap(world, order.is_test, channel, line, pools, missing, beyond.get(line.sku, 0))
            beyond[line.sku] = beyond.get(line.sku, 0) + missing
            found = _peg(world, order, channel, line, pools, missing, pegs, taken, at)
            missing -= sum(item.quantity for item in found)
            pegs.extend(found)
        if missing:
            if _may_swap(world, order, line, pools, missing):
                lacking.append((line.line, SWAPPED))
            elif sold:
                if not may_wait(world, order.is_test, channel, line.sku, pools, missing):
                    lacking.append((line.line, SOLD))
            else:
                _check_short(world, order.is_test, channel, line, missing)
            short.append(UnitsBackordered(line.line, pools[0], missing))
    if items:
        draft.tell(order_id, UnitsMoved(move=Move.RESERVE, items=tuple(items), at=at))
    if pegs:
        draft.tell(order_id, UnitsMoved(move=Move.PEG, items=tuple(pegs), at=at))
    for event in short:
        draft.tell(order_id, event)
    return lacking


def pools_of(world: World, channel: Channel, is_test: bool, group: DemandGroup) -> tuple[str, ...]:
    """The pools a demand group is served from: the channel's, or the test pool.

    What is collected comes from the pool of its pickup location, then from those whose units are sent there.
    """
    if is_test:
        return (TEST_POOL,)
    if group.pickup_location is not None:
        location = world.settings.locations[group.pickup_location]
        return (location.pool, *location.supplied_from)
    return channel.pools


def may_peg(world: World, is_test: bool, channel: Channel, code: str) -> bool:
    """May dated supply of a SKU ever be promised on a channel?"""
    return peg_until(world, is_test, channel, code, _ANY_DAY) is not None


def peg_until(world: World, is_test: bool, channel: Channel, code: str, now: datetime) -> datetime | None:
    """The last instant for which dated supply may be promised; None: not at all."""
    return world.skus[code].ahead_until(now, _policy(world, is_test, channel, code))


def may_wait(world: World, is_test: bool, channel: Channel, code: str, pools: Sequence[str], units: int) -> bool:
    """Does the policy let units of a SKU wait for supply, beside those that wait in these pools already?"""
    policy = _policy(world, is_test, channel, code)
    if policy is ShortPolicy.CAP:
        return units <= _room_beyond(world, code, pools)
    return policy is ShortPolicy.BACKORDER


def _room_beyond(world: World, code: str, pools: Sequence[str]) -> int:
    """How many more units may be sold beyond what is there: the cap counts those that wait, pegged or not."""
    return world.skus[code].backorder_cap - sum(world.pool_level(code, pool).beyond for pool in pools)


def _policy(world: World, is_test: bool, channel: Channel, code: str) -> ShortPolicy:
    return ShortPolicy.BACKORDER if is_test else channel.short_policy or world.skus[code].short_policy


def _peg(
    world: World,
    order: Order,
    channel: Channel,
    line: Line,
    pools: Sequence[str],
    missing: int,
    told: list[MovedItem],
    claimed: Mapping[tuple[str, str], int],
    now: datetime,
) -> list[MovedItem]:
    """told, claimed: what this very order has been given already, of supply and of what is there."""
    until = peg_until(world, order.is_test, channel, line.sku, now)
    if until is None:
        return []
    taken: dict[str, int] = {}
    for item in told:
        taken[item.supply] = taken.get(item.supply, 0) + item.quantity
    rows = [row for pool in pools for row in world.supply_of(line.sku, pool)]
    ahead: dict[str, Ahead] = {}
    for pool in pools:  # whoever waits already comes first
        waiting = world.pool_level(line.sku, pool).backordered
        scheduled = world.ahead(line.sku, pool, claimed.get((line.sku, pool), 0))
        for row in by_date(row for row in rows if row.pool == pool):
            taken[row.id] = taken.get(row.id, 0) + min(waiting, row.free)
            waiting -= min(waiting, row.free)
            if scheduled is not None:
                scheduled.take(row.ready_at, taken[row.id])
        if scheduled is not None:
            ahead[pool] = scheduled
    pickup = order.group_of(line.group).pickup_location
    return peg_items(line.line, rows, missing, until, pickup, taken, ahead=ahead)


def check_for_sale(world: World, order: Order, line: Line, now: datetime) -> None:
    """Refused SKU_NOT_SOLD_HERE, SKU_NOT_FOR_SALE: its line may not be sold now, on this channel or to where it goes."""
    sku = world.skus[line.sku]
    if sku.exclusions:
        pickup = order.group_of(line.group).pickup_location
        excluded = exclusion_of(sku.exclusions, order.channel, now, pickup)
        if excluded is not None:
            field, reason = f"lines[{line.line - 1}].sku", excluded.told()
            raise Refused(R.SKU_NOT_SOLD_HERE, field=field, value=sku.code, reason=reason, unblock=excluded.owner)
    if sku.sold_from is None and sku.sold_until is None and not sku.not_sold_in:
        return
    reason = sku.not_for_sale(now, order.group_of(line.group).place.country)
    if reason:
        raise Refused(R.SKU_NOT_FOR_SALE, field=f"lines[{line.line - 1}].sku", value=sku.code, reason=reason)


def _check_cap(
    world: World, is_test: bool, channel: Channel, line: Line, pools: Sequence[str], missing: int, own: int
) -> None:
    """own: units that the same order lets wait already."""
    if _policy(world, is_test, channel, line.sku) is not ShortPolicy.CAP:
        return
    room = _room_beyond(world, line.sku, pools) - own
    if missing > room:
        facts = _asked(line, available=line.units.unplanned - missing + max(0, room))
        raise Refused(R.BACKORDER_CAP_REACHED, **facts, cap=world.skus[line.sku].backorder_cap)


def _may_swap(world: World, order: Order, line: Line, pools: Sequence[str], missing: int) -> bool:
    """Is there something to send instead? Then the order is accepted, and `swap_or_ask` says what follows."""
    sku = world.skus[line.sku]
    if not sku.substitutes or line.parent is not None or order.is_test:
        return False
    agreed = next(each for each in order.agreement.lines if each.line == line.line)
    country = order.group_of(line.group).place.country
    allowed = allowed_for(sku.substitutes, order.channel, country, agreed.unit_price_minor, order.currency)
    return any(world.pool_level(each.sku, pool).atp >= missing for each, _ in allowed for pool in pools)


def _check_short(world: World, is_test: bool, channel: Channel, line: Line, missing: int) -> None:
    if _policy(world, is_test, channel, line.sku) is ShortPolicy.DENY:
        raise Refused(R.STOCK_NOT_AVAILABLE, **_asked(line, available=line.units.unplanned - missing))


def _asked(line: Line, *, available: int) -> dict[str, str | int]:
    field = f"lines[{line.line - 1}].quantity"
    return {"field": field, "value": line.units.unplanned, "sku": line.sku, "available": available}
