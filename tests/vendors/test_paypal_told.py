"""What PayPal tells, lists and reports, and how disputes are answered."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from contracts.conformance_payments import capture, refund
from orderline.connectors.paypal_payments import facts, mapping, wire
from orderline.contracts.disputes import DisputeState, Evidence, EvidenceFile, EvidenceTaken
from orderline.contracts.inbound import InboundRefusal
from orderline.contracts.payments import (
    Operation,
    Void,
)
from orderline.contracts.settlements import SettlementKind
from orderline.values.failures import Refused
from support.openapi import load
from vendors.conftest import Book
from vendors.paypal_server import WEBHOOK, PayPal, call_of
from vendors.paypal_stage import held, told

pytestmark = pytest.mark.anyio


@pytest.fixture
def payments(paypal_payments: Any) -> Any:
    return paypal_payments


async def test_events_tell_every_operation_under_our_key(paypal: PayPal, payments: Any) -> None:
    authorization = await held(paypal, payments)
    await payments.capture([capture("c-1", authorization, 4_000)])
    await payments.refund([refund("r-1", authorization, 500)])
    await payments.void([Void(key="v-1", authorization=authorization)])
    heard = [fact for event in paypal.events for fact in await told(payments, event)]
    assert [(each.operation, each.key, each.amount_minor) for each in heard] == [
        (Operation.AUTHORIZE, None, 10_000),
        (Operation.CAPTURE, "c-1", 4_000),
        (Operation.REFUND, "r-1", 500),
        (Operation.VOID, None, 10_000),
    ]
    assert heard[1].authorization == authorization
    listed: set[str] = set()
    cursor = None
    while True:
        since = datetime.now(UTC) - timedelta(minutes=1)
        page = await payments.list_transactions(since, cursor=cursor, limit=3)
        listed |= {each.event_id for each in page.transactions}
        cursor = page.cursor
        if cursor is None:
            break
    assert listed == {each.event_id for each in heard}


async def test_only_what_paypal_says_it_has_sent_is_read(paypal: PayPal, payments: Any) -> None:
    await held(paypal, payments)
    headers, body = call_of(paypal.events[0])
    with pytest.raises(Refused) as refused:
        payments.parse_inbound(headers, body)
    assert refused.value.code is InboundRefusal.SIGNATURE_INVALID
    await payments.verify_inbound(headers, body)
    assert len(payments.parse_inbound(headers, body)) == 1
    with pytest.raises(Refused):
        payments.parse_inbound(headers, body)
    # What would bring a webhook of somebody else's into the question is no JSON value.
    smuggled = body + b', "webhook_id": "' + WEBHOOK.encode() + b'"'
    cases = [
        (call_of(paypal.events[0], "forged")[0], body, InboundRefusal.SIGNATURE_INVALID),
        ({}, body, InboundRefusal.SIGNATURE_MISSING),
        (headers, smuggled, InboundRefusal.BODY_MALFORMED),
        (headers, b"[]", InboundRefusal.BODY_MALFORMED),
        (headers, b"\xff", InboundRefusal.BODY_MALFORMED),
    ]
    for given, content, code in cases:
        with pytest.raises(Refused) as refused:
            await payments.verify_inbound(given, content)
        assert refused.value.code is code
    await payments.verify_inbound(headers, b'{"id": "1"}')
    with pytest.raises(Refused) as refused:
        payments.parse_inbound(headers, b'{"id": "1"}')
    assert refused.value.code is InboundRefusal.BODY_MALFORMED


STAGES = [
    # stage        status                         outcome                    state
    ("INQUIRY",    "OPEN",                        None,                      DisputeState.INQUIRY),
    ("INQUIRY",    "OPEN",                        "CANCELED_BY_BUYER",       DisputeState.CLOSED),
    ("CHARGEBACK", "WAITING_FOR_SELLER_RESPONSE", None,                      DisputeState.OPENED),
    ("CHARGEBACK", "UNDER_REVIEW",                None,                      DisputeState.UNDER_REVIEW),
    ("CHARGEBACK", "UNDER_REVIEW",                "RESOLVED_SELLER_FAVOUR",  DisputeState.WON),
    ("CHARGEBACK", "UNDER_REVIEW",                "RESOLVED_BUYER_FAVOUR",   DisputeState.LOST),
]  # fmt: skip


@pytest.mark.parametrize(("stage", "status", "outcome", "state"), STAGES)
async def test_disputes_are_told_with_where_the_money_is(
    paypal: PayPal, payments: Any, stage: str, status: str, outcome: str | None, state: DisputeState
) -> None:
    authorization = await held(paypal, payments)
    [taken] = await payments.capture([capture("c-1", authorization, 4_000)])
    dispute = paypal.dispute(taken.reference, stage=stage, status=status)
    if outcome:
        paypal.resolve(dispute, outcome)
    [fact] = await told(payments, paypal.events[-1])
    assert (fact.state, fact.key, fact.authorization, fact.amount_minor) == (state, "c-1", taken.reference, 4_000)
    assert fact.respond_by == datetime(2026, 12, 31, 8, tzinfo=UTC)


async def test_evidence_goes_with_tracking_and_papers(paypal: PayPal, payments: Any) -> None:
    authorization = await held(paypal, payments)
    [taken] = await payments.capture([capture("c-1", authorization, 4_000)])
    dispute = paypal.dispute(taken.reference)["dispute_id"]
    evidence = Evidence(
        key="d-1",
        dispute=dispute,
        summary="Delivered.",
        carrier="Bike Boys",
        tracking_number="BB1",
        shipped_on=date(2026, 11, 2),
        files=(
            EvidenceFile(name="pod.pdf", kind="proof_of_delivery", media_type="application/pdf", content=b"%PDF-1"),
        ),
    )
    assert await payments.submit_evidence([evidence]) == [EvidenceTaken(key="d-1", reference=dispute)]
    assert "BB1" in paypal.evidence_given[0]
    assert "%PDF-1" in paypal.evidence_given[0]
    [refused] = await payments.submit_evidence([Evidence(key="d-2", dispute="PP-D-none")])
    assert refused.code == "resource_not_found"


async def test_the_report_brings_fees_and_payouts(paypal: PayPal, payments: Any) -> None:
    authorization = await held(paypal, payments)
    await payments.capture([capture("c-1", authorization, 4_000)])
    await payments.refund([refund("r-1", authorization, 500)])
    paypal.pay_out("34.41")
    entries: list[Any] = []
    cursor = None
    while True:
        since = datetime.now(UTC) - timedelta(days=3)
        page = await payments.list_settlements(since, cursor=cursor, limit=2)
        entries += page.entries
        cursor = page.cursor
        if cursor is None:
            break
    assert [(e.kind, e.gross_minor, e.fee_minor, e.net_minor, e.key) for e in entries] == [
        (SettlementKind.CAPTURE, 4_000, 59, 3_941, "c-1"),
        (SettlementKind.REFUND, -500, 0, -500, "r-1"),
        (SettlementKind.PAYOUT, -3_441, 0, -3_441, None),
    ]
    assert sum(e.net_minor for e in entries) == 0


def test_every_sample_is_read(book: Book) -> None:
    for name in ("checkout-orders-v2", "payments-payment-v2", "notifications-webhooks-v1", "customer-disputes-v1"):
        for sample in load(f"paypal/samples/{name}.examples.json"):
            body = sample["body"]
            book.samples.append((f"paypal {name}", f"{sample['operationId']} {sample['kind']} {sample['name']}"))
            if sample["operationId"] == "orders.create":
                assert msgspec.convert(body, wire.OrderIn).payments.captures == []
            elif sample["operationId"] == "verify-webhook-signature.post":
                event = msgspec.json.decode(json.dumps(body["webhook_event"]).encode(), type=wire.EventIn)
                assert facts.parse_event(event) == []  # an event of the first version, which we do not subscribe to
            elif isinstance(body, dict) and "amount" in body:
                assert mapping.parse_money(msgspec.convert(body["amount"], wire.MoneyIn)) > 0
    assert len(book.samples) >= 11
