"""Why a command on views is refused; when several apply, the first wins."""

from enum import StrEnum


class ViewRefusal(StrEnum):
    VIEW_UNKNOWN = "VIEW_UNKNOWN"
    VIEW_NOT_ACCEPTABLE = "VIEW_NOT_ACCEPTABLE"
