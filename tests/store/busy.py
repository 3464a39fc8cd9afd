"""A few hundred orders of every sort, and what is known of them, to hold lists against."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from orderline.core.orders.commands import (
    AllocateUnits,
    Allotment,
    CancelUnits,
    CustomerInput,
    HoldInput,
    PlaceHold,
)
from orderline.core.stock.commands import PutChannel
from orderline.core.stock.state import Channel
from orderline.engine.engine import Engine
from orderline.store.database import Database
from orderline.store.reading.source import Source, open_source
from orderline.values.ids import OrderId
from support.engines import deliver, open_shop, placed
from support.shop import NOON, order_of

NAMES: Final = ("Ann Lee", "Anna Lind", "Bob Ray", "Cleo Dubois", "annika B")
SKUS: Final = ("TEE-M", "MUG", "EBOOK")


@dataclass
class BusyShop:
    """The shop, for reading and for writing more."""

    database: Database
    engine: Engine
    source: Source
    ids: list[OrderId]


@contextmanager
def busy_shop(dsn: str, orders: int = 240, seed: int = 7) -> Iterator[BusyShop]:
    """Make the shop on a clean database."""
    database = Database(dsn)
    engine = Engine(database)
    open_shop(engine, [("TEE-M", "lyon", 400), ("TEE-M", "lille", 100), ("MUG", "lyon", 50)])
    engine.run(PutChannel(channel=Channel("market", "Marketplace", ("eu",))))
    draw = random.Random(seed)
    ids = [_place(engine, draw, number) for number in range(orders)]
    source = open_source(database)
    try:
        yield BusyShop(database, engine, source, ids)
    finally:
        source.connection.close()
        engine.close()
        database.close()


def _place(engine: Engine, draw: random.Random, number: int) -> OrderId:
    skus = draw.sample(SKUS, draw.randint(1, 2))
    name = draw.choice(NAMES)
    order = order_of(
        f"B-{number}",
        *((sku, draw.randint(1, 2), 1_000) for sku in skus),
        paid=draw.choice(("authorized", "authorized", "captured", "requested", None)),
        channel=draw.choice(("web", "market")),
        customer=CustomerInput(name=name, email=f"{name.split()[0]}.{number % 9}@Example.com"),
        tags=tuple(sorted(draw.sample(("vip", "gift", "fragile"), draw.choice((0, 0, 1, 2))))),
        placed_at=NOON - timedelta(hours=draw.randrange(2_000)),
        is_test=draw.random() < 0.1,
    )
    id_ = placed(engine, order)
    fate = draw.random()
    if order.is_test or skus[0] != "TEE-M" or (order.tenders and order.tenders[0].state == "requested"):
        if fate < 0.3 and "EBOOK" not in skus:
            engine.run(CancelUnits(order=id_, reason="mistake"))
        return id_
    if fate < 0.2:
        deliver(engine, id_)
    elif fate < 0.5:
        allotment = Allotment(1, "eu", draw.choice(("lyon", "lille")), 1)
        engine.run(AllocateUnits(order=id_, group=1, allotments=(allotment,)))
    elif fate < 0.7:
        engine.run(PlaceHold(order=id_, hold=HoldInput(type=draw.choice(("fraud", "address")))))
    return id_
