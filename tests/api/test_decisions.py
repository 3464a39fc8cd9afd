"""Decision requests over HTTP: queues for staff, and a link without a key for who was asked."""

from typing import Any
from uuid import UUID

import pytest

from api.stage import ADDRESS, Stage
from orderline.api.linking import PER_LINK
from orderline.core.decisions.asking import DecisionCause
from orderline.core.decisions.commands import DraftDecision
from orderline.core.decisions.links import DECISION_LINKS, hash_of, token_of
from orderline.core.orders.commands import AcceptFulfillment, AllocateUnits, Allotment, RejectUnits
from orderline.store.secrets import secret_of
from orderline.values.ids import OrderId, new_id
from support.engines import assert_clean

BY_LINK = "/v1/decisions/by-link"


def asked(stage: Stage, name: str, quantity: int = 1) -> tuple[str, str, str]:
    """An order that no location can serve, its decision request, and the token of its link."""
    order = stage.place(name, quantity)["id"]
    known = OrderId(UUID(order))
    # each location in turn finds nothing, until none is left that might serve it
    for number, (pool, location) in enumerate((("eu", "lyon"), ("shops", "paris")), 1):
        allotments = (Allotment(line=1, pool=pool, location=location, quantity=quantity),)
        stage.engine.run(AllocateUnits(order=known, group=1, allotments=allotments))
        stage.engine.run(RejectUnits(order=known, fulfillment=number, reason="not found"))
    id_ = str(new_id())
    token = token_of(secret_of(stage.database, DECISION_LINKS), id_, "n")
    stage.engine.run(
        DraftDecision(
            decision=id_,
            order=OrderId(UUID(order)),
            cause=DecisionCause.UNFILLABLE,
            nonce="n",
            token_hash=hash_of(token),
        )
    )
    return order, id_, token


def step_of(stage: Stage, order: str) -> str:
    read = stage.call("GET", f"/v1/orders/{order}").json()
    return f"{read['next_step']['what']} {read['next_step']['owner']}" if read.get("next_step") else ""


