"""Promises over HTTP: options, quotes with units held, and the settings that they stand on."""

from typing import Any

from api.stage import ADDRESS, Stage

HOME = {"country": "FR", "postal_code": "69001", "city": "Lyon"}
OFFICE = {
    "time_zone": "Europe/Paris",
    "week": [{"days": ["mon", "tue", "wed", "thu", "fri"], "hours": ["08:00-12:00", "13:00-17:00"]}],
    "cutoffs": [{"at": "15:00"}],
    "holidays": [{"country": "FR"}],
}


def asked(stage: Stage, **fields: Any) -> Any:
    body = {"channel": "web", "lines": [{"sku": "TEE-M", "quantity": 1}], "place": HOME} | fields
    return stage.call("POST", "/v1/promises", json=body)


def put(stage: Stage, path: str, rules: dict[str, Any]) -> Any:
    return stage.call("PUT", f"/v1/{path}", json={"rules": rules})


def test_a_cart_gets_options_whose_times_add_up(stage: Stage) -> None:
    answer = asked(stage).json()
    goals = {goal for option in answer["options"] for goal in option["goals"]}
    assert goals == {"fastest", "cheapest", "fewest_parcels", "greenest"}
    for option in answer["options"]:
        assert option["complete"]
        assert option["latest_at"] == max(part["latest_at"] for part in option["parts"])
        for part in option["parts"]:
            assert part["steps"][-1]["until"] == part["latest_at"]
    assert "quote" not in answer


def test_a_quote_keeps_options_and_units(stage: Stage) -> None:
    before = stage.call("GET", "/v1/atp?channel=web&sku=TEE-M").json()["items"][0]["atp"]
    quoted = asked(stage, methods=["standard"], quote_for_s=900, hold=True).json()
    assert quoted["quote"]
    after = stage.call("GET", "/v1/atp?channel=web&sku=TEE-M").json()["items"][0]["atp"]
    assert after == before - 1
    kept = stage.call("GET", f"/v1/quotes/{quoted['quote']}").json()
    assert (kept["state"], kept["options"], kept["cart_hold"]) == ("open", quoted["options"], quoted["cart_hold"])
    too_many = asked(stage, lines=[{"sku": "TEE-M", "quantity": 1_000_000}] * 2, hold=True)
    assert (too_many.status_code, too_many.json()["code"]) == (409, "STOCK_NOT_AVAILABLE")


FAR = {**ADDRESS, "postal_code": "59000", "city": "Lille"}


def ordered(stage: Stage, external_id: str, quantity: int = 1, **fields: Any) -> Any:
    body = {
        "channel": "web", "external_id": external_id, "currency": "EUR", "total_minor": 1000 * quantity,
        "lines": [{"sku": "TEE-M", "quantity": quantity, "unit_price_minor": 1000}],
        "groups": [{"method": "standard", "address": ADDRESS}],
    }  # fmt: skip
    return stage.call("POST", "/v1/orders", json=body | fields)


def test_an_order_by_a_quote_is_promised_what_was_quoted(stage: Stage) -> None:
    quoted = asked(stage, methods=["standard"], quote_for_s=900, hold=True).json()
    [option] = quoted["options"]
    placed = ordered(stage, "Q-1", quote=quoted["quote"], quote_option=option["id"], cart_hold=quoted["cart_hold"])
    order = stage.call("GET", f"/v1/orders/{placed.json()['id']}").json()["order"]
    [promise] = order["promises"]
    assert promise["first"]["latest_at"] == option["latest_at"]
    assert promise["first"]["source"] == f"quote {quoted['quote']} {option['id']}"
    kept = stage.call("GET", f"/v1/quotes/{quoted['quote']}").json()
    assert (kept["state"], kept["order"]) == ("committed", order["number"])
    again = ordered(stage, "Q-2", quote=quoted["quote"]).json()
    assert "promises" not in stage.call("GET", f"/v1/orders/{again['id']}").json()["order"]


