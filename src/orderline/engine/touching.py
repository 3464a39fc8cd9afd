"""What a command touches, so that it can be locked: first by the command alone, then with its orders loaded."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from orderline.core.demands.state import Demand
from orderline.core.edi.warehousing import TakeShippingAdvice
from orderline.core.fulfillments.collateral import shelf_mates
from orderline.core.fulfillments.undoing import UnpickUnits
from orderline.core.orders import commands as c
from orderline.core.orders.auto_cancel import CancelDue
from orderline.core.orders.claims import TEST_POOL, may_peg, pools_of
from orderline.core.orders.delivery import ChangeDelivery
from orderline.core.orders.place import cart_of
from orderline.core.orders.state import STOCKED, FulfillmentOrder, Line, Order, ParcelState
from orderline.core.orders.substitution import SubstituteUnits
from orderline.core.pickups.commands import PickupCommand
from orderline.core.records import RecordCommand, RecordKey
from orderline.core.shipments.undoing import UndoHandover
from orderline.core.stock import commands as s
from orderline.core.stock.lasting import offering
from orderline.core.stock.lots import Tracking
from orderline.core.stock.state import SkuKind
from orderline.core.supply.commands import PegUnits
from orderline.core.vendors.commands import LapseFulfillment
from orderline.core.world import World
from orderline.values.failures import Refused
from orderline.values.ids import CartHoldId, OrderId

ShelfKeys = set[tuple[str, str]]
PoolKeys = set[tuple[str, str]]


@dataclass
class Touched:
    """Keys of rows, by kind; the kinds are locked in this order."""

    orders: set[OrderId] = field(default_factory=set[OrderId])
    records: set[RecordKey] = field(default_factory=set[tuple[str, str]])
    carts: set[CartHoldId] = field(default_factory=set[CartHoldId])
    feeds: set[str] = field(default_factory=set[str])
    skus: set[str] = field(default_factory=set[str])
    stock: ShelfKeys = field(default_factory=set[tuple[str, str]])
    # Shelves that are looked at; a location that never had the SKU needs no row for that.
    looked: ShelfKeys = field(default_factory=set[tuple[str, str]])
    # Shelves whose lots are looked at, for a channel that asks how long they last; their pools are locked.
    aged: ShelfKeys = field(default_factory=set[tuple[str, str]])
    pools: PoolKeys = field(default_factory=set[tuple[str, str]])
    companies: set[str] = field(default_factory=set[str])  # whose exposure is asked for
    added: set[OrderId] = field(default_factory=set[OrderId])  # orders that may owe more: so may their companies
    supplies: PoolKeys = field(default_factory=set[tuple[str, str]])  # dated supply of a SKU in a pool, with the demand


def touch(command: c.Command, touched: Touched) -> None:
    """Add what a command names itself."""
    match command:
        case c.PlaceOrder():
            touched.skus.update(line.sku for line in command.lines)
            cart = _cart_of(command)
            if cart is not None:
                touched.carts.add(cart)
            if command.quote:
                touched.records.add(("quote", command.quote))
            if command.draft:
                touched.records.add(("draft_order", command.draft))
            if command.demand:
                touched.records.add(("demand", command.demand))
            if command.company is not None:
                touched.records.add(("company", command.company.company))
                touched.companies.add(command.company.company)
                if command.company.agreement:
                    touched.records.add(("agreement", command.company.agreement))
        case c.LinkOrders():
            touched.orders.update((command.order, command.target))
        case RecordCommand():
            touched.records.update(command.records())
            touched.orders.update(command.orders())
            touched.carts.update(command.carts())
            touched.skus.update(command.skus())
            touched.companies.update(command.companies())
            if command.adds:
                touched.added.update(command.orders())
        case c.OrderCommand():
            touched.orders.add(command.order)
            if command.adds:
                touched.added.add(command.order)
        case s.PutSkus():
            for sku in command.skus:
                touched.skus.add(sku.code)
                touched.skus.update(component.sku for component in sku.components)
                touched.skus.update(each.sku for each in sku.substitutes)
        case s.PutSubstitutes():
            touched.skus.add(command.sku)
            touched.skus.update(each.sku for each in command.substitutes)
        case s.AdjustStock() | s.SetSafety() | s.SetThreshold() | s.SetDoubt() | s.ExpireLots():
            touched.skus.add(command.sku)
        case s.ApplyFeed():
            touched.feeds.add(command.feed)
            touched.records.update(("feed_age", row.location) for row in command.rows)
            touched.skus.update(row.sku for row in command.rows)
        case s.HoldCart():
            touched.carts.add(command.cart)
            touched.skus.update(line.sku for line in command.lines)
        case s.ReleaseCart():
            touched.carts.add(command.cart)
        case _:
            pass


def emptying(command: c.Command) -> tuple[OrderId, int] | None:
    """The order and fulfillment order that says of shelves that they are empty: others there are touched as well."""
    if isinstance(command, c.RejectUnits | c.PickUnits) and command.empties_shelf and 0 < command.fulfillment < 2**31:
        return command.order, command.fulfillment
    return None


def touch_skus(world: World, command: c.Command, touched: Touched) -> None:
    """Add the SKUs whose policy a command may ask for, now that its order and records are known."""
    if isinstance(command, RecordCommand):
        touched.skus.update(command.skus())
        touched.skus.update(sku for sku, _ in command.shelves(world))
        touched.skus.update(sku for sku, _ in command.supplies(world))
        touched.skus.update(command.skus_of_orders(world))
        for inner in command.inner(world):
            touch_skus(world, inner, touched)
    if isinstance(command, SubstituteUnits):
        touched.skus.add(command.sku)
    if not isinstance(command, c.OrderCommand) or not _may_claim_again(command):
        return
    order = world.orders.get(command.order)
    if order is not None:
        touched.skus.update(line.sku for line in order.lines if line.kind in STOCKED)
        for mate, _ in _mates(world, order, command):
            touched.skus.update(line.sku for line in mate.lines if line.kind in STOCKED)


def _may_claim_again(command: c.OrderCommand) -> bool:
    """May the command take units from a location or a claim, and look for another place for them?"""
    if isinstance(command, c.PickUnits):
        return bool(command.short)
    return isinstance(
        command,
        LapseFulfillment | c.RejectUnits | c.PullBack | c.ReclaimUnits | ChangeDelivery | PegUnits | SubstituteUnits,
    )


def touch_unsent(world: World, command: c.Command) -> OrderId | None:
    """The order of a command that may withdraw requests to providers that nobody has begun to send.

    A parcel leaves that was voided, or one has not left after all.
    """
    ships = isinstance(command, c.ShipParcels | UndoHandover | TakeShippingAdvice)
    order = world.orders.get(command.order) if ships else None
    if order is None or not any(tender.requests for tender in order.tenders):
        return None
    may = isinstance(command, UndoHandover) or any(p.state is ParcelState.VOIDED for p in order.parcels)
    may = may or (isinstance(command, TakeShippingAdvice) and bool(command.late))
    return order.id if may else None


def touch_stock(world: World, command: c.Command, touched: Touched) -> None:
    """Add the shelves and claims a command will move, now that its orders, SKUs and carts are known."""
    match command:
        case c.PlaceOrder():
            _touch_placed(world, command, touched)
        case RecordCommand():
            touched.stock.update(key for key in command.shelves(world) if _is_shelf(world, *key))
            touched.pools.update(
                (sku, pool)
                for sku, pool in command.pools(world)
                if pool in world.settings.pools and _is_stocked(world, sku)
            )
            supplies = set(command.supplies(world))
            touched.supplies.update(supplies)
            channels = (
                world.settings.channels.get(o.channel) for id_ in command.orders() if (o := world.orders.get(id_))
            )
            if any(channel is not None and channel.min_life_days for channel in channels):
                _touch_aged(world, supplies, touched)
            for cart in command.carts():
                _touch_cart(world, cart, touched)
            for inner in command.inner(world):
                touch_stock(world, inner, touched)
        case s.PutSkus():
            for sku in command.skus:
                known = world.skus.get(sku.code)
                if known is not None and known.tracking is not sku.tracking:
                    touched.stock.update((sku.code, location) for location in world.settings.locations)
        case s.AdjustStock() | s.SetSafety() | s.SetDoubt() | s.ExpireLots():
            if _is_shelf(world, command.sku, command.location):
                touched.stock.add((command.sku, command.location))
        case s.SetThreshold():
            if command.pool in world.settings.pools and _is_stocked(world, command.sku):
                touched.pools.add((command.sku, command.pool))
        case s.ApplyFeed():
            keys = ((row.sku, row.location) for row in command.rows)
            touched.stock.update(key for key in keys if _is_shelf(world, *key))
        case s.HoldCart():
            channel = world.settings.channels.get(command.channel)
            pools = channel.pools if channel is not None else ()
            stocked = [line.sku for line in command.lines if _is_stocked(world, line.sku)]
            keys = [(sku, pool) for sku in stocked for pool in pools]
            touched.pools.update(keys)
            if channel is not None and channel.min_life_days:
                _touch_aged(world, keys, touched)
            _touch_cart(world, command.cart, touched)
        case s.ReleaseCart():
            _touch_cart(world, command.cart, touched)
        case c.OrderCommand():
            order = world.orders.get(command.order)
            if order is not None:
                _touch_order(world, order, command, touched)
        case _:
            pass


def lots_named(world: World, command: c.Command) -> set[tuple[str, str]]:
    """Lots (SKU, lot) of which a rule may ask on which shelves they are."""
    if isinstance(command, s.AdjustStock):
        return {(command.sku, each.lot) for each in command.lots}
    if isinstance(command, s.ApplyFeed):
        return {(row.sku, row.lot) for row in command.rows if row.lot}
    return set(command.lots(world)) if isinstance(command, RecordCommand) else set()


def _is_stocked(world: World, code: str) -> bool:
    sku = world.skus.get(code)
    return sku is not None and sku.kind is SkuKind.STOCKED


def _is_shelf(world: World, sku: str, location: str) -> bool:
    return location in world.settings.locations and _is_stocked(world, sku)


def _touch_placed(world: World, command: c.PlaceOrder, touched: Touched) -> None:
    channel = world.settings.channels.get(command.channel)
    if channel is None or command.history:
        return
    pools = set((TEST_POOL,) if command.is_test else channel.pools)
    for group in command.groups:
        location = world.settings.locations.get(group.pickup_location or "")
        if location is not None:
            pools.update((location.pool, *location.supplied_from))
    for line in command.lines:
        sku = world.skus.get(line.sku)
        if sku is None:
            continue
        parts = [world.skus.get(component.sku) for component in sku.components] if sku.components else (sku,)
        for part in parts:
            if part is not None and part.kind is SkuKind.STOCKED:
                keys = [(part.code, pool) for pool in pools]
                touched.pools.update(keys)
                if channel.min_life_days and part.tracking is not Tracking.NONE:
                    _touch_aged(world, keys, touched)
                if part.substitutes:
                    touched.pools.update((each.sku, pool) for each in part.substitutes for pool in pools)
                if may_peg(world, command.is_test, channel, part.code):
                    touched.supplies.update(keys)
    if command.demand:
        demand = world.records.get(("demand", command.demand))
        if isinstance(demand, Demand):
            touched.supplies.update((line.sku, line.pool) for line in demand.lines)
    if command.cart_hold:
        _touch_cart(world, _cart_of(command), touched)


def _touch_aged(world: World, keys: Iterable[tuple[str, str]], touched: Touched) -> None:
    touched.aged.update((sku, code) for sku, pool in keys for code in offering(world.settings, pool))


def _cart_of(command: c.PlaceOrder) -> CartHoldId | None:
    try:
        return cart_of(command)
    except Refused:
        return None  # the decision will refuse it, and say so


def _touch_cart(world: World, cart_id: CartHoldId | None, touched: Touched) -> None:
    cart = world.carts.get(cart_id) if cart_id is not None else None
    if cart is not None:
        touched.pools.update((line.sku, line.pool) for line in cart.lines)


def _touch_order(world: World, order: Order, command: c.OrderCommand, touched: Touched) -> None:
    match command:
        case c.AllocateUnits():
            for each in command.allotments:
                line = order.line_of(each.line)
                location = world.settings.locations.get(each.location)
                if line is not None and location is not None:
                    shelves = touched.stock if line.kind in STOCKED else touched.looked
                    shelves.add((line.sku, each.location))
                    touched.pools.update((line.sku, share.pool) for share in line.claims)
        case c.ReserveUnits():
            for line in order.lines:
                touched.supplies.update((line.sku, share.pool) for share in line.pegs)
                if line.units.unplanned and line.kind in STOCKED:
                    _touch_places(world, order, line, touched)
        case PegUnits():
            for line in order.lines:
                if line.kind in STOCKED and (line.units.unplanned or line.pegs):
                    _touch_places(world, order, line, touched)
                    pools = pools_of(
                        world, world.settings.channels[order.channel], order.is_test, order.group_of(line.group)
                    )
                    touched.supplies.update((line.sku, pool) for pool in pools)
                    touched.supplies.update((line.sku, share.pool) for share in line.pegs)
        case c.ReclaimUnits():
            for line in order.lines:
                if line.claims:
                    _touch_places(world, order, line, touched)
        case ChangeDelivery():
            pools = _pools_again(world, order, command)
            for line in order.lines:
                if line.group == command.group and line.kind in STOCKED:
                    _touch_places(world, order, line, touched, *pools)
        case c.CancelUnits() | CancelDue() | SubstituteUnits():
            if isinstance(command, SubstituteUnits):
                line = order.line_of(command.line)
                if line is not None and _is_stocked(world, command.sku):
                    new = msgspec.structs.replace(line, sku=command.sku, claims=(), backordered=None)
                    _touch_places(world, order, new, touched)
            for line in order.lines:
                touched.pools.update((line.sku, share.pool) for share in line.claims)
                touched.supplies.update((line.sku, share.pool) for share in line.pegs)
                if line.backordered:
                    touched.pools.add((line.sku, line.backordered))
            for fulfillment in order.fulfillments:
                _touch_fulfillment(order, fulfillment, touched)
        case (
            LapseFulfillment()
            | UnpickUnits()
            | UndoHandover()
            | c.PickUnits()
            | c.ShipParcels()
            | PickupCommand()
            | c.RejectUnits()
            | c.PullBack()
            | c.AnswerCancel()
        ):
            fulfillment = order.fulfillment_of(command.fulfillment)
            if fulfillment is not None:
                _touch_fulfillment(order, fulfillment, touched)
                for mate, there in _mates(world, order, command):
                    _touch_fulfillment(mate, there, touched)
                    for line in mate.lines:
                        if any(item.line == line.line for item in there.items):
                            _touch_places(world, mate, line, touched, there.pool)
                if _may_claim_again(command):
                    lines = {item.line for item in fulfillment.items}
                    for line in (each for each in order.lines if each.line in lines):
                        _touch_places(world, order, line, touched, fulfillment.pool)
                        if isinstance(command, c.PullBack) and command.to in world.settings.locations:
                            (touched.stock if line.kind in STOCKED else touched.looked).add((line.sku, command.to))
        case _:
            pass


def _mates(world: World, order: Order, command: c.OrderCommand) -> list[tuple[Order, FulfillmentOrder]]:
    """Who else was to be served from the shelves that a command says are empty, of all that were loaded."""
    emptied = emptying(command)
    fulfillment = order.fulfillment_of(emptied[1]) if emptied is not None else None
    if fulfillment is None:
        return []
    skus = {line.sku for line in order.lines}
    found = shelf_mates(world, fulfillment.location, skus, but=order.id)
    mates = ((world.orders[id_], number) for id_, number in found)
    return [(mate, mate.fulfillments[number - 1]) for mate, number in mates if mate is not None]


def _pools_again(world: World, order: Order, command: ChangeDelivery) -> tuple[str, ...]:
    """The pools that a group may be served from when it is delivered as it is to be."""
    store = world.settings.locations.get(command.pickup_location or "")
    if store is not None:
        return (store.pool, *store.supplied_from)
    return (TEST_POOL,) if order.is_test else world.settings.channels[order.channel].pools


def _touch_places(world: World, order: Order, line: Line, touched: Touched, *others: str) -> None:
    """All pools that a line may be claimed in, with the shelves there. others: pools that its units come from."""
    channel = world.settings.channels[order.channel]
    pools = {*others, *pools_of(world, channel, order.is_test, order.group_of(line.group))}
    pools.update(share.pool for share in line.claims)
    if line.backordered:
        pools.add(line.backordered)
    for pool in pools:
        touched.pools.add((line.sku, pool))
    touched.looked.update(
        (line.sku, code) for code, location in world.settings.locations.items() if location.pool in pools
    )


def _touch_fulfillment(order: Order, fulfillment: FulfillmentOrder, touched: Touched) -> None:
    for item in fulfillment.items:
        line = order.line_of(item.line)
        if line is not None:
            touched.stock.add((line.sku, fulfillment.location))
            touched.pools.add((line.sku, fulfillment.pool))
