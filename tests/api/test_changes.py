"""Change sets over HTTP: seen, made at the version that was seen, undone; and what the database says of it."""

from api.stage import ADDRESS, Stage
from orderline.core.decisions.links import DECISION_LINKS, token_of
from orderline.store.secrets import secret_of
from support.engines import assert_clean

BODY = {
    "reason": "on the phone",
    "actions": [
        {"action": "remove_units", "line": 1, "quantity": 1},
        {"action": "add_line", "line": {"sku": "SET", "quantity": 1, "unit_price_minor": 3500}},
        {"action": "add_line", "line": {"sku": "TEE-L", "quantity": 4, "unit_price_minor": 2100}},
        {"action": "change_address", "address": ADDRESS | {"name": "Bob Lee"}},
        {"action": "add_charge", "charge": {"kind": "express", "amount_minor": 900}},
    ],
}


def test_a_change_is_seen_made_and_undone(stage: Stage) -> None:
    placed = stage.place("CHANGE-1", 3)
    stage.allocate(placed["id"], 3)
    path = f"/v1/orders/{placed['id']}/changes"
    shown = stage.call("POST", "/v1/previews", json={"command": "change_order", "order": placed["number"]} | BODY)
    assert shown.status_code == 200, shown.text
    difference = shown.json()["difference"]
    assert (difference["due_before_minor"], difference["due_minor"]) == (6000, 4000 + 3500 + 8400 + 900)
    assert difference["taken_away"] == [1]
    made = stage.call("POST", path, json=BODY | {"expected_version": difference["version"]})
    assert made.status_code == 200, made.text
    late = stage.call("POST", path, json=BODY | {"expected_version": difference["version"]})
    assert (late.status_code, late.json()["code"]) == (409, "VERSION_STALE")
    found = stage.call("GET", path).json()
    assert [each["number"] for each in found["agreements"]] == [1, 2]
    assert {each["cancel"] for each in found["windows"]} == {"at_once"}
    assert {each["name"]: each["allowed"] for each in found["actions"]}["undo_change"] is True
    assert_clean(stage.database)
    undone = stage.call(
        "POST", f"/v1/orders/{placed['id']}/undone-changes", json={"reason": "a mistake", "agreement": 2}
    )
    assert undone.status_code == 200, undone.text
    order = stage.call("GET", f"/v1/orders/{placed['id']}").json()["order"]
    assert order["agreements"][-1]["groups"] == order["agreements"][0]["groups"]
    assert sum(line["units"].get("pooled", 0) for line in order["lines"]) == 3
    assert_clean(stage.database)


def test_a_refused_action_is_named_and_nothing_is_done(stage: Stage) -> None:
    placed = stage.place("CHANGE-2", 1)
    actions = [*BODY["actions"], {"action": "change_pickup", "pickup_location": "lyon"}]
    refused = stage.call("POST", f"/v1/orders/{placed['id']}/changes", json={"reason": "x", "actions": actions[1:]})
    assert (refused.status_code, refused.json()["code"]) == (422, "PICKUP_LOCATION_UNKNOWN")
    assert refused.json()["field"] == "actions[4].pickup_location"
    assert len(stage.call("GET", f"/v1/orders/{placed['id']}/changes").json()["agreements"]) == 1
    odd = stage.call("POST", f"/v1/orders/{placed['id']}/changes", json={"reason": "x", "actions": [{"action": "fly"}]})
    assert odd.status_code == 422
    moved = [{"action": "change_pickup", "pickup_location": "paris"}]
    assert (
        stage.call("POST", f"/v1/orders/{placed['id']}/changes", json={"reason": "x", "actions": moved}).status_code
        == 200
    )
    assert_clean(stage.database)


def test_what_is_added_can_be_pegged_moved_and_taken_away(stage: Stage) -> None:
    placed = stage.place("CHANGE-3", 2)
    stage.allocate(placed["id"], 2)
    moved = [{"action": "move_location", "fulfillment": 1}, {"action": "remove_units", "line": 1, "quantity": 1}]
    answer = stage.call("POST", f"/v1/orders/{placed['id']}/changes", json={"reason": "too slow", "actions": moved})
    assert answer.status_code == 200, answer.text
    order = stage.call("GET", f"/v1/orders/{placed['id']}").json()["order"]
    assert (order["lines"][0]["units"]["canceled"], order["lines"][0]["excluded"]) == (1, ["lyon"])
    assert_clean(stage.database)


