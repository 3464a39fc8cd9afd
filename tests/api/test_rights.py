"""Who may do what: every operation with no key, a wrong one, one without the right, and one with it."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from api.stage import Stage, order
from orderline.api import keyring
from orderline.api.app import ApiApplication, Asked
from orderline.api.calls import GRANTABLE, Answer, Call, Operation, Right
from orderline.api.operations import OPERATIONS
from orderline.store.access import Access
from orderline.values.failures import Refused

KEYED = [each for each in OPERATIONS if each.right in GRANTABLE]
OPEN = [each for each in OPERATIONS if each.right not in GRANTABLE]
# For whoever has a link, for partners who have signed what they say, and what says nothing that is not for everybody.
NO_RIGHT = {
    "read_draft_order_by_link", "answer_draft_order_by_link", "read_order_by_link", "cancel_by_link",
    "change_address_by_link", "read_return_label_by_link", "return_by_link", "quote_return_by_link", "read_decision_by_link",
    "answer_decision_by_link", "take_in_facts", "read_health", "read_readiness", "read_openapi",
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def guessing() -> Iterator[None]:
    """As many wrong keys as there are operations."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keyring, "UNKNOWN_AT_ONCE", 100_000)
        yield


def path_of(operation: Operation) -> str:
    return re.sub(r"\{\w+\}", "01890a5d-ac96-774b-bcce-b302099a8057", operation.path)


@pytest.mark.parametrize("operation", KEYED, ids=lambda each: each.name)
def test_an_operation_is_for_keys_with_its_right(stage: Stage, operation: Operation) -> None:
    def status(key: str) -> tuple[int, str]:
        answer = stage.call(operation.method, path_of(operation), key)
        problem = answer.headers["content-type"].endswith("problem+json") if answer.content else False
        return answer.status_code, answer.json()["code"] if problem else ""

    stage.secrets["unknown"] = "ol_abcdefghijkm_" + "x" * 43
    stage.secrets["no key"] = "hello"
    other = next(right for right in GRANTABLE if right not in (operation.right, Right.ADMIN))
    assert status("") == (401, "KEY_MISSING")
    assert status("unknown") == (401, "KEY_INVALID")
    assert status("no key") == (401, "KEY_INVALID")
    assert status(other.value) == (403, "RIGHT_MISSING")
    assert status(operation.right.value)[0] not in (401, 403, 500)
    assert status("admin")[0] not in (401, 403, 500)


def test_no_right_opens_an_operation_of_another(stage: Stage) -> None:
    """Every operation with every right that it does not ask for, alone and together with all others that it does not."""

    async def asked() -> list[str]:
        found: list[str] = []
        app: Any = stage.app
        for operation in KEYED:
            others = [right.value for right in GRANTABLE if right not in (operation.right, Right.ADMIN)]
            for scopes in (*({each} for each in others), set(others), set[str]()):
                access = Access("matrix", "matrix", frozenset(scopes))
                try:
                    await app.perform(Asked(access=access, method=operation.method, target=path_of(operation)))
                    found.append(f"{operation.name} by {sorted(scopes)}")
                except Refused as refused:
                    if refused.code != "RIGHT_MISSING":
                        found.append(f"{operation.name} by {sorted(scopes)}: {refused.code}")
        return found

    assert stage.client.run(asked()) == []


def test_an_operation_is_granted_alone_and_taken_away_alone(stage: Stage) -> None:
    """Each by its own name and no other; and each taken away from its area, and from an administrator, and no other."""

    served: Any = stage.app

    async def done(call: Call[Any, Any]) -> Answer:
        return Answer()

    app = ApiApplication(served.services, [replace(each, handler=done) for each in KEYED])

    async def refused(operation: Operation, *scopes: str) -> bool:
        access = Access("matrix", "matrix", frozenset(scopes), channels=frozenset({"none"}))
        try:
            await app.perform(Asked(access=access, method=operation.method, target=path_of(operation), body=b"x"))
        except Refused as why:
            return why.code == "RIGHT_MISSING" and why.facts["operation"] == operation.name
        return False

    async def asked() -> list[str]:
        found: list[str] = []
        names = {each.name for each in KEYED}
        for operation in KEYED:
            name, area = operation.name, operation.right.value
            others, taken = sorted(names - {name}), sorted(f"-{each}" for each in names - {name, *operation.does})
            cases = {
                "granted alone": (False, (name,)), "all others granted": (True, others),
                "taken away alone": (True, (area, f"-{name}")), "all others taken away": (False, (area, *taken)),
                "taken from an administrator": (True, ("admin", f"-{name}")), "granted and taken": (True, (name, f"-{name}")),
                "named by a part of its name": (True, (name[:-1], f"{name}x")),
            } | {f"without {part}": (True, (area, f"-{part}")) for part in operation.does}  # fmt: skip
            found += [
                f"{name}: {what}" for what, (no, had) in cases.items() if await refused(operation, *had) is not no
            ]
        return found

    assert stage.client.run(asked()) == []


