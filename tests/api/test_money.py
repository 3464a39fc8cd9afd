"""Money over HTTP: collected with the order, received by the bank, given back by hand; and the books stay even."""

from typing import Any

from api.stage import Stage
from orderline.core.orders.commands import AnswerPayment, CancelUnits
from orderline.core.stock.commands import AdjustStock
from orderline.store.working import read_orders
from orderline.values.ids import OrderId
from support.engines import assert_clean, order_id_of, value


def place(stage: Stage, name: str, **tender: Any) -> OrderId:
    stage.engine.run(AdjustStock(sku="TEE-M", location="lyon", quantity=1, reason="received"))
    placed = stage.call(
        "POST",
        "/v1/orders",
        json={
            "channel": "web", "external_id": name, "currency": "EUR", "total_minor": 2000,
            "groups": [{"address": {"name": "Ann Lee", "lines": ["1 Rue"], "city": "Lyon", "postal_code": "69001",
                                    "country": "FR"}}],
            "lines": [{"sku": "TEE-M", "quantity": 1, "unit_price_minor": 2000}],
            "tenders": [{"amount_minor": 2000, **tender}],
        },
    )  # fmt: skip
    return order_id_of(placed.content)


def post(stage: Stage, order: OrderId, path: str, **body: Any) -> Any:
    return stage.call("POST", f"/v1/orders/{order}/{path}", json=body)


def test_money_comes_by_the_bank_once_for_each_payment(stage: Stage) -> None:
    order = place(stage, "M-1", provider="terms", method="bank_transfer")
    about = {"currency": "EUR", "reference": "B-1", "amount_minor": 1500}
    assert post(stage, order, "payments", **about).status_code == 200
    assert post(stage, order, "payments", **about).json()["code"] == "PAYMENT_KNOWN"
    assert post(stage, order, "payments", **{**about, "currency": "USD"}).json()["code"] == "CURRENCY_MISMATCH"
    assert post(stage, order, "payments", **{**about, "reference": "B-2"}).status_code == 200
    [tender] = read_orders(stage.database, [order])[order].tenders
    assert (tender.captured_minor, tender.received) == (3000, ("B-1", "B-2"))
    assert_clean(stage.database)


def test_what_a_closed_tender_does_not_take_becomes_store_credit(stage: Stage) -> None:
    order = place(stage, "M-2", provider="sandbox", state="captured")
    stage.engine.run(CancelUnits(order=order, reason="changed_mind"))
    [request] = read_orders(stage.database, [order])[order].tenders[0].requests
    about = {"key": request.key, "kind": request.kind, "amount_minor": 2000}
    stage.engine.run(AnswerPayment(order=order, tender=1, declined="account_closed", **about))
    assert post(stage, order, "tenders/9/settlements", to="bank", reference="x").json()["code"] == "TENDER_UNKNOWN"
    done = post(stage, order, "tenders/1/settlements", to="store_credit")
    assert done.status_code == 200
    person = read_orders(stage.database, [order])[order].person
    assert stage.call("GET", f"/v1/credit-accounts/{person}").json()["balance_minor"] == 2000
    assert_clean(stage.database)


def test_a_held_amount_is_renewed_before_it_lapses(stage: Stage) -> None:
    held = {"state": "authorized", "token": "tok", "expires_at": "2027-11-28T12:00:00Z"}
    order = place(stage, "M-3", provider="sandbox", **held)
    assert post(stage, order, "tenders/1/renewals").status_code == 200
    assert post(stage, order, "tenders/1/renewals").json()["code"] == "NOTHING_TO_DO"
    old, new = read_orders(stage.database, [order])[order].tenders
    assert (old.authorized_minor, new.renews, new.requests[0].amount_minor) == (2000, 1, 2000)
    assert_clean(stage.database)


def test_an_order_is_paid_in_installments_and_says_how_they_stand(stage: Stage) -> None:
    order = place(stage, "M-9", provider="terms", method="bank_transfer")
    path = f"/v1/orders/{order}/payment-schedule"
    wrong = stage.call("PUT", path, json={"schedule": {"installments": [{"due": "date"}]}})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "SCHEDULE_NOT_POSSIBLE")
    installments = [{"due": "order", "share_ppm": 300_000}, {"due": "release"}]
    told = stage.call("PUT", path, json={"schedule": {"installments": installments, "within_days": 5}})
    assert told.json()["next_step"]["what"] == "pay_installment"
    assert post(stage, order, "payments", currency="EUR", reference="B-1", amount_minor=600).status_code == 200
    assert post(stage, order, "payment-schedule/calls").status_code == 200
    shown = stage.call("GET", f"/v1/orders/{order}", params={"parts": "explain"}).json()
    stands = [(each["amount_minor"], each["paid_minor"], each["state"]) for each in shown["explain"]["installments"]]
    assert stands == [(600, 600, "paid"), (1400, 0, "due")]
    assert [hold["type"] for hold in shown["order"]["holds"]] == ["payment"]
    assert post(stage, order, "payments", currency="EUR", reference="B-2", amount_minor=1400).status_code == 200
    [tender] = read_orders(stage.database, [order])[order].tenders
    assert (tender.captured_minor, tender.received) == (2000, ("B-1", "B-2"))
    assert_clean(stage.database)


def test_an_order_comes_with_its_deposit(stage: Stage) -> None:
    stage.engine.run(AdjustStock(sku="TEE-M", location="lyon", quantity=1, reason="received"))
    body = {
        "channel": "web", "external_id": "M-10", "currency": "EUR", "total_minor": 2000,
        "groups": [{"address": {"name": "Ann Lee", "lines": ["1 Rue"], "city": "Lyon", "postal_code": "69001",
                                "country": "FR"}}],
        "lines": [{"sku": "TEE-M", "quantity": 1, "unit_price_minor": 2000}],
        "tenders": [{"provider": "sandbox", "token": "tok", "amount_minor": 600, "state": "captured"}],
        "schedule": {"installments": [{"due": "order", "amount_minor": 600}, {"due": "date", "on": "2027-12-24T12:00:00Z"}]},
    }  # fmt: skip
    order = order_id_of(stage.call("POST", "/v1/orders", json=body).content)
    found = read_orders(stage.database, [order])[order]
    assert (found.holds, found.schedule is not None) == ((), True)
    due = "SELECT due_at::date::text FROM outbox WHERE kind = 'installment' AND stream LIKE %s"
    assert value(stage.database, due, f"{order}%") == "2027-12-24"
    assert_clean(stage.database)


def test_what_will_be_captured_is_told_before_an_order_is_sent(stage: Stage) -> None:
    order = place(stage, "M-11", provider="sandbox", token="tok", state="authorized")
    plan = stage.call("GET", f"/v1/orders/{order}/capture-plan").json()
    assert (plan["due_minor"], plan["captured_minor"]) == (2000, 0)
    assert plan["captures"] == [
        {
            "when": "shipment", "amount_minor": 2000, "rule": "channel.money.capture=supply",
            "because": "the channel collects with what is supplied, by its share", "about": "group 1", "tender": 1,
            "provider": "sandbox", "method": "card",
        }
    ]  # fmt: skip
    assert stage.call("GET", "/v1/orders/SO-0/capture-plan").json()["code"] == "ORDER_UNKNOWN"
