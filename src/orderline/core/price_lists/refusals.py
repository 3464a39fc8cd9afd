"""Why a command on price lists is refused; when several apply, the first wins."""

from enum import StrEnum


class PriceRefusal(StrEnum):
    PRICE_LIST_UNKNOWN = "PRICE_LIST_UNKNOWN"
    PRICES_NOT_ACCEPTABLE = "PRICES_NOT_ACCEPTABLE"
    PRICES_IN_FORCE = "PRICES_IN_FORCE"
