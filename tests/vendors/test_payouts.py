"""Payouts and fees of a provider, read over real HTTP, matched to orders and put into the books; what differs is listed."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from orderline.contracts.registry import ConnectorSettings
from orderline.core.entities.commands import PutEntity, PutRates
from orderline.core.entities.state import DayRate, LegalEntity
from orderline.core.orders.commands import CancelUnits, TenderInput
from orderline.core.payouts.commands import CorrectPayout
from orderline.core.payouts.state import KIND, Payout, PayoutState
from orderline.engine.verifying import verify
from orderline.sandbox.server import SandboxThread
from orderline.store.payouts import load_payout_entries
from orderline.store.reading.records import load_records
from orderline.store.reading.source import Source
from orderline.store.reconciling import Difference, load_differences
from orderline.values.ids import OrderId
from orderline.worker.inbound import Inbound
from orderline.worker.payouts import read_payouts
from orderline.worker.reconciling import reconcile
from orderline.worker.work import Work
from sandbox.fixtures import sandbox_thread
from support.engines import faults_of
from vendors.gateways import Gateway, PayPalGateway, StripeGateway
from vendors.server import Vendor, VendorThread
from worker.site import Site, opened_site, until

__all__ = ["sandbox_thread"]
EPOCH = (datetime(1970, 1, 1, tzinfo=UTC), "")


@pytest.fixture
def stripe(watched: Callable[[Vendor], None]) -> StripeGateway:
    gateway = StripeGateway()
    watched(gateway.vendor)
    return gateway


@pytest.fixture
def paypal(watched: Callable[[Vendor], None]) -> PayPalGateway:
    gateway = PayPalGateway()
    watched(gateway.vendor)
    return gateway


@pytest.fixture
def site(request: pytest.FixtureRequest, fresh_database: str, sandbox_thread: SandboxThread) -> Iterator[Site]:
    gateway: Gateway = request.getfixturevalue("paypal" if "paypal" in request.fixturenames else "stripe")
    with VendorThread(gateway.vendor) as running:
        connectors: dict[str, ConnectorSettings] = {gateway.name: gateway.settings(running.base_url)}
        with opened_site(fresh_database, sandbox_thread, connectors=connectors) as site:
            read(site)  # from now on
            yield site


def read(site: Site) -> int:
    """Compare payments, then read what was paid out; an hour later than the last time."""
    site.clock.forward(4 * 3_600)

    async def run() -> int:
        work = Work(site.services, "a test")
        inbound = Inbound(site.services, work)
        try:
            await reconcile(work, inbound)
            return await read_payouts(work)
        finally:
            await inbound.close()
            await work.close()

    return asyncio.run(run())


def paid(site: Site, gateway: Gateway, units: int = 3) -> OrderId:
    """An order whose storefront has collected its money."""
    reference = gateway.stored(units * 1_000, captured=True)
    tender = TenderInput(provider=gateway.name, amount_minor=units * 1_000, state="captured", reference=reference)
    return site.place(("TEE", units), tenders=(tender,))


def payouts(site: Site) -> list[Payout]:
    with site.database.connection() as connection:
        return load_records(Source(connection, 0), KIND, most=20)


def differences(site: Site, *, is_open: bool | None = True) -> list[Difference]:
    with site.database.connection() as connection:
        return load_differences(Source(connection, 0), is_open=is_open, most=50)


def balance(site: Site, account: str) -> int:
    rows = site.rows(
        "SELECT coalesce(sum(amount_minor), 0)::int FROM postings WHERE account = %(account)s AND cell = %(cell)s",
        account=account,
    )
    return rows[0][0]


def test_a_payout_is_matched_to_its_orders_and_clears_the_providers_account(site: Site, stripe: StripeGateway) -> None:
    first, second = paid(site, stripe), paid(site, stripe, 2)
    site.start()
    site.engine.run(CancelUnits(order=second, reason="changed mind"))
    until(lambda: site.order(second).tenders[0].refunded_minor == 2_000, "the refund")
    site.stop()  # its worker would read by itself
    assert balance(site, "psp_clearing") == 3_000
    reference = stripe.vendor.pay_out()
    assert read(site) == 1
    [payout] = payouts(site)
    fees = 59 + 59
    assert (payout.id, payout.amount_minor) == (f"stripe_payments:{reference}", 3_000 - fees)
    assert (payout.sums.captured_minor, payout.sums.refunded_minor, payout.sums.fees_minor) == (5_000, -2_000, fees)
    assert (balance(site, "bank"), balance(site, "fees"), balance(site, "psp_clearing")) == (3_000 - fees, fees, 0)
    with site.database.connection() as connection:
        parts = load_payout_entries(Source(connection, 0), payout.provider, reference, after=EPOCH, most=10)
    assert {(e.kind, e.order) for e in parts if e.kind != "payout"} == {
        ("capture", first), ("capture", second), ("refund", second)
    }  # fmt: skip
    # What is listed again is known.
    assert read(site) == 0
    assert (len(payouts(site)), balance(site, "bank")) == (1, 3_000 - fees)
    assert [each for each in differences(site) if each.kind.startswith(("settled", "payout", "not"))] == []
    site.verify_all()


def test_a_payout_that_the_bank_sends_back_is_at_the_provider_again(site: Site, stripe: StripeGateway) -> None:
    paid(site, stripe)
    reference = stripe.vendor.pay_out()
    read(site)
    stripe.vendor._book("payout_failure", 2_941, reference, "eur")
    read(site)
    [payout] = payouts(site)
    assert payout.state is PayoutState.RETURNED
    assert (balance(site, "bank"), balance(site, "fees"), balance(site, "psp_clearing")) == (0, 59, 2_941)
    read(site)
    assert balance(site, "psp_clearing") == 2_941, "once"
    site.verify_all()


def test_money_that_was_settled_of_no_order_waits_for_its_order(site: Site, stripe: StripeGateway) -> None:
    reference = stripe.stored(1_000, captured=True)
    stripe.vendor.pay_out()
    assert read(site) == 1
    [found] = [each for each in differences(site) if each.kind == "settled_unknown"]
    assert (found.amount_minor, found.payment, found.owner) == (1_000, reference, "finance")
    assert balance(site, "psp_clearing") == -1_000, "somebody is owed it"
    tender = TenderInput(provider=stripe.name, amount_minor=1_000, state="captured", reference=reference)
    order = site.place(("TEE", 1), tenders=(tender,))
    read(site)
    assert [each for each in differences(site) if each.kind == "settled_unknown"] == []
    [settled] = [each for each in differences(site, is_open=False) if each.kind == "settled_unknown"]
    assert (settled.order, settled.settled_by, settled.note) == (order, "orderline", "its order has come")
    assert balance(site, "psp_clearing") == 0
    site.verify_all()


def test_more_than_an_order_counts_is_listed(site: Site, stripe: StripeGateway) -> None:
    reference = stripe.stored(3_000, captured=True)
    tender = TenderInput(provider=stripe.name, amount_minor=2_000, state="captured", reference=reference)
    order = site.place(("TEE", 2), tenders=(tender,))
    read(site)
    [found] = [each for each in differences(site) if each.kind == "settled_differs"]
    assert (found.order, found.amount_minor, found.operation) == (order, 1_000, "capture")
    site.verify_all()


def test_what_a_provider_takes_for_reasons_of_its_own_is_listed_and_worked_off(
    site: Site, stripe: StripeGateway
) -> None:
    paid(site, stripe)
    stripe.vendor._book("adjustment", -250, "adj_1", "eur", category="other_adjustment")
    stripe.vendor.pay_out()
    read(site)
    [found] = [each for each in differences(site) if each.kind == "adjusted"]
    assert (found.amount_minor, balance(site, "psp_clearing")) == (250, 250)
    [payout] = payouts(site)
    assert (payout.sums.other_minor, payout.amount_minor) == (-250, 3_000 - 59 - 250)
    site.engine.run(CorrectPayout(payout=payout.id, amount_minor=250, to="fees", reason="network fine"))
    assert (balance(site, "psp_clearing"), balance(site, "fees")) == (0, 309)
    site.verify_all()


def test_what_was_captured_and_is_not_settled_in_two_weeks_is_listed_until_it_is(
    site: Site, stripe: StripeGateway
) -> None:
    order = paid(site, stripe)
    held, stripe.vendor.entries = stripe.vendor.entries, []
    site.clock.forward(15 * 86_400)
    read(site)
    [found] = [each for each in differences(site) if each.kind == "not_settled"]
    assert (found.order, found.amount_minor) == (order, 3_000)
    stripe.vendor.entries = [{**each, "created": int(site.clock().timestamp())} for each in held]
    read(site)
    assert [each for each in differences(site) if each.kind == "not_settled"] == []
    site.verify_all()


def test_where_a_provider_does_not_say_what_it_pays_out_it_is_what_was_before(
    site: Site, paypal: PayPalGateway
) -> None:
    paid(site, paypal)
    paypal.vendor.pay_out("20.00")
    read(site)
    [payout] = payouts(site)
    assert (payout.amount_minor, payout.sums.captured_minor, payout.sums.fees_minor) == (2_000, 3_000, 59)
    assert balance(site, "psp_clearing") == 3_000 - 59 - 2_000, "the rest is kept there"
    paid(site, paypal, 1)
    paypal.vendor.pay_out("18.82")
    read(site)
    assert balance(site, "psp_clearing") == 0
    assert [each for each in differences(site) if each.kind == "payout_differs"] == []
    site.verify_all()


def test_a_payout_that_is_not_its_parts_is_listed(site: Site, stripe: StripeGateway) -> None:
    paid(site, stripe)
    stripe.vendor.pay_out()
    stripe.vendor.entries[-1] |= {"amount": -2_900, "net": -2_900}
    read(site)
    [found] = [each for each in differences(site) if each.kind == "payout_differs"]
    assert (found.amount_minor, balance(site, "bank"), balance(site, "psp_clearing")) == (41, 2_900, 41)
    site.verify_all()


def balances(site: Site) -> dict[tuple[str, str], tuple[int, int]]:
    """(amount, amount in the books) by account and currency, where there is any."""
    rows = site.rows(
        "SELECT account, currency::text, sum(amount_minor)::int, sum(base_minor)::int FROM postings"
        " WHERE cell = %(cell)s GROUP BY 1, 2"
    )
    return {(account, currency): (amount, worth) for account, currency, amount, worth in rows if amount or worth}


def in_pounds(site: Site, gateway: Gateway, units: int) -> OrderId:
    """An order paid in pounds, by a shop that keeps its books in euros; a pound stands at 1.20."""
    site.engine.run(PutEntity(entity=LegalEntity(code="main", currency="EUR")))
    site.engine.run(PutRates(currency="GBP", base="EUR", days=(DayRate(date(2026, 1, 1), "1.20"),)))
    reference = gateway.stored(units * 1_000, "GBP", captured=True)
    tender = TenderInput(provider=gateway.name, amount_minor=units * 1_000, state="captured", reference=reference)
    return site.place(("TEE", units), tenders=(tender,), currency="GBP")


def test_a_payout_in_another_currency_is_posted_in_both(site: Site, stripe: StripeGateway) -> None:
    stripe.vendor.settles["gbp"] = ("eur", "1.15")
    order = in_pounds(site, stripe, 3)
    site.start()
    second = in_pounds(site, stripe, 1)
    site.engine.run(CancelUnits(order=second, reason="changed mind"))
    until(lambda: site.order(second).tenders[0].refunded_minor == 1_000, "the refund")
    site.stop()
    in_euros = paid(site, stripe)
    assert balances(site)["psp_clearing", "GBP"] == (3_000, 3_600)
    reference = stripe.vendor.pay_out()
    assert read(site) == 1
    [payout] = payouts(site)
    [exchanged] = payout.exchanged
    assert (exchanged.currency, exchanged.original_minor, exchanged.amount_minor) == ("GBP", 3_000, 3_450)
    assert exchanged.rate == "1.15"
    fees = 2 * round(59 * 1.15) + 59
    assert (payout.sums.fees_minor, payout.amount_minor) == (fees, 3_450 + 3_000 - fees)
    # What stood in the books for 36.00 has brought 34.50.
    found = balances(site)
    assert found["fx", "GBP"] == (0, 150)
    assert (found["exchange", "GBP"], found["exchange", "EUR"]) == ((3_000, 3_450), (-3_450, -3_450))
    assert found["bank", "EUR"] == (payout.amount_minor, payout.amount_minor)
    assert not [each for each in found if each[0] == "psp_clearing"], "nothing is left at the provider"
    with site.database.connection() as connection:
        parts = load_payout_entries(Source(connection, 0), payout.provider, reference, after=EPOCH, most=10)
    assert {(e.order, e.original_minor, e.original_currency, e.rate) for e in parts if e.kind == "capture"} == {
        (order, 3_000, "GBP", "1.15"), (second, 1_000, "GBP", "1.15"), (in_euros, None, "", ""),
    }  # fmt: skip
    assert differences(site) == []
    site.verify_all()
    for before, after, faults in ((3_000, 3_001, 1), (3_001, 3_000, 0)):
        site.rows(
            "UPDATE settlement_entries SET original_minor = %(after)s WHERE original_minor = %(before)s AND cell = %(cell)s"
            " RETURNING 1",
            before=before,
            after=after,
        )
        found_wrong = faults_of(verify(site.database)).get("payouts", [])
        assert [each.partition(": ")[2] for each in found_wrong] == ["it was exchanged from other amounts"] * faults


def test_more_than_an_order_counts_is_seen_in_its_own_currency(site: Site, stripe: StripeGateway) -> None:
    stripe.vendor.settles["gbp"] = ("eur", "1.15")
    in_pounds(site, stripe, 3)
    stripe.vendor.entries[0] |= {"amount": 3_565, "net": 3_565 - stripe.vendor.entries[0]["fee"]}  # 31.00
    read(site)
    [found] = [each for each in differences(site) if each.kind == "settled_differs"]
    assert (found.amount_minor, found.currency) == (100, "GBP")
    site.verify_all()


def test_both_sides_of_an_exchange_go_into_the_payout_that_it_was_for(site: Site, paypal: PayPalGateway) -> None:
    in_pounds(site, paypal, 3)
    paypal.vendor.exchange("29.41", "GBP", "33.82")
    in_pounds(site, paypal, 2)
    paypal.vendor.reported[-1]["transaction_initiation_date"] = f"{datetime.now(UTC) + timedelta(hours=1):%FT%TZ}"
    paypal.vendor.pay_out("33.82")
    assert read(site) == 1
    [payout] = payouts(site)
    [exchanged] = payout.exchanged
    assert (exchanged.original_minor, exchanged.amount_minor, exchanged.fees_minor) == (2_941, 3_382, 59)
    assert (payout.sums.exchanged_minor, payout.sums.net_minor) == (3_382, 3_382)
    found = balances(site)
    assert found["fees", "GBP"] == (59, 71)
    assert found["psp_clearing", "GBP"] == (2_000, 2_400), "what was paid since"
    assert found["fx", "GBP"] == (0, 3_600 - 71 - 3_382)
    assert sum(worth for _, worth in found.values()) == 0
    assert differences(site) == []
    site.verify_all()


def test_money_that_was_exchanged_and_nobody_says_from_what_is_listed(site: Site, stripe: StripeGateway) -> None:
    paid(site, stripe)
    stripe.vendor.entries[0] |= {"currency": "usd"}
    stripe.vendor.pay_out()
    stripe.vendor.entries[-1] |= {"currency": "eur"}
    read(site)
    assert [each.kind for each in differences(site)] == ["exchanged"]
    site.verify_all()
