"""The rules of disputes: what providers tell counts; we answer once, in time."""

from datetime import datetime
from typing import Final

from orderline.core.context import Context
from orderline.core.disputes.commands import AcceptDispute, AnswerDispute, RecordEvidence, TellDispute
from orderline.core.disputes.events import DisputeAccepted, DisputeTold, EvidenceAnswered, EvidenceRequested
from orderline.core.disputes.refusals import DisputeRefusal as R
from orderline.core.disputes.state import Dispute, DisputeAnswer, answer_of, awaits_answer
from orderline.core.orders.guards import check_text, known_order, occurred
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.orders.settle import settle
from orderline.core.orders.state import Order
from orderline.core.world import Draft
from orderline.values.failures import Refused
from orderline.values.time import utc


def decide_tell(draft: Draft, command: TellDispute, context: Context) -> None:
    """Record where a dispute stands, also of an order that is closed: it has happened.

    Refused TENDER_UNKNOWN, PAYMENT_AMOUNT_MISMATCH: the order has no such tender, or none of so much.
    Refused NOTHING_TO_DO: it is known, or older than what is known.
    """
    order = known_order(draft.world, command)
    tender = next((each for each in order.tenders if each.number == command.tender), None)
    if tender is None:
        allowed = [each.number for each in order.tenders]
        raise Refused(OrderRefusal.TENDER_UNKNOWN, field="tender", value=command.tender, allowed=allowed)
    if not 0 <= command.amount_minor <= tender.captured_minor:
        raise Refused(
            OrderRefusal.PAYMENT_AMOUNT_MISMATCH,
            field="amount_minor",
            value=command.amount_minor,
            allowed=tender.captured_minor,
        )
    reference = check_text(command.reference, "reference", 200, required=True)
    known = next((each for each in order.disputes if each.reference == reference), None)
    at = occurred(command.occurred_at, context)
    respond_by = utc(command.respond_by, field="respond_by") if command.respond_by is not None else None
    if known is not None and is_old(known, command, at):
        raise Refused(OrderRefusal.NOTHING_TO_DO, field="stage", value=command.stage.value)
    told = DisputeTold(
        number=known.number if known is not None else len(order.disputes) + 1,
        tender=tender.number,
        reference=reference,
        stage=command.stage,
        amount_minor=command.amount_minor,
        at=at,
        reason=check_text(command.reason, "reason", 500),
        respond_by=respond_by,
    )
    draft.tell(order.id, told)
    settle(draft, order.id, context)


def is_old(known: Dispute, told: TellDispute, at: datetime) -> bool:
    """Does it say nothing new, or what was before?"""
    same = (known.stage, known.amount_minor) == (told.stage, told.amount_minor)
    return (same and told.respond_by in (None, known.respond_by)) or at < known.moved_at


def decide_answer(draft: Draft, command: AnswerDispute, context: Context) -> None:
    """Journal that a dispute is answered; the worker puts the evidence together and sends it.

    Refused DISPUTE_UNKNOWN: the order has none of that number.
    Refused DISPUTE_STATE: nobody waits for our answer, it was given, or the time for it is over.
    """
    order = known_order(draft.world, command)
    dispute = _awaiting(order, command.dispute)
    if dispute.respond_by is not None and dispute.respond_by < context.now:
        raise Refused(R.DISPUTE_STATE, field="number", value=f"due {dispute.respond_by:%Y-%m-%d %H:%M} UTC")
    draft.tell(
        order.id,
        EvidenceRequested(
            number=dispute.number,
            key=f"{order.id}-{dispute.number}-{order.version}-evidence",
            by=context.actor.name,
            at=context.now,
            note=check_text(command.note, "note", 2_000),
        ),
    )


def decide_accept(draft: Draft, command: AcceptDispute, context: Context) -> None:
    """Journal that a dispute is let stand; the money stays where it is until the provider decides.

    Refused DISPUTE_UNKNOWN: the order has none of that number.
    Refused DISPUTE_STATE: nobody waits for our answer, or it was given.
    """
    order = known_order(draft.world, command)
    dispute = _awaiting(order, command.dispute)
    note = check_text(command.note, "note", 2_000)
    draft.tell(order.id, DisputeAccepted(number=dispute.number, by=context.actor.name, at=context.now, note=note))


def decide_record(draft: Draft, command: RecordEvidence, context: Context) -> None:
    """Record what the provider says to our evidence.

    Refused DISPUTE_UNKNOWN: the order has none of that number. NOTHING_TO_DO: there is no evidence of that key under way.
    """
    order = known_order(draft.world, command)
    dispute = _dispute(order, command.dispute)
    if dispute.evidence_key != command.key:
        raise Refused(OrderRefusal.NOTHING_TO_DO, field="key", value=command.key)
    refused = check_text(command.refused, "refused", 500)
    draft.tell(order.id, EvidenceAnswered(number=dispute.number, key=command.key, at=context.now, refused=refused))


def _awaiting(order: Order, number: int) -> Dispute:
    """The dispute, when an answer to it is awaited."""
    dispute = _dispute(order, number)
    if not awaits_answer(dispute):
        answer = answer_of(dispute)
        stage = dispute.stage.value if answer is DisputeAnswer.NONE else answer.value
        raise Refused(R.DISPUTE_STATE, field="number", value=stage, allowed="opened, inquiry")
    return dispute


def _dispute(order: Order, number: int) -> Dispute:
    found = next((each for each in order.disputes if each.number == number), None)
    if found is None:
        allowed = [each.number for each in order.disputes]
        raise Refused(R.DISPUTE_UNKNOWN, field="number", value=number, allowed=allowed)
    return found


RULES: Final = {
    TellDispute: decide_tell,
    AnswerDispute: decide_answer,
    AcceptDispute: decide_accept,
    RecordEvidence: decide_record,
}
