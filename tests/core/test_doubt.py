"""Confidence in a shelf falls with what is missed there, rises with what is found, and never hides a unit for nothing."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderline.core.stock.doubt import Seen, doubt_ppm
from orderline.core.stock.state import StockLevel

SINCE = datetime(2026, 11, 1, tzinfo=UTC)
UNITS = st.integers(0, 10_000)

CASES = [
    # found, missed, prior, doubt
    (0, 0, 20, 0),
    (500, 0, 20, 0),
    (0, 5, 20, 200_000),
    (75, 5, 20, 50_000),
    (0, 5, 0, 0),
    (0, 1, 2, 333_334),
]


@pytest.mark.parametrize(("found", "missed", "prior", "doubt"), CASES)
def test_doubt_is_what_was_missed_of_all_that_was_looked_for(found: int, missed: int, prior: int, doubt: int) -> None:
    assert doubt_ppm(Seen(SINCE, found, missed), prior) == doubt


@given(UNITS, UNITS, st.integers(1, 1_000))
def test_finding_never_raises_doubt_and_missing_never_lowers_it(found: int, missed: int, prior: int) -> None:
    doubt = doubt_ppm(Seen(SINCE, found, missed), prior)
    assert 0 <= doubt <= 1_000_000
    assert doubt_ppm(Seen(SINCE, found + 1, missed), prior) <= doubt <= doubt_ppm(Seen(SINCE, found, missed + 1), prior)


@given(UNITS, st.integers(0, 1_000_000))
def test_phantom_units_are_rounded_up_and_never_more_than_there_are(sellable: int, doubt: int) -> None:
    shelf = StockLevel("S", "lyon", sellable=sellable, doubt_ppm=doubt)
    assert doubt * sellable <= shelf.phantom * 1_000_000 < doubt * sellable + 1_000_000
    assert shelf.promisable == sellable - shelf.phantom
