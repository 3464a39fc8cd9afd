"""Lots and serial numbers on a database: they stand where their shelf says, are in one place, and can be recalled."""

from contextlib import closing
from datetime import date, timedelta
from typing import LiteralString

import msgspec
import psycopg
import pytest

from orderline.core.context import SYSTEM
from orderline.core.orders.commands import AllocateUnits, Allotment, Command, PickUnits
from orderline.core.orders.parcels import PickedLot
from orderline.core.orders.state import LineQuantity
from orderline.core.stock.commands import AdjustStock, ExpireLots, PutChannel, PutSkus
from orderline.core.stock.lots import LotUnits, Tracking
from orderline.core.stock.state import Sku
from orderline.core.supply.receiving import ReceivedInput
from orderline.core.transfers.commands import (
    ApproveTransfer,
    CreateTransfer,
    PickTransfer,
    ReceiveTransfer,
    ShipTransfer,
    TransferLineInput,
)
from orderline.engine.engine import Engine
from orderline.engine.previewing import preview
from orderline.engine.verifying import verify
from orderline.store.database import Database
from orderline.store.liveness import due_lots
from orderline.store.reading.lots import load_lots, load_recall
from orderline.store.reading.source import open_source
from orderline.values.failures import Refused
from support.engine_shop import EngineShop
from support.engines import assert_clean, deliver, open_shop, placed, together
from support.likely import with_lots_named
from support.machine import simulate
from support.shop import NOON, order_of

TODAY = NOON.date()


def open_lots(engine: Engine, tracking: Tracking) -> None:
    open_shop(engine)
    engine.run(PutSkus(skus=(Sku("TEE-M", "Shirt", tracking=tracking, min_shelf_days=3),)))


def receive(*lots: LotUnits, location: str = "lyon", reason: str = "received") -> AdjustStock:
    quantity = sum(each.quantity for each in lots)
    return AdjustStock(sku="TEE-M", location=location, quantity=quantity, reason=reason, lots=lots)


def lots(database: Database) -> list[tuple[str, str, str, int, date | None]]:
    return database.rows(
        "SELECT location, bucket, lot, quantity, expires_on FROM lots WHERE cell = %(cell)s ORDER BY 1, 2, 3", {}
    )


def test_a_lot_is_followed_from_receipt_to_customer(engine: Engine, database: Database) -> None:
    open_lots(engine, Tracking.LOT)
    soon, later = TODAY + timedelta(days=9), TODAY + timedelta(days=90)
    engine.run(receive(LotUnits("A", 2, soon), LotUnits("B", 5, later)))
    assert_clean(database)
    first, second = (placed(engine, order_of(name, ("TEE-M", 1, 2000))) for name in ("A-1", "A-2"))
    deliver(engine, first)
    deliver(engine, second)
    assert lots(database) == [("lyon", "sellable", "B", 5, later)], "what expires first went first"
    assert_clean(database)
    engine.run(
        CreateTransfer(
            transfer="T-1", source="lyon", target="paris", lines=(TransferLineInput("TEE-M", 2),), due_at=NOON
        )
    )
    engine.run(ApproveTransfer(transfer="T-1"))
    engine.run(PickTransfer(transfer="T-1"))
    engine.run(ShipTransfer(transfer="T-1"))
    engine.run(ReceiveTransfer(transfer="T-1", receipt="R-1", lines=(ReceivedInput(1, 1, damaged=1),)))
    engine.run(receive(LotUnits("B", 1), reason="sold_in_store"))
    assert_clean(database)
    source = open_source(database)
    with closing(source.connection):
        recall = load_recall(source, "TEE-M", "A", most=50)
        assert {each.order for each in recall.orders} == {first, second}
        assert [(each.sent, each.picked) for each in recall.orders] == [(1, 0), (1, 0)]
        recall = load_recall(source, "TEE-M", "B", most=50)
        assert (recall.orders, recall.sold) == ([], 1)
        assert [(each.location, each.bucket, each.quantity) for each in recall.shelves] == [
            ("lyon", "sellable", 2), ("paris", "damaged", 1), ("paris", "sellable", 1)
        ]  # fmt: skip
        assert load_recall(source, "TEE-M", "C", most=50).orders == []
        assert [each.location for each in load_lots(source, locations=("paris",), most=50)] == ["paris", "paris"]


def test_a_serial_number_is_in_one_place_whoever_receives_it_at_the_same_time(
    engine: Engine, database: Database
) -> None:
    open_lots(engine, Tracking.SERIAL)
    commands = [receive(LotUnits("S-1"), location=location) for location in ("lyon", "paris", "lille")]
    refused = [outcome.refused.code for outcome in together(engine, commands) if outcome.refused is not None]
    assert refused == ["SERIAL_ELSEWHERE"] * 2
    [(place, *_)] = lots(database)
    with pytest.raises(Refused, match="SERIAL_ELSEWHERE"):
        engine.run(receive(LotUnits("S-1"), location="paris" if place == "lyon" else "lyon"))
    with psycopg.connect(database.dsn) as connection, pytest.raises(psycopg.errors.UniqueViolation):
        connection.execute("INSERT INTO lots SELECT cell, sku, 'moon', bucket, lot, 1, NULL, true FROM lots")
    engine.run(receive(LotUnits("S-1"), location=place, reason="shrinkage"))
    engine.run(receive(LotUnits("S-1"), location="paris"))
    assert_clean(database)


