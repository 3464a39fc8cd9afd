"""Store credit and gift cards over HTTP: codes that are shown once, guesses that are slowed, orders that are paid."""

from importlib import resources
from typing import Any, LiteralString, cast
from uuid import UUID

import pytest

from api.stage import Stage
from orderline.core.credits import cards
from orderline.core.credits.commands import AnswerByCredit
from orderline.core.credits.state import CreditEntered, account_of
from orderline.core.orders.commands import (
    AcceptFulfillment,
    AnswerCancel,
    AnswerPayment,
    CancelUnits,
    LabelParcel,
    PackUnits,
    ParcelInput,
    PickUnits,
    ShipParcels,
)
from orderline.core.orders.priced import SoldAs
from orderline.core.orders.state import LineQuantity
from orderline.core.shipments.undoing import UndoHandover
from orderline.core.stock.commands import AdjustStock, PutSkus
from orderline.core.stock.state import Sku, SkuKind
from orderline.store.working import read_orders
from orderline.values.ids import OrderId
from support.engines import assert_clean, order_id_of

CARD: dict[str, Any] = {"kind": "gift_card", "currency": "EUR", "amount_minor": 5000, "why": "sold"}


def issue(stage: Stage, id_: str, **about: Any) -> Any:
    return stage.call("PUT", f"/v1/credit-accounts/{id_}", json={**CARD, **about})


def look_up(stage: Stage, code: str, **about: Any) -> Any:
    return stage.call("POST", "/v1/credit-code-lookups", json={"code": code, **about})


def test_a_card_has_a_code_that_is_shown_once_and_kept_by_nobody(stage: Stage) -> None:
    key = {"idempotency-key": "issue-1"}
    first = stage.call("PUT", "/v1/credit-accounts/card", headers=key, json=CARD)
    code = first.json()["code"]
    again = stage.call("PUT", "/v1/credit-accounts/card", headers=key, json=CARD)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json() == {"account": first.json()["account"]}
    found = look_up(stage, code.lower().replace("-", " ")).json()
    assert (found["id"], found["balance_minor"]) == ("card", 5000)
    with stage.database.connection() as connection:
        rows = connection.execute("SELECT body FROM record_journal UNION ALL SELECT answer FROM commands").fetchall()
    assert rows
    assert not any(code in row[0] or code.replace("-", "") in row[0] for row in rows)
    topped = issue(stage, "card", why="goodwill", reason="sorry", amount_minor=100).json()
    assert (topped["account"]["balance_minor"], "code" in topped) == (5100, False)
    assert_clean(stage.database)


def test_guessing_is_slowed_for_who_guesses(stage: Stage) -> None:
    code = issue(stage, "guessed").json()["code"]
    wrong = [look_up(stage, f"WRONGCODE{n}", visitor="mallory").status_code for n in range(6)]
    assert wrong == [404] * 5 + [429]
    assert look_up(stage, code, visitor="mallory").json()["code"] == "RATE_EXCEEDED"
    assert look_up(stage, code, visitor="ann").status_code == 200


def test_a_lost_card_is_replaced_with_its_money(stage: Stage) -> None:
    old = issue(stage, "lost").json()["code"]
    moved = stage.call("POST", "/v1/credit-accounts/lost/transfers", json={"to": "found", "reason": "lost"}).json()
    assert moved["account"]["balance_minor"] == 5000
    assert look_up(stage, old).json()["state"] == "moved"
    assert look_up(stage, moved["code"]).json()["id"] == "found"
    assert_clean(stage.database)


def test_what_is_missing_of_an_order_is_paid_from_an_account(stage: Stage) -> None:
    stage.engine.run(AdjustStock(sku="TEE-M", location="lyon", quantity=1, reason="received"))
    issue(stage, "ann", kind="store_credit", why="goodwill", reason="sorry", holder="ann", amount_minor=1500)
    placed = stage.call(
        "POST",
        "/v1/orders",
        json={
            "channel": "web", "external_id": "G-1", "currency": "EUR", "total_minor": 2000,
            "groups": [{"address": {"name": "Ann Lee", "lines": ["1 Rue"], "city": "Lyon", "postal_code": "69001",
                                    "country": "FR"}}],
            "lines": [{"sku": "TEE-M", "quantity": 1, "unit_price_minor": 2000}],
            "tenders": [{"provider": "sandbox", "amount_minor": 500, "state": "authorized"}],
        },
    )  # fmt: skip
    order = order_id_of(placed.content)
    path = f"/v1/orders/{order}/redemptions"
    assert stage.call("POST", path, json={"account": "nobody"}).json()["code"] == "CREDIT_UNKNOWN"
    too_much = stage.call("POST", path, json={"account": "ann", "amount_minor": 1501})
    assert (too_much.status_code, too_much.json()["code"]) == (422, "TENDERS_EXCEED_TOTAL")
    assert stage.call("POST", path, json={"account": "ann"}).status_code == 200
    tender = read_orders(stage.database, [order])[order].tenders[1]
    assert (tender.method, tender.captured_minor) == ("store_credit", 1500)
    path = "/v1/credit-accounts/ann"
    told = stage.call("GET", f"{path}/entries?limit=1").json()
    rest = stage.call("GET", f"{path}/entries?limit=50&cursor={told['next']}").json()
    assert [each["amount_minor"] for each in (*told["items"], *rest["items"])] == [1500, -1500]
    assert (rest["next"], "entries" in stage.call("GET", path).json()) == (None, False)
    assert stage.call("GET", "/v1/credit-accounts/nobody/entries").json()["code"] == "CREDIT_UNKNOWN"
    assert_clean(stage.database)


