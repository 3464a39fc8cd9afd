"""What Stripe tells, lists and answers when it is asked, as ours: pure translation."""

from collections.abc import Iterator
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final

import msgspec

from orderline.connectors.stripe_payments.mapping import (
    KEY,
    expires_of,
    instant,
    marks_in,
    parse_authorized,
    refund_state,
    to_minor,
)
from orderline.connectors.stripe_payments.wire import (
    BalanceEntryIn,
    DisputeIn,
    ErrorIn,
    EventIn,
    IntentIn,
    RefundIn,
    Source,
)
from orderline.contracts.disputes import DisputeFact, DisputeState
from orderline.contracts.payments import (
    Approved,
    Declined,
    Operation,
    PaymentFact,
    Pending,
    Transaction,
    TransactionState,
)
from orderline.contracts.settlements import SettlementEntry, SettlementKind
from orderline.values.money import CURRENCY_DIGITS

# Rates are told with some digits; what they make of an amount is right but for one part in so many.
ROUNDED: Final = 10_000
EVENTS: Final = (
    "payment_intent.amount_capturable_updated",
    "payment_intent.succeeded",
    "payment_intent.canceled",
    "payment_intent.payment_failed",
    "charge.refund.updated",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
)
REFUND_EVENTS: Final = frozenset({"charge.refund.updated", "refund.created", "refund.updated", "refund.failed"})
DISPUTES: Final = {
    "warning_needs_response": DisputeState.INQUIRY,
    "warning_under_review": DisputeState.INQUIRY,
    "warning_closed": DisputeState.CLOSED,
    "needs_response": DisputeState.OPENED,
    "under_review": DisputeState.UNDER_REVIEW,
    "won": DisputeState.WON,
    "lost": DisputeState.LOST,
}
BALANCE: Final = {
    "charge": SettlementKind.CAPTURE,
    "payment": SettlementKind.CAPTURE,
    "refund": SettlementKind.REFUND,
    "payment_refund": SettlementKind.REFUND,
    "refund_failure": SettlementKind.REFUND_REVERSED,
    "payment_failure_refund": SettlementKind.REFUND_REVERSED,
    "stripe_fee": SettlementKind.FEE,
    "stripe_fx_fee": SettlementKind.FEE,
    "tax_fee": SettlementKind.FEE,
    "payout": SettlementKind.PAYOUT,
    "payout_cancel": SettlementKind.PAYOUT_FAILED,
    "payout_failure": SettlementKind.PAYOUT_FAILED,
}
BALANCE_CATEGORIES: Final = {
    "dispute": SettlementKind.CHARGEBACK,
    "dispute_reversal": SettlementKind.CHARGEBACK_REVERSED,
}
S = TransactionState


def parse_event(event: EventIn) -> list[PaymentFact | DisputeFact]:
    """What an event tells; nothing, when it is about what is not ours. A fact is named after what it tells of."""
    body = event.data.object
    at = instant(event.created)
    if event.type.startswith("payment_intent.") and event.type in EVENTS:
        return list(_about_intent(msgspec.json.decode(body, type=IntentIn), event.type, at))
    if event.type in REFUND_EVENTS:
        return [_about_refund(msgspec.json.decode(body, type=RefundIn), at)]
    if event.type.startswith("charge.dispute."):
        return [about_dispute(msgspec.json.decode(body, type=DisputeIn), at)]
    return []


def parse_listed(event: EventIn) -> list[Transaction]:
    """The operations an event tells of; of a dispute, those by which money has moved."""
    found: list[Transaction] = []
    for fact in parse_event(event):
        if isinstance(fact, PaymentFact):
            found.append(Transaction(**msgspec.structs.asdict(fact)))
        elif operation := MOVED.get(event.type):
            found.append(
                Transaction(
                    event_id=f"{fact.dispute}.{operation.value}",
                    operation=operation,
                    state=S.APPROVED,
                    reference=fact.dispute,
                    amount_minor=fact.amount_minor,
                    currency=fact.currency,
                    occurred_at=fact.occurred_at,
                    authorization=fact.authorization,
                    code=fact.reason,
                )
            )
    return found


