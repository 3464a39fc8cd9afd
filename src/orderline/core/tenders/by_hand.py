"""Money that people say has come or gone: by the bank, on terms, or where a provider could not give it back."""

from collections.abc import Iterable
from typing import Any, Final, Literal

from orderline.core.context import Context
from orderline.core.credits.goodwill import goodwill_returned, most_as_money
from orderline.core.credits.granting import give_back
from orderline.core.credits.state import KIND, account_of
from orderline.core.ledger.posting import BANK, STORE_CREDIT
from orderline.core.limits import check_money
from orderline.core.orders.commands import OrderCommand
from orderline.core.orders.events import PaymentWithdrawn, TenderAdded
from orderline.core.orders.guards import check_text, known_order
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.settle import settle
from orderline.core.orders.state import PaymentKind, PaymentRequest, Tender
from orderline.core.records import RecordCommand, RecordKey
from orderline.core.tenders.paying_again import guard_release, missing_minor
from orderline.core.tenders.rules import TERMS, is_owed_by_hand
from orderline.core.tenders.sums import (
    answer_now,
    net_due_minor,
    open_authorization,
    refundable_minor,
    request_payment,
    returnable_minor,
)
from orderline.core.world import Draft
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from orderline.values.money import MAX_MINOR

METHOD: Final = "bank_transfer"


class ReceivePayment(OrderCommand, frozen=True, gc=False, kw_only=True, tag="receive_payment"):
    """Money for an order has come to the bank: all that is owed, a part of it, or more.

    reference: the bank's name for the payment; told twice it has one effect. More than is owed is to be given back.
    """

    amount_minor: int
    currency: str
    reference: str


class SettleRefund(OrderCommand, RecordCommand, frozen=True, gc=False, kw_only=True, tag="settle_refund"):
    """Money that could not be given back to a tender went back another way.

    to: by the bank, with its reference; or to the customer's store credit. amount_minor: all of it, when not given.
    """

    tender: int
    to: Literal["bank", "store_credit"]
    amount_minor: int | None = None
    reference: str = ""

    def records(self) -> Iterable[RecordKey]:
        """The credit account that may take the money."""
        return ((KIND, account_of(self.order)),)

    def orders(self) -> Iterable[OrderId]:
        """The order alone."""
        return (self.order,)


def decide_receive_payment(draft: Draft, command: ReceivePayment, context: Context) -> None:
    """Record money that came to the bank.

    Refused CURRENCY_MISMATCH, AMOUNT_OUT_OF_RANGE; PAYMENT_KNOWN: a payment of that reference was recorded. MONEY_LIMIT.
    """
    order = known_order(draft.world, command)
    if command.currency != order.currency:
        raise Refused(R.CURRENCY_MISMATCH, field="currency", value=command.currency[:10], allowed=order.currency)
    if not 0 < command.amount_minor <= MAX_MINOR:
        allowed = f"from 1 to {MAX_MINOR}"
        raise Refused(R.AMOUNT_OUT_OF_RANGE, field="amount_minor", value=command.amount_minor, allowed=allowed)
    check_money(context.limits, "payments", command.amount_minor, order.currency)
    reference = check_text(command.reference, "reference", 200, required=True)
    if any(reference in tender.received for tender in order.tenders):
        raise Refused(R.PAYMENT_KNOWN, field="reference", value=reference)
    tender = next((each for each in order.tenders if each.provider == TERMS and not each.given_up), None)
    if tender is None:
        # An order without tenders was trusted to be paid: that does not change when a part of it is.
        trusted = net_due_minor(order) if not order.tenders else missing_minor(order)
        amount = max(trusted, command.amount_minor)
        promised = trusted if not order.tenders else 0
        tender = Tender(len(order.tenders) + 1, TERMS, METHOD, amount, authorized_minor=promised)
        draft.tell(order.id, TenderAdded(tender))
    _collect(draft, order.id, tender.number, command.amount_minor, reference, context)
    settle(draft, order.id, context)
    guard_release(draft, order, context)


