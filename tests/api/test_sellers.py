"""Sellers over HTTP: put, sold for, owed, stated, paid; each figure is explained by what it is made of."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from api.stage import Stage, order
from orderline.core.documents.issuing import IssueInvoice
from orderline.core.orders.commands import PlaceOrder
from orderline.engine.engine import Engine
from orderline.engine.verifying import verify
from orderline.store.partitions import ensure_partitions
from support.engines import faults_of, placed

ACME = {
    "party": {"name": "Acme", "iban": "DE02120300000000202051"},
    "rate_ppm": 150_000,
    "categories": {"cards": 100_000},
}
CARD = {"sku": "CARD", "quantity": 2, "unit_price_minor": 1000}


def put(stage: Stage, seller: str = "acme", **terms: Any) -> dict[str, Any]:
    answer = stage.call("PUT", f"/v1/sellers/{seller}", json=ACME | terms)
    assert answer.status_code == 200, answer.text
    return answer.json()


def sold_some_days_ago(stage: Stage, seller: str = "acme") -> str:
    """An order of digital goods of a seller, placed and invoiced while the clock stood at the week before."""
    then = datetime.now(UTC) - timedelta(days=7)
    ensure_partitions(stage.database, then.date())
    sku = {"skus": [{"code": "CARD", "description": "Card", "kind": "digital", "seller": seller, "category": "cards"}]}
    assert stage.call("PUT", "/v1/skus", json=sku).status_code == 200
    engine = Engine(stage.database, clock=lambda: then)
    try:
        id_ = placed(engine, msgspec.convert(order(f"A-{seller}", lines=[CARD], total_minor=2000), PlaceOrder))
        engine.run(IssueInvoice(order=id_, entity="main"))
    finally:
        engine.close()
    return str(id_)


def test_a_seller_is_paid_what_was_sold_for_it(stage: Stage) -> None:
    made = put(stage)
    assert (made["id"], made["party"]["name"], made["stated"]) == ("acme", "Acme", {})
    id_ = sold_some_days_ago(stage)
    [share] = stage.call("GET", f"/v1/orders/{id_}/seller-shares").json()["items"]
    assert (share["seller"], share["goods_minor"], share["commission_minor"]) == ("acme", 2000, 200)
    [balance] = stage.call("GET", "/v1/sellers/acme/balances").json()["items"]
    assert balance == {
        "entity": "main", "currency": "EUR", "not_stated_minor": 1800, "stated_minor": 0, "due_minor": 1800,
    }  # fmt: skip
    stated = stage.call("POST", "/v1/sellers/acme/statements", json={}, headers={"idempotency-key": "run-1"})
    assert stated.status_code == 200, stated.text
    again = stage.call("POST", "/v1/sellers/acme/statements", json={}, headers={"idempotency-key": "run-1"})
    assert again.content == stated.content
    [statement] = stage.call("GET", "/v1/sellers/acme/statements").json()["items"]
    assert (statement["number"], statement["amount_minor"]) == (f"SELLER-{datetime.now(UTC).year}-000001", 1800)
    assert statement["party"]["iban"] == ACME["party"]["iban"]
    path = f"/v1/seller-statements/{statement['id']}"
    [line] = stage.call("GET", f"{path}/lines").json()["items"]
    assert (line["order"], line["goods_minor"], line["commission_minor"], line["due_minor"]) == (id_, 2000, 200, 1800)
    assert line["document"].startswith("INV-")

    instructed = stage.call("POST", f"{path}/instructions", json={}).json()
    assert instructed["payments"][0]["key"] == f"{statement['number']}-1"
    twice = stage.call("POST", f"{path}/instructions", json={})
    assert (twice.status_code, twice.json()["code"]) == (409, "SELLER_STATEMENT_STATE")
    assert stage.call("POST", f"{path}/failures", json={"reason": "no such account"}).json()["state"] == "open"
    assert stage.call("POST", f"{path}/payments", json={"reference": "SEPA-1"}).json()["state"] == "paid"
    assert stage.call("POST", f"{path}/returns", json={"reason": "closed"}).json()["state"] == "open"
    assert stage.call("POST", f"{path}/payments", json={"reference": "SEPA-2"}).json()["state"] == "paid"
    accounts = stage.call("GET", "/v1/ledger/balance").json()["accounts"]
    balances = {(each["account"], each["sub"]): each["balance_minor"] for each in accounts}
    assert balances["seller_payable", "acme"] == balances["seller_statements", "acme"] == 0
    assert balances["commissions", "acme"] == -200
    assert balances["bank", ""] == -1800
    assert faults_of(verify(stage.database)) == {}


def test_what_is_wrong_is_told(stage: Stage) -> None:
    wrong = stage.call("PUT", "/v1/sellers/bolt", json=ACME | {"rate_ppm": 2_000_000})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "SELLER_TERMS")
    for method, path in (
        ("GET", "/v1/sellers/bolt"), ("GET", "/v1/sellers/bolt/balances"), ("POST", "/v1/sellers/bolt/statements"),
        ("GET", "/v1/seller-statements/x/lines"), ("POST", "/v1/seller-statements/x/instructions"),
    ):  # fmt: skip
        body: dict[str, Any] = {"json": {}} if method == "POST" else {}
        assert stage.call(method, path, **body).status_code == 404, path
    put(stage, "bolt", held="papers are missing")
    sold_some_days_ago(stage, "bolt")
    held = stage.call("POST", "/v1/sellers/bolt/statements", json={})
    assert (held.status_code, held.json()["code"]) == (409, "SELLER_HELD")
    put(stage, "bolt")
    soon = stage.call("POST", "/v1/sellers/bolt/statements", json={"until": str(datetime.now(UTC).date())})
    assert (soon.status_code, soon.json()["code"]) == (409, "SELLER_NOT_DUE")
    nobody = stage.call("POST", "/v1/orders", json=order("A-2", lines=[CARD | {"seller": "x"}], total_minor=2000))
    assert nobody.json()["code"] == "SELLER_UNKNOWN"
    missing = stage.call("GET", f"/v1/orders/{'0' * 8}-0000-7000-8000-{'0' * 12}/seller-shares")
    assert missing.status_code == 404
