"""A location finds a shelf empty: everybody who was to be served from it goes elsewhere, in the same command."""

from datetime import UTC, datetime

from orderline.core.context import SYSTEM
from orderline.core.orders.commands import (
    AcceptFulfillment,
    AllocateUnits,
    Allotment,
    PickUnits,
    RejectUnits,
)
from orderline.core.orders.state import LineQuantity
from orderline.engine.engine import Engine
from orderline.engine.previewing import preview
from orderline.store.database import Database
from orderline.store.working import read_orders
from orderline.values.ids import OrderId
from support.engines import assert_clean, open_shop, placed, value
from support.shop import order_of


def at_lyon(engine: Engine, name: str, units: int, sku: str = "TEE-M") -> OrderId:
    order = placed(engine, order_of(name, (sku, units, 2000)))
    engine.run(AllocateUnits(order=order, group=1, allotments=(Allotment(1, "eu", "lyon", units),)))
    return order


def shelf(database: Database) -> tuple[int, int, int, int]:
    return database.rows(
        "SELECT sellable, picked, missing, allocated FROM stock"
        " WHERE cell = %(cell)s AND sku = 'TEE-M' AND location = 'lyon'"
    )[0]


def test_others_lose_their_units_with_the_one_who_finds_the_shelf_empty(engine: Engine, database: Database) -> None:
    open_shop(engine, [("TEE-M", "lyon", 6), ("TEE-M", "lille", 4), ("MUG", "lyon", 5)])
    first, second, third = at_lyon(engine, "1", 1), at_lyon(engine, "2", 2), at_lyon(engine, "3", 1)
    other = at_lyon(engine, "4", 1, "MUG")
    engine.run(AcceptFulfillment(order=third, fulfillment=1))
    engine.run(PickUnits(order=third, fulfillment=1, lines=(LineQuantity(1, 1),)))
    command = RejectUnits(order=first, fulfillment=1, reason="not there", shelf="missing", empties_shelf=True)
    shown = preview(database, command, SYSTEM, datetime.now(UTC))
    assert shown.lines[0].units.pooled == 1
    version = read_orders(database, [second])[second].version
    engine.run(command)
    assert shelf(database) == (0, 1, 5, 1)
    orders = read_orders(database, [first, second, third, other])
    for lost in (first, second):
        line = orders[lost].lines[0]
        assert (line.units.pooled, line.units.allocated, line.excluded) == (line.units.total(), 0, ("lyon",))
        assert orders[lost].fulfillments[0].negotiation == "rejected"
    assert orders[second].version == version + 1
    assert orders[third].lines[0].units.picked == 1
    assert orders[other].lines[0].units.allocated == 1
    routed = value(database, "SELECT count(*) FROM outbox WHERE kind = 'route' AND stream = ANY(%s)",
                   [str(first), str(second)])  # fmt: skip
    assert routed >= 2
    assert value(database, "SELECT count(*) FROM oversold") == 0
    assert_clean(database)


def test_a_picker_who_finds_too_few_says_so_once_for_all(engine: Engine, database: Database) -> None:
    open_shop(engine, [("TEE-M", "lyon", 5), ("TEE-M", "lille", 1)])
    first, second = at_lyon(engine, "1", 2), at_lyon(engine, "2", 2)
    engine.run(AcceptFulfillment(order=first, fulfillment=1))
    one = (LineQuantity(1, 1),)
    engine.run(PickUnits(order=first, fulfillment=1, lines=one, short=one, empties_shelf=True))
    assert shelf(database) == (0, 1, 4, 1)
    units = read_orders(database, [second])[second].lines[0].units
    # lille has one unit; who found the shelf empty was promised it first
    assert units.allocated == 0
    assert_clean(database)
