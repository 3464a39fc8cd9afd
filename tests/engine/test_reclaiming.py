"""Units that lose their place find another one, on a database: with every shelf and pool locked that they may go to."""

from collections.abc import Callable
from typing import Any

import pytest

from orderline.core.orders import commands as c
from orderline.core.orders.state import Line, LineQuantity, PoolShare
from orderline.core.stock import commands as s
from orderline.core.stock.state import ShortPolicy, Sku
from orderline.engine.engine import Engine
from orderline.store.loading import load_orders
from orderline.store.working import waiting_orders
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from support.engines import assert_clean, open_shop, placed, together
from support.shop import order_of

TWO = (LineQuantity(1, 2),)
LYON = (c.Allotment(1, "eu", "lyon", 2),)


def accepted(engine: Engine, name: str, sku: str) -> OrderId:
    """An order of two units that Lyon has accepted to serve."""
    order = placed(engine, order_of(name, (sku, 2, 2000)))
    engine.run(c.AllocateUnits(order=order, group=1, allotments=LYON))
    engine.run(c.AcceptFulfillment(order=order, fulfillment=1))
    return order


def line_of(engine: Engine, order: OrderId) -> Line:
    with engine.database.connection() as connection:
        return load_orders(connection, engine.database.cell, [order])[order].lines[0]


@pytest.mark.parametrize(
    "take_away",
    [
        lambda order: c.RejectUnits(order=order, fulfillment=1, reason="broken", shelf="damaged"),
        lambda order: c.RejectUnits(order=order, fulfillment=1, reason="no time"),
        lambda order: c.PickUnits(order=order, fulfillment=1, lines=(), short=TWO),
    ],
    ids=["damaged", "refused", "short"],
)
def test_rejected_units_are_claimed_where_they_can_be_served(
    engine: Engine, take_away: Callable[[OrderId], Any]
) -> None:
    open_shop(engine, [("TEE-M", "lyon", 5), ("TEE-M", "lille", 1), ("TEE-M", "paris", 4)])
    order = accepted(engine, "A-1", "TEE-M")
    engine.run(take_away(order))
    line = line_of(engine, order)
    assert line.claims == (PoolShare("eu", 1), PoolShare("stores", 1))
    assert line.excluded == ("lyon",)
    with pytest.raises(Refused, match="NOTHING_TO_DO"):
        engine.run(c.ReclaimUnits(order=order))
    assert_clean(engine.database)


def test_what_no_pool_has_waits_or_is_decided_by_a_person(engine: Engine) -> None:
    open_shop(engine, [("TEE-M", "lyon", 2), ("MUG", "lyon", 2), ("CAP-9", "lyon", 2)])
    engine.run(s.PutSkus(skus=(Sku("CAP-9", "Cap", short_policy=ShortPolicy.CAP, backorder_cap=1),)))
    orders = {sku: accepted(engine, sku, sku) for sku in ("TEE-M", "MUG", "CAP-9")}
    together(
        engine, [c.RejectUnits(order=id_, fulfillment=1, reason="gone", shelf="missing") for id_ in orders.values()]
    )
    with engine.database.connection() as connection:
        found = load_orders(connection, engine.database.cell, orders.values())
    assert {sku: [hold.type for hold in found[id_].holds] for sku, id_ in orders.items()} == {
        "TEE-M": ["unfillable"], "MUG": [], "CAP-9": ["unfillable"],
    }  # fmt: skip
    assert all(found[id_].lines[0].units.unplanned == 2 for id_ in orders.values())
    engine.run(c.CancelUnits(order=orders["TEE-M"], reason="then not"))
    assert load_orders_holds(engine, orders["TEE-M"]) == ()
    assert_clean(engine.database)


def load_orders_holds(engine: Engine, order: OrderId) -> tuple[Any, ...]:
    with engine.database.connection() as connection:
        return load_orders(connection, engine.database.cell, [order])[order].holds


def test_claims_of_a_pool_that_lost_its_stock_go_to_the_next(engine: Engine) -> None:
    open_shop(engine, [("TEE-M", "lyon", 2), ("TEE-M", "paris", 2)])
    order = placed(engine, order_of("A-1", ("TEE-M", 2, 2000)))
    engine.run(s.AdjustStock(sku="TEE-M", location="lyon", quantity=1, reason="shrinkage"))
    engine.run(c.ReclaimUnits(order=order))
    assert line_of(engine, order).claims == (PoolShare("eu", 1), PoolShare("stores", 1))
    assert_clean(engine.database)


def test_an_order_that_can_use_nothing_of_what_came_does_not_stop_the_next(engine: Engine) -> None:
    open_shop(engine, [("MUG", "lyon", 2)])
    first = accepted(engine, "A-1", "MUG")
    engine.run(c.RejectUnits(order=first, fulfillment=1, reason="gone", shelf="missing"))
    second = placed(engine, order_of("A-2", ("MUG", 1, 700)))
    engine.run(s.AdjustStock(sku="MUG", location="lyon", quantity=1, reason="received"))
    assert waiting_orders(engine.database, ["MUG"]) == [first]
    with pytest.raises(Refused, match="NOTHING_TO_DO"):
        engine.run(c.ReserveUnits(order=first))
    assert waiting_orders(engine.database, ["MUG"], [first]) == [second]
    engine.run(c.ReserveUnits(order=second))
    assert_clean(engine.database)
