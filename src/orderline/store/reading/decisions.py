"""Decision requests read: queues and lists."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from orderline.core.decisions.asking import Asked
from orderline.core.decisions.state import DecisionState
from orderline.store.loading import decode_record
from orderline.store.reading.source import Source


class Queue(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Decision requests of one state that are put to the same kind of people. overdue: past their time."""

    to: Asked
    state: DecisionState
    count: int
    overdue: int = 0
    next_due_at: datetime | None = None


def load_decisions(
    source: Source,
    *,
    states: Sequence[str] = (),
    owners: Sequence[str] = (),
    channels: Sequence[str] = (),
    location: str = "",
    swap: bool = False,
    after: str = "",
    most: int,
) -> list[Any]:
    """Decision requests by id, after one; of all states, queues and channels, when none are named.

    location: only those put to it. swap: only those that offer something else instead.
    """
    rows = source.rows(
        "decisions",
        "decisions",
        after=after,
        states=list(states) or None,
        owners=list(owners) or None,
        channels=list(channels) or None,
        location=location or None,
        swap=swap,
        most=most,
    )
    return [decode_record("decision", body) for (body,) in rows]


def load_queues(source: Source, now: datetime, channels: Sequence[str] = ()) -> list[Queue]:
    """How many stand in each queue."""
    rows = source.rows("decisions", "queues", now=now, channels=list(channels) or None)
    return [
        Queue(to=Asked(to), state=DecisionState(state), count=count, overdue=overdue, next_due_at=due_at)
        for to, state, count, overdue, due_at in rows
    ]
