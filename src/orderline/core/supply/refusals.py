"""Why a command on dated supply is refused; when several apply, the first wins."""

from enum import StrEnum


class SupplyRefusal(StrEnum):
    PURCHASE_UNKNOWN = "PURCHASE_UNKNOWN"
    PURCHASE_EXISTS = "PURCHASE_EXISTS"
    PURCHASE_STATE = "PURCHASE_STATE"
    PURCHASE_LINES = "PURCHASE_LINES"
    RECEIPT_REUSED = "RECEIPT_REUSED"
    NOTICE_UNKNOWN = "NOTICE_UNKNOWN"
    VENDOR_UNKNOWN = "VENDOR_UNKNOWN"
    VENDOR_FIGURES = "VENDOR_FIGURES"
