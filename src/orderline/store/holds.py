"""What orders are recognized by, what is counted of it, and holds whose time is over."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from orderline.core.disputes.state import TAKEN
from orderline.core.holds.lists import LIST_ENTRY, ListEntry
from orderline.store.database import Database
from orderline.store.loading import decode_record
from orderline.store.queries import query
from orderline.values.ids import OrderId, PersonToken


class Trace(NamedTuple):
    """What an order is recognized by."""

    order: OrderId
    kind: str
    digest: bytes
    placed_at: datetime


class Counted(NamedTuple):
    """A trace that is counted since an instant."""

    trace: Trace
    since: datetime


def save_traces(database: Database, traces: Collection[Trace], persons: Collection[PersonToken]) -> None:
    """Keep what orders are recognized by; told again it changes nothing.

    persons: their customers; of orders whose customer was erased meanwhile nothing is kept.
    """
    if traces:
        rows = sorted(traces)
        given = {
            "persons": sorted(persons),
            "orders": [each.order for each in rows],
            "kinds": [each.kind for each in rows],
            "digests": [each.digest for each in rows],
            "placed": [each.placed_at for each in rows],
        }
        with database.connection() as connection:
            connection.execute(query("holds", "save_traces"), {"cell": database.cell, **given})


def count_traces(database: Database, asked: Sequence[Counted]) -> dict[tuple[OrderId, str], int]:
    """How many other orders have the same trace, by order and kind."""
    if not asked:
        return {}
    rows = database.rows(query("holds", "count_traces"), _spans(asked))
    return {(OrderId(order), kind): int(orders) for order, kind, orders in rows}


def find_twins(database: Database, asked: Sequence[Counted]) -> dict[OrderId, list[str]]:
    """The numbers of other orders of the same goods by the same customer, by order."""
    found: dict[OrderId, list[str]] = {}
    if asked:
        given = _spans(asked)
        del given["kinds"]
        for order, number in database.rows(query("holds", "twins"), given):
            found.setdefault(OrderId(order), []).append(number)
    return found


def count_earlier(database: Database, emails: Mapping[OrderId, str]) -> dict[OrderId, int]:
    """How many other orders there are by the email address of each."""
    if not emails:
        return {}
    given = {"orders": list(emails), "emails": list(emails.values())}
    return {OrderId(order): int(n) for order, n in database.rows(query("holds", "earlier_orders"), given)}


def count_returned(database: Database, emails: Mapping[OrderId, str]) -> dict[OrderId, tuple[int, int]]:
    """What the same customers have sent back of other orders: how many orders, how many units."""
    if not emails:
        return {}
    given = {"orders": list(emails), "emails": list(emails.values())}
    rows = database.rows(query("holds", "earlier_returns"), given)
    return {OrderId(order): (int(orders), int(units)) for order, orders, units in rows}


def count_charged_back(database: Database, traces: Collection[Trace]) -> dict[OrderId, dict[str, int]]:
    """Other orders that were charged back, by order and by what they have in common with it; `fraud`: all that were for fraud."""
    if not traces:
        return {}
    rows = sorted(traces)
    given = {
        "orders": [each.order for each in rows],
        "kinds": [each.kind for each in rows],
        "digests": [each.digest for each in rows],
        "taken": sorted(TAKEN),
    }
    counted: dict[OrderId, Counter[str]] = {}
    frauds: dict[OrderId, set[UUID]] = {}
    for order, kind, other, fraud in database.rows(query("holds", "charged_back"), given):
        counted.setdefault(OrderId(order), Counter())[kind] += 1
        if fraud:
            frauds.setdefault(OrderId(order), set()).add(other)
    return {order: {**kinds, "fraud": len(frauds.get(order, ()))} for order, kinds in counted.items()}


def load_entries(database: Database, ids: Collection[str]) -> dict[str, ListEntry]:
    """Entries of lists by id, of those that there are."""
    rows = database.rows(query("holds", "entries"), {"kind": LIST_ENTRY, "ids": sorted(ids)}) if ids else []
    return {id_: decode_record(LIST_ENTRY, body) for id_, body in rows}


def due_holds(database: Database, now: datetime, most: int) -> list[tuple[OrderId, int]]:
    """Holds whose time is over and that say what becomes of them then."""
    rows: list[tuple[UUID, int]] = database.rows(query("holds", "due_holds"), {"now": now, "most": most})
    return [(OrderId(order), number) for order, number in rows]


def _spans(asked: Sequence[Counted]) -> dict[str, Any]:
    return {
        "orders": [each.trace.order for each in asked],
        "kinds": [each.trace.kind for each in asked],
        "digests": [each.trace.digest for each in asked],
        "since": [each.since for each in asked],
        "until": [each.trace.placed_at for each in asked],
    }
