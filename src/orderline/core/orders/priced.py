"""Amounts beside the price of goods: taxes and charges."""

import msgspec


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
