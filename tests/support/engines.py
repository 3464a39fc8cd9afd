"""Talk to an engine as a way in does: commands in, answers or refusals out."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec
import psycopg

from orderline.core.orders.commands import (
    AcceptFulfillment,
    AllocateUnits,
    Allotment,
    Command,
    PackUnits,
    ParcelInput,
    PickUnits,
    PlaceOrder,
    ShipParcels,
    TrackParcel,
)
from orderline.core.orders.state import LineQuantity
from orderline.engine.engine import Engine
from orderline.engine.submissions import Outcome, Submission
from orderline.engine.verifying import VerifyReport, verify
from orderline.store.database import Database
from orderline.values.ids import OrderId
from support.shop import opening


def open_shop(engine: Engine, stock: Iterable[tuple[str, str, int]] = ()) -> None:
    """Set the small merchant up."""
    for command in opening(stock):
        engine.run(command)


def together(engine: Engine, commands: Sequence[Command | Submission]) -> list[Outcome]:
    """The outcomes of commands that come in at the same time."""
    submissions = [each if isinstance(each, Submission) else Submission(command=each) for each in commands]
    return [future.result(60) for future in engine.submit_all(submissions)]


def placed(engine: Engine, command: PlaceOrder) -> OrderId:
    """Place an order; its id."""
    return order_id_of(engine.run(command))


def order_id_of(answer: bytes) -> OrderId:
    """The order an answer is about."""
    return OrderId(UUID(msgspec.json.decode(answer)["id"]))


def deliver(engine: Engine, order: OrderId, *, line: int = 1, pool: str = "eu", location: str = "lyon") -> None:
    """Take one unit of an order all the way."""
    items = (LineQuantity(line, 1),)
    for command in (
        AllocateUnits(order=order, group=1, allotments=(Allotment(line, pool, location, 1),)),
        AcceptFulfillment(order=order, fulfillment=1),
        PickUnits(order=order, fulfillment=1, lines=items),
        PackUnits(order=order, fulfillment=1, parcels=(ParcelInput(items=items, tracking_number="1Z9"),)),
        ShipParcels(order=order, fulfillment=1),
        TrackParcel(order=order, parcel=1, state="delivered"),
    ):
        engine.run(command)


def value(database: Database, text: str, *parameters: Any) -> Any:
    """The one value of a query written for a test."""
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        row = connection.execute(text.encode(), parameters).fetchone()
    assert row is not None
    return row[0]


def faults_of(report: VerifyReport) -> dict[str, tuple[str, ...]]:
    """The invariants at fault, with what was told of them."""
    return {each.name: each.examples for each in report.invariants if each.faults}


def assert_clean(database: Database) -> VerifyReport:
    """Verify finds no fault."""
    report = verify(database)
    assert faults_of(report) == {}, str(faults_of(report))
    return report
