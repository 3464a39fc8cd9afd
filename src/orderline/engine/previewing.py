"""What would happen: a command decided on the state as it is, by the same rules, and not carried out."""

from datetime import datetime
from typing import Any

import msgspec

from orderline.core.changes.differences import Difference, difference_of
from orderline.core.context import Actor, Context
from orderline.core.decide import run
from orderline.core.limits import MoneyLimits
from orderline.core.orders.commands import Command, OrderCommand, PlaceOrder
from orderline.core.orders.events import AnyOrderEvent
from orderline.core.orders.next_step import NextStep, next_step_of
from orderline.core.orders.state import Line, Order
from orderline.core.orders.status import Status, status_of
from orderline.core.records import Record, RecordCommand, RecordKey
from orderline.core.stock.state import SkuKind
from orderline.core.tenders.sums import earned_minor, net_agreed_minor, secured_minor
from orderline.core.world import World
from orderline.engine.buying import load_buying, touch_buying
from orderline.engine.loading import ask_tracked, lock_accounts, lock_lots
from orderline.engine.submissions import is_storable
from orderline.engine.touching import Touched, emptying, touch, touch_skus, touch_stock
from orderline.store.database import Database
from orderline.store.loading import (
    carts_of,
    demand_of,
    load_settings,
    orders_of,
    pools_of,
    records_of,
    skus_of,
    stock_of,
    supply_of,
)
from orderline.store.snapshots import SnapshotReader, snapshot
from orderline.values.ids import OrderId, new_id


class MoneyView(msgspec.Struct, frozen=True):
    """An order's money in minor units: what is agreed and not canceled, what stands behind it, what is earned."""

    currency: str
    agreed_minor: int
    secured_minor: int
    earned_minor: int


class Preview(msgspec.Struct, frozen=True, omit_defaults=True):
    """The events that would be journaled, and the order as it would stand after them.

    difference: to an order that exists, of the version named in it; it is good until that has moved on.
    """

    events: tuple[AnyOrderEvent, ...]
    status: Status
    lines: tuple[Line, ...]
    money: MoneyView
    money_before: MoneyView | None = None
    next_step: NextStep | None = None
    difference: Difference | None = None


def preview(
    database: Database, command: Command, actor: Actor, now: datetime, limits: MoneyLimits | None = None
) -> Preview:
    """Decide a command on one order as if it were carried out now. Raises what it would be refused for."""
    return preview_in(_world(database, command), command, actor, now, limits)


def preview_in(
    world: World, command: Command, actor: Actor, now: datetime, limits: MoneyLimits | None = None
) -> Preview:
    """As `preview`, in a world that holds what the command touches, and is as before afterwards."""
    context = Context(now, actor, OrderId(new_id()), "preview", limits)
    order_id = command.order if isinstance(command, OrderCommand) else context.new_order
    before = world.orders.get(order_id)
    draft, _ = run(world, command, context)
    order = world.orders.get(order_id)
    assert order is not None
    status = status_of(order)
    events = tuple(event for id_, event in draft.events if id_ == order_id)
    draft.roll_back()
    return Preview(
        events=events,
        status=status,
        lines=order.lines,
        money=_money(order),
        money_before=_money(before) if before is not None else None,
        next_step=next_step_of(order, status.phase),
        difference=difference_of(world.settings, before, order, events, now) if before is not None else None,
    )


def placed(database: Database, command: PlaceOrder, actor: Actor, now: datetime) -> Order:
    """An order as it would stand once placed. Raises what placing it would be refused for."""
    world = _world(database, command)
    context = Context(now, actor, OrderId(new_id()), "preview")
    run(world, command, context)
    order = world.orders[context.new_order]
    assert order is not None
    return order


def order_after(database: Database, command: OrderCommand, actor: Actor, now: datetime) -> Order:
    """An order as a command would leave it. Raises what the command would be refused for."""
    world = _world(database, command)
    run(world, command, Context(now, actor, OrderId(new_id()), "preview"))
    order = world.orders[command.order]
    assert order is not None
    return order


