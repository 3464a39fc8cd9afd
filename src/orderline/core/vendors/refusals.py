"""Why what the clock asks of vendors is refused; when several apply, the first wins."""

from enum import StrEnum


class VendorRefusal(StrEnum):
    FEED_NEVER_TOLD = "FEED_NEVER_TOLD"
    ACCEPTANCE_NOT_DUE = "ACCEPTANCE_NOT_DUE"
