"""Adyen's reports: payments day by day (Payments accounting report), settlements batch by batch (Settlement details)."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from orderline.connectors.adyen_payments.facts import S
from orderline.connectors.adyen_payments.mapping import SCALE
from orderline.contracts.payments import Operation, Transaction, TransactionState
from orderline.contracts.settlements import SettlementEntry, SettlementKind

# record type          which operation                 its state            the event that tells it
RECORDS: Final = {
    "Authorised":       (Operation.AUTHORIZE,           S.APPROVED, "AUTHORISATION.{}.true"),
    "Refused":          (Operation.AUTHORIZE,           S.DECLINED, "AUTHORISATION.{}.false"),
    "SentForSettle":    (Operation.CAPTURE,             S.APPROVED, "CAPTURE.{}.true"),
    "Cancelled":        (Operation.VOID,                S.APPROVED, "CANCELLATION.{}.true"),
    "Expired":          (Operation.VOID,                S.APPROVED, "EXPIRE.{}.true"),
    "SentForRefund":    (Operation.REFUND,              S.APPROVED, "REFUND.{}.true"),
    "RefundedReversed": (Operation.REFUND_REVERSED,     S.APPROVED, "REFUNDED_REVERSED.{}.true"),
    "Chargeback":       (Operation.CHARGEBACK,          S.APPROVED, "CHARGEBACK.{}.true"),
    "ChargebackReversed": (Operation.CHARGEBACK_REVERSED, S.APPROVED, "CHARGEBACK_REVERSED.{}.true"),
}  # fmt: skip
SETTLED: Final = {
    "Settled": SettlementKind.CAPTURE,
    "Refunded": SettlementKind.REFUND,
    "RefundedReversed": SettlementKind.REFUND_REVERSED,
    "Chargeback": SettlementKind.CHARGEBACK,
    "SecondChargeback": SettlementKind.CHARGEBACK,
    "ChargebackReversed": SettlementKind.CHARGEBACK_REVERSED,
    "Fee": SettlementKind.FEE,
    "InvoiceDeduction": SettlementKind.FEE,
    "MerchantPayout": SettlementKind.PAYOUT,
}
FEES: Final = ("Commission (NC)", "Markup (NC)", "Scheme Fees (NC)", "Interchange (NC)")


def parse_payments(text: str) -> Iterator[Transaction]:
    """The operations of one day. KeyError, ValueError, Refused: it is another kind of report."""
    for row in _rows(text):
        known = RECORDS.get(row["Record Type"])
        if known is None:
            continue
        operation, state, event = known
        payment = row["Psp Reference"]
        reference = row.get("Modification Psp Reference") or payment
        currency = row["Payment Currency"]
        amount = abs(_minor(row["Main Amount"], currency)) if state is not TransactionState.DECLINED else 0
        yield Transaction(
            event_id=event.format(reference),
            operation=operation,
            state=state,
            reference=reference,
            amount_minor=amount,
            currency=currency,
            occurred_at=_instant(row["Booking Date"], row["TimeZone"]),
            key=row.get("Modification Merchant Reference") or row["Merchant Reference"] or None,
            authorization=payment,
        )


def parse_settlement(text: str, batch: int) -> Iterator[SettlementEntry]:
    """The entries of one batch; its payout is one of them. KeyError, ValueError, Refused: it is another report."""
    for number, row in enumerate(_rows(text), 1):
        currency = row["Net Currency"]
        net = _minor(row["Net Credit (NC)"] or "0", currency) - _minor(row["Net Debit (NC)"] or "0", currency)
        fee = sum(_minor(row.get(name) or "0", currency) for name in FEES)
        kind = SETTLED.get(row["Type"], SettlementKind.ADJUSTMENT)
        gross = row.get("Gross Currency") or currency
        original = _minor(row.get("Gross Credit (GC)") or "0", gross) - _minor(
            row.get("Gross Debit (GC)") or "0", gross
        )
        exchanged = gross != currency and original != 0
        modification = row.get("Modification Merchant Reference") or row["Merchant Reference"]
        yield SettlementEntry(
            entry=f"batch-{batch}-{number}",
            kind=kind,
            gross_minor=net + fee,
            fee_minor=fee,
            net_minor=net,
            currency=currency,
            occurred_at=_instant(row["Creation Date"], row["TimeZone"]),
            reference=row["Modification Reference"] or row["Psp Reference"] or None,
            authorization=row["Psp Reference"] or None,
            key=modification or None,
            original_minor=original if exchanged else None,
            original_currency=gross if exchanged else None,
            rate=(row.get("Exchange Rate") or None) if exchanged else None,
            payout=f"batch-{batch}",
            text=row["Type"],
        )


def _rows(text: str) -> Iterator[dict[str, str]]:
    return csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))


def _minor(text: str, currency: str) -> int:
    return SCALE.parse(text, currency)


def _instant(text: str, zone: str) -> datetime:
    """The report's clock; one of no zone that is known here is taken for UTC."""
    try:
        known = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        known = UTC
    return datetime.fromisoformat(text).replace(tzinfo=known).astimezone(UTC)
