"""Waves and counts at a station, and what becomes of commands that a device kept while it had no connection."""

import re
from datetime import UTC, datetime
from typing import Any

from console.conftest import Site, Visitor
from console.test_station import STAFF, forms, send, units, work
from orderline.core.fulfillments.waves import Wave
from orderline.core.stock.commands import AdjustStock, PutSkus
from orderline.core.stock.lots import LotUnits, Tracking
from orderline.core.stock.state import Sku
from orderline.store.documents import load_wave
from orderline.worker.waves import pick_of
from support.engines import assert_clean

GTIN = "4006381333931"
STOCK = ("stock:read", "stock:write")


def begin(site: Site, visitor: Visitor, location: str) -> str:
    """A wave of what waits at a location; the path of its first list."""
    site.stage.engine.run(PutSkus(skus=(Sku("TEE-M", "Tee, medium", gtin=GTIN),)))
    form = forms(visitor.get(f"/station/{location}?show=waves").text)["waves"]
    for _ in range(2):
        answer = visitor.post(f"/station/{location}/waves", form | {"most": "50"})
        assert answer.headers["location"] == f"/station/{location}?show=waves&done=create_wave"
    listed = visitor.get(f"/station/{location}?show=waves").text
    [path] = re.findall(rf'href="(/station/{location}/waves/[^"/]+/1)"', listed)
    return str(path)


def carry_out(site: Site, path: str) -> None:
    """What the worker does when a list is completed."""
    wave = load_wave(site.stage.database, path.split("/")[4])
    assert isinstance(wave, Wave)
    shares = {(each.order, each.fulfillment) for stop in wave.lists[0].stops for each in stop.shares}
    for order, number in sorted(shares):
        pick = pick_of(wave, 1, order, number)
        assert pick is not None
        site.stage.engine.run(pick)


def verdict(visitor: Visitor, path: str, **fields: str) -> dict[str, Any]:
    """What the script of the station is told."""
    answer = visitor.post(path, {"csrf": visitor.csrf(), "later": "yes", **fields})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json"), answer.text
    return answer.json()


def test_a_wave_is_picked_for_several_orders_at_once(site: Site) -> None:
    first, second = work(site, "SW-1", 2, "lille"), work(site, "SW-2", 1, "lille")
    visitor = site.person("ada", *STAFF, locations=["lille"])
    path = begin(site, visitor, "lille")
    page = visitor.get(path).text
    assert all(each in page for each in (first, second, "3 of 3 pieces to pick, for 2 orders"))
    assert send(visitor, path, "scan", code=GTIN) == f"{path}?done=scan_item"
    assert "MUG: this is not on the list" in send(visitor, path, "scan", code="MUG")
    assert "Not all of it was scanned" in send(visitor, path, "complete_list")
    assert send(visitor, path, "scan", code="tee-m") == f"{path}?done=scan_item"
    assert send(visitor, path, "put", code="TEE-M").endswith(f"?put=yes&done=put&order={first}")
    assert "Say why it is given up." in send(visitor, path, "void_wave", reason=" ")
    done = send(visitor, path, "complete_list", **{"short.1": "1", "reason.1": "damaged"})
    assert done == "/station/lille?show=waves&done=complete_list"
    assert path not in visitor.get("/station/lille?show=waves").text
    carry_out(site, path)
    assert (units(site, first), units(site, second)) == ({"picked": 2}, {})
    assert "This walk is over." in visitor.get(path).text
    paper = visitor.get(f"{path}/paper")
    assert (paper.headers["content-type"], paper.content[:5]) == ("application/pdf", b"%PDF-")
    [figure] = site.stage.call("GET", "/v1/wave-figures?location=lille").json()["items"]
    assert (figure["picked"], figure["short"], figure["wrong_scans"]) == (2, 1, 1)
    assert_clean(site.stage.database)


def test_a_wave_is_given_up_and_people_walk_at_their_location_alone(site: Site) -> None:
    work(site, "SW-3", 1, "lille")
    visitor = site.person("bea", *STAFF, locations=["lille"])
    path = begin(site, visitor, "lille")
    stranger = site.person("cat", *STAFF, locations=["paris"])
    for there in (path, path.replace("lille", "paris")):
        assert stranger.get(there).status_code in (403, 404)
        assert stranger.post(f"{there}/scan", {"csrf": stranger.csrf(), "code": GTIN}).status_code in (403, 404)
    reader = site.person("dan", "fulfillments:read")
    assert set(forms(reader.get(path).text)) == {"sign-out"}
    assert reader.post(f"{path}/void_wave", {"csrf": reader.csrf(), "reason": "x"}).status_code == 403
    assert send(visitor, path, "void_wave", reason="too heavy").endswith("done=void_wave")
    assert "The wave was given up." in visitor.get(path).text
    assert visitor.get(path.removesuffix("1") + "9").status_code == 404
    nothing = visitor.post("/station/lille/waves", {"csrf": visitor.csrf(), "most": "0"})
    assert "Say how many orders" in nothing.text


