"""What the worker reads to do a set of jobs: orders, people, stock to route by. Nothing here is locked."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from orderline.core.customer_links.state import CUSTOMER_LINK, CustomerLink
from orderline.core.decisions.state import Decision
from orderline.core.orders.state import Order
from orderline.core.stock.state import Settings
from orderline.core.supply.rows import SupplyRow
from orderline.store.database import Database
from orderline.store.loading import (
    decode_record,
    load_orders,
    load_settings,
    records_of,
    settings_version,
    supply_of_row,
)
from orderline.store.queries import query
from orderline.values.address import Address
from orderline.values.ids import FulfillmentId, OrderId, PersonToken

AT_ONCE = 500
_addresses = msgspec.json.Decoder(Address)


class KnownPerson(msgspec.Struct, frozen=True):
    """A person behind a token; empty texts once erased."""

    name: str
    email: str
    phone: str
    address: Address | None

    def __repr__(self) -> str:
        return "KnownPerson(...)"


class Customer(msgspec.Struct, frozen=True):
    """Whom messages about an order go to."""

    number: str
    name: str
    email: str
    channel: str

    def __repr__(self) -> str:
        return f"Customer({self.number}, ...)"


class OversoldWork(msgspec.Struct, frozen=True):
    """A fulfillment order that was not begun, at a shelf with fewer units than are allocated (`excess`)."""

    sku: str
    location: str
    excess: int
    order: OrderId
    fulfillment: int


def load_decisions(database: Database, ids: Collection[str]) -> dict[str, Decision]:
    """Decision requests by id."""
    rows = database.rows(query("decisions", "decisions_by_id"), {"ids": sorted(ids)})
    return {id_: decode_record("decision", body) for id_, body in rows}


def load_customer_links(database: Database, ids: Collection[str]) -> dict[str, CustomerLink]:
    """Links for customers by id."""
    rows = database.rows(query("people", "customer_links_by_id"), {"ids": sorted(ids)})
    return {id_: decode_record(CUSTOMER_LINK.name, body) for id_, body in rows}


class KnownSettings:
    """The merchant's settings, read again when their version has changed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: Settings | None = None

    def current(self) -> Settings:
        """As they are now."""
        with self._database.connection() as connection:
            if self._known is None or settings_version(connection, self._database.cell) != self._known.version:
                self._known = load_settings(connection, self._database.cell)
            return self._known


def read_records(database: Database, kind: str, ids: Collection[str]) -> dict[str, Any]:
    """Records of a kind by id, as they are now."""
    parameters: dict[str, Any] = {"kinds": [kind] * len(ids), "ids": list(ids)}
    found = records_of(database.rows(query("companies", "read_records"), parameters))
    return {id_: record for (_, id_), record in found.items()}


def read_orders(database: Database, ids: Collection[OrderId]) -> dict[OrderId, Order]:
    """Orders as they are now."""
    if not ids:
        return {}
    with database.connection() as connection:
        return load_orders(connection, database.cell, sorted(ids))


def load_people(database: Database, tokens: Collection[PersonToken]) -> dict[PersonToken, KnownPerson]:
    """Who is behind tokens."""
    if not tokens:
        return {}
    return people_of(database.rows(query("people", "load_people"), {"tokens": sorted(tokens)}))


def load_addresses(database: Database, tokens: Collection[PersonToken]) -> dict[PersonToken, Address]:
    """Where people are, as far as it is known."""
    known = load_people(database, tokens).items()
    return {token: each.address for token, each in known if each.address is not None}


def people_of(rows: Iterable[tuple[Any, ...]]) -> dict[PersonToken, KnownPerson]:
    """People by token, of rows (token, name, email, phone, address)."""
    return {
        PersonToken(row[0]): KnownPerson(row[1], row[2], row[3], _addresses.decode(row[4]) if row[4] else None)
        for row in rows
    }


def load_customers(database: Database, ids: Collection[OrderId]) -> dict[OrderId, Customer]:
    """Whom messages about orders go to."""
    rows = database.rows(query("people", "load_customers"), {"ids": sorted(ids)})
    return {OrderId(row[0]): Customer(*row[1:]) for row in rows}


def load_levels(database: Database, skus: Collection[str]) -> tuple[dict[tuple[str, str], int], int]:
    """Units free to allocate by (SKU, location), and the journal position they were read at."""
    rows = database.rows(query("routing", "load_levels"), {"skus": sorted(skus)})
    return {(row[0], row[1]): int(row[2]) for row in rows}, int(rows[0][3]) if rows else 0


