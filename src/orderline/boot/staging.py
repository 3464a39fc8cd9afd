"""The stage of the demo: a private installation that serves in a process of its own, and sandbox partners beside it."""

import base64
import contextlib
import os
import secrets
import select
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from time import monotonic, sleep
from typing import Final

from orderline.boot.serving import KEY_FILE
from orderline.boot.settings import PREFIX
from orderline.cli.ports import Failure
from orderline.sandbox.server import SandboxThread
from orderline.sandbox.settings import (
    CONNECTOR_OF,
    CarrierBehavior,
    Faults,
    PaymentBehavior,
    SandboxSettings,
    Span,
    WarehouseBehavior,
    callbacks_to,
)
from orderline.store.database import Database
from orderline.store.embedded import EmbeddedServer

START_WITHIN_S: Final = 60.0
STOP_WITHIN_S: Final = 30.0
PORT: Final = 8787
HOUR_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class RunningStage:
    """Where everything runs, and a key for it. log: what the serving process says."""

    base_url: str
    api_key: str
    sandbox_url: str
    sandbox_key: str
    data_dir: Path
    log: Path
    database: Database
    process: "subprocess.Popen[bytes]"

    def alive(self) -> bool:
        """Does the serving process run?"""
        return self.process.poll() is None


@contextmanager
def staged(*, data_dir: Path, port: int | None, speed: int, seed: int) -> Iterator[RunningStage]:
    """Start the partners and the installation; stop them at the end. What was stored stays in `data_dir`.

    speed: how many times faster than in life the partners work.
    Failure: it does not start; the end of its log is told.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    data_dir.chmod(0o711)  # as root, PostgreSQL runs as another account, which passes through here
    number = _free_port() if port == 0 or (port is None and not _is_free(PORT)) else port or PORT
    if not _is_free(number):
        raise Failure(f"Something listens at port {number} already.", "Say another --port; 0 takes a free one.")
    base_url = f"http://127.0.0.1:{number}"
    secret = base64.b64encode(secrets.token_bytes(32)).decode()
    sandbox_key = secrets.token_urlsafe(24)
    log = data_dir / "serve.log"
    behavior = _behavior(speed, seed, sandbox_key, base_url, secret)
    with SandboxThread(behavior) as sandbox:
        environment = _environment(data_dir / "data", number, sandbox.base_url, sandbox_key, secret)
        with _process(environment, log) as process, contextlib.ExitStack() as stack:
            _wait(process, number, log)
            server = stack.enter_context(EmbeddedServer(data_dir / "data"))
            database = Database(server.dsn)
            stack.callback(database.close)
            key = (data_dir / "data" / KEY_FILE).read_text(encoding="ascii").strip()
            yield RunningStage(base_url, key, sandbox.base_url, sandbox_key, data_dir, log, database, process)


def _behavior(speed: int, seed: int, api_key: str, base_url: str, secret: str) -> SandboxSettings:
    """Partners as in life, in the time of the demo: hours of work and days of transit, divided by `speed`."""
    return SandboxSettings(
        seed=seed,
        api_key=api_key,
        speed=float(speed),
        warehouse=WarehouseBehavior(
            accept=Span(HOUR_MS // 60, HOUR_MS // 6),
            pick=Span(HOUR_MS // 2, 4 * HOUR_MS),
            pack=Span(HOUR_MS // 10, HOUR_MS),
            hand_over=Span(HOUR_MS // 2, 3 * HOUR_MS),
            reject_probability=0.004,
            short_probability=0.012,
            parcel_units_max=6,
            label_wait_ms=4_000,
        ),
        carrier=CarrierBehavior(
            transit=Span(HOUR_MS, 4 * HOUR_MS),
            out_for_delivery=Span(4 * HOUR_MS, 16 * HOUR_MS),
            deliver=Span(HOUR_MS, 5 * HOUR_MS),
            trouble=Span(HOUR_MS, 3 * HOUR_MS),
            exception_probability=0.01,
            lost_probability=0.003,
        ),
        payments=PaymentBehavior(settle=Span(200, 600)),
        callbacks=callbacks_to(f"{base_url}/v1/inbound", secret),
        faults={
            # A bad network now and then, as in life: nothing of this may show in the end.
            partner: Faults(
                latency_low_ms=1, latency_high_ms=15, drop_probability=0.005, fail_probability=0.005,
                duplicate_probability=0.02, reorder_probability=0.01,
            )
            for partner in CONNECTOR_OF
        },
    )  # fmt: skip


def _environment(data_dir: Path, port: int, sandbox_url: str, sandbox_key: str, secret: str) -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    environment |= {
        f"{PREFIX}DATA_DIR": str(data_dir),
        f"{PREFIX}PORT": str(port),
        f"{PREFIX}LOG_LEVEL": "warning",
        f"{PREFIX}LOG_FORMAT": "json",
    }
    for partner, connector in CONNECTOR_OF.items():
        name = f"{PREFIX}CONNECTOR_{connector.upper()}"
        environment |= {
            f"{name}_BASE_URL": f"{sandbox_url}/{partner.value}",
            f"{name}_API_KEY": sandbox_key,
            f"{name}_SECRET": secret,
        }
    return environment


@contextmanager
def _process(environment: dict[str, str], log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """`orderline serve` beside us; it stops when we are gone, however that happens."""
    with log.open("wb") as told:
        process = subprocess.Popen(
            [sys.executable, "-m", "orderline.boot.main", "serve", "--with-parent"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=told,
            start_new_session=True,  # Ctrl-C is for us; we stop it in its turn
        )
    try:
        yield process
    finally:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()  # asks it to stop
        try:
            process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def _wait(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    """Until it answers. Failure: it has ended, or does not answer in time.

    It says where it is once the port is its own: what answers before that is another server.
    """
    assert process.stdout is not None
    give_up_at = monotonic() + START_WITHIN_S
    said = b""
    while monotonic() < give_up_at and process.poll() is None:
        if b"\n" not in said:
            if select.select([process.stdout], [], [], 0.1)[0]:
                said += os.read(process.stdout.fileno(), 4096)
            continue
        connection = HTTPConnection("127.0.0.1", port, timeout=0.5)
        try:
            connection.request("GET", "/v1/health")
            connection.getresponse().read()
            return
        except (OSError, HTTPException):
            sleep(0.03)
        finally:
            connection.close()
    if b"\n" not in said and not _is_free(port):
        raise Failure(
            f"Another server has taken port {port}, so that the demo can't listen there.",
            "Say another --port; 0 takes a free one.",
        )
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-12:])
    raise Failure(f"The demo's server did not start.\n{tail}", f"Its whole log is {log}.")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
