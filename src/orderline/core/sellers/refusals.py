"""Why a command about sellers is refused; when several apply, the first wins."""

from enum import StrEnum


class SellerRefusal(StrEnum):
    SELLER_UNKNOWN = "SELLER_UNKNOWN"
    SELLER_TERMS = "SELLER_TERMS"
    SELLER_HELD = "SELLER_HELD"
    SELLER_NOT_DUE = "SELLER_NOT_DUE"
    SELLER_STATEMENT_UNKNOWN = "SELLER_STATEMENT_UNKNOWN"
    SELLER_STATEMENT_STATE = "SELLER_STATEMENT_STATE"
