"""What has happened to a dispute."""

from datetime import datetime

from orderline.core.disputes.state import DisputeStage
from orderline.core.orders.facts import OrderEvent


class DisputeTold(OrderEvent, frozen=True, gc=False, omit_defaults=True, tag="dispute_told", kw_only=True):
    """A provider tells where a dispute of a payment stands; the first time it is new."""

    number: int
    tender: int
    reference: str
    stage: DisputeStage
    amount_minor: int
    at: datetime
    reason: str = ""
    respond_by: datetime | None = None


class EvidenceRequested(OrderEvent, frozen=True, gc=False, omit_defaults=True, tag="evidence_requested", kw_only=True):
    """A dispute is to be answered; the key is written down before the provider is called."""

    number: int
    key: str
    by: str
    at: datetime
    note: str = ""


class DisputeAccepted(OrderEvent, frozen=True, gc=False, omit_defaults=True, tag="dispute_accepted", kw_only=True):
    """A person lets a dispute stand: it is not answered."""

    number: int
    by: str
    at: datetime
    note: str = ""


class EvidenceAnswered(OrderEvent, frozen=True, gc=False, omit_defaults=True, tag="evidence_answered", kw_only=True):
    """The provider has our evidence, or refuses it: `refused` says why."""

    number: int
    key: str
    at: datetime
    refused: str = ""


AnyDisputeEvent = DisputeTold | EvidenceRequested | EvidenceAnswered | DisputeAccepted
