"""How a day goes, hour by hour, beside the same day a week before."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import msgspec

from orderline.core.reports.hours import COUNTED
from orderline.store.reading.source import Source

WEEK = timedelta(days=7)


class DayCurve(msgspec.Struct, frozen=True, kw_only=True):
    """How often something happened in each hour (UTC) of a day, and of the same day a week before."""

    what: str
    day: date
    hours: list[int]
    before: list[int]


def load_day(source: Source, day: date, channels: Sequence[str]) -> list[DayCurve]:
    """The curves of a day, of some channels or of all."""
    begins, before = (datetime.combine(each, time(), UTC) for each in (day, day - WEEK))
    rows = source.rows("hours", "hours_of", day=begins, before=before, channels=list(channels) or None)
    found = {(what, hour): int(number) for what, hour, number in rows}
    hours = [timedelta(hours=each) for each in range(24)]
    return [
        DayCurve(
            what=what,
            day=day,
            hours=[found.get((what, begins + each), 0) for each in hours],
            before=[found.get((what, before + each), 0) for each in hours],
        )
        for what in COUNTED
    ]
