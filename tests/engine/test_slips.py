"""Supply that comes later, or less of it: whom it hurts, the worst first, and what is done about it."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from orderline.core.supply.commands import (
    CancelPurchaseOrder,
    ClosePurchaseOrder,
    CreatePurchaseOrder,
    PegUnits,
    PurchaseLineInput,
    ReceivePurchaseOrder,
    RevisedInput,
    RevisePurchaseOrder,
    SendPurchaseOrder,
)
from orderline.core.supply.receiving import ReceivedInput
from orderline.engine.engine import Engine
from orderline.store.database import Database
from orderline.store.working import orders_to_peg
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from support.engines import assert_clean, open_shop, placed
from support.shop import NOON, order_of

SOON = NOON + timedelta(days=7)
LATER = NOON + timedelta(days=17)
CERTAIN = 1_000_000


def buy(engine: Engine, name: str, quantity: int, due_at: Any) -> None:
    lines = (PurchaseLineInput("MUG", quantity, due_at, confidence_ppm=CERTAIN),)
    engine.run(CreatePurchaseOrder(purchase_order=name, location="lyon", lines=lines))
    engine.run(SendPurchaseOrder(purchase_order=name))


def buyer(engine: Engine, name: str, quantity: int, priority: int = 0) -> OrderId:
    return placed(engine, msgspec.structs.replace(order_of(name, ("MUG", quantity, 500)), priority=priority))


def hurt_of(answer: bytes) -> list[tuple[str, int, int, int]]:
    """(external order, units, days late, harm) in the order told"""
    told = msgspec.json.decode(answer)
    assert told.get("hurt_total", 0) == len(told.get("hurt", ()))
    return [(each["number"], each["quantity"], each["days_late"], each["harm"]) for each in told.get("hurt", ())]


def number_of(database: Database, order: OrderId) -> str:
    return database.rows("SELECT number FROM orders WHERE cell = %(cell)s AND id = %(id)s", {"id": order})[0][0]


def pegs(database: Database, order: OrderId) -> list[tuple[str, int, Any]]:
    return database.rows(
        "SELECT supply, quantity, promised_at FROM pegs WHERE cell = %(cell)s AND order_id = %(id)s ORDER BY supply",
        {"id": order},
    )


def look_after(engine: Engine, database: Database) -> None:
    """What the worker does: ask each order once, in its order."""
    seen: set[OrderId] = set()
    while orders := orders_to_peg(database, ["MUG"], seen):
        for order in orders:
            with suppress(Refused):
                engine.run(PegUnits(order=order))
        seen.update(orders)


def slip(engine: Engine, **change: Any) -> bytes:
    return engine.run(RevisePurchaseOrder(purchase_order="PO-1", lines=(RevisedInput(1, **change),), reason="storm"))


def test_a_slip_tells_whom_it_hurts_the_worst_first_and_they_wait_on(engine: Engine, database: Database) -> None:
    open_shop(engine)
    buy(engine, "PO-1", 10, SOON)
    small, urgent = buyer(engine, "A-1", 2), buyer(engine, "A-2", 3, priority=4)
    answer = slip(engine, due_at=SOON + timedelta(days=10))
    assert hurt_of(answer) == [
        (number_of(database, urgent), 3, 10, 10 * 5 * 1500),
        (number_of(database, small), 2, 10, 10 * 1 * 1000),
    ]
    journal = database.rows("SELECT body FROM record_journal WHERE cell = %(cell)s AND id = 'PO-1' ORDER BY seq", {})
    assert len(msgspec.json.decode(journal[-1][0])["events"][0]["hurt"]) == 2
    assert database.rows("SELECT count(*) FROM outbox WHERE cell = %(cell)s AND kind = 'peg_waiting'", {}) == [(1,)]
    look_after(engine, database)
    assert pegs(database, small) == [("purchase_order:PO-1:1", 2, SOON + timedelta(days=10))]
    told = database.rows(
        "SELECT body::jsonb FROM outbox WHERE cell = %(cell)s AND kind = 'promise_supply' AND body::jsonb ? 'why'", {}
    )
    assert [each["why"] for (each,) in told] == ["supplier", "supplier"]
    assert hurt_of(slip(engine, due_at=SOON)) == []
    assert_clean(database)


def test_who_can_go_to_earlier_supply_does_and_keeps_the_promise(engine: Engine, database: Database) -> None:
    open_shop(engine)
    buy(engine, "PO-1", 10, SOON)
    order = buyer(engine, "A-1", 6)
    buy(engine, "PO-2", 4, SOON - timedelta(days=1))
    slip(engine, due_at=LATER)
    look_after(engine, database)
    assert pegs(database, order) == [("purchase_order:PO-1:1", 2, LATER), ("purchase_order:PO-2:1", 4, SOON)]
    assert_clean(database)


def test_what_does_not_come_is_taken_from_the_least_urgent(engine: Engine, database: Database) -> None:
    open_shop(engine)
    buy(engine, "PO-1", 10, SOON)
    urgent, last = buyer(engine, "A-1", 5, priority=3), buyer(engine, "A-2", 5)
    answer = slip(engine, quantity=7)
    assert hurt_of(answer) == [(number_of(database, last), 3, 365, 365 * 1500)]
    buy(engine, "PO-2", 1, LATER)
    look_after(engine, database)
    assert pegs(database, urgent) == [("purchase_order:PO-1:1", 5, SOON)]
    assert pegs(database, last) == [("purchase_order:PO-1:1", 2, SOON), ("purchase_order:PO-2:1", 1, LATER)]
    line = database.rows(
        "SELECT unplanned, pegged FROM order_lines WHERE cell = %(cell)s AND order_id = %(id)s", {"id": last}
    )
    assert line == [(2, 3)]
    assert_clean(database)


@pytest.mark.parametrize("end", ["canceled", "closed", "complete"])
def test_supply_that_ends_early_leaves_nobody_waiting_for_it(engine: Engine, database: Database, end: str) -> None:
    open_shop(engine)
    buy(engine, "PO-1", 10, SOON)
    order = buyer(engine, "A-1", 8)
    some = ReceivePurchaseOrder(purchase_order="PO-1", receipt="R-1", lines=(ReceivedInput(1, 3, damaged=1),))
    if end == "canceled":
        answer = engine.run(CancelPurchaseOrder(purchase_order="PO-1", reason="vendor closed"))
    elif end == "closed":
        engine.run(some)
        answer = engine.run(ClosePurchaseOrder(purchase_order="PO-1"))
    else:
        answer = engine.run(msgspec.structs.replace(some, complete=True))
    kept = 0 if end == "canceled" else 3
    assert hurt_of(answer) == [(number_of(database, order), 8 - kept, 365, 365 * (8 - kept) * 500)]
    assert_clean(database)
    look_after(engine, database)
    line = database.rows("SELECT unplanned, pegged FROM order_lines WHERE cell = %(cell)s", {})
    assert line == [(8 - kept, kept)]
    assert_clean(database)


def test_who_waits_for_nothing_is_pegged_when_supply_is_announced(engine: Engine, database: Database) -> None:
    open_shop(engine)
    first, urgent = buyer(engine, "A-1", 3), buyer(engine, "A-2", 3, priority=1)
    buy(engine, "PO-1", 4, SOON)
    late = buyer(engine, "A-3", 1)
    assert pegs(database, late) == [], "who waits already comes first"
    look_after(engine, database)
    assert [sum(units for _, units, _ in pegs(database, order)) for order in (urgent, first, late)] == [3, 1, 0]
    with pytest.raises(Refused, match="NOTHING_TO_DO"):
        engine.run(PegUnits(order=urgent))
    assert_clean(database)
