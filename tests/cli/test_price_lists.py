"""`orderline price-list` and `orderline approval` at the terminal."""

from cli.conftest import Run
from orderline.core.companies.commands import PutBuyer, PutCompany, PutCompanyLocation
from orderline.core.companies.state import ApprovalRule, CompanyTerms
from orderline.core.orders.buying import CompanyInput
from orderline.core.orders.state import Order
from orderline.engine.engine import Engine
from orderline.store.database import Database
from orderline.store.working import read_orders
from orderline.values.ids import OrderId
from support.engines import placed
from support.shop import HOME, order_of


def test_prices_are_put_by_day_and_quantity_and_told(run: Run, merchant: Engine) -> None:
    assert "There is no price list." in run("price-list", "list").err
    put = ("price-list", "put", "acme", "--currency", "EUR")
    assert run(*put, "--json").json["applied"] is False
    assert run(*put, "--yes").status == 0
    assert "without tax" in run("price-list", "list").out
    assert run("price-list", "show", "acme", "--json").json["currency"] == "EUR"
    set_ = ("price-list", "set", "acme", "TEE")
    shown = run(*set_, "--from", "2026-01-01", "--price", "1:2000", "--price", "100:1800", "--yes")
    assert "TEE" in shown.out
    assert run(*set_, "--from", "2099-01-01", "--yes").status == 0
    listed = run("price-list", "prices", "acme").out
    assert "18.00 EUR" in listed
    assert "not sold" in listed
    [price] = run("price-list", "prices", "acme", "--sku", "TEE", "--json").json
    assert len(price["versions"]) == 2
    of = ("price-list", "price", "acme", "TEE")
    assert run(*of, "--quantity", "99", "--on", "2026-02-01").out.strip() == "20.00 EUR"
    assert run(*of, "--quantity", "100", "--on", "2026-02-01", "--json").json["price_minor"] == 1800
    assert "has no price" in run(*of, "--on", "2099-01-01").err
    assert run(*set_, "--price", "cheap").status == 2
    assert "PRICES_IN_FORCE" in run(*set_, "--from", "2026-01-01", "--price", "1:1", "--yes", "--json").err
    assert "PRICE_LIST_UNKNOWN" in run("price-list", "set", "none", "TEE", "--json").err


def test_an_order_goes_on_after_every_yes_and_not_after_a_no(run: Run, merchant: Engine) -> None:
    assert "There is no such approval." in run("approval", "list").err
    rule = ApprovalRule(name="large", above_minor=1_000, steps=("boss",))
    merchant.run(PutCompany(company="acme", name="Acme", terms=CompanyTerms(currency="EUR", approvals=(rule,))))
    merchant.run(PutCompanyLocation(company="acme", location="dock", address=HOME))
    for buyer, role in (("ann", "buyer"), ("bob", "boss"), ("cid", "buyer")):
        merchant.run(PutBuyer(company="acme", buyer=buyer, email=f"{buyer}@acme.example", roles=(role,)))
    by = CompanyInput(company="acme", location="dock", buyer="ann")
    first, second = (
        placed(merchant, order_of(name, ("TEE", 1, 2000), company=by)) for name in ("A-1", "A-2")
    )  # fmt: skip
    one, other = (read_order(merchant.database, each).number for each in (first, second))
    listed = run("approval", "list", "--company", "acme").out
    assert "20.00 EUR" in listed
    assert "boss" in listed
    assert "APPROVER_NOT_ALLOWED" in run("approval", "approve", one, "--by", "ann", "--yes", "--json").err
    assert run("approval", "delegate", one, "--by", "bob", "--to", "cid", "--yes").status == 0
    assert run("approval", "approve", one, "--by", "cid", "--json").json["applied"] is False
    assert run("approval", "approve", one, "--by", "cid", "--note", "fine", "--yes").status == 0
    assert run("approval", "show", one, "--json").json["state"] == "approved"
    assert not read_order(merchant.database, first).holds
    assert run("approval", "reject", other, "--by", "bob", "--reason", "too much", "--yes").status == 0
    [rejected] = run("approval", "list", "--state", "rejected", "--json").json
    assert rejected["id"] == other
    assert read_order(merchant.database, second).lines[0].units.canceled == 1


def read_order(database: Database, order: OrderId) -> Order:
    return read_orders(database, {order})[order]
