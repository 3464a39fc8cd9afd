"""Tasks: what was noticed, listed for who sees to it, and closed."""

from typing import Final

from orderline.api.calls import Operation, Right
from orderline.api.records import Records
from orderline.core.tasks.commands import CloseTask
from orderline.core.tasks.refusals import TaskRefusal
from orderline.core.tasks.state import TASK, TaskState

_TASKS: Final = Records(
    kind=TASK,
    one="task",
    many="tasks",
    capability="tasks",
    read=Right.STOCK_READ,
    write=Right.STOCK_WRITE,
    unknown=TaskRefusal.TASK_UNKNOWN,
    states=TaskState,
    location_of=lambda task: task.location,
    channel_of=lambda task: task.channel,
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    *_TASKS.reading(),
    _TASKS.acting(
        CloseTask, path="closing", summary="Note that a task was seen to", names="task", refusals=("TASK_STATE",)
    ),
)
