"""Calls of the demo over HTTP: each is sent until it was answered, and has one effect."""

import asyncio
import ssl
from typing import Any, Final

import httpx
import msgspec

from orderline.cli.ports import Failure

CLIENTS: Final = 24
TRIES: Final = 8
# What may pass: the server has a lot to do, or its database is away for a moment.
PASSING: Final = frozenset({429, 502, 503, 504})


def first_of(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """What has gone wrong first, of tasks that ran together."""
    first = failures.exceptions[0]
    return first_of(first) if isinstance(first, BaseExceptionGroup) else first


class Caller:
    """One address, called with one key, or with none. Plain HTTP on this machine."""

    def __init__(self, base_url: str, api_key: str) -> None:
        limits = httpx.Limits(max_connections=CLIENTS, max_keepalive_connections=CLIENTS)
        headers = {"content-type": "application/json"}
        if api_key:
            headers["authorization"] = f"Bearer {api_key}"
        # Reading the machine's certificates would only cost time.
        no_trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._http = httpx.AsyncClient(
            base_url=base_url, headers=headers, limits=limits, timeout=30, trust_env=False, verify=no_trust
        )

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.aclose()

    async def read(self, path: str, **query: Any) -> Any:
        """What a GET answers. Failure: it is refused."""
        answer = await self.send("GET", path, None, query=query)
        if not answer.is_success:
            raise Failure(f"The demo could not read {path}: {answer.text[:300]}")
        return answer.json()

    async def must(self, method: str, path: str, body: Any, *, media: str = "", key: str = "") -> Any:
        """What a call answers that has to go well. Failure: it is refused."""
        answer = await self.send(method, path, body, media=media, key=key)
        if not answer.is_success:
            raise Failure(f"The demo could not go on: {method} {path} was answered {answer.text[:300]}")
        return answer.json() if answer.content else None

    async def send(
        self, method: str, path: str, body: Any, *, media: str = "", key: str = "", query: dict[str, Any] | None = None
    ) -> httpx.Response:
        """Send, and again when the answer was lost or says that it may pass."""
        headers = {**({"content-type": media} if media else {}), **({"idempotency-key": key} if key else {})}
        content = body if isinstance(body, bytes) or body is None else msgspec.json.encode(body)
        answer: httpx.Response | None = None
        for attempt in range(TRIES):
            try:
                answer = await self._http.request(method, path, content=content, headers=headers, params=query)
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code not in PASSING:
                return answer
            await asyncio.sleep(min(0.1 * 2**attempt, 3))
        if answer is None:
            raise Failure("The demo's server does not answer any more.", "Its log may say why.")
        return answer
