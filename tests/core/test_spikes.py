"""A spike is more than the days before let one expect; a handful is none, and more of the same is one all the more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderline.core.tasks.spikes import LEAST, expected_ppm, is_spike

CASES = [
    # today  of    before  of      spike
    (4,      4,    0,      0,      False),  # a handful
    (5,      5,    0,      0,      True),
    (10,     100,  100,    1_000,  False),  # ten of a hundred, as ever
    (19,     100,  100,    1_000,  False),
    (20,     100,  100,    1_000,  True),   # beyond 10 + 3 x root of 10
    (9,      100,  0,      5_000,  True),
    (6,      100,  0,      5_000,  False),  # two in a hundred are taken as usual
]  # fmt: skip


@pytest.mark.parametrize(("today", "of_today", "before", "of_before", "spike"), CASES)
def test_what_is_beyond_three_times_the_root_is_a_spike(
    today: int, of_today: int, before: int, of_before: int, *, spike: bool
) -> None:
    assert is_spike(today, of_today, before, of_before) is spike


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 1_000), st.integers(0, 10_000))
def test_one_more_keeps_a_spike_a_spike(today: int, of_today: int, before: int, of_before: int) -> None:
    assert 0 < expected_ppm(before, of_before) <= 1_000_000
    if is_spike(today, max(today, of_today), before, of_before) and today < of_today:
        assert is_spike(today + 1, of_today, before, of_before)
        assert today >= LEAST
