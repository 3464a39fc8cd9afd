"""A person sends units of an order to the store where they are collected."""

from typing import Any

from api.stage import ADDRESS, Stage
from orderline.core.stock.commands import AdjustStock
from support.engines import assert_clean


def test_units_that_wait_are_sent_to_the_store_by_hand(stage: Stage) -> None:
    lines = [{"sku": "TEE-L", "quantity": 2, "unit_price_minor": 2000}]
    placed = stage.place("BY-HAND", 2, lines=lines, groups=[{"pickup_location": "paris"}])
    stage.engine.run(AdjustStock(sku="TEE-L", location="lyon", quantity=5, reason="received"))
    path = f"/v1/orders/{placed['id']}/store-transfers"
    body: dict[str, Any] = {
        "transfer": "HAND-1", "source": "lyon", "lines": [{"line": 1, "quantity": 2}], "due_at": "2027-01-10T08:00:00Z",
    }  # fmt: skip
    cases: list[tuple[dict[str, Any], int, str]] = [
        ({"lines": [{"line": 1, "quantity": 3}]}, 409, "ROUTE_LOST_RACE"),
        ({"lines": [{"line": 1, "quantity": 1, "pool": "eu"}]}, 409, "ROUTE_LOST_RACE"),
        ({"lines": [{"line": 7, "quantity": 1}]}, 422, "LINE_UNKNOWN"),
        ({"source": "lille"}, 409, "TRANSFER_NOT_COVERED"),
        ({"source": "nowhere"}, 422, "LOCATION_UNKNOWN"),
    ]
    for fields, status, code in cases:
        refused = stage.call("POST", path, json=body | fields)
        assert (refused.status_code, refused.json()["code"]) == (status, code)
    answer = stage.call("POST", path, json=body, headers={"Idempotency-Key": "hand-1"})
    assert answer.status_code == 200, answer.text
    transfer = answer.json()
    assert (transfer["state"], transfer["order"], transfer["number"]) == ("approved", placed["id"], placed["number"])
    order = stage.call("GET", f"/v1/orders/{placed['id']}").json()["order"]
    assert order["lines"][0]["units"] == {"pegged": 2}
    again = stage.call("POST", path, json=body, headers={"Idempotency-Key": "hand-1"})
    assert again.content == answer.content
    sent = stage.place("SENT", 1, groups=[{"address": ADDRESS}])
    refused = stage.call("POST", f"/v1/orders/{sent['id']}/store-transfers", json=body | {"transfer": "HAND-2"})
    assert refused.json()["code"] == "NOT_PICKED_UP_HERE"
    assert_clean(stage.database)


def test_a_store_is_supplied_from_pools_that_there_are(stage: Stage) -> None:
    location = stage.call("GET", "/v1/locations/paris").json()
    location = location.get("location", location)
    for pools, code in ((["nowhere"], "POOL_UNKNOWN"), (["shops"], "POOL_UNKNOWN"), (["eu", "eu"], "POOL_UNKNOWN")):
        body = {key: location[key] for key in ("name", "kind", "pool", "place")} | {"supplied_from": pools}
        refused = stage.call("PUT", "/v1/locations/paris", json=body)
        assert refused.json()["code"] == code
