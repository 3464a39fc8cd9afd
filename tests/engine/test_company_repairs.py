"""Repairs of what a company has bought: their prices, and what is sent instead, are held to what was agreed with it."""

import pytest

from core.test_companies import TERMS, bought
from orderline.core.companies.commands import PutBuyer, PutCompany, PutCompanyLocation
from orderline.core.orders.commands import TenderInput
from orderline.core.orders.state import Order
from orderline.core.returns import commands as r
from orderline.core.returns import repair_commands as rc
from orderline.engine.engine import Engine
from orderline.store.working import read_orders
from orderline.values.ids import OrderId
from support.engines import assert_clean, deliver, open_shop, placed
from support.shop import HOME


@pytest.fixture
def broken(engine: Engine) -> OrderId:
    """A shirt of a company that may owe 100.00; it is here to be looked at."""
    open_shop(engine, [("TEE-M", "lyon", 10), ("MUG", "lyon", 10)])
    engine.run(PutCompany(company="acme", name="Acme", terms=TERMS))
    engine.run(PutCompanyLocation(company="acme", location="dock", address=HOME))
    engine.run(PutBuyer(company="acme", buyer="bob", email="bob@example.com", limit_minor=50_000))
    order = placed(engine, bought("B-1", ("TEE-M", 1, 2000)))
    deliver(engine, order)
    lines = (r.ReturnLineInput(line=1, quantity=1, reason="defective"),)
    engine.run(r.RequestReturn(order=order, lines=lines, repair=True, approve=True, reason="let us see"))
    here = r.ReceivedItemInput(item=1, quantity=1)
    engine.run(r.ReceiveReturn(order=order, number=1, receipt="r-1", location="lyon", items=(here,)))
    return order


def order_in(engine: Engine, order: OrderId) -> Order:
    return read_orders(engine.database, [order])[order]


def assessed(engine: Engine, order: OrderId, finding: rc.Finding, sku: str = "", price_minor: int = 0) -> None:
    covered = False if sku else None
    each = rc.AssessedInput(item=1, quantity=1, finding=finding, covered=covered, sku=sku, price_minor=price_minor)
    engine.run(rc.AssessReturn(order=order, number=1, assessed=(each,)))


@pytest.mark.parametrize(("price_minor", "held"), [(8000, ["repair"]), (8001, ["repair", "credit"])])
def test_the_price_of_a_repair_counts_against_the_limit(
    engine: Engine, broken: OrderId, price_minor: int, held: list[str]
) -> None:
    assessed(engine, broken, rc.Finding.REPAIRABLE, "WRAP", price_minor)
    engine.run(rc.AnswerRepairQuote(order=broken, number=1, accept=True, reason="by phone"))
    assert [hold.type for hold in order_in(engine, broken).holds] == held
    assert_clean(engine.database)


def test_a_repair_is_paid_by_invoice_where_that_was_agreed(engine: Engine, broken: OrderId) -> None:
    assessed(engine, broken, rc.Finding.REPAIRABLE, "WRAP", 500)
    terms = TenderInput(provider="terms", method="terms", amount_minor=500)
    engine.run(rc.AnswerRepairQuote(order=broken, number=1, accept=True, reason="by phone", tenders=(terms,)))
    assert order_in(engine, broken).tenders[-1].authorized_minor == 500
    engine.run(rc.FinishRepair(order=broken, number=1))
    engine.run(r.SendBackReturn(order=broken, number=1, tracking_number="B1"))
    assert_clean(engine.database)


@pytest.mark.parametrize(("price_minor", "held"), [(None, []), (10_000, []), (10_001, ["credit"])])
def test_what_is_sent_for_goods_beyond_repair_counts_by_what_it_costs(
    engine: Engine, broken: OrderId, price_minor: int | None, held: list[str]
) -> None:
    assessed(engine, broken, rc.Finding.UNREPAIRABLE)
    instead = r.ExchangeLineInput(sku="MUG", quantity=1, unit_price_minor=price_minor)
    engine.run(rc.ReplaceReturn(order=broken, number=1, lines=(instead,), reason="no parts"))
    assert [hold.type for hold in order_in(engine, broken).holds] == held
    assert_clean(engine.database)
