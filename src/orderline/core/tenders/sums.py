"""What has been promised and collected of an order's money, and what to ask a provider for next.

Every request is an event with its key before a provider is called; only an answer moves a figure.
"""

from itertools import count
from typing import TYPE_CHECKING

from orderline.core.context import Context
from orderline.core.disputes.state import disputed_minor
from orderline.core.orders.billed import DocumentKind
from orderline.core.orders.credited import Destination
from orderline.core.orders.events import PaymentAnswered, PaymentRequested
from orderline.core.orders.state import AgreedLine, Order, PaymentKind, TaxLine, Tender
from orderline.core.returns.standing import is_awaited
from orderline.core.tenders.installments import PaymentSchedule, due_parts, needed_parts
from orderline.core.tenders.rules import RULES_NOT_SET, TERMS, CaptureAt, MoneyRules, in_order, spread
from orderline.values.money import share_so_far

if TYPE_CHECKING:
    from orderline.core.world import Draft


def open_authorization(tender: Tender) -> int:
    """What may still be captured, in minor units; requests without an answer count as done."""
    pending = sum(r.amount_minor for r in tender.requests if r.kind in (PaymentKind.CAPTURE, PaymentKind.VOID))
    return max(0, tender.authorized_minor - tender.captured_minor - tender.voided_minor - pending)


def is_extending(tender: Tender) -> bool:
    """Is its provider being asked to hold it longer? It may have another name afterwards: nothing else is asked meanwhile."""
    return any(request.kind is PaymentKind.EXTEND for request in tender.requests)


def secured_minor(order: Order) -> int:
    """Captured money and open authorizations: what stands behind the goods to be released.

    What is being let go of stands behind nothing any more.
    """
    secured = 0
    for tender in order.tenders:
        let_go = tender.voided_minor + sum(r.amount_minor for r in tender.requests if r.kind is PaymentKind.VOID)
        secured += max(tender.authorized_minor - let_go, tender.captured_minor) - _refunding(tender)
    return secured - given_elsewhere_minor(order) if order.credits else secured


def is_releasable(order: Order) -> bool:
    """Is what stands behind the order at least what is agreed on, and neither canceled nor credited?

    An order without tenders is paid elsewhere (a marketplace, terms) and never waits for money. What is sent in exchange
    waits for the goods it is exchanged for; the rest of the order does not wait with it. Where there is a schedule, goods
    wait for what is to be paid before them.
    """
    if order.schedule is not None:
        return secured_minor(order) >= needed_minor(order, order.schedule)
    return not order.tenders or secured_minor(order) >= to_secure_minor(order)


def needed_minor(order: Order, schedule: PaymentSchedule) -> int:
    """What must stand behind an order before goods are released, where it is paid in installments."""
    needed = needed_parts(schedule, net_due_minor(order), due_by_installment(order, schedule))
    return min(sum(needed), to_secure_minor(order))


def due_by_installment(order: Order, schedule: PaymentSchedule) -> list[int]:
    """What of each installment is to be paid by now."""
    supplied = earned_minor(order) - credited_minor(order)
    invoiced = [each.total_minor for each in order.documents if each.kind is DocumentKind.INVOICE]
    return due_parts(schedule, net_due_minor(order), supplied, invoiced)


def paid_minor(order: Order) -> int:
    """What was captured for what is due, and neither given back nor asked to be."""
    return sum(t.captured_minor - _refunding(t) for t in order.tenders) - given_elsewhere_minor(order)


def net_agreed_minor(order: Order) -> int:
    """The agreed total without what was canceled; charges stay unless all is canceled. Never below zero.

    A discount on the order as a whole stays, too, so that few goods may be left for nothing.
    """
    agreement = order.agreement
    for line in order.lines:
        if line.units.canceled:
            break
    else:
        return agreement.total_minor
    canceled = sum(canceled_share(agreed, canceled_of(order, agreed)) for agreed in priced_lines(order))
    if all(canceled_of(order, agreed) == agreed.quantity for agreed in priced_lines(order)):
        return 0
    return max(0, agreement.total_minor - canceled)


def net_due_minor(order: Order) -> int:
    """What is agreed, not canceled and not credited: what the customer owes in all. Never below zero."""
    net = net_agreed_minor(order)
    return max(0, net - credited_minor(order)) if order.credits else net


def to_secure_minor(order: Order) -> int:
    """What must stand behind the order now: what is due, less what goods that are to come back will pay of it."""
    due = net_due_minor(order)
    return max(0, due - awaited_minor(order)) if order.returns else due


