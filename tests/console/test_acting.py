"""Doing things from a page: a form, what it would change, the thing itself, and every refusal beside its field."""

import re
from collections.abc import Iterable, Iterator
from html import unescape
from uuid import UUID

import pytest

from api.stage import ADDRESS
from api.test_appeasements import sent
from console.conftest import Site, Visitor
from orderline.api.operations import OPERATIONS
from orderline.console.acting import ACTIONS, ELSEWHERE, PREVIEWED, WORKERS_OWN
from orderline.console.composing import FORMS
from orderline.console.deed_table import DEEDS
from orderline.console.deeds import asked_by
from orderline.console.filling import fill
from orderline.console.forms import Field, fields_of, names_of
from orderline.console.languages import language
from orderline.console.pages import PAGES
from orderline.console.refusals import place_of
from orderline.console.typed import as_typed
from orderline.core.holds.commands import ScreenOrder
from orderline.core.orders.actions import TABLE
from orderline.core.policies.commands import ActivatePolicy, PutPolicy, RetirePolicy
from orderline.core.policies.state import digest_of
from orderline.core.returns.commands import PolicyReference
from orderline.values.ids import OrderId

BY_NAME = {each.name: each for each in OPERATIONS}


def fields(page: str) -> dict[str, str]:
    """What the form of a page would send, untouched."""
    return dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page))


def opened(visitor: Visitor, path: str) -> dict[str, str]:
    page = visitor.get(path)
    assert page.status_code == 200, page.text
    return fields(page.text)


def test_units_are_canceled_after_it_was_seen_what_that_does(site: Site) -> None:
    number = site.stage.place("A-1", 3)["number"]
    visitor = site.person("ann")
    path = f"/orders/{number}/cancel_units"
    form = opened(visitor, path) | {"lines.1": "2", "reason": "changed her mind"}
    seen = visitor.post(path, form)
    assert seen.status_code == 200
    assert "60.00 EUR → <strong>20.00 EUR</strong>" in seen.text
    assert "1 pooled, 2 canceled" in seen.text
    assert "1 pooled" not in visitor.get(f"/orders/{number}").text.partition("Timeline")[0], "nothing was done yet"
    done = visitor.post(path, fields(seen.text))
    assert done.headers["location"] == f"/orders/{number}?done=cancel_units"
    again = visitor.post(path, fields(seen.text))
    assert again.status_code == 303, "a form that is sent twice has one effect"
    page = visitor.get(f"/orders/{number}?done=cancel_units").text
    assert "2 units of line 1 canceled: changed her mind" in page
    assert page.count("2 units of line 1 canceled") == 1
    assert "· ann" in page, "the journal says who did it"


def test_what_is_missing_or_refused_stands_beside_its_field_and_nothing_typed_is_lost(site: Site) -> None:
    number = site.stage.place("A-2", 1)["number"]
    visitor = site.person("bea")
    path = f"/orders/{number}/cancel_units"
    empty = visitor.post(path, opened(visitor, path))
    assert empty.status_code == 422
    assert 'id="reason-wrong">It is needed.' in empty.text
    many = visitor.post(path, opened(visitor, path) | {"lines.1": "7", "reason": "kept <b>"})
    assert many.status_code == 409
    assert 'id="lines-wrong"' in many.text
    assert 'value="7"' in many.text
    assert "kept &lt;b&gt;" in many.text
    words = visitor.post(path, opened(visitor, path) | {"lines.1": "two", "reason": "x"})
    assert "not a whole number" in words.text


