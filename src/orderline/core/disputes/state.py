"""Where the disputes of an order stand, and the money with them."""

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec


class DisputeStage(StrEnum):
    """inquiry: a question, no money is taken. opened: taken, an answer is awaited. under_review: answered.

    won: given back. lost: it stays away. closed: an inquiry has come to nothing.
    """

    INQUIRY = "inquiry"
    OPENED = "opened"
    UNDER_REVIEW = "under_review"
    WON = "won"
    LOST = "lost"
    CLOSED = "closed"


# With these the money is with whoever disputes it.
TAKEN = frozenset({DisputeStage.OPENED, DisputeStage.UNDER_REVIEW, DisputeStage.LOST})
# How providers say that whoever holds the card had nothing to do with it: in these words, among others.
_FRAUD: Final = ("fraud", "unauthori", "no cardholder authori")
# With these somebody waits for our answer.
AWAITS = frozenset({DisputeStage.INQUIRY, DisputeStage.OPENED})


class Dispute(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """A dispute of a payment. reference: its name at the provider. respond_by: until when evidence is taken.

    evidence_key: of evidence that was sent and not been answered for. refused: why the last was not taken.
    accepted_at: when a person has let it stand.
    """

    number: int
    tender: int
    reference: str
    stage: DisputeStage
    amount_minor: int
    opened_at: datetime
    moved_at: datetime
    reason: str = ""
    respond_by: datetime | None = None
    evidence_key: str = ""
    answered_at: datetime | None = None
    refused: str = ""
    accepted_at: datetime | None = None


def is_fraud(reason: str) -> bool:
    """Does the reason that a provider gives for a dispute say that it was fraud?"""
    said = reason.lower()
    return any(word in said for word in _FRAUD)


class DisputeAnswer(StrEnum):
    """Where our answer stands: none is asked for, awaited, sent to the provider, taken by it, or there will be none."""

    NONE = "none"
    AWAITED = "awaited"
    SENT = "sent"
    ANSWERED = "answered"
    ACCEPTED = "accepted"


def answer_of(dispute: Dispute) -> DisputeAnswer:
    """Where our answer to a dispute stands."""
    if dispute.evidence_key:
        return DisputeAnswer.SENT
    if dispute.answered_at is not None:
        return DisputeAnswer.ANSWERED
    if dispute.accepted_at is not None:
        return DisputeAnswer.ACCEPTED
    return DisputeAnswer.AWAITED if dispute.stage in AWAITS else DisputeAnswer.NONE


def awaits_answer(dispute: Dispute) -> bool:
    """Is it for us to answer?"""
    return answer_of(dispute) is DisputeAnswer.AWAITED


def disputed_minor(disputes: tuple[Dispute, ...], tender: int) -> int:
    """What of a tender's money is with those who dispute it, in minor units."""
    return sum(each.amount_minor for each in disputes if each.tender == tender and each.stage in TAKEN)
