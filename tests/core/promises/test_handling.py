"""From an order to goods that stand ready: the table of rules, and what holds for any capacity."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderline.core.promises.calendar_rules import CalendarRules, Cutoff, WeekHours
from orderline.core.promises.calendars import compile_calendar, instant_of
from orderline.core.promises.handling import (
    Backlog,
    HandlingRules,
    Pace,
    WorkKind,
    book,
    open_in,
    rate_of,
    when_ready,
)

BERLIN = ZoneInfo("Europe/Berlin")
RULES = CalendarRules(
    id="office",
    time_zone="Europe/Berlin",
    week=(WeekHours(days=("mon", "tue", "wed", "thu", "fri"), hours=("08:00-18:00",)),),
    cutoffs=(Cutoff(at="14:00"),),
)
DAYS = compile_calendar(RULES)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp())


def shown(seconds: int) -> str:
    return instant_of(seconds).astimezone(BERLIN).strftime("%a %H:%M")


CASES: list[Any] = [
    # what is shown                      asked              rules                                         waiting  pace              begun        handled      ready
    ("before the cut-off, same day",     "2026-03-02 10:00", HandlingRules(minutes=90),                    0,  None,                 "Mon 10:00", "Mon 11:30", "Mon 11:30"),
    ("after the cut-off, next day",      "2026-03-02 14:01", HandlingRules(minutes=90),                    0,  None,                 "Tue 08:00", "Tue 09:30", "Tue 09:30"),
    ("before opening",                   "2026-03-02 06:00", HandlingRules(minutes=90),                    0,  None,                 "Mon 08:00", "Mon 09:30", "Mon 09:30"),
    ("a day of handling",                "2026-03-02 10:00", HandlingRules(days=1),                        0,  None,                 "Mon 10:00", "Tue 08:00", "Tue 08:00"),
    ("two days over the weekend",        "2026-03-06 15:00", HandlingRules(days=2),                        0,  None,                 "Mon 08:00", "Wed 08:00", "Wed 08:00"),
    ("no handling",                      "2026-03-02 10:00", HandlingRules(days=0),                        0,  None,                 "Mon 10:00", "Mon 10:00", "Mon 10:00"),
    ("a backlog within the handling",    "2026-03-02 10:00", HandlingRules(minutes=90, per_hour=10),       14, None,                 "Mon 10:00", "Mon 11:30", "Mon 11:30"),
    ("a backlog beyond it",              "2026-03-02 10:00", HandlingRules(minutes=90, per_hour=10),       39, None,                 "Mon 10:00", "Mon 11:30", "Mon 14:00"),
    ("a backlog into the next day",      "2026-03-02 16:00", HandlingRules(minutes=60, per_hour=10),       39, None,                 "Tue 08:00", "Tue 09:00", "Tue 10:00"),
    ("a slower pace than the capacity",  "2026-03-02 10:00", HandlingRules(minutes=90, per_hour=10),       39, Pace(40, 8 * 3600),   "Mon 10:00", "Mon 11:30", "Mon 18:00"),
    ("a faster pace, capacity counts",   "2026-03-02 10:00", HandlingRules(minutes=90, per_hour=10),       39, Pace(400, 8 * 3600),  "Mon 10:00", "Mon 11:30", "Mon 14:00"),
    ("a pace seen too briefly",          "2026-03-02 10:00", HandlingRules(minutes=90, per_hour=10),       39, Pace(5, 7_000),       "Mon 10:00", "Mon 11:30", "Mon 14:00"),
    ("a pace that is not to count",      "2026-03-02 10:00", HandlingRules(minutes=90, per_hour=10, throttle=False), 39, Pace(40, 8 * 3600), "Mon 10:00", "Mon 11:30", "Mon 14:00"),
    ("a pace where no capacity is known", "2026-03-02 10:00", HandlingRules(minutes=90),                   39, Pace(40, 8 * 3600),   "Mon 10:00", "Mon 11:30", "Mon 18:00"),
    ("any backlog without limits",       "2026-03-02 10:00", HandlingRules(minutes=90),                    9_999, None,              "Mon 10:00", "Mon 11:30", "Mon 11:30"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "rules", "waiting", "pace", "begun", "handled", "ready"),
    [c[1:] for c in CASES],
    ids=[c[0] for c in CASES],
)
def test_goods_are_ready_behind_cutoff_handling_and_backlog(
    asked: str, rules: HandlingRules, waiting: int, pace: Pace | None, begun: str, handled: str, ready: str
) -> None:
    found = when_ready(DAYS, rules, at(asked), backlog=waiting, rate=rate_of(rules, pace))
    assert found is not None
    assert (shown(found.begun), shown(found.handled), shown(found.ready)) == (begun, handled, ready)
    assert at(asked) <= found.begun <= found.handled <= found.ready
    assert found.backlog == waiting


def test_a_location_without_capacity_serves_nothing() -> None:
    assert when_ready(DAYS, HandlingRules(per_hour=0), at("2026-03-02 10:00")) is None


def test_a_backlog_counts_what_the_capacity_is_counted_in() -> None:
    assert Backlog(orders=3, units=70).of(WorkKind.ORDERS) == 3
    assert Backlog(orders=3, units=70).of(WorkKind.UNITS) == 70


def test_hours_fill_up_one_after_the_other() -> None:
    begin = at("2026-03-02 16:30")
    first = book(DAYS, 10, begin, 12)
    assert first is not None
    hours = {shown(hour * 3600): work for hour, work in first.hours.items()}
    assert hours == {"Mon 16:00": 5, "Mon 17:00": 7}
    assert shown(first.done) == "Mon 17:42"  # seven of ten
    second = book(DAYS, 10, begin, 12, first.hours)
    assert second is not None
    assert {shown(hour * 3600): work for hour, work in second.hours.items()} == {"Mon 17:00": 3, "Tue 08:00": 9}


@given(
    begin=st.integers(at("2026-03-25 00:00"), at("2026-04-03 00:00")),  # over a change of the clocks
    per_hour=st.integers(1, 20),
    loads=st.lists(st.integers(1, 60), min_size=1, max_size=6),
)
def test_bookings_never_overfill_an_hour_and_leave_none_unused(begin: int, per_hour: int, loads: list[int]) -> None:
    taken: dict[int, int] = {}
    done = begin
    for work in loads:
        booking = book(DAYS, per_hour, begin, work, taken)
        assert booking is not None
        assert sum(booking.hours.values()) == work
        assert booking.done >= done  # who comes later is not ready earlier
        done = booking.done
        for hour, part in booking.hours.items():
            taken[hour] = taken.get(hour, 0) + part
    assert all(part <= open_in(DAYS, per_hour, hour, begin) for hour, part in taken.items())
    last = max(taken)
    assert all(taken.get(hour, 0) == open_in(DAYS, per_hour, hour, begin) for hour in range(begin // 3600, last))


@given(st.integers(0, 500), st.integers(0, 500), st.integers(1, 50))
def test_more_waiting_is_never_ready_earlier(fewer: int, more: int, per_hour: int) -> None:
    rules = HandlingRules(minutes=30, per_hour=per_hour)
    rate = rate_of(rules, None)
    now = at("2026-03-02 09:00")
    one = when_ready(DAYS, rules, now, backlog=fewer, rate=rate)
    other = when_ready(DAYS, rules, now, backlog=fewer + more, rate=rate)
    assert one is not None
    assert other is not None
    assert one.ready <= other.ready


BOOKED: list[Any] = [
    # what is shown                     asked              booked, by hour                              waiting  ready
    ("nothing else",                    "2026-03-02 10:00", {},                                               0, "Mon 10:06"),
    ("the hour is full",                "2026-03-02 10:00", {"2026-03-02 10:00": 10},                         0, "Mon 11:06"),
    ("the hour has one left",           "2026-03-02 10:00", {"2026-03-02 10:00": 9},                          0, "Mon 11:00"),
    ("hours to come are not in its way", "2026-03-02 10:00", {"2026-03-02 12:00": 10},                        0, "Mon 10:06"),
    ("what waits goes around them",     "2026-03-02 10:00", {"2026-03-02 11:00": 10},                        15, "Mon 12:36"),
    ("what was booked and is past waits", "2026-03-02 10:00", {"2026-03-02 09:00": 10},                       0, "Mon 11:06"),
    ("a closed night has no hours",     "2026-03-02 17:30", {"2026-03-02 17:00": 5},                          0, "Tue 08:06"),
    ("a weekend has none",              "2026-03-06 17:30", {"2026-03-06 17:00": 5},                          0, "Mon 08:06"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "booked", "waiting", "ready"), [c[1:] for c in BOOKED], ids=[c[0] for c in BOOKED])
def test_booked_hours_are_left_to_those_who_booked_them(
    asked: str, booked: dict[str, int], waiting: int, ready: str
) -> None:
    rules = HandlingRules(minutes=0, per_hour=10)
    late = compile_calendar(msgspec.structs.replace(RULES, cutoffs=()))  # takes orders until it closes
    taken = {at(hour) // 3600: work for hour, work in booked.items()}
    found = when_ready(late, rules, at(asked), backlog=waiting, rate=rate_of(rules, None), booked=taken)
    assert found is not None
    assert (shown(found.ready), found.booked) == (ready, sum(booked.values()))


@given(
    asked=st.integers(at("2026-03-02 00:00"), at("2026-03-09 00:00")),
    per_hour=st.integers(1, 12),
    waiting=st.integers(0, 40),
    booked=st.dictionaries(st.integers(0, 60), st.integers(1, 20), max_size=12),
)
def test_a_booking_never_makes_anybody_earlier(asked: int, per_hour: int, waiting: int, booked: dict[int, int]) -> None:
    rules = HandlingRules(minutes=0, per_hour=per_hour)
    rate, first = rate_of(rules, None), asked // 3600
    taken: dict[int, int] = {}
    last = when_ready(DAYS, rules, asked, backlog=waiting, rate=rate)
    for hour, work in sorted(booked.items()):
        taken[first + hour] = work
        found = when_ready(DAYS, rules, asked, backlog=waiting, rate=rate, booked=taken)
        assert last is not None
        assert found is not None
        assert found.ready >= last.ready
        last = found
