"""Questions to stores, vendors and approvers: by a link or by a key of their own, with what there is to be seen."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from api.stage import Stage
from orderline.core.decisions.commands import LapseDecision
from orderline.core.stock.commands import AdjustStock, PutLocation, PutSkus
from orderline.core.stock.state import Location, LocationKind, Sku
from orderline.engine.engine import Engine
from orderline.values.address import Place
from orderline.values.ids import OrderId
from support.engines import assert_clean

MAIL = {"title": "The vendor's mail", "url": "https://mail.example.com/1", "sha256": "ab" * 32}


def ask(stage: Stage, order: str, status: int = 200, **about: Any) -> dict[str, Any]:
    answer = stage.call("POST", "/v1/decisions", json={"order": order} | about)
    assert answer.status_code == status, answer.text
    return answer.json()


def late(stage: Stage, name: str, location: str = "lyon", **about: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """An order whose work at a location is late, and the question about it."""
    placed = stage.place(name, 2)
    stage.allocate(placed["id"], 2, location)
    return placed, ask(stage, placed["number"], cause="late_work", fulfillment=1, **about)


def order_of(stage: Stage, placed: dict[str, Any]) -> dict[str, Any]:
    return stage.call("GET", f"/v1/orders/{placed['id']}").json()["order"]


def test_a_vendor_confirms_a_date_by_its_link_and_the_customer_is_promised_it(stage: Stage) -> None:
    place = Place(country="FR", city="Reims")
    stage.engine.run(PutLocation(location=Location("mills", "Mills", LocationKind.VENDOR, "eu", place)))
    stage.engine.run(AdjustStock(sku="TEE-M", location="mills", quantity=9, reason="received"))
    placed, asked = late(stage, "VENDOR-1", "mills", note="Are the looms running again?", attachments=[MAIL])
    assert (asked["to"], asked["at"], asked["default"], asked["state"]) == ("vendor", "mills", "reject", "sent")
    assert "Are the looms running again?" in asked["question"]
    link = stage.call("POST", f"/v1/decisions/{asked['id']}/links").json()["link"]
    seen = stage.call("GET", link, "").json()
    assert [option["code"] for option in seen["options"]] == ["on_time", "date", "reject"]
    assert seen["attachments"] == [MAIL]
    without = stage.call("POST", link, "", json={"option": "date"})
    assert (without.status_code, without.json()["code"]) == (422, "ANSWER_INCOMPLETE")
    past = stage.call("POST", link, "", json={"option": "date", "date": "2020-01-01T00:00:00Z"})
    assert past.json()["code"] == "ANSWER_INCOMPLETE"
    date = (datetime.now(UTC) + timedelta(days=40)).replace(microsecond=0)
    body = {"option": "date", "date": date.isoformat(), "attachments": [MAIL]}
    answered = stage.call("POST", link, "", json=body)
    assert answered.json()["state"] == "executed", answered.text
    [promise] = order_of(stage, placed)["promises"]
    assert datetime.fromisoformat(promise["first"]["latest_at"]) == date
    evidence = stage.call("GET", f"/v1/decisions/{asked['id']}").json()["evidence"]
    assert (evidence["channel"], evidence["answer"], evidence["attachments"]) == ("link", "date", [MAIL])
    assert datetime.fromisoformat(evidence["date"]) == date
    assert_clean(stage.database)


def test_a_store_answers_with_its_own_key_what_it_is_asked_and_nothing_else(stage: Stage) -> None:
    stage.engine.run(PutSkus(skus=(Sku("ONE", "One of them"),)))
    for location in ("lyon", "lille"):
        stage.engine.run(AdjustStock(sku="ONE", location=location, quantity=2, reason="received"))
    placed = stage.place("STORE-1", 2, lines=[{"sku": "ONE", "quantity": 2, "unit_price_minor": 2000}])
    stage.allocate(placed["id"], 2)
    asked = ask(stage, placed["id"], cause="late_work", fulfillment=1)
    for location in ("lyon", "lille"):
        stage.make_key(location, "fulfillments:read", "fulfillments:write", locations=[location])
    items = stage.call("GET", "/v1/locations/lyon/decisions", "lyon").json()["items"]
    assert asked["id"] in [each["id"] for each in items]
    assert stage.call("GET", "/v1/locations/lyon/decisions", "lille").status_code == 403
    path = f"/v1/locations/{{}}/decisions/{asked['id']}/answer"
    body = {"option": "reject", "reason": "flooded"}
    assert stage.call("POST", path.format("lyon"), "lille", json=body).status_code == 403
    assert stage.call("POST", path.format("lille"), "lille", json=body).json()["code"] == "DECISION_UNKNOWN"
    done = stage.call("POST", path.format("lyon"), "lyon", json=body)
    assert (done.status_code, done.json()["answer"]) == (200, "reject")
    line = order_of(stage, placed)["lines"][0]
    assert (line["units"], line["excluded"]) == ({"pooled": 2}, ["lyon"])
    assert_clean(stage.database)


def test_who_says_nothing_does_nothing(stage: Stage) -> None:
    placed, asked = late(stage, "SILENT-1")
    later = Engine(stage.database, clock=lambda: datetime.now(UTC) + timedelta(days=30))
    try:
        later.run(LapseDecision(decision=asked["id"], order=OrderId(UUID(placed["id"])), sending=1))
    finally:
        later.close()
    assert order_of(stage, placed)["lines"][0]["excluded"] == ["lyon"]


def test_somebody_else_approves(stage: Stage) -> None:
    placed = stage.place("APPROVE-1", 2, holds=[{"type": "approval", "reason": "taken from SO-7, worth 4,000"}])
    asked = ask(stage, placed["number"], cause="approval", hold=1)
    assert (asked["to"], asked["default"]) == ("approver", "keep")
    assert "worth 4,000" in asked["question"]
    path = f"/v1/decisions/{asked['id']}/answer"
    own = stage.call("POST", path, json={"option": "approve", "reason": "it is fine"})
    assert (own.status_code, own.json()["code"]) == (409, "OWN_QUESTION")
    link = stage.call("POST", f"/v1/decisions/{asked['id']}/links")
    assert (link.status_code, link.json()["code"]) == (409, "OWN_QUESTION")
    lifted = stage.call("DELETE", f"/v1/orders/{placed['number']}/holds/1")
    assert (lifted.status_code, lifted.json()["code"]) == (403, "HOLD_NOT_YOURS")
    stage.make_key("chief", "orders:write", "orders:read")
    done = stage.call("POST", path, "chief", json={"option": "approve", "reason": "worth it", "attachments": [MAIL]})
    assert done.json()["state"] == "executed", done.text
    assert done.json()["evidence"]["by"] == "chief"
    assert "holds" not in order_of(stage, placed)
    again = ask(stage, placed["number"], 404, cause="approval", hold=1)
    assert again["code"] == "HOLD_UNKNOWN"


def test_what_is_no_question_is_refused(stage: Stage) -> None:
    placed = stage.place("NONE-1", 1)
    for about, status, code, field in (
        ({"cause": "late_work", "fulfillment": 7}, 404, "FULFILLMENT_UNKNOWN", "fulfillment"),
        ({"cause": "approval", "hold": 3}, 404, "HOLD_UNKNOWN", "hold"),
        ({"cause": "delay"}, 409, "NOTHING_TO_DO", "cause"),
        ({"cause": "delay", "lines": [1, 9]}, 422, "LINE_UNKNOWN", "line"),
        ({"cause": "delay", "lines": [1, 1]}, 422, "LINE_REPEATED", "lines[1].line"),
        ({"cause": "delay", "lines": [1], "latest_at": "2030-01-01T00:00:00"}, 422, "TIME_NOT_AWARE", "latest_at"),
        (
            {"cause": "delay", "lines": [1], "latest_at": "9999-12-31T23:59:59-14:00"},
            422, "TIME_OUT_OF_RANGE", "latest_at",
        ),
    ):  # fmt: skip
        told = ask(stage, placed["number"], status, **about)
        assert (told["code"], told["field"]) == (code, field)
    asked = ask(stage, placed["number"], cause="delay", lines=[1])
    assert asked["to"] == "customer"
    assert stage.call("POST", f"/v1/decisions/{asked['id']}/links").json()["code"] == "DECISION_STATE"
    wrong = {"cause": "delay", "lines": [1], "attachments": [{"title": "x", "url": "javascript:alert(1)"}]}
    assert ask(stage, stage.place("NONE-2", 1)["number"], 422, **wrong)["code"] == "TEXT_NOT_ACCEPTABLE"
