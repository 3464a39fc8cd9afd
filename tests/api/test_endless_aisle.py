"""A store sells at its counter what only another location has."""

from typing import Any

from api.stage import ADDRESS, Stage
from orderline.core.decisions.asking import DecisionCause
from orderline.core.decisions.commands import DraftDecision
from orderline.core.orders.commands import (
    AcceptFulfillment,
    AllocateUnits,
    Allotment,
    PackUnits,
    ParcelInput,
    PickUnits,
    ShipParcels,
    TrackParcel,
)
from orderline.core.orders.state import LineQuantity
from orderline.core.stock.commands import AdjustStock, PutChannel, PutSkus
from orderline.core.stock.state import Channel, Sku
from orderline.store.working import read_orders
from orderline.values.ids import new_id
from support.engines import assert_clean, order_id_of


def test_what_the_store_has_is_claimed_there_and_the_rest_in_the_network(stage: Stage) -> None:
    stage.engine.run(PutChannel(channel=Channel("counter", "Paris counter", ("shops", "eu"))))
    stage.engine.run(PutSkus(skus=(Sku("AISLE", "Sold at a counter"),)))
    for location, quantity in (("paris", 1), ("lyon", 5)):
        stage.engine.run(AdjustStock(sku="AISLE", location=location, quantity=quantity, reason="received"))
    placed = stage.call(
        "POST",
        "/v1/orders",
        json={
            "channel": "counter", "external_id": "TILL-7", "currency": "EUR", "total_minor": 6000,
            "customer": {"name": "Ann Lee", "email": "ann@example.com"}, "groups": [{"address": ADDRESS}],
            "lines": [{"sku": "AISLE", "quantity": 3, "unit_price_minor": 2000}],
            "tenders": [{"provider": "till", "amount_minor": 6000, "method": "cash", "state": "captured"}],
        },
    )  # fmt: skip
    assert placed.status_code == 201, placed.text
    order = order_id_of(placed.content)
    claims = read_orders(stage.database, [order])[order].lines[0].claims
    assert [(share.pool, share.quantity) for share in claims] == [("shops", 1), ("eu", 2)]
    assert placed.json()["status"]["payment"] == "paid"
    assert_clean(stage.database)


def counter(stage: Stage, sku: str, **shelves: int) -> None:
    stage.engine.run(PutChannel(channel=Channel("counter", "Paris counter", ("shops", "eu"))))
    stage.engine.run(PutSkus(skus=(Sku(sku, "Sold at a counter"),)))
    for location, quantity in shelves.items():
        stage.engine.run(AdjustStock(sku=sku, location=location, quantity=quantity, reason="received"))


def sold(stage: Stage, name: str, sku: str, quantity: int, **about: Any) -> Any:
    """What a till tells of an order that was paid at it."""
    body = {
        "channel": "counter", "external_id": name, "currency": "EUR", "total_minor": 2000 * quantity,
        "customer": {"name": "Ann Lee", "email": "ann@example.com"}, "groups": [{"address": ADDRESS}],
        "lines": [{"sku": sku, "quantity": quantity, "unit_price_minor": 2000}],
        "tenders": [{"provider": "till", "amount_minor": 2000 * quantity, "method": "cash", "state": "captured"}],
    }  # fmt: skip
    return stage.call("POST", "/v1/orders", json=body | about)


def test_the_store_sends_what_was_paid_at_its_till_and_nobody_is_asked_for_money_again(stage: Stage) -> None:
    counter(stage, "SEND", paris=2)
    placed = sold(stage, "TILL-8", "SEND", 2)
    order = order_id_of(placed.content)
    items = (LineQuantity(1, 2),)
    for command in (
        AllocateUnits(order=order, group=1, allotments=(Allotment(1, "shops", "paris", 2),)),
        AcceptFulfillment(order=order, fulfillment=1),
        PickUnits(order=order, fulfillment=1, lines=items),
        PackUnits(order=order, fulfillment=1, parcels=(ParcelInput(items=items, tracking_number="1Z-8"),)),
        ShipParcels(order=order, fulfillment=1),
        TrackParcel(order=order, parcel=1, state="delivered"),
    ):
        stage.engine.run(command)
    found = read_orders(stage.database, [order])[order]
    assert (found.lines[0].units.delivered, found.tenders[0].requests) == (2, ())
    assert found.shipments[0].location == "paris"
    assert_clean(stage.database)


def test_what_was_sold_at_a_till_without_a_line_is_accepted_and_decided_about(stage: Stage) -> None:
    counter(stage, "LAST", paris=1)
    assert sold(stage, "TILL-9", "LAST", 1).status_code == 201
    assert sold(stage, "TILL-10", "LAST", 1).json()["code"] == "STOCK_NOT_AVAILABLE"
    taken = sold(stage, "TILL-10", "LAST", 1, sold=True)
    assert taken.status_code == 201, taken.text
    assert sold(stage, "TILL-10", "LAST", 1, sold=True).content == taken.content
    order = order_id_of(taken.content)
    [hold] = read_orders(stage.database, [order])[order].holds
    assert (hold.type, hold.line) == ("unfillable", 1)
    id_ = str(new_id())
    stage.engine.run(DraftDecision(decision=id_, order=order, cause=DecisionCause.UNFILLABLE))
    asked = stage.call("GET", f"/v1/decisions/{id_}").json()
    assert (asked["to"], asked["default"]) == ("customer", "cancel")
    answer = {"option": "cancel", "reason": "told on the phone"}
    assert stage.call("POST", f"/v1/decisions/{id_}/answer", json=answer).status_code == 200
    [request] = read_orders(stage.database, [order])[order].tenders[0].requests
    assert (request.kind, request.amount_minor) == ("refund", 2000)
    assert_clean(stage.database)
