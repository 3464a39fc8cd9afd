"""The other sandbox partners, the controls, and the faults."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest

from contracts.conformance_notices import notice
from contracts.conformance_payments import authorize, authorized, capture, refund
from orderline.connectors.sandbox_channels.connector import connector as channels_connector
from orderline.connectors.sandbox_notices.connector import connector as notices_connector
from orderline.connectors.sandbox_payments.connector import connector as payments_connector
from orderline.contracts.channels import ChannelCancellationRequested, ChannelOrderPlaced
from orderline.contracts.disputes import DisputeState, Evidence, EvidenceRefused, EvidenceTaken
from orderline.contracts.notices import DeliveryState, NoticeFact
from orderline.contracts.payments import Approved, Declined, Operation, PaymentFact, Query, TransactionState
from orderline.sandbox.server import running_sandbox
from orderline.sandbox.settings import (
    Callback,
    NoticeBehavior,
    Partner,
    PaymentBehavior,
    SandboxSettings,
    Sending,
    callbacks_to,
)
from orderline.values.failures import Trouble
from sandbox.stage import SECRET, Inbox, Stage, until, until_idle

pytestmark = pytest.mark.anyio


async def begin(stage: Stage, box: Inbox, **changes: Any) -> None:
    callback = Callback(url=box.url, secret=SECRET)
    settings = SandboxSettings(sending=Sending(flush_ms=1), callbacks=dict.fromkeys(Partner, callback))
    await stage.reset(msgspec.structs.replace(settings, **changes))


@pytest.mark.parametrize(
    ("token", "state"),
    [("tok_pending", TransactionState.APPROVED), ("tok_pending_decline", TransactionState.DECLINED)],
)
async def test_what_was_pending_is_told_and_has_the_same_event_id_when_asked_for(
    stage: Stage, box: Inbox, token: str, state: TransactionState
) -> None:
    await begin(stage, box)
    async with stage.opened(payments_connector) as payments:
        await payments.authorize([authorize("a-1", token=token)])
        await until(lambda: box.facts, "the result")
        [fact] = box.facts
        assert isinstance(fact, PaymentFact)
        assert (fact.operation, fact.state, fact.key) == (Operation.AUTHORIZE, state, "a-1")
        [found] = await payments.query([Query(key="a-1")])
        assert found.event_id == fact.event_id


async def test_all_results_are_told_when_asked_to(stage: Stage, box: Inbox) -> None:
    await begin(stage, box, payments=PaymentBehavior(tell="all"))
    async with stage.opened(payments_connector) as payments:
        held = (await authorized(payments)).reference
        await payments.capture([capture("c-1", held, 10_000)])
        await until(lambda: len(box.facts) == 2, "two results")
        assert [each.operation for each in box.facts] == [Operation.AUTHORIZE, Operation.CAPTURE]
        assert {each.authorization for each in box.facts} == {held}


@pytest.mark.parametrize(
    ("token", "types"),
    [
        ("tok_capture_decline", [Approved, Declined, Declined]),
        ("tok_refund_decline", [Approved, Approved, Declined]),
        ("tok_lapse", [Approved, Declined, Declined]),
        ("tok_insufficient", [Declined, Declined, Declined]),
    ],
)
async def test_magic_tokens_fail_where_they_say(stage: Stage, token: str, types: list[type]) -> None:
    async with stage.opened(payments_connector) as payments:
        [held] = await payments.authorize([authorize("a-1", token=token)])
        [captured] = await payments.capture([capture("c-1", held.reference, 10_000)])
        [refunded] = await payments.refund([refund("r-1", held.reference, 1)])
        assert [type(each) for each in (held, captured, refunded)] == types


async def test_the_issuer_takes_money_back_and_tells(stage: Stage, box: Inbox) -> None:
    await begin(stage, box)
    async with stage.opened(payments_connector) as payments:
        held = (await authorized(payments)).reference
        await payments.capture([capture("c-1", held, 10_000)])
    await stage.call("POST", "/payments/chargebacks", {"payment": held, "amount": 10_000})
    await until(lambda: box.facts, "the chargeback")
    assert (box.facts[0].operation, box.facts[0].authorization) == (Operation.CHARGEBACK, held)
    await until(lambda: len(box.facts) == 2, "the dispute")
    dispute = box.facts[1]
    assert (dispute.state, dispute.authorization, dispute.amount_minor) == (DisputeState.OPENED, held, 10_000)
    async with stage.opened(payments_connector) as payments:
        evidence = [Evidence(key="d-1", dispute=dispute.dispute), Evidence(key="d-2", dispute="none")]
        for _ in range(2):
            taken, refused = await payments.submit_evidence(evidence)
            assert isinstance(taken, EvidenceTaken)
            assert isinstance(refused, EvidenceRefused)
    await stage.call("POST", "/payments/dispute-decisions", {"dispute": dispute.dispute, "won": True})
    await until(lambda: len(box.facts) == 4, "the decision")
    assert [each.state for each in box.facts[2:]] == [DisputeState.UNDER_REVIEW, DisputeState.WON]


async def test_messages_stand_in_the_mailbox_and_bounces_are_told(stage: Stage, box: Inbox) -> None:
    await begin(stage, box)
    async with stage.opened(notices_connector) as notices:
        sent = await notices.send([notice("n-1"), notice("n-2", to="bounce@example.com")])
        await until(lambda: box.facts, "the bounce")
        [fact] = box.facts
        assert isinstance(fact, NoticeFact)
        assert (fact.state, fact.key) == (DeliveryState.BOUNCED, "n-2")
        states = await notices.statuses([each.delivery_id for each in sent])
        assert [each.state for each in states] == [DeliveryState.DELIVERED, DeliveryState.BOUNCED]
    mailbox = await stage.call("GET", "/notices/messages?to=ana@example.com")
    assert [each["message"]["subject"] for each in mailbox["messages"]] == ["On its way"]


async def test_a_full_mailbox_throws_the_oldest_away_and_counts_them(
    stage: Stage, box: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orderline.sandbox.notices.KEPT", 2)
    await begin(stage, box)
    async with stage.opened(notices_connector) as notices:
        for number in range(5):
            await notices.send([notice(f"n-{number}")])
            await until_idle(stage)
        again = await notices.send([notice("n-4")])
        known = await notices.statuses(["msg_00000005", "msg_00000001"])
    assert [each.delivery_id for each in again] == ["msg_00000005"]
    assert [each is not None for each in known] == [True, False]
    mailbox = await stage.call("GET", "/notices/messages")
    assert [each["id"] for each in mailbox["messages"]] == ["msg_00000005", "msg_00000004"]
    told = (await stage.control("GET", "statistics"))["partners"]["notices"]
    assert told["counts"] == {"delivered": 5}


async def test_deliveries_are_told_when_asked_to(stage: Stage, box: Inbox) -> None:
    await begin(stage, box, notices=NoticeBehavior(tell="all"))
    async with stage.opened(notices_connector) as notices:
        await notices.send([notice("n-1")])
    await until(lambda: box.facts, "the delivery")
    assert box.facts[0].state is DeliveryState.DELIVERED


async def test_orders_and_cancellations_of_customers_are_told_and_can_be_pulled(stage: Stage, box: Inbox) -> None:
    await begin(stage, box)
    await stage.control("POST", "orders/generated", {"count": 3, "skus": ["TEE-M"], "announce": True})
    await stage.control("POST", "orders/canceled", {"order": "SHOP-0000002"})
    await until(lambda: len(box.facts) == 4, "three orders and a cancellation")
    placed = [each.order for each in box.facts if isinstance(each, ChannelOrderPlaced)]
    [canceled] = [each for each in box.facts if isinstance(each, ChannelCancellationRequested)]
    assert canceled.external_id == "SHOP-0000002"
    async with stage.opened(channels_connector) as channels:
        pulled = (await channels.pull_orders()).orders
    assert sorted(placed, key=lambda order: order.external_id) == list(pulled)


async def test_a_seed_gives_the_same_orders_again(stage: Stage) -> None:
    async def orders(seed: int) -> list[Any]:
        await stage.control("POST", "reset", {"seed": seed})
        await stage.control("POST", "orders/generated", {"count": 20, "skus": ["TEE-M", "CAP", "MUG"]})
        async with stage.opened(channels_connector) as channels:
            page = await channels.pull_orders()
        return [(order.external_id, order.lines, order.ship_to) for order in page.orders]

    first = await orders(5)
    assert await orders(5) == first
    assert await orders(6) != first


async def test_a_partner_can_be_down_until_an_instant(stage: Stage) -> None:
    await stage.misbehave(Partner.PAYMENTS, down_until=datetime.now(UTC) + timedelta(seconds=30))
    async with stage.opened(payments_connector) as payments:
        [outcome] = await payments.authorize([authorize("a-1")])
        assert isinstance(outcome, Trouble)
        assert outcome.retry_after_s is not None
        assert 25 < outcome.retry_after_s <= 32
        await stage.misbehave(Partner.PAYMENTS, down_until=datetime.now(UTC))
        [outcome] = await payments.authorize([authorize("a-1")])
        assert isinstance(outcome, Approved)


async def test_under_lost_answers_and_failures_every_payment_is_made_once(stage: Stage) -> None:
    await stage.misbehave(Partner.PAYMENTS, drop_probability=0.3, fail_probability=0.3, fail_status=500)
    async with stage.opened(payments_connector, batch_max=5) as payments:
        waiting = [authorize(f"a-{number}") for number in range(100)]
        for _ in range(50):
            outcomes = await payments.authorize(waiting)
            waiting = [each for each, outcome in zip(waiting, outcomes, strict=True) if isinstance(outcome, Trouble)]
            if not waiting:
                break
    assert not waiting
    statistics = await stage.statistics()
    assert statistics["partners"]["payments"]["counts"]["authorize_approved"] == 100
    assert statistics["partners"]["payments"]["calls"]["dropped"] > 0


async def test_without_the_key_nobody_is_served() -> None:
    settings = SandboxSettings(api_key="hush", callbacks=callbacks_to("http://127.0.0.1:9/inbound", SECRET))
    async with running_sandbox(settings) as sandbox, httpx.AsyncClient(base_url=sandbox.base_url, verify=False) as http:
        for path in ("/payments/transactions?since=2026-01-01T00:00:00Z", "/control/statistics"):
            assert (await http.get(path)).status_code == 401
            assert (await http.get(path, headers={"authorization": "Bearer hush"})).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PUT", "/control/faults/warehouse", {"fail_probability": 2}, 422),
        ("PUT", "/control/faults/warehouse", {"fail_propability": 1}, 422),
        ("PUT", "/control/faults/nobody", {}, 404),
        ("POST", "/control/reset", {"seeds": 1}, 422),
        ("POST", "/payments/authorizations", {"authorizations": [{}]}, 422),
        ("GET", "/payments/transactions?since=yesterday", None, 422),
        ("GET", "/carrier/parcels/none", None, 404),
        ("GET", "/warehouse/requests/FO-1", None, 422),
        ("GET", "/channel/orders/none", None, 404),
    ],
)
async def test_what_is_malformed_or_unknown_is_answered_as_such(
    stage: Stage, method: str, path: str, body: Any, status: int
) -> None:
    async with httpx.AsyncClient(base_url=stage.base_url, verify=False) as http:
        assert (await http.request(method, path, json=body)).status_code == status


async def test_faults_are_shown_and_cleared(stage: Stage) -> None:
    await stage.misbehave(Partner.CARRIER, fail_probability=1)
    assert (await stage.control("GET", "faults"))["carrier"]["fail_probability"] == 1
    await stage.control("DELETE", "faults")
    assert (await stage.control("GET", "faults"))["carrier"]["fail_probability"] == 0


async def test_behavior_can_be_changed_while_work_goes_on(stage: Stage, box: Inbox) -> None:
    await begin(stage, box)
    settings = msgspec.convert(await stage.control("GET", "settings"), SandboxSettings)
    changed = msgspec.structs.replace(settings, payments=PaymentBehavior(decline_probability=1))
    await stage.control("PUT", "settings", changed)
    async with stage.opened(payments_connector) as payments:
        [outcome] = await payments.authorize([authorize("a-1")])
    assert isinstance(outcome, Declined)
    assert (await until_idle(stage))["partners"]["payments"]["counts"]["authorize_declined"] == 1
