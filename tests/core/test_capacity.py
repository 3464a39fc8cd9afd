"""What a location still takes: by its own day and hour, by its switch, and by its pace."""

from datetime import UTC, datetime, timedelta

import pytest

from orderline.core.stock.capacity import Load, capacity_left, day_of, hour_of
from orderline.core.stock.state import Location, LocationKind
from orderline.values.address import Place

NOON = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)


def store(**about: object) -> Location:
    return Location("s", "S", LocationKind.STORE, "p", Place(country="FR"), **about)  # pyright: ignore


CASES = [
    # capacity                                    load                                       left
    ({},                                          Load(900, 90, 90, 0),                      None),
    ({"daily_capacity": 0},                       Load(),                                    0),
    ({"daily_capacity": 10},                      Load(today=7),                             3),
    ({"daily_capacity": 10},                      Load(today=12),                            0),
    ({"daily_capacity": 10, "hourly_capacity": 2}, Load(today=3, this_hour=1),               1),
    ({"hourly_capacity": 2},                      Load(today=99, this_hour=2),               0),
    # 20 in 4 hours, 11.5 hours left today: 57 can be done, 50 of them are there already
    ({"throttle": True},                          Load(unfinished=50, handed_over=20),       7),
    ({"throttle": True},                          Load(unfinished=90, handed_over=20),       0),
    ({"throttle": True},                          Load(unfinished=90, handed_over=4),        None),
    ({"throttle": True, "daily_capacity": 5},     Load(today=1, unfinished=1, handed_over=20), 4),
]  # fmt: skip


@pytest.mark.parametrize(("about", "load", "left"), CASES)
def test_what_is_left_is_the_least_of_day_hour_and_pace(about: dict[str, object], load: Load, left: int | None) -> None:
    assert capacity_left(store(**about), load, NOON) == left


def test_a_day_is_that_of_the_location_whatever_its_clocks_do() -> None:
    here = store(time_zone="Europe/Paris")
    began, ends = day_of(here, datetime(2026, 3, 29, 12, tzinfo=UTC))
    assert (began, ends - began) == (datetime(2026, 3, 28, 23, tzinfo=UTC), timedelta(hours=23))
    began, ends = day_of(here, datetime(2026, 10, 25, 12, tzinfo=UTC))
    assert (began, ends - began) == (datetime(2026, 10, 24, 22, tzinfo=UTC), timedelta(hours=25))
    assert day_of(store(time_zone="Pacific/Auckland"), NOON)[0] == datetime(2026, 11, 20, 11, tzinfo=UTC)
    assert hour_of(store(time_zone="Asia/Kolkata"), NOON) == NOON
