"""Capacity by the hour over HTTP: a quote books it, its order keeps it, the location that gets the order frees it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from api.stage import ADDRESS, Stage
from orderline.store.reading.capacity import KnownBookings
from orderline.store.reading.source import open_source
from support.engines import assert_clean

EVERY_HOUR = {
    "time_zone": "Europe/Paris",
    "week": [{"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "hours": ["00:00-24:00"]}],
}
ASKED = {
    "channel": "web", "lines": [{"sku": "TEE-M", "quantity": 1}], "methods": ["standard"],
    "place": {"country": "FR", "postal_code": "69001", "city": "Lyon"},
}  # fmt: skip


def hours(stage: Stage) -> list[dict[str, Any]]:
    return stage.call("GET", "/v1/locations/lyon/hours?hours=48").json()["hours"]


def total(stage: Stage, figure: str) -> int:
    return sum(each[figure] for each in hours(stage))


def test_a_held_quote_books_hours_that_its_order_keeps_until_it_has_a_location(stage: Stage) -> None:
    stage.call("PUT", "/v1/calendars/always", json={"rules": EVERY_HOUR})
    rules = {"calendar": "always", "minutes": 0, "per_hour": 60}
    assert stage.call("PUT", "/v1/handling/lyon", json={"rules": rules}).status_code == 200
    before = hours(stage)
    assert all(each["capacity"] == each["left"] for each in before)
    assert before[1]["capacity"] == 60
    asked = stage.call("POST", "/v1/promises", json=ASKED | {"quote_for_s": 600}).json()
    [part] = asked["options"][0]["parts"]
    assert [each["work"] for each in part["hours"]] == [1]
    assert total(stage, "booked") == 0  # told, and not held
    quoted = stage.call("POST", "/v1/promises", json=ASKED | {"quote_for_s": 600, "hold": True}).json()
    assert total(stage, "booked") == 1
    body = {
        "channel": "web", "external_id": "HOURS-1", "currency": "EUR", "total_minor": 1000,
        "lines": [{"sku": "TEE-M", "quantity": 1, "unit_price_minor": 1000}],
        "groups": [{"method": "standard", "address": ADDRESS}],
        "quote": quoted["quote"], "cart_hold": quoted["cart_hold"],
    }  # fmt: skip
    placed = stage.call("POST", "/v1/orders", json=body).json()
    assert total(stage, "booked") == 1
    stage.allocate(placed["id"])
    assert (total(stage, "booked"), total(stage, "waiting")) == (0, 1)
    assert_clean(stage.database)


def test_what_is_booked_expires_and_is_freed_with_its_order(stage: Stage) -> None:
    quoted = stage.call("POST", "/v1/promises", json=ASKED | {"quote_for_s": 600, "hold": True}).json()
    source, now = open_source(stage.database), datetime.now(UTC)
    known = KnownBookings()
    assert [each.quote for each in known.current(source, now)] == [quoted["quote"]]
    assert known.current(source, now + timedelta(minutes=11)) == ()
    body = {
        "channel": "web", "external_id": "HOURS-2", "currency": "EUR", "total_minor": 1000,
        "lines": [{"sku": "TEE-M", "quantity": 1, "unit_price_minor": 1000}],
        "groups": [{"method": "standard", "address": ADDRESS}],
        "quote": quoted["quote"], "cart_hold": quoted["cart_hold"],
    }  # fmt: skip
    placed = stage.call("POST", "/v1/orders", json=body).json()
    assert [each.order for each in known.current(source, now)] == [placed["number"]]
    assert stage.call("POST", f"/v1/orders/{placed['id']}/cancellations", json={"reason": "test"}).status_code == 200
    assert known.current(source, now) == ()
    source.connection.close()


def test_quotes_that_are_held_right_after_one_another_or_at_once_book_different_hours(stage: Stage) -> None:
    stage.call("PUT", "/v1/calendars/always", json={"rules": EVERY_HOUR})
    rules = {"calendar": "always", "minutes": 0, "per_hour": 1}
    assert stage.call("PUT", "/v1/handling/lyon", json={"rules": rules}).status_code == 200
    assert stage.call("POST", "/v1/promises", json=ASKED).json()["options"], "what stands is known, for a second"
    taken: list[int] = []
    for _ in range(4):
        quoted = stage.call("POST", "/v1/promises", json=ASKED | {"quote_for_s": 60, "hold": True}).json()
        parts = [part for part in quoted["options"][0]["parts"] if part["location"] == "lyon"]
        taken.extend(each["at"] for part in parts for each in part["hours"])
    headers = {"authorization": f"Bearer {stage.secrets['admin']}"}
    asked = [
        stage.client.submit(
            "POST", "/v1/promises", json=ASKED | {"quote_for_s": 60, "hold": True},
            headers=headers | {"idempotency-key": f"at-once-{number}"},
        )
        for number in range(6)
    ]  # fmt: skip
    for each in asked:
        option = each.result(60).json()["options"][0]
        taken.extend(hour["at"] for part in option["parts"] if part["location"] == "lyon" for hour in part["hours"])
    assert len(taken) == len(set(taken)) == 10
    assert all(each["booked"] <= each["capacity"] for each in hours(stage))


def test_hours_are_told_of_locations_that_exist_and_are_ones_own(stage: Stage) -> None:
    assert stage.call("GET", "/v1/locations/nowhere/hours").json()["code"] == "LOCATION_UNKNOWN"
    assert stage.call("GET", "/v1/locations/lille/hours").json()["hours"] == []
    stage.make_key("paris alone", "stock:read", locations=["paris"])
    assert stage.call("GET", "/v1/locations/lyon/hours", "paris alone").status_code == 403
