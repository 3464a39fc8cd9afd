"""What imports keep between two runs, and what they ask before they write."""

from collections.abc import Collection, Sequence
from datetime import datetime

from orderline.store.database import Database
from orderline.store.queries import query


def load_import(database: Database, import_id: str) -> tuple[str, datetime] | None:
    """The state of an import and when it was saved; None: it was never begun."""
    rows = database.rows(query("imports", "load_import"), {"id": import_id})
    return (rows[0][0], rows[0][1]) if rows else None


def begin_import(database: Database, import_id: str, now: datetime, body: str) -> None:
    """Begin an import, or take it over from a run that was broken off."""
    with database.connection() as connection:
        parameters = {"cell": database.cell, "id": import_id, "now": now, "body": body}
        connection.execute(query("imports", "begin_import"), parameters)


def save_import(database: Database, import_id: str, before: datetime, now: datetime, body: str) -> bool:
    """Save how far an import is; False: another run has taken it over since `before`, when it was saved last."""
    parameters = {"id": import_id, "before": before, "now": now, "body": body}
    return bool(database.rows(query("imports", "save_import"), parameters))


def known_orders(database: Database, externals: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of the (channel, external id) that have an order already."""
    if not externals:
        return set()
    parameters = {"channels": [each[0] for each in externals], "external_ids": [each[1] for each in externals]}
    return {(row[0], row[1]) for row in database.rows(query("imports", "known_orders"), parameters)}


def known_skus(database: Database, codes: Collection[str]) -> set[str]:
    """Those of the codes that are SKUs already."""
    if not codes:
        return set()
    return {row[0] for row in database.rows(query("imports", "known_skus"), {"codes": sorted(codes)})}
