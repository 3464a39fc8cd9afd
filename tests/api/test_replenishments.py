"""Rules, proposals, cover and tasks over HTTP, and what keys of one location see of them."""

from datetime import UTC, datetime
from typing import Any

from api.stage import Stage
from orderline.core.stock.commands import AdjustStock
from orderline.core.tasks.commands import RaiseTask
from orderline.core.tasks.state import TaskKind

RULES = {"rules": [{"id": "all", "skus": ["TEE-L"], "transfer_from": ["lyon"], "vendor": "Weavers"}]}


def sold(stage: Stage) -> None:
    for location, there, gone in (("lyon", 20, 0), ("paris", 30, 28)):
        for reason, units in (("received", there), ("sold_in_store", gone)):
            if units:
                stage.engine.run(AdjustStock(sku="TEE-L", location=location, quantity=units, reason=reason))


def test_proposals_are_listed_and_planned_as_drafts(stage: Stage) -> None:
    sold(stage)
    assert stage.call("GET", "/v1/replenishments").json()["items"] == []
    assert stage.call("PUT", "/v1/replenish-rule-sets/default", json=RULES).status_code == 200
    bad = {"rules": [{"id": "all", "cover_days": 0}]}
    refused = stage.call("PUT", "/v1/replenish-rule-sets/default", json=bad).json()
    assert (refused["code"], refused["field"]) == ("RULE_NOT_ACCEPTABLE", "rules[0].cover_days")
    [found] = stage.call("GET", "/v1/replenishments").json()["items"]
    # two are there; seven are sold in the lead time, and fourteen after it
    assert [(e["kind"], e["location"], e["source"], e["quantity"]) for e in found["proposals"]] == [
        ("transfer", "paris", "lyon", 19)
    ]
    lines = [{n: e[n] for n in ("sku", "location", "quantity", "due_at", "source")} for e in found["proposals"]]
    planned = stage.call("POST", "/v1/replenishments", json={"name": "RPL", "lines": lines}).json()["planned"]
    assert planned == [{"kind": "transfer", "id": "RPL-1"}]
    assert stage.call("GET", "/v1/replenishments").json()["items"] == []


def test_what_a_key_of_one_location_sees(stage: Stage) -> None:
    sold(stage)
    stage.make_key("store", "stock:read", "stock:write", locations=["paris"])
    cover = stage.call("GET", "/v1/cover?below_days=5", "store").json()["items"]
    assert [(each["sku"], [row["location"] for row in each["cover"]]) for each in cover] == [("TEE-L", ["paris"])]
    line: dict[str, Any] = {"sku": "TEE-L", "location": "paris", "quantity": 1, "due_at": datetime.now(UTC).isoformat()}
    away = line | {"source": "lyon"}
    refused = stage.call("POST", "/v1/replenishments", "store", json={"name": "R", "lines": [away]}).json()
    assert refused["code"] == "LOCATION_NOT_YOURS"
    planned = stage.call("POST", "/v1/replenishments", "store", json={"name": "R", "lines": [line]}).json()["planned"]
    assert [(each["kind"], each["id"]) for each in planned] == [("purchase_order", "R-1")]
    again = stage.call("POST", "/v1/replenishments", json={"name": "R", "lines": [line, away]}).json()["planned"]
    assert [each.get("problem", {}).get("code") for each in again] == ["PURCHASE_EXISTS", None]
    assert stage.call("GET", "/v1/transfers/R-2").json()["state"] == "draft"


def test_cover_of_a_channel_and_tasks(stage: Stage) -> None:
    stage.place("A-1", 3)
    assert stage.call("GET", "/v1/cover?channel=web&below_days=0").json()["code"] == "INPUT_INVALID"
    found = {each["sku"]: each["cover"] for each in stage.call("GET", "/v1/cover?channel=web").json()["items"]}
    assert [(each["channel"], each["sold"]) for each in found["TEE-M"]] == [("web", 3)]
    stage.engine.run(RaiseTask(task="low_cover:TEE-L@paris", kind=TaskKind.LOW_COVER, text="low", location="paris"))
    [task] = stage.call("GET", "/v1/tasks?state=open&location=paris").json()["items"]
    done = stage.call("POST", f"/v1/tasks/{task['id']}/closing", json={"note": "bought"}).json()
    assert (done["state"], done["note"], done["ended_by"]) == ("done", "bought", "admin")
    assert stage.call("POST", f"/v1/tasks/{task['id']}/closing", json={}).json()["code"] == "TASK_STATE"
