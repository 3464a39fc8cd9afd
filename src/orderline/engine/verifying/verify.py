"""Verify a database while it is in use: one consistent snapshot, read only, a few hundred orders in memory at a time."""

import random
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any, Final, Literal
from uuid import UUID

import psycopg

from orderline.core.orders.events import AnyOrderEvent
from orderline.core.orders.state import Order
from orderline.engine.verifying.amounts import check_money, check_units
from orderline.engine.verifying.asked import AskedOf
from orderline.engine.verifying.called import CalledOf
from orderline.engine.verifying.closed import check_periods
from orderline.engine.verifying.collected import CollectedOf
from orderline.engine.verifying.combined import CombinedOf
from orderline.engine.verifying.decided import check_decisions
from orderline.engine.verifying.documented import check_documents
from orderline.engine.verifying.folding import fold_order
from orderline.engine.verifying.invariants import Invariant
from orderline.engine.verifying.labels import check_labels
from orderline.engine.verifying.measured import check_indicators
from orderline.engine.verifying.posted import check_books, check_postings
from orderline.engine.verifying.reading import Chunk, Row, all_chunks, sampled_chunks
from orderline.engine.verifying.recorded import check_records
from orderline.engine.verifying.renewed import check_contracts
from orderline.engine.verifying.repaired import RepairsOf
from orderline.engine.verifying.report import Tally, VerifyReport
from orderline.engine.verifying.reserved import Reserved
from orderline.engine.verifying.served import ServedOf
from orderline.engine.verifying.sums import check_sums
from orderline.engine.verifying.supplied import check_supply
from orderline.engine.verifying.waiting import WaitingOf
from orderline.store.database import Database, connect
from orderline.store.queries import query
from orderline.store.rows import (
    alarm_rows,
    appeasement_rows,
    company_row,
    dispute_rows,
    field_rows,
    fulfillment_row,
    has_units,
    hold_row,
    line_row,
    order_row,
    parcel_row,
    peg_rows,
    reference_rows,
    rejected_rows,
    return_rows,
    shipment_row,
    stored,
)
from orderline.store.rule_holds import rule_hold_rows
from orderline.values.ids import PersonToken

SAMPLE_AT_ONCE: Final = 20
_BY_ORDER: Final = (
    Invariant.JOURNAL, Invariant.CHAIN, Invariant.FOLD, Invariant.COLUMNS, Invariant.WINDOWS, Invariant.CONSERVATION,
    Invariant.PARCELS, Invariant.TOTALS, Invariant.MONEY, Invariant.INSTALLMENTS, Invariant.EFFECTS, Invariant.HOLDS, Invariant.PEOPLE,
    Invariant.LABELS, Invariant.POSTINGS, Invariant.BOOKS, Invariant.DOCUMENTS,
    Invariant.CREDITS,
)  # fmt: skip


def verify(
    database: Database,
    *,
    orders: int | Literal["all"] = "all",
    on_progress: Callable[[int], None] | None = None,
    seed: int | None = None,
) -> VerifyReport:
    """Check every invariant and tell what was found; nothing is changed, and nobody waits for it.

    orders: how many are folded, drawn evenly over time by `seed`, or all. Sums over whole tables are always asked.
    on_progress: called with the number of orders folded so far.
    """
    began = monotonic()
    tally = Tally()
    connection = connect(database.dsn, prepared=database.prepared, name="orderline-verify")
    try:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        folded = _check_orders(connection, database.cell, orders, tally, on_progress or (lambda count: None), seed)
        check_sums(connection, database.cell, tally)
        check_records(connection, database.cell, tally)
        check_periods(connection, database.cell, tally)
        check_contracts(connection, database.cell, tally)
        check_supply(connection, database.cell, tally)
        check_decisions(connection, database.cell, orders, tally)
        check_indicators(connection, database.cell, orders, tally)
        connection.execute("ROLLBACK")
    finally:
        connection.close()
    return VerifyReport(tally.reports(), folded, orders == "all", round(monotonic() - began, 3))


