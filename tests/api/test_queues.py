"""What needs a person: every count is the number of rows that its list shows, for whoever asks."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID

import pytest

from api.filled_queues import fill, swap_offered
from api.stage import Client, Stage, staged
from api.test_returns import ask, delivered
from orderline.api.app import create_app
from orderline.api.calls import GRANTABLE, Services
from orderline.api.operations import OPERATIONS
from orderline.api.queues import LISTS, QUEUES
from orderline.core.alarms.commands import RaiseAlarm
from orderline.core.orders.commands import RejectUnits
from orderline.engine.engine import AsyncEngine
from orderline.engine.readers import Readers
from orderline.engine.verifying import verify
from orderline.store.reading.auditing import Broken
from orderline.store.verifications import note_verified
from orderline.values.ids import OrderId
from support.databases import Databases
from support.engine_shop import EngineShop
from support.engines import faults_of
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
    step = row.get("next_step")  # of records, it is told in words
    told = row.get("due_at") or row.get("deadline_at") or (step.get("due_at") if isinstance(step, dict) else None)
    return datetime.fromisoformat(told) if told else None


def check(stage: Stage, key: str) -> Counter[str]:
    """Hold every count against the rows behind it; how many wait in each queue."""
    asked_at, of_owners = datetime.now(UTC), dict[str, list[dict[str, Any]]]()
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
            assert owner in (each["owner"], None) or each["operation"] in ("list_alarms", "list_rejected_units")
        dues = [due for due in map(due_of, rows) if due is not None]
        if len(dues) == len(rows) and each["operation"] not in (
            "list_purchase_orders",
            "list_alarms",
            "list_rejected_units",
        ):
            assert each.get("overdue", 0) == sum(due <= asked_at for due in dues), each
            assert datetime.fromisoformat(each["due_at"]) == min(dues)
        owner = each["owner"]
        if owner not in of_owners:
            of_owners[owner] = stage.call("GET", f"/v1/queues?{urlencode({'owner': owner})}", key).json()["items"]
        assert (each["queue"], each["count"]) in [(row["queue"], row["count"]) for row in of_owners[owner]]
        assert {row["owner"] for row in of_owners[owner]} == {owner}
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
            for seed in range(40, 44):
                simulate(shop, seed, 120, shop.place, lambda: None, papers=0.3, returns=0.4, holds=0.1)
                for key in ("admin", "web", "lyon", "both"):
                    seen += check(stage, key)
        finally:
            stage.client.close()
            reads.close()
            shop.close()
    assert len(seen) > 12, seen


@pytest.mark.slow
def test_the_count_of_every_queue_is_the_rows_behind_it(databases: Databases) -> None:
    with databases.migrated() as dsn, staged(dsn) as stage:
        fill(stage)
        told = check(stage, "admin")
        assert {each.name for each in QUEUES} - set(+told) == set(), "nothing waits there: have `fill` bring it about"


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


def test_invariants_that_did_not_hold_are_a_queue_that_says_when_it_was_looked(stage: Stage) -> None:
    def told() -> dict[str, Any]:
        return next(each for each in stage.call("GET", "/v1/queues").json()["items"] if each["queue"] == "drift")

    assert "looked_at" not in told()
    queues = stage.call("GET", "/v1/queues").json()["items"]
    assert [each["queue"] for each in queues if each.get("standing")] == ["drift"], "its nought is to be seen as well"
    for hour, broken in (
        (3, (Broken("units", "units add up", 7, 2, ("SO-1: 3 of 2",)), Broken("fold", "it folds", 9, 1))),
        (4, ()),
    ):
        note_verified(
            stage.database, datetime(2026, 1, 2, hour, tzinfo=UTC), orders=9, whole=True, chained=9, broken=0,
            faults=sum(each.faults for each in broken), drift=broken,
        )  # fmt: skip
        assert (told()["count"], told()["looked_at"]) == (len(broken), f"2026-01-02T{hour:02}:00:00Z")
        rows = stage.call("GET", told()["rows"]).json()["items"]
        assert [(each["invariant"], each["faults"]) for each in rows] == [(each.name, each.faults) for each in broken]
        check(stage, "admin")
    stage.make_key("auditor of the shop", "audit:read", "orders:read", channels=("shop",))
    assert stage.call("GET", "/v1/audit/drift", "auditor of the shop").status_code == 403
    assert "drift" not in {
        each["queue"] for each in stage.call("GET", "/v1/queues", "auditor of the shop").json()["items"]
    }


def test_units_that_were_rejected_wait_until_a_location_has_them(stage: Stage) -> None:
    order = OrderId(UUID(stage.place("queue-rejected", 3)["id"]))
    stage.allocate(str(order), 3)
    assert "rejected" not in +check(stage, "admin")
    stage.engine.run(RejectUnits(order=order, fulfillment=1, reason="no staff"))
    assert check(stage, "admin")["rejected"] == 1
    [row] = stage.call("GET", "/v1/rejected-units").json()["items"]
    assert (row["order"], row["line"], row["quantity"], row["locations"]) == (str(order), 1, 3, ["lyon"])
    stage.make_key("of the shop", "orders:read", channels=("shop",))
    assert stage.call("GET", "/v1/rejected-units", "of the shop").json()["items"] == []
    stage.database.rows("UPDATE rejected_lines SET quantity = 1 WHERE cell = %(cell)s RETURNING line", {})
    assert "rejected_lines" in str(faults_of(verify(stage.database)))
    assert stage.call("POST", f"/v1/orders/{order}/cancellations", json={"reason": "late"}).status_code == 200
    assert check(stage, "admin")["rejected"] == 0
    assert faults_of(verify(stage.database)) == {}


def test_questions_that_offer_something_else_instead_are_a_queue(stage: Stage) -> None:
    assert check(stage, "admin")["swap"] == 0
    id_ = swap_offered(stage, "queue-swap")
    assert check(stage, "admin")["swap"] == 1
    [asked] = stage.call("GET", "/v1/decisions?state=sent&to=customer&offers=swap").json()["items"]
    assert asked["id"] == id_
    stage.make_key("of lille", "orders:read", locations=("lille",))
    assert check(stage, "of lille")["swap"] == 0


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
