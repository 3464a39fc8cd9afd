"""The list of orders: every filter of the API is asked for, what is none is said, and any column can be chosen."""

import re

import msgspec

from console.conftest import Site
from orderline.api.reading.orders import OrdersQuery

BEHIND = {"limit", "cursor", "also", "custom"}


def numbers(page: str) -> set[str]:
    """The orders that are listed."""
    return set(re.findall(r'<th scope="row"><a href="/orders/([^"]+)">', page))


def test_orders_are_filtered_by_all_that_the_api_takes(site: Site) -> None:
    held, other = (site.stage.place(f"filter-{each}", each)["number"] for each in (1, 2))
    assert site.stage.call("POST", f"/v1/orders/{held}/holds", json={"type": "fraud"}).status_code == 200
    assert site.stage.call("PATCH", f"/v1/orders/{other}", json={"add_tags": ["gift", "vip"]}).status_code == 200
    visitor = site.person("fay")
    page = visitor.get("/orders").text
    asked = {each.encode_name for each in msgspec.structs.fields(OrdersQuery)} - BEHIND
    assert asked <= set(re.findall(r' name="([a-z_]+)"', page.partition('class="filters"')[2].partition("</form>")[0]))
    for filters, seen, hidden in (
        ("has_hold=true", held, other), ("tag=vip&placed_from=2020-01-01T00:00", other, held), ("external_id=filter-2&phase=", other, held),
        ("payment=none&payment=paid&external_id=filter-1", held, other),
    ):  # fmt: skip
        found = numbers(visitor.get(f"/orders?{filters}").text)
        assert seen in found, filters
        assert hidden not in found, filters
    assert '<details class="choose" open><summary>More filters' in visitor.get("/orders?has_hold=true").text
    assert f"\n{other}," in visitor.get("/export/orders?tag=vip").text
    assert f"\n{held}," not in visitor.get("/export/orders?tag=vip").text
    blind = site.person("ben", "orders:read").get("/orders").text
    assert 'name="email"' not in blind, "who may not see people can't ask for them"


def test_columns_are_chosen_of_all_that_a_row_tells(site: Site) -> None:
    number = site.stage.place("column-1", 2)["number"]
    assert site.stage.call("PATCH", f"/v1/orders/{number}", json={"add_tags": ["gift"]}).status_code == 200
    page = site.person("fay").get("/orders?external_id=column-1&show=payment&show=units&show=country&show=tags").text
    [row] = [each for each in page.split("<tr>") if f">{number}</a>" in each]
    assert re.findall(r'data-label="(\w+)">([^<]*)<', row) == [
        ("Payment", "none"),
        ("Country", "FR"),
        ("Units", "2"),
        ("Tags", "gift"),
    ]
    assert 'data-label="Units"' not in site.person("fay").get("/orders").text
    assert "units" not in site.stage.call("GET", "/v1/orders?external_id=column-1").json()["items"][0]


def test_a_filter_that_a_list_does_not_have_is_said_to_be_without_effect(site: Site) -> None:
    visitor = site.person("fay")
    for path, given in (("/orders", "stat=held"), ("/holds", "colour=red&did=yes&show=type")):
        page = visitor.get(f"{path}?{given}").text
        assert f"nothing is left out by it: {given.partition('=')[0]}." in page
    for path in ("/orders?phase=&show=tags", "/holds?did=yes"):
        assert "nothing is left out by it" not in visitor.get(path).text