def test_a_quote_is_good_for_what_was_quoted_only(stage: Stage) -> None:
    quote = asked(stage, methods=["standard"], quote_for_s=900).json()["quote"]
    cases: list[tuple[dict[str, Any], int, str]] = [
        ({"quote": "none"}, 404, "QUOTE_UNKNOWN"),
        ({"quote": quote, "quote_option": "77"}, 404, "QUOTE_UNKNOWN"),
        ({"quote": quote, "quantity": 2}, 409, "QUOTE_OF_OTHER_GOODS"),
        ({"quote": quote, "groups": [{"method": "express", "address": ADDRESS}]}, 409, "QUOTE_OF_OTHER_GOODS"),
        ({"quote": quote, "groups": [{"method": "standard", "address": FAR}]}, 409, "QUOTE_OF_OTHER_GOODS"),
    ]
    for fields, status, code in cases:
        refused = ordered(stage, "Q-9", **fields)
        assert (refused.status_code, refused.json()["code"]) == (status, code)


def test_a_quote_of_what_is_collected_is_good_at_that_store_alone(stage: Stage) -> None:
    nice = {"name": "Nice", "kind": "store", "pool": "shops", "place": {"country": "FR"}, "pickup": True}
    assert stage.call("PUT", "/v1/locations/nice", json=nice).is_success
    received = {"sku": "TEE-M", "location": "paris", "quantity": 3, "reason": "received"}
    assert stage.call("POST", "/v1/stock/adjustments", json=received).is_success
    quoted = asked(stage, pickup_locations=["paris"], quote_for_s=900).json()
    [option] = [each for each in quoted["options"] if each.get("pickup_location") == "paris"]
    about = {"quote": quoted["quote"], "quote_option": option["id"]}
    refused = ordered(stage, "Q-10", groups=[{"pickup_location": "nice"}], **about).json()
    assert (refused["code"], refused["field"]) == ("QUOTE_OF_OTHER_GOODS", "groups.pickup_location")
    assert ordered(stage, "Q-10", groups=[{"pickup_location": "paris"}], **about).status_code == 201


def test_settings_are_written_checked_and_kept_with_their_history(stage: Stage) -> None:
    assert put(stage, "calendars/office", OFFICE).json()["rules"]["id"] == "office"
    wrong = put(stage, "calendars/office", OFFICE | {"cutoffs": [{"at": "25:00"}]})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "TIME_OF_DAY_NOT_ACCEPTABLE")
    assert wrong.json()["field"] == "cutoffs[0].at"
    assert stage.call("GET", "/v1/calendars/office").json()["version"] == 1
    assert put(stage, "handling/lyon", {"calendar": "office", "minutes": 30, "per_hour": 40}).status_code == 200
    lost = put(stage, "handling/lyon", {"calendar": "nowhere"})
    assert (lost.status_code, lost.json()["code"]) == (422, "CALENDAR_UNKNOWN")
    table = {"rows": [{"zone": "home", "destinations": ["same"]}, {"zone": "away"}]}
    assert put(stage, "zone-tables/post", table).status_code == 200
    service = {
        "carrier": "post", "service": "standard", "zones": "post", "currency": "EUR",
        "lanes": [{"zone": "home", "days_min": 1, "days_max": 2, "prices": [{"up_to_g": 30_000, "minor": 450}]}],
    }  # fmt: skip
    assert put(stage, "carrier-services/post-standard", service).status_code == 200
    unknown = put(stage, "carrier-services/other", service | {"zones": "other"})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "ZONE_UNKNOWN")
    listed = stage.call("GET", "/v1/carrier-services?state=active").json()["items"]
    assert [each["id"] for each in listed] == ["post-standard"]


def test_a_key_of_a_location_writes_its_own_handling_alone(stage: Stage) -> None:
    stage.make_key("store", "settings:read", "settings:write", locations=["paris"])
    body: dict[str, Any] = {"json": {"rules": {"minutes": 30}}}
    assert stage.call("PUT", "/v1/handling/paris", "store", **body).status_code == 200
    assert stage.call("PUT", "/v1/handling/lyon", "store", **body).status_code == 403
    assert (
        stage.call(
            "PUT", "/v1/delays/snow", "store", json={"rules": {"days": 1, "reason": "x", "country": "FR"}}
        ).status_code
        == 403
    )


def test_a_delay_that_is_over_before_it_begins_is_refused(stage: Stage) -> None:
    rules = {"days": 1, "reason": "snow", "country": "FR", "until": "2020-01-01T00:00:00Z"}
    told = put(stage, "delays/snow", rules)
    assert (told.status_code, told.json()["code"], told.json()["field"]) == (422, "TABLE_NOT_ACCEPTABLE", "rules.until")
    assert put(stage, "delays/snow", rules | {"until": "2099-01-01T00:00:00Z"}).status_code == 200


