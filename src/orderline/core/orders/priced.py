"""What the money of a line is for, and amounts beside the price of goods: taxes and charges."""

from enum import StrEnum

import msgspec


class SoldAs(StrEnum):
    """What the money of a line is for. Only goods come back; a gift card is owed to whoever holds it."""

    GOODS = "goods"
    SERVICE = "service"
    FEE = "fee"
    DONATION = "donation"
    GIFT_CARD = "gift_card"


class TaxLine(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Tax of one jurisdiction and rate on a line or charge; `rate_ppm` 200000 is 20 %."""

    name: str
    amount_minor: int
    rate_ppm: int = 0


class Charge(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """An amount beside the lines: shipping, a fee, a donation; a negative one is an order-level discount."""

    kind: str
    amount_minor: int
    description: str = ""
    taxes: tuple[TaxLine, ...] = ()
