"""Verify finds what was tampered with, names it, and stands in nobody's way."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import LiteralString

import psycopg
import pytest
from msgspec.structs import replace

from orderline.core.context import SYSTEM
from orderline.core.moves import Move, Units
from orderline.core.orders.commands import AllocateUnits, Allotment, AnswerPayment, HoldInput, PlaceHold
from orderline.core.orders.events import HoldPlaced, UnitsMoved
from orderline.core.orders.state import FulfillmentItem, Hold, Order, PaymentKind, PaymentRequest
from orderline.core.stock.commands import CartLineInput, HoldCart
from orderline.engine.engine import Engine
from orderline.engine.sealing import seal
from orderline.engine.submissions import Submission
from orderline.engine.verifying import INVARIANTS, verify
from orderline.engine.verifying.amounts import check_money, check_units
from orderline.engine.verifying.folding import fold_order
from orderline.engine.verifying.report import Tally
from orderline.store.database import Database
from orderline.store.reconciling import Difference, save_check
from orderline.store.working import read_orders
from orderline.values.ids import CartHoldId, OrderId, new_id
from support.engines import assert_clean, deliver, faults_of, open_shop, placed
from support.shop import NOON, MemoryShop, order_of


@pytest.fixture
def busy(engine: Engine) -> Engine:
    """A shop with an order delivered, one held, one that waits for supply, and a cart."""
    open_shop(engine, [("TEE-M", "lyon", 10), ("MUG", "paris", 3)])
    deliver(engine, placed(engine, order_of("A-1", ("TEE-M", 2, 2000))))
    held = placed(engine, order_of("A-2", ("TEE-M", 1, 2000), ("EBOOK", 1, 900)))
    engine.run(PlaceHold(order=held, hold=HoldInput(type="fraud", reason="odd address")))
    placed(engine, order_of("A-3", ("MUG", 5, 700)))
    engine.run(HoldCart(cart=CartHoldId(new_id()), channel="web", lines=(CartLineInput("TEE-M", 2),)))
    return engine


TAMPERING = [
    # what somebody did behind the engine's back                                            found by
    ("UPDATE journal SET body = replace(body, 'Shirt', 'Skirt') WHERE seq = 1",              {"chain", "fold"}),
    ("UPDATE journal SET body = '{}' WHERE seq = 2",                              {"chain", "fold", "claims", "service", "hours"}),
    ("DELETE FROM journal WHERE order_id IN (SELECT id FROM orders WHERE external_id = 'A-3')", {"fold", "claims", "hours"}),
    ("UPDATE journal SET seq = seq + 1 WHERE seq = 7",                                       {"journal"}),
    ("UPDATE orders SET state = replace(state, 'Shirt', 'Skirt')",                           {"fold"}),
    ("UPDATE orders SET version = version + 1",                                              {"journal", "columns"}),
    ("UPDATE orders SET phase = 'canceled' WHERE external_id = 'A-2'",                       {"columns", "ended"}),
    ("UPDATE orders SET next_step = NULL WHERE external_id = 'A-3'",                         {"columns", "liveness"}),
    ("UPDATE orders SET intake_hash = ''",                                                   {"columns"}),
    ("UPDATE order_lines SET pooled = pooled - 1, canceled = 1 WHERE pooled > 0",            {"windows", "reservations"}),
    ("UPDATE order_lines SET sku = 'CAP-9' WHERE sku = 'EBOOK'",                             {"windows"}),
    ("DELETE FROM holds",                                                                    {"windows"}),
    ("UPDATE parcels SET tracking_number = '1Z8'",                                           {"windows"}),
    ("UPDATE fulfillment_orders SET shipped = 2",                                            {"windows"}),
    ("UPDATE shipments SET carrier = 'x'",                                                   {"windows"}),
    ("INSERT INTO holds VALUES (0, gen_random_uuid(), 1, 't', '{}', 'o', '', 'p', now())",   {"windows"}),
    ("DELETE FROM people",                                                                   {"people"}),
    ("UPDATE people SET order_id = gen_random_uuid()",                                       {"people"}),
    ("UPDATE stock SET sellable = sellable - 1 WHERE sku = 'TEE-M'",                         {"shelves", "promisable"}),
    ("DELETE FROM stock_entries WHERE source = 'picked'",                                    {"shelves"}),
    ("UPDATE stock SET allocated = 1 WHERE sku = 'MUG'",         {"promisable", "reservations", "allocations"}),
    ("UPDATE pool_levels SET claims = claims + 1 WHERE sku = 'TEE-M'",                       {"reservations", "claims"}),
    ("UPDATE pool_levels SET backordered = 0",                                               {"reservations", "claims"}),
    ("DELETE FROM cart_holds",                                                               {"carts"}),
    ("INSERT INTO oversold VALUES (0, 'MUG', 'paris', 1, now())",                            {"oversold"}),
    ("UPDATE outbox SET kind = 'dance' WHERE kind = 'notice'",                               {"outbox"}),
    ("DELETE FROM outbox WHERE kind = 'route'",                                              {"liveness"}),
    ("UPDATE service_counts SET offered = offered + 1",                                      {"service"}),
    ("UPDATE service_counts SET day = day - 1",                                              {"service"}),
    ("UPDATE hour_counts SET number = number + 1",                                           {"hours"}),
    ("UPDATE hour_counts SET hour = hour - interval '1 hour'",                               {"hours"}),
    ("DELETE FROM hour_counts",                                                              {"hours"}),
    ("DELETE FROM service_counts",                                                           {"service"}),
]  # fmt: skip


def test_a_busy_shop_is_clean_and_every_invariant_is_told(busy: Engine) -> None:
    report = assert_clean(busy.database)
    assert [each.name for each in report.invariants] == [each.value for each in INVARIANTS]
    assert (report.orders, report.whole, report.is_clean) == (3, True, True)


@pytest.mark.parametrize(("statement", "found_by"), TAMPERING)
def test_what_was_tampered_with_is_found(busy: Engine, statement: LiteralString, found_by: set[str]) -> None:
    with psycopg.connect(busy.database.dsn, autocommit=True) as connection:
        assert connection.execute(statement).rowcount > 0
    assert set(faults_of(verify(busy.database))) == found_by


def allocated_order() -> tuple[MemoryShop, Order]:
    """An order of two shirts, allocated, authorized; in memory."""
    shop = MemoryShop([("TEE-M", "lyon", 5)])
    id_ = shop.place(order_of("A-1", ("TEE-M", 2, 2000)))
    shop.do(AllocateUnits(order=id_, group=1, allotments=(Allotment(1, "eu", "lyon", 2),)))
    return shop, shop.order(id_)


def with_units(order: Order, units: Units, *inside: Units) -> Order:
    """The order with other units on its line, and in a fulfillment order each."""
    fulfillments = tuple(
        replace(order.fulfillments[0], number=number, items=(FulfillmentItem(1, each),))
        for number, each in enumerate(inside, 1)
    )
    return replace(order, lines=(replace(order.lines[0], units=units),), fulfillments=fulfillments)


def with_requests(order: Order, *asked: tuple[PaymentKind, int], **confirmed: int) -> Order:
    requests = tuple(PaymentRequest(f"k{n}", kind, amount, NOON) for n, (kind, amount) in enumerate(asked))
    return replace(order, tenders=(replace(order.tenders[0], requests=requests, **confirmed),))


IMPOSSIBLE: list[tuple[Callable[[Order], Order], str | None]] = [
    (lambda order: order, None),
    (lambda order: with_units(order, Units(allocated=2), Units(allocated=1), Units(allocated=1)), None),
    (lambda order: with_units(order, Units(allocated=2), Units(picked=2)), "conservation"),
    (lambda order: with_units(order, Units(allocated=2), Units(allocated=3), Units(allocated=-1)), "conservation"),
    (lambda order: with_units(order, Units(allocated=3, shipped=-1), Units(allocated=3, shipped=-1)), "conservation"),
    (lambda order: with_units(order, Units(allocated=1), Units(allocated=1)), "conservation"),
    (lambda order: replace(order, lines=(), fulfillments=()), "conservation"),
    (lambda order: with_requests(order, (PaymentKind.CAPTURE, 4000)), None),
    (lambda order: with_requests(order, (PaymentKind.CAPTURE, 4000), (PaymentKind.VOID, 1)), "money"),
    (lambda order: with_requests(order, (PaymentKind.CAPTURE, 1001), captured_minor=3000), "money"),
    (lambda order: with_requests(order, (PaymentKind.REFUND, 3000), captured_minor=3000), None),
    (lambda order: with_requests(order, (PaymentKind.REFUND, 1), captured_minor=9, refunded_minor=9), "money"),
]


@pytest.mark.parametrize(("change", "found_by"), IMPOSSIBLE)
def test_units_and_money_that_can_not_be_are_found(change: Callable[[Order], Order], found_by: str | None) -> None:
    tally = Tally()
    order = change(allocated_order()[1])
    check_units(order, tally)
    check_money(order, tally)
    assert {report.name for report in tally.reports() if report.faults} == ({found_by} if found_by else set())


HELD = [
    # blocks         on line   found
    (("allocate",),  None,     True),
    (("allocate",),  1,        True),
    (("allocate",),  2,        False),
    (("cancel",),    None,     False),
]  # fmt: skip


@pytest.mark.parametrize(("blocks", "line", "found"), HELD)
def test_what_went_through_a_hold_is_found(blocks: tuple[str, ...], line: int | None, found: bool) -> None:
    shop, order = allocated_order()
    told = shop.events[order.id]
    moved = next(n for n, event in enumerate(told) if isinstance(event, UnitsMoved) and event.move is Move.ALLOCATE)
    held = HoldPlaced(Hold(1, "fraud", blocks, NOON, "somebody", line=line))
    rows: list[tuple[object, ...]] = []
    before = replace(order, version=0, chain="")
    for command, events in (("place_order", [*told[: moved - 1], held]), ("allocate_units", told[moved - 1 :])):
        before, body, digest = seal(before, command, events, SYSTEM, NOON)
        rows.append((order.id, before.version, NOON, body.decode(), digest))
    tally = Tally()
    assert fold_order(order.number, rows, tally) is not None
    assert [report.name for report in tally.reports() if report.faults] == (["holds"] if found else [])


def test_a_fault_names_the_order_and_says_what_is_wrong(busy: Engine) -> None:
    with psycopg.connect(busy.database.dsn, autocommit=True) as connection:
        connection.execute("UPDATE orders SET state = replace(state, 'Shirt', 'Skirt') WHERE external_id = 'A-1'")
        number = connection.execute("SELECT number FROM orders WHERE external_id = 'A-1'").fetchone()
    assert number is not None
    (told,) = faults_of(verify(busy.database))["fold"]
    assert told.startswith(f"{number[0]}: its document differs at byte")


def test_an_empty_database_is_clean(database: Database) -> None:
    assert assert_clean(database).orders == 0


def test_a_sample_is_drawn_over_the_whole_time(busy: Engine) -> None:
    report = verify(busy.database, orders=2, seed=7)
    assert 0 < report.orders <= 3
    assert not report.whole
    assert report.is_clean
    assert "claims" not in {each.name for each in report.invariants}


def test_verify_sees_one_instant_while_orders_go_on(engine: Engine) -> None:
    open_shop(engine, [("TEE-M", "lyon", 100_000)])
    stop = threading.Event()

    def buy() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            outcome = engine.submit(Submission(command=order_of(f"B-{number}", ("TEE-M", 1, 2000)))).result()
            assert outcome.answer

    buyer = threading.Thread(target=buy)
    buyer.start()
    try:
        for _ in range(5):
            assert_clean(engine.database)
    finally:
        stop.set()
        buyer.join()
    counts: list[int] = []
    verify(engine.database, on_progress=counts.append)
    assert counts == sorted(counts)
    assert counts[-1] > 0


LEVELS = """
    INSERT INTO channel_levels (cell, channel, sku, seen, quantity, sequence, changed_at, looked_at, acked, unknown)
    VALUES (0, %(channel)s, %(sku)s, %(seen)s, %(quantity)s, 1, now(), now(), 0, %(unknown)s)