def awaited_minor(order: Order) -> int:
    """What goods that are still to come back, or to be looked at, will pay of what is sent in exchange for them."""
    awaited = 0
    for returned in order.returns:
        exchange = returned.exchange
        if exchange is None or not is_awaited(returned):
            continue
        numbers = {item.credit for item in returned.items}
        paid = sum(order.credits[number - 1].total_minor for number in numbers if number)
        lines = [each for each in order.agreement.lines if each.line in exchange.lines and each.kind != "bundle"]
        worth = sum(each.total_minor - canceled_share(each, canceled_of(order, each)) for each in lines)
        awaited += max(0, min(exchange.awaited_minor - paid, worth))
    return awaited


def credited_minor(order: Order) -> int:
    """What credits have taken off the price, in minor units."""
    return sum(credit.total_minor for credit in order.credits)


def given_elsewhere_minor(order: Order) -> int:
    """What of the credits neither pays for goods of this order nor is given back over its tenders: it became store credit."""
    return sum(c.total_minor for c in order.credits if c.destination is Destination.STORE_CREDIT)


def priced_lines(order: Order) -> list[AgreedLine]:
    """Agreed lines whose units move: a bundle's price stands on its components."""
    return [agreed for agreed in order.agreement.lines if agreed.kind != "bundle"]


def line_share(agreed: AgreedLine, units: int) -> int:
    """The money of the first `units` units of a line, in minor units; cumulative, so that steps add up."""
    return share_so_far(agreed.total_minor, units, agreed.quantity)


def canceled_share(agreed: AgreedLine, units: int) -> int:
    """The money of units that were canceled: the last ones, so that supplied and canceled make up the whole."""
    return agreed.total_minor - line_share(agreed, agreed.quantity - units)


def canceled_of(order: Order, agreed: AgreedLine) -> int:
    """Units of an agreed line that were canceled."""
    line = order.line_of(agreed.line)
    return line.units.canceled if line is not None else 0


def earned_minor(order: Order) -> int:
    """What has been supplied so far, in minor units; the charges are earned with the first unit."""
    if not any(line.units.gone for line in order.lines):
        return 0
    charges = sum(c.amount_minor + _added_tax(order, c.taxes) for c in order.agreement.charges)
    return charges + sum(_supplied_share(order, agreed) for agreed in priced_lines(order))


def capture_due(draft: "Draft", order: Order, context: Context) -> None:
    """Ask for what has been supplied and not been captured or asked for, tender by tender.

    A tender that was declined is not asked again, here or below, before something else of it has gone through: a
    provider that says no would be asked for ever. The next step is a person's.
    """
    due = due_now_minor(order, rules_of(draft, order))
    for tender in order.tenders:
        amount = min(due, open_authorization(tender))
        if tender.provider == TERMS or is_extending(tender):
            due -= max(0, amount)  # it comes by itself, or is asked for under the name that it will have
        elif amount > 0 and not tender.declined:
            request_payment(draft, order, tender, PaymentKind.CAPTURE, amount, context)
            due -= amount


def due_now_minor(order: Order, rules: MoneyRules) -> int:
    """What may be captured now, and neither was nor is asked for; below zero, when more was captured than is due so far."""
    due = collectable_minor(order, rules) - sum(map(capturing_minor, order.tenders))
    if order.schedule is not None:
        due += given_elsewhere_minor(order) + sum(map(_refunding, order.tenders))
    elif order.credits:
        to_tenders = credited_minor(order) - given_elsewhere_minor(order)
        # given back for a credit that was taken back since: it is collected again
        due -= to_tenders - sum(map(_refunding, order.tenders))
    return due


def capturing_minor(tender: Tender) -> int:
    """What was captured of a tender, and what its provider is asked to capture."""
    return tender.captured_minor + sum(r.amount_minor for r in tender.requests if r.kind is PaymentKind.CAPTURE)


def void_rest(draft: "Draft", order: Order, context: Context) -> None:
    """Let go of authorizations that nothing will be captured against: all goods have gone or are canceled."""
    beyond = secured_minor(order) - net_due_minor(order)
    for tender in order.tenders:
        amount = open_authorization(tender)
        later = order.schedule is not None and net_due_minor(order) > 0
        if tender.provider == TERMS or later:  # what is supplied is paid later: only what is beyond that is let go of
            amount = min(amount, beyond)
        asked = any(r.kind in (PaymentKind.VOID, PaymentKind.EXTEND) for r in tender.requests)
        if amount > 0 and not tender.declined and not asked:
            request_payment(draft, order, tender, PaymentKind.VOID, amount, context)
            beyond -= amount


