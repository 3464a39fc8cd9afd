"""Whose an order is, and where its parts are worked on: what scoped keys are held against."""

from collections.abc import Collection
from uuid import UUID

from orderline.store.database import Database
from orderline.store.queries import query
from orderline.values.ids import OrderId


def find_orders(database: Database, ids: Collection[UUID], numbers: Collection[str]) -> dict[str, tuple[OrderId, str]]:
    """Orders by id (as text) and by number: (id, channel). What is not there is left out."""
    found: dict[str, tuple[OrderId, str]] = {}
    if ids:
        rows = database.rows(query("access", "orders_by_id"), {"references": list(ids)})
        found.update({row[0]: (OrderId(row[1]), row[2]) for row in rows})
    if numbers:
        rows = database.rows(query("access", "orders_by_number"), {"references": list(numbers)})
        found.update({row[0]: (OrderId(row[1]), row[2]) for row in rows})
    return found


def orders_at(database: Database, orders: Collection[OrderId], locations: Collection[str]) -> set[OrderId]:
    """Those of the orders that one of the locations has, or had, work for, or is to hand over."""
    given = {"orders": list(orders), "locations": list(locations)}
    return {OrderId(row[0]) for row in database.rows(query("access", "orders_at"), given)}


def locations_of(database: Database, order: OrderId, *, parcels: bool = False) -> dict[int, str]:
    """The location of each fulfillment order, or of each parcel, of an order, by number."""
    name = "locations_of_parcels" if parcels else "locations_of"
    return {row[0]: row[1] for row in database.rows(query("access", name), {"order": order})}
