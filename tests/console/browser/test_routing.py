"""Rules of routing: written as a form and as a text at once, put in force, and looked at on a map."""

import re

import pytest
from playwright.sync_api import expect

from console.browser.conftest import RULES, Shop
from console.browser.looking import DESK, Eyes

pytestmark = pytest.mark.slow


def test_rules_are_written_in_both_ways(shop: Shop, desk: Eyes) -> None:
    page = desk.page
    page.goto("/routing")
    page.fill("main [name=name]", f"both-{id(shop)}")
    page.click("text=Write them")
    text = page.locator("#text")
    text.fill(RULES)
    expect(page.get_by_role("group", name="Rule 1: near").get_by_label("Name")).to_have_value("near")
    expect(page.locator("#faults")).to_have_text("The rules are right.")
    # what is chosen in the form stands in the text, beside its comment
    page.get_by_label("Better is, by weight, then").nth(1).select_option("cost")
    expect(text).to_have_value(RULES.replace('"late", "distance"]', '"late", "distance", "cost"]'))
    # what is wrong in the text is told with its line, and beside its field
    text.fill(RULES.replace('"late"', '"lately"'))
    expect(page.locator("#faults")).to_contain_text("Line 8, column 15")
    expect(page.locator("#faults")).to_contain_text("did you mean late?")
    expect(page.locator("#form-side .wrong")).to_contain_text("unknown word")
    assert desk.faults() == []
    page.click("text=Line 8, column 15")
    chosen = "(t => t.value.slice(t.selectionStart, t.selectionEnd))(document.activeElement)"
    assert page.evaluate(chosen) == 'objective = ["lately", "distance"]'
    # a page that is left and come back to has what was typed
    page.goto("/orders")
    page.goto(f"/policies/both-{id(shop)}/edit")
    expect(text).to_have_value(RULES.replace('"late"', '"lately"'))
    expect(page.get_by_text("This is what you typed before")).to_be_visible()
    expect(page.locator("#faults")).to_contain_text("Line 8, column 15")
    page.click("text=Keep as a version")
    expect(page.get_by_role("alert")).to_contain_text("unknown word")
    assert [each for each in desk.faults() if "status of 422" not in each] == []
    page.click("text=Keep as a draft")
    expect(page.get_by_role("status").first).to_contain_text("Kept as a draft")
    page.goto(f"/policies/both-{id(shop)}/edit")
    expect(page.get_by_text("This is what you typed before")).to_be_hidden()


def test_rules_are_written_without_scripts(shop: Shop) -> None:
    eyes = shop.person(DESK, scripts=False)
    page, name = eyes.page, f"plain-{id(shop)}"
    page.goto(f"/policies/{name}/edit")
    page.fill("#text", RULES)
    page.click("text=Check >> nth=-1")
    page.get_by_role("group", name="Rule 1: near").get_by_label("Name").fill("nearest")
    page.click("button:has-text('Add: Group')")
    expect(page.locator("#text")).to_contain_text("nearest")
    expect(page.locator("#text")).to_contain_text("group 2")
    page.get_by_role("button", name="Move up Group 2").click()
    page.get_by_role("button", name="Take away Group 1").click()
    expect(page.locator("#text")).not_to_contain_text("group 2")
    expect(page.locator("#text")).to_contain_text("# Of the stores")
    page.fill("[name=note]", "the nearest")
    page.click("text=Keep as a version")
    expect(page.locator("h1")).to_have_text("Routing")
    expect(page.locator("table")).to_contain_text("the nearest")


def test_a_version_is_put_in_force_and_taken_back_with_reasons(shop: Shop, desk: Eyes) -> None:
    page, name = desk.page, shop.rules()
    page.goto(f"/policies/{name}/activate?policy_version=2")
    expect(page.locator("main")).to_contain_text("group[all].rule[near].objective")
    page.click("main button")
    expect(page.locator("#reason-wrong")).to_contain_text("It is needed")
    page.fill("[name=reason]", "winter is dear")
    page.click("main button")
    expect(page.locator("main")).to_contain_text("Version 2 holds")
    expect(page.locator(".timeline")).to_contain_text("winter is dear")
    # what is typed stands beside it, as long as that is open
    page.goto(f"/policies/{name}/edit?version=2")
    text, beside = page.locator("#text"), page.locator("#changes")
    text.fill(text.input_value() + "# one\n")
    beside.get_by_text("Beside version 2").click()
    expect(beside.locator("ins")).to_have_text("+ # one")
    text.press_sequentially("# two")
    expect(beside.locator("ins").last).to_have_text("+ # two")
    text.fill("")
    text.evaluate("forget(rules)")
    # two at once: the second is told that another version holds by now
    page.goto(f"/policies/{name}/rollback")
    shop.call("POST", f"/v1/policies/{name}/activations", {"policy_version": 1})
    page.fill("[name=reason]", "too dear")
    page.click("main button")
    expect(page.get_by_role("alert")).to_contain_text("Another version holds since")
    expect(page.locator("[name=reason]")).to_have_value("too dear")
    assert [each for each in desk.faults() if not re.search("status of (409|422)", each)] == []
    page.click("text=Go back to version 2 >> nth=-1")
    expect(page.locator(".timeline")).to_contain_text("Back to version 2")
    page.goto(f"/policies/{name}/shadow?policy_version=1")
    page.click("text=Score it beside")
    expect(page.locator("main")).to_contain_text("Version 1 is scored beside")
    page.goto(f"/policies/{name}/simulate?version=1&days=7")
    page.click("text=Keep these figures")
    expect(page.get_by_role("status")).to_contain_text("The figures are kept")
    page.goto(f"/policies/{name}/retire")
    page.fill("[name=reason]", "no longer needed")
    page.click("text=Let no version hold >> nth=-1")
    expect(page.locator("main")).to_contain_text("No version holds.")
    shop.call("POST", f"/v1/policies/{name}/activations", {"policy_version": 1})


def test_where_an_order_went_is_on_a_map_and_in_a_table(shop: Shop, phone: Eyes) -> None:
    number = shop.routed()
    page = phone.page
    page.goto(f"/orders/{number}")
    page.click("text=Why there, and where that is on a map")
    drawn = page.get_by_role("img").first
    for code in page.locator(".map").first.locator("xpath=following::table[1]").locator("tbody th").all_inner_texts():
        assert code.split()[-1] in (drawn.get_attribute("aria-label") or "")
    expect(page.locator("table").first).to_contain_text("serves")
    assert phone.faults() == []
