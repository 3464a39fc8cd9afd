"""The time that a report looks back on, and lists of what it counts by the same time."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, NamedTuple
from uuid import UUID

import msgspec

from orderline.api.reading.paging import Page
from orderline.values.failures import Refused
from orderline.values.time import TimeRefusal, utc

Number = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]  # of a row, in a cursor
PlaceInTime = tuple[datetime, UUID, Number]  # where a list by time goes on: when, order, number

_MILLISECOND: Final = timedelta(milliseconds=1)


class Span(NamedTuple):
    """From `since` until before `until`."""

    since: datetime
    until: datetime


class SpanPage(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """since, until: as a report told them; the time up to now that it looks back on by itself, when they are not given."""

    since: datetime | None = None
    until: datetime | None = None


def last_days(days: int) -> Span:
    """The days up to now, in whole milliseconds: a form of a page can say them again."""
    until = datetime.now(UTC) + _MILLISECOND
    until = until.replace(microsecond=until.microsecond // 1000 * 1000)
    return Span(until - timedelta(days=days), until)


def span_of(given: SpanPage, days: int, most: int) -> Span:
    """What a list is asked for. days: how far back, when nothing is said; most: how many at most, as of its report.

    Refused TIME_NOT_AWARE, TIME_OUT_OF_RANGE: also when it is longer.
    """
    usual = last_days(days)
    since = usual.since if given.since is None else utc(given.since, field="since")
    until = usual.until if given.until is None else utc(given.until, field="until")
    if until - since > timedelta(days=most + 1):  # a form says whole minutes
        allowed = f"at most {most} days before {until.isoformat()}"
        raise Refused(TimeRefusal.TIME_OUT_OF_RANGE, field="since", value=since.isoformat(), allowed=allowed)
    return Span(since, until)
