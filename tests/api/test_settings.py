"""The merchant's settings over HTTP: what is put is answered as it stands now, and read again the same."""

from typing import Any

import pytest

from api.stage import Stage, order

SETTINGS: list[tuple[str, dict[str, Any]]] = [
    ("/v1/pools/spare", {"name": "Spare"}),
    ("/v1/locations/spare", {"name": "Spare", "kind": "warehouse", "pool": "eu", "place": {"country": "FR"}}),
    ("/v1/channels/spare", {"name": "Spare", "pools": ["eu"], "currencies": ["EUR"]}),
]


@pytest.mark.parametrize(("path", "body"), SETTINGS, ids=[path for path, _ in SETTINGS])
def test_what_is_put_is_answered_as_it_stands(stage: Stage, path: str, body: dict[str, Any]) -> None:
    headers = {"idempotency-key": path}
    answer = stage.call("PUT", path, json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["code"] == "spare"
    assert answer.json() == stage.call("GET", path).json()
    again = stage.call("PUT", path, json=body, headers=headers)
    assert (again.content, again.headers["idempotency-replayed"]) == (answer.content, "true")


def test_skus_that_are_put_are_answered(stage: Stage) -> None:
    answer = stage.call("PUT", "/v1/skus", json={"skus": [{"code": "SPARE", "description": "Spare"}]})
    assert answer.json() == {"skus": [stage.call("GET", "/v1/skus/SPARE").json()]}


def test_what_is_excluded_from_a_channel_is_promised_to_nobody_there(stage: Stage) -> None:
    excluded = {"owner": "buying", "channels": ["web"], "reason": "recall"}
    body = {"skus": [{"code": "GONE", "exclusions": [excluded]}]}
    assert stage.call("PUT", "/v1/skus", json=body).status_code == 200
    adjusted = {"sku": "GONE", "location": "paris", "quantity": 3, "reason": "received"}
    assert stage.call("POST", "/v1/stock/adjustments", json=adjusted).status_code == 200

    def figure(channel: str) -> tuple[int, str]:
        answer = stage.call("GET", f"/v1/atp?channel={channel}&sku=GONE")
        assert answer.status_code == 200, answer.text
        [item] = answer.json()["items"]
        return item["atp"], item.get("reason", "")

    assert figure("shop") == (3, "")
    assert figure("web") == (0, "not sold on this channel, by buying: recall")
    told = stage.call("GET", "/v1/stock/GONE/atp?channel=web").json()
    assert (told["atp"], told["reason"]) == (0, "not sold on this channel, by buying: recall")
    lines = [{"sku": "GONE", "quantity": 1, "unit_price_minor": 2000}]
    answer = stage.call("POST", "/v1/orders", json=order("excluded-1", lines=lines))
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (
        409, "SKU_NOT_SOLD_HERE", "lines[0].sku",
    )  # fmt: skip
