"""Webhooks: signed, in order, at least once, and never to private addresses unless that is allowed."""

import asyncio
import base64
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from standardwebhooks import Webhook

from orderline.core.next_steps import JobKind
from orderline.core.orders.commands import AnnotateOrder
from orderline.engine.telling import replay
from orderline.sandbox.server import SandboxThread
from orderline.store.jobs import dead_letters
from orderline.store.subscriptions import (
    JournalRange,
    JournalRow,
    Subscriber,
    add_subscription,
    end_subscription,
    list_subscriptions,
)
from orderline.values.failures import Trouble
from orderline.values.ids import OrderId, new_id
from orderline.worker.webhooks import Webhooks
from worker.site import Site, opened_site, until

SECRET = "whsec_" + base64.b64encode(b"the subscriber's own secret").decode()


class Receiver:
    """A subscriber's server. `answers`: statuses to give next; 204 when there are none left."""

    def __init__(self) -> None:
        self.calls: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.calls.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 204)
                self.send_header("location", "http://example.com/elsewhere")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def events(self) -> list[dict[str, Any]]:
        """What came in, each verified by the library that receivers use."""
        return [Webhook(SECRET).verify(body.decode(), headers) for headers, body in self.calls]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


def subscribe(site: Site, receiver: Receiver, *events: str) -> None:
    add_subscription(site.database, receiver.url, SECRET, events or ("*",), datetime.now(UTC))


def test_a_subscriber_is_told_of_each_entry_signed_and_in_order(site: Site, receiver: Receiver) -> None:
    subscribe(site, receiver)
    site.stock(TEE_lyon=1)
    order_id = site.place(("TEE", 1))
    site.until_units(order_id, "delivered", 1)
    site.until_no_jobs()
    events = receiver.events
    assert [int(event["sequence"]) for event in events] == list(range(1, site.order(order_id).version + 1))
    first = events[0]
    assert (first["specversion"], first["type"], first["subject"]) == ("1.0", "orderline.order.changed", str(order_id))
    assert first["data"]["command"] == "place_order"
    assert "order_placed" in first["events"].split(",")
    assert len({event["id"] for event in events}) == len(events)
    assert "ann@example.com" not in json.dumps(events)


def test_a_subscriber_is_told_only_of_what_it_asked_for(site: Site, receiver: Receiver) -> None:
    subscribe(site, receiver, "parcel_tracked")
    site.stock(TEE_lyon=1)
    site.until_units(site.place(("TEE", 1)), "delivered", 1)
    site.until_no_jobs()
    assert receiver.events
    assert all("parcel_tracked" in event["events"].split(",") for event in receiver.events)


def test_without_subscriptions_no_job_is_written(still_site: Site) -> None:
    still_site.place(("TEE", 1))
    assert still_site.jobs(kind="webhook") == []


def test_a_subscription_that_was_ended_is_told_no_more(site: Site, receiver: Receiver) -> None:
    subscribe(site, receiver)
    [known] = list_subscriptions(site.database)
    assert end_subscription(site.database, known.id)
    assert not end_subscription(site.database, known.id)
    site.place(("TEE", 1))
    site.until_no_jobs()
    assert receiver.calls == []


def test_a_call_that_failed_is_made_again_under_the_same_name(
    fresh_database: str, sandbox_thread: SandboxThread, receiver: Receiver
) -> None:
    with opened_site(fresh_database, sandbox_thread, ladder_s=(0.01, 0.01, 0.01)) as site:
        subscribe(site, receiver, "order_placed")
        receiver.answers = [500, 302]
        site.start()
        site.place(("TEE", 1))
        until(lambda: len(receiver.calls) == 3 and not site.jobs(kind="webhook"), "the third call")
    assert len({headers["webhook-id"] for headers, _ in receiver.calls}) == 1


def test_a_receiver_that_is_gone_ends_its_subscription(site: Site, receiver: Receiver) -> None:
    receiver.answers = [410]
    subscribe(site, receiver, "order_placed")
    site.place(("TEE", 1))
    until(lambda: not list_subscriptions(site.database)[0].active, "the end of the subscription")


def test_a_range_of_the_journal_can_be_told_again(site: Site, receiver: Receiver) -> None:
    order_id = site.place(("TEE", 1))
    site.engine.run(AnnotateOrder(order=order_id, note="call her"))
    site.until_no_jobs()
    subscribe(site, receiver)
    everything = JournalRange()
    assert replay(site.database, everything, [JobKind.WEBHOOK], datetime.now(UTC)) == site.order(order_id).version
    until(lambda: not site.jobs(kind="webhook"), "the entries to be told")
    assert len(receiver.events) == site.order(order_id).version
    later = JournalRange(from_time=datetime.now(UTC))
    assert replay(site.database, later, [JobKind.WEBHOOK, JobKind.NOTICE], datetime.now(UTC)) == 0
    assert replay(site.database, everything, [JobKind.NOTICE], datetime.now(UTC)) == 1


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:9/", "http://localhost/", "http://[::1]/", "http://10.0.0.1/", "http://169.254.169.254/latest"],
)
def test_private_addresses_are_not_called(url: str) -> None:
    async def post() -> None:
        webhooks = Webhooks(allow_private=False)
        row = JournalRow(OrderId(new_id()), 1, datetime.now(UTC), '{"command":"x","events":[]}')
        await webhooks._post(Subscriber(new_id(), url, SECRET, True), row)

    with pytest.raises(Trouble, match=r"private|not known"):
        asyncio.run(post())


def test_a_private_address_becomes_a_dead_letter(
    fresh_database: str, sandbox_thread: SandboxThread, receiver: Receiver
) -> None:
    with opened_site(fresh_database, sandbox_thread, ladder_s=(), allow_private_webhooks=False) as site:
        subscribe(site, receiver, "order_placed")
        site.start()
        site.place(("TEE", 1))
        [letter] = until(lambda: dead_letters(site.database), "the dead letter")
    assert "private" in letter.error
    assert receiver.calls == []
