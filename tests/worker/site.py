"""A whole site for tests: engine, worker, inbound over real HTTP, and the sandbox partners, all in this process."""

import asyncio
import base64
import contextlib
import itertools
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import monotonic, sleep
from typing import Any, Final
from uuid import UUID

import httpx
import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from orderline.contracts.registry import ConnectorSettings
from orderline.core.orders.commands import CustomerInput, GroupInput, LineInput, PlaceOrder, TenderInput
from orderline.core.orders.state import Order
from orderline.core.stock.commands import ApplyFeed, FeedRow, PutChannel, PutLocation, PutPool, PutSkus
from orderline.core.stock.state import Channel, Location, LocationKind, Pool, ShortPolicy, Sku
from orderline.engine.engine import Engine
from orderline.engine.verifying import verify
from orderline.sandbox.server import SandboxThread
from orderline.sandbox.settings import CONNECTOR_OF, Faults, Partner, SandboxSettings, Sending, callbacks_to
from orderline.store.database import Database
from orderline.store.liveness import stuck_orders
from orderline.store.loading import load_orders
from orderline.values.address import Address, Place
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from orderline.worker.inbound import Inbound
from orderline.worker.reconciling import reconcile
from orderline.worker.services import Services
from orderline.worker.work import Work
from orderline.worker.worker import WorkerThread

SECRET: Final = "whsec_" + base64.b64encode(b"what only the two of us know").decode()
DEADLINE_S: Final = 30.0
PLACES: Final = {
    "lyon": Place(country="FR", postal_code="69001", city="Lyon"),
    "lille": Place(country="FR", postal_code="59000", city="Lille"),
}
QUICK: Final = SandboxSettings(sending=Sending(flush_ms=1, retry_low_ms=5, retry_high_ms=50))


