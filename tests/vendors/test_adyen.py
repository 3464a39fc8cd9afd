"""The Adyen connector over real HTTP; every request is valid by Adyen's own OpenAPI files."""

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from contracts.conformance_calls import CallsConformance, Subject
from contracts.conformance_payments import authorize, capture, refund
from orderline.connectors.adyen_payments import facts, signature, wire
from orderline.connectors.adyen_payments.connector import connector
from orderline.contracts.disputes import DisputeFact, DisputeState, Evidence, EvidenceFile, EvidenceTaken
from orderline.contracts.inbound import InboundRefusal
from orderline.contracts.payments import (
    Approved,
    Authorize,
    CannotTell,
    Declined,
    Extend,
    Operation,
    PaymentFact,
    Pending,
    Query,
    TransactionState,
    Void,
)
from orderline.contracts.registry import ConnectorSettings
from orderline.contracts.settlements import SettlementKind
from orderline.values.failures import Refused, Trouble
from support.openapi import Spec, load
from vendors.adyen_server import ACCOUNT, FILES, HMAC_KEY, PREFIXES, Adyen, call_of, signed
from vendors.conftest import Book, Faulty
from vendors.server import Vendor, VendorThread

pytestmark = pytest.mark.anyio
CARD = "shopper-1/M5N7TQ4TG5PFWR50"
S = TransactionState


@pytest.fixture(scope="session")
def adyen_files() -> list[Spec]:
    return [Spec(name) for name in FILES]


@pytest.fixture
def adyen(adyen_files: list[Spec], watched: Callable[[Vendor], None]) -> Adyen:
    vendor = Adyen(adyen_files)
    watched(vendor)
    return vendor


@pytest.fixture
def url(adyen: Adyen) -> Iterator[str]:
    with VendorThread(adyen) as running:
        yield running.base_url


def settings(url: str, **changes: Any) -> ConnectorSettings:
    extra = {
        "merchant_account": ACCOUNT,
        "disputes_url": url + PREFIXES[FILES[1]],
        "reports_url": f"{url}/reports",
    }
    about: dict[str, Any] = {
        "base_url": url + PREFIXES[FILES[0]],
        "api_key": "AQE-secret",
        "secret": HMAC_KEY,
        "extra": extra,
    }
    return ConnectorSettings(**{**about, **changes})


@pytest.fixture
async def payments(url: str) -> AsyncIterator[Any]:
    opened = connector.open(settings(url))
    yield opened
    await opened.close()


async def held(payments: Any, key: str = "a-1", amount: int = 10_000) -> str:
    [outcome] = await payments.authorize([authorize(key, amount, CARD)])
    assert isinstance(outcome, Approved)
    return outcome.reference


class TestAdyenCalls(CallsConformance):
    @pytest.fixture
    async def subject(self, adyen: Adyen, url: str) -> AsyncIterator[Subject]:
        opened, hasty, nowhere = (
            connector.open(settings(url)),
            connector.open(settings(url, timeout_s=0.1)),
            connector.open(settings("http://127.0.0.1:9")),
        )

        async def write(contract: Any) -> Any:
            [outcome] = await contract.authorize([authorize("a-1", token=CARD)])
            return outcome

        async def effects() -> int:
            return adyen.effects

        yield Subject(
            write=lambda: write(opened),
            effects=effects,
            hasty=lambda: write(hasty),
            nowhere=lambda: write(nowhere),
            partner=Faulty(adyen),
        )
        for each in (opened, hasty, nowhere):
            await each.close()


async def test_modifications_are_taken_and_a_webhook_tells_what_came_of_them(adyen: Adyen, payments: Any) -> None:
    payment, longer = await held(payments), await held(payments, "a-2")
    outcomes = [
        *await payments.capture([capture("c-1", payment, 4_000), capture("c-2", payment, 9_000)]),
        *await payments.extend([Extend(key="e-1", authorization=longer, amount_minor=12_000, currency="EUR")]),
        *await payments.refund([refund("r-1", payment, 500), refund("r-2", payment, 5_000)]),
        *await payments.void([Void(key="v-1", authorization=payment)]),
    ]
    assert all(isinstance(each, Pending) for each in outcomes)
    told = payments.parse_inbound({}, call_of(*adyen.items))
    assert {(each.operation, each.key, each.state, each.amount_minor, each.authorization) for each in told} == {
        (Operation.AUTHORIZE, "a-1", S.APPROVED, 10_000, payment),
        (Operation.AUTHORIZE, "a-2", S.APPROVED, 10_000, longer),
        (Operation.CAPTURE, "c-1", S.APPROVED, 4_000, payment),
        (Operation.CAPTURE, "c-2", S.DECLINED, 9_000, payment),
        (Operation.EXTEND, "e-1", S.APPROVED, 12_000, longer),
        (Operation.REFUND, "r-1", S.APPROVED, 500, payment),
        (Operation.REFUND, "r-2", S.DECLINED, 5_000, payment),
        (Operation.VOID, "v-1", S.APPROVED, 10_000, payment),
    }
    assert {each.code for each in told if each.state is S.DECLINED} == {"insufficient_balance_on_payment"}


