"""When money did not come: ask again, or take another means of payment; what is not covered is not released meanwhile."""

from datetime import datetime

import msgspec

from orderline.core.companies.decide import known_company
from orderline.core.companies.limiting import check_raised, check_terms
from orderline.core.context import Context
from orderline.core.holds.rules import new_hold
from orderline.core.moves import Bucket
from orderline.core.orders.commands import AddTender, HoldInput, RetryPayment, TenderInput
from orderline.core.orders.events import HoldPlaced, HoldReleased, TenderAdded, TenderGivenUp, TenderRetried
from orderline.core.orders.guards import check_text, known_order, ongoing_order
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.settle import settle
from orderline.core.orders.state import Hold, Order, PaymentKind, Tender, units_in
from orderline.core.tenders.own_credit import check_own_credit
from orderline.core.tenders.rules import TERMS
from orderline.core.tenders.scheduled import is_installment_hold, wanted_minor
from orderline.core.tenders.sums import (
    is_releasable,
    open_authorization,
    request_payment,
    secured_minor,
    to_secure_minor,
)
from orderline.core.world import Draft
from orderline.values.failures import Refused
from orderline.values.time import utc

PAYMENT = "payment"
BY = "orderline"


def decide_retry_payment(draft: Draft, command: RetryPayment, context: Context) -> None:
    """Ask the provider again for what it declined: an authorization of what is missing, or the capture, void, refund due.

    Refused PAYMENT_UNDER_WAY: the tender has a request without an answer.
    Refused NOTHING_TO_DO: the tender was not declined, or nothing is due on it any more.
    """
    order = known_order(draft.world, command)
    tender = _free_tender(order, command.tender)
    if not tender.sent_back:  # a refund may come back when the order is long closed
        ongoing_order(draft.world, command)
    if not tender.declined:
        raise Refused(R.NOTHING_TO_DO, field="tender", value=tender.number)
    draft.tell(order.id, TenderRetried(tender=tender.number, by=context.actor.name, at=context.now))
    amount = tender.amount_minor - tender.authorized_minor
    if not tender.renews or not open_authorization(order.tenders[tender.renews - 1]):
        amount = min(_wanted_minor(order), amount)
    if amount > 0:
        request_payment(draft, order, tender, PaymentKind.AUTHORIZE, amount, context)
    settle(draft, order.id, context)
    if not draft.world.order(order.id).tenders[tender.number - 1].requests:
        raise Refused(R.NOTHING_TO_DO, field="tender", value=tender.number)


def decide_add_tender(draft: Draft, command: AddTender, context: Context) -> None:
    """Take another means of payment for what is not covered. Declined tenders that hold no money are given up.

    replaces: a tender whose open authorization is let go of as well.
    Refused AMOUNT_OUT_OF_RANGE, TENDERS_EXCEED_TOTAL: the tender is of nothing, or of more than is missing.
    Refused PAYMENT_UNDER_WAY: the tender to be replaced has a request without an answer.
    Refused TERMS_NOT_AGREED: the company may not pay by invoice. What it owes with it counts against its limit.
    """
    order = ongoing_order(draft.world, command)
    add_tender(draft, order, command.tender, command.replaces, context)
    settle(draft, order.id, context)
    check_raised(draft, order, context)
    guard_release(draft, order, context)


def add_tender(draft: Draft, order: Order, given: TenderInput, replaces: int | None, context: Context) -> None:
    """As `decide_add_tender`, amid a command; what follows for the money is its to see to."""
    replaced = _free_tender(order, replaces) if replaces is not None else None
    let_go = 0
    if replaced is not None:
        let_go = open_authorization(replaced)
    missing = missing_minor(order, let_go)
    if given.amount_minor <= 0 or given.refunded_minor:
        raise Refused(
            R.AMOUNT_OUT_OF_RANGE, field="tender.amount_minor", value=given.amount_minor, allowed=f"from 1 to {missing}"
        )
    if given.amount_minor > missing:
        raise Refused(
            R.TENDERS_EXCEED_TOTAL, field="tender.amount_minor", value=given.amount_minor, allowed=max(0, missing)
        )
    check_own_credit(given, "tender")
    if given.provider == TERMS and order.company is not None:  # promised by its terms, as at the intake
        check_terms(known_company(draft.world, order.company.company), given, order.currency, "tender")
        given = msgspec.structs.replace(given, state="authorized")
    tender = _new_tender(given, len(order.tenders) + 1)
    draft.tell(order.id, TenderAdded(tender))
    for each in order.tenders:
        if each.declined and not (each.authorized_minor or each.captured_minor or each.requests):
            draft.tell(order.id, TenderGivenUp(tender=each.number, reason=f"declined: {each.declined}", at=context.now))
    if replaced is not None:
        if not replaced.given_up and (replaced.authorized_minor or not replaced.declined):
            reason = f"replaced by tender {tender.number}"
            draft.tell(order.id, TenderGivenUp(tender=replaced.number, reason=reason, at=context.now))
        if let_go:
            request_payment(draft, order, replaced, PaymentKind.VOID, let_go, context)
    if given.state == "requested":
        request_payment(draft, order, tender, PaymentKind.AUTHORIZE, given.amount_minor, context)


