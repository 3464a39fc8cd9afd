"""A shop with some history, for those who only read; folders, servers and processes for the embedded PostgreSQL."""

import contextlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orderline.store.embedded import EmbeddedServer
from store.busy import BusyShop, busy_shop
from store.embedding import HOLDER, end_servers_in, finish, popen
from support.databases import Databases


@pytest.fixture(scope="session")
def busy(databases: Databases) -> Iterator[BusyShop]:
    """A few hundred orders of every sort; tests leave them as they are."""
    with databases.migrated() as dsn, busy_shop(dsn) as made:
        yield made


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every account may pass; pytest's own is private to root. In memory, where there is room."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 2**30
    path = Path(tempfile.mkdtemp(prefix="orderline-test-", dir=memory if roomy else "/tmp"))
    path.chmod(0o755)
    yield path
    end_servers_in(path)
    shutil.rmtree(path)


@pytest.fixture
def server(folder: Path) -> Iterator[EmbeddedServer]:
    with EmbeddedServer(folder / "data") as server:
        yield server


@pytest.fixture
def hold(folder: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Starts another process that uses the server."""
    with contextlib.ExitStack() as stack:

        def start() -> subprocess.Popen[str]:
            process = popen([sys.executable, "-c", HOLDER, str(folder / "data")])
            stack.callback(finish, process)
            return process

        yield start
