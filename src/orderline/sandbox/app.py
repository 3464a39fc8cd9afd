"""All sandbox partners as one web application, with the controls to steer them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette

from orderline.sandbox.control import control_routes
from orderline.sandbox.partners import Sandbox
from orderline.sandbox.settings import SandboxSettings


def create_sandbox(settings: SandboxSettings | None = None) -> Starlette:
    """The web application. `app.state.sandbox` is the Sandbox at the moment; a reset puts another one there."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        await app.state.sandbox.stop()

    app = Starlette(lifespan=lifespan)
    _place(app, Sandbox(settings or SandboxSettings()))
    return app


def _place(app: Starlette, sandbox: Sandbox) -> None:
    """Put a sandbox into the application, instead of the one before."""

    async def begin_again(settings: SandboxSettings) -> None:
        _place(app, Sandbox(settings))
        await sandbox.stop()

    app.state.sandbox = sandbox
    app.router.routes[:] = [*sandbox.routes(), *control_routes(sandbox, begin_again)]
