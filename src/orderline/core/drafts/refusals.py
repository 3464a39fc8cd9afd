"""Why a command on a draft order is refused; when several apply, the first wins."""

from enum import StrEnum


class DraftRefusal(StrEnum):
    DRAFT_UNKNOWN = "DRAFT_UNKNOWN"
    DRAFT_STATE = "DRAFT_STATE"
    DRAFT_EXPIRED = "DRAFT_EXPIRED"
    DRAFT_NOT_DUE = "DRAFT_NOT_DUE"
    DRAFT_UNTIL = "DRAFT_UNTIL"
    DRAFT_OF_OTHER_GOODS = "DRAFT_OF_OTHER_GOODS"
