"""When sellers are paid: through which day, and when the next statement is due."""

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

# A day is over everywhere on Earth half a day after midnight in UTC; and an hour later no transaction of it is under way.
OVER: Final = timedelta(hours=13)


class Schedule(StrEnum):
    """How often: each day, each week through its Sunday, each month."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


def last_day(now: datetime, reserve_days: int) -> date:
    """The last day of which nothing is posted any more, and that is not kept in reserve."""
    return (now.astimezone(UTC) - OVER).date() - timedelta(days=1 + reserve_days)


def period_end(schedule: Schedule, day: date) -> date:
    """The last end of a period on a day or before it."""
    match schedule:
        case Schedule.DAY:
            return day
        case Schedule.WEEK:
            return day - timedelta(days=(day.weekday() + 1) % 7)
        case Schedule.MONTH:
            after = day + timedelta(days=1)
            return day if after.day == 1 else day.replace(day=1) - timedelta(days=1)


def next_run(schedule: Schedule, reserve_days: int, now: datetime) -> datetime:
    """When the next period can be paid, after now."""
    day = last_day(now, reserve_days)
    ends = (day + timedelta(days=ahead) for ahead in range(1, 32))
    end = next(each for each in ends if period_end(schedule, each) == each)
    return datetime.combine(end + timedelta(days=1 + reserve_days), time(), UTC) + OVER
