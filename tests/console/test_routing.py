"""Rules in the console: drafts are checked and changed in both ways, nothing typed is lost, and what is shown is what decides."""

from itertools import count

import pytest

from console.conftest import Site, Visitor, filled
from orderline.core.policies.state import PolicyKind

TEXT = """# Mine
kind = "routing"
[[group]]
name = "all"
[[group.rule]]
name = "near"
objective = ["distance"]
"""
WHOLE = """kind = "routing"
[scope]
channels = ["web"]
[location.'paris-left.bank']   # has a dot
rank = 2
[needs]
hazmat = ["BATTERY-1"]
[window]
at = ["06:00"]
[[exclude]]
codes = ["lyon"]
effective_to = 2026-12-01T00:00:00Z
[[group]]
name = "a = b"
[group.select]
pickup = false
tags = ["a, b"]
custom = { gift = true, level = 3, size = "3" }
when = '''
order.units > 1
'''
[[group.rule]]
name = "é \\"quoted\\""
objective = ["distance"]
leftover = [{ do = "queue", label = "x" }]
locations = { able = false, all_items = false, kinds = ["store"], most_km = 50 }
"""
_numbers = count(1)


@pytest.fixture(scope="module")
def visitor(site: Site) -> Visitor:
    return site.person("rule-writer")


def sent(visitor: Visitor, name: str, page: str, do: str, **changes: str) -> str:
    """The editor after a button was pressed."""
    given = filled(page) | {"do": do, "csrf": visitor.csrf()} | {key: value for key, value in changes.items() if value}
    for key, value in changes.items():
        if not value:
            given.pop(key, None)
    return visitor.post(f"/policies/{name}/edit", given).text


def opened(visitor: Visitor, text: str = TEXT) -> tuple[str, str]:
    """A new policy in the editor, with a text: its name, and the page."""
    name = f"written-{next(_numbers)}"
    page = visitor.get(f"/policies/{name}/edit").text
    return name, sent(visitor, name, page, "check", text=text)


def test_a_form_that_nothing_was_changed_in_changes_nothing(visitor: Visitor) -> None:
    name, page = opened(visitor, WHOLE)
    assert filled(page)["text"] == WHOLE
    assert filled(sent(visitor, name, page, "write"))["text"] == WHOLE


def test_what_the_form_says_is_written_beside_the_comments(visitor: Visitor) -> None:
    name, page = opened(visitor)
    page = sent(
        visitor, name, page, "write",
        **{"group/0/rule/0/locations/most_km": "50", "group/0/rule/0/constraints/ship_complete": "yes", "group/0/select/tags": "vip, gift"},
    )  # fmt: skip
    text = filled(page)["text"]
    assert text.startswith("# Mine\n")
    for each in ("most_km = 50", "ship_complete = true", 'tags = ["vip", "gift"]'):
        assert each in text
    page = sent(visitor, name, page, "write", **{"group/0/rule/0/locations/most_km": ""})
    assert "most_km" not in filled(page)["text"]


def test_both_sides_may_be_changed_at_once(visitor: Visitor) -> None:
    name, page = opened(visitor)
    page = sent(
        visitor, name, page, "check", text=TEXT.replace('"all"', '"everybody"'), **{"group/0/rule/0/name": "nearest"}
    )
    text = filled(page)["text"]
    assert '"everybody"' in text
    assert '"nearest"' in text


def test_things_are_added_moved_and_taken_away(visitor: Visitor) -> None:
    name, page = opened(visitor)
    for do in ("add group", "add group/1/rule", "add group/0/rule/0/leftover", "add exclude", "up group/1"):
        page = sent(visitor, name, page, do)
    page = sent(visitor, name, page, "add location", **{"new/location": "lyon"})
    given = filled(page)
    assert (given["group/0/name"], given["group/1/name"]) == ("group 2", "all")
    assert given["group/1/rule/0/leftover/0/do"] == "next_rule"
    assert "[location.lyon]" in given["text"]
    for do in ("remove group/0", "remove exclude/0", "remove location/lyon", "remove group/0/rule/0/leftover/0"):
        page = sent(visitor, name, page, do)
    assert "The rules are right" in page
    assert 'name = "near"' in filled(page)["text"]


