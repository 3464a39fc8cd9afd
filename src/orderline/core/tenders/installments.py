"""Payment schedules: what of an order is to be paid when. A deposit with the order, say, and the rest before goods are released.

What an installment is in money is read off what is due for the whole order now, so that the parts always add up to it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

import msgspec

from orderline.values.money import share_so_far, split_minor

WHOLE_PPM: Final = 1_000_000
PERCENT_PPM: Final = WHOLE_PPM // 100
_NEVER: Final = datetime.max.replace(tzinfo=UTC)


class Due(StrEnum):
    """When an installment is to be paid.

    order: with the order. date: on a date. release: when the goods are there, before any is released to a location.
    shipment: with what is shipped, by its share; it is authorized before release. invoice: days after each invoice.
    """

    ORDER = "order"
    DATE = "date"
    RELEASE = "release"
    SHIPMENT = "shipment"
    INVOICE = "invoice"


class OnLate(StrEnum):
    """What becomes of an order when an installment is not paid in time."""

    ESCALATE = "escalate"
    CANCEL = "cancel"


class InstallmentInput(
    msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True, kw_only=True
):
    """One installment: a share of what is due in all, or an amount. The last one is whatever the others leave.

    on: of `date`, when. days: of `invoice`, how many after it. tender: whose means pays it; the latest that can, when not given.
    """

    due: Due
    share_ppm: int | None = None
    amount_minor: int | None = None
    on: datetime | None = None
    days: int = 0
    tender: int = 0


class ScheduleInput(
    msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True, kw_only=True
):
    """A payment schedule. within_days: how long the customer has when an installment has fallen due.

    escalate_to: who owns what is late or declined. on_late: or the order is canceled then.
    """

    installments: tuple[InstallmentInput, ...]
    within_days: int = 3
    escalate_to: str = "sales"
    on_late: OnLate = OnLate.ESCALATE


class Installment(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """As it was agreed, and since when it is due. called_at: when it fell due and was asked for; pay_by: by when it is to be paid.

    invoices: of `invoice`, how many invoices of the order it has fallen due for. hold: the number of the hold that stands
    until it is paid.
    """

    number: int
    due: Due
    share_ppm: int | None = None
    amount_minor: int | None = None
    on: datetime | None = None
    days: int = 0
    tender: int = 0
    called_at: datetime | None = None
    pay_by: datetime | None = None
    invoices: int = 0
    hold: int = 0


class PaymentSchedule(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """How an order is paid in installments, by their numbers; the last one is whatever the others leave."""

    installments: tuple[Installment, ...]
    within_days: int = 3
    escalate_to: str = "sales"
    on_late: OnLate = OnLate.ESCALATE


def parts_of(schedule: PaymentSchedule, total_minor: int) -> list[int]:
    """What each installment is of a total; they add up to it. Largest remainder; an amount is never more than is left."""
    installments = schedule.installments
    weights = [each.share_ppm or 0 for each in installments]
    shares = split_minor(total_minor, [*weights, WHOLE_PPM - sum(weights)])
    left, parts = total_minor, list[int]()
    for each, share in zip(installments[:-1], shares, strict=False):
        parts.append(min(left, share if each.amount_minor is None else each.amount_minor))
        left -= parts[-1]
    return [*parts, left]


def due_parts(
    schedule: PaymentSchedule, total_minor: int, supplied_minor: int, invoiced_minor: Sequence[int]
) -> list[int]:
    """What of each installment is to be paid by now. supplied_minor: of the total, what was supplied; invoiced_minor: by invoice."""

    def due(each: Installment, part: int) -> int:
        match each.due:
            case Due.SHIPMENT:
                return _share(part, supplied_minor, total_minor)
            case Due.INVOICE:
                return _share(part, sum(invoiced_minor[: each.invoices]), total_minor)
            case _:
                return part if each.called_at is not None else 0

    return [due(each, part) for each, part in zip(schedule.installments, parts_of(schedule, total_minor), strict=True)]


def needed_parts(schedule: PaymentSchedule, total_minor: int, due_minor: Sequence[int]) -> list[int]:
    """What of each installment has to stand behind the order before goods are released. due_minor: as `due_parts` has it."""
    first = (Due.ORDER, Due.RELEASE, Due.SHIPMENT)
    parts = parts_of(schedule, total_minor)
    return [
        part if each.due in first else due
        for each, part, due in zip(schedule.installments, parts, due_minor, strict=True)
    ]


def spread_paid(
    schedule: PaymentSchedule, parts: Sequence[int], due_minor: Sequence[int], paid_minor: int
) -> list[int]:
    """What of each installment is paid: what fell due first is paid first, what is not due yet after all that is."""
    called = sorted(schedule.installments, key=lambda each: (each.called_at or _NEVER, each.number))
    paid = [0] * len(parts)
    for most in (due_minor, parts):
        for each in called:
            more = max(0, min(paid_minor, most[each.number - 1] - paid[each.number - 1]))
            paid[each.number - 1] += more
            paid_minor -= more
    return paid


def _share(part: int, done: int, whole: int) -> int:
    return share_so_far(part, max(0, min(done, whole)), whole) if whole else 0
