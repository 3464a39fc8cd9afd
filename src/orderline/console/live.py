"""What pages are told while they are looked at: that something has changed, and never what. They ask for it again, with their rights."""

import asyncio
import hashlib
import hmac
import re
import secrets
from collections.abc import AsyncGenerator, Sequence
from time import monotonic
from typing import Any, Final

import msgspec

from orderline.console.ports import Parts
from orderline.console.visits import Failed, Streamed, Visit
from orderline.store.access import Access
from orderline.store.showing import find_version

# What can be watched, the operation whose answer it is, and how old an answer may be, in seconds.
WATCHED: Final = {"work": ("list_queues", 4.0), "today": ("list_hours", 30.0)}
ORDER: Final = "order:"
ORDER_EVERY_S: Final = 2.0
LOOK_EVERY_S: Final = 1.0
LONGEST_S: Final = 300.0  # then the browser asks anew, and its rights are looked at again
MOST_STREAMS: Final = 1_000
MOST_TOPICS: Final = 10
_EVERYTHING: Final = Access("console", "console", frozenset({"admin"}))
_MARKS: Final = re.compile("[0-9a-f.]*")
_decode: Final = msgspec.json.decode


class Changes:
    """How what is watched stands, as marks: many who watch the same cost one look."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._key = secrets.token_bytes(16)
        self._known: dict[str, tuple[float, str]] = {}
        self._looking: dict[str, asyncio.Lock] = {}
        self._over = asyncio.Event()
        self._streams = 0

    def stop(self) -> None:
        """End all streams: nobody waits for them while the process stops."""
        self._over.set()

    async def stream(self, topics: Sequence[str], seen: str) -> AsyncGenerator[bytes]:
        """Events for whoever watches topics. seen: the id of the last event that has come; "": the page is as of now."""
        if self._streams >= MOST_STREAMS:
            yield b"retry: 60000\n\n"  # the page shows what is, and asks again in a minute
            return
        self._streams += 1
        try:
            marks = seen.split(".") if seen and seen.count(".") == len(topics) - 1 else await self._marks(topics)
            yield _event("seen", "-", marks)
            ends_at = monotonic() + LONGEST_S
            while monotonic() < ends_at and not self._over.is_set():
                now = await self._marks(topics)
                for topic, mark, was in zip(topics, now, marks, strict=True):
                    if mark != was:
                        yield _event("changed", topic, now)
                marks = now
                try:
                    await asyncio.wait_for(self._over.wait(), LOOK_EVERY_S)
                except TimeoutError:
                    yield b""  # a moment in which whoever went away is noticed
        finally:
            self._streams -= 1

    async def _marks(self, topics: Sequence[str]) -> list[str]:
        return [await self._mark(topic) for topic in topics]

    async def _mark(self, topic: str) -> str:
        every_s = ORDER_EVERY_S if topic.startswith(ORDER) else WATCHED[topic][1]
        async with self._looking.setdefault(topic, asyncio.Lock()):
            known = self._known.get(topic)
            if known is not None and monotonic() - known[0] < every_s:
                return known[1]
            if len(self._known) > 10 * MOST_STREAMS:
                self._known.clear()
                self._looking.clear()
            told = await self._look(topic)
            mark = hmac.new(self._key, f"{topic} {told}".encode(), hashlib.sha256).hexdigest()[:16]
            self._known[topic] = (monotonic(), mark)
            return mark

    async def _look(self, topic: str) -> str:
        if topic.startswith(ORDER):
            found = await asyncio.to_thread(find_version, self._parts.database, topic.removeprefix(ORDER))
            return str(found)
        operation = self._parts.backend.operations[WATCHED[topic][0]]
        reply = await self._parts.backend.perform(_EVERYTHING, operation.method, operation.path, b"", "")
        # where rows are listed tells the instant at which it was asked
        answer: Any = _decode(reply.body) if reply.status < 400 else {}
        return repr([{name: value for name, value in row.items() if name != "rows"} for row in answer.get("items", ())])


async def changes(visit: Visit) -> Streamed:
    """A stream of server-sent events: `changed`, with what has. `of`: `work`, or `order:` and a number; several times."""
    topics = list(dict.fromkeys(visit.many.get("of", ())))[:MOST_TOPICS]
    if not topics or any(topic not in WATCHED and not topic.startswith(ORDER) for topic in topics):
        raise Failed(404, {"title": "There is nothing like this to watch"})
    for topic in topics:
        if topic.startswith(ORDER):  # who may not read it is not told of it
            await visit.ask("read_order", {"order": topic.removeprefix(ORDER)}, query={"parts": "people"})
    seen = visit.seen or visit.query.get("seen", "")[:400]
    return Streamed(topics, seen if _MARKS.fullmatch(seen) else "")


def _event(name: str, data: str, marks: Sequence[str]) -> bytes:
    return f"event: {name}\nid: {'.'.join(marks)}\ndata: {data}\n\n".encode()
