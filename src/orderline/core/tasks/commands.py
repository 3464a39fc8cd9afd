"""Requests about tasks, and what the worker finds when it looks around."""

from collections.abc import Iterable

from orderline.core.records import RecordCommand, RecordKey
from orderline.core.tasks.state import TaskKind


class TaskCommand(RecordCommand, frozen=True, gc=False, kw_only=True):
    """A command on a task."""

    task: str

    def records(self) -> Iterable[RecordKey]:
        return (("task", self.task),)


class RaiseTask(TaskCommand, frozen=True, gc=False, kw_only=True, tag="raise_task"):
    """Something was noticed; what is known already changes nothing."""

    kind: TaskKind
    text: str
    sku: str = ""
    location: str = ""
    channel: str = ""
    figures: tuple[tuple[str, int], ...] = ()
    evidence: tuple[str, ...] = ()


class EndTask(TaskCommand, frozen=True, gc=False, kw_only=True, tag="end_task"):
    """The cause of a task is over."""


class CloseTask(TaskCommand, frozen=True, gc=False, kw_only=True, tag="close_task"):
    """Somebody has seen to it. While its cause lasts, it is not raised again for three days."""

    note: str = ""
