"""The mapping file: how one merchant's file differs from a layout. TOML in, checked with exact places of errors."""

import re
import tomllib
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from orderline.core.imports.countries import country_code
from orderline.core.imports.layouts import FIELDS, LAYOUTS, Case, Keep, MissingSku, OrDiscount, OrRefuse, OrRound
from orderline.core.imports.verdicts import ImportRefusal as R
from orderline.core.imports.verdicts import shown
from orderline.values.failures import Refused
from orderline.values.money import CURRENCY_DIGITS


class MappedRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """As `Rules`; what is not said stays as the layout has it."""

    duplicates: Keep | None = None
    sku_case: Case | None = None
    missing_sku: MissingSku | None = None
    unexplained_totals: OrRefuse | None = None
    too_precise: OrRound | None = None
    line_totals: OrDiscount | None = None


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A mapping file. Every table and key may be left out.

    columns: our field to the heading it stands under; "" where a heading of its name means something else. sku_aliases:
    a SKU of the file to ours. countries: a name of the file to an ISO code, or to "" for no country. charges: SKU codes
    that are no goods to the kind of charge they are; "" makes a code of the layout goods again. defaults: values of
    fields that the file has no column for, or leaves empty.
    """

    layout: str = ""
    delimiter: str = ""
    encoding: str = "utf-8"
    decimal_comma: bool = False
    time_zone: str = ""
    date_formats: tuple[str, ...] = ()
    columns: dict[str, str] = {}
    sku_aliases: dict[str, str] = {}
    countries: dict[str, str] = {}
    charges: dict[str, str] = {}
    defaults: dict[str, str] = {}
    rules: MappedRules = MappedRules()


_PLACE: Final = re.compile(r" - at `\$\.?(.*)`$")


def parse_mapping(text: str) -> Mapping:
    """The mapping in a TOML text. Refused MAPPING_NOT_VALID: `field` is the place, `hint` what would do."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Refused(R.MAPPING_NOT_VALID, field="", value="", hint=f"not TOML: {error}") from None
    mapping = _converted(document)
    if mapping.layout and mapping.layout not in LAYOUTS:
        raise _not_valid("layout", mapping.layout, allowed=sorted(LAYOUTS))
    if mapping.delimiter and len(mapping.delimiter) != 1:
        raise _not_valid("delimiter", mapping.delimiter, allowed="one character")
    try:
        "".encode(mapping.encoding)
    except LookupError:
        raise _not_valid("encoding", mapping.encoding, allowed="such as utf-8, latin-1, cp1252") from None
    if mapping.time_zone:
        zone_of(mapping.time_zone)
    for table in ("columns", "defaults"):
        for field in getattr(mapping, table):
            if field not in FIELDS:
                raise _not_valid(f"{table}.{field}", field, allowed=list(FIELDS))
    for name, code in mapping.countries.items():
        if code and (len(code) != 2 or country_code(code) != code):
            raise _not_valid(f"countries.{name}", code, allowed="an ISO 3166-1 alpha-2 code, such as DE")
    for code, kind in mapping.charges.items():
        if len(kind) > 60:
            raise _not_valid(f"charges.{code}", kind, allowed="at most 60 characters")
    currency = mapping.defaults.get("currency", "")
    if currency and currency not in CURRENCY_DIGITS:
        raise _not_valid("defaults.currency", currency, allowed="an ISO 4217 code in capitals")
    return mapping


def zone_of(name: str) -> ZoneInfo:
    """The time zone of that name. Refused MAPPING_NOT_VALID: there is none on this machine."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise _not_valid("time_zone", name, allowed="a zone of the IANA list, such as Europe/Paris") from None


def _converted(document: dict[str, Any]) -> Mapping:
    try:
        return msgspec.convert(document, Mapping)
    except msgspec.ValidationError as error:
        message = str(error)
        place = _PLACE.search(message)
        path = place.group(1) if place else ""
        raise Refused(
            R.MAPPING_NOT_VALID, field=path, value=_value_at(document, path), hint=_PLACE.sub("", message)
        ) from None


def _value_at(document: Any, path: str) -> str:
    for part in path.split(".") if path else ():
        inner: dict[str, Any] = document if isinstance(document, dict) else {}
        if part not in inner:
            return ""
        document = inner[part]
    return shown(document) if path else ""


def _not_valid(field: str, value: str, **facts: object) -> Refused:
    return Refused(R.MAPPING_NOT_VALID, field=field, value=shown(value), **facts)