def test_a_statement_has_what_came_and_what_was_given(stage: Stage) -> None:
    issue(stage, "told", amount_minor=700)
    given = issue(
        stage, "told", amount_minor=300, why="goodwill", reason="x", goodwill_expires_at="2190-01-01T00:00:00Z"
    )
    assert given.status_code == 200, given.json()
    path = "/v1/credit-accounts/told/statement"
    told = stage.call("GET", path).json()
    assert (told["opening_minor"], told["closing_minor"], told["goodwill_minor"]) == (0, 1000, 300)
    assert [(each["cause"], each["balance_minor"]) for each in told["lines"]] == [("sold", 700), ("goodwill", 1000)]
    later = stage.call("GET", f"{path}?since=2180-01-01&until=2180-02-01").json()
    assert (later["opening_minor"], later["lines"]) == (1000, [])
    assert stage.call("GET", f"{path}?since=2180-01-01&until=2179-01-01").json()["code"] == "CREDIT_MISMATCH"
    assert_clean(stage.database)


def test_cards_that_were_sold_are_opened_with_their_money(stage: Stage) -> None:
    stage.engine.run(PutSkus(skus=(Sku("VOUCHER", "Gift card", kind=SkuKind.DIGITAL, sold_as=SoldAs.GIFT_CARD),)))
    placed = stage.place(
        "V-1", total_minor=7500, lines=[{"sku": "VOUCHER", "quantity": 3, "unit_price_minor": 2500}],
        tenders=[{"provider": "sandbox", "amount_minor": 7500, "state": "captured", "token": "tok"}],
    )  # fmt: skip
    path = f"/v1/orders/{placed['number']}/gift-cards"
    assert stage.call("POST", path, json={}).json()["code"] == "NOTHING_TO_DO"
    assert stage.call("POST", f"/v1/orders/{placed['id']}/invoices").status_code == 200
    assert_clean(stage.database)  # sold, and on no card yet
    key = {"idempotency-key": "cards-1"}
    first = stage.call("POST", path, headers=key, json={}).json()["cards"]
    assert [each["account"]["balance_minor"] for each in first] == [2500, 2500, 2500]
    assert len({each["code"] for each in first}) == 3
    assert look_up(stage, first[1]["code"]).json()["id"] == f"{placed['number']}-1-2"
    again = stage.call("POST", path, headers=key, json={}).json()["cards"]
    assert [(each["account"]["id"], "code" in each) for each in again] == [
        (each["account"]["id"], False) for each in first
    ]
    assert stage.call("POST", path, json={}).json()["code"] == "NOTHING_TO_DO"
    assert_clean(stage.database)


