"""Finding while one types, going anywhere by keys, and losing nothing when the connection or the session ends."""

import pytest
from playwright.sync_api import expect

from console.browser.conftest import PASSWORD, Shop
from console.browser.looking import DESK, MOST_SHIFT, PHONE, Eyes

pytestmark = pytest.mark.slow


def test_an_order_is_found_while_its_number_is_typed(shop: Shop, desk: Eyes) -> None:
    number = shop.order()
    page = desk.page
    page.goto("/holds")
    page.keyboard.press("Control+k")
    found = page.get_by_role("listbox", name="Found")
    expect(found.get_by_role("option").first).to_be_visible()
    page.keyboard.type(number)
    expect(found.get_by_role("option")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    expect(page.locator("#find")).to_have_attribute("aria-activedescendant", "found-0")
    desk.forgive_shifts()
    assert desk.faults() == []
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/orders/{number}")
    page.keyboard.press("/")
    page.keyboard.type("purchase")
    expect(found.get_by_role("option")).to_have_text(["Purchase orders Stock", "Make a purchase order"])
    page.keyboard.press("Escape")
    expect(found).to_be_hidden()


def test_who_types_a_number_and_sends_it_is_at_the_order(shop: Shop) -> None:
    number = shop.order()
    page = shop.person(PHONE, scripts=False).page
    page.goto("/")
    page.fill("#find", number.lower())
    page.press("#find", "Enter")
    page.wait_for_url(f"**/orders/{number}")
    page.fill("#find", "carriers")
    page.press("#find", "Enter")
    expect(page.get_by_role("status")).to_contain_text("Nothing is like")


def test_a_list_answers_while_its_filter_is_typed(shop: Shop, desk: Eyes) -> None:
    number = shop.order()
    page = desk.page
    page.goto("/orders")
    page.get_by_label("Number, email, SKU").fill(number)
    expect(page.locator("#rows tbody tr")).to_have_count(1)
    expect(page.locator("#told")).to_have_text("1 order")
    assert f"q={number}" in page.url
    desk.forgive_shifts()
    assert desk.faults() == []
    page.reload()
    expect(page.locator("#rows tbody tr")).to_have_count(1)
    page.get_by_label("Number, email, SKU").fill("nothing like this")
    expect(page.locator("#rows")).to_contain_text("No order is like this")


def test_a_list_that_comes_slowly_is_shown_once_it_is_whole(desk: Eyes) -> None:
    page = desk.page
    page.goto("/orders")  # what all pages share is kept by the browser
    line = desk.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": 15_000, "uploadThroughput": -1}
    line.send("Network.emulateNetworkConditions", slow)
    try:
        page.goto("/orders")
        assert page.evaluate("window.seen.shift") < MOST_SHIFT
    finally:
        line.detach()


def test_keys_are_explained_and_go_where_they_say(desk: Eyes) -> None:
    page = desk.page
    page.goto("/")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_visible()
    assert desk.faults() == []
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("o")
    page.wait_for_url("**/orders")
    first, second = (page.locator("#rows tbody th a").nth(at).inner_text() for at in (0, 1))
    page.keyboard.press("j")
    assert desk.focused() == first
    page.keyboard.press("j")
    assert desk.focused() == second
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/orders/{first}")
    page.keyboard.press("?")
    dialog.get_by_label("Keys without Ctrl do something").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(dialog).to_be_hidden()
    page.evaluate("localStorage.clear()")


def test_what_was_typed_stays_when_the_connection_is_lost(shop: Shop) -> None:
    number = shop.order()
    eyes = shop.person(DESK)
    page = eyes.page
    page.goto(f"/orders/{number}/annotate_order")
    page.fill("[name=note]", "a long note")
    eyes.context.set_offline(True)
    page.click("main button")
    expect(page.get_by_role("alert")).to_contain_text("The connection is lost")
    assert page.input_value("[name=note]") == "a long note"
    eyes.context.set_offline(False)
    expect(page.locator("#lost")).to_be_hidden()
    page.click("main button")
    page.wait_for_url("**done=annotate_order")
    expect(page.locator(".timeline")).to_contain_text("a long note")
    page.goto(f"/orders/{number}/annotate_order")
    assert page.input_value("[name=note]") == "", "what was sent is not kept"


def test_what_a_customer_typed_stays_as_well_and_is_not_kept_for_another(shop: Shop) -> None:
    eyes = shop.stranger(PHONE)
    page = eyes.page
    link, other = (shop.customer_link(shop.order()) for _ in range(2))
    page.goto(link)
    page.click("summary:text('Have it sent elsewhere')")
    for name, text in (("name", "Greta"), ("line1", "2 Rue de la Paix"), ("postal_code", "69002"), ("city", "Lyon")):
        page.fill(f"[name={name}]", text)
    eyes.context.set_offline(True)
    page.click("button:text('Have it sent there')")
    expect(page.get_by_role("alert")).to_contain_text("The connection is lost")
    eyes.context.set_offline(False)
    page.reload()
    expect(page.locator("form").get_by_role("status")).to_contain_text("This is what you typed before")
    page.click("button:text('Have it sent there')")
    page.wait_for_url("**done=address")
    assert page.evaluate("sessionStorage.length") == 0, "what was sent is not kept"
    page.click("summary:text('Have it sent elsewhere')")
    page.fill("[name=name]", "Greta")
    assert page.evaluate("sessionStorage.length") == 1
    page.goto(other)
    assert page.evaluate("sessionStorage.length") == 0, "nothing is left for whoever comes by another link"


def test_what_was_typed_is_there_again_after_signing_in_anew(shop: Shop) -> None:
    number = shop.order()
    eyes = shop.person(PHONE)
    page = eyes.page
    page.goto(f"/orders/{number}/annotate_order")
    page.fill("[name=note]", "typed before the session ended")
    eyes.context.clear_cookies()
    page.click("main button")
    page.fill("#user", eyes.user)
    page.fill("#password", PASSWORD)
    page.click("main button")
    page.wait_for_url("**/annotate_order")
    assert page.input_value("[name=note]") == "typed before the session ended"
    expect(page.locator("main form").get_by_role("status")).to_contain_text("This is what you typed before")
    page.click("text=Begin again")
    expect(page.get_by_text("This is what you typed before")).to_have_count(0)
    assert page.input_value("[name=note]") == ""
    page.fill("[name=note]", "typed anew")
    page.click(".me summary")
    page.click("text=Sign out")
    page.wait_for_url("**/sign-in*")
    assert page.evaluate("Object.keys(sessionStorage).filter(each => each.startsWith('typed'))") == []
