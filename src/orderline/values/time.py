"""Instants: aware UTC datetimes, whole microseconds, RFC 3339 with `Z` on the wire."""

from datetime import UTC, date, datetime
from enum import StrEnum

from orderline.values.failures import Refused


class TimeRefusal(StrEnum):
    TIME_NOT_AWARE = "TIME_NOT_AWARE"
    TIME_OUT_OF_RANGE = "TIME_OUT_OF_RANGE"


EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
_DAY_S, _HOUR_S, _MINUTE_S = 86_400, 3_600, 60


def utc(instant: datetime, *, field: str = "time") -> datetime:
    """The same instant in UTC.

    Refused TIME_NOT_AWARE: the instant carries no offset.
    Refused TIME_OUT_OF_RANGE: the instant lies before 1990 or after 2199.
    """
    if instant.tzinfo is None:
        raise Refused(TimeRefusal.TIME_NOT_AWARE, field=field, value=instant.isoformat())
    if not EARLIEST <= instant < LATEST:
        raise Refused(TimeRefusal.TIME_OUT_OF_RANGE, field=field, value=instant.isoformat())
    return instant.astimezone(UTC)


def usable_day(day: date, *, field: str) -> date:
    """The same day. Refused TIME_OUT_OF_RANGE: it lies before 1990 or after 2199, where days can't be counted on."""
    if not EARLIEST.date() <= day < LATEST.date():
        raise Refused(TimeRefusal.TIME_OUT_OF_RANGE, field=field, value=str(day))
    return day


def render_instant(instant: datetime) -> str:
    """RFC 3339 in UTC with `Z`, as every document, journal row and answer shows it."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def render_span(seconds: int, *, minus: str = "-") -> str:
    """`2 d 3 h`, `3 h 12 min`, `40 s`, as people read a length of time; with a sign when it is less than nought."""
    sign, left = (minus if seconds < 0 else ""), abs(seconds)
    if left >= _DAY_S:
        return f"{sign}{left // _DAY_S:,} d {left % _DAY_S // _HOUR_S} h"
    if left >= _HOUR_S:
        return f"{sign}{left // _HOUR_S} h {left % _HOUR_S // _MINUTE_S} min"
    return f"{sign}{left // _MINUTE_S} min" if left >= _MINUTE_S else f"{sign}{left} s"
