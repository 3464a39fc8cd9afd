"""Rules about who may take from whom over HTTP; what a preview proposes can be sent as it is."""

from datetime import UTC, datetime, timedelta
from typing import Any

from api.stage import Stage


def previewed(stage: Stage) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """An order that could give two units, one that lacks three, and what a preview says of it."""
    rules = {
        "classes": [{"id": "vip", "tags": ["vip"]}],
        "takings": [{"taker": "vip", "givers": ["others"], "most_units": 2}],
    }
    assert stage.call("PUT", "/v1/priority-rule-sets/default", json=rules).status_code == 200
    received = {"sku": "TEE-L", "location": "lyon", "quantity": 5, "reason": "received"}
    stage.call("POST", "/v1/stock/adjustments", json=received)
    due = (datetime.now(UTC) + timedelta(days=4)).isoformat()
    bought = {
        "location": "lyon",
        "lines": [{"sku": "TEE-L", "quantity": 9, "due_at": due, "confidence_ppm": 1_000_000}],
    }
    assert stage.call("PUT", "/v1/purchase-orders/PO-1", json=bought).status_code == 200
    stage.call("POST", "/v1/purchase-orders/PO-1/sending", json={})
    plain = _placed(stage, "A-1", 5)
    vip = _placed(stage, "A-2", 3, tags=["vip"])
    asked = {"order": vip["number"], "line": 1, "quantity": 3}
    return plain, vip, stage.call("POST", "/v1/reallocations/preview", json=asked).json()


def test_what_is_previewed_can_be_carried_out_and_is_told_to_both_sides(stage: Stage) -> None:
    plain, vip, seen = previewed(stage)
    asked = {"order": vip["number"], "line": 1, "quantity": 3}
    bad = {"classes": [{"id": "vip", "tags": ["vip"]}], "takings": [{"taker": "vip", "givers": ["nobody"]}]}
    refused = stage.call("PUT", "/v1/priority-rule-sets/default", json=bad).json()
    assert (refused["code"], refused["field"]) == ("RULE_NOT_ACCEPTABLE", "takings[0].givers")
    assert (seen["short"], [(each["order"], each["quantity"]) for each in seen["takes"]]) == (1, [(plain["id"], 2)])
    [giver] = seen["reallocation"]["givers"]
    assert (giver["number"], giver["of"]) == (plain["number"], "others")
    stage.make_key("desk", "stock:write")
    proposed = stage.call("PUT", "/v1/reallocations/P-1/proposal", json=taking(seen, vip)).json()
    assert (proposed["state"], proposed["givers"]) == ("proposed", seen["reallocation"]["givers"])
    own = stage.call("POST", "/v1/reallocations/P-1/approval", json={})
    assert (own.status_code, own.json()["code"]) == (409, "APPROVER_PROPOSED")
    off = stage.call("POST", "/v1/reallocations/P-1/withdrawal", "desk", json={"reason": "not now"}).json()
    assert (off["state"], off["by"]) == ("withdrawn", "desk")
    done = stage.call("PUT", "/v1/reallocations/R-1", json=taking(seen, vip)).json()
    assert (done["state"], done["quantity"], done["givers"][0]["supplies"]) == ("applied", 2, giver["supplies"])
    none = stage.call("POST", "/v1/reallocations/preview", json=asked | {"quantity": -3}).json()
    assert (none["code"], none["field"]) == ("QUANTITY_NOT_POSITIVE", "quantity")
    refused = stage.call("POST", "/v1/reallocations/R-1/approval", json={}).json()
    assert refused["code"] == "REALLOCATION_STATE"
    again = stage.call("POST", "/v1/reallocations/preview", json=asked).json()
    assert (again["takes"], again["short"], "reallocation" in again and again["reallocation"]) == ([], 3, None)
    [listed] = stage.call("GET", "/v1/reallocations?state=applied").json()["items"]
    assert listed["id"] == "R-1"
    assert stage.call("GET", "/v1/reallocations/NONE").status_code == 404
    for side in (plain, vip):
        told = stage.call("GET", f"/v1/orders/{side['id']}/events").text
        assert "reallocation R-1" in told


def test_keys_that_do_not_see_all_orders_take_from_nobody(stage: Stage) -> None:
    stage.make_key("shop", "orders:read", "stock:write", channels=["web"])
    asked: dict[str, Any] = {"order": "SO-1", "line": 1, "quantity": 1}
    assert stage.call("POST", "/v1/reallocations/preview", "shop", json=asked).json()["code"] == "CHANNEL_NOT_YOURS"
    taken = {"order": "SO-1", "line": 1, "sku": "TEE-L", "takes": []}
    assert stage.call("PUT", "/v1/reallocations/R-1", "shop", json=taken).json()["code"] == "CHANNEL_NOT_YOURS"


def taking(seen: dict[str, Any], vip: dict[str, Any]) -> dict[str, Any]:
    """What carries out, or proposes, what was seen."""
    return {"order": vip["id"], "line": 1, "sku": seen["sku"], "takes": seen["takes"], "reason": "a wedding"}


def _placed(stage: Stage, external_id: str, units: int, **about: Any) -> dict[str, Any]:
    lines = [{"sku": "TEE-L", "quantity": units, "unit_price_minor": 500}]
    return stage.place(external_id, lines=lines, total_minor=500 * units, **about)
