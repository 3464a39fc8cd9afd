"""Counting while orders are open: the difference is that at the moment of counting, whatever moves meanwhile."""

from datetime import UTC, datetime, timedelta
from typing import LiteralString

import msgspec
import pytest

from orderline.core.counts.commands import (
    ApproveCount,
    AskRecount,
    CountedInput,
    OpenCount,
    PlanCount,
    SubmitCount,
    VoidCount,
)
from orderline.core.counts.refusals import CountRefusal
from orderline.core.orders.commands import AcceptFulfillment, AllocateUnits, Allotment, PickUnits, RejectUnits
from orderline.core.orders.state import LineQuantity
from orderline.core.stock.commands import AdjustStock
from orderline.engine.engine import Engine
from orderline.engine.submissions import Submission
from orderline.engine.verifying import verify
from orderline.store.database import Database
from orderline.values.failures import Refused
from support.engines import assert_clean, faults_of, open_shop, placed
from support.shop import order_of


def shelf(database: Database, sku: str, location: str) -> tuple[int, int, int]:
    """(sellable, picked, missing)"""
    return database.rows(
        "SELECT sellable, picked, missing FROM stock WHERE cell = %(cell)s AND sku = %(sku)s AND location = %(at)s",
        {"sku": sku, "at": location},
    )[0]


def plan(engine: Engine, count: str = "C-1", lines: tuple[str, ...] = ("TEE-M",)) -> None:
    engine.run(PlanCount(count=count, location="lyon", lines=lines))
    engine.run(OpenCount(count=count))


def test_what_is_picked_after_the_count_and_before_it_is_told_is_netted(engine: Engine, database: Database) -> None:
    open_shop(engine, [("TEE-M", "lyon", 10)])
    order = placed(engine, order_of("A-1", ("TEE-M", 3, 2000)))
    engine.run(AllocateUnits(order=order, group=1, allotments=(Allotment(1, "eu", "lyon", 3),)))
    engine.run(AcceptFulfillment(order=order, fulfillment=1))
    plan(engine)
    counted_at = datetime.now(UTC)
    engine.run(PickUnits(order=order, fulfillment=1, lines=(LineQuantity(1, 3),)))
    answer = engine.run(SubmitCount(count="C-1", location="lyon", lines=(CountedInput("TEE-M", 9, counted_at),)))
    line = msgspec.json.decode(answer)["lines"][0]
    assert (line["quantity"], line["expected"]) == (9, 10)
    engine.run(AdjustStock(sku="TEE-M", location="lyon", quantity=5, reason="received"))
    engine.run(ApproveCount(count="C-1"))
    # one was not there: 9 counted, 3 picked since, 5 received since
    assert shelf(database, "TEE-M", "lyon") == (11, 3, 0)
    assert_clean(database)


def test_units_missed_by_a_rejection_are_found_or_written_off(engine: Engine, database: Database) -> None:
    open_shop(engine, [("TEE-M", "lyon", 10)])
    order = placed(engine, order_of("A-1", ("TEE-M", 3, 2000)))
    engine.run(AllocateUnits(order=order, group=1, allotments=(Allotment(1, "eu", "lyon", 3),)))
    engine.run(AcceptFulfillment(order=order, fulfillment=1))
    engine.run(
        RejectUnits(order=order, fulfillment=1, lines=(LineQuantity(1, 3),), reason="not found", shelf="missing")
    )
    assert shelf(database, "TEE-M", "lyon") == (7, 0, 3)
    plan(engine)
    engine.run(SubmitCount(count="C-1", location="lyon", lines=(CountedInput("TEE-M", 9),)))
    engine.run(ApproveCount(count="C-1"))
    assert shelf(database, "TEE-M", "lyon") == (9, 0, 0)
    assert_clean(database)


def test_a_recount_replaces_what_was_counted(engine: Engine, database: Database) -> None:
    open_shop(engine, [("TEE-M", "lyon", 10), ("MUG", "lyon", 4)])
    plan(engine, lines=("TEE-M", "MUG"))
    first = (CountedInput("TEE-M", 1), CountedInput("MUG", 4))
    engine.run(SubmitCount(count="C-1", location="lyon", lines=first))
    asked = msgspec.json.decode(engine.run(AskRecount(count="C-1")))
    assert [(line["sku"], line.get("quantity")) for line in asked["lines"]] == [("TEE-M", None), ("MUG", 4)]
    with pytest.raises(Refused) as refused:
        engine.run(ApproveCount(count="C-1"))
    assert refused.value.code is CountRefusal.COUNT_STATE
    engine.run(SubmitCount(count="C-1", location="lyon", lines=(CountedInput("TEE-M", 10),)))
    engine.run(ApproveCount(count="C-1"))
    assert shelf(database, "TEE-M", "lyon") == (10, 0, 0)
    assert_clean(database)


