"""Amounts as people and files write them: exact, or refused."""

import pytest

from orderline.values.failures import Refused
from orderline.values.money import in_proportion, parse_minor, render_minor

AMOUNTS = [
    # text         currency   minor
    ("12.50",      "EUR",     1250),
    (" 12 ",       "EUR",     1200),
    ("-0.05",      "EUR",     -5),
    (".5",         "EUR",     50),
    ("5.",         "EUR",     500),
    ("1.500",      "EUR",     150),
    ("1500",       "JPY",     1500),
    ("1.234",      "KWD",     1234),
]  # fmt: skip
NO_AMOUNTS = [
    ("",             "EUR",   "AMOUNT_MALFORMED"),
    ("1,50",         "EUR",   "AMOUNT_MALFORMED"),
    ("1_000",        "EUR",   "AMOUNT_MALFORMED"),
    ("\u0661\u0662", "EUR",   "AMOUNT_MALFORMED"),
    ("NaN",          "EUR",   "AMOUNT_MALFORMED"),
    ("Infinity",     "EUR",   "AMOUNT_MALFORMED"),
    ("1e2",          "EUR",   "AMOUNT_MALFORMED"),
    ("9e999999",     "EUR",   "AMOUNT_MALFORMED"),
    ("1e-999999999", "EUR",   "AMOUNT_MALFORMED"),
    ("0.001",        "EUR",   "AMOUNT_TOO_PRECISE"),
    ("0.5",          "JPY",   "AMOUNT_TOO_PRECISE"),
    ("99999999999.000000000000000001", "EUR", "AMOUNT_TOO_PRECISE"),
    ("999999999999", "EUR",   "AMOUNT_OUT_OF_RANGE"),
    ("1",            "EURO",  "CURRENCY_UNKNOWN"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "currency", "minor"), AMOUNTS)
def test_an_amount_is_read_exactly(text: str, currency: str, minor: int) -> None:
    assert parse_minor(text, currency) == minor
    assert parse_minor(render_minor(minor, currency), currency) == minor


@pytest.mark.parametrize(("text", "currency", "code"), NO_AMOUNTS)
def test_what_is_no_amount_is_refused(text: str, currency: str, code: str) -> None:
    with pytest.raises(Refused) as caught:
        parse_minor(text, currency)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("total", "part", "whole", "expected"),
    [(100, 1, 3, 33), (100, 2, 3, 67), (1, 1, 2, 1), (-1, 1, 2, 0), (-100, 2, 3, -67), (5, -3, -2, 8), (100, 7, 3, 233), (9, 0, 4, 0)],
)  # fmt: skip
def test_one_figure_in_proportion_is_the_nearest_and_halves_go_up(
    total: int, part: int, whole: int, expected: int
) -> None:
    assert in_proportion(total, part, whole) == expected
    assert in_proportion(total, whole, whole) == total
