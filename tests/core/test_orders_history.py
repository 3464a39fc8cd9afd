"""Orders of the past: taken over as they were, with units canceled and money given back elsewhere."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from orderline.core.context import SYSTEM, Context
from orderline.core.decide import run
from orderline.core.orders.commands import Command, PlaceOrder
from orderline.core.orders.status import status_of
from orderline.core.stock.commands import AdjustStock, PutChannel, PutLocation, PutPool, PutSkus
from orderline.core.stock.state import (
    Channel,
    Component,
    Location,
    LocationKind,
    Pool,
    Settings,
    ShortPolicy,
    Sku,
    SkuKind,
)
from orderline.core.world import World
from orderline.values.address import Place
from orderline.values.failures import Refused
from orderline.values.ids import OrderId, new_id

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def do(world: World, command: Command) -> Any:
    context = Context(NOW, SYSTEM, OrderId(new_id()), "SO-1")
    run(world, command, context)
    return world.orders.get(context.new_order)


@pytest.fixture
def world() -> World:
    world = World(Settings({}, {}, {}))
    do(world, PutPool(pool=Pool("eu")))
    place = Place(country="FR")
    do(world, PutLocation(location=Location("lyon", "Lyon", LocationKind.WAREHOUSE, "eu", place)))
    do(world, PutChannel(channel=Channel("web", "Web", ("eu",))))
    skus = [Sku("TEE", "A shirt", short_policy=ShortPolicy.BACKORDER), Sku("CAP", "A cap")]
    skus.append(Sku("SET", "Both", kind=SkuKind.BUNDLE, components=(Component("TEE", 2), Component("CAP", 1))))
    do(world, PutSkus(skus=tuple(skus)))
    return world


def order(**changes: Any) -> PlaceOrder:
    body: dict[str, Any] = {
        "channel": "web",
        "external_id": "1",
        "currency": "EUR",
        "lines": [{"sku": "TEE", "quantity": 3, "unit_price_minor": 1000}],
        "total_minor": 3000,
        "history": True,
    }
    return msgspec.convert({**body, **changes}, PlaceOrder)


def line(sku: str = "TEE", **changes: Any) -> list[dict[str, Any]]:
    return [{"sku": sku, "quantity": 3, "unit_price_minor": 1000, **changes}]


def test_canceled_units_of_history_stand_in_canceled(world: World) -> None:
    placed = do(world, order(lines=line(canceled=1)))
    assert (placed.lines[0].units.delivered, placed.lines[0].units.canceled) == (2, 1)
    assert status_of(placed).phase == "closed"


def test_history_canceled_whole_is_canceled(world: World) -> None:
    assert status_of(do(world, order(lines=line(canceled=3)))).phase == "canceled"


def test_canceled_units_of_a_bundle_are_units_of_its_components(world: World) -> None:
    placed = do(world, order(lines=line("SET", canceled=1)))
    assert [(each.units.delivered, each.units.canceled) for each in placed.lines] == [(0, 0), (4, 2), (2, 1)]


def test_money_given_back_elsewhere_stands_on_the_tender(world: World) -> None:
    tender = {"provider": "paypal", "amount_minor": 3000, "state": "captured", "refunded_minor": 3000}
    assert status_of(do(world, order(tenders=[tender]))).payment == "refunded"


def test_history_may_name_a_country_and_nothing_else(world: World) -> None:
    placed = do(world, order(groups=[{"place": {"country": "uk"}}]))
    assert placed.agreement.groups[0].place == Place(country="GB")


def test_history_keeps_an_address_that_lacks_a_part(world: World) -> None:
    address = {"name": "Ann Lee", "lines": ["1 Main St"], "city": "Springfield", "region": "IL", "country": "US"}
    placed = do(world, order(groups=[{"address": {**address, "postal_code": "02928"}}]))
    assert placed.agreement.groups[0].place.postal_code == "02928"


REFUSED = [
    ({"history": False, "lines": line(canceled=1)}, "AMOUNT_OUT_OF_RANGE"),
    ({"lines": line(canceled=4)}, "AMOUNT_OUT_OF_RANGE"),
    ({"lines": line(canceled=-1)}, "AMOUNT_OUT_OF_RANGE"),
    ({"tenders": [{"provider": "x", "amount_minor": 3000, "refunded_minor": 1}]}, "AMOUNT_OUT_OF_RANGE"),
    ({"groups": [{"place": {"country": "XX"}}]}, "COUNTRY_UNKNOWN"),
    ({"history": False, "groups": [{"place": {"country": "FR"}}]}, "ADDRESS_MISSING"),
    ({"groups": [{"address": {"name": "A", "country": "Atlantis"}}]}, "COUNTRY_UNKNOWN"),
]


@pytest.mark.parametrize(("changes", "code"), REFUSED)
def test_what_history_may_not_be(world: World, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as caught:
        do(world, order(**changes))
    assert caught.value.code == code


def test_a_thousand_short_lines_of_one_sku_are_counted_once_each(world: World) -> None:
    do(world, AdjustStock(sku="TEE", location="lyon", quantity=10, reason="received"))
    lines = line() * 1000
    address = {"name": "Ann", "lines": ["1 Rue X"], "city": "Lyon", "postal_code": "69001", "country": "FR"}
    placed = do(world, order(history=False, lines=lines, total_minor=3_000_000, groups=[{"address": address}]))
    assert sum(each.units.pooled for each in placed.lines) == 10
    assert world.pool_level("TEE", "eu").backordered == 2990
    assert sum(each.backordered == "eu" for each in placed.lines) == 997