def test_an_operation_that_asks_for_no_right_is_found(stage: Stage) -> None:
    [operation] = [each for each in KEYED if each.name == "list_audit"]
    served: Any = stage.app
    app = ApiApplication(served.services, [replace(operation, right=Right.PUBLIC)])
    access = Access("matrix", "matrix", frozenset())
    answer = stage.client.run(app.perform(Asked(access=access, method="GET", target=operation.path)))
    assert answer.status == 200, "nothing but its row says for whom it is"
    assert {each.name for each in OPEN} == NO_RIGHT


@pytest.mark.parametrize("operation", OPEN, ids=lambda each: each.name)
def test_an_open_operation_asks_for_no_key(stage: Stage, operation: Operation) -> None:
    assert stage.call(operation.method, path_of(operation), "").status_code not in (401, 403, 500)


def test_what_is_taken_away_is_no_part_of_a_change_either(stage: Stage) -> None:
    stage.make_key("no cancels", "orders:write", "-cancel_units")
    order = stage.place("part-1", 2)
    for path in ("changes", "proposed-changes"):
        body = {"reason": "x", "actions": [{"action": "remove_units", "line": 1, "quantity": 1}]}
        answer = stage.call("POST", f"/v1/orders/{order['id']}/{path}", "no cancels", json=body)
        assert (answer.status_code, answer.json()["facts"]["operation"]) == (403, "cancel_units")
    charge = {"action": "add_charge", "charge": {"kind": "shipping", "amount_minor": 100}}
    body = {"reason": "x", "actions": [charge]}
    answer = stage.call("POST", f"/v1/orders/{order['id']}/changes", "no cancels", json=body)
    assert answer.status_code == 200, answer.text


def test_a_missing_key_is_told_how_to_be_sent(stage: Stage) -> None:
    assert stage.call("GET", "/v1/keys", "").headers["www-authenticate"] == "Bearer"


@pytest.fixture(scope="module")
def web_only(stage: Stage) -> str:
    stage.make_key("web only", "orders:read", "orders:write", "settings:write", channels=("web",))
    return "web only"


def test_a_key_of_one_channel_places_orders_there_and_nowhere_else(stage: Stage, web_only: str) -> None:
    assert stage.call("POST", "/v1/orders", web_only, json=order("scoped-1")).status_code == 201
    answer = stage.call("POST", "/v1/orders", web_only, json=order("scoped-2", channel="shop"))
    assert (answer.status_code, answer.json()["code"]) == (403, "CHANNEL_NOT_YOURS")
    bulk = {"items": [order("scoped-3"), order("scoped-4", channel="shop")]}
    items = stage.call("POST", "/v1/orders/bulk", web_only, json=bulk).json()["items"]
    assert [(each["status"], each.get("code")) for each in items] == [(201, None), (403, "CHANNEL_NOT_YOURS")]


def test_a_key_of_one_channel_can_not_tell_orders_of_others_from_none(stage: Stage, web_only: str) -> None:
    mine, other = stage.place("scoped-5"), stage.place("scoped-6", channel="shop")
    for reference in (other["id"], other["number"]):
        for path, body in (("cancellations", {"reason": "x"}), ("notes", {"text": "x"})):
            answer = stage.call("POST", f"/v1/orders/{reference}/{path}", web_only, json=body)
            assert (answer.status_code, answer.json()["code"]) == (404, "ORDER_UNKNOWN")
    for reference in (mine["id"], mine["number"]):
        assert stage.call("POST", f"/v1/orders/{reference}/notes", web_only, json={"text": "x"}).status_code == 200
    link = {"type": "related", "target": other["number"]}
    answer = stage.call("POST", f"/v1/orders/{mine['id']}/links", web_only, json=link)
    assert (answer.status_code, answer.json()["field"]) == (404, "target")
    bulk = {"items": [{"order": other["id"], "reason": "x"}, {"order": mine["id"], "reason": "x"}]}
    items = stage.call("POST", "/v1/bulk/cancellations", web_only, json=bulk).json()["items"]
    assert [each["status"] for each in items] == [404, 200]
    body = {"command": "cancel_units", "order": other["id"], "reason": "x"}
    assert stage.call("POST", "/v1/previews", web_only, json=body).status_code == 404
    body = {"command": "link_orders", "order": mine["id"], "target": other["id"], "type": "related"}
    answer = stage.call("POST", "/v1/previews", web_only, json=body)
    assert (answer.status_code, answer.json().get("field")) == (404, "target")


def test_a_key_of_one_channel_gives_up_no_cart_of_another(stage: Stage, web_only: str) -> None:
    path = "/v1/carts/01890a5d-ac96-774b-bcce-b302099a8057"
    body = {"channel": "shop", "lines": [{"sku": "TEE-M", "quantity": 1}]}
    assert stage.call("PUT", path, json=body).status_code == 200
    answer = stage.call("DELETE", path, web_only)
    assert (answer.status_code, answer.json().get("code")) == (404, "CART_UNKNOWN")
    assert stage.call("DELETE", path).status_code == 200


