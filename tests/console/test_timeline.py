"""What has happened to an order is told in the language of the page, whatever it was."""

import re
from html import unescape

import msgspec
import pytest

from api.test_appeasements import sent
from console.conftest import Site
from console.test_marked import Echo
from orderline.boot.spoken import words_of
from orderline.cli.telling import ENGLISH
from orderline.cli.words import tell
from orderline.console.languages import LANGUAGES, OWN, STAFF, Language, language
from orderline.engine.sealing import Entry
from support.events import KINDS, many

OTHERS = [each for each in LANGUAGES if each != OWN]
# What stands in made-up events, and what reads alike everywhere.
FILLED = re.compile(r"\btext-\d\b|\bEUR\b|\bUTC\b")


def _plainly(told: str) -> str:
    """What of a text is no text that is translated, nor filled in."""
    while (shorter := re.sub("«[^«»]*»", "", told)) != told:
        told = shorter
    return FILLED.sub("", told)


def test_all_that_is_told_of_an_event_is_translated(monkeypatch: pytest.MonkeyPatch) -> None:
    spoken = Language("de", STAFF)
    monkeypatch.setattr(spoken, "_words", Echo())
    words = words_of(spoken)
    told = ((kind.__name__, _plainly(tell(each, "EUR", words))) for kind in KINDS for each in many(kind, 20))
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
        english, spoken = ([tell(each, "EUR", by) for each in events] for by in (ENGLISH, words))
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
        site.stage.call("POST", f"{path}/notes", json={"text": "a word"}),
        site.stage.call(
            "POST", f"{path}/appeasements", json={"why": "late", "reason": "ten days", "amount_minor": 300}
        ),
        site.stage.call("POST", f"{path}/returns", json={"lines": [{"line": 1, "quantity": 1, "reason": "too_small"}]}),
    )
    for each in done:
        assert each.status_code in (200, 201), each.text
    return order
