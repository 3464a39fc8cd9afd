"""Capacity is taken by what a location was given, and given back with what it gives back."""

from datetime import UTC, datetime

from orderline.core.orders.commands import AllocateUnits, Allotment, RejectUnits
from orderline.core.stock.commands import PutLocation
from orderline.core.stock.state import Location, LocationKind
from orderline.engine.engine import Engine
from orderline.store.database import Database
from orderline.store.loading import load_settings
from orderline.store.reading.capacity import route_locations
from orderline.store.reading.source import Source
from orderline.values.address import Place
from support.engines import open_shop, placed
from support.shop import order_of


def left(database: Database) -> int | None:
    with database.connection() as connection:
        settings = load_settings(connection, database.cell)
        source = Source(connection, database.cell)
        return route_locations(source, settings, datetime.now(UTC))["lyon"].capacity_left


def test_what_a_location_rejects_gives_its_capacity_back(engine: Engine, database: Database) -> None:
    open_shop(engine, [("TEE-M", "lyon", 9)])
    lyon = Location(
        "lyon", "Lyon", LocationKind.WAREHOUSE, "eu", Place(country="FR"), daily_capacity=3, hourly_capacity=3,
        time_zone="Europe/Paris",
    )  # fmt: skip
    engine.run(PutLocation(location=lyon))
    orders = [placed(engine, order_of(str(n), ("TEE-M", 1, 2000))) for n in range(3)]
    assert left(database) == 3
    for order in orders:
        engine.run(AllocateUnits(order=order, group=1, allotments=(Allotment(1, "eu", "lyon", 1),)))
    assert left(database) == 0
    engine.run(RejectUnits(order=orders[0], fulfillment=1, reason="no time"))
    assert left(database) == 1
