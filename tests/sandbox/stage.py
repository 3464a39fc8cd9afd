"""A running sandbox for tests, an inbox for its facts, and waiting with a deadline."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import httpx
import msgspec

from orderline.contracts.inbound import parse_inbound
from orderline.contracts.registry import Connector, ConnectorSettings
from orderline.sandbox.server import SandboxThread
from orderline.sandbox.settings import (
    CONNECTOR_OF,
    Faults,
    NoticeBehavior,
    Partner,
    PaymentBehavior,
    SandboxSettings,
    Span,
    WarehouseBehavior,
)

SECRET: Final = "whsec_" + base64.b64encode(b"what only the two of us know").decode()
DEADLINE_S: Final = 10.0

# Nothing goes on by itself while a test looks.
SLOW: Final = SandboxSettings(
    warehouse=WarehouseBehavior(accept=Span(60_000, 60_000)),
    payments=PaymentBehavior(settle=Span(60_000, 60_000)),
    notices=NoticeBehavior(deliver=Span(60_000, 60_000)),
)


class Stage:
    """A sandbox, steered over its own controls."""

    def __init__(self, thread: SandboxThread) -> None:
        self.base_url = thread.base_url

    def settings(self, partner: Partner, **changes: Any) -> ConnectorSettings:
        """How a connector reaches a partner of this sandbox."""
        return msgspec.structs.replace(
            ConnectorSettings(base_url=f"{self.base_url}/{partner}", secret=SECRET), **changes
        )

    @asynccontextmanager
    async def opened(self, connector: Connector, **changes: Any) -> AsyncIterator[Any]:
        """The connector opened for its partner here, and closed again."""
        partner = next(each for each, name in CONNECTOR_OF.items() if name == connector.name)
        contract = connector.open(self.settings(partner, **changes))
        try:
            yield contract
        finally:
            await contract.close()

    async def reset(self, settings: SandboxSettings | None = None) -> None:
        """Begin again, with everything as by default unless told otherwise."""
        await self.control("POST", "reset", {"settings": settings or SandboxSettings()})

    async def misbehave(self, partner: Partner, **faults: Any) -> None:
        """Faults of one partner from now on."""
        await self.control("PUT", f"faults/{partner}", Faults(**faults))

    async def statistics(self) -> dict[str, Any]:
        return await self.control("GET", "statistics")

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        return await self.call(method, f"/control/{path}", body)

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        """Call any address of the sandbox; its answer, which must be a good one."""
        async with httpx.AsyncClient(base_url=self.base_url, verify=False) as http:
            content = None if body is None else msgspec.json.encode(body)
            answer = await http.request(method, path, content=content)
            answer.raise_for_status()
            return answer.json()


class Inbox:
    """Receives facts over HTTP and verifies them. `answers`: statuses to give next; 204 when there are none left."""

    def __init__(self) -> None:
        self.facts: list[Any] = []
        self.calls: list[list[Any]] = []
        self.names: list[str] = []
        self.answers: list[int] = []
        self.refuse: Callable[[list[Any]], int] = lambda _facts: 204
        self.url = ""
        self._open: set[asyncio.StreamWriter] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of the sandbox."""
        self._open.add(writer)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:] if line)
                lowered = {name.lower(): value for name, value in headers.items()}
                body = await reader.readexactly(int(lowered["content-length"]))
                status = self.take(lowered, body)
                writer.write(f"HTTP/1.1 {status} -\r\ncontent-length: 0\r\n\r\n".encode())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionResetError):
            pass
        finally:
            self._open.discard(writer)
            writer.close()

    def take(self, headers: Mapping[str, str], body: bytes) -> int:
        facts = parse_inbound(headers, body, SECRET)
        status = self.answers.pop(0) if self.answers else self.refuse(facts)
        if status < 300:
            self.calls.append(facts)
            self.facts.extend(facts)
            self.names.append(headers["webhook-id"])
        return status

    def hang_up(self) -> None:
        """Close what is still open."""
        for writer in self._open:
            writer.close()


@asynccontextmanager
async def inbox() -> AsyncIterator[Inbox]:
    """An inbox that listens on a free port of this machine."""
    box = Inbox()
    server = await asyncio.start_server(box.serve, "127.0.0.1", 0)
    box.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/inbound"
    try:
        yield box
    finally:
        server.close()
        box.hang_up()


async def until(ready: Callable[[], Any], what: str) -> None:
    """Wait until `ready()` is true; fail after the deadline."""
    try:
        async with asyncio.timeout(DEADLINE_S):
            while not ready():
                await asyncio.sleep(0.005)
    except TimeoutError:
        raise AssertionError(f"waited {DEADLINE_S} s in vain for {what}") from None


async def until_idle(stage: Stage) -> dict[str, Any]:
    """The statistics, once nothing is going to happen by itself any more."""
    async with asyncio.timeout(DEADLINE_S):
        while not (statistics := await stage.statistics())["idle"]:
            await asyncio.sleep(0.01)
    return statistics
