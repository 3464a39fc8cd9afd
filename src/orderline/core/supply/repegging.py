"""What becomes of pegs when their supply comes, is late, or does not come at all."""

from datetime import datetime

from orderline.core.context import Context
from orderline.core.demands.rows import Ahead
from orderline.core.moves import Bucket, Move
from orderline.core.orders.claims import peg_until, pools_of
from orderline.core.orders.events import MovedItem, UnitsMoved
from orderline.core.orders.guards import ongoing_order
from orderline.core.orders.reclaim import count_backorders, places_again, wait_for_supply
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.state import STOCKED, Line, Order, PegShare
from orderline.core.supply.commands import PegUnits
from orderline.core.supply.pegging import peg_items
from orderline.core.supply.rows import SupplyRow, find
from orderline.core.world import Draft, World
from orderline.values.failures import Refused
from orderline.values.ids import OrderId


def decide_peg_units(draft: Draft, command: PegUnits, context: Context) -> None:
    """Let units wait for the best supply there is: those that wait for none, for late, or for what does not come.

    What is late and nobody can better keeps its peg, and is promised anew (`promises.windows.arrivals_of`); what nothing
    covers any more waits in the backorder queue, or a person decides. Refused NOTHING_TO_DO: all is well, or nothing is to come.
    """
    order = ongoing_order(draft.world, command)
    told = len(draft.events)
    for line in order.lines:
        if line.kind in STOCKED and (line.units.unplanned or line.pegs):
            for share in line.pegs:
                _look_after(draft, order, line, share, context)
            _peg_unplanned(draft, order.id, line.line, context)
    if len(draft.events) == told:
        raise Refused(R.NOTHING_TO_DO, value=order.number)


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


def _look_after(draft: Draft, order: Order, line: Line, share: PegShare, context: Context) -> None:
    row = find(draft.world.supply_of(line.sku, share.pool), share.supply)
    assert row is not None, "units are pegged to supply that there is"
    waiting = min(share.quantity, row.awaited)
    lacking = min(waiting, row.overpegged)
    late = row.ready_at > share.promised_at
    if not lacking and not (late and waiting):
        return
    others = [each for each in _rows(draft.world, order, line) if each.id != row.id]
    until = _until(draft.world, order, line, context)
    ahead = _ahead(draft.world, order, line)
    better = peg_items(
        line.line, others, lacking, until, _pickup(order, line), promised_at=share.promised_at, ahead=ahead
    )
    left = lacking - sum(item.quantity for item in better)
    if late:
        earlier = [each for each in others if each.ready_at < row.ready_at]
        taken = {item.supply: item.quantity for item in better}
        wanted = waiting - lacking
        found = peg_items(
            line.line, earlier, wanted, until, _pickup(order, line), taken, promised_at=share.promised_at, ahead=ahead
        )
        wanted -= sum(item.quantity for item in found)
        better = [*better, *found]
        if wanted:
            better.append(_peg(line.line, wanted, row))
    freed = sum(item.quantity for item in better) + left
    off = MovedItem(line.line, Bucket.PEGGED, Bucket.UNPLANNED, freed, share.pool, supply=share.supply)
    draft.tell(order.id, UnitsMoved(move=Move.UNPEG, items=(off,), at=context.now, reason="supply"))
    if better:
        draft.tell(order.id, UnitsMoved(move=Move.PEG, items=tuple(better), at=context.now, reason="supply"))
    if left:
        [places] = places_again(draft.world, order.id, [(line.line, share.pool, left)])
        found = [MovedItem(line.line, Bucket.UNPLANNED, Bucket.POOLED, place.quantity, place.pool) for place in places]
        if found:
            draft.tell(order.id, UnitsMoved(move=Move.RESERVE, items=tuple(found), at=context.now, reason="supply"))
            left -= sum(item.quantity for item in found)
    if left:
        lost = MovedItem(line.line, Bucket.PEGGED, Bucket.UNPLANNED, left)
        wait_for_supply(draft, order.id, [lost], context)


def _peg_unplanned(draft: Draft, order_id: OrderId, number: int, context: Context) -> None:
    order = draft.world.order(order_id)
    line = order.line_of(number)
    assert line is not None
    until = _until(draft.world, order, line, context)
    rows, ahead = _rows(draft.world, order, line), _ahead(draft.world, order, line)
    items = peg_items(number, rows, line.units.unplanned, until, _pickup(order, line), ahead=ahead)
    if items:
        draft.tell(order_id, UnitsMoved(move=Move.PEG, items=tuple(items), at=context.now))
        count_backorders(draft, order, context)


def _peg(number: int, quantity: int, row: SupplyRow) -> MovedItem:
    return MovedItem(
        number, Bucket.UNPLANNED, Bucket.PEGGED, quantity, row.pool, supply=row.id, promised_at=row.ready_at
    )


def _rows(world: World, order: Order, line: Line) -> list[SupplyRow]:
    return [row for pool in _pools(world, order, line) for row in world.supply_of(line.sku, pool)]


def _ahead(world: World, order: Order, line: Line) -> dict[str, Ahead]:
    """What may be promised beside scheduled demand, where there is any."""
    found = ((pool, world.ahead(line.sku, pool)) for pool in _pools(world, order, line))
    return {pool: ahead for pool, ahead in found if ahead is not None}


def _pools(world: World, order: Order, line: Line) -> tuple[str, ...]:
    return pools_of(world, world.settings.channels[order.channel], order.is_test, order.group_of(line.group))


def _until(world: World, order: Order, line: Line, context: Context) -> datetime:
    channel = world.settings.channels[order.channel]
    return peg_until(world, order.is_test, channel, line.sku, context.now) or context.now


def _pickup(order: Order, line: Line) -> str | None:
    return order.group_of(line.group).pickup_location
