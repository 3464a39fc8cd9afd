"""Companies over HTTP: set up, bought for on terms, found by their own numbers, held to their limit, paid."""

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from api.stage import ADDRESS, Stage
from orderline.core.companies.commands import ReviewCredit
from orderline.core.orders import commands as c
from orderline.core.orders.state import LineQuantity, Order
from orderline.core.stock.commands import AdjustStock
from orderline.engine.verifying import verify
from orderline.store.reading.companies import load_held
from orderline.store.working import load_people, read_orders, read_records
from orderline.values.ids import OrderId
from support.engines import assert_clean, faults_of, order_id_of, value

TERMS: dict[str, Any] = {
    "currency": "EUR",
    "net_days": 30,
    "credit_limit_minor": 10_000,
}


def set_up(stage: Stage, acme: str, **terms: Any) -> None:
    assert stage.call("PUT", f"/v1/price-lists/{acme}", json={"currency": "EUR"}).status_code == 200
    prices = [{"sku": "TEE-M", "breaks": [{"quantity": 1, "price_minor": 1000}]}]
    body = {"valid_from": "2026-01-01", "prices": prices}
    assert stage.call("POST", f"/v1/price-lists/{acme}/prices", json=body).status_code == 200
    body = {"name": "Acme", "vat_id": "FR123", "terms": {**TERMS, "price_list": acme, **terms}}
    assert stage.call("PUT", f"/v1/companies/{acme}", json=body).status_code == 200
    put = stage.call(
        "PUT", f"/v1/companies/{acme}/locations/dock", json={"address": ADDRESS, "email": "dock@acme.test"}
    )
    assert put.status_code == 200, put.text
    put = stage.call("PUT", f"/v1/companies/{acme}/buyers/bob", json={"email": "bob@acme.test", "limit_minor": 100_000})
    assert put.status_code == 200, put.text
    assert "bob@acme.test" not in put.text, "a record has tokens alone"
    stage.engine.run(AdjustStock(sku="TEE-M", location="lyon", quantity=100, reason="received"))


def place(
    stage: Stage, acme: str, name: str, quantity: int = 1, price: int = 1000, po_number: str = "", channel: str = "web",
    agreement: str = "",
) -> Any:  # fmt: skip
    total = quantity * price
    return stage.call(
        "POST",
        "/v1/orders",
        json={
            "channel": channel, "external_id": f"{acme}-{name}", "currency": "EUR", "total_minor": total,
            "lines": [{"sku": "TEE-M", "quantity": quantity, "unit_price_minor": price}],
            "tenders": [{"provider": "terms", "method": "terms", "amount_minor": total}],
            "company": {"company": acme, "location": "dock", "buyer": "bob", "po_number": po_number, "agreement": agreement},
        },
    )  # fmt: skip


def ship(stage: Stage, order: Order, units: int) -> None:
    items = (LineQuantity(1, units),)
    for command in (
        c.AllocateUnits(order=order.id, group=1, allotments=(c.Allotment(1, "eu", "lyon", units),)),
        c.AcceptFulfillment(order=order.id, fulfillment=1),
        c.PickUnits(order=order.id, fulfillment=1, lines=items),
        c.PackUnits(order=order.id, fulfillment=1, parcels=(c.ParcelInput(items=items),)),
        c.ShipParcels(order=order.id, fulfillment=1, carrier="post"),
    ):
        stage.engine.run(command)


def stored(stage: Stage, answer: Any) -> Order:
    assert "id" in answer, answer
    id_ = OrderId(UUID(answer["id"]))
    return read_orders(stage.database, [id_])[id_]