def _collect(draft: Draft, id_: OrderId, number: int, amount: int, reference: str, context: Context) -> None:
    """What came is promised as well, as far as it was not, so that no more is captured than that."""
    asked = [r for r in draft.world.order(id_).tenders[number - 1].requests if r.kind is PaymentKind.AUTHORIZE]
    for request in asked:
        _withdraw(draft, id_, number, request, context)
    tender = draft.world.order(id_).tenders[number - 1]
    rest = sum(request.amount_minor for request in asked) - amount
    beyond = amount - open_authorization(tender)
    if beyond > 0:
        _ask_and_answer(draft, id_, number, PaymentKind.AUTHORIZE, beyond, context)
    _ask_and_answer(draft, id_, number, PaymentKind.CAPTURE, amount, context, reference=reference, through=BANK)
    if rest > 0:
        order = draft.world.order(id_)
        request_payment(draft, order, order.tenders[number - 1], PaymentKind.AUTHORIZE, rest, context)


def decide_settle_refund(draft: Draft, command: SettleRefund, context: Context) -> None:
    """Record what went back another way.

    Refused TENDER_UNKNOWN; NOTHING_TO_DO: its provider did not decline, and it was not paid by the bank.
    Refused PAYMENT_UNDER_WAY: a provider was asked, and may do it. AMOUNT_OUT_OF_RANGE: it is more than is owed back, or
    would give out as money what nobody has paid for. MONEY_LIMIT: who records it may not record so much.
    """
    order = known_order(draft.world, command)
    tender = next((each for each in order.tenders if each.number == command.tender), None)
    if tender is None:
        allowed = [each.number for each in order.tenders]
        raise Refused(R.TENDER_UNKNOWN, field="tender", value=command.tender, allowed=allowed)
    if not is_owed_by_hand(tender):
        raise Refused(R.NOTHING_TO_DO, field="tender", value=tender.number)
    reference = check_text(command.reference, "reference", 200, required=command.to == BANK)
    asked = [request for request in tender.requests if request.kind is PaymentKind.REFUND]
    if tender.requests and (tender.provider != TERMS or not asked):
        raise Refused(R.PAYMENT_UNDER_WAY, field="tender", value=tender.number, unblock=tender.provider)
    for request in asked:
        _withdraw(draft, order.id, tender.number, request, context)
    order = draft.world.order(order.id)
    most = min(refundable_minor(order), returnable_minor(order, order.tenders[tender.number - 1]))
    if command.to == BANK:
        most = min(most, most_as_money(order, order.tenders[tender.number - 1]))
    amount = most if command.amount_minor is None else command.amount_minor
    if not 0 < amount <= most:
        raise Refused(R.AMOUNT_OUT_OF_RANGE, field="amount_minor", value=amount, allowed=f"from 1 to {most}")
    check_money(context.limits, "refunds", amount, order.currency)
    goodwill, through = 0, str(command.to)
    if command.to == STORE_CREDIT:
        goodwill = goodwill_returned(order, order.tenders[tender.number - 1], amount)
        account = give_back(draft, order.id, amount, goodwill, context)
        reference, through = account.id, account.kind.value
    _ask_and_answer(
        draft, order.id, tender.number, PaymentKind.REFUND, amount, context, reference=reference, through=through,
        goodwill=goodwill,
    )  # fmt: skip
    settle(draft, order.id, context)


def _ask_and_answer(
    draft: Draft, id_: OrderId, number: int, kind: PaymentKind, amount: int, context: Context, *, reference: str = "",
    through: str = "", goodwill: int = 0,
) -> None:  # fmt: skip
    order = draft.world.order(id_)
    request_payment(draft, order, order.tenders[number - 1], kind, amount, context)
    answer_now(
        draft, draft.world.order(id_), number, context, reference=reference, through=through, goodwill_minor=goodwill
    )


def _withdraw(draft: Draft, id_: OrderId, number: int, request: PaymentRequest, context: Context) -> None:
    withdrawn = PaymentWithdrawn(
        tender=number, key=request.key, kind=request.kind, amount_minor=request.amount_minor, at=context.now,
        reason="settled by hand",
    )  # fmt: skip
    draft.tell(id_, withdrawn)


RULES: Final[dict[type, Any]] = {ReceivePayment: decide_receive_payment, SettleRefund: decide_settle_refund}
