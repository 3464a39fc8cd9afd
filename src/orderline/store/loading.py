"""Load and lock what a batch touches: sets of keys in, plain values out. Locks are taken in key order."""

from collections.abc import Collection, Iterable
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
import psycopg

from orderline.core.demands.rows import DemandRow
from orderline.core.entities.state import LegalEntity, RateTable
from orderline.core.holds.state import Screened
from orderline.core.orders.state import Order
from orderline.core.record_kinds import KINDS
from orderline.core.records import Record, RecordKey
from orderline.core.sellers.terms import SellerRule
from orderline.core.stock.custom_fields import CustomField
from orderline.core.stock.state import (
    CartHold,
    Channel,
    Location,
    Pool,
    PoolLevel,
    Settings,
    Sku,
    StockLevel,
    Subscription,
)
from orderline.core.supply.pegs import Peg
from orderline.core.supply.rows import SupplyKind, SupplyRow
from orderline.store.queries import query
from orderline.values.ids import CartHoldId, OrderId


class Document(msgspec.Struct):
    """What `orders.state` holds; its other parts are computed from `order` and not read back."""

    order: Order


_documents = msgspec.json.Decoder(Document)
_skus = msgspec.json.Decoder(Sku)
_carts = msgspec.json.Decoder(CartHold)
_locations = msgspec.json.Decoder(Location)
_fields = msgspec.json.Decoder(CustomField)
_entities = msgspec.json.Decoder(LegalEntity)
_screened = msgspec.json.Decoder(Screened)
_sellers = msgspec.json.Decoder(SellerRule)
_rates = msgspec.json.Decoder(RateTable)
_pools = msgspec.json.Decoder(Pool)
_channels = msgspec.json.Decoder(Channel)

Rows = list[tuple[Any, ...]]


def decode_state(state: str | bytes) -> Order:
    """The order in a stored document."""
    return _documents.decode(state).order


class Reader:
    """Sends several queries at once over a connection in pipeline mode; each is read when asked for."""

    def __init__(self, connection: psycopg.Connection, cell: int) -> None:
        self._connection = connection
        self._cell = cell

    def ask(self, capability: str, name: str, *, wanted: bool = True, **parameters: Any) -> "Answer":
        """Send a query; one that is not `wanted` is not sent and has no rows."""
        if not wanted:
            return Answer(None)
        cursor = self._connection.cursor()
        cursor.execute(query(capability, name), {"cell": self._cell, **parameters}, binary=True)
        return Answer(cursor)


class Answer:
    """The rows of a query that was sent, if it was."""

    def __init__(self, cursor: psycopg.Cursor[tuple[Any, ...]] | None) -> None:
        self._cursor = cursor

    def rows(self) -> Rows:
        """Wait for all rows."""
        return [] if self._cursor is None else self._cursor.fetchall()


def orders_of(rows: Iterable[tuple[Any, ...]]) -> dict[OrderId, Order]:
    """Orders by id, of rows (id, state)."""
    return {OrderId(id_): decode_state(state) for id_, state in rows}


def skus_of(rows: Iterable[tuple[Any, ...]]) -> dict[str, Sku]:
    """SKUs by code, of rows (code, body)."""
    return {code: _skus.decode(body) for code, body in rows}


def stock_of(rows: Iterable[tuple[Any, ...]]) -> dict[tuple[str, str], StockLevel]:
    """Shelves by (SKU, location)."""
    return {(row[0], row[1]): StockLevel(*row) for row in rows}


def pools_of(rows: Iterable[tuple[Any, ...]]) -> dict[tuple[str, str], PoolLevel]:
    """Claims by (SKU, pool)."""
    return {(row[0], row[1]): PoolLevel(*row) for row in rows}


def supply_of(rows: Iterable[tuple[Any, ...]]) -> dict[tuple[str, str], tuple[SupplyRow, ...]]:
    """Dated supply by SKU and pool."""
    found: dict[tuple[str, str], tuple[SupplyRow, ...]] = {}
    for row in map(supply_of_row, rows):
        found[row.sku, row.pool] = (*found.get((row.sku, row.pool), ()), row)
    return found


