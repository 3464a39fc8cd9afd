"""`orderline serve` as a process of a test's own, in a folder that PostgreSQL gets to."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import httpx
import pytest

from support.databases import run_directory

WITHIN_S = 60


class Served:
    """A serving process: where it is, and what it has said so far."""

    def __init__(self, process: "subprocess.Popen[str]", said: Path) -> None:
        self.process = process
        self.said = said
        self.url = self._wait_for(r"Orderline is at (http://\S+)")
        self.until(lambda: httpx.get(f"{self.url}/v1/health", timeout=2).is_success)

    def _wait_for(self, pattern: str) -> str:
        give_up_at = monotonic() + WITHIN_S
        while monotonic() < give_up_at:
            found = re.search(pattern, self.said.read_text())
            if found:
                return found[1]
            assert self.process.poll() is None, self.said.read_text()
            sleep(0.02)
        raise AssertionError(f"not said in time: {pattern}\n{self.said.read_text()}")

    def until(self, true: Callable[[], bool]) -> None:
        """Ask again until it is true."""
        give_up_at = monotonic() + WITHIN_S
        while monotonic() < give_up_at:
            try:
                if true():
                    return
            except httpx.TransportError:
                pass
            sleep(0.05)
        raise AssertionError(f"did not come true\n{self.said.read_text()}")

    def get(self, path: str, key: str) -> httpx.Response:
        return httpx.get(f"{self.url}{path}", headers={"authorization": f"Bearer {key}"}, timeout=30)

    def put(self, path: str, key: str, body: object) -> httpx.Response:
        return self.send("PUT", path, key, body)

    def send(self, method: str, path: str, key: str, body: object) -> httpx.Response:
        headers = {"authorization": f"Bearer {key}"}
        return httpx.request(method, f"{self.url}{path}", headers=headers, json=body, timeout=60)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(WITHIN_S)


@contextmanager
def serving(data_dir: Path, said: Path, *arguments: str) -> Iterator[Served]:
    environment = {**os.environ, "ORDERLINE_DATA_DIR": str(data_dir), "ORDERLINE_PORT": "0"}
    with said.open("w") as told:
        process = subprocess.Popen(
            [sys.executable, "-m", "orderline.boot.main", "serve", *arguments],
            env=environment,
            stdout=told,
            stderr=subprocess.STDOUT,
            text=True,
        )
    try:
        yield Served(process, said)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(WITHIN_S)


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that PostgreSQL's account may pass through, as root too; pytest's own ones it may not."""
    folder = Path(tempfile.mkdtemp(prefix="serving-", dir=run_directory()))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
