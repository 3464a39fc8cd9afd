"""What every payments connector must do, whatever the provider behind it."""

from datetime import UTC, datetime, timedelta

import pytest

from orderline.contracts.payments import (
    Approved,
    Authorize,
    Capture,
    Declined,
    Payments,
    Pending,
    Query,
    Refund,
    Transaction,
    TransactionState,
    Void,
)
from orderline.values.failures import Trouble


def authorize(key: str, amount_minor: int = 10_000, token: str = "tok_ok") -> Authorize:
    return Authorize(key=key, order_number="SO-1", token=token, amount_minor=amount_minor, currency="EUR")


def capture(key: str, authorization: str, amount_minor: int, *, final: bool = False) -> Capture:
    return Capture(key=key, authorization=authorization, amount_minor=amount_minor, currency="EUR", final=final)


def refund(key: str, reference: str, amount_minor: int) -> Refund:
    return Refund(key=key, reference=reference, amount_minor=amount_minor, currency="EUR")


async def authorized(payments: Payments, key: str = "a-1", amount_minor: int = 10_000) -> Approved:
    """An approved authorization."""
    [outcome] = await payments.authorize([authorize(key, amount_minor)])
    assert isinstance(outcome, Approved)
    return outcome


@pytest.mark.anyio
class PaymentsConformance:
    """To be inherited; needs a fixture `payments`, and tokens of cards that behave in known ways."""

    DECLINED_TOKEN = "tok_decline"
    PENDING_TOKEN = "tok_pending"

    async def test_an_authorization_has_a_reference_and_says_when_it_lapses(self, payments: Payments) -> None:
        outcome = await authorized(payments)
        assert outcome.reference
        assert (outcome.amount_minor, outcome.currency) == (10_000, "EUR")
        assert outcome.expires_at is not None
        assert outcome.expires_at > datetime.now(UTC)

    async def test_a_set_has_one_outcome_per_request_in_order(self, payments: Payments) -> None:
        requests = [authorize(f"a-{number}", 100 + number) for number in range(7)]
        requests[3] = authorize("a-3", token=self.DECLINED_TOKEN)
        outcomes = await payments.authorize(requests)
        assert [each.key for each in outcomes if not isinstance(each, Trouble)] == [each.key for each in requests]
        assert [isinstance(each, Declined) for each in outcomes] == [number == 3 for number in range(7)]

    async def test_no_requests_have_no_outcomes(self, payments: Payments) -> None:
        assert await payments.authorize([]) == []

    async def test_a_decline_is_an_answer_with_a_code(self, payments: Payments) -> None:
        [outcome] = await payments.authorize([authorize("a-1", token=self.DECLINED_TOKEN)])
        assert isinstance(outcome, Declined)
        assert outcome.code

    async def test_a_key_used_again_for_something_else_is_refused(self, payments: Payments) -> None:
        await authorized(payments, "a-1", 10_000)
        [outcome] = await payments.authorize([authorize("a-1", 20_000)])
        assert isinstance(outcome, Declined)

    async def test_captures_in_parts_collect_no_more_than_was_authorized(self, payments: Payments) -> None:
        held = (await authorized(payments)).reference
        outcomes = await payments.capture([capture("c-1", held, 6_000), capture("c-2", held, 4_000)])
        assert [isinstance(each, Approved) for each in outcomes] == [True, True]
        [outcome] = await payments.capture([capture("c-3", held, 1)])
        assert isinstance(outcome, Declined)

    async def test_a_final_capture_lets_the_rest_go(self, payments: Payments) -> None:
        held = (await authorized(payments)).reference
        await payments.capture([capture("c-1", held, 6_000, final=True)])
        [outcome] = await payments.capture([capture("c-2", held, 1_000)])
        assert isinstance(outcome, Declined)

    async def test_a_voided_authorization_cannot_be_captured(self, payments: Payments) -> None:
        held = (await authorized(payments)).reference
        [voided] = await payments.void([Void(key="v-1", authorization=held)])
        assert isinstance(voided, Approved)
        [outcome] = await payments.capture([capture("c-1", held, 10_000)])
        assert isinstance(outcome, Declined)

    async def test_refunds_send_back_no_more_than_was_captured(self, payments: Payments) -> None:
        held = (await authorized(payments)).reference
        [captured] = await payments.capture([capture("c-1", held, 6_000)])
        assert isinstance(captured, Approved)
        outcomes = await payments.refund(
            [
                refund("r-1", captured.reference, 2_500),
                refund("r-2", captured.reference, 3_500),
                refund("r-3", captured.reference, 1),
            ]
        )
        assert [type(each) for each in outcomes] == [Approved, Approved, Declined]

    async def test_what_is_unknown_is_declined(self, payments: Payments) -> None:
        outcomes = [
            *await payments.capture([capture("c-1", "no-such-authorization", 1)]),
            *await payments.void([Void(key="v-1", authorization="no-such-authorization")]),
            *await payments.refund([refund("r-1", "no-such-payment", 1)]),
        ]
        assert [type(each) for each in outcomes] == [Declined] * 3

    async def test_a_query_finds_by_key_and_by_reference_and_says_what_is_unknown(self, payments: Payments) -> None:
        outcome = await authorized(payments)
        by_key, by_reference, unknown = await payments.query(
            [Query(key="a-1"), Query(reference=outcome.reference), Query(key="never sent")]
        )
        assert isinstance(by_key, Transaction)
        assert by_key == by_reference
        assert (by_key.state, by_key.amount_minor) == (TransactionState.APPROVED, 10_000)
        assert unknown is None

    async def test_a_pending_authorization_can_be_asked_about(self, payments: Payments) -> None:
        [outcome] = await payments.authorize([authorize("a-1", token=self.PENDING_TOKEN)])
        assert isinstance(outcome, Pending)
        [found] = await payments.query([Query(key="a-1")])
        assert isinstance(found, Transaction)
        assert found.reference == outcome.reference

    async def test_a_listing_shows_every_transaction_once_over_all_pages(self, payments: Payments) -> None:
        since = datetime.now(UTC) - timedelta(minutes=1)
        await payments.authorize([authorize(f"a-{number}") for number in range(7)])
        keys: list[str | None] = []
        cursor = None
        while True:
            page = await payments.list_transactions(since, cursor=cursor, limit=3)
            assert len(page.transactions) <= 3
            keys += [each.key for each in page.transactions]
            cursor = page.cursor
            if cursor is None:
                break
        assert sorted(str(key) for key in keys) == [f"a-{number}" for number in range(7)]

    async def test_a_listing_begins_where_it_is_told_to(self, payments: Payments) -> None:
        await authorized(payments)
        page = await payments.list_transactions(datetime.now(UTC) + timedelta(minutes=1))
        assert page.transactions == ()