def test_an_order_that_has_changed_since_is_not_changed_unseen(site: Site) -> None:
    number = site.stage.place("A-3", 3)["number"]
    visitor = site.person("cid")
    path = f"/orders/{number}/cancel_units"
    seen = visitor.post(path, opened(visitor, path) | {"lines.1": "1", "reason": "one"})
    site.stage.call("PATCH", f"/v1/orders/{number}", json={"note": "somebody else was here"})
    stale = visitor.post(path, fields(seen.text))
    assert stale.status_code == 409
    assert "has changed since" in stale.text
    assert ">one</textarea>" in stale.text
    assert "somebody else was here" in stale.text, "what has changed is told"
    again = visitor.post(path, fields(stale.text) | {"reason": "one"})
    assert "what it would do" in again.text, "and it can be done again"
    assert "1 unit of line 1 canceled" not in visitor.get(f"/orders/{number}").text


def test_whoever_may_only_read_is_offered_nothing_and_can_do_nothing(site: Site) -> None:
    number = site.stage.place("A-4", 1)["number"]
    visitor = site.person("dan", "orders:read")
    assert "/cancel_units" not in visitor.get(f"/orders/{number}").text
    path = f"/orders/{number}/annotate_order"
    answer = visitor.post(path, opened(visitor, path) | {"note": "hello"})
    assert answer.status_code == 403
    assert visitor.get(f"/orders/{number}/drop_table").status_code == 404


def test_what_each_rule_has_added_to_the_score_stands_under_the_holds(site: Site) -> None:
    run = site.stage.engine.run
    text = 'kind = "holds"\n[fraud]\nbuilt_in = false\n[[score]]\nname = "any order"\npoints = 37\nwhen = "true"\n'
    text += '[[rule]]\nname = "risky"\nwhen = "score.total >= 30"\ntype = "fraud"\n'
    run(PutPolicy(policy="risk", text=text))
    run(ActivatePolicy(policy="risk", policy_version=1))
    order, reference = site.stage.place("A-9", 1), PolicyReference("risk", 1, digest_of(text))
    run(ScreenOrder(order=OrderId(UUID(order["id"])), trigger="accept", policy=reference))
    run(RetirePolicy(policy="risk"))
    told = site.person("ines").get(f"/orders/{order['number']}").text
    assert "a score of 37 by the policy risk" in told
    assert '<th scope="row">any order</th><td class="right">37</td>' in told


def test_a_note_and_a_hold(site: Site) -> None:
    number = site.stage.place("A-5", 1)["number"]
    visitor = site.person("eva")
    path = f"/orders/{number}/annotate_order"
    noted = visitor.post(path, opened(visitor, path) | {"note": "call back", "add_tags": "vip, gift"})
    assert noted.status_code == 303, noted.text
    path = f"/orders/{number}/place_hold"
    seen = visitor.post(
        path, opened(visitor, path) | {"type": "manual", "reason": "look", "due_at": "2027-01-31T12:00"}
    )
    assert "held" in seen.text
    assert visitor.post(path, fields(seen.text)).status_code == 303
    path = f"/orders/{number}/release_hold"
    assert '<option value="1">1, manual</option>' in visitor.get(path).text
    asked = opened(visitor, path)
    unread = visitor.post(path, asked | {"number": "\N{SUPERSCRIPT ONE}"})
    assert (unread.status_code, "Choose one." in unread.text) == (422, True)
    seen = visitor.post(path, asked | {"number": "1", "reason": "looked at"})
    assert visitor.post(path, fields(seen.text)).status_code == 303
    page = visitor.get(f"/orders/{number}").text
    assert "note: call back" in page
    assert "vip, gift" in page
    assert "hold 1 released: looked at" in page


def test_people_give_money_within_the_limits_of_their_role(site: Site) -> None:
    order = sent(site.stage, "GIVE-1")
    visitor = site.person("gil", "orders:read", "orders:write", gives={"per_order": {"EUR": 500}, "team": "desk"})
    path = f"/orders/{order}/give_appeasement"

    def give(amount: str, told: str) -> str:
        form = opened(visitor, path) | {"why": "late", "reason": "it came late", "amount_minor": amount}
        seen = visitor.post(path, form).text
        assert told in seen
        return visitor.get(visitor.post(path, fields(seen)).headers["location"]).text

    assert "Done: Give money" in give("4.00", "<dt>Credited</dt><dd>4.00 EUR</dd>")
    assert "Not done yet: Give money" in give("2.00", "approver asked about a change"), "somebody else is asked"
    shown = site.stage.call("GET", f"/v1/orders/{order}").json()["order"]
    assert [(each["total_minor"], each["by"]) for each in shown["credits"]] == [(400, "gil")]
    [asked] = shown["asked"]
    approval = site.stage.call("GET", f"/v1/decisions/{asked['id']}").json()
    assert (approval["cause"], approval["to"]) == ("change", "approver")