def demand_of(rows: Iterable[tuple[Any, ...]]) -> dict[tuple[str, str], tuple[DemandRow, ...]]:
    """Scheduled demand by SKU and pool, of rows in the order of its fields."""
    found: dict[tuple[str, str], list[DemandRow]] = {}
    for row in rows:
        found.setdefault((row[0], row[1]), []).append(DemandRow(*row))
    return {pair: tuple(demand) for pair, demand in found.items()}


def supply_of_row(row: tuple[Any, ...]) -> SupplyRow:
    """Dated supply of a row in the order of its fields."""
    sku, pool, id_, location, kind, *rest = row
    return SupplyRow(sku, pool, id_, location, SupplyKind(kind), *rest)


def pegs_of(rows: Iterable[tuple[Any, ...]]) -> dict[str, tuple[Peg, ...]]:
    """What orders have of dated supply, by row."""
    found: dict[str, list[Peg]] = {}
    for supply, order, *rest in rows:
        found.setdefault(supply, []).append(Peg(OrderId(order), *rest))
    return {supply: tuple(pegs) for supply, pegs in found.items()}


def records_of(rows: Iterable[tuple[Any, ...]]) -> dict[RecordKey, Record]:
    """Records by kind and id, of rows (kind, id, body)."""
    return {(kind, id_): decode_record(kind, body) for kind, id_, body in rows}


def decode_record(kind: str, body: str | bytes) -> Any:
    """The record in a stored document."""
    return _record_decoder(kind).decode(body)


@cache
def _record_decoder(kind: str) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(KINDS[kind].record)


def carts_of(rows: Iterable[tuple[Any, ...]]) -> dict[CartHoldId, CartHold]:
    """Cart holds by id, of rows (id, body)."""
    return {CartHoldId(id_): _carts.decode(body) for id_, body in rows}


def load_settings(connection: psycopg.Connection, cell: int) -> Settings:
    """All locations, pools and channels, with the version they had before they were read."""
    version = settings_version(connection, cell)
    subscribed = connection.execute(query("subscriptions", "active_subscriptions"), {"cell": cell}).fetchall()
    settings = Settings({}, {}, {}, version, tuple(Subscription(id_, tuple(events)) for id_, events in subscribed))
    for kind, code, body in connection.execute(query("stock", "load_settings"), {"cell": cell}):
        if kind == "location":
            settings.locations[code] = _locations.decode(body)
        elif kind == "custom_field":
            field = _fields.decode(body)
            settings.fields[field.code] = field
        elif kind == "entity":
            settings.entities[code] = _entities.decode(body)
        elif kind == "rates":
            settings.rates[code] = _rates.decode(body)
        elif kind == "screened":
            settings.screened[code] = _screened.decode(body)
        elif kind == "seller":
            settings.sellers[code] = _sellers.decode(body)
        elif kind == "pool":
            settings.pools[code] = _pools.decode(body)
        else:
            settings.channels[code] = _channels.decode(body)
    return settings


def settings_version(connection: psycopg.Connection, cell: int) -> int:
    """The number that grows with each change of settings; 0 before the first."""
    row = connection.execute(query("stock", "settings_version"), {"cell": cell}).fetchone()
    return 0 if row is None else int(row[0])


def lease_numbers(connection: psycopg.Connection, cell: int, count: int) -> int:
    """Take `count` order numbers that nobody else will get; returns the first."""
    row = connection.execute(query("orders", "lease_numbers"), {"cell": cell, "count": count}).fetchone()
    assert row is not None
    return int(row[0])


def load_orders(connection: psycopg.Connection, cell: int, ids: Collection[UUID]) -> dict[OrderId, Order]:
    """Orders as they are now, without locks."""
    rows = connection.execute(query("orders", "load_states"), {"cell": cell, "ids": list(ids)}).fetchall()
    return orders_of(rows)
