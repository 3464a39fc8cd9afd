"""Issue invoices for what was supplied, and credit notes for what was credited: numbered, posted, and never changed."""

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from typing import Any, Final

from msgspec.structs import replace

from orderline.core.context import Context
from orderline.core.credits.calling_back import follow_cards
from orderline.core.credits.sold import liable_minor
from orderline.core.documents.due import invoice_due, is_less_supplied
from orderline.core.documents.refusals import DocumentRefusal as R
from orderline.core.documents.state import (
    DOCUMENT,
    SERIES,
    Document,
    DocumentLine,
    DocumentMade,
    NumberTaken,
    Series,
    TaxSum,
    next_number,
    series_of,
)
from orderline.core.entities.state import LegalEntity
from orderline.core.ledger.events import DocumentIssued
from orderline.core.ledger.posting import books_of, day_of, entity_of, merged, post
from orderline.core.ledger.rules import Cause, entries
from orderline.core.ledger.state import Account
from orderline.core.orders.billed import Billed, DocumentKind, DocumentRef, signed, sum_taxes, with_billed
from orderline.core.orders.credited import Credit, CreditCharge
from orderline.core.orders.priced import TaxLine
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.orders.state import AgreedLine, LineKind, Order, SoldAs
from orderline.core.records import RecordCommand, RecordKey
from orderline.core.world import Draft, World
from orderline.values.failures import Refused
from orderline.values.ids import OrderId

A = Account
DONATION: Final = "donation"
SHIPPING: Final = "shipping"


class IssueInvoice(RecordCommand, frozen=True, gc=False, kw_only=True, tag="issue_invoice"):
    """Invoice what of an order was supplied and stands on no invoice. entity: in whose books the order stands."""

    order: OrderId
    entity: str

    def records(self) -> Iterable[RecordKey]:
        """The series it takes its number from: of credit notes, where less is owed than was invoiced."""
        return tuple((SERIES.name, series_of(self.entity, kind)) for kind in DocumentKind)

    def orders(self) -> Iterable[OrderId]:
        """The order it is of."""
        return (self.order,)

    def skus_of_orders(self, world: World) -> Iterable[str]:
        """What was sold, for its unit."""
        order = world.orders.get(self.order)
        return (line.sku for line in order.lines) if order is not None else ()


class IssueCreditNote(IssueInvoice, frozen=True, gc=False, kw_only=True, tag="issue_credit_note"):
    """State what was credited to a customer. credit: its number on the order."""

    credit: int

    def records(self) -> Iterable[RecordKey]:
        """The series it takes its number from."""
        return ((SERIES.name, series_of(self.entity, DocumentKind.CREDIT_NOTE)),)


def decide_issue_invoice(draft: Draft, command: IssueInvoice, context: Context) -> None:
    """Number it, post it, and let deposits meet what is owed.

    Where less is owed than was invoiced, since goods were canceled that bore a part of a discount, it is a credit note.

    Refused ORDER_UNKNOWN, DOCUMENT_ENTITY: the order stands in the books of another entity.
    Refused NOTHING_TO_INVOICE: all that was supplied stands on invoices; or history, or the channel invoices itself.
    """
    order = _order(draft, command)
    due = invoice_due(order) if not order.history and draft.world.settings.channels[order.channel].invoices else ()
    if not due:
        raise Refused(R.NOTHING_TO_INVOICE, field="order", value=order.number)
    total = sum(each.total_minor for each in due)
    kind = DocumentKind.CREDIT_NOTE if total < 0 else DocumentKind.INVOICE
    sign = -1 if total < 0 else 1
    lines = lines_of(draft.world, order, [signed(each, sign) for each in due])
    taxes = tax_sums(lines)
    prepaid = prepaid_of(order, total)
    refers_to = tuple(each.number for each in order.documents if each.kind is DocumentKind.INVOICE) if total < 0 else ()
    document = make_document(
        draft, command.entity, context, order, kind, lines, taxes, prepaid_minor=prepaid, refers_to=refers_to,
        reason=("not_handed_over" if is_less_supplied(due) else "canceled") if total < 0 else "",
    )  # fmt: skip
    draft.tell(order.id, DocumentIssued(document=_ref(document), billed=due, at=context.now))
    post_billed(draft, order, due, document.number)
    follow_cards(draft, order.id, context)


