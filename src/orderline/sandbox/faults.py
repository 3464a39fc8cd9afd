"""Partners that misbehave: latency, failures, answers that never come."""

import asyncio
import random
from datetime import UTC, datetime
from typing import Final

import msgspec
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orderline.sandbox.settings import Faults

TRANSPORT: Final = "orderline.transport"
BODY_LIMIT_BYTES: Final = 32 * 1024 * 1024


class CallCounts(msgspec.Struct):
    """What has become of the calls to a partner."""

    calls: int = 0
    failed: int = 0
    dropped: int = 0


class FaultBox:
    """The faults of one partner at the moment, and the dice they are thrown with."""

    def __init__(self, seed: int, partner: str, faults: Faults | None = None) -> None:
        self._dice = random.Random(f"{seed} {partner}")
        self.counts = CallCounts()
        self.put(faults or Faults())

    def put(self, faults: Faults) -> None:
        """Misbehave like this from now on."""
        self.faults = faults
        self.fail_next = faults.fail_next
        self.drop_next = faults.drop_next

    def latency_ms(self) -> float:
        """How long the next call is to be kept waiting."""
        faults = self.faults
        if faults.latency_tail_probability and self._dice.random() < faults.latency_tail_probability:
            return faults.latency_tail_ms
        if faults.latency_high_ms > faults.latency_low_ms:
            return self._dice.uniform(faults.latency_low_ms, faults.latency_high_ms)
        return faults.latency_low_ms

    def fails(self) -> bool:
        """Whether the next call is to fail."""
        faults = self.faults
        if faults.down_until is not None and datetime.now(UTC) < faults.down_until:
            return True
        if self.fail_next > 0:
            self.fail_next -= 1
            return True
        return faults.fail_probability > 0 and self._dice.random() < faults.fail_probability

    def drops(self) -> bool:
        """Whether the answer to the next call is to be lost."""
        if self.drop_next > 0:
            self.drop_next -= 1
            return True
        return self.faults.drop_probability > 0 and self._dice.random() < self.faults.drop_probability

    def retry_after_s(self) -> int | None:
        """What a failing call is told about when to come again."""
        faults = self.faults
        if faults.retry_after_s is None and faults.down_until is not None:
            return max(1, int((faults.down_until - datetime.now(UTC)).total_seconds()) + 1)
        return faults.retry_after_s


class FaultGate:
    """Stands before a partner and lets its faults happen."""

    def __init__(self, app: ASGIApp, box: FaultBox) -> None:
        self._app = app
        self._box = box

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        box = self._box
        box.counts.calls += 1
        # The call is taken in whole before it is kept waiting: a caller who gives up does not undo it.
        body = await _read(receive)
        if body is None:
            return
        receive = _replay(body, receive)
        delay_ms = box.latency_ms()
        if delay_ms:
            await asyncio.sleep(delay_ms / 1000)
        if box.fails():
            box.counts.failed += 1
            seconds = box.retry_after_s()
            headers = {} if seconds is None else {"retry-after": str(seconds)}
            await JSONResponse({"error": "failing on purpose"}, box.faults.fail_status, headers)(scope, receive, send)
        elif box.drops():
            box.counts.dropped += 1
            await self._app(scope, receive, _nowhere)
            await _hang_up(scope, receive, send)
        else:
            await self._app(scope, receive, send)


class KeyGate:
    """Stands before everything when a key is asked for."""

    def __init__(self, app: ASGIApp, api_key: str) -> None:
        self._app = app
        self._expected = f"Bearer {api_key}".encode() if api_key else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._expected is None or dict(scope.get("headers", ())).get(b"authorization") == self._expected:
            await self._app(scope, receive, send)
        else:
            await JSONResponse({"error": "unauthorized"}, 401)(scope, receive, send)


async def _read(receive: Receive) -> bytes | None:
    """The whole body; None when the caller left before it was sent."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if not message.get("more_body") or len(body) > BODY_LIMIT_BYTES:
            return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    """Receive a body already read, then whatever comes after it."""
    unread = [body]

    async def again() -> Message:
        if unread:
            return {"type": "http.request", "body": unread.pop(), "more_body": False}
        return await receive()

    return again


async def _nowhere(message: Message) -> None:
    """Take an answer that nobody is to see."""


async def _hang_up(scope: Scope, receive: Receive, send: Send) -> None:
    """Close the connection without a byte of an answer; under another server, in the middle of one."""
    transport = scope.get("extensions", {}).get(TRANSPORT)
    if transport is None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
        return
    transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass
