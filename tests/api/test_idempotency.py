"""The same key has one effect and one answer; another input under it is refused."""

import pytest

from api.stage import Stage, order


def test_a_command_under_the_same_key_has_one_effect_and_one_answer(stage: Stage) -> None:
    placed = stage.place("same-key")
    path, headers = f"/v1/orders/{placed['id']}/notes", {"idempotency-key": "note-1"}
    first = stage.call("POST", path, json={"text": "hello"}, headers=headers)
    again = stage.call("POST", path, json={"text": "hello"}, headers=headers)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.content == first.content
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json()["version"] == placed["version"] + 1


def test_another_input_under_the_same_key_is_refused(stage: Stage) -> None:
    placed = stage.place("other-input")
    path, headers = f"/v1/orders/{placed['id']}/notes", {"idempotency-key": "note-2"}
    assert stage.call("POST", path, json={"text": "hello"}, headers=headers).status_code == 200
    answer = stage.call("POST", path, json={"text": "goodbye"}, headers=headers)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "IDEMPOTENCY_KEY_REUSED")
    assert (problem["field"], problem["value"]) == ("Idempotency-Key", "note-2")


def test_another_caller_may_take_the_same_key(stage: Stage) -> None:
    placed = stage.place("two-callers")
    path, headers = f"/v1/orders/{placed['id']}/notes", {"idempotency-key": "note-3"}
    for key in ("admin", "orders:write"):
        answer = stage.call("POST", path, key, json={"text": key}, headers=headers)
        assert answer.status_code == 200
        assert "idempotency-replayed" not in answer.headers


def test_a_key_is_taken_for_orders_too(stage: Stage) -> None:
    headers = {"idempotency-key": "order-1"}
    first = stage.call("POST", "/v1/orders", json=order("keyed"), headers=headers)
    again = stage.call("POST", "/v1/orders", json=order("keyed"), headers=headers)
    assert (again.content, again.headers["location"]) == (first.content, first.headers["location"])
    answer = stage.call("POST", "/v1/orders", json=order("keyed-2"), headers=headers)
    assert answer.json()["code"] == "IDEMPOTENCY_KEY_REUSED"


def test_each_item_of_a_bulk_form_is_done_once(stage: Stage) -> None:
    ids = [stage.place(f"bulk-key-{number}")["id"] for number in range(3)]
    body = {"items": [{"order": id_, "note": "x"} for id_ in ids]}
    headers = {"idempotency-key": "bulk-1"}
    first = stage.call("POST", "/v1/bulk/annotations", json=body, headers=headers).json()
    again = stage.call("POST", "/v1/bulk/annotations", json=body, headers=headers).json()
    assert [each["order"] for each in again["items"]] == [each["order"] for each in first["items"]]
    assert all(each["replayed"] for each in again["items"])


def test_a_key_with_a_secret_is_made_once_and_its_secret_shown_once(stage: Stage) -> None:
    body, headers = {"name": "once", "scopes": ["orders:read"]}, {"idempotency-key": "key-1"}
    assert stage.call("POST", "/v1/keys", json=body, headers=headers).status_code == 201
    answer = stage.call("POST", "/v1/keys", json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "IDEMPOTENCY_KEY_REUSED")
    names = [each["name"] for each in stage.call("GET", "/v1/keys").json()["items"]]
    assert names.count("once") == 1


def test_a_subscription_is_made_once_and_answered_as_at_first(stage: Stage) -> None:
    body, headers = {"url": "https://example.com/once"}, {"idempotency-key": "subscription-1"}
    first = stage.call("POST", "/v1/subscriptions", json=body, headers=headers)
    again = stage.call("POST", "/v1/subscriptions", json=body, headers=headers)
    assert (first.status_code, again.content) == (201, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    for other in ({"url": "https://example.com/other"}, body | {"events": ["order_placed"]}):
        answer = stage.call("POST", "/v1/subscriptions", json=other, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (409, "IDEMPOTENCY_KEY_REUSED")
    urls = [each["url"] for each in stage.call("GET", "/v1/subscriptions").json()["items"]]
    assert urls.count("https://example.com/once") == 1


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 201, "caf\u00e9", "a#b", '"quoted"'])
def test_a_key_of_another_form_is_refused(stage: Stage, key: str) -> None:
    headers = {"idempotency-key": key.encode("latin-1")}
    answer = stage.call("PATCH", "/v1/orders/SO-1", json={"note": "x"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "IDEMPOTENCY_KEY_MALFORMED")


def test_a_quote_whose_answer_was_lost_is_answered_again_though_its_units_are_held_by_now(stage: Stage) -> None:
    stage.call("PUT", "/v1/skus", json={"skus": [{"code": "LAST-ONE"}]})
    one = {"sku": "LAST-ONE", "location": "lyon", "quantity": 1, "reason": "received"}
    stage.call("POST", "/v1/stock/adjustments", json=one)
    body = {
        "channel": "web", "lines": [{"sku": "LAST-ONE", "quantity": 1}], "place": {"country": "FR"},
        "quote_for_s": 600, "hold": True,
    }  # fmt: skip
    headers = {"idempotency-key": "quote-1"}
    first = stage.call("POST", "/v1/promises", json=body, headers=headers)
    assert first.json()["cart_hold"]
    for _ in range(2):
        again = stage.call("POST", "/v1/promises", json=body, headers=headers)
        assert again.content == first.content
        assert again.headers["idempotency-replayed"] == "true"
        stage.call("POST", "/v1/stock/adjustments", json=one)
    other = stage.call("POST", "/v1/promises", json=body | {"hold": False}, headers=headers)
    assert other.json()["code"] == "IDEMPOTENCY_KEY_REUSED"
    unkeyed = stage.call("POST", "/v1/promises", json=body)
    assert unkeyed.json()["quote"] != first.json()["quote"]


def test_a_wave_whose_answer_was_lost_is_answered_again_though_its_work_is_taken_by_now(stage: Stage) -> None:
    stage.allocate(stage.place("waved", 1)["id"], 1)
    headers, body = {"idempotency-key": "wave-1"}, {"location": "lyon", "most": 500}
    first = stage.call("PUT", "/v1/waves/LOST", json=body, headers=headers)
    stage.allocate(stage.place("waved-later", 1)["id"], 1)
    again = stage.call("PUT", "/v1/waves/LOST", json=body, headers=headers)
    assert (first.status_code, again.status_code, again.content) == (200, 200, first.content)
    for path, other in (("/v1/waves/LOST", body | {"most": 2}), ("/v1/waves/OTHER", body)):
        assert stage.call("PUT", path, json=other, headers=headers).json()["code"] == "IDEMPOTENCY_KEY_REUSED"
