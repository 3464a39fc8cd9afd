"""A load generator that costs little: prepared request bytes over kept-open connections, in a process of its own."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from time import perf_counter
from typing import cast

import msgspec
import uvloop


class Load(msgspec.Struct, frozen=True):
    """Requests as bytes, sent by `clients` connections to one address.

    per_second: paced at this rate, each client waiting for its turn; as fast as answers come, when 0.
    """

    host: str
    port: int
    requests: tuple[bytes, ...]
    clients: int
    per_second: int = 0


class Loaded(msgspec.Struct, frozen=True):
    """times_s: of each request, from sending it to its whole answer; statuses: how often each came."""

    seconds: float
    times_s: tuple[float, ...]
    statuses: dict[int, int]

    @property
    def errors(self) -> int:
        """Answers other than 2xx."""
        return sum(count for status, count in self.statuses.items() if not 200 <= status < 300)


def request(method: str, path: str, *, key: str, body: bytes = b"", host: str = "localhost") -> bytes:
    """The bytes of one request."""
    head = f"{method} {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {key}\r\n"
    if body:
        head += f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


def run_load(load: Load) -> Loaded:
    """Send everything from another process, and wait."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_run, load).result()


def _run(load: Load) -> Loaded:
    return uvloop.run(_send_all(load))


async def _send_all(load: Load) -> Loaded:
    source = iter(load.requests)
    pace = 1 / load.per_second if load.per_second else 0.0
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    clients: list[_Client] = []
    for _ in range(min(load.clients, len(load.requests))):
        _, client = await loop.create_connection(lambda: _Client(loop), load.host, load.port)
        clients.append(client)
    state = _State(source, len(load.requests), done, pace, loop)
    began = perf_counter()
    state.began = began
    for client in clients:
        client.start(state)
    await done
    seconds = perf_counter() - began
    for client in clients:
        client.close()
    return Loaded(seconds, tuple(state.times), state.statuses)


class _State:
    def __init__(
        self,
        source: Iterator[bytes],
        left: int,
        done: "asyncio.Future[None]",
        pace: float,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self.source, self.left, self.done, self.pace, self.loop = source, left, done, pace, loop
        self.times: list[float] = []
        self.statuses: dict[int, int] = {}
        self.began = 0.0
        self.turn = 0


class _Client(asyncio.Protocol):
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._buffer = b""
        self._needed = -1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def start(self, state: _State) -> None:
        self._state = state
        self._next()

    def close(self) -> None:
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer = self._buffer + data if self._buffer else data
        if self._needed < 0:
            end = buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            at = buffer.lower().find(b"content-length:", 0, end)
            stop = buffer.find(b"\r\n", at)
            self._needed = end + 4 + (int(buffer[at + 15 : stop]) if at >= 0 else 0)
        if len(buffer) >= self._needed:
            self._answered(int(buffer[9:12]))

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._state.done.done():
            self._answered(0)

    def _answered(self, status: int) -> None:
        state = self._state
        state.times.append(perf_counter() - self._sent)
        state.statuses[status] = state.statuses.get(status, 0) + 1
        state.left -= 1
        self._buffer, self._needed = b"", -1
        if state.left == 0:
            if not state.done.done():
                state.done.set_result(None)
        elif status:
            self._next()

    def _next(self) -> None:
        state = self._state
        if not state.pace:
            self._send()
            return
        due = state.began + state.turn * state.pace
        state.turn += 1
        wait = due - perf_counter()
        if wait <= 0:
            self._send()
        else:
            self._loop.call_later(wait, self._send)

    def _send(self) -> None:
        payload = next(self._state.source, None)
        if payload is None:
            return
        self._sent = perf_counter()
        self._transport.write(payload)
