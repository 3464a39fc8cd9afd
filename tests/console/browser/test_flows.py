"""What people do in the console, by keys alone, without scripts, and sent twice."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from console.browser import test_routing, test_station
from console.browser.conftest import PASSWORD, PLACE, STORE, Shop
from console.browser.looking import DESK, PHONE, Eyes, go_to
from orderline.console.deed_table import DEEDS, Deed
from orderline.console.pages import PAGES

pytestmark = pytest.mark.slow

# Which test below sends the form of which page.
SENT_BY = {
    "/sign-in": "test_everything_works_without_scripts",
    "/welcome/{token}": "test_everything_works_without_scripts",
    "/sign-out": "test_everything_works_without_scripts",
    "/me/language": "test_a_language_is_chosen_and_kept",
    "/me/second-factor": "test_a_wrong_code_stands_beside_its_field",
    "/orders/{order}/{operation}": "test_everything_works_without_scripts",
    "/views": "test_a_view_is_kept_and_let_go_without_scripts",
    "/views/{id}/removal": "test_a_view_is_kept_and_let_go_without_scripts",
    "/your-order/{token}/cancel": "test_customers_help_themselves_on_a_phone",
    "/your-order/{token}/address": "test_customers_help_themselves_on_a_phone",
    "/your-order/{token}/return": "test_customers_help_themselves_on_a_phone",
    "/your-offer/{token}": "test_an_offer_is_accepted_on_a_phone",
    "/your-answer/{token}": "test_customers_help_themselves_on_a_phone",
    "/station/{location}/orders/{order}/{number}/{operation}": "test_a_store_serves_an_order_on_a_phone",
    "/station/{location}/receive/{kind}/{record}": "test_a_store_takes_goods_in_on_a_phone",
    "/station/{location}/returns/{order}/{number}": "test_a_store_takes_goods_in_on_a_phone",
    "/station/{location}/waves": "test_several_orders_are_picked_in_one_walk",
    "/station/{location}/waves/{wave}/{number}/{operation}": "test_several_orders_are_picked_in_one_walk",
    "/station/{location}/counts/{count}/{operation}": "test_a_shelf_is_counted_by_scanning",
    "/closing": "test_a_month_that_is_not_over_is_not_closed",
    **{each.path: "test_what_is_refused_stays_as_it_was_typed" for each in DEEDS},
    "/roles/new": "test_a_role_and_a_person_are_made_without_scripts",
    "/users/new": "test_a_role_and_a_person_are_made_without_scripts",
    "/policies/{id}/edit": "test_rules_are_written_in_both_ways",
    "/policies/{id}/activate": "test_a_version_is_put_in_force_and_taken_back_with_reasons",
    "/policies/{id}/rollback": "test_a_version_is_put_in_force_and_taken_back_with_reasons",
    "/policies/{id}/retire": "test_a_version_is_put_in_force_and_taken_back_with_reasons",
    "/policies/{id}/shadow": "test_a_version_is_put_in_force_and_taken_back_with_reasons",
    "/policies/{id}/simulate": "test_a_version_is_put_in_force_and_taken_back_with_reasons",
    "/returns-desk/{order}/{number}": "test_what_a_customer_sends_back_is_put_away_by_keys_alone",
    "/bulk": "test_many_orders_are_held_at_once_from_their_list",
}


def test_every_form_is_sent_by_a_test_of_these() -> None:
    assert {page.path for page in PAGES if page.method == "POST"} == set(SENT_BY)
    elsewhere = (test_routing, test_station)
    assert all(name in globals() or any(hasattr(each, name) for each in elsewhere) for name in SENT_BY.values())


def test_everything_works_without_scripts(shop: Shop) -> None:
    number = shop.order()
    eyes = shop.person(PHONE, scripts=False)
    page = eyes.page
    page.click(".me summary")
    page.click("text=Sign out")
    page.goto(f"/orders?q={number}")
    expect(page).to_have_title("Sign in · Orderline")
    page.fill("#user", eyes.user)
    page.fill("#password", "not the right one")
    page.click("main button")
    expect(page.locator("#password-wrong")).to_contain_text("not right")
    page.fill("#password", PASSWORD)
    page.click("main button")
    page.fill("main [name=q]", number)
    page.click("text=Filter")
    page.click(f"main a:text-is('{number}')")
    page.click("text=Cancel an order, or units of it")
    page.click("main button")
    expect(page.locator("#reason-wrong")).to_have_text("It is needed.")
    page.fill("[name='lines.1']", "1")
    page.fill("#f-reason", "wanted one less")
    page.click("text=See what it would do")
    expect(page.locator("h1")).to_contain_text("what it would do")
    page.click("text=Do it")
    expect(page.get_by_role("status")).to_contain_text("Done")
    expect(page.locator(".timeline")).to_contain_text("1 unit of line 1 canceled: wanted one less")


def test_a_language_is_chosen_and_kept(shop: Shop) -> None:
    eyes = shop.person(PHONE, scripts=False)
    page = eyes.page
    page.goto("/me")
    page.select_option("#spoken", "fr")
    page.click("form[action='/me/language'] button")
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    page.click(".me summary")
    page.click("text=Se déconnecter")
    expect(page.locator("h1")).to_have_text("Se connecter à Orderline")


def test_an_order_is_found_and_held_by_keys_alone(shop: Shop, desk: Eyes) -> None:
    number = shop.order()
    page = desk.page
    page.goto("/")
    page.keyboard.press("Tab")
    assert desk.focused() == "Skip to the content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null"), "the head of the page is skipped"
    page.keyboard.press("/")
    page.keyboard.type(number)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/orders/{number}")
    go_to(desk, "Place a hold")
    page.keyboard.press("Enter")
    page.wait_for_url("**/place_hold")
    go_to(desk, "type")
    page.keyboard.type("manual")
    go_to(desk, "See what it would do")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("what it would do")
    go_to(desk, "Do it")
    page.keyboard.press("Enter")
    page.wait_for_url("**done=place_hold")
    expect(page.locator("h1")).to_contain_text("held")


def test_somebody_signs_in_and_solves_what_waits_by_keys_alone(shop: Shop) -> None:
    number = shop.order()
    shop.call("POST", f"/v1/orders/{number}/holds", {"type": "quality", "reason": "a seam is open"})
    user = shop.person(PHONE).user
    eyes = shop.stranger(DESK)
    page, press = eyes.page, eyes.page.keyboard.press
    page.goto("/")
    go_to(eyes, "user")
    page.keyboard.type(user)
    press("Tab")
    page.keyboard.type(PASSWORD)
    press("Enter")
    page.wait_for_url("**/")
    press("j")  # to the first queue; on to that of the hold
    for _ in range(40):
        if eyes.focused() == "Quality":
            break
        press("j")
    press("Enter")
    page.wait_for_url("**/holds?type=quality**")
    press("j")
    while eyes.focused() != number:
        press("j")
    press("Enter")
    page.wait_for_url(f"**/orders/{number}")
    press("a")
    go_to(eyes, "Lift a hold")
    press("Enter")
    page.wait_for_url("**/release_hold")
    go_to(eyes, "reason")
    page.keyboard.type("sewn up")
    go_to(eyes, "See what it would do")
    press("Enter")
    go_to(eyes, "Do it")
    press("Enter")
    page.wait_for_url("**done=release_hold")
    expect(page.locator("h1")).not_to_contain_text("held")
    expect(page.locator(".timeline")).to_contain_text("hold 1 released: sewn up")
    press("g")
    press("w")  # and what waits is less by it
    page.wait_for_url("**/holds")
    expect(page.locator("main")).not_to_contain_text(number)


def test_what_a_customer_sends_back_is_put_away_by_keys_alone(shop: Shop, desk: Eyes) -> None:
    order, number = shop.returned().split("/")[-2:]
    page, press = desk.page, desk.page.keyboard.press
    page.goto("/returns-desk")
    expect(page.locator("main [name=q]")).to_be_focused()
    page.keyboard.type(order)
    press("Enter")
    page.wait_for_url(f"**/returns-desk/{order}/**")
    page.goto(f"/returns-desk/{order}/{number}")
    go_to(desk, "Goods of a return came")
    press("Enter")
    page.wait_for_url("**done=receive")
    go_to(desk, "items.1.grade")
    page.keyboard.type("as new")
    go_to(desk, "Goods were looked at")
    press("Enter")
    page.wait_for_url("**done=grade")
    go_to(desk, "Goods went to where they are to be")
    press("Enter")
    page.wait_for_url("**/returns-desk?done=dispose**")
    expect(page.get_by_role("status")).to_contain_text(order)


def test_what_has_the_focus_is_seen(desk: Eyes) -> None:
    page = desk.page
    page.goto("/orders")
    for _ in range(25):
        page.keyboard.press("Tab")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", desk.focused()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_view_is_kept_and_let_go_without_scripts(shop: Shop, scripts: bool) -> None:
    shop.order()
    eyes = shop.person(DESK, scripts=scripts)
    page = eyes.page
    page.goto("/orders")
    page.click("text=Columns")
    page.get_by_label("Channel", exact=True).last.uncheck()
    page.select_option("[name=phase]", "blocked")
    if not scripts:
        page.click("button:text-is('Filter')")
    page.click("text=Keep this view")
    expect(page.get_by_role("columnheader", name="Channel")).to_have_count(0)
    name = f"Blocked {eyes.user}"
    page.get_by_label("Name", exact=True).last.fill(name)
    page.click("text=Keep it for everybody")
    expect(page.get_by_role("navigation", name="Views").get_by_text(name)).to_have_attribute("aria-current", "page")
    if scripts:
        assert eyes.faults() == []
    page.goto("/orders")
    page.click(f"text={name}")
    expect(page.get_by_role("columnheader", name="Channel")).to_have_count(0)
    page.click("text=Keep this view no longer")
    expect(page.get_by_text(name)).to_have_count(0)


def test_many_orders_are_held_at_once_from_their_list(shop: Shop, phone: Eyes) -> None:
    numbers = [shop.order(), shop.order()]
    page = phone.page
    page.goto("/orders?phase=blocked")
    for number in numbers:
        page.get_by_label(f"Choose {number}").check()
    page.click("text=Go on")
    assert phone.faults() == []
    page.select_option("[name=type]", "manual")
    page.click("text=See what it would do")
    expect(page.get_by_role("status")).to_contain_text("2 rows would be done.")
    page.click("button:text('Do it')")
    expect(page.get_by_role("status")).to_contain_text("2 rows done.")
    assert phone.faults() == []


def test_customers_help_themselves_on_a_phone(shop: Shop) -> None:
    eyes = shop.stranger(PHONE)
    page = eyes.page
    page.goto(shop.customer_link(shop.order()))
    page.click("summary:text('Have it sent elsewhere')")
    for name, text in (("name", "Greta"), ("line1", "2 Rue de la Paix"), ("postal_code", "69002"), ("city", "Lyon")):
        page.fill(f"[name={name}]", text)
    page.click("button:text('Have it sent there')")
    expect(page.get_by_role("status")).to_contain_text("new address")
    page.click("summary:text('Cancel')")
    page.fill("[name='lines.1']", "1")
    page.fill("[name='lines.2']", "0")
    page.check("[name=sure]")
    page.click("button:text('Cancel')")
    expect(page.get_by_role("status")).to_contain_text("canceled as you asked")
    expect(page.locator("main")).to_contain_text("1 canceled")
    assert eyes.faults() == []
    page.goto("/your-answer/none")
    expect(page.locator("h1")).to_have_text("This link is not good any more.")


def test_an_offer_is_accepted_on_a_phone(shop: Shop) -> None:
    eyes = shop.stranger(PHONE)
    page = eyes.page
    page.goto(shop.offer())
    for name, text in (
        ("name", "Greta"), ("email", "greta@example.com"), ("line1", "2 Rue de la Paix"), ("city", "Lyon"),
    ):  # fmt: skip
        page.fill(f"[name={name}]", text)
    page.click("button:text('Order this')")
    expect(page.get_by_role("status")).to_contain_text("This is order")
    assert eyes.faults() == []


def test_a_month_that_is_not_over_is_not_closed(desk: Eyes) -> None:
    page = desk.page
    page.goto(f"/closing?month={datetime.now(UTC):%Y-%m}")
    assert desk.faults() == []
    page.click("main button:text('Close 2')")
    expect(page.get_by_role("alert").last).to_contain_text("Month")
    expect(page.get_by_label("Month")).to_have_attribute("aria-invalid", "true")
    assert [each for each in desk.faults() if "status of" not in each] == []


# Of the forms that are made alike, some.
@pytest.mark.parametrize(
    "deed", [each for each in DEEDS if each.path.startswith(("/pay", "/sel", "/map")) and not (each.makes or each.edits)],
    ids=lambda deed: deed.operation,
)  # fmt: skip
def test_what_is_refused_stays_as_it_was_typed(desk: Eyes, deed: Deed) -> None:
    page = desk.page
    page.goto(re.sub(r"\{\w+\}", "none", deed.path))
    for name, text in (("note", "seen"), ("owner", "ana"), ("currency", "EUR"), ("amount_minor", "1.00"), ("reason", "why"), ("reference", "R-1")):  # fmt: skip
        if page.locator(f"main [name={name}]").count():
            page.fill(f"main [name={name}]", text)
    if page.locator("main [name=to]").count():
        page.select_option("main [name=to]", "fees")
    page.click("main button")
    expect(page.locator("main .wrong")).to_have_count(1)
    for name in ("note", "owner", "reason", "reference"):
        if page.locator(f"main [name={name}]").count():
            assert page.input_value(f"main [name={name}]")
    assert [each for each in desk.faults() if "status of" not in each] == []


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_store_serves_an_order_on_a_phone(shop: Shop, scripts: bool) -> None:
    number, path = shop.work()
    eyes = shop.person(PHONE, "fulfillments:read", "fulfillments:write", "settings:read", scripts=scripts)
    page = eyes.page
    page.goto("/station")
    page.click(f"text={PLACE}")
    page.fill("#scan", number)
    page.press("#scan", "Enter")
    page.wait_for_url(f"**{path}")
    page.keyboard.type("no such thing")
    page.keyboard.press("Enter")
    expect(page.locator("#scan-wrong")).to_contain_text("not in the order")
    sku = page.locator(".what .quiet").first.inner_text()
    page.fill("#scan", sku)
    page.press("#scan", "Enter")
    expect(page.get_by_role("status")).to_have_text("Picked.")
    expect(page.locator(".left").first).to_have_text("1 to pick")
    page.dblclick("button:text('All picked')", no_wait_after=True)
    page.click("button:text-is('Pack')")
    expect(page.locator("#parcels")).to_contain_text("2 × Linen shirt")
    if scripts:
        assert [each for each in eyes.faults() if "status of 422" not in each] == []
    page.click("text=Hand over 1 parcel")
    page.wait_for_url(f"**/station/{STORE}?done=ship_parcels*")
    # What a double click sent twice may be told of as done beside it.
    expect(page.locator("p.done")).to_contain_text(number)


def test_a_store_takes_goods_in_on_a_phone(shop: Shop, phone: Eyes) -> None:
    page = phone.page
    for path in (shop.coming(), shop.returned()):
        page.goto(path)
        page.locator("main [inputmode=numeric]").first.fill("1")
        page.click("text=Received")
        expect(page.get_by_role("status")).to_contain_text("Received.")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_double_click_has_one_effect(shop: Shop, scripts: bool) -> None:
    number = shop.order()
    page = shop.person(DESK, scripts=scripts).page
    page.goto(f"/orders/{number}/annotate_order")
    page.fill("[name=note]", "said once")
    page.dblclick("main button", no_wait_after=True)
    page.wait_for_url("**done=annotate_order")
    assert page.inner_text(".timeline").count("said once") == 1
    entries = shop.call("GET", f"/v1/orders/{number}/events")["items"]
    assert str(entries).count("said once") == 1


def test_a_wrong_code_stands_beside_its_field(shop: Shop) -> None:
    eyes = shop.person(DESK)
    eyes.page.goto("/me")
    eyes.page.fill("#code", "000000")
    eyes.page.click("form[action='/me/second-factor'] button")
    expect(eyes.page.locator("#code-wrong")).to_contain_text("The code is not right")
    assert [each for each in eyes.faults() if "status of 422" not in each] == []


def test_a_role_and_a_person_are_made_without_scripts(shop: Shop) -> None:
    page = shop.person(PHONE, scripts=False).page
    page.goto("/roles")
    page.click("main .acts a")
    page.fill("#f-id", "night")
    page.check("text=See orders")
    page.click("main button")
    page.wait_for_url("**/roles/night?did=*")
    page.goto("/users")
    page.click("main .acts a")
    page.fill("#f-id", "nora")
    page.select_option("#f-role", "night")
    page.click("main button")
    page.wait_for_url("**/users/nora?did=*")
    expect(page.locator(".timeline")).to_contain_text("night")
    page.click("main .deeds >> text=Invite")
    page.fill("#f-name", "Nora Berg")
    page.click("main button")
    expect(page.locator("main code")).to_contain_text("/welcome/")
