"""From an order to goods that stand ready: the cut-off, the handling time, and what is already waiting there.

Work is counted in units or in orders. What a location can do in an hour is a resource: each promise takes its part,
and the next one is ready later. Everything is pure; what waits and how fast it goes are given.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

import msgspec

from orderline.core.promises.calendars import HORIZON_DAYS, Calendar, instant_of, seconds_of

# A pace is believed when it was seen over so much work, and over so many seconds of it.
PACE_LEAST_WORK: Final = 20
PACE_LEAST_S: Final = 2 * 3_600

_HOUR: Final = 3_600


class WorkKind(StrEnum):
    """What the capacity of a location is counted in."""

    ORDERS = "orders"
    UNITS = "units"


class HandlingRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """How a location works. calendar: by id; empty: the working days of its country.

    days: goods are ready when work begins so many working days after that of the cut-off (0: at once); minutes: work time
    instead, for places that hand over the same day. per_hour: what it can do in an hour of work; None: not limited, 0: nothing
    now. throttle: whether a slower pace that was seen counts instead.
    """

    calendar: str = ""
    days: int = 1
    minutes: int | None = None
    work: WorkKind = WorkKind.ORDERS
    per_hour: int | None = None
    throttle: bool = True


class Backlog(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What waits at a location to be handed over."""

    orders: int = 0
    units: int = 0

    def of(self, kind: WorkKind) -> int:
        """By the kind of work that the location counts."""
        return self.orders if kind is WorkKind.ORDERS else self.units


