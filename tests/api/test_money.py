"""Money over HTTP: collected with the order, received by the bank, given back by hand; and the books stay even."""

from typing import Any

from api.stage import Stage
from orderline.core.orders.commands import AnswerPayment, CancelUnits
from orderline.core.stock.commands import AdjustStock
from orderline.store.working import read_orders
from orderline.values.ids import OrderId
from support.engines import assert_clean, order_id_of


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
