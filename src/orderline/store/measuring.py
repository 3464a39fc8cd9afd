"""What benchmarks ask of a database, and do to one of their own."""

from uuid import UUID

from orderline.store.database import Database
from orderline.store.queries import query


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


def units_waiting(database: Database) -> tuple[int, int]:
    """Units that wait for supply, and units that wait for a location."""
    waiting, unrouted = database.rows(query("measuring", "units_waiting"), {})[0]
    return int(waiting), int(unrouted)
