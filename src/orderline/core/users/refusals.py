"""Why a command on users and roles is refused; when several apply, the first wins."""

from enum import StrEnum


class UserRefusal(StrEnum):
    USER_UNKNOWN = "USER_UNKNOWN"
    ROLE_UNKNOWN = "ROLE_UNKNOWN"
    ROLE_NOT_ACCEPTABLE = "ROLE_NOT_ACCEPTABLE"
    USER_DISABLED = "USER_DISABLED"
    USER_NOT_ACCEPTABLE = "USER_NOT_ACCEPTABLE"
