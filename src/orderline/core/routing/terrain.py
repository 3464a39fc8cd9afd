"""What all orders that look at the same locations and shelves have in common, worked out once for all of them."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from orderline.core.routing.model import RouteLocation
from orderline.values.geo import Coordinates, Points

_MOST_TOWNS: Final = 256
_MOST_POLICIES: Final = 4


class Terrain(dict[str, RouteLocation]):
    """Locations by code, never changed. Who makes many snapshots of the same ones gives them as one terrain."""

    @cached_property
    def pools(self) -> dict[str, str]:
        """The pool of each location."""
        return {code: each.pool for code, each in self.items()}

    @cached_property
    def by_pool(self) -> dict[str, list[str]]:
        """The locations of each pool, in order."""
        found: dict[str, list[str]] = {}
        for code in sorted(self):
            found.setdefault(self[code].pool, []).append(code)
        return found

    @cached_property
    def _kept(self) -> list[tuple[object, dict[Any, Any]]]:
        return []

    def kept_for(self, policy: object) -> dict[Any, Any]:
        """What was found out about these locations under a policy, and holds for all orders."""
        for known, kept in self._kept:
            if known is policy:
                return kept
        del self._kept[_MOST_POLICIES - 1 :]
        self._kept.insert(0, (policy, {}))
        return self._kept[0][1]

    @cached_property
    def _points(self) -> Points:
        return Points({code: each.coordinates for code, each in self.items()})

    @cached_property
    def _away_m(self) -> dict[Coordinates | None, dict[str, int | None]]:
        return {}

    def distances(self, destination: Coordinates | None, codes: Sequence[str]) -> list[int | None]:
        """Meters to each; None where an end is not located. What goes to the same town is measured once."""
        if len(self._away_m) > _MOST_TOWNS:
            self._away_m.clear()
        known = self._away_m.setdefault(destination, {})
        new = [code for code in codes if code not in known]
        if new:
            known.update(zip(new, self._points.distances(destination, new), strict=True))
        return [known[code] for code in codes]


def terrain_of(locations: Mapping[str, RouteLocation]) -> Terrain:
    """Locations as a terrain, if they are not one."""
    return locations if isinstance(locations, Terrain) else Terrain(locations)


class Shelves(Mapping[tuple[str, str], int]):
    """Units by (SKU, location), of shelves by SKU as they were read."""

    def __init__(self, by_sku: Mapping[str, Mapping[str, int]]) -> None:
        self.by_sku = by_sku

    def __getitem__(self, key: tuple[str, str]) -> int:
        return self.by_sku[key[0]][key[1]]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return ((sku, code) for sku, shelf in self.by_sku.items() for code in shelf)

    def __len__(self) -> int:
        return sum(map(len, self.by_sku.values()))


def shelves_of(levels: Mapping[tuple[str, str], int]) -> Mapping[str, Mapping[str, int]]:
    """Levels by SKU, then location."""
    if isinstance(levels, Shelves):
        return levels.by_sku
    by_sku: dict[str, dict[str, int]] = {}
    for (sku, code), units in levels.items():
        by_sku.setdefault(sku, {})[code] = units
    return by_sku


def free_units(levels: Mapping[tuple[str, str], int], terrain: Terrain) -> dict[tuple[str, str], dict[str, int]]:
    """Units that may be taken, by SKU and pool, then by location; the caller's own."""
    free: dict[tuple[str, str], dict[str, int]] = {}
    only = next(iter(terrain.by_pool)) if len(terrain.by_pool) == 1 else None
    for sku, shelf in shelves_of(levels).items():
        if not shelf:
            continue
        if only is not None:
            whole = min(shelf.values()) > 0 and shelf.keys() <= terrain.keys()
            there = dict(shelf) if whole else {c: units for c, units in shelf.items() if units > 0 and c in terrain}
            if there:
                free[sku, only] = there
            continue
        pools = terrain.pools
        for code, units in shelf.items():
            if units > 0 and code in pools:
                free.setdefault((sku, pools[code]), {})[code] = units
    return free
