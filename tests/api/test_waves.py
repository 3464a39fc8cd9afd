"""A wave from its release to its last list, with wrong scans and units not found."""

from datetime import date
from typing import Any
from uuid import UUID

import pypdfium2
import pytest

from api.stage import Stage
from orderline.core.fulfillments.waves import Wave
from orderline.core.orders.commands import PickUnits
from orderline.core.stock.commands import AdjustStock, PutSkus
from orderline.core.stock.lots import LotUnits, Tracking
from orderline.core.stock.state import Sku
from orderline.store.documents import load_wave
from orderline.values.ids import OrderId, new_id
from orderline.worker.waves import pick_of


def placed(stage: Stage, quantity: int = 1, **changes: Any) -> dict[str, Any]:
    order = stage.place(f"wave-{new_id()}", quantity, **changes)
    stage.allocate(order["id"], quantity)
    return order


@pytest.fixture
def name(stage: Stage) -> str:
    """A wave's name; whatever other tests left is out of the way in a wave that was completed and carried out."""
    stage.engine.run(PutSkus(skus=(Sku("TEE-M", "Tee, medium", gtin="4006381333931"),)))
    left = f"W-{new_id()}"
    if stage.call("PUT", f"/v1/waves/{left}", json={"location": "lyon", "most": 500}).status_code == 200:
        assert (
            stage.call("POST", f"/v1/waves/{left}/completions", json={"list": 1, "unscanned": True}).status_code == 200
        )
        carry_out(stage, left)
    return f"W-{new_id()}"


def carry_out(stage: Stage, wave: str) -> list[PickUnits]:
    """Do what the worker does for all completed lists."""
    found = load_wave(stage.database, wave)
    assert isinstance(found, Wave)
    picks: list[PickUnits] = []
    for each in found.lists:
        work = {(share.order, share.fulfillment) for stop in each.stops for share in stop.shares if each.done}
        picks += [pick for order, number in sorted(work) if (pick := pick_of(found, each.number, order, number))]
    for pick in picks:
        stage.engine.run(pick)
    return picks


def scan(stage: Stage, wave: str, code: str, **more: Any) -> Any:
    return stage.call("POST", f"/v1/waves/{wave}/scans", json={"list": 1, "code": code, **more})


def test_a_batch_is_one_walk_for_all_and_short_units_are_the_last_ones(stage: Stage, name: str) -> None:
    first, second = placed(stage, 2), placed(stage, 1)
    made = stage.call("PUT", f"/v1/waves/{name}", json={"location": "lyon", "by": "batch"})
    [found] = made.json()["lists"]
    [stop] = found["stops"]
    assert (stop["sku"], stop["quantity"], len(stop["shares"])) == ("TEE-M", 3, 2)
    assert scan(stage, name, "4006381333931").status_code == 200
    assert scan(stage, name, "TEE-M").json()["lists"][0]["stops"][0]["picked"] == 2
    unsaid = stage.call("POST", f"/v1/waves/{name}/completions", json={"list": 1})
    assert (unsaid.status_code, unsaid.json()["code"]) == (409, "LIST_INCOMPLETE")
    short = {"sku": "TEE-M", "quantity": 1, "reason": "missing"}
    done = stage.call("POST", f"/v1/waves/{name}/completions", json={"list": 1, "short": [short]})
    assert done.json()["state"] == "done"
    picks = carry_out(stage, name)
    by_order = {str(p.order): ([x.quantity for x in p.lines], [x.quantity for x in p.short]) for p in picks}
    assert by_order == {first["id"]: ([2], []), second["id"]: ([], [1])}
    read = stage.call("GET", f"/v1/orders/{first['number']}").json()
    assert read["order"]["lines"][0]["units"] == {"picked": 2}
    assert read["order"]["fulfillments"][0]["wave"] == name


def test_a_wrong_scan_is_refused_with_what_is_wanted_and_counted(stage: Stage, name: str) -> None:
    order = placed(stage)
    stage.call("PUT", f"/v1/waves/{name}", json={"location": "lyon"})
    wrong = scan(stage, name, "TEE-L")
    assert (wrong.status_code, wrong.json()["code"]) == (409, "WRONG_SCAN")
    assert "TEE-M x 1" in wrong.text
    assert scan(stage, name, "TEE-M").status_code == 200
    assert scan(stage, name, "TEE-M").json()["code"] == "WRONG_SCAN"
    assert scan(stage, name, "TEE-M", order=str(new_id())).json()["code"] == "WRONG_SCAN"
    put = scan(stage, name, "TEE-M", order=order["id"])
    assert put.json()["lists"][0]["stops"][0]["shares"][0]["put"] == 1
    assert stage.call("GET", f"/v1/waves/{name}").json()["lists"][0]["wrong_scans"] == 3


