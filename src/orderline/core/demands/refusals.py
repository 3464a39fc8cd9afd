"""Why a command on scheduled demand is refused; when several apply, the first wins."""

from enum import StrEnum


class DemandRefusal(StrEnum):
    DEMAND_UNKNOWN = "DEMAND_UNKNOWN"
    DEMAND_EXISTS = "DEMAND_EXISTS"
    DEMAND_STATE = "DEMAND_STATE"
    DEMAND_LINES = "DEMAND_LINES"
