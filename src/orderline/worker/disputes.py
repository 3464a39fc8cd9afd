"""Disputes: the evidence that an order holds, sent to the provider that asks for it."""

from collections.abc import Sequence
from typing import Any, Final

from orderline.contracts.disputes import Evidence, EvidenceOutcome, EvidenceRefused
from orderline.contracts.registry import Capability, Kind
from orderline.contracts.terms import Recipient
from orderline.core.disputes.commands import RecordEvidence
from orderline.core.disputes.events import EvidenceRequested
from orderline.core.disputes.evidence import delivered_parcel, summary, timeline
from orderline.core.disputes.state import Dispute
from orderline.core.orders.events import AnyOrderEvent
from orderline.core.orders.state import Order
from orderline.engine.journaled import journaled
from orderline.engine.recipients import recipient_of
from orderline.store.jobs import Job
from orderline.store.working import load_people
from orderline.values.failures import Trouble
from orderline.worker.work import Work, order_of

NOT_TAKEN: Final = "the connector can't take evidence: answer at the provider"


async def answer_disputes(work: Work, jobs: Sequence[Job]) -> None:
    """Send the evidence of each dispute whose answer was asked for; the key makes it count once."""
    orders = await work.orders(jobs)
    for job in jobs:
        order = orders.get(order_of(job))
        dispute = order.disputes[job.body.dispute - 1] if order is not None else None
        if order is None or dispute is None or dispute.evidence_key != job.body.key:
            await work.finish([job])
        else:
            work.spawn([job], _answer(work, job, order, dispute))


async def _answer(work: Work, job: Job, order: Order, dispute: Dispute) -> None:
    provider = order.tenders[dispute.tender - 1].provider
    partner = work.partners.partner(Kind.PAYMENTS, provider, test=job.body.test)
    if not partner.can(Capability.DISPUTES) or partner.connector is None:
        await _record(work, job, order, dispute, NOT_TAKEN)
        return
    events = await work.read(journaled, work.database, order)
    groups = order.agreement.groups
    people = await work.read(load_people, work.database, {groups[0].recipient} if groups else set())
    recipient = recipient_of(groups[0], people) if groups else None
    evidence = evidence_of(order, dispute, events, recipient)

    async def ask(contract: Any) -> list[EvidenceOutcome]:
        return await contract.submit_evidence([evidence])

    outcomes = await work.call(partner, [job], ask)
    if outcomes is None:
        return
    [outcome] = outcomes
    if isinstance(outcome, Trouble):
        # Sent again under the same key, it counts once.
        await work.fail([job], outcome)
    else:
        refused = f"{outcome.code}: {outcome.message}".strip(": ") if isinstance(outcome, EvidenceRefused) else ""
        await _record(work, job, order, dispute, refused)


async def _record(work: Work, job: Job, order: Order, dispute: Dispute, refused: str) -> None:
    command = RecordEvidence(order=order.id, dispute=dispute.number, key=job.body.key, refused=refused[:500])
    await work.submit([(job, command)])


def evidence_of(
    order: Order, dispute: Dispute, events: Sequence[AnyOrderEvent], recipient: Recipient | None
) -> Evidence:
    """What the order says for us, in the contract's words."""
    asked = [each for each in events if isinstance(each, EvidenceRequested) and each.number == dispute.number]
    parcel = delivered_parcel(order)
    shipment = order.shipments[parcel.shipment - 1] if parcel is not None and parcel.shipment is not None else None
    to = recipient or Recipient(country="ZZ")
    address = ", ".join(part for part in (*to.lines, to.postal_code, to.city, to.region, to.country) if part)
    return Evidence(
        key=dispute.evidence_key,
        dispute=dispute.reference,
        reason=dispute.reason,
        summary=summary(timeline(order, events), asked[-1].note if asked else ""),
        customer_name=to.name,
        customer_email=to.email,
        shipping_address=address if recipient is not None else "",
        product=", ".join(f"{each.quantity} x {each.description or each.sku}" for each in order.agreement.lines),
        carrier=parcel.carrier if parcel is not None else "",
        tracking_number=parcel.tracking_number if parcel is not None else "",
        shipped_on=shipment.handed_over_at.date() if shipment is not None else None,
    )
