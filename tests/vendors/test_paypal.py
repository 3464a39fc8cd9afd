"""The PayPal connector over real HTTP; every request is valid by PayPal's own OpenAPI files."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from contracts.conformance_calls import CallsConformance, Subject
from contracts.conformance_payments import authorize, capture, refund
from orderline.connectors.paypal_payments import mapping, wire
from orderline.connectors.paypal_payments.client import request_id
from orderline.connectors.paypal_payments.connector import connector
from orderline.contracts.payments import (
    Approved,
    Authorize,
    CannotTell,
    Declined,
    Extend,
    Operation,
    Pending,
    Query,
    Refund,
    TransactionState,
    Void,
)
from orderline.values.failures import Trouble
from vendors.conftest import Faulty
from vendors.paypal_server import PayPal
from vendors.paypal_stage import held, settings

pytestmark = pytest.mark.anyio


@pytest.fixture
def payments(paypal_payments: Any) -> Any:
    return paypal_payments


@pytest.fixture
def url(paypal_url: str) -> str:
    return paypal_url


class TestPayPalCalls(CallsConformance):
    @pytest.fixture
    async def subject(self, paypal: PayPal, url: str) -> AsyncIterator[Subject]:
        opened, hasty, nowhere = (
            connector.open(settings(url)),
            connector.open(settings(url, timeout_s=0.1)),
            connector.open(settings("http://127.0.0.1:9")),
        )
        for each in (opened, hasty):
            await each.query([Query(reference="NONE")])  # each has its access token
        paypal.tokens.update(each._client._token for each in (opened, hasty))
        order = paypal.approved("100.00")

        async def write(contract: Any) -> Any:
            [outcome] = await contract.authorize([authorize("a-1", token=order)])
            return outcome

        async def effects() -> int:
            return paypal.effects

        yield Subject(
            write=lambda: write(opened),
            effects=effects,
            hasty=lambda: write(hasty),
            nowhere=lambda: write(nowhere),
            partner=Faulty(paypal),
        )
        for each in (opened, hasty, nowhere):
            await each.close()


async def test_an_approved_order_is_held_captured_in_parts_and_let_go(paypal: PayPal, payments: Any) -> None:
    authorization = await held(paypal, payments)
    outcomes = await payments.capture([capture("c-1", authorization, 4_000), capture("c-2", authorization, 7_000)])
    assert [type(each) for each in outcomes] == [Approved, Declined]
    assert outcomes[1].code == "max_capture_amount_exceeded"
    [last] = await payments.capture([capture("c-3", authorization, 5_000, final=True)])
    assert last.final
    [over] = await payments.capture([capture("c-4", authorization, 1_000)])
    assert over.code == "authorization_already_captured"
    other = await held(paypal, payments, "a-2")
    voids = [
        *await payments.void([Void(key="v-1", authorization=other)]),
        *await payments.void([Void(key="v-2", authorization=other)]),
        *await payments.void([Void(key="v-3", authorization="NONE")]),
    ]
    assert [type(each) for each in voids] == [Approved, Approved, Declined]
    [gone] = await payments.capture([capture("c-5", other, 1_000)])
    assert gone.code == "authorization_voided"


async def test_orders_that_cannot_be_charged_say_why(paypal: PayPal, payments: Any) -> None:
    tokens = [
        paypal.approved("100.00", status="PAYER_ACTION_REQUIRED"),
        paypal.approved("100.00", pays="DENIED"),
        paypal.approved("100.00", "USD"),
        "NONE",
    ]
    outcomes = await payments.authorize([authorize(f"a-{token}", token=token) for token in tokens])
    codes = [each.code for each in outcomes]
    assert codes == ["order_not_approved", "denied", "currency_mismatch", "invalid_resource_id"]
    waiting = paypal.approved("100.00", pays="PENDING")
    [pending] = await payments.authorize([authorize("a-9", token=waiting)])
    assert isinstance(pending, Pending)
    sale = Authorize(key="a-10", order_number="SO-1", token=paypal.approved("100.00"), amount_minor=10_000,
                     currency="EUR", capture=True)  # fmt: skip
    [sold] = await payments.authorize([sale])
    assert sold.reference in paypal.captures


async def test_an_authorization_that_was_lost_is_found_by_its_order(paypal: PayPal, payments: Any) -> None:
    order = paypal.approved("100.00")
    asked = Query(key="a-1", operation=Operation.AUTHORIZE, token=order)
    assert await payments.query([asked]) == [None]
    paypal.misbehave(drop_next=1)
    [lost] = await payments.authorize([authorize("a-1", token=order)])
    assert isinstance(lost, Trouble)
    assert lost.in_doubt
    [found] = await payments.query([asked])
    assert (found.state, found.key, found.amount_minor) == (TransactionState.APPROVED, "a-1", 10_000)
    # Under another key, as after a change of the order, it is the same authorization.
    [again] = await payments.authorize([authorize("a-2", token=order)])
    assert again.reference == found.reference


async def test_captures_voids_and_refunds_are_found_by_our_key(paypal: PayPal, payments: Any) -> None:
    authorization = await held(paypal, payments)

    def asked(key: str, operation: Operation) -> Query:
        return Query(key=key, operation=operation, authorization=authorization)

    await payments.capture([capture("c-1", authorization, 4_000)])
    await payments.refund([refund("r-1", authorization, 1_500)])
    [captured, back, unknown, not_void] = await payments.query(
        [
            asked("c-1", Operation.CAPTURE),
            asked("r-1", Operation.REFUND),
            asked("c-2", Operation.CAPTURE),
            asked("v-1", Operation.VOID),
        ]
    )
    assert (captured.amount_minor, back.amount_minor, unknown, not_void) == (4_000, 1_500, None, None)
    await payments.void([Void(key="v-1", authorization=authorization)])
    [void] = await payments.query([asked("v-1", Operation.VOID)])
    assert void.operation is Operation.VOID
    by_reference = [Query(reference=each) for each in (authorization, captured.reference, back.reference, "NONE")]
    found = await payments.query(by_reference)
    assert [each and each.operation for each in found] == [
        Operation.AUTHORIZE, Operation.CAPTURE, Operation.REFUND, None,
    ]  # fmt: skip
    assert await payments.query([Query(key="x", operation=Operation.EXTEND)]) == [CannotTell()]


async def test_a_refund_of_an_authorization_takes_several_captures_and_is_completed_after_a_loss(
    paypal: PayPal, payments: Any
) -> None:
    authorization = await held(paypal, payments)
    outcomes = await payments.capture([capture(f"c-{n}", authorization, 3_000) for n in range(3)])
    first = outcomes[0].reference
    [direct] = await payments.refund([refund("r-0", first, 1_000)])
    assert direct.amount_minor == 1_000
    [too_much] = await payments.refund([refund("r-1", authorization, 8_001)])
    assert too_much.code == "amount_not_available"
    # Of three parts, the answer to the second is lost.
    real = paypal.refund
    calls = []

    def stumble(*names: str, **about: Any) -> tuple[int, Any]:
        calls.append(names)
        if len(calls) == 1:
            paypal.misbehave(drop_next=1)
        return real(*names, **about)

    paypal.refund = stumble
    [sent] = await payments.refund([refund("r-2", authorization, 6_000)])
    if isinstance(sent, Trouble):
        assert sent.in_doubt
        assert await payments.query([Query(key="r-2", operation=Operation.REFUND, authorization=authorization)]) == [
            None
        ]
        [sent] = await payments.refund([refund("r-2", authorization, 6_000)])
    assert (type(sent), sent.amount_minor) == (Approved, 6_000)
    parts = [each for each in paypal.refunds.values() if each["custom_id"].startswith("r-2,")]
    assert sorted(each["amount"]["value"] for each in parts) == ["10.00", "20.00", "30.00"]
    assert sum(mapping.parse_money(msgspec.convert(each["amount"], wire.MoneyIn)) for each in parts) == 6_000
    [again] = await payments.refund([refund("r-2", authorization, 6_000)])
    assert again.amount_minor == 6_000
    assert len([each for each in paypal.refunds.values() if each["custom_id"].startswith("r-2,")]) == len(parts)


async def test_an_authorization_is_held_longer_under_a_new_name(paypal: PayPal, payments: Any) -> None:
    authorization = await held(paypal, payments)
    wanted = [
        Extend(key=f"e-{each}", authorization=each, amount_minor=11_500, currency="EUR")
        for each in (authorization, "NONE")
    ]
    [longer, unknown] = await payments.extend(wanted)
    assert longer.reference not in (authorization, "")
    assert longer.amount_minor == 11_500
    assert isinstance(unknown, Declined)


AMOUNTS = [
    # currency  ours     at PayPal
    ("EUR",     10_000,  "100.00"),
    ("JPY",     1999,    "1999"),
    ("HUF",     199_900, "1999"),
    ("TWD",     5_000,   "50"),
    ("TND",     5_123,   "5.123"),
]  # fmt: skip


@pytest.mark.parametrize(("currency", "ours", "theirs"), AMOUNTS)
async def test_amounts_are_written_as_paypal_writes_them(
    paypal: PayPal, payments: Any, currency: str, ours: int, theirs: str
) -> None:
    asked = Authorize(
        key="a", order_number="1", token=paypal.approved(theirs, currency), amount_minor=ours, currency=currency
    )
    [outcome] = await payments.authorize([asked])
    assert (outcome.amount_minor, outcome.currency) == (ours, currency)
    [taken] = await payments.capture(
        [msgspec.structs.replace(capture("c-1", outcome.reference, ours), currency=currency)]
    )
    assert paypal.captures[taken.reference]["amount"] == {"currency_code": currency, "value": theirs}


async def test_what_paypal_cannot_write_is_declined_and_not_sent(paypal: PayPal, payments: Any) -> None:
    about = {"amount_minor": 1_999, "currency": "HUF"}
    outcomes = [
        *await payments.capture([msgspec.structs.replace(capture("c", "x", 1), **about)]),
        *await payments.refund([Refund(key="r", reference="x", **about)]),
        *await payments.extend([Extend(key="e", authorization="x", **about)]),
    ]
    assert {each.code for each in outcomes} == {"amount_not_expressible"}
    assert paypal.seen == []


async def test_the_access_token_is_renewed_and_nothing_of_the_key_is_told(
    paypal: PayPal, url: str, payments: Any, caplog: pytest.LogCaptureFixture
) -> None:
    authorization = await held(paypal, payments)
    paypal.tokens.clear()
    [taken] = await payments.capture([capture("c-1", authorization, 1_000)])
    assert isinstance(taken, Approved)
    wrong = connector.open(settings(url, api_key="client-id:wrong"))
    [outcome] = await wrong.capture([capture("c-2", authorization, 1_000)])
    await wrong.close()
    assert isinstance(outcome, Trouble)
    assert not outcome.in_doubt
    assert "client-id" not in str(outcome) + caplog.text


def test_long_keys_are_told_apart_in_short() -> None:
    long = "01890000-0000-7000-8000-000000000000-1-2-0-authorize"
    assert len(request_id(long)) <= 38
    assert request_id(long) != request_id(long.replace("authorize", "capture"))
    assert request_id("short") == "short"
