"""What Adyen tells: notification items as facts, each named after its event, its reference and its outcome."""

from datetime import UTC, datetime, timedelta
from typing import Final

from orderline.connectors.adyen_payments.mapping import SCALE, snake
from orderline.connectors.adyen_payments.wire import ItemIn
from orderline.contracts.disputes import DisputeFact, DisputeState
from orderline.contracts.payments import Operation, PaymentFact, TransactionState

S, D = TransactionState, DisputeState

# event                       which operation      what it is when `success` is true
OPERATIONS: Final = {
    "AUTHORISATION":            (Operation.AUTHORIZE,       S.APPROVED),
    "AUTHORISATION_ADJUSTMENT": (Operation.EXTEND,          S.APPROVED),
    "CAPTURE":                  (Operation.CAPTURE,         S.APPROVED),
    "CAPTURE_FAILED":           (Operation.CAPTURE,         S.DECLINED),
    "CANCELLATION":             (Operation.VOID,            S.APPROVED),
    "TECHNICAL_CANCEL":         (Operation.VOID,            S.APPROVED),
    "EXPIRE":                   (Operation.VOID,            S.APPROVED),
    "REFUND":                   (Operation.REFUND,          S.APPROVED),
    "REFUND_WITH_DATA":         (Operation.REFUND,          S.APPROVED),
    "POSTPONED_REFUND":         (Operation.REFUND,          S.PENDING),
    "REFUND_FAILED":            (Operation.REFUND,          S.DECLINED),
    "REFUNDED_REVERSED":        (Operation.REFUND_REVERSED, S.APPROVED),
}  # fmt: skip

# A reversed chargeback may be followed by a second one.
DISPUTES: Final = {
    "REQUEST_FOR_INFORMATION": D.INQUIRY,
    "NOTIFICATION_OF_CHARGEBACK": D.INQUIRY,
    "CHARGEBACK": D.OPENED,
    "INFORMATION_SUPPLIED": D.UNDER_REVIEW,
    "PREARBITRATION_OPEN": D.UNDER_REVIEW,
    "CHARGEBACK_REVERSED": D.WON,
    "PREARBITRATION_WON": D.WON,
    "PREARBITRATION_ISSUER_WITHDRAWN": D.WON,
    "SCHEME_ARBITRATION_WON": D.WON,
    "ISSUER_RESPONSE_TIMEFRAME_EXPIRED": D.WON,
    "SECOND_CHARGEBACK": D.LOST,
    "PREARBITRATION_LOST": D.LOST,
    "PREARBITRATION_ACCEPTED": D.LOST,
    "SCHEME_ARBITRATION_LOST": D.LOST,
    "DISPUTE_DEFENSE_PERIOD_ENDED": D.LOST,
}
STATUSES: Final = {"Won": D.WON, "Lost": D.LOST, "Accepted": D.LOST, "Expired": D.LOST, "Pending": D.UNDER_REVIEW}


def parse_item(item: ItemIn, lasts: timedelta = timedelta()) -> PaymentFact | DisputeFact | None:
    """The fact in an item; None: it is about nothing that concerns an order's money.

    lasts: for how long an authorization stands, where that is known; what is adjusted stands as long anew.
    """
    code = item.eventCode
    if code == "CANCEL_OR_REFUND":
        action = (item.additionalData or {}).get("modification.action", "")
        code = "REFUND" if action == "refund" else "CANCELLATION"
    if item.amount is None or not item.pspReference:
        return None
    if code in OPERATIONS:
        return _about_payment(item, code, lasts)
    return _about_dispute(item) if code in DISPUTES else None


def _about_payment(item: ItemIn, code: str, lasts: timedelta) -> PaymentFact:
    assert item.amount is not None
    operation, state = OPERATIONS[code]
    if item.success != "true":
        state = S.DECLINED
    holds = lasts and state is S.APPROVED and operation in (Operation.AUTHORIZE, Operation.EXTEND)
    return PaymentFact(
        event_id=f"{item.eventCode}.{item.pspReference}.{item.success}",
        operation=operation,
        state=state,
        reference=item.pspReference,
        amount_minor=SCALE.to_minor(item.amount.value, item.amount.currency),
        currency=item.amount.currency,
        occurred_at=at_utc(item.eventDate),
        key=item.merchantReference or None,
        authorization=item.originalReference or item.pspReference,
        code=snake(item.reason or "declined") if state is S.DECLINED else "",
        expires_at=at_utc(item.eventDate) + lasts if holds else None,
    )


def _about_dispute(item: ItemIn) -> DisputeFact:
    assert item.amount is not None
    about = item.additionalData or {}
    state = STATUSES.get(about.get("disputeStatus", ""), DISPUTES[item.eventCode])
    until = about.get("defensePeriodEndsAt", "")
    return DisputeFact(
        event_id=f"{item.eventCode}.{item.pspReference}.{item.success}",
        dispute=item.pspReference,
        state=state,
        amount_minor=SCALE.to_minor(item.amount.value, item.amount.currency),
        currency=item.amount.currency,
        occurred_at=at_utc(item.eventDate),
        authorization=item.originalReference or None,
        key=item.merchantReference or None,
        reason=(about.get("chargebackReasonCode", "").strip() + " " + (item.reason or "")).strip()[:500],
        respond_by=_instant(until),
    )


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at_utc(found)


def at_utc(when: datetime) -> datetime:
    return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)
