"""The page of an order: the map of its parcels, and what is told of while it is read."""

import pytest
from playwright.sync_api import expect

from console.browser.conftest import Shop
from console.browser.looking import Eyes

pytestmark = pytest.mark.slow


def test_the_way_of_parcels_is_on_a_map_and_in_a_list(shop: Shop, phone: Eyes) -> None:
    page = phone.page
    page.goto(f"/orders/{shop.routed()}")
    picture = page.get_by_role("img", name="Map of the way of each parcel")
    picture.scroll_into_view_if_needed()
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("each => each.naturalWidth") == 480
    expect(page.locator("section:has(> #where) li")).to_have_count(
        page.locator("article.parcel").count()
        + page.locator("section:has(> #where) .no.serves, section:has(> #where) .no.target").count()
    )
    assert phone.faults() == []


def test_what_is_told_of_while_a_page_is_read_moves_nothing_of_it(shop: Shop, desk: Eyes) -> None:
    number = shop.order()
    with desk.page.expect_request("**/changes?*"):
        desk.page.goto(f"/orders/{number}")
    told = desk.page.get_by_text("This order has changed since.")
    expect(told).to_be_hidden()
    shop.call("POST", f"/v1/orders/{number}/holds", {"type": "manual", "reason": "look again"})
    expect(told).to_be_visible()
    assert desk.faults() == []
    desk.page.click("text=Show it as it is now")
    expect(told).to_be_hidden()