def test_a_customer_agrees_by_link_to_what_was_proposed_and_to_nothing_else(stage: Stage) -> None:
    placed = stage.place("CHANGE-4", 2)
    path = f"/v1/orders/{placed['id']}"
    add = {"action": "add_line", "line": {"sku": "TEE-L", "quantity": 1, "unit_price_minor": 2100}}
    body = {"reason": "as you asked", "note": "It is the last one.", "actions": [add, {"action": "change_address"}]}
    given = body | {"actions": [add, {"action": "change_address", "address": ADDRESS}]}
    refused = stage.call("POST", f"{path}/proposed-changes", json=given)
    assert (refused.status_code, refused.json()["code"]) == (422, "ADDRESS_GIVEN")
    proposed = stage.call("POST", f"{path}/proposed-changes", json=body)
    assert proposed.status_code == 200, proposed.text
    id_ = proposed.json()["id"]
    nonce = stage.call("GET", f"/v1/decisions/{id_}").json()["nonce"]
    by_link = f"/v1/decisions/by-link/{token_of(secret_of(stage.database, DECISION_LINKS), id_, nonce)}"
    told = stage.call("GET", by_link, key="").json()
    assert "1 x TEE-L at 21.00 EUR more" in told["question"]
    assert [(each["code"], each.get("money_minor", 0)) for each in told["options"]] == [("agree", 2100), ("decline", 0)]
    # meanwhile the price has become another: the yes is to be given to that
    dearer = [{"action": "change_price", "line": 1, "unit_price_minor": 2500}]
    assert stage.call("POST", f"{path}/changes", json={"reason": "x", "actions": dearer}).status_code == 200
    answer = {"option": "agree", "address": ADDRESS | {"name": "Bob Lee"}}
    answered = stage.call("POST", by_link, key="", json=answer)
    assert answered.status_code == 200, answered.text
    order = stage.call("GET", path).json()["order"]
    assert [each["total_minor"] for each in order["agreements"]] == [4000, 5000, 7100]
    assert order["agreements"][-1]["groups"][0]["recipient"] != order["agreements"][0]["groups"][0]["recipient"]
    kept = stage.call("GET", f"/v1/decisions/{id_}")
    assert "Bob" not in kept.text
    assert_clean(stage.database)


def test_a_status_is_told_in_the_words_of_its_channel(stage: Stage) -> None:
    placed = stage.place("WORDS-1", 1)
    told = stage.call("GET", f"/v1/orders/{placed['number']}/status")
    assert told.status_code == 200, told.text
    said = told.json()
    words = stage.call("GET", f"/v1/channels/{said['channel']}/status-words").json()["words"]
    assert all(
        said[axis] == words[f"{axis}.{said['status'][axis]}"] for axis in ("phase", "payment", "fulfillment", "returns")
    )
    assert stage.call("GET", "/v1/orders/SO-0/status").status_code == 404


def test_deliveries_of_an_order_are_agreed_for_several_times(stage: Stage) -> None:
    stage.place("CHANGE-STOCK", 1)
    line = {"sku": "TEE-M", "quantity": 1, "unit_price_minor": 2000}
    later = {"address": ADDRESS, "release_at": "2099-01-11T00:00:00Z", "promised_by": "2099-01-15T00:00:00Z"}
    body = {
        "channel": "web", "external_id": "SCHEDULE-1", "currency": "EUR", "total_minor": 4000,
        "groups": [{"group": 1, "address": ADDRESS}, {"group": 2, **later}],
        "lines": [{**line, "group": 1}, {**line, "group": 2}],
    }  # fmt: skip
    placed = stage.call("POST", "/v1/orders", json=body)
    assert placed.status_code == 201, placed.text
    path = f"/v1/orders/{placed.json()['id']}"
    [hold] = stage.call("GET", path).json()["order"]["holds"]
    assert (hold["type"], hold["line"], hold["due_at"]) == ("schedule", 2, "2099-01-11T00:00:00Z")
    action = {"action": "reschedule", "group": 2, "release_at": "2099-03-01T00:00:00Z"}
    changed = stage.call("POST", f"{path}/changes", json={"reason": "not yet", "actions": [action]})
    assert changed.status_code == 200, changed.text
    [hold] = stage.call("GET", path).json()["order"]["holds"]
    assert hold["due_at"] == "2099-03-01T00:00:00Z"
    assert_clean(stage.database)
    now = stage.call(
        "POST", f"{path}/changes", json={"reason": "now", "actions": [{"action": "reschedule", "group": 2}]}
    )
    assert now.status_code == 200, now.text
    assert stage.call("GET", path).json()["order"].get("holds", []) == []
    assert_clean(stage.database)


def test_what_is_written_to_a_gift_is_agreed(stage: Stage) -> None:
    placed = stage.place("CHANGE-GIFT")
    path = f"/v1/orders/{placed['id']}/changes"
    said = {"reason": "on the phone", "actions": [{"action": "gift", "gift": True, "messages": {"1": "For you"}}]}
    made = stage.call("POST", path, json=said)
    assert made.status_code == 200, made.text
    agreed = stage.call("GET", path).json()["agreements"][-1]
    assert (agreed["lines"][0]["gift_message"], agreed["groups"][0]["gift"]) == ("For you", True)
    wrong = {"reason": "on the phone", "actions": [{"action": "gift", "messages": {"7": "For you"}}]}
    refused = stage.call("POST", path, json=wrong)
    assert (refused.status_code, refused.json()["code"], refused.json()["value"]) == (422, "LINE_UNKNOWN", "7")
