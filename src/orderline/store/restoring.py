"""What a restore needs beside PostgreSQL's own tools: an empty database before, positions that go on after."""

import psycopg
from psycopg import sql

from orderline.store.queries import query

# A database that was migrated and never used has rows in these alone.
_NOT_DATA = frozenset({"migrations", "cells", "api_keys"})
_JOURNALS = ("journal", "record_journal")


class NotEmpty(RuntimeError):
    """The database holds data; `table` is one with rows in it."""

    def __init__(self, table: str) -> None:
        super().__init__(table)
        self.table = table


def clear_for_restore(dsn: str) -> None:
    """Drop the tables of a database in which nothing has been kept yet.

    NotEmpty: a table has rows; nothing was dropped.
    """
    with psycopg.connect(dsn) as connection:
        tables = [str(row[0]) for row in connection.execute(query("restoring", "own_tables"))]
        for name in tables:
            if name in _NOT_DATA:
                continue
            found = connection.execute(sql.SQL("SELECT 1 FROM {} LIMIT 1").format(sql.Identifier(name))).fetchone()
            if found is not None:
                raise NotEmpty(name)
        for name in tables:
            connection.execute(sql.SQL("DROP TABLE IF EXISTS {} CASCADE").format(sql.Identifier(name)))


def continue_positions(dsn: str) -> int:
    """Let the positions of the journals go on above those restored; gives what is added to them from now on.

    A position is the number of a transaction, and a new server begins to count anew: without this, who follows the
    events would pass over all new ones until the server has caught up.
    """
    with psycopg.connect(dsn) as connection:
        row = connection.execute(query("restoring", "position_offset")).fetchone()
        offset = max(0, int(row[0])) if row is not None else 0
        for journal in _JOURNALS:
            statement = sql.SQL("ALTER TABLE {} ALTER position SET DEFAULT ({} + pg_current_xact_id()::text::bigint)")
            connection.execute(statement.format(sql.Identifier(journal), sql.Literal(offset)))
        connection.execute(query("restoring", "keep_offset"), {"offset": offset})
    return offset
