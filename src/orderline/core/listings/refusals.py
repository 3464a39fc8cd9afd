"""Why a request about listings is refused."""

from enum import StrEnum


class ListingRefusal(StrEnum):
    LISTING_UNKNOWN = "LISTING_UNKNOWN"
