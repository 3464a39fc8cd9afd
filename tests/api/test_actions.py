"""Commands on an order over HTTP: the whole way to the customer's door, by the same operations that partners use."""

from typing import Any

import msgspec

from api.stage import Stage, order
from orderline.core.orders.commands import AnswerPayment
from orderline.core.stock.commands import AdjustStock


def act(stage: Stage, path: str, body: Any = None, method: str = "POST") -> dict[str, Any]:
    answer = stage.call(method, path, **({} if body is None else {"json": body}))
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_an_order_goes_all_the_way(stage: Stage) -> None:
    placed = stage.place("way", 3)
    order_id, at = placed["id"], f"/v1/orders/{placed['number']}/fulfillments/1"
    stage.allocate(order_id, 3)
    act(stage, f"{at}/acceptances")
    picked = [{"line": 1, "quantity": 3}]
    act(stage, f"{at}/picks", {"lines": picked})
    act(stage, f"{at}/packings", {"parcels": [{"items": picked, "weight_g": 400}]})
    parcel = f"/v1/orders/{order_id}/parcels/1"
    act(stage, f"{parcel}/labels", {"carrier": "colissimo", "tracking_number": "CO-1"})
    assert act(stage, f"{at}/shipments")["status"]["phase"] == "shipped"
    act(stage, f"{parcel}/tracking", {"state": "in_transit"})
    assert act(stage, f"{parcel}/tracking", {"state": "delivered"})["status"]["phase"] == "delivered"
    assert act(stage, f"/v1/orders/{order_id}/closings")["status"]["phase"] == "closed"


def test_a_location_can_reject_and_work_can_be_taken_back(stage: Stage) -> None:
    placed = stage.place("back", 2)
    stage.allocate(placed["id"], 2)
    at = f"/v1/orders/{placed['id']}/fulfillments"
    rejected = act(stage, f"{at}/1/rejections", {"reason": "no staff", "lines": [{"line": 1, "quantity": 2}]})
    assert rejected["status"]["phase"] == "routing"
    order_now = stage.call("GET", f"/v1/orders/{placed['id']}").json()["order"]
    assert [share["pool"] for share in order_now["lines"][0]["claims"]] == ["shops"]
    act(stage, f"/v1/orders/{placed['id']}/cancellations", {"reason": "what the store has is for others"})
    other = stage.place("back-2", 1)
    stage.allocate(other["id"], 1)
    assert act(stage, f"/v1/orders/{other['id']}/fulfillments/1/withdrawals")["status"]["phase"] == "routing"


def test_work_is_moved_to_a_named_location_or_stays(stage: Stage) -> None:
    placed = stage.place("move-1", 1)
    stage.allocate(placed["id"])
    stage.engine.run(AdjustStock(sku="TEE-M", location="lille", quantity=5, reason="received"))
    path = f"/v1/orders/{placed['id']}/fulfillments/1/withdrawals"
    refused = [stage.call("POST", path, json={"to": to}).json()["code"] for to in ("nowhere", "paris")]
    assert refused[0] == "LOCATION_UNKNOWN"
    order_now = stage.call("GET", f"/v1/orders/{placed['id']}").json()["order"]
    assert (len(order_now["fulfillments"]), order_now["lines"][0]["units"]) == (1, {"allocated": 1}), refused
    seen = stage.call(
        "POST", "/v1/previews", json={"command": "pull_back", "order": placed["id"], "fulfillment": 1, "to": "lille"}
    )
    assert (seen.json()["difference"]["taken_away"], seen.json()["difference"]["opened"]) == ([1], [2])
    act(stage, path, {"to": "lille", "reason": "closer"})
    order_now = stage.call("GET", f"/v1/orders/{placed['id']}").json()["order"]
    assert [(each["location"], each["negotiation"]) for each in order_now["fulfillments"][:1]] == [
        ("lyon", "withdrawn")
    ]
    assert order_now["fulfillments"][1]["location"] == "lille"
    assert order_now["lines"][0]["units"] == {"allocated": 1}


def test_a_hold_stops_an_order_until_it_is_lifted(stage: Stage) -> None:
    placed = stage.place("hold")
    path = f"/v1/orders/{placed['id']}"
    held = act(stage, f"{path}/holds", {"type": "manual", "blocks": ["cancel"], "reason": "wait"})
    assert held["status"]["phase"] == "held"
    answer = stage.call("POST", f"{path}/cancellations", json={"reason": "x"})
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "BLOCKED_BY_HOLD")
    assert problem["facts"]["unblock"] == "operations"
    assert act(stage, f"{path}/holds/1?reason=done&expected_version={held['version']}", method="DELETE")
    assert act(stage, f"{path}/cancellations", {"reason": "x"})["status"]["phase"] == "canceled"