def test_a_customer_answers_by_the_link_alone_and_sees_no_more_than_is_asked(stage: Stage) -> None:
    order, id_, token = asked(stage, "D-1", 2)
    assert step_of(stage, order) == "answer_decision customer"
    shown = stage.call("GET", f"{BY_LINK}/{token}", key="")
    assert shown.status_code == 200, shown.text
    told = shown.json()
    assert set(told) == {"number", "question", "state", "currency", "options", "deadline_at", "shop"}
    assert [(each["code"], each.get("money_minor", 0)) for each in told["options"]][-1] == ("cancel", -4000)
    assert id_ not in shown.text
    assert order not in shown.text
    wrong = stage.call("POST", f"{BY_LINK}/{token}", key="", json={"option": "fly"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "OPTION_UNKNOWN")
    for _ in range(2):  # the same answer again has no further effect
        done = stage.call("POST", f"{BY_LINK}/{token}", key="", json={"option": "cancel"})
        assert (done.status_code, done.json()["state"], done.json()["answer"]) == (200, "executed", "cancel")
    other = stage.call("POST", f"{BY_LINK}/{token}", key="", json={"option": "wait"})
    assert (other.status_code, other.json()["code"]) == (409, "DECISION_STATE")
    read = stage.call("GET", f"/v1/decisions/{id_}").json()
    assert (read["evidence"]["channel"], read["evidence"]["token_hash"]) == ("link", hash_of(token))
    assert "40.00 EUR back" in read["evidence"]["shown"]
    history = stage.call("GET", f"/v1/decisions/{id_}/history").json()["items"]
    assert [each["event"] for entry in history for each in entry["events"]] == [
        "decision_drafted", "decision_sent", "decision_answered", "decision_executed",
    ]  # fmt: skip
    assert history[-1]["actor"] == {"name": "customer", "via": "link"}


@pytest.mark.parametrize("token", ["x", "AAAA", "%00", "A" * 200, "ä"])
def test_what_is_no_link_is_unknown(stage: Stage, token: str) -> None:
    assert stage.call("GET", f"{BY_LINK}/{token}", key="").status_code in (404, 422)
    assert stage.call("POST", f"{BY_LINK}/{token}", key="", json={"option": "cancel"}).status_code in (404, 422)


def test_a_link_that_was_sent_again_is_the_only_one_that_is_good(stage: Stage) -> None:
    _, id_, token = asked(stage, "D-2")
    resent = stage.call("POST", f"/v1/decisions/{id_}/resending", headers={"idempotency-key": "again-1"})
    assert resent.status_code == 200, resent.text
    assert stage.call("GET", f"{BY_LINK}/{token}", key="").json()["code"] == "DECISION_UNKNOWN"
    nonce = stage.call("GET", f"/v1/decisions/{id_}").json()["nonce"]
    fresh = token_of(secret_of(stage.database, DECISION_LINKS), id_, nonce)
    assert stage.call("GET", f"{BY_LINK}/{fresh}", key="").status_code == 200


def test_a_link_is_called_so_often_and_no_more(stage: Stage) -> None:
    _, _, token = asked(stage, "D-3")
    codes = [stage.call("GET", f"{BY_LINK}/{token}", key="").status_code for _ in range(int(PER_LINK[0]) + 20)]
    assert codes[0] == 200
    assert 429 in codes


def test_staff_see_queues_answer_with_a_reason_and_withdraw(stage: Stage) -> None:
    def waiting() -> int:
        queues = stage.call("GET", "/v1/decisions/queues").json()["items"]
        return sum(queue["count"] for queue in queues if (queue["to"], queue["state"]) == ("customer", "sent"))

    before = waiting()
    order, id_, _ = asked(stage, "D-4")
    _, second, _ = asked(stage, "D-5")
    assert waiting() == before + 2
    listed = stage.call("GET", "/v1/decisions?state=sent&to=customer&channel=web&limit=200").json()["items"]
    assert {id_, second} <= {each["id"] for each in listed}
    assert stage.call("GET", "/v1/decisions?channel=shop").json()["items"] == []
    silent = stage.call("POST", f"/v1/decisions/{id_}/answer", json={"option": "wait", "reason": ""})
    assert (silent.status_code, silent.json()["code"]) == (422, "FIELD_REQUIRED")
    body: dict[str, Any] = {"option": "wait", "reason": "called us"}
    done = stage.call("POST", f"/v1/decisions/{id_}/answer", json=body)
    assert (done.status_code, done.json()["state"]) == (200, "executed")
    gone = stage.call("POST", f"/v1/decisions/{second}/withdrawal", json={"reason": "found"})
    assert (gone.status_code, gone.json()["state"]) == (200, "withdrawn")
    assert waiting() == before
    assert "decision" not in step_of(stage, order)


def test_a_key_of_other_channels_or_of_locations_sees_none(stage: Stage) -> None:
    _, id_, _ = asked(stage, "D-6")
    stage.make_key("of_shop", "orders:read", "orders:write", channels=["shop"])
    stage.make_key("at_lyon", "orders:read", "orders:write", locations=["lyon"])
    for key in ("of_shop", "at_lyon"):
        assert stage.call("GET", f"/v1/decisions/{id_}", key).status_code == 404
        answer = stage.call("POST", f"/v1/decisions/{id_}/answer", key, json={"option": "wait", "reason": "x"})
        assert answer.status_code == 404
        assert stage.call("GET", "/v1/decisions", key).json()["items"] == []
        assert stage.call("GET", "/v1/decisions/queues", key).json()["items"] == []


def test_delivery_is_changed_before_a_location_has_the_units(stage: Stage) -> None:
    order = stage.place("D-7")["id"]
    path = f"/v1/orders/{order}/deliveries"
    same = stage.call("POST", path, json={"group": 1, "ship_complete": False})
    assert (same.status_code, same.json()["code"]) == (409, "NOTHING_TO_DO")
    assert stage.call("POST", path, json={"group": 1, "pickup_location": "paris"}).status_code == 200
    moved = stage.call("POST", path, json={"group": 1, "address": ADDRESS | {"city": "Lille", "postal_code": "59000"}})
    assert moved.status_code == 200, moved.text
    read = stage.call("GET", f"/v1/orders/{order}").json()["order"]
    assert [each["number"] for each in read["agreements"]] == [1, 2, 3]
    assert read["agreements"][-1]["groups"][0]["place"]["city"] == "Lille"
    stage.allocate(order)
    stage.engine.run(AcceptFulfillment(order=OrderId(UUID(order)), fulfillment=1))
    late = stage.call("POST", path, json={"group": 1, "pickup_location": "paris"})
    assert (late.status_code, late.json()["code"]) == (409, "DELIVERY_STARTED")


ODD = ADDRESS | {"lines": ["Rue de la Paix", "Lyon"]}


def doubted(stage: Stage, name: str) -> tuple[str, str, str]:
    """An order to an odd address, the question about it that somebody has asked, and the path of its link."""
    order = stage.place(name, groups=[{"address": ODD, "email": "ann@example.com"}])["id"]
    held = stage.call("POST", f"/v1/orders/{order}/holds", json={"type": "address"})
    assert held.status_code == 200, held.text
    made = stage.call("POST", "/v1/decisions", json={"order": order, "cause": "address"})
    assert made.status_code == 200, made.text
    id_, nonce = made.json()["id"], made.json()["nonce"]
    return order, id_, f"{BY_LINK}/{token_of(secret_of(stage.database, DECISION_LINKS), id_, nonce)}"


def test_a_customer_takes_the_address_as_it_is_suggested_by_link(stage: Stage) -> None:
    order, id_, link = doubted(stage, "D-A1")
    assert step_of(stage, order) == "answer_decision customer"
    told = stage.call("GET", link, key="").json()
    assert (told["address"]["lines"], told["suggestion"]["lines"]) == (["Rue de la Paix", "Lyon"], ["Rue de la Paix"])
    assert [(each["code"], each.get("needs", "")) for each in told["options"]] == [
        ("suggested", ""), ("keep", ""), ("other", "address"), ("wait", ""),
    ]  # fmt: skip
    done = stage.call("POST", link, key="", json={"option": "suggested"})
    assert (done.status_code, done.json()["state"]) == (200, "executed"), done.text
    assert "address" not in done.json()
    read = stage.call("GET", f"/v1/orders/{order}").json()["order"]
    assert ("holds" in read, len(read["agreements"])) == (False, 2)
    kept = stage.call("GET", f"/v1/decisions/{id_}")
    history = stage.call("GET", f"/v1/decisions/{id_}/history")
    assert "Paix" not in kept.text + history.text
    assert_clean(stage.database)


def test_somebody_answers_where_to_for_the_customer(stage: Stage) -> None:
    order, id_, _ = doubted(stage, "D-A2")
    path = f"/v1/decisions/{id_}/answer"
    short = stage.call("POST", path, json={"option": "other", "reason": "called us"})
    assert short.json()["code"] == "ANSWER_INCOMPLETE"
    there = {"option": "other", "reason": "called us", "address": ADDRESS}
    assert stage.call("POST", path, json=there).json()["state"] == "executed"
    assert "holds" not in stage.call("GET", f"/v1/orders/{order}").json()["order"]
    kept, second, _ = doubted(stage, "D-A3")
    said = {"option": "keep", "reason": "called us"}
    assert stage.call("POST", f"/v1/decisions/{second}/answer", json=said).status_code == 200
    read = stage.call("GET", f"/v1/orders/{kept}").json()["order"]
    assert ("holds" in read, len(read["agreements"])) == (False, 1)
    assert_clean(stage.database)


def test_staff_see_a_doubted_address_beside_the_suggested_one_and_take_it(stage: Stage) -> None:
    order, _, _ = doubted(stage, "D-A5")
    path, read = f"/v1/orders/{order}/deliveries", f"/v1/orders/{order}?parts=people"
    [told] = stage.call("GET", read).json()["doubted"]
    taken = told["suggestion"]
    assert (told["hold"], told["group"], taken["lines"]) == (1, 1, ["Rue de la Paix"])
    assert told["problems"] == ["house_number_missing", "written_otherwise"]
    asked = {"name": "risk", "scopes": ["orders:read", "orders:write"], "holds": {"types": ["fraud"]}}
    stage.secrets["risk"] = stage.call("POST", "/v1/keys", json=asked).json()["secret"]
    assert "doubted" not in stage.call("GET", read, "risk").json(), "whoever may not see people is not told"
    given = {"group": 1, "hold": 1, "address": taken}
    assert stage.call("POST", path, "risk", json=given).json()["code"] == "HOLD_NOT_YOURS"
    assert stage.call("POST", path, json=given | {"hold": 2}).json()["code"] == "HOLD_UNKNOWN"
    seen = stage.call("POST", "/v1/previews", json={"command": "change_delivery", "order": order, **given}).json()
    assert [each["event"] for each in seen["events"]][:2] == ["order_amended", "hold_released"], seen
    assert stage.call("POST", path, json=given).status_code == 200
    done = stage.call("GET", read).json()
    assert ("holds" in done["order"], "doubted" in done, done["people"][-1]["address"]["lines"]) == (
        False,
        False,
        ["Rue de la Paix"],
    )
    assert_clean(stage.database)


def test_a_hold_is_put_to_somebody_else(stage: Stage) -> None:
    order, _, _ = doubted(stage, "D-A4")
    path = f"/v1/orders/{order}/holds/1/escalation"
    assert stage.call("POST", path, json={"reason": ""}).json()["code"] == "FIELD_REQUIRED"
    assert stage.call("POST", path, json={"reason": "not answered", "to": "dispatch"}).status_code == 200
    [hold] = stage.call("GET", f"/v1/orders/{order}").json()["order"]["holds"]
    assert (hold["owner"], "escalated_at" in hold) == ("dispatch", True)
    assert step_of(stage, order) == "resolve_hold dispatch"
    assert_clean(stage.database)


def test_nobody_is_asked_about_an_order_that_is_none(stage: Stage) -> None:
    for cause in ("address", "delay"):
        answer = stage.call("POST", "/v1/decisions", json={"order": str(new_id()), "cause": cause})
        assert (answer.status_code, answer.json()["code"]) == (404, "ORDER_UNKNOWN"), cause
