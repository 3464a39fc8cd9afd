"""A task: why it was raised, what speaks for it, and how it ended."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from orderline.core.records import Record, RecordEvent, RecordKind, Window

# What somebody has seen to is not raised again for so long, though its cause may last a while.
QUIET: Final = timedelta(days=3)


class TaskKind(StrEnum):
    """What was noticed."""

    LOW_COVER = "low_cover"
    ANOMALY = "anomaly"


class TaskState(StrEnum):
    """Open; done: somebody has seen to it; over: its cause has gone by itself."""

    OPEN = "open"
    DONE = "done"
    OVER = "over"


class Task(Record, frozen=True, kw_only=True):
    """Something that a person should see to. figures: what it was raised for; evidence: the rows behind them."""

    id: str
    kind: TaskKind
    state: TaskState
    text: str
    raised_at: datetime
    sku: str = ""
    location: str = ""
    channel: str = ""
    figures: dict[str, int] = msgspec.field(default_factory=dict[str, int])
    evidence: tuple[str, ...] = ()
    ended_at: datetime | None = None
    ended_by: str = ""
    note: str = ""


class TaskRaised(RecordEvent, frozen=True, kw_only=True, tag="task_raised"):
    """Something was noticed, for the first time or anew."""

    id: str
    kind: TaskKind
    text: str
    at: datetime
    sku: str = ""
    location: str = ""
    channel: str = ""
    figures: dict[str, int] = msgspec.field(default_factory=dict[str, int])
    evidence: tuple[str, ...] = ()


class TaskEnded(RecordEvent, frozen=True, kw_only=True, tag="task_ended"):
    """Somebody has seen to it, or its cause is over."""

    state: TaskState
    by: str
    at: datetime
    note: str = ""


AnyTaskEvent = TaskRaised | TaskEnded


def evolve_task(task: Task | None, event: AnyTaskEvent) -> Task:
    """The task after an event."""
    if isinstance(event, TaskRaised):
        told = {name: getattr(event, name) for name in event.__struct_fields__ if name != "at"}
        fresh = Task(**told, state=TaskState.OPEN, raised_at=event.at)
        return fresh if task is None else msgspec.structs.replace(fresh, version=task.version, chain=task.chain)
    assert task is not None
    return msgspec.structs.replace(task, state=event.state, ended_at=event.at, ended_by=event.by, note=event.note)


def _window(task: Task) -> Window:
    return Window(task.state, task.location, "operations" if task.state is TaskState.OPEN else "")


TASK = RecordKind("task", Task, AnyTaskEvent, evolve_task, _window)
