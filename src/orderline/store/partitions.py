"""Partitions by month of the append-only tables, made ahead of time."""

from datetime import date
from typing import Final

import psycopg
from psycopg import sql

from orderline.store.database import Database

# Rows stay whole and uncompressed up to a page: journal bodies are written once and seldom read.
PARTITIONED: Final = ("journal", "record_journal", "stock_entries", "postings", "decisions", "decision_inputs")
MONTHS_AHEAD: Final = 3


def make_partitions(connection: psycopg.Connection, today: date) -> list[str]:
    """Make the partitions of last month to three months ahead that are missing; returns the names of the new ones.

    Run at each start and once a day; a row for a month without a partition would be refused, so there is slack.
    """
    made: list[str] = []
    for table in PARTITIONED:
        for offset in range(-1, MONTHS_AHEAD + 1):
            first, after = _month(today, offset), _month(today, offset + 1)
            name = f"{table}_{first:%Y_%m}"
            found = connection.execute("SELECT to_regclass(%s)", [name]).fetchone()
            if found is not None and found[0] is not None:
                continue
            statement = sql.SQL(
                "CREATE TABLE IF NOT EXISTS {} PARTITION OF {} FOR VALUES FROM ({}) TO ({})"
                " WITH (toast_tuple_target = 8160)"
            ).format(
                sql.Identifier(name),
                sql.Identifier(table),
                sql.Literal(f"{first} 00:00Z"),
                sql.Literal(f"{after} 00:00Z"),
            )
            connection.execute(statement)
            made.append(name)
    return made


def ensure_partitions(database: Database, today: date) -> list[str]:
    """As `make_partitions`, on a connection of the database."""
    with database.connection() as connection:
        return make_partitions(connection, today)


def _month(today: date, offset: int) -> date:
    months = today.year * 12 + today.month - 1 + offset
    return date(months // 12, months % 12 + 1, 1)