def test_an_address_is_put_right_part_by_part(site: Site) -> None:
    number = site.stage.place("A-7", 1)["number"]
    path = f"/orders/{number}/change_delivery"
    street = site.stage.call("GET", f"/v1/orders/{number}?parts=people").json()["people"][0]["address"]["lines"][0]
    assert street not in site.person("hid", "orders:read", "orders:write").get(path).text
    visitor = site.person("adr", "orders:read", "orders:write", "people:read")
    page = visitor.get(path).text
    assert f">{street}</textarea>" in page
    assert 'list="places"' not in page, "locations may not be seen"
    assert 'name="group"' not in page, "there is one alone"
    known = dict(re.findall(r'<input id="f-[^"]*" name="(address[^"]*)" value="([^"]*)"', page)) | {
        "address.lines": street
    }
    wrong = visitor.post(path, fields(page) | known | {"address.postal_code": "none"})
    assert 'id="address.postal_code-wrong"' in wrong.text
    assert 'value="none"' in wrong.text
    nowhere = visitor.post(path, fields(page) | known | {"pickup_location": "nowhere"})
    assert 'id="pickup_location-wrong"' in nowhere.text, "the address is as it was: it is not sent along"
    seen = visitor.post(path, fields(page) | known | {"address.lines": "2 Rue Neuve"})
    assert visitor.post(path, fields(seen.text)).status_code == 303
    assert "2 Rue Neuve" in visitor.get(f"/orders/{number}").text


def test_a_doubted_address_stands_beside_the_suggested_one_which_is_taken_by_one_button(site: Site) -> None:
    def held(name: str) -> str:
        to = {"address": ADDRESS | {"lines": ["1 Rue Neuve", "Lyon"]}, "email": "ann@example.com"}
        number = site.stage.place(name, groups=[to])["number"]
        assert site.stage.call("POST", f"/v1/orders/{number}/holds", json={"type": "address"}).status_code == 200
        return number

    def form(page: str, to: str) -> dict[str, str]:
        """What a form of the order page would send, untouched."""
        [found] = re.findall(rf'<form method="post" action="/orders/{number}/{to}">(.*?)</form>', page, re.DOTALL)
        return {name: unescape(value) for name, value in re.findall(r'name="([^"]+)" value="([^"]*)"', found)}

    number = held("DOUBT-1")
    visitor = site.person("dot")
    page = visitor.get(f"/orders/{number}").text
    assert "1 Rue Neuve<br><del>Lyon</del><br>69001 Lyon" in page
    assert "1 Rue Neuve<br>69001 Lyon" in page
    assert "something in it is said twice" in page
    assert f"/orders/{number}/change_delivery?hold=1&amp;group=1" in page
    assert '<option value="1" selected>' in visitor.get(f"/orders/{number}/change_delivery?hold=1").text
    assert "1 Rue Neuve" not in site.person("hid2", "orders:read", "orders:write").get(f"/orders/{number}").text
    seen = visitor.post(f"/orders/{number}/change_delivery", form(page, "change_delivery"))
    assert "what it would do" in seen.text
    assert visitor.post(f"/orders/{number}/change_delivery", fields(seen.text)).status_code == 303
    read = site.stage.call("GET", f"/v1/orders/{number}").json()
    assert ("holds" in read["order"], read["people"][-1]["address"]["lines"]) == (False, ["1 Rue Neuve"])
    number = held("DOUBT-2")
    asked = site.stage.call("POST", "/v1/decisions", json={"order": number, "cause": "address"}).json()
    answering = visitor.get(f"/decisions/{asked['id']}/answer").text
    assert "1 Rue Neuve<br><del>Lyon</del><br>69001 Lyon" in answering, (
        "whoever answers for the customer sees both as well"
    )
    kept = visitor.post(f"/orders/{number}/release_hold", form(visitor.get(f"/orders/{number}").text, "release_hold"))
    assert visitor.post(f"/orders/{number}/release_hold", fields(kept.text)).status_code == 303
    read = site.stage.call("GET", f"/v1/orders/{number}").json()
    assert ("holds" in read["order"], len(read["order"]["agreements"])) == (False, 1), "it goes where it was to go"