def test_work_is_in_one_open_wave_at_a_time(stage: Stage, name: str) -> None:
    placed(stage)
    asked = {"location": "lyon", "by": "order"}
    assert stage.call("PUT", f"/v1/waves/{name}", json=asked).status_code == 200
    assert stage.call("PUT", f"/v1/waves/{name}", json=asked).json()["code"] == "WAVE_EXISTS"
    assert stage.call("PUT", f"/v1/waves/{name}-2", json=asked).json()["code"] == "WAVE_WORK"
    assert stage.call("POST", f"/v1/waves/{name}/voiding", json={"reason": "lunch"}).json()["state"] == "void"
    assert stage.call("PUT", f"/v1/waves/{name}-3", json=asked).status_code == 200


def test_lists_are_by_order_or_zone_and_chosen_by_filter(stage: Stage, name: str) -> None:
    urgent = placed(stage, priority=9)
    placed(stage)
    asked = {"location": "lyon", "by": "order", "priority": 9}
    made = stage.call("PUT", f"/v1/waves/{name}", json=asked).json()
    assert [each["stops"][0]["shares"][0]["order"] for each in made["lists"]] == [urgent["id"]]
    zones = [{"zone": "A", "beginnings": ["TEE"]}]
    by_zone = stage.call("PUT", f"/v1/waves/{name}-z", json={"location": "lyon", "by": "zone", "zones": zones}).json()
    assert [each["zone"] for each in by_zone["lists"]] == ["A"]
    printed = stage.call("GET", f"/v1/waves/{name}-z/lists/1")
    text = pypdfium2.PdfDocument(printed.content)[0].get_textpage().get_text_range()
    assert "4006381333931" in text
    assert stage.call("GET", f"/v1/waves/{name}-z/lists/2").status_code == 409


def test_waves_are_for_those_at_the_location(stage: Stage, name: str) -> None:
    placed(stage)
    stage.call("PUT", f"/v1/waves/{name}", json={"location": "lyon"})
    stage.make_key("paris-only", "fulfillments:read", "fulfillments:write", locations=["paris"])
    assert stage.call("PUT", f"/v1/waves/{name}-p", "paris-only", json={"location": "lyon"}).status_code == 403
    body = {"list": 1, "code": "TEE-M"}
    assert stage.call("POST", f"/v1/waves/{name}/scans", "paris-only", json=body).status_code == 403
    assert stage.call("GET", f"/v1/waves/{name}/lists/1", "paris-only").status_code == 403
    assert OrderId(UUID(stage.call("GET", f"/v1/waves/{name}").json()["lists"][0]["stops"][0]["shares"][0]["order"]))


def tracked(stage: Stage, code: str, tracking: Tracking, *lots: LotUnits) -> dict[str, Any]:
    """Lots of a new SKU at lyon, and work there for as many units as two."""
    stage.engine.run(PutSkus(skus=(Sku(code, code, tracking=tracking),)))
    quantity = sum(each.quantity for each in lots)
    stage.engine.run(AdjustStock(sku=code, location="lyon", quantity=quantity, reason="received", lots=lots))
    return placed(stage, 2, lines=[{"sku": code, "quantity": 2, "unit_price_minor": 2000}])


def test_serial_numbers_are_scanned_each_once_and_go_to_their_order(stage: Stage, name: str) -> None:
    code = f"CAM-{new_id()}"
    order = tracked(stage, code, Tracking.SERIAL, LotUnits("S-1"), LotUnits("S-2"), LotUnits("S-3"))
    stage.call("PUT", f"/v1/waves/{name}", json={"location": "lyon"})
    for lot, refusal in (("", "LOTS_REQUIRED"), ("S-9", "LOT_NOT_HERE")):
        refused = scan(stage, name, code, lot=lot)
        assert refused.json()["code"] == refusal
    assert scan(stage, name, code, lot="S-3").status_code == 200
    assert scan(stage, name, code, lot="S-3").json()["code"] == "LOT_NOT_HERE"
    unscanned = {"list": 1, "unscanned": True}
    assert stage.call("POST", f"/v1/waves/{name}/completions", json=unscanned).json()["code"] == "LIST_INCOMPLETE"
    assert scan(stage, name, code, lot="S-1").status_code == 200
    assert stage.call("POST", f"/v1/waves/{name}/completions", json={"list": 1}).json()["state"] == "done"
    carry_out(stage, name)
    [item] = stage.call("GET", f"/v1/orders/{order['number']}").json()["order"]["fulfillments"][0]["items"]
    assert sorted(each["lot"] for each in item["lots"]) == ["S-1", "S-3"]
    recall = stage.call("GET", f"/v1/stock/{code}/lots/S-3").json()
    assert [(each["number"], each["picked"], each["sent"]) for each in recall["orders"]] == [(order["number"], 1, 0)]
    assert [each["bucket"] for each in recall["shelves"]] == ["picked"]


