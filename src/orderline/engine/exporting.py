"""Write orders to a file in a layout that can be imported again."""

import csv
import io
from typing import BinaryIO, Final, Literal

from orderline.core.imports.layouts import FIELDS
from orderline.core.imports.rendering import render_json, render_order, render_rows
from orderline.store.database import Database
from orderline.store.exports import ExportFilters, read_orders

__all__ = ["ExportFilters", "ExportLayout", "export_orders"]

ExportLayout = Literal["jsonl", "csv"]
_ORDERS_AT_ONCE: Final = 500


def export_orders(
    database: Database, target: BinaryIO, layout: ExportLayout = "jsonl", filters: ExportFilters | None = None
) -> int:
    """Write all orders that pass `filters`, oldest first, in constant memory. Returns how many.

    jsonl: one order per line, whole. csv: the generic layout, one row per line and charge.
    """
    count = 0
    if layout == "csv":
        target.write(_csv([list(FIELDS)]))
    for page in read_orders(database, filters or ExportFilters(), _ORDERS_AT_ONCE):
        for order, people in page:
            command = render_order(order, people)
            target.write(render_json(command) if layout == "jsonl" else _csv(render_rows(command)))
        count += len(page)
    return count


def _csv(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode("utf-8", "replace")
