"""Indicators over HTTP: what there are, what each comes to, and the orders behind it, of what the key may see."""

from datetime import UTC, datetime, timedelta

import pytest

from api.stage import Stage
from orderline.core.reports.indicators import INDICATORS
from support.finality import measure

AT = "/v1/reports/indicators"


@pytest.fixture(scope="module")
def busy(stage: Stage) -> Stage:
    """Three orders, one of which a location has rejected."""
    for number in range(3):
        placed = stage.place(f"IND-{number}")
        stage.allocate(placed["id"])
        if not number:
            body = {"reason": "too busy"}
            rejected = stage.call("POST", f"/v1/orders/{placed['id']}/fulfillments/1/rejections", json=body)
            assert rejected.status_code == 200, rejected.text
    measure(stage.database)
    return stage


def test_every_indicator_is_listed_with_its_definition_and_read(busy: Stage) -> None:
    items = busy.call("GET", AT).json()["items"]
    assert [each["name"] for each in items] == list(INDICATORS)
    for each in items:
        assert all(each[part] for part in ("question", "numerator", "denominator", "facts", "instant"))
        for by in each["slices"]:
            told = busy.call("GET", f"{AT}/{each['name']}?by={by}&period=month")
            assert told.status_code == 200, told.text
            assert told.json()["indicator"] == each


def test_figures_are_what_the_orders_behind_them_add_up_to(busy: Stage) -> None:
    told = busy.call("GET", f"{AT}/rejections?by=reason&location=lyon").json()
    assert [each["slice"] for each in told["slices"]] == ["too busy"]
    overall = told["overall"][0]
    assert (overall["numerator"], overall["denominator"]) == (1, 3)
    assert overall["value"] == 333_333
    assert told["slices"][0]["denominator"] == 3
    assert told["measured_at"]
    rows, cursor = [], ""
    while cursor is not None:
        page = busy.call("GET", f"{AT}/rejections/orders?location=lyon&limit=1&cursor={cursor}").json()
        rows += page["items"]
        cursor = page["next"]
    assert sum(each["numerator"] for each in rows) == 1
    assert sum(each["denominator"] for each in rows) == 3
    assert {each["location"] for each in rows} == {"lyon"}
    assert busy.call("GET", f"{AT}/rejections/orders?location=paris").json()["items"] == []
    assert busy.call("GET", f"{AT}/rejections/orders?location=").json()["items"] == [], "they all have one"
    assert len(busy.call("GET", f"{AT}/rejections/orders?rule=").json()["items"]) == len(rows), "none has one"
    assert busy.call("GET", f"{AT}/rejections/orders?currency=USD").json()["items"] == []


def test_days_are_asked_for_from_the_first_to_the_last(busy: Stage) -> None:
    today = datetime.now(UTC).date()
    told = busy.call("GET", f"{AT}/touches?since={today}&until={today}").json()
    assert (told["since"], told["until"]) == (str(today), str(today))
    assert told["overall"][0]["denominator"] == 3
    before = today - timedelta(days=1)
    assert busy.call("GET", f"{AT}/touches?since={before}&until={before}").json()["overall"] == []
    assert busy.call("GET", f"{AT}/touches?since=9999-12-31").json()["code"] == "INPUT_INVALID"
    assert busy.call("GET", f"{AT}/touches?since={today}&until={before}").json()["code"] == "INPUT_INVALID"
    assert busy.call("GET", f"{AT}/touches?until=0001-01-01").json()["code"] == "INPUT_INVALID"


def test_what_is_not_there_is_refused(busy: Stage) -> None:
    assert busy.call("GET", f"{AT}/happiness").json()["code"] == "INDICATOR_UNKNOWN"
    assert busy.call("GET", f"{AT}/touches?by=sku").json()["code"] == "INPUT_INVALID"
    assert busy.call("GET", f"{AT}/touches?carrier=colis").json()["code"] == "INPUT_INVALID"
    assert busy.call("GET", f"{AT}/touches/orders?cursor=abc").json()["code"] == "INPUT_INVALID"


def test_a_key_sees_its_channels_and_locations(busy: Stage) -> None:
    busy.make_key("of lyon", "orders:read", locations=["lyon"])
    busy.make_key("of paris", "orders:read", locations=["paris"])
    busy.make_key("of the store", "orders:read", channels=["store"])
    at_lyon = busy.call("GET", f"{AT}/rejections", "of lyon").json()["overall"]
    assert [each["denominator"] for each in at_lyon] == [3]
    assert busy.call("GET", f"{AT}/rejections", "of paris").json()["overall"] == []
    assert busy.call("GET", f"{AT}/rejections/orders", "of paris").json()["items"] == []
    assert busy.call("GET", f"{AT}/rejections?location=lyon", "of paris").json()["code"] == "LOCATION_NOT_YOURS"
    assert busy.call("GET", f"{AT}/touches", "of lyon").json()["code"] == "LOCATION_NOT_YOURS"
    assert busy.call("GET", f"{AT}/touches", "of the store").json()["overall"] == []
    assert busy.call("GET", f"{AT}/touches?channel=web", "of the store").json()["code"] == "CHANNEL_NOT_YOURS"
