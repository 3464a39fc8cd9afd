"""The ledger against the journals: each posting is one that was told, and what is open of an order is their sum."""

from typing import Any, Final

import msgspec
import psycopg

from orderline.core.ledger.state import ORDER_ACCOUNTS, Account
from orderline.core.orders.state import Order
from orderline.core.record_kinds import KINDS
from orderline.core.records import RecordKey
from orderline.engine.sealing import Entry, RecordEntry
from orderline.engine.verifying.invariants import Invariant
from orderline.engine.verifying.report import Tally
from orderline.store.queries import query
from orderline.store.rows import ORDER_SOURCE, POSTING_COLUMNS, posted_by, posting_rows

Row = tuple[Any, ...]
_AT: Final = {name: place for place, name in enumerate(POSTING_COLUMNS)}


def rows_of_order(entry: Entry) -> list[Row]:
    """The postings that an entry of an order's journal tells, as they are stored."""
    rows = posting_rows(ORDER_SOURCE, str(entry.order), entry.seq, posted_by(entry.events))
    return [(*row, entry.at) for row in rows]


def rows_of_record(entry: RecordEntry) -> list[Row]:
    """As `rows_of_order`, of a record."""
    kind = KINDS[entry.kind]
    told = [each for event in entry.events for each in kind.postings(msgspec.convert(event, kind.events))]
    return [(*row, entry.at) for row in posting_rows(entry.kind, entry.id, entry.seq, told)]


def check_postings(name: str, told: list[Row], stand: list[Row], tally: Tally) -> None:
    """Compare what a journal tells with what stands in the table."""
    tally.checked(Invariant.POSTINGS, len(told))
    if told != stand:
        wrong = [row for row in stand if row not in told] or [row for row in told if row not in stand] or [told]
        tally.fault(Invariant.POSTINGS, f"{name}: the ledger is not what its journal tells: {str(wrong[0])[:300]}")


def check_books(order: Order, stand: list[Row], tally: Tally) -> None:
    """What is open in the books of an order is the sum of its postings, account by account."""
    if order.books is None and not stand:
        return
    tally.checked(Invariant.BOOKS)
    sums: dict[tuple[str, str, str], tuple[int, int]] = {}
    for row in stand:
        account = Account(row[_AT["account"]])
        if account in ORDER_ACCOUNTS:
            key = (row[_AT["entity"]], account, row[_AT["sub"]])
            amount, base = sums.get(key, (0, 0))
            sums[key] = amount + row[_AT["amount_minor"]], base + row[_AT["base_minor"]]
    left = {key: pair for key, pair in sums.items() if any(pair)}
    told: dict[tuple[str, str, str], tuple[int, int]] = {}
    if order.books is not None:
        for each in order.books.balances:
            told[order.books.entity, each.account, each.sub] = (each.amount_minor, each.base_minor)
    if told != left:
        tally.fault(Invariant.BOOKS, f"{order.number}: its books say {told}, its postings {left}"[:400])


def postings_of_records(
    connection: psycopg.Connection, cell: int, after: RecordKey, last: tuple[str | None, str | None]
) -> dict[RecordKey, list[Row]]:
    """What stands in the ledger of the records after one and up to another."""
    parameters = {"cell": cell, "kind": after[0], "id": after[1], "last_kind": last[0], "last_id": last[1]}
    found: dict[RecordKey, list[Row]] = {}
    for row in connection.execute(query("ledger", "postings_of_records"), parameters, binary=True):
        found.setdefault((row[0], row[1]), []).append(row)
    return found