def _check_orders(
    connection: psycopg.Connection,
    cell: int,
    orders: int | Literal["all"],
    tally: Tally,
    on_progress: Callable[[int], None],
    seed: int | None,
) -> int:
    began = monotonic()
    for invariant in _BY_ORDER:
        tally.checked(invariant, 0)
    # Ranges of ids are read by index, however little is known of the tables yet.
    connection.execute("SET LOCAL enable_seqscan = off")
    connection.execute("SET LOCAL enable_bitmapscan = off")
    if orders == "all":
        chunks = all_chunks(connection, cell)
    else:
        chunks = sampled_chunks(connection, cell, _starts(connection, cell, orders, seed), SAMPLE_AT_ONCE)
    takers = (Reserved(), AskedOf(), CombinedOf(), WaitingOf(), CollectedOf(), CalledOf(), RepairsOf())
    served = ServedOf()
    folded = 0
    for chunk in chunks:
        check_chunk(connection, cell, chunk, tally, takers, served)
        folded += len(chunk.orders)
        on_progress(folded)
    connection.execute("SET LOCAL enable_seqscan = on")
    connection.execute("SET LOCAL enable_bitmapscan = on")
    tally.took(Invariant.FOLD, monotonic() - began)
    if orders == "all":
        for each in (*takers, served):
            each.compare(connection, cell, tally)
    return folded


def check_chunk(
    connection: psycopg.Connection,
    cell: int,
    chunk: Chunk,
    tally: Tally,
    takers: Sequence[Reserved | AskedOf | CombinedOf | WaitingOf | CollectedOf | CalledOf | RepairsOf],
    served: ServedOf,
) -> None:
    """Fold each order of a chunk and compare all its rows with what it should have.

    takers: what adds orders up; served: what adds up what has happened to them.
    """
    people: dict[PersonToken, Order] = {}
    known: list[Order] = []
    for row in chunk.orders:
        events: list[AnyOrderEvent] = []
        order = _check_order(row, chunk, tally, events)
        if order is None:
            continue
        check_units(order, tally)
        check_money(order, tally)
        check_labels(order, chunk.labels.pop(order.id, []), tally)
        served.take(order, events)
        for each in takers:
            each.take(order)
        people[order.person] = order
        known.append(order)
        # the address of a company's location is the company's, and no order's
        kept = order.company.recipient if order.company is not None else None
        people.update({each.recipient: order for each in order.agreement.groups if each.recipient != kept})
    for table, rows in (("journal", chunk.journal), ("label_documents", chunk.labels), *chunk.windows.items()):
        for order_id in rows:
            tally.fault(Invariant.WINDOWS, f"{table} has rows of the order {order_id}, which does not exist")
    for order_id in chunk.postings:
        tally.fault(Invariant.POSTINGS, f"the ledger has postings of the order {order_id}, which tells of none")
    check_documents(connection, cell, known, tally)
    _check_people(connection, cell, people, tally)


def _check_order(row: Row, chunk: Chunk, tally: Tally, events: list[AnyOrderEvent]) -> Order | None:
    order_id, number, intake_hash, state = row[0], row[1], row[-2], row[-1]
    entries = chunk.journal.pop(order_id, [])
    windows = {table: rows.pop(order_id, []) for table, rows in chunk.windows.items()}
    tally.checked(Invariant.FOLD)
    told: list[Row] = []
    order = fold_order(number, entries, tally, events, told)
    if order is None:
        tally.fault(Invariant.FOLD, f"{number}: its journal tells no order")
        return None
    if row[-3] != order.version:
        tally.fault(Invariant.JOURNAL, f"{number}: version {row[-3]}, with {len(entries)} journal entries")
    expected = order_row(stored(order), intake_hash)
    if expected[-1] != state:
        tally.fault(Invariant.FOLD, f"{number}: {_difference(expected[-1], state)}")
    tally.checked(Invariant.COLUMNS)
    if expected[:-1] != row[:-1]:
        wrong = [
            f"{stands!r} should be {should!r}" for should, stands in zip(expected, row, strict=True) if should != stands
        ]
        tally.fault(Invariant.COLUMNS, f"{number}: {'; '.join(wrong)[:300]}")
    if len(intake_hash) != 32:
        tally.fault(Invariant.COLUMNS, f"{number}: the hash of its intake is missing")
    _check_windows(order, events, windows, tally)
    postings = chunk.postings.pop(order_id, [])
    check_postings(number, told, postings, tally)
    check_books(order, postings, tally)
    return order