"""
TOLD = [
    # channel  sku       made of  told  unknown   at fault
    ("web",    "TEE-M",  7,       7,    False,    False),
    ("web",    "TEE-M",  7,       5,    False,    False),  # there is a buffer, say
    ("web",    "TEE-M",  7,       8,    False,    True),
    ("web",    "TEE-M",  9,       9,    False,    False),  # of a moment ago
    ("web",    "NONE",   0,       0,    False,    True),
    ("wab",    "TEE-M",  7,       7,    False,    True),
    ("web",    "TEE-M",  7,       7,    True,     True),
]  # fmt: skip


@pytest.mark.parametrize(("channel", "sku", "seen", "quantity", "unknown", "wrong"), TOLD)
def test_what_a_channel_was_told_wrongly_is_found(
    engine: Engine, channel: str, sku: str, seen: int, quantity: int, unknown: bool, wrong: bool
) -> None:
    open_shop(engine, [("TEE-M", "lyon", 7)])
    told = {"channel": channel, "sku": sku, "seen": seen, "quantity": quantity, "unknown": unknown}
    with psycopg.connect(engine.database.dsn, autocommit=True) as connection:
        connection.execute(LEVELS, told)
    assert set(faults_of(verify(engine.database))) == ({"told"} if wrong else set())


PUSHES = """
    INSERT INTO channel_pushes (cell, channel, changed_at, pushed_at, acked_at, levels, error)
    VALUES (0, %s, timestamptz '2026-03-02 12:00Z', timestamptz '2026-03-02 12:00Z' + %s::interval,
            CASE WHEN %s THEN timestamptz '2026-03-02 13:00Z' END, 1, %s)
