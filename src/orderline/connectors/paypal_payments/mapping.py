"""PayPal's messages and ours: pure translation.

A capture carries our key as its `invoice_id`, a refund as its `custom_id`: `key`, or `key,2` for a part of a refund that
takes several captures. Nobody but us writes either.
"""

from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from orderline.connectors.amounts import Scale
from orderline.connectors.paypal_payments.wire import ErrorIn, MoneyIn, PaymentIn, PaymentsIn
from orderline.contracts.disputes import Evidence
from orderline.contracts.payments import (
    Approved,
    Capture,
    Declined,
    Operation,
    PaymentAnswer,
    Pending,
    Refund,
    Transaction,
    TransactionState,
)

# https://developer.paypal.com/api/rest/reference/currency-codes: these take no decimals.
SCALE: Final = Scale({"HUF": 0, "JPY": 0, "TWD": 0}, {})
S = TransactionState
# status of what we asked for: done, or still to be decided; any other is a no
STATES: Final = {
    "CREATED": S.APPROVED,
    "CAPTURED": S.APPROVED,
    "PARTIALLY_CAPTURED": S.APPROVED,
    "VOIDED": S.APPROVED,
    "COMPLETED": S.APPROVED,
    "PARTIALLY_REFUNDED": S.APPROVED,
    "REFUNDED": S.APPROVED,
    "PENDING": S.PENDING,
}
CARRIERS: Final = {
    "ups": "UPS",
    "usps": "USPS",
    "fedex": "FEDEX",
    "dhl": "DHL",
    "gls": "GLS",
    "dpd": "DPD",
    "tnt": "TNT",
}
Body = dict[str, Any]


class Part(NamedTuple):
    """What a refund takes of one capture."""

    capture: str
    amount_minor: int
    custom_id: str


def render_money(minor: int, currency: str) -> Body:
    return {"currency_code": currency, "value": SCALE.render(minor, currency)}


def parse_money(money: MoneyIn) -> int:
    return SCALE.parse(money.value, money.currency_code)


def render_capture(request: Capture) -> Body:
    return {
        "amount": render_money(request.amount_minor, request.currency),
        "invoice_id": request.key,
        "final_capture": request.final,
    }


def render_refund(part: Part, request: Refund) -> Body:
    body: Body = {
        "amount": render_money(part.amount_minor, request.currency),
        "custom_id": part.custom_id,
        "invoice_id": part.custom_id,
    }
    return {**body, "note_to_payer": request.reason[:255]} if request.reason else body


def plan_refund(request: Refund, payments: PaymentsIn) -> list[Part]:
    """Which captures a refund takes, the first ones first; empty: there is not so much left.

    What has been sent back under the same key counts as not sent: the plan is the same when it is made again.
    """
    other = [each for each in payments.refunds if not is_ours(each, request.key)]
    takes: list[tuple[str, int]] = []
    due = request.amount_minor
    for capture in payments.captures:
        if STATES.get(capture.status) is not S.APPROVED or capture.amount is None:
            continue
        back = sum(parse_money(r.amount) for r in other if r.amount and _counts(r) and capture_of(r) == capture.id)
        take = min(due, parse_money(capture.amount) - back)
        if take > 0:
            takes.append((capture.id, take))
            due -= take
    if due > 0:
        return []
    if len(takes) == 1:
        return [Part(*takes[0], request.key)]
    return [Part(capture, take, f"{request.key},{number}") for number, (capture, take) in enumerate(takes, 1)]


def is_ours(refund: PaymentIn, key: str) -> bool:
    """Is it the refund of that key, or a part of it?"""
    return (refund.custom_id or "").partition(",")[0] == key


def capture_of(refund: PaymentIn) -> str:
    """The capture that a refund has sent back, from its link upwards."""
    up = next((each.href for each in refund.links if each.rel == "up"), "")
    return up.rpartition("/")[2] or refund.supplementary_data.related_ids.capture_id or ""


def _counts(refund: PaymentIn) -> bool:
    return refund.status not in ("FAILED", "CANCELLED")


# Each kind of our papers as PayPal calls it.
EVIDENCE: Final = {"proof_of_delivery": "DELIVERY_RECEIPT", "receipt": "DETAILS_OF_PURCHASE"}


def render_evidence(evidence: Evidence) -> Body:
    """The evidence that goes with the files."""
    tracked: Body = {"evidence_type": "PROOF_OF_FULFILLMENT", "notes": evidence.summary[:2_000]}
    if evidence.tracking_number:
        name = CARRIERS.get(evidence.carrier.lower())
        about = {"carrier_name": name} if name else {"carrier_name": "OTHER", "carrier_name_other": evidence.carrier}
        tracked["evidence_info"] = {"tracking_info": [{**about, "tracking_number": evidence.tracking_number}]}
    papers = [
        {"evidence_type": EVIDENCE.get(file.kind, "OTHER"), "documents": [{"name": file.name}]}
        for file in evidence.files
    ]
    return {"evidences": [tracked, *papers]}


def parse_answer(key: str, payment: PaymentIn, amount_minor: int | None = None) -> PaymentAnswer:
    """What came of an operation. amount_minor: what counts of it, where that is less than PayPal says."""
    state = STATES.get(payment.status, S.DECLINED)
    if state is S.PENDING:
        return Pending(key=key, reference=payment.id)
    if state is S.DECLINED or payment.amount is None:
        why = payment.status_details.reason if payment.status_details else ""
        return Declined(key=key, code=(why or payment.status or "declined").lower(), reference=payment.id or None)
    told = parse_money(payment.amount)
    return Approved(
        key=key,
        reference=payment.id,
        amount_minor=told if amount_minor is None else min(told, amount_minor),
        currency=payment.amount.currency_code,
        expires_at=at_utc(payment.expiration_time),
        final=payment.final_capture,
    )


def parse_declined(key: str, error: ErrorIn) -> Declined:
    message = next((each.description for each in error.details if each.description), error.message)
    return Declined(key=key, code=(error.issue or "declined").lower()[:200], message=message[:500])


def transaction(payment: PaymentIn, operation: Operation, key: str | None, authorization: str) -> Transaction:
    """An operation as PayPal has it, as an answer to a question."""
    state = STATES.get(payment.status, S.DECLINED)
    money = payment.amount
    return Transaction(
        event_id=f"{operation.value}.{payment.id}.{state.value}",
        operation=operation,
        state=state,
        reference=payment.id,
        amount_minor=parse_money(money) if money else 0,
        currency=money.currency_code if money else "XXX",
        occurred_at=at_utc(payment.create_time) or datetime(2000, 1, 1, tzinfo=UTC),
        key=key,
        authorization=authorization or None,
        code=payment.status.lower() if state is S.DECLINED else "",
        expires_at=at_utc(payment.expiration_time),
    )


def at_utc(when: datetime | None) -> datetime | None:
    if when is None:
        return None
    return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)