def _wanted_minor(order: Order) -> int:
    return missing_minor(order) if order.schedule is None else wanted_minor(order)


def missing_minor(order: Order, let_go_minor: int = 0) -> int:
    """What is agreed and neither secured nor being asked for, in minor units; never below zero.

    let_go_minor: what of the money that secures it is about to be let go of.
    Nothing is missing of an order without tenders: it is paid elsewhere.
    """
    if not order.tenders:
        return 0
    asked = sum(r.amount_minor for t in order.tenders for r in t.requests if r.kind is PaymentKind.AUTHORIZE)
    return max(0, to_secure_minor(order) - secured_minor(order) - asked + let_go_minor)


def guard_release(draft: Draft, order: Order, context: Context) -> None:
    """Work that is at a location already is not released while the money for it is missing; a hold sees to that.

    What is at no location needs none: it is not allocated before it is covered. The hold goes when the money comes.
    """
    order = draft.world.order(order.id)
    own = (e for e in order.holds if e.type == PAYMENT and e.placed_by == BY and not is_installment_hold(order, e))
    hold = next(own, None)
    lapsing = _not_renewed(order)
    if lapsing is not None:
        if hold is None:
            reason = f"the authorization of tender {lapsing.number} lapses, and was not renewed"
            draft.tell(order.id, HoldPlaced(_payment_hold(order, reason, context, lapsing.expires_at)))
    elif is_releasable(order):
        if hold is not None:
            draft.tell(order.id, HoldReleased(hold.number, BY, context.now, "the money has come"))
    elif hold is None and units_in(order, Bucket.ALLOCATED):
        draft.tell(order.id, HoldPlaced(_payment_hold(order, "the order is not covered any more", context)))


def _not_renewed(order: Order) -> Tender | None:
    """A tender whose authorization lapses while the provider declines to renew it."""
    for tender in order.tenders:
        if tender.renews and tender.declined and not tender.authorized_minor:
            old = order.tenders[tender.renews - 1]
            if open_authorization(old):
                return old
    return None


def _payment_hold(order: Order, reason: str, context: Context, due_at: datetime | None = None) -> Hold:
    asked = HoldInput(type=PAYMENT, reason=reason, due_at=due_at)
    return msgspec.structs.replace(new_hold(asked, order.holds_placed + 1, context), placed_by=BY)


def _free_tender(order: Order, number: int) -> Tender:
    tender = next((each for each in order.tenders if each.number == number), None)
    if tender is None:
        raise Refused(R.TENDER_UNKNOWN, field="tender", value=number, allowed=[t.number for t in order.tenders])
    if tender.requests:
        request = tender.requests[0]
        raise Refused(R.PAYMENT_UNDER_WAY, field="tender", value=number, kind=request.kind, unblock=tender.provider)
    return tender


def _new_tender(given: TenderInput, number: int) -> Tender:
    for name in ("provider", "method", "token", "reference"):
        check_text(getattr(given, name), f"tender.{name}", 200, required=name == "provider")
    return Tender(
        number=number,
        provider=given.provider,
        method=given.method,
        amount_minor=given.amount_minor,
        token=given.token,
        reference=given.reference,
        authorized_minor=0 if given.state == "requested" else given.amount_minor,
        captured_minor=given.amount_minor if given.state == "captured" else 0,
        expires_at=utc(given.expires_at, field="tender.expires_at") if given.expires_at else None,
    )
