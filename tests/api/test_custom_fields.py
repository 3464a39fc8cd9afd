"""Custom fields: defined with a type, held to it, and found by."""

from typing import Any

import pytest

from api.stage import ADDRESS, Stage, order
from orderline.engine.verifying import verify

SEASONS = {"type": "choice", "choices": ["summer", "winter"], "indexed": True}


def define(stage: Stage, code: str, **about: Any) -> int:
    answer = stage.call("PUT", f"/v1/custom-fields/{code}", json=about)
    return answer.status_code


@pytest.fixture
def fields(stage: Stage) -> Any:
    """Definitions for the test, taken back at its end: others put on orders what they like."""
    made = {
        "order/season": SEASONS,
        "order/crm_id": {"type": "int", "indexed": True},
        "order/vip": {"type": "bool", "indexed": True},
        "order/remark": {"type": "text", "indexed": True},
        "order/hidden": {"type": "text"},
        "line/engraving": {"type": "text", "required": True},
        "group/floor": {"type": "int"},
    }
    for code, about in made.items():
        assert define(stage, code, **about) == 200
    yield made
    for code, about in made.items():
        assert define(stage, code, **about, active=False) == 200


def line(**custom: Any) -> dict[str, Any]:
    return {"sku": "TEE-M", "quantity": 1, "unit_price_minor": 2000, "custom": {"engraving": "A.L."} | custom}


def asked(name: str, *, of_line: Any = None, of_group: Any = None, **custom: Any) -> dict[str, Any]:
    groups = [{"address": ADDRESS, "custom": of_group or {}}]
    return order(name, custom=custom, lines=[line() if of_line is None else of_line], groups=groups)


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"saeson": "summer"},                               "CUSTOM_FIELD_UNKNOWN",  "custom.saeson"),
    ({"season": "autumn"},                               "CUSTOM_FIELD_MISTYPED", "custom.season"),
    ({"crm_id": "4711"},                                 "CUSTOM_FIELD_MISTYPED", "custom.crm_id"),
    ({"crm_id": True},                                   "CUSTOM_FIELD_MISTYPED", "custom.crm_id"),
    ({"vip": 1},                                         "CUSTOM_FIELD_MISTYPED", "custom.vip"),
    ({"remark": "x" * 101},                              "CUSTOM_FIELD_MISTYPED", "custom.remark"),
    ({"of_line": line(engraving="")},                    "FIELD_REQUIRED",        "lines[0].custom.engraving"),
    ({"of_line": line(color="red")},                     "CUSTOM_FIELD_UNKNOWN",  "lines[0].custom.color"),
    ({"of_group": {"floor": "second"}},                  "CUSTOM_FIELD_MISTYPED", "groups[0].custom.floor"),
]  # fmt: skip


@pytest.mark.parametrize(("about", "code", "field"), WRONG, ids=[f"{row[2]}-{row[1]}" for row in WRONG])
def test_what_is_not_as_defined_is_refused(
    stage: Stage, fields: Any, about: dict[str, Any], code: str, field: str
) -> None:
    answer = stage.call("POST", "/v1/orders", json=asked("wrong", **about))
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["field"]) == (422, code, field)


def found(stage: Stage, query: str) -> set[str]:
    answer = stage.call("GET", f"/v1/orders?{query}")
    assert answer.status_code == 200, answer.text
    return {each["external_id"] for each in answer.json()["items"]}


