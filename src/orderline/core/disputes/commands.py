"""Requests about disputes. All name their order; `number` is the dispute's own number in it."""

from datetime import datetime

from orderline.core.disputes.state import DisputeStage
from orderline.core.orders.commands import OrderCommand


class TellDispute(OrderCommand, frozen=True, gc=False, kw_only=True, tag="tell_dispute"):
    """A provider tells where a dispute of a tender stands. reference: its name at the provider."""

    tender: int
    reference: str
    stage: DisputeStage
    amount_minor: int
    reason: str = ""
    respond_by: datetime | None = None
    occurred_at: datetime | None = None


class AnswerDispute(OrderCommand, frozen=True, gc=False, kw_only=True, tag="answer_dispute"):
    """Send the evidence that the order holds to the provider: once and for all. note: what is to be said first."""

    dispute: int
    note: str = ""


class AcceptDispute(OrderCommand, frozen=True, gc=False, kw_only=True, tag="accept_dispute"):
    """Let a dispute stand: nobody will answer it. The provider is not told; it decides when its time is over. note: why."""

    dispute: int
    note: str = ""


class RecordEvidence(OrderCommand, frozen=True, gc=False, kw_only=True, tag="record_evidence"):
    """What the provider says to evidence: taken, or refused and why."""

    dispute: int
    key: str
    refused: str = ""
