"""The sandbox as a server: for a process of its own, for a thread, and inside a running event loop."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import AsyncIterator, Generator
from dataclasses import dataclass
from typing import Any, Final, Self, cast

import uvicorn
from starlette.applications import Starlette
from uvicorn.config import LOGGING_CONFIG
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from orderline.sandbox.app import create_sandbox
from orderline.sandbox.faults import TRANSPORT
from orderline.sandbox.partners import Sandbox
from orderline.sandbox.settings import SandboxSettings

DEFAULT_PORT: Final = 8620
START_TIMEOUT_S: Final = 10.0


class HangUpProtocol(HttpToolsProtocol):
    """HTTP whose connections the application may break, so that answers can be lost."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        cast("dict[str, Any]", self.scope)["extensions"] = {TRANSPORT: self.transport}


class Server(uvicorn.Server):
    """A server that leaves the signals to the process it is a part of."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


@dataclass(frozen=True, slots=True)
class RunningSandbox:
    """A sandbox that answers at `base_url`."""

    base_url: str
    app: Starlette

    @property
    def sandbox(self) -> Sandbox:
        """The partners; to be touched from their own event loop only."""
        return self.app.state.sandbox


def run_sandbox(
    host: str = "127.0.0.1",
    port: int = DEFAULT_PORT,
    settings: SandboxSettings | None = None,
    listener: socket.socket | None = None,
) -> None:
    """Serve until the process is asked to stop. listener: a socket that listens there already."""
    config = _config(create_sandbox(settings), host, port, log_config=LOGGING_CONFIG, log_level="warning")
    uvicorn.Server(config).run(sockets=[listener] if listener is not None else None)


@contextlib.asynccontextmanager
async def running_sandbox(
    settings: SandboxSettings | None = None, *, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[RunningSandbox]:
    """A sandbox in the running event loop, on a free port unless one is named."""
    app = create_sandbox(settings)
    listener = _listen(host, port)
    server = Server(_config(app, host, port))
    serving = asyncio.create_task(server.serve(sockets=[listener]), name="sandbox")
    try:
        async with asyncio.timeout(START_TIMEOUT_S):
            while not server.started and not serving.done():
                await asyncio.sleep(0.005)
        if serving.done():
            await serving
        yield RunningSandbox(_url(listener), app)
    finally:
        server.should_exit = True
        await serving


class SandboxThread:
    """A sandbox in a thread with an event loop of its own: `with SandboxThread() as sandbox: sandbox.base_url`."""

    def __init__(self, settings: SandboxSettings | None = None, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.app = create_sandbox(settings)
        self._listener = _listen(host, port)
        self.base_url = _url(self._listener)
        self._server = Server(_config(self.app, host, port))
        self._thread = threading.Thread(target=self._serve, name="sandbox", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._serving = threading.Event()

    def __enter__(self) -> Self:
        """Listening already: calls made before the loop runs wait in the backlog of the socket."""
        self._thread.start()
        self._serving.wait(START_TIMEOUT_S)
        return self

    def __exit__(self, *_failure: object) -> None:
        self._server.should_exit = True
        self._thread.join(START_TIMEOUT_S)

    def _serve(self) -> None:
        async def serve() -> None:
            self._serving.set()
            await self._server.serve(sockets=[self._listener])

        with asyncio.Runner(loop_factory=_new_loop) as runner:
            runner.run(serve())


def _config(
    app: Starlette, host: str, port: int, *, log_config: dict[str, Any] | None = None, log_level: str | None = None
) -> uvicorn.Config:
    """Without a `log_config`, logging stays as the process around the sandbox has set it up."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=HangUpProtocol,
        ws="none",
        lifespan="on",
        log_config=log_config,
        log_level=log_level,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=2,
    )


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(2048)
    listener.setblocking(False)
    return listener


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _new_loop() -> asyncio.AbstractEventLoop:
    import uvloop

    return uvloop.new_event_loop()
