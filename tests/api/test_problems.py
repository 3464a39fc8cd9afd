"""Every class of bad input is a problem with a status, a code, a field and the value; nothing is written."""

from typing import Any

import pytest

from api.stage import ADDRESS, Stage, order

UNKNOWN = "01890a5d-ac96-774b-bcce-b302099a8057"
LINE = {"sku": "TEE-M", "quantity": 1, "unit_price_minor": 2000}


def lines(**changes: Any) -> dict[str, Any]:
    return {"lines": [LINE | changes]}


def group(**changes: Any) -> dict[str, Any]:
    return {"groups": [{"address": ADDRESS | changes}]}


ORDERS: list[tuple[str, dict[str, Any], int, str, str | None, Any]] = [
    # what is wrong                what is sent instead                  status  code                    field  value
    ("an unknown SKU",             lines(sku="NOPE"),                       422, "SKU_UNKNOWN",          "lines[0].sku", "NOPE"),
    ("a SKU no longer sold",       lines(sku="OLD"),                        409, "SKU_NOT_ACTIVE",       "lines[0].sku", "OLD"),
    ("an unknown channel",         {"channel": "moon"},                     422, "CHANNEL_UNKNOWN",      "channel", "moon"),
    ("a closed channel",           {"channel": "closed"},                   409, "CHANNEL_NOT_ACTIVE",   "channel", "closed"),
    ("an unknown currency",        {"currency": "ZZZ"},                     422, "CURRENCY_UNKNOWN",     "currency", "ZZZ"),
    ("a currency not sold",        {"currency": "USD"},                     422, "CURRENCY_NOT_SOLD",    "currency", "USD"),
    ("a zero quantity",            lines(quantity=0),                       422, "QUANTITY_NOT_POSITIVE", "lines[0].quantity", 0),
    ("a negative quantity",        lines(quantity=-1),                      422, "QUANTITY_NOT_POSITIVE", "lines[0].quantity", -1),
    ("a huge quantity",            lines(quantity=10**10),                  422, "QUANTITY_TOO_LARGE",   "lines[0].quantity", 10**10),
    ("a quantity beyond words",    lines(quantity=10**25),                  422, "QUANTITY_TOO_LARGE",   "lines[0].quantity", None),
    ("a broken quantity",          lines(quantity=1.5),                     422, "INPUT_INVALID",        "lines[0].quantity", 1.5),
    ("a quantity in words",        lines(quantity="two"),                   422, "INPUT_INVALID",        "lines[0].quantity", "two"),
    ("a negative price",           lines(unit_price_minor=-1),              422, "AMOUNT_NEGATIVE",      "lines[0].unit_price_minor", -1),
    ("totals that do not add up",  {"total_minor": 1},                      422, "TOTALS_DO_NOT_ADD_UP", "total_minor", 1),
    ("an unknown country",         group(country="XX"),                     422, "COUNTRY_UNKNOWN",      "groups[0].address.country", "XX"),
    ("an invalid postal code",     group(postal_code="???"),                422, "POSTAL_CODE_INVALID",  "groups[0].address.postal_code", "???"),
    ("an address without a city",  group(city=""),                          422, "FIELD_MISSING",        "groups[0].address.city", None),
    ("no lines",                   {"lines": [], "total_minor": 0},         422, "LINES_MISSING",        "lines", None),
    ("no external id",             {"external_id": ""},                     422, "FIELD_REQUIRED",       "external_id", ""),
    ("a missing field",            {"currency": None},                      422, "INPUT_INVALID",        "currency", None),
    ("a field nobody knows",       {"colour": "red"},                       422, "INPUT_INVALID",        "colour", "red"),
    ("a NUL in a text",            {"note": "a\x00b"},                      422, "INPUT_INVALID",        "note", "a\ufffdb"),
    ("more than there is",         lines(quantity=900_000_000) | {"total_minor": 1_800_000_000_000},
                                                                            409, "STOCK_NOT_AVAILABLE",  None, None),
    ("more paid than is due",      {"tenders": [{"provider": "x", "amount_minor": 5000}]},
                                                                            422, "TENDERS_EXCEED_TOTAL", None, None),
    ("an unknown hold",            {"holds": [{"type": "mood"}]},           422, "HOLD_TYPE_UNKNOWN",    None, "mood"),
    ("a time without offset",      {"placed_at": "2026-01-01T00:00:00"},    422, "TIME_NOT_AWARE",       "placed_at", None),
    ("a time before all times",    {"placed_at": "1066-01-01T00:00:00Z"},   422, "TIME_OUT_OF_RANGE",    "placed_at", None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("what", "changes", "status", "code", "field", "value"), ORDERS, ids=[row[0] for row in ORDERS]
)
def test_an_order_with_bad_content_is_refused_with_code_field_and_value(
    stage: Stage, what: str, changes: dict[str, Any], status: int, code: str, field: str | None, value: Any
) -> None:
    before = stage.database.rows("SELECT count(*) FROM orders WHERE cell = %(cell)s")
    answer = stage.call("POST", "/v1/orders", json=order("bad") | changes)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code), problem
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["type"] == f"urn:orderline:problem:{code}"
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"].endswith(".")
    if field is not None:
        assert problem["field"] == field
    if value is not None:
        assert problem["value"] == value
    assert stage.database.rows("SELECT count(*) FROM orders WHERE cell = %(cell)s") == before


