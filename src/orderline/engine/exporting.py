"""Write orders to a file in a layout that can be imported again."""

from datetime import datetime
from typing import BinaryIO, Literal

import msgspec

from orderline.store.database import Database

ExportLayout = Literal["jsonl", "csv"]


class ExportFilters(msgspec.Struct, frozen=True, kw_only=True):
    """Which orders: all, when nothing is said. `placed_from` is included, `placed_before` is not."""

    channel: str | None = None
    phase: str | None = None
    placed_from: datetime | None = None
    placed_before: datetime | None = None


def export_orders(
    database: Database, target: BinaryIO, layout: ExportLayout = "jsonl", filters: ExportFilters | None = None
) -> int:
    """Write all orders that pass `filters`, oldest first, in constant memory. Returns how many."""
    raise NotImplementedError
