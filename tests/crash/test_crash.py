"""Kill -9 everything at random under load: nothing acknowledged is lost, nothing doubled, nothing oversold.

ORDERLINE_TEST_CRASH_KILLS says how many kills there are to be (5), ORDERLINE_TEST_CRASH_REPORT where the report is
written as JSON as well.
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import psycopg
import pytest

from crash.buyers import HOT, Buyers
from crash.clerks import PLENTY, Clerks, stores
from crash.ledger import Client, Ledger
from crash.payments import behave, checked_payments, unanswered
from crash.rig import Rig, await_true
from orderline.engine.verifying import verify
from orderline.store.database import Database
from orderline.store.embedded import EmbeddedServer
from support.databases import run_directory
from support.depth import deep
from support.engines import faults_of

KILLS = int(os.environ.get("ORDERLINE_TEST_CRASH_KILLS", deep(5)))
SEED = int(os.environ.get("ORDERLINE_TEST_CRASH_SEED", "1"))
REPORT = "ORDERLINE_TEST_CRASH_REPORT"
AT_MOST_S = 420
HOT_UNITS = 600
BUYERS, CLERKS = 6, 4
KINDS_OF_WORK = 21
# Records that clerks alone change: each of their commands is one entry of the record's journal.
OWN = (
    "purchase_order", "transfer", "count", "wave", "policy", "box", "ticket", "quote", "reallocation", "demand",
    "carrier_claim", "missing_parcel",
)  # fmt: skip
PARTNER = "sandbox_warehouses"


@pytest.fixture
def rig() -> Iterator[Rig]:
    home = run_directory() / f"crash-{os.getpid()}"
    home.mkdir(mode=0o711)
    made = Rig(home, SEED)
    with made.running():
        yield made


def open_shop(rig: Rig) -> Client:
    """A merchant with one SKU of which there is little and many of which there is plenty."""
    await_true("the server has made its key", lambda: bool(rig.key), 60)
    client = Client(rig.port, rig.key)
    await_true("the server answers", lambda: client.ask("GET", "/v1/health")[0] == 200, 60)
    place = {"country": "FR", "postal_code": "69001", "city": "Lyon"}
    location = {"name": "Lyon", "kind": "warehouse", "pool": "eu", "place": place, "partner": PARTNER}
    skus = [{"code": HOT}, *({"code": f"SKU-{number}"} for number in range(50))]
    bodies: list[tuple[str, str, Any]] = [
        ("PUT", "/v1/pools/eu", {"name": "Warehouses"}),
        ("PUT", "/v1/locations/lyon", location),
        ("PUT", "/v1/locations/lille", {**location, "name": "Lille"}),
        ("PUT", "/v1/channels/web", {"name": "Web", "pools": ["eu"]}),
        ("PUT", "/v1/skus", {"skus": skus}),
    ]
    for sku in skus:
        quantity = HOT_UNITS if sku["code"] == HOT else PLENTY
        adjustment = {"sku": sku["code"], "location": "lyon", "quantity": quantity, "reason": "received"}
        bodies.append(("POST", "/v1/stock/adjustments", adjustment))
    bodies += stores(CLERKS)
    for number, (method, path, body) in enumerate(bodies):
        status, answer = client.ask(method, path, body, f"setup-{number}")
        assert 200 <= status < 300, (path, status, answer)
    return client


@pytest.mark.slow
@pytest.mark.crash
def test_nothing_acknowledged_is_lost_whatever_is_killed(rig: Rig, capsys: pytest.CaptureFixture[str]) -> None:
    open_shop(rig).close()
    began = time.monotonic()
    ledger = Ledger()
    clients = (Buyers(rig.port, rig.key, ledger, BUYERS), Clerks(rig.port, rig.key, ledger, CLERKS))
    for each in clients:
        each.start()
    dice = Random(SEED)
    while rig.kills.total() < KILLS and time.monotonic() - began < AT_MOST_S:
        # Now and then before everything runs again; but orders have to come through as well.
        await_more_orders(ledger, dice.choice([0, 0, 10, 50]))
        time.sleep(dice.uniform(0.0, 2.0))
        rig.kill()
    if KILLS >= 10:
        await_true("each kind of work is done", lambda: len(ledger.done) == KINDS_OF_WORK or bool(ledger.wrong), 240)
    ledger.stopping.set()
    behave(rig.sandbox_url)
    for each in clients:
        each.join()
    assert ledger.wrong == []
    took_s = time.monotonic() - began
    server = EmbeddedServer(rig.data_dir)
    database = Database(server.start())
    try:
        report: dict[str, Any] = checked(database, ledger, rig) | {"seconds": round(took_s)}
        report |= checked_work(database, ledger)
        report |= quiet_payments(database.dsn, rig, ledger)
    finally:
        database.close()
        server.stop()
    tell(report, capsys)
    assert rig.kills.total() >= KILLS, rig.log_tail()
    assert (report["lost"], report["doubled"], report["oversold"], report["faults"]) == (0, 0, 0, {})
    assert (report["work_lost"], report["work_doubled"], report["stock_doubled"]) == ([], [], 0)
    assert report["payments_wrong"] == []
    assert report["payments_in_doubt"] > 0
    assert report["acknowledged"] > 10 * KILLS
    assert report["repeated"] > 0


def quiet_payments(dsn: str, rig: Rig, ledger: Ledger) -> dict[str, Any]:
    """The books of both when they are alike, or as they are after minutes: what was placed last still ships meanwhile.

    A thousand orders a minute go through where other tests run beside; an answer in doubt is asked for as well.
    """
    stop = time.monotonic() + 300
    while True:
        waiting = unanswered(dsn)
        report = checked_payments(dsn, rig.sandbox_url, ledger.refunded)
        if waiting:
            report["payments_wrong"].append(f"{waiting} answers are still to come")
        if not report["payments_wrong"] or time.monotonic() >= stop:
            return report
        time.sleep(5)


def await_more_orders(ledger: Ledger, more: int) -> None:
    """Until so many more orders have been acknowledged."""
    wanted = len(ledger.acknowledged) + more
    await_true("orders come through", lambda: len(ledger.acknowledged) >= wanted, 120)


def checked(database: Database, ledger: Ledger, rig: Rig) -> dict[str, Any]:
    """What is in the database beside what was acknowledged."""
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        rows = connection.execute("SELECT external_id, id::text FROM orders").fetchall()
        sold = connection.execute(
            "SELECT coalesce(sum(ordered - canceled), 0) FROM order_lines WHERE sku = %s", [HOT]
        ).fetchone()
        # Canceled, sold again, and sent all the same: nobody could know, and who has it too little is told.
        late = connection.execute(
            "SELECT coalesce(sum((item ->> 'quantity')::int), 0) FROM journal AS j"
            " JOIN order_lines AS l ON l.order_id = j.order_id AND l.sku = %s"
            " CROSS JOIN LATERAL jsonb_array_elements(j.body::jsonb -> 'events') AS event"
            " CROSS JOIN LATERAL jsonb_array_elements(event -> 'items') AS item"
            " WHERE strpos(j.body, 'ship_late') > 0 AND event ->> 'move' = 'ship_late'"
            " AND (item ->> 'line')::int = l.line",
            [HOT],
        ).fetchone()
        received = connection.execute(
            "SELECT sum(quantity) FROM stock_entries WHERE sku = 'SKU-0' AND cause = 'received'"
        ).fetchone()
        delivered = connection.execute("SELECT count(*) FROM orders WHERE phase = 'delivered'").fetchone()
        dead = connection.execute("SELECT count(*) FROM outbox WHERE state = 'dead'").fetchone()
    assert sold is not None
    assert late is not None
    assert received is not None
    assert delivered is not None
    assert dead is not None
    names = [name for name, _ in rows]
    stored = dict(rows)
    lost = [name for name, id_ in ledger.acknowledged.items() if stored.get(name) != id_]
    doubled = len(names) - len(set(names)) + len(names) - len(set(stored.values()))
    verified = verify(database)
    return {
        "kills": rig.kills.total(),
        "of": dict(sorted(rig.kills.items())),
        "acknowledged": len(ledger.acknowledged),
        "refused": ledger.refused.total(),
        "refusals": dict(ledger.refused),
        "orders": len(rows),
        "delivered": delivered[0],
        "lost": len(lost),
        "doubled": doubled + len(names) - len(ledger.acknowledged) + len(lost),
        "sent_in_spite": int(late[0]),
        "oversold": max(0, int(sold[0]) - int(late[0]) - HOT_UNITS),
        "stock_doubled": int(received[0]) - PLENTY - ledger.received,
        "dead_letters": dead[0],
        "requests_without_answer": ledger.answers[0],
        "faults": {name: list(told) for name, told in faults_of(verified).items()},
        "verified": {"orders": verified.orders, "seconds": verified.seconds},
    }


def checked_work(database: Database, ledger: Ledger) -> dict[str, Any]:
    """Records, stock and decisions beside what clerks were told."""
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        records = connection.execute(
            "SELECT kind, id, version FROM records WHERE kind = ANY(%s)", [list(OWN)]
        ).fetchall()
        entries = connection.execute("SELECT cause, sum(quantity) FROM stock_entries GROUP BY cause").fetchall()
        decisions = connection.execute("SELECT id, body::json FROM records WHERE kind = 'decision'").fetchall()
    versions = {(kind, id_): version for kind, id_, version in records}
    lost = [
        f"{key}: {versions.get(key)} of {told}" for key, told in ledger.versions.items() if versions.get(key, 0) < told
    ]
    doubled = [
        f"{key}: {versions[key]} of {told}" for key, told in ledger.versions.items() if versions.get(key, 0) > told
    ]
    posted = {cause: int(units) for cause, units in entries}
    for cause, units in ledger.posted.items():
        if posted.get(cause, 0) != units:
            (doubled if posted.get(cause, 0) > units else lost).append(
                f"{cause}: {posted.get(cause, 0)} units of {units}"
            )
    answers = {id_: body.get("evidence", {}).get("answer") for id_, body in decisions}
    lost += [
        f"decision {id_}: {answers.get(id_)} instead of {told}"
        for id_, told in ledger.answered.items()
        if answers.get(id_) != told
    ]
    return {
        "work": dict(sorted(ledger.done.items())),
        "records": len(ledger.versions),
        "repeated": ledger.repeated,
        "work_lost": lost,
        "work_doubled": doubled,
    }


def tell(report: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    """One line to read, and the file that was asked for."""
    with capsys.disabled():
        line = "{kills} kills, {acknowledged} acknowledged orders, lost {lost}, doubled {doubled}, oversold {oversold}"
        line += ", {sent_in_spite} sent in spite of a cancellation"
        sys.stdout.write(f"\ncrash: {line.format(**report)} ({report['of']}, {report['seconds']} s)\n")
        sys.stdout.write(
            "crash: {payments} orders paid, {payments_in_doubt} answers in doubt, {refunds} refunds,"
            " not alike at the provider: {wrong}\n".format(**report, wrong=len(report["payments_wrong"]))
        )
        sys.stdout.write(f"crash: {report['records']} records, {report['repeated']} sent again, {report['work']}\n")
    if path := os.environ.get(REPORT):
        Path(path).write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