def test_people_keep_tags_notes_and_links_on_an_order(stage: Stage) -> None:
    first, second = stage.place("keep-1"), stage.place("keep-2")
    act(stage, f"/v1/orders/{first['id']}", {"tags": ["vip"], "priority": 5, "custom": {"a": 1}}, "PATCH")
    act(stage, f"/v1/orders/{first['number']}/notes", {"text": "called"})
    act(stage, f"/v1/orders/{first['id']}/links", {"type": "replacement", "target": second["number"], "quantity": 1})


def test_units_on_backorder_are_reserved_when_stock_has_come(stage: Stage) -> None:
    changes: dict[str, Any] = {"lines": [{"sku": "TEE-L", "quantity": 2, "unit_price_minor": 1000}]}
    placed = stage.place("wait", **changes)
    assert placed["status"]["phase"] == "waiting_supply"
    came = {"sku": "TEE-L", "location": "lyon", "quantity": 2, "reason": "found"}
    assert stage.call("POST", "/v1/stock/adjustments", json=came).status_code == 200
    assert act(stage, f"/v1/orders/{placed['id']}/reservations")["status"]["phase"] == "routing"


def test_a_cart_keeps_units_until_its_order_is_placed(stage: Stage) -> None:
    cart = "01890a5d-ac96-774b-bcce-b302099a8000"
    held = act(stage, f"/v1/carts/{cart}", {"channel": "shop", "lines": [{"sku": "TEE-M", "quantity": 4}]}, "PUT")
    assert held["result"]["lines"] == [{"sku": "TEE-M", "pool": "shops", "quantity": 4}]
    refused = stage.call("POST", "/v1/orders", json=order("no-cart", 5, channel="shop"))
    assert refused.json()["code"] == "STOCK_NOT_AVAILABLE"
    assert stage.call("POST", "/v1/orders", json=order("cart", 5, channel="shop", cart_hold=cart)).status_code == 201
    assert stage.call("DELETE", f"/v1/carts/{cart}").status_code == 404


def test_settings_are_put_and_put_again(stage: Stage) -> None:
    place = {"country": "DE", "city": "Berlin"}
    act(stage, "/v1/pools/de", {"name": "Germany"}, "PUT")
    location = {"name": "Berlin", "kind": "warehouse", "pool": "de", "place": place, "time_zone": "Europe/Berlin"}
    act(stage, "/v1/locations/berlin", location, "PUT")
    act(stage, "/v1/locations/berlin", location | {"name": "Berlin Mitte"}, "PUT")
    act(stage, "/v1/channels/de", {"name": "Germany", "pools": ["de"], "currencies": ["EUR"]}, "PUT")
    act(stage, "/v1/skus", {"skus": [{"code": "A/B C", "description": "with a slash"}]}, "PUT")
    act(stage, "/v1/stock/A%2FB%20C/berlin/safety", {"safety": 1}, "PUT")
    act(stage, "/v1/stock/A%2FB%20C/pools/de/threshold", {"threshold": 2}, "PUT")


def test_a_declined_payment_is_retried_or_replaced(stage: Stage) -> None:
    tenders = [{"provider": "sandbox_payments", "amount_minor": 2000, "token": "tok"}]
    placed = stage.place("pay-again", tenders=tenders)
    at = f"/v1/orders/{placed['id']}"
    request = stage.call("GET", at).json()["order"]["tenders"][0]["requests"][0]
    no = {"tender": 1, "key": request["key"], "kind": "authorize", "amount_minor": 2000, "declined": "no_funds"}
    stage.engine.run(msgspec.convert({"order": placed["id"], **no}, AnswerPayment))
    retried = act(stage, f"{at}/tenders/1/retries")
    assert retried["next_step"]["what"] == "authorize_payment"
    busy = stage.call("POST", f"{at}/tenders/1/retries", json={})
    assert (busy.status_code, busy.json()["code"]) == (409, "PAYMENT_UNDER_WAY")
    other = {"tender": {"provider": "sandbox_payments", "amount_minor": 1, "state": "captured"}}
    most = stage.call("POST", f"{at}/tenders", json=other)
    assert (most.status_code, most.json()["code"]) == (422, "TENDERS_EXCEED_TOTAL")
    assert stage.call("POST", f"{at}/tenders/7/retries", json={}).json()["code"] == "TENDER_UNKNOWN"
