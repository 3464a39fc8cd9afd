"""Is something out of the ordinary? A count of late beside what the days before would let one expect. Pure.

A count of rare things varies by about the root of what is expected: what lies beyond three times that, and is not just
a handful, is a spike. In whole numbers throughout.
"""

from typing import Final

LEAST: Final = 5  # of fewer nobody is called
USUAL_PPM: Final = 20_000  # what is taken as usual at least: where nothing has ever gone wrong, little would be a spike
ALL: Final = 1_000_000


def expected_ppm(before: int, of_before: int) -> int:
    """The usual share, in parts per million."""
    return max(USUAL_PPM, min(ALL, before * ALL // of_before)) if of_before else USUAL_PPM


def is_spike(today: int, of_today: int, before: int, of_before: int) -> bool:
    """Are `today` of `of_today` more than `before` of `of_before` would let one expect?"""
    expected = expected_ppm(before, of_before) * max(of_today, today)  # in millionths
    beyond = today * ALL - expected
    return today >= LEAST and beyond > 0 and beyond * beyond > 9 * expected * ALL
