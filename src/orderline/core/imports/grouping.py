"""Rows into documents: those of one order id belong together, wherever in the file they stand."""

from collections.abc import Iterable, Iterator
from typing import Final

from orderline.core.imports.cancellations import Plan, take_cancellation
from orderline.core.imports.documents import Document, Row
from orderline.core.imports.lines import check_row
from orderline.core.imports.profile import Profile
from orderline.core.imports.sales import take_sale
from orderline.core.imports.verdicts import refused

# More rows under one id are no order but a column taken for another; they need not be held in memory.
MOST_ROWS: Final = 10_000


def read_documents(profile: Profile, plan: Plan, rows: Iterable[Row]) -> Iterator[Document]:
    """All documents of a file, each when its last row is reached: the same ones in the same order every time."""
    column = profile.columns.get("order", -1)
    awaited = plan.awaited
    scattered: dict[str, list[Row]] = {}
    endless: set[str] = set()
    together: list[Row] = []
    current: str | None = None
    for row in rows:
        order = row.cells[column].strip() if 0 <= column < len(row.cells) else ""
        if order != current or not order:
            if together and current is not None:
                yield _document(profile, plan, awaited, current, together)
            together = []
            current = order
        if order in endless:
            yield _endless(order, [row])
            continue
        if order in plan.scattered:
            gathered = scattered.setdefault(order, [])
            gathered.append(row)
            if row.number >= plan.scattered[order]:
                yield _document(profile, plan, awaited, order, scattered.pop(order))
        else:
            gathered = together
            gathered.append(row)
        if len(gathered) > MOST_ROWS:
            endless.add(order)
            yield _endless(order, gathered)
            scattered.pop(order, None)
            together = []
    if together and current is not None:
        yield _document(profile, plan, awaited, current, together)


def _document(profile: Profile, plan: Plan, awaited: frozenset[str], order: str, rows: list[Row]) -> Document:
    rulings = [row.error or check_row(row, profile) for row in rows]
    document = Document(external_id=order, rows=rows, rulings=rulings, awaited=order in awaited)
    prefix = profile.layout.cancellations
    if not order:
        missing = refused("FIELD_REQUIRED", "order", "", "the order's id")
        document.rulings = [missing if ruling is None else ruling for ruling in rulings]
    elif prefix and order.startswith(prefix):
        take_cancellation(profile, document, plan)
    else:
        take_sale(profile, document, plan.canceled)
    return document


def _endless(order: str, rows: list[Row]) -> Document:
    ruling = refused("TOO_MANY_LINES", "order", order, f"at most {MOST_ROWS} rows of one order")
    return Document(external_id=order, rows=rows, rulings=[ruling] * len(rows))
