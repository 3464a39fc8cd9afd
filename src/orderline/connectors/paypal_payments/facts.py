"""What PayPal tells and reports: webhook events as facts, transactions of the report as changes of the balance."""

from datetime import UTC, datetime
from typing import Final

import msgspec

from orderline.connectors.paypal_payments.mapping import STATES, S, at_utc, parse_money
from orderline.connectors.paypal_payments.wire import DisputeIn, EventIn, PaymentIn, ReportedIn
from orderline.contracts.disputes import DisputeFact, DisputeState
from orderline.contracts.payments import Operation, PaymentFact, Transaction
from orderline.contracts.settlements import SettlementEntry, SettlementKind

# event                             which operation               what it says; None: the resource's status does
OPERATIONS: Final = {
    "PAYMENT.AUTHORIZATION.CREATED": (Operation.AUTHORIZE,         None),
    "PAYMENT.AUTHORIZATION.VOIDED":  (Operation.VOID,              S.APPROVED),
    "PAYMENT.CAPTURE.COMPLETED":     (Operation.CAPTURE,           S.APPROVED),
    "PAYMENT.CAPTURE.PENDING":       (Operation.CAPTURE,           S.PENDING),
    "PAYMENT.CAPTURE.DENIED":        (Operation.CAPTURE,           S.DECLINED),
    "PAYMENT.CAPTURE.DECLINED":      (Operation.CAPTURE,           S.DECLINED),
    "PAYMENT.CAPTURE.REFUNDED":      (Operation.REFUND,            None),
    "PAYMENT.REFUND.PENDING":        (Operation.REFUND,            S.PENDING),
    "PAYMENT.REFUND.FAILED":         (Operation.REFUND,            S.DECLINED),
    "PAYMENT.CAPTURE.REVERSED":      (Operation.CHARGEBACK,        S.APPROVED),
}  # fmt: skip
DISPUTE_EVENTS: Final = frozenset({"CUSTOMER.DISPUTE.CREATED", "CUSTOMER.DISPUTE.UPDATED", "CUSTOMER.DISPUTE.RESOLVED"})
OURS: Final = frozenset({"RESOLVED_SELLER_FAVOUR", "RESOLVED_WITH_PAYOUT", "CANCELED_BY_BUYER", "DENIED"})
# https://developer.paypal.com/docs/transaction-search/transaction-event-codes
CODES: Final = {
    "T1106": SettlementKind.CHARGEBACK,
    "T1107": SettlementKind.REFUND,
    "T1108": SettlementKind.FEE,
    "T1201": SettlementKind.CHARGEBACK,
    "T1202": SettlementKind.CHARGEBACK_REVERSED,
    "T1207": SettlementKind.FEE,
}
GROUPS: Final = {
    "T00": SettlementKind.CAPTURE,
    "T01": SettlementKind.FEE,
    "T02": SettlementKind.EXCHANGE,
    "T04": SettlementKind.PAYOUT,
}


def parse_event(event: EventIn) -> list[PaymentFact | DisputeFact]:
    """What an event tells; nothing, when it is about what is not ours, or in a shape of long ago."""
    at = at_utc(event.create_time) or datetime.now(UTC)
    if event.event_type in OPERATIONS:
        try:
            payment = msgspec.json.decode(event.resource, type=PaymentIn)
        except msgspec.ValidationError:
            return []
        return [_about_payment(payment, event.event_type, at)] if payment.amount and payment.id else []
    if event.event_type in DISPUTE_EVENTS:
        dispute = msgspec.json.decode(event.resource, type=DisputeIn)
        return [about_dispute(dispute, at)] if dispute.dispute_amount else []
    return []


def parse_listed(event: EventIn) -> list[Transaction]:
    """The operations an event tells of."""
    return [Transaction(**msgspec.structs.asdict(f)) for f in parse_event(event) if isinstance(f, PaymentFact)]


def _about_payment(payment: PaymentIn, event_type: str, at: datetime) -> PaymentFact:
    assert payment.amount is not None
    operation, said = OPERATIONS[event_type]
    state = said or STATES.get(payment.status, S.DECLINED)
    related = payment.supplementary_data.related_ids
    key = payment.custom_id if operation is Operation.REFUND else payment.invoice_id
    own = operation in (Operation.AUTHORIZE, Operation.VOID)
    why = payment.status_details.reason if payment.status_details else ""
    return PaymentFact(
        event_id=f"{operation.value}.{payment.id}.{state.value}",
        operation=operation,
        state=state,
        reference=payment.id,
        amount_minor=parse_money(payment.amount),
        currency=payment.amount.currency_code,
        occurred_at=at,
        key=key or None,
        authorization=payment.id if own else related.authorization_id,
        code=(why or payment.status or "declined").lower() if state is S.DECLINED else "",
        expires_at=at_utc(payment.expiration_time),
    )


def about_dispute(dispute: DisputeIn, at: datetime) -> DisputeFact:
    assert dispute.dispute_amount is not None
    about = dispute.disputed_transactions[0] if dispute.disputed_transactions else None
    state = _dispute_state(dispute)
    return DisputeFact(
        event_id=f"{dispute.dispute_id}.{state.value}",
        dispute=dispute.dispute_id,
        state=state,
        amount_minor=parse_money(dispute.dispute_amount),
        currency=dispute.dispute_amount.currency_code,
        occurred_at=at,
        authorization=about.seller_transaction_id if about else None,
        key=(about.invoice_number or None) if about else None,
        reason=dispute.reason.lower(),
        respond_by=at_utc(dispute.seller_response_due_date),
    )


def _dispute_state(dispute: DisputeIn) -> DisputeState:
    inquiry = dispute.dispute_life_cycle_stage == "INQUIRY"
    if dispute.status == "RESOLVED":
        if dispute.dispute_outcome is None or dispute.dispute_outcome.outcome_code not in OURS:
            return DisputeState.LOST
        return DisputeState.CLOSED if inquiry else DisputeState.WON
    if inquiry:
        return DisputeState.INQUIRY
    answered = dispute.status in ("UNDER_REVIEW", "WAITING_FOR_BUYER_RESPONSE")
    return DisputeState.UNDER_REVIEW if answered else DisputeState.OPENED


def parse_reported(entry: ReportedIn) -> SettlementEntry:
    code, currency = entry.transaction_event_code, entry.transaction_amount.currency_code
    kind = CODES.get(code) or GROUPS.get(code[:3], SettlementKind.ADJUSTMENT)
    gross = parse_money(entry.transaction_amount)
    fee = -parse_money(entry.fee_amount) if entry.fee_amount else 0
    refund = kind is SettlementKind.REFUND
    return SettlementEntry(
        entry=f"{entry.transaction_id}.{code}",
        kind=kind,
        gross_minor=gross,
        fee_minor=fee,
        net_minor=gross - fee,
        currency=currency,
        occurred_at=at_utc(entry.transaction_initiation_date) or datetime.now(UTC),
        reference=entry.transaction_id,
        authorization=entry.paypal_reference_id or None,
        key=(entry.custom_field if refund else entry.invoice_id) or None,
        payout=entry.transaction_id if kind is SettlementKind.PAYOUT else None,
        text=(entry.transaction_subject or code)[:500],
    )
