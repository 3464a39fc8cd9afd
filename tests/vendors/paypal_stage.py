"""PayPal in memory with the connector opened for it, for the tests of both."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from contracts.conformance_payments import authorize
from orderline.connectors.paypal_payments.connector import connector
from orderline.contracts.payments import Approved
from orderline.contracts.registry import ConnectorSettings
from support.openapi import Spec
from vendors.paypal_server import CLIENT, FILES, WEBHOOK, PayPal, call_of
from vendors.server import Vendor, VendorThread


@pytest.fixture(scope="session")
def paypal_files() -> list[Spec]:
    return [Spec(name) for name in FILES]


@pytest.fixture
def paypal(paypal_files: list[Spec], watched: Callable[[Vendor], None]) -> PayPal:
    vendor = PayPal(paypal_files)
    watched(vendor)
    return vendor


@pytest.fixture
def paypal_url(paypal: PayPal) -> Iterator[str]:
    with VendorThread(paypal) as running:
        yield running.base_url


def settings(url: str, **changes: Any) -> ConnectorSettings:
    about: dict[str, Any] = {"base_url": url, "api_key": CLIENT, "extra": {"webhook_id": WEBHOOK}, **changes}
    return ConnectorSettings(**about)


@pytest.fixture
async def paypal_payments(paypal_url: str) -> AsyncIterator[Any]:
    opened = connector.open(settings(paypal_url))
    yield opened
    await opened.close()


async def held(paypal: PayPal, payments: Any, key: str = "a-1", value: str = "100.00") -> str:
    [outcome] = await payments.authorize([authorize(key, token=paypal.approved(value))])
    assert isinstance(outcome, Approved)
    return outcome.reference


async def told(payments: Any, event: Any) -> list[Any]:
    headers, body = call_of(event)
    await payments.verify_inbound(headers, body)
    return payments.parse_inbound(headers, body)
