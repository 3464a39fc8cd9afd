"""Webhooks: tell subscribers of journal entries, signed by Standard Webhooks, as CloudEvents in JSON.

At least once, in order per order while the subscriber answers; `sequence` says what comes after what. Personal data
is never in them: the journal has none.
"""

import asyncio
import contextlib
from collections.abc import Generator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import httpcore
import httpx
import msgspec
from standardwebhooks import Webhook

from orderline.store.jobs import Job
from orderline.store.subscriptions import JournalRow, Subscriber, end_subscription, load_entries, load_subscribers
from orderline.values.failures import Trouble
from orderline.values.time import render_instant
from orderline.worker.targets import PrivateAddress, PublicOnly
from orderline.worker.work import Work, order_of

TIMEOUT_S: Final = 10.0
CALLS_MOST: Final = 64
# One subscriber that does not answer keeps so many calls busy, and has so many jobs in work, at most: the others get theirs.
CALLS_EACH: Final = 8
WAITING_EACH: Final = 500
TYPE: Final = "orderline.order.changed"
GONE: Final = 410
RETRY_AFTER_MOST_S: Final = 86_400
# An answer is read so far, that its connection can be used again; nothing in it is wanted.
READ_MOST: Final = 64 * 1024
NO_ANSWER: Final = (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, TimeoutError)

_encode = msgspec.json.Encoder().encode


class _Tag(msgspec.Struct):
    event: str


class _Entry(msgspec.Struct):
    """What a webhook's head needs of a journal entry."""

    command: str
    events: list[_Tag]


_entries = msgspec.json.Decoder(_Entry)


class _Line:
    """The calls to one subscriber. `waiting`: jobs that are to be told, or are being told."""

    def __init__(self) -> None:
        self.calls = asyncio.Semaphore(CALLS_EACH)
        self.waiting = 0


class Webhooks:
    """Sends webhooks; one for each worker."""

    def __init__(self, *, allow_private: bool) -> None:
        self._calls = asyncio.Semaphore(CALLS_MOST)
        self._lines: dict[UUID, _Line] = {}
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=httpx.create_ssl_context(trust_env=False),
            max_connections=CALLS_MOST,
            keepalive_expiry=30,
            network_backend=None if allow_private else PublicOnly(),
        )

    async def send(self, work: Work, jobs: Sequence[Job]) -> None:
        """Tell each subscriber of its entry; one that is gone, or has ended its subscription, is not told."""
        subscribers = await work.read(load_subscribers, work.database, {UUID(j.body.subscription) for j in jobs})
        rows = await work.read(load_entries, work.database, {(order_of(j), j.body.version) for j in jobs})
        idle: list[Job] = []
        later: list[Job] = []
        for job in jobs:
            subscriber = subscribers.get(UUID(job.body.subscription))
            row = rows.get((order_of(job), job.body.version))
            if subscriber is None or row is None or not subscriber.active:
                idle.append(job)
                continue
            line = self._lines.setdefault(subscriber.id, _Line())
            if line.waiting >= WAITING_EACH:
                later.append(job)
            else:
                line.waiting += 1
                work.spawn([job], self._tell(work, job, subscriber, row, line))
        await work.finish(idle)
        await work.put_off(later, "many events wait for this subscriber")

    async def close(self) -> None:
        """Close the connections."""
        await self._pool.aclose()

    async def _tell(self, work: Work, job: Job, subscriber: Subscriber, row: JournalRow, line: _Line) -> None:
        with self._in_line(subscriber.id, line):
            async with line.calls, self._calls:
                status = await self._post(subscriber, row)
        if status == GONE:
            await work.read(end_subscription, work.database, subscriber.id)
        await work.finish([job])

    @contextlib.contextmanager
    def _in_line(self, subscriber: UUID, line: _Line) -> Generator[None]:
        try:
            yield
        finally:
            line.waiting -= 1
            if not line.waiting:
                self._lines.pop(subscriber, None)

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
        try:
            async with (
                asyncio.timeout(TIMEOUT_S),
                self._pool.stream("POST", subscriber.url, headers=list(headers.items()), content=body) as answer,
            ):
                await _read(answer)
        except PrivateAddress:
            raise Trouble(system, "the address is private; ORDERLINE_WEBHOOK_PRIVATE=on allows it") from None
        except httpcore.UnsupportedProtocol:
            raise Trouble(system, "the URL is not http or https") from None
        except NO_ANSWER as error:
            raise Trouble(system, f"no answer: {type(error).__name__} {error}".strip()) from error
        if 200 <= answer.status < 300 or answer.status == GONE:
            return answer.status
        raise Trouble(system, f"answered {answer.status}", retry_after_s=_retry_after_s(answer.headers))


async def _read(answer: httpcore.Response) -> None:
    read = 0
    async for chunk in answer.aiter_stream():
        read += len(chunk)
        if read > READ_MOST:
            return


def _retry_after_s(headers: Sequence[tuple[bytes, bytes]]) -> int | None:
    told = next((value for name, value in headers if name.lower() == b"retry-after"), b"")
    return min(int(told), RETRY_AFTER_MOST_S) if told.isdigit() and len(told) <= 9 else None


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
