"""Draft orders over HTTP: put, seen, offered with units kept, accepted by link, ordered once; and what the database says."""

from datetime import UTC, datetime, timedelta
from typing import Any

from api.stage import ADDRESS, Stage
from support.engines import assert_clean

DRAFT: dict[str, Any] = {
    "channel": "web",
    "currency": "EUR",
    "customer": "ann",
    "lines": [{"sku": "TEE-M", "quantity": 2, "unit_price_minor": 1800}],
    "charges": [{"kind": "shipping", "amount_minor": 490}],
    "groups": [{"place": {"country": "FR", "postal_code": "69001"}}],
}
WHO = {"customer": {"email": "ann@example.com"}, "groups": [{"address": ADDRESS}]}


def until(**later: float) -> str:
    return (datetime.now(UTC) + timedelta(**later)).isoformat()


def numbers(stage: Stage) -> list[str]:
    return [each["number"] for each in stage.call("GET", "/v1/orders").json()["items"]]


def test_an_order_on_the_phone_is_put_together_and_placed_once(stage: Stage) -> None:
    path = "/v1/draft-orders/PHONE-1"
    before = numbers(stage)
    put = stage.call("PUT", path, json=DRAFT)
    assert put.status_code == 200, put.text
    assert (put.json()["total_minor"], put.json()["state"]) == (4090, "open")
    seen = stage.call("GET", f"{path}/preview")
    assert seen.status_code == 200, seen.text
    assert seen.json()["money"]["agreed_minor"] == 4090
    assert numbers(stage) == before  # nothing is an order yet
    placed = stage.call("POST", f"{path}/orders", json=WHO | {"holds": [{"type": "manual"}]})
    assert placed.status_code == 201, placed.text
    order = stage.call("GET", f"/v1/orders/{placed.json()['id']}").json()["order"]
    assert (order["agreement"] if "agreement" in order else order["agreements"][-1])["total_minor"] == 4090
    assert [hold["type"] for hold in order["holds"]] == ["manual"]
    again = stage.call("POST", f"{path}/orders", json=WHO | {"external_id": "another"})
    assert (again.status_code, again.json()["code"]) == (409, "DRAFT_STATE")
    assert stage.call("GET", path).json()["order"] == order["number"]
    history = stage.call("GET", f"{path}/history").json()["items"]
    assert [each["command"] for each in history] == ["put_draft_order", "place_order"]
    assert "Ann" not in stage.call("GET", path).text
    assert_clean(stage.database)


def test_a_quote_is_accepted_by_its_link_at_its_prices(stage: Stage) -> None:
    path = "/v1/draft-orders/Q-1"
    assert stage.call("PUT", path, json=DRAFT).status_code == 200
    first = stage.call("POST", f"{path}/offers", json={"until": until(days=2), "keep_stock": True})
    assert first.status_code == 200, first.text
    offered = stage.call("POST", f"{path}/offers", json={"until": until(days=3), "keep_stock": True}).json()
    stale = stage.call("GET", first.json()["link"], key="")
    assert (stale.status_code, stale.json()["code"]) == (404, "DRAFT_UNKNOWN")
    told = stage.call("GET", offered["link"], key="").json()
    assert (told["state"], told["total_minor"], told["stock_kept"]) == ("offered", 4090, True)
    assert "note" not in told
    assert_clean(stage.database)
    elsewhere = {"accept": True, "groups": [{"address": ADDRESS | {"postal_code": "75001", "city": "Paris"}}]}
    refused = stage.call("POST", offered["link"], key="", json=elsewhere)
    assert refused.json()["code"] == "DRAFT_OF_OTHER_GOODS"
    answered = stage.call("POST", offered["link"], key="", json=WHO | {"accept": True})
    assert answered.status_code == 200, answered.text
    again = stage.call("POST", offered["link"], key="", json=WHO | {"accept": True})
    assert again.json() == answered.json()  # the same answer has no further effect
    assert answered.json()["state"] == "ordered"
    assert numbers(stage).count(answered.json()["order"]) == 1
    assert_clean(stage.database)


def test_a_quote_is_declined_and_what_is_no_link_is_unknown(stage: Stage) -> None:
    path = "/v1/draft-orders/Q-2"
    stage.call("PUT", path, json=DRAFT)
    link = stage.call("POST", f"{path}/offers", json={"until": until(days=2), "keep_stock": True}).json()["link"]
    declined = stage.call("POST", link, key="", json={"accept": False, "reason": "too dear"})
    assert (declined.status_code, declined.json()["state"]) == (200, "declined")
    late = stage.call("POST", link, key="", json=WHO | {"accept": True})
    assert (late.status_code, late.json()["code"]) == (409, "DRAFT_STATE")
    for token in ("x", link.rsplit("/", 1)[1][:-4] + "AAAA"):
        assert stage.call("GET", f"/v1/draft-orders/by-link/{token}", key="").status_code == 404
    assert_clean(stage.database)


def test_a_key_of_another_channel_sees_no_drafts(stage: Stage) -> None:
    stage.call("PUT", "/v1/draft-orders/Q-3", json=DRAFT)
    stage.make_key("other", "orders:read", "orders:write", channels=("shop",))
    assert stage.call("GET", "/v1/draft-orders/Q-3", key="other").status_code == 404
    assert not stage.call("GET", "/v1/draft-orders", key="other").json()["items"]
    assert stage.call("PUT", "/v1/draft-orders/Q-3", key="other", json=DRAFT).status_code == 403