def preview_record(
    database: Database, command: RecordCommand, actor: Actor, now: datetime, of: RecordKey | None = None
) -> Record:
    """A record that a command names, the first when none is said, as it would stand. Raises what it would be refused for."""
    world = _world(database, command)
    run(world, command, Context(now, actor, OrderId(new_id()), "preview"))
    return world.records[next(iter(command.records())) if of is None else of]


def _world(database: Database, command: Command) -> World:
    with snapshot(database) as (connection, reader):
        world = World(load_settings(connection, database.cell))
        _load(reader, world, command)
    return world


def _load(reader: SnapshotReader, world: World, command: Command) -> None:
    touched = Touched()
    touch(command, touched)
    if isinstance(command, PlaceOrder):
        found = reader.ask(
            "orders", "find_external", channels=[command.channel], external_ids=[command.external_id]
        ).rows()
        world.externals = {(row[0], row[1]): OrderId(row[2]) for row in found}
    emptied = emptying(command)
    if emptied is not None:
        given: dict[str, Any] = {"orders": [emptied[0]], "numbers": [emptied[1]]}
        touched.orders.update(row[0] for row in reader.ask("fulfillments", "shelf_mates", **given).rows())
    touch_buying(reader, touched)
    if touched.orders:
        world.orders.update(orders_of(reader.ask("orders", "load_states", ids=sorted(touched.orders)).rows()))
    records = sorted(touched.records)
    if records:
        kinds, ids = [key[0] for key in records], [key[1] for key in records]
        world.records.update(records_of(reader.ask("records", "lock_records", kinds=kinds, ids=ids).rows()))
    lock_accounts(reader, world)
    if touched.companies:
        load_buying(reader, world, touched, [command])
    if touched.carts:
        world.carts.update(carts_of(reader.ask("stock", "lock_carts", ids=sorted(touched.carts)).rows()))
    touch_skus(world, command, touched)
    _load_skus(reader, world, touched.skus)
    parts = {part.sku for sku in world.skus.values() if sku.kind is SkuKind.BUNDLE for part in sku.components}
    _load_skus(reader, world, parts - set(world.skus))
    touch_stock(world, command, touched)
    shelves = sorted(key for key in touched.stock | touched.looked if key[1] in world.settings.locations)
    pools = sorted(
        touched.pools | touched.supplies | {(sku, world.settings.locations[location].pool) for sku, location in shelves}
    )
    if shelves:
        skus, locations = [key[0] for key in shelves], [key[1] for key in shelves]
        world.stock = stock_of(reader.ask("stock", "lock_stock", skus=skus, locations=locations).rows())
    if shelves or touched.aged:
        lock_lots(reader, world, touched, ask_tracked(reader, touched), [command])
        world.lots.is_planned = False
    if pools:
        skus, codes = [key[0] for key in pools], [key[1] for key in pools]
        world.pools = pools_of(reader.ask("stock", "lock_pools", skus=skus, pools=codes).rows())
    if touched.supplies:
        pairs = sorted(touched.supplies)
        rows = reader.ask("supply", "lock_supply", skus=[pair[0] for pair in pairs], pools=[pair[1] for pair in pairs])
        world.supply = supply_of(rows.rows())
        rows = reader.ask("demands", "lock_demand", skus=[pair[0] for pair in pairs], pools=[pair[1] for pair in pairs])
        world.demand = demand_of(rows.rows())


def _load_skus(reader: SnapshotReader, world: World, codes: set[str]) -> None:
    known = sorted(filter(is_storable, codes))
    if known:
        world.skus.update(skus_of(reader.ask("stock", "load_skus", codes=known).rows()))


def _money(order: Order) -> MoneyView:
    return MoneyView(order.currency, net_agreed_minor(order), secured_minor(order), earned_minor(order))
