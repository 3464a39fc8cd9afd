"""Calls bear partners that answer slowly, without end, or with nonsense."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from orderline.connectors import calls as calls_module
from orderline.connectors.calls import RETRY_AFTER_MAX_S, Calls, retry_after_s
from orderline.contracts.registry import ConnectorSettings
from orderline.values.failures import Trouble

HEAD = b"HTTP/1.1 %s\r\ncontent-length: 1000000\r\n\r\n"


@asynccontextmanager
async def partner(chunks: Callable[[], AsyncIterator[bytes]], timeout_s: float = 0.2) -> AsyncIterator[Calls]:
    """Calls to a server that answers every request with these bytes, as they come."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        try:
            async for chunk in chunks():
                writer.write(chunk)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    settings = ConnectorSettings(base_url=f"http://127.0.0.1:{port}", timeout_s=timeout_s, connect_timeout_s=0.2)
    calls = Calls("partner", settings)
    try:
        yield calls
    finally:
        await calls.close()
        server.close()
        await server.wait_closed()


async def drops() -> AsyncIterator[bytes]:
    yield HEAD % b"200 OK"
    while True:
        await asyncio.sleep(0.05)
        yield b" "


async def flood() -> AsyncIterator[bytes]:
    yield HEAD % b"200 OK"
    for _ in range(100):
        yield b" " * 10_000


async def long_error() -> AsyncIterator[bytes]:
    yield HEAD % b"422 No"
    yield b"sorry " * 1_000
    await asyncio.sleep(60)


@pytest.mark.slow
@pytest.mark.anyio
async def test_an_answer_that_comes_in_drops_is_no_answer() -> None:
    async with partner(drops) as calls:
        with pytest.raises(Trouble, match="no answer") as told:
            await calls.write("/x", {}, bytes)
    assert told.value.in_doubt


@pytest.mark.anyio
async def test_an_answer_without_end_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls_module, "ANSWER_MAX_BYTES", 50_000)
    async with partner(flood, timeout_s=5) as calls:
        with pytest.raises(Trouble, match="longer than 50000 bytes"):
            await calls.read("/x", bytes)


@pytest.mark.anyio
async def test_of_an_error_only_the_beginning_is_read() -> None:
    async with partner(long_error, timeout_s=5) as calls:
        with pytest.raises(Trouble, match="answered 422: sorry sorry") as told:
            await calls.write("/x", {}, bytes)
    assert not told.value.in_doubt
    assert len(str(told.value)) < 300


@pytest.mark.parametrize(
    ("header", "seconds"),
    [(None, None), ("", None), ("soon", None), ("7", 7), (" 7 ", 7), ("9" * 5_000, RETRY_AFTER_MAX_S), ("-1", None)],
)
def test_when_to_come_again_is_read_or_left(header: str | None, seconds: int | None) -> None:
    assert retry_after_s(header) == seconds