async def test_a_lost_answer_is_resolved_by_sending_again_under_the_same_key(adyen: Adyen, payments: Any) -> None:
    payment = await held(payments)
    adyen.misbehave(drop_next=1)
    [lost] = await payments.capture([capture("c-1", payment, 4_000)])
    assert isinstance(lost, Trouble)
    assert lost.in_doubt
    assert await payments.query([Query(key="c-1", operation=Operation.CAPTURE)]) == [CannotTell()]
    [again] = await payments.capture([capture("c-1", payment, 4_000)])
    assert isinstance(again, Pending)
    assert adyen.payments[payment]["captured"] == 4_000
    [other] = await payments.capture([capture("c-1", payment, 100)])
    assert (other.code, isinstance(other, Declined)) == ("adyen_702", True)


OUTCOMES = [
    ("shopper-1/decline", Declined, "not_enough_balance"),
    ("shopper-1/ask",     Declined, "authentication_required"),
    ("alone",             Declined, "token_not_usable"),
    ("shopper-1/slow",    Pending,  None),
]  # fmt: skip


@pytest.mark.parametrize(("token", "kind", "code"), OUTCOMES)
async def test_what_does_not_pay_says_why(payments: Any, token: str, kind: type, code: str | None) -> None:
    [outcome] = await payments.authorize([authorize("a-1", token=token)])
    assert (type(outcome), getattr(outcome, "code", None)) == (kind, code)


async def test_what_is_unknown_is_declined_and_what_is_not_set_is_trouble(url: str, payments: Any) -> None:
    [unknown] = await payments.capture([capture("c-1", "QFQTPCQ899999999", 1)])
    assert unknown.code == "adyen_167"
    bare = connector.open(settings(url, extra={}))
    [unset] = await bare.capture([capture("c-2", "QFQTPCQ899999999", 1)])
    assert isinstance(unset, Trouble)
    assert "merchant_account" in str(unset)
    wrong = connector.open(settings(url, api_key="AQE-wrong"))
    [turned] = await wrong.authorize([authorize("a-1", token=CARD)])
    assert isinstance(turned, Trouble)
    assert "AQE" not in str(turned)
    await bare.close()
    await wrong.close()


AMOUNTS = [
    # currency  ours     at Adyen
    ("JPY",     1999,    1999),
    ("CLP",     1999,    199_900),
    ("ISK",     5,       500),
    ("CVE",     1900,    19),
    ("IDR",     500_000, 5_000),
    ("KWD",     5_123,   5_123),
]  # fmt: skip


@pytest.mark.parametrize(("currency", "ours", "theirs"), AMOUNTS)
async def test_amounts_are_counted_as_adyen_counts_them(
    adyen: Adyen, payments: Any, currency: str, ours: int, theirs: int
) -> None:
    asked = Authorize(key="a-1", order_number="SO-1", token=CARD, amount_minor=ours, currency=currency)
    [outcome] = await payments.authorize([asked])
    assert adyen.payments[outcome.reference]["amount"]["value"] == theirs
    [fact] = payments.parse_inbound({}, call_of(adyen.items[0]))
    assert (outcome.amount_minor, fact.amount_minor, fact.currency) == (ours, ours, currency)


async def test_what_adyen_cannot_count_is_declined_and_not_sent(adyen: Adyen, payments: Any) -> None:
    asked = Authorize(key="a-1", order_number="SO-1", token=CARD, amount_minor=1, currency="IDR")
    [outcome] = await payments.authorize([asked])
    assert outcome.code == "amount_not_expressible"
    assert adyen.seen == []


async def test_all_items_of_a_call_are_verified_before_one_is_taken(adyen: Adyen, payments: Any) -> None:
    await held(payments)
    await held(payments, "a-2")
    one, two = adyen.items
    assert [each.key for each in payments.parse_inbound({}, call_of(one, two))] == ["a-1", "a-2"]
    forged = {**two, "amount": {"value": 1, "currency": "EUR"}}
    unsigned = {**two, "additionalData": {}}
    for item, code in ((forged, InboundRefusal.SIGNATURE_INVALID), (unsigned, InboundRefusal.SIGNATURE_MISSING)):
        with pytest.raises(Refused) as told:
            payments.parse_inbound({}, call_of(one, item))
        assert told.value.code is code
    for body in (b"{}", b"[", b'{"notificationItems": [{}]}', b"\xff"):
        with pytest.raises(Refused) as told:
            payments.parse_inbound({}, body)
        assert told.value.code is InboundRefusal.BODY_MALFORMED
    other = signed({**two, "merchantAccountCode": "SomebodyElse"})
    assert payments.parse_inbound({}, call_of(other)) == []


