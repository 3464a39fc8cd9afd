"""Why a command on a contract is refused; when several apply, the first wins."""

from enum import StrEnum


class ContractRefusal(StrEnum):
    CONTRACT_UNKNOWN = "CONTRACT_UNKNOWN"
    CONTRACT_EXISTS = "CONTRACT_EXISTS"
    CONTRACT_NOT_ACCEPTABLE = "CONTRACT_NOT_ACCEPTABLE"
    CONTRACT_STATE = "CONTRACT_STATE"
