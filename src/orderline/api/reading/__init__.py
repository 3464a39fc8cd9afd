"""Operations that read: one module per capability, collected here."""

from typing import Final

from orderline.api.calls import Operation
from orderline.api.reading import (
    alarms,
    differences,
    disputes,
    events,
    hours,
    jobs,
    orders,
    rejected,
    settings,
    stock,
    told,
    work,
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    *orders.OPERATIONS,
    *events.OPERATIONS,
    *stock.OPERATIONS,
    *told.OPERATIONS,
    *settings.OPERATIONS,
    *work.OPERATIONS,
    *alarms.OPERATIONS,
    *rejected.OPERATIONS,
    *differences.OPERATIONS,
    *disputes.OPERATIONS,
    *jobs.OPERATIONS,
    *hours.OPERATIONS,
)
