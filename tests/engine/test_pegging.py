"""Orders that take what is there, then what is to come; and what becomes of them when it comes."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from orderline.core.orders.commands import CancelUnits, ReserveUnits
from orderline.core.orders.state import LineQuantity
from orderline.core.stock.commands import AdjustStock, PutSkus
from orderline.core.stock.state import Sku
from orderline.core.supply.commands import (
    CreatePurchaseOrder,
    PurchaseLineInput,
    ReceivePurchaseOrder,
    SendPurchaseOrder,
)
from orderline.core.supply.receiving import ReceivedInput
from orderline.engine.engine import Engine
from orderline.store.database import Database
from orderline.store.working import orders_come_for
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from support.engines import assert_clean, open_shop, placed, together
from support.shop import NOON, order_of

SOON = NOON + timedelta(days=7)
LATER = NOON + timedelta(days=30)


def buy(engine: Engine, *lines: PurchaseLineInput, name: str = "PO-1", location: str = "lyon") -> None:
    engine.run(CreatePurchaseOrder(purchase_order=name, location=location, lines=lines))
    engine.run(SendPurchaseOrder(purchase_order=name))


def receive(engine: Engine, quantity: int, receipt: str = "R-1", **more: Any) -> None:
    line = ReceivedInput(1, quantity, **more)
    engine.run(ReceivePurchaseOrder(purchase_order="PO-1", receipt=receipt, lines=(line,)))


def supply(database: Database) -> list[tuple[str, int, int, int]]:
    """(id, open, pegged, kept)"""
    return database.rows("SELECT id, open, pegged, kept FROM supply WHERE cell = %(cell)s ORDER BY id", {})


def line_of(database: Database, order: OrderId, line: int = 1) -> dict[str, int]:
    """The units of a line that are not nought, by bucket."""
    rows = database.rows(
        "SELECT unplanned, pegged, pooled, canceled FROM order_lines"
        " WHERE cell = %(cell)s AND order_id = %(order)s AND line = %(line)s",
        {"order": order, "line": line},
    )
    names = ("unplanned", "pegged", "pooled", "canceled")
    return {name: units for name, units in zip(names, rows[0], strict=True) if units}


def atp(database: Database, sku: str, pool: str = "eu") -> tuple[int, int]:
    """(what is there beyond claims and what is kept, what is kept)"""
    rows = database.rows(
        "SELECT promisable - claims - held - kept, kept FROM pool_levels"
        " WHERE cell = %(cell)s AND sku = %(sku)s AND pool = %(pool)s",
        {"sku": sku, "pool": pool},
    )
    return rows[0]


def test_what_is_there_is_taken_first_then_the_first_supply_as_far_as_it_is_counted_on(
    engine: Engine, database: Database
) -> None:
    open_shop(engine, [("MUG", "lyon", 2)])
    buy(
        engine,
        PurchaseLineInput("MUG", 10, LATER, confidence_ppm=500_000),
        PurchaseLineInput("MUG", 4, SOON, 0, 1_000_000),
    )
    order = placed(engine, order_of("A-1", ("MUG", 13, 500)))
    assert line_of(database, order) == {"pooled": 2, "pegged": 9, "unplanned": 2}
    assert supply(database) == [("purchase_order:PO-1:1", 10, 5, 0), ("purchase_order:PO-1:2", 4, 4, 0)]
    assert_clean(database)


def test_what_may_not_wait_is_sold_as_far_ahead_as_its_sku_says_and_no_further(
    engine: Engine, database: Database
) -> None:
    open_shop(engine)
    buy(engine, PurchaseLineInput("TEE-M", 4, SOON, confidence_ppm=1_000_000))
    with pytest.raises(Refused, match="STOCK_NOT_AVAILABLE"):
        engine.run(order_of("A-1", ("TEE-M", 1, 2000)))
    engine.run(PutSkus(skus=(Sku("TEE-M", "Shirt", peg_days=3_650),)))
    order = placed(engine, order_of("A-1", ("TEE-M", 3, 2000)))
    assert line_of(database, order) == {"pegged": 3}
    with pytest.raises(Refused, match="STOCK_NOT_AVAILABLE") as refused:
        engine.run(order_of("A-2", ("TEE-M", 2, 2000)))
    assert refused.value.facts["available"] == 1
    outcomes = together(engine, [order_of(f"B-{n}", ("TEE-M", 1, 2000)) for n in range(3)])
    assert sorted(bool(outcome.answer) for outcome in outcomes) == [False, False, True]
    assert_clean(database)


def test_what_comes_is_kept_for_its_pegs_and_given_to_the_most_urgent(engine: Engine, database: Database) -> None:
    open_shop(engine)
    buy(engine, PurchaseLineInput("MUG", 10, SOON, confidence_ppm=1_000_000))
    first = placed(engine, order_of("A-1", ("MUG", 4, 500)))
    urgent = placed(engine, msgspec.structs.replace(order_of("A-2", ("MUG", 4, 500)), priority=5))
    receive(engine, 6)
    assert supply(database) == [("purchase_order:PO-1:1", 4, 8, 6)]
    assert atp(database, "MUG") == (0, 6)
    assert_clean(database)
    other = placed(engine, order_of("A-3", ("MUG", 1, 500)))
    assert line_of(database, other) == {"pegged": 1}, "what is kept is nobody else's"
    queue = orders_come_for(database, ["MUG"])
    assert queue == [urgent, first]
    for order in queue:
        engine.run(ReserveUnits(order=order))
    assert (line_of(database, urgent), line_of(database, first)) == ({"pooled": 4}, {"pooled": 2, "pegged": 2})
    assert supply(database) == [("purchase_order:PO-1:1", 4, 3, 0)]
    with pytest.raises(Refused, match="NOTHING_TO_DO"):
        engine.run(ReserveUnits(order=first))
    receive(engine, 4, "R-2")
    assert atp(database, "MUG") == (1, 3)
    for order in orders_come_for(database, ["MUG"]):
        engine.run(ReserveUnits(order=order))
    assert (supply(database), atp(database, "MUG")) == ([], (1, 0))
    assert_clean(database)


def test_what_is_canceled_leaves_its_supply_to_others(engine: Engine, database: Database) -> None:
    open_shop(engine)
    buy(engine, PurchaseLineInput("MUG", 5, SOON, confidence_ppm=1_000_000))
    order = placed(engine, order_of("A-1", ("MUG", 4, 500)))
    engine.run(CancelUnits(order=order, lines=(LineQuantity(1, 1),), reason="too many"))
    assert supply(database) == [("purchase_order:PO-1:1", 5, 3, 0)]
    receive(engine, 5)
    assert atp(database, "MUG") == (2, 3)
    engine.run(CancelUnits(order=order, reason="changed mind"))
    assert (supply(database), atp(database, "MUG")) == ([], (5, 0))
    assert_clean(database)


def test_plain_stock_is_sold_without_a_look_at_supply(engine: Engine, database: Database) -> None:
    open_shop(engine, [("TEE-M", "lyon", 5)])
    buy(engine, PurchaseLineInput("TEE-M", 5, SOON), name="PO-2")
    before = supply(database)
    order = placed(engine, order_of("A-1", ("TEE-M", 5, 2000)))
    engine.run(AdjustStock(sku="TEE-M", location="lyon", quantity=3, reason="received"))
    assert (line_of(database, order), supply(database)) == ({"pooled": 5}, before)
    assert_clean(database)