MOVED: Final = {
    "charge.dispute.funds_withdrawn": Operation.CHARGEBACK,
    "charge.dispute.funds_reinstated": Operation.CHARGEBACK_REVERSED,
}


def _about_intent(intent: IntentIn, type_: str, at: datetime) -> Iterator[PaymentFact]:
    key = (intent.metadata or {}).get(KEY)
    manual, currency = intent.capture_method == "manual", intent.currency.upper()
    about: dict[str, Any] = {"currency": currency, "authorization": intent.id, "occurred_at": at}

    def fact(operation: Operation, amount: int, name: str, **more: Any) -> PaymentFact:
        about_it = about | {"state": S.APPROVED, "reference": intent.id, "event_id": f"{intent.id}.{name}"} | more
        return PaymentFact(operation=operation, amount_minor=to_minor(amount, currency), **about_it)

    if type_ == "payment_intent.payment_failed":
        error = intent.last_payment_error or ErrorIn()
        code = error.decline_code or error.code or "declined"
        name = f"failed.{int(at.timestamp())}"
        yield fact(Operation.AUTHORIZE, intent.amount, name, state=S.DECLINED, code=code, key=key)
        return
    marked = marks_in(intent)
    if type_ == "payment_intent.amount_capturable_updated" and intent.amount_received == 0:
        yield fact(Operation.AUTHORIZE, intent.amount, "authorized", key=key, expires_at=expires_of(intent))
    for own, amount in marked:
        named = {"reference": intent.charge or intent.id, "event_id": f"captured.{own}"[:200], "key": own}
        yield fact(Operation.CAPTURE, amount, "", **named)
    if type_ == "payment_intent.succeeded":
        # What was collected at once, or by somebody else than us.
        other = intent.amount_received - sum(amount for _, amount in marked)
        if other > 0 and not manual and key:
            yield fact(Operation.AUTHORIZE, other, "authorized", key=key)
        elif other > 0:
            yield fact(Operation.CAPTURE, other, "captured", reference=intent.charge or intent.id)
    elif type_ == "payment_intent.canceled":
        yield fact(Operation.VOID, intent.amount - intent.amount_received, "canceled")


def _about_refund(refund: RefundIn, at: datetime) -> PaymentFact:
    state, currency = refund_state(refund), refund.currency.upper()
    return PaymentFact(
        event_id=f"{refund.id}.{state.value}",
        operation=Operation.REFUND,
        state=state,
        reference=refund.id,
        amount_minor=to_minor(refund.amount, currency),
        currency=currency,
        occurred_at=at,
        key=(refund.metadata or {}).get(KEY),
        authorization=refund.payment_intent or refund.charge,
        code=(refund.failure_reason or refund.status or "") if state is S.DECLINED else "",
    )


def about_dispute(dispute: DisputeIn, at: datetime) -> DisputeFact:
    state, currency = DISPUTES.get(dispute.status, DisputeState.OPENED), dispute.currency.upper()
    charge = dispute.charge if isinstance(dispute.charge, str) else getattr(dispute.charge, "id", None)
    due = dispute.evidence_details.due_by
    return DisputeFact(
        event_id=f"{dispute.id}.{state.value}",
        dispute=dispute.id,
        state=state,
        amount_minor=to_minor(dispute.amount, currency),
        currency=currency,
        occurred_at=at,
        authorization=dispute.payment_intent or charge,
        reason=dispute.reason,
        respond_by=instant(due) if due else None,
    )