def load_lasting(
    database: Database, skus: Collection[str], until: Collection[date], channels: Collection[str]
) -> dict[tuple[date, str], dict[str, int]]:
    """Where some units of SKUs end before a day: how many can be had there that do not; by day and SKU.

    channels: those that ask how long units last, whose orders take of the same units.
    """
    about = {"skus": sorted(skus), "until": sorted(until), "channels": sorted(channels)}
    found: dict[tuple[date, str], dict[str, int]] = {}
    for day, sku, location, units in database.rows(query("routing", "lasting_units"), about):
        found.setdefault((day, sku), {})[location] = int(units)
    return found


def load_supply_of(database: Database, skus: Collection[str]) -> list[SupplyRow]:
    """The dated supply of SKUs."""
    return [supply_of_row(row) for row in database.rows(query("supply", "supply_of"), {"skus": sorted(skus)})]


def load_weights(database: Database, skus: Collection[str]) -> dict[str, int]:
    """Grams of one unit of each SKU that has a weight."""
    rows = database.rows(query("promises", "sku_weights"), {"skus": sorted(skus)})
    return {code: int(weight_g) for code, weight_g in rows}


def feeds_hold_until(database: Database, locations: Collection[str]) -> dict[str, datetime]:
    """Until when what locations have told of their stock holds."""
    rows = database.rows(query("records", "due_records"), {"kind": "feed_age", "ids": sorted(locations)})
    return {row[0]: row[1] for row in rows}


def waiting_orders(
    database: Database, skus: Collection[str], but: Collection[OrderId] = (), most: int = 2_000
) -> list[OrderId]:
    """Orders that can be given what has come of SKUs: the most urgent ones, as many as there are units for.

    but: orders that were looked at already.
    """
    parameters = {"skus": sorted(skus), "but": sorted(but), "most": most}
    left = {row[0]: int(row[1]) for row in database.rows(query("routing", "promisable_units"), parameters)}
    chosen: dict[UUID, None] = {}
    for sku, order, units in database.rows(query("routing", "waiting_orders"), parameters):
        if left.get(sku, 0) > 0:
            left[sku] -= int(units)
            chosen[order] = None
    return [OrderId(order) for order in chosen]


def orders_come_for(
    database: Database, skus: Collection[str], but: Collection[OrderId] = (), most: int = 2_000
) -> list[OrderId]:
    """Orders for which supply has come that is kept for them: as many as there are units for, the most urgent first."""
    parameters = {"skus": sorted(skus), "but": sorted(but), "most": most}
    left: dict[str, int] = {}
    chosen: dict[UUID, None] = {}
    for supply, order, units, kept in database.rows(query("supply", "kept_orders"), parameters):
        if left.setdefault(supply, int(kept)) > 0:
            left[supply] -= int(units)
            chosen[order] = None
    return [OrderId(order) for order in chosen]


def orders_to_peg(
    database: Database, skus: Collection[str], but: Collection[OrderId] = (), most: int = 1_000
) -> list[OrderId]:
    """Orders that wait for supply which is late or does not come; when there are none, those that wait for no row."""
    parameters = {"skus": sorted(skus), "but": sorted(but), "most": most}
    for name in ("shaky_orders", "unpegged_orders"):
        found = [OrderId(row[0]) for row in database.rows(query("supply", name), parameters)]
        if found:
            return found
    return []


def open_work(
    database: Database, locations: Collection[str], after: FulfillmentId | None
) -> list[tuple[OrderId, int, FulfillmentId]]:
    """Fulfillment orders that were not begun at inactive ones of these locations, by id; `AT_ONCE` at most."""
    parameters = {"locations": sorted(locations), "after": after or UUID(int=0), "most": AT_ONCE}
    rows = database.rows(query("routing", "open_work"), parameters)
    return [(OrderId(row[0]), int(row[1]), FulfillmentId(row[2])) for row in rows]


def load_stocked(
    database: Database, locations: Collection[str], after: tuple[str, str], most: int
) -> list[tuple[str, str]]:
    """The next shelves (SKU, location) at locations that have units, sellable or picked."""
    parameters = {"locations": sorted(locations), "sku": after[0], "location": after[1], "most": most}
    return [(row[0], row[1]) for row in database.rows(query("stock", "stocked_at"), parameters)]


def oversold_work(database: Database, shelves: Collection[tuple[str, str]], most: int = 500) -> list[OversoldWork]:
    """What could be taken away from oversold shelves, by shelf, the work promised last first."""
    keys = sorted(shelves)
    parameters = {"skus": [key[0] for key in keys], "locations": [key[1] for key in keys], "most": most}
    rows = database.rows(query("routing", "oversold_work"), parameters)
    return [OversoldWork(row[0], row[1], int(row[2]), OrderId(row[3]), int(row[4])) for row in rows]