def test_a_key_of_one_channel_hears_of_nothing_by_webhook(stage: Stage, web_only: str) -> None:
    answer = stage.call("POST", "/v1/subscriptions", web_only, json={"url": "https://example.com"})
    assert answer.status_code == 403


def test_a_key_of_one_location_hears_of_nothing_by_webhook(stage: Stage) -> None:
    stage.make_key("lyon settings", "settings:write", locations=("lyon",))
    answer = stage.call("POST", "/v1/subscriptions", "lyon settings", json={"url": "https://example.com"})
    assert (answer.status_code, answer.json()["code"]) == (403, "LOCATION_NOT_YOURS")


def test_a_key_of_some_channels_or_locations_sees_and_ends_no_subscription(stage: Stage) -> None:
    made = stage.call("POST", "/v1/subscriptions", json={"url": "https://example.com/all"}).json()
    path = f"/v1/subscriptions/{made['id']}"
    for key, scope in (("web desk", {"channels": ("web",)}), ("lille desk", {"locations": ("lille",)})):
        stage.make_key(key, "settings:read", "settings:write", **scope)
        assert stage.call("DELETE", path, key).status_code == 403
        assert stage.call("GET", "/v1/subscriptions", key).status_code == 403
    assert stage.call("DELETE", path).status_code == 204


def test_a_key_of_one_location_changes_no_pool(stage: Stage) -> None:
    stage.make_key("lyon pools", "settings:write", locations=("lyon",))
    answer = stage.call("PUT", "/v1/pools/central", "lyon pools", json={"name": "mine"})
    assert (answer.status_code, answer.json()["code"]) == (403, "LOCATION_NOT_YOURS")


def test_a_key_of_one_location_works_there_and_nowhere_else(stage: Stage) -> None:
    stage.make_key("paris only", "fulfillments:write", "stock:write", locations=("paris",))
    placed = stage.place("scoped-7")
    stage.allocate(placed["id"])
    path = f"/v1/orders/{placed['id']}/fulfillments/1/acceptances"
    answer = stage.call("POST", path, "paris only")
    assert (answer.status_code, answer.json()["code"]) == (403, "LOCATION_NOT_YOURS")
    assert stage.call("POST", path.replace("/1/", "/2/"), "paris only").status_code == 404
    assert stage.call("POST", path, "fulfillments:write").status_code == 200
    for location, status in (("lyon", 403), ("paris", 200)):
        body = {"sku": "TEE-M", "location": location, "quantity": 1, "reason": "found"}
        assert stage.call("POST", "/v1/stock/adjustments", "paris only", json=body).status_code == status
        path = f"/v1/stock/TEE-M/{location}/safety"
        assert stage.call("PUT", path, "paris only", json={"safety": 1}).status_code == status
    feed = "sku,location,quantity\nTEE-M,lyon,1\nTEE-M,paris,5\n"
    told = stage.call("POST", "/v1/stock/feeds/paris?sequence=1", "paris only", content=feed).json()
    assert (told["refused"], told["refusals"][0]["code"]) == (1, "LOCATION_NOT_YOURS")


def test_a_key_of_one_location_changes_no_order_that_it_can_not_read(stage: Stage) -> None:
    stage.make_key("paris desk", "orders:read", "orders:write", locations=("paris",))
    stage.make_key("lyon desk", "orders:read", "orders:write", locations=("lyon",))
    placed = stage.place("scoped-8")
    stage.allocate(placed["id"])
    work = stage.call("GET", f"/v1/orders/{placed['id']}").json()["order"]["fulfillments"]
    assert [each["location"] for each in work] == ["lyon"]
    for reference in (placed["id"], placed["number"]):
        path = f"/v1/orders/{reference}"
        for key, status in (("paris desk", 404), ("lyon desk", 200)):
            assert stage.call("GET", path, key).status_code == status
            assert stage.call("POST", f"{path}/notes", key, json={"text": "x"}).status_code == status
            assert stage.call("POST", f"{path}/holds", key, json={"type": "manual"}).status_code == status
        assert stage.call("POST", f"{path}/cancellations", "paris desk", json={"reason": "x"}).status_code == 404
        bulk = {"items": [{"order": reference, "reason": "x"}]}
        items = stage.call("POST", "/v1/bulk/cancellations", "paris desk", json=bulk).json()["items"]
        assert [each["status"] for each in items] == [404]


def test_orders_served_elsewhere_are_taken_over_by_administrators_alone(stage: Stage) -> None:
    answer = stage.call("POST", "/v1/orders", "orders:write", json=order("old", history=True))
    assert (answer.status_code, answer.json()["field"]) == (403, "history")
