"""What an event changes in the tenders of an order."""

from typing import Final, assert_never

from msgspec.structs import replace

from orderline.core.orders.events import (
    PaymentAnswered,
    PaymentRequested,
    PaymentWithdrawn,
    TenderAdded,
    TenderGivenUp,
    TenderRetried,
)
from orderline.core.orders.state import PaymentKind, PaymentRequest, Tender
from orderline.core.tenders.events import RefundReversed
from orderline.core.tenders.state import SentBack

AnyTenderEvent = (
    TenderAdded | TenderRetried | TenderGivenUp | PaymentRequested | PaymentAnswered | PaymentWithdrawn | RefundReversed
)

_CONFIRMED: Final = {
    PaymentKind.AUTHORIZE: "authorized_minor",
    PaymentKind.CAPTURE: "captured_minor",
    PaymentKind.VOID: "voided_minor",
    PaymentKind.REFUND: "refunded_minor",
}


def evolve_tenders(tenders: tuple[Tender, ...], event: AnyTenderEvent) -> tuple[Tender, ...]:
    """The tenders of an order after an event."""
    if isinstance(event, TenderAdded):
        return (*tenders, event.tender)
    changed = _changed(tenders[event.tender - 1], event)
    return tuple(changed if each.number == changed.number else each for each in tenders)


def _changed(
    tender: Tender,
    event: TenderRetried | TenderGivenUp | PaymentRequested | PaymentAnswered | PaymentWithdrawn | RefundReversed,
) -> Tender:
    match event:
        case TenderRetried():
            return replace(tender, declined="")
        case TenderGivenUp():
            return replace(tender, declined="", given_up=event.reason)
        case PaymentRequested():
            request = PaymentRequest(event.key, event.kind, event.amount_minor, event.at)
            return replace(tender, requests=(*tender.requests, request))
        case PaymentAnswered():
            return _answered(tender, event)
        case PaymentWithdrawn():
            return replace(tender, requests=_without(tender, event.key))
        case RefundReversed():
            return _reversed(tender, event)
        case _:
            assert_never(event)


def _answered(tender: Tender, event: PaymentAnswered) -> Tender:
    if event.in_doubt:
        doubted = tuple(replace(r, in_doubt=True) if r.key == event.key else r for r in tender.requests)
        return replace(tender, requests=doubted)
    if event.kind is PaymentKind.EXTEND:
        return _extended(tender, event)
    if event.declined:
        return replace(tender, requests=_without(tender, event.key), declined=event.declined)
    field = _CONFIRMED[event.kind]
    came = (event.reference,) if event.through and event.kind is PaymentKind.CAPTURE else ()
    # What is captured, let go of or given back later is named by the authorization; its own name is in the journal.
    named = event.reference if event.kind is PaymentKind.AUTHORIZE or not tender.reference else ""
    goodwill = event.goodwill_minor if event.kind is PaymentKind.AUTHORIZE else -event.goodwill_minor
    return replace(
        tender,
        goodwill_minor=tender.goodwill_minor + goodwill,
        requests=_without(tender, event.key),
        reference=named or tender.reference,
        expires_at=event.expires_at or tender.expires_at,
        declined="",
        received=(*tender.received, *came),
        **{field: getattr(tender, field) + event.amount_minor},
    )


def _extended(tender: Tender, event: PaymentAnswered) -> Tender:
    """Held longer, maybe under another name; or not, and nothing is lost by having asked. It ends when the provider says."""
    requests = _without(tender, event.key)
    if event.declined:
        return replace(tender, requests=requests)
    held = max(event.amount_minor, tender.captured_minor + tender.voided_minor)
    reference = event.reference or tender.reference
    return replace(tender, requests=requests, authorized_minor=held, reference=reference, expires_at=event.expires_at)


def _reversed(tender: Tender, event: RefundReversed) -> Tender:
    """As if it had been declined: where it was sent to does not take it."""
    back = SentBack(event.reference, event.amount_minor, event.at, event.key)
    return replace(
        tender,
        refunded_minor=tender.refunded_minor - event.amount_minor,
        declined=event.reason or "refund_reversed",
        sent_back=(*tender.sent_back, back),
    )


def _without(tender: Tender, key: str) -> tuple[PaymentRequest, ...]:
    return tuple(request for request in tender.requests if request.key != key)
