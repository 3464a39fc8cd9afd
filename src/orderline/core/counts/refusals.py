"""Why a command on a count is refused; when several apply, the first wins."""

from enum import StrEnum


class CountRefusal(StrEnum):
    COUNT_UNKNOWN = "COUNT_UNKNOWN"
    COUNT_EXISTS = "COUNT_EXISTS"
    COUNT_STATE = "COUNT_STATE"
    COUNT_LINES = "COUNT_LINES"
    COUNT_CONTRADICTED = "COUNT_CONTRADICTED"