class Clock:
    """The worker's clock, which a test may put forward; the engine keeps the real one."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def forward(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)


def until(ready: Callable[[], Any], what: str, deadline_s: float = DEADLINE_S) -> Any:
    """What `ready()` gives once it is true; fails after the deadline."""
    end = monotonic() + deadline_s
    while not (found := ready()):
        if monotonic() > end:
            raise AssertionError(f"waited {deadline_s} s in vain for {what}")
        sleep(0.005)
    return found


class Door:
    """The way in for partners: an HTTP server in a thread of its own."""

    def __init__(self, services: Services) -> None:
        self.calls: list[tuple[str, dict[str, str], bytes]] = []
        self.verdicts: list[tuple[str, str]] = []
        self.errors: list[Exception] = []
        self._services = services
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/inbound"
        self._started = threading.Event()
        self._server: uvicorn.Server | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        self._started.wait(10)

    def close(self) -> None:
        assert self._server is not None
        self._server.should_exit = True
        self._thread.join(10)

    async def _serve(self) -> None:
        inbound = Inbound(self._services)

        async def take(request: Request) -> Response:
            partner, headers, body = request.path_params["partner"], dict(request.headers), await request.body()
            self.calls.append((partner, headers, body))
            try:
                answer = await inbound.take_in(partner, headers, body)
            except Refused as refused:
                return Response(str(refused), status_code=409)
            except Exception as error:
                self.errors.append(error)
                raise
            self.verdicts.extend((each.verdict.value, each.reason) for each in answer.verdicts)
            return Response(msgspec.json.encode(answer))

        app = Starlette(routes=[Route("/inbound/{partner}", take, methods=["POST"])])
        server = self._server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
        self._started.set()
        await server.serve(sockets=[self._listener])
        await inbound.close()


class Site:
    """Everything together. The worker runs from `start` on."""

    def __init__(self, dsn: str, sandbox: SandboxThread, **about: Any) -> None:
        self.clock = Clock()
        self.database = Database(dsn)
        self.engine = Engine(self.database)
        self.sandbox_url = sandbox.base_url
        connectors = {
            name: ConnectorSettings(base_url=f"{sandbox.base_url}/{partner}", secret=SECRET, timeout_s=5)
            for partner, name in CONNECTOR_OF.items()
        }
        given: dict[str, Any] = {
            "database": self.database,
            "engine": self.engine,
            "connectors": connectors,
            "clock": self.clock,
            "allow_private_webhooks": True,
            "patience_s": 0.05,
            **about,
        }
        self.services = Services(**given)
        self.door = Door(self.services)
        self._worker: WorkerThread | None = None
        self._feeds = itertools.count(1)
        self._externals = itertools.count(1)
        self.begin(QUICK)
        self.engine.run(PutPool(pool=Pool("fr")))
        for code, place in PLACES.items():
            self.put_location(code, place)
        self.engine.run(PutChannel(channel=Channel("web", "Web", ("fr",), short_policy=ShortPolicy.BACKORDER)))
        self.engine.run(PutSkus(skus=tuple(Sku(code, "A thing") for code in ("TEE", "MUG", "CAP"))))

    def begin(self, settings: SandboxSettings) -> None:
        """The sandbox as if just started, telling its facts to this site."""
        told = msgspec.structs.replace(settings, callbacks=callbacks_to(self.door.url, SECRET))
        self.control("POST", "reset", {"settings": told})

    def behave(self, **changes: Any) -> None:
        """Change the partners' behavior."""
        told = msgspec.structs.replace(QUICK, callbacks=callbacks_to(self.door.url, SECRET), **changes)
        self.control("PUT", "settings", told)

    def misbehave(self, partner: Partner, **faults: Any) -> None:
        self.control("PUT", f"faults/{partner}", Faults(**faults))

    def control(self, method: str, path: str, body: Any = None) -> Any:
        return self.call(method, f"/control/{path}", body)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        content = None if body is None else msgspec.json.encode(body)
        answer = httpx.request(method, self.sandbox_url + path, content=content)
        answer.raise_for_status()
        return answer.json()

    def start(self) -> None:
        self._worker = WorkerThread(self.services)
        self._worker.__enter__()

    def stop(self) -> None:
        if self._worker is not None:
            self._worker.__exit__()
            self._worker = None

    def close(self) -> None:
        self.stop()
        # What the sandbox still has to tell has nobody to be told to.
        self.control("POST", "reset", {"settings": SandboxSettings()})
        self.door.close()
        self.engine.close()
        self.database.close()
        assert self.door.errors == []

    def put_location(self, code: str, place: Place, partner: str = "sandbox_warehouses", **about: Any) -> None:
        location = Location(code, code.title(), LocationKind.WAREHOUSE, "fr", place, partner=partner, **about)
        self.engine.run(PutLocation(location=location))

    def stock(self, **units: int) -> None:
        """Put units on shelves: stock(TEE_lyon=3)."""
        rows = tuple(FeedRow(name.split("_")[0], name.split("_")[1], units[name]) for name in units)
        self.engine.run(ApplyFeed(feed="stock", sequence=next(self._feeds), part=0, delta=False, rows=rows))

    def place(self, *lines: tuple[str, int], token: str = "tok", city: str = "lyon", **about: Any) -> OrderId:
        """Place an order that is paid by card at the sandbox."""
        external_id = about.pop("external_id", None) or f"web-{next(self._externals)}"
        provider = about.pop("provider", "sandbox_payments")
        total = sum(quantity for _, quantity in lines) * 1000
        place = PLACES[city]
        address = Address(
            name="Ann Lee", lines=("1 Rue X",), city=place.city, postal_code=place.postal_code, country=place.country
        )
        command = PlaceOrder(
            channel=about.pop("channel", "web"),
            external_id=external_id,
            currency=about.pop("currency", "EUR"),
            lines=tuple(LineInput(sku=sku, quantity=quantity, unit_price_minor=1000) for sku, quantity in lines),
            total_minor=total,
            customer=about.pop("customer", CustomerInput("Ann Lee", "ann@example.com", "1")),
            groups=about.pop("groups", (GroupInput(address=address),)),
            tenders=about.pop("tenders", (TenderInput(provider=provider, amount_minor=total, token=token),)),
            **about,
        )
        return OrderId(UUID(msgspec.json.decode(self.engine.run(command))["id"]))

    def order(self, id_: OrderId) -> Order:
        with self.database.connection() as connection:
            return load_orders(connection, 0, [id_])[id_]

    def until_units(self, id_: OrderId, bucket: str, units: int) -> Order:
        """The order, once that many of its units stand in a bucket."""

        def look() -> Order | None:
            order = self.order(id_)
            return order if sum(getattr(line.units, bucket) for line in order.lines) == units else None

        return until(look, f"{units} units {bucket}; there are {[line.units for line in self.order(id_).lines]}")

    def jobs(self, **wanted: Any) -> list[dict[str, Any]]:
        """The jobs in the outbox with these values, those that close orders left out unless asked for."""
        names: list[str] = ["id", "stream", "kind", "body", "attempts", "state", "due_at", "last_error", "leased_by"]
        rows = self.rows(f"SELECT {', '.join(names)} FROM outbox WHERE cell = %(cell)s ORDER BY id")
        found = [dict(zip(names, row, strict=True)) for row in rows]
        found = [job for job in found if job["kind"] != "close" or wanted.get("kind") == "close"]
        return [job for job in found if all(job[name] == value for name, value in wanted.items())]

    def until_no_jobs(self) -> None:
        """All jobs are done, except those that close orders and timers of another day."""
        tomorrow = datetime.now(UTC) + timedelta(hours=12)

        def left() -> list[dict[str, Any]]:
            return [job for job in self.jobs() if job["due_at"] < tomorrow]

        try:
            until(lambda: not left(), "all jobs to be done")
        except AssertionError as late:
            raise AssertionError(f"{late}; there are {left()}") from None

    def rows(self, text: str, **parameters: Any) -> list[tuple[Any, ...]]:
        return self.database.rows(text, parameters)

    def verify_all(self) -> None:
        """Every invariant holds."""
        assert [each for each in verify(self.database).invariants if each.faults] == []

    def verified(self) -> None:
        """Nothing is stuck, parked or dead, and every invariant holds."""
        self.verify_all()
        assert stuck_orders(self.database) == []
        assert self.rows("SELECT event_id, reason FROM inbox WHERE cell = %(cell)s AND state = 'parked'") == []
        assert self.jobs(state="dead") == []


@contextlib.contextmanager
def opened_site(dsn: str, sandbox: SandboxThread, **about: Any) -> Iterator[Site]:
    site = Site(dsn, sandbox, **about)
    try:
        yield site
        site.verify_all()
    finally:
        site.close()


def without(services: Services, **changes: Any) -> Services:
    """The services with other values."""
    return replace(services, **changes)


def compare(site: Site) -> int:
    """Compare what we know of payments with what the providers say; how many differ."""

    async def run() -> int:
        work = Work(site.services, "a test")
        inbound = Inbound(site.services, work)
        try:
            return await reconcile(work, inbound)
        finally:
            await inbound.close()
            await work.close()

    return asyncio.run(run())