def test_a_company_buys_on_terms_and_is_found_by_its_numbers(stage: Stage) -> None:
    acme = "acme-1"
    set_up(stage, acme)
    first = place(stage, acme, "B-1", 8, po_number="PO-1")
    assert first.status_code == 201, first.text
    again = place(stage, acme, "B-1", 8, po_number="PO-1")
    assert (again.status_code, again.content) == (201, first.content), "the same order again is answered as at first"
    taken = place(stage, acme, "B-2", po_number="PO-1")
    assert (taken.status_code, taken.json()["code"]) == (409, "PO_NUMBER_TAKEN")
    held = place(stage, acme, "B-3", 3, po_number="PO-2").json()
    assert [hold.type for hold in stored(stage, held).holds] == ["credit"]
    [row] = stage.call("GET", "/v1/company-orders?po_number=PO-1").json()["items"]
    assert (row["order"], row["exposure_minor"]) == (first.json()["id"], 8000)
    [row] = stage.call("GET", f"/v1/company-orders?company={acme}&held=true").json()["items"]
    assert (row["po_number"], row["held_minor"]) == ("PO-2", 3000)
    exposure = stage.call("GET", f"/v1/companies/{acme}/exposure").json()
    assert (exposure["owed"]["exposure_minor"], exposure["available_minor"]) == (8000, 2000)
    order = read_orders(stage.database, [order_id_of(first.content)])[order_id_of(first.content)]
    [group] = order.agreement.groups
    assert load_people(stage.database, [group.recipient])[group.recipient].email == "dock@acme.test"

    paid = stage.call(
        "POST", f"/v1/orders/{order.id}/payments", json={"amount_minor": 5000, "currency": "EUR", "reference": "bank-1"}
    )
    assert paid.status_code == 200, paid.text
    waiting = load_held(stage.database, acme, 10)
    stage.engine.run(ReviewCredit(company=acme, held=tuple(waiting)))
    assert load_held(stage.database, acme, 10) == []
    assert stage.call("GET", f"/v1/companies/{acme}/exposure").json()["owed"]["exposure_minor"] == 6000
    assert_clean(stage.database)


def test_a_price_that_was_not_agreed_holds_the_order(stage: Stage) -> None:
    acme = "acme-2"
    set_up(stage, acme)
    held = place(stage, acme, "B-1", 1, 900).json()
    [hold] = stored(stage, held).holds
    assert hold.type == "price"
    assert "expected 10.00, sent 9.00 EUR" in hold.reason


def test_orders_at_once_owe_no_more_than_the_limit(stage: Stage) -> None:
    acme = "acme-3"
    set_up(stage, acme)
    with ThreadPoolExecutor(8) as pool:
        placed = list(pool.map(lambda number: place(stage, acme, f"B-{number}", 3).json(), range(8)))
    free = [order for order in placed if not stored(stage, order).holds]
    assert len(free) == 3, "three orders of 30.00 fit under 100.00"
    assert stage.call("GET", f"/v1/companies/{acme}/exposure").json()["owed"]["exposure_minor"] == 9000
    assert_clean(stage.database)


def test_an_approval_is_given_over_http(stage: Stage) -> None:
    acme = "acme-4"
    set_up(stage, acme, approvals=[{"name": "all", "steps": ["merchant", "boss"]}])
    stage.call("PUT", f"/v1/companies/{acme}/buyers/ann", json={"email": "ann@acme.test", "roles": ["boss"]})
    order = place(stage, acme, "B-1").json()
    [known] = stage.call("GET", f"/v1/approvals?state=pending&location={acme}").json()["items"]
    path = f"/v1/approvals/{known['id']}"
    assert stage.call("POST", f"{path}/steps", json={"approver": "ann"}).json()["code"] == "APPROVER_NOT_ALLOWED"
    assert stage.call("POST", f"{path}/steps", json={}).json()["code"] == "APPROVER_NOT_ALLOWED"  # who sent the order
    stage.make_key("sales", "orders:write", "orders:read")
    assert stage.call("POST", f"{path}/steps", json={}, key="sales").status_code == 200
    assert stage.call("POST", f"{path}/steps", json={"approver": "ann"}).json()["state"] == "approved"
    assert not stored(stage, order).holds
    assert_clean(stage.database)


def test_a_buyer_who_is_removed_is_erased(stage: Stage) -> None:
    acme = "acme-5"
    set_up(stage, acme)
    token = read_records(stage.database, "company", [acme])[acme].buyer_of("bob").person
    assert load_people(stage.database, [token])[token].email == "bob@acme.test"
    assert stage.call("DELETE", f"/v1/companies/{acme}/buyers/bob").status_code == 200
    assert load_people(stage.database, [token])[token].email == ""
    assert_clean(stage.database)