BODIES = [
    # body                                     code              position
    (b"",                                      "INPUT_INVALID",  None),
    (b"{",                                     "JSON_MALFORMED", 1),
    (b'{"channel": }',                         "JSON_MALFORMED", 12),
    (b"\xff\xfe",                              "JSON_MALFORMED", 0),
    (b'{"channel": "web\xff"}',                "JSON_MALFORMED", None),
    (b'{"channel": "\\ud800"}',                "JSON_MALFORMED", None),
    (b"[" * 50_000,                            "INPUT_INVALID",  None),
    (b'{"custom": ' + b'{"a":' * 50_000,       "JSON_MALFORMED", None),
    (b"[]",                                    "INPUT_INVALID",  None),
    (b"null",                                  "INPUT_INVALID",  None),
    (b"{} {}",                                 "INPUT_INVALID",  None),
]  # fmt: skip


@pytest.mark.parametrize(("body", "code", "position"), BODIES, ids=[repr(row[0][:20]) for row in BODIES])
def test_a_body_that_is_no_order_is_refused(stage: Stage, body: bytes, code: str, position: int | None) -> None:
    answer = stage.call("POST", "/v1/orders", content=body, headers={"content-type": "application/json"})
    problem = answer.json()
    assert answer.status_code == 422, problem
    assert problem["code"] in (code, "INPUT_INVALID", "JSON_MALFORMED")
    if position is not None:
        assert problem["code"] == code
        assert problem["facts"]["position"] == position


UNKNOWN_THINGS = [
    # method   path                                            body                          status  code
    ("POST",   f"/v1/orders/{UNKNOWN}/cancellations",          {"reason": "x"},                 404, "ORDER_UNKNOWN"),
    ("POST",   "/v1/orders/SO-999999/cancellations",           {"reason": "x"},                 404, "ORDER_UNKNOWN"),
    ("POST",   "/v1/orders/%00/cancellations",                 {"reason": "x"},                 422, "INPUT_INVALID"),
    ("POST",   "/v1/orders/%ff/cancellations",                 {"reason": "x"},                 422, "INPUT_INVALID"),
    ("PATCH",  f"/v1/orders/{UNKNOWN}",                        {"note": "x"},                   404, "ORDER_UNKNOWN"),
    ("POST",   "/v1/orders/{order}/links",     {"type": "related", "target": UNKNOWN},          404, "ORDER_UNKNOWN"),
    ("POST",   "/v1/orders/{order}/links",     {"type": "related", "target": "{order}"},        422, "LINK_TO_ITSELF"),
    ("DELETE", "/v1/orders/{order}/holds/9",                   None,                            404, "HOLD_UNKNOWN"),
    ("DELETE", "/v1/orders/{order}/holds/x",                   None,                            404, "HOLD_UNKNOWN"),
    ("POST",   "/v1/orders/{order}/fulfillments/9/picks",      {"lines": []},                   404, "FULFILLMENT_UNKNOWN"),
    ("POST",   "/v1/orders/{order}/fulfillments/-1/picks",     {"lines": []},                   404, "FULFILLMENT_UNKNOWN"),
    ("POST",   "/v1/orders/{order}/parcels/9/labels",
               {"carrier": "dhl", "tracking_number": "1"},                                      404, "PARCEL_UNKNOWN"),
    ("POST",   "/v1/orders/{order}/closings",                  {},                              409, "ORDER_NOT_DONE"),
    ("POST",   "/v1/orders/{order}/reservations",              {},                              409, "NOTHING_TO_DO"),
    ("PATCH",  "/v1/orders/{order}",                           {},                              409, "NOTHING_TO_DO"),
    ("POST",   "/v1/orders/{order}/notes",                     {"text": " "},                   422, "INPUT_INVALID"),
    ("POST",   "/v1/orders/{order}/cancellations",             {"reason": ""},                  422, "FIELD_REQUIRED"),
    ("POST",   "/v1/orders/{order}/cancellations",
               {"reason": "x", "lines": [{"line": 7, "quantity": 1}]},                          422, "LINE_UNKNOWN"),
    ("POST",   "/v1/stock/adjustments",
               {"sku": "NOPE", "location": "lyon", "quantity": 1, "reason": "damaged"},         422, "SKU_UNKNOWN"),
    ("PUT",    "/v1/stock/TEE-M/nowhere/safety",               {"safety": 1},                   422, "LOCATION_UNKNOWN"),
    ("PUT",    "/v1/stock/TEE-M/lyon/safety",                  {"safety": -1},                  422, "QUANTITY_NEGATIVE"),
    ("PUT",    "/v1/stock/TEE-M/lyon/safety",                  {"safety": 2**62},               422, "QUANTITY_NEGATIVE"),
    ("PUT",    "/v1/stock/TEE-M/pools/moon/threshold",         {"threshold": 1},                422, "POOL_UNKNOWN"),
    ("PUT",    "/v1/carts/nonsense",   {"channel": "web", "lines": []},                         422, "INPUT_INVALID"),
    ("DELETE", f"/v1/carts/{UNKNOWN}",                         None,                            404, "CART_UNKNOWN"),
    ("PUT",    "/v1/locations/lyon",
               {"name": "L", "kind": "warehouse", "pool": "shops", "place": {"country": "FR"}}, 409, "LOCATION_CHANGES_POOL"),
    ("PUT",    "/v1/pools/a b",                                {},                              422, "CODE_NOT_ACCEPTABLE"),
    ("DELETE", "/v1/keys/nobody",                              None,                            404, "KEY_UNKNOWN"),
    ("POST",   "/v1/keys",             {"name": "x", "scopes": ["everything"]},                 422, "SCOPE_UNKNOWN"),
    ("DELETE", "/v1/subscriptions/nothing",                    None,                            404, "SUBSCRIPTION_UNKNOWN"),
    ("POST",   "/v1/subscriptions",    {"url": "ftp://example.com"},                            422, "URL_NOT_ACCEPTABLE"),
    ("POST",   "/v1/subscriptions",    {"url": "http://me:you@example.com"},                    422, "URL_NOT_ACCEPTABLE"),
    ("POST",   "/v1/inbound/nobody",                           {},                              404, "PARTNER_UNKNOWN"),
    ("POST",   "/v1/stock/feeds/f?sequence=x",                 None,                            422, "INPUT_INVALID"),
    ("POST",   "/v1/stock/feeds/f?sequence=1&colour=red",      None,                            422, "INPUT_INVALID"),
    ("GET",    "/v1/nothing",                                  None,                            404, "ROUTE_UNKNOWN"),
    ("PUT",    "/v1/orders",                                   None,                            405, "METHOD_NOT_ALLOWED"),
]  # fmt: skip


