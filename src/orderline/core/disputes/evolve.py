"""What an event changes in the disputes of an order."""

from typing import assert_never

from msgspec.structs import replace

from orderline.core.disputes.events import (
    AnyDisputeEvent,
    DisputeAccepted,
    DisputeTold,
    EvidenceAnswered,
    EvidenceRequested,
)
from orderline.core.disputes.state import Dispute


def evolve_disputes(disputes: tuple[Dispute, ...], event: AnyDisputeEvent) -> tuple[Dispute, ...]:
    """The disputes of an order after an event."""
    known = next((each for each in disputes if each.number == event.number), None)
    match event:
        case DisputeTold():
            if known is None:
                return (*disputes, _new(event))
            changed = replace(
                known,
                stage=event.stage,
                amount_minor=event.amount_minor,
                moved_at=event.at,
                reason=event.reason or known.reason,
                respond_by=event.respond_by or known.respond_by,
            )
        case EvidenceRequested():
            assert known is not None
            changed = replace(known, evidence_key=event.key, refused="")
        case EvidenceAnswered():
            assert known is not None
            answered_at = known.answered_at if event.refused else event.at
            changed = replace(known, evidence_key="", answered_at=answered_at, refused=event.refused)
        case DisputeAccepted():
            assert known is not None
            changed = replace(known, accepted_at=event.at)
        case _:
            assert_never(event)
    return tuple(changed if each.number == changed.number else each for each in disputes)


def _new(event: DisputeTold) -> Dispute:
    return Dispute(
        number=event.number,
        tender=event.tender,
        reference=event.reference,
        stage=event.stage,
        amount_minor=event.amount_minor,
        opened_at=event.at,
        moved_at=event.at,
        reason=event.reason,
        respond_by=event.respond_by,
    )