@pytest.mark.parametrize(
    "do", ["check", "add group", "add group/0/rule", "add group/0", "add kind", "up group/²", "add x" + "/x" * 999]
)
@pytest.mark.parametrize("text", [TEXT, "group = [[[[]]]]", 'group = "x"'])
def test_what_can_not_be_done_to_a_text_leaves_it_as_it_was(visitor: Visitor, text: str, do: str) -> None:
    given = {"text": text, "base": text, "do": do, f"new/{do[4:]}": "x", "csrf": visitor.csrf()}
    answer = visitor.post("/policies/odd/edit", given)
    assert answer.status_code in (200, 422), do
    assert "<textarea" in answer.text


def test_a_version_that_is_no_number_is_the_newest(visitor: Visitor) -> None:
    name, page = opened(visitor)
    sent(visitor, name, page, "keep")
    for path in ("edit?version=²", "simulate?version=²", "simulate?version=1&days=²", "activate?policy_version=²"):
        assert visitor.get(f"/policies/{name}/{path}").status_code == 200, path


def test_what_is_wrong_is_told_with_line_and_field_and_is_kept_as_a_draft(visitor: Visitor, site: Site) -> None:
    wrong = TEXT.replace('"distance"', '"distanz"') + '[group.rule.locations]\ncodes = ["lion"]\n'
    name, page = opened(visitor, wrong)
    assert "Line 7, column 15" in page
    assert "did you mean distance?" in page
    page = sent(visitor, name, page, "keep")
    assert 'role="alert"' in page
    assert filled(page)["text"] == wrong
    kept = visitor.post(
        f"/policies/{name}/edit", filled(page) | {"do": "draft", "csrf": visitor.csrf(), "note": "a try"}
    )
    assert (kept.status_code, kept.headers["location"]) == (303, f"/policies/{name}?done=draft")
    told = visitor.get(f"/policies/{name}").text
    assert "a try" in told
    assert "Let it hold" not in told, "a draft can't hold"
    assert filled(visitor.get(f"/policies/{name}/edit").text)["text"] == wrong
    same = sent(visitor, name, visitor.get(f"/policies/{name}/edit").text, "draft")
    assert "says exactly this" in same


def test_a_text_that_is_none_is_told_and_stays(visitor: Visitor) -> None:
    name, page = opened(visitor, "kind = [\n")
    assert "The form comes back when the text can be read" in page
    assert "Line 2" in page
    assert filled(sent(visitor, name, page, "draft"))["text"].strip() == "kind = ["


def test_where_units_went_and_would_go_is_told_of_every_location(visitor: Visitor, site: Site) -> None:
    number = site.stage.place("web-map-1", 2)["number"]
    before = site.stage.call("GET", f"/v1/orders/{number}").json()
    page = visitor.get(f"/routing-trial?order={number}&why_not=paris").text
    assert "2 units from lyon" in page
    assert '<svg viewBox="0 0 480 330" role="img"' in page
    assert "serves 2" in page
    assert site.stage.call("GET", f"/v1/orders/{number}").json() == before
    assert "No location has been chosen" in visitor.get(f"/routing-decisions?order={number}").text
    assert visitor.get("/routing-decisions?order=SO-999999").status_code == 404
    name, page = opened(visitor, TEXT + '[group.rule.locations]\nnot_codes = ["lyon"]\n')
    sent(visitor, name, page, "keep")
    tried = visitor.get(f"/routing-trial?order={number}&rules={name}@1").text
    assert "left out: named as excluded" in tried
    reader = site.person("order-reader", "orders:read")
    assert "serves 2" in reader.get(f"/routing-trial?order={number}").text


def test_who_may_only_look_is_offered_nothing_to_do(site: Site, visitor: Visitor) -> None:
    name, page = opened(visitor)
    sent(visitor, name, page, "keep")
    reader = site.person("rule-reader", "settings:read")
    page = reader.get(f"/policies/{name}").text
    assert "Simulate" in page
    for words in ("Let it hold", "Go on from it", "Write the next version", "Score it beside"):
        assert words not in page
    page = reader.get(f"/policies/{name}/edit").text
    assert "Check" in page
    assert "Keep as" not in page
    refused = reader.post(
        f"/policies/{name}/activate", {"csrf": reader.csrf(), "policy_version": "1", "holds": "0", "reason": "x"}
    )
    assert refused.status_code == 403


RETURNS = """kind = "returns"
[[rule]]
name = "all"
window_days = 30
"""


