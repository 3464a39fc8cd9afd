"""Everything that goes wrong between us and a payment provider, on each gateway, over real HTTP; the outcomes stand in
docs/how-to/payment-faults.md."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from orderline.contracts.registry import ConnectorSettings
from orderline.core.orders.commands import CancelUnits, TenderInput
from orderline.core.orders.state import Order, Tender
from orderline.core.tenders.inputs import Already
from orderline.sandbox.server import SandboxThread
from orderline.sandbox.settings import CONNECTOR_OF
from orderline.store.jobs import dead_letters
from orderline.store.reading.source import Source
from orderline.store.reconciling import Difference, load_differences
from orderline.values.ids import OrderId
from sandbox.fixtures import sandbox_thread
from vendors.gateways import GATEWAYS, Gateway
from vendors.server import Vendor, VendorThread
from worker.site import SECRET, Site, opened_site, until

__all__ = ["sandbox_thread"]


@pytest.fixture(params=sorted(GATEWAYS))
def gateway(request: pytest.FixtureRequest, watched: Callable[[Vendor], None]) -> Gateway:
    made = GATEWAYS[request.param]()
    watched(made.vendor)
    return made


@pytest.fixture
def site(fresh_database: str, sandbox_thread: SandboxThread, gateway: Gateway) -> Iterator[Site]:
    with VendorThread(gateway.vendor) as running:
        connectors = {
            name: ConnectorSettings(base_url=f"{sandbox_thread.base_url}/{partner}", secret=SECRET, timeout_s=5)
            for partner, name in CONNECTOR_OF.items()
        }
        connectors[gateway.name] = gateway.settings(running.base_url)
        with opened_site(fresh_database, sandbox_thread, connectors=connectors) as site:
            yield site


def tender_of(site: Site, order: OrderId) -> Tender:
    [tender] = site.order(order).tenders
    return tender


def place(site: Site, gateway: Gateway, units: int = 3) -> OrderId:
    return site.place(("TEE", units), provider=gateway.name, token=gateway.token(units * 1_000))


def place_stored(site: Site, gateway: Gateway, reference: str, state: Already, units: int = 3) -> OrderId:
    """An order whose money the storefront has seen to."""
    tender = TenderInput(provider=gateway.name, amount_minor=units * 1_000, state=state, reference=reference)
    return site.place(("TEE", units), tenders=(tender,))


def authorized(site: Site, order: OrderId, amount: int = 3_000) -> None:
    until(lambda: tender_of(site, order).authorized_minor == amount, "the authorization")


def in_doubt(order: Order) -> bool:
    return any(request.in_doubt for tender in order.tenders for request in tender.requests)


def until_asked(site: Site, kind: str, attempts: int) -> None:
    """The clock goes on until a job has been tried so often."""

    def tried() -> bool:
        [job] = site.jobs(kind=kind)
        ahead = (job["due_at"] - site.clock()).total_seconds()
        if job["attempts"] < attempts and job["leased_by"] is None and ahead > 0:
            site.clock.forward(ahead)
        return job["attempts"] >= attempts

    until(tried, f"attempt {attempts}")


def until_paid(site: Site, order: OrderId) -> None:
    """The clock goes on until the money is there."""

    def paid() -> bool:
        site.clock.forward(60)
        return tender_of(site, order).authorized_minor == 3_000

    until(paid, "the authorization")


def all_told(site: Site, gateway: Gateway, done: Callable[[], bool], what: str) -> None:
    """What a provider decides later, it tells as soon as it is asked for what it tells."""

    def told() -> bool:
        if gateway.later:
            gateway.tell(site.door.url)
        return done()

    until(told, what)


def differences(site: Site) -> list[Difference]:
    with site.database.connection() as connection:
        return load_differences(Source(connection, 0), is_open=True, most=20)


def test_a_provider_that_is_down_for_an_hour_is_asked_again_and_nothing_is_doubled(
    site: Site, gateway: Gateway
) -> None:
    gateway.vendor.misbehave(fail_probability=1.0, fail_status=503)
    order = place(site, gateway)
    site.start()
    began = site.clock()
    for attempt in range(1, 6):
        until_asked(site, "pay", attempt)
        assert (tender_of(site, order).authorized_minor, gateway.sums()[0]) == (0, 0)
    assert site.clock() - began > timedelta(minutes=10)
    gateway.vendor.misbehave()
    until_paid(site, order)
    gateway.tell(site.door.url)
    assert gateway.sums() == (3_000, 0, 0)
    assert dead_letters(site.database) == []


def test_what_was_in_doubt_when_the_provider_went_down_is_resolved_afterwards(site: Site, gateway: Gateway) -> None:
    site.start()
    gateway.vendor.misbehave(drop_next=1)
    token = gateway.token(3_000)
    if gateway.name == "paypal_payments":
        gateway.vendor.misbehave()
        authorized(site, place(site, gateway, 1), 1_000)  # it has an access token now
        gateway.vendor.misbehave(drop_next=1)
    before = gateway.sums()[0]
    order = site.place(("TEE", 3), provider=gateway.name, token=token)
    until(lambda: in_doubt(site.order(order)), "the doubt")
    gateway.vendor.misbehave(fail_probability=1.0, fail_status=503)
    for attempt in range(1, 5):
        until_asked(site, "ask_payment", attempt)
        assert in_doubt(site.order(order)), "it counts both ways until somebody knows"
    gateway.vendor.misbehave()
    until_paid(site, order)
    assert gateway.sums()[0] - before == 3_000, "held once"
    assert tender_of(site, order).requests == ()


def test_captures_and_refunds_whose_answers_are_lost_and_told_twice_are_done_once(site: Site, gateway: Gateway) -> None:
    site.stock(TEE_lyon=3)
    site.start()
    order = place(site, gateway)
    authorized(site, order)
    gateway.vendor.misbehave(drop_probability=0.5)
    site.until_units(order, "delivered", 3)

    def settled(wanted: int) -> Callable[[], bool]:
        def look() -> bool:
            site.clock.forward(20)  # questions are asked when it is time for them
            return tender_of(site, order).captured_minor == wanted and not tender_of(site, order).requests

        return look

    all_told(site, gateway, settled(3_000), "the capture")
    gateway.vendor.misbehave()
    gateway.tell(site.door.url)
    gateway.tell(site.door.url)
    assert gateway.sums() == (3_000, 3_000, 0)
    assert (tender_of(site, order).authorized_minor, tender_of(site, order).captured_minor) == (3_000, 3_000)


def test_more_than_is_left_at_the_provider_is_not_captured(site: Site, gateway: Gateway) -> None:
    """Somebody has let the storefront's payment go, or taken of it, so that what we ask for is not there."""
    site.stock(TEE_lyon=3)
    reference = gateway.stored(2_000)
    order = place_stored(site, gateway, reference, "authorized")
    site.start()
    site.until_units(order, "delivered", 3)
    all_told(site, gateway, lambda: bool(tender_of(site, order).declined), "the decline")
    assert (tender_of(site, order).captured_minor, gateway.sums()[1]) == (0, 0)
    [posted] = site.rows(
        "SELECT sum(amount_minor)::int FROM postings WHERE account = 'psp_clearing' AND cell = %(cell)s"
    )
    assert posted == (None,), "no money has moved, so none is in the books"


