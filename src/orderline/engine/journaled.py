"""All that has happened to an order, read from its journal."""

from typing import Final

import msgspec

from orderline.core.orders.events import AnyOrderEvent
from orderline.core.orders.state import Order
from orderline.engine.sealing import Entry
from orderline.store.database import Database
from orderline.store.subscriptions import load_entries

_entries: Final = msgspec.json.Decoder(Entry)


def journaled(database: Database, order: Order) -> list[AnyOrderEvent]:
    """The events of an order, in order, up to its version."""
    keys = {(order.id, seq) for seq in range(1, order.version + 1)}
    rows = sorted(load_entries(database, keys).items())
    return [event for _, row in rows for event in _entries.decode(row.body).events]