def test_a_list_says_which_lots_to_take_first(stage: Stage, name: str) -> None:
    code = f"MILK-{new_id()}"
    lots = (LotUnits("LATE", 5, date(2099, 5, 1)), LotUnits("EARLY", 1, date(2099, 3, 1)))
    order = tracked(stage, code, Tracking.LOT, *lots)
    told = stage.call("GET", f"/v1/lots/proposal?sku={code}&location=lyon&quantity=2").json()
    assert [(each["lot"], each.get("quantity", 1)) for each in told["lots"]] == [("EARLY", 1), ("LATE", 1)]
    stage.call("PUT", f"/v1/waves/{name}", json={"location": "lyon"})
    printed = stage.call("GET", f"/v1/waves/{name}/lists/1")
    text = pypdfium2.PdfDocument(printed.content)[0].get_textpage().get_text_range()
    assert text.index("EARLY") < text.index("LATE")
    assert "2099-03-01" in text
    done = {"list": 1, "unscanned": True}
    assert stage.call("POST", f"/v1/waves/{name}/completions", json=done).json()["state"] == "done"
    carry_out(stage, name)
    [item] = stage.call("GET", f"/v1/orders/{order['number']}").json()["order"]["fulfillments"][0]["items"]
    assert [each["lot"] for each in item["lots"]] == ["EARLY", "LATE"]


def test_wrong_scans_are_a_figure_of_their_location(stage: Stage, name: str) -> None:
    placed(stage, 2)
    stage.call("PUT", f"/v1/waves/{name}", json={"location": "lyon", "by": "batch"})
    before = figures(stage)
    assert scan(stage, name, "TEE-M").status_code == 200
    assert scan(stage, name, "TEE-L").json()["code"] == "WRONG_SCAN"
    after = figures(stage)
    assert (after["picked"] - before["picked"], after["wrong_scans"] - before["wrong_scans"]) == (1, 1)
    assert after["wrong_ppm"] == after["wrong_scans"] * 1_000_000 // (after["picked"] + after["wrong_scans"])
    metrics = stage.call("GET", "/metrics").text
    assert 'orderline_wrong_scans_total{location="lyon"}' in metrics
    stage.make_key("lille only", "fulfillments:read", locations=["lille"])
    stage.make_key("shop only", "fulfillments:read", channels=["shop"])
    for path in ("", "/waves"):
        for key in ("lille only", "shop only"):
            assert stage.call("GET", f"/v1/wave-figures{path}", key).json()["items"] == []
    found, cursor = list[Any](), ""
    while cursor is not None:
        listed = stage.call("GET", f"/v1/wave-figures/waves?days=1&limit=1&cursor={cursor}", "fulfillments:read").json()
        found += [each for each in listed["items"] if each["location"] == "lyon"]
        cursor = listed["next"]
    assert len(found) == after["waves"] > 1
    for name in ("picked", "short", "wrong_scans"):
        assert sum(each[name] for each in found) == after[name]


def figures(stage: Stage) -> Any:
    items = stage.call("GET", "/v1/wave-figures?days=1", "fulfillments:read").json()["items"]
    return next(each for each in items if each["location"] == "lyon")


def test_a_serial_number_is_scanned_in_one_list_of_a_wave(stage: Stage, name: str) -> None:
    code = f"CAM-{new_id()}"
    tracked(stage, code, Tracking.SERIAL, *(LotUnits(f"S-{number}") for number in range(4)))
    placed(stage, 2, lines=[{"sku": code, "quantity": 2, "unit_price_minor": 2000}])
    assert len(stage.call("PUT", f"/v1/waves/{name}", json={"location": "lyon", "by": "order"}).json()["lists"]) == 2
    assert scan(stage, name, code, lot="S-1").status_code == 200
    assert scan(stage, name, code, lot="S-1", list=2).json()["code"] == "LOT_NOT_HERE"
    assert scan(stage, name, code, lot="S-2", list=2).status_code == 200
