"""Why a command on an approval is refused; when several apply, the first wins."""

from enum import StrEnum


class ApprovalRefusal(StrEnum):
    APPROVAL_UNKNOWN = "APPROVAL_UNKNOWN"
    APPROVAL_STATE = "APPROVAL_STATE"
    APPROVER_NOT_ALLOWED = "APPROVER_NOT_ALLOWED"
    APPROVAL_NOT_DUE = "APPROVAL_NOT_DUE"
