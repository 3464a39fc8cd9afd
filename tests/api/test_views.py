"""Views of lists over HTTP: kept, changed, removed, and told."""

from typing import Any

import pytest

from api.stage import Stage

VIEW = {"name": "Blocked on the web", "path": "/orders", "query": "phase=blocked&channel=web"}


def test_a_view_is_kept_changed_and_removed(stage: Stage) -> None:
    kept = stage.call("PUT", "/v1/views/orders:blocked", json=VIEW)
    assert kept.status_code == 200, kept.text
    assert kept.json()["query"] == VIEW["query"]
    again = stage.call("PUT", "/v1/views/orders:blocked", json=VIEW)
    assert again.json()["version"] == kept.json()["version"], "nothing has changed"
    changed = stage.call("PUT", "/v1/views/orders:blocked", json=VIEW | {"query": "phase=blocked"})
    assert changed.json()["query"] == "phase=blocked"
    assert [each["id"] for each in stage.call("GET", "/v1/views?state=kept").json()["items"]] == ["orders:blocked"]
    removed = stage.call("POST", "/v1/views/orders:blocked/removal", json={})
    assert removed.json()["state"] == "removed"
    assert stage.call("GET", "/v1/views?state=kept").json()["items"] == []
    back = stage.call("PUT", "/v1/views/orders:blocked", json=VIEW)
    assert back.json().get("state", "kept") == "kept"
    history = stage.call("GET", "/v1/views/orders:blocked/history").json()["items"]
    path, walked = "/v1/views/orders:blocked/history?newest=true&limit=1", list[dict[str, Any]]()
    told = stage.call("GET", path).json()
    while told["next"]:
        walked += told["items"]
        told = stage.call("GET", f"{path}&cursor={told['next']}").json()
    assert [*walked, *told["items"]] == history[::-1]
    assert len(history) > 1
    first = stage.call("GET", "/v1/views/orders:blocked/history?limit=1").json()
    rest = stage.call("GET", f"/v1/views/orders:blocked/history?cursor={first['next']}").json()
    assert ([*first["items"], *rest["items"]], rest["next"]) == (history, None)
    assert [each["events"][0]["event"] for each in history] == ["view_kept", "view_kept", "view_removed", "view_kept"]


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"name": " "}, "FIELD_REQUIRED", "name"),
        ({"name": "x" * 61}, "TEXT_NOT_ACCEPTABLE", "name"),
        ({"path": "https://elsewhere.test/"}, "VIEW_NOT_ACCEPTABLE", "path"),
        ({"path": "//elsewhere.test"}, "VIEW_NOT_ACCEPTABLE", "path"),
        ({"query": "q=ann%40example.com"}, "VIEW_NOT_ACCEPTABLE", "query"),
        ({"query": "q=ann@example.com"}, "VIEW_NOT_ACCEPTABLE", "query"),
        ({"query": "x=<b>"}, "VIEW_NOT_ACCEPTABLE", "query"),
        ({"query": "x" * 1_001}, "VIEW_NOT_ACCEPTABLE", "query"),
    ],
)
def test_what_is_no_view_is_refused(stage: Stage, change: dict[str, str], code: str, field: str) -> None:
    answer = stage.call("PUT", "/v1/views/odd", json=VIEW | change)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, code, field)


def test_there_has_to_be_one(stage: Stage) -> None:
    assert stage.call("POST", "/v1/views/none/removal", json={}).json()["code"] == "VIEW_UNKNOWN"
    assert stage.call("PUT", "/v1/views/x", "orders:read", json=VIEW).status_code == 403
