"""Lists of stock across SKUs: lots and where each is, what orders gave to others, what is kept back for delay."""

import re

import pytest

from api.test_reallocations import previewed, taking
from console.conftest import Site, Visitor
from orderline.core.stock.commands import PutSkus
from orderline.core.stock.lagging import MeasureLag
from orderline.core.stock.lots import Tracking
from orderline.core.stock.state import Sku
from support.engines import assert_clean


@pytest.fixture(scope="module")
def boss(site: Site) -> Visitor:
    """Somebody who may do everything."""
    return site.person("boss")


@pytest.fixture(scope="module")
def shop(site: Site) -> Visitor:
    """Somebody who reads stock for one channel."""
    return site.person("shop-shelf", "stock:read", channels=("shop",))


def test_a_lot_is_found_wherever_it_is_and_with_the_orders_that_got_some(
    site: Site, boss: Visitor, shop: Visitor
) -> None:
    stage = site.stage
    stage.engine.run(PutSkus(skus=(Sku("MILK", "Milk", tracking=Tracking.LOT),)))
    rows = "sku,location,quantity,lot,expires_on\nMILK,lyon,7,L/1,2030-01-01\nMILK,lille,3,L/1,2030-01-01\n"
    assert stage.call("POST", "/v1/stock/feeds/dairy?sequence=1", content=rows).is_success
    placed = stage.place("MILK-1", lines=[{"sku": "MILK", "quantity": 2, "unit_price_minor": 100}], total_minor=200)
    stage.allocate(placed["id"], 2)
    at = f"/v1/orders/{placed['id']}/fulfillments/1"
    assert stage.call("POST", f"{at}/acceptances", json={}).is_success
    assert stage.call("POST", f"{at}/picks", json={"lines": [{"line": 1, "quantity": 2}]}).is_success
    assert '<a href="/stock/MILK/lots/L%2F1">L/1</a>' in boss.get("/lots?sku=MILK").text
    page = boss.get("/stock/MILK/lots/L%2F1").text
    for told in (">lille</th>", ">2030-01-01", f'<a href="/orders/{placed["number"]}">', ">picked</td>"):
        assert told in page
    other = shop.get("/stock/MILK/lots/L%2F1").text
    assert placed["number"] not in other
    assert "1 order of other channels got some, too." in other
    assert "No location has it." in boss.get("/stock/MILK/lots/NONE").text


def test_what_is_kept_back_for_delay_is_told_channel_by_channel(site: Site, boss: Visitor, shop: Visitor) -> None:
    for code in ("web", "shop"):
        units = {f"SKU-{number:02}": number for number in range(1, 15)}
        site.stage.engine.run(
            MeasureLag(channel=code, lag_s=90, quantile_ppm=990_000, measured=40, pushes=9, units=units)
        )
    page = boss.get("/lag-buffers").text
    assert re.search(r"99(\.0)?\s%", page)
    assert 'href="/lag-buffers/web"' in page
    assert 'href="/lag-buffers/web"' not in shop.get("/lag-buffers").text
    assert shop.get("/lag-buffers/web").status_code == 404
    record = shop.get("/lag-buffers/shop").text
    assert re.search(r"<tr>\s*<t[hd][^>]*>\s*SKU-14\s*</t[hd]>", record), "each SKU has a row"


def test_a_reallocation_is_approved_on_its_page(site: Site, boss: Visitor) -> None:
    _, vip, seen = previewed(site.stage)
    made = site.stage.call("PUT", "/v1/reallocations/P-1/proposal", json=taking(seen, vip))
    assert made.json()["state"] == "proposed", made.text
    assert vip["number"] in boss.get("/reallocations?state=proposed").text
    assert 'href="/reallocations/P-1/approve"' in boss.get("/reallocations/P-1").text
    answer = boss.post("/reallocations/P-1/approve", {"csrf": boss.csrf(), "key": "approve-p-1"})
    assert answer.status_code == 303, answer.text
    told = site.stage.call("GET", "/v1/reallocations/P-1").json()
    assert (told["state"], told["by"]) == ("applied", "boss")
    assert 'href="/reallocations/P-1/approve"' not in boss.get("/reallocations/P-1").text
    assert_clean(site.stage.database)


def test_what_to_count_first_and_what_is_to_be_ordered_are_told(site: Site, boss: Visitor) -> None:
    received = {"sku": "TEE-L", "location": "paris", "quantity": 5, "reason": "received"}
    assert site.stage.call("POST", "/v1/stock/adjustments", json=received).is_success
    assert 'href="/stock/TEE-L"' in boss.get("/count-proposals?location=paris").text
    assert 'href="/stock/TEE-L"' not in boss.get("/count-proposals?location=lille").text
    assert "TEE-L,paris," in boss.get("/export/count-proposals").text
    line = {"sku": "TEE-M", "pool": "eu", "quantity": 4, "need_at": "2099-01-01T00:00:00Z"}
    made = site.stage.call("PUT", "/v1/demands/CALL-1", json={"lines": [line]})
    assert made.is_success, made.text
    assert "CALL-1" in boss.get("/demand?sku=TEE-M").text
    assert "CALL-1" not in boss.get("/demand?sku=TEE-L").text
