"""Orders of companies by their own numbers, and what companies owe."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from orderline.core.companies.state import Company
from orderline.core.companies.statements import Statement, StatementLine, open_invoices
from orderline.core.documents.state import DOCUMENT, Document, subject_of
from orderline.store.database import Database
from orderline.store.queries import query
from orderline.store.reading.listed import FIRST_AT, FIRST_ID
from orderline.store.reading.records import load_records
from orderline.store.reading.source import Source
from orderline.values.ids import OrderId

MOST_LINES: Final = 2_000


class CompanyOrder(msgspec.Struct, frozen=True):
    """An order of a company. live: not all of it is canceled. exposure_minor: what it counts against the limit, and why."""

    order: OrderId
    order_number: str
    company: str
    location: str
    buyer: str
    po_number: str
    currency: str
    placed_at: datetime
    live: bool
    held: bool
    receivable_minor: int
    shipped_minor: int
    allocated_minor: int
    waiting_minor: int
    held_minor: int
    deposits_minor: int
    secured_minor: int
    exposure_minor: int


class OwedByCompany(msgspec.Struct, frozen=True):
    """What a company owes and will owe on terms, in minor units, and what that is made of.

    exposure = receivable + shipped (not invoiced) + allocated (not shipped) + waiting (nowhere yet) - deposits - secured (by
    other means), order by order and never below nought. held: of orders held for the limit, which do not count yet.
    """

    receivable_minor: int
    shipped_minor: int
    allocated_minor: int
    waiting_minor: int
    held_minor: int
    deposits_minor: int
    secured_minor: int
    exposure_minor: int
    orders_held: int


def load_company_orders(
    source: Source,
    *,
    company: str = "",
    po_number: str = "",
    is_open: bool | None = None,
    held: bool | None = None,
    after: tuple[datetime, UUID] | None = None,
    most: int,
) -> list[CompanyOrder]:
    """Orders of companies in the order they were placed."""
    placed_at, order = after or (FIRST_AT, FIRST_ID)
    rows = source.rows(
        "companies", "list_company_orders", company=company or None, po_number=po_number or None, open=is_open,
        held=held, placed_at=placed_at, after=order, most=most,
    )  # fmt: skip
    return [CompanyOrder(*row) for row in rows]


def load_exposure(source: Source, company: str) -> OwedByCompany:
    """What a company owes."""
    [row] = source.rows("companies", "exposure", company=company)
    return OwedByCompany(*map(int, row))


def load_statement(source: Source, company: Company, since: date, until: date, today: date) -> Statement:
    """What a company owed when `since` began, what came until `until` ended, and what is open today."""
    about: dict[str, Any] = {"company": company.id, "currency": company.terms.currency}

    def owed_before(day: date) -> int:
        [[amount]] = source.rows("companies", "owed_before", day=day, **about)
        return int(amount)

    lines = [
        StatementLine(day, OrderId(order), number, cause, int(amount), document, po_number)
        for day, order, number, cause, amount, document, po_number in source.rows(
            "companies", "statement_lines", since=since, until=until, most=MOST_LINES + 1, **about
        )
    ]
    receivable = {
        OrderId(order): int(amount)
        for order, amount in source.rows("companies", "receivables", most=MOST_LINES, **about)
    }
    documents: list[Document] = []
    subjects = (subject_of(company.id), *map(str, receivable))
    while receivable:
        after = documents[-1].id if documents else ""
        found = load_records(source, DOCUMENT.name, subjects=subjects, after=after, most=MOST_LINES)
        documents += found
        if len(found) < MOST_LINES:
            break
    open_ = open_invoices(receivable, documents, today)
    return Statement(
        company=company.id, currency=company.terms.currency, since=since, until=until,
        opening_minor=owed_before(since), closing_minor=owed_before(until + timedelta(days=1)),
        lines=tuple(lines[:MOST_LINES]), more=len(lines) > MOST_LINES, open=open_,
        open_minor=sum(receivable.values()),
        late_minor=sum(each.open_minor for each in open_ if each.days_late),
    )  # fmt: skip


def load_billable(source: Source, companies: Collection[str], most: int) -> list[OrderId]:
    """Orders of companies of which something is to go on an invoice over several orders, the first first."""
    return [OrderId(row[1]) for row in source.rows("companies", "billable", companies=sorted(companies), most=most)]


def load_held(database: Database, company: str, most: int) -> list[OrderId]:
    """Orders of a company that are held for its limit, the first first."""
    parameters: dict[str, Any] = {"company": company, "most": most}
    return [OrderId(row[0]) for row in database.rows(query("companies", "held_for_credit"), parameters)]
