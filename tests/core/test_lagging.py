"""A lag is what is usual, and its buffer the fewest units that cover the share of times that was asked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderline.core.stock.lagging import LEAST_ORDERS, lag_of, quantile_units, windows_over

LAGS = [
    ([30] * 19, 0),  # too few
    ([30] * 20, 30),
    ([10] * 95 + [600] * 5, 10),
    ([10] * 94 + [600] * 6, 600),
    ([-5] * 40, 0),  # placed after it was accepted, by the channel's clock
    ([30] * 20 + [10**7] * 50, 30),  # imported
]


@pytest.mark.parametrize(("lags", "lag"), LAGS)
def test_the_lag_is_that_of_all_but_the_latest_orders(lags: list[int], lag: int) -> None:
    assert lag_of(lags) == lag
    assert LEAST_ORDERS == 20


@given(st.lists(st.integers(1, 9), max_size=60), st.integers(60, 200), st.integers(1, 999_999))
def test_the_buffer_covers_the_share_of_windows_and_one_unit_less_does_not(
    ordered: list[int], windows: int, quantile_ppm: int
) -> None:
    units = quantile_units(sorted(ordered, reverse=True), windows, quantile_ppm)
    covered = windows - sum(1 for each in ordered if each > units)
    assert covered * 1_000_000 >= windows * quantile_ppm
    if units:
        less = windows - sum(1 for each in ordered if each > units - 1)
        assert less * 1_000_000 < windows * quantile_ppm


def test_a_week_has_so_many_windows() -> None:
    assert windows_over(60) == 7 * 24 * 60
