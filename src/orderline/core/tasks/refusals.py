"""Why a command on a task is refused; when several apply, the first wins."""

from enum import StrEnum


class TaskRefusal(StrEnum):
    TASK_UNKNOWN = "TASK_UNKNOWN"
    TASK_STATE = "TASK_STATE"
