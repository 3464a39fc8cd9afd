"""When the journals were verified, and what was found: told beside what they tell."""

from datetime import datetime

from orderline.store.database import Database
from orderline.store.queries import query


def note_verified(
    database: Database, now: datetime, *, orders: int, whole: bool, chained: int, broken: int, faults: int
) -> None:
    """Remember it. chained: entries whose hashes were computed again; broken: those at fault."""
    about = {"now": now, "orders": orders, "whole": whole, "chained": chained, "broken": broken, "faults": faults}
    database.rows(query("auditing", "note_verified"), about)
