"""What was checked against vendors' files is told with each test's report, and counted at the end of the run."""

from collections.abc import Callable, Iterator

import pytest

from sandbox.fixtures import anyio_backend
from support.openapi import PROPERTY
from vendors.paypal_stage import paypal, paypal_files, paypal_payments, paypal_url
from vendors.server import Vendor

__all__ = ["anyio_backend", "paypal", "paypal_files", "paypal_payments", "paypal_url"]


class Book:
    """What a test has checked."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str]] = []
        self.samples: list[tuple[str, str]] = []


@pytest.fixture
def book(request: pytest.FixtureRequest) -> Iterator[Book]:
    book = Book()
    yield book
    request.node.user_properties.append((PROPERTY, {"requests": book.requests, "samples": book.samples}))


@pytest.fixture
def watched(book: Book) -> Iterator[Callable[[Vendor], None]]:
    """To be told of each vendor a test talks to: its requests are counted, and none may have been invalid."""
    vendors: list[Vendor] = []
    yield vendors.append
    for vendor in vendors:
        book.requests += vendor.seen
        assert vendor.invalid == []


class Faulty:
    """A vendor, told to fail."""

    def __init__(self, vendor: Vendor) -> None:
        self.vendor = vendor

    async def lose_next_answer(self) -> None:
        self.vendor.misbehave(drop_next=1)

    async def fail_next(self, status: int, retry_after_s: int | None = None) -> None:
        self.vendor.misbehave(fail_next=1, fail_status=status, retry_after_s=retry_after_s)

    async def keep_waiting(self, delay_ms: int) -> None:
        self.vendor.misbehave(latency_low_ms=delay_ms, latency_high_ms=delay_ms)
