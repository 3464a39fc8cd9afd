"""Webhooks: signed, in order, at least once, and never to private addresses unless that is allowed."""

import asyncio
import base64
import ipaddress
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
from orderline.values.hosts import is_public
from orderline.values.ids import OrderId, new_id
from orderline.worker import webhooks
from orderline.worker.webhooks import CALLS_EACH, CALLS_MOST, TIMEOUT_S, Webhooks
from orderline.worker.work import PUT_OFF_S
from worker.site import Site, opened_site, until

SECRET = "whsec_" + base64.b64encode(b"the subscriber's own secret").decode()


class Receiver:
    """A subscriber's server. `answers`: statuses to give next; 204 when there are none left. Answers when `ready`."""

    def __init__(self) -> None:
        self.ready = threading.Event()
        self.ready.set()
        self.connections = 0
        self.calls: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                receiver.connections += 1
                super().setup()

            def do_POST(self) -> None:
                receiver.ready.wait(20)
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.calls.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 204)
                self.send_header("location", "http://example.com/elsewhere")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
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


def test_calls_to_a_subscriber_share_connections(site: Site, receiver: Receiver) -> None:
    subscribe(site, receiver)
    order_id = site.place(("TEE", 1))
    for number in range(20):
        site.engine.run(AnnotateOrder(order=order_id, note=f"call {number}"))
    until(lambda: len(receiver.calls) == site.order(order_id).version and not site.jobs(kind="webhook"), "the calls")
    assert receiver.connections <= CALLS_EACH


def test_a_subscriber_that_does_not_answer_holds_up_no_other(site: Site, receiver: Receiver) -> None:
    silent = Receiver()
    silent.ready.clear()
    try:
        for each in (silent, receiver):
            subscribe(site, each, "order_placed")
        orders = CALLS_MOST + 10
        for _ in range(orders):
            site.place(("TEE", 1))
        until(lambda: len(receiver.calls) == orders, "the other to be told of all", deadline_s=TIMEOUT_S)
        assert silent.calls == []
        silent.ready.set()
        until(lambda: len(silent.calls) >= orders and not site.jobs(kind="webhook"), "the silent one to be told")
    finally:
        silent.ready.set()
        silent.close()


def test_what_a_subscriber_can_not_take_yet_is_put_off(
    still_site: Site, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "WAITING_EACH", 3)
    receiver.ready.clear()
    subscribe(still_site, receiver, "order_placed")
    for _ in range(5):
        still_site.place(("TEE", 1))
    still_site.start()
    until(lambda: len(still_site.jobs(kind="webhook", leased_by=None)) == 2, "two jobs to be put off")
    assert {job["attempts"] for job in still_site.jobs(kind="webhook", leased_by=None)} == {0}
    receiver.ready.set()
    still_site.clock.forward(PUT_OFF_S)
    until(lambda: not still_site.jobs(kind="webhook"), "all to be told")
    assert len(receiver.calls) == 5


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
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1", True),
        ("10.0.0.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("224.0.0.1", False),
        ("0.0.0.0", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:8.8.8.8", False),
        ("64:ff9b::a00:1", False),
        ("64:ff9b::808:808", True),
        ("64:ff9b:1::a00:1", False),
        ("2002:a00:1::1", False),
        ("fec0::1", False),
        ("fd00::1", False),
        ("ff0e::1", False),
        ("::1", False),
    ],
)
def test_an_address_is_public_or_not(address: str, public: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) is public


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/",
        "http://localhost/",
        "http://[::1]/",
        "http://10.0.0.1/",
        "https://[::ffff:10.0.0.1]/",
        "http://169.254.169.254/latest",
    ],
)
def test_private_addresses_are_not_called(url: str) -> None:
    async def post() -> None:
        sender = Webhooks(allow_private=False)
        row = JournalRow(OrderId(new_id()), 1, datetime.now(UTC), '{"command":"x","events":[]}')
        await sender._post(Subscriber(new_id(), url, SECRET, True), row)

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
