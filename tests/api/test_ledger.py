"""Entities, rates, invoices and the books over HTTP."""

import csv
import io
import xml.etree.ElementTree as Tree
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import facturx
import pytest

from api.stage import Stage
from orderline.core.ledger.state import Account


def paid(stage: Stage, name: str, **about: Any) -> dict[str, Any]:
    """An order of a file, paid at once and delivered at once."""
    line = {
        "sku": "CARD",
        "quantity": 1,
        "unit_price_minor": 1200,
        "taxes": [{"name": "VAT", "amount_minor": 200, "rate_ppm": 200_000}],
    }
    tender = {"provider": "sandbox", "amount_minor": 1200, "state": "captured", "token": "tok"}
    body = {
        "channel": "web", "external_id": name, "currency": "EUR", "lines": [line], "total_minor": 1200,
        "taxes_included": True, "customer": {"name": "Ann Lee", "email": "ann@example.com"},
        "groups": [{"address": {"name": "Ann Lee", "lines": ["1 Rue de la Paix"], "city": "Lyon", "postal_code": "69001", "country": "FR"}}],
        "tenders": [tender],
    } | about  # fmt: skip
    answer = stage.call("POST", "/v1/orders", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_an_entity_and_its_rates_are_put_and_read(stage: Stage) -> None:
    entity = {"name": "Shirts SARL", "country": "FR", "currency": "EUR", "time_zone": "Europe/Paris", "vat_id": "FR00"}
    assert stage.call("PUT", "/v1/entities/fr", json=entity).json()["name"] == "Shirts SARL"
    assert stage.call("GET", "/v1/entities/fr").json()["vat_id"] == "FR00"
    assert [each["code"] for each in stage.call("GET", "/v1/entities").json()["items"]] == ["fr"]
    assert stage.call("GET", "/v1/entities/none").status_code == 404
    moved = stage.call("PUT", "/v1/entities/fr", json=entity | {"currency": "USD"})
    assert (moved.status_code, moved.json()["code"]) == (409, "ENTITY_CHANGES_CURRENCY")
    for rate in ("0.9", "0.91"):
        put = stage.call("PUT", "/v1/rates/USD/EUR", json={"days": [{"day": "2026-11-01", "rate": rate}]})
        assert put.json()["days"] == [{"day": "2026-11-01", "rate": rate}]
    assert (
        stage.call("PUT", "/v1/rates/USD/EUR", json={"days": [{"day": "2026-11-01", "rate": "-1"}]}).status_code == 422
    )
    assert [each["code"] for each in stage.call("GET", "/v1/rates").json()["items"]] == ["USD/EUR"]


def test_an_invoice_is_issued_listed_and_printed_and_the_books_open_every_figure(stage: Stage) -> None:
    order = paid(stage, "A-1")
    path = f"/v1/orders/{order['id']}"
    made = stage.call("POST", f"{path}/invoices").json()
    assert (made["kind"], made["total_minor"], made["tax_minor"]) == ("invoice", 1200, 200)
    again = stage.call("POST", f"{path}/invoices")
    assert (again.status_code, again.json()["code"]) == (409, "NOTHING_TO_INVOICE")
    for query in (f"order={order['number']}", "kind=invoice", f"order={order['id']}&kind=invoice"):
        assert [each["id"] for each in stage.call("GET", f"/v1/documents?{query}").json()["items"]] == [made["id"]]
    assert stage.call("GET", "/v1/documents?kind=credit_note").json()["items"] == []
    assert stage.call("GET", f"/v1/documents/{made['id']}").json() == made
    paper = stage.call("GET", f"/v1/documents/{made['id']}/paper")
    assert (paper.headers["content-type"], paper.content[:5]) == ("application/pdf", b"%PDF-")
    assert stage.call("GET", "/v1/documents/none").status_code == 404

    balance = stage.call("GET", "/v1/ledger/balance").json()
    figures = {(each["account"], each["sub"]): each["balance_minor"] for each in balance["accounts"]}
    assert figures == {
        ("psp_clearing", "sandbox"): 1200, ("deposits", ""): 0, ("receivable", ""): 0, ("revenue_goods", ""): -1000,
        ("tax_payable", "VAT"): -200,
    }  # fmt: skip
    assert [(each["currency"], each["balance_minor"]) for each in balance["sums"]] == [("EUR", 0)]
    for each in balance["accounts"]:
        entries: list[dict[str, Any]] = []
        cursor = ""
        while True:
            query = f"sub={each['sub']}&limit=1{cursor and f'&cursor={cursor}'}"
            page = stage.call("GET", f"/v1/ledger/accounts/{each['account']}/entries?{query}").json()
            entries += page["items"]
            if page["next"] is None:
                break
            cursor = page["next"]
        assert sum(entry["amount_minor"] for entry in entries) == each["balance_minor"]
        assert len(entries) == each["entries"]
        assert {entry["source"] for entry in entries} == {order["id"]}
    statement = stage.call("GET", f"{path}/ledger").json()
    assert [entry["cause"] for entry in statement["entries"]] == [
        "captured", "captured", "invoiced", "invoiced", "invoiced", "deposit_applied", "deposit_applied",
    ]  # fmt: skip
    assert {entry["document"] for entry in statement["entries"]} == {"", made["number"]}
    assert stage.call("GET", "/v1/ledger/balance?since=2020-01-01&until=2020-01-31").json()["accounts"] == []
    assert stage.call("GET", "/v1/ledger/balance?entity=none").json()["code"] == "ENTITY_UNKNOWN"
    assert stage.call("GET", "/v1/ledger/accounts/none/entries").json()["code"] == "ACCOUNT_UNKNOWN"


def test_an_invoice_is_read_by_machines_once_the_entity_says_who_it_is(stage: Stage) -> None:
    order = paid(stage, "E-1")
    made = stage.call("POST", f"/v1/orders/{order['id']}/invoices").json()
    refused = stage.call("GET", f"/v1/documents/{made['id']}/xml")
    assert (refused.status_code, refused.json()["code"]) == (409, "DOCUMENT_LACKS")
    assert "seller's VAT id" in refused.text
    entity = {"name": "Shirts SARL", "country": "FR", "vat_id": "FR40303265045"}
    assert stage.call("PUT", "/v1/entities/shirts", json=entity).status_code == 200
    channel = {"name": "Web", "pools": ["eu"], "entity": "shirts"}
    assert stage.call("PUT", "/v1/channels/shirts-web", json=channel).status_code in (200, 201)
    order = paid(stage, "E-2", channel="shirts-web")
    made = stage.call("POST", f"/v1/orders/{order['id']}/invoices").json()
    path = f"/v1/documents/{made['id']}"
    for syntax, root in (("ubl", "Invoice"), ("cii", "CrossIndustryInvoice")):
        told = stage.call("GET", f"{path}/xml?syntax={syntax}")
        assert (told.status_code, told.headers["content-type"]) == (200, "application/xml")
        tree = Tree.fromstring(told.content)
        assert tree.tag.rpartition("}")[2] == root
        assert {made["number"], "Ann Lee", "12.00"} <= set(tree.itertext())
    assert stage.call("GET", f"{path}/xml?syntax=fax").status_code == 422
    paper = stage.call("GET", f"{path}/factur-x")
    assert (paper.status_code, paper.headers["content-type"]) == (200, "application/pdf")
    assert facturx.get_facturx_xml_from_pdf(paper.content, check_xsd=True)[0] == "factur-x.xml"


def test_a_company_gets_an_invoice_by_the_rules_of_its_country(stage: Stage) -> None:
    entity: dict[str, Any] = {
        "name": "Hemden GmbH", "country": "DE", "vat_id": "DE123456789", "city": "Berlin", "postal_code": "10115",
        "phone": "+49 30 12345", "email": "sales@hemden.example", "endpoint": "9930:DE123456789",
    }  # fmt: skip
    wrong = stage.call("PUT", "/v1/entities/hemden", json={**entity, "endpoint": "1234:x"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "ENDPOINT_NOT_ACCEPTABLE")
    assert stage.call("PUT", "/v1/entities/hemden", json=entity).status_code == 200
    assert stage.call(
        "PUT", "/v1/channels/hemden-web", json={"name": "Web", "pools": ["eu"], "entity": "hemden"}
    ).status_code in (200, 201)
    firm = {"name": "Amt", "vat_id": "FR12345678901", "endpoint": "0204:991-12345-67", "reference": "991-12345-67"}
    assert stage.call("PUT", "/v1/companies/amt", json=firm).status_code == 200
    untaxed = [{"name": "VAT", "amount_minor": 0, "category": "AE"}]
    about: dict[str, Any] = {"channel": "hemden-web", "company": {"company": "amt", "po_number": "PO-77"}}
    line = {"sku": "CARD", "quantity": 1, "unit_price_minor": 1200, "taxes": untaxed}
    order = paid(stage, "X-1", lines=[line], **about)
    made = stage.call("POST", f"/v1/orders/{order['id']}/invoices").json()
    assert made["bill_to"]["reference"] == "991-12345-67"
    told = stage.call("GET", f"/v1/documents/{made['id']}/xml?profile=xrechnung")
    assert told.status_code == 200, told.text
    said = set(Tree.fromstring(told.content).itertext())
    assert {"PO-77", "991-12345-67", "AE", "VATEX-EU-AE", "Reverse charge", "FR12345678901"} <= said
    assert any(each.endswith("xrechnung_3.0") for each in said)
    assert stage.call("GET", f"/v1/documents/{made['id']}/xml?profile=peppol").status_code == 200


def test_books_are_for_who_may_read_them(stage: Stage) -> None:
    stage.make_key("shop", "orders:read", "orders:write")
    stage.make_key("web", "ledger:read", channels=["web"])
    order = paid(stage, "B-1")
    made = stage.call("POST", f"/v1/orders/{order['id']}/invoices").json()
    assert stage.call("GET", "/v1/ledger/balance", "shop").status_code == 403
    assert stage.call("GET", "/v1/documents", "shop").status_code == 403
    assert stage.call("GET", "/v1/ledger/balance", "web").status_code == 403
    assert made["id"] in [each["id"] for each in stage.call("GET", "/v1/documents", "web").json()["items"]]
    stage.make_key("till", "ledger:read", channels=["shop"])
    assert stage.call("GET", "/v1/documents", "till").json()["items"] == []
    assert stage.call("GET", f"/v1/documents/{made['id']}", "till").status_code == 404
    assert stage.call("GET", f"/v1/documents/{made['id']}", "web").status_code == 200
    assert stage.call("POST", f"/v1/orders/{order['id']}/invoices", "web").status_code == 403


def test_a_month_is_closed_once(stage: Stage) -> None:
    assert stage.call("PUT", "/v1/entities/de", json={"name": "Hemden GmbH"}).status_code == 200
    closed = stage.call("POST", "/v1/entities/de/periods", json={"month": "2026-01"})
    assert (closed.status_code, closed.json()["until"]) == (200, "2026-01-31")
    assert [each["id"] for each in stage.call("GET", "/v1/periods").json()["items"]] == ["de:2026-01"]
    assert stage.call("GET", "/v1/periods/de:2026-01").json()["entity"] == "de"
    assert stage.call("GET", "/v1/entities/de").json()["closed_until"] == "2026-01-31"
    for month, code in (("2026-01", "PERIOD_CLOSED"), ("2026", "PERIOD_UNKNOWN"), ("2099-01", "PERIOD_NOT_OVER")):
        assert stage.call("POST", "/v1/entities/de/periods", json={"month": month}).json()["code"] == code
    assert stage.call("POST", "/v1/entities/none/periods", json={"month": "2026-01"}).json()["code"] == "ENTITY_UNKNOWN"


def test_what_is_open_in_a_foreign_currency_is_read_at_the_rate_of_the_month(stage: Stage) -> None:
    today = datetime.now(UTC).date()
    path = f"/v1/ledger/revaluation?month={today:%Y-%m}"
    assert stage.call("GET", "/v1/ledger/revaluation?month=2026").json()["code"] == "PERIOD_UNKNOWN"
    assert stage.call("GET", path).json()["positions"] == []
    assert stage.call("PUT", "/v1/entities/main", json={"currency": "USD"}).status_code == 200
    stage.call("PUT", "/v1/rates/EUR/USD", json={"days": [{"day": "2020-01-01", "rate": "1.10"}]})
    paid(stage, "V-1")
    stage.call("PUT", "/v1/rates/EUR/USD", json={"days": [{"day": str(today), "rate": "1.20"}]})
    found = stage.call("GET", path).json()
    assert (found["closed"], found["base"]) == (False, "USD")
    assert found["positions"] == [
        {
            "account": "psp_clearing", "currency": "EUR", "amount_minor": 1200, "base": "USD", "base_minor": 1320,
            "rate": "1.20", "worth_minor": 1440, "difference_minor": 120,
        }
    ]  # fmt: skip
    early = stage.call("POST", "/v1/entities/main/periods", json={"month": f"{today:%Y-%m}", "revalue": False})
    assert early.json()["code"] == "PERIOD_NOT_OVER"


def test_a_day_of_the_books_is_read_as_csv_once_there_is_a_chart(stage: Stage) -> None:
    paid(stage, "C-1")
    day = datetime.now(UTC).date()
    path = f"/v1/ledger/journal?day={day}"
    refused = stage.call("GET", path)
    assert (refused.status_code, refused.json()["code"]) == (409, "CHART_UNKNOWN")
    text = 'kind = "chart"\n[accounts]\n' + "".join(f'{account} = "{account}"\n' for account in Account)
    assert stage.call("PUT", "/v1/policies/books", json={"text": text}).status_code in (200, 201)
    activated = stage.call("POST", "/v1/policies/books/activations", json={"policy_version": 1})
    assert activated.status_code == 200, activated.text
    told = stage.call("GET", path)
    assert told.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(told.text)))
    assert sum(Decimal(row["debit"] or 0) for row in rows) == sum(Decimal(row["credit"] or 0) for row in rows) > 0
    assert stage.call("GET", f"{path}&entity=main:test").json()["code"] == "CHART_UNKNOWN"