def transaction_of_intent(intent: IntentIn, key: str | None) -> Transaction:
    """The authorization that a PaymentIntent is, as an answer to a question."""
    answer = parse_authorized(key or "", intent)
    state = S.APPROVED if isinstance(answer, Approved) else S.PENDING if isinstance(answer, Pending) else S.DECLINED
    code = answer.code if isinstance(answer, Declined) else ""
    if intent.status == "canceled":
        # It was held, and has been let go of since, unless it never was.
        state, code = (S.APPROVED, "") if intent.latest_charge else (S.DECLINED, code or "canceled")
    return Transaction(
        event_id=f"{intent.id}.authorized",
        operation=Operation.AUTHORIZE,
        state=state,
        reference=intent.id,
        amount_minor=to_minor(intent.amount, intent.currency),
        currency=intent.currency.upper(),
        occurred_at=instant(intent.created),
        key=(intent.metadata or {}).get(KEY) or key,
        authorization=intent.id,
        code=code,
        expires_at=expires_of(intent),
    )


def transaction_of_capture(intent: IntentIn, key: str) -> Transaction | None:
    """The capture with that key, by its mark; None: there is none."""
    amount = next((amount for own, amount in marks_in(intent) if own == key), None)
    return None if amount is None else _on_intent(intent, key, Operation.CAPTURE, amount, intent.charge or intent.id)


def transaction_of_void(intent: IntentIn, key: str) -> Transaction | None:
    """The void of a PaymentIntent that is canceled: there is one at most."""
    if intent.status != "canceled":
        return None
    return _on_intent(intent, key, Operation.VOID, intent.amount - intent.amount_received, intent.id)


def transaction_of_refund(refund: RefundIn) -> Transaction:
    return Transaction(**msgspec.structs.asdict(_about_refund(refund, instant(refund.created))))


def _on_intent(intent: IntentIn, key: str, operation: Operation, amount: int, reference: str) -> Transaction:
    return Transaction(
        event_id=f"{operation.value}.{key}"[:200],
        operation=operation,
        state=S.APPROVED,
        reference=reference,
        amount_minor=to_minor(amount, intent.currency),
        currency=intent.currency.upper(),
        occurred_at=instant(intent.canceled_at or intent.created),
        key=key,
        authorization=intent.id,
    )


def parse_entry(entry: BalanceEntryIn, payout: str | None = None) -> SettlementEntry:
    currency = entry.currency.upper()
    source = entry.source.id if isinstance(entry.source, Source) else entry.source
    original = _original(entry)
    kind = BALANCE_CATEGORIES.get(entry.reporting_category) or BALANCE.get(entry.type, SettlementKind.ADJUSTMENT)
    return SettlementEntry(
        entry=entry.id,
        kind=kind,
        gross_minor=to_minor(entry.amount, currency),
        fee_minor=to_minor(entry.fee, currency),
        net_minor=to_minor(entry.net, currency),
        currency=currency,
        occurred_at=instant(entry.created),
        reference=source,
        authorization=entry.source.payment_intent if isinstance(entry.source, Source) else None,
        original_minor=original[0] if original else None,
        original_currency=original[1] if original else None,
        rate=f"{round(entry.exchange_rate, 12).normalize():f}" if original and entry.exchange_rate else None,
        payout=source if kind is SettlementKind.PAYOUT else payout,
        text=(entry.description or "")[:500],
    )


def _original(entry: BalanceEntryIn) -> tuple[int, str] | None:
    """What was exchanged; None, where nothing was, or Stripe does not say from what.

    A charge that is captured in parts has an entry for each, and knows the sum alone: then it is told by the rate.
    """
    source, rate = entry.source, entry.exchange_rate
    if not isinstance(source, Source) or not source.currency or source.currency.lower() == entry.currency.lower():
        return None
    currency = source.currency.upper()
    known = source.amount if source.amount_captured is None else source.amount_captured
    told = to_minor(known or 0, currency)
    if rate:
        digits = CURRENCY_DIGITS[currency] - CURRENCY_DIGITS[entry.currency.upper()]
        amount = abs(to_minor(entry.amount, entry.currency.upper()))
        by_rate = int((Decimal(amount).scaleb(digits) / rate).quantize(Decimal(1), ROUND_HALF_EVEN))
        # the rate is rounded itself
        told = told if abs(told - by_rate) <= max(1, by_rate // ROUNDED) else by_rate
    return (told if entry.amount >= 0 else -told), currency