@pytest.fixture(scope="module")
def placed(stage: Stage) -> str:
    return stage.place("unknown-things")["id"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"), UNKNOWN_THINGS, ids=[f"{r[0]} {r[1]} {r[4]}" for r in UNKNOWN_THINGS]
)
def test_what_is_not_there_or_not_possible_is_refused(
    stage: Stage, placed: str, method: str, path: str, body: Any, status: int, code: str
) -> None:
    if body is not None and body.get("target") == "{order}":
        body = body | {"target": placed}
    answer = stage.call(method, path.replace("{order}", placed), **({} if body is None else {"json": body}))
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code), problem


def test_a_stale_version_is_told_with_what_may_be_done_now(stage: Stage) -> None:
    placed = stage.place("stale")
    body = {"reason": "changed my mind", "expected_version": placed["version"]}
    assert stage.call("PATCH", f"/v1/orders/{placed['id']}", json={"note": "x"}).status_code == 200
    answer = stage.call("POST", f"/v1/orders/{placed['id']}/cancellations", json=body)
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["field"]) == (409, "VERSION_STALE", "expected_version")
    assert problem["facts"]["current"] == placed["version"] + 1
    assert {"name": "cancel_units", "allowed": True, "refused": "", "unblock": ""} in problem["facts"]["actions"]


def test_another_order_under_the_same_external_id_is_refused(stage: Stage) -> None:
    stage.place("twice", 1)
    answer = stage.call("POST", "/v1/orders", json=order("twice", 2))
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "EXTERNAL_ID_TAKEN")
    assert (problem["field"], problem["value"]) == ("external_id", "twice")


def test_what_was_sent_is_told_back_cut_to_a_length(stage: Stage) -> None:
    answer = stage.call("POST", "/v1/orders", json=order("long", channel="x" * 10_000))
    assert len(answer.json()["value"]) < 300
    assert len(answer.content) < 3_000


def test_a_value_that_there_is_not_is_answered_by_those_that_there_are(stage: Stage) -> None:
    number = stage.place("P-CHOICES")["number"]
    body = {"reason": "x", "actions": [{"action": "cancel"}]}
    problem = stage.call("POST", f"/v1/orders/{number}/changes", json=body).json()
    assert (problem["code"], problem["field"], problem["value"]) == ("INPUT_INVALID", "actions[0].action", "cancel")
    assert {"remove_units", "change_address"} <= set(problem["facts"]["allowed"])
    problem = stage.call("POST", "/v1/dead-letters/replays", json={"ids": ["x"]}).json()
    assert (problem["field"], problem["facts"]["expected"]) == ("ids[0]", "a UUID")
    problem = stage.call("GET", "/v1/orders?phase=held&phase=flying").json()
    assert problem["field"] == "phase[1]"
    assert "delivered" in problem["detail"]