def test_a_statement_adds_up_and_says_what_is_open(stage: Stage) -> None:
    acme = "acme-6"
    set_up(stage, acme)
    order = stored(stage, place(stage, acme, "B-1", 3, po_number="PO-7").json())
    ship(stage, order, 3)
    invoice = stage.call("POST", f"/v1/orders/{order.id}/invoices").json()
    body = {"amount_minor": 1000, "currency": "EUR", "reference": "bank-9"}
    assert stage.call("POST", f"/v1/orders/{order.id}/payments", json=body).status_code == 200
    told = stage.call("GET", f"/v1/companies/{acme}/statement")
    assert told.status_code == 200, told.text
    statement = told.json()
    assert [(each["amount_minor"], each["po_number"]) for each in statement["lines"]] == [
        (3000, "PO-7"),
        (-1000, "PO-7"),
    ]
    assert (statement["opening_minor"], statement["closing_minor"], statement["open_minor"]) == (0, 2000, 2000)
    [open_] = statement["open"]
    assert (open_["number"], open_["total_minor"], open_["open_minor"]) == (invoice["number"], 3000, 2000)
    later = stage.call("GET", f"/v1/companies/{acme}/statement?since=2100-01-01&until=2100-01-31").json()
    assert (later["opening_minor"], later["closing_minor"], later["lines"]) == (2000, 2000, [])
    paper = stage.call("GET", f"/v1/companies/{acme}/statement/paper")
    assert paper.content.startswith(b"%PDF")
    for asked in ("statement?until=9999-12-31", "statement/paper?until=0001-01-01"):
        never = stage.call("GET", f"/v1/companies/{acme}/{asked}")
        assert (never.status_code, never.json()["code"]) == (422, "TIME_OUT_OF_RANGE")
    wrong = stage.call("GET", f"/v1/companies/{acme}/statement?since=2026-02-01&until=2026-01-01")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "COMPANY_NOT_ACCEPTABLE")


def test_what_companies_owe_is_told_by_age_and_adds_up_to_the_books(stage: Stage) -> None:
    acme = "acme-9"
    set_up(stage, acme)
    order = stored(stage, place(stage, acme, "R-1", 3).json())
    ship(stage, order, 3)
    invoice = stage.call("POST", f"/v1/orders/{order.id}/invoices").json()
    body = {"amount_minor": 1000, "currency": "EUR", "reference": "bank-9"}
    assert stage.call("POST", f"/v1/orders/{order.id}/payments", json=body).status_code == 200
    due = date.fromisoformat(invoice["due_on"])

    def aged(day: date, company: str = f"&company={acme}") -> Any:
        answer = stage.call("GET", f"/v1/ledger/receivables?day={day}{company}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    fields = ("not_due_minor", "to_30_minor", "to_60_minor", "to_90_minor", "over_90_minor")
    for late, column in ((0, 0), (1, 1), (30, 1), (31, 2), (61, 3), (91, 4)):
        [row] = aged(due + timedelta(days=late))["balances"]
        assert [row[each] for each in fields] == [2000 if n == column else 0 for n in range(5)]
        assert (row["company_name"], row["open_minor"], row["invoices"]) == ("Acme", 2000, 1)
    [line] = aged(due + timedelta(days=1))["invoices"]
    assert (line["number"], line["days_late"], line["open_minor"]) == (invoice["number"], 1, 2000)
    before = date.fromisoformat(invoice["day"]) - timedelta(days=1)
    assert aged(before)["balances"] == []

    found = aged(due, "")
    accounts = stage.call("GET", f"/v1/ledger/balance?until={due}").json()["accounts"]
    for currency in {each["currency"] for each in accounts}:
        booked = sum(
            each["balance_minor"]
            for each in accounts
            if (each["account"], each["currency"]) == ("receivable", currency)
        )
        assert sum(each["open_minor"] for each in found["balances"] if each["currency"] == currency) == booked
    assert found["invoices"] == []
    told = stage.call("GET", f"/v1/ledger/receivables/csv?day={due}")
    assert told.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(told.text)))
    assert [each["open"] for each in rows if each["invoice"] == invoice["number"]] == ["20.00"]
    assert sum(Decimal(each["open"]) * 100 for each in rows) == sum(each["open_minor"] for each in found["balances"])
    assert stage.call("GET", "/v1/ledger/receivables?entity=none").json()["code"] == "ENTITY_UNKNOWN"


