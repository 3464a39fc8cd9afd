"""Orders with an alarm."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from orderline.core.orders.next_step import NextStep
from orderline.store.reading.source import Source
from orderline.values.ids import OrderId


class AlarmRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """An order that nothing will move. step: what it waited for when the alarm was raised; next_step: now."""

    order: OrderId
    number: str
    channel: str
    step: str
    raised_at: datetime
    next_step: NextStep | None = None


def load_alarms(
    source: Source, *, channels: Sequence[str], locations: Sequence[str], after: UUID | None, most: int
) -> list[AlarmRow]:
    """Alarms by order, of channels and locations where any are given."""
    rows = source.rows(
        "alarms",
        "list_alarms",
        channels=list(channels) or None,
        locations=list(locations) or None,
        after=after or UUID(int=0),
        most=most,
    )
    return [_row(row) for row in rows]


def _row(row: tuple[Any, ...]) -> AlarmRow:
    order, number, channel, step, raised_at, what, owner, due_at = row
    next_step = NextStep(what, owner, due_at) if what is not None else None
    return AlarmRow(order, number, channel, step, raised_at, next_step)