def _check_windows(order: Order, events: Sequence[AnyOrderEvent], windows: dict[str, list[Row]], tally: Tally) -> None:
    expected: dict[str, list[Row]] = {
        "order_lines": [line_row(order.id, line) for line in sorted(order.lines, key=_line) if has_units(line)],
        "fulfillment_orders": [fulfillment_row(order.id, each) for each in order.fulfillments],
        "shipments": [shipment_row(order.id, each) for each in order.shipments],
        "parcels": [parcel_row(order.id, each) for each in order.parcels],
        "holds": [hold_row(order.id, each) for each in order.holds],
        "rule_holds": rule_hold_rows(order.id, events),
        "alarms": alarm_rows(order),
        "rejected_lines": rejected_rows(order),
        "order_fields": field_rows(order),
        "return_items": return_rows(order),
        "appeasements": appeasement_rows(order),
        "payment_references": reference_rows(order),
        "order_disputes": dispute_rows(order),
        "company_orders": [company_row(order)] if order.company is not None else [],
        "pegs": sorted(peg_rows(order), key=lambda row: row[1:3]),
    }
    for table, rows in expected.items():
        stands = windows[table]
        tally.checked(Invariant.WINDOWS, len(rows))
        if rows != stands:
            wrong = [row for row in stands if row not in rows] or [row for row in rows if row not in stands]
            tally.fault(Invariant.WINDOWS, f"{order.number}: {table} is not what it should be: {str(wrong[:1])[:300]}")


def _check_people(connection: psycopg.Connection, cell: int, people: dict[PersonToken, Order], tally: Tally) -> None:
    tally.checked(Invariant.PEOPLE, len(people))
    parameters: dict[str, Any] = {"cell": cell, "tokens": list(people)}
    rows = connection.execute(query("verify", "known_people"), parameters, binary=True).fetchall()
    known = {token: (order_id, erased, full) for token, order_id, erased, full in rows}
    for token, order in people.items():
        if token not in known:
            tally.fault(Invariant.PEOPLE, f"{order.number}: there is no row for the person {token}")
            continue
        order_id, erased, full = known[token]
        if order_id != order.id:
            tally.fault(Invariant.PEOPLE, f"{order.number}: the person {token} is kept for the order {order_id}")
        if erased is not (token in order.erased):
            told = "erased" if erased else "not erased"
            tally.fault(Invariant.PEOPLE, f"{order.number}: the person {token} is {told}, the journal tells otherwise")
        if erased and full:
            tally.fault(Invariant.PEOPLE, f"{order.number}: the person {token} was erased, and is still known")


def _starts(connection: psycopg.Connection, cell: int, orders: int, seed: int | None) -> list[UUID]:
    """Random ids between the first order and the last: ids begin with the time, so they fall evenly over it."""
    row = connection.execute(query("verify", "first_order"), {"cell": cell}).fetchone()
    assert row is not None
    first, last = row
    if first is None:
        return []
    dice = random.Random(seed)
    wanted = -(-orders // SAMPLE_AT_ONCE)
    return sorted(UUID(int=dice.randint(first.int - 1, last.int)) for _ in range(wanted))


def _difference(expected: str, stands: str) -> str:
    at = next(
        (i for i, (a, b) in enumerate(zip(expected, stands, strict=False)) if a != b), min(len(expected), len(stands))
    )
    return (
        f"its document differs at byte {at}: has {stands[at : at + 60]!r}, the journal tells {expected[at : at + 60]!r}"
    )


def _line(line: Any) -> int:
    return line.line
