"""A small merchant with orders in a database, and the CLI run on it inside this process."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from orderline.boot.installation import LocalInstallation
from orderline.boot.settings import read_settings
from orderline.cli.main import run_cli
from orderline.core.orders import commands as c
from orderline.core.orders.state import LineQuantity
from orderline.core.stock import commands as s
from orderline.core.stock.state import Channel, Location, LocationKind, Pool, ShortPolicy, Sku
from orderline.engine.engine import Engine
from orderline.store.database import Database
from orderline.values.address import Address, Place
from orderline.values.ids import OrderId


@dataclass
class Ran:
    """What a command left: its exit status, what it said, and what it complained of."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.out)


Run = Callable[..., Ran]


@pytest.fixture
def run(fresh_database: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run `orderline ARGUMENTS` on a clean database of the test's own, or on `database`."""

    def run_command(*arguments: str, database: str = fresh_database) -> Ran:
        given = {"ORDERLINE_DATABASE_URL": database, "ORDERLINE_DATA_DIR": str(tmp_path / "data")}
        capfd.readouterr()
        status = run_cli(LocalInstallation(read_settings(given)), arguments)
        told = capfd.readouterr()
        return Ran(status, told.out, told.err)

    return run_command


@pytest.fixture
def merchant(fresh_database: str) -> Iterator[Engine]:
    """An engine on a database with one warehouse, one channel and two SKUs in stock."""
    database = Database(fresh_database)
    engine = Engine(database, threads=1)
    lyon = Location("lyon", "Lyon", LocationKind.WAREHOUSE, "eu", Place(country="FR", postal_code="69001", city="Lyon"))
    engine.run(s.PutPool(pool=Pool("eu")))
    engine.run(s.PutLocation(location=lyon))
    engine.run(s.PutChannel(channel=Channel("web", "Web", ("eu",))))
    engine.run(s.PutSkus(skus=(Sku("TEE", "T-shirt"), Sku("MUG", "Mug", short_policy=ShortPolicy.BACKORDER))))
    engine.run(s.AdjustStock(sku="TEE", location="lyon", quantity=10, reason="received"))
    engine.run(s.AdjustStock(sku="MUG", location="lyon", quantity=1, reason="received"))
    yield engine
    engine.close()
    database.close()


def place(engine: Engine, external_id: str = "web-1", *, tees: int = 2, mugs: int = 2) -> OrderId:
    """An order of the merchant; of the mugs all but one wait for supply."""
    address = Address(name="Ann Lee", lines=("1 Rue X",), city="Lyon", postal_code="69001", country="FR")
    order = c.PlaceOrder(
        channel="web",
        external_id=external_id,
        currency="EUR",
        customer=c.CustomerInput("Ann Lee", "ann@example.com"),
        groups=(c.GroupInput(address=address),),
        lines=(
            c.LineInput(sku="TEE", quantity=tees, unit_price_minor=1999),
            c.LineInput(sku="MUG", quantity=mugs, unit_price_minor=900),
        ),
        total_minor=tees * 1999 + mugs * 900,
    )
    answer: dict[str, Any] = msgspec.json.decode(engine.run(order))
    return OrderId(UUID(answer["id"]))


def pick(engine: Engine, order: OrderId) -> None:
    """Route the T-shirts of an order to Lyon and have them picked there, one short."""
    engine.run(c.AllocateUnits(order=order, group=1, allotments=(c.Allotment(1, "eu", "lyon", 2),)))
    engine.run(c.SubmitFulfillment(order=order, fulfillment=1))
    engine.run(c.AcceptFulfillment(order=order, fulfillment=1))
    one = (LineQuantity(1, 1),)
    engine.run(c.PickUnits(order=order, fulfillment=1, lines=one, short=one))
