"""What happens to orders of companies alone."""

import msgspec

from orderline.core.orders.facts import OrderEvent


class PriceDifference(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What a line was sent with, all its units without what was taken off, and what it should cost. None: it has no price."""

    line: int
    sku: str
    quantity: int
    sent_minor: int
    expected_minor: int | None = None


class PricesDiffered(OrderEvent, frozen=True, gc=False, tag="prices_differed"):
    """Prices that were sent are not those agreed with the company; the order stands as it was sent."""

    differences: tuple[PriceDifference, ...]
    price_list: str
