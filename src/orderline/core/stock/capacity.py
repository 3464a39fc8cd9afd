"""What a location still takes: orders by its own day and hour, less when its pace shows that it can't do more.

What was given to a location is counted from its fulfillment orders, so that one that is rejected, canceled or taken back
gives its place free by itself. Source: domain model 5 (capacity left), with the calendar day of the location.
"""

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from orderline.core.stock.state import Location

PACE_OVER: Final = timedelta(hours=4)
PACE_LEAST: Final = 5  # handovers; of fewer nothing is learned


class Load(msgspec.Struct, frozen=True):
    """Orders that a location was given today and in this hour, those it has not finished, and handovers in PACE_OVER."""

    today: int = 0
    this_hour: int = 0
    unfinished: int = 0
    handed_over: int = 0


def capacity_left(location: Location, load: Load, now: datetime) -> int | None:
    """Orders that the location still takes now; None: no limit. Nought as its capacity switches it off."""
    limits: list[int] = []
    if location.daily_capacity is not None:
        limits.append(location.daily_capacity - load.today)
    if location.hourly_capacity is not None:
        limits.append(location.hourly_capacity - load.this_hour)
    if location.throttle and load.handed_over >= PACE_LEAST:
        left = day_of(location, now)[1] - now
        limits.append(load.handed_over * left // PACE_OVER - load.unfinished)
    return max(0, min(limits)) if limits else None


def is_limited(location: Location) -> bool:
    """Has the location to be counted for?"""
    return location.daily_capacity is not None or location.hourly_capacity is not None or location.throttle


def day_of(location: Location, now: datetime) -> tuple[datetime, datetime]:
    """When the location's calendar day began, and when it ends; it has 23 or 25 hours where clocks change."""
    zone = ZoneInfo(location.time_zone)
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    tomorrow = datetime.combine(midnight.date() + timedelta(days=1), midnight.timetz())
    return midnight.astimezone(UTC), tomorrow.astimezone(UTC)


def hour_of(location: Location, now: datetime) -> datetime:
    """When the hour began on the location's clock."""
    local = now.astimezone(ZoneInfo(location.time_zone))
    return now - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
