"""Why a command on a payout is refused; when several apply, the first wins."""

from enum import StrEnum


class PayoutRefusal(StrEnum):
    PAYOUT_UNKNOWN = "PAYOUT_UNKNOWN"
    PAYOUT_STATE = "PAYOUT_STATE"