def answer_now(
    draft: "Draft", order: Order, number: int, context: Context, *, reference: str = "", through: str = "",
    declined: str = "", goodwill_minor: int = 0,
) -> None:  # fmt: skip
    """The last request of a tender is answered as it was asked, or declined: nobody outside has to be."""
    request = order.tenders[number - 1].requests[-1]
    answer = PaymentAnswered(
        tender=number, key=request.key, kind=request.kind, amount_minor=request.amount_minor, at=context.now,
        reference=reference, through=through, declined=declined, goodwill_minor=goodwill_minor,
    )  # fmt: skip
    draft.tell(order.id, answer)


def rules_of(draft: "Draft", order: Order) -> MoneyRules:
    """How the channel of an order collects and gives back."""
    channel = draft.world.settings.channels.get(order.channel)
    return channel.money if channel is not None else RULES_NOT_SET


def collectable_minor(order: Order, rules: MoneyRules) -> int:
    """What may be captured so far: what was supplied, and what is collected with the order; or the installments that are due."""
    if order.schedule is not None:
        return sum(due_by_installment(order, order.schedule))
    if not rules.captures_early:
        return earned_minor(order)
    whole = 0
    for agreed in priced_lines(order):
        pickup = order.group_of(agreed.group).pickup_location is not None
        early = (rules.capture_pickups if pickup else rules.capture) is CaptureAt.ORDER
        left = agreed.total_minor - line_share(agreed, canceled_of(order, agreed))
        whole += left if early else _supplied_share(order, agreed)
    if not whole:
        return 0
    charges = sum(c.amount_minor + _added_tax(order, c.taxes) for c in order.agreement.charges)
    return max(0, min(whole + charges, net_agreed_minor(order)))


def refund_excess(draft: "Draft", order: Order, context: Context) -> None:
    """Ask for money back to the customer when more was captured than is still due."""
    excess = refundable_minor(order)
    if excess <= 0:
        return
    rules = rules_of(draft, order)
    tenders = in_order([tender for tender in order.tenders if not tender.declined], rules)
    left = [returnable_minor(order, tender) for tender in tenders]
    for tender, amount in zip(tenders, spread(excess, left, rules), strict=True):
        if amount:
            request_payment(draft, order, tender, PaymentKind.REFUND, amount, context)


def returnable_minor(order: Order, tender: Tender) -> int:
    """What of a tender may go back: what somebody has taken back already is not sent a second time."""
    return max(0, tender.captured_minor - disputed_minor(order.disputes, tender.number) - _refunding(tender))


def refundable_minor(order: Order) -> int:
    """What was captured beyond what is due, and no provider is asked to give back; never below zero."""
    return max(0, paid_minor(order) - net_due_minor(order))


def open_declines(order: Order) -> list[Tender]:
    """Tenders whose provider said no to what is still to be done: promised, collected, let go of or given back.

    Nothing is left of it once the order is covered by others, or what was owed went back another way.
    """
    declined = [tender for tender in order.tenders if tender.declined]
    return [tender for tender in declined if _is_open(order, tender)]


def _is_open(order: Order, tender: Tender) -> bool:
    if open_authorization(tender) or (tender.renews and open_authorization(order.tenders[tender.renews - 1])):
        return True
    if tender.authorized_minor < tender.amount_minor and not is_releasable(order):
        return True
    return bool(refundable_minor(order) and returnable_minor(order, tender))


def request_payment(
    draft: "Draft", order: Order, tender: Tender, kind: PaymentKind, amount_minor: int, context: Context
) -> None:
    """Journal a request; its key is unique for ever: order, tender, version, how many there were, kind.

    Nobody has to let go of what was promised on terms: that is answered at once.
    """
    told = {event.key for _, event in draft.events if isinstance(event, PaymentRequested)}
    keys = (f"{order.id}-{tender.number}-{order.version}-{n}-{kind.value}" for n in count(len(tender.requests)))
    key = next(key for key in keys if key not in told)
    draft.tell(
        order.id,
        PaymentRequested(tender=tender.number, key=key, kind=kind, amount_minor=amount_minor, at=context.now),
    )
    if tender.provider == TERMS and kind is PaymentKind.VOID:
        answer_now(draft, draft.world.order(order.id), tender.number, context)


def _refunding(tender: Tender) -> int:
    return tender.refunded_minor + sum(r.amount_minor for r in tender.requests if r.kind is PaymentKind.REFUND)


def _supplied_share(order: Order, agreed: AgreedLine) -> int:
    line = order.line_of(agreed.line)
    if line is None:
        return 0
    return line_share(agreed, line.units.gone)


def _added_tax(order: Order, taxes: tuple[TaxLine, ...]) -> int:
    return 0 if order.agreement.taxes_included else sum(tax.amount_minor for tax in taxes)
