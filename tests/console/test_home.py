"""The work home: each queue with what waits in it, whose it is, and a link to exactly those rows."""

import re
from html import unescape

from console.conftest import Site, Visitor

HOLDS = [("fraud", "rosa"), ("fraud", "rosa"), ("fraud", "risk"), ("address", "rosa")]
_ROW = re.compile(r'<th scope="row"><a href="([^"]+)">([^<]+)</a></th>\s*<td class="right many">([\d,]+)</td>')
_OWNER = re.compile(r'<a href="([^"]+)">(\w+)(?: <span class="number">([\d,]+)</span>)?</a>')


def queues(page: str) -> dict[str, tuple[str, int]]:
    """Each queue of the page: its link and its count."""
    return {name: (unescape(path), int(count.replace(",", ""))) for path, name, count in _ROW.findall(page)}


def rows_at(visitor: Visitor, path: str) -> int:
    """How many rows a list shows, on all its pages."""
    rows = 0
    while path:
        page = visitor.get(path)
        assert page.status_code == 200, page.text
        rows += page.text.partition("<tbody>")[2].partition("</tbody>")[0].count("<tr>")
        following = re.search(r'<a rel="next" href="([^"]+)"', page.text)
        path = unescape(following[1]) if following else ""
    return rows


def furnish(site: Site, prefix: str) -> None:
    for at, (kind, owner) in enumerate(HOLDS):
        number = site.stage.place(f"{prefix}-{at}")["number"]
        put = site.stage.call("POST", f"/v1/orders/{number}/holds", json={"type": kind, "owner": owner})
        assert put.status_code == 200, put.text
    site.stage.place(f"{prefix}-wait", lines=[{"sku": "TEE-L", "quantity": 1, "unit_price_minor": 2000}])


def test_every_queue_leads_to_the_rows_it_counts(site: Site) -> None:
    furnish(site, "H")
    visitor = site.person("pia")
    page = visitor.get("/").text
    found = queues(page)
    assert {"Fraud", "Address", "Waiting for supply"} <= set(found)
    assert found["Drift"][1] == 0, "its nought is to be seen"
    for path, count in found.values():
        assert rows_at(visitor, path) == count, path
    fraud = next(each for each in page.split("<tr>") if ">Fraud<" in each).partition('class="owners"')[2]
    owners = {name: (unescape(path), int(count or "1")) for path, name, count in _OWNER.findall(fraud)}
    assert set(owners) >= {"rosa", "risk"}
    for path, count in owners.values():
        assert rows_at(visitor, path) == count, path
    assert "Nothing moves it" in page, "queues in which nothing waits are told as well"


def test_work_can_be_looked_at_by_whose_it_is(site: Site) -> None:
    furnish(site, "O")
    visitor = site.person("rosa")
    everybody, mine = queues(visitor.get("/").text), visitor.get("/?owner=mine").text
    assert set(queues(mine)) == {"Fraud", "Address"}, "a person, a role and a location by one name"
    assert queues(mine) == queues(visitor.get("/?owner=rosa").text)
    for path, count in queues(mine).values():
        assert "owner=rosa" in path
        assert rows_at(visitor, path) == count
    assert queues(mine)["Fraud"][1] < everybody["Fraud"][1]
    assert "Nothing waits for you" in site.person("quin").get("/?owner=mine").text
    nobody = visitor.get("/?owner=%3Cb%3Enobody")
    assert nobody.status_code == 200
    assert "<b>nobody" not in nobody.text


def test_who_is_for_some_channels_has_their_work_alone(site: Site) -> None:
    furnish(site, "C")
    assert "Fraud" in queues(site.person("sue", "orders:read", channels=["web"]).get("/").text)
    other = site.person("tom", "orders:read", channels=["shop"])
    assert queues(other.get("/").text) == {}
    assert "Nothing waits for anybody" in other.get("/").text


def test_a_list_that_takes_several_values_keeps_them(site: Site) -> None:
    furnish(site, "S")
    visitor = site.person("uma")
    both, one = "/holds?type=fraud&type=address&owner=rosa", "/holds?type=fraud&owner=rosa"
    page = visitor.get(both).text
    assert rows_at(visitor, both) > rows_at(visitor, one) > 0
    assert 'name="type" value="fraud"' in page
    assert 'name="type" value="address"' in page
    assert 'href="/holds?owner=rosa"' in page, "several values are let go together"
    steps = visitor.get("/orders?next_step=supply&next_step=collect_payment").text
    assert "supply, collect payment" in steps
