"""Bulk forms: one outcome for each item, and none that spoils another."""

from typing import Any

from api.stage import Stage, order


def test_many_orders_are_placed_with_a_verdict_each(stage: Stage) -> None:
    items: list[Any] = [order("many-1"), order("many-2", channel="moon"), {"channel": "web"}, 7, order("many-1")]
    answer = stage.call("POST", "/v1/orders/bulk", json={"items": items})
    told = answer.json()
    assert answer.status_code == 200
    assert (told["accepted"], told["refused"]) == (2, 3)
    assert [each["index"] for each in told["items"]] == [0, 1, 2, 3, 4]
    assert [each["status"] for each in told["items"]] == [201, 422, 422, 422, 201]
    assert [each.get("code") for each in told["items"]][1:4] == ["CHANNEL_UNKNOWN", "INPUT_INVALID", "INPUT_INVALID"]
    assert told["items"][2]["problem"]["field"] == "items[2].external_id"
    assert told["items"][4]["order"] == told["items"][0]["order"]
    assert told["items"][4]["replayed"]


def test_holds_are_placed_and_lifted_in_bulk(stage: Stage) -> None:
    first, second = stage.place("bulk-hold-1"), stage.place("bulk-hold-2")
    holds = [{"order": first["id"], "type": "fraud"}, {"order": second["number"], "type": "mood"}]
    told = stage.call("POST", "/v1/bulk/holds", json={"items": holds}).json()["items"]
    assert [each["status"] for each in told] == [200, 422]
    assert told[0]["order"]["status"]["phase"] == "held"
    releases = [{"order": first["number"], "hold": 1}, {"order": "SO-0", "hold": 1}]
    told = stage.call("POST", "/v1/bulk/releases", json={"items": releases}).json()["items"]
    assert [(each["status"], each.get("code")) for each in told] == [(200, None), (404, "ORDER_UNKNOWN")]


def test_orders_are_canceled_in_bulk(stage: Stage) -> None:
    ids = [stage.place(f"bulk-cancel-{number}")["id"] for number in range(3)]
    body = {"items": [{"order": id_, "reason": "recall"} for id_ in [*ids, ids[0]]]}
    told = stage.call("POST", "/v1/bulk/cancellations", json=body).json()
    assert (told["accepted"], told["refused"]) == (3, 1)


def test_a_dry_run_tells_what_each_would_come_to_and_does_nothing(stage: Stage) -> None:
    numbers = [stage.place(f"bulk-dry-{number}")["number"] for number in range(2)]
    body = {"items": [{"order": number, "reason": "recall"} for number in (*numbers, numbers[0], "SO-0")]}

    def state() -> list[Any]:
        return [stage.call("GET", f"/v1/orders/{each}?parts=timeline").json() for each in numbers]

    def cancel(query: str) -> Any:
        return stage.call("POST", f"/v1/bulk/cancellations{query}", json=body, headers={"Idempotency-Key": "dry"})

    before, told = state(), cancel("?dry_run=true").json()
    assert (told["accepted"], told["refused"]) == (2, 2), "the third sees the first"
    assert {each["event"] for each in told["items"][0]["events"]} >= {"units_moved"}
    assert told["items"][0]["currency"] == "EUR"
    assert state() == before
    assert cancel("?dry_run=perhaps").status_code == 422
    done = cancel("").json()
    assert [each["status"] for each in done["items"]] == [each["status"] for each in told["items"]]
    assert "events" not in done["items"][0]
    names = [[each["event"] for each in item["events"]] for item in told["items"][:2]]
    assert [[each["event"] for each in read["timeline"][-1]["events"]] for read in state()] == names


def test_stock_is_adjusted_in_bulk(stage: Stage) -> None:
    good = {"sku": "TEE-M", "location": "lyon", "quantity": 1, "reason": "found"}
    body = {"items": [good, good | {"sku": "NOPE"}, good | {"reason": "mood"}]}
    told = stage.call("POST", "/v1/bulk/adjustments", json=body).json()["items"]
    assert [(each["status"], each.get("code")) for each in told] == [
        (200, None), (422, "SKU_UNKNOWN"), (422, "REASON_UNKNOWN"),
    ]  # fmt: skip


def test_an_empty_list_has_no_outcomes(stage: Stage) -> None:
    told = stage.call("POST", "/v1/bulk/cancellations", json={"items": []}).json()
    assert told == {"accepted": 0, "refused": 0, "items": []}


def test_too_many_items_are_refused_whole(small_stage: Stage) -> None:
    body = {"items": [{"order": "SO-1", "reason": "x"}] * 11}
    answer = small_stage.call("POST", "/v1/bulk/cancellations", json=body)
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["value"]) == (422, "ITEMS_TOO_MANY", 11)