def test_the_published_vector_verifies() -> None:
    [vector] = [each for each in load("signatures/vectors.json") if each["id"] == "adyen/published"]
    item = msgspec.convert(vector["body"], wire.ItemIn)
    assert signature.signed_text(item).decode() == vector["signing_string"]
    signature.verify_item(item, ("00ff", vector["secret"]))
    with pytest.raises(Refused):
        signature.verify_item(msgspec.structs.replace(item, success="false"), vector["secret"])


async def test_a_chargeback_is_told_and_defended_with_papers(adyen: Adyen, payments: Any) -> None:
    payment = await held(payments)
    dispute = adyen.dispute(payment)
    [told] = payments.parse_inbound({}, call_of(adyen.items[-1]))
    assert isinstance(told, DisputeFact)
    assert (told.dispute, told.state, told.authorization, told.key) == (dispute, DisputeState.OPENED, payment, "a-1")
    assert told.respond_by == datetime(2026, 12, 31, 1, 3, 7, tzinfo=UTC)
    files = (
        EvidenceFile(name="pack.pdf", kind="other", media_type="application/pdf", content=b"%PDF-1"),
        EvidenceFile(name="pod.pdf", kind="proof_of_delivery", media_type="application/pdf", content=b"%PDF-2"),
    )
    [taken] = await payments.submit_evidence([Evidence(key="d-1", dispute=dispute, files=files)])
    assert taken == EvidenceTaken(key="d-1", reference="GoodsWereProvided")
    documents = {
        d["defenseDocumentTypeCode"]: base64.b64decode(d["content"]) for d in adyen.disputes[dispute]["documents"]
    }
    assert documents == {"ProofOfGoodsDelivery": b"%PDF-2", "DefenseMaterial": b"%PDF-1"}
    [refused] = await payments.submit_evidence([Evidence(key="d-2", dispute="QFQTPCQ800000099")])
    assert refused.code == "dispute_not_found"


async def test_a_days_report_lists_transactions_under_the_names_of_their_facts(adyen: Adyen, payments: Any) -> None:
    payment = await held(payments)
    [captured] = await payments.capture([capture("c-1", payment, 4_000)])
    day = datetime.now(UTC).date() - timedelta(days=1)
    head = (
        "Company Account,Merchant Account,Psp Reference,Merchant Reference,Payment Method,Booking Date,TimeZone,"
        "Main Currency,Main Amount,Record Type,Payment Currency,Modification Psp Reference,Modification Merchant Reference"
    )
    rows = [
        f"Co,{ACCOUNT},{payment},a-1,visa,{day} 10:00:00,CET,EUR,100.00,Authorised,EUR,,",
        f"Co,{ACCOUNT},{payment},a-1,visa,{day} 11:00:00,CET,EUR,40.00,SentForSettle,EUR,{captured.reference},c-1",
        f"Co,{ACCOUNT},{payment},a-1,visa,{day} 12:00:00,CET,EUR,40.00,Settled,EUR,{captured.reference},c-1",
    ]
    adyen.reports[f"payments_accounting_report_{day:%Y_%m_%d}.csv"] = "\n".join([head, *rows])
    since = datetime.combine(day, datetime.min.time(), UTC) - timedelta(days=1)
    found: list[Any] = []
    cursor = None
    while True:
        page = await payments.list_transactions(since, cursor=cursor)
        found += page.transactions
        cursor = page.cursor
        if cursor is None:
            break
    facts_told = payments.parse_inbound({}, call_of(*adyen.items))
    assert [(each.event_id, each.key, each.amount_minor) for each in found] == [
        (each.event_id, each.key, each.amount_minor) for each in facts_told
    ]
    adyen.reports[f"payments_accounting_report_{day:%Y_%m_%d}.csv"] = "a,b\n1,2"
    with pytest.raises(Trouble):
        await payments.list_transactions(since, cursor=day.isoformat())


