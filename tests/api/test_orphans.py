"""Goods with no order known over HTTP: received, suggested to orders by what is told of them, matched, disposed of."""

from datetime import timedelta
from typing import Any

import psycopg

from api.stage import Stage
from api.test_returns import ask, delivered
from orderline.core.returns.orphan_commands import OrphanDue
from orderline.engine.verifying import verify
from orderline.store.working import read_orders, read_records
from support.engines import assert_clean, faults_of


def receive(stage: Stage, name: str, key: str = "admin", **about: Any) -> Any:
    body = {"location": "lyon", "items": [{"sku": "TEE-M", "quantity": 1}], **about}
    return stage.call("PUT", f"/v1/orphans/{name}", key, json=body)


def suggested(stage: Stage, name: str, **about: Any) -> list[Any]:
    return stage.call("POST", f"/v1/orphans/{name}/suggestions", json=about).json()["suggestions"]


def match(stage: Stage, name: str, order: Any, **about: Any) -> Any:
    body = {"order": str(order), "items": [{"item": 1, "line": 1}], **about}
    return stage.call("POST", f"/v1/orphans/{name}/matches", json=body)


def test_an_order_is_found_by_what_is_told_of_goods(stage: Stage) -> None:
    stranger = delivered(stage, "OR-0")
    person = {"name": "Mia Orphan", "email": "mia@orphan.example"}
    address = {"lines": ["1 Rue"], "city": "Lyon", "postal_code": "69001", "country": "FR"}
    hers = delivered(stage, "OR-1", customer=person, groups=[{"address": {**address, "name": "Mia Orphan"}}])
    asked = delivered(stage, "OR-2")
    ask(stage, asked, lines=[{"line": 1, "quantity": 1, "reason": "too_small"}])
    ask(stage, asked, "/1/dispatches", carrier="post", tracking_number="BACK-77")
    made = receive(stage, "G-1", tracking_number="BACK-77", reference="for OR-1, thanks").json()
    assert (made["state"], made["next_step"], made["owner"]) == ("waiting", "match_orphan", "support")
    found = suggested(stage, "G-1", email="mia@orphan.example")
    assert [(each["order"], each["clues"]) for each in found[:2]] == [
        (str(hers), ["reference", "email", "sku"]), (str(asked), ["return_tracking", "sku"]),
    ]  # fmt: skip
    assert found[1]["items"] == [{"item": 1, "line": 1, "quantity": 1, "number": 1}]
    assert str(stranger) in {each["order"] for each in found}
    done = match(stage, "G-1", asked).json()
    assert (done["state"], done["matches"][0]["returned"]) == ("matched", 1)
    [item, *_] = read_orders(stage.database, [asked])[asked].returns[0].items
    assert (item.custody, item.money) == ("received", "credited")
    assert match(stage, "G-1", asked).json()["code"] == "ORPHAN_STATE"
    assert [each["id"] for each in stage.call("GET", "/v1/orphans?state=waiting").json()["items"]] == []
    assert_clean(stage.database)


def test_nothing_is_given_for_goods_of_nobody_and_they_go_in_the_end(stage: Stage) -> None:
    assert receive(stage, "G-2", keep_days=1).status_code == 200
    assert receive(stage, "G-2").json()["code"] == "ORPHAN_EXISTS"
    assert receive(stage, "G-3", items=[]).json()["code"] == "ORPHAN_QUANTITY"
    assert match(stage, "G-2", "SO-99999").json()["code"] == "ORDER_UNKNOWN"
    disposed = {"disposition": "donate", "reason": "nobody asked"}
    kept = stage.call("POST", "/v1/orphans/G-2/dispositions", json=disposed)
    assert (kept.status_code, kept.json()["code"]) == (409, "ORPHAN_KEPT")
    known = read_records(stage.database, "orphan", ["G-2"])["G-2"]
    assert known.due_at - known.received_at == timedelta(days=1)
    stage.engine.run(OrphanDue(orphan="G-2", due_at=known.keep_until))
    [late] = [e for e in stage.call("GET", "/v1/orphans?location=lyon").json()["items"] if e["id"] == "G-2"]
    assert (late["next_step"], late["owner"], late["overdue"]) == ("dispose_orphan", "lyon", True)
    assert_clean(stage.database)


def test_verify_tells_goods_of_nobody_that_the_ledger_does_not_have(stage: Stage) -> None:
    order = delivered(stage, "OR-3")
    receive(stage, "G-4", items=[{"sku": "TEE-M", "quantity": 2}])
    assert match(stage, "G-4", order, items=[{"item": 1, "line": 1, "quantity": 1}]).json()["state"] == "waiting"
    assert_clean(stage.database)
    with psycopg.connect(stage.database.dsn) as connection:
        connection.execute(
            "UPDATE stock_entries SET cause = 'other' WHERE cause = 'orphan:G-4' AND target = 'customer'"
        )
    assert "orphans" in faults_of(verify(stage.database))
    with psycopg.connect(stage.database.dsn) as connection:
        connection.execute("UPDATE stock_entries SET cause = 'orphan:G-4' WHERE cause = 'other'")
        connection.execute("DELETE FROM return_items WHERE order_id = %s", [order])
    assert "orphans" in faults_of(verify(stage.database))
