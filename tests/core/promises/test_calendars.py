"""Work calendars: the table of rules, and what holds for any hours, any zone and any day, clock changes included."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderline.core.promises.calendar_rules import (
    CalendarRules,
    Closure,
    Cutoff,
    Holidays,
    Opening,
    WeekHours,
    known_holidays,
    weekend_of,
)
from orderline.core.promises.calendars import Calendar, compile_calendar, instant_of, seconds_of
from orderline.core.promises.refusals import PromiseRefusal as R
from orderline.values.failures import Refused

OFFICE = (
    WeekHours(days=("mon", "tue", "wed", "thu"), hours=("08:00-12:00", "13:00-17:00")),
    WeekHours(days=("fri",), hours=("08:00-12:00",)),
)
# Clocks there change in spring and autumn: at midnight, by half an hour, on the other half of the globe, not at all.
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Beirut", "Australia/Lord_Howe", "America/Havana", "Asia/Kathmandu",
         "Pacific/Apia", "America/Sao_Paulo", "UTC")  # fmt: skip


def calendar(*week: WeekHours, zone: str = "Europe/Berlin", **fields: Any) -> Calendar:
    return compile_calendar(CalendarRules(id="c", time_zone=zone, week=week or OFFICE, **fields))


def at(text: str, zone: str = "Europe/Berlin", *, fold: int = 0) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp())


def shown(seconds: int | None, zone: str = "Europe/Berlin") -> str:
    assert seconds is not None
    return instant_of(seconds).astimezone(ZoneInfo(zone)).strftime("%a %Y-%m-%d %H:%M")


BAVARIA = (Holidays(country="DE", subdivision="BY"),)

OPENINGS: list[Any] = [
    # what is shown                     asked at             calendar                                                next opening
    ("at work",                         "2026-03-02 09:30",  calendar(),                                             "Mon 2026-03-02 09:30"),
    ("before work",                     "2026-03-02 05:00",  calendar(),                                             "Mon 2026-03-02 08:00"),
    ("at noon",                         "2026-03-02 12:00",  calendar(),                                             "Mon 2026-03-02 13:00"),
    ("on Friday afternoon",             "2026-03-06 12:00",  calendar(),                                             "Mon 2026-03-09 08:00"),
    ("on a public holiday",             "2026-05-01 09:00",  calendar(holidays=(Holidays(country="DE"),)),           "Mon 2026-05-04 08:00"),
    ("on a holiday of the region",      "2026-06-04 09:00",  calendar(holidays=BAVARIA),                             "Fri 2026-06-05 08:00"),
    ("on a holiday of another region",  "2026-06-04 09:00",  calendar(holidays=(Holidays(country="DE", subdivision="BE"),)), "Thu 2026-06-04 09:00"),
    ("while closed",                    "2026-08-03 09:00",  calendar(closures=(Closure(on=date(2026, 8, 1), until=date(2026, 8, 14)),)), "Mon 2026-08-17 08:00"),
    ("on an extra day",                 "2026-05-01 09:00",  calendar(holidays=BAVARIA, openings=(Opening(on=date(2026, 5, 1), hours=("10:00-11:00",)),)), "Fri 2026-05-01 10:00"),
    ("on a day with shorter hours",     "2026-12-24 08:00",  calendar(openings=(Opening(on=date(2026, 12, 24), hours=()),), holidays=BAVARIA), "Mon 2026-12-28 08:00"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "rules", "opens"), [c[1:] for c in OPENINGS], ids=[c[0] for c in OPENINGS])
def test_work_begins_at_the_next_opening(asked: str, rules: Calendar, opens: str) -> None:
    assert shown(rules.next_opening(at(asked))) == opens


WORK: list[Any] = [
    # what is shown             begins               hours of work, done at
    ("in one go",               "2026-03-02 09:00",  2,             "Mon 2026-03-02 11:00"),
    ("up to the break",         "2026-03-02 09:00",  3,             "Mon 2026-03-02 12:00"),
    ("over the break",          "2026-03-02 09:00",  4,             "Mon 2026-03-02 14:00"),
    ("over night",              "2026-03-02 16:00",  3,             "Tue 2026-03-03 10:00"),
    ("over the weekend",        "2026-03-06 11:00",  2,             "Mon 2026-03-09 09:00"),
    ("a whole week",            "2026-03-02 08:00",  36,            "Fri 2026-03-06 12:00"),
    ("no work at all",          "2026-03-07 10:00",  0,             "Mon 2026-03-09 08:00"),
]  # fmt: skip


@pytest.mark.parametrize(("begins", "hours", "done"), [c[1:] for c in WORK], ids=[c[0] for c in WORK])
def test_work_goes_on_in_work_time_only(begins: str, hours: int, done: str) -> None:
    assert shown(calendar().add_work_time(at(begins), hours * 3600)) == done


NIGHT = WeekHours(days=("sat", "sun"), hours=("00:00-24:00",))
CLOCKS: list[Any] = [
    # what is shown                        zone                    day, hours of its work
    ("an hour less in spring",             "Europe/Berlin",        "2026-03-29", 23 * 60),
    ("an hour more in autumn",             "Europe/Berlin",        "2026-10-25", 25 * 60),
    ("half an hour less",                  "Australia/Lord_Howe",  "2026-10-04", 23 * 60 + 30),
    ("an hour skipped at midnight",        "Asia/Beirut",          "2026-03-29", 23 * 60),
    ("an hour twice before midnight",      "Asia/Beirut",          "2026-10-24", 25 * 60),
    ("a day that never was",               "Pacific/Apia",         "2011-12-30", 0),
]  # fmt: skip


@pytest.mark.parametrize(("zone", "day", "minutes"), [c[1:] for c in CLOCKS], ids=[c[0] for c in CLOCKS])
def test_a_day_lasts_as_long_as_its_clocks_say(zone: str, day: str, minutes: int) -> None:
    week = WeekHours(days=("mon", "tue", "wed", "thu", "fri", "sat", "sun"), hours=("00:00-24:00",))
    starts, ends, _ = calendar(week, zone=zone).day(date.fromisoformat(day).toordinal())
    assert sum(end - start for start, end in zip(starts, ends, strict=True)) == minutes * 60


def test_a_time_that_the_clock_skips_is_when_it_skips_and_one_shown_twice_the_first() -> None:
    spring, autumn = date(2026, 3, 29).toordinal(), date(2026, 10, 25).toordinal()
    days = calendar()
    assert instant_of(days.instant(spring, 150)) == datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert instant_of(days.instant(autumn, 150)) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


CUTOFFS = (
    Cutoff(at="15:00"),
    Cutoff(at="11:00", days=("fri",)),
    Cutoff(at="13:00", carrier="dhl"),
    Cutoff(at="09:30", carrier="dhl", service="express"),
)
CUT: list[Any] = [
    # what is shown                  asked at             carrier, service      cut-off                 rule
    ("the general one",              "2026-03-02 10:00",  ("", ""),             "Mon 2026-03-02 15:00", "15:00"),
    ("at the cut-off itself",        "2026-03-02 15:00",  ("", ""),             "Mon 2026-03-02 15:00", "15:00"),
    ("a minute too late",            "2026-03-02 15:01",  ("", ""),             "Tue 2026-03-03 15:00", "15:00"),
    ("of the weekday",               "2026-03-06 10:00",  ("ups", "ground"),    "Fri 2026-03-06 11:00", "11:00 fri"),
    ("of the carrier",               "2026-03-02 10:00",  ("dhl", "parcel"),    "Mon 2026-03-02 13:00", "13:00 dhl"),
    ("of the service",               "2026-03-02 10:00",  ("dhl", "express"),   "Tue 2026-03-03 09:30", "09:30 dhl express"),
    ("over the weekend",             "2026-03-06 11:30",  ("", ""),             "Mon 2026-03-09 15:00", "15:00"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "of", "cut", "rule"), [c[1:] for c in CUT], ids=[c[0] for c in CUT])
def test_the_narrowest_cutoff_holds(asked: str, of: tuple[str, str], cut: str, rule: str) -> None:
    found = calendar(cutoffs=CUTOFFS).next_cutoff(at(asked), *of)
    assert found is not None
    assert (shown(found.at), found.rule) == (cut, rule)


def test_without_a_cutoff_a_day_takes_orders_until_it_closes() -> None:
    found = calendar().next_cutoff(at("2026-03-06 11:59"))
    assert found is not None
    assert (shown(found.at), found.rule) == ("Fri 2026-03-06 12:00", "closing time")


def test_carriers_come_at_their_times_and_at_closing_time_where_none_is_given() -> None:
    comes = (Cutoff(at="11:00"), Cutoff(at="16:00"), Cutoff(at="14:00", carrier="dhl"))
    days = calendar(collections=comes)

    def next_at(text: str, *of: str) -> str:
        found = days.next_collection(at(text), *of)
        assert found is not None
        return shown(found.at)

    assert next_at("2026-03-02 10:00", "ups") == "Mon 2026-03-02 11:00"
    assert next_at("2026-03-02 11:01", "ups") == "Mon 2026-03-02 16:00"
    assert next_at("2026-03-02 11:01", "dhl") == "Mon 2026-03-02 14:00"
    assert next_at("2026-03-06 14:01", "dhl") == "Mon 2026-03-09 14:00"
    closing = calendar().next_collection(at("2026-03-06 09:00"))
    assert closing is not None
    assert shown(closing.at) == "Fri 2026-03-06 12:00"


def test_working_days_are_counted_over_weekends_and_holidays() -> None:
    days = calendar(holidays=BAVARIA)

    def after(day: str, count: int) -> str:
        found = days.add_working_days(date.fromisoformat(day).toordinal(), count)
        assert found is not None
        return date.fromordinal(found).isoformat()

    assert after("2026-04-02", 0) == "2026-04-02"
    assert after("2026-04-02", 1) == "2026-04-07"  # Good Friday, Easter Monday
    assert after("2026-04-04", 0) == "2026-04-07"
    assert after("2026-04-04", 2) == "2026-04-08"
    since, until = (date(2026, 4, day).toordinal() for day in (2, 8))
    assert days.working_days_between(since, until) == 2


def test_a_calendar_that_never_opens_says_so() -> None:
    never = calendar(WeekHours(days=("mon",), hours=()))
    now = at("2026-03-02 09:00")
    assert never.next_opening(now) is None
    assert never.add_work_time(now, 1) is None
    assert never.next_cutoff(now) is None
    assert never.add_working_days(never.day_of(now), 1) is None


WRONG: list[Any] = [
    ({"week": (WeekHours(days=("mon",), hours=("9:00-17:00",)),)}, R.TIME_OF_DAY_NOT_ACCEPTABLE, "week[0].hours"),
    ({"week": (WeekHours(days=("mon",), hours=("09:00-24:01",)),)}, R.TIME_OF_DAY_NOT_ACCEPTABLE, "week[0].hours"),
    ({"week": (WeekHours(days=("mon",), hours=("17:00-09:00",)),)}, R.HOURS_NOT_ACCEPTABLE, "week[0].hours"),
    ({"week": (WeekHours(days=("mon",), hours=("09:00-12:00", "11:00-13:00")),)}, R.HOURS_NOT_ACCEPTABLE, "week[0].hours"),
    ({"week": (WeekHours(days=("monday",), hours=()),)}, R.HOURS_NOT_ACCEPTABLE, "week[0].days"),
    ({"cutoffs": (Cutoff(at="25:00"),)}, R.TIME_OF_DAY_NOT_ACCEPTABLE, "cutoffs[0].at"),
    ({"cutoffs": (Cutoff(at="12:00", days=("", )),)}, R.HOURS_NOT_ACCEPTABLE, "cutoffs[0].days"),
    ({"holidays": (Holidays(country="XX"),)}, R.HOLIDAYS_UNKNOWN, "holidays[0].country"),
    ({"holidays": (Holidays(country="DE", subdivision="ZZ"),)}, R.HOLIDAYS_UNKNOWN, "holidays[0].subdivision"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "code", "field"), WRONG, ids=[f"{c[1]} {c[2]} {n}" for n, c in enumerate(WRONG)])
def test_rules_that_cannot_be_kept_are_refused_at_their_place(given: dict[str, Any], code: R, field: str) -> None:
    rules: dict[str, Any] = {"id": "c", "time_zone": "UTC", "week": OFFICE} | given
    with pytest.raises(Refused) as refused:
        compile_calendar(CalendarRules(**rules))
    assert (refused.value.code, refused.value.facts["field"]) == (code, field)


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(Refused, match="TIME_ZONE_UNKNOWN"):
        calendar(zone="Europe/Atlantis")


def test_the_week_and_the_holidays_of_a_country_are_known() -> None:
    assert weekend_of("DE") == (5, 6)
    assert weekend_of("EG") == (4, 5)
    assert known_holidays("DE", "BY") == BAVARIA
    assert known_holidays("FR", "84") == (Holidays(country="FR"),)
    assert known_holidays("XX") == ()


# ------------------------------------------------------------------------------------------------ any calendar

MINUTES = st.integers(0, 24 * 60)
INSTANTS = st.integers(
    int(datetime(2025, 1, 1, tzinfo=UTC).timestamp()), int(datetime(2027, 12, 31, tzinfo=UTC).timestamp())
)


@st.composite
def hours(draw: st.DrawFn) -> tuple[str, ...]:
    marks = sorted(draw(st.sets(MINUTES, max_size=6)))
    pairs = zip(marks[::2], marks[1::2], strict=False)
    return tuple(f"{a // 60:02}:{a % 60:02}-{b // 60:02}:{b % 60:02}" for a, b in pairs)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    week = tuple(WeekHours(days=(day,), hours=draw(hours())) for day in ("mon", "wed", "fri", "sat", "sun"))
    closed = draw(st.dates(date(2025, 1, 1), date(2027, 12, 31)))
    return calendar(
        *week,
        WeekHours(days=("tue",), hours=("09:00-10:00",)),  # it opens some time
        zone=draw(st.sampled_from(ZONES)),
        closures=(Closure(on=closed, until=closed + timedelta(days=draw(st.integers(0, 30)))),),
        holidays=draw(st.sampled_from(((), (Holidays(country="US"),), (Holidays(country="DE"),)))),
    )


@given(calendars(), INSTANTS, st.integers(0, 200_000))
def test_work_takes_its_time_and_is_done_at_work(days: Calendar, begin: int, seconds: int) -> None:
    done = days.add_work_time(begin, seconds)
    assert done is not None
    assert done >= begin
    assert days.work_between(begin, done) == seconds
    if seconds:
        # Not a second earlier: the last second is one of work.
        assert days.work_between(begin, done - 1) == seconds - 1
    else:
        assert done == days.next_opening(begin)


@given(calendars(), INSTANTS, st.integers(0, 100_000), st.integers(0, 100_000))
def test_work_adds_up_and_never_overtakes(days: Calendar, begin: int, one: int, other: int) -> None:
    first = days.add_work_time(begin, one)
    assert first is not None
    assert days.add_work_time(first, other) == days.add_work_time(begin, one + other)
    later = days.add_work_time(begin + other, one)
    assert later is not None
    assert later >= first


@given(calendars(), INSTANTS)
def test_the_next_opening_is_the_first_instant_of_work(days: Calendar, begin: int) -> None:
    opens = days.next_opening(begin)
    assert opens is not None
    assert days.work_between(begin, opens) == 0
    assert days.work_between(opens, opens + 1) == 1
    assert days.next_opening(opens) == opens


@given(calendars(), INSTANTS, st.integers(0, 20))
def test_working_days_are_days_of_work_and_counted_back(days: Calendar, begin: int, count: int) -> None:
    start = days.day_of(begin)
    found = days.add_working_days(start, count)
    assert found is not None
    assert days.works(found)
    if count:
        assert days.working_days_between(start, found) == count
    else:
        assert not any(days.works(day) for day in range(start, found))


@given(calendars(), INSTANTS)
def test_a_day_begins_and_ends_on_that_day_of_its_zone(days: Calendar, instant: int) -> None:
    day = days.day_of(instant)
    local = datetime.fromtimestamp(instant, days.zone).date()
    assert day == local.toordinal()
    starts, ends, _ = days.day(day)
    assert list(starts) == sorted(starts)
    for start, end in zip(starts, ends, strict=True):
        assert start < end
        assert datetime.fromtimestamp(start, days.zone).date() == local
        assert datetime.fromtimestamp(end - 1, days.zone).date() == local


@given(calendars(), INSTANTS)
def test_the_next_cutoff_is_not_past_and_none_is_left_out(days: Calendar, begin: int) -> None:
    found = days.next_cutoff(begin)
    assert found is not None
    assert found.at >= begin
    assert days.works(found.day)
    for day in range(days.day_of(begin), found.day):
        earlier = days.cutoff_on(day)
        assert earlier is None or earlier.at < begin


def test_a_part_of_a_second_counts_as_one() -> None:
    whole = datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert instant_of(seconds_of(whole)) == whole
    assert instant_of(seconds_of(whole + timedelta(microseconds=1))) == whole + timedelta(seconds=1)
