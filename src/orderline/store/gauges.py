"""Figures about the database that operators watch."""

import msgspec
import psycopg

from orderline.store.database import Database
from orderline.store.migrations import pending
from orderline.store.queries import query
from orderline.values.failures import Trouble


class OutboxGauge(msgspec.Struct, frozen=True):
    """Jobs of one kind in one state: how many, and for how many seconds the oldest has been due."""

    kind: str
    state: str
    jobs: int
    oldest_s: float


def outbox_gauges(database: Database) -> list[OutboxGauge]:
    """The outbox by kind and state."""
    return [OutboxGauge(*row) for row in database.rows(query("gauges", "outbox"))]


def is_migrated(database: Database) -> bool:
    """Does the database answer, and have all that this release needs? Trouble: it does not answer."""
    try:
        return not pending(database.dsn)
    except psycopg.Error as error:
        raise Trouble("postgresql", str(error).strip(), retry_after_s=1) from error