async def test_settlement_batches_bring_fees_and_payouts(adyen: Adyen, payments: Any) -> None:
    head = (
        "Company Account,Merchant Account,Psp Reference,Merchant Reference,Payment Method,Creation Date,TimeZone,Type,"
        "Modification Reference,Gross Currency,Gross Debit (GC),Gross Credit (GC),Exchange Rate,Net Currency,"
        "Net Debit (NC),Net Credit (NC),Commission (NC),Markup (NC),Scheme Fees (NC),Interchange (NC),"
        "Payment Method Variant,Modification Merchant Reference,Batch Number"
    )
    about = f"Co,{ACCOUNT}"
    adyen.reports["settlement_detail_report_batch_1.csv"] = "\n".join(
        [
            head,
            f"{about},P1,a-1,visa,2026-11-02 10:00:00,UTC,Settled,M1,EUR,,40.00,1,EUR,,39.40,,0.20,0.10,0.30,visa,c-1,1",
            f"{about},P1,a-1,visa,2026-11-02 10:00:00,UTC,Refunded,M2,EUR,5.00,,1,EUR,5.00,,,,,,visa,r-1,1",
            f"{about},P2,a-2,visa,2026-11-02 10:00:00,UTC,Settled,M3,GBP,,40.00,1.15,EUR,,45.40,,0.60,,,visa,c-2,1",
            f"{about},,,,2026-11-02 10:00:00,UTC,Fee,Transaction Fees,EUR,,,1,EUR,0.40,,,,,,,,1",
            f"{about},,,,2026-11-03 10:00:00,UTC,MerchantPayout,TX1 batch 1,EUR,,,1,EUR,79.40,,,,,,,,1",
        ]
    )
    page = await payments.list_settlements(datetime(2026, 11, 1, tzinfo=UTC))
    assert page.cursor == "2"
    assert [(e.kind, e.gross_minor, e.fee_minor, e.net_minor, e.key) for e in page.entries] == [
        (SettlementKind.CAPTURE, 4_000, 60, 3_940, "c-1"),
        (SettlementKind.REFUND, -500, 0, -500, "r-1"),
        (SettlementKind.CAPTURE, 4_600, 60, 4_540, "c-2"),
        (SettlementKind.FEE, -40, 0, -40, None),
        (SettlementKind.PAYOUT, -7_940, 0, -7_940, None),
    ]
    told = [(e.original_minor, e.original_currency, e.rate) for e in page.entries]
    assert told == [(None, None, None)] * 2 + [(4_000, "GBP", "1.15")] + [(None, None, None)] * 2
    assert sum(e.net_minor for e in page.entries) == 0
    assert (await payments.list_settlements(datetime(2026, 11, 1, tzinfo=UTC), cursor="2")).entries == ()


async def test_every_webhook_sample_is_read(payments: Any, book: Book) -> None:
    told = 0
    for sample in load("adyen/samples/webhooks-v1.examples.json"):
        body = sample["body"]
        book.samples.append(("adyen webhooks-v1", sample["name"]))
        if "notificationItems" not in body:
            raw = json.dumps(body).encode()
            made = hmac.new(bytes.fromhex(HMAC_KEY), raw, hashlib.sha256).digest()
            assert payments.parse_inbound({"HmacSignature": base64.b64encode(made).decode()}, raw) == []
            continue
        items = [each["NotificationRequestItem"] for each in body["notificationItems"]]
        for item in items:
            fact = facts.parse_item(msgspec.convert(item, wire.ItemIn))
            assert fact is None or isinstance(fact, PaymentFact | DisputeFact)
            told += fact is not None
        ours = [signed({**item, "merchantAccountCode": ACCOUNT}) for item in items]
        payments.parse_inbound({}, call_of(*ours))
    assert told >= 15


def test_every_answer_sample_of_what_is_called_is_read(adyen_files: list[Spec], book: Book) -> None:
    read = {
        "post-payments": wire.PaymentIn,
        "post-payments-paymentPspReference-captures": wire.ModificationIn,
        "post-payments-paymentPspReference-cancels": wire.ModificationIn,
        "post-payments-paymentPspReference-refunds": wire.ModificationIn,
        "post-payments-paymentPspReference-amountUpdates": wire.ModificationIn,
        "post-supplyDefenseDocument": wire.DisputeAnswerIn,
        "post-defendDispute": wire.DisputeAnswerIn,
    }
    for spec in adyen_files:
        name = spec.name.rpartition("/")[2].removesuffix(".json")
        for sample in load(f"adyen/samples/{name}.examples.json"):
            if sample["kind"] == "response" and sample["operationId"] in read:
                good = str(sample["status"]).startswith("2")
                msgspec.convert(sample["body"], read[sample["operationId"]] if good else wire.ErrorIn)
                book.samples.append((f"adyen {name}", f"{sample['operationId']} {sample['status']} {sample['name']}"))
    assert len(book.samples) >= 20
