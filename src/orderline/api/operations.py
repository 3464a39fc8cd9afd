"""The operations table: every way into the API, one row each."""

from typing import Final

from orderline.api import reading
from orderline.api.calls import Operation

OPERATIONS: Final[tuple[Operation, ...]] = (*reading.OPERATIONS,)
