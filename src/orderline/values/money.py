"""Money: whole minor units with an ISO 4217 currency. No floats, no mixing, nothing lost in sharing."""

import re
from collections.abc import Sequence
from decimal import Context, Decimal
from enum import StrEnum
from typing import Final

import msgspec

from orderline.values.failures import Refused


class MoneyRefusal(StrEnum):
    CURRENCY_UNKNOWN = "CURRENCY_UNKNOWN"
    CURRENCY_MISMATCH = "CURRENCY_MISMATCH"
    AMOUNT_MALFORMED = "AMOUNT_MALFORMED"
    AMOUNT_TOO_PRECISE = "AMOUNT_TOO_PRECISE"
    AMOUNT_OUT_OF_RANGE = "AMOUNT_OUT_OF_RANGE"
    WEIGHTS_NOT_USABLE = "WEIGHTS_NOT_USABLE"


# Any amount of one document stays far inside a signed 64-bit column, sums of millions of them too.
MAX_MINOR: Final = 10**13

# `Decimal` alone also takes exponents, underscores and other digits, and may round or overflow on the way.
_DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]{1,18}(?:\.[0-9]{0,18})?|\.[0-9]{1,18})")
_EXACT: Final = Context(prec=36)  # as many digits as that lets through; the usual 28 would round some of them away

# ISO 4217, the currencies in use, by the number of minor digits.
_CURRENCIES_BY_DIGITS: Final = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
    2: (
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW"
        " CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR"
        " ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV"
        " MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD"
        " SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG"
    ),
}
CURRENCY_DIGITS: Final[dict[str, int]] = {
    code: digits for digits, codes in _CURRENCIES_BY_DIGITS.items() for code in codes.split()
}


def check_currency(code: str, *, field: str = "currency") -> str:
    """The code itself. Refused CURRENCY_UNKNOWN: not a currency in use by ISO 4217."""
    if code not in CURRENCY_DIGITS:
        raise Refused(MoneyRefusal.CURRENCY_UNKNOWN, field=field, value=code, allowed="an ISO 4217 code in capitals")
    return code


class Money(msgspec.Struct, frozen=True):
    """An amount: `minor` whole minor units of `currency`; may be negative."""

    minor: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + same_currency(self, other).minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - same_currency(self, other).minor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __str__(self) -> str:
        return f"{render_minor(self.minor, self.currency)} {self.currency}"


def same_currency(one: Money, other: Money) -> Money:
    """`other`, when it is of the currency of `one`. Refused CURRENCY_MISMATCH: it is not."""
    if one.currency != other.currency:
        raise Refused(MoneyRefusal.CURRENCY_MISMATCH, value=other.currency, allowed=one.currency)
    return other


def split(total: Money, weights: Sequence[int]) -> list[Money]:
    """Share `total` over `weights` so that the parts add up to it exactly.

    weights: one non-negative whole number per part, at least one above zero.
    Returns one Money per weight, in order; the minor units lost to rounding go
    to the largest remainders, earlier parts first.
    Refused WEIGHTS_NOT_USABLE: a weight is negative, or all are zero.
    """
    return [Money(part, total.currency) for part in split_minor(total.minor, weights)]


def split_minor(total: int, weights: Sequence[int]) -> list[int]:
    """As `split`, on bare minor units (or any whole quantity)."""
    weight_sum = sum(weights)
    if weight_sum <= 0 or min(weights) < 0:
        raise Refused(MoneyRefusal.WEIGHTS_NOT_USABLE, field="weights", value=list(weights))
    sign = -1 if total < 0 else 1
    amount = abs(total)
    parts = [amount * weight // weight_sum for weight in weights]
    remainders = [amount * weight % weight_sum for weight in weights]
    missing = amount - sum(parts)
    for index in sorted(range(len(weights)), key=lambda i: (-remainders[i], i))[:missing]:
        parts[index] += 1
    return [sign * part for part in parts]


def share_so_far(total: int, done: int, whole: int) -> int:
    """The part of `total` that belongs to the first `done` of `whole` equal units, rounded down in size.

    Cumulative: what is due for the next units is the difference of two calls, so that any sequence of
    partial steps adds up to `total` (domain rule "partial refund k of n").
    """
    sign = -1 if total < 0 else 1
    return sign * (abs(total) * done // whole)


def in_proportion(total: int, part: int, whole: int) -> int:
    """As much of `total` as `part` is of `whole`, to the nearest minor unit, halves up; the part may be the larger.

    For a single figure. What is to add up is shared by `split_minor`, or by `share_so_far`. whole: not zero.
    """
    return (2 * total * part + whole) // (2 * whole)


def parse_minor(text: str, currency: str, *, field: str = "amount") -> int:
    """A decimal amount as people and files write it ("12.50") in minor units of `currency`.

    Refused AMOUNT_MALFORMED: not a decimal number.
    Refused AMOUNT_TOO_PRECISE: more digits than the currency has; nothing is rounded silently.
    Refused AMOUNT_OUT_OF_RANGE: beyond MAX_MINOR.
    """
    digits = CURRENCY_DIGITS[check_currency(currency)]
    if not _DECIMAL.fullmatch(text.strip()):
        raise Refused(MoneyRefusal.AMOUNT_MALFORMED, field=field, value=text[:80])
    scaled = Decimal(text.strip()).scaleb(digits, _EXACT)
    if abs(scaled) > MAX_MINOR:
        raise Refused(MoneyRefusal.AMOUNT_OUT_OF_RANGE, field=field, value=text)
    if scaled != scaled.to_integral_value():
        raise Refused(MoneyRefusal.AMOUNT_TOO_PRECISE, field=field, value=text, allowed=f"{digits} decimal places")
    return int(scaled)


def render_minor(minor: int, currency: str) -> str:
    """Minor units as a plain decimal: 1999 EUR is "19.99"; exact, no grouping."""
    digits = CURRENCY_DIGITS.get(currency, 2)
    if digits == 0:
        return str(minor)
    sign = "-" if minor < 0 else ""
    whole, part = divmod(abs(minor), 10**digits)
    return f"{sign}{whole}.{part:0{digits}d}"