def test_what_was_kept_on_a_device_is_done_once_and_says_so_each_time(site: Site) -> None:
    number = work(site, "SW-4", 1)
    visitor = site.person("eva", *STAFF, locations=["lyon"])
    path = f"/station/lyon/orders/{number}/1"
    scan = {"code": "TEE-M", "key": "kept-on-device-1"}
    done = {"verdict": "done", "told": "", "advice": "", "to": f"{path}?done=pick_units"}
    assert [verdict(visitor, f"{path}/scan", **scan) for _ in range(3)] == [done] * 3, "its answer was lost twice"
    assert units(site, number) == {"picked": 1}
    more = verdict(visitor, f"{path}/scan", code="TEE-M", key="kept-on-device-2")
    assert (more["verdict"], more["told"]) == ("refused", "TEE-M: all of it is picked. Put this one back.")
    wrong = verdict(visitor, f"{path}/pack_units", key="kept-on-device-3", **{"lines.1": "two"})
    assert (wrong["verdict"], wrong["advice"]) == ("refused", "Nothing was changed by it.")
    pack = {"key": "kept-on-device-4", "lines.1": "1"}
    assert [verdict(visitor, f"{path}/pack_units", **pack)["verdict"] for _ in range(2)] == ["done", "done"]
    stale = verdict(visitor, f"{path}/pack_units", **(pack | {"key": "kept-on-device-5"}))
    assert (stale["verdict"], stale["advice"]) == (
        "stale", "It has changed meanwhile: open it, and go by what it says now.",
    )  # fmt: skip
    elsewhere = verdict(visitor, "/station/lyon/orders/SO-NONE/1/scan", **scan)
    assert elsewhere["verdict"] == "stale"
    assert visitor.post(f"{path}/scan", {"csrf": "old", "later": "yes", **scan}).status_code == 403
    assert site.visitor().post(f"{path}/scan", {"later": "yes", **scan}).status_code == 303
    assert_clean(site.stage.database)


def test_a_kept_scan_of_a_serial_number_is_done_once(site: Site) -> None:
    site.stage.engine.run(PutSkus(skus=(Sku("CAM", "Camera", tracking=Tracking.SERIAL),)))
    lots = (LotUnits("S-1", 1), LotUnits("S-2", 1))
    site.stage.engine.run(AdjustStock(sku="CAM", location="lyon", quantity=2, reason="received", lots=lots))
    lines = [{"sku": "CAM", "quantity": 2, "unit_price_minor": 2000}]
    order = site.stage.place("SW-5", 2, lines=lines)
    site.stage.allocate(order["id"], 2)
    number = str(order["number"])
    visitor = site.person("fay", *STAFF, "stock:read", locations=["lyon"])
    path = f"/station/lyon/orders/{number}/1"
    for serial in ("S-1", "S-2"):
        told = [verdict(visitor, f"{path}/scan", code=serial, key=f"kept-{serial}") for _ in range(2)]
        assert [each["verdict"] for each in told] == ["done", "done"]
    assert units(site, number) == {"picked": 2}
    assert verdict(visitor, f"{path}/scan", code="S-3", key="kept-S-3")["verdict"] == "refused"
    assert_clean(site.stage.database)


def plan(site: Site, name: str, location: str, *skus: str, **more: Any) -> str:
    made = site.stage.call("PUT", f"/v1/counts/{name}", json={"location": location, "lines": list(skus), **more})
    assert made.status_code == 200, made.text
    return f"/station/{location}/counts/{name}"


