"""Tills over HTTP: batches in any order, each ticket once, on the stock that orders are served from."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.stage import Stage
from orderline.core.counts.commands import ApproveCount, CountedInput, OpenCount, PlanCount, SubmitCount
from orderline.core.orders.commands import (
    AcceptFulfillment,
    AllocateUnits,
    Allotment,
    PackUnits,
    ParcelInput,
    PickUnits,
    ReleaseHold,
)
from orderline.core.orders.state import LineQuantity
from orderline.core.pickups.commands import CollectParcels
from orderline.core.stock.commands import AdjustStock, PutSkus
from orderline.core.stock.state import Sku
from orderline.store.working import read_orders
from orderline.values.ids import OrderId
from support.engines import assert_clean, order_id_of


def sale(sequence: int, sku: str, quantity: int = 1, **more: Any) -> dict[str, Any]:
    lines = [{"kind": "sale", "sku": sku, "quantity": quantity}]
    return {"till": "T1", "sequence": sequence, "lines": lines} | more


def send(stage: Stage, *tickets: Any, key: str = "admin", location: str = "paris") -> Any:
    return stage.call("POST", f"/v1/locations/{location}/pos-batches", key, json={"tickets": tickets})


def effects(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [each.get("code") or each["effect"] for each in answer.json()["tickets"]]


@pytest.fixture
def sku(stage: Stage, request: pytest.FixtureRequest) -> str:
    code = f"POS-{abs(hash(request.node.name)) % 10**9}"
    stage.engine.run(PutSkus(skus=(Sku(code, "Sold in stores"),)))
    stage.engine.run(AdjustStock(sku=code, location="paris", quantity=10, reason="received"))
    return code


def shelf(stage: Stage, sku: str) -> tuple[int, ...]:
    return stage.database.rows(
        "SELECT sellable, damaged, quality_control FROM stock"
        " WHERE cell = %(cell)s AND sku = %(sku)s AND location = 'paris'",
        {"sku": sku},
    )[0]


def ordered(stage: Stage, sku: str, quantity: int) -> OrderId:
    placed = stage.call(
        "POST",
        "/v1/orders",
        json={
            "channel": "web", "external_id": sku, "currency": "EUR", "total_minor": 2000 * quantity,
            "customer": {"name": "Ann Lee", "email": "ann@example.com"}, "groups": [{"pickup_location": "paris"}],
            "lines": [{"sku": sku, "quantity": quantity, "unit_price_minor": 2000}],
        },
    )  # fmt: skip
    order = order_id_of(placed.content)
    stage.engine.run(AllocateUnits(order=order, group=1, allotments=(Allotment(1, "shops", "paris", quantity),)))
    return order


def test_tickets_come_in_any_order_and_have_one_effect(stage: Stage, sku: str) -> None:
    first, second, third = (sale(900 + n, sku, n) for n in (1, 2, 3))
    assert effects(send(stage, third, first)) == ["taken", "taken"]
    assert effects(send(stage, first, second, third, second)) == ["known", "taken", "known", "known"]
    assert shelf(stage, sku)[0] == 10 - 6
    differs = sale(901, sku, 5)
    unknown, broken = sale(950, "NO-SUCH"), sale(951, sku) | {"lines": []}
    assert effects(send(stage, differs, unknown, broken, {"till": 1})) == [
        "TICKET_DIFFERS", "SKU_UNKNOWN", "TICKET_LINES", "INPUT_INVALID"
    ]  # fmt: skip
    assert shelf(stage, sku)[0] == 4
    told = stage.call("GET", "/v1/tickets/paris:T1:901").json()
    assert (told["till"], told["lines"][0]["quantity"]) == ("T1", 1)
    assert_clean(stage.database)


def test_an_exchange_is_one_ticket_and_damaged_goods_are_not_sold_again(stage: Stage, sku: str) -> None:
    exchange = {
        "till": "T2", "sequence": 1,
        "lines": [
            {"kind": "return", "sku": sku, "quantity": 1, "condition": "damaged"},
            {"kind": "return", "sku": sku, "quantity": 1, "condition": "to_inspect"},
            {"kind": "sale", "sku": sku, "quantity": 1},
        ],
    }  # fmt: skip
    assert effects(send(stage, exchange)) == ["taken"]
    assert shelf(stage, sku) == (9, 1, 1)
    half = exchange | {"sequence": 2, "lines": [*exchange["lines"], {"kind": "sale", "sku": "NO-SUCH", "quantity": 1}]}
    assert effects(send(stage, half)) == ["SKU_UNKNOWN"]
    assert shelf(stage, sku) == (9, 1, 1)


def test_units_that_were_promised_are_sold_at_the_till_and_routed_elsewhere(stage: Stage, sku: str) -> None:
    order = ordered(stage, sku, 8)
    assert effects(send(stage, sale(960, sku, 5))) == ["taken"]
    row = stage.database.rows("SELECT quantity FROM oversold WHERE cell = %(cell)s AND sku = %(sku)s", {"sku": sku})
    assert row == [(3,)]
    jobs = stage.database.rows("SELECT body FROM outbox WHERE cell = %(cell)s AND kind = 'relieve'")
    assert any(sku in body for (body,) in jobs)
    assert read_orders(stage.database, [order])[order].lines[0].units.allocated == 8
    assert_clean(stage.database)


def test_a_sale_from_before_a_count_does_not_lower_the_shelf_twice(stage: Stage, sku: str) -> None:
    sold_at = datetime.now(UTC) - timedelta(hours=1)
    count = f"C-{sku}"
    stage.engine.run(PlanCount(count=count, location="paris", lines=(sku,)))
    stage.engine.run(OpenCount(count=count))
    stage.engine.run(SubmitCount(count=count, location="paris", lines=(CountedInput(sku, 7),)))
    stage.engine.run(ApproveCount(count=count))
    late = [sale(970 + n, sku, 2, occurred_at=sold_at.isoformat()) for n in range(2)]
    assert effects(send(stage, *late)) == ["taken", "taken"]
    # Three of the four units had been missed by the count; the fourth has left since.
    assert shelf(stage, sku)[0] == 6
    assert effects(send(stage, sale(980, sku, 1, occurred_at=sold_at.isoformat()))) == ["taken"]
    assert shelf(stage, sku)[0] == 5
    assert_clean(stage.database)


def test_what_was_ordered_comes_back_at_a_counter_and_leaves_the_money_to_a_person(stage: Stage, sku: str) -> None:
    order = ordered(stage, sku, 2)
    items = (LineQuantity(1, 2),)
    for command in (
        AcceptFulfillment(order=order, fulfillment=1),
        PickUnits(order=order, fulfillment=1, lines=items),
        PackUnits(order=order, fulfillment=1, parcels=(ParcelInput(items=items),)),
        CollectParcels(order=order, fulfillment=1),
    ):
        stage.engine.run(command)
    number = read_orders(stage.database, [order])[order].number

    def back(sequence: int, quantity: int, **changes: Any) -> dict[str, Any]:
        line = {"kind": "return", "sku": sku, "quantity": quantity, "order": number, "line": 1} | changes
        return {"till": "T1", "sequence": sequence, "lines": [line]}

    assert effects(send(stage, back(990, 1), back(990, 1))) == ["taken", "known"]
    refused = send(stage, back(991, 2), back(992, 1, line=7), back(993, 1, order="SO-NONE"))
    assert effects(refused) == ["RETURN_NOT_DELIVERED", "LINE_UNKNOWN", "ORDER_UNKNOWN"]
    found = read_orders(stage.database, [order])[order]
    assert (found.lines[0].units.delivered, found.lines[0].units.returned) == (1, 1)
    assert shelf(stage, sku)[0] == 9
    shown = stage.call("GET", f"/v1/orders/{order}").json()
    assert shown["next_step"]["owner"] == "finance"
    assert found.holds[0].type == "returned_in_store"
    stage.engine.run(ReleaseHold(order=order, hold=1, reason="given back at the till"))
    assert read_orders(stage.database, [order])[order].holds == ()
    assert_clean(stage.database)


def test_a_key_of_one_store_tells_for_that_store_alone(stage: Stage, sku: str) -> None:
    stage.make_key("paris tills", "stock:write", "stock:read", locations=["paris"])
    assert effects(send(stage, sale(1, sku), key="paris tills")) == ["taken"]
    assert send(stage, sale(1, sku), key="paris tills", location="lyon").status_code == 403
    assert stage.call("GET", "/v1/tickets/paris:T1:1", "paris tills").status_code == 200
