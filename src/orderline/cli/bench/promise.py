"""Promises for a cart of three lines over 200 locations: in process, and over HTTP."""

import random
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from time import perf_counter
from typing import Final

import msgspec

from orderline.cli.bench import shop
from orderline.cli.bench.load import request
from orderline.cli.bench.model import Options, Result, percentile, result
from orderline.cli.bench.serving import Served, served
from orderline.core.promises.model import Cart, CartLine
from orderline.core.promises.network import NetworkRules, Site, compile_network
from orderline.core.promises.promise import promise
from orderline.core.routing.model import RouteLocation, Snapshot
from orderline.core.stock.commands import ApplyFeed, FeedRow, PutChannel, PutLocation, PutPool, PutSkus
from orderline.core.stock.state import Channel, Location, LocationKind, Pool, Sku
from orderline.engine.engine import Engine
from orderline.store.measuring import analyze
from orderline.values.address import Place
from orderline.values.geo import locate

LOCATIONS: Final = 200
LINES: Final = 3
SKUS: Final = 200
TARGET_MS: Final = 3
TARGET_PER_S: Final = 1_500
TOWNS: Final = (
    "Lyon", "Paris", "Lille", "Nantes", "Nice", "Bordeaux", "Toulouse", "Rennes", "Reims", "Dijon",
    "Grenoble", "Angers", "Brest", "Tours", "Limoges", "Amiens", "Metz", "Caen", "Nancy", "Rouen",
)  # fmt: skip


def run(options: Options) -> Iterator[Result]:
    """The same carts, with a delivery method named and with all three."""
    yield from _in_process(options)
    with served(worker=False) as site:
        _make_merchant(site)
        for name, methods in (("promise.http", ("standard",)), ("promise.http_all", ())):
            yield _over_http(site, options, name, methods)


def _in_process(options: Options) -> Iterator[Result]:
    """Each cart goes elsewhere, as customers do; how things stand is that of one minute."""
    draw = random.Random(options.seed)
    places = {f"l{number:03}": _town(number) for number in range(LOCATIONS)}
    network = compile_network(NetworkRules(sites={code: Site(code=code, place=at) for code, at in places.items()}))
    locations, shelves = _stock(draw, places)
    now = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    carts = [_cart(draw, number) for number in range(options.scaled(1_000, least=50))]
    for name, methods in (("promise.cart", ("standard",)), ("promise.cart_all", ())):
        times: list[float] = []
        for cart in carts:
            asked = msgspec.structs.replace(cart, methods=methods)
            began = perf_counter()
            skus = [line.sku for line in asked.lines]
            levels = {(sku, code): units for sku in skus for code, units in shelves[sku].items()}
            atp = {(sku, "main"): sum(shelves[sku].values()) for sku in skus}
            promise(asked, Snapshot(position=1, locations=locations, levels=levels), network, now, atp=atp)
            times.append(perf_counter() - began)
        yield result(
            name, percentile(times, 500), "ms", bound=TARGET_MS, p50_ms=percentile(times, 500),
            p99_ms=percentile(times, 990),
            settings={"locations": LOCATIONS, "lines": LINES, "carts": len(carts), "methods": len(methods) or 3},
        )  # fmt: skip


def _cart(draw: random.Random, number: int) -> Cart:
    place = Place(country="FR", city=draw.choice(TOWNS), postal_code=f"{number % 95_000:05d}")
    skus = draw.sample(range(SKUS), LINES)
    lines = tuple(
        CartLine(line=n, sku=shop.sku_code(sku), quantity=draw.randrange(1, 4), weight_g=400)
        for n, sku in enumerate(skus, 1)
    )
    return Cart(channel="web", lines=lines, place=place, pools=("main",))


def _stock(
    draw: random.Random, places: Mapping[str, Place]
) -> tuple[dict[str, RouteLocation], dict[str, dict[str, int]]]:
    """Locations as routing sees them, and units by SKU and location."""
    locations: dict[str, RouteLocation] = {}
    for code, place in places.items():
        found = locate(place)
        at = found.coordinates if found is not None else None
        locations[code] = RouteLocation(code=code, pool="main", coordinates=at)
    shelves = {shop.sku_code(sku): {code: draw.randrange(1, 6) for code in places} for sku in range(SKUS)}
    return locations, shelves


def _town(number: int) -> Place:
    return Place(country="FR", city=TOWNS[number % len(TOWNS)])


def _make_merchant(site: Served) -> None:
    """One pool of 200 locations in 20 towns, each with some units of each SKU."""
    draw = random.Random(0)
    engine = Engine(site.database, threads=1)
    engine.run(PutPool(pool=Pool("main")))
    for number in range(LOCATIONS):
        location = Location(f"l{number:03}", f"Store {number}", LocationKind.STORE, "main", _town(number))
        engine.run(PutLocation(location=location))
    engine.run(PutChannel(channel=Channel("web", "Web", ("main",))))
    engine.run(PutSkus(skus=tuple(Sku(shop.sku_code(n), weight_g=400) for n in range(SKUS))))
    for number in range(SKUS):
        rows = tuple(FeedRow(shop.sku_code(number), f"l{n:03}", draw.randrange(1, 6)) for n in range(LOCATIONS))
        engine.run(ApplyFeed(feed="opening", sequence=1, part=number, delta=False, rows=rows))
    engine.close()
    analyze(site.database)


def _over_http(site: Served, options: Options, name: str, methods: tuple[str, ...]) -> Result:
    draw = random.Random(options.seed)
    count = options.scaled(6_000, least=50)
    requests = [request("POST", "/v1/promises", key=site.key, body=_body(draw, n, methods)) for n in range(count)]
    site.load(requests[: max(20, count // 10)], clients=options.clients)
    loaded = site.load(requests, clients=options.clients)
    return result(
        name, count / loaded.seconds, "requests/s", p50_ms=percentile(loaded.times_s, 500),
        p99_ms=percentile(loaded.times_s, 990), errors=loaded.errors,
        settings={
            "clients": options.clients, "locations": LOCATIONS, "lines": LINES, "methods": len(methods) or 3,
            "target": TARGET_PER_S,
        },
    )  # fmt: skip


def _body(draw: random.Random, number: int, methods: tuple[str, ...]) -> bytes:
    cart = _cart(draw, number)
    return msgspec.json.encode(
        {
            "channel": "web",
            "lines": [{"sku": line.sku, "quantity": line.quantity} for line in cart.lines],
            "place": cart.place,
            "methods": methods,
        }
    )
