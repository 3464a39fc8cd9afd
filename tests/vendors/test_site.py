"""An order that is paid through Stripe, from authorization to refund, with answers lost and webhooks told twice."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from orderline.contracts.registry import ConnectorSettings
from orderline.core.orders.commands import CancelUnits
from orderline.core.orders.state import LineQuantity
from orderline.sandbox.server import SandboxThread
from orderline.sandbox.settings import CONNECTOR_OF
from orderline.store.reading.source import Source
from orderline.store.reconciling import last_check, load_differences
from sandbox.fixtures import sandbox_thread
from support.openapi import Spec
from vendors.server import Vendor, VendorThread
from vendors.stripe_server import ADDED, FILE, Stripe, call_of
from worker.site import SECRET, Site, compare, opened_site, until

__all__ = ["sandbox_thread"]
WEBHOOK_SECRET = "whsec_test_secret"


@pytest.fixture
def stripe(watched: Callable[[Vendor], None]) -> Stripe:
    vendor = Stripe(Spec(FILE, ADDED))
    watched(vendor)
    return vendor


@pytest.fixture
def site(fresh_database: str, sandbox_thread: SandboxThread, stripe: Stripe) -> Iterator[Site]:
    with VendorThread(stripe) as running:
        connectors = {
            name: ConnectorSettings(base_url=f"{sandbox_thread.base_url}/{partner}", secret=SECRET, timeout_s=5)
            for partner, name in CONNECTOR_OF.items()
        }
        connectors["stripe_payments"] = ConnectorSettings(
            base_url=running.base_url, api_key="sk_test_secret", secret=WEBHOOK_SECRET
        )
        with opened_site(fresh_database, sandbox_thread, connectors=connectors) as site:
            yield site


def tell(site: Site, stripe: Stripe) -> None:
    """Stripe posts all its events, the latest first."""
    for event in reversed(stripe.told):
        headers, body = call_of(event, WEBHOOK_SECRET)
        answer = httpx.post(f"{site.door.url}/stripe_payments", content=body, headers=headers)
        assert answer.status_code == 200


def test_an_order_is_paid_through_stripe_whatever_is_lost_or_told_twice(site: Site, stripe: Stripe) -> None:
    compare(site)
    assert last_check(site.database, "stripe_payments") is not None
    site.stock(TEE_lyon=3)
    stripe.misbehave(drop_next=1)
    order_id = site.place(("TEE", 3), provider="stripe_payments", token="pm_card")
    # The call is made, its answer is lost; the webhook, or asking by the key, tells what came of it.
    site.start()
    until(lambda: stripe.told, "the authorization")
    tell(site, stripe)
    until(lambda: site.order(order_id).tenders[0].authorized_minor == 3_000, "the authorization to be known")
    site.until_units(order_id, "delivered", 3)
    until(lambda: site.order(order_id).tenders[0].captured_minor == 3_000, "the capture")
    tell(site, stripe)
    tell(site, stripe)
    site.clock.forward(60)  # when it would be asked what became of the call
    site.until_no_jobs()
    tender = site.order(order_id).tenders[0]
    assert (tender.authorized_minor, tender.captured_minor, tender.requests) == (3_000, 3_000, ())
    [intent] = stripe.intents.values()
    assert intent["amount_received"] == 3_000
    assert intent["metadata"]["orderline_order"] == site.order(order_id).number
    site.clock.forward(3_600)
    assert compare(site) == 0
    site.verify_all()


def test_what_is_let_go_at_stripe_without_a_key_is_known_by_its_payment(site: Site, stripe: Stripe) -> None:
    compare(site)
    site.start()
    order_id = site.place(("TEE", 3), provider="stripe_payments", token="pm_card")
    until(lambda: site.order(order_id).tenders[0].authorized_minor == 3_000, "the authorization")
    site.engine.run(CancelUnits(order=order_id, lines=(LineQuantity(1, 3),), reason="changed mind"))
    until(lambda: site.order(order_id).tenders[0].voided_minor == 3_000, "the authorization to be let go")
    tell(site, stripe)
    site.clock.forward(3_600)
    assert compare(site) == 0
    with site.database.connection() as connection:
        assert load_differences(Source(connection, 0), is_open=None, most=10) == []
    site.verify_all()
