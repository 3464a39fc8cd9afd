"""The rooms put together: engine, worker and API on one database, in one event loop."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from orderline.boot.settings import Settings
from orderline.contracts.registry import Kind
from orderline.core.credits.state import PROVIDER as CREDIT
from orderline.core.tenders.rules import TERMS
from orderline.engine.engine import AsyncEngine, Engine
from orderline.engine.readers import Readers
from orderline.store.database import Database
from orderline.worker.inbound import Inbound
from orderline.worker.rates import preview_rates
from orderline.worker.services import Services as WorkerServices
from orderline.worker.work import Work
from orderline.worker.worker import Worker

if TYPE_CHECKING:
    from orderline.console.ports import SingleSignOn

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Site:
    """What runs: the application to serve, on its engine. worker: ends before it is asked to by a fault alone."""

    app: Any
    engine: Engine
    worker: "asyncio.Task[None] | None" = None


@contextlib.asynccontextmanager
async def open_site(settings: Settings, database: Database, *, worker: bool) -> AsyncIterator[Site]:
    """Start the engine, the API, and the worker if it is wanted; at the end, what has come in is finished."""
    from orderline.api.app import create_app
    from orderline.api.calls import Answer, Services
    from orderline.api.metrics import Metrics
    from orderline.boot.pages import with_pages

    metrics = Metrics()
    async with open_engine(settings, database, on_batch=metrics.observe_batch) as engine:
        services = worker_services(settings, database, engine)
        work = Work(services, "api")
        inbound = Inbound(services, work)

        async def take_in(partner: str, headers: Mapping[str, str], body: bytes) -> Answer:
            return Answer(await inbound.take_in(partner, headers, body))

        reads = Readers(database)
        api = create_app(
            Services(
                engine=AsyncEngine(engine),
                database=database,
                reads=reads,
                metrics=metrics,
                inbound=take_in,
                rates=partial(preview_rates, work),
                partners=(partners := partners_of(services)),
                providers=providers_of(partners),
                open_metrics=settings.metrics_open,
                allow_private_webhooks=settings.webhook_private,
                version=version("orderline"),
            )
        )
        app = with_pages(
            api, database, public_url=settings.public_url, version=version("orderline"),
            single_sign_on=single_sign_on(settings), password_users=frozenset(settings.password_users) or None,
        )  # fmt: skip
        try:
            if worker:
                async with running_worker(services) as task:
                    yield Site(app, engine, task)
            else:
                yield Site(app, engine)
        finally:
            await work.close()
            await asyncio.to_thread(reads.close)


@contextlib.asynccontextmanager
async def open_engine(settings: Settings, database: Database, **about: Any) -> AsyncIterator[Engine]:
    """An engine; at the end it finishes what has come in, which may wait for the database."""
    engine = Engine(database, threads=settings.engine_threads, most=settings.batch, **about)
    try:
        yield engine
    finally:
        await asyncio.to_thread(engine.close)


@contextlib.asynccontextmanager
async def running_worker(services: WorkerServices) -> "AsyncIterator[asyncio.Task[None]]":
    """A worker beside the block; at the end it finishes the jobs it has begun."""
    worker = Worker(services)
    task = asyncio.create_task(worker.run(), name="worker")
    task.add_done_callback(_tell_of_end)
    try:
        yield task
    finally:
        worker.stop()
        await asyncio.gather(task, return_exceptions=True)


def worker_services(settings: Settings, database: Database, engine: Engine) -> WorkerServices:
    """What worker and inbound need, from the settings."""
    return WorkerServices(
        database=database,
        engine=engine,
        connectors=settings.connectors,
        carrier=settings.carrier,
        auto_claims=settings.auto_claims,
        notices=settings.notices,
        allow_private_webhooks=settings.webhook_private,
        public_url=settings.public_url.rstrip("/") or f"http://{settings.host}:{settings.port}",
    )


def partners_of(services: WorkerServices) -> dict[str, Kind]:
    """The connectors that are installed and have an address here, by name."""
    installed = services.installed
    return {name: installed[name].kind for name in services.connectors if name in installed}


def providers_of(partners: Mapping[str, Kind]) -> frozenset[str]:
    """Where money can be asked for, when any provider is set up: there, by terms and from credit accounts."""
    found = {name for name, kind in partners.items() if kind is Kind.PAYMENTS}
    return frozenset({*found, TERMS, CREDIT}) if found else frozenset()


def single_sign_on(settings: Settings) -> "SingleSignOn | None":
    """The provider that people sign in with; None: there is none."""
    from orderline.console.ports import SingleSignOn

    if not settings.oidc_issuer:
        return None
    return SingleSignOn(
        name=settings.oidc_name, issuer=settings.oidc_issuer, client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret, back=f"{settings.public_url.rstrip('/')}/sign-in/back",
        scopes=settings.oidc_scopes, user_claim=settings.oidc_user_claim, role_claim=settings.oidc_role_claim,
        roles=settings.oidc_roles, make_users=settings.oidc_make_users,
    )  # fmt: skip


def _tell_of_end(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and task.exception() is not None:
        _logger.error("the worker has ended", exc_info=task.exception())
