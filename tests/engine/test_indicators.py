"""Indicators on a real database: whatever happened, each figure is what the orders behind it add up to."""

from collections import defaultdict
from collections.abc import Generator
from contextlib import contextmanager
from datetime import date
from typing import Any, LiteralString

import psycopg
import pytest

from orderline.core.orders import commands as c
from orderline.core.orders.state import LineQuantity
from orderline.core.reports.indicators import INDICATORS, Indicator, Slice, Unit
from orderline.core.reports.measures import Grain, Measure, Slices, Sums, at_grain, grain_for
from orderline.core.shipments.undoing import UndoHandover
from orderline.engine.engine import Engine
from orderline.engine.verifying import verify
from orderline.store.database import Database
from orderline.store.measured import load_measured, measure_journal, slice_of
from orderline.store.reading.indicators import Asked, Behind, Period, load_behind, load_figures
from orderline.store.reading.source import Source, open_source
from support.engine_shop import EngineShop
from support.engines import assert_clean, deliver, faults_of, open_shop, placed
from support.finality import measure
from support.machine import simulate
from support.shop import order_of

STOCK = [("TEE-M", "lyon", 6), ("TEE-M", "lille", 2), ("TEE-M", "paris", 2), ("MUG", "lyon", 3), ("MUG", "paris", 1)]
SINCE, UNTIL = date(2000, 1, 1), date(2100, 1, 1)


@contextmanager
def reading(database: Database) -> Generator[Source]:
    source = open_source(database)
    try:
        yield source
    finally:
        source.connection.close()


def behind(source: Source, asked: Asked, most: int = 7) -> list[Behind]:
    """All parts behind a figure, page by page."""
    found, place = load_behind(source, asked, None, most)
    while place is not None:
        more, place = load_behind(source, asked, place, most)
        found += more
    return found


def days_of(database: Database) -> list[tuple[Any, ...]]:
    with psycopg.connect(database.dsn) as connection:
        text = "SELECT * FROM measured_days WHERE cell = %s ORDER BY measure, day, slice"
        return connection.execute(text, (database.cell,)).fetchall()


def check_figures(source: Source, indicator: Indicator) -> int:
    """Each figure of an indicator is what its rows add up to; returns how many figures there are."""
    asked = Asked(indicator, SINCE, UNTIL, {})
    rows = behind(source, asked)
    keys = {(each.measure, each.day, each.order, *(getattr(each, name) for name in Slices._fields)) for each in rows}
    assert len(keys) == len(rows), "no row comes twice"
    figures = 0
    for by in indicator.slices:
        found = load_figures(source, asked, by, Period.WEEK)
        figures += len(found.slices)
        whole = sum(each.denominator for each in rows)
        for each in found.slices:
            if by is Slice.CATEGORY:
                continue
            only = behind(source, Asked(indicator, SINCE, UNTIL, {by: [each.slice]}), 50) if each.slice else [
                row for row in rows if not getattr(row, by.value)
            ]  # fmt: skip
            only = [row for row in only if row.currency == each.currency]
            assert each.numerator == sum(row.numerator for row in only)
            if indicator.unit is Unit.PER_DAY:
                continue
            if by in indicator.whole and not each.currency:
                assert each.denominator == whole
            assert each.denominator == sum(row.denominator for row in only)
        assert sum(each.numerator for each in found.periods) == sum(row.numerator for row in rows)
        assert sum(each.numerator for each in found.overall) == sum(row.numerator for row in rows)
        for each in found.periods:
            assert each.begins is not None
            assert each.begins.weekday() == 0
    return figures


@pytest.mark.parametrize("seed", range(2_000, 2_003))
def test_figures_are_the_rows_behind_them_on_days_drawn_from_seeds(fresh_database: str, seed: int) -> None:
    shop = EngineShop(fresh_database, STOCK)
    looked = 0

    def look() -> None:
        nonlocal looked
        looked += 1
        if looked % 10 == 0:
            measure_journal(shop.database, within_s=0, at_once=5)

    assert simulate(shop, seed, 100, shop.place, look) > 20
    measure(shop.database, at_once=9)
    kept = days_of(shop.database)
    with reading(shop.database) as source:
        figures = sum(check_figures(source, each) for each in INDICATORS.values())
        assert figures > 20
        # all orders at once, without anything that was kept
        ids = [row[0] for row in source.connection.execute("SELECT id FROM orders").fetchall()]
        sums: dict[tuple[Measure, date, Slices], list[int]] = defaultdict(lambda: [0, 0, 0])
        for _, parts in load_measured(source, ids).values():
            for key, each in parts.items():
                for at, more in enumerate((*each, 1)):
                    sums[key][at] += more
    expected = sorted((0, key[0].value, key[1], slice_of(key[2]), *key[2], *each) for key, each in sums.items())
    assert sorted(row for row in kept if "/" not in row[1]) == expected
    with psycopg.connect(fresh_database, autocommit=True) as connection:
        connection.execute("UPDATE measured_until SET formulas = 0")
    measure(shop.database)
    assert days_of(shop.database) == kept, "measured from the beginning, it is the same"
    shop.close()


def figure(database: Database, name: str, **only: str) -> tuple[int, int]:
    with reading(database) as source:
        given = {Slice(slice_): [value] for slice_, value in only.items()}
        found = load_figures(source, Asked(INDICATORS[name], SINCE, UNTIL, given), None, Period.MONTH).overall
    return (found[0].numerator, found[0].denominator) if found else (0, 0)


