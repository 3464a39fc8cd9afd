"""What shipping costs, over HTTP and at the terminal: of a cart, and of an order beside what it was charged."""

from typing import Any

from api.stage import Stage
from core.test_shipping_fees import TEXT


def test_fees_are_quoted_and_compared_with_what_was_charged(stage: Stage) -> None:
    cart: dict[str, Any] = {
        "channel": "web",
        "currency": "EUR",
        "groups": [{"group": 1, "method": "standard", "country": "FR", "goods_minor": 4999}],
    }
    assert stage.call("POST", "/v1/shipping-fees", json=cart).json() == {
        "policy": "", "fees": [], "due_minor": 0, "charged_minor": 0, "difference_minor": 0,
    }  # fmt: skip
    assert stage.call("PUT", "/v1/policies/fees", json={"text": TEXT}).status_code in (200, 201)
    activated = stage.call("POST", "/v1/policies/fees/activations", json={"policy_version": 1})
    assert activated.status_code == 200, activated.text
    told = stage.call("POST", "/v1/shipping-fees", json=cart).json()
    assert (told["policy"], told["due_minor"], told["fees"][0]["row"]) == ("fees@1", 490, 2)
    cart["groups"].append(cart["groups"][0] | {"group": 2})
    assert stage.call("POST", "/v1/shipping-fees", json=cart).json()["due_minor"] == 0
    stage.make_key("till", "orders:read", channels=["shop"])
    assert stage.call("POST", "/v1/shipping-fees", "till", json=cart).status_code == 403

    placed = stage.place("fees-1", charges=[{"kind": "shipping", "amount_minor": 600}], total_minor=2600)
    found = stage.call("GET", f"/v1/orders/{placed['number']}/shipping-fees").json()
    assert (found["due_minor"], found["charged_minor"], found["difference_minor"]) == (490, 600, 110)
    assert stage.call("GET", "/v1/orders/SO-999999/shipping-fees").json()["code"] == "ORDER_UNKNOWN"
