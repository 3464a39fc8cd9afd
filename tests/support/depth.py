"""How much is drawn of what is drawn by chance.

`make test` draws enough to see that each law is looked at, in minutes; ORDERLINE_TEST_DEPTH=5 draws five times as many.
"""

import os
from typing import Final

DEPTH: Final = int(os.environ.get("ORDERLINE_TEST_DEPTH", "1"))


def deep(count: int) -> int:
    """So many at the usual depth; in proportion more at another."""
    return count * DEPTH