def test_orders_are_found_by_their_fields(stage: Stage, fields: Any) -> None:
    for name, custom in (
        ("field-1", {"season": "summer", "crm_id": 7}),
        ("field-2", {"season": "summer", "crm_id": 8, "vip": True}),
        ("field-3", {"season": "winter", "remark": "Ünïcode & more", "hidden": "x" * 500}),
    ):
        answer = stage.call("POST", "/v1/orders", json=asked(name, of_group={"floor": 2}, **custom))
        assert answer.status_code == 201, answer.text
    assert found(stage, "custom.season=summer") == {"field-1", "field-2"}
    assert found(stage, "custom.season=summer&custom.crm_id=7") == {"field-1"}
    assert found(stage, "custom.season=winter&custom.crm_id=7") == set()
    assert found(stage, "custom.vip=true&channel=web") == {"field-2"}
    assert found(stage, "custom.vip=true&channel=shop") == set()
    assert found(stage, "custom.remark=%C3%9Cn%C3%AFcode%20%26%20more") == {"field-3"}
    read = stage.call("GET", "/v1/orders?number=" + placed_number(stage, "field-1")).json()["items"][0]
    answer = stage.call("PATCH", f"/v1/orders/{read['id']}", json={"custom": {"season": "winter"}})
    assert answer.status_code == 200, answer.text
    assert found(stage, "custom.season=winter") == {"field-1", "field-3"}
    assert found(stage, "custom.crm_id=7") == set()
    answer = stage.call("PATCH", f"/v1/orders/{read['id']}", json={"custom": {"season": 7}})
    assert answer.status_code == 422, answer.text
    assert (answer.status_code, answer.json()["code"]) == (422, "CUSTOM_FIELD_MISTYPED"), answer.text
    assert [each for each in verify(stage.database).invariants if each.faults] == []


def placed_number(stage: Stage, external_id: str) -> str:
    return stage.call("GET", f"/v1/orders?external_id={external_id}").json()["items"][0]["number"]


@pytest.mark.parametrize(
    "query",
    ["custom.nothing=1", "custom.hidden=x", "custom.season=autumn", "custom.crm_id=many", "custom.vip=perhaps",
     "custom=1", "custom.=1", "custom.season=summer&custom.season=winter"],
)  # fmt: skip
def test_what_can_not_be_asked_for_is_refused(stage: Stage, fields: Any, query: str) -> None:
    answer = stage.call("GET", f"/v1/orders?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "INPUT_INVALID"), answer.text


DEFINITIONS: list[tuple[str, dict[str, Any], int, str]] = [
    ("order/7up",     {"type": "text"},                                  422, "CUSTOM_FIELD_NOT_ACCEPTABLE"),
    ("order/color",   {"type": "choice"},                                422, "CUSTOM_FIELD_NOT_ACCEPTABLE"),
    ("order/color",   {"type": "text", "choices": ["red"]},              422, "CUSTOM_FIELD_NOT_ACCEPTABLE"),
    ("order/color",   {"type": "choice", "choices": ["red", "red"]},     422, "CUSTOM_FIELD_NOT_ACCEPTABLE"),
    ("line/color",    {"type": "text", "indexed": True},                 422, "CUSTOM_FIELD_NOT_ACCEPTABLE"),
    ("parcel/color",  {"type": "text"},                                  422, "INPUT_INVALID"),
    ("order/color",   {"type": "color"},                                 422, "INPUT_INVALID"),
    ("order/season",  {"type": "text"},                                  409, "CUSTOM_FIELD_CHANGES_TYPE"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "about", "status", "refusal"), DEFINITIONS)
def test_what_can_not_be_defined_is_refused(
    stage: Stage, fields: Any, code: str, about: dict[str, Any], status: int, refusal: str
) -> None:
    answer = stage.call("PUT", f"/v1/custom-fields/{code}", json=about)
    assert (answer.status_code, answer.json()["code"]) == (status, refusal)


def test_definitions_are_listed_and_belong_to_everybody(stage: Stage, fields: Any) -> None:
    listed = {f"{each['on']}/{each['name']}": each for each in stage.call("GET", "/v1/custom-fields").json()["items"]}
    assert set(fields) <= set(listed)
    assert listed["order/season"]["choices"] == ["summer", "winter"]
    stage.make_key("web fields", "settings:write", channels=("web",))
    assert stage.call("PUT", "/v1/custom-fields/order/season", "web fields", json=SEASONS).status_code == 403


def test_without_definitions_any_field_is_taken(stage: Stage) -> None:
    answer = stage.call("POST", "/v1/orders", json=order("free-fields", custom={"any": 1, "thing": "x" * 900}))
    assert answer.status_code == 201, answer.text
