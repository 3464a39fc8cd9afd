"""Webhooks: tell subscribers of journal entries, signed by Standard Webhooks, as CloudEvents in JSON.

At least once, in order per order while the subscriber answers; `sequence` says what comes after what. Personal data
is never in them: the journal has none.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import msgspec
from standardwebhooks import Webhook

from orderline.store.jobs import Job
from orderline.store.subscriptions import JournalRow, Subscriber, end_subscription, load_entries, load_subscribers
from orderline.values.failures import Trouble
from orderline.values.time import render_instant
from orderline.worker.work import Work, order_of

TIMEOUT_S: Final = 10.0
CALLS_MOST: Final = 32
TYPE: Final = "orderline.order.changed"
GONE: Final = 410
RETRY_AFTER_MOST_S: Final = 86_400

_encode = msgspec.json.Encoder().encode


class _Tag(msgspec.Struct):
    event: str


class _Entry(msgspec.Struct):
    """What a webhook's head needs of a journal entry."""

    command: str
    events: list[_Tag]


_entries = msgspec.json.Decoder(_Entry)


class Webhooks:
    """Sends webhooks; one for each worker."""

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        self._calls = asyncio.Semaphore(CALLS_MOST)
        self._http: httpx.AsyncClient | None = None

    async def send(self, work: Work, jobs: Sequence[Job]) -> None:
        """Tell each subscriber of its entry; one that is gone, or has ended its subscription, is not told."""
        subscribers = await work.read(load_subscribers, work.database, {UUID(j.body.subscription) for j in jobs})
        rows = await work.read(load_entries, work.database, {(order_of(j), j.body.version) for j in jobs})
        idle: list[Job] = []
        for job in jobs:
            subscriber = subscribers.get(UUID(job.body.subscription))
            row = rows.get((order_of(job), job.body.version))
            if subscriber is None or row is None or not subscriber.active:
                idle.append(job)
            else:
                work.spawn([job], self._tell(work, job, subscriber, row))
        await work.finish(idle)

    async def close(self) -> None:
        """Close the connections."""
        if self._http is not None:
            await self._http.aclose()

    async def _tell(self, work: Work, job: Job, subscriber: Subscriber, row: JournalRow) -> None:
        async with self._calls:
            status = await self._post(subscriber, row)
        if status == GONE:
            await work.read(end_subscription, work.database, subscriber.id)
        await work.finish([job])

    async def _post(self, subscriber: Subscriber, row: JournalRow) -> int:
        """The status of a good answer, or of one that wants no more. Trouble: anything else."""
        name = f"{row.order}-{row.seq}"
        body = render_event(row)
        now = datetime.now(UTC)
        headers = {
            "content-type": "application/cloudevents+json; charset=utf-8",
            "user-agent": "orderline-webhooks",
            "webhook-id": name,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(subscriber.secret).sign(name, now, body.decode()),
        }
        system = f"webhook {subscriber.id}"
        url, extensions = await self._target(system, subscriber.url)
        host = urlsplit(subscriber.url).netloc.rpartition("@")[2]
        try:
            async with asyncio.timeout(TIMEOUT_S):
                request = self._client().build_request(
                    "POST", url, content=body, headers={**headers, "host": host}, extensions=extensions
                )
                answer = await self._client().send(request, stream=True)
                await answer.aclose()
        except (httpx.HTTPError, TimeoutError) as error:
            raise Trouble(system, f"no answer: {type(error).__name__}") from error
        if 200 <= answer.status_code < 300 or answer.status_code == GONE:
            return answer.status_code
        told = answer.headers.get("retry-after", "")
        retry_after_s = min(int(told), RETRY_AFTER_MOST_S) if told.isdecimal() else None
        raise Trouble(system, f"answered {answer.status_code}", retry_after_s=retry_after_s)

    async def _target(self, system: str, url: str) -> tuple[str, dict[str, Any]]:
        """The URL to call. A name is resolved once, looked at, and called by its address, so that it cannot change."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Trouble(system, "the URL is not http or https")
        if self._allow_private:
            return url, {}
        try:
            found = await asyncio.get_running_loop().getaddrinfo(
                parts.hostname, parts.port or (443 if parts.scheme == "https" else 80), type=socket.SOCK_STREAM
            )
        except OSError as error:
            raise Trouble(system, "the name of the host is not known") from error
        addresses = [ipaddress.ip_address(each[4][0]) for each in found]
        if not addresses or not all(address.is_global and not address.is_multicast for address in addresses):
            raise Trouble(system, "the address is private; ORDERLINE_WEBHOOK_PRIVATE=on allows it")
        address = addresses[0]
        literal = f"[{address}]" if address.version == 6 else str(address)
        netloc = literal if parts.port is None else f"{literal}:{parts.port}"
        return parts._replace(netloc=netloc).geturl(), {"sni_hostname": parts.hostname}

    def _client(self) -> httpx.AsyncClient:
        if self._http is None:
            self._http = httpx.AsyncClient(
                timeout=TIMEOUT_S,
                follow_redirects=False,
                trust_env=False,
                limits=httpx.Limits(max_connections=CALLS_MOST, max_keepalive_connections=CALLS_MOST),
            )
        return self._http


def render_event(row: JournalRow) -> bytes:
    """A journal entry as a CloudEvent (1.0, JSON): `data` is the entry as it stands in the journal."""
    entry = _entries.decode(row.body)
    event: Mapping[str, Any] = {
        "specversion": "1.0",
        "id": f"{row.order}-{row.seq}",
        "source": f"/orders/{row.order}",
        "type": TYPE,
        "subject": str(row.order),
        "time": render_instant(row.recorded_at),
        "datacontenttype": "application/json",
        "sequence": str(row.seq),
        "command": entry.command,
        "events": ",".join(sorted({each.event for each in entry.events})),
        "data": msgspec.Raw(row.body.encode()),
    }
    return _encode(event)