def test_more_than_was_captured_is_not_refunded(site: Site, gateway: Gateway) -> None:
    reference = gateway.stored(2_000, captured=True)
    order = place_stored(site, gateway, reference, "captured")
    site.start()
    site.engine.run(CancelUnits(order=order, reason="changed mind"))
    all_told(site, gateway, lambda: bool(tender_of(site, order).declined), "the decline")
    assert (tender_of(site, order).refunded_minor, gateway.sums()[2]) == (0, 0)


def test_a_refund_to_an_account_that_is_closed_stays_owed(site: Site, gateway: Gateway) -> None:
    reference = gateway.stored(3_000, captured=True)
    order = place_stored(site, gateway, reference, "captured")
    gateway.close_refunds()
    site.start()
    site.engine.run(CancelUnits(order=order, reason="changed mind"))
    all_told(site, gateway, lambda: bool(tender_of(site, order).declined), "the decline")
    tender = tender_of(site, order)
    assert (tender.captured_minor, tender.refunded_minor, tender.requests) == (3_000, 0, ())
    [owed] = site.rows(
        "SELECT sum(amount_minor)::int FROM postings WHERE account = 'refunds_payable' AND cell = %(cell)s"
    )
    assert owed == (-3_000,), "the customer is owed it until somebody has given it back"


def test_a_payment_in_another_currency_is_for_a_person(site: Site, gateway: Gateway) -> None:
    site.stock(TEE_lyon=3)
    reference = gateway.stored(3_000, "USD")
    order = place_stored(site, gateway, reference, "authorized")
    site.start()
    site.until_units(order, "delivered", 3)

    def noticed() -> bool:
        return bool(tender_of(site, order).declined or dead_letters(site.database))

    all_told(site, gateway, noticed, "somebody to be told")
    assert tender_of(site, order).captured_minor == 0, "three thousand cents of a dollar are no euros"


def test_what_is_told_of_a_payment_of_no_order_waits_for_its_order(site: Site, gateway: Gateway) -> None:
    reference = gateway.stored(3_000)
    gateway.tell(site.door.url)
    waiting = site.rows("SELECT state, reason FROM inbox WHERE cell = %(cell)s")
    assert waiting
    assert {state for state, _ in waiting} == {"parked"}
    order = place_stored(site, gateway, reference, "authorized")
    site.clock.forward(60)
    site.start()
    until(
        lambda: not site.rows("SELECT 1 FROM inbox WHERE cell = %(cell)s AND state = 'parked'"),
        "what waited to find its order",
    )
    assert tender_of(site, order).authorized_minor == 3_000, "it is counted once"


def test_a_webhook_that_is_there_before_the_answer_is_the_answer(site: Site, gateway: Gateway) -> None:
    """The provider has done it and told of it, and only then is our call answered, late."""
    site.start()
    if gateway.name == "paypal_payments":
        authorized(site, place(site, gateway, 1), 1_000)  # it has an access token now
    gateway.vendor.misbehave(drop_next=1)
    order = place(site, gateway)
    if gateway.name == "paypal_payments":
        # It gives our key back on captures only: an authorization is asked for.
        until(lambda: in_doubt(site.order(order)), "the doubt")
        site.clock.forward(60)
    else:
        until(lambda: gateway.sums()[0] == 3_000, "the provider to have done it")
        gateway.tell(site.door.url)
    authorized(site, order)
    gateway.tell(site.door.url)
    site.clock.forward(60)  # when it would be asked what became of the call
    site.until_no_jobs()
    assert tender_of(site, order).authorized_minor == 3_000
