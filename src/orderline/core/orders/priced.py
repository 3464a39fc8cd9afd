"""What the money of a line is for, and amounts beside the price of goods: taxes and charges."""

from enum import StrEnum
from typing import Final

import msgspec


class SoldAs(StrEnum):
    """What the money of a line is for. Only goods come back; a gift card is owed to whoever holds it."""

    GOODS = "goods"
    SERVICE = "service"
    FEE = "fee"
    DONATION = "donation"
    GIFT_CARD = "gift_card"


class TaxCategory(StrEnum):
    """Why tax is or is not charged, by UNTDID 5305. Empty: standard where there is a rate, else rated at nought."""

    NOT_SAID = ""
    STANDARD = "S"
    ZERO = "Z"
    EXEMPT = "E"
    REVERSE_CHARGE = "AE"
    INTRA_COMMUNITY = "K"
    EXPORT = "G"


UNTAXED: Final = frozenset(
    {
        TaxCategory.ZERO,
        TaxCategory.EXEMPT,
        TaxCategory.REVERSE_CHARGE,
        TaxCategory.INTRA_COMMUNITY,
        TaxCategory.EXPORT,
    }
)


class TaxLine(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Tax of one jurisdiction and rate on a line or charge; `rate_ppm` 200000 is 20 %.

    reason: of an exemption, as a VATEX code or in words, such as "VATEX-EU-132".
    """

    name: str
    amount_minor: int
    rate_ppm: int = 0
    category: TaxCategory = TaxCategory.NOT_SAID
    reason: str = ""

    def of(self, amount_minor: int) -> "TaxLine":
        """The same tax in another amount."""
        return TaxLine(self.name, amount_minor, self.rate_ppm, self.category, self.reason)


class Charge(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """An amount beside the lines: shipping, a fee, a donation; a negative one is an order-level discount."""

    kind: str
    amount_minor: int
    description: str = ""
    taxes: tuple[TaxLine, ...] = ()
