"""A count over HTTP, and what keys of one location may do with it."""

from typing import Any

from api.stage import Stage


def ask(stage: Stage, path: str, body: dict[str, Any] | None = None, key: str = "admin", method: str = "POST") -> Any:
    return stage.call(method, f"/v1/counts/{path}", key, **({} if method == "GET" else {"json": body or {}}))


def test_a_count_goes_from_plan_to_ledger(stage: Stage) -> None:
    planned = ask(stage, "AISLE-1", {"location": "lyon", "lines": ["TEE-M"]}, method="PUT")
    assert planned.json()["state"] == "planned"
    ask(stage, "AISLE-1/opening")
    told = ask(stage, "AISLE-1/results", {"location": "lyon", "lines": [{"sku": "TEE-M", "quantity": 1}]})
    assert told.json()["state"] == "submitted"
    listed = stage.call("GET", "/v1/counts?state=submitted&location=lyon").json()
    assert [count["id"] for count in listed["items"]] == ["AISLE-1"]
    assert ask(stage, "AISLE-1/approval").json()["state"] == "posted"
    history = ask(stage, "AISLE-1/history", method="GET").json()["items"]
    assert [entry["command"] for entry in history] == ["plan_count", "open_count", "submit_count", "approve_count"]
    assert ask(stage, "NONE", method="GET").status_code == 404
    refused = ask(stage, "AISLE-1/voiding", {"reason": "late"})
    assert (refused.status_code, refused.json()["code"]) == (409, "COUNT_STATE")


def test_a_key_of_a_location_counts_there_alone(stage: Stage) -> None:
    stage.make_key("store", "stock:read", "stock:write", locations=["paris"])
    plan = {"lines": ["TEE-M"]}
    assert ask(stage, "OURS", plan | {"location": "paris"}, "store", "PUT").status_code == 200
    assert ask(stage, "THEIRS", plan | {"location": "lyon"}, "store", "PUT").status_code == 403
    assert ask(stage, "THEIRS", plan | {"location": "lyon"}, method="PUT").status_code == 200
    for path in ("opening", "approval"):
        assert ask(stage, f"THEIRS/{path}", key="store").status_code == 403
    assert ask(stage, "THEIRS", key="store", method="GET").status_code == 403
    listed = stage.call("GET", "/v1/counts", "store").json()["items"]
    assert [count["id"] for count in listed] == ["OURS"]


def test_what_should_be_counted_first_is_planned_as_any_count(stage: Stage) -> None:
    stage.make_key("store", "stock:read", "stock:write", locations=["paris"])
    received = {"sku": "TEE-L", "location": "paris", "quantity": 5, "reason": "received"}
    assert stage.call("POST", "/v1/stock/adjustments", json=received).status_code == 200
    found = stage.call("GET", "/v1/count-proposals?limit=5", "store").json()["items"]
    assert {each["location"] for each in found} == {"paris"}
    tee = next(each for each in found if each["sku"] == "TEE-L")
    assert "not counted in 90 days" in tee["reasons"]
    skus = [each["sku"] for each in found]
    assert ask(stage, "RISKY", {"location": "paris", "lines": skus}, "store", "PUT").json()["state"] == "planned"
    assert stage.call("GET", "/v1/count-proposals", "store").json()["items"] == []
