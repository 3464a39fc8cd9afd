"""Orders in pages, with the people they are for, to be written out."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

import msgspec

from orderline.core.orders.events import Person
from orderline.core.orders.state import Order
from orderline.store.database import Database
from orderline.store.loading import decode_state
from orderline.store.queries import query
from orderline.values.address import Address
from orderline.values.ids import PersonToken


class ExportFilters(msgspec.Struct, frozen=True, kw_only=True):
    """Which orders: all, when nothing is said. `placed_from` is included, `placed_before` is not."""

    channel: str | None = None
    phase: str | None = None
    placed_from: datetime | None = None
    placed_before: datetime | None = None


Found = tuple[Order, dict[PersonToken, Person]]

_addresses = msgspec.json.Decoder(Address)


def read_orders(database: Database, filters: ExportFilters, most: int) -> Iterator[list[Found]]:
    """Orders that pass the filters, oldest first, at most `most` at a time, each with the people of its page."""
    after = UUID(int=0)
    asked = msgspec.structs.asdict(filters)
    while True:
        rows = database.rows(query("imports", "exported_orders"), {"after": after, "most": most, **asked})
        if not rows:
            return
        orders = [decode_state(state) for _, state in rows]
        people = _people(database, orders)
        yield [(order, people) for order in orders]
        after = rows[-1][0]


def _people(database: Database, orders: list[Order]) -> dict[PersonToken, Person]:
    tokens = {order.person for order in orders}
    tokens |= {group.recipient for order in orders for group in order.agreement.groups}
    people: dict[PersonToken, Person] = {}
    rows = database.rows(query("imports", "exported_people"), {"tokens": sorted(tokens)})
    for token, name, email, phone, address in rows:
        known = _addresses.decode(address) if address else None
        people[token] = Person(token=token, name=name, email=email, phone=phone, address=known)
    return people
