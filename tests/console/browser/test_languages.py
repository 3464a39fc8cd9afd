"""The station and an order in languages that write from the left and from the right: clean by axe, no wider than the screen."""

import pytest
from playwright.sync_api import expect

from console.browser.conftest import STORE, Shop
from console.browser.looking import DESK, PHONE, Screen

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("screen", "code", "direction"), [(DESK, "de", "ltr"), (PHONE, "ar", "rtl")])
def test_pages_are_clean_in_every_direction(shop: Shop, screen: Screen, code: str, direction: str) -> None:
    eyes = shop.person(screen)
    (number, work), (_, collected) = shop.work(), shop.work(packed=True, collected=True)
    found: list[str] = []
    eyes.page.goto("/me")
    eyes.page.select_option("#spoken", code)
    eyes.page.click("form[action='/me/language'] button")
    expect(eyes.page.locator("html")).to_have_attribute("lang", code)
    for address in (f"/station/{STORE}", work, collected, f"/orders/{number}", "/", "/orders"):
        eyes.page.goto(address)
        expect(eyes.page.locator("html")).to_have_attribute("lang", code)
        assert eyes.page.evaluate("getComputedStyle(document.body).direction") == direction
        found += eyes.faults()
    assert found == []
