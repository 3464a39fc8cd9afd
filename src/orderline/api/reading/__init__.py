"""Operations that read: one module per capability, collected here."""

from typing import Final

from orderline.api.calls import Operation

OPERATIONS: Final[tuple[Operation, ...]] = ()
