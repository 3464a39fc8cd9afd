"""Pages of the console with two million orders stored: how long the server takes for each, and how large it is."""

import gzip
import random
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

import httpx
import msgspec
from msgspec.structs import replace

from orderline.cli.bench import shop
from orderline.cli.bench.model import Options, Result, percentile, result
from orderline.cli.bench.serving import Served, served
from orderline.core.orders.commands import (
    AcceptFulfillment,
    AllocateUnits,
    Allotment,
    HoldInput,
    OrderCommand,
    PackUnits,
    ParcelInput,
    PickUnits,
    PlaceHold,
    ShipParcels,
    TrackParcel,
)
from orderline.core.orders.state import LineQuantity
from orderline.core.stock.commands import PutSkus
from orderline.core.stock.state import ShortPolicy, Sku
from orderline.engine.engine import Engine
from orderline.engine.submissions import Submission
from orderline.store.measuring import copy_orders, some_numbers, tidy_up
from orderline.values.ids import OrderId

BASE: Final = 200  # orders that went their whole way through the engine, and as many of each kind that waits
OPEN_IN: Final = 100  # one of so many orders is open
YEAR_S: Final = 365 * 24 * 3600
TARGET_MS: Final = 15
TARGET_P99_MS: Final = 60
TARGET_BYTES: Final = 100_000
REQUESTS: Final = 1_500
PASSWORD: Final = "a password for measuring"
NOWHERE: Final = "SKU-NOWHERE"
_FORM: Final = {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin"}


def run(options: Options) -> Iterator[Result]:
    """One page after the other by one person: the time from a request to the whole answer, against 15 and 60 ms."""
    stored = options.scaled(options.stored_orders, least=2_000)
    with served(worker=False) as site:
        site.stock_merchant()
        fill(site, stored, base=min(BASE, max(20, stored // 100)), seed=options.seed)
        cookie = _sign_in(site)
        known = some_numbers(site.database, 5_000)
        draw = random.Random(options.seed)
        for name in ("home", "orders", "search", "order"):
            paths = [_path(name, draw, known) for _ in range(options.scaled(REQUESTS, least=100))]
            yield from _measure(site, name, paths, cookie, stored)


def fill(site: Served, stored: int, *, base: int, seed: int) -> None:
    """`base` orders of each kind through the engine, and copies of them until there are so many; one in a hundred is open."""
    engine = Engine(site.database, threads=1, most=256)
    engine.run(PutSkus(skus=(Sku(NOWHERE, "In stock nowhere", short_policy=ShortPolicy.BACKORDER),)))
    done = _placed(engine, base, seed, 0)
    _deliver(engine, done)
    waiting = _placed(engine, base, seed + 1, base)  # for a location
    working = _placed(engine, base, seed + 2, 2 * base)
    _work(engine, working)
    held = _placed(engine, base, seed + 3, 3 * base)
    for at, each in enumerate(held):
        kind = ("fraud", "address", "price", "manual")[at % 4]
        engine.run(PlaceHold(order=each, hold=HoldInput(type=kind, reason="for a measurement")))
    short = _placed(engine, base, seed + 4, 4 * base, sku=NOWHERE)
    unpaid = _placed(engine, base, seed + 5, 5 * base, paid=False)
    engine.close()
    opened: list[UUID] = [*waiting, *working, *held, *short, *unpaid]
    copies = max(0, stored // OPEN_IN // len(opened) - 1)
    copy_orders(site.database, opened, copies=copies, apart_s=2_600)
    rest = stored - len(opened) * (copies + 1)
    copies = max(0, -(-rest // base) - 1)
    copy_orders(site.database, done, copies=copies, apart_s=YEAR_S // max(copies, 1))
    tidy_up(site.database)


def _placed(engine: Engine, count: int, seed: int, start: int, *, sku: str = "", paid: bool = True) -> list[OrderId]:
    commands = shop.orders(shop.order_bodies(count, seed=seed, start=start))
    if sku:
        commands = [replace(each, lines=tuple(replace(line, sku=sku) for line in each.lines)) for each in commands]
    if not paid:
        commands = [replace(each, tenders=()) for each in commands]
    asked = [Submission(command=command) for command in commands]
    answers = [future.result().answer_or_raise() for future in engine.submit_all(asked)]
    return [OrderId(msgspec.json.decode(answer, type=_Placed).id) for answer in answers]


class _Placed(msgspec.Struct):
    id: UUID


def _work(engine: Engine, orders: list[OrderId]) -> None:
    """Given to a location that has accepted it."""
    for order in orders:
        lines = tuple(Allotment(line=line, pool="main", location="north", quantity=1) for line in (1, 2, 3))
        _all(
            engine, AllocateUnits(order=order, group=1, allotments=lines), AcceptFulfillment(order=order, fulfillment=1)
        )


def _deliver(engine: Engine, orders: list[OrderId]) -> None:
    """All the way; lines of several units keep the others."""
    _work(engine, orders)
    items = tuple(LineQuantity(line, 1) for line in (1, 2, 3))
    for at, order in enumerate(orders):
        parcel = ParcelInput(items=items, tracking_number=f"1Z{at:09d}")
        _all(
            engine,
            PickUnits(order=order, fulfillment=1, lines=items),
            PackUnits(order=order, fulfillment=1, parcels=(parcel,)),
            ShipParcels(order=order, fulfillment=1),
            TrackParcel(order=order, parcel=1, state="delivered"),
        )


def _all(engine: Engine, *commands: OrderCommand) -> None:
    for command in commands:
        engine.run(command)


def _sign_in(site: Served) -> str:
    """A session of somebody who may do everything, as the head of a request carries it."""
    address = f"http://127.0.0.1:{site.port}"
    with httpx.Client(base_url=address, headers={"authorization": f"Bearer {site.key}"}) as client:
        client.put("/v1/roles/support", json={"rights": ["admin"]}).raise_for_status()
        client.put("/v1/users/bench", json={"role": "support"}).raise_for_status()
        link: dict[str, Any] = (
            client.post("/v1/users/bench/invitations", json={"name": "Bench"}).raise_for_status().json()
        )
        made = client.post(link["path"], data={"password": PASSWORD, "again": PASSWORD}, headers=_FORM)
        return made.headers["set-cookie"].partition(";")[0]


def _path(name: str, draw: random.Random, known: list[tuple[str, str]]) -> str:
    number, email = draw.choice(known)
    match name:
        case "home":
            return draw.choice(("/", "/", "/?owner=mine", "/?owner=support"))
        case "orders":
            return draw.choice(("/orders", "/orders?phase=held", "/orders?next_step=supply", "/orders?channel=web"))
        case "search":
            sku = shop.sku_code(draw.randrange(shop.SKUS))
            return f"/orders?q={quote(draw.choice((number, email, email[:6], number[:7], sku)))}"
        case _:
            return f"/orders/{quote(number)}"


def _measure(site: Served, name: str, paths: list[str], cookie: str, stored: int) -> Iterator[Result]:
    """How long the pages take half of the time, and 99 of 100 times; how large the largest of them is."""
    requests = [f"GET {path} HTTP/1.1\r\nhost: localhost\r\ncookie: {cookie}\r\n\r\n".encode() for path in paths]
    site.load(requests[:50], clients=1)
    loaded = site.load(requests, clients=1)
    size = max(
        len(gzip.compress(httpx.get(f"http://127.0.0.1:{site.port}{path}", headers={"cookie": cookie}).content))
        for path in paths[:20]
    )
    for what, value, unit, bound in (
        ("", percentile(loaded.times_s, 500), "ms", TARGET_MS),
        (".p99", percentile(loaded.times_s, 990), "ms", TARGET_P99_MS),
        (".gzipped", size, "bytes", TARGET_BYTES),
    ):
        yield result(
            f"console.{name}{what}", value, unit, bound=bound, errors=loaded.errors, settings={"stored_orders": stored}
        )
