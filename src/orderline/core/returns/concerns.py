"""What is to be thought of goods and money of a return that stand so, and what somebody has to do about it.

Source: domain model 7, the alarm matrix of custody and money.
"""

from datetime import timedelta
from enum import StrEnum
from typing import Final

from orderline.core.returns.state import Custody, ReturnItem, ReturnMoney


class Concern(StrEnum):
    """What is to be thought of goods and money that stand so: a cell of the alarm matrix."""

    NORMAL = "normal"
    WATCH = "watch"
    LATE_MONEY = "late_money"
    CLAIM_BACK = "claim_back"
    SEND_BACK = "send_back"
    DISPUTE = "dispute"
    CLOSED = "closed"


_COMING: Final = (Custody.REQUESTED, Custody.APPROVED)
_HERE: Final = (Custody.RECEIVED, Custody.GRADED)
_IN_REPAIR: Final = (
    Custody.QUOTED, Custody.REPAIRING, Custody.REPAIRED, Custody.UNREPAIRED, Custody.UNREPAIRABLE,
)  # fmt: skip
_ENDED: Final = (Custody.DECLINED, Custody.WITHDRAWN, Custody.EXPIRED, Custody.SENT_BACK)


def _row(
    coming: Concern, in_transit: Concern, here: Concern, disposed: Concern, ended: Concern
) -> dict[Custody, Concern]:
    return {
        **dict.fromkeys(_IN_REPAIR, Concern.NORMAL), **dict.fromkeys(_COMING, coming), Custody.IN_TRANSIT: in_transit, **dict.fromkeys(_HERE, here),
        Custody.DISPOSED: disposed, **dict.fromkeys(_ENDED, ended),
    }  # fmt: skip


C = Concern
MATRIX: Final[dict[ReturnMoney, dict[Custody, Concern]]] = {
    # money                     coming      in transit   here          disposed      ended
    ReturnMoney.NOT_DUE:   _row(C.NORMAL,   C.NORMAL,    C.LATE_MONEY, C.LATE_MONEY, C.CLOSED),
    ReturnMoney.CREDITED:  _row(C.WATCH,    C.WATCH,     C.NORMAL,     C.CLOSED,     C.CLAIM_BACK),
    ReturnMoney.DENIED:    _row(C.NORMAL,   C.SEND_BACK, C.DISPUTE,    C.DISPUTE,    C.CLOSED),
    ReturnMoney.RECOVERED: _row(C.CLOSED,   C.NORMAL,    C.LATE_MONEY, C.LATE_MONEY, C.CLOSED),
    ReturnMoney.WAIVED:    _row(C.CLOSED,   C.NORMAL,    C.NORMAL,     C.CLOSED,     C.CLOSED),
    ReturnMoney.UPHELD:    _row(C.CLOSED,   C.NORMAL,    C.NORMAL,     C.CLOSED,     C.CLOSED),
}  # fmt: skip


def concern_of(custody: Custody, money: ReturnMoney, *, keep: bool = False, service: bool = False) -> Concern:
    """The cell of the matrix. What need not come back is settled with its money; for what is repaired none is due."""
    if service and money is ReturnMoney.NOT_DUE and custody not in _ENDED:
        return Concern.NORMAL
    if keep and money is ReturnMoney.CREDITED:
        return Concern.CLOSED
    return MATRIX[money][custody]


# Who has to do something about goods and money that stand so, what, and within which time of their last move.
# What is not here is the work of whoever moves the goods: it has an owner and a due time of its own.
ALARMS: Final[dict[Concern, tuple[str, str, timedelta]]] = {
    Concern.LATE_MONEY: ("credit_return", "finance", timedelta(days=3)),
    Concern.CLAIM_BACK: ("settle_expired_return", "support", timedelta(days=3)),
    Concern.DISPUTE:    ("settle_denied_return", "support", timedelta(days=3)),
}  # fmt: skip


def alarm_of(item: ReturnItem) -> tuple[str, str, timedelta] | None:
    """The task that goods and money of an item raise by standing as they do; None: they raise none.

    Money that is due only once the goods were looked at is late by that alone: grading and putting them away is the task.
    """
    if item.money is ReturnMoney.NOT_DUE and item.custody in _HERE:
        return None
    return ALARMS.get(concern_of(item.custody, item.money, keep=item.terms.keep, service=item.terms.service))
