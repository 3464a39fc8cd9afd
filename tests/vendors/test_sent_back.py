"""Refunds that the customer's bank sends back after they went through, on each gateway, over real HTTP."""

import asyncio

import httpx
import msgspec
import pytest

from orderline.contracts.payments import Refund
from orderline.core.orders.commands import CancelUnits, RetryPayment
from orderline.core.orders.next_step import next_step_of
from orderline.core.orders.state import LineQuantity
from orderline.core.orders.status import status_of
from orderline.values.ids import OrderId
from vendors.gateways import Gateway
from vendors.test_faults import (
    all_told,
    differences,
    gateway,
    place_stored,
    sandbox_thread,
    site,
    tender_of,
)
from worker.site import Site, compare

__all__ = ["gateway", "sandbox_thread", "site"]


def refunded(site: Site, gateway: Gateway) -> OrderId:
    """An order that was paid, canceled and given back."""
    order = place_stored(site, gateway, gateway.stored(3_000, captured=True), "captured")
    site.start()
    site.engine.run(CancelUnits(order=order, reason="changed mind"))
    all_told(site, gateway, lambda: tender_of(site, order).refunded_minor == 3_000, "the refund")
    return order


def owed(site: Site, account: str = "refunds_payable") -> int:
    [row] = site.rows(
        f"SELECT coalesce(sum(amount_minor), 0)::int FROM postings WHERE account = '{account}' AND cell = %(cell)s"
    )
    return row[0]


def test_a_refund_that_the_bank_sends_back_is_owed_again_and_sent_again_once(site: Site, gateway: Gateway) -> None:
    order = refunded(site, gateway)
    assert (owed(site), owed(site, "psp_clearing")) == (0, 0)
    gateway.send_back()
    gateway.tell(site.door.url)
    gateway.tell(site.door.url)
    tender = tender_of(site, order)
    assert (tender.refunded_minor, len(tender.sent_back), tender.requests) == (0, 1, ())
    assert (owed(site), owed(site, "psp_clearing")) == (-3_000, 3_000)
    step = next_step_of(site.order(order), status_of(site.order(order)).phase)
    assert step is not None
    assert (step.what, step.owner, step.about) == ("refund_again", "finance", "tender 1")
    assert step.due_at is not None
    site.clock.forward(60)
    site.until_no_jobs()
    assert gateway.sums()[2] == 3_000, "it is not sent again by itself"

    site.engine.run(RetryPayment(order=order, tender=1))
    all_told(site, gateway, lambda: tender_of(site, order).refunded_minor == 3_000, "the second refund")
    gateway.tell(site.door.url)
    assert (tender_of(site, order).refunded_minor, gateway.sums()[2]) == (3_000, 6_000)
    assert (owed(site), owed(site, "psp_clearing")) == (0, 0)


def test_a_refund_that_is_sent_back_before_we_know_that_it_went_is_declined(site: Site, gateway: Gateway) -> None:
    reference = gateway.stored(3_000, captured=True)
    order = place_stored(site, gateway, reference, "captured")
    site.engine.run(CancelUnits(order=order, reason="changed mind"))
    [asked] = tender_of(site, order).requests
    ask_provider(site, gateway, Refund(key=asked.key, reference=reference, amount_minor=3_000, currency="EUR"))
    gateway.send_back()
    gateway.tell(site.door.url)
    site.start()
    site.until_no_jobs()
    gateway.tell(site.door.url)
    tender = tender_of(site, order)
    assert (tender.refunded_minor, tender.sent_back, bool(tender.declined)) == (0, (), True)
    assert (owed(site), gateway.sums()[2]) == (-3_000, 3_000)


def ask_provider(site: Site, gateway: Gateway, refund: Refund) -> None:
    """The call that our worker makes, whose answer never comes."""

    async def ask() -> None:
        opened = site.services.installed[gateway.name].open(site.services.connectors[gateway.name])
        await opened.refund([refund])
        await opened.close()

    asyncio.run(ask())