@pytest.mark.parametrize("kind", [each for each in PolicyKind if each is not PolicyKind.ROUTING])
def test_a_policy_of_any_kind_is_begun_with_a_text_that_is_right(visitor: Visitor, kind: str) -> None:
    begun = visitor.get(f"/policies/new?name=begun-{kind}&kind={kind}")
    assert begun.status_code == 303
    page = visitor.get(begun.headers["location"]).text
    assert "The text is right." in page
    assert 'id="form-side"' not in page
    kept = visitor.post(
        begun.headers["location"].partition("?")[0], filled(page) | {"do": "keep", "csrf": visitor.csrf()}
    )
    assert (kept.status_code, kept.headers["location"]) == (303, f"/policies/begun-{kind}?done=keep")
    page = visitor.get(f"/policies/begun-{kind}").text
    assert "<h1>Settings</h1>" in page
    assert "Let it hold" in page
    assert "Simulate" not in page
    assert "Score it beside" not in page
    for path in ("simulate", "shadow-report", "shadow?policy_version=1"):
        assert visitor.get(f"/policies/begun-{kind}/{path}").status_code == 404


def test_what_a_policy_is_called_and_is_about_is_needed_to_begin(visitor: Visitor, site: Site) -> None:
    assert 'href="/policies/new"' in visitor.get("/policies").text
    assert "-wrong" not in visitor.get("/policies/new").text
    page = visitor.get("/policies/new?name=a/b&kind=tax").text
    assert 'id="name-wrong"' in page
    assert 'id="kind-wrong"' in page
    assert 'href="/policies/new"' not in site.person("policy-reader", "settings:read").get("/policies").text


def test_a_policy_is_compared_with_the_one_that_holds_put_in_force_and_taken_back(visitor: Visitor, site: Site) -> None:
    path = "/policies/back-home"
    page = visitor.get(f"{path}/edit?kind=returns").text
    page = sent(visitor, "back-home", page, "check", text=RETURNS.replace("30", '"thirty"'))
    assert "Line 4, column 16" in page
    assert "<code>rule[0].window_days</code>" in page
    for number, text in ((1, RETURNS), (2, RETURNS.replace("30", "14"))):
        page = sent(visitor, "back-home", page, "keep", text=text, note=f"{number} is kept")
        page = visitor.get(f"{path}/edit").text
        said = {
            "csrf": visitor.csrf(),
            "key": f"holds-now-{number}",
            "policy_version": f"{number}",
            "reason": f"why {number}",
        }
        form = visitor.get(f"{path}/activate?policy_version={number}").text
        seen = {name: filled(form)[name] for name in ("holds", "version")}
        for _ in range(2):  # sent twice, it is done once
            told = visitor.post(f"{path}/activate", said | seen)
            assert told.headers["location"] == f"{path}?done=activate"
    assert "<ins>14</ins>" in form, "what it changes is said before it is done"
    page = visitor.get(f"{path}/edit").text
    assert "Beside version" not in page
    page = sent(visitor, "back-home", page, "check", text=RETURNS)
    assert "Beside version 2, which holds" in page
    assert "<ins>+ window_days = 30</ins>" in page
    given = filled(page) | {"do": "check", "csrf": visitor.csrf(), "text": RETURNS}
    while_typing = [
        visitor.post(f"{path}/edit", given | more, {"hx-request": "true"}).text for more in ({}, {"beside": "yes"})
    ]
    assert ["<ins>+ window_days = 30</ins>" in each for each in while_typing] == [False, True], "only where it is open"
    assert all("Beside version 2, which holds" in each for each in while_typing)
    assert f"{path}/diff?from_version=2&amp;to_version=1" in visitor.get(path).text
    seen = filled(visitor.get(f"{path}/rollback").text)
    back = {"csrf": visitor.csrf(), "key": "back-again", "reason": "too short"} | {
        name: seen[name] for name in ("holds", "version")
    }
    unseen = site.stage.call("POST", "/v1/policies/back-home/simulations", json={"policy_version": 1, "figures": {}})
    assert unseen.status_code == 200, unseen.text
    told = visitor.post(f"{path}/rollback", back)
    assert (told.status_code, "This has changed since" in told.text) == (409, True)
    back["version"] = filled(told.text)["version"]
    both = [visitor.post(f"{path}/rollback", back | {"key": f"back-again-{each}"}).status_code for each in (1, 2)]
    assert both == [303, 409], "two who saw the same go back once, and not forth again"
    page = visitor.get(path).text
    assert "Back to version 1" in page
    assert "too short" in page
    assert site.stage.call("GET", "/v1/policies/back-home/standing").json()["holds"] == 1
