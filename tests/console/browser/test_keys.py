"""Work that is done by keys alone, from the first to the last step: rules, many orders, the station, settings, a customer's page."""

import pytest
from playwright.sync_api import expect

from console.browser.conftest import RULES, STORE, Shop
from console.browser.looking import DESK, Eyes, go_to

pytestmark = pytest.mark.slow


def choose(eyes: Eyes, name: str, key: str = "Enter") -> None:
    """Go to what is named so, and press a key there."""
    go_to(eyes, name)
    eyes.page.keyboard.press(key)


def test_many_orders_are_held_by_keys_alone(shop: Shop, desk: Eyes) -> None:
    number = shop.order()
    desk.page.goto("/orders?phase=blocked")
    choose(desk, f"Choose {number}", "Space")
    choose(desk, "Go on")
    go_to(desk, "type")
    desk.page.keyboard.type("manual")
    choose(desk, "See what it would do")
    expect(desk.page.get_by_role("status")).to_contain_text("1 row would be done.")
    choose(desk, "Do it")
    expect(desk.page.get_by_role("status")).to_contain_text("1 row done.")


def test_rules_are_written_by_keys_alone(shop: Shop, desk: Eyes) -> None:
    page, name = desk.page, f"keys-{id(shop)}"
    page.goto("/routing")
    go_to(desk, "name")
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{name}**")
    go_to(desk, "text")
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(RULES)
    expect(page.locator("#faults")).to_have_text("The rules are right.")
    choose(desk, "do")
    expect(page.get_by_role("status").first).to_contain_text("Kept as a version")


def test_a_role_is_made_by_keys_alone(shop: Shop, desk: Eyes) -> None:
    page, name = desk.page, f"keys-{id(shop)}"
    page.goto("/roles")
    page.keyboard.press("a")
    page.keyboard.press("Enter")
    go_to(desk, "id")
    page.keyboard.type(name)
    choose(desk, "rights.orders:read", "Space")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/roles/{name}?did=*")


def test_an_order_is_served_by_scans_and_keys_alone(shop: Shop) -> None:
    number, path = shop.work()
    eyes = shop.person(DESK, "fulfillments:read", "fulfillments:write", "settings:read")
    page = eyes.page
    page.goto(f"/station/{STORE}")
    expect(page.locator("#scan")).to_be_focused()
    page.keyboard.type(number)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{path}")
    expect(page.locator("#scan")).to_be_focused()
    page.keyboard.type(page.locator(".what .quiet").first.inner_text())
    page.keyboard.press("Enter")
    expect(page.locator(".left").first).to_have_text("1 to pick")
    choose(eyes, "All picked")
    choose(eyes, "Pack")
    choose(eyes, "Hand over 1 parcel")
    page.wait_for_url(f"**/station/{STORE}?done=ship_parcels*")


def test_a_customer_cancels_by_keys_alone(shop: Shop) -> None:
    eyes = shop.stranger(DESK)
    page = eyes.page
    page.goto(shop.customer_link(shop.order()))
    choose(eyes, "Cancel")
    go_to(eyes, "lines.1")
    page.keyboard.press("Control+a")
    page.keyboard.type("1")
    choose(eyes, "sure", "Space")
    choose(eyes, "Cancel")
    expect(page.get_by_role("status")).to_contain_text("canceled as you asked")
