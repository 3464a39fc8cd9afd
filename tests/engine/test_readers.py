"""Readers: many are answered together, one who asks for nonsense spoils nothing, a lost connection is made anew."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import psycopg
import pytest

from orderline.engine import readers
from orderline.engine.engine import Engine
from orderline.engine.readers import Readers, ReadLane
from orderline.store.database import Database
from orderline.store.reading.documents import OrderAsked, ask_order
from orderline.store.reading.source import Source
from orderline.values.failures import Refused, Trouble
from support.engines import open_shop, placed
from support.shop import order_of


@pytest.fixture
def reads(engine: Engine, database: Database) -> Iterator[Readers]:
    open_shop(engine, [("TEE-M", "lyon", 10), ("MUG", "lyon", 5)])
    made = Readers(database)
    yield made
    made.close()


def test_orders_and_promises_are_read(engine: Engine, reads: Readers) -> None:
    ids = [placed(engine, order_of(f"R-{number}", ("TEE-M", 1, 2000))) for number in range(5)]

    async def ask() -> tuple[list[Any], bytes]:
        orders = await asyncio.gather(*(reads.order(ask_order(str(id_))) for id_ in ids for _ in range(20)))
        return orders, await reads.atp("web", ("TEE-M", "SET", "EBOOK"))

    orders, atp = asyncio.run(ask())
    assert [order.id for order in orders] == [id_ for id_ in ids for _ in range(20)]
    assert [item["atp"] for item in msgspec.json.decode(atp)["items"]] == [5, 2, 0]


def test_settings_that_have_changed_are_seen_at_once(engine: Engine, reads: Readers) -> None:
    from orderline.core.stock.commands import PutChannel
    from orderline.core.stock.state import Channel

    async def ask(channel: str) -> Any:
        return msgspec.json.decode(await reads.atp(channel, ("TEE-M",)))["items"][0]["atp"]

    assert asyncio.run(ask("web")) == 10
    with pytest.raises(Refused):
        asyncio.run(ask("new"))
    engine.run(PutChannel(channel=Channel("new", "New", ("stores",))))
    assert asyncio.run(ask("new")) == 0


def test_one_who_is_refused_or_asks_nonsense_spoils_nothing(engine: Engine, reads: Readers) -> None:
    id_ = placed(engine, order_of("R-1", ("TEE-M", 1, 2000)))

    async def ask() -> Sequence[Any]:
        return await asyncio.gather(
            reads.order(ask_order(str(id_))),
            reads.order(OrderAsked(None, "a\x00b")),
            reads.order(ask_order("SO-0")),
            reads.atp("web", ("TEE-M",)),
            reads.atp("web", ("NO",)),
            reads.atp("no", ("TEE-M",)),
            return_exceptions=True,
        )

    found, nonsense, nothing, atp, no_sku, no_channel = asyncio.run(ask())
    assert found.id == id_
    assert isinstance(nonsense, psycopg.DataError)
    assert nothing is None
    assert b'"atp":9' in atp
    assert isinstance(no_sku, Refused)
    assert no_sku.code == "SKU_UNKNOWN"
    assert isinstance(no_channel, Refused)
    assert no_channel.code == "CHANNEL_UNKNOWN"


def test_a_connection_that_was_cut_is_made_anew(engine: Engine, reads: Readers, database: Database) -> None:
    id_ = placed(engine, order_of("R-1", ("TEE-M", 1, 2000)))

    async def ask() -> Any:
        return await reads.order(ask_order(str(id_)))

    assert asyncio.run(ask()).id == id_
    database.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'orderline-reads' AND datname = current_database() AND %(cell)s = 0"
    )
    assert asyncio.run(ask()).id == id_


def test_a_database_that_is_gone_is_trouble() -> None:
    lane: ReadLane[int, int] = ReadLane("t", Database("host=/nowhere dbname=x"), lambda source, asked: asked, most=8)
    try:
        with pytest.raises(Trouble):
            asyncio.run(lane.ask(1))
    finally:
        lane.close()


def test_who_comes_while_a_query_is_under_way_is_answered_by_the_next(database: Database) -> None:
    batches: list[int] = []
    all_have_asked = threading.Event()

    def read(source: Source, asked: Sequence[int]) -> Sequence[int]:
        batches.append(len(asked))
        assert all_have_asked.wait(20)
        return [2 * each for each in asked]

    lane: ReadLane[int, int] = ReadLane("t", database, read, most=readers.MOST_TOGETHER)

    async def ask() -> list[int]:
        asking = [asyncio.create_task(lane.ask(number)) for number in range(100)]
        asyncio.get_running_loop().call_soon(all_have_asked.set)  # after the tasks, which were scheduled before
        return await asyncio.gather(*asking)

    try:
        assert asyncio.run(ask()) == [2 * number for number in range(100)]
    finally:
        lane.close()
    assert len(batches) <= 2
