"""Several engines at once on one database, and what PostgreSQL does to them: nothing is doubled, lost or oversold."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest

from orderline.core.orders.commands import HoldInput, PlaceHold
from orderline.core.stock.commands import AdjustStock, ApplyFeed, CartLineInput, FeedRow, HoldCart
from orderline.engine.batch import Batch
from orderline.engine.engine import Engine
from orderline.engine.submissions import Outcome, Submission
from orderline.store.database import Database
from orderline.values.failures import Trouble
from orderline.values.ids import CartHoldId, new_id
from support.engines import assert_clean, open_shop, placed, together, value
from support.shop import order_of

TESTS = Path(__file__).parents[1]
RECEIVED = AdjustStock(sku="MUG", location="lyon", quantity=5, reason="received")


@pytest.fixture
def shop(engine: Engine) -> Engine:
    open_shop(engine, [("TEE-M", "lyon", 100), ("MUG", "lyon", 10)])
    return engine


def await_true(question: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not question():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.005)


def both_at_once(shop: Engine, other: Engine, submission: Submission, lock: LiteralString) -> list[Outcome]:
    """Submit the same to two engines, and let both read before either writes: they wait for a row that is locked."""
    with psycopg.connect(shop.database.dsn) as holder:
        holder.execute(lock)
        futures: list[Future[Outcome]] = [engine.submit(submission) for engine in (shop, other)]
        await_true(lambda: engines_waiting(shop.database) == 2)
    return [future.result(30) for future in futures]


def engines_waiting(database: Database) -> int:
    """Engine connections that wait for a lock."""
    return value(
        database,
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name = 'orderline-engine' AND wait_event_type = 'Lock'",
    )


# ------------------------------------------------------------------------------------- many engines


@pytest.mark.slow
def test_units_are_sold_once_whoever_sells_them(each_fresh_database: str) -> None:
    database = Database(each_fresh_database)
    engine = Engine(database, threads=1)
    open_shop(engine, [("TEE-M", "lyon", 90), ("TEE-M", "lille", 30), ("TEE-M", "paris", 30)])
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    processes = [
        subprocess.Popen(
            [sys.executable, str(TESTS / "engine" / "buyers.py"), each_fresh_database, f"p{number}", "120", "16"],
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
        )
        for number in range(2)
    ]
    told = [process.communicate(timeout=120)[0].split() for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    sold = sum(int(each[0]) for each in told)
    replayed = sum(int(each[1]) for each in told)
    assert sold == 150
    assert sum(int(each[2]) for each in told) == 240 - 150 - replayed
    assert value(database, "SELECT count(*) FROM orders") == 150
    assert value(database, "SELECT sum(claims) FROM pool_levels WHERE sku = 'TEE-M'") == 150
    assert_clean(database)
    engine.close()
    database.close()


def test_an_order_sent_to_two_engines_at_once_is_placed_once(shop: Engine, other: Engine) -> None:
    submission = Submission(command=order_of("A-1", ("TEE-M", 1, 2000)))
    outcomes = both_at_once(shop, other, submission, "SELECT FROM pool_levels WHERE sku = 'TEE-M' FOR UPDATE")
    assert len({outcome.answer for outcome in outcomes}) == 1
    assert sorted(outcome.replayed for outcome in outcomes) == [False, True]
    assert_clean(shop.database)


def test_a_key_sent_to_two_engines_at_once_has_one_effect(shop: Engine, other: Engine) -> None:
    order = placed(shop, order_of("A-1", ("TEE-M", 1, 2000)))
    submission = Submission(command=PlaceHold(order=order, hold=HoldInput(type="fraud")), key="k-1")
    outcomes = both_at_once(shop, other, submission, "SELECT FROM orders FOR UPDATE")
    assert len({outcome.answer for outcome in outcomes}) == 1
    assert value(shop.database, "SELECT count(*) FROM holds") == 1


def test_a_fact_told_to_two_engines_at_once_has_one_effect(shop: Engine, other: Engine) -> None:
    submission = Submission(command=RECEIVED, fact=("wms", "event-1"))
    outcomes = both_at_once(shop, other, submission, "SELECT FROM stock WHERE sku = 'MUG' FOR UPDATE")
    assert sorted(str(outcome.refused and outcome.refused.code) for outcome in outcomes) == [
        "FACT_ALREADY_TAKEN_IN",
        "None",
    ]
    assert value(shop.database, "SELECT sellable FROM stock WHERE sku = 'MUG'") == 15


def test_a_new_cart_held_by_two_engines_at_once_holds_its_units_once(shop: Engine, other: Engine) -> None:
    cart = HoldCart(cart=CartHoldId(new_id()), channel="web", lines=(CartLineInput("TEE-M", 2),))
    lock = "SELECT FROM pool_levels WHERE sku = 'TEE-M' FOR UPDATE"
    outcomes = both_at_once(shop, other, Submission(command=cart), lock)
    assert all(outcome.answer for outcome in outcomes)
    assert value(shop.database, "SELECT sum(held) FROM pool_levels") == 2
    assert_clean(shop.database)


def test_an_older_feed_never_overwrites_a_newer_one_that_another_engine_is_taking_in(
    shop: Engine, other: Engine
) -> None:
    newer, older = (
        ApplyFeed(feed="wms", sequence=sequence, part=0, delta=False, rows=(FeedRow("MUG", "lyon", sequence),))
        for sequence in (20, 19)
    )
    with psycopg.connect(shop.database.dsn) as holder:
        holder.execute("SELECT FROM stock WHERE sku = 'MUG' FOR UPDATE")
        first = shop.submit(Submission(command=newer))
        await_true(lambda: engines_waiting(shop.database) == 1)
        second = other.submit(Submission(command=older))
        await_true(lambda: engines_waiting(shop.database) == 2)
    assert first.result(30).answer
    refused = second.result(30).refused
    assert refused is not None
    assert refused.code == "FEED_SEQUENCE_OLD"
    assert value(shop.database, "SELECT sellable FROM stock WHERE sku = 'MUG'") == 20
    assert_clean(shop.database)


# ------------------------------------------------------------------------------------- what PostgreSQL does


def test_a_deadlock_with_a_stranger_is_survived(shop: Engine) -> None:
    dsn = shop.database.dsn
    with psycopg.connect(dsn) as stranger:
        stranger.execute("SELECT FROM pool_levels WHERE sku = 'MUG' FOR UPDATE")
        future = shop.submit(Submission(command=RECEIVED))
        await_true(lambda: engines_waiting(shop.database) == 1)
        stranger.execute("SELECT FROM stock WHERE sku = 'MUG' FOR UPDATE")
    assert future.result(30).answer
    assert value(shop.database, "SELECT sellable FROM stock WHERE sku = 'MUG'") == 15
    assert_clean(shop.database)


def test_new_rows_go_in_by_their_unique_keys(shop: Engine) -> None:
    """Else two engines that are sent the same things in another order wait for one another in a circle."""
    names = ["m", "z", "a", "k", "b"]
    orders = [Submission(command=order_of(name, ("TEE-M", 1, 2000))) for name in names]
    facts = [Submission(command=RECEIVED, key=name, fact=("acme", name)) for name in names]
    assert all(outcome.answer for outcome in together(shop, [*orders, *facts]))
    for table, column in (("orders", "external_id"), ("commands", "key"), ("inbox", "event_id")):
        told = f"SELECT array_agg({column} ORDER BY ctid) FROM {table} WHERE length({column}) = 1"
        assert value(shop.database, told) == sorted(names), table


def test_a_server_that_takes_no_writes_for_a_while_is_waited_for(shop: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = threading.Event()
    run = Batch.run

    def watched(batch: Batch, *arguments: Any) -> list[Outcome]:
        try:
            return run(batch, *arguments)
        except psycopg.errors.ReadOnlySqlTransaction:
            refused.set()
            raise

    monkeypatch.setattr(Batch, "run", watched)
    with psycopg.connect(shop.database.dsn, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'.encode())
        database = Database(shop.database.dsn)
        engine = Engine(database)
        future = engine.submit(Submission(command=RECEIVED))
        assert refused.wait(30)
        connection.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only'.encode())
    assert future.result(30).answer
    engine.close()
    database.close()


@pytest.mark.parametrize("level", ["repeatable read", "serializable"])
def test_stricter_isolation_only_means_trying_again(shop: Engine, level: str) -> None:
    with psycopg.connect(shop.database.dsn, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f"ALTER DATABASE \"{name}\" SET default_transaction_isolation = '{level}'".encode())
    databases = [Database(shop.database.dsn) for _ in range(2)]
    engines = [Engine(database, threads=2, most=5) for database in databases]
    futures = [
        engines[number % 2].submit(Submission(command=order_of(f"A-{number}", ("TEE-M", 1, 2000))))
        for number in range(120)
    ]
    outcomes = [future.result(60) for future in futures]
    for engine, database in zip(engines, databases, strict=True):
        engine.close()
        database.close()
    assert [outcome.failed for outcome in outcomes if outcome.failed] == []
    assert sum(bool(outcome.answer) for outcome in outcomes) == 100
    assert_clean(shop.database)


def test_an_answer_lost_after_the_commit_is_asked_for_again_without_doubling(
    shop: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = placed(shop, order_of("A-0", ("TEE-M", 1, 2000)))
    run, lost = Batch.run, []

    def lossy(batch: Batch, *arguments: Any) -> list[Outcome]:
        outcomes = run(batch, *arguments)
        if len(lost) % 2 == 0:
            lost.append(outcomes)
            batch.connection.close()
            raise psycopg.OperationalError("server closed the connection unexpectedly")
        lost.append(None)
        return outcomes

    monkeypatch.setattr(Batch, "run", lossy)
    commands = [
        Submission(command=order_of("A-1", ("TEE-M", 1, 2000))),
        Submission(command=RECEIVED),
        Submission(command=PlaceHold(order=order, hold=HoldInput(type="fraud"))),
        Submission(command=PlaceHold(order=order, hold=HoldInput(type="fraud")), key="k-1"),
    ]
    outcomes = together(shop, commands)
    assert len(lost) == 2
    assert all(outcome.answer for outcome in outcomes)
    assert all(outcome.replayed for outcome in outcomes)
    assert value(shop.database, "SELECT count(*) FROM orders") == 2
    assert value(shop.database, "SELECT sellable FROM stock WHERE sku = 'MUG'") == 15
    assert value(shop.database, "SELECT count(*) FROM holds") == 2
    assert_clean(shop.database)


def test_connections_killed_under_load_lose_and_double_nothing(shop: Engine) -> None:
    began = time.perf_counter()
    assert shop.submit(Submission(command=order_of("A", ("MUG", 1, 700)))).result(60).answer
    pace = max(0.03, 3 * (time.perf_counter() - began))  # as quick as this machine gets something done in between
    stop = threading.Event()
    kills = 0

    def kill() -> None:
        nonlocal kills
        text = (
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = 'orderline-engine'"
        )
        while kills < 10 and not stop.wait(pace):
            kills += value(shop.database, text)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        futures: list[Future[Outcome]] = []
        for number in range(300):
            futures.append(shop.submit(Submission(command=order_of(f"A-{number}", ("MUG", 1, 700)))))
            if number % 4 == 0:
                futures.append(shop.submit(Submission(command=RECEIVED)))
            if number % 20 == 0:
                futures[-1].result(60)
        outcomes = [future.result(60) for future in futures]
    finally:
        stop.set()
        killer.join()
    assert kills > 0
    assert all(outcome.answer for outcome in outcomes)
    assert value(shop.database, "SELECT count(*) FROM orders") == 301
    assert value(shop.database, "SELECT sellable FROM stock WHERE sku = 'MUG'") == 10 + 5 * 75
    assert_clean(shop.database)


def test_a_database_that_is_not_there_is_trouble_in_the_end(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orderline.engine.engine.TRY_FOR_S", 0.2)
    gone = Database(database.dsn.replace("orderline_", "no_such_"))
    engine = Engine(gone, threads=1)
    outcomes = together(engine, [RECEIVED, RECEIVED])
    engine.close()
    assert [type(outcome.failed) for outcome in outcomes] == [Trouble, Trouble]
