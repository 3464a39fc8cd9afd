"""Record what payment providers answer."""

from orderline.core.context import Context
from orderline.core.orders.commands import AnswerPayment
from orderline.core.orders.events import PaymentAnswered
from orderline.core.orders.guards import check_text, known_order, occurred
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.settle import settle
from orderline.core.orders.state import PaymentKind
from orderline.core.tenders.paying_again import guard_release
from orderline.core.tenders.renewing import extended, renewed
from orderline.core.world import Draft
from orderline.values.failures import Refused
from orderline.values.time import utc


def decide_answer_payment(draft: Draft, command: AnswerPayment, context: Context) -> None:
    """Record a provider's answer to a journaled request.

    Refused TENDER_UNKNOWN, PAYMENT_REQUEST_UNKNOWN: it was never asked, or was answered before.
    Refused PAYMENT_AMOUNT_MISMATCH: the answer is about more than was asked, or confirms nothing.
    """
    order = known_order(draft.world, command)
    tender = next((each for each in order.tenders if each.number == command.tender), None)
    if tender is None:
        raise Refused(R.TENDER_UNKNOWN, field="tender", value=command.tender, allowed=[t.number for t in order.tenders])
    request = next((r for r in tender.requests if r.key == command.key and r.kind is command.kind), None)
    if request is None:
        raise Refused(
            R.PAYMENT_REQUEST_UNKNOWN, field="key", value=command.key, allowed=[r.key for r in tender.requests]
        )
    least = 0 if command.declined or command.in_doubt else 1
    if not least <= command.amount_minor <= request.amount_minor:
        raise Refused(
            R.PAYMENT_AMOUNT_MISMATCH, field="amount_minor", value=command.amount_minor, allowed=request.amount_minor
        )
    answer = PaymentAnswered(
        tender=tender.number,
        key=command.key,
        kind=command.kind,
        amount_minor=command.amount_minor,
        at=occurred(command.occurred_at, context),
        reference=check_text(command.reference, "reference", 200),
        declined=check_text(command.declined, "declined", 200),
        in_doubt=command.in_doubt,
        expires_at=utc(command.expires_at, field="expires_at") if command.expires_at is not None else None,
    )
    draft.tell(order.id, answer)
    if tender.renews and answer.kind is PaymentKind.AUTHORIZE:
        renewed(draft, draft.world.order(order.id), tender.number, context)
    if answer.kind is PaymentKind.EXTEND and answer.declined:
        extended(draft, draft.world.order(order.id), tender.number, context)
    settle(draft, order.id, context)
    guard_release(draft, order, context)
