"""Schedule the payments of an order, and ask for what has fallen due."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from orderline.core.context import Context
from orderline.core.jobs import FollowUp, JobBody, JobKind
from orderline.core.ledger.events import DocumentIssued
from orderline.core.orders.billed import DocumentKind
from orderline.core.orders.events import AnyOrderEvent, HoldReleased, PaymentAnswered
from orderline.core.orders.guards import ongoing_order
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.settle import settle
from orderline.core.orders.state import Order
from orderline.core.orders.status import is_done
from orderline.core.tenders.installments import Due
from orderline.core.tenders.paying_again import guard_release
from orderline.core.tenders.schedule_commands import CallInstallments, SchedulePayments
from orderline.core.tenders.schedule_events import PaymentScheduled
from orderline.core.tenders.scheduled import has_outstanding
from orderline.core.tenders.scheduling import ask, call, callable_now, invoice_due_at, put_schedule
from orderline.values.failures import Refused

if TYPE_CHECKING:
    from orderline.core.world import Draft


def decide_schedule(draft: "Draft", command: SchedulePayments, context: Context) -> None:
    """Have an order paid in installments, or as its channel collects again.

    Refused NOTHING_TO_DO: it has no schedule, and none was given. Refused as `check_schedule` says.
    """
    order = ongoing_order(draft.world, command)
    if command.schedule is None and order.schedule is None:
        raise Refused(R.NOTHING_TO_DO, field="schedule", value=None)
    put_schedule(draft, order.id, command.schedule, context)
    ask(draft, order.id, context)
    settle(draft, order.id, context)
    guard_release(draft, order, context)


def decide_call(draft: "Draft", command: CallInstallments, context: Context) -> None:
    """Ask for what has fallen due, or for one installment before its time.

    Refused INSTALLMENT_UNKNOWN: the order has none of that number. NOTHING_TO_DO: nothing has fallen due, or it was asked for.
    """
    order = ongoing_order(draft.world, command)
    installments = order.schedule.installments if order.schedule is not None else ()
    # whose clock is a little ahead is not told that nothing is due, for he does not ask again
    until = max(context.now, command.as_of) if command.as_of is not None else context.now
    called = callable_now(order, until)
    if command.installment:
        numbers = [each.number for each in installments]
        if command.installment not in numbers:
            raise Refused(R.INSTALLMENT_UNKNOWN, field="installment", value=command.installment, allowed=numbers)
        called = [e for e in installments if e.number == command.installment and e.called_at is None]
        called = [e for e in called if e.due not in (Due.INVOICE, Due.SHIPMENT)]  # they go by what is billed and sent
    before = len(draft.events)
    call(draft, order.id, called, context, until)
    ask(draft, order.id, context, tender=next((each.tender for each in called if each.tender), 0))
    if len(draft.events) == before:
        raise Refused(R.NOTHING_TO_DO, field="installment", value=command.installment)
    settle(draft, order.id, context)
    guard_release(draft, order, context)


def schedule_follow_ups(order: Order, events: Sequence[AnyOrderEvent], now: datetime) -> list[FollowUp]:
    """When installments are to be asked for, and when the order may be closed that waited for the last of them."""
    schedule = order.schedule
    if schedule is None or order.closed_at is not None:
        return []
    due: set[datetime] = set()
    for event in events:
        match event:
            case PaymentScheduled():
                due.update(each.on for each in schedule.installments if each.on is not None and each.on > now)
            case DocumentIssued() if event.document.kind is DocumentKind.INVOICE:
                after = (e for e in schedule.installments if e.due is Due.INVOICE)
                due.update(invoice_due_at(event.document.day, each) for each in after)
            case _:
                pass
    jobs = [_job(order, JobKind.INSTALLMENT, each) for each in sorted(due) if each > now]
    if callable_now(order, now):
        jobs.append(_job(order, JobKind.INSTALLMENT, now))
    paid = any(isinstance(each, PaymentAnswered | HoldReleased) for each in events)
    if paid and is_done(order) and not has_outstanding(order):
        jobs.append(FollowUp(JobKind.CLOSE, str(order.id), JobBody(test=order.is_test), now))
    return jobs


def _job(order: Order, kind: JobKind, due_at: datetime) -> FollowUp:
    return FollowUp(
        kind, f"{order.id} {kind} {due_at.isoformat()}", JobBody(latest_at=due_at, test=order.is_test), due_at
    )


RULES: Final[dict[type, Any]] = {SchedulePayments: decide_schedule, CallInstallments: decide_call}
