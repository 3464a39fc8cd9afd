"""Why a command on a decision request is refused; when several apply, the first wins."""

from enum import StrEnum


class DecisionRefusal(StrEnum):
    DECISION_UNKNOWN = "DECISION_UNKNOWN"
    DECISION_STATE = "DECISION_STATE"
    DECISION_OVER = "DECISION_OVER"
    DECISION_NOT_DUE = "DECISION_NOT_DUE"
    OPTION_UNKNOWN = "OPTION_UNKNOWN"
    ANSWER_INCOMPLETE = "ANSWER_INCOMPLETE"
    OWN_QUESTION = "OWN_QUESTION"
    DELIVERY_STARTED = "DELIVERY_STARTED"
