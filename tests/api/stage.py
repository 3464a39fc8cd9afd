"""A small merchant behind the API: two pools, three locations, three channels, a few SKUs, keys of several kinds."""

import asyncio
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

import httpx
import uvicorn
from starlette.types import ASGIApp

from orderline.api.app import ApiApplication, create_app
from orderline.api.calls import GRANTABLE, Limits, Services
from orderline.core.orders.commands import AllocateUnits, Allotment
from orderline.core.stock.commands import ApplyFeed, FeedRow, PutChannel, PutLocation, PutPool, PutSkus
from orderline.core.stock.state import Channel, Component, Location, LocationKind, Pool, ShortPolicy, Sku, SkuKind
from orderline.engine.engine import AsyncEngine, Engine
from orderline.engine.readers import Readers
from orderline.store.access import create_key
from orderline.store.database import Database
from orderline.values.address import Place
from orderline.values.ids import OrderId
from orderline.worker.rates import preview_rates
from orderline.worker.services import Services as WorkerServices
from orderline.worker.work import Work

ADDRESS = {"name": "Ann Lee", "lines": ["1 Rue de la Paix"], "city": "Lyon", "postal_code": "69001", "country": "FR"}


class Client:
    """An HTTP client for tests without `async`: the application runs in an event loop of a thread of its own."""

    def __init__(self, app: ASGIApp) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
        self._client = httpx.AsyncClient(transport=transport, base_url="http://orderline.test", timeout=60)

    def request(self, method: str, path: str, **what: Any) -> httpx.Response:
        """One request and its answer."""
        return self.submit(method, path, **what).result(60)

    def submit(self, method: str, path: str, **what: Any) -> "Future[httpx.Response]":
        """A request that is under way; its answer comes by the future."""
        return asyncio.run_coroutine_threadsafe(self._client.request(method, path, **what), self.loop)

    def run(self, coroutine: Any) -> Any:
        """Run a coroutine where the application runs."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(60)

    def close(self) -> None:
        self.run(self._client.aclose())
        self.run(self.loop.shutdown_default_executor())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


@dataclass
class Stage:
    """The API over a database, with a client and the secrets of keys by name."""

    client: Client
    database: Database
    engine: Engine
    app: ApiApplication
    secrets: dict[str, str] = field(default_factory=dict)

    def call(
        self, method: str, path: str, key: str = "admin", headers: Mapping[str, Any] | None = None, **what: Any
    ) -> httpx.Response:
        """A request with the key of that name; "" for none."""
        auth = {"authorization": f"Bearer {self.secrets[key]}"} if key else {}
        return self.client.request(method, path, headers={**auth, **(headers or {})}, **what)

    def make_key(self, name: str, *scopes: str, **more: Any) -> str:
        """Make a key that `call` knows by its name; returns its id."""
        key_id, self.secrets[name] = create_key(self.database, name, scopes, **more)
        return key_id

    def place(self, external_id: str, quantity: int = 1, **changes: Any) -> dict[str, Any]:
        """Place an order for tees; the answer."""
        answer = self.call("POST", "/v1/orders", json=order(external_id, quantity, **changes))
        assert answer.status_code == 201, answer.text
        return answer.json()

    def allocate(self, order_id: str, quantity: int = 1, location: str = "lyon") -> None:
        """Route one line of an order to a location."""
        allotment = Allotment(line=1, pool="eu", location=location, quantity=quantity)
        self.engine.run(AllocateUnits(order=OrderId(UUID(order_id)), group=1, allotments=(allotment,)))


def order(external_id: str, quantity: int = 1, **changes: Any) -> dict[str, Any]:
    """An order for `quantity` tees at 20 euros, in the form that the API takes; paid elsewhere."""
    return {
        "channel": "web",
        "external_id": external_id,
        "currency": "EUR",
        "customer": {"name": "Ann Lee", "email": "ann@example.com"},
        "groups": [{"address": ADDRESS}],
        "lines": [{"sku": "TEE-M", "quantity": quantity, "unit_price_minor": 2000}],
        "total_minor": 2000 * quantity,
    } | changes


def furnish(engine: Engine) -> None:
    """Make the merchant's settings and stock."""
    for pool in ("eu", "shops"):
        engine.run(PutPool(pool=Pool(pool)))
    for code, kind, pool in (
        ("lyon", LocationKind.WAREHOUSE, "eu"),
        ("lille", LocationKind.WAREHOUSE, "eu"),
        ("paris", LocationKind.STORE, "shops"),
    ):
        place = Place(country="FR", city=code.capitalize())
        engine.run(PutLocation(location=Location(code, code.capitalize(), kind, pool, place, pickup=kind == "store")))
    for code, pools in (("web", ("eu", "shops")), ("shop", ("shops",)), ("closed", ("eu",))):
        engine.run(PutChannel(channel=Channel(code, code, pools, currencies=("EUR",), active=code != "closed")))
    engine.run(
        PutSkus(
            skus=(
                Sku("TEE-M", "Tee, medium"),
                Sku("TEE-L", "Tee, large", short_policy=ShortPolicy.BACKORDER),
                Sku("OLD", "No longer sold", active=False),
                Sku("CARD", "Gift card", kind=SkuKind.DIGITAL),
                Sku("SET", "Two tees", kind=SkuKind.BUNDLE, components=(Component("TEE-M", 2),)),
            )
        )
    )
    rows = (FeedRow("TEE-M", "lyon", 1_000_000), FeedRow("TEE-M", "paris", 5))
    engine.run(ApplyFeed(feed="opening", sequence=1, part=0, delta=False, rows=rows))


@contextmanager
def staged(dsn: str, **services: Any) -> Iterator[Stage]:
    """The API with a furnished merchant on a clean database."""
    database = Database(dsn)
    engine = Engine(database)
    reads = Readers(database)
    work = Work(WorkerServices(database=database, engine=engine), "api")
    try:
        furnish(engine)
        rates = partial(preview_rates, work)
        app = create_app(Services(engine=AsyncEngine(engine), database=database, reads=reads, rates=rates, **services))
        client = Client(app)
        try:
            stage = Stage(client, database, engine, app)
            for right in GRANTABLE:
                stage.make_key(right.value, right.value)
            yield stage
        finally:
            client.run(work.close())
            client.close()
    finally:
        reads.close()
        engine.close()
        database.close()


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """The application behind a real HTTP server; its address."""
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, ws="none", lifespan="off", log_config=None, server_header=False
    )
    server = uvicorn.Server(config)
    listener = config.bind_socket()
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


SMALL = Limits(body_bytes=20_000, bulk_bytes=30_000, feed_bytes=200_000, inbound_bytes=10_000, bulk_items=10)