def test_what_cannot_be_promised_is_refused(stage: Stage) -> None:
    for fields, status, code in (
        ({"place": {"country": "Utopia"}}, 422, "COUNTRY_UNKNOWN"),
        ({"channel": "nowhere"}, 422, "CHANNEL_UNKNOWN"),
        ({"lines": [{"sku": "NO-SUCH"}]}, 422, "SKU_UNKNOWN"),
        ({"lines": []}, 422, None),
        ({"pickup_locations": ["nowhere"]}, 422, "LOCATION_UNKNOWN"),
    ):
        refused = asked(stage, **fields)
        assert refused.status_code == status, refused.text
        assert code is None or refused.json()["code"] == code


def test_what_is_to_come_is_promised_from_when_it_can_be_counted_on(stage: Stage) -> None:
    line = {"sku": "TEE-L", "quantity": 4, "due_at": "2027-01-10T00:00:00Z", "slack_days": 3}
    body = {"location": "lyon", "vendor": "Weavers", "lines": [line]}
    assert stage.call("PUT", "/v1/purchase-orders/PO-AHEAD", json=body).status_code == 200
    for step in ("sending", "confirmation"):
        assert stage.call("POST", f"/v1/purchase-orders/PO-AHEAD/{step}", json={}).status_code == 200
    stock = stage.call("GET", "/v1/atp?channel=web&sku=TEE-L").json()["items"][0]["atp"]
    [option] = asked(stage, lines=[{"sku": "TEE-L", "quantity": stock + 2}], methods=["standard"]).json()["options"]
    [ahead] = [part for part in option["parts"] if part.get("supply")]
    assert option["complete"]
    assert ahead["supply"].startswith("purchase_order")
    assert (ahead["items"][0]["quantity"], ahead["handover_at"] > "2027-01-13") == (2, True)


def test_scheduled_demand_is_promised_to_nobody_else(stage: Stage) -> None:
    before = stage.call("GET", "/v1/atp?channel=web&sku=TEE-M").json()["items"][0]["atp"]
    pools = {each["pool"]: each["atp"] for each in stage.call("GET", "/v1/stock/TEE-M").json()["pools"] if each["atp"]}
    need = {"sku": "TEE-M", "need_at": "2027-06-01T00:00:00Z"}
    body = {"lines": [{**need, "pool": pool, "quantity": units} for pool, units in pools.items()]}
    assert stage.call("PUT", "/v1/demands/CALL-7", json=body).json()["state"] == "open"
    rows = stage.call("GET", "/v1/demand?sku=TEE-M").json()["items"]
    assert {row["pool"]: row["open"] for row in rows} == pools
    assert stage.call("GET", "/v1/atp?channel=web&sku=TEE-M").json()["items"][0]["atp"] == 0
    told = stage.call("GET", "/v1/stock/TEE-M/atp?channel=web").json()
    terms = [term for pool in told["pools"] for term in pool["terms"] if term["name"] == "scheduled_demand"]
    assert sum(term["amount"] for term in terms) == -before
    assert terms[0]["demand"][0]["demand"].startswith("demand:CALL-7:")
    assert not any(option["complete"] for option in asked(stage).json().get("options", []))
    refused = ordered(stage, "D-1", demand="CALL-8")
    assert (refused.status_code, refused.json()["code"]) == (404, "DEMAND_UNKNOWN")
    assert ordered(stage, "D-2", demand="CALL-7").status_code == 201
    assert stage.call("GET", "/v1/demands/CALL-7").json()["uses"][0]["quantity"] == 1
    fewer = [
        {"line": line["line"], "quantity": line.get("ordered", 0)}
        for line in stage.call("GET", "/v1/demands/CALL-7").json()["lines"]
    ]
    revised = stage.call("POST", "/v1/demands/CALL-7/revision", json={"lines": fewer, "reason": "fewer"})
    assert revised.json()["state"] == "consumed"
    again = stage.call("POST", "/v1/demands/CALL-7/cancellation", json={"reason": "off"})
    assert (again.status_code, again.json()["code"]) == (409, "DEMAND_STATE")
