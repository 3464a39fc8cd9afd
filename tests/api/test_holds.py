"""Holds over HTTP: resolved by who may, one result per row, and lists that name nobody."""

from typing import Any

from api.stage import ADDRESS, Stage
from orderline.core.holds.state import HoldAuthority
from support.engines import assert_clean


def held(stage: Stage, external_id: str, **hold: Any) -> str:
    """An order with one hold; its number."""
    number = stage.place(external_id)["number"]
    answer = stage.call("POST", f"/v1/orders/{number}/holds", json={"type": "fraud", **hold})
    assert answer.status_code == 200, answer.text
    return number


def shown(stage: Stage, number: str) -> dict[str, Any]:
    return stage.call("GET", f"/v1/orders/{number}").json()["order"]


def made_key(stage: Stage, name: str, **holds: Any) -> None:
    """A key made over HTTP, with what it may do about holds."""
    asked = {"name": name, "scopes": ["orders:read", "orders:write"], "holds": holds}
    answer = stage.call("POST", "/v1/keys", json=asked)
    assert answer.status_code in (200, 201), answer.text
    stage.secrets[name] = answer.json()["secret"]


def test_a_hold_is_rejected_with_what_follows(stage: Stage) -> None:
    number = held(stage, "h-1")
    path = f"/v1/orders/{number}/holds/1/rejection"
    assert stage.call("POST", path, json={"reason": ""}).json()["code"] == "FIELD_REQUIRED"
    assert stage.call("POST", path, json={"reason": "stolen card"}).status_code == 200
    order = shown(stage, number)
    assert "holds" not in order or order["holds"] == []
    assert [line["units"]["canceled"] for line in order["lines"]] == [1]
    assert stage.call("POST", path, json={"reason": "again"}).json()["code"] == "HOLD_UNKNOWN"
    assert_clean(stage.database)


def test_who_may_is_written_in_the_key_and_two_have_to_above_an_amount(stage: Stage) -> None:
    made_key(stage, "support", types=["address"])
    made_key(stage, "risk", roles=["risk"])
    made_key(stage, "chief", roles=["risk"])
    number = held(stage, "h-2", may_release=["risk"], four_eyes_above_minor=1000)
    path = f"/v1/orders/{number}/holds/1"
    refused = stage.call("DELETE", path, key="support")
    assert (refused.status_code, refused.json()["code"]) == (403, "HOLD_NOT_YOURS")
    assert stage.call("DELETE", path, key="risk").status_code == 200
    assert shown(stage, number)["holds"][0]["confirming"]["outcome"] == "released"
    assert stage.call("DELETE", path, key="risk").json()["code"] == "HOLD_CONFIRMED_BY_ANOTHER"
    assert stage.call("DELETE", path, key="chief").status_code == 200
    assert not shown(stage, number).get("holds")


def test_one_person_with_two_keys_is_one(stage: Stage) -> None:
    for name, person in (("desk", "ann"), ("phone", "ann"), ("office", "bob")):
        stage.make_key(name, "orders:write", "orders:read", person=person)
    number = held(stage, "h-2b", four_eyes_above_minor=1000)
    path = f"/v1/orders/{number}/holds/1"
    assert stage.call("DELETE", path, key="desk").status_code == 200
    assert shown(stage, number)["holds"][0]["confirming"]["by"] == "ann"
    assert stage.call("DELETE", path, key="phone").json()["code"] == "HOLD_CONFIRMED_BY_ANOTHER"
    assert stage.call("DELETE", path, key="office").status_code == 200
    assert not shown(stage, number).get("holds")
    people = {each["name"]: each.get("person", "") for each in stage.call("GET", "/v1/keys").json()["items"]}
    assert (people["desk"], people["phone"]) == ("ann", "ann")


def test_many_are_resolved_with_a_result_for_each(stage: Stage) -> None:
    one, two = held(stage, "h-3"), held(stage, "h-4")
    rows = [
        {"order": one, "hold": 1, "outcome": "released", "reason": "known customer"},
        {"order": two, "hold": 1, "outcome": "rejected", "reason": "stolen card"},
        {"order": two, "hold": 9, "outcome": "released", "reason": "no such hold"},
        {"order": "SO-0", "hold": 1, "outcome": "released", "reason": "no such order"},
    ]
    answer = stage.call("POST", "/v1/bulk/resolutions", json={"items": rows})
    assert answer.status_code == 200, answer.text
    assert [each.get("code", "") for each in answer.json()["items"]] == ["", "", "HOLD_UNKNOWN", "ORDER_UNKNOWN"]
    assert [shown(stage, each)["lines"][0]["units"].get("canceled", 0) for each in (one, two)] == [0, 1]


def test_lists_know_people_again_and_name_nobody(stage: Stage) -> None:
    entry = {"side": "block", "kind": "email", "value": "Mallory+x@example.com", "reason": "three chargebacks"}
    put = stage.call("POST", "/v1/list-entries", json=entry)
    assert put.status_code == 200, put.text
    same = stage.call("POST", "/v1/list-entries", json=entry | {"value": "mallory@EXAMPLE.com", "side": "allow"})
    assert same.json()["id"] == put.json()["id"]
    assert same.json()["side"] == "allow"
    assert "mallory" not in put.text.lower()
    wrong = stage.call("POST", "/v1/list-entries", json=entry | {"value": "nobody"})
    assert wrong.json()["code"] == "LIST_VALUE_NOT_ACCEPTABLE"
    path = f"/v1/list-entries/{put.json()['id']}"
    assert stage.call("POST", f"{path}/confirmation", json={}).json()["code"] == "LIST_ENTRY_STATE"
    assert stage.call("POST", f"{path}/removal", json={"reason": "a mistake"}).json()["state"] == "removed"


def test_a_hold_tells_what_promise_it_is_about_to_break(stage: Stage) -> None:
    group = {"address": ADDRESS, "promised_by": "2099-01-02T12:00:00Z"}
    number = stage.place("h-5", groups=[group])["number"]
    hold = {"type": "address", "due_at": "2099-01-01T00:00:00Z", "owner": "night shift"}
    assert stage.call("POST", f"/v1/orders/{number}/holds", json=hold).status_code == 200
    found = stage.call("GET", "/v1/holds").json()["items"]
    [row] = [each for each in found if each["order_number"] == number]
    assert (row["owner"], row["breaks_at"]) == ("night shift", "2099-01-02T12:00:00Z")


def test_a_hold_is_approved_by_nobody_who_may_not_lift_it(stage: Stage) -> None:
    order = stage.place("approve-fraud")["id"]
    assert stage.call("POST", f"/v1/orders/{order}/holds", json={"type": "fraud", "reason": "odd"}).status_code < 300
    for name, types in (("asks", ("address",)), ("may not", ("address",)), ("may", ("fraud",))):
        stage.make_key(name, "orders:write", "orders:read", holds=HoldAuthority(types=types))
    question = {"order": order, "cause": "approval", "hold": 1}
    asked = stage.call("POST", "/v1/decisions", "asks", json=question).json()["id"]
    answer = {"option": "approve", "reason": "a good customer"}
    for path, about in (("answer", {"json": answer}), ("links", {})):
        refused = stage.call("POST", f"/v1/decisions/{asked}/{path}", "may not", **about)
        assert (refused.status_code, refused.json()["code"]) == (403, "HOLD_NOT_YOURS")
    assert stage.call("POST", f"/v1/decisions/{asked}/links", "may").status_code == 200
    lifted = stage.call("POST", f"/v1/decisions/{asked}/answer", "may", json=answer)
    assert (lifted.status_code, lifted.json()["state"]) == (200, "executed"), lifted.text
