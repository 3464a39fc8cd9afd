"""An installation of real processes to be killed at random: server, worker, PostgreSQL and its backends."""

import base64
import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Final

from crash.payments import BEHAVIOR, FAULTS
from orderline.boot.serving import KEY_FILE
from orderline.sandbox.server import SandboxThread
from orderline.sandbox.settings import CONNECTOR_OF, Partner, SandboxSettings, callbacks_to
from orderline.store.embedded import EmbeddedServer

PREFIX: Final = "ORDERLINE_"
# Whom a kill meets, and how often.
VICTIMS: Final = {"server": 4, "worker": 3, "postmaster": 2, "backend": 3}


class Rig:
    """Keeps `serve` and `worker` running beside sandbox partners, and kills what it is told to."""

    def __init__(self, home: Path, seed: int) -> None:
        self.data_dir = home / "data"
        self.port = _free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.sandbox_url = ""
        self.kills: Counter[str] = Counter()
        self._log = home / "processes.log"
        self._dice = Random(seed)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._environment: dict[str, str] = {}
        self._stopping = threading.Event()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Everything runs inside the block; what is killed is started again at once."""
        secret = base64.b64encode(secrets.token_bytes(32)).decode()
        behavior = SandboxSettings(
            seed=1,
            speed=20_000.0,
            callbacks=callbacks_to(f"{self.base_url}/v1/inbound", secret),
            payments=BEHAVIOR,
            faults={Partner.PAYMENTS: FAULTS},
        )
        with SandboxThread(behavior) as sandbox, EmbeddedServer(self.data_dir):
            self.sandbox_url = sandbox.base_url
            self._environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
            self._environment |= {
                f"{PREFIX}DATA_DIR": str(self.data_dir),
                f"{PREFIX}PORT": str(self.port),
                f"{PREFIX}LOG_LEVEL": "error",
            }
            for partner, connector in CONNECTOR_OF.items():
                name = f"{PREFIX}CONNECTOR_{connector.upper()}"
                self._environment[f"{name}_BASE_URL"] = f"{sandbox.base_url}/{partner.value}"
                self._environment[f"{name}_SECRET"] = secret
            supervisor = threading.Thread(target=self._supervise)
            supervisor.start()
            try:
                yield
            finally:
                self._stopping.set()
                supervisor.join()
                for process in self._processes.values():
                    process.send_signal(signal.SIGTERM)
                for process in self._processes.values():
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        process.wait(30)
                    process.kill()
                    process.wait()

    @property
    def key(self) -> str:
        """The administrator's key, once the server has made it."""
        file = self.data_dir / KEY_FILE
        return file.read_text(encoding="ascii").strip() if file.exists() else ""

    def kill(self) -> None:
        """Kill -9 a victim drawn by chance, if it runs."""
        (victim,) = self._dice.choices(list(VICTIMS), list(VICTIMS.values()))
        pid = self._pid_of(victim)
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                self.kills[victim] += 1

    def _pid_of(self, victim: str) -> int | None:
        if victim in ("server", "worker"):
            process = self._processes.get(victim)
            return process.pid if process is not None and process.poll() is None else None
        postmaster = _postmaster(self.data_dir)
        if victim == "postmaster" or postmaster is None:
            return postmaster
        children = _children_of(postmaster)
        return self._dice.choice(children) if children else None

    def _supervise(self) -> None:
        commands = {"server": ["serve", "--no-worker"], "worker": ["worker"]}
        with self._log.open("ab") as log:
            while not self._stopping.is_set():
                for name, command in commands.items():
                    process = self._processes.get(name)
                    if process is None or process.poll() is not None:
                        self._processes[name] = subprocess.Popen(
                            [sys.executable, "-m", "orderline.boot.main", *command],
                            env=self._environment,
                            stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL,
                            stderr=log,
                            start_new_session=True,
                        )
                self._stopping.wait(0.1)

    def log_tail(self) -> str:
        """The end of what the processes said."""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-30:])


def _postmaster(data_dir: Path) -> int | None:
    try:
        return int((data_dir / "cluster" / "postmaster.pid").read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return None


def _children_of(pid: int) -> list[int]:
    """The children of a postmaster, but not the one that recovers.

    PostgreSQL 18 whose startup process is killed while it recovers from the kill of a backend waits for ever for its
    other children, without a startup process: a person has to end it.
    """
    found: list[int] = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[1]) == pid and b"startup" not in (stat.parent / "cmdline").read_bytes():
                found.append(int(stat.parent.name))
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def await_true(what: str, ask: Callable[[], bool], within_s: float) -> None:
    """Until it is so."""
    deadline = time.monotonic() + within_s
    while not ask():
        assert time.monotonic() < deadline, f"not within {within_s} s: {what}"
        time.sleep(0.05)