def test_a_refusal_is_told_by_the_labels_of_the_form_and_in_its_currency(site: Site) -> None:
    order = sent(site.stage, "PLAIN-1")
    visitor = site.person("pia")
    path = f"/orders/{order}/give_appeasement"
    page = visitor.get(path).text
    assert '<option value="late">late</option>' in page
    assert "result." not in page
    told = visitor.post(path, fields(page) | {"why": "late", "reason": "x", "amount_minor": "900"}).text
    assert "(Amount: 900.00 EUR). Available: 60.00 EUR;" in told
    path = f"/orders/{order}/request_return"
    form = opened(visitor, path) | {"lines.1": "1", "lines.1.reason": "late"}
    told = visitor.post(path, form | {"to": "nowhere"}).text
    assert 'id="to-wrong">There is no such location' in told, "where its value was typed"
    assert "(Quantity: 99)" in visitor.post(path, form | {"lines.1": "99"}).text


def test_every_action_has_a_form_that_can_be_shown(site: Site) -> None:
    number = site.stage.place("A-6", 2)["number"]
    visitor = site.person("fred")
    assert set(PREVIEWED) <= set(ACTIONS)
    for name in ACTIONS:
        assert visitor.get(f"/orders/{number}/{name}").status_code == 200, name


def test_whatever_is_allowed_can_be_done_from_the_page_but_for_what_the_worker_does() -> None:
    elsewhere = {name: page for name, (_, page) in ELSEWHERE.items()}
    assert set(elsewhere.values()) <= {each.path for each in PAGES if each.method == "POST"}
    by_hand = [*ACTIONS, *elsewhere, *WORKERS_OWN]
    assert sorted(by_hand) == sorted(set(by_hand)), "each in one place"
    assert {name for name, _, _ in TABLE} <= set(by_hand)


def test_the_lines_of_an_order_are_edited_after_it_was_seen_what_that_does(site: Site) -> None:
    number = site.stage.place("LINES-1", 3)["number"]
    visitor = site.person("lin")
    page = visitor.get(f"/orders/{number}").text
    for name in ("change_order", "promise_lines", "allocate_units"):
        assert f'href="/orders/{number}/{name}"' in page
    path = f"/orders/{number}/change_order"
    form = opened(visitor, path) | {"reason": "she asked"}
    told = visitor.post(path, form | {"added.1.sku": "TEE-M"})
    assert 'id="added-wrong"' in told.text, "a row is said whole"
    assert 'value="TEE-M"' in told.text
    asked = {
        "less.1": "2",
        "more.1": "1",
        "added.2.sku": "TEE-M",
        "added.2.quantity": "1",
        "added.2.unit_price_minor": "15",
    }
    seen = visitor.post(path, form | asked)
    assert "60.00 EUR → <strong>55.00 EUR</strong>" in seen.text
    assert visitor.post(path, fields(seen.text)).status_code == 303
    agreed = site.stage.call("GET", f"/v1/orders/{number}").json()["order"]["agreements"][-1]
    assert [(each["quantity"], each["unit_price_minor"]) for each in agreed["lines"]] == [
        (3, 2000),
        (1, 2000),
        (1, 1500),
    ]
    assert [(each["line"], each["quantity"]) for each in agreed["removed"]] == [(1, 2)]


