"""`serve` and `worker` as processes: what runs in them, how they start, how they stop, how they bear a lost database."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import uvicorn

from orderline.boot.installation import LocalInstallation
from orderline.cli.ports import Failure
from orderline.engine.cycles import look_for_cycles_less
from orderline.values.failures import Trouble

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from orderline.store.database import Database
    from orderline.store.embedded import EmbeddedServer

KEY_FILE: Final = "admin.key"
ADMIN: Final = "administrator"
# Requests that have come in are finished; one that streams for longer is broken off.
DRAIN_S: Final = 10
LOOK_EVERY_S: Final = 2.0

_logger = logging.getLogger(__name__)


def run_server(
    installation: LocalInstallation, *, host: str, port: int, worker: bool, with_parent: bool = False
) -> None:
    """Serve until SIGTERM or SIGINT; then finish what has come in and stop.

    with_parent: stop when standard input ends, as it does when the process that started this one is gone.
    """
    listener = listen(host, port)
    with installation.database() as database, kept_alive(installation):
        secret = first_key(database, installation.key_directory())
        address = url_of(listener)
        _announce(address, secret, installation.key_directory())
        with asyncio.Runner(loop_factory=_new_loop) as runner:
            runner.run(_serve(installation, database, listener, worker=worker, with_parent=with_parent))


def run_worker(installation: LocalInstallation) -> None:
    """Do outside calls and follow-ups until SIGTERM or SIGINT; then finish those under way and stop."""

    async def work() -> None:
        from orderline.boot.wiring import open_site

        stop = stop_event()
        async with open_site(installation.settings, database, worker=True) as site:
            _logger.info("the worker is running")
            look_for_cycles_less()
            await until_stopped(stop, site.worker)

    with (
        installation.database() as database,
        kept_alive(installation),
        asyncio.Runner(loop_factory=_new_loop) as runner,
    ):
        runner.run(work())


async def _serve(
    installation: LocalInstallation, database: "Database", listener: socket.socket, *, worker: bool, with_parent: bool
) -> None:
    from orderline.boot.wiring import open_site

    stop = stop_event(with_parent=with_parent)
    async with open_site(installation.settings, database, worker=worker) as site, served(site.app, listener) as ended:
        _logger.info("serving at %s", url_of(listener))
        look_for_cycles_less()
        try:
            await until_stopped(stop, ended, site.worker)
        finally:
            site.app.stop()


async def until_stopped(stop: asyncio.Event, *parts: "asyncio.Task[None] | None") -> None:
    """Wait until the process is asked to stop. Failure: a part of it has ended by itself, so that it stops as a whole."""
    asked = asyncio.create_task(stop.wait())
    running = [part for part in parts if part is not None]
    await asyncio.wait([asked, *running], return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()
    _logger.info("stopping: finishing what has come in")
    broken = [part.get_name() for part in running if part.done()]
    if broken and not stop.is_set():
        raise Failure(f"The {broken[0]} has ended by itself; the log says why.", "Start Orderline again.")


@contextlib.asynccontextmanager
async def served(app: "ASGIApp", listener: socket.socket) -> "AsyncIterator[asyncio.Task[None]]":
    """The application answering at `listener`; at the end, requests that have come in are finished."""
    config = uvicorn.Config(
        app,
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=4096,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=DRAIN_S,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]), name="http")
    try:
        yield task
    finally:
        server.should_exit = True
        await task


class _Server(uvicorn.Server):
    """A server that leaves the signals to the process it is a part of."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


def stop_event(*, with_parent: bool = False) -> asyncio.Event:
    """Set when the process is asked to stop. Asked a second time, it goes at once."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def ask(number: signal.Signals) -> None:
        if stop.is_set():
            _logger.warning("asked to stop again; going at once")
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        stop.set()

    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, ask, each)
    if with_parent:

        def wait_for_end() -> None:
            # Not through sys.stdin: a thread that waits in its lock cannot be ended.
            while os.read(sys.stdin.fileno(), 4096):
                pass
            with contextlib.suppress(RuntimeError):  # the loop has ended by itself
                loop.call_soon_threadsafe(stop.set)

        threading.Thread(target=wait_for_end, name="parent", daemon=True).start()
    return stop


def listen(host: str, port: int, *, who: str = "Orderline", setting: str = "ORDERLINE_PORT") -> socket.socket:
    """A socket that listens. Failure: the address is taken, or not ours; it names the `setting` of the port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except (OSError, OverflowError) as error:
        listener.close()
        raise Failure(
            f"{who} can't listen at {host}:{port}: {error}.",
            f"Something else may be listening there: say --port, or set {setting}; 0 takes a free one.",
        ) from None
    listener.listen(4096)
    listener.setblocking(False)
    return listener


def url_of(listener: socket.socket) -> str:
    """The address as a person types it."""
    host, port = listener.getsockname()[:2]
    host = "127.0.0.1" if host == "0.0.0.0" else "::1" if host == "::" else host  # noqa: S104 - compared, not bound
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def first_key(database: "Database", directory: Path | None) -> str:
    """On a database without any key, make one that may do everything; its secret, or "" when there are keys.

    directory: where the CLI finds it later (`admin.key`, for its owner alone).
    """
    from orderline.store.access import create_key, list_keys

    if list_keys(database):
        return ""
    _, secret = create_key(database, ADMIN, ["admin"])
    if directory is not None:
        file = directory / KEY_FILE
        file.unlink(missing_ok=True)
        file.touch(mode=0o600)
        file.write_text(secret + "\n", encoding="ascii")
    return secret


def _announce(address: str, secret: str, directory: Path | None) -> None:
    print(f"Orderline is at {address} (API: {address}/v1/openapi.json). Ctrl-C stops it.", flush=True)
    if secret:
        kept = f" It is kept in {directory / KEY_FILE}, for your eyes only." if directory is not None else ""
        print(f"A key that may do everything, shown this once:\n\n    {secret}\n\nKeep it safe.{kept}", flush=True)


@contextmanager
def kept_alive(installation: LocalInstallation) -> Iterator[None]:
    """While the block runs, a private PostgreSQL that dies is started again."""
    server = installation.running_server
    if server is None:
        yield
        return
    stopping = threading.Event()

    def look() -> None:
        while not stopping.wait(LOOK_EVERY_S):
            _revive(server, stopping.is_set)

    keeper = threading.Thread(target=look, name="postgresql-keeper", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        stopping.set()
        keeper.join()


def _revive(server: "EmbeddedServer", stopping: Callable[[], bool]) -> None:
    if server.running() or stopping():
        return
    _logger.error("PostgreSQL is gone; starting it again")
    try:
        server.start()
    except Trouble as trouble:
        _logger.error("PostgreSQL does not start: %s", trouble)  # noqa: TRY400 - the message says it all


def _new_loop() -> asyncio.AbstractEventLoop:
    import uvloop

    return uvloop.new_event_loop()
