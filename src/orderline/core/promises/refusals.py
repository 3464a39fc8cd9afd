"""Why calendars, carriers' tables and carts are refused."""

from enum import StrEnum


class PromiseRefusal(StrEnum):
    """In the order in which the first that applies is told."""

    TIME_OF_DAY_NOT_ACCEPTABLE = "TIME_OF_DAY_NOT_ACCEPTABLE"
    HOURS_NOT_ACCEPTABLE = "HOURS_NOT_ACCEPTABLE"
    HOLIDAYS_UNKNOWN = "HOLIDAYS_UNKNOWN"
    CALENDAR_UNKNOWN = "CALENDAR_UNKNOWN"
    ZONE_UNKNOWN = "ZONE_UNKNOWN"
    TABLE_NOT_ACCEPTABLE = "TABLE_NOT_ACCEPTABLE"
