"""Figures over time: what is pointed at says what the table says; without scripts the table is there alone."""

import pytest
from playwright.sync_api import expect

from console.browser.conftest import Shop
from console.browser.looking import DESK, Eyes

pytestmark = pytest.mark.slow
AT = "/reports/indicators/velocity?by=location"


def test_what_is_pointed_at_is_told_as_in_the_table(desk: Eyes) -> None:
    page = desk.page
    page.goto(AT)
    legend = page.locator(".chart .u-legend tr")
    expect(legend.nth(1)).to_contain_text("All")
    slices = page.locator("section th[scope=row] a").all_inner_texts()
    assert legend.locator("th").all_inner_texts()[2:] == slices[:5]
    page.locator(".figures summary").click()
    last = page.locator(".figures tbody tr").last.locator("td").first
    expect(legend.nth(1).locator("td")).to_have_text(last.inner_text())
    assert desk.faults() == []


def test_without_scripts_the_figures_are_there(shop: Shop) -> None:
    page = shop.person(DESK, "orders:read", scripts=False).page
    page.goto(AT)
    expect(page.locator(".chart")).to_be_hidden()
    page.locator(".figures summary").click()
    expect(page.locator(".figures tbody tr").first).to_be_visible()
