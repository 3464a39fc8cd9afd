"""Invoices in the database: numbers without a gap or a double, whatever happens to who takes them."""

import threading
from time import perf_counter
from typing import LiteralString

import psycopg
import pytest

from orderline.core.documents.issuing import IssueInvoice
from orderline.engine.engine import Engine
from orderline.engine.submissions import Outcome, Submission
from orderline.engine.verifying import verify
from orderline.store.database import Database
from orderline.values.ids import OrderId
from support.engines import assert_clean, faults_of, open_shop, placed, value
from support.shop import order_of

ORDERS = 60
CUTS = 20  # then they are let through, however slow the machine


@pytest.fixture
def shop(engine: Engine) -> Engine:
    open_shop(engine)
    return engine


def invoice(order: OrderId) -> Submission:
    return Submission(command=IssueInvoice(order=order, entity="main"))


def numbers(database: Database) -> list[str]:
    return value(
        database, "SELECT array_agg(body::jsonb ->> 'number' ORDER BY body::jsonb ->> 'number') FROM records"
        " WHERE kind = 'document'",
    )  # fmt: skip


def test_an_invoice_is_written_with_its_number_its_postings_and_the_order(shop: Engine) -> None:
    order = placed(shop, order_of("A-1", ("EBOOK", 2, 900), paid="captured"))
    [outcome] = [future.result(30) for future in shop.submit_all([invoice(order)])]
    assert outcome.refused is None
    assert numbers(shop.database) == ["INV-2026-000001"]
    sums = value(
        shop.database, "SELECT jsonb_object_agg(account, amount) FROM (SELECT account, sum(amount_minor) AS amount"
        " FROM postings GROUP BY account) AS a",
    )  # fmt: skip
    assert sums == {"psp_clearing": 1800, "deposits": 0, "receivable": 0, "revenue_goods": -1800}
    assert_clean(shop.database)


TAMPERING = [
    ("DELETE FROM records WHERE kind = 'document'",                                             {"numbers", "documents"}),
    ("UPDATE records SET body = replace(body, '\"total_minor\":1800', '\"total_minor\":18')",   {"documents", "records"}),
    ("UPDATE records SET body = replace(body, '\"INV-2026-\":1', '\"INV-2026-\":2') WHERE kind = 'series'", {"numbers"}),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "found_by"), TAMPERING)
def test_a_document_that_was_changed_or_is_missing_is_found(
    shop: Engine, statement: LiteralString, found_by: set[str]
) -> None:
    order = placed(shop, order_of("A-1", ("EBOOK", 2, 900), paid="captured"))
    assert [future.result(30).refused for future in shop.submit_all([invoice(order)])] == [None]
    with psycopg.connect(shop.database.dsn, autocommit=True) as connection:
        connection.execute(statement)
    assert found_by <= set(faults_of(verify(shop.database)))


def test_two_engines_whose_connections_are_cut_leave_no_gap_and_no_double(shop: Engine, other: Engine) -> None:
    began = perf_counter()
    orders = [placed(shop, order_of(f"A-{n}", ("EBOOK", 1, 900), paid="captured")) for n in range(ORDERS)]
    stop, cuts = threading.Event(), list[int]()
    pace = max(0.03, 3 * (perf_counter() - began) / ORDERS)  # as quick as this machine gets something done in between

    def cut() -> None:
        with psycopg.connect(shop.database.dsn, autocommit=True) as connection:
            while sum(cuts) < CUTS and not stop.is_set():
                found = connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                    " AND application_name = 'orderline-engine' ORDER BY random() LIMIT 1"
                )
                cuts.append(found.rowcount)
                stop.wait(pace)

    cutter = threading.Thread(target=cut)
    cutter.start()
    try:
        # Both are asked for every invoice: one of the two has it, whoever is cut off meanwhile.
        futures = [future for order in orders for e in (shop, other) for future in (e.submit(invoice(order)),)]
        outcomes: list[Outcome] = [future.result(60) for future in futures]
    finally:
        stop.set()
        cutter.join()
    for order in orders:  # what was given up after its last attempt
        shop.submit(invoice(order)).result(60)
    issued = sum(outcome.refused is None and outcome.failed is None for outcome in outcomes)
    assert 0 < issued <= ORDERS
    assert sum(cuts) > 0
    assert numbers(shop.database) == [f"INV-2026-{n:06d}" for n in range(1, ORDERS + 1)]
    assert value(shop.database, "SELECT count(DISTINCT subject) FROM records WHERE kind = 'document'") == ORDERS
    assert_clean(shop.database)