def test_a_count_is_made_blind_piece_by_piece(site: Site) -> None:
    site.stage.engine.run(
        PutSkus(
            skus=(
                Sku("TEE-M", "Tee, medium", gtin=GTIN),
                Sku("TEE-S", "Tee, small"),
                Sku("WINE", "Wine", tracking=Tracking.LOT),
            )
        )
    )
    for sku, quantity, lots in (("TEE-S", 7, ()), ("WINE", 3, (LotUnits("L-1", 3),))):
        site.stage.engine.run(AdjustStock(sku=sku, location="paris", quantity=quantity, reason="received", lots=lots))
    path = plan(site, "AISLE-9", "paris", "TEE-M", "TEE-S", "WINE")
    visitor = site.person("gil", *STAFF, *STOCK, locations=["paris"])
    assert f'href="{path}"' in visitor.get("/station/paris?show=count").text
    assert send(visitor, path, "open_count") == f"{path}?done=open_count"
    page = visitor.get(path).text
    assert ">7<" not in page, "what the record expects is not told"
    form = forms(page)["submit_count"]
    for code in (GTIN, GTIN, "tee-s", "wine", "L-1", "L-1"):
        answer = visitor.post(f"{path}/scan", form | {"code": code})
        assert answer.status_code == 200, answer.text
        form |= forms(answer.text)["submit_count"]
        form |= dict(re.findall(r'<textarea[^>]* name="([^"]*)"[^>]*>([^<]*)</textarea>', answer.text))
    assert (form["lines.1"], form["lines.2"], form["lots.3"].split()) == ("2", "1", ["L-1", "L-1"])
    assert "this is not counted here" in visitor.post(f"{path}/scan", form | {"code": "MUG", "last": ""}).text
    assert "is not a whole number" in visitor.post(f"{path}/submit_count", form | {"lines.1": "many"}).text
    told = visitor.post(f"{path}/submit_count", form | {"lots.3": "L-1 = 2\nL-1"})
    assert told.headers["location"] == "/station/paris?show=count&done=submit_count"
    count = site.stage.call("GET", "/v1/counts/AISLE-9").json()
    assert count["state"] == "submitted"
    assert [(each["sku"], each["quantity"]) for each in count["lines"]] == [("TEE-M", 2), ("TEE-S", 1), ("WINE", 3)]
    assert {each["counted_by"] for each in count["lines"]} == {"gil"}
    again = verdict(visitor, f"{path}/submit_count", **{**form, "lots.3": "L-1 = 2\nL-1"})
    assert again["verdict"] == "done"
    assert site.stage.call("POST", "/v1/counts/AISLE-9/recounts", json={"lines": ["TEE-S"]}).status_code == 200
    page = visitor.get(path).text
    assert "to be counted again" in page
    assert ('data-sku="TEE-S"' in page, 'data-sku="TEE-M"' in page) == (True, False)
    assert_clean(site.stage.database)


def test_what_was_counted_without_a_connection_is_compared_with_that_moment(site: Site) -> None:
    site.stage.engine.run(PutSkus(skus=(Sku("CAP", "Cap"),)))
    site.stage.engine.run(AdjustStock(sku="TEE-L", location="paris", quantity=5, reason="received"))
    path = plan(site, "AISLE-10", "paris", "TEE-L", "CAP")
    visitor = site.person("hal", *STAFF, *STOCK, locations=["paris"])
    counted_at = datetime.now(UTC)
    site.stage.engine.run(AdjustStock(sku="TEE-L", location="paris", quantity=2, reason="sold_in_store"))
    form = forms(visitor.get(path).text)["submit_count"]
    given = form | {"lines.1": "5", "counted_at.1": counted_at.isoformat()}
    assert "Say how many there are." in visitor.post(f"{path}/submit_count", form).text
    kept = {name: value for name, value in given.items() if name != "csrf"}
    first = verdict(visitor, f"{path}/submit_count", **kept)
    assert (first["verdict"], first["to"]) == ("done", f"{path}?done=submit_count"), "a product is left to be counted"
    rest = forms(visitor.get(path).text)["submit_count"] | {"rest": "yes"}
    assert visitor.post(f"{path}/submit_count", rest).headers["location"].endswith("show=count&done=submit_count")
    lines = site.stage.call("GET", "/v1/counts/AISLE-10").json()["lines"]
    assert [(each["quantity"], each.get("expected", 0)) for each in lines] == [(5, 5), (0, 0)]
    reader = site.person("ida", "fulfillments:read", "stock:read")
    assert reader.post(f"{path}/open_count", {"csrf": reader.csrf()}).status_code == 403
    stranger = site.person("jan", *STAFF, *STOCK, locations=["lyon"])
    assert stranger.get(path).status_code in (403, 404)
    assert stranger.get(path.replace("paris", "lyon")).status_code in (403, 404)
    unseeing = site.person("kim", *STAFF, locations=["paris"])
    assert "Count</a>" not in unseeing.get("/station/paris").text
