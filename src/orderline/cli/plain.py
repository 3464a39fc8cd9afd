"""Amounts, instants, codes and counts as people read them."""

from datetime import datetime

from orderline.values.money import Money


def amount(minor: int, currency: str) -> str:
    """`1,234.56 EUR`, with as many decimals as the currency has."""
    number, _, code = str(Money(minor, currency)).rpartition(" ")
    whole, point, decimals = number.partition(".")
    sign = "-" if whole.startswith("-") else ""
    return f"{sign}{int(whole.lstrip('-')):,}{point}{decimals} {code}"


def instant(at: datetime | None) -> str:
    """`2026-03-01 12:04 UTC`."""
    return f"{at:%Y-%m-%d %H:%M} UTC" if at is not None else ""


def plain(code: str) -> str:
    """A code as words: `partly_shipped` reads `partly shipped`."""
    return code.replace("_", " ")


def count(number: int, one: str, many: str = "") -> str:
    """`1 unit`, `2 units`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
