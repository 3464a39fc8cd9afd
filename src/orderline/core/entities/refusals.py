"""Why a command on legal entities or rates is refused; when several apply, the first wins."""

from enum import StrEnum


class EntityRefusal(StrEnum):
    ENTITY_UNKNOWN = "ENTITY_UNKNOWN"
    ENTITY_CHANGES_CURRENCY = "ENTITY_CHANGES_CURRENCY"
    ACCOUNT_UNKNOWN = "ACCOUNT_UNKNOWN"
    CHART_UNKNOWN = "CHART_UNKNOWN"
    NUMBERS_NOT_ACCEPTABLE = "NUMBERS_NOT_ACCEPTABLE"
    RATE_NOT_ACCEPTABLE = "RATE_NOT_ACCEPTABLE"