def test_what_is_sent_back_of_no_order_waits_and_moves_nothing(site: Site, gateway: Gateway) -> None:
    """The storefront has given money back by itself, and the bank sends it back, before we hear of its order."""
    reference = gateway.stored(3_000, captured=True)
    ask_provider(site, gateway, Refund(key="shop-refund", reference=reference, amount_minor=3_000, currency="EUR"))
    gateway.send_back()
    gateway.tell(site.door.url)
    states = site.rows("SELECT DISTINCT state, reason FROM inbox WHERE cell = %(cell)s")
    assert states == [("parked", "ORDER_UNKNOWN")]
    order = place_stored(site, gateway, reference, "captured")
    site.start()
    gateway.tell(site.door.url)
    site.clock.forward(60)
    site.until_no_jobs()
    tender = tender_of(site, order)
    assert (tender.captured_minor, tender.refunded_minor, tender.sent_back, tender.declined) == (3_000, 0, (), "")
    assert (owed(site), owed(site, "psp_clearing")) == (0, 3_000)


@pytest.mark.parametrize("gateway", ["adyen_payments"], indirect=True)
def test_a_return_that_has_a_name_of_its_own_is_found_by_payment_and_amount(site: Site, gateway: Gateway) -> None:
    order = refunded(site, gateway)
    payment = tender_of(site, order).reference
    for reference in ("BACK000000000001", "BACK000000000002"):
        about = {"amount": {"value": 3_000, "currency": "EUR"}, "reference": "shop-1"}
        gateway.vendor.tell("REFUNDED_REVERSED", reference, about, original=payment)
    gateway.tell(site.door.url)
    tender = tender_of(site, order)
    assert (tender.refunded_minor, [each.amount_minor for each in tender.sent_back]) == (0, [3_000])
    assert owed(site) == -3_000


def tell_together(site: Site, gateway: Gateway) -> None:
    """Post all that it tells in one call."""
    calls = list(gateway.calls())
    items = [item for _, body in calls for item in msgspec.json.decode(body)["notificationItems"]]
    body = msgspec.json.encode({"live": "false", "notificationItems": items})
    answer = httpx.post(f"{site.door.url}/{gateway.name}", content=body, headers=dict(calls[0][0]))
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("gateway", ["adyen_payments"], indirect=True)
def test_refunds_alike_that_come_back_together_are_each_owed_again(site: Site, gateway: Gateway) -> None:
    order = place_stored(site, gateway, gateway.stored(3_000, captured=True), "captured")
    site.start()
    for sent in (1_000, 2_000):
        site.engine.run(CancelUnits(order=order, reason="changed mind", lines=(LineQuantity(1, 1),)))
        all_told(site, gateway, lambda sent=sent: tender_of(site, order).refunded_minor == sent, "the refund")
    payment = tender_of(site, order).reference
    names = ("BACK000000000001", "BACK000000000002", "BACK000000000003")
    for reference in names:
        about = {"amount": {"value": 1_000, "currency": "EUR"}, "reference": "shop-1"}
        gateway.vendor.tell("REFUNDED_REVERSED", reference, about, original=payment)
    tell_together(site, gateway)
    tender = tender_of(site, order)
    assert (tender.refunded_minor, len({each.reference for each in tender.sent_back})) == (0, 2)
    assert len({each.key for each in tender.sent_back}) == 2, "each is of a request of its own"
    tell_together(site, gateway)
    assert (len(tender_of(site, order).sent_back), owed(site)) == (2, -2_000)


@pytest.mark.parametrize("gateway", ["paypal_payments", "stripe_payments"], indirect=True)
def test_a_refund_whose_return_nobody_told_of_is_found_by_comparing(site: Site, gateway: Gateway) -> None:
    compare(site)
    order = refunded(site, gateway)
    gateway.send_back()
    site.clock.forward(gateway_is_behind(site, gateway))
    compare(site)
    assert tender_of(site, order).refunded_minor == 0
    assert [each.kind for each in differences(site)] == []
    gateway.tell(site.door.url)
    assert len(tender_of(site, order).sent_back) == 1
    compare(site)
    assert [each.kind for each in differences(site)] == []


def gateway_is_behind(site: Site, gateway: Gateway) -> int:
    """Seconds until it lists what it has done."""
    return site.services.installed[gateway.name].listed_after_s + 60