def post_billed(draft: Draft, order: Order, due: Sequence[Billed], number: str) -> None:
    """Post what an invoice adds to what is billed of an order; less than nothing, where it is a credit note."""
    agreed = {line.line: line for line in order.agreement.lines}
    off = frozenset(each.charge for each in due if each.charge and _is_discount(order, each))
    after = replace(order, billed=with_billed(order.billed, due))
    sold = [
        entry for each in due if each.charge not in off for entry in _sold(each, agreed.get(each.line), order, after)
    ]
    discounts = [(A.DISCOUNTS, account_sub, amount) for account_sub, amount in _discounts(due, off)]
    tax = [(A.TAX_PAYABLE, each.name, amount) for each, amount in sum_taxes([t for d in due for t in d.taxes]).items()]
    total = sum(each.total_minor for each in due)
    made = entries(Cause.INVOICED, [(A.RECEIVABLE, "", total), *discounts], merged([*sold, *tax]))
    post(draft, order.id, Cause.INVOICED, made, document=number)


def decide_issue_credit_note(draft: Draft, command: IssueCreditNote, context: Context) -> None:
    """State a credit; the money was posted when it was granted.

    Refused ORDER_UNKNOWN, DOCUMENT_ENTITY: as of an invoice.
    Refused NOTHING_TO_CREDIT: there is no such credit, it has its document, or nothing of the order was ever invoiced.
    """
    order = _order(draft, command)
    credit = next((each for each in order.credits if each.number == command.credit), None)
    invoices = [each for each in order.documents if each.kind is DocumentKind.INVOICE]
    if credit is None or credit.document or not invoices:
        raise Refused(R.NOTHING_TO_CREDIT, field="credit", value=command.credit)
    agreed = {line.line: line for line in order.agreement.lines}
    lines = _credit_lines(draft.world, credit, agreed)
    about = {each.line for each in credit.lines}
    refers_to = tuple(each.number for each in invoices if about & set(each.lines)) or (invoices[-1].number,)
    document = make_document(
        draft, command.entity, context, order, DocumentKind.CREDIT_NOTE, lines, tax_sums(lines), refers_to=refers_to,
        reason=credit.reason,
    )  # fmt: skip
    draft.tell(order.id, DocumentIssued(document=_ref(document), credit=credit.number, at=context.now))


def _order(draft: Draft, command: IssueInvoice) -> Order:
    order = draft.world.orders.get(command.order)
    if order is None:
        raise Refused(OrderRefusal.ORDER_UNKNOWN, field="order", value=str(command.order))
    entity = books_of(draft.world.settings, order)
    if entity != command.entity:
        raise Refused(R.DOCUMENT_ENTITY, field="entity", value=command.entity[:100], allowed=entity)
    return order


def lines_of(world: World, order: Order, due: Sequence[Billed]) -> tuple[DocumentLine, ...]:
    """What is billed of an order, as the lines of a document."""
    agreed = {line.line: line for line in order.agreement.lines}
    return tuple(_line_of(world, order, each, agreed.get(each.line)) for each in due)


def prepaid_of(order: Order, total_minor: int) -> int:
    """How much of an invoice was paid before it."""
    deposits = -order.books.of(A.DEPOSITS, "") if order.books is not None else 0
    return max(0, min(total_minor, deposits))


def make_document(
    draft: Draft,
    entity: str,
    context: Context,
    order: Order,
    kind: DocumentKind,
    lines: tuple[DocumentLine, ...],
    taxes: tuple[TaxSum, ...],
    **about: Any,
) -> Document:
    """Number a document and keep it. order: the one it is of, or the first. about: what is another than the order says."""
    seller = entity_of(draft.world.settings, entity)
    day = day_of(seller, context.now)
    id_ = series_of(entity, kind)
    series: Any = draft.world.records.get((SERIES.name, id_))
    pattern = seller.invoice_numbers if kind is DocumentKind.INVOICE else seller.credit_numbers
    known: Series | None = series
    prefix, count, number = next_number(known, pattern, day)
    name = f"{entity}:{number}"
    net, tax = sum(each.net_minor for each in lines), sum(each.tax_minor for each in taxes)
    said: dict[str, Any] = {"order_number": order.number, "channel": order.channel, "buyer": order.person}
    if order.company is not None:
        said |= {"bill_to": order.company.bill_to, "po_number": order.company.po_number}
    said |= about
    document = Document(
        id=name,
        number=number,
        kind=kind,
        entity=entity,
        order=order.id,
        currency=order.currency,
        issued_at=context.now,
        day=day,
        due_on=day + timedelta(days=_net_days(order, seller)),
        seller=seller,
        buyer_place=order.agreement.groups[0].place,
        lines=lines,
        taxes=taxes,
        net_minor=net,
        tax_minor=tax,
        total_minor=net + tax,
        is_test=order.is_test,
        **said,
    )
    draft.tell_record(DOCUMENT, name, DocumentMade(document=document))
    draft.tell_record(SERIES, id_, NumberTaken(id=id_, prefix=prefix, number=count, document=name))
    return document


def _net_days(order: Order, seller: LegalEntity) -> int:
    """Days until an invoice is due: as agreed with the company that bought, else as the seller has it."""
    agreed = order.company.net_days if order.company is not None else None
    return seller.due_days if agreed is None else agreed


