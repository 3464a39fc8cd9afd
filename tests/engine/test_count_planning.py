"""Shelves are proposed for a count by what the ledger and the orders tell; accepted, they are counted, and proposed no more."""

from datetime import UTC, datetime
from typing import Any

from orderline.core.counts.commands import ApproveCount, CountedInput, OpenCount, PlanCount, SubmitCount
from orderline.core.orders.commands import AcceptFulfillment, AllocateUnits, Allotment, PickUnits
from orderline.core.orders.state import LineQuantity
from orderline.core.stock.commands import AdjustStock
from orderline.engine.engine import Engine
from orderline.store.database import Database
from orderline.store.reading.count_planning import load_count_proposals
from orderline.store.reading.source import Source
from support.engines import assert_clean, open_shop, placed
from support.shop import order_of


def proposals(database: Database, *locations: str, most: int = 10) -> list[Any]:
    with database.connection() as connection:
        source = Source(connection, database.cell)
        return load_count_proposals(source, datetime.now(UTC), locations=locations, most=most)


def test_shelves_are_proposed_counted_and_proposed_last_from_then_on(engine: Engine, database: Database) -> None:
    open_shop(engine, [("TEE-M", "lyon", 10), ("MUG", "lyon", 10), ("CAP-9", "lyon", 10), ("MUG", "lille", 3)])
    order = placed(engine, order_of("A-1", ("TEE-M", 3, 2000), ("MUG", 1, 2500)))
    engine.run(AllocateUnits(order=order, group=1, allotments=(Allotment(1, "eu", "lyon", 3),)))
    engine.run(AcceptFulfillment(order=order, fulfillment=1))
    engine.run(PickUnits(order=order, fulfillment=1, lines=(LineQuantity(1, 1),), short=(LineQuantity(1, 2),)))
    engine.run(AdjustStock(sku="CAP-9", location="lyon", quantity=4, reason="sold_in_store"))
    found = proposals(database, "lyon")
    assert [each.sku for each in found] == ["TEE-M", "MUG", "CAP-9"]
    tee = found[0]
    assert (tee.value_minor, tee.currency, tee.missed, tee.missing, tee.counted_at) == (2000, "EUR", 2, 2, None)
    assert found[2].sold == 4
    assert [each.sku for each in proposals(database, "lyon", most=1)] == ["TEE-M"]
    assert {each.location for each in proposals(database)} == {"lyon", "lille"}

    engine.run(PlanCount(count="C-1", location="lyon", lines=("TEE-M", "MUG")))
    assert [each.sku for each in proposals(database, "lyon")] == ["CAP-9"], "the others are being counted"
    engine.run(OpenCount(count="C-1"))
    lines = (CountedInput("TEE-M", 7), CountedInput("MUG", 10))
    engine.run(SubmitCount(count="C-1", location="lyon", lines=lines))
    engine.run(ApproveCount(count="C-1"))
    again = {each.sku: each for each in proposals(database, "lyon")}
    assert again["TEE-M"].score < tee.score
    assert again["TEE-M"].counted_at is not None
    assert (again["TEE-M"].missed, again["TEE-M"].missing, again["TEE-M"].found) == (0, 0, 7)
    assert_clean(database)
