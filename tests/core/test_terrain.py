"""Terrain and shelves: what many orders share gives the same answers as what each works out for itself."""

from hypothesis import given
from hypothesis import strategies as st

from orderline.core.routing.model import RouteLocation
from orderline.core.routing.terrain import Shelves, Terrain, free_units, terrain_of
from orderline.values.geo import Coordinates, distance_m

CODES = ("a", "b", "c", "d")
coordinates = (
    st.builds(Coordinates, st.integers(-90_000_000, 90_000_000), st.integers(-180_000_000, 180_000_000)) | st.none()
)


@given(st.dictionaries(st.sampled_from(CODES), coordinates), st.lists(coordinates, max_size=3))
def test_distances_are_those_between_the_two_ends_however_often_asked(
    places: dict[str, Coordinates | None], destinations: list[Coordinates | None]
) -> None:
    terrain = Terrain({code: RouteLocation(code=code, pool="main", coordinates=at) for code, at in places.items()})
    for destination in destinations * 2:
        expected = [
            None if at is None or destination is None else distance_m(at, destination) for at in places.values()
        ]
        assert terrain.distances(destination, list(places)) == expected


@given(
    st.dictionaries(st.sampled_from(CODES), st.sampled_from(("east", "west"))),
    st.dictionaries(st.sampled_from(("X", "Y")), st.dictionaries(st.sampled_from(CODES), st.integers(-2, 3))),
)
def test_free_units_are_those_above_nought_at_known_locations_by_pool(
    pools: dict[str, str], by_sku: dict[str, dict[str, int]]
) -> None:
    terrain = terrain_of({code: RouteLocation(code=code, pool=pool) for code, pool in pools.items()})
    shelves = Shelves(by_sku)
    plain = {(sku, code): units for sku, shelf in by_sku.items() for code, units in shelf.items()}
    assert dict(shelves.items()) == plain
    assert free_units(shelves, terrain) == free_units(plain, terrain)
    told = {
        (sku, pool, code): u for (sku, pool), shelf in free_units(plain, terrain).items() for code, u in shelf.items()
    }
    assert told == {
        (sku, pools[code], code): units for (sku, code), units in plain.items() if units > 0 and code in pools
    }


def test_what_is_taken_of_free_units_is_not_taken_of_the_shelves() -> None:
    terrain = Terrain({"a": RouteLocation(code="a", pool="main")})
    shelves = Shelves({"X": {"a": 3}})
    free_units(shelves, terrain)["X", "main"].clear()
    assert shelves["X", "a"] == 3


def test_what_is_kept_for_a_policy_is_kept_for_it_alone() -> None:
    terrain = Terrain({})
    first, second = object(), object()
    terrain.kept_for(first)["known"] = True
    assert terrain.kept_for(second) == {}
    assert terrain.kept_for(first) == {"known": True}