def test_cards_that_are_sold_no_longer_are_emptied(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.engine.run(PutSkus(skus=(Sku("PLASTIC", "Gift card of plastic", sold_as=SoldAs.GIFT_CARD),)))
    stage.engine.run(AdjustStock(sku="PLASTIC", location="lyon", quantity=10, reason="received"))
    placed = stage.place(
        "V-2", total_minor=5000, lines=[{"sku": "PLASTIC", "quantity": 2, "unit_price_minor": 2500}],
        tenders=[{"provider": "sandbox", "amount_minor": 5000, "state": "captured", "token": "tok"}],
    )  # fmt: skip
    order, lines = OrderId(UUID(placed["id"])), (LineQuantity(1, 2),)
    stage.allocate(placed["id"], 2)
    stage.engine.run(AcceptFulfillment(order=order, fulfillment=1))
    stage.engine.run(PickUnits(order=order, fulfillment=1, lines=lines))
    stage.engine.run(PackUnits(order=order, fulfillment=1, parcels=(ParcelInput(items=lines),)))
    stage.engine.run(LabelParcel(order=order, parcel=1, carrier="post", tracking_number="T-1"))
    stage.engine.run(ShipParcels(order=order, fulfillment=1))
    assert stage.call("POST", f"/v1/orders/{order}/invoices").status_code == 200
    path = f"/v1/orders/{placed['number']}/gift-cards"
    with monkeypatch.context() as older:  # a release that kept all entries with the account, and nothing of the sale
        older.setattr(cards, "CreditEntered", lambda **about: CreditEntered(**about | {"apart": False}))
        first, second = stage.call("POST", path, json={}).json()["cards"]
    accounts = [f"/v1/credit-accounts/{each['account']['id']}" for each in (first, second)]
    with stage.database.connection() as connection:
        connection.execute(
            "UPDATE records SET body = regexp_replace(body, ',\"sold_on\":.*}', '}')"
            " WHERE kind = 'credit_account' AND body LIKE '%\"entries\":%'"
        )
        connection.execute(migration("0072_cards_sold.sql"))
    assert_clean(stage.database)

    spent = [
        {"provider": "credit_account", "method": "gift_card", "token": first["account"]["id"], "amount_minor": 2000}
    ]
    other = OrderId(UUID(stage.place("V-3", tenders=spent)["id"]))
    [request] = read_orders(stage.database, [other])[other].tenders[0].requests
    by_card = (first["account"]["id"],)
    stage.engine.run(AnswerByCredit(order=other, tender=1, key=request.key, kind=request.kind, accounts=by_card))
    stage.engine.run(UndoHandover(order=order, fulfillment=1, reason="it is here", to_shelf=True))
    stage.engine.run(CancelUnits(order=order, reason="changed_mind"))
    stage.engine.run(AnswerCancel(order=order, fulfillment=1, accepted=True))
    assert [stage.call("GET", each).json().get("balance_minor", 0) for each in accounts] == [0, 0]
    [refund] = read_orders(stage.database, [order])[order].tenders[0].requests
    assert refund.amount_minor == 3000  # what was spent is kept back
    assert_clean(stage.database)
    assert stage.call("POST", f"/v1/orders/{order}/invoices").status_code == 200
    assert_clean(stage.database)


def migration(name: str) -> LiteralString:
    text = resources.files("orderline.store.migrations").joinpath(name).read_text()
    return cast(LiteralString, text)


def test_store_credit_of_one_person_comes_together(stage: Stage) -> None:
    paid = [{"provider": "sandbox", "amount_minor": 2000, "state": "captured", "token": "tok"}]
    orders = [stage.place(f"P-{n}", tenders=paid) for n in range(2)]
    for order in orders:
        issue(
            stage, account_of(OrderId(UUID(order["id"]))), kind="store_credit", why="goodwill", reason="sorry",
            amount_minor=400,
        )  # fmt: skip
    merged = stage.call(
        "POST", "/v1/identities", json={"orders": [each["id"] for each in orders], "reason": "told us"}
    ).json()
    assert stage.call("POST", "/v1/identities/nobody/credits").json()["code"] == "IDENTITY_UNKNOWN"
    stage.make_key("a store", "orders:write", locations=("lyon",))
    limited = stage.call("POST", f"/v1/identities/{merged['id']}/credits", key="a store")
    assert limited.json()["code"] == "LOCATION_NOT_YOURS"
    answer = stage.call("POST", f"/v1/identities/{merged['id']}/credits")
    assert answer.status_code == 200, answer.text
    assert sorted(each.get("balance_minor", 0) for each in answer.json()["accounts"]) == [0, 800]
    assert stage.call("POST", f"/v1/identities/{merged['id']}/credits").json()["code"] == "NOTHING_TO_DO"
    later = OrderId(UUID(max(each["id"] for each in orders)))  # its account was moved to that of the first
    stage.engine.run(CancelUnits(order=later, reason="changed_mind"))
    [request] = read_orders(stage.database, [later])[later].tenders[0].requests
    declined = AnswerPayment(
        order=later, tender=1, key=request.key, kind=request.kind, amount_minor=2000, declined="account_closed"
    )
    stage.engine.run(declined)
    path = f"/v1/orders/{later}/tenders/1/settlements"
    assert stage.call("POST", path, json={"to": "store_credit"}).status_code == 200
    found = [stage.call("GET", f"/v1/credit-accounts/{each['id']}").json() for each in answer.json()["accounts"]]
    stand = [(each.get("balance_minor", 0), each.get("state", "open")) for each in found]
    assert sorted(stand) == [(0, "moved"), (2800, "open")]
    assert_clean(stage.database)
