"""Invoices over several orders: the shares that orders name are those of the document, and each that is due has its job."""

from typing import Final

import msgspec
import psycopg

from orderline.core.documents.periods import collecting_stream, is_billable
from orderline.core.documents.state import Document
from orderline.core.jobs import JobKind
from orderline.core.orders.billed import DocumentKind
from orderline.core.orders.state import Order
from orderline.engine.verifying.invariants import Invariant
from orderline.engine.verifying.report import Tally
from orderline.store.loading import load_settings
from orderline.store.queries import query

_documents: Final = msgspec.json.Decoder(Document)
Share = tuple[str, str, int]  # id of the document, its number, what of it is of an order


class CollectedOf:
    """Shares of invoices and what is still to be collected, gathered from orders; compared with what there is."""

    def __init__(self) -> None:
        self._named: dict[str, set[Share]] = {}
        self._numbers: dict[str, str] = {}
        self._due: dict[str, tuple[str, str]] = {}  # number and channel, by the stream of the job

    def take(self, order: Order) -> None:
        """Note the shares of an order, and whether it waits for an invoice."""
        shares = {(each.id, each.number, each.total_minor) for each in order.documents if each.collective}
        if shares:
            self._named[str(order.id)] = shares
            self._numbers[str(order.id)] = order.number
        if is_billable(order):
            self._due[collecting_stream(order)] = (order.number, order.channel)

    def compare(self, connection: psycopg.Connection, cell: int, tally: Tally) -> None:
        """All orders have been taken."""
        tally.checked(Invariant.DOCUMENTS, len(self._due))
        stand: dict[str, set[Share]] = {}
        for (body,) in connection.execute(query("ledger", "collective_documents"), {"cell": cell}):
            document = _documents.decode(body)
            tally.checked(Invariant.DOCUMENTS)
            for fault in faults_of(document):
                tally.fault(Invariant.DOCUMENTS, f"{document.number}: {fault}")
            for each in document.shares:
                stand.setdefault(str(each.order), set()).add((document.id, document.number, each.total_minor))
        for order in self._named.keys() | stand.keys():
            named, there = self._named.get(order, set()), stand.get(order, set())
            if named != there:
                told = f"it names the shares {sorted(named)}, there are {sorted(there)}"[:300]
                tally.fault(Invariant.DOCUMENTS, f"{self._numbers.get(order, order)}: {told}")
        rows = connection.execute(
            query("verify", "jobs_of_kind"), {"cell": cell, "kind": JobKind.COLLECT_INVOICES.value}
        )
        known = {stream for (stream,) in rows}
        channels = load_settings(connection, cell).channels
        for stream, (number, channel) in self._due.items():
            if stream not in known and channels[channel].invoices:
                tally.fault(Invariant.DOCUMENTS, f"{number}: nothing invoices what was supplied")


def faults_of(document: Document) -> list[str]:
    """Shares that do not add up to the document, or lines that are of none of its orders."""
    faults: list[str] = []
    for what in ("net_minor", "tax_minor", "total_minor", "prepaid_minor"):
        shares = sum(getattr(each, what) for each in document.shares)
        if shares != getattr(document, what):
            faults.append(f"{what} of {getattr(document, what)}, its shares come to {shares}")
    for each in document.shares:
        lines = [line for line in document.lines if line.order_number == each.order_number]
        net = sum(line.net_minor for line in lines)
        tax = sum(tax.amount_minor for line in lines for tax in line.taxes)
        if (net, tax) != (each.net_minor, each.tax_minor):
            faults.append(f"the lines of {each.order_number} come to {net} and {tax}, its share is another")
    if document.kind is not DocumentKind.INVOICE or len({each.order for each in document.shares}) < len(
        document.shares
    ):
        faults.append("an order is twice in it, or it is no invoice")
    return faults