def test_a_location_a_promise_and_a_schedule_are_chosen_by_hand(site: Site) -> None:
    number = site.stage.place("HAND-1", 2)["number"]
    terms = {"provider": "terms", "method": "bank_transfer", "amount_minor": 2000}
    later = site.stage.place("HAND-2", 1, tenders=[terms])["number"]
    visitor = site.person("han")

    def does(order: str, name: str, said: dict[str, str]) -> None:
        path = f"/orders/{order}/{name}"
        done = visitor.post(path, opened(visitor, path) | said)
        assert done.status_code == 303, (name, re.findall(r'class="wrong"[^>]*>[^<]*', done.text))

    window = {"earliest_at": "2027-03-01T08:00", "latest_at": "2027-03-02T18:00"}
    does(number, "promise_lines", window | {"reason": "a fair"})
    does(number, "allocate_units", {"location": "lyon", "lines.1": "1"})
    does(number, "accept_fulfillment", {"number": "1"})
    does(number, "pick_units", {"number": "1", "lines.1": "1"})
    does(number, "pack_units", {"number": "1", "items.1": "1", "weight_g": "300"})
    shown = site.stage.call("GET", f"/v1/orders/{number}").json()["order"]
    assert shown["promises"][0]["first"]["latest_at"] == "2027-03-02T18:00:00Z"
    assert [each["location"] for each in shown["fulfillments"]] == ["lyon"]
    assert shown["lines"][0]["units"] == {"pooled": 1, "packed": 1}
    assert shown["parcels"][0]["weight_g"] == 300
    first = {"installments.1.due": "order", "installments.1.percent": "30", "installments.2.due": "release"}
    does(later, "schedule_payments", first)
    parts = site.stage.call("GET", f"/v1/orders/{later}", params={"parts": "explain"}).json()["explain"]
    assert [each["amount_minor"] for each in parts["installments"]] == [600, 1400]


