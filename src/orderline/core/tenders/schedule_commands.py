"""Requests about payment schedules."""

from datetime import datetime

from orderline.core.orders.commands import OrderCommand
from orderline.core.tenders.installments import ScheduleInput


class SchedulePayments(OrderCommand, frozen=True, gc=False, kw_only=True, tag="schedule_payments"):
    """Have an order paid in installments; the schedule it had before ends. schedule: none: it is paid as its channel collects.

    What is due with the order falls due now. What was paid already pays for the installments that fall due first.
    """

    schedule: ScheduleInput | None = None


class CallInstallments(OrderCommand, frozen=True, gc=False, kw_only=True, tag="call_installments"):
    """Ask for the installments that have fallen due. installment: for this one at once, before its time.

    as_of: filled in by the clock that wakes somebody: what falls due until then has.
    """

    installment: int = 0
    as_of: datetime | None = None
