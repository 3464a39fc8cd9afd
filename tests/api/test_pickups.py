"""Pickup over HTTP: the code that the customer was sent opens what lies ready, and nothing else does."""

from typing import Any

from api.stage import Stage
from orderline.core.orders.commands import (
    AcceptFulfillment,
    AllocateUnits,
    Allotment,
    PackUnits,
    ParcelInput,
    PickUnits,
)
from orderline.core.orders.state import LineQuantity
from orderline.core.pickups.codes import PICKUP_CODES, code_of
from orderline.core.stock.commands import AdjustStock
from orderline.store.secrets import secret_of
from orderline.store.working import read_orders
from orderline.values.ids import OrderId
from support.engines import assert_clean, order_id_of


def packed(stage: Stage, name: str) -> OrderId:
    stage.engine.run(AdjustStock(sku="TEE-M", location="paris", quantity=1, reason="received"))
    placed = stage.call(
        "POST",
        "/v1/orders",
        json={
            "channel": "web", "external_id": name, "currency": "EUR", "total_minor": 2000,
            "customer": {"name": "Ann Lee", "email": "ann@example.com"}, "groups": [{"pickup_location": "paris"}],
            "lines": [{"sku": "TEE-M", "quantity": 1, "unit_price_minor": 2000}],
        },
    )  # fmt: skip
    order = order_id_of(placed.content)
    items = (LineQuantity(1, 1),)
    for command in (
        AllocateUnits(order=order, group=1, allotments=(Allotment(1, "shops", "paris", 1),)),
        AcceptFulfillment(order=order, fulfillment=1),
        PickUnits(order=order, fulfillment=1, lines=items),
        PackUnits(order=order, fulfillment=1, parcels=(ParcelInput(items=items),)),
    ):
        stage.engine.run(command)
    return order


def ask(stage: Stage, order: OrderId, path: str, key: str = "admin", idempotent: str = "", **body: Any) -> Any:
    headers = {"Idempotency-Key": idempotent} if idempotent else {}
    return stage.call("POST", f"/v1/orders/{order}/fulfillments/1/{path}", key, headers, json=body)


def code_sent(stage: Stage, order: OrderId) -> str:
    pickup = read_orders(stage.database, [order])[order].pickups[0]
    return code_of(secret_of(stage.database, PICKUP_CODES), order, 1, pickup.seed)


def test_the_code_that_was_sent_opens_what_lies_ready(stage: Stage) -> None:
    order = packed(stage, "P-1")
    ready = ask(stage, order, "pickup", idempotent="till-1")
    assert ready.json()["next_step"]["what"] == "collect"
    assert ask(stage, order, "pickup", idempotent="till-1").content == ready.content
    code = code_sent(stage, order)
    assert code not in stage.call("GET", f"/v1/orders/{order}").text
    wrong = "000000" if code != "000000" else "000001"
    refused = ask(stage, order, "collections", idempotent="c-1", code=wrong)
    assert (refused.status_code, refused.json()["code"]) == (409, "PICKUP_CODE_WRONG")
    assert refused.json()["facts"]["tries_left"] == 4
    again = ask(stage, order, "collections", idempotent="c-1", code=wrong)
    assert again.json()["facts"]["tries_left"] == 4  # a repeat is no second try
    assert ask(stage, order, "collections").json()["code"] == "PICKUP_CODE_MISSING"
    taken = ask(stage, order, "collections", idempotent="c-2", code=code, collected_by="Bo Lee")
    assert taken.json()["status"]["phase"] == "delivered"
    assert ask(stage, order, "collections", idempotent="c-2", code=code, collected_by="Bo Lee").content == taken.content
    assert ask(stage, order, "restocks").json()["code"] == "PICKUP_NOT_READY"
    assert_clean(stage.database)


def test_a_new_code_makes_the_old_one_worthless(stage: Stage) -> None:
    order = packed(stage, "P-2")
    ask(stage, order, "pickup")
    old = code_sent(stage, order)
    assert ask(stage, order, "pickup-codes").status_code == 200
    new = code_sent(stage, order)
    if new != old:
        assert ask(stage, order, "collections", code=old).json()["code"] == "PICKUP_CODE_WRONG"
    assert ask(stage, order, "collections", code=new).status_code == 200


def test_a_key_of_another_location_hands_nothing_over(stage: Stage) -> None:
    order = packed(stage, "P-3")
    stage.make_key("lyon", "fulfillments:write", locations=["lyon"])
    for path in ("pickup", "collections", "pickup-codes", "restocks"):
        assert ask(stage, order, path, "lyon").status_code in (403, 404)


def test_what_is_left_at_the_counter_is_on_the_shelf_with_what_shows_the_hand_over(stage: Stage) -> None:
    order = packed(stage, "P-LEFT")
    ask(stage, order, "pickup")
    before = stage.call("GET", "/v1/stock?sku=TEE-M&location=paris").json()["items"][0]
    signature = {"title": "Signature", "url": "https://signed.example.com/1", "sha256": "ab" * 32}
    given = {"code": code_sent(stage, order), "left": [{"line": 1, "quantity": 1}], "proof": [signature]}
    taken = ask(stage, order, "collections", idempotent="left-1", **given)
    assert (taken.status_code, taken.json()["status"]["phase"]) == (200, "canceled")
    assert ask(stage, order, "collections", idempotent="left-1", **given).content == taken.content
    after = stage.call("GET", "/v1/stock?sku=TEE-M&location=paris").json()["items"][0]
    assert (after["sellable"] - before["sellable"], before["picked"] - after["picked"]) == (1, 1)
    assert signature["url"] in stage.call("GET", f"/v1/orders/{order}/events").text
    assert_clean(stage.database)
