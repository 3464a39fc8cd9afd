"""Give the first answer again: an order that was placed before with the same content."""

from collections.abc import Collection, Mapping

import msgspec
import psycopg

from orderline.core.orders.evolve import fold
from orderline.core.orders.state import Order
from orderline.engine.changes import Changes
from orderline.engine.sealing import Entry, answer_of
from orderline.store.queries import query
from orderline.store.rows import stored
from orderline.values.ids import OrderId

_entries = msgspec.json.Decoder(Entry)


def replay_first_answers(
    connection: psycopg.Connection, cell: int, orders: Collection[OrderId], changes: Changes
) -> Mapping[OrderId, bytes]:
    """The answer each order's placing got, byte for byte: its first journal entry folded and answered again.

    Orders placed in this very batch are found in its changes; the others in the journal.
    """
    firsts = {id_: (body, digest) for id_, seq, body, digest in changes.journal if seq == 1 and id_ in orders}
    missing = [id_ for id_ in orders if id_ not in firsts]
    if missing:
        rows = connection.execute(query("orders", "first_entries"), {"cell": cell, "ids": missing})
        firsts.update({row[0]: (row[1], bytes(row[2])) for row in rows.fetchall()})
    return {id_: answer_of(stored(first_state(*firsts[id_]))) for id_ in orders}


def first_state(body: str | bytes, digest: bytes) -> Order:
    """The order as its first journal entry left it."""
    entry = _entries.decode(body)
    order = fold(entry.events)
    assert order is not None
    return msgspec.structs.replace(order, version=entry.seq, chain=digest.hex())
