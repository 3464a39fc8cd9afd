"""The hours of a location as a resource: what it can do in each, what waits for it, what is booked, what is left."""

from datetime import datetime

import msgspec

from orderline.core.promises.calendars import instant_of, seconds_of
from orderline.core.promises.handling import Backlog, WorkKind, book, open_in
from orderline.core.promises.network import Network

_HOUR = 3_600
_MOST_DAYS = 60


class HourFigure(msgspec.Struct, frozen=True):
    """An hour with work time in it: capacity = waiting + booked + left, unless more is booked than it can do."""

    at: datetime
    capacity: int
    waiting: int
    booked: int
    left: int


class HoursAhead(msgspec.Struct, frozen=True, kw_only=True):
    """What a location can do in the hours to come. per_hour: None where no capacity is written down.

    work: what it is counted in. takes: orders that it still takes now; None: no limit.
    """

    location: str
    work: WorkKind
    per_hour: int | None
    takes: int | None
    hours: tuple[HourFigure, ...]


def hours_ahead(network: Network, code: str, now: datetime, most: int, takes: int | None) -> HoursAhead:
    """The next hours in which the location works, `most` of them; what waits is done as early as can be."""
    site = network.sites[code]
    per_hour, begin = site.handling.per_hour, seconds_of(now)
    figures: list[HourFigure] = []
    if per_hour:
        booked = dict(network.standing.booked.get(code, {}))
        first = begin // _HOUR
        late = sum(booked.pop(hour) for hour in sorted(booked) if hour < first)
        waiting = network.standing.backlogs.get(code, Backlog()).of(site.handling.work) + late
        ahead = book(site.calendar, per_hour, begin, waiting, booked) if waiting else None
        waits = ahead.hours if ahead is not None else {}
        for hour in range(first, first + _MOST_DAYS * 24):
            capacity = open_in(site.calendar, per_hour, hour, begin)
            if capacity:
                own, kept = waits.get(hour, 0), booked.get(hour, 0)
                left = max(0, capacity - own - kept)
                figures.append(HourFigure(instant_of(hour * _HOUR), capacity, own, kept, left))
                if len(figures) == most:
                    break
    return HoursAhead(location=code, work=site.handling.work, per_hour=per_hour, takes=takes, hours=tuple(figures))