class Pace(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a location has done lately: so much work in so many seconds of work time."""

    work: int = 0
    seconds: int = 0


class Rate(NamedTuple):
    """So much work in so many seconds of work time. told: where it comes from."""

    work: int
    seconds: int
    told: str

    def time_for(self, work: int) -> int:
        """Seconds of work time, rounded up."""
        return -(-work * self.seconds // self.work)


class Ready(NamedTuple):
    """When goods are ready (seconds since the epoch), and how that came about, in this order.

    begun: work on the order begins, once its cut-off has let it in. handled: it would be ready if nothing else waited.
    ready: it is, behind what waits there (`backlog`, worked off at `pace`) and what is `booked` of its hours.
    """

    cutoff_at: int
    cutoff: str
    begun: int
    handled: int
    ready: int
    backlog: int
    pace: str
    booked: int = 0


class HourWork(msgspec.Struct, frozen=True, gc=False):
    """Work booked of an hour of a location, which begins at `at`."""

    at: datetime
    work: int


def rate_of(rules: HandlingRules, pace: Pace | None) -> Rate | None:
    """How fast a location works off what waits: its capacity, or the pace that was seen where that is slower.

    None: nothing is known that would limit it.
    """
    seen = None
    if rules.throttle and pace is not None and pace.work >= PACE_LEAST_WORK and pace.seconds >= PACE_LEAST_S:
        seen = Rate(pace.work, pace.seconds, f"pace seen: {pace.work * _HOUR // pace.seconds} an hour")
    if not rules.per_hour:
        return seen
    able = Rate(rules.per_hour, _HOUR, f"capacity: {rules.per_hour} an hour")
    if seen is not None and seen.work * able.seconds < able.work * seen.seconds:
        return seen
    return able


def when_ready(
    calendar: Calendar,
    rules: HandlingRules,
    now: int,
    *,
    work: int = 1,
    backlog: int = 0,
    rate: Rate | None = None,
    booked: Mapping[int, int] | None = None,
    carrier: str = "",
    service: str = "",
) -> Ready | None:
    """When goods asked for at `now` are ready to leave.

    Work on an order begins by the day whose cut-off it meets; the backlog is worked off from now on, meanwhile.
    booked: {hour since the epoch: work} that others were promised. None: it takes no work now, or not within reach.
    """
    if rules.per_hour == 0:
        return None
    cutoff = calendar.next_cutoff(now, carrier, service)
    if cutoff is None:
        return None
    opens = calendar.day(cutoff.day).starts[0]
    begun = max(now, opens)
    handled = _handled(calendar, rules, begun, cutoff.day)
    if handled is None:
        return None
    ready = handled
    if rate is not None and backlog + work > 0:
        worked_off = _worked_off(calendar, rate, now, work, backlog, booked or {})
        if worked_off is None:
            return None
        ready = max(handled, worked_off)
    told = rate.told if rate is not None else ""
    return Ready(cutoff.at, cutoff.rule, begun, handled, ready, backlog, told, sum((booked or {}).values()))


def _worked_off(
    calendar: Calendar, rate: Rate, now: int, work: int, backlog: int, booked: Mapping[int, int]
) -> int | None:
    if booked and rate.work * _HOUR >= rate.seconds:
        booking = book_behind(calendar, rate, now, work, backlog, booked)
        return booking.done if booking is not None else None
    return calendar.add_work_time(now, rate.time_for(backlog + sum(booked.values()) + work))


def _handled(calendar: Calendar, rules: HandlingRules, begun: int, day: int) -> int | None:
    if rules.minutes is not None:
        return calendar.add_work_time(begun, rules.minutes * 60)
    if not rules.days:
        return begun
    last = calendar.add_working_days(day, rules.days)
    return calendar.day(last).starts[0] if last is not None else None


class Booking(NamedTuple):
    """Work given to hours: when the last of it is done, and {hour: work} by hours since the epoch."""

    done: int
    hours: dict[int, int]


def book_behind(
    calendar: Calendar, rate: Rate, now: int, work: int, backlog: int, booked: Mapping[int, int]
) -> Booking | None:
    """The hours that `work` takes behind what waits, beside those that are booked; of a rate of one an hour or more.

    What was booked of hours that are past is still to be done: it waits with the rest.
    """
    per_hour = rate.work * _HOUR // rate.seconds
    this = now // _HOUR
    taken = {hour: units for hour, units in booked.items() if hour >= this}
    waiting = backlog + sum(booked.values()) - sum(taken.values())
    if waiting:
        ahead = book(calendar, per_hour, now, waiting, taken)
        if ahead is None:
            return None
        for hour, units in ahead.hours.items():
            taken[hour] = taken.get(hour, 0) + units
    return book(calendar, per_hour, now, work, taken)


def book(
    calendar: Calendar, per_hour: int, begin: int, work: int, taken: Mapping[int, int] | None = None
) -> Booking | None:
    """Take `work` out of the hours from `begin` on, the earliest first, beside what is `taken` of them already.

    An hour that is open for a part of it can do that part; one that is closed, nothing. None: not within reach.
    """
    hours: dict[int, int] = {}
    day = calendar.day_of(begin)
    for each in range(day, day + HORIZON_DAYS):
        starts, ends, _ = calendar.day(each)
        for start, end in zip(starts, ends, strict=True):
            at = max(start, begin)
            while at < end:
                hour = at // _HOUR
                until = min(end, (hour + 1) * _HOUR)
                used = (taken or {}).get(hour, 0) + hours.get(hour, 0)
                take = min(work, max(0, open_in(calendar, per_hour, hour, begin) - used))
                if take:
                    hours[hour] = hours.get(hour, 0) + take
                    work -= take
                if not work:
                    return Booking(min(until, at - (-(used + take) * _HOUR // per_hour)), hours)
                at = until
    return None


def open_in(calendar: Calendar, per_hour: int, hour: int, begin: int = 0) -> int:
    """What can be done in an hour (since the epoch) from `begin` on: the capacity for the part that is work time."""
    return per_hour * calendar.work_between(max(hour * _HOUR, begin), (hour + 1) * _HOUR) // _HOUR


def hour_works(hours: Mapping[int, int]) -> tuple[HourWork, ...]:
    """Booked hours as they are written down, the earliest first."""
    return tuple(HourWork(instant_of(hour * _HOUR), work) for hour, work in sorted(hours.items()))


def hours_of(works: Iterable[HourWork]) -> dict[int, int]:
    """Booked hours to count with: {hour since the epoch: work}."""
    found: dict[int, int] = {}
    for each in works:
        hour = seconds_of(each.at) // _HOUR
        found[hour] = found.get(hour, 0) + each.work
    return found
