"""What needs a person: every count is the number of rows that its list shows, for whoever asks."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID

import pytest

from api.stage import Client, Stage
from api.test_returns import ask, delivered
from orderline.api.app import create_app
from orderline.api.calls import GRANTABLE, Services
from orderline.api.operations import OPERATIONS
from orderline.api.queues import LISTS, QUEUES
from orderline.core.alarms.commands import RaiseAlarm
from orderline.engine.engine import AsyncEngine
from orderline.engine.readers import Readers
from orderline.values.ids import OrderId
from support.databases import Databases
from support.engine_shop import EngineShop
from support.machine import simulate

STOCK = [("TEE-M", "lyon", 6), ("TEE-M", "lille", 2), ("TEE-M", "paris", 2), ("MUG", "lyon", 3), ("MUG", "paris", 1)]


def all_rows(stage: Stage, address: str, key: str) -> list[dict[str, Any]]:
    """All pages of a list."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = f"{address}{'&' if '?' in address else '?'}{urlencode({'limit': 7, 'cursor': cursor})}"
        answer = stage.call("GET", page, key)
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        cursor = answer.json()["next"]
        if not cursor:
            return found


def due_of(row: dict[str, Any]) -> datetime | None:
    told = row.get("due_at") or row.get("deadline_at") or (row.get("next_step") or {}).get("due_at")
    return datetime.fromisoformat(told) if told else None


def check(stage: Stage, key: str) -> Counter[str]:
    """Hold every count against the rows behind it; how many wait in each queue."""
    asked_at = datetime.now(UTC)
    answer = stage.call("GET", "/v1/queues", key)
    assert answer.status_code == 200, answer.text
    told: Counter[str] = Counter()
    for each in answer.json()["items"]:
        assert parse_qs(urlsplit(each["rows"]).query) == each.get("filters", {})
        rows = all_rows(stage, each["rows"], key)
        assert len(rows) == each["count"], each
        told[each["queue"]] += each["count"]
        if not each["count"]:
            assert "owner" not in each
            continue
        assert each["owner"]
        for row in rows:
            step = row.get("next_step")
            owner = step.get("owner") if isinstance(step, dict) else row.get("owner")
            assert owner in (each["owner"], None) or each["operation"] == "list_alarms"
        dues = [due for due in map(due_of, rows) if due is not None]
        if len(dues) == len(rows) and each["operation"] not in ("list_purchase_orders", "list_alarms"):
            assert each.get("overdue", 0) == sum(due <= asked_at for due in dues), each
            assert datetime.fromisoformat(each["due_at"]) == min(dues)
        only = stage.call("GET", f"/v1/queues?{urlencode({'owner': each['owner']})}", key).json()["items"]
        assert (each["queue"], each["count"]) in [(row["queue"], row["count"]) for row in only]
        assert {row["owner"] for row in only} == {each["owner"]}
    return told


@pytest.mark.slow
def test_counts_are_the_rows_behind_them_on_any_day(databases: Databases) -> None:
    seen: Counter[str] = Counter()
    with databases.migrated() as dsn:
        shop = EngineShop(dsn, STOCK)
        reads = Readers(shop.database)
        app = create_app(Services(engine=AsyncEngine(shop.engine), database=shop.database, reads=reads))
        stage = Stage(Client(app), shop.database, shop.engine, app)
        rights = [each for each in GRANTABLE if each != "admin"]
        stage.make_key("admin", "admin")
        stage.make_key("web", *rights, channels=("web",))
        stage.make_key("lyon", *rights, locations=("lyon",))
        stage.make_key("both", *rights, channels=("web",), locations=("paris", "lille"))
        try:
            for seed in range(40, 46):
                simulate(shop, seed, 120, shop.place, lambda: None, papers=0.3, returns=0.4, holds=0.1)
                for key in ("admin", "web", "lyon", "both"):
                    seen += check(stage, key)
        finally:
            stage.client.close()
            reads.close()
            shop.close()
    assert len(seen) > 12, seen


def test_queues_list_what_there_is_a_list_of() -> None:
    known = {each.name: each for each in OPERATIONS}
    for each in QUEUES:
        assert known[each.operation] is LISTS[each.operation]
        assert known[each.operation].page
    assert len({each.name for each in QUEUES}) == len(QUEUES)


def test_a_queue_tells_whose_it_is_and_since_when(stage: Stage) -> None:
    number = stage.place("queue-1")["number"]
    held = {"type": "address", "owner": "ana", "due_at": "2020-01-01T00:00:00Z", "reason": "no street"}
    assert stage.call("POST", f"/v1/orders/{number}/holds", json=held).status_code == 200
    found = stage.call("GET", "/v1/queues?owner=ana").json()["items"]
    assert [(each["queue"], each["count"], each["overdue"]) for each in found] == [("hold_address", 1, 1)]
    assert found[0]["rows"] == "/v1/holds?type=address&owner=ana"
    assert found[0]["filters"] == {"type": ["address"], "owner": ["ana"]}
    assert found[0]["due_at"] == "2020-01-01T00:00:00Z"
    assert [each["order_number"] for each in all_rows(stage, found[0]["rows"], "admin")] == [number]
    stage.make_key("other shop", "orders:read", channels=("shop",))
    assert stage.call("GET", "/v1/queues?owner=ana", "other shop").json()["items"] == []
    stage.call("DELETE", f"/v1/orders/{number}/holds/1")
    assert stage.call("GET", "/v1/queues?owner=ana").json()["items"] == []


def test_queues_of_lists_that_a_key_may_not_read_are_not_told(stage: Stage) -> None:
    names = {each["queue"] for each in stage.call("GET", "/v1/queues", "orders:read").json()["items"]}
    assert {"stuck", "hold_fraud", "supply"} <= names
    assert not names & {"dead_letters", "to_fulfill", "tasks"}
    assert {"dead_letters", "to_fulfill", "tasks"} <= {
        each["queue"] for each in stage.call("GET", "/v1/queues").json()["items"]
    }
    assert stage.call("GET", "/v1/queues", "stock:read").status_code == 403


def test_orders_that_nothing_moves_are_a_queue(stage: Stage) -> None:
    order = OrderId(UUID(stage.place("queue-2")["id"]))
    stage.engine.run(RaiseAlarm(order=order, step="route"))
    stuck = next(each for each in stage.call("GET", "/v1/queues").json()["items"] if each["queue"] == "stuck")
    assert (stuck["count"], stuck["owner"], stuck["rows"]) == (1, "operations", "/v1/alarms")
    check(stage, "admin")


def test_goods_that_are_here_to_be_repaired_wait_for_somebody(stage: Stage) -> None:
    owned = {"repairable": "lyon", "unrepairable": "support", "refused": "lyon"}
    for number, finding in enumerate(owned):
        order = delivered(stage, f"queue-repair-{number}", quantity=1)
        ask(stage, order, lines=[{"line": 1, "quantity": 1, "reason": "defective"}], repair=True)
        ask(stage, order, "/1/receipts", receipt=finding, location="lyon", items=[{"item": 1, "quantity": 1}])
        found = [{"item": 1, "quantity": 1, "finding": finding}]
        assert ask(stage, order, "/1/assessments", assessed=found).status_code == 200
    told = {each["queue"]: each for each in stage.call("GET", "/v1/queues").json()["items"]}
    names = ("returns_to_repair", "returns_beyond_repair", "returns_to_send_back")
    assert [(told[name]["owner"], told[name]["count"]) for name in names] == [(each, 1) for each in owned.values()]
    check(stage, "admin")
