"""Pages: each has a rule of who may see it, says what the API says, and shows nothing that it should not."""

import gzip
import re

import pytest

from console.conftest import Site, Visitor
from orderline.api.calls import GRANTABLE, Right
from orderline.api.operations import OPERATIONS
from orderline.console.access import sign_out
from orderline.console.pages import PAGES, Page
from orderline.console.rendering import environment, render

BY_NAME = {each.name: each for each in OPERATIONS}


def test_a_page_without_a_rule_can_not_be_written() -> None:
    with pytest.raises(ValueError, match="for whom"):
        Page(method="GET", path="/x", show=sign_out)
    with pytest.raises(ValueError, match="for whom"):
        Page(method="GET", path="/x", show=sign_out, calls=("list_orders",), open=True)


def test_every_template_can_be_read() -> None:
    for name in environment().list_templates():
        environment().get_template(name)


def test_pages_call_operations_that_there_are() -> None:
    for page in PAGES:
        assert all(name in BY_NAME for name in (*page.calls, *page.links)), page


def test_a_link_leads_to_what_needs_no_key_and_to_nothing_else() -> None:
    for page in PAGES:
        assert all(BY_NAME[name].right is Right.PUBLIC for name in page.links), page
        assert "{token}" in page.path or not page.links, page


@pytest.fixture(scope="module")
def people(site: Site) -> dict[str, Visitor]:
    """Somebody for each right, with that one alone."""
    return {right: site.person(right.replace(":", "-"), right) for right in GRANTABLE}


def test_skus_and_what_can_be_made_are_found_as_orders_are(site: Site) -> None:
    boss, reader = site.person("finds-all"), site.person("finds-orders", "orders:read")
    told = boss.get("/find?q=tee-").text
    assert '<a href="/stock/TEE-M"' in told
    assert '<a href="/roles/new"' in boss.get("/find?q=role").text
    assert "customer-links/new" not in boss.get("/find?q=link+for+the").text, "it is made of an order"
    assert "/stock/" not in reader.get("/find?q=tee-").text
    assert "/roles/" not in reader.get("/find?q=role").text


@pytest.mark.parametrize("page", [each for each in PAGES if each.calls], ids=lambda page: f"{page.method} {page.path}")
def test_a_page_is_for_those_alone_who_have_the_right_of_what_it_shows(people: dict[str, Visitor], page: Page) -> None:
    path = (
        page.path.replace("{order}", "SO-0")
        .replace("{operation}", "cancel_units")
        .replace("{id}", "none")
        .replace("{code}", "none")
        .replace("{sku}", "none")
        .replace("{account}", "bank")
        .replace("{day}", "2026-01-01")
    )
    for right, visitor in people.items():
        allowed = right in ("admin", *(BY_NAME[each].right for each in page.rule))
        if page.method == "GET":
            status = visitor.get(path).status_code
            if allowed and right != "admin" and {BY_NAME[each].right for each in page.calls[1:]} - {right}:
                assert status in (200, 403, 404, 409), (right, status)  # it may do it, and not read what it is done to
                continue
            assert status in (200, 404, 409) if allowed else status == (303 if page.instead else 403), (right, status)
        else:
            status = visitor.post(path, {"csrf": visitor.csrf()}).status_code
            assert status in (404, 422) if allowed else status == 403, (right, status)


def test_lists_and_pages_show_what_the_person_sees(site: Site) -> None:
    placed = site.stage.place("C-1", 3, customer={"name": "<script>alert(1)</script>", "email": "eve@example.com"})
    number = placed["number"]
    visitor = site.person("gil", "orders:read", "people:read", channels=["web"])
    listed = visitor.get("/orders").text
    assert number in listed
    assert "<script>alert" not in listed
    page = visitor.get(f"/orders/{number}")
    assert page.status_code == 200
    assert "&lt;script&gt;alert(1)" in page.text
    assert "60.00 EUR" in page.text
    assert "3 units of line 1" in page.text, "the timeline tells it in words"
    assert number in visitor.get("/orders?q=C-1").text
    assert number not in visitor.get("/orders?phase=canceled").text
    stranger = site.person("hal", "orders:read", channels=["shop"])
    assert number not in stranger.get("/orders").text
    assert stranger.get(f"/orders/{number}").status_code == 404


def test_what_is_asked_wrongly_is_told_and_nothing_breaks(site: Site) -> None:
    visitor = site.person("ida")
    assert visitor.get("/orders?phase=flying").status_code == 422
    assert "phase" in visitor.get("/orders?phase=flying").text
    assert visitor.get("/orders?cursor=rubbish").status_code == 422
    assert visitor.get("/orders/SO-999999").status_code == 404
    assert visitor.get("/orders/%00").status_code in (400, 404, 422)
    assert visitor.get("/nothing").status_code == 404
    assert visitor.get("/orders/a/b/c").status_code == 404
    assert visitor.post("/orders", {}).status_code == 404


def test_whatever_breaks_there_is_a_page_that_says_so_and_no_link_is_logged(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    number = site.stage.place("broken-1")["number"]
    page = site.stage.call("POST", f"/v1/orders/{number}/customer-links", json={"may": []}).json()["page"]
    visitor = site.person("bea")
    assert site.client.request("OPTIONS", "*").status_code == 404

    def broken(template: object, about: dict[str, object], *_: object) -> bytes:
        if template == "failed.html":
            return render(template, about)
        raise RuntimeError("it can't be written")

    with monkeypatch.context() as patch:
        patch.setattr("orderline.api.customer_links.shown", broken)
        assert "write to us" in visitor.get(page).text
        patch.setattr("orderline.console.app.render", broken)
        told = visitor.get("/")
    assert (told.status_code, "Something is wrong here" in told.text) == (500, True)
    assert "can't be written" in caplog.text
    assert page.rpartition("/")[2] not in caplog.text


def test_pages_run_nothing_of_others_and_are_kept_by_nobody(site: Site) -> None:
    visitor = site.person("joe")
    page = visitor.get("/")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert " style=" not in page.text
    assert page.headers["cache-control"] == "no-store"
    style = page.text.partition('rel="stylesheet" href="')[2].partition('"')[0]
    asset = site.visitor().get(style)
    assert asset.status_code == 200
    assert "immutable" in asset.headers["cache-control"]
    assert site.visitor().get("/static/../app.py").status_code == 404
    assert site.visitor().get("/v1/health").json()


def test_a_page_and_all_that_it_needs_are_small(site: Site) -> None:
    for at in range(60):
        site.stage.place(f"W-{at}", 1)
    page = site.person("kim").get("/orders")
    assets = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text))
    assert len(assets) >= 4
    weight = len(gzip.compress(page.content))
    for path in assets:
        whole = site.visitor().get(path)
        assert whole.headers["content-encoding"] == "gzip"
        weight += int(whole.headers["content-length"])
    assert weight < 60_000, "a page is under 60 kB on its way"
