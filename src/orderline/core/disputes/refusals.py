"""Why a command on a dispute is refused; when several apply, the first wins."""

from enum import StrEnum


class DisputeRefusal(StrEnum):
    DISPUTE_UNKNOWN = "DISPUTE_UNKNOWN"
    DISPUTE_STATE = "DISPUTE_STATE"
