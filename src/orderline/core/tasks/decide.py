"""Raise a task once, and end it. What there is to notice is seen in the database, by the worker."""

from typing import Final

from orderline.core.context import Context
from orderline.core.orders.guards import check_text
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.tasks.commands import CloseTask, EndTask, RaiseTask, TaskCommand
from orderline.core.tasks.refusals import TaskRefusal as R
from orderline.core.tasks.state import QUIET, TASK, Task, TaskEnded, TaskRaised, TaskState
from orderline.core.world import Draft
from orderline.values.failures import Refused


def decide_raise_task(draft: Draft, command: RaiseTask, context: Context) -> None:
    """Refused NOTHING_TO_DO: it is open, or somebody has seen to it lately."""
    known = draft.world.records.get(("task", command.task))
    if isinstance(known, Task):
        lately = known.ended_at is not None and context.now - known.ended_at < QUIET
        if known.state is TaskState.OPEN or (known.state is TaskState.DONE and lately):
            raise Refused(OrderRefusal.NOTHING_TO_DO, value=command.task)
    raised = TaskRaised(
        id=command.task, kind=command.kind, text=command.text, at=context.now, sku=command.sku,
        location=command.location, channel=command.channel, figures=dict(command.figures), evidence=command.evidence,
    )  # fmt: skip
    draft.tell_record(TASK, command.task, raised)


def decide_end_task(draft: Draft, command: EndTask, context: Context) -> None:
    """Refused TASK_STATE: it has ended."""
    _open(draft, command)
    ended = TaskEnded(state=TaskState.OVER, by=context.actor.name, at=context.now)
    draft.tell_record(TASK, command.task, ended)


def decide_close_task(draft: Draft, command: CloseTask, context: Context) -> None:
    """Refused TASK_STATE: it has ended."""
    _open(draft, command)
    note = check_text(command.note, "note", 500)
    ended = TaskEnded(state=TaskState.DONE, by=context.actor.name, at=context.now, note=note)
    draft.tell_record(TASK, command.task, ended)


def _open(draft: Draft, command: TaskCommand) -> None:
    task = draft.world.records.get(("task", command.task))
    if not isinstance(task, Task):
        raise Refused(R.TASK_UNKNOWN, field="task", value=command.task[:100])
    if task.state is not TaskState.OPEN:
        raise Refused(R.TASK_STATE, field="task", value=task.id, state=task.state, allowed=[TaskState.OPEN])


RULES: Final = {
    RaiseTask: decide_raise_task,
    EndTask: decide_end_task,
    CloseTask: decide_close_task,
}
