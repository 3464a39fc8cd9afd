"""How much is drawn of what is drawn by chance.

`make test` draws enough to see that each law is looked at, in minutes; ORDERLINE_TEST_DEPTH=5 draws five times as many.
"""

import os
from typing import Final

import pytest

DEPTH: Final = int(os.environ.get("ORDERLINE_TEST_DEPTH", "1"))
# Long, and of things that other tests look at as well in part.
thorough: Final = pytest.mark.skipif(DEPTH == 1, reason="tried when ORDERLINE_TEST_DEPTH is 2 or more")


def deep(count: int) -> int:
    """So many at the usual depth; in proportion more at another."""
    return count * DEPTH
