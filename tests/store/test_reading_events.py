"""The feed: each event once, in an order that never changes, and none behind a cursor that was given out."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import msgspec
import psycopg
import pytest

from orderline.store.queries import query
from orderline.store.reading.events import START, Place, load_events, load_order_events
from orderline.store.reading.source import Source
from store.busy import BusyShop, busy_shop
from support.engines import placed
from support.finality import until_final
from support.shop import order_of


def follow(source: Source, place: Place, *, most: int = 50) -> tuple[list[str], Place]:
    """The ids of all events after a place, and the place behind them."""
    ids: list[str] = []
    while True:
        page = load_events(source, place, most=most)
        ids += [msgspec.json.decode(item)["id"] for item in page.items]
        place = page.place
        if not page.more:
            return ids, place


def follow_until(source: Source, place: Place, wanted: int, *, most: int = 50) -> list[str]:
    """As `follow`, until so many have come: whoever else is busy on this server holds the feed back for a while."""
    deadline = time.monotonic() + 60
    ids, place = follow(source, place, most=most)
    while len(ids) < wanted and time.monotonic() < deadline:
        found, place = follow(source, place, most=most)
        ids += found
    return ids


def test_the_feed_has_every_event_of_the_journal_once(busy: BusyShop) -> None:
    rows = busy.database.rows("SELECT order_id, seq, body FROM journal WHERE cell = %(cell)s")
    expected = {
        f"{order_id}-{seq}-{index}"
        for order_id, seq, body in rows
        for index in range(len(msgspec.json.decode(body)["events"]))
    }
    ids = follow_until(busy.source, START, len(expected), most=7)
    assert len(ids) == len(set(ids))
    assert set(ids) == expected
    assert follow(busy.source, START, most=500)[0] == ids


def events_of(shop: BusyShop) -> int:
    rows = shop.database.rows("SELECT body FROM journal WHERE cell = %(cell)s")
    return sum(len(msgspec.json.decode(body)["events"]) for (body,) in rows)


def test_a_transaction_that_commits_late_holds_the_feed_back_and_is_not_skipped(fresh_database: str) -> None:
    with busy_shop(fresh_database, orders=3) as shop:
        follow_until(shop.source, START, events_of(shop))
        ids, place = follow(shop.source, START)
        with psycopg.connect(fresh_database) as late:
            late.execute(
                "INSERT INTO journal (cell, order_id, seq, recorded_at, body, hash)"
                " SELECT cell, order_id, 999, recorded_at, body, hash FROM journal WHERE order_id = %s AND seq = 1",
                [shop.ids[0]],
            )
            early = placed(shop.engine, order_of("early", ("EBOOK", 1, 500), paid=None))
            assert follow(shop.source, place) == ([], place)
            late.commit()
        shown = follow_until(shop.source, place, events_of(shop) - len(ids))
        assert shown[0].startswith(f"{shop.ids[0]}-999-")
        assert shown[-1].startswith(f"{early}-1-")
        assert follow(shop.source, START)[0] == ids + shown


def test_a_reader_who_follows_while_many_write_misses_nothing(fresh_database: str) -> None:
    with busy_shop(fresh_database, orders=2) as shop:
        until_final(fresh_database)
        _, place = follow(shop.source, START)
        seen: list[str] = []
        done = threading.Event()

        def write(name: str) -> None:
            for number in range(40):
                placed(shop.engine, order_of(f"{name}-{number}", ("EBOOK", 1, 500), paid=None))

        with ThreadPoolExecutor(4) as writers:
            jobs = [writers.submit(write, f"w{number}") for number in range(4)]
            while not done.is_set():
                if all(job.done() for job in jobs):
                    done.set()
                found, place = follow(shop.source, place, most=11)
                seen += found
            for job in jobs:
                job.result()
        # Whoever else is busy on this server holds the feed back for a while.
        deadline = time.monotonic() + 60
        while len({each.rpartition("-")[0] for each in seen}) < 160 and time.monotonic() < deadline:
            found, place = follow(shop.source, place, most=11)
            seen += found
        assert len(seen) == len(set(seen))
        assert seen == follow(shop.source, START)[0][-len(seen) :]
        assert len({each.rpartition("-")[0] for each in seen}) == 160


def test_events_can_be_filtered_while_the_cursor_goes_on(busy: BusyShop) -> None:
    page = load_events(busy.source, START, most=10_000, types=frozenset({"hold_placed"}), channels=("market",))
    events = [msgspec.json.decode(item) for item in page.items]
    assert events
    assert {event["type"] for event in events} == {"orderline.hold_placed"}
    assert {event["data"]["channel"] for event in events} == {"market"}
    assert page.place == load_events(busy.source, START, most=10_000).place


def test_the_events_of_an_order_are_read_version_by_version(busy: BusyShop) -> None:
    first = load_order_events(busy.source, busy.ids[0], "web", after=0, most=1)
    second = load_order_events(busy.source, busy.ids[0], "web", after=first.place[2], most=500)
    whole = load_order_events(busy.source, busy.ids[0], "web", after=0, most=500)
    assert first.items + second.items == whole.items
    assert (first.more, whole.more) == (True, False)


@pytest.mark.parametrize("name", ["events_after", "order_events"])
def test_events_are_read_by_index(busy: BusyShop, name: str) -> None:
    parameters = {"position": 1, "order_id": busy.ids[0], "seq": 1, "after": 0, "most": 10, "seen_at": None}
    plan = "\n".join(row[0] for row in busy.source.run("EXPLAIN " + query("reading_events", name), parameters))
    assert "Seq Scan on " not in plan
    if name == "events_after":
        assert "Sort" not in plan.replace("Sort Key", "")


@pytest.mark.parametrize("name", ["touches_by_hand", "touches_by_keys", "accepted_orders"])
def test_what_people_did_is_listed_by_index(busy: BusyShop, name: str) -> None:
    now = datetime.now(UTC)
    parameters = {
        "position": 2**62, "order_id": busy.ids[0], "seq": 1, "first": 0, "since": now - timedelta(days=1), "until": now,
        "hands": ['"name":"ann","via":"cli"'], "persons": ['api:k"'], "named": [], "channels": None, "command": "", "once": True,
        "most": 10,
    }  # fmt: skip
    plan = "\n".join(row[0] for row in busy.source.run("EXPLAIN " + query("touches", name), parameters))
    assert "Seq Scan on " not in plan
    assert "Scan Backward using journal_" in plan
