"""Secrets of a cell: made once, kept with its data, never shown."""

from weakref import WeakKeyDictionary

from orderline.store.database import Database
from orderline.store.queries import query

_known: WeakKeyDictionary[Database, dict[str, bytes]] = WeakKeyDictionary()


def secret_of(database: Database, name: str) -> bytes:
    """The secret of that name; whoever asks first makes it."""
    known = _known.setdefault(database, {})
    if name not in known:
        with database.connection() as connection:
            given = {"cell": database.cell, "name": name}
            connection.execute(query("secrets", "make_secret"), given)
            row = connection.execute(query("secrets", "secret"), given).fetchone()
        assert row is not None
        known[name] = bytes(row[0])
    return known[name]
