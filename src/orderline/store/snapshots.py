"""Reading what a command would touch, as it is, without locks: for decisions that are not carried out."""

from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final, LiteralString

import psycopg

from orderline.store.database import Database
from orderline.store.loading import Answer, Reader
from orderline.store.queries import query

_LOCKS: Final[tuple[LiteralString, ...]] = ("FOR NO KEY UPDATE", "FOR UPDATE")


class SnapshotReader(Reader):
    """A reader whose queries see one instant and lock nothing."""

    def __init__(self, connection: psycopg.Connection, cell: int) -> None:
        super().__init__(connection, cell)
        self._connection = connection
        self._cell = cell

    def ask(self, capability: str, name: str, *, wanted: bool = True, **parameters: Any) -> Answer:
        """As `Reader.ask`, with the clause that locks left out."""
        if not wanted:
            return Answer(None)
        cursor = self._connection.cursor()
        cursor.execute(_unlocked(capability, name), {"cell": self._cell, **parameters}, binary=True)
        return Answer(cursor)


@contextmanager
def snapshot(database: Database) -> Generator[tuple[psycopg.Connection, SnapshotReader]]:
    """A connection that sees one instant, and a reader on it. Trouble: the database does not answer."""
    with database.connection() as connection:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            yield connection, SnapshotReader(connection, database.cell)
        finally:
            if not connection.closed:
                connection.execute("ROLLBACK")


class _Frozen(Database):
    """One connection, whoever asks for one."""

    def __init__(self, database: Database, connection: psycopg.Connection) -> None:
        super().__init__(database.dsn, cell=database.cell, prepared=database.prepared)
        self._only = connection

    @contextmanager
    def connection(self) -> Generator[psycopg.Connection]:
        """The connection that sees one instant."""
        yield self._only


@contextmanager
def frozen(database: Database) -> Generator[Database]:
    """The database as it stands, for everything that reads; PostgreSQL refuses to write."""
    with snapshot(database) as (connection, _):
        yield _Frozen(database, connection)


@cache
def _unlocked(capability: str, name: str) -> LiteralString:
    text = query(capability, name)
    for clause in _LOCKS:
        text = text.replace(clause, "")
    return text
