"""What stands in one cell: amounts, quantities, instants, flags. What can't be read raises BadCell with its ruling."""

import re
from datetime import datetime, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Final

from orderline.core.imports.verdicts import Ruling, malformed, refused
from orderline.values.failures import Refused
from orderline.values.money import CURRENCY_DIGITS, MoneyRefusal, parse_minor

_TRUE: Final = frozenset({"true", "yes", "y", "1", "t", "x"})
_FALSE: Final = frozenset({"false", "no", "n", "0", "f", ""})
_OFFSET: Final = re.compile(r"\s+(?:UTC\s*)?([+-]\d{2}:?\d{2}|Z)$")
_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,15}(?:\.0+)?")
_DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]{1,18}(?:\.[0-9]{0,18})?|\.[0-9]{1,18})")


class BadCell(Exception):
    """A cell that can't be read, or may not be so."""

    def __init__(self, ruling: Ruling) -> None:
        super().__init__(ruling.verdict)
        self.ruling = ruling


def parse_amount(text: str, currency: str, field: str, *, comma: bool = False, rounding: bool = False) -> int:
    """An amount in minor units of `currency`. BadCell: no number, too precise, or out of range."""
    minor = _amount(text, currency, comma, rounding)
    if isinstance(minor, int):
        return minor
    if minor == MoneyRefusal.AMOUNT_MALFORMED:
        raise BadCell(malformed("NUMBER", field, text, "a decimal number such as 12.50"))
    hint = f"at most {CURRENCY_DIGITS[currency]} decimal places" if minor == MoneyRefusal.AMOUNT_TOO_PRECISE else ""
    raise BadCell(refused(minor, field, text, hint))


def is_rounded(text: str, currency: str, *, comma: bool = False) -> bool:
    """Has the amount more digits than its currency?"""
    return _amount(text, currency, comma, False) == MoneyRefusal.AMOUNT_TOO_PRECISE


# Files repeat few prices many times: a table spares nine tenths of the work.
@lru_cache(maxsize=65_536)
def _amount(text: str, currency: str, comma: bool, rounding: bool) -> int | str:
    plain = text.strip()
    if comma:
        plain = plain.replace(".", "").replace(",", ".")
    if not _DECIMAL.fullmatch(plain):
        return MoneyRefusal.AMOUNT_MALFORMED
    try:
        if rounding:
            plain = _rounded(plain, currency)
        return parse_minor(plain, currency)
    except Refused as refusal:
        return refusal.code.value


def _rounded(text: str, currency: str) -> str:
    digits = CURRENCY_DIGITS.get(currency, 2)
    return str(Decimal(text).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


@lru_cache(maxsize=65_536)
def parse_whole(text: str, field: str) -> int:
    """A whole number, also as spreadsheets write it ("6.0"). BadCell: it is none."""
    plain = text.strip()
    if not _WHOLE.fullmatch(plain):
        raise BadCell(malformed("NUMBER", field, text, "a whole number"))
    return int(plain.partition(".")[0])


@lru_cache(maxsize=65_536)
def parse_instant(text: str, zone: tzinfo, formats: tuple[str, ...], field: str) -> datetime:
    """An instant: RFC 3339 and its like, else by the formats in turn; without an offset it is of `zone`. BadCell."""
    plain = _OFFSET.sub(r"\1", text.strip())
    instant: datetime | None = None
    try:
        instant = datetime.fromisoformat(plain)
    except ValueError:
        for each in formats:
            try:
                instant = datetime.strptime(plain, each)  # noqa: DTZ007 - the zone follows below
                break
            except ValueError:
                continue
    if instant is None:
        raise BadCell(malformed("DATE", field, text, "such as 2026-03-01T12:00:00Z"))
    return instant if instant.tzinfo is not None else instant.replace(tzinfo=zone)


def parse_flag(text: str, field: str) -> bool:
    """Yes or no. BadCell: neither."""
    word = text.strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise BadCell(malformed("VALUE", field, text, "yes or no"))
