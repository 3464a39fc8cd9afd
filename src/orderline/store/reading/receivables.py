"""Aged receivables as the books and the invoices say them, at the end of any day."""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Final

import msgspec

from orderline.core.companies.aging import AgedBalance, AgedInvoice, Receivable, aged_balances, aged_invoices
from orderline.core.companies.state import COMPANY, Company
from orderline.core.documents.state import DOCUMENT, Document, subject_of
from orderline.store.loading import decode_record
from orderline.store.reading.records import load_named
from orderline.store.reading.source import Source
from orderline.values.ids import OrderId
from orderline.values.money import render_minor

COLUMNS: Final = (
    "entity", "on", "company", "company_name", "invoice", "order", "day", "due_on", "days_late", "age", "currency",
    "total", "open",
)  # fmt: skip


class AgedReceivables(msgspec.Struct, frozen=True, kw_only=True):
    """What customers owe an entity at the end of a day, by company and currency; in each currency together what stands on
    `receivable`. invoices: those of the company that was asked for.
    """

    entity: str
    on: date
    balances: tuple[AgedBalance, ...]
    invoices: tuple[AgedInvoice, ...] = ()


def load_aged_invoices(source: Source, entity: str, on: date, company: str | None = None) -> tuple[AgedInvoice, ...]:
    """Invoices that were not paid at the end of a day, and what is on none; of a company, where one is named."""
    rows = source.rows("companies", "open_receivables", entity=entity, until=on, company=company)
    found = [
        Receivable(OrderId(order) if order is not None else None, of, currency, int(amount))
        for order, of, currency, amount in rows
    ]
    companies = sorted({each.company for each in found if each.company})
    subjects = [*map(subject_of, companies), *(str(each.order) for each in found if each.order is not None)]
    documents: list[Document] = [
        decode_record(DOCUMENT.name, body)
        for (body,) in source.rows("companies", "invoices_of", entity=entity, subjects=subjects)
    ]
    known: dict[str, Company] = load_named(source, COMPANY.name, companies)
    return aged_invoices(found, documents, on, {id_: each.name for id_, each in known.items()})


def load_aged(source: Source, entity: str, on: date, company: str | None = None) -> AgedReceivables:
    """What is owed at the end of a day; with its invoices, for one company."""
    invoices = load_aged_invoices(source, entity, on, company)
    own = invoices if company is not None else ()
    return AgedReceivables(entity=entity, on=on, balances=aged_balances(invoices), invoices=own)


def aged_csv(entity: str, on: date, invoices: Sequence[AgedInvoice]) -> Iterator[str]:
    """A row for each invoice, amounts as people write them."""
    yield _line(COLUMNS)
    for each in invoices:
        yield _line(
            (
                entity, on, each.company, each.company_name, each.number, each.order_number, each.day or "",
                each.due_on or "", each.days_late, each.age, each.currency, render_minor(each.total_minor, each.currency),
                render_minor(each.open_minor, each.currency),
            )
        )  # fmt: skip


def _line(cells: Sequence[Any]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()
