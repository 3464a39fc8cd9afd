"""Why units are not taken from an order for another; when several apply, the first wins."""

from enum import StrEnum


class ReallocationRefusal(StrEnum):
    REALLOCATION_UNKNOWN = "REALLOCATION_UNKNOWN"
    REALLOCATION_EXISTS = "REALLOCATION_EXISTS"
    REALLOCATION_LINES = "REALLOCATION_LINES"
    TAKING_NOT_ALLOWED = "TAKING_NOT_ALLOWED"
    TAKING_CAPPED = "TAKING_CAPPED"
    GIVER_NOT_COVERED = "GIVER_NOT_COVERED"
    NOTHING_TO_TAKE = "NOTHING_TO_TAKE"
