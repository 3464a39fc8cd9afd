"""Orders with all their rows, some hundred at a time, so that any number of them fits in memory."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import psycopg

from orderline.store.queries import query

AT_ONCE: Final = 500
BEFORE_ALL: Final = UUID(int=0)
AFTER_ALL: Final = UUID(int=2**128 - 1)
# The window tables of an order, by the position of the order's id in their rows.
WINDOWS: Final = {
    "order_lines": 0,
    "fulfillment_orders": 1,
    "shipments": 1,
    "parcels": 1,
    "holds": 0,
    "rule_holds": 0,
    "alarms": 0,
    "rejected_lines": 0,
    "order_fields": 0,
    "payment_references": 0,
    "order_disputes": 0,
    "pegs": 0,
    "return_items": 0,
    "appeasements": 0,
    "company_orders": 0,
}

# Where the query of a window stands with its capability.
ROOMS: Final = {"appeasements": "appeasements", "rule_holds": "holds", "rejected_lines": "fulfillments"}

Row = tuple[Any, ...]
RowsByOrder = dict[UUID, list[Row]]


@dataclass
class Chunk:
    """Orders that follow one another by id, with what belongs to them; `windows` by table, then by order."""

    orders: list[Row]
    journal: RowsByOrder = field(default_factory=dict[UUID, list[Row]])
    windows: dict[str, RowsByOrder] = field(default_factory=dict[str, RowsByOrder])
    labels: RowsByOrder = field(default_factory=dict[UUID, list[Row]])
    postings: RowsByOrder = field(default_factory=dict[UUID, list[Row]])


def all_chunks(connection: psycopg.Connection, cell: int) -> Iterator[Chunk]:
    """All orders by id; rows that belong to none come with the orders whose ids are next to theirs."""
    after, most = BEFORE_ALL, AT_ONCE
    while True:
        orders = _orders(connection, cell, after, most)
        last = orders[-1][0] if len(orders) == most else AFTER_ALL
        yield _with_rows(connection, cell, orders, after, last)
        if last == AFTER_ALL:
            return
        after = last


def sampled_chunks(connection: psycopg.Connection, cell: int, starts: list[UUID], each: int) -> Iterator[Chunk]:
    """Up to `each` orders after each of the ids given, which ascend; none comes twice."""
    after = BEFORE_ALL
    for start in starts:
        after = max(after, start)
        orders = _orders(connection, cell, after, each)
        if orders:
            yield _with_rows(connection, cell, orders, after, orders[-1][0])
            after = orders[-1][0]


def _orders(connection: psycopg.Connection, cell: int, after: UUID, most: int) -> list[Row]:
    parameters = {"cell": cell, "after": after, "most": most}
    return connection.execute(query("verify", "orders_after"), parameters, binary=True).fetchall()


def _with_rows(connection: psycopg.Connection, cell: int, orders: list[Row], after: UUID, last: UUID) -> Chunk:
    chunk = Chunk(orders)
    between = {"cell": cell, "after": after, "last": last}
    with connection.pipeline():
        journal = connection.execute(query("verify", "journal_between"), between, binary=True)
        labels = connection.execute(query("shipments", "documents_between"), between, binary=True)
        postings = connection.execute(query("ledger", "postings_between"), between, binary=True)
        windows = {
            table: connection.execute(query(ROOMS.get(table, "verify"), f"{table}_between"), between, binary=True)
            for table in WINDOWS
        }
        chunk.journal = _by_order(journal.fetchall(), 0)
        chunk.labels = _by_order(labels.fetchall(), 0)
        for row in postings.fetchall():
            chunk.postings.setdefault(UUID(row[1]), []).append(row)
        for table, cursor in windows.items():
            chunk.windows[table] = _by_order(cursor.fetchall(), WINDOWS[table])
    return chunk


def _by_order(rows: list[Row], position: int) -> RowsByOrder:
    by_order: RowsByOrder = {}
    for row in rows:
        by_order.setdefault(row[position], []).append(row)
    return by_order
