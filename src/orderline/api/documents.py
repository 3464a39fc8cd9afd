"""Invoices and credit notes: issued, read, printed."""

import asyncio
from typing import Annotated, Any, Final

import msgspec

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.deciding import REPLAYED, answered_before, decide
from orderline.api.papers.drawing import draw
from orderline.api.papers.einvoices import Syntax, with_xml, write_xml
from orderline.api.papers.parcels import PDF, answer_paper, print_paper
from orderline.api.papers.parties import buyer_name, buyer_of
from orderline.api.reading.paging import Page, Text, page, page_of, parse_cursor, readers
from orderline.api.records import Records
from orderline.api.scoping import check_unlimited, order_of, orders_of
from orderline.api.shipments import load_order
from orderline.core.companies.refusals import CompanyRefusal
from orderline.core.documents.collecting import MOST_ORDERS, IssueCollectiveInvoice, commands_for
from orderline.core.documents.einvoice import terms_of
from orderline.core.documents.invoices import document_paper
from orderline.core.documents.issuing import IssueInvoice
from orderline.core.documents.paper import Paper
from orderline.core.documents.profiles import Profile
from orderline.core.documents.refusals import DocumentRefusal
from orderline.core.documents.state import DOCUMENT, Document, DocumentState, subject_of
from orderline.core.ledger.posting import books_of
from orderline.core.orders.billed import DocumentKind
from orderline.core.orders.refusals import OrderRefusal
from orderline.store.loading import load_orders
from orderline.store.reading.companies import load_billable
from orderline.store.reading.records import load_named, load_records
from orderline.store.reading.source import Source
from orderline.values.failures import Refused
from orderline.values.ids import OrderId

XML: Final = "application/xml"
_DOCUMENTS: Final = Records(
    kind=DOCUMENT,
    one="document",
    many="documents",
    capability="documents",
    read=Right.LEDGER_READ,
    write=Right.LEDGER_WRITE,
    unknown=DocumentRefusal.DOCUMENT_UNKNOWN,
    states=DocumentState,
    channel_of=lambda document: document.channel,
)


