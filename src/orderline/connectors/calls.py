"""How connectors call out: connections kept open, time limits, and every failure told as Trouble.

A write whose answer was lost, or came as an error that leaves its effect open, is in doubt: the request may have
reached the partner. A call that could not be sent, or was turned away (4xx, 503), is not.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, Final, NamedTuple, TypeVar

import httpx
import msgspec

from orderline.contracts.registry import ConnectorSettings
from orderline.values.failures import Trouble

R = TypeVar("R")
A = TypeVar("A")

NOT_DONE: Final = frozenset({503})
# What such an answer says may have our key in it, or what it was taken for.
KEY_REFUSED: Final = frozenset({401, 403})
# The request never left: the connection was not made, or no connection became free.
NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
RETRY_AFTER_MAX_S: Final = 86_400
# Labels of a set come with their documents; nothing that a partner answers is larger.
ANSWER_MAX_BYTES: Final = 128 * 1024 * 1024
ERROR_READ_BYTES: Final = 2_000


class Answer(NamedTuple):
    """An answer that came in whole."""

    status: int
    content: bytes


class Calls:
    """One account at one partner over HTTP."""

    def __init__(self, system: str, settings: ConnectorSettings, *, bearer: bool = True) -> None:
        """bearer: send the key with every call as the usual header; some partners have another of their own."""
        self.system = system
        count = self.connections_max = settings.connections_max
        # An answer that comes in drops, each in time, ends here.
        self._whole_s = settings.connect_timeout_s + 2 * settings.timeout_s
        self._http = httpx.AsyncClient(
            base_url=settings.base_url.rstrip("/"),
            timeout=httpx.Timeout(settings.timeout_s, connect=settings.connect_timeout_s),
            limits=httpx.Limits(max_connections=count, max_keepalive_connections=count, keepalive_expiry=30),
            headers={"authorization": f"Bearer {settings.api_key}"} if settings.api_key and bearer else None,
            follow_redirects=False,
            trust_env=False,
            verify=_trust(),
        )

    async def read(self, path: str, decode: Callable[[bytes], A], params: Mapping[str, Any] | None = None) -> A:
        """Ask for something. Trouble: no usable answer."""
        return await self._call(self._http.build_request("GET", path, params=params), decode, writes=False)

    async def ask(self, path: str, body: Any, decode: Callable[[bytes], A]) -> A:
        """Ask with a body; changes nothing at the partner. Trouble: no usable answer."""
        return await self._call(self._posted(path, body), decode, writes=False)

    async def write(self, path: str, body: Any, decode: Callable[[bytes], A]) -> A:
        """Change something at the partner. Trouble: no usable answer; `in_doubt` when it may have been done."""
        return await self._call(self._posted(path, body), decode, writes=True)

    async def exchange(
        self,
        method: str,
        path: str,
        *,
        writes: bool,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
        understood: Collection[int] = (),
    ) -> Answer:
        """Any call: its good answer, or one with a status in `understood`, which the connector reads itself.

        Trouble as for `read` and `write`. What turns our key away (401, 403) is told without its text.
        """
        request = self._http.build_request(method, path, params=params, content=content, headers=headers)
        return await self._exchange(request, writes=writes, understood=understood)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    def _posted(self, path: str, body: Any) -> httpx.Request:
        content = msgspec.json.encode(body)
        return self._http.build_request("POST", path, content=content, headers={"content-type": "application/json"})

    async def _call(self, request: httpx.Request, decode: Callable[[bytes], A], *, writes: bool) -> A:
        answer = await self._exchange(request, writes=writes)
        try:
            return decode(answer.content)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Trouble(self.system, f"answer not understood: {error}", in_doubt=writes) from error

    async def _exchange(self, request: httpx.Request, *, writes: bool, understood: Collection[int] = ()) -> Answer:
        try:
            async with asyncio.timeout(self._whole_s):
                answer = await self._http.send(request, stream=True)
                try:
                    good = 200 <= answer.status_code < 300
                    readable = good or answer.status_code in understood
                    content = await _read(answer, ANSWER_MAX_BYTES if readable else ERROR_READ_BYTES)
                finally:
                    await answer.aclose()
        except NOT_SENT as error:
            raise Trouble(self.system, f"not reached: {_told(error)}") from error
        except (httpx.TransportError, httpx.DecodingError, TimeoutError) as error:
            raise Trouble(self.system, f"no answer: {_told(error)}", in_doubt=writes) from error
        if not readable:
            text = content[:200].decode("utf-8", "replace") if answer.status_code not in KEY_REFUSED else "to our key"
            raise Trouble(
                self.system,
                f"answered {answer.status_code}: {text}",
                retry_after_s=retry_after_s(answer.headers.get("retry-after")),
                in_doubt=writes and answer.status_code >= 500 and answer.status_code not in NOT_DONE,
            )
        if len(content) > ANSWER_MAX_BYTES:
            raise Trouble(self.system, f"answer longer than {ANSWER_MAX_BYTES} bytes", in_doubt=writes)
        return Answer(answer.status_code, content)


async def _read(answer: httpx.Response, most: int) -> bytes:
    """The body, or as much of it as shows that it is longer than `most`."""
    content = bytearray()
    async for chunk in answer.aiter_bytes():
        content += chunk
        if len(content) > most:
            break
    return bytes(content)


async def one_by_one(calls: Calls, requests: Sequence[R], send: Callable[[R], Awaitable[A]]) -> list[A | Trouble]:
    """Send each request in a call of its own, several at a time; one outcome per request, in order."""
    free = asyncio.Semaphore(calls.connections_max)

    async def sent(request: R) -> A | Trouble:
        async with free:
            try:
                return await send(request)
            except Trouble as trouble:
                return trouble

    return list(await asyncio.gather(*(sent(each) for each in requests)))


async def in_sets(
    system: str,
    requests: Sequence[R],
    size: int,
    key: Callable[[R], object],
    send: Callable[[Sequence[R]], Awaitable[Mapping[Any, A]]],
) -> list[A | Trouble]:
    """Send `requests` in sets of at most `size`; one outcome per request, in order.

    send: gives the answers of one set by key. A set that meets Trouble gives it to each of its requests; a request
    the partner left out of its answer is in doubt.
    """
    outcomes: list[A | Trouble] = []
    for start in range(0, len(requests), size):
        part = requests[start : start + size]
        try:
            answers = await send(part)
        except Trouble as trouble:
            outcomes.extend(trouble for _ in part)
        else:
            outcomes.extend(
                answers[key(each)]
                if key(each) in answers
                else Trouble(system, f"no answer for {key(each)}", in_doubt=True)
                for each in part
            )
    return outcomes


def retry_after_s(header: str | None) -> int | None:
    """Seconds from a Retry-After header, which holds seconds or a date; None when it says nothing usable."""
    if not header:
        return None
    if header.strip().isdecimal():
        return min(int(header.strip()[:9]), RETRY_AFTER_MAX_S)
    try:
        when = parsedate_to_datetime(header)
    except ValueError:
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0, min(int((when - datetime.now(UTC)).total_seconds()) + 1, RETRY_AFTER_MAX_S))


@cache
def _trust() -> ssl.SSLContext:
    """The certificates we trust; reading them takes long enough to do it once."""
    return httpx.create_ssl_context(trust_env=False)


def _told(error: Exception) -> str:
    return f"{type(error).__name__} {error}".strip()
