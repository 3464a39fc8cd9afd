"""Decision requests on a database: locked, raced, verified, asked by link and ended by their timers."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import msgspec
import pytest

from orderline.core.decisions import commands as d
from orderline.core.decisions.asking import AskPolicy, DecisionCause
from orderline.core.decisions.state import Decision, DecisionState
from orderline.core.orders import commands as c
from orderline.core.orders.state import LineQuantity, Order
from orderline.core.stock.commands import AdjustStock, PutChannel, PutLocation, PutPool
from orderline.core.stock.state import Channel, Location, LocationKind, Pool
from orderline.engine.engine import Engine
from orderline.engine.verifying import verify
from orderline.store.database import Database
from orderline.store.loading import decode_record, load_orders
from orderline.values.address import Place
from orderline.values.failures import Refused
from orderline.values.ids import OrderId, new_id
from support.askers import OPENING, STOCK, Askers
from support.engines import assert_clean, faults_of, open_shop, order_id_of, placed, together, value
from support.shop import HOME, order_of


def drafted(engine: Engine, order: OrderId, cause: DecisionCause = DecisionCause.UNFILLABLE, **about: Any) -> str:
    id_ = str(new_id())
    engine.run(d.DraftDecision(decision=id_, order=order, cause=cause, nonce="n", token_hash="h", **about))
    return id_


def unfillable(engine: Engine, name: str = "A-1", quantity: int = 2, **about: Any) -> OrderId:
    order = placed(engine, order_of(name, ("TEE-M", quantity, 2000), **about))
    location, pool = ("paris", "stores") if about.get("pickup") else ("lyon", "eu")
    engine.run(c.AllocateUnits(order=order, group=1, allotments=(c.Allotment(1, pool, location, quantity),)))
    engine.run(c.RejectUnits(order=order, fulfillment=1, reason="not found", shelf="missing"))
    return order


def state_of(database: Database, id_: str) -> dict[str, Any]:
    body = value(database, "SELECT body FROM records WHERE kind = 'decision' AND id = %s", id_)
    return msgspec.json.decode(body)


def test_of_an_answer_and_a_deadline_that_meet_one_has_an_effect(database: Database) -> None:
    ahead = [timedelta()]
    engine = Engine(database, clock=lambda: datetime.now(UTC) + ahead[0])
    try:
        open_shop(engine, [("TEE-M", "lyon", 40)])
        asked: list[tuple[OrderId, str]] = []
        for number in range(10):
            order = unfillable(engine, f"A-{number}")
            asked.append((order, drafted(engine, order)))
        ahead[0] = timedelta(hours=73)
        for order, id_ in asked:
            lapse = d.LapseDecision(decision=id_, order=order, sending=1)
            staff = d.AnswerDecision(decision=id_, order=order, option="wait", reason="by phone")
            pair = [lapse, staff] if int(id_[-1], 16) % 2 else [staff, lapse]
            outcomes = together(engine, pair)
            assert sorted(bool(outcome.answer) for outcome in outcomes) == [False, True]
            done = state_of(database, id_)
            assert done["state"] == "executed"
            assert done["evidence"]["answer"] == ("wait" if outcomes[pair.index(staff)].answer else "cancel")
        assert_clean(database)
    finally:
        engine.close()


def test_a_shop_of_stores_is_clean_whatever_is_chosen(engine: Engine, database: Database) -> None:
    open_shop(engine, [("TEE-M", "paris", 8), ("TEE-M", "lyon", 2)])
    engine.run(PutPool(pool=Pool("nice")))
    engine.run(
        PutLocation(location=Location("nice", "Nice", LocationKind.STORE, "nice", Place(country="FR"), pickup=True))
    )
    engine.run(AdjustStock(sku="TEE-M", location="nice", quantity=4, reason="received"))
    answers = {"A-1": "store:nice", "A-2": "cancel", "A-3": "ship", "A-4": "wait"}
    for name, option in answers.items():
        order = unfillable(engine, name, pickup="paris")
        id_ = drafted(engine, order)
        assert_clean(database)
        address = HOME if option == "ship" else None
        engine.run(d.AnswerDecision(decision=id_, order=order, option=option, reason="x", address=address))
        assert state_of(database, id_)["state"] == "executed", state_of(database, id_)
    assert value(database, "SELECT count(*) FROM cart_holds") == 0
    assert value(database, "SELECT claims FROM pool_levels WHERE pool = 'nice' AND sku = 'TEE-M'") == 2
    # the address stands with the people alone
    assert value(database, "SELECT count(*) FROM record_journal WHERE body LIKE '%%Paix%%'") == 0
    assert value(database, "SELECT count(*) FROM journal WHERE body LIKE '%%Paix%%'") == 0
    assert_clean(database)


def test_jobs_stand_behind_what_was_sent_and_verify_misses_them(engine: Engine, database: Database) -> None:
    open_shop(engine, [("TEE-M", "lyon", 2)])
    order = unfillable(engine)
    kinds = "SELECT string_agg(kind, ' ' ORDER BY kind) FROM outbox WHERE kind LIKE '%%decision%%'"
    assert value(database, kinds) == "draft_decision"
    drafted(engine, order)
    assert value(database, kinds) == "decision_due draft_decision"
    assert value(database, "SELECT next_step || ' ' || owner FROM orders") == "answer_decision customer"
    assert_clean(database)
    value(
        database, "WITH gone AS (DELETE FROM outbox WHERE kind = 'decision_due' RETURNING 1) SELECT count(*) FROM gone"
    )
    assert "has no timer" in faults_of(verify(database))["asked"][0]


def test_a_draft_waits_for_a_person_and_is_shipped_past(engine: Engine, database: Database) -> None:
    open_shop(engine, [("TEE-M", "lyon", 2), ("TEE-M", "lille", 2)])
    asks = AskPolicy(sends=())
    engine.run(PutChannel(channel=Channel("web", "Web shop", ("eu", "stores"), asks=asks)))
    order = placed(engine, order_of("A-1", ("TEE-M", 2, 2000)))
    id_ = drafted(engine, order, DecisionCause.DELAY, lines=(1,))
    assert state_of(database, id_)["state"] == "drafted"
    assert_clean(database)
    engine.run(c.AllocateUnits(order=order, group=1, allotments=(c.Allotment(1, "eu", "lyon", 2),)))
    engine.run(c.AcceptFulfillment(order=order, fulfillment=1))
    engine.run(c.PickUnits(order=order, fulfillment=1, lines=(LineQuantity(1, 2),)))
    assert value(database, "SELECT count(*) FROM outbox WHERE kind = 'review_decision'") >= 1
    engine.run(d.ReviewDecision(decision=id_, order=order))
    assert state_of(database, id_)["state"] == "withdrawn"
    assert_clean(database)


@pytest.mark.parametrize("seed", range(3))
def test_days_of_questions_leave_the_database_clean(database: Database, seed: int) -> None:
    dice, ahead = Random(seed), [timedelta()]

    def now() -> datetime:
        return datetime.now(UTC) + ahead[0]

    def read(order: OrderId) -> Order:
        with database.connection() as connection:
            return load_orders(connection, database.cell, [order])[order]

    def decisions() -> list[Decision]:
        rows = database.rows("SELECT body FROM records WHERE cell = %(cell)s AND kind = 'decision' ORDER BY id")
        return [decode_record("decision", body) for (body,) in rows]

    engine = Engine(database, clock=now)
    try:
        open_shop(engine, STOCK)
        for command in OPENING:
            engine.run(command)
        askers = Askers(dice, read, decisions, now)
        for _ in range(250):
            ahead[0] += timedelta(hours=dice.choice((0, 0, 1, 30)))
            command = askers.next()
            try:
                answer = engine.run(command)
            except Refused:
                continue
            if isinstance(command, c.PlaceOrder):
                askers.orders.append(order_id_of(answer))
        found = decisions()
        assert any(each.state is DecisionState.EXECUTED for each in found)
        assert_clean(database)
    finally:
        engine.close()