def test_an_order_counts_once_whenever_it_is_measured(engine: Engine) -> None:
    open_shop(engine, [("TEE-M", "lyon", 10)])
    one = placed(engine, order_of("A-1", ("TEE-M", 1, 2000)))
    database = engine.database
    measure(database)
    assert figure(database, "first_allocation") == (0, 0)
    deliver(engine, one)
    measure(database)
    assert measure_journal(database), "there is nothing new"
    assert figure(database, "first_allocation") == (1, 1)
    assert figure(database, "fill_rate", location="lyon", sku="TEE-M") == (1, 1)
    assert figure(database, "fill_rate", location="paris") == (0, 0)
    assert figure(database, "split_rate") == (0, 1)
    assert_clean(database)


def test_what_is_asked_for_is_read_where_there_is_least_of_it() -> None:
    assert grain_for([]) is Grain.BROAD
    assert grain_for(["location", "rule"]) is Grain.BROAD
    assert grain_for(["carrier", "zone"]) is Grain.ZONES
    assert grain_for(["sku"]) is Grain.ITEMS
    assert grain_for(["sku", "reason"]) is Grain.GOODS
    assert grain_for(["sku", "location"]) is Grain.FINE
    assert at_grain(Slices(channel="web", location="lyon"), Grain.GOODS) is None


@pytest.mark.parametrize("to_shelf", [False, True])
def test_what_has_not_left_after_all_was_sent_by_no_carrier(engine: Engine, to_shelf: bool) -> None:
    open_shop(engine, [("TEE-M", "lyon", 10)])
    order, units = placed(engine, order_of("A-1", ("TEE-M", 2, 2000))), (LineQuantity(1, 2),)
    boxes = tuple(
        c.ParcelInput(items=(LineQuantity(1, 1),), carrier=name, tracking_number=name) for name in ("post", "ups")
    )
    for command in (
        c.AllocateUnits(order=order, group=1, allotments=(c.Allotment(1, "eu", "lyon", 2),)),
        c.PickUnits(order=order, fulfillment=1, lines=units),
        c.PackUnits(order=order, fulfillment=1, parcels=boxes),
        c.ShipParcels(order=order, fulfillment=1),
    ):
        engine.run(command)
    measure(engine.database)
    told = {name: figure(engine.database, "velocity", carrier=name)[0] for name in ("post", "ups", "")}
    assert sum(told.values()) == 2
    engine.run(UndoHandover(order=order, fulfillment=1, reason="scanned by mistake", to_shelf=to_shelf))
    measure(engine.database)
    assert {name: figure(engine.database, "velocity", carrier=name)[0] for name in told} == dict.fromkeys(told, 0)
    assert_clean(engine.database)


TAMPERING = [
    "UPDATE measured_days SET amount = amount + 1 WHERE measure = 'shipped/goods'",
    "UPDATE measured_days SET sku = 'OTHER' WHERE measure = 'shipped/items'",
    "DELETE FROM measured_days WHERE measure = 'shipments/zones'",
    "UPDATE measured_days SET carrier = 'other' WHERE measure = 'shipments/broad'",
    "UPDATE measured_days SET amount = amount + 1 WHERE measure = 'shipped'",
    "DELETE FROM measured_days WHERE measure = 'orders'",
    "DELETE FROM measured_parts WHERE measure = 'orders'",
    "UPDATE measured_parts SET number = number + 1 WHERE measure = 'orders'",
    "DELETE FROM measured_orders",
    "UPDATE measured_orders SET version = version + 1",
    "UPDATE measured_orders SET parts = '[]'",
]


@pytest.mark.parametrize("statement", TAMPERING)
def test_what_was_tampered_with_is_found(engine: Engine, statement: LiteralString) -> None:
    open_shop(engine, [("TEE-M", "lyon", 10)])
    deliver(engine, placed(engine, order_of("A-1", ("TEE-M", 1, 2000))))
    measure(engine.database)
    assert_clean(engine.database)
    with psycopg.connect(engine.database.dsn, autocommit=True) as connection:
        assert connection.execute(statement).rowcount > 0
    assert set(faults_of(verify(engine.database))) == {"indicators"}


def test_an_order_that_can_not_be_measured_keeps_no_other_from_it_and_is_told(engine: Engine) -> None:
    open_shop(engine, [("TEE-M", "lyon", 10)])
    broken = placed(engine, order_of("A-1", ("TEE-M", 1, 2000)))
    deliver(engine, placed(engine, order_of("A-2", ("TEE-M", 1, 2000))))
    with psycopg.connect(engine.database.dsn, autocommit=True) as connection:
        connection.execute("UPDATE journal SET body = '{}' WHERE order_id = %s", (broken,))
    measure(engine.database)
    assert figure(engine.database, "split_rate") == (0, 1)
    assert "indicators" in faults_of(verify(engine.database))


def test_a_figure_of_nothing_is_none() -> None:
    kept = INDICATORS["promise_kept"]
    assert kept.value(0, 0, 7) is None
    assert kept.value(1, 3, 7) == 333_333
    assert INDICATORS["velocity"].value(5, 0, 2) == 2_500
    assert kept.above({Measure.PROMISES: Sums(2, 3)}) == 2
    assert kept.below({Measure.PROMISES: Sums(2, 3)}) == 3
