"""Every text of pages stands in every language, with the same places to fill."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from babel.messages.pofile import read_po

from console.conftest import Site
from console.test_administering import form
from orderline.api.problem_table import PROBLEMS
from orderline.console import customer_words, languages
from orderline.core.orders.parcels import ParcelState
from orderline.core.returns.policy import REASONS
from orderline.core.returns.state import Custody
from support.words import texts


def test_there_is_a_word_for_every_state() -> None:
    assert set(customer_words.CUSTODY) == set(Custody)
    assert set(customer_words.PARCELS) == set(ParcelState)
    assert set(customer_words.REASONS) <= set(REASONS)


@pytest.mark.parametrize("readers", [languages.CUSTOMERS, languages.STAFF])
@pytest.mark.parametrize("code", [each for each in languages.LANGUAGES if each != languages.OWN])
def test_no_text_lacks_its_translation_and_none_is_left_over(code: str, readers: str) -> None:
    with languages.file_of(code, readers).open("rb") as file:
        catalog = read_po(file, locale=code)
    known = {each.id: each for each in catalog if each.id}
    wanted = texts(readers)
    lacking = {text for text in wanted if text not in known or not all(_forms(known[text].string))}
    assert (lacking, set(known) - wanted) == (set(), set()), "scripts/translations brings the files up to the pages"
    for text in wanted:
        for said in _forms(known[text].string):
            assert _places(said) == _places(_forms(text)[0]), text


def _forms(text: Any) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else text


def _places(text: str) -> tuple[list[str], list[str]]:
    """What is filled in, and the elements that a text has."""
    return sorted(re.findall(r"%\(\w+\)s", text)), sorted(re.findall(r"</?\w+", text))


@pytest.mark.parametrize(
    ("asked", "accepted", "chosen"),
    [
        ("", "", "en"),
        ("", "fr-CH, de;q=0.9", "fr"),
        ("", "zz, hi;q=0.1, es;q=0.2", "es"),
        ("", "de;q=0, pt;q=oops, *", "en"),
        ("ar", "de", "ar"),
        ("xx", "de", "de"),
    ],
)
def test_the_language_is_what_was_asked_for_or_what_the_browser_would_rather_have(
    asked: str, accepted: str, chosen: str
) -> None:
    assert languages.language_for(asked, accepted).code == chosen


def test_amounts_and_days_are_written_as_the_language_writes_them() -> None:
    german = languages.language("de")
    assert german.amount(123_456, "EUR") == "1.234,56\N{NO-BREAK SPACE}€"
    assert languages.language("en").amount(500, "JPY") == "¥500"
    assert german.day("2026-03-06T12:00:00Z") == "Fr., 6. März 2026"
    assert german.day(None) == ""
    assert languages.language("ar").direction == "rtl"


def test_columns_of_figures_and_times_are_written_as_the_language_writes_them() -> None:
    german, english = languages.language("de", languages.STAFF), languages.language("en", languages.STAFF)
    assert (english.figure(-123_456, "EUR"), german.figure(-123_456, "EUR")) == ("−1,234.56 EUR", "−1.234,56 EUR")
    assert (english.figure(1_500, "JPY"), german.number(12_345)) == ("1,500 JPY", "12.345")
    at = "2026-03-06T13:05:00+01:00"
    assert (english.instant(at), german.instant(at)) == ("2026-03-06 12:05", "6.3.2026 12:05")
    now = datetime(2026, 3, 6, 12, 5, tzinfo=UTC)
    later, earlier = (now + timedelta(hours=3)).isoformat(), (now - timedelta(days=2)).isoformat()
    assert [english.until(each, now) for each in (later, earlier)] == ["in 3 h", "2 d ago"]
    assert [german.until(each, now) for each in (later, earlier)] == ["in 3 Std.", "vor 2 Tagen"]
    assert (english.since(earlier, now), german.since(earlier, now), german.weekday(now)) == ("2 d", "2 Tg.", "Freitag")


def test_a_number_has_the_form_that_goes_with_it() -> None:
    told = [
        languages.language(code, languages.STAFF).ngettext("Hand over %(num)s parcel", "Hand over %(num)s parcels", number)
        for code, number in (("en", 1), ("en", 2), ("de", 1), ("de", 2), ("ar", 2), ("ar", 3))
    ]  # fmt: skip
    assert told == [
        "Hand over 1 parcel", "Hand over 2 parcels", "1 Paket übergeben", "2 Pakete übergeben", "تسليم طردين (2)", "تسليم 3 طرود",
    ]  # fmt: skip


def test_people_read_the_language_of_their_browser_or_the_one_they_have_chosen(site: Site) -> None:
    visitor = site.person("polyglot")
    assert '<html lang="en" dir="ltr">' in visitor.get("/me").text
    chosen = visitor.post("/me/language", {"csrf": visitor.csrf(), "language": "ar"})
    assert (chosen.status_code, visitor.cookies["orderline_language"]) == (303, "ar")
    page = visitor.get("/me").text
    assert '<html lang="ar" dir="rtl">' in page
    assert "تسجيل الخروج" in page
    assert "لا توجد صفحة كهذه" in visitor.get("/nowhere").text
    stranger = site.client.request("GET", "/sign-in", headers={"accept-language": "de-AT, en;q=0.5"}).text
    assert "Bei Orderline anmelden" in stranger
    given_up = visitor.post("/me/language", {"csrf": visitor.csrf(), "language": "xx"})
    assert "orderline_language=; Path=/; Max-Age=0;" in given_up.headers["set-cookie"]


def test_the_language_goes_with_the_person_and_not_with_the_browser(site: Site) -> None:
    ana, ben = site.person("ana", "orders:read"), site.person("ben", "orders:read")
    ana.post("/me/language", {"csrf": ana.csrf(), "language": "fr"})
    shared = site.visitor()
    shared.sign_in("ben")
    assert '<html lang="en"' in shared.get("/me").text
    shared.sign_in("ana")
    assert '<option value="fr" lang="fr" selected>' in shared.get("/me").text, "chosen elsewhere"
    shared.post("/sign-out", {"csrf": shared.csrf()})
    assert '<html lang="fr"' in shared.get("/sign-in").text, "before anybody has signed in"
    shared.sign_in("ben")
    assert '<html lang="en"' in shared.get("/me").text, "the language of the one before is not that of the next"
    assert '<html lang="en"' in ben.get("/me").text
    stranger = site.visitor()
    stranger.post("/me/language", {"csrf": ana.csrf(), "language": "de"})
    assert '<html lang="fr"' in ana.get("/me").text, "nobody chooses for another"


def test_a_refusal_is_told_in_the_language_of_the_person(site: Site) -> None:
    boss = site.person("sagt", "admin")
    boss.post("/me/language", {"csrf": boss.csrf(), "language": "de"})
    refused = boss.post("/roles/new", form(boss, "/roles/new", id="desk", rights="orders:fly"))
    row = PROBLEMS["SCOPE_UNKNOWN"]
    german = languages.Language("de", languages.STAFF)
    assert refused.status_code == 422
    assert row.title not in refused.text
    assert (
        f"{german.gettext(row.title)} ({german.gettext('Rights')}: orders:fly). {german.gettext('Allowed')}: "
        in refused.text
    )


def test_what_is_filled_in_can_write_no_page(site: Site) -> None:
    link = site.invite("cunning")
    page = site.client.request("GET", link, headers={"accept-language": "de"}).text
    assert "Willkommen, cunning &lt;b&gt;" in page