class DocumentsQuery(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """order: those of one order, by its id or number; company: those over several of its orders; kind: invoices or credit notes."""

    order: Text = ""
    company: Text = ""
    kind: Annotated[tuple[DocumentKind, ...], msgspec.Meta(max_length=2)] = ()


async def _list(call: Call[DocumentsQuery, None]) -> Answer:
    query = call.query
    if call.key.locations:
        return page([], None)
    after = parse_cursor(query.cursor, str) or ""
    subjects = (subject_of(query.company),) if query.company else ()
    if query.order:
        [order] = await orders_of(call, [query.order], anywhere=True)
        if order is None:
            raise Refused(OrderRefusal.ORDER_UNKNOWN, field="order", value=query.order[:100])
        return page(await readers(call).run(lambda source: _of_order(source, order, query)), None)
    kinds = tuple(str(kind) for kind in query.kind)
    found: list[Any] = await readers(call).run(
        lambda source: load_records(
            source, DOCUMENT.name, states=kinds, subjects=subjects, after=after, most=query.limit + 1
        )
    )
    listed = page_of(found, query.limit, lambda document: document.id)
    if not call.key.channels:
        return listed
    items = [each for each in listed.body["items"] if each.channel in call.key.channels]
    return Answer({**listed.body, "items": items})


def _of_order(source: Source, order: OrderId, query: DocumentsQuery) -> list[Document]:
    """All documents of an order, those over several orders as well."""
    named = sorted({each.id for each in load_order(source, order).documents})
    found: dict[str, Document] = load_named(source, DOCUMENT.name, named)
    return [
        each
        for each in found.values()
        if (not query.kind or each.kind in query.kind) and (not query.company or each.company == query.company)
    ]


async def _collect(call: Call[None, None]) -> Answer:
    """Invoice what is due of a company now, and not when its time is over."""
    before = await answered_before(call, IssueCollectiveInvoice)
    if before is not None:
        return Answer(before, headers={REPLAYED: "true"})
    check_unlimited(call)
    company = call.path["id"]

    def find(source: Source) -> list[IssueCollectiveInvoice]:
        due = load_billable(source, [company], MOST_ORDERS)
        orders = load_orders(source.connection, source.cell, due)
        commands = commands_for(source.settings(), [orders[each] for each in due if each in orders])
        return [each for each in commands if isinstance(each, IssueCollectiveInvoice)]

    if not company.isprintable():
        raise Refused(CompanyRefusal.COMPANY_UNKNOWN, field="company", value=company[:100])
    found = await readers(call).run(find)
    if not found:
        raise Refused(DocumentRefusal.NOTHING_TO_INVOICE, field="company", value=company[:100])
    return await decide(call, found[0], found=True)


async def _issue(call: Call[None, None]) -> Answer:
    """Invoice what is due of an order now, and not when the worker comes to it."""
    order_id = await order_of(call)

    def entity(source: Source) -> str:
        return books_of(source.settings(), load_order(source, order_id))

    return await decide(call, IssueInvoice(order=order_id, entity=await readers(call).run(entity)))


async def _print(call: Call[None, None]) -> Answer:
    """The document on paper; nothing in it changes, but a person who was erased is not named any more."""
    document: Document = await _DOCUMENTS.found(call)

    def make(source: Source) -> Paper:
        return document_paper(document, buyer_of(source, document))

    return await print_paper(call, make)


class XmlQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """syntax: how it is written down. profile: whose rules it keeps besides those of EN 16931."""

    syntax: Syntax = Syntax.UBL
    profile: Profile = Profile.EN16931


async def _xml(call: Call[XmlQuery, None]) -> Answer:
    """The document as XML by EN 16931."""
    document: Document = await _DOCUMENTS.found(call)
    name = await readers(call).run(lambda source: buyer_name(source, document))
    content = await asyncio.to_thread(write_xml, terms_of(document, name, call.query.profile), call.query.syntax)
    headers = {"content-disposition": f'attachment; filename="{document.number}.xml"', "cache-control": "no-store"}
    return Answer(content, headers=headers, media=XML)


async def _factur_x(call: Call[None, None]) -> Answer:
    """The paper with the XML inside."""
    document: Document = await _DOCUMENTS.found(call)

    def load(source: Source) -> tuple[Paper, str]:
        return document_paper(document, buyer_of(source, document)), buyer_name(source, document)

    paper, name = await readers(call).run(load)
    terms = terms_of(document, name)
    return answer_paper(paper, await asyncio.to_thread(lambda: with_xml(draw(paper), terms, paper)))


_read = {each.name: each for each in _DOCUMENTS.reading()}
OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="list_documents", method="GET", path="/v1/documents", right=Right.LEDGER_READ,
        summary="List invoices and credit notes", handler=_list, capability="documents", query=DocumentsQuery,
        output=Document, page=True, refusals=("ORDER_UNKNOWN",),
    ),
    _read["read_document"],
    _read["read_document_history"],
    Operation(
        name="issue_invoice", method="POST", path="/v1/orders/{order}/invoices", right=Right.LEDGER_WRITE,
        summary="Invoice what was supplied of an order and stands on no invoice",
        description="The worker does so by itself after goods have left, were collected, or delivered as files. Numbers"
        " count without a gap in each series of each legal entity; a document is never changed.",
        handler=_issue, capability="documents", output=Document,
        refusals=("ORDER_UNKNOWN", "DOCUMENT_ENTITY", "NOTHING_TO_INVOICE"),
    ),
    Operation(
        name="issue_collective_invoice", method="POST", path="/v1/companies/{id}/invoices", right=Right.LEDGER_WRITE,
        summary="Invoice what was supplied of orders of a company that are invoiced together",
        description="One invoice of up to 500 orders of one channel and currency; asked again, of those that are left. The worker"
        " does so by itself when the day, week or month of the company's terms is over.",
        handler=_collect, capability="documents", output=Document,
        refusals=("COMPANY_UNKNOWN", "NOTHING_TO_INVOICE"),
    ),
    Operation(
        name="print_document", method="GET", path="/v1/documents/{id}/paper", right=Right.LEDGER_READ,
        summary="Print an invoice or credit note", handler=_print, capability="documents", output=PDF,
        refusals=("DOCUMENT_UNKNOWN",),
    ),
    Operation(
        name="read_document_xml", method="GET", path="/v1/documents/{id}/xml", right=Right.LEDGER_READ,
        summary="Read an invoice or credit note as XML by EN 16931", handler=_xml, capability="documents",
        description="UBL 2.1, or the CII that Factur-X and ZUGFeRD have inside. The legal entity needs a name, a country and a VAT"
        " id; a line may bear one tax. As XRechnung or by Peppol BIS it needs more, and what is missing is named.",
        query=XmlQuery, output=XML, refusals=("DOCUMENT_UNKNOWN", "DOCUMENT_LACKS"),
    ),
    Operation(
        name="print_factur_x", method="GET", path="/v1/documents/{id}/factur-x", right=Right.LEDGER_READ,
        summary="Print an invoice with its XML inside: Factur-X, or ZUGFeRD", handler=_factur_x, capability="documents",
        output=PDF, refusals=("DOCUMENT_UNKNOWN", "DOCUMENT_LACKS"),
    ),
)  # fmt: skip
