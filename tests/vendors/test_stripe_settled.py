"""What Stripe lists of the balance there: fees, payouts, and what it has exchanged."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.conformance_payments import authorized, capture, refund
from orderline.contracts.payments import Capture
from orderline.contracts.settlements import SettlementKind
from vendors.stripe_server import Stripe
from vendors.test_stripe import payments, stripe, stripe_file, url

__all__ = ["payments", "stripe", "stripe_file", "url"]
pytestmark = pytest.mark.anyio


async def test_fees_and_payouts_are_listed(stripe: Stripe, payments: Any) -> None:
    held = (await authorized(payments)).reference
    await payments.capture([capture("c-1", held, 10_000)])
    await payments.refund([refund("r-1", held, 1_000)])
    payout = stripe.pay_out()
    entries: dict[str, Any] = {}
    cursor = None
    while True:
        since = datetime.now(UTC) - timedelta(minutes=1)
        page = await payments.list_settlements(since, cursor=cursor, limit=2)
        entries |= {each.entry: each for each in page.entries if each.payout or each.entry not in entries}
        cursor = page.cursor
        if cursor is None:
            break
    told = [(e.kind, e.gross_minor, e.fee_minor, e.net_minor, e.payout) for e in entries.values()]
    assert sorted(told) == [
        (SettlementKind.CAPTURE, 10_000, 320, 9_680, payout),
        (SettlementKind.PAYOUT, -8_680, 0, -8_680, payout),
        (SettlementKind.REFUND, -1_000, 0, -1_000, payout),
    ]
    assert {e.authorization for e in entries.values() if e.kind is not SettlementKind.PAYOUT} == {held}


async def test_what_was_exchanged_is_listed_with_what_it_was(stripe: Stripe, payments: Any) -> None:
    stripe.settles["eur"] = ("usd", "1.08")
    held = (await authorized(payments)).reference
    await payments.capture([capture("c-1", held, 10_000)])
    await payments.refund([refund("r-1", held, 1_000)])
    stripe.pay_out()
    page = await payments.list_settlements(datetime.now(UTC) - timedelta(minutes=1))
    told = {e.kind: (e.gross_minor, e.currency, e.original_minor, e.original_currency, e.rate) for e in page.entries}
    assert told == {
        SettlementKind.CAPTURE: (10_800, "USD", 10_000, "EUR", "1.08"),
        SettlementKind.REFUND: (-1_080, "USD", -1_000, "EUR", "1.08"),
        SettlementKind.PAYOUT: (-(10_800 - 1_080 - round(320 * 1.08)), "USD", None, None, None),
    }


async def test_a_part_of_a_charge_that_was_exchanged_is_told_by_its_rate(stripe: Stripe, payments: Any) -> None:
    stripe.settles["eur"] = ("jpy", "1.6234")  # in minor units, of which a yen has none
    held = (await authorized(payments)).reference
    await payments.capture([Capture(key="c-1", authorization=held, amount_minor=4_000, currency="EUR", final=False)])
    await payments.capture([capture("c-2", held, 2_500)])
    for entry in stripe.entries:
        entry["exchange_rate"] = 162.34
    page = await payments.list_settlements(datetime.now(UTC) - timedelta(minutes=1))
    assert sorted((e.original_minor, e.original_currency) for e in page.entries) == [(2_500, "EUR"), (4_000, "EUR")]