def test_a_count_sent_twice_has_one_effect(engine: Engine, database: Database) -> None:
    open_shop(engine, [("TEE-M", "lyon", 10)])
    plan(engine)
    engine.run(SubmitCount(count="C-1", location="lyon", lines=(CountedInput("TEE-M", 8),)))
    approval = Submission(command=ApproveCount(count="C-1"), key="approve C-1")
    answers = [engine.submit(approval).result().answer_or_raise() for _ in range(2)]
    assert answers[0] == answers[1]
    assert shelf(database, "TEE-M", "lyon") == (8, 0, 0)
    with pytest.raises(Refused):
        engine.run(ApproveCount(count="C-1"))
    assert_clean(database)


NAIVE = datetime.now(UTC).replace(tzinfo=None)
BAD = [
    (PlanCount(count="C-1", location="lyon", lines=("TEE-M",)), "COUNT_EXISTS"),
    (PlanCount(count="C-2", location="nowhere", lines=("TEE-M",)), "LOCATION_UNKNOWN"),
    (PlanCount(count="C-2", location="lyon", lines=()), "COUNT_LINES"),
    (PlanCount(count="C-2", location="lyon", lines=("MUG", "MUG")), "COUNT_LINES"),
    (PlanCount(count="C-2", location="lyon", lines=("NOPE",)), "SKU_UNKNOWN"),
    (PlanCount(count="a\x00b", location="lyon", lines=("MUG",)), "CODE_NOT_ACCEPTABLE"),
    (SubmitCount(count="C-1", location="lyon", lines=(CountedInput("MUG", 1),)), "COUNT_LINES"),
    (SubmitCount(count="C-1", location="lyon", lines=(CountedInput("TEE-M", -1),)), "COUNT_LINES"),
    (SubmitCount(count="C-1", location="lille", lines=(CountedInput("TEE-M", 1),)), "COUNT_LINES"),
    (SubmitCount(count="C-1", location="lyon", lines=(CountedInput("TEE-M", 1, NAIVE),)), "TIME_NOT_AWARE"),
    (SubmitCount(count="C-9", location="lyon", lines=(CountedInput("TEE-M", 1),)), "COUNT_UNKNOWN"),
    (OpenCount(count="C-1"), "COUNT_STATE"),
    (ApproveCount(count="C-1"), "COUNT_STATE"),
    (AskRecount(count="C-1"), "COUNT_STATE"),
    (VoidCount(count="C-1", reason=""), "FIELD_REQUIRED"),
]  # fmt: skip


def test_bad_counts_are_refused_and_change_nothing(engine: Engine, database: Database) -> None:
    open_shop(engine, [("TEE-M", "lyon", 10)])
    plan(engine)
    before = database.rows("SELECT * FROM records WHERE cell = %(cell)s")
    for command, code in BAD:
        with pytest.raises(Refused) as refused:
            engine.run(command)
        assert str(refused.value.code) == code, command
    assert database.rows("SELECT * FROM records WHERE cell = %(cell)s") == before
    assert_clean(database)


def test_more_leaving_than_was_counted_asks_for_another_count(engine: Engine, database: Database) -> None:
    open_shop(engine, [("TEE-M", "lyon", 10)])
    plan(engine)
    engine.run(SubmitCount(count="C-1", location="lyon", lines=(CountedInput("TEE-M", 2),)))
    engine.run(AdjustStock(sku="TEE-M", location="lyon", quantity=5, reason="damaged"))
    with pytest.raises(Refused) as refused:
        engine.run(ApproveCount(count="C-1"))
    assert refused.value.code is CountRefusal.COUNT_CONTRADICTED
    engine.run(VoidCount(count="C-1", reason="count again"))
    assert_clean(database)


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE records SET state = 'posted'",
        "UPDATE records SET body = replace(body, 'lyon', 'lille')",
        "UPDATE record_journal SET body = replace(body, 'lyon', 'lille')",
        "DELETE FROM record_journal WHERE seq = 1",
        "DELETE FROM records",
    ],
)
def test_verify_finds_a_record_that_was_tampered_with(
    engine: Engine, database: Database, tampering: LiteralString
) -> None:
    open_shop(engine)
    plan(engine)
    with database.connection() as connection:
        connection.execute(tampering)
    assert set(faults_of(verify(database))) == {"records"}


def test_a_count_told_late_by_an_hour_is_compared_with_the_record_of_then(engine: Engine, database: Database) -> None:
    open_shop(engine, [("TEE-M", "lyon", 10)])
    plan(engine)
    before = datetime.now(UTC) - timedelta(hours=1)
    answer = engine.run(SubmitCount(count="C-1", location="lyon", lines=(CountedInput("TEE-M", 0, before),)))
    # all ten came within the hour
    assert msgspec.json.decode(answer)["lines"][0].get("expected", 0) == 0
