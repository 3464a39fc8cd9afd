"""The request to send something else than was ordered."""

from typing import ClassVar

from orderline.core.orders.commands import OrderCommand


class SubstituteUnits(OrderCommand, frozen=True, gc=False, kw_only=True, tag="substitute_units"):
    """Send a substitute for units of a line that no location has begun to serve, as the line's SKU allows it.

    The units are canceled, and a line with the substitute is agreed at its price.
    """

    adds: ClassVar = True

    line: int
    sku: str
    quantity: int
    reason: str = ""
