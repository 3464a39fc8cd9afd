"""Fixtures around a running sandbox, for the folders that test against it."""

import logging
from collections.abc import AsyncIterator, Iterator

import pytest

from orderline.sandbox.server import SandboxThread
from sandbox.stage import Inbox, Stage, inbox


@pytest.fixture(scope="session")
def sandbox_thread() -> Iterator[SandboxThread]:
    with SandboxThread() as thread:
        yield thread


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def stage(sandbox_thread: SandboxThread, caplog: pytest.LogCaptureFixture) -> AsyncIterator[Stage]:
    """The sandbox, as if just started. A bug in it fails the test, even where the test would bear a failing partner."""
    stage = Stage(sandbox_thread)
    await stage.reset()
    yield stage
    await stage.reset()
    broken = [each.getMessage() for each in caplog.get_records("call") if each.levelno >= logging.ERROR]
    assert not broken


@pytest.fixture
async def box() -> AsyncIterator[Inbox]:
    """An inbox for facts."""
    async with inbox() as box:
        yield box
