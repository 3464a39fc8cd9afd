"""An `orderline serve` of the benchmark's own: a process started as users start it, on a private data directory."""

import base64
import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep

import httpx

from orderline.cli.bench import shop
from orderline.cli.bench.load import Load, Loaded, run_load
from orderline.engine.engine import Engine
from orderline.store.access import create_key
from orderline.store.database import Database
from orderline.store.embedded import EmbeddedServer
from orderline.store.measuring import analyze

START_WITHIN_S = 60
PARTNERS = {
    "sandbox_payments": "payments",
    "sandbox_carriers": "carrier",
    "sandbox_warehouses": "warehouse",
    "sandbox_channels": "channel",
    "sandbox_notices": "notices",
}


class Served:
    """A running server: its address, a key that may do everything, its database, the settings it was started with."""

    def __init__(self, port: int, pid: int, database: Database, key: str, environment: Mapping[str, str]) -> None:
        self.port = port
        self.pid = pid
        self.database = database
        self.key = key
        self.environment = environment

    def stock_merchant(self, *, skus: int = shop.SKUS, units: int = 1_000_000, partner: str = "") -> None:
        """Give it a stocked merchant, whose locations are run by `partner`, and statistics."""
        engine = Engine(self.database, threads=1)
        shop.make_merchant(engine, skus=skus, units=units, partner=partner)
        engine.close()
        analyze(self.database)

    def load(self, requests: Sequence[bytes], *, clients: int, per_second: int = 0) -> Loaded:
        """Send requests from another process."""
        return run_load(Load("127.0.0.1", self.port, tuple(requests), clients, per_second))

    def batches(self) -> tuple[int, int]:
        """The commands that its engine has run so far, and the batches they came in."""
        answer = httpx.get(f"http://127.0.0.1:{self.port}/metrics", headers={"authorization": f"Bearer {self.key}"})
        figures = dict(line.rsplit(" ", 1) for line in answer.text.splitlines())
        commands, batches = (figures[f"orderline_engine_batch_size_{part}"] for part in ("sum", "count"))
        return int(float(commands)), int(float(batches))

    def memory_mb(self) -> float:
        """Resident memory of the server process, without PostgreSQL."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return round(int(line.split()[1]) / 1024, 1)
        return 0.0


@contextmanager
def served_with_partners() -> Iterator[Served]:
    """A server with a worker and a stocked merchant, and sandbox partners that answer at once."""
    port, partners_port = free_port(), free_port()
    secret = base64.b64encode(secrets.token_bytes(32)).decode()
    settings = {f"ORDERLINE_CONNECTOR_{name.upper()}_SECRET": secret for name in PARTNERS}
    for name, prefix in PARTNERS.items():
        settings[f"ORDERLINE_CONNECTOR_{name.upper()}_BASE_URL"] = f"http://127.0.0.1:{partners_port}/{prefix}"
    callbacks = f"http://127.0.0.1:{port}/v1/inbound"
    arguments = ["sandbox", "--port", str(partners_port), "--callbacks", callbacks, "--secret", secret]
    with (
        running(arguments, {"ORDERLINE_SANDBOX_SPEED": "100000"}),
        served(worker=True, port=port, settings=settings) as site,
    ):
        site.stock_merchant(partner="sandbox_warehouses")
        yield site


@contextmanager
def served(*, worker: bool, port: int = 0, settings: Mapping[str, str] | None = None) -> Iterator[Served]:
    """Start a server, wait until it answers, stop it at the end.

    settings: further environment variables for it.
    """
    with TemporaryDirectory(prefix="orderline-bench-", ignore_cleanup_errors=True) as directory:
        Path(directory).chmod(0o711)  # as root, PostgreSQL runs as another account, which passes through here
        data_directory = Path(directory) / "data"
        port = port or free_port()
        environment = {"ORDERLINE_DATA_DIR": str(data_directory), "ORDERLINE_LOG_LEVEL": "warning", **(settings or {})}
        arguments = ["serve", "--port", str(port), *([] if worker else ["--no-worker"])]
        with running(arguments, environment) as process:
            _wait(process, port)
            with EmbeddedServer(data_directory) as server:
                database = Database(server.dsn)
                _, key = create_key(database, name="bench", scopes=("admin",), per_minute=10**9)
                yield Served(port, process.pid, database, key, environment)
                database.close()


@contextmanager
def running(arguments: Sequence[str], settings: Mapping[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    """An `orderline` process with these settings and no others."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("ORDERLINE_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "orderline.boot.main", *arguments],
        env={**others, **settings},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def free_port() -> int:
    """A port nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    give_up_at = monotonic() + START_WITHIN_S
    while monotonic() < give_up_at:
        if process.poll() is not None:
            raise RuntimeError(f"`orderline serve` ended with {process.returncode} before it answered")
        try:
            if httpx.get(f"http://127.0.0.1:{port}/v1/health", timeout=2).is_success:
                return
        except httpx.HTTPError:
            sleep(0.05)
    raise RuntimeError(f"`orderline serve` did not answer within {START_WITHIN_S} s")
