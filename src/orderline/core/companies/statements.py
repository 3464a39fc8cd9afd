"""Statements: what a company owed, was invoiced, has paid, and owes, day by day; and which invoices are open for how long."""

from collections.abc import Mapping, Sequence
from datetime import date

import msgspec

from orderline.core.companies.state import Company
from orderline.core.documents.paper import Column, Paper, Party, Table, Text
from orderline.core.documents.state import Document
from orderline.core.orders.billed import DocumentKind
from orderline.values.ids import OrderId
from orderline.values.money import Money


class StatementLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that changed what is owed: an invoice adds to it, money and credits take from it. cause: as in the books."""

    day: date
    order: OrderId
    order_number: str
    cause: str
    amount_minor: int
    document: str = ""
    po_number: str = ""


class OpenInvoice(msgspec.Struct, frozen=True, omit_defaults=True):
    """What of an invoice is not paid now. days_late: since it was due; none, while it is not.

    order_number: nothing, where the invoice is over several orders; `order` is the first of them.
    """

    number: str
    order: OrderId
    order_number: str
    day: date
    due_on: date
    total_minor: int
    open_minor: int
    days_late: int = 0


class Statement(msgspec.Struct, frozen=True, omit_defaults=True):
    """opening + lines = closing. more: there are more lines than are shown; opening and closing know them all.

    open: what is not paid today, the longest due first; late_minor: what of it is late.
    """

    company: str
    currency: str
    since: date
    until: date
    opening_minor: int
    closing_minor: int
    lines: tuple[StatementLine, ...]
    open: tuple[OpenInvoice, ...] = ()
    open_minor: int = 0
    late_minor: int = 0
    more: bool = False


def open_invoices(
    receivable: Mapping[OrderId, int], documents: Sequence[Document], today: date
) -> tuple[OpenInvoice, ...]:
    """Which invoices the open amounts of orders are of: what is paid meets the first of an order first.

    receivable: what is open of each order, in minor units. The parts of an order never add up to more than that.
    """
    own: dict[OrderId, list[tuple[Document, int]]] = {}
    for each in sorted(documents, key=lambda document: (document.issued_at, document.id), reverse=True):
        if each.kind is DocumentKind.INVOICE:
            for order, total in _parts(each):
                own.setdefault(order, []).append((each, total))
    open_: dict[str, tuple[Document, int]] = {}
    for order, amount in receivable.items():
        left = amount
        for each, total in own.get(order, ()):
            part = max(0, min(left, total))
            open_[each.id] = each, open_.get(each.id, (each, 0))[1] + part
            left -= part
    found = [
        OpenInvoice(
            each.number, each.order, each.order_number, each.day, each.due_on, each.total_minor, part,
            max(0, (today - each.due_on).days),
        )
        for each, part in open_.values()
        if part
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda invoice: (invoice.due_on, invoice.number)))


def _parts(document: Document) -> list[tuple[OrderId, int]]:
    if document.shares:
        return [(each.order, each.total_minor) for each in document.shares]
    return [(document.order, document.total_minor)]


def statement_paper(statement: Statement, company: Company) -> Paper:
    """A statement as it is sent to the company."""

    def money(minor: int) -> str:
        return str(Money(minor, statement.currency))

    columns = (
        Column("Day", 14), Column("Order", 20), Column("Your number", 20), Column("", 28), Column("Amount", 18, "right"),
    )  # fmt: skip
    rows = [("", "", "", f"Owed before {statement.since}", money(statement.opening_minor))]
    rows += [
        (str(each.day), each.order_number, each.po_number, _told(each), money(each.amount_minor))
        for each in statement.lines
    ]
    rows.append(("", "", "", f"Owed on {statement.until}", money(statement.closing_minor)))
    blocks: list[Table | Text] = [Table(columns, tuple(rows))]
    if statement.more:
        blocks.insert(0, Text("There are more entries than are shown: take a shorter time."))
    if statement.open:
        titles = (
            Column("Invoice", 30), Column("Due", 20), Column("Days late", 15, "right"), Column("Total", 17, "right"),
            Column("Open", 18, "right"),
        )  # fmt: skip
        lines = tuple(
            (
                each.number,
                str(each.due_on),
                str(each.days_late or ""),
                money(each.total_minor),
                money(each.open_minor),
            )
            for each in statement.open
        )
        blocks.append(Table(titles, (*lines, ("", "", "", "", money(statement.open_minor))), "Open today"))
    about = (("From", str(statement.since)), ("Until", str(statement.until)))
    vat = f"VAT {company.vat_id}" if company.vat_id else ""
    return Paper(
        "Statement", company.id, about, (Party("To", tuple(filter(None, (company.name, vat)))),), tuple(blocks)
    )


def _told(line: StatementLine) -> str:
    return f"{line.cause.replace('_', ' ')} {line.document}".strip()
