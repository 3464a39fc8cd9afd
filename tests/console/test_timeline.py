"""What has happened to an order is told in the language of the page, whatever it was."""

import ast
import re
from html import unescape

import msgspec
import pytest

from api.test_appeasements import sent
from cli.test_words import PLACED
from console.conftest import Site
from console.test_marked import Echo
from orderline.boot.spoken import words_of
from orderline.cli.telling import ENGLISH
from orderline.cli.words import tell, tell_in_turn
from orderline.console.languages import LANGUAGES, OWN, STAFF, Language, language
from orderline.console.order_parts import about_of, parcels_of, promises_of
from orderline.console.reasons import COMPOSED, reason_in
from orderline.core.orders.evolve import fold
from orderline.engine.sealing import Entry
from support.events import KINDS, many
from support.repository import modules

AT = "2026-03-06T12:05:00Z"
BEFORE = {"en": "before", "de": "zuvor", "ar": "قبل ذلك"}
OTHERS = [each for each in LANGUAGES if each != OWN]
# What reasons are given to, on the page of an order.
TOLD = {kind.__name__ for kind in KINDS} | {"HoldInput"}
# What stands in made-up events, and what reads alike everywhere.
FILLED = re.compile(r"\btext-\d\b|\bEUR\b|\bUTC\b|\bLyon FR\b")


def _plainly(told: str) -> str:
    """What of a text is no text that is translated, nor filled in."""
    while (shorter := re.sub("«[^«»]*»", "", told)) != told:
        told = shorter
    return FILLED.sub("", told)


def test_all_that_is_told_of_an_event_is_translated(monkeypatch: pytest.MonkeyPatch) -> None:
    spoken = Language("de", STAFF)
    monkeypatch.setattr(spoken, "_words", Echo())
    words = words_of(spoken)
    told = (
        (kind.__name__, _plainly(tell(each, "EUR", words, before)))
        for kind in KINDS
        for each in many(kind, 20)
        for before in (None, fold([PLACED]))
    )
    assert [(kind, left) for kind, left in told if re.search(r"[^\W\d_]", left)] == []


@pytest.mark.parametrize("code", OTHERS)
def test_each_event_is_told_in_each_language(code: str) -> None:
    words = words_of(language(code, STAFF))
    for kind in KINDS:
        for each in many(kind, 10):
            told = tell(each, "EUR", words)
            assert told.strip(), kind
            assert "%(" not in told, told
            assert told != tell(each, "EUR"), kind


def test_reasons_that_code_puts_together_are_translated() -> None:
    composed = {
        (path.name, "".join(str(each.value) if isinstance(each, ast.Constant) else "7" for each in reason.values))
        for path, tree in modules("core")
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in TOLD
        for keyword in call.keywords
        if keyword.arg == "reason" and isinstance(reason := keyword.value, ast.JoinedStr)
    }
    assert len(composed) >= 6
    assert {each for each in composed if not any(pattern.fullmatch(each[1]) for pattern, _ in COMPOSED)} == set()
    german = language("de", STAFF)
    assert reason_in(german, "return 3 came to nothing") == "aus Rücksendung 3 wurde nichts"
    assert reason_in(german, "acme would owe 7.00 of at most 5.00 EUR, 2.00 for this order").startswith(
        "acme würde 7.00"
    )
    assert [reason_in(german, each) for each in ("", "she_said so")] == ["", "she_said so"]
    assert reason_in(german, "found_by_sale") == "beim Verkauf gefunden"
    assert reason_in(language(OWN, STAFF), "found_by_sale") == "found_by_sale"


@pytest.mark.parametrize(
    ("about", "told"),
    [
        ("hold 2 (customer_request)", "Sperre 2 (Kundenwunsch)"),
        ("3 units", "3 Einheiten"),
        ("the rest of parcel 1", "der Rest von Paket 1"),
        (
            "1 unit; canceled 2026-03-06 12:05 UTC without a location",
            "1 Einheit; storniert am 6.3.2026 12:05 UTC, wenn",
        ),
        ("something new", "something new"),
        ("", ""),
    ],
)
def test_what_the_next_step_is_about_is_translated(about: str, told: str) -> None:
    assert about_of(language("de", STAFF), about).startswith(told)
    assert about_of(language(OWN, STAFF), about) == about


def test_what_is_said_of_parcels_and_promises_is_translated() -> None:
    german = language("de", STAFF)
    window = {"earliest_at": AT, "latest_at": AT, "source": "decision 17"}
    events = [
        {"event": "promise_committed", "lines": [{"line": 1, "window": window}]},
        {
            "event": "promise_revised",
            "cause": "stock",
            "reason": "found_by_sale",
            "lines": [{"line": 1, "window": window}],
        },
        {"event": "promise_settled", "line": 1, "outcome": "missed", "at": AT, "cause": "carrier"},
        {"event": "parcel_labeled", "parcel": 1, "tracking_number": "X-1", "at": AT},
        {"event": "parcel_tracked", "parcel": 1, "state": "in_transit", "code": "TR", "at": AT},
    ]
    timeline = [{"at": AT, "events": events}]
    assert [each.why for each in promises_of(timeline, german)] == [
        "Entscheidung 17", "Bestand: beim Verkauf gefunden", "Frachtführer",
    ]  # fmt: skip
    order = {"lines": [], "parcels": [{"number": 1, "fulfillment": 1, "items": []}]}
    (parcel,) = parcels_of(order, timeline, {}, german)
    assert sorted(what for _, what, _ in parcel.told) == ["etikettiert, X-1", "unterwegs (TR)"]


@pytest.mark.slow
def test_an_order_to_which_much_has_happened_says_nothing_of_it_in_english(site: Site) -> None:
    order = _history(site)
    read = site.stage.call("GET", f"/v1/orders/{order}").json()
    entries = msgspec.convert(read["timeline"], list[Entry])
    events = [event for entry in entries for event in entry.events]
    assert len({type(each) for each in events}) >= 12
    visitor = site.person("historian")
    for code in ("en", "de", "ar"):
        visitor.post("/me/language", {"csrf": visitor.csrf(), "language": code})
        page = unescape(visitor.get(f"/orders/{order}").text)
        words = words_of(language(code, STAFF))
        turns = [entry.events for entry in entries]
        english, spoken = (
            [each for told in tell_in_turn(turns, "EUR", by) for each in told] for by in (ENGLISH, words)
        )
        assert f"({BEFORE[code]}: 5" in page.replace("\u2068", "")
        assert [each for each in spoken if each not in page] == []
        if code != OWN:
            assert [each for each in english if each in page] == []
            assert read["explain"]["phase"]["because"] not in page


def _history(site: Site) -> str:
    order = sent(site.stage, "H-1")
    path = f"/v1/orders/{order}"
    done = (
        site.stage.call("POST", f"{path}/holds", json={"type": "customer_request", "reason": "wants to think"}),
        site.stage.call("POST", f"{path}/holds/1/escalation", json={"reason": "it takes long"}),
        site.stage.call("DELETE", f"{path}/holds/1", params={"reason": "has thought"}),
        site.stage.call("PATCH", path, json={"note": "a word", "priority": 5}),
        site.stage.call("PATCH", path, json={"priority": 7}),
        site.stage.call(
            "POST", f"{path}/appeasements", json={"why": "late", "reason": "ten days", "amount_minor": 300}
        ),
        site.stage.call("POST", f"{path}/returns", json={"lines": [{"line": 1, "quantity": 1, "reason": "too_small"}]}),
    )
    for each in done:
        assert each.status_code in (200, 201), each.text
    return order
