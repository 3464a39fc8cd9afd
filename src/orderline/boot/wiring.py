"""The rooms put together: engine, worker and API on one database, in one event loop."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from orderline.boot.settings import Settings
from orderline.engine.engine import AsyncEngine, Engine
from orderline.store.database import Database


@dataclass(frozen=True, slots=True)
class Site:
    """What runs: the application to serve, on its engine."""

    app: Any
    engine: Engine


@contextlib.asynccontextmanager
async def open_site(settings: Settings, database: Database, *, worker: bool) -> AsyncIterator[Site]:
    """Start the engine, and the worker if it is wanted; at the end, what has come in is finished."""
    from orderline.api.app import create_app
    from orderline.api.calls import Services

    engine = Engine(database, threads=settings.engine_threads, most=settings.batch)
    try:
        services = Services(engine=AsyncEngine(engine), database=database)
        yield Site(create_app(services), engine)
    finally:
        engine.close()
