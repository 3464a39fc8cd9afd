"""Lists as CSV: the rows that a list shows with its filters, page after page of its operation, while they are read."""

import csv
import io
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from orderline.console.listings import LISTINGS, Column, given_of, queried, whole_rows
from orderline.console.orders import filters_of
from orderline.console.rendering import amount, shown
from orderline.console.visits import Failed, Sent, Visit

MOST_ROWS: Final = 50_000
PER_PAGE: Final = 200
EXPORT: Final = "/export"
ORDERS: Final = (
    Column("Order", "number"), Column("Phase", "status.phase"), Column("Payment", "status.payment"),
    Column("Fulfillment", "status.fulfillment"), Column("Returns", "status.returns"), Column("Customer", "customer.name"),
    Column("Email", "customer.email"), Column("Channel", "channel"), Column("External id", "external_id"),
    Column("Placed", "placed_at"), Column("Total", "total_minor", "amount"), Column("Next step", "next_step.what"),
    Column("Owner", "next_step.owner"), Column("Due", "next_step.due_at"),
)  # fmt: skip
# What a spreadsheet would take for a formula.
_FORMULA: Final = re.compile(r"[=+\-@\t\r]")
_NUMBER: Final = re.compile(r"-?[\d,.]+")


async def export_orders(visit: Visit) -> Sent:
    """The list of orders."""
    return await _export(visit, "orders", "list_orders", ORDERS, {**filters_of(visit), "limit": PER_PAGE})


async def export(visit: Visit) -> Sent:
    """Any other list."""
    _, listing = LISTINGS[visit.at.removeprefix(EXPORT)]
    operation = visit.parts.backend.operations[listing.operation]
    query = {**given_of(visit, operation), **({"limit": PER_PAGE} if "limit" in queried(operation) else {})}
    return await _export(visit, listing.path.strip("/").replace("/", "-"), listing.operation, listing.columns, query)


async def _export(visit: Visit, name: str, operation: str, columns: Sequence[Column], query: dict[str, Any]) -> Sent:
    first = await visit.ask(operation, query=query)

    async def pages() -> AsyncIterator[bytes]:
        page, rows = first, 0
        money = any(each.kind == "amount" for each in columns)
        yield lines([[*(each.label for each in columns), *(["Currency"] if money else [])]])
        while True:
            items = whole_rows(visit.parts.backend.operations[operation], page["items"][: MOST_ROWS - rows])
            rows += len(items)
            yield lines([row_of(each, columns, money=money) for each in items])
            if not page["next"]:
                return
            if rows >= MOST_ROWS:
                yield lines([[f"There are more than {MOST_ROWS:,} rows: filter the list, and export it in parts."]])
                return
            try:
                page = await visit.ask(operation, query={**query, "cursor": page["next"]})
            except Failed as failed:
                yield lines([[f"The list ends here, and is not whole: {failed}"]])
                return

    return Sent(pages(), "text/csv; charset=utf-8", f"{name}-{datetime.now(UTC):%Y-%m-%d-%H%M}.csv")


def row_of(item: Mapping[str, Any], columns: Sequence[Column], *, money: bool) -> list[str]:
    """The cells of a row, and its currency where any column is an amount."""
    currency = item.get("currency") or ""
    cells: list[str] = []
    for column in columns:
        value: Any = item
        for part in column.field.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if column.kind == "amount" and isinstance(value, int) and currency:
            cells.append(amount(value, currency).partition(" ")[0].replace(",", "").replace("\N{MINUS SIGN}", "-"))
        elif column.kind == "cause" and item.get("order_number"):
            cells.append(f"{str(value).partition(':')[0]}:{item['order_number']}")
        elif column.kind == "count" and isinstance(value, list):
            cells.append(str(len(value)))
        elif isinstance(value, list | dict):
            cells.append(shown(value))
        else:
            cells.append("" if value is None else str(value))
    return [*cells, *([currency] if money else [])]


def _harmless(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell


def lines(rows: Sequence[Sequence[str]]) -> bytes:
    """Rows as CSV, of which a spreadsheet takes no cell for a formula."""
    text = io.StringIO()
    csv.writer(text).writerows([_harmless(each) for each in row] for row in rows)
    return text.getvalue().encode()