def test_paid_is_compared_with_shipped_and_what_is_open_is_listed_until_it_is_even(stage: Stage) -> None:
    before = sum(each["open_minor"] for each in reconciled(stage))
    order = paid(stage, "R-1")
    [mine] = [each for each in open_orders(stage) if each["order"] == order["id"]]
    assert (mine["kind"], mine["amount_minor"], mine["channel"]) == ("paid_not_shipped", 1200, "web")
    assert "cancel" in mine["next_step"]
    days = reconciled(stage)
    assert sum(each["open_minor"] for each in days) == before + 1200 == sum(signed(stage))
    assert {each["provider"] for each in days} == {"sandbox"}
    assert stage.call("POST", f"/v1/orders/{order['id']}/invoices").status_code == 200
    assert [each for each in open_orders(stage) if each["order"] == order["id"]] == []
    days = reconciled(stage)
    assert sum(each["open_minor"] for each in days) == before == sum(signed(stage))
    for each in days:
        assert each["paid_minor"] == each["captured_minor"] - each["refunded_minor"] - each["disputed_minor"]
        assert each["shipped_minor"] == each["invoiced_minor"] - each["credited_minor"]
        assert each["paid_minor"] - each["shipped_minor"] == each["open_minor"]
    path = "/v1/ledger/reconciliation"
    assert stage.call("GET", f"{path}?since=2020-01-01&until=2020-01-31").json()["items"] == []
    assert stage.call("GET", f"{path}?entity=none").json()["code"] == "ENTITY_UNKNOWN"
    assert stage.call("GET", "/v1/ledger/open-orders?until=2020-01-31").json()["items"] == []