def test_orders_of_a_month_are_invoiced_together_by_the_worker_or_when_asked(stage: Stage) -> None:
    acme = "acme-7"
    entity = {"name": "Sales SARL", "country": "FR", "vat_id": "FR40303265045", "invoice_numbers": "S7-{number}"}
    assert stage.call("PUT", "/v1/entities/sales-7", json=entity).status_code == 200
    channel = {"name": "B2B", "pools": ["eu"], "entity": "sales-7"}
    assert stage.call("PUT", "/v1/channels/b2b-7", json=channel).status_code in (200, 201)
    set_up(stage, acme, invoices="month")
    orders = [
        stored(stage, place(stage, acme, f"B-{n}", n, po_number=f"PO-{n}", channel="b2b-7").json()) for n in (1, 2)
    ]
    for order in orders:
        ship(stage, order, order.lines[0].units.total())
    waiting = value(stage.database, "SELECT count(*) FROM outbox WHERE kind = 'collect_invoices'")
    assert waiting == 2
    assert_clean(stage.database)
    stage.make_key("a store of b2b-7", "admin", locations=("lyon",))
    limited = stage.call("POST", f"/v1/companies/{acme}/invoices", "a store of b2b-7")
    assert (limited.status_code, limited.json()["code"]) == (403, "LOCATION_NOT_YOURS")
    made = stage.call("POST", f"/v1/companies/{acme}/invoices", headers={"Idempotency-Key": "nov"})
    assert made.status_code == 200, made.text
    invoice = made.json()
    assert (invoice["number"], invoice["total_minor"], invoice["company"]) == ("S7-000001", 3000, acme)
    assert [(each["po_number"], each["net_minor"]) for each in invoice["shares"]] == [("PO-1", 1000), ("PO-2", 2000)]
    again = stage.call("POST", f"/v1/companies/{acme}/invoices", headers={"Idempotency-Key": "nov"})
    assert (again.content, again.headers["idempotency-replayed"]) == (made.content, "true")
    nothing = stage.call("POST", f"/v1/companies/{acme}/invoices")
    assert (nothing.status_code, nothing.json()["code"]) == (409, "NOTHING_TO_INVOICE")
    path = f"/v1/documents/{invoice['id']}"
    for query in (f"order={orders[1].id}", f"company={acme}", f"order={orders[0].id}&company={acme}&kind=invoice"):
        assert [each["id"] for each in stage.call("GET", f"/v1/documents?{query}").json()["items"]] == [invoice["id"]]
    assert stage.call("GET", f"/v1/documents?order={orders[0].id}&kind=credit_note").json()["items"] == []
    for syntax in ("ubl", "cii"):
        told = stage.call("GET", f"{path}/xml?syntax={syntax}")
        assert told.status_code == 200, told.text
        for text in ("Acme", "FR123", f"Order {orders[1].number} (PO-2): net 20.00 EUR", f"Order {orders[0].number}<"):
            assert text in told.text
    assert stage.call("GET", f"{path}/factur-x").content.startswith(b"%PDF")
    [open_] = stage.call("GET", f"/v1/companies/{acme}/statement").json()["open"]
    assert (open_["number"], open_["open_minor"]) == ("S7-000001", 3000)
    body = {"amount_minor": 1000, "currency": "EUR", "reference": "bank-7"}
    assert stage.call("POST", f"/v1/orders/{orders[0].id}/payments", json=body).status_code == 200
    [open_] = stage.call("GET", f"/v1/companies/{acme}/statement").json()["open"]
    assert open_["open_minor"] == 2000
    assert_clean(stage.database)


def test_shares_that_are_not_those_of_the_invoice_are_found(stage: Stage) -> None:
    acme = "acme-8"
    set_up(stage, acme, invoices="week")
    order = stored(stage, place(stage, acme, "B-1", 2).json())
    ship(stage, order, 2)
    with stage.database.connection() as connection:
        connection.execute("BEGIN")
        connection.execute("DELETE FROM outbox WHERE kind = 'collect_invoices'")
        connection.execute("COMMIT")
    found = faults_of(verify(stage.database))["documents"]
    assert "nothing invoices what was supplied" in str(found)
    invoice = stage.call("POST", f"/v1/companies/{acme}/invoices").json()
    assert_clean(stage.database)
    with stage.database.connection() as connection:
        change = "UPDATE records SET body = replace(body, '\"net_minor\":2000', '\"net_minor\":1999') WHERE kind = 'document' AND id = %s"
        connection.execute(change, [invoice["id"]])
        found = str(faults_of(verify(stage.database))["documents"])
        connection.execute(change.replace("1999", "x").replace("2000", "1999").replace("x", "2000"), [invoice["id"]])
    assert "its shares come to 1999" in found or "names the shares" in found
    assert_clean(stage.database)
