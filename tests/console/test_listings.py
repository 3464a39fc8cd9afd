"""Lists: each shows what its operation answers, filtered by what the operation knows, and each of its records has a page."""

import re
from typing import get_args, get_type_hints

import msgspec
import pytest

from console.conftest import Site, Visitor
from orderline.api.operations import OPERATIONS
from orderline.console.listings import LISTINGS, Listing

BY_NAME = {each.name: each for each in OPERATIONS}
ALL = [listing for _, listing in LISTINGS.values()]


@pytest.mark.parametrize("listing", ALL, ids=lambda listing: listing.path)
def test_columns_are_fields_of_what_is_listed(listing: Listing) -> None:
    operation = BY_NAME[listing.operation]
    # keys are few, and listed whole
    row = operation.output if operation.page else get_args(get_type_hints(operation.output)["items"])[0]
    known = {each.encode_name for each in msgspec.structs.fields(row)}
    assert {each.field.partition(".")[0] for each in listing.columns} <= known
    kinds = {each.kind for each in listing.columns}
    assert kinds <= {
        "text",
        "code",
        "badge",
        "time",
        "day",
        "due",
        "amount",
        "count",
        "list",
        "order",
        "record",
        "key",
        "sku",
        "dispute",
        "channel",
        "rate",
        "ago",
        "wide",
        "number",
        "about",
        "said",
        "rights",
        "happened",
        "changed",
        "yes",
        "wave",
        "cause",
        "lot",
    }
    if "amount" in kinds:
        assert "currency" in known, "an amount has a currency"
    assert bool(listing.record) == ("record" in kinds)


@pytest.fixture(scope="module")
def admin(site: Site) -> object:
    """Somebody who may see everything."""
    return site.person("boss")


@pytest.mark.parametrize("listing", ALL, ids=lambda listing: listing.path)
def test_every_list_can_be_shown(site: Site, admin: Visitor, listing: Listing) -> None:
    page = admin.get(listing.path)
    assert page.status_code == 200, page.text
    assert f'href="{listing.behind or listing.path}" aria-current="page"' in page.text


def test_filters_are_those_of_the_operation(site: Site) -> None:
    visitor = site.person("lou")
    number = site.stage.place("L-1", 1)["number"]
    site.stage.call("POST", f"/v1/orders/{number}/holds", json={"type": "manual", "reason": "<i>look</i>"})
    page = visitor.get("/holds?type=manual").text
    assert number in page
    assert "&lt;i&gt;look" in page
    assert number not in visitor.get("/holds?type=fraud").text
    assert "TEE-M" in visitor.get("/stock?sku=TEE-M").text
    assert visitor.get("/transfers?state=flying").status_code == 422


def test_a_record_has_a_page_with_its_history(site: Site) -> None:
    visitor = site.person("max")
    page = visitor.get("/users/max").text
    assert "user put" in page
    assert "administrator" in page or "admin" in page
    assert visitor.get("/users/nobody").status_code == 404
    assert visitor.get("/roles/max").status_code == 200
    stranger = site.person("ned", "orders:read")
    assert stranger.get("/users/max").status_code == 403
    assert 'href="/users"' not in stranger.get("/orders").text
    assert 'href="/stock"' not in stranger.get("/orders").text


def test_a_sku_has_its_shelves_and_the_terms_of_what_can_be_promised(site: Site) -> None:
    visitor = site.person("sue", "stock:read")
    told = site.stage.call("GET", "/v1/stock/TEE-M/atp").json()
    page = visitor.get("/stock/TEE-M").text
    assert f"<strong>{told['atp']:,} unit" in page
    for pool in told["pools"]:
        assert f"Why {pool['atp']} in {pool['pool']}" in page
    for level in site.stage.call("GET", "/v1/stock/TEE-M").json()["levels"]:
        assert f'<th scope="row">{level["location"]}</th>' in page
    assert 'href="/stock/TEE-M"' in visitor.get("/stock?sku=TEE-M").text
    said = page.partition("What feeds say</h2>")[2].partition("</section>")[0]
    assert re.search(r">lyon</th><td[^>]*>opening</td>.*>1</td>.*>\+1,000,000</td>", said), said
    assert visitor.get("/stock/NOTHING").status_code == 404


def test_what_has_moved_leads_to_what_has_moved_it(site: Site) -> None:
    placed = site.stage.place("moved")
    order, number = placed["id"], placed["number"]
    site.stage.allocate(order)
    lines = [{"line": 1, "quantity": 1}]
    assert site.stage.call("POST", f"/v1/orders/{order}/fulfillments/1/acceptances", json={}).status_code == 200
    assert site.stage.call("POST", f"/v1/orders/{order}/fulfillments/1/picks", json={"lines": lines}).status_code == 200
    reader, counter = site.person("moves", "stock:read", "orders:read"), site.person("counts", "stock:read")
    for path in ("/stock/TEE-M", "/movements?kind=order&location=lyon"):
        assert f'<a href="/orders/{order}">{number}</a>' in reader.get(path).text
        assert "/orders/" not in counter.get(path).text
    assert f",1,sellable,picked,order:{number}," in counter.get("/export/movements?kind=order").text
    assert number not in reader.get("/movements?kind=received").text


def test_a_state_that_the_api_leaves_out_is_told_and_what_is_over_is_not_due(site: Site) -> None:
    visitor = site.person("states")
    for path in ("/users", "/users/states", "/export/users"):
        assert "active" in visitor.get(path).text.replace('value="active"', "").replace("active</option>", ""), path
    number = site.stage.place("over")["number"]
    asked = {"order": number, "cause": "late_work", "fulfillment": 1, "note": "x"}
    site.stage.allocate(site.stage.call("GET", f"/v1/orders/{number}").json()["order"]["id"])
    made = site.stage.call("POST", "/v1/decisions", json=asked).json()
    assert re.search(r"<time[^>]*>in \d", visitor.get("/decisions").text)
    site.stage.call("POST", f"/v1/decisions/{made['id']}/withdrawal", json={"reason": "done"})
    assert not re.search(r"<time[^>]*>in \d", visitor.get("/decisions").text)