def reconciled(stage: Stage) -> list[dict[str, Any]]:
    return stage.call("GET", "/v1/ledger/reconciliation").json()["items"]


def open_orders(stage: Stage) -> list[dict[str, Any]]:
    """All of them, a page at a time."""
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        query = f"limit=1{cursor and f'&cursor={cursor}'}"
        answer = stage.call("GET", f"/v1/ledger/open-orders?{query}").json()
        found += answer["items"]
        cursor = answer["next"]
    return found


def signed(stage: Stage) -> list[int]:
    """What is held without having been shipped for; shipped and not paid the other way round."""
    signs = {"paid_not_shipped": 1, "refund_owed": 1, "shipped_not_paid": -1, "disputed": 0}
    return [signs[each["kind"]] * each["amount_minor"] for each in open_orders(stage)]


def test_a_debt_is_written_off_by_whoever_may(stage: Stage) -> None:
    order = paid(stage, "W-1", tenders=[])
    path = f"/v1/orders/{order['id']}"
    stage.call("POST", f"{path}/invoices")
    stage.make_key("books", "ledger:read", "ledger:write")
    stage.make_key("boss", "ledger:read", "ledger:write_off")
    body = {"amount_minor": 100, "reason": "rounded"}
    assert stage.call("POST", f"{path}/write-offs", "books", json=body).status_code == 200
    over = stage.call("POST", f"{path}/write-offs", "books", json=body)
    assert (over.status_code, over.json()["code"], over.json()["facts"]["limit"]) == (409, "WRITE_OFF_LIMIT", 100)
    body = {"amount_minor": 1100, "reason": "insolvent"}
    assert stage.call("POST", f"{path}/bad-debts", "books", json=body).status_code == 403
    assert stage.call("POST", f"{path}/bad-debts", "boss", json=body).status_code == 200
    assert stage.call("POST", f"{path}/bad-debts", "boss", json=body).json()["code"] == "WRITE_OFF_AMOUNT"
    again = stage.call("POST", f"{path}/bad-debts/recoveries", "boss", json={"amount_minor": 300, "reason": "paid"})
    assert again.status_code == 200
    back = stage.call("POST", f"{path}/write-offs/recoveries", "books", json={"amount_minor": 100, "reason": "found"})
    assert back.status_code == 200
    stands = stage.call("GET", f"{path}/ledger").json()["balances"]
    assert {(each["account"], each["sub"]): each["balance_minor"] for each in stands}["receivable", ""] == 400


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "ledger/balance"),
        ("GET", "ledger/accounts/bank/entries"),
        ("GET", "ledger/journal?day=2026-11-20"),
        ("GET", "ledger/revaluation?month=2026-10"),
        ("GET", "ledger/receivables"),
        ("GET", "ledger/receivables/csv"),
        ("GET", "ledger/reconciliation"),
        ("GET", "ledger/open-orders"),
        ("POST", "entities/main/periods"),
    ],
)
def test_the_books_are_for_keys_of_all_locations(stage: Stage, method: str, path: str) -> None:
    stage.make_key("books of lyon", "ledger:read", "ledger:write", locations=("lyon",))
    body = {"month": "2026-10"} if method == "POST" else None
    answer = stage.call(method, f"/v1/{path}", "books of lyon", json=body)
    assert (answer.status_code, answer.json()["code"]) == (403, "LOCATION_NOT_YOURS")


def test_the_account_of_an_order_is_for_keys_of_its_locations(stage: Stage) -> None:
    stage.make_key("books of lyon", "ledger:read", locations=("lyon",))
    order = paid(stage, "A-not-at-lyon")
    for what in ("ledger", "seller-shares"):
        path = f"/v1/orders/{order['id']}/{what}"
        assert stage.call("GET", path).status_code == 200
        answer = stage.call("GET", path, "books of lyon")
        assert (answer.status_code, answer.json()["code"]) == (404, "ORDER_UNKNOWN")
