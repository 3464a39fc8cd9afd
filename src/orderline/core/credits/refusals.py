"""Why a command on a credit account is refused; when several apply, the first wins."""

from enum import StrEnum


class CreditRefusal(StrEnum):
    CREDIT_UNKNOWN = "CREDIT_UNKNOWN"
    CREDIT_STATE = "CREDIT_STATE"
    CREDIT_MISMATCH = "CREDIT_MISMATCH"
    CREDIT_EXPIRES_TOO_SOON = "CREDIT_EXPIRES_TOO_SOON"
    CREDIT_NOT_ENOUGH = "CREDIT_NOT_ENOUGH"
    CREDIT_CODE_NOT_ACCEPTABLE = "CREDIT_CODE_NOT_ACCEPTABLE"
