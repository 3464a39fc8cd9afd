"""The Stripe connector over real HTTP; every request is valid by Stripe's own OpenAPI file."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from contracts.conformance_calls import CallsConformance, Subject
from contracts.conformance_payments import PaymentsConformance, authorize, authorized, capture, refund
from orderline.connectors.stripe_payments import facts, signature, wire
from orderline.connectors.stripe_payments.connector import connector
from orderline.contracts.disputes import DisputeFact, DisputeState, Evidence, EvidenceFile, EvidenceTaken
from orderline.contracts.inbound import InboundRefusal
from orderline.contracts.payments import (
    Approved,
    Authorize,
    Capture,
    Extend,
    Operation,
    PaymentFact,
    Pending,
    Query,
    Refund,
    Transaction,
    TransactionState,
    Void,
)
from orderline.contracts.registry import ConnectorSettings
from orderline.values.failures import Refused, Trouble
from support.openapi import Spec, load
from vendors.conftest import Book, Faulty
from vendors.server import Vendor, VendorThread
from vendors.stripe_server import ADDED, FILE, FIXTURES, Stripe, call_of

SECRET = "whsec_test_secret"


@pytest.fixture(scope="session")
def stripe_file() -> Spec:
    return Spec(FILE, ADDED)


@pytest.fixture
def stripe(stripe_file: Spec, watched: Callable[[Vendor], None]) -> Stripe:
    vendor = Stripe(stripe_file)
    watched(vendor)
    return vendor


@pytest.fixture
def url(stripe: Stripe) -> Iterator[str]:
    with VendorThread(stripe) as running:
        yield running.base_url


def settings(url: str, **changes: Any) -> ConnectorSettings:
    about: dict[str, Any] = {
        "base_url": url,
        "api_key": "sk_test_secret",
        "secret": SECRET,
        "extra": {"files_url": url},
        **changes,
    }
    return ConnectorSettings(**about)


@pytest.fixture
async def payments(url: str) -> AsyncIterator[Any]:
    opened = connector.open(settings(url))
    yield opened
    await opened.close()


class TestStripe(PaymentsConformance):
    DECLINED_TOKEN = "pm_decline"
    PENDING_TOKEN = "pm_slow"


class TestStripeCalls(CallsConformance):
    @pytest.fixture
    async def subject(self, stripe: Stripe, url: str) -> AsyncIterator[Subject]:
        opened, hasty, nowhere = (
            connector.open(settings(url)),
            connector.open(settings(url, timeout_s=0.1)),
            connector.open(settings("http://127.0.0.1:9")),
        )

        async def write(contract: Any) -> Any:
            [outcome] = await contract.authorize([authorize("a-1", token="pm_card")])
            return outcome

        async def effects() -> int:
            return stripe.effects

        yield Subject(
            write=lambda: write(opened),
            effects=effects,
            hasty=lambda: write(hasty),
            nowhere=lambda: write(nowhere),
            partner=Faulty(stripe),
        )
        for each in (opened, hasty, nowhere):
            await each.close()


pytestmark = pytest.mark.anyio


async def test_a_captured_part_that_lost_its_answer_is_found_by_its_mark(stripe: Stripe, payments: Any) -> None:
    held = (await authorized(payments)).reference
    stripe.misbehave(drop_next=1)
    [lost] = await payments.capture([capture("c-1", held, 4_000)])
    assert isinstance(lost, Trouble)
    assert lost.in_doubt
    asked = [Query(key=key, operation=Operation.CAPTURE, authorization=held) for key in ("c-1", "c-2")]
    found, unknown = await payments.query(asked)
    assert isinstance(found, Transaction)
    assert (found.amount_minor, found.state, found.key) == (4_000, TransactionState.APPROVED, "c-1")
    assert unknown is None
    [again] = await payments.capture([capture("c-1", held, 4_000)])
    assert isinstance(again, Approved)
    assert stripe.intents[held]["amount_received"] == 4_000


async def test_voids_and_refunds_are_found_by_what_is_known_of_them(stripe: Stripe, payments: Any) -> None:
    held = (await authorized(payments)).reference
    [before] = await payments.query([Query(key="v-1", operation=Operation.VOID, authorization=held)])
    assert before is None
    await payments.void([Void(key="v-1", authorization=held)])
    [voided] = await payments.query([Query(key="v-1", operation=Operation.VOID, authorization=held)])
    assert voided.amount_minor == 10_000
    [again] = await payments.void([Void(key="v-2", authorization=held)])
    assert isinstance(again, Approved)
    paid = (await authorized(payments, "a-2")).reference
    await payments.capture([capture("c-2", paid, 10_000)])
    stripe.misbehave(drop_next=1)
    await payments.refund([refund("r-1", paid, 700)])
    [found] = await payments.query([Query(key="r-1", operation=Operation.REFUND, authorization=paid)])
    assert (found.amount_minor, found.operation, found.authorization) == (700, Operation.REFUND, paid)


async def test_a_card_that_is_captured_once_says_that_the_rest_is_gone(payments: Any) -> None:
    [held] = await payments.authorize([authorize("a-1", token="pm_once")])
    [part] = await payments.capture([capture("c-1", held.reference, 4_000)])
    assert isinstance(part, Approved)
    assert part.final
    [kept] = await payments.authorize([authorize("a-2", token="pm_card")])
    [part] = await payments.capture([capture("c-2", kept.reference, 4_000)])
    assert not part.final


async def test_a_payment_intent_of_the_storefront_is_taken_over(stripe: Stripe, payments: Any) -> None:
    confirmed, waiting, collected = (
        stripe.stored(10_000, "eur"),
        stripe.stored(10_000, "eur", confirmed=False),
        stripe.stored(10_000, "eur", capture=True),
    )
    wanted = [authorize(f"a-{token}", token=token) for token in (confirmed, waiting, collected)]
    outcomes = await payments.authorize(wanted)
    assert [(type(each), each.reference) for each in outcomes] == [
        (Approved, each) for each in (confirmed, waiting, collected)
    ]
    assert stripe.intents[confirmed]["metadata"]["orderline_key"] == f"a-{confirmed}"
    [sold] = await payments.capture([capture("c-1", collected, 10_000)])
    assert isinstance(sold, Approved)
    small = stripe.stored(5_000, "eur")
    dollars = stripe.stored(10_000, "usd")
    outcomes = await payments.authorize([authorize("a-8", token=small), authorize("a-9", token=dollars)])
    assert [each.code for each in outcomes] == ["amount_too_small", "currency_mismatch"]


async def test_an_authorization_is_raised(payments: Any) -> None:
    held = (await authorized(payments)).reference
    wanted = [
        Extend(key="e-1", authorization=held, amount_minor=12_000, currency="EUR"),
        Extend(key="e-2", authorization="pi_none", amount_minor=12_000, currency="EUR"),
    ]
    raised, unknown = await payments.extend(wanted)
    assert (raised.amount_minor, raised.reference) == (12_000, held)
    assert unknown.code == "resource_missing"


async def test_declines_say_why_and_keys_turned_away_say_nothing_of_the_key(
    url: str, payments: Any, caplog: pytest.LogCaptureFixture
) -> None:
    [poor] = await payments.authorize([authorize("a-1", token="pm_poor")])
    assert (poor.code, poor.reference is not None) == ("insufficient_funds", True)
    wrong = connector.open(settings(url, api_key="sk_test_wrong_and_secret"))
    [outcome] = await wrong.authorize([authorize("a-2", token="pm_card")])
    await wrong.close()
    assert isinstance(outcome, Trouble)
    assert not outcome.in_doubt
    assert "sk_test" not in str(outcome) + repr(settings(url)) + caplog.text


AMOUNTS = [
    # currency  ours      at Stripe
    ("EUR",     1999,     1999),
    ("JPY",     1999,     1999),
    ("HUF",     199_900,  199_900),
    ("ISK",     5,        500),
    ("UGX",     5,        500),
    ("MGA",     500,      5),
    ("KWD",     5_120,    5_120),
    ("CLP",     1999,     1999),
]  # fmt: skip


@pytest.mark.parametrize(("currency", "ours", "theirs"), AMOUNTS)
async def test_amounts_are_counted_as_stripe_counts_them(
    stripe: Stripe, payments: Any, currency: str, ours: int, theirs: int
) -> None:
    asked = Authorize(key="a-1", order_number="SO-1", token="pm_card", amount_minor=ours, currency=currency)
    [held] = await payments.authorize([asked])
    assert stripe.intents[held.reference]["amount"] == theirs
    assert (held.amount_minor, held.currency) == (ours, currency)


@pytest.mark.parametrize(("currency", "amount"), [("KWD", 5_123), ("MGA", 501)])
async def test_what_stripe_cannot_count_is_declined_and_not_sent(
    stripe: Stripe, payments: Any, currency: str, amount: int
) -> None:
    about = {"amount_minor": amount, "currency": currency}
    outcomes = [
        *await payments.authorize([Authorize(key="a", order_number="1", token="pm_card", **about)]),
        *await payments.capture([Capture(key="c", authorization="pi_1", **about)]),
        *await payments.refund([Refund(key="r", reference="pi_1", **about)]),
        *await payments.extend([Extend(key="e", authorization="pi_1", **about)]),
    ]
    assert {each.code for each in outcomes} == {"amount_not_expressible"}
    assert stripe.seen == []


async def test_events_tell_every_operation_once_with_our_key(stripe: Stripe, payments: Any) -> None:
    held = (await authorized(payments)).reference
    await payments.capture([capture("c-1", held, 4_000)])
    await payments.capture([capture("c-2", held, 5_000, final=True)])
    await payments.refund([refund("r-1", held, 500)])
    lonely = stripe.stored(700, "eur", capture=True)
    heard = [fact for event in stripe.told for fact in payments.parse_inbound(*call_of(event, SECRET))]
    told = {fact.event_id: (fact.operation, fact.key, fact.amount_minor, fact.authorization) for fact in heard}
    assert set(told.values()) == {
        (Operation.AUTHORIZE, "a-1", 10_000, held),
        (Operation.CAPTURE, "c-1", 4_000, held),
        (Operation.CAPTURE, "c-2", 5_000, held),
        (Operation.REFUND, "r-1", 500, held),
        (Operation.CAPTURE, None, 700, lonely),
    }
    page = await payments.list_transactions(datetime.now(UTC) - timedelta(minutes=1))
    assert {each.event_id for each in page.transactions} == set(told)


async def test_a_refund_that_comes_back_is_told_as_declined(stripe: Stripe, payments: Any) -> None:
    held = (await authorized(payments)).reference
    await payments.capture([capture("c-1", held, 10_000)])
    [sent] = await payments.refund([refund("r-1", held, 10_000)])
    stripe.fail_refund(sent.reference)
    [fact] = payments.parse_inbound(*call_of(stripe.told[-1], SECRET))
    assert (fact.state, fact.code, fact.key) == (TransactionState.DECLINED, "lost_or_stolen_card", "r-1")
    [slow] = await payments.authorize([authorize("a-2", token="pm_slow_refund")])
    await payments.capture([capture("c-2", slow.reference, 10_000)])
    [pending] = await payments.refund([refund("r-2", slow.reference, 10_000)])
    assert isinstance(pending, Pending)


async def test_a_dispute_is_told_answered_with_papers_and_decided(stripe: Stripe, payments: Any) -> None:
    held = (await authorized(payments)).reference
    await payments.capture([capture("c-1", held, 10_000)])
    dispute = stripe.dispute(held, 10_000)
    [opened] = payments.parse_inbound(*call_of(stripe.told[-2], SECRET))
    assert isinstance(opened, DisputeFact)
    assert (opened.state, opened.authorization, opened.reason) == (DisputeState.OPENED, held, "product_not_received")
    assert opened.respond_by is not None
    evidence = Evidence(
        key="d-1",
        dispute=dispute,
        summary="Delivered to the door.",
        customer_name="Ann Lee",
        carrier="UPS",
        tracking_number="1Z1",
        shipped_on=date(2026, 11, 2),
        files=(
            EvidenceFile(name="pod ä.pdf", kind="proof_of_delivery", media_type="application/pdf", content=b"%PDF-"),
            EvidenceFile(name="chat.pdf", kind="communication", media_type="application/pdf", content=b"%PDF-2"),
        ),
    )
    [taken] = await payments.submit_evidence([evidence])
    assert isinstance(taken, EvidenceTaken)
    assert stripe.disputes[dispute]["evidence"]["shipping_documentation"] == stripe.files[0]
    assert stripe.disputes[dispute]["evidence"]["shipping_date"] == "2026-11-02"
    stripe.decide(dispute, "won")
    states = [payments.parse_inbound(*call_of(event, SECRET))[0].state for event in stripe.told[-3:]]
    assert states == [DisputeState.UNDER_REVIEW, DisputeState.WON, DisputeState.WON]
    page = await payments.list_transactions(datetime.now(UTC) - timedelta(minutes=1))
    moved = {each.operation for each in page.transactions if each.reference == dispute}
    assert moved == {Operation.CHARGEBACK, Operation.CHARGEBACK_REVERSED}
    [refused] = await payments.submit_evidence([Evidence(key="d-2", dispute="dp_none", summary="?")])
    assert refused.code == "resource_missing"


async def test_signatures_are_verified_before_anything_is_read(payments: Any) -> None:
    headers, body = call_of({"id": "evt_1", "type": "customer.created", "created": 1, "data": {"object": {}}}, SECRET)
    assert payments.parse_inbound(headers, body) == []
    good = headers["Stripe-Signature"]
    refused = [
        # header                                    body            why
        ({},                                        body,           InboundRefusal.SIGNATURE_MISSING),
        ({"stripe-signature": "v1=00"},             body,           InboundRefusal.SIGNATURE_INVALID),
        ({"stripe-signature": "t=²,v1=é"},          body,           InboundRefusal.SIGNATURE_INVALID),
        (headers,                                   body + b" ",    InboundRefusal.SIGNATURE_INVALID),
        (headers,                                   b"{",           InboundRefusal.SIGNATURE_INVALID),
        (call_of({}, "whsec_other")[0],             b"{}",          InboundRefusal.SIGNATURE_INVALID),
        (call_of({}, SECRET, at=1_492_774_577)[0],  b"{}",          InboundRefusal.SIGNATURE_INVALID),
        (call_of({}, SECRET)[0],                    b"{}",          InboundRefusal.BODY_MALFORMED),
    ]  # fmt: skip
    for given, content, code in refused:
        with pytest.raises(Refused) as told:
            payments.parse_inbound(given, content)
        assert told.value.code is code
    several = {"stripe-signature": good.replace(",v1=", f",v1={'0' * 64},v1=")}
    assert payments.parse_inbound(several, body) == []


def test_the_published_vector_verifies() -> None:
    [vector] = [each for each in load("signatures/vectors.json") if each["id"] == "stripe/computed"]
    at = datetime.fromtimestamp(1_492_774_577, UTC)
    signature.verify(vector["headers"], vector["body"].encode(), vector["secret"], at)
    with pytest.raises(Refused):
        signature.verify(vector["headers"], vector["body"].encode() + b" ", vector["secret"], at)


def test_every_resource_of_the_fixtures_is_read_inside_an_event(book: Book) -> None:
    found = 0
    for name, resource in load(FIXTURES).items():
        for type_ in {f"{name}.created", f"charge.{name}.created", f"charge.{name}.updated", *facts.EVENTS}:
            about = name.partition(".")[0]
            if type_ in facts.EVENTS and about not in type_.replace("charge.", "").partition(".")[0]:
                continue
            event = {"id": "evt_1", "type": type_, "created": 1_700_000_000, "data": {"object": resource}}
            parsed = facts.parse_event(msgspec_event(event))
            assert all(isinstance(each, PaymentFact | DisputeFact) for each in parsed)
            found += bool(parsed)
        book.samples.append(("stripe fixtures3", name))
    assert found >= 3


def msgspec_event(event: Any) -> wire.EventIn:
    return msgspec.json.decode(json.dumps(event).encode(), type=wire.EventIn)


def test_the_fixtures_of_what_is_answered_are_what_the_client_reads(book: Book) -> None:
    resources = load(FIXTURES)
    for name, type_ in {
        "payment_intent": wire.IntentIn,
        "charge": wire.ChargeIn,
        "refund": wire.RefundIn,
        "dispute": wire.DisputeIn,
        "balance_transaction": wire.BalanceEntryIn,
        "file": wire.FileIn,
        "event": wire.EventIn,
    }.items():
        assert msgspec.json.decode(json.dumps(resources[name]).encode(), type=type_).id
        book.samples.append(("stripe fixtures3", name))
