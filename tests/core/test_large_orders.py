"""Orders of many lines: what one line takes from a shelf, the next line of the same SKU does not find there."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from orderline.core.context import SYSTEM, Context
from orderline.core.decide import run
from orderline.core.orders.commands import AllocateUnits, Allotment, Command, GroupInput, LineInput, PlaceOrder
from orderline.core.stock.commands import AdjustStock, PutChannel, PutLocation, PutPool, PutSkus
from orderline.core.stock.state import Channel, Location, LocationKind, Pool, Settings, Sku
from orderline.core.world import World
from orderline.values.address import Address, Place
from orderline.values.failures import Refused
from orderline.values.ids import OrderId

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ORDER = OrderId(UUID(int=7 << 96))
HOME = Address(name="Ann", lines=("1 Rue X",), city="Lyon", postal_code="69001", country="FR")
LINES = 1_000


def do(world: World, command: Command) -> None:
    run(world, command, Context(NOW, SYSTEM, ORDER, "SO-1"))


@pytest.fixture
def world() -> World:
    """One order of a thousand lines of one SKU; the pool has enough for it, lyon alone lacks one unit."""
    world = World(Settings({}, {}, {}))
    do(world, PutPool(pool=Pool("eu")))
    for code in ("lyon", "lille"):
        do(world, PutLocation(location=Location(code, code, LocationKind.WAREHOUSE, "eu", Place(country="FR"))))
    do(world, PutChannel(channel=Channel("web", "Web", ("eu",))))
    do(world, PutSkus(skus=(Sku("TEE", "A shirt"),)))
    do(world, AdjustStock(sku="TEE", location="lyon", quantity=2 * LINES - 1, reason="received"))
    do(world, AdjustStock(sku="TEE", location="lille", quantity=1, reason="received"))
    lines = (LineInput(sku="TEE", quantity=2, unit_price_minor=100),) * LINES
    groups = (GroupInput(address=HOME),)
    total = 200 * LINES
    order = PlaceOrder(channel="web", external_id="1", currency="EUR", lines=lines, total_minor=total, groups=groups)
    do(world, order)
    return world


def allotments(last: int) -> tuple[Allotment, ...]:
    return tuple(Allotment(line, "eu", "lyon", 2 if line < LINES else last) for line in range(1, LINES + 1))


def test_a_shelf_is_not_given_away_twice_within_one_decision(world: World) -> None:
    with pytest.raises(Refused, match="ROUTE_LOST_RACE"):
        do(world, AllocateUnits(order=ORDER, group=1, allotments=allotments(2)))
    assert world.level("TEE", "lyon").allocated == 0


def test_a_line_is_not_allocated_beyond_its_claim_within_one_decision(world: World) -> None:
    with pytest.raises(Refused, match="ROUTE_LOST_RACE"):
        do(world, AllocateUnits(order=ORDER, group=1, allotments=(Allotment(1, "eu", "lyon", 2),) * 2))


def test_a_thousand_lines_are_allocated_to_the_last_unit_of_the_shelf(world: World) -> None:
    do(world, AllocateUnits(order=ORDER, group=1, allotments=allotments(1)))
    assert world.level("TEE", "lyon").free == 0
    order = world.orders[ORDER]
    assert order is not None
    assert sum(line.units.allocated for line in order.lines) == 2 * LINES - 1