def test_a_wrong_serial_number_is_refused_and_nothing_has_moved(engine: Engine, database: Database) -> None:
    open_lots(engine, Tracking.SERIAL)
    engine.run(receive(LotUnits("S-1"), LotUnits("S-2")))
    engine.run(receive(LotUnits("S-3"), location="lille"))
    order = placed(engine, order_of("A-1", ("TEE-M", 1, 2000)))
    engine.run(AllocateUnits(order=order, group=1, allotments=(Allotment(1, "eu", "lyon", 1),)))

    def pick(*named: str) -> PickUnits:
        picked = tuple(PickedLot(1, lot) for lot in named)
        return PickUnits(order=order, fulfillment=1, lines=(LineQuantity(1, 1),), lots=picked)

    before = lots(database)
    for named, code in (((), "LOTS_REQUIRED"), (("S-3",), "LOT_NOT_HERE"), (("S-1", "S-2"), "LOTS_REQUIRED")):
        with pytest.raises(Refused, match=code):
            engine.run(pick(*named))
    assert lots(database) == before
    engine.run(pick("S-2"))
    assert [each[:3] for each in lots(database) if each[1] == "picked"] == [("lyon", "picked", "S-2")]
    assert_clean(database)


def test_what_expires_leaves_what_is_sold(engine: Engine, database: Database) -> None:
    open_lots(engine, Tracking.LOT)
    engine.run(receive(LotUnits("A", 2, TODAY + timedelta(days=9)), LotUnits("B", 2)))
    assert due_lots(database, TODAY + timedelta(days=6), 9) == []
    assert due_lots(database, TODAY + timedelta(days=7), 9) == [("TEE-M", "lyon")]
    with pytest.raises(Refused, match="LOT_NOT_HERE"):
        engine.run(ExpireLots(sku="TEE-M", location="lyon"))
    with pytest.raises(Refused, match="SKU_CHANGES_TRACKING"):
        engine.run(PutSkus(skus=(Sku("TEE-M", "Shirt"),)))
    assert_clean(database)


TAMPERING = [
    ("UPDATE lots SET quantity = quantity + 1", {"lots"}),
    ("DELETE FROM lots", {"lots"}),
    ("UPDATE stock_entries SET lot = 'Z'", {"lots"}),
]


@pytest.mark.parametrize(("statement", "found_by"), TAMPERING)
def test_lots_that_were_tampered_with_are_found(
    engine: Engine, database: Database, statement: LiteralString, found_by: set[str]
) -> None:
    open_lots(engine, Tracking.LOT)
    engine.run(receive(LotUnits("A", 2)))
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        assert connection.execute(statement).rowcount > 0
    assert {each.name for each in verify(database).invariants if each.faults} == found_by


class LotShop(EngineShop):
    """A shop whose shirts are tracked, with lots named wherever nobody has."""

    min_life_days = 0  # of its channels

    def do(self, command: Command) -> bytes:
        if isinstance(command, PutChannel) and self.min_life_days:
            lasting = msgspec.structs.replace(command.channel, min_life_days=self.min_life_days)
            command = msgspec.structs.replace(command, channel=lasting)
        return super().do(with_lots_named(command))


class LastingShop(LotShop):
    """Its channels ask that units last for 31 days: those of one lot of three do not."""

    min_life_days = 31


@pytest.mark.slow
def test_days_drawn_from_seeds_leave_the_lots_clean(each_fresh_database: str) -> None:
    for seed in range(3):
        shop = LotShop(each_fresh_database, [("MUG", "lyon", 3)], cell=seed)
        shop.do(PutSkus(skus=(Sku("TEE-M", "Shirt", tracking=Tracking.LOT),)))
        for quantity in (4, 5, 6):
            shop.do(receive(LotUnits(f"L-{quantity % 3}", quantity, TODAY + timedelta(days=30 + quantity % 3))))
        assert simulate(shop, seed, 120, shop.place, lambda: None) > 20
        shop.close()


@pytest.mark.slow
def test_days_of_channels_that_ask_how_long_units_last_leave_the_lots_clean(each_fresh_database: str) -> None:
    for seed in range(3):
        shop = LastingShop(each_fresh_database, [("MUG", "lyon", 3)], cell=seed)
        shop.do(PutSkus(skus=(Sku("TEE-M", "Shirt", tracking=Tracking.LOT),)))
        for quantity in (4, 5, 6):
            shop.do(receive(LotUnits(f"L-{quantity % 3}", quantity, TODAY + timedelta(days=30 + quantity % 3))))
        assert simulate(shop, seed, 160, shop.place, lambda: None, papers=0.3) > 20
        shop.close()


def test_a_preview_knows_lots(engine: Engine, database: Database) -> None:
    open_lots(engine, Tracking.SERIAL)
    engine.run(receive(LotUnits("S-1")))
    order = placed(engine, order_of("A-1", ("TEE-M", 1, 2000)))
    engine.run(AllocateUnits(order=order, group=1, allotments=(Allotment(1, "eu", "lyon", 1),)))
    one = (LineQuantity(1, 1),)
    with pytest.raises(Refused, match="LOTS_REQUIRED"):
        preview(database, PickUnits(order=order, fulfillment=1, lines=one), SYSTEM, NOON)
    told = preview(
        database, PickUnits(order=order, fulfillment=1, lines=one, lots=(PickedLot(1, "S-1"),)), SYSTEM, NOON
    )
    assert told.lines[0].units.picked == 1
    assert [each[1] for each in lots(database)] == ["sellable"]
