"""The day by the hour: what came, what left, what went out of the ordinary, for whom it is."""

from datetime import UTC, datetime, timedelta
from typing import Any

from api.stage import Stage


def day(stage: Stage, key: str = "admin", **query: Any) -> dict[str, int]:
    """How often each thing has happened on a day."""
    answer = stage.call("GET", "/v1/reports/hours", key, params=query)
    assert answer.status_code == 200, answer.text
    items = answer.json()["items"]
    assert all(len(each["hours"]) == len(each["before"]) == 24 for each in items)
    return {each["what"]: sum(each["hours"]) for each in items}


def test_orders_shipments_and_exceptions_are_counted_by_the_hour(stage: Stage) -> None:
    stage.make_key("of web", "orders:read", channels=("web",))
    stage.make_key("of shop", "orders:read", channels=("shop",))
    stage.make_key("of lyon", "orders:read", locations=("lyon",))
    before, elsewhere = day(stage, "of web"), day(stage, "of shop")
    number = stage.place("hour-1")["number"]
    stage.place("hour-2", is_test=True)
    assert stage.call("POST", f"/v1/orders/{number}/holds", json={"type": "manual"}).status_code == 200
    sent = stage.place("hour-3")
    stage.allocate(sent["id"])
    path = f"/v1/orders/{sent['id']}/fulfillments/1"
    items = [{"line": 1, "quantity": 1}]
    assert stage.call("POST", f"{path}/acceptances").status_code == 200
    assert stage.call("POST", f"{path}/picks", json={"lines": items}).status_code == 200
    assert stage.call("POST", f"{path}/packings", json={"parcels": [{"items": items}]}).status_code == 200
    assert stage.call("POST", f"{path}/shipments", json={}).status_code == 200
    now = day(stage, "of web")
    assert {what: now[what] - before[what] for what in now} == {"orders": 2, "shipments": 1, "exceptions": 1}
    assert day(stage, "of shop") == elsewhere
    assert day(stage, "of lyon") == {}
    today = datetime.now(UTC).date()
    week = (today + timedelta(days=7)).isoformat()
    later = stage.call("GET", "/v1/reports/hours", "of web", params={"day": week}).json()["items"]
    assert {each["what"]: sum(each["before"]) for each in later} == now
    assert sum(day(stage, day="2001-01-01").values()) == 0
    assert stage.call("GET", "/v1/reports/hours", params={"day": "never"}).status_code == 422
