"""Tests that run beside each other share a server, and what is read only when it is final waits for all transactions of a server."""

from time import monotonic, sleep
from typing import Any

import psycopg

from orderline.store.database import Database
from orderline.store.measured import measure_journal

WITHIN_S = 60


def until_final(dsn: str) -> None:
    """Until no transaction of the server is older than what is stored now."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        stored = _number(connection, "SELECT pg_current_xact_id()::text::bigint")
        give_up_at = monotonic() + WITHIN_S
        while _number(connection, "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint") <= stored:
            assert monotonic() < give_up_at, f"a transaction is open for longer than {WITHIN_S} s"
            sleep(0.02)


def measure(database: Database, **how: Any) -> None:
    """Measure all that is stored now. how: what else `measure_journal` is told."""
    until_final(database.dsn)
    assert measure_journal(database, **how)


def _number(connection: "psycopg.Connection[Any]", text: str) -> int:
    row = connection.execute(text.encode()).fetchone()
    assert row is not None
    return int(row[0])
