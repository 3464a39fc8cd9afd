"""What a location still takes: by its own day and hour, by its switch, and by its pace."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from orderline.core.promises.calendar_rules import CalendarRules, Closure, WeekHours
from orderline.core.promises.calendars import compile_calendar
from orderline.core.stock.capacity import Load, capacity_left, day_of, hour_of
from orderline.core.stock.state import Location, LocationKind
from orderline.values.address import Place

NOON = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)


def store(**about: Any) -> Location:
    return Location("s", "S", LocationKind.STORE, "p", Place(country="FR"), **about)


CASES = [
    # capacity                                    load                                       left
    ({},                                          Load(900, 90, 90, 0),                      None),
    ({"daily_capacity": 0},                       Load(),                                    0),
    ({"daily_capacity": 10},                      Load(today=7),                             3),
    ({"daily_capacity": 10},                      Load(today=12),                            0),
    ({"daily_capacity": 10, "hourly_capacity": 2}, Load(today=3, this_hour=1),               1),
    ({"hourly_capacity": 2},                      Load(today=99, this_hour=2),               0),
    # places that quotes keep are taken
    ({"daily_capacity": 10},                      Load(today=7, booked=2),                   1),
    ({"hourly_capacity": 2},                      Load(this_hour=1, booked=1),               0),
    # 20 in 4 hours, 11.5 hours left today: 57 can be done, 50 of them are there already
    ({"throttle": True},                          Load(unfinished=50, handed_over=20),       7),
    ({"throttle": True},                          Load(unfinished=90, handed_over=20),       0),
    ({"throttle": True},                          Load(unfinished=90, handed_over=4),        None),
    ({"throttle": True, "daily_capacity": 5},     Load(today=1, unfinished=1, handed_over=20), 4),
]  # fmt: skip


@pytest.mark.parametrize(("about", "load", "left"), CASES)
def test_what_is_left_is_the_least_of_day_hour_and_pace(about: dict[str, object], load: Load, left: int | None) -> None:
    assert capacity_left(store(**about), load, NOON) == left


OPEN = compile_calendar(
    CalendarRules(
        time_zone="Europe/Paris",
        week=(WeekHours(days=("mon", "tue", "wed", "thu", "fri"), hours=("09:00-12:00", "14:00-18:00")),),
        closures=(Closure(on=date(2026, 11, 20)),),
    )
)
PARIS = ZoneInfo("Europe/Paris")

SPANS = [
    # now (Paris)       the day counts from  until          the hour counts from
    ("2026-11-18 09:30", "2026-11-18 00:00", "2026-11-19 00:00", "2026-11-17 18:00"),
    ("2026-11-18 10:30", "2026-11-18 00:00", "2026-11-19 00:00", "2026-11-18 10:00"),
    ("2026-11-18 12:30", "2026-11-18 00:00", "2026-11-19 00:00", "2026-11-18 12:00"),
    ("2026-11-18 14:10", "2026-11-18 00:00", "2026-11-19 00:00", "2026-11-18 12:00"),
    # a day that is closed, a weekend and the Monday after have the capacity of the Monday
    ("2026-11-20 10:30", "2026-11-20 00:00", "2026-11-24 00:00", "2026-11-19 18:00"),
    ("2026-11-22 10:30", "2026-11-20 00:00", "2026-11-24 00:00", "2026-11-19 18:00"),
    ("2026-11-23 10:30", "2026-11-20 00:00", "2026-11-24 00:00", "2026-11-23 10:00"),
]


@pytest.mark.parametrize(("now", "since", "until", "hour"), SPANS)
def test_days_and_hours_that_are_closed_have_no_capacity(now: str, since: str, until: str, hour: str) -> None:
    here = store(time_zone="Europe/Paris")
    at = {text: datetime.fromisoformat(text).replace(tzinfo=PARIS) for text in (now, since, until, hour)}
    assert day_of(here, at[now], OPEN) == (at[since], at[until])
    assert hour_of(here, at[now], OPEN) == at[hour]


def test_a_day_is_that_of_the_location_whatever_its_clocks_do() -> None:
    here = store(time_zone="Europe/Paris")
    began, ends = day_of(here, datetime(2026, 3, 29, 12, tzinfo=UTC))
    assert (began, ends - began) == (datetime(2026, 3, 28, 23, tzinfo=UTC), timedelta(hours=23))
    began, ends = day_of(here, datetime(2026, 10, 25, 12, tzinfo=UTC))
    assert (began, ends - began) == (datetime(2026, 10, 24, 22, tzinfo=UTC), timedelta(hours=25))
    assert day_of(store(time_zone="Pacific/Auckland"), NOON)[0] == datetime(2026, 11, 20, 11, tzinfo=UTC)
    assert hour_of(store(time_zone="Asia/Kolkata"), NOON) == NOON