READ = [
    # operation          form                                       input, or what is wrong
    ("receive_payment", {"amount_minor": "12.5", "currency": "EUR", "reference": "R"}, {"amount_minor": 1250, "currency": "EUR", "reference": "R"}),
    ("receive_payment", {"amount_minor": "12.505", "currency": "EUR", "reference": "R"}, "amount_minor"),
    ("receive_payment", {"amount_minor": "1e3", "currency": "EUR", "reference": "R"}, "amount_minor"),
    ("receive_payment", {"amount_minor": "NaN", "currency": "EUR", "reference": "R"}, "amount_minor"),
    ("receive_payment", {"amount_minor": "12,50", "currency": "EUR", "reference": "R"}, {"amount_minor": 1250, "currency": "EUR", "reference": "R"}),
    ("receive_payment", {"amount_minor": "1,250", "currency": "EUR", "reference": "R"}, "amount_minor"),
    ("change_delivery", {"address.name": "Ann", "address.lines": "Hof 2\r\n 1 Rue ", "address.country": "FR"}, {"address": {"name": "Ann", "lines": ["Hof 2", "1 Rue"], "country": "FR"}}),
    ("change_delivery", {"address.city": "Lyon"}, "address.country"),
    ("request_return",  {"lines.2": "1"}, "lines"),
    ("request_return",  {"lines.2": "1", "lines.2.reason": "late", "exchange": "TEE-M 1"}, {"lines": [{"line": 2, "quantity": 1, "reason": "late"}], "exchange": {"lines": [{"sku": "TEE-M", "quantity": 1}]}}),
    ("set_auto_cancel", {"days": "3", "lines": "1, 2"}, {"days": 3, "lines": [1, 2]}),
    ("set_auto_cancel", {"days": "3.5"}, "days"),
    ("unpack_units",    {"parcels": "1 2"}, {"parcels": [1, 2]}),
    ("annotate_order",  {"add_tags": "a, b,", "custom": 'k = 1\r\nl=a = b\nm = "2"\nn = true'}, {"add_tags": ["a", "b"], "custom": {"k": 1, "l": "a = b", "m": "2", "n": True}}),
    ("annotate_order",  {"custom": "{"}, "custom"),
    ("annotate_order",  {"custom": "k = 1\nk = 2"}, "custom"),
    ("annotate_order",  {"custom": "k = " + "[" * 50_000}, {"custom": {"k": "[" * 50_000}}),
    ("give_appeasement", {"lines.2.line": "3", "lines.2.amount_minor": "1.50", "why": "late", "reason": "x"}, {"why": "late", "reason": "x", "lines": [{"line": 3, "amount_minor": 150}]}),
    ("give_appeasement", {"lines.7.amount_minor": "1.50", "why": "late", "reason": "x"}, "lines"),
    ("add_tender",      {"tender.provider": "psp", "tender.amount_minor": "20"}, {"tender": {"provider": "psp", "amount_minor": 2000}}),
    ("add_tender",      {"tender.provider": "psp"}, "tender.amount_minor"),
    ("add_tender",      {}, "tender"),
    ("state_seller",    {"until": "2026-02-28"}, {"until": "2026-02-28"}),
    ("state_seller",    {"until": "2026-02-30"}, "until"),
    ("create_count",    {"location": "lyon", "lines": "A, B", "blind": "no"}, {"location": "lyon", "lines": ["A", "B"], "blind": False}),
    ("erase_people",    {"people": "01890000-0000-7000-8000-000000000000"}, {"people": ["01890000-0000-7000-8000-000000000000"]}),
    ("place_hold",      {"type": "manual", "due_at": "2027-01-31T12:00"}, {"type": "manual", "due_at": "2027-01-31T12:00:00+00:00"}),
    ("place_hold",      {"type": "manual", "due_at": "soon"}, "due_at"),
    ("request_return",  {"lines.2": "1", "lines.2.reason": "too_small", "lines.9": "", "approve": "yes"}, {"lines": [{"line": 2, "quantity": 1, "reason": "too_small"}], "approve": True}),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "form", "expected"), READ)
def test_forms_are_read_as_what_the_operation_takes(operation: str, form: dict[str, str], expected: object) -> None:
    filled = fill(fields_of(BY_NAME[operation].input), form, "EUR", language("en").gettext)
    if isinstance(expected, str):
        assert list(filled.wrong) == [expected]
        assert expected in names_of(fields_of(BY_NAME[operation].input)), "it stands beside a field"
    else:
        assert (filled.input, filled.wrong) == (expected, {})


def every(fields: Iterable[Field]) -> Iterator[Field]:
    """All fields, and the parts of each."""
    for each in fields:
        yield each
        yield from every(each.columns)


def test_nobody_types_json() -> None:
    asked = {name: FORMS[name].fields if name in FORMS else fields_of(BY_NAME[name].input) for name in ACTIONS}
    asked |= {each.operation: asked_by(each, BY_NAME[each.operation].input) for each in DEEDS}
    typed = {f"{name}.{each.name}" for name, fields in asked.items() for each in every(fields) if each.kind == "json"}
    # Neither is shown by the form: what stands there is carried on.
    assert typed == {"put_channel.money.deposits", "put_skus.substitutes"}, "there is a field for each"


def test_what_stands_already_is_read_as_it_was() -> None:
    fields = fields_of(BY_NAME["annotate_order"].input)
    known = {"custom": {"a": "1", "b": 1, "c": True, "d": "x = y", "e": 'a "b"', "f": '"q"', "g": "nulls", "h": "null"}}
    assert fill(fields, as_typed(fields, known), "EUR", language("en").gettext).input == known


def test_a_refusal_is_about_a_field_of_the_form() -> None:
    assert [place_of(each) for each in ("lines[0].quantity", "reason", "address.city")] == [
        "lines",
        "reason",
        "address",
    ]
