"""Stripe's messages and ours: pure translation.

Our key goes into the metadata: `orderline_key` of the PaymentIntent that an authorization makes and of a refund. A
capture has no object of its own; it leaves a mark in the PaymentIntent's metadata, with its key and amount.
"""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from orderline.connectors.amounts import Scale
from orderline.connectors.stripe_payments.wire import (
    ChargeIn,
    ErrorIn,
    Form,
    IntentIn,
    RefundIn,
)
from orderline.contracts.disputes import Evidence
from orderline.contracts.payments import (
    Approved,
    Authorize,
    Capture,
    Declined,
    PaymentAnswer,
    Pending,
    Refund,
    TransactionState,
)

# https://docs.stripe.com/currencies: zero-decimal where ISO has digits, and two for some that have none;
# three-decimal amounts end in a zero.
SCALE: Final = Scale(
    {"MGA": 0, "ISK": 2, "UGX": 2},
    {"BHD": 10, "JOD": 10, "KWD": 10, "OMR": 10, "TND": 10, "ISK": 100, "UGX": 100},
)
KEY: Final = "orderline_key"
ORDER: Final = "orderline_order"
MARK: Final = "orderline_capture_"
# Where Stripe does not say when an authorization lapses, a card's lasts this long.
LASTS: Final = timedelta(days=7)

S = TransactionState


def form_pairs(form: Form, prefix: str = "") -> Iterator[tuple[str, str]]:
    """A nested form as Stripe takes it: `metadata[orderline_key]`, `expand[0]`."""
    for name, value in form.items():
        full = f"{prefix}[{name}]" if prefix else name
        if isinstance(value, dict):
            yield from form_pairs(value, full)
        elif isinstance(value, list | tuple):
            yield from form_pairs({str(n): each for n, each in enumerate(value)}, full)
        elif isinstance(value, bool):
            yield full, "true" if value else "false"
        elif value is not None:
            yield full, str(value)


def render_authorization(request: Authorize, *, multicapture: bool) -> Form:
    """A PaymentIntent, confirmed at once. token: `pm_...`, or `cus_.../pm_...` for a method kept for a customer."""
    customer, _, method = request.token.rpartition("/")
    form: Form = {
        "amount": SCALE.to_vendor(request.amount_minor, request.currency),
        "currency": request.currency.lower(),
        "payment_method": method,
        "capture_method": "automatic" if request.capture else "manual",
        "confirm": True,
        "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        "description": request.order_number,
        "metadata": {KEY: request.key, ORDER: request.order_number},
        "expand": ["latest_charge"],
    }
    if customer:
        form |= {"customer": customer, "off_session": True}
    else:
        form["error_on_requires_action"] = True
    if multicapture and not request.capture:
        form["payment_method_options"] = {"card": {"request_multicapture": "if_available"}}
    return form


def render_capture(request: Capture, *, multicapture: bool) -> Form:
    amount = SCALE.to_vendor(request.amount_minor, request.currency)
    form: Form = {"amount_to_capture": amount, "metadata": {mark_of(request.key): f"{request.key} {amount}"}}
    return {**form, "final_capture": request.final} if multicapture else form


def render_refund(request: Refund) -> Form:
    about = "charge" if request.reference.startswith(("ch_", "py_")) else "payment_intent"
    metadata = {KEY: request.key, **({"reason": request.reason[:500]} if request.reason else {})}
    amount = SCALE.to_vendor(request.amount_minor, request.currency)
    return {about: request.reference, "amount": amount, "metadata": metadata}


def render_evidence(evidence: Evidence, files: dict[str, str]) -> Form:
    """files: ids of uploaded files by the field of the evidence they stand in."""
    told: Form = {
        "customer_name": evidence.customer_name,
        "customer_email_address": evidence.customer_email,
        "product_description": evidence.product[:20_000],
        "shipping_address": evidence.shipping_address,
        "shipping_carrier": evidence.carrier,
        "shipping_tracking_number": evidence.tracking_number,
        "shipping_date": evidence.shipped_on.isoformat() if evidence.shipped_on else "",
        "uncategorized_text": evidence.summary[:20_000],
        **files,
    }
    return {"evidence": {name: value for name, value in told.items() if value}, "submit": True}


def mark_of(key: str) -> str:
    """The name of a capture's mark: at most 40 characters."""
    return MARK + hashlib.sha256(key.encode()).hexdigest()[:16]


def marks_in(intent: IntentIn) -> list[tuple[str, int]]:
    """(our key, amount in Stripe's units) of the captures we have made."""
    found: list[tuple[str, int]] = []
    for name, value in sorted((intent.metadata or {}).items()):
        key, _, amount = value.rpartition(" ")
        if name.startswith(MARK) and key and amount.isdecimal():
            found.append((key, int(amount)))
    return found


def parse_authorized(key: str, intent: IntentIn) -> PaymentAnswer:
    if intent.status in ("requires_capture", "succeeded"):
        return Approved(
            key=key,
            reference=intent.id,
            amount_minor=to_minor(intent.amount, intent.currency),
            currency=intent.currency.upper(),
            expires_at=expires_of(intent),
        )
    if intent.status == "processing":
        return Pending(key=key, reference=intent.id)
    return parse_declined(key, intent.last_payment_error or ErrorIn(code=NEEDED.get(intent.status, intent.status)))


NEEDED: Final = {"requires_action": "authentication_required", "requires_payment_method": "payment_method_required"}


def parse_captured(request: Capture, intent: IntentIn) -> PaymentAnswer:
    return Approved(
        key=request.key,
        reference=intent.charge or intent.id,
        amount_minor=request.amount_minor,
        currency=intent.currency.upper(),
        final=intent.amount_capturable == 0,
    )


def parse_voided(key: str, intent: IntentIn) -> PaymentAnswer:
    let_go = intent.amount - intent.amount_received
    currency = intent.currency.upper()
    return Approved(
        key=key, reference=intent.id, amount_minor=to_minor(let_go, currency), currency=currency, final=True
    )


def parse_refunded(key: str, refund: RefundIn) -> PaymentAnswer:
    state = refund_state(refund)
    if state is S.PENDING:
        return Pending(key=key, reference=refund.id)
    if state is S.DECLINED:
        return Declined(key=key, code=refund.failure_reason or f"refund_{refund.status}", reference=refund.id)
    currency = refund.currency.upper()
    amount = to_minor(refund.amount, currency)
    return Approved(key=key, reference=refund.id, amount_minor=amount, currency=currency)


def parse_declined(key: str, error: ErrorIn) -> Declined:
    code = error.decline_code or error.code or error.type or "declined"
    reference = error.payment_intent.id if error.payment_intent else None
    return Declined(key=key, code=code[:200], message=(error.message or "")[:500], reference=reference)


def refund_state(refund: RefundIn) -> TransactionState:
    if refund.status in ("pending", "requires_action"):
        return S.PENDING
    return S.DECLINED if refund.status in ("failed", "canceled") else S.APPROVED


def instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def to_minor(amount: int, currency: str) -> int:
    return SCALE.to_minor(amount, currency.upper())


def expires_of(intent: IntentIn) -> datetime | None:
    if intent.capture_method != "manual":
        return None
    details = intent.latest_charge.payment_method_details if isinstance(intent.latest_charge, ChargeIn) else None
    before = details.card.capture_before if details and details.card else None
    return instant(before) if before else instant(intent.created) + LASTS
