"""The audit log: who did what to orders and records, the last first, by whoever may read these."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from api.stage import Stage, staged
from orderline.api.calls import GRANTABLE
from orderline.api.operations import OPERATIONS
from orderline.api.records import Records
from orderline.cli.keys import SCOPES
from orderline.core.context import Actor
from orderline.core.orders.commands import AnnotateOrder
from orderline.engine.submissions import Submission
from orderline.engine.verifying import verify
from orderline.store.reading import auditing
from orderline.store.verifications import note_verified
from orderline.values.ids import OrderId
from support.databases import Databases
from support.engines import faults_of
from support.finality import until_final


@pytest.fixture(scope="module")
def stage(databases: Databases) -> Iterator[Stage]:
    """A merchant whose people have done a few things."""
    with databases.migrated() as dsn, staged(dsn) as stage:
        stage.make_key("auditor", "audit:read")
        stage.make_key("shop desk", "audit:read", "orders:read", channels=("shop",))
        by(stage, "ann", "console", stage.place("A-0")["id"], "before all")
        assert stage.call("PUT", "/v1/roles/desk", json={"rights": ["stock:read"]}).status_code == 200
        yield stage


def audit(stage: Stage, key: str = "admin", **query: Any) -> list[dict[str, Any]]:
    """All entries, page after page."""
    until_final(stage.database.dsn)
    items: list[dict[str, Any]] = []
    cursor = ""
    while True:
        answer = stage.call("GET", "/v1/audit", key, params={"limit": 3, **query, "cursor": cursor})
        assert answer.status_code == 200, answer.text
        items += answer.json()["items"]
        cursor = answer.json()["next"] or ""
        if not cursor:
            return items


def by(stage: Stage, name: str, via: str, order: str, note: str) -> None:
    """A note on an order, by somebody."""
    command = AnnotateOrder(order=OrderId(UUID(order)), note=note)
    stage.engine.submit(Submission(command=command, actor=Actor(name, via))).result(10)


def words(entries: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [(each["by"], each["command"], each["record"]) for each in entries]


def test_orders_and_records_are_one_list_the_last_first(stage: Stage) -> None:
    placed = stage.place("A-1")
    role = {"rights": ["orders:read"], "name": "Desk"}
    stage.call("PUT", "/v1/roles/desk", json=role)
    by(stage, "ann", "console", placed["id"], "called back")
    stage.call("PUT", "/v1/roles/desk", json=role | {"rights": ["orders:read", "orders:write"]})
    told = audit(stage)
    assert words(told)[:4] == [
        ("admin", "put_role", "desk"), ("ann", "annotate_order", placed["id"]), ("admin", "put_role", "desk"),
        ("admin", "place_order", placed["id"]),
    ]  # fmt: skip
    assert told[0]["changes"] == [
        {"name": "rights", "before": ["orders:read"], "after": ["orders:read", "orders:write"]}
    ]
    assert told[0]["via"].startswith("api:")
    assert told[3]["facts"][0] == "order_placed"
    assert told[1]["order_number"] == placed["number"]
    assert (told[1]["channel"], told[1]["currency"], told[1]["via"]) == ("web", "EUR", "console")
    feed = stage.call("GET", f"/v1/orders/{placed['id']}/events").json()["items"]
    assert {each["id"].rpartition("-")[0] for each in feed} == {
        each["id"] for each in told if each["record"] == placed["id"]
    }
    positions = [each["position"] for each in told]
    assert positions == sorted(positions, reverse=True)


def test_it_is_searched_by_who_what_of_what_and_when(stage: Stage) -> None:
    one, other = stage.place("A-2"), stage.place("A-3")
    by(stage, 'bo "the" }b', "console", one["id"], "first")
    by(stage, 'bo "the" }b', "cli", other["id"], "second")
    by(stage, "bot", "worker", one["id"], "third")
    stage.call("POST", f"/v1/orders/{one['id']}/holds", json={"type": "manual", "reason": "looks odd"})
    noted = ("annotate_order", one["id"]), ("annotate_order", other["id"])
    assert [each[1:] for each in words(audit(stage, actor='bo "the" }b'))] == [noted[1], noted[0]]
    assert [each[1:] for each in words(audit(stage, actor='bo "the" }b', via="console"))] == [noted[0]]
    assert [each[1:] for each in words(audit(stage, actor='bo "the" }b', via="cli"))] == [noted[1]]
    assert {each["via"] for each in audit(stage, via="console")} == {"console"}
    assert {each["by"] for each in audit(stage, via="worker")} == {"bot"}
    assert audit(stage, actor="bo") == []
    assert {each["kind"] for each in audit(stage, kind="role")} == {"role"}
    assert audit(stage, kind="role", record="none") == []
    assert {each["record"] for each in audit(stage, record="desk")} == {"desk"}
    of_one = audit(stage, record=one["number"])
    assert {each["record"] for each in of_one} == {one["id"]}
    assert of_one[0]["reason"] == "looks odd"
    assert len(of_one) == 4
    held = audit(stage, what="hold_placed")
    assert [each["command"] for each in held] == ["place_hold"]
    assert audit(stage, what="place_hold") == held
    assert audit(stage, what="place_hol") == []
    now = datetime.now(UTC)
    assert len(audit(stage, since=(now - timedelta(hours=1)).isoformat())) == len(audit(stage))
    assert audit(stage, since=(now + timedelta(hours=1)).isoformat()) == []
    assert audit(stage, until=(now - timedelta(hours=1)).isoformat()) == []
    cut = of_one[1]["at"]
    assert [each["at"] >= cut for each in audit(stage, record=one["number"], since=cut)] == [True, True]
    assert [each["at"] < cut for each in audit(stage, record=one["number"], until=cut)] == [True, True]
    for wrong in ({"what": "x y"}, {"via": "post"}, {"since": "soon"}, {"cursor": "x"}, {"kind": "A"}):
        assert stage.call("GET", "/v1/audit", params=wrong).status_code == 422, wrong


def test_what_was_looked_at_in_vain_is_passed_by(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auditing, "LOOK", 2)
    whole = [each for each in audit(stage) if each["command"] == "place_order"]
    assert audit(stage, what="place_order") == whole
    assert audit(stage, kind="role", via="api") == [each for each in audit(stage) if each["kind"] == "role"]


def test_a_time_is_found_by_halves(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auditing, "SLACK", timedelta())
    told = audit(stage)
    instants = sorted({each["at"] for each in told})
    for since, until in ((instants[1], instants[-1]), (instants[len(instants) // 2], instants[-2])):
        expected = [each["id"] for each in told if since <= each["at"] < until]
        assert [each["id"] for each in audit(stage, since=since, until=until)] == expected


def test_a_key_sees_what_it_may_read_and_no_more(stage: Stage) -> None:
    placed = stage.place("A-4", channel="shop", lines=[{"sku": "TEE-L", "quantity": 1, "unit_price_minor": 2000}])
    assert audit(stage, "auditor") == []
    stage.make_key("desk", "audit:read", "orders:read")
    assert {each["kind"] for each in audit(stage, "desk")} == {"order"}
    assert audit(stage, "desk", kind="role") == []
    assert {each["record"] for each in audit(stage, "shop desk")} == {placed["id"]}
    assert audit(stage, "shop desk", record=stage.place("A-5")["number"]) == []
    stage.make_key("lyon desk", "audit:read", "orders:read", locations=("lyon",))
    assert audit(stage, "lyon desk") == []
    mine = stage.place("A-6")
    stage.allocate(mine["id"])
    assert {each["record"] for each in audit(stage, "lyon desk")} == {mine["id"]}
    stage.make_key("lille chief", "audit:read", "admin", locations=("lille",))
    assert audit(stage, "lille chief") == []
    counts = {"lines": ["TEE-M"]}
    for location in ("lille", "lyon"):
        made = stage.call("PUT", f"/v1/counts/of-{location}", json=counts | {"location": location})
        assert made.status_code == 200, made.text
    assert words(audit(stage, "lille chief")) == [("admin", "plan_count", "of-lille")]
    assert {each["record"] for each in audit(stage, kind="count")} == {"of-lille", "of-lyon"}


def test_keys_are_made_and_revoked_in_sight(stage: Stage) -> None:
    asked = {"name": "robot", "scopes": ["orders:read"], "channels": ["web"], "person": "Ann Lee"}
    headers = {"idempotency-key": "make-robot"}
    made = stage.call("POST", "/v1/keys", json=asked, headers=headers).json()
    assert stage.call("POST", "/v1/keys", json=asked, headers=headers).json()["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert stage.call("POST", "/v1/keys", json=asked | {"scopes": ["everything"]}).status_code == 422
    older = stage.make_key("from before", "orders:read")  # nothing was told of it
    for each in (made["id"], made["id"], older):
        assert stage.call("DELETE", f"/v1/keys/{each}").is_success
    assert stage.call("DELETE", "/v1/keys/nobody").status_code == 404
    entries = audit(stage, kind="api_key")
    assert words(entries) == [
        ("admin", "revoke_key", older), ("admin", "revoke_key", made["id"]), ("admin", "create_key", made["id"]),
    ]  # fmt: skip
    [told] = entries[2]["events"]
    assert {name: told[name] for name in asked} == asked
    assert made["secret"].rpartition("_")[2] not in str(entries)
    assert entries[0]["events"][0]["name"] == "from before"
    assert audit(stage, "auditor", kind="api_key") == [], "keys are for those who may see keys"
    assert faults_of(verify(stage.database)) == {}


def test_it_says_when_the_journals_were_verified(stage: Stage) -> None:
    assert stage.call("GET", "/v1/audit/verification").json() == {"last": None}
    report = verify(stage.database)
    assert faults_of(report) == {}
    now = datetime.now(UTC)
    note_verified(
        stage.database, now, orders=report.orders, whole=report.whole, chained=report.checked_of("chain"),
        broken=report.faults_of("chain"), faults=report.faults,
    )  # fmt: skip
    last = stage.call("GET", "/v1/audit/verification", "auditor").json()["last"]
    assert (last["whole"], last["broken"], last["faults"]) == (True, 0, 0)
    assert last["chained"] > 0
    assert stage.call("GET", "/v1/audit/verification", "shop desk").status_code == 403


def test_the_command_line_knows_all_rights() -> None:
    assert set(SCOPES) == set(GRANTABLE)


def test_kinds_of_records_that_lists_show_are_known_to_the_log() -> None:
    listed = {
        records.kind.name
        for each in OPERATIONS
        if isinstance(records := getattr(each.handler, "__self__", None), Records)
    }
    [log] = [each for each in OPERATIONS if each.name == "list_audit"]
    assert isinstance(log.handler, partial)
    assert set(log.handler.keywords["kinds"]) == listed
