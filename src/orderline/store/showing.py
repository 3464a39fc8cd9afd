"""One order with its people and its history, for somebody who looks at it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from orderline.core.orders.events import Person
from orderline.core.orders.state import Order
from orderline.store.database import Database
from orderline.store.loading import decode_state
from orderline.store.queries import query
from orderline.values.address import Address
from orderline.values.ids import OrderId, PersonToken

_addresses = msgspec.json.Decoder(Address)


class Shown(msgspec.Struct, frozen=True):
    """An order, who is behind its tokens, and the bodies of its journal entries in their order."""

    order: Order
    people: dict[PersonToken, Person]
    journal: tuple[str, ...]


def find_orders(database: Database, reference: str) -> list[OrderId]:
    """Orders that somebody may mean by `reference`: a number, an id, or an external id (of several channels)."""
    reference = reference.strip()
    try:
        id_ = UUID(reference)
    except ValueError:
        id_ = None
    parameters = {"number": reference.upper(), "id": id_, "external_id": reference}
    return [OrderId(row[0]) for row in database.rows(query("showing", "find_orders"), parameters)]


def find_version(database: Database, reference: str) -> int:
    """How often an order has changed, by its number or id; nought: there is none."""
    known = find_orders(database, reference)
    rows = database.rows(query("showing", "order_version"), {"order": known[0]}) if len(known) == 1 else []
    return rows[0][0] if rows else 0


def show_order(database: Database, order: OrderId) -> Shown | None:
    """Everything about one order, as of one instant; None: there is none of that id."""
    with database.connection() as connection, connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        parameters = {"cell": database.cell, "order": order}
        found = connection.execute(query("showing", "order_state"), parameters).fetchone()
        if found is None:
            return None
        state = decode_state(found[0])
        tokens = list({state.person, *(group.recipient for each in state.agreements for group in each.groups)})
        people = connection.execute(query("showing", "order_people"), {**parameters, "tokens": tokens}).fetchall()
        journal = connection.execute(query("showing", "order_journal"), parameters).fetchall()
    return Shown(state, _people(people), tuple(row[0] for row in journal))


def _people(rows: Sequence[tuple[Any, ...]]) -> dict[PersonToken, Person]:
    return {
        PersonToken(token): Person(
            token=PersonToken(token),
            name=name,
            email=email,
            phone=phone,
            address=_addresses.decode(address) if address else None,
        )
        for token, name, email, phone, address in rows
    }
