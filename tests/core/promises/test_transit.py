"""On the way: zones, prices, and the days that parcels have really taken."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderline.core.promises.refusals import PromiseRefusal as R
from orderline.core.promises.tables import DISTANCES, ZONES, standard_services
from orderline.core.promises.transit import (
    LONGEST_DAYS,
    Bracket,
    CarrierService,
    Lane,
    TransitDays,
    ZoneRow,
    Zones,
    ZoneTable,
    check_service,
    end_of,
    price_of,
)
from orderline.values.failures import Refused

BETWEEN: list[Any] = [
    # from                 to                     km      zone
    (("DE", "10115"),      ("DE", "14467"),       30,     "local"),
    (("DE", "10115"),      ("DE", "80331"),       505,    "regional"),
    (("US", "10001"),      ("US", "90210"),       3_940,  "national"),
    (("DE", "10115"),      ("DE", ""),            None,   "national"),
    (("DE", "10115"),      ("FR", "75001"),       878,    "neighboring"),
    (("DE", "10115"),      ("PT", "1000-001"),    2_300,  "continental"),
    (("DE", "10115"),      ("JP", "100-0001"),    8_900,  "intercontinental"),
    (("AQ", ""),           ("DE", "10115"),       None,   "intercontinental"),
]  # fmt: skip


@pytest.mark.parametrize(("origin", "destination", "km", "zone"), BETWEEN)
def test_the_standard_zones_know_the_whole_world(
    origin: tuple[str, str], destination: tuple[str, str], km: int | None, zone: str
) -> None:
    away_m = km * 1000 if km is not None else None
    assert Zones(ZONES).find(end_of(*origin), end_of(*destination), away_m) == zone


def test_the_first_row_that_fits_decides() -> None:
    table = Zones(
        ZoneTable(
            id="fr",
            rows=(
                ZoneRow(zone="corsica", origins=("FR",), destinations=("FR:20",)),
                ZoneRow(zone="from the islands", origins=("FR:20",), destinations=("FR",)),
                ZoneRow(zone="near", origins=("FR",), destinations=("same",), within_km=100),
                ZoneRow(zone="france", origins=("FR",), destinations=("FR",)),
            ),
        )
    )
    paris, lyon, ajaccio = end_of("FR", "75 001"), end_of("fr", "69001"), end_of("FR", "20-000")
    assert table.find(paris, ajaccio, 900_000) == "corsica"
    assert table.find(ajaccio, paris, 900_000) == "from the islands"
    assert table.find(paris, lyon, 90_000) == "near"
    assert table.find(paris, lyon, 390_000) == "france"
    assert table.find(paris, lyon, None) == "france"
    assert table.find(paris, end_of("DE", "10115"), 100) is None


PRICES = (Bracket(1_000, 500), Bracket(5_000, 700), Bracket(10_000, 900))


@pytest.mark.parametrize(
    ("weight_g", "parcels", "minor"),
    [
        (0, 1, 500),
        (1, 1, 500),
        (1_000, 1, 500),
        (1_001, 1, 700),
        (10_000, 1, 900),
        (10_001, 2, 1_400),
        (25_000, 3, 2_500),
    ],
)
def test_a_weight_costs_its_bracket_and_what_is_too_heavy_goes_in_several_parcels(
    weight_g: int, parcels: int, minor: int
) -> None:
    assert price_of(PRICES, weight_g) == (parcels, minor)


COUNTS = st.lists(st.integers(0, 30), max_size=LONGEST_DAYS)


def days(counts: list[int]) -> TransitDays:
    found = TransitDays()
    for day, parcels in enumerate(counts):
        found = found.plus(day, parcels) if parcels else found
    return found


@given(COUNTS, COUNTS, st.integers(1, 1_000_000))
def test_days_taken_merge_by_adding(one: list[int], other: list[int], ppm: int) -> None:
    together = days(one).merged(days(other))
    assert together.total == sum(one) + sum(other)
    taken = sorted(day for counts in (one, other) for day, parcels in enumerate(counts) for _ in range(parcels))
    if taken:
        # So many parts per million of all had arrived, and a day earlier they had not.
        quantile = together.quantile(ppm)
        assert sum(1 for day in taken if day <= quantile) * 1_000_000 >= len(taken) * ppm
        assert sum(1 for day in taken if day < quantile) * 1_000_000 < len(taken) * ppm


def test_days_too_many_count_as_the_most() -> None:
    seen = TransitDays().plus(500, 4).plus(2, 3)
    assert (seen.total, seen.quantile(1_000_000)) == (7, LONGEST_DAYS)


def service(**fields: Any) -> CarrierService:
    base: dict[str, Any] = {"carrier": "c", "service": "s", "zones": "z", "currency": "EUR", "lanes": ()}
    return CarrierService(**base | fields)


WRONG: list[Any] = [
    ({"zones": "other"}, R.ZONE_UNKNOWN, "zones"),
    ({"calendar": "other"}, R.CALENDAR_UNKNOWN, "calendar"),
    ({"delivers_from": "18:00"}, R.HOURS_NOT_ACCEPTABLE, "delivers_until"),
    ({"delivery_days": ("someday",)}, R.HOURS_NOT_ACCEPTABLE, "delivery_days"),
    ({"lanes": (Lane(zone="a", days_min=2, days_max=1),)}, R.TABLE_NOT_ACCEPTABLE, "lanes[0]"),
    ({"lanes": (Lane(zone="a", days_min=1, days_max=99),)}, R.TABLE_NOT_ACCEPTABLE, "lanes[0]"),
    ({"lanes": (Lane(zone="a", days_min=1, days_max=1), Lane(zone="a", days_min=1, days_max=1))}, R.TABLE_NOT_ACCEPTABLE, "lanes[1]"),
    ({"lanes": (Lane(zone="a", days_min=1, days_max=1, prices=(Bracket(2, 1), Bracket(1, 1))),)}, R.TABLE_NOT_ACCEPTABLE, "lanes[0].prices"),
    ({"lanes": (Lane(zone="a", days_min=1, days_max=1, prices=(Bracket(2, -1),)),)}, R.TABLE_NOT_ACCEPTABLE, "lanes[0].prices"),
    ({"carbon_mg_per_kg_km": -1}, R.TABLE_NOT_ACCEPTABLE, "carbon_mg_per_kg_km"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "code", "field"), WRONG)
def test_services_that_cannot_be_are_refused_at_their_place(fields: dict[str, Any], code: R, field: str) -> None:
    with pytest.raises(Refused) as refused:
        check_service(service(**fields), ["z"], ["c"])
    assert (refused.value.code, refused.value.facts["field"]) == (code, field)


@pytest.mark.parametrize("text", ["XX", "de", "DE:1a", "abroad", ""])
def test_rows_name_countries_that_exist(text: str) -> None:
    with pytest.raises(Refused, match="TABLE_NOT_ACCEPTABLE"):
        Zones(ZoneTable(id="t", rows=(ZoneRow(zone="z", destinations=(text,)),)))


def test_the_standard_services_are_acceptable_and_the_slower_are_cheaper_and_never_faster() -> None:
    economy, standard, express = standard_services("EUR")
    for each in (economy, standard, express):
        check_service(each, [DISTANCES], [])
        assert {lane.zone for lane in each.lanes} == Zones(ZONES).zones
    for slower, faster in ((economy, standard), (standard, express)):
        for one, other in zip(slower.lanes, faster.lanes, strict=True):
            assert one.days_max >= other.days_max
            assert one.days_min >= other.days_min
            for weight_g in (100, 1_500, 40_000):
                assert price_of(one.prices, weight_g)[1] < price_of(other.prices, weight_g)[1]
