"""What should be counted first is what sells, what is in doubt, and what is worth something: more of each ranks no lower."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from orderline.core.counts.planning import Worth, doubt_of, propose_counts
from orderline.core.stock.doubt import Seen
from orderline.core.stock.state import StockLevel

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=90)
UNITS = st.integers(0, 500)


def score(sold: int, found: int, missed: int, value: int, sellable: int = 10) -> int:
    level = StockLevel("S", "lyon", sellable=sellable)
    seen = {("S", "lyon"): Seen(LONG_AGO, found, missed)}
    [told] = propose_counts([level], {("S", "lyon"): sold}, seen, {"S": Worth(value, "EUR")}, NOW)
    return told.score


@given(UNITS, UNITS, UNITS, st.integers(1, 10**6))
def test_a_shelf_ranks_higher_for_what_is_sold_missed_and_worth_and_lower_for_what_is_found(
    sold: int, found: int, missed: int, value: int
) -> None:
    base = score(sold, found, missed, value)
    assert score(sold + 1, found, missed, value) >= base
    assert score(sold, found, missed + 1, value) >= base
    assert score(sold, found, missed, value + 1) >= base
    assert score(sold, found + 1, missed, value) <= base


def test_the_best_come_first_with_their_reasons() -> None:
    shelves = [
        StockLevel("FAST", "lyon", sellable=50),
        StockLevel("DEAR", "lyon", sellable=5),
        StockLevel("GHOST", "lyon", sellable=5, missing=4),
        StockLevel("EMPTY", "lyon"),
        StockLevel("CALM", "lyon", sellable=5),
    ]
    counted = NOW - timedelta(days=3)
    seen = {
        ("GHOST", "lyon"): Seen(LONG_AGO, 2, 6),
        ("CALM", "lyon"): Seen(counted, 400, 0),
    }
    sold = {("FAST", "lyon"): 100, ("CALM", "lyon"): 100}
    worth = {"FAST": Worth(1_000, "EUR"), "DEAR": Worth(90_000, "EUR"), "GHOST": Worth(3_000, "EUR")}
    found = propose_counts(shelves, sold, seen, worth, NOW)
    assert [each.sku for each in found] == ["FAST", "DEAR", "GHOST", "CALM"]
    ghost = found[2]
    assert (ghost.doubt_ppm, ghost.at_risk_minor) == (333_334, 5_001)
    assert ghost.reasons == (
        "6 missed and 2 found since 2026-08-22",
        "4 missing, to be found or written off",
        "nothing sold in 28 days, though it is there",
        "not counted in 90 days",
    )
    assert found[3].counted_at == counted
    assert "last counted on 2026-11-17" in found[3].reasons


def test_no_record_is_beyond_doubt() -> None:
    assert doubt_of(StockLevel("S", "lyon", sellable=10), None, NOW) == 47_620
