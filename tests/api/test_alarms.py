"""Alarms over HTTP: orders that nothing will move, with their events, and the figure for Prometheus."""

import re
from uuid import UUID

from api.stage import Stage
from orderline.core.alarms.commands import ClearAlarm, RaiseAlarm
from orderline.values.ids import OrderId


def listed(stage: Stage, key: str = "orders:read") -> list[str]:
    answer = stage.call("GET", "/v1/alarms", key)
    assert answer.status_code == 200, answer.text
    return [each["number"] for each in answer.json()["items"]]


def gauge(stage: Stage) -> float:
    found = re.search(r"^orderline_alarms (.*)$", stage.call("GET", "/metrics").text, re.MULTILINE)
    assert found
    return float(found[1])


def test_alarms_are_listed_counted_and_told(stage: Stage) -> None:
    placed = stage.place("alarm-1")
    stage.make_key("shop alarms", "orders:read", channels=("shop",))
    stage.make_key("paris alarms", "orders:read", locations=("paris",))
    order = OrderId(UUID(placed["id"]))
    stage.engine.run(RaiseAlarm(order=order, step="route"))
    assert listed(stage) == [placed["number"]]
    assert listed(stage, "shop alarms") == listed(stage, "paris alarms") == []
    assert gauge(stage) == 1
    assert stage.call("GET", f"/v1/orders/{placed['id']}").json()["order"]["alarm"]["step"] == "route"
    stage.engine.run(ClearAlarm(order=order))
    assert (listed(stage), gauge(stage)) == ([], 0)
    events = stage.call("GET", f"/v1/orders/{placed['id']}/events").json()["items"]
    names = [each["data"]["event"]["event"] for each in events]
    assert names[-2:] == ["alarm_raised", "alarm_cleared"]
