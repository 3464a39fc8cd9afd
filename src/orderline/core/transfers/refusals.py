"""Why a command on a transfer is refused; when several apply, the first wins."""

from enum import StrEnum


class TransferRefusal(StrEnum):
    TRANSFER_UNKNOWN = "TRANSFER_UNKNOWN"
    TRANSFER_EXISTS = "TRANSFER_EXISTS"
    TRANSFER_STATE = "TRANSFER_STATE"
    TRANSFER_LINES = "TRANSFER_LINES"
    TRANSFER_NOT_COVERED = "TRANSFER_NOT_COVERED"
