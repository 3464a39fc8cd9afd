"""What may be sent for a SKU that can't be had, in order, on which conditions and at which price."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

import msgspec

MOST_SUBSTITUTES: Final = 20


class SwapPrice(StrEnum):
    """What the customer pays for a substitute."""

    KEEP = "keep"  # what was agreed
    LOWER = "lower"  # the lower of what was agreed and its own price
    DIFFERENCE = "difference"  # its own price, though it be higher


class Substitute(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """A SKU that may be sent instead. prices: its own price of a unit by currency, in minor units.

    consent: whether the customer is asked before. channels, countries: where it may be; everywhere, when none is named.
    """

    sku: str
    price: SwapPrice = SwapPrice.KEEP
    prices: Mapping[str, int] = {}
    consent: bool = True
    channels: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()

    def unit_price(self, agreed_minor: int, currency: str) -> int | None:
        """What a unit costs the customer, of what was agreed for a unit; None: nothing is known in that currency."""
        if self.price is SwapPrice.KEEP:
            return agreed_minor
        own = self.prices.get(currency)
        if own is None:
            return None
        return min(own, agreed_minor) if self.price is SwapPrice.LOWER else own


def allowed_for(
    substitutes: Sequence[Substitute], channel: str, country: str, agreed_minor: int, currency: str
) -> list[tuple[Substitute, int]]:
    """Those that may be sent on a channel to a country, in order, each with the price of a unit."""
    found: list[tuple[Substitute, int]] = []
    for each in substitutes:
        price = each.unit_price(agreed_minor, currency)
        if price is None or (each.channels and channel not in each.channels):
            continue
        if not each.countries or country in each.countries:
            found.append((each, price))
    return found
