"""Why a command on a mapping is refused; when several apply, the first wins."""

from enum import StrEnum


class MappingRefusal(StrEnum):
    MAPPING_UNKNOWN = "MAPPING_UNKNOWN"
    MAPPING_TARGET = "MAPPING_TARGET"
