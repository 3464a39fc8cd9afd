"""On which terms goods of a seller are sold: as intake has to know them, and as they are frozen on each line at its sale."""

from enum import StrEnum

import msgspec


class Side(StrEnum):
    """Who bears an amount, or has it: the merchant, or the seller of the line."""

    MERCHANT = "merchant"
    SELLER = "seller"


class SellerTerms(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """The terms of one line, as they stood at its sale.

    rate_ppm: the commission, of the price without tax. fixed_minor: by currency, once for the line. discounts: who bears what
    is taken off the line. chargebacks: who bears disputes that are lost. shipping: who has what the customer pays for it.
    """

    seller: str
    rate_ppm: int = 0
    fixed_minor: dict[str, int] = {}
    discounts: Side = Side.SELLER
    chargebacks: Side = Side.SELLER
    shipping: Side = Side.MERCHANT


class SellerRule(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """The terms of a seller, as intake has to know them. categories: rates of SKUs by their category, in place of `rate_ppm`."""

    code: str
    rate_ppm: int = 0
    categories: dict[str, int] = {}
    fixed_minor: dict[str, int] = {}
    discounts: Side = Side.SELLER
    chargebacks: Side = Side.SELLER
    shipping: Side = Side.MERCHANT

    def terms(self, category: str) -> SellerTerms:
        """What holds for a SKU of a category from now on."""
        return SellerTerms(
            self.code, self.categories.get(category, self.rate_ppm), self.fixed_minor, self.discounts, self.chargebacks,
            self.shipping,
        )  # fmt: skip
