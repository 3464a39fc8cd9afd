"""Contracts over HTTP: started from an order, skipped, paused, ended, listed."""

from datetime import UTC, datetime, timedelta
from typing import Any

from api.stage import Stage
from support.engines import assert_clean


def started(stage: Stage, contract: str) -> dict[str, Any]:
    """A contract that renews an order every two weeks, from in ten days on; what it was asked with."""
    starts_at = datetime.now(UTC) + timedelta(days=10)
    body = {"order": stage.place(contract)["id"], "every": 2, "unit": "week", "starts_at": starts_at.isoformat()}
    answer = stage.call("PUT", f"/v1/contracts/{contract}", json=body)
    assert answer.status_code == 200, answer.text
    return body


def test_a_contract_is_started_skipped_paused_and_ended(stage: Stage) -> None:
    body = started(stage, "tea-1")
    starts_at = datetime.fromisoformat(body["starts_at"])
    again = stage.call("PUT", "/v1/contracts/tea-1", json={**body, "every": 3})
    assert (again.status_code, again.json()["code"]) == (409, "CONTRACT_EXISTS")
    skipped = stage.call("POST", "/v1/contracts/tea-1/skips", json={}).json()
    assert datetime.fromisoformat(skipped["next_at"]) == starts_at + timedelta(weeks=2)
    paused = stage.call("POST", "/v1/contracts/tea-1/pauses", json={"reason": "on holiday"}).json()
    assert paused["state"] == "paused"
    listed = stage.call("GET", "/v1/contracts?state=paused").json()["items"]
    assert [each["id"] for each in listed] == ["tea-1"]
    ended = stage.call("POST", "/v1/contracts/tea-1/endings", json={"reason": "moved"}).json()
    assert ended["state"] == "ended"
    late = stage.call("POST", "/v1/contracts/tea-1/resumptions", json={})
    assert (late.status_code, late.json()["code"]) == (409, "CONTRACT_STATE")
    assert_clean(stage.database)
