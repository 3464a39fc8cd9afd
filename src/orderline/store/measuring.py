"""What benchmarks ask of a database, and do to one of their own."""

from collections.abc import Sequence
from time import perf_counter
from typing import Final
from uuid import UUID

from psycopg.sql import SQL, Identifier

from orderline.store.database import Database
from orderline.store.queries import query

_COPYING: Final = (
    "begin_copies", "copy_orders", "copy_lines", "copy_people", "copy_journal", "copy_fulfillments", "copy_parcels",
    "copy_holds",
)  # fmt: skip


def claims_of_sku(database: Database, sku: str) -> tuple[int, int]:
    """Units of a SKU claimed, and units that wait for supply."""
    claims, waiting = database.rows(query("measuring", "claims_of_sku"), {"sku": sku})[0]
    return int(claims), int(waiting)


def some_orders(database: Database, most: int) -> list[UUID]:
    """The ids of at most so many orders."""
    return [row[0] for row in database.rows(query("measuring", "some_orders"), {"most": most})]


def delivered_orders(database: Database) -> int:
    """How many orders have been delivered."""
    return int(database.rows(query("measuring", "delivered_orders"))[0][0])


def deadlocks(database: Database) -> int:
    """How many deadlocks the database has seen."""
    return int(database.rows(query("measuring", "deadlocks"))[0][0])


def empty(database: Database) -> None:
    """Drop every table."""
    with database.connection() as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")


def analyze(database: Database) -> None:
    """Gather statistics, as a database that has run for a while has them."""
    with database.connection() as connection:
        connection.execute("ANALYZE")


def copy_orders(database: Database, ids: Sequence[UUID], *, copies: int, apart_s: int, at_once: int = 20_000) -> None:
    """Store orders once more, as if they had come earlier: so many copies of each, one every `apart_s` seconds.

    They can be listed, searched, counted and read; nothing else is right of them.
    """
    step = max(1, at_once // max(len(ids), 1))
    for first in range(1, copies + 1, step):
        given = {
            "cell": database.cell,
            "ids": list(ids),
            "apart_s": apart_s,
            "first": first,
            "last": min(copies, first + step - 1),
        }
        with database.connection() as connection, connection.transaction():
            for each in _COPYING:
                connection.execute(query("measuring", each), given)
            connection.execute("DROP TABLE copies")


def some_numbers(database: Database, most: int) -> list[tuple[str, str]]:
    """Numbers of orders that can be read whole, some of all there are, and the email addresses of who bought."""
    return [(row[0], row[1]) for row in database.rows(query("measuring", "some_numbers"), {"most": most})]


def tidy_up(database: Database) -> None:
    """Do what a server that has run for a while has done: statistics, and which pages everybody sees."""
    with database.connection() as connection:
        connection.execute("VACUUM (ANALYZE)")


def units_waiting(database: Database) -> tuple[int, int]:
    """Units that wait for supply, and units that wait for a location."""
    waiting, unrouted = database.rows(query("measuring", "units_waiting"), {})[0]
    return int(waiting), int(unrouted)


def documents_issued(database: Database) -> int:
    """How many invoices and credit notes there are."""
    return int(database.rows(query("measuring", "documents_issued"))[0][0])


def open_money(database: Database) -> tuple[int, int]:
    """Minor units that stand at payment providers, and those that are open of any order."""
    taken, still = database.rows(query("measuring", "open_money"))[0]
    return int(taken), int(still)


def write_everything_again(database: Database) -> float:
    """Seconds it takes to write all rows there are once more, in bulk and with their indexes, into tables of their own."""
    with database.connection() as connection:
        tables = connection.execute(query("measuring", "tables_filled")).fetchall()
        began = perf_counter()
        with connection.transaction():
            for name, columns in tables:
                names = {"table": Identifier(name), "copy": Identifier(f"again_{name}"), "columns": SQL(columns)}
                connection.execute(SQL("CREATE TABLE {copy} (LIKE {table} INCLUDING ALL)").format(**names))
                write = SQL("INSERT INTO {copy} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM {table}")
                connection.execute(write.format(**names))
        seconds = perf_counter() - began
        for name, _ in tables:
            connection.execute(SQL("DROP TABLE {}").format(Identifier(f"again_{name}")))
    return seconds