"""
PUSHED = [
    # channel  sent after  taken   error      at fault
    ("web",    "1 s",      True,   "",        False),
    ("web",    "1 s",      False,  "closed",  False),
    ("web",    "1 s",      False,  "",        True),
    ("web",    "1 s",      True,   "closed",  True),
    ("web",    "-1 s",     True,   "",        True),
    ("wab",    "1 s",      True,   "",        True),
]  # fmt: skip


@pytest.mark.parametrize(("channel", "after", "taken", "error", "wrong"), PUSHED)
def test_a_set_that_can_not_have_been_sent_so_is_found(
    engine: Engine, channel: str, after: str, taken: bool, error: str, wrong: bool
) -> None:
    open_shop(engine)
    with psycopg.connect(engine.database.dsn, autocommit=True) as connection:
        connection.execute(PUSHES, (channel, after, taken, error))
    assert set(faults_of(verify(engine.database))) == ({"pushes"} if wrong else set())


DIFFERENT: list[tuple[str, bool]] = [
    # what somebody did to a true one behind everybody's back       at fault
    ("note = note", False),
    ("settled_at = found_at, settled_by = 'ann', note = 'paid'", False),
    ("settled_at = found_at", True),
    ("settled_by = 'ann'", True),
    ("note = 'paid'", True),
    ("kind = 'odd'", True),
    ("next_step = ''", True),
    ("found_at = occurred_at - interval '1 s'", True),
    ("provider = 'other'", True),
    ("order_id = gen_random_uuid()", True),
    ("order_id = NULL", True),
    ("currency = 'USD'", True),
    ("amount = amount + 1", True),
    ("event_id = event_id || '-2'", True),
    ("kind = 'unknown_here', occurred_at = found_at", True),
]


def all_orders(database: Database) -> list[Order]:
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        ids = [OrderId(row[0]) for row in connection.execute("SELECT id FROM orders").fetchall()]
    return list(read_orders(database, ids).values())


@pytest.mark.parametrize(("change", "wrong"), DIFFERENT)
def test_a_payment_that_differs_from_nothing_is_found(busy: Engine, change: str, wrong: bool) -> None:
    [order] = [each for each in all_orders(busy.database) if each.external_id == "A-1"]
    id_ = order.id
    [request] = [each for each in order.tenders[0].requests if each.kind is PaymentKind.CAPTURE]
    busy.run(AnswerPayment(order=id_, tender=1, key=request.key, kind=request.kind, amount_minor=request.amount_minor))
    at = datetime.now(UTC)
    found = Difference(
        provider="psp",
        event_id=f"ours-{request.key}",
        kind="missing_there",
        order=id_,
        reference="",
        operation=request.kind.value,
        amount_minor=request.amount_minor,
        currency="EUR",
        next_step="ask the provider",
        occurred_at=at,
    )
    save_check(busy.database, "psp", [found], at, 1, at + timedelta(hours=1))
    with psycopg.connect(busy.database.dsn, autocommit=True) as connection:
        assert connection.execute(f"UPDATE payment_differences SET {change}".encode()).rowcount == 1
    assert set(faults_of(verify(busy.database))) == ({"differences"} if wrong else set())


def test_counts_of_orders_that_are_older_than_they_are_made_from_the_journal(busy: Engine) -> None:
    text = resources.files("orderline.store.migrations").joinpath("0037_service_from_journal.sql").read_text()
    with psycopg.connect(busy.database.dsn, autocommit=True) as connection:
        connection.execute("DELETE FROM service_counts WHERE accepted > 0")
        assert set(faults_of(verify(busy.database))) == {"service"}
        with connection.transaction():
            connection.execute(text.encode())
    assert_clean(busy.database)
