"""Movements of stock across SKUs: who has moved what, where, when and why, by any filters, page after page."""

from itertools import product
from typing import Any, Final
from uuid import UUID

import pytest

from api.stage import Stage
from orderline.api.reading.paging import render_cursor
from orderline.core.moves import REASONS
from orderline.core.stock.commands import AdjustStock
from orderline.core.stock.movements import MovementKind
from orderline.store.reading import movements
from support.engines import assert_clean

PATH: Final = "/v1/movements"


@pytest.fixture(scope="module")
def order(stage: Stage) -> dict[str, Any]:
    """What was moved: by an order, by a return desk, by hand at two locations."""
    made = stage.place("MOVED")
    stage.allocate(made["id"])
    at = f"/v1/orders/{made['id']}/fulfillments/1"
    assert stage.call("POST", f"{at}/acceptances", json={}).is_success
    assert stage.call("POST", f"{at}/picks", json={"lines": [{"line": 1, "quantity": 1}]}).is_success
    stage.make_key("clerk", "stock:write")
    for number, (sku, location) in enumerate(product(("TEE-M", "TEE-L"), ("lyon", "paris"))):
        for reason in ("received", "damaged"):
            asked = {
                "sku": sku,
                "location": location,
                "quantity": 2 + number,
                "reason": reason,
                "reference": f"D-{number}",
            }
            why = {"reason": "it rained in"} if reason == "damaged" else {}
            assert stage.call("POST", "/v1/stock/adjustments", "clerk", why, json=asked).is_success
    return made


def listed(stage: Stage, query: str = "", key: str = "admin", *, limit: int = 200) -> list[dict[str, Any]]:
    """All that is listed, page after page."""
    rows: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = stage.call("GET", f"{PATH}?limit={limit}&{query}&cursor={cursor}", key).json()
        rows += page["items"]
        cursor = page["next"]
        if not cursor:
            return rows


def test_who_has_moved_what_and_why_is_told(stage: Stage, order: dict[str, Any]) -> None:
    last, first, *_ = listed(stage, "location=paris&sku=TEE-L")
    assert (last["source"], last["target"], last["quantity"], last["cause"]) == ("sellable", "damaged", 5, "damaged")
    assert (last["by"], last["reference"], last["reason"]) == ("clerk", "D-3", "it rained in")
    assert last["via"].startswith("api:")
    assert "reason" not in first
    [picked] = listed(stage, "kind=order")
    assert (picked["order_number"], picked["by"]) == (order["number"], "admin")
    of_sku = stage.call("GET", "/v1/stock/TEE-L/entries").json()["items"]
    assert of_sku == listed(stage, "sku=TEE-L")
    assert_clean(stage.database)


@pytest.mark.usefixtures("order")
def test_all_filters_find_the_same_by_whichever_index_and_however_little_is_looked_at(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = listed(stage)
    assert [each["recorded_at"] for each in every] == sorted((each["recorded_at"] for each in every), reverse=True)
    assert len(every) == 11
    middle = every[5]["recorded_at"]
    monkeypatch.setattr(movements, "LOOK", 3)
    monkeypatch.setattr(movements, "_LOOK_AT_SHELF", 3)
    given = {
        "sku": ("", "TEE-L"), "location": ("", "paris", "lyon&location=paris"),
        "kind": ("", "damaged&kind=feed", "order&kind=received"), "actor": ("", "clerk"), "since": ("", middle),
        "until": ("", middle),
    }  # fmt: skip
    for values in product(*given.values()):
        asked = dict(zip(given, values, strict=True))

        def fits(row: dict[str, Any], asked: dict[str, str] = asked) -> bool:
            wanted = {name: value.split(f"&{name}=") for name, value in asked.items() if value}
            return (
                all(row.get(name) in wanted[name] for name in ("sku", "location") if name in wanted)
                and asked["actor"] in ("", row["by"])
                and ("kind" not in wanted or row["cause"].partition(":")[0] in wanted["kind"])
                and asked["since"] <= row["recorded_at"]
                and (not asked["until"] or row["recorded_at"] < asked["until"])
            )

        query = "&".join(f"{name}={value}" for name, value in asked.items() if value)
        assert listed(stage, query, limit=2) == [row for row in every if fits(row)], query


def test_orders_of_other_channels_and_shelves_of_other_locations_are_not_told(
    stage: Stage, order: dict[str, Any]
) -> None:
    stage.make_key("shop reads", "stock:read", channels=["shop"])
    stage.make_key("web reads", "stock:read", channels=["web"])
    stage.make_key("paris reads", "stock:read", locations=["paris"])
    [hidden] = listed(stage, "kind=order", "shop reads")
    assert hidden["cause"] == "order"
    assert not {"by", "via", "order_number"} & set(hidden)
    assert listed(stage, "kind=order&actor=admin", "shop reads") == []
    assert not any("reference" in each for each in listed(stage, key="shop reads"))
    assert listed(stage, "kind=order", "web reads")[0]["order_number"] == order["number"]
    assert {each["location"] for each in listed(stage, key="paris reads")} == {"paris"}
    assert listed(stage, "location=lyon", "paris reads") == []
    stage.make_key("orders only", "orders:read")
    assert stage.call("GET", PATH, "orders only").status_code == 403
    zoneless = render_cursor(["2026-01-01T00:00:00", str(UUID(int=1))])
    for wrong in ("since=2026-01-01T00:00:00", "kind=magic", "cursor=x", f"cursor={zoneless}"):
        assert stage.call("GET", f"{PATH}?{wrong}").status_code == 422


def test_every_reason_is_a_kind(stage: Stage) -> None:
    assert set(REASONS) <= set(MovementKind)
    stage.engine.run(AdjustStock(sku="TEE-M", location="paris", quantity=99, reason="sold_in_store"))
    causes = {each["cause"].partition(":")[0] for each in listed(stage)}
    assert {"found_by_sale", "sold_in_store"} <= causes <= set(MovementKind)
