"""An order that is paid in installments: what falls due is asked for, and holds the order until it is paid."""

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from orderline.core.context import Context
from orderline.core.holds.events import HoldEscalated, HoldPlaced, HoldReleased
from orderline.core.holds.rules import new_hold
from orderline.core.holds.state import Breach, HoldInput
from orderline.core.orders.events import PaymentWithdrawn, TenderAdded, TenderGivenUp
from orderline.core.orders.guards import check_text, is_blocked
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.state import STOCKED, Hold, LineKind, Order, PaymentKind, Tender
from orderline.core.orders.status import has_routable, sum_units
from orderline.core.tenders.deposits import check_shape, impossible
from orderline.core.tenders.installments import (
    WHOLE_PPM,
    Due,
    Installment,
    OnLate,
    PaymentSchedule,
    ScheduleInput,
)
from orderline.core.tenders.rules import TERMS
from orderline.core.tenders.schedule_events import InstallmentCalled, PaymentScheduled, with_called
from orderline.core.tenders.scheduled import invoices_of, is_installment_hold, open_installments, wanted_minor
from orderline.core.tenders.sums import net_due_minor, request_payment
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from orderline.values.time import utc

if TYPE_CHECKING:
    from orderline.core.world import Draft

BY: Final = "orderline"
PAYMENT: Final = "payment"


def check_schedule(draft: "Draft", order: Order, given: ScheduleInput) -> PaymentSchedule:
    """A schedule as the order can be paid by it.

    Refused SCHEDULE_NOT_POSSIBLE: there is no means of payment or no installment; an installment has both a share and an
    amount, or none and is not the last; a date or days that its due does not have; invoices that its channel does not issue.
    Refused TOTALS_DO_NOT_ADD_UP: the shares or amounts are more than the whole. TENDER_UNKNOWN.
    """
    if not order.tenders:
        raise impossible("schedule.tenders", 0, "at least one, which the installments are paid by")
    check_shape(given, "schedule", invoices=draft.world.settings.channels[order.channel].invoices)
    installments: list[Installment] = []
    for number, each in enumerate(given.installments, 1):
        field = f"installments[{number - 1}]"
        if each.tender and all(tender.number != each.tender for tender in order.tenders):
            allowed = [tender.number for tender in order.tenders]
            raise Refused(R.TENDER_UNKNOWN, field=f"schedule.{field}.tender", value=each.tender, allowed=allowed)
        on = utc(each.on, field=f"schedule.{field}.on") if each.on is not None else None
        installments.append(
            Installment(
                number=number, due=each.due, share_ppm=each.share_ppm, amount_minor=each.amount_minor, on=on,
                days=each.days, tender=each.tender,
            )
        )  # fmt: skip
    shares = sum(each.share_ppm or 0 for each in given.installments)
    amounts = sum(each.amount_minor or 0 for each in given.installments)
    if shares > WHOLE_PPM or amounts > net_due_minor(order):
        field = "schedule.installments"
        raise Refused(R.TOTALS_DO_NOT_ADD_UP, field=field, value=amounts or shares, expected=net_due_minor(order))
    return PaymentSchedule(
        installments=tuple(installments), within_days=given.within_days, on_late=given.on_late,
        escalate_to=check_text(given.escalate_to, "schedule.escalate_to", 100, required=True),
    )  # fmt: skip


def put_schedule(
    draft: "Draft", id_: OrderId, given: ScheduleInput | None, context: Context, *, rule: str = ""
) -> None:
    """Pay an order by a schedule from now on, or by none; what is due with the order falls due. Asking for it is the caller's.

    rule: the name of the rule that it is by, where nobody has named one.
    """
    order = draft.world.order(id_)
    schedule = check_schedule(draft, order, given) if given is not None else None
    for hold in order.holds:
        if is_installment_hold(order, hold):
            draft.tell(order.id, HoldReleased(hold.number, BY, context.now, "it is paid by another schedule"))
    draft.tell(order.id, PaymentScheduled(schedule=schedule, at=context.now, by=context.actor.name, rule=rule))
    if schedule is not None:
        call(draft, id_, [each for each in schedule.installments if each.due is Due.ORDER], context)


def callable_now(order: Order, now: datetime) -> list[Installment]:
    """The installments that have fallen due and were not asked for; none while a hold stops money from being collected."""
    schedule = order.schedule
    if schedule is None or is_blocked(order, "capture") or not net_due_minor(order):
        return []
    there: bool | None = None

    def has_come(each: Installment) -> bool:
        nonlocal there
        match each.due:
            case Due.INVOICE:
                return invoices_due(order, each, now) > each.invoices
            case _ if each.called_at is not None:
                return False
            case Due.ORDER:
                return True
            case Due.DATE:
                return each.on is not None and each.on <= now
            case Due.RELEASE | Due.SHIPMENT:
                there = _goods_are_there(order) if there is None else there
                return there

    return [each for each in schedule.installments if has_come(each)]


def invoices_due(order: Order, installment: Installment, now: datetime) -> int:
    """For how many invoices of the order an installment has fallen due."""
    return sum(1 for each in invoices_of(order) if invoice_due_at(each.day, installment) <= now)


