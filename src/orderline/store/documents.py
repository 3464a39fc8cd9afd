"""Labels kept beside their parcels: read for printing, forgotten after a while."""

from datetime import datetime
from uuid import UUID

from orderline.store.database import Database
from orderline.store.queries import query
from orderline.store.reading.source import Source


def load_label(source: Source, order: UUID, parcel: int, tracking_number: str, form: str) -> bytes | None:
    """The label of a parcel in a format; None when it was never kept, or forgotten."""
    rows = source.rows(
        "shipments", "label_document", order_id=order, parcel=parcel, tracking_number=tracking_number, format=form
    )
    return bytes(rows[0][0]) if rows else None


def forget_labels(database: Database, before: datetime, most: int = 5_000) -> int:
    """Let go of labels kept before an instant; returns how many, `most` when there may be more."""
    with database.connection() as connection:
        return connection.execute(
            query("shipments", "forget_documents"), {"cell": database.cell, "before": before, "most": most}
        ).rowcount
