"""Quantities: whole smallest units of a SKU (pieces, grams, millimeters)."""

from enum import StrEnum
from typing import Final

from orderline.values.failures import Refused

# One line may hold a million kilograms in grams and still fit an `integer` column.
MAX_QUANTITY: Final = 1_000_000_000


class QuantityRefusal(StrEnum):
    QUANTITY_NOT_POSITIVE = "QUANTITY_NOT_POSITIVE"
    QUANTITY_TOO_LARGE = "QUANTITY_TOO_LARGE"


def check_quantity(quantity: int, *, field: str = "quantity") -> int:
    """The quantity itself.

    Refused QUANTITY_NOT_POSITIVE: zero or less.
    Refused QUANTITY_TOO_LARGE: above MAX_QUANTITY.
    """
    if quantity <= 0:
        raise Refused(QuantityRefusal.QUANTITY_NOT_POSITIVE, field=field, value=quantity, allowed="1 or more")
    if quantity > MAX_QUANTITY:
        raise Refused(
            QuantityRefusal.QUANTITY_TOO_LARGE, field=field, value=quantity, allowed=f"at most {MAX_QUANTITY}"
        )
    return quantity
