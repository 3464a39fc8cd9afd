"""Movements of stock by kind: what an entry of its ledger was caused by."""

from enum import StrEnum
from typing import Final


class MovementKind(StrEnum):
    """An order, a return or another record that moved units, named by the cause; else for which reason somebody did."""

    ORDER = "order"
    RETURN = "return"
    ORPHAN = "orphan"
    FEED = "feed"
    COUNT = "count"
    TRANSFER = "transfer"
    PURCHASE_ORDER = "purchase_order"
    RECEIVED = "received"
    RECEIVED_FOR_QC = "received_for_qc"
    QC_PASSED = "qc_passed"
    QC_FAILED = "qc_failed"
    FOUND = "found"
    FOUND_MISSING = "found_missing"
    FOUND_BY_PICK = "found_by_pick"
    FOUND_BY_SALE = "found_by_sale"
    FOUND_BY_SHIPPING = "found_by_shipping"
    SHRINKAGE = "shrinkage"
    MISSING = "missing"
    EMPTY_SHELF = "empty_shelf"
    WRITTEN_OFF = "written_off"
    DAMAGED = "damaged"
    REPAIRED = "repaired"
    SCRAPPED = "scrapped"
    BLOCKED = "blocked"
    UNBLOCKED = "unblocked"
    EXPIRED = "expired"
    TO_DISPLAY = "to_display"
    FROM_DISPLAY = "from_display"
    SOLD_IN_STORE = "sold_in_store"
    SOLD_BEFORE_COUNT = "sold_before_count"
    SENT_UNASKED = "sent_unasked"
    RETURNED_IN_STORE = "returned_in_store"
    RETURNED_DAMAGED = "returned_damaged"
    RETURNED_FOR_QC = "returned_for_qc"
    RETURNED_TO_VENDOR = "returned_to_vendor"


# Causes that begin with these, and a colon, go on with the id of an order.
OF_ORDERS: Final = (MovementKind.ORDER, MovementKind.RETURN)
