"""Facts about payment schedules."""

from datetime import datetime

from msgspec.structs import replace

from orderline.core.orders.facts import OrderEvent
from orderline.core.tenders.installments import Installment, PaymentSchedule


class PaymentScheduled(OrderEvent, frozen=True, gc=False, tag="payment_scheduled", kw_only=True):
    """The order is to be paid in these installments from now on; none: all of it as its channel collects.

    rule: the rule of the channel that it is by, where nobody has named one.
    """

    at: datetime
    by: str
    schedule: PaymentSchedule | None = None
    rule: str = ""


class InstallmentCalled(OrderEvent, frozen=True, gc=False, tag="installment_called", kw_only=True):
    """An installment has fallen due. invoices: for how many invoices of the order. hold: which stands until it is paid; 0: none."""

    installment: int
    at: datetime
    pay_by: datetime
    invoices: int = 0
    hold: int = 0


AnyScheduleEvent = PaymentScheduled | InstallmentCalled


def with_called(schedule: PaymentSchedule, event: InstallmentCalled) -> PaymentSchedule:
    """The schedule after an installment was asked for."""

    def called(each: Installment) -> Installment:
        if each.number != event.installment:
            return each
        since = each.called_at or event.at
        return replace(each, called_at=since, pay_by=event.pay_by, invoices=event.invoices, hold=event.hold)

    return replace(schedule, installments=tuple(map(called, schedule.installments)))
