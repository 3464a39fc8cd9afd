"""What a key that is limited to channels sees of what is no order: what is of its channels, and of nothing else."""

from typing import Any
from uuid import UUID

import pytest

from api.stage import Stage
from orderline.api.operations import OPERATIONS
from orderline.api.records import Records
from orderline.core.orders.commands import AllocateUnits, Allotment
from orderline.values.ids import OrderId, new_id

RECORDS = list(
    {
        id(records): records
        for each in OPERATIONS
        if isinstance(records := getattr(each.handler, "__self__", None), Records)
    }.values()
)
# Records that name no order themselves; their settings and stock are for all channels.
NO_ORDERS = {
    "box", "calendar", "carrier_pickup", "carrier_service", "count", "delay", "demand", "handling", "keep_rules", "lag_buffer",
    "policy", "priority_rules", "replenish_rules", "view", "zone_table",
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def shop_only(stage: Stage) -> str:
    rights = (
        "fulfillments:read", "fulfillments:write", "settings:read", "settings:write", "stock:read", "stock:write",
        "orders:read", "orders:write",
    )  # fmt: skip
    stage.make_key("shop only", *rights, channels=("shop",))
    stage.make_key("lille only", *rights, locations=("lille",))
    return "shop only"


@pytest.mark.parametrize("records", RECORDS, ids=lambda each: each.one)
def test_each_kind_says_whose_its_records_are(records: Records) -> None:
    fresh = Records.__dataclass_fields__
    said = records.of_all or any(
        getattr(records, name) is not fresh[name].default for name in ("channel_of", "orders_in")
    )
    assert said or records.kind.name in NO_ORDERS or records.kind.name.startswith("vendor")


def answer_of(stage: Stage, method: str, path: str, key: str, **what: Any) -> tuple[int, str]:
    answer = stage.call(method, path, key, **what)
    return answer.status_code, "" if answer.status_code < 300 else answer.json()["code"]


def test_a_quote_is_of_its_channel(stage: Stage) -> None:
    cart = {"place": {"country": "FR", "city": "Lyon"}, "lines": [{"sku": "TEE-M"}], "quote_for_s": 60}
    quotes = {
        channel: stage.call("POST", "/v1/promises", json=cart | {"channel": channel}).json()["quote"]
        for channel in ("web", "shop")
    }
    path = f"/v1/quotes/{quotes['web']}"
    assert answer_of(stage, "GET", path, "shop only") == (404, "QUOTE_UNKNOWN")
    assert answer_of(stage, "GET", f"{path}/history", "shop only") == (404, "QUOTE_UNKNOWN")
    assert answer_of(stage, "GET", f"/v1/quotes/{quotes['shop']}", "shop only") == (200, "")
    listed = stage.call("GET", "/v1/quotes?limit=200", "shop only").json()["items"]
    assert quotes["shop"] in {each["id"] for each in listed}
    assert {each["channel"] for each in listed} == {"shop"}
    first = stage.call("GET", "/v1/quotes?limit=1", "shop only").json()
    assert [each["channel"] for each in first["items"]] == ["shop"]


def work_of(stage: Stage, channel: str) -> dict[str, Any]:
    body = {"sku": "TEE-L", "location": "paris", "quantity": 1, "reason": "found"}
    assert stage.call("POST", "/v1/stock/adjustments", json=body).status_code == 200
    lines = [{"sku": "TEE-L", "quantity": 1, "unit_price_minor": 2000}]
    placed = stage.place(f"{channel}-{new_id()}", channel=channel, lines=lines)
    allotment = Allotment(line=1, pool="shops", location="paris", quantity=1)
    stage.engine.run(AllocateUnits(order=OrderId(UUID(placed["id"])), group=1, allotments=(allotment,)))
    return placed


def test_work_that_is_put_together_is_of_the_channels_of_its_orders(stage: Stage) -> None:
    web, shop = work_of(stage, "web"), work_of(stage, "shop")
    proposal = stage.call("GET", "/v1/combination-proposals?location=paris", "shop only").json()["items"]
    assert web["number"] not in {work["order_number"] for each in proposal for work in each["work"]}
    # the work is chosen among that of the key's channels
    made = stage.call("PUT", "/v1/waves/OF-SHOP", "shop only", json={"location": "paris", "most": 500})
    told = made.text
    assert (made.status_code, shop["number"] in told, web["number"] in told) == (200, True, False)
    assert stage.call("PUT", "/v1/waves/OF-WEB", json={"location": "paris", "most": 500}).status_code == 200
    for method, path, what in (
        ("GET", "", None),
        ("GET", "/history", None),
        ("GET", "/lists/1", None),
        ("POST", "/scans", {"list": 1, "code": "TEE-L"}),
        ("POST", "/completions", {"list": 1, "unscanned": True}),
        ("POST", "/voiding", {"reason": "x"}),
    ):
        found = answer_of(stage, method, f"/v1/waves/OF-WEB{path}", "shop only", json=what)
        assert found == (404, "WAVE_UNKNOWN")
    assert [each["id"] for each in stage.call("GET", "/v1/waves", "shop only").json()["items"]] == ["OF-SHOP"]
    assert answer_of(stage, "POST", "/v1/waves/OF-SHOP/voiding", "shop only", json={"reason": "x"}) == (200, "")


def test_purchase_orders_and_manifests_are_of_all_channels(stage: Stage) -> None:
    bought = {
        "location": "lyon",
        "lines": [{"sku": "TEE-M", "quantity": 1, "due_at": "2030-01-01T00:00:00Z"}],
    }
    assert stage.call("PUT", "/v1/purchase-orders/OF-ALL", json=bought).status_code == 200
    for method, path, what in (
        ("GET", "/v1/purchase-orders/OF-ALL", None),
        ("POST", "/v1/purchase-orders/OF-ALL/sending", {}),
        ("PUT", "/v1/purchase-orders/OF-SHOP", bought),
        ("PUT", "/v1/manifests/OF-SHOP", {"location": "lyon", "carrier": "x", "day": "2026-01-01"}),
    ):
        assert answer_of(stage, method, path, "shop only", json=what) == (403, "CHANNEL_NOT_YOURS")
    assert stage.call("GET", "/v1/purchase-orders", "shop only").json() == {"items": [], "next": None}


def test_a_policy_is_read_by_keys_of_all_locations_in_each_of_its_forms(stage: Stage) -> None:
    text = "kind = 'routing'\n[[group]]\nname = 'g'\n[[group.rule]]\nname = 'r'\n"
    assert stage.call("PUT", "/v1/policies/of-all", json={"text": text}).status_code == 200
    for path in ("", "/history", "/versions/1", "/diff", "/shadow-report"):
        assert answer_of(stage, "GET", f"/v1/policies/of-all{path}", "lille only") == (403, "LOCATION_NOT_YOURS")


def test_a_list_of_a_wave_is_named_by_its_number_and_nothing_else(stage: Stage) -> None:
    work_of(stage, "web")
    assert stage.call("PUT", "/v1/waves/NUMBERED", json={"location": "paris", "most": 500}).status_code == 200
    assert stage.call("GET", "/v1/waves/NUMBERED/lists/1").status_code == 200
    for number in ("0", "2", "01", "9" * 5_000, "\N{ARABIC-INDIC DIGIT ONE}"):
        assert answer_of(stage, "GET", f"/v1/waves/NUMBERED/lists/{number}", "admin") == (409, "WAVE_STATE")


POLICY = "kind = 'routing'\n[[group]]\nname = 'g'\n[[group.rule]]\nname = 'r'\n"
FOR_ALL = [
    ("PUT", "policies/of-shop", {"text": POLICY}),
    ("POST", "policies/of-all/activations", {"policy_version": 1}),
    ("POST", "policies/of-all/retirement", {}),
    ("PUT", "keep-rule-sets/default", {"rules": []}),
    ("PUT", "priority-rule-sets/default", {"classes": []}),
    ("PUT", "replenish-rule-sets/default", {"rules": []}),
    ("PUT", "calendars/of-shop", {"rules": {"time_zone": "UTC", "week": []}}),
    ("PUT", "zone-tables/of-shop", {"rules": {"rows": []}}),
    ("PUT", "handling/lyon", {"rules": {"days": 9}}),
    ("PUT", "delays/of-shop", {"rules": {"days": 9, "reason": "x"}}),
    ("PUT", "boxes/of-shop", {"length_mm": 1, "width_mm": 1, "height_mm": 1}),
    ("POST", "replenishments", {"name": "of-shop", "lines": [
        {"sku": "TEE-M", "location": "lyon", "quantity": 1, "due_at": "2030-01-01T00:00:00Z", "vendor": "v"}]}),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body"), FOR_ALL, ids=[f"{method} {path}" for method, path, _ in FOR_ALL])
def test_what_decides_for_all_channels_is_written_by_keys_of_all(
    stage: Stage, method: str, path: str, body: dict[str, Any]
) -> None:
    assert answer_of(stage, method, f"/v1/{path}", "shop only", json=body) == (403, "CHANNEL_NOT_YOURS")
