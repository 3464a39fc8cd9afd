"""Disputes: a customer's bank, or the provider, asks for money back; we answer with evidence, and somebody decides."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Protocol

import msgspec

from orderline.contracts.terms import Currency, Fact, Instant, Minor, Ref, Text
from orderline.values.failures import Trouble


class DisputeState(StrEnum):
    """Where a dispute stands, and with it the money.

    inquiry: a question, no money is taken. opened: the money is taken, an answer is awaited. under_review: answered.
    won: the money is given back. lost: it stays away. closed: an inquiry has come to nothing.
    """

    INQUIRY = "inquiry"
    OPENED = "opened"
    UNDER_REVIEW = "under_review"
    WON = "won"
    LOST = "lost"
    CLOSED = "closed"


class DisputeFact(Fact, frozen=True, kw_only=True, tag="dispute"):
    """What a provider tells of a dispute. `dispute`: its name there, one for the whole case.

    authorization, key: the payment, as in PaymentFact. respond_by: until when evidence is taken.
    """

    dispute: Ref
    state: DisputeState
    amount_minor: Minor
    currency: Currency
    authorization: Ref | None = None
    key: Ref | None = None
    reason: Text = ""
    respond_by: Instant | None = None


class EvidenceFile(msgspec.Struct, frozen=True, kw_only=True):
    """A paper of the evidence: PDF, JPEG or PNG. kind: proof_of_delivery, communication, receipt or other."""

    name: str
    kind: str
    media_type: str
    content: bytes

    def __repr__(self) -> str:
        return f"EvidenceFile(name={self.name!r}, {len(self.content)} bytes)"


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """Our answer to a dispute; what is not known stays empty. summary: what happened, in order, as text."""

    key: str
    dispute: str
    reason: str = ""
    summary: str = ""
    customer_name: str = ""
    customer_email: str = ""
    shipping_address: str = ""
    product: str = ""
    carrier: str = ""
    tracking_number: str = ""
    shipped_on: date | None = None
    files: tuple[EvidenceFile, ...] = ()


class EvidenceTaken(msgspec.Struct, frozen=True, kw_only=True):
    """The provider has our answer; what is decided comes as a fact."""

    key: str
    reference: str = ""


class EvidenceRefused(msgspec.Struct, frozen=True, kw_only=True):
    """The provider does not take it: too late, not disputable, incomplete. `code` is the provider's."""

    key: str
    code: str
    message: str = ""


EvidenceOutcome = EvidenceTaken | EvidenceRefused | Trouble


class Disputing(Protocol):
    """Disputes can be answered through the provider's API: Capability.DISPUTES."""

    async def submit_evidence(self, requests: Sequence[Evidence]) -> list[EvidenceOutcome]:
        """Answer each dispute, once and for all."""
        ...
