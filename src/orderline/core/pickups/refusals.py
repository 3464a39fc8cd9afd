"""Why a command on a pickup is refused; when several apply, the first wins."""

from enum import StrEnum


class PickupRefusal(StrEnum):
    PICKUP_NOT_READY = "PICKUP_NOT_READY"
    PICKUP_CODE_MISSING = "PICKUP_CODE_MISSING"
    PICKUP_CODE_LOCKED = "PICKUP_CODE_LOCKED"
    PICKUP_CODE_WRONG = "PICKUP_CODE_WRONG"
    PICKUP_NOT_DUE = "PICKUP_NOT_DUE"
    PICKUP_COLLECTABLE = "PICKUP_COLLECTABLE"
