"""What can be asked of an indicator: its slices, and days that are neither too many nor yet to come."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from orderline.core.reports.indicators import Indicator, Slice

USUAL_DAYS: Final = 28
MOST_DAYS: Final = 800
FIRST: Final = date(2000, 1, 1)
LAST: Final = date(9000, 1, 1)
DAYS_EXPECTED: Final = f"a first day that is not after the last, nor after today, and at most {MOST_DAYS} days"


def days_asked(since: date | None, until: date | None, today: date) -> tuple[date, date] | None:
    """The first day and the last, in UTC: the last four weeks, when they are not given. None: not as `DAYS_EXPECTED` says."""
    last = min(until or today, today)
    first = since or max(last, FIRST + timedelta(days=USUAL_DAYS)) - timedelta(days=USUAL_DAYS - 1)
    return (first, last) if FIRST <= first <= last < LAST and (last - first).days < MOST_DAYS else None


def unusable(indicator: Indicator, slices: Iterable[Slice]) -> Slice | None:
    """The first of them that the indicator can't be sliced by; None: it has them all."""
    return next((each for each in slices if each not in indicator.slices), None)


def slices_expected(indicator: Indicator) -> str:
    """What it can be sliced by, in words."""
    return f"{indicator.name} can be sliced by " + ", ".join(indicator.slices)
