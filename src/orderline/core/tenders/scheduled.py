"""How the installments of an order stand: read off its money and units, nothing is kept of it."""

from datetime import datetime
from enum import StrEnum

import msgspec

from orderline.core.orders.billed import DocumentKind, DocumentRef
from orderline.core.orders.state import Hold, Order, PaymentKind
from orderline.core.tenders.installments import Due, Installment, needed_parts, parts_of, spread_paid
from orderline.core.tenders.sums import due_by_installment, net_due_minor, paid_minor, secured_minor, to_secure_minor


class InstallmentState(StrEnum):
    """How an installment stands. due: it has fallen due, and is not paid; of what is shipped: nothing stands behind it."""

    LATER = "later"
    DUE = "due"
    PAID = "paid"


class InstallmentStands(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An installment as it stands. due_minor: what of its amount is to be paid by now; called_at: since when it is due."""

    number: int
    due: Due
    state: InstallmentState
    amount_minor: int
    due_minor: int
    paid_minor: int
    on: datetime | None = None
    days: int = 0
    called_at: datetime | None = None
    pay_by: datetime | None = None
    hold: int = 0


def installments_of(order: Order) -> tuple[InstallmentStands, ...]:
    """The installments of an order as they stand; none, when it has no schedule."""
    schedule = order.schedule
    if schedule is None:
        return ()
    parts, due = parts_of(schedule, net_due_minor(order)), due_by_installment(order, schedule)
    paid = spread_paid(schedule, parts, due, paid_minor(order))
    unpaid = {number for number, _ in open_installments(order)}

    def state(number: int, left: int) -> InstallmentState:
        if number in unpaid:
            return InstallmentState.DUE
        return InstallmentState.LATER if left else InstallmentState.PAID

    return tuple(
        InstallmentStands(
            number=each.number, due=each.due, state=state(each.number, part - got), amount_minor=part, due_minor=owed,
            paid_minor=got, on=each.on, days=each.days, called_at=each.called_at, pay_by=each.pay_by, hold=each.hold,
        )
        for each, part, owed, got in zip(schedule.installments, parts, due, paid, strict=True)
    )  # fmt: skip


def open_installments(order: Order) -> list[tuple[int, int]]:
    """The installments that have fallen due and are not paid, by number, with what is missing.

    One that is collected with what is shipped is missing what nothing stands behind.
    """
    schedule = order.schedule
    if schedule is None:
        return []
    parts, due = parts_of(schedule, net_due_minor(order)), due_by_installment(order, schedule)
    paid = spread_paid(schedule, parts, due, paid_minor(order))
    needed = needed_parts(schedule, net_due_minor(order), due)
    covered = spread_paid(schedule, parts, needed, secured_minor(order))
    found: list[tuple[int, int]] = []
    for each in schedule.installments:
        at = each.number - 1
        missing = needed[at] - covered[at] if each.due is Due.SHIPMENT else due[at] - paid[at]
        if each.called_at is not None and missing > 0:
            found.append((each.number, missing))
    return found


def next_installment(order: Order) -> Installment | None:
    """The first installment that has not wholly fallen due, and that something is to be paid of."""
    if order.schedule is None:
        return None
    stands = installments_of(order)
    return next(
        (
            each
            for each, now in zip(order.schedule.installments, stands, strict=True)
            if now.state is InstallmentState.LATER and now.amount_minor > now.paid_minor
        ),
        None,
    )


def wanted_minor(order: Order) -> int:
    """What has fallen due, or has to stand behind goods that are there, and neither stands behind them nor is asked for."""
    asked = sum(r.amount_minor for t in order.tenders for r in t.requests if r.kind is PaymentKind.AUTHORIZE)
    return max(0, called_minor(order) - secured_minor(order) - asked)


def called_minor(order: Order) -> int:
    """What has to stand behind an order of what has fallen due so far."""
    schedule = order.schedule
    if schedule is None:
        return to_secure_minor(order)
    needed = needed_parts(schedule, net_due_minor(order), due_by_installment(order, schedule))
    called = sum(part for each, part in zip(schedule.installments, needed, strict=True) if each.called_at is not None)
    return min(called, to_secure_minor(order))


def waits_for_money(order: Order) -> bool:
    """Does an order that may not be released wait for money that has fallen due, and not for goods or a date?"""
    return order.schedule is None or secured_minor(order) < called_minor(order) or bool(open_installments(order))


def has_outstanding(order: Order) -> bool:
    """Is anything of the installments still to be paid, now or later?"""
    return order.schedule is not None and paid_minor(order) < net_due_minor(order)


def is_installment_hold(order: Order, hold: Hold) -> bool:
    """Does the hold stand for an installment that is to be paid?"""
    return order.schedule is not None and any(each.hold == hold.number for each in order.schedule.installments)


def invoices_of(order: Order) -> list[DocumentRef]:
    """The invoices of an order, in the order of their issue."""
    return [each for each in order.documents if each.kind is DocumentKind.INVOICE]
