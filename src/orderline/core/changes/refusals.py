"""Why a change set is refused, beside what a placement or a cancellation would be refused for. Codes are part of the API."""

from enum import StrEnum


class ChangeRefusal(StrEnum):
    CHANGES_MISSING = "CHANGES_MISSING"
    ADDRESS_GIVEN = "ADDRESS_GIVEN"
    CHARGE_UNKNOWN = "CHARGE_UNKNOWN"
    PRICE_FINAL = "PRICE_FINAL"
    UNDO_NOT_POSSIBLE = "UNDO_NOT_POSSIBLE"
