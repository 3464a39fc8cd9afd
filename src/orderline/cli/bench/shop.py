"""A merchant to measure with: SKUs with stock, a channel, and orders whose every draw comes from a seed."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from orderline.core.orders.commands import PlaceOrder
from orderline.core.stock.commands import ApplyFeed, FeedRow, PutChannel, PutLocation, PutPool, PutSkus
from orderline.core.stock.state import Channel, Location, LocationKind, Pool, ShortPolicy, Sku
from orderline.engine.engine import Engine
from orderline.store.database import Database
from orderline.store.embedded import EmbeddedServer
from orderline.store.measuring import analyze, empty
from orderline.store.migrations import migrate
from orderline.values.address import Place

SKUS = 10_000
TOWNS = (("Lyon", "69001"), ("Paris", "75002"), ("Lille", "59000"), ("Nantes", "44000"), ("Nice", "06000"))
NAMES = ("Ada", "Bela", "Cleo", "Dina", "Emil", "Fatou", "Gus", "Hana", "Ivo", "Jun")


@contextmanager
def private_server() -> Iterator[EmbeddedServer]:
    """An embedded server in a directory of its own, removed afterwards."""
    with TemporaryDirectory(prefix="orderline-bench-", ignore_cleanup_errors=True) as directory:
        Path(directory).chmod(0o711)  # as root, PostgreSQL runs as another account, which passes through here
        server = EmbeddedServer(Path(directory) / "postgres")
        server.start()
        try:
            yield server
        finally:
            server.stop()


def fresh_database(server: EmbeddedServer, *, skus: int = SKUS, units: int = 1_000_000) -> Database:
    """The server's database, emptied, with a stocked merchant in it."""
    database = Database(server.dsn)
    empty(database)
    migrate(server.dsn)
    engine = Engine(database, threads=1)
    make_merchant(engine, skus=skus, units=units)
    engine.close()
    analyze(database)
    return database


def make_merchant(engine: Engine, *, skus: int, units: int, partner: str = "") -> None:
    """One pool of two locations run by `partner`, one channel, `skus` SKUs with `units` at the first location."""
    engine.run(PutPool(pool=Pool("main", "All stock")))
    for code, town, postal_code in (("north", "Lille", "59000"), ("south", "Lyon", "69001")):
        place = Place(country="FR", city=town, postal_code=postal_code)
        location = Location(code, town, LocationKind.WAREHOUSE, "main", place, partner=partner)
        engine.run(PutLocation(location=location))
    engine.run(PutChannel(channel=Channel("web", "Web shop", ("main",))))
    for first in range(0, skus, 5_000):
        codes = [sku_code(number) for number in range(first, min(skus, first + 5_000))]
        engine.run(
            PutSkus(skus=tuple(Sku(code, f"Product {code}", short_policy=ShortPolicy.BACKORDER) for code in codes))
        )
        rows = tuple(FeedRow(code, "north", units) for code in codes)
        engine.run(ApplyFeed(feed="opening", sequence=1, part=first, delta=False, rows=rows))


def sku_code(number: int) -> str:
    """The code of the nth SKU."""
    return f"SKU-{number:05d}"


def order_bodies(
    count: int, *, seed: int, skus: int = SKUS, lines: int = 3, start: int = 0, tender: str = "authorized"
) -> list[bytes]:
    """Bodies of POST /v1/orders: `lines` lines over `skus` SKUs, tax, shipping, an address, one tender in a state."""
    draw = random.Random(seed)
    return [_body(draw, start + number, skus, lines, tender) for number in range(count)]


def orders(bodies: list[bytes]) -> list[PlaceOrder]:
    """The commands in bodies."""
    decode = msgspec.json.Decoder(PlaceOrder).decode
    return [decode(body) for body in bodies]


def _body(draw: random.Random, number: int, skus: int, lines: int, tender: str) -> bytes:
    town, postal_code = draw.choice(TOWNS)
    name = f"{draw.choice(NAMES)} Customer-{number}"
    asked: list[dict[str, object]] = []
    total = 490
    for sku in draw.sample(range(skus), lines) if skus >= lines else [0] * lines:
        price, quantity = draw.randrange(500, 9_900), draw.choice((1, 1, 1, 2))
        total += price * quantity
        asked.append(
            {
                "sku": sku_code(sku),
                "quantity": quantity,
                "unit_price_minor": price,
                "taxes": [{"name": "VAT", "rate_ppm": 200_000, "amount_minor": price * quantity // 6}],
            }
        )
    return msgspec.json.encode(
        {
            "channel": "web",
            "external_id": f"W{number:09d}",
            "currency": "EUR",
            "taxes_included": True,
            "total_minor": total,
            "customer": {"name": name, "email": f"customer{number}@example.com", "phone": "+33 1 23 45 67 89"},
            "groups": [
                {
                    "method": "standard",
                    "address": {
                        "name": name,
                        "lines": [f"{number % 200 + 1} Rue de la Paix"],
                        "city": town,
                        "postal_code": postal_code,
                        "country": "FR",
                    },
                }
            ],
            "lines": asked,
            "charges": [{"kind": "shipping", "amount_minor": 490}],
            "tenders": [
                {
                    "provider": "sandbox_payments",
                    "token": "tok_visa",
                    "reference": f"pay_{number}" if tender != "requested" else "",
                    "amount_minor": total,
                    "state": tender,
                }
            ],
        }
    )
