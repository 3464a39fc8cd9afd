"""Invoices and credit notes as records: numbered without a gap, and never changed. Series: where their numbers come from."""

from datetime import date, datetime
from enum import StrEnum
from typing import Final

import msgspec

from orderline.core.entities.state import LegalEntity
from orderline.core.orders.billed import DocumentKind
from orderline.core.orders.buying import BillTo
from orderline.core.orders.priced import TaxCategory, TaxLine
from orderline.core.records import Record, RecordEvent, RecordKind, Window
from orderline.values.address import Place
from orderline.values.ids import OrderId, PersonToken


class DocumentState(StrEnum):
    """A document is issued, and stays so: what is wrong with it is put right by another one."""

    ISSUED = "issued"


class DocumentLine(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One line of a document. net_minor: without tax, with `discount_minor` taken off; kind: of a charge or fee.

    order_number: whose line it is, where the document is of several orders.
    """

    line: int = 0
    sku: str = ""
    description: str = ""
    unit: str = ""
    kind: str = ""
    quantity: int = 0
    net_minor: int = 0
    discount_minor: int = 0
    taxes: tuple[TaxLine, ...] = ()
    order_number: str = ""


class TaxSum(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is taxed at one rate of one tax, and the tax on it; or why it is not taxed."""

    name: str
    rate_ppm: int
    net_minor: int
    tax_minor: int
    category: TaxCategory = TaxCategory.NOT_SAID
    reason: str = ""


class DocumentShare(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What of an invoice over several orders is of one. po_number: the company's own name for the order."""

    order: OrderId
    order_number: str
    po_number: str = ""
    net_minor: int
    tax_minor: int
    prepaid_minor: int = 0

    @property
    def total_minor(self) -> int:
        """With tax."""
        return self.net_minor + self.tax_minor


class Document(Record, frozen=True, kw_only=True):
    """An invoice or credit note as it was issued. seller: as it was known then; buyer: a token, for the name may be erased.

    shares: of an invoice over several orders of a company, what is of which; `order` is the first of them.

    prepaid_minor: what had been paid of it already. refers_to: the invoices that a credit note is about. state is always
    "issued". entity: of the books it stands in. bill_to, po_number: of the company that bought, as they were known then.
    """

    id: str
    number: str
    kind: DocumentKind
    entity: str
    order: OrderId
    order_number: str
    channel: str
    currency: str
    issued_at: datetime
    day: date
    due_on: date
    seller: LegalEntity
    buyer: PersonToken
    buyer_place: Place
    lines: tuple[DocumentLine, ...]
    taxes: tuple[TaxSum, ...]
    net_minor: int
    tax_minor: int
    total_minor: int
    prepaid_minor: int = 0
    refers_to: tuple[str, ...] = ()
    reason: str = ""
    is_test: bool = False
    company: str = ""
    company_name: str = ""
    shares: tuple[DocumentShare, ...] = ()
    bill_to: BillTo | None = None
    po_number: str = ""
    state: DocumentState = DocumentState.ISSUED


class DocumentMade(RecordEvent, frozen=True, kw_only=True, tag="document_made"):
    """A document was issued, with all that it says."""

    document: Document


class Series(Record, frozen=True, kw_only=True):
    """The last number of each series of one entity and kind, by what stands before the number."""

    id: str
    last: dict[str, int]
    state: DocumentState = DocumentState.ISSUED


class NumberTaken(RecordEvent, frozen=True, kw_only=True, tag="number_taken"):
    """The next number was given to a document."""

    id: str
    prefix: str
    number: int
    document: str


def evolve_document(document: Document | None, event: DocumentMade) -> Document:
    """The document, which nothing changes."""
    assert document is None, "a document is made once"
    return event.document


def evolve_series(series: Series | None, event: NumberTaken) -> Series:
    """The series after a number was taken."""
    known = series or Series(id=event.id, last={})
    return msgspec.structs.replace(known, last={**known.last, event.prefix: event.number})


def series_of(entity: str, kind: DocumentKind) -> str:
    """The id of the series of an entity."""
    return f"{entity}:{kind}"


def next_number(series: Series | None, pattern: str, day: date) -> tuple[str, int, str]:
    """What stands before the number, the number, and both as people read it."""
    prefix = pattern.removesuffix("{number}").replace("{year}", str(day.year))
    number = (series.last.get(prefix, 0) if series is not None else 0) + 1
    return prefix, number, f"{prefix}{number:06d}"


def subject_of(company: str) -> str:
    """What invoices over several orders of a company are found by; others are found by their order."""
    return f"company {company}"


def _window(document: Document) -> Window:
    return Window(document.kind, subject_of(document.company) if document.shares else str(document.order))


DOCUMENT: Final = RecordKind("document", Document, DocumentMade, evolve_document, _window)
SERIES: Final = RecordKind(
    "series", Series, NumberTaken, evolve_series, lambda series: Window(DocumentState.ISSUED, series.id)
)
