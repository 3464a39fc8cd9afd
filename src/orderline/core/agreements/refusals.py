"""Why a command on an agreement, or an order that calls it off, is refused; when several apply, the first wins."""

from enum import StrEnum


class AgreementRefusal(StrEnum):
    AGREEMENT_UNKNOWN = "AGREEMENT_UNKNOWN"
    AGREEMENT_NOT_ACCEPTABLE = "AGREEMENT_NOT_ACCEPTABLE"
    AGREEMENT_STATE = "AGREEMENT_STATE"
    AGREEMENT_EXCEEDED = "AGREEMENT_EXCEEDED"
