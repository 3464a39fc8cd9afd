"""Codes and patterns: the same as `fnmatchcase` says, however many there are."""

from fnmatch import fnmatchcase
from time import process_time

from hypothesis import given
from hypothesis import strategies as st

from orderline.values.patterns import MOST_PATTERNS, fits

WORDS = st.text(alphabet="AB-*?[]!.|", max_size=6)


@given(WORDS, st.lists(WORDS, max_size=5).map(tuple))
def test_a_code_fits_what_fnmatch_says_that_it_fits(code: str, patterns: tuple[str, ...]) -> None:
    assert fits(code, patterns) is any(fnmatchcase(code, each) for each in patterns)


def test_as_many_patterns_as_there_may_be_are_looked_up_for_many_codes_in_little_time() -> None:
    patterns = tuple(f"TEE-{number}" + "*" * (number % 10 == 0) for number in range(MOST_PATTERNS))
    began = process_time()
    assert not any(fits(f"SOCK-{number}", patterns) for number in range(1_000))
    assert process_time() - began < 5  # one by one it takes a minute
