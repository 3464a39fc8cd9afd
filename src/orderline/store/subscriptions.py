"""Who is told by webhook of what has happened, and the journal entries they are told of."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from orderline.store.database import Database
from orderline.store.queries import query
from orderline.values.ids import OrderId, new_id


class Subscriber(msgspec.Struct, frozen=True):
    """Where a subscriber is told, and the secret (`whsec_...`) that signs it."""

    id: UUID
    url: str
    secret: str
    active: bool

    def __repr__(self) -> str:
        return f"Subscriber(id={self.id}, url={self.url!r}, secret=...)"


class Subscribed(msgspec.Struct, frozen=True):
    """A subscription as it is shown; its secret is shown once only, when it is made."""

    id: UUID
    url: str
    events: tuple[str, ...]
    created_at: datetime
    active: bool


class JournalRow(msgspec.Struct, frozen=True):
    """One journal entry: its body as it is stored."""

    order: OrderId
    seq: int
    recorded_at: datetime
    body: str


class JournalRange(msgspec.Struct, frozen=True, kw_only=True):
    """Journal entries from an instant or position on (inclusive) to another (an instant is exclusive)."""

    from_time: datetime | None = None
    to_time: datetime | None = None
    from_position: int | None = None
    to_position: int | None = None


def add_subscription(
    database: Database, url: str, secret: str, events: Sequence[str], now: datetime, *, id_: UUID | None = None
) -> UUID:
    """Tell `url` of these events ("*": all) from now on; every process knows with its next batch.

    id_: a new one, when not given; one that is there already stays as it is.
    """
    id_ = id_ or new_id()
    parameters = {"cell": database.cell, "id": id_, "url": url, "secret": secret, "events": list(events), "now": now}
    with database.connection() as connection, connection.transaction():
        connection.execute(query("subscriptions", "add_subscription"), parameters)
        connection.execute(query("stock", "bump_settings"), {"cell": database.cell})
    return id_


def end_subscription(database: Database, id_: UUID) -> bool:
    """Tell somebody no more; False when nobody was told under that id."""
    with database.connection() as connection, connection.transaction():
        parameters = {"cell": database.cell, "id": id_}
        found = connection.execute(query("subscriptions", "end_subscription"), parameters).fetchone()
        connection.execute(query("stock", "bump_settings"), {"cell": database.cell})
    return found is not None


def list_subscriptions(database: Database) -> list[Subscribed]:
    """All subscriptions, ended ones too."""
    rows = database.rows(query("subscriptions", "list_subscriptions"))
    return [Subscribed(row[0], row[1], tuple(row[2]), row[3], row[4]) for row in rows]


def load_subscribers(database: Database, ids: Collection[UUID]) -> dict[UUID, Subscriber]:
    """Subscribers by id."""
    rows = database.rows(query("subscriptions", "load_subscriptions"), {"ids": sorted(ids)})
    return {row[0]: Subscriber(*row) for row in rows}


def load_entries(database: Database, keys: Collection[tuple[UUID, int]]) -> dict[tuple[UUID, int], JournalRow]:
    """Journal entries by (order, sequence)."""
    wanted = sorted(keys)
    parameters = {"orders": [key[0] for key in wanted], "seqs": [key[1] for key in wanted]}
    rows = database.rows(query("subscriptions", "load_entries"), parameters)
    return {(row[0], row[1]): JournalRow(OrderId(row[0]), *row[1:]) for row in rows}


def entries_between(
    database: Database, range_: JournalRange, page: int = 1_000
) -> Iterator[list[tuple[UUID, int, str]]]:
    """(order, sequence, body) of the entries in a range, a page at a time."""
    after = (-1, UUID(int=0), 0)
    while True:
        parameters = {
            **msgspec.structs.asdict(range_),
            "after_position": after[0],
            "after_order": after[1],
            "after_seq": after[2],
            "most": page,
        }
        rows = database.rows(query("subscriptions", "entries_between"), parameters)
        if rows:
            yield [(row[0], row[1], row[3]) for row in rows]
        if len(rows) < page:
            return
        after = (rows[-1][2], rows[-1][0], rows[-1][1])