def invoice_due_at(day: date, installment: Installment) -> datetime:
    """When an installment falls due for the invoice of a day."""
    return datetime.combine(day, time(), UTC) + timedelta(days=installment.days)


def call(
    draft: "Draft", id_: OrderId, installments: list[Installment], context: Context, until: datetime | None = None
) -> None:
    """Installments fall due, those after invoices as of `until`; what of them is not paid yet holds the order."""
    for each in installments:
        order = draft.world.order(id_)
        schedule = order.schedule
        assert schedule is not None
        pay_by = context.now + timedelta(days=schedule.within_days)
        due = invoices_due(order, each, until or context.now) if each.due is Due.INVOICE else 0
        called = InstallmentCalled(installment=each.number, at=context.now, pay_by=pay_by, invoices=due)
        unpaid = {n for n, _ in open_installments(replace(order, schedule=with_called(schedule, called)))}
        stands = any(hold.number == each.hold for hold in order.holds)
        if each.number not in unpaid or stands:
            draft.tell(id_, replace(called, hold=each.hold if stands else 0))
            continue
        hold = _hold(order, each, schedule, pay_by, context)
        draft.tell(id_, replace(called, hold=hold.number))
        draft.tell(id_, HoldPlaced(hold))


def ask(draft: "Draft", id_: OrderId, context: Context, *, tender: int = 0) -> None:
    """Ask for what has fallen due and nothing stands behind yet, of a means that can pay it without the customer, or by the bank.

    Nobody is asked while a provider's no stands: what then is a person's to decide. tender: whose means is wanted.
    """
    order = draft.world.order(id_)
    amount = wanted_minor(order)
    live = [each for each in order.tenders if not each.given_up]
    if amount <= 0 or any(each.declined for each in live):
        return
    means = [each for each in live if each.provider == TERMS or each.token]
    chosen = next((each for each in means if each.number == tender), means[-1] if means else None)
    if chosen is None:
        return
    waiting = [each for each in chosen.requests if each.kind is PaymentKind.AUTHORIZE]
    asked = sum(each.amount_minor for each in waiting)
    unused = chosen.provider == TERMS or not (chosen.authorized_minor or chosen.requests)
    if unused and chosen.amount_minor - chosen.authorized_minor - asked >= amount:
        request_payment(draft, order, chosen, PaymentKind.AUTHORIZE, amount, context)
        return
    number = len(order.tenders) + 1
    if chosen.provider == TERMS:  # one that is paid by the bank takes the place of the other
        for each in waiting:
            draft.tell(id_, _withdrawn(chosen, each.key, each.amount_minor, context))
        reason = f"the next installment is tender {number}"
        draft.tell(id_, TenderGivenUp(tender=chosen.number, reason=reason, at=context.now))
        amount += asked
    new = Tender(number, chosen.provider, chosen.method, amount, token=chosen.token)
    draft.tell(id_, TenderAdded(new))
    request_payment(draft, draft.world.order(id_), new, PaymentKind.AUTHORIZE, amount, context)


def follow_schedule(draft: "Draft", id_: OrderId, context: Context) -> None:
    """Holds of installments end when they are paid; those that a provider declines go to whoever they escalate to at once."""
    order = draft.world.order(id_)
    assert order.schedule is not None
    unpaid = {number for number, _ in open_installments(order)}
    declined = next((each for each in order.tenders if each.declined and not each.given_up), None)
    for each in order.schedule.installments:
        hold = next((hold for hold in order.holds if each.hold and hold.number == each.hold), None)
        if hold is None:
            continue
        if each.number not in unpaid:
            draft.tell(id_, HoldReleased(hold.number, BY, context.now, f"installment {each.number} is paid"))
        elif declined is not None and hold.escalated_at is None and hold.on_breach is Breach.ESCALATE:
            reason = f"tender {declined.number} was declined: {declined.declined}"
            draft.tell(id_, HoldEscalated(hold.number, hold.escalate_to, context.now, reason))


def _goods_are_there(order: Order) -> bool:
    """May units go to a location, or have some gone there? What needs no stock is there at any time."""
    units = sum_units(order)
    if units.at_location or units.gone or has_routable(order, units):
        return True
    return any(
        line.kind not in STOCKED and line.kind is not LineKind.BUNDLE and line.units.unplanned for line in order.lines
    )


def _hold(order: Order, each: Installment, schedule: PaymentSchedule, pay_by: datetime, context: Context) -> Hold:
    canceled = schedule.on_late is OnLate.CANCEL
    asked = HoldInput(
        type=PAYMENT, reason=f"installment {each.number} of {len(schedule.installments)} is to be paid", due_at=pay_by,
        escalate_to=schedule.escalate_to, on_breach=Breach.REJECT if canceled else Breach.ESCALATE,
    )  # fmt: skip
    return replace(new_hold(asked, order.holds_placed + 1, context), placed_by=BY)


def _withdrawn(tender: Tender, key: str, amount: int, context: Context) -> PaymentWithdrawn:
    return PaymentWithdrawn(
        tender=tender.number, key=key, kind=PaymentKind.AUTHORIZE, amount_minor=amount, at=context.now,
        reason="asked for together with the next installment",
    )  # fmt: skip
