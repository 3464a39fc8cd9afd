"""A count as its events tell it."""

from typing import assert_never

import msgspec

from orderline.core.counts.state import (
    AnyCountEvent,
    Count,
    CountLine,
    CountOpened,
    CountPlanned,
    CountPosted,
    CountState,
    CountSubmitted,
    CountVoided,
    RecountAsked,
)
from orderline.core.records import RecordKind, Window

_OWNERS = {
    CountState.PLANNED: "location",
    CountState.OPEN: "location",
    CountState.RECOUNT: "location",
    CountState.SUBMITTED: "operations",
}


def evolve_count(count: Count | None, event: AnyCountEvent) -> Count:
    """The count after an event."""
    if isinstance(event, CountPlanned):
        return Count(
            id=event.id,
            location=event.location,
            state=CountState.PLANNED,
            lines=event.lines or tuple(CountLine(sku=sku) for sku in event.skus),
            blind=event.blind,
            planned_at=event.at,
            planned_by=event.by,
            due_at=event.due_at,
        )
    assert count is not None
    replace = msgspec.structs.replace
    match event:
        case CountOpened():
            return replace(count, state=CountState.OPEN)
        case CountSubmitted():
            counted = {line.sku: line for line in event.lines}
            lines = tuple(counted.get(line.sku, line) for line in count.lines)
            missing = any(line.quantity is None for line in lines)
            return replace(count, state=CountState.OPEN if missing else CountState.SUBMITTED, lines=lines)
        case RecountAsked():
            lines = tuple(
                CountLine(sku=line.sku, recounts=line.recounts + 1, gtin=line.gtin, tracking=line.tracking)
                if line.sku in event.skus
                else line
                for line in count.lines
            )
            return replace(count, state=CountState.RECOUNT, lines=lines, reason=event.reason)
        case CountPosted():
            return replace(count, state=CountState.POSTED, approved_by=event.by)
        case CountVoided():
            return replace(count, state=CountState.VOID, reason=event.reason)
        case _:
            assert_never(event)


def _window(count: Count) -> Window:
    owner = _OWNERS.get(count.state, "")
    return Window(count.state, count.location, owner, count.due_at if owner else None)


COUNT = RecordKind("count", Count, AnyCountEvent, evolve_count, _window)