def _ref(document: Document) -> DocumentRef:
    lines = tuple(each.line for each in document.lines if each.line)
    return DocumentRef(document.id, document.number, document.kind, document.day, document.total_minor, lines)


def _line_of(world: World, order: Order, billed: Billed, agreed: AgreedLine | None) -> DocumentLine:
    if agreed is None:
        described = (c.description for c in order.agreement.charges if c.kind == billed.charge and c.description)
        return DocumentLine(
            kind=billed.charge, description=next(described, billed.charge.replace("_", " ").capitalize()), quantity=1,
            net_minor=billed.net_minor, taxes=billed.taxes,
        )  # fmt: skip
    sku = world.skus.get(agreed.sku)
    return DocumentLine(
        line=agreed.line,
        sku=agreed.sku,
        description=agreed.description or agreed.sku,
        unit=sku.unit if sku is not None else "",
        quantity=billed.quantity,
        net_minor=billed.net_minor,
        discount_minor=billed.discount_minor,
        taxes=billed.taxes,
    )


def _credit_lines(world: World, credit: Credit, agreed: dict[int, AgreedLine]) -> tuple[DocumentLine, ...]:
    lines = [
        DocumentLine(
            line=each.line,
            sku=agreed[each.line].sku,
            description=agreed[each.line].description or agreed[each.line].sku,
            quantity=each.quantity,
            net_minor=each.net_minor,
            taxes=each.taxes,
        )
        for each in credit.lines
    ]
    return (*lines, *_charged(credit.charges, 1), *_charged(credit.fees, -1))


def _charged(charges: Sequence[CreditCharge], sign: int) -> list[DocumentLine]:
    return [
        DocumentLine(
            kind=each.kind,
            description=each.kind.replace("_", " ").capitalize(),
            quantity=1,
            net_minor=sign * each.net_minor,
            taxes=tuple(tax.of(sign * tax.amount_minor) for tax in each.taxes),
        )
        for each in charges
    ]


def tax_sums(lines: Sequence[DocumentLine]) -> tuple[TaxSum, ...]:
    """What is taxed at each rate, over all lines."""
    sums: dict[TaxLine, tuple[int, int]] = {}
    for line in lines:
        for tax in line.taxes:
            net, amount = sums.get(tax.of(0), (0, 0))
            sums[tax.of(0)] = net + line.net_minor, amount + tax.amount_minor
    return tuple(TaxSum(t.name, t.rate_ppm, *pair, t.category, t.reason) for t, pair in sums.items())


_SOLD_AS: Final = {
    SoldAs.GOODS: A.REVENUE_GOODS,
    SoldAs.SERVICE: A.REVENUE_OTHER,
    SoldAs.FEE: A.REVENUE_OTHER,
    SoldAs.DONATION: A.DONATIONS,
}


def _sold(billed: Billed, agreed: AgreedLine | None, before: Order, after: Order) -> list[tuple[Account, str, int]]:
    """The account that a line or charge is earned on, before what was taken off. before, after: the order around it."""
    amount = billed.net_minor + billed.discount_minor
    if agreed is not None:
        sold_as = agreed.sold_as
        if sold_as is SoldAs.GIFT_CARD:  # nothing is owed for cards whose money was given back before
            owed = liable_minor(after, agreed.line) - liable_minor(before, agreed.line)
            return [(A.GIFT_CARDS, str(sold_as), owed), (A.RETURNS_ALLOWANCES, str(sold_as), amount - owed)]
        if sold_as is SoldAs.GOODS and agreed.kind is LineKind.SERVICE:
            sold_as = SoldAs.SERVICE
        return [(_SOLD_AS[sold_as], "" if sold_as is SoldAs.GOODS else str(sold_as), amount)]
    if billed.charge in (SHIPPING, DONATION):
        return [(A.REVENUE_SHIPPING if billed.charge == SHIPPING else A.DONATIONS, "", amount)]
    return [(A.REVENUE_OTHER, billed.charge, amount)]


def _is_discount(order: Order, billed: Billed) -> bool:
    """Is a charge one below zero? What is taken back of it is not."""
    before = next((each.net_minor for each in order.billed if each.charge == billed.charge), 0)
    return (before or billed.net_minor) < 0


def _discounts(due: Sequence[Billed], off: Collection[str]) -> list[tuple[str, int]]:
    """What was taken off: of lines, and charges below zero by their kind. off: which kinds those are."""
    lines = sum(each.discount_minor for each in due)
    return [("", lines), *((each.charge, -each.net_minor) for each in due if each.charge in off)]


RULES: Final[dict[type, Any]] = {
    IssueInvoice: decide_issue_invoice,
    IssueCreditNote: decide_issue_credit_note,
}
