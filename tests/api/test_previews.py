"""Previews: what a command would do, with nothing done."""

from typing import Any

import pytest

from api.stage import Stage, order
from api.test_appeasements import sent


def snapshot(stage: Stage) -> list[tuple[object, ...]]:
    return [
        *stage.database.rows("SELECT id, version FROM orders WHERE cell = %(cell)s ORDER BY id"),
        *stage.database.rows("SELECT sku, pool, claims FROM pool_levels WHERE cell = %(cell)s ORDER BY sku, pool"),
        *stage.database.rows("SELECT count(*) FROM journal WHERE cell = %(cell)s"),
    ]


def test_a_cancellation_is_previewed_with_its_money(stage: Stage) -> None:
    tenders = [{"provider": "sandbox", "amount_minor": 6000, "state": "authorized"}]
    placed = stage.place("preview-1", 3, tenders=tenders)
    before = snapshot(stage)
    lines = [{"line": 1, "quantity": 1}]
    body = {"command": "cancel_units", "order": placed["id"], "reason": "x", "lines": lines}
    answer = stage.call("POST", "/v1/previews", "orders:read", json=body)
    told = answer.json()
    assert answer.status_code == 200, told
    assert told["events"][0]["event"] == "units_moved"
    assert (told["money_before"]["agreed_minor"], told["money"]["agreed_minor"]) == (6000, 4000)
    assert told["lines"][0]["units"] == {"pooled": 2, "canceled": 1}
    assert told["status"]["phase"] == "routing"
    assert snapshot(stage) == before


def test_a_placement_is_previewed_with_its_claims(stage: Stage) -> None:
    before = snapshot(stage)
    body = {
        "command": "place_order",
        **order("preview-2", lines=[{"sku": "SET", "quantity": 1, "unit_price_minor": 2000}]),
    }
    told = stage.call("POST", "/v1/previews", json=body).json()
    assert [line["sku"] for line in told["lines"]] == ["SET", "TEE-M"]
    assert "money_before" not in told
    assert snapshot(stage) == before


def test_what_would_be_refused_is_told_as_it_would_be(stage: Stage) -> None:
    placed = stage.place("preview-3")
    body = {"command": "close_order", "order": placed["id"]}
    answer = stage.call("POST", "/v1/previews", json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "ORDER_NOT_DONE")
    stale = {"command": "cancel_units", "order": placed["id"], "reason": "x", "expected_version": 7}
    answer = stage.call("POST", "/v1/previews", json=stale)
    assert answer.json()["facts"]["current"] == placed["version"]
    assert answer.json()["facts"]["actions"]


def test_work_taken_back_is_previewed(stage: Stage) -> None:
    placed = stage.place("preview-4")
    stage.allocate(placed["id"])
    body = {"command": "pull_back", "order": placed["id"], "fulfillment": 1}
    told = stage.call("POST", "/v1/previews", json=body).json()
    assert told["status"]["phase"] == "routing"


def test_orders_are_named_by_number_as_well(stage: Stage) -> None:
    one, other = stage.place("preview-8"), stage.place("preview-9")
    body = {"command": "cancel_units", "order": one["number"], "reason": "x"}
    told = stage.call("POST", "/v1/previews", json=body).json()
    assert told["status"] == stage.call("POST", "/v1/previews", json=body | {"order": one["id"]}).json()["status"]
    assert told["lines"][0]["units"] == {"canceled": 1}
    link = {"command": "link_orders", "type": "related", "order": one["id"], "target": other["number"]}
    assert stage.call("POST", "/v1/previews", json=link).status_code == 200


@pytest.mark.parametrize("reference", ["nonsense", "", 7, ["1001"]])
def test_an_order_that_is_none_is_told_with_what_was_expected(stage: Stage, reference: object) -> None:
    answer = stage.call("POST", "/v1/previews", json={"command": "cancel_units", "order": reference, "reason": "x"})
    problem = answer.json()
    assert answer.status_code == (404 if isinstance(reference, str) else 422)
    assert problem["field"] == "order"
    assert "number" in problem["facts"]["expected"]


def test_a_number_of_another_channel_is_unknown(stage: Stage) -> None:
    stage.make_key("shop previews", "orders:read", channels=("shop",))
    body = {"command": "cancel_units", "order": stage.place("preview-10")["number"], "reason": "x"}
    assert stage.call("POST", "/v1/previews", "shop previews", json=body).status_code == 404


def test_money_and_returns_are_previewed_by_the_rules_and_limits_that_decide_them(stage: Stage) -> None:
    number = sent(stage, "preview-money")
    before = snapshot(stage)

    def told(command: str, **said: object) -> dict[str, Any]:
        answer = stage.call("POST", "/v1/previews", json={"command": command, "order": number, **said})
        assert answer.status_code == 200, answer.text
        return answer.json()

    given = told("give_appeasement", why="late", reason="late", amount_minor=400, giving=None, nonce="x")
    assert [each["total_minor"] for each in given["difference"]["credits"]] == [400]
    asked = told("request_return", lines=[{"line": 1, "quantity": 1, "reason": "late"}])
    assert (len(asked["difference"]["returns"]), asked["difference"]["awaited_minor"]) == (1, 2000)
    paid = told("receive_payment", amount_minor=100, currency="EUR", reference="B-1")
    assert paid["events"], "more than is owed is to be given back"
    told_of_all = {"command": "redeem_credit", "order": number, "account": "unknown"}
    answers = [stage.call("POST", "/v1/previews", right, json=told_of_all) for right in ("orders:read", "orders:write")]
    assert answers[0].json()["code"] == "RIGHT_MISSING", "an account is not asked after by who only reads orders"
    assert snapshot(stage) == before
