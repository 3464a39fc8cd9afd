"""Processes that use the embedded server, and what is asked of them."""

import contextlib
import os
import signal
import stat
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

import orderline

# A process that uses the server until its input ends.
HOLDER = """
import signal
import sys
from pathlib import Path
from orderline.store.embedded import EmbeddedServer
signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs in the background has it ignored
server = EmbeddedServer(Path(sys.argv[1]))
print(server.start(), flush=True)
sys.stdin.read()
server.stop()
"""


def popen(command: list[str], **given: str) -> subprocess.Popen[str]:
    env = {**os.environ, "PYTHONPATH": str(Path(orderline.__file__).parent.parent), **given}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=env, start_new_session=True)


def finish(process: subprocess.Popen[str]) -> None:
    with process:
        process.kill()


def answer(process: subprocess.Popen[str]) -> str:
    """The DSN that a holder prints as soon as it has started the server."""
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    assert line.startswith("postgresql://")
    return line


def end_servers_in(folder: Path) -> None:
    """Leave nothing running, whatever a test has broken."""
    for path in folder.rglob("postmaster.pid"):
        pid = int(path.read_text().split()[0])
        with contextlib.suppress(OSError):
            if str(path.parent) in Path(f"/proc/{pid}/cmdline").read_text():
                os.kill(pid, signal.SIGQUIT)
                wait_until(lambda pid=pid: is_gone(pid))


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        os.sched_yield()


def postmaster(folder: Path) -> int:
    return int((folder / "data/cluster/postmaster.pid").read_text().split()[0])


def is_gone(pid: int) -> bool:
    """A dead process that nobody has buried yet has no command line any more."""
    try:
        return not Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return True


def execute(dsn: str, *statements: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def ask(dsn: str, query: str) -> object:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(query.encode()).fetchone()
        return row and row[0]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)
