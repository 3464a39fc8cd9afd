"""Postal addresses: checked and brought into one form where they enter, written out for labels."""

import re
import unicodedata
from enum import StrEnum
from typing import Final

import msgspec

from orderline.values.address_rules import FIELDS, CountryRules, Region, find_country
from orderline.values.failures import Refused


class AddressRefusal(StrEnum):
    FIELD_INVALID = "FIELD_INVALID"
    FIELD_TOO_LONG = "FIELD_TOO_LONG"
    COUNTRY_UNKNOWN = "COUNTRY_UNKNOWN"
    FIELD_MISSING = "FIELD_MISSING"
    REGION_UNKNOWN = "REGION_UNKNOWN"
    POSTAL_CODE_INVALID = "POSTAL_CODE_INVALID"
    POSTAL_CODE_NOT_IN_REGION = "POSTAL_CODE_NOT_IN_REGION"


class Address(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a parcel goes. Personal: name, company, lines and phone never leave the `people` table.

    lines: street lines, outermost last. region: the ISO 3166-2 part after the country ("CA", "13") where the
    country's addresses name one from a list, free text elsewhere. country: ISO 3166-1 alpha-2.
    """

    country: str
    name: str = ""
    company: str = ""
    lines: tuple[str, ...] = ()
    city: str = ""
    region: str = ""
    postal_code: str = ""
    phone: str = ""

    def place(self) -> "Place":
        """The part that names no person."""
        return Place(country=self.country, region=self.region, postal_code=self.postal_code, city=self.city)


class Place(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The part of an address that rules need and the journal may carry; it names no person."""

    country: str
    region: str = ""
    postal_code: str = ""
    city: str = ""


MAX_LINES: Final = 6
MAX_LENGTHS: Final = {
    "country": 60,
    "name": 160,
    "company": 160,
    "lines": 200,
    "city": 120,
    "region": 120,
    "postal_code": 20,
    "phone": 40,
}

# Control characters, line separators, signs that turn the writing direction around (they make a label lie), and
# halves of surrogate pairs, which no encoding can write. Joiners stay: several scripts need them.
_FORBIDDEN: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")

# Letters of other scripts than Latin with its extensions.
_NOT_LATIN: Final = re.compile("[\u0370-\u1dff\u2c00-\ua71f\ua800-\uffef\U00010000-\U0003ffff]")


def check_address(address: Address) -> Address:
    """The address in its normal form: single spaces; country, region and postal code as they are written there.

    A region is taken by code or by name. City names are not held against lists: a paid order must not fail over
    the spelling of a town. For the same reason a region that the country's addresses can do without stays as
    given when it is not on the list.
    Refused FIELD_INVALID: characters that no label can carry.
    Refused FIELD_TOO_LONG: a text longer than `MAX_LENGTHS`, or more than `MAX_LINES` lines.
    Refused COUNTRY_UNKNOWN, FIELD_MISSING, REGION_UNKNOWN, POSTAL_CODE_INVALID, POSTAL_CODE_NOT_IN_REGION: by the
    rules of the country; `hint` or `allowed` says what would do.
    """
    _check_characters(address)
    country = _text("country", address.country)
    name = _text("name", address.name)
    company = _text("company", address.company)
    lines = _lines(address.lines)
    city = _text("city", address.city)
    region = _text("region", address.region)
    postal_code = _text("postal_code", address.postal_code)
    phone = _text("phone", address.phone)

    rules = find_country(country)
    if rules is None:
        raise _country_unknown(country)
    _check_present(
        rules, name=name or company, lines=bool(lines), city=bool(city), region=bool(region), postal_code=postal_code
    )
    found = rules.find_region(region) if region else None
    if found is None and region and "region" in rules.required and rules.regions:
        raise Refused(AddressRefusal.REGION_UNKNOWN, field="region", value=region, allowed=rules.list_regions())
    return Address(
        country=rules.country,
        name=name,
        company=company,
        lines=lines,
        city=city,
        region=found.code if found is not None else region,
        postal_code=_check_postal(rules, found, postal_code) if postal_code else "",
        phone=phone,
    )


def address_lines(address: Address) -> list[str]:
    """The lines of a label, in the order and the letters of the country; the name of the country last.

    Written in Latin letters where the address itself is.
    """
    rules = find_country(address.country)
    if rules is None:
        raise _country_unknown(address.country)
    latin = not _NOT_LATIN.search(" ".join((*address.lines, address.city)))
    region = rules.regions.get(address.region)
    texts = {
        "name": address.name,
        "company": address.company,
        "lines": "\n".join(address.lines),
        "city": address.city,
        "region": address.region if region is None else region.latin if latin else region.key,
        "postal_code": address.postal_code,
    }
    written = [
        "".join(_fill(rules, part, texts) for part in line).strip()
        for line in (rules.latin_layout if latin else rules.layout)
    ]
    return [line for text in (*written, rules.name) for line in text.split("\n") if line]


def _fill(rules: CountryRules, part: str, texts: dict[str, str]) -> str:
    if not part.startswith("%"):
        return part
    field = FIELDS.get(part[1], "")
    text = texts.get(field, "")
    return text.upper() if field in rules.upper else text


def _check_characters(address: Address) -> None:
    texts = (address.country, address.name, address.company, *address.lines, address.city, address.region)
    if not _FORBIDDEN.search(" ".join((*texts, address.postal_code, address.phone))):
        return
    for field in MAX_LENGTHS:
        value: str | tuple[str, ...] = getattr(address, field)
        for text in (value,) if isinstance(value, str) else value:
            sign = _FORBIDDEN.search(text)
            if sign:
                shown = _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)[:200]
                hint = f"without the character U+{ord(sign.group()):04X}"
                raise Refused(AddressRefusal.FIELD_INVALID, field=field, value=shown, hint=hint)


