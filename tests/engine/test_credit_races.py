"""Changes at once of orders of one company, by several engines: together they never owe more than the company may."""

import psycopg
import pytest

from core.test_companies import TERMS, bought
from engine.test_races import await_true, engines_waiting
from orderline.core.changes.actions import ChangeAction, ChangePrice, RemoveUnits
from orderline.core.changes.commands import ChangeOrder
from orderline.core.companies.commands import PutBuyer, PutCompany, PutCompanyLocation, ReviewCredit
from orderline.core.context import SYSTEM
from orderline.core.orders.state import Order
from orderline.engine.engine import Engine
from orderline.engine.previewing import preview
from orderline.engine.submissions import Submission
from orderline.store.reading.companies import load_held
from orderline.store.working import read_orders
from orderline.values.ids import OrderId
from support.engines import assert_clean, open_shop, placed, value
from support.shop import HOME, NOON

OWED = "SELECT sum(exposure_minor) FROM company_orders"
DEARER = ChangePrice(line=1, unit_price_minor=5000)


@pytest.fixture
def shop(engine: Engine) -> Engine:
    open_shop(engine, [("TEE-M", "lyon", 100)])
    engine.run(PutCompany(company="acme", name="Acme", terms=TERMS))
    engine.run(PutCompanyLocation(company="acme", location="dock", address=HOME))
    engine.run(PutBuyer(company="acme", buyer="bob", email="bob@example.com", limit_minor=50_000))
    return engine


def order_in(engine: Engine, order: OrderId) -> Order:
    return read_orders(engine.database, [order])[order]


def changed(order: OrderId, action: ChangeAction) -> ChangeOrder:
    return ChangeOrder(order=order, reason="asked for", actions=(action,))


@pytest.mark.parametrize("same", [False, True])
def test_of_two_changes_at_once_only_one_fits_under_the_limit(shop: Engine, other: Engine, *, same: bool) -> None:
    orders = [placed(shop, bought(f"B-{number}", ("TEE-M", 1, 2000))) for number in range(3)]
    first, second = orders[0], orders[0] if same else orders[1]
    dearer = (DEARER, ChangePrice(line=1, unit_price_minor=9000) if same else DEARER)
    with psycopg.connect(shop.database.dsn) as holder:
        holder.execute("SELECT FROM records WHERE kind = 'company' FOR UPDATE")
        futures = [
            engine.submit(Submission(command=changed(order, action)))
            for engine, order, action in zip((shop, other), (first, second), dearer, strict=True)
        ]
        await_true(lambda: engines_waiting(shop.database) == 2)
    assert [future.result(30).refused for future in futures] == [None, None]
    held = load_held(shop.database, "acme", 10)
    if not same:
        assert len(held) == 1, "20.00 + 50.00 + 20.00 fit under 100.00; 50.00 twice do not"
        assert value(shop.database, OWED) == 7000
    else:
        assert held == [first], "90.00 + 20.00 + 20.00 do not fit, whichever is agreed last"
        assert len(order_in(shop, first).agreements) == 3
    assert_clean(shop.database)


def test_what_a_change_frees_goes_to_an_order_that_waits(shop: Engine) -> None:
    first = placed(shop, bought("B-1", ("TEE-M", 4, 2000)))
    second = placed(shop, bought("B-2", ("TEE-M", 1, 2000)))
    asked = changed(second, DEARER)
    shown = preview(shop.database, asked, SYSTEM, NOON)
    assert shown.difference is not None
    assert [hold.type for hold in shown.difference.holds] == ["credit"]
    assert load_held(shop.database, "acme", 10) == []
    shop.run(asked)
    assert load_held(shop.database, "acme", 10) == [second]
    shop.run(changed(first, RemoveUnits(line=1, quantity=2)))
    shop.run(ReviewCredit(company="acme", held=(second,)))
    assert load_held(shop.database, "acme", 10) == []
    assert value(shop.database, OWED) == 9000
    assert_clean(shop.database)
