"""Work calendars, compiled: when a place or a carrier works, until when a day's orders are taken, and counting.

A calendar answers in whole seconds since the epoch (UTC): a local day is worked out once, with its daylight saving,
and kept. A local time that a clock skips is the instant of the skip; one that it shows twice is the first of the two.
"""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from orderline.core.promises.calendar_rules import (
    CalendarRules,
    check_holidays,
    holidays_of,
    parse_cutoffs,
    parse_days,
    parse_hours,
    zone_of,
)

# What lies farther ahead is not promised: a calendar that does not open until then does not open.
HORIZON_DAYS: Final = 800
# Days kept per calendar; a process that has seen more starts over.
_DAYS_KEPT: Final = 4_000


class Day(NamedTuple):
    """A local day: when work begins and ends (seconds since the epoch, as many of each), and what it is, if special."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    note: str


class CutoffFound(NamedTuple):
    """The cut-off that holds for an instant. rule: how the calendar says it."""

    at: int
    day: int
    rule: str


class Calendar:
    """Compiled rules. Instants are seconds since the epoch, days are proleptic ordinals (`date.toordinal`)."""

    def __init__(self, rules: CalendarRules) -> None:
        self.id: Final = rules.id
        self.zone: Final = zone_of(rules.time_zone)
        week: list[tuple[tuple[int, int], ...]] = [()] * 7
        for index, each in enumerate(rules.week):
            hours = parse_hours(each.hours, f"week[{index}].hours")
            for day in parse_days(each.days, f"week[{index}].days"):
                week[day] = hours
        self._week: Final = tuple(week)
        self._openings: Final = {
            each.on.toordinal(): (parse_hours(each.hours, f"openings[{index}].hours"), each.reason)
            for index, each in enumerate(rules.openings)
        }
        self._closures: Final = tuple(
            (each.on.toordinal(), (each.until or each.on).toordinal(), each.reason or "closed")
            for each in rules.closures
        )
        self._holidays: Final = tuple((each.country, each.subdivision) for each in rules.holidays)
        for index, each in enumerate(rules.holidays):
            check_holidays(each, f"holidays[{index}]")
        self._cutoffs: Final = parse_cutoffs(rules.cutoffs, "cutoffs")
        self._collections: Final = parse_cutoffs(rules.collections, "collections")
        narrow = [(each.carrier, each.service) for each in (*self._cutoffs, *self._collections)]
        self._carriers: Final = {carrier for carrier, _ in narrow}
        self._services: Final = {service for _, service in narrow}
        # Whether all carriers and services are treated alike.
        self.alike: Final = all(each == ("", "") for each in narrow)
        self._days: dict[int, Day] = {}
        self._offsets: dict[int, int] = {}
        # Cut-offs already looked up by (day, carrier, service).
        self._cut: dict[tuple[int, str, str], CutoffFound | None] = {}

    # ------------------------------------------------------------------------------------------- days

    def day_of(self, at: int) -> int:
        """The local day an instant lies in."""
        # Clocks are changed at quarters of an hour.
        quarter = at // 900
        offset = self._offsets.get(quarter)
        if offset is None:
            if len(self._offsets) > _DAYS_KEPT:
                self._offsets.clear()
            offset = self._offsets[quarter] = _offset(self.zone, quarter * 900)
        return (at + offset) // 86_400 + _EPOCH_DAY

    def day(self, day: int) -> Day:
        """When work begins and ends on a local day."""
        found = self._days.get(day)
        if found is None:
            if len(self._days) > _DAYS_KEPT:
                self._days.clear()
                self._cut.clear()
            found = self._days[day] = self._work_out(day)
        return found

    def works(self, day: int) -> bool:
        """Whether any work is done on a day."""
        return bool((self._days.get(day) or self.day(day)).starts)

    def instant(self, day: int, minute: int) -> int:
        """The instant of a local time, in minutes since midnight."""
        return _instant(self.zone, day, minute)

    def _work_out(self, day: int) -> Day:
        hours, note = self._hours_of(day)
        starts: list[int] = []
        ends: list[int] = []
        for opens, closes in hours:
            start, end = _instant(self.zone, day, opens), _instant(self.zone, day, closes)
            if start < end:  # else the clock skips it
                starts.append(start)
                ends.append(end)
        return Day(tuple(starts), tuple(ends), note)

    def _hours_of(self, day: int) -> tuple[tuple[tuple[int, int], ...], str]:
        own = self._openings.get(day)
        if own is not None:
            return own
        for first, last, reason in self._closures:
            if first <= day <= last:
                return (), reason
        for country, subdivision in self._holidays:
            name = holidays_of(country, subdivision, date.fromordinal(day).year).get(day)
            if name is not None:
                return (), name
        return self._week[(day - 1) % 7], ""

    # ------------------------------------------------------------------------------------------- work time

    def next_opening(self, at: int) -> int | None:
        """The first instant from `at` on at which work is done; None: there is none in reach."""
        day = self.day_of(at)
        for each in range(day, day + HORIZON_DAYS):
            starts, ends, _ = self._days.get(each) or self.day(each)
            for start, end in zip(starts, ends, strict=True):
                if at < end:
                    return max(at, start)
        return None

    def add_work_time(self, at: int, seconds: int) -> int | None:
        """The instant at which so much work is done that begins at `at`, or when work next begins.

        No work at all is done when work next begins. None: not in reach.
        """
        if seconds <= 0:
            return self.next_opening(at)
        day = self.day_of(at)
        for each in range(day, day + HORIZON_DAYS):
            starts, ends, _ = self._days.get(each) or self.day(each)
            for start, end in zip(starts, ends, strict=True):
                if start < at:
                    start = at
                room = end - start
                if room >= seconds:
                    return start + seconds
                if room > 0:
                    seconds -= room
        return None

    def work_between(self, since: int, until: int) -> int:
        """Seconds of work time from one instant to another."""
        done = 0
        for each in range(self.day_of(since), self.day_of(until) + 1):
            starts, ends, _ = self.day(each)
            for start, end in zip(starts, ends, strict=True):
                done += max(0, min(end, until) - max(start, since))
        return done

    # ------------------------------------------------------------------------------------------- working days

    def add_working_days(self, day: int, count: int) -> int | None:
        """The working day that comes `count` working days after `day`; 0: the day itself, or else the next."""
        days = self._days
        for each in range(day, day + HORIZON_DAYS):
            if (days.get(each) or self.day(each)).starts:
                # The day itself is not counted, and needs not be a working day.
                if not count:
                    return each
                if each > day:
                    count -= 1
                    if not count:
                        return each
        return None

    def working_days_between(self, since: int, until: int) -> int:
        """Working days after day `since`, up to and with day `until`."""
        return sum(1 for each in range(since + 1, until + 1) if self.works(each))

    # ------------------------------------------------------------------------------------------- cut-offs

    def cutoff_on(self, day: int, carrier: str = "", service: str = "") -> CutoffFound | None:
        """The cut-off of a day; None: no work is done on it."""
        key = (day, carrier, service)
        if key in self._cut:
            return self._cut[key]
        found = self._cut[key] = self._find_cutoff(day, carrier, service)
        return found

    def next_cutoff(self, at: int, carrier: str = "", service: str = "") -> CutoffFound | None:
        """The first cut-off that is not past at `at`. None: there is none in reach."""
        day = self.day_of(at)
        for each in range(day, day + HORIZON_DAYS):
            found = self.cutoff_on(each, carrier, service)
            if found is not None and at <= found.at:
                return found
        return None

    def next_collection(self, at: int, carrier: str = "", service: str = "") -> CutoffFound | None:
        """The first collection that is not past at `at`. None: there is none in reach."""
        day = self.day_of(at)
        for each in range(day, day + HORIZON_DAYS):
            for found in self._collections_on(each, carrier, service):
                if at <= found.at:
                    return found
        return None

    def narrowed(self, carrier: str, service: str) -> tuple[str, str]:
        """What of a carrier and its service the rules tell apart; empty where they are the same for all."""
        return (carrier if carrier in self._carriers else "", service if service in self._services else "")

    def _collections_on(self, day: int, carrier: str, service: str) -> list[CutoffFound]:
        ends = self.day(day).ends
        if not ends:
            return []
        weekday, kind = (day - 1) % 7, None
        found: list[CutoffFound] = []
        for rule in self._collections:
            if weekday in rule.days and rule.carrier in ("", carrier) and rule.service in ("", service):
                if kind is None:
                    kind = (rule.carrier, rule.service)
                if (rule.carrier, rule.service) == kind:
                    found.append(CutoffFound(_instant(self.zone, day, rule.minute), day, rule.told))
        return sorted(found) or [CutoffFound(ends[-1], day, "closing time")]

    def _find_cutoff(self, day: int, carrier: str, service: str) -> CutoffFound | None:
        ends = self.day(day).ends
        if not ends:
            return None
        weekday = (day - 1) % 7
        for rule in self._cutoffs:
            if weekday in rule.days and rule.carrier in ("", carrier) and rule.service in ("", service):
                return CutoffFound(_instant(self.zone, day, rule.minute), day, rule.told)
        return CutoffFound(ends[-1], day, "closing time")


@lru_cache(maxsize=1024)
def compile_calendar(rules: CalendarRules) -> Calendar:
    """Rules ready to be counted with; the same rules are compiled once.

    Refused TIME_ZONE_UNKNOWN, TIME_OF_DAY_NOT_ACCEPTABLE, HOURS_NOT_ACCEPTABLE, HOLIDAYS_UNKNOWN.
    """
    return Calendar(rules)


def seconds_of(instant: datetime) -> int:
    """Whole seconds since the epoch, a part of a second counting as one: nothing is promised from before it is asked."""
    return -((_EPOCH - instant) // _SECOND)


def instant_of(seconds: int) -> datetime:
    """An instant in UTC, of seconds since the epoch."""
    return datetime.fromtimestamp(seconds, UTC)


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
_SECOND: Final = timedelta(seconds=1)


def _offset(zone: ZoneInfo, at: int) -> int:
    offset = datetime.fromtimestamp(at, zone).utcoffset()
    assert offset is not None
    return offset // _SECOND


def _instant(zone: ZoneInfo, day: int, minute: int) -> int:
    wall = (day - _EPOCH_DAY) * 86_400 + minute * 60
    before, after = _offset(zone, wall - 86_400), _offset(zone, wall + 86_400)
    if before == after and _offset(zone, wall - before) == before:
        return wall - before
    # Near a change of the clocks: the first instant at which the clock shows this time, or a later one.
    low, high = wall - 86_400 * 2, wall + 86_400 * 2
    candidates = sorted({wall - _offset(zone, at) for at in range(low, high, 900)})
    for at in candidates:
        if at + _offset(zone, at) == wall:
            return at
    # Skipped: the instant of the skip is where the clock goes from before this time to after it.
    early, late = candidates[0], candidates[-1]
    while late - early > 1:
        middle = (early + late) // 2
        if middle + _offset(zone, middle) < wall:
            early = middle
        else:
            late = middle
    return late