def _text(field: str, text: str) -> str:
    if not text:
        return text
    text = " ".join(text.split())
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if len(text) > MAX_LENGTHS[field]:
        raise Refused(AddressRefusal.FIELD_TOO_LONG, field=field, value=text[:200], allowed=MAX_LENGTHS[field])
    return text


def _lines(given: tuple[str, ...]) -> tuple[str, ...]:
    lines = tuple(line for text in given if (line := _text("lines", text)))
    if len(lines) > MAX_LINES:
        raise Refused(AddressRefusal.FIELD_TOO_LONG, field="lines", value=len(lines), allowed=MAX_LINES)
    return lines


def check_country(country: str, field: str = "country") -> str:
    """The code of a country as it is written. Refused COUNTRY_UNKNOWN."""
    rules = find_country(_text("country", country))
    if rules is None:
        raise _country_unknown(country, field)
    return rules.country


def _country_unknown(country: str, field: str = "country") -> Refused:
    return Refused(
        AddressRefusal.COUNTRY_UNKNOWN, field=field, value=country, allowed="an ISO 3166-1 alpha-2 code, such as DE"
    )


def _check_present(rules: CountryRules, *, name: str, lines: bool, city: bool, region: bool, postal_code: str) -> None:
    if not name:
        raise Refused(AddressRefusal.FIELD_MISSING, field="name", hint="the name of a person or of a company")
    given = {"lines": lines, "city": city, "region": region, "postal_code": postal_code}
    for field in rules.required:
        if given[field]:
            continue
        facts: dict[str, object] = {"field": field, "country": rules.country}
        if field == "region" and rules.regions:
            likely = rules.region_of(postal_code) if postal_code else None
            facts["allowed"] = rules.list_regions()
            if likely is not None:
                facts["hint"] = f"{likely.code} ({likely.name}), by the postal code"
        elif field == "postal_code" and rules.postal_examples:
            facts["hint"] = f"such as {rules.postal_examples[0]}"
        raise Refused(AddressRefusal.FIELD_MISSING, **facts)


def _check_postal(rules: CountryRules, region: Region | None, given: str) -> str:
    postal_code = rules.normalize_postal(given)
    if postal_code is None:
        hint = f"such as {', '.join(rules.postal_examples[:3])}" if rules.postal_examples else rules.name
        raise Refused(AddressRefusal.POSTAL_CODE_INVALID, field="postal_code", value=given, hint=hint)
    if region is not None and region.postal is not None and not region.postal.match(postal_code):
        facts: dict[str, object] = {"field": "postal_code", "value": given, "region": region.code}
        likely = rules.region_of(postal_code)
        if likely is not None:
            facts["hint"] = f"the postal code lies in {likely.code} ({likely.name})"
        raise Refused(AddressRefusal.POSTAL_CODE_NOT_IN_REGION, **facts)
    return postal_code
