"""Amounts as vendors count them: whole units of their own exponents, or decimal strings. Exact, or refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from orderline.values.failures import Refused
from orderline.values.money import CURRENCY_DIGITS, check_currency, parse_minor, render_minor


class AmountRefusal(StrEnum):
    """An amount that this provider has no way to say."""

    AMOUNT_NOT_EXPRESSIBLE = "AMOUNT_NOT_EXPRESSIBLE"


@dataclass(frozen=True)
class Scale:
    """How a vendor counts: as ISO 4217 says, but for the digits of some currencies.

    steps: currencies whose amounts must be a multiple of so many of the vendor's units.
    """

    digits: Mapping[str, int]
    steps: Mapping[str, int]

    def to_vendor(self, minor: int, currency: str) -> int:
        """Our minor units in the vendor's. Refused AMOUNT_NOT_EXPRESSIBLE: it counts no such small amounts."""
        more = self._digits(currency) - CURRENCY_DIGITS[currency]
        scaled, lost = (minor * 10**more, 0) if more >= 0 else divmod(minor, 10**-more)
        if lost or scaled % self.steps.get(currency, 1):
            shown = f"{render_minor(minor, currency)} {currency}"
            raise Refused(AmountRefusal.AMOUNT_NOT_EXPRESSIBLE, field="amount_minor", value=shown)
        return scaled

    def to_minor(self, amount: int, currency: str) -> int:
        """The vendor's units in our minor units. Refused AMOUNT_NOT_EXPRESSIBLE: less than one of ours is left."""
        less = self._digits(currency) - CURRENCY_DIGITS[currency]
        minor, lost = divmod(amount, 10**less) if less >= 0 else (amount * 10**-less, 0)
        if lost:
            raise Refused(AmountRefusal.AMOUNT_NOT_EXPRESSIBLE, field="amount", value=amount, allowed=currency)
        return minor

    def render(self, minor: int, currency: str) -> str:
        """Our minor units as the decimal string the vendor takes. Refused AMOUNT_NOT_EXPRESSIBLE, as above."""
        amount, digits = self.to_vendor(minor, currency), self._digits(currency)
        if digits == 0:
            return str(amount)
        whole, part = divmod(abs(amount), 10**digits)
        return f"{'-' if amount < 0 else ''}{whole}.{part:0{digits}d}"

    def parse(self, text: str, currency: str) -> int:
        """A decimal string of the vendor in our minor units. Refused as `parse_minor`."""
        return parse_minor(text, currency)

    def _digits(self, currency: str) -> int:
        return self.digits.get(check_currency(currency), CURRENCY_DIGITS[currency])
