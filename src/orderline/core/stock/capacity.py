"""What a location still takes: orders by its own day and hour, less when its pace shows that it can't do more.

What was given to a location is counted from its fulfillment orders, so that one that is rejected, canceled or taken back
gives its place free by itself; so does a quote that expires. Source: domain model 5 (capacity left), with the calendar day
of the location. Where a work calendar is named, days and hours without work have no capacity: what was given meanwhile counts
for the next that have.
"""

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from orderline.core.promises.calendars import Calendar, instant_of, seconds_of
from orderline.core.stock.state import Location

_BACK_DAYS: Final = 30  # how far back work is looked for
PACE_OVER: Final = timedelta(hours=4)
PACE_LEAST: Final = 5  # handovers; of fewer nothing is learned


class Load(msgspec.Struct, frozen=True):
    """Orders that a location was given today and in this hour, those it has not finished, and handovers in PACE_OVER.

    booked: places that are kept for quotes, and for orders by quotes that no location has yet.
    """

    today: int = 0
    this_hour: int = 0
    unfinished: int = 0
    handed_over: int = 0
    booked: int = 0


def capacity_left(location: Location, load: Load, now: datetime) -> int | None:
    """Orders that the location still takes now; None: no limit. Nought as its capacity switches it off."""
    limits: list[int] = []
    if location.daily_capacity is not None:
        limits.append(location.daily_capacity - load.today - load.booked)
    if location.hourly_capacity is not None:
        limits.append(location.hourly_capacity - load.this_hour - load.booked)
    if location.throttle and load.handed_over >= PACE_LEAST:
        left = day_of(location, now)[1] - now
        limits.append(load.handed_over * left // PACE_OVER - load.unfinished - load.booked)
    return max(0, min(limits)) if limits else None


def is_limited(location: Location) -> bool:
    """Has the location to be counted for?"""
    return location.daily_capacity is not None or location.hourly_capacity is not None or location.throttle


def day_of(location: Location, now: datetime, calendar: Calendar | None = None) -> tuple[datetime, datetime]:
    """When the location's calendar day began, and when it ends; it has 23 or 25 hours where clocks change.

    With a calendar: from the end of the last working day before, until the end of this one, or of the next.
    """
    zone = ZoneInfo(location.time_zone)
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    tomorrow = datetime.combine(midnight.date() + timedelta(days=1), midnight.timetz())
    began, ends = midnight.astimezone(UTC), tomorrow.astimezone(UTC)
    if calendar is None:
        return began, ends
    today = calendar.day_of(seconds_of(now))
    first = next((day for day in range(today, today - _BACK_DAYS, -1) if calendar.works(day - 1)), today)
    last = calendar.add_working_days(today, 0)
    return instant_of(calendar.instant(first, 0)), instant_of(calendar.instant((last or today) + 1, 0))


def hour_of(location: Location, now: datetime, calendar: Calendar | None = None) -> datetime:
    """When the hour began on the location's clock; with a calendar, when the last work before it ended, if that was
    before."""
    local = now.astimezone(ZoneInfo(location.time_zone))
    began = now - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    if calendar is None:
        return began
    at = seconds_of(began)
    today = calendar.day_of(at)
    for day in range(today, today - _BACK_DAYS, -1):
        starts, ends, _ = calendar.day(day)
        before = [min(end, at) for start, end in zip(starts, ends, strict=True) if start < at]
        if before:
            return instant_of(before[-1])
    return began
