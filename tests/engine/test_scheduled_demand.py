"""Scheduled demand on a database: kept for whom it is scheduled, whoever comes at the same time, and verified."""

from datetime import timedelta
from typing import LiteralString

import psycopg
import pytest

from orderline.core.context import SYSTEM
from orderline.core.demands.commands import CancelDemand, DemandLineInput, PlanDemand, RevisedDemandInput, ReviseDemand
from orderline.core.demands.rows import DemandRow
from orderline.core.stock.commands import PutSkus
from orderline.core.stock.state import Channel, PoolLevel, ShortPolicy, Sku
from orderline.core.supply.commands import (
    CreatePurchaseOrder,
    PurchaseLineInput,
    ReceivePurchaseOrder,
    SendPurchaseOrder,
)
from orderline.core.supply.receiving import ReceivedInput
from orderline.core.supply.rows import SupplyKind, SupplyRow
from orderline.engine.engine import Engine
from orderline.engine.previewing import preview
from orderline.engine.verifying import verify
from orderline.store.database import Database
from orderline.store.reading.promising import Stock, expected_of
from orderline.values.failures import Refused
from support.engines import assert_clean, open_shop, placed, together
from support.shop import NOON, order_of

LATER = NOON + timedelta(days=30)


def plan(engine: Engine, quantity: int, name: str = "CALL-7") -> None:
    engine.run(PlanDemand(demand=name, lines=(DemandLineInput("TEE-M", "eu", quantity, LATER),)))


def figures(database: Database) -> tuple[int, int, int]:
    """(claims, demanded, withheld)"""
    rows = database.rows(
        "SELECT claims, demanded, withheld FROM pool_levels WHERE cell = %(cell)s AND sku = 'TEE-M' AND pool = 'eu'", {}
    )
    return rows[0] if rows else (0, 0, 0)


def test_whoever_names_the_demand_gets_its_units_and_others_what_is_left(engine: Engine, database: Database) -> None:
    open_shop(engine, [("TEE-M", "lyon", 10)])
    plan(engine, 6)
    assert figures(database) == (0, 6, 6)
    assert_clean(database)
    named = order_of("A-1", ("TEE-M", 6, 2000), demand="CALL-7")
    assert preview(database, named, SYSTEM, NOON).lines[0].units.pooled == 6
    outcomes = together(engine, [order_of("A-2", ("TEE-M", 4, 2000)), order_of("A-3", ("TEE-M", 1, 2000)), named])
    assert [outcome.refused is None for outcome in outcomes] == [True, False, True]
    assert figures(database) == (10, 0, 0)
    assert database.rows("SELECT state FROM records WHERE cell = %(cell)s AND kind = 'demand'", {}) == [("consumed",)]
    assert placed(engine, named) == placed(engine, named), "told twice, it takes the units once"
    assert figures(database) == (10, 0, 0)
    assert_clean(database)


def test_supply_and_demand_meet_by_date(engine: Engine, database: Database) -> None:
    open_shop(engine, [("TEE-M", "lyon", 5)])
    engine.run(PutSkus(skus=(Sku("TEE-M", short_policy=ShortPolicy.DENY, peg_days=100),)))
    plan(engine, 8)
    line = PurchaseLineInput("TEE-M", 10, NOON + timedelta(days=7), confidence_ppm=1_000_000)
    engine.run(CreatePurchaseOrder(purchase_order="PO-1", location="lyon", lines=(line,)))
    engine.run(SendPurchaseOrder(purchase_order="PO-1"))
    assert figures(database) == (0, 8, 0)
    with pytest.raises(Refused, match="STOCK_NOT_AVAILABLE"):
        engine.run(order_of("A-1", ("TEE-M", 8, 2000)))
    placed(engine, order_of("A-2", ("TEE-M", 7, 2000)))
    assert figures(database) == (5, 8, 0)
    assert_clean(database)
    engine.run(ReceivePurchaseOrder(purchase_order="PO-1", receipt="R-1", lines=(ReceivedInput(1, 10),)))
    assert figures(database) == (5, 8, 8)
    assert_clean(database)
    with pytest.raises(Refused, match="STOCK_NOT_AVAILABLE"):
        engine.run(order_of("A-3", ("TEE-M", 1, 2000)))
    engine.run(ReviseDemand(demand="CALL-7", lines=(RevisedDemandInput(1, quantity=2),)))
    placed(engine, order_of("A-4", ("TEE-M", 6, 2000)))
    engine.run(CancelDemand(demand="CALL-7", reason="off"))
    assert figures(database)[1:] == (0, 0)
    assert_clean(database)


def test_what_is_promised_ahead_leaves_what_is_scheduled() -> None:
    sku, level = Sku("S", peg_days=100), PoolLevel("S", "eu", promisable=3, expected=10, demanded=9)
    rows = [
        SupplyRow("S", "eu", f"R-{days}", "lyon", SupplyKind.PURCHASE, NOON + timedelta(days=days), 0, 1_000_000, 5)
        for days in (20, 10, 40)
    ]
    needed: dict[tuple[str, str], tuple[DemandRow, ...]] = {("S", "eu"): (DemandRow("S", "eu", "D", LATER, 9),)}
    stock = Stock({"S": (sku, {"eu": level})}, {}, 0, {"S": rows}, needed)
    channel = Channel("web", "Web shop", ("eu",))
    found = expected_of(stock, ["S"], channel, NOON)
    assert [(each.row, each.quantity) for each in found] == [("R-10", 1), ("R-40", 5)], (
        "3 there and 10 to come, 9 needed"
    )
    unscheduled = Stock({"S": (sku, {"eu": level})}, {}, 0, {"S": rows}, {})
    assert [each.quantity for each in expected_of(unscheduled, ["S"], channel, NOON)] == [5, 5, 5]


TAMPERING = [
    "UPDATE demand SET open = open + 1",
    "DELETE FROM demand",
    "UPDATE pool_levels SET withheld = withheld - 1 WHERE withheld > 0",
]


@pytest.mark.parametrize("statement", TAMPERING)
def test_demand_that_was_tampered_with_is_found(engine: Engine, database: Database, statement: LiteralString) -> None:
    open_shop(engine, [("TEE-M", "lyon", 5)])
    plan(engine, 3)
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        assert connection.execute(statement).rowcount > 0
    faults = {each.name for each in verify(database).invariants if each.faults}
    assert faults == {"demand"}
