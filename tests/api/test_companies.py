"""Companies over HTTP: set up, bought for on terms, found by their own numbers, held to their limit, paid."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

from api.stage import ADDRESS, Stage
from orderline.core.companies.commands import ReviewCredit
from orderline.core.orders import commands as c
from orderline.core.orders.state import LineQuantity, Order
from orderline.core.stock.commands import AdjustStock
from orderline.store.reading.companies import load_held
from orderline.store.working import load_people, read_orders, read_records
from orderline.values.ids import OrderId
from support.engines import assert_clean, order_id_of

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


def place(stage: Stage, acme: str, name: str, quantity: int = 1, price: int = 1000, po_number: str = "") -> Any:
    total = quantity * price
    return stage.call(
        "POST",
        "/v1/orders",
        json={
            "channel": "web", "external_id": f"{acme}-{name}", "currency": "EUR", "total_minor": total,
            "lines": [{"sku": "TEE-M", "quantity": quantity, "unit_price_minor": price}],
            "tenders": [{"provider": "terms", "method": "terms", "amount_minor": total}],
            "company": {"company": acme, "location": "dock", "buyer": "bob", "po_number": po_number},
        },
    )  # fmt: skip


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
    assert "expected 1000, sent 900" in hold.reason


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
    items = (LineQuantity(1, 3),)
    for command in (
        c.AllocateUnits(order=order.id, group=1, allotments=(c.Allotment(1, "eu", "lyon", 3),)),
        c.AcceptFulfillment(order=order.id, fulfillment=1),
        c.PickUnits(order=order.id, fulfillment=1, lines=items),
        c.PackUnits(order=order.id, fulfillment=1, parcels=(c.ParcelInput(items=items),)),
        c.ShipParcels(order=order.id, fulfillment=1, carrier="post"),
    ):
        stage.engine.run(command)
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
    wrong = stage.call("GET", f"/v1/companies/{acme}/statement?since=2026-02-01&until=2026-01-01")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "COMPANY_NOT_ACCEPTABLE")
