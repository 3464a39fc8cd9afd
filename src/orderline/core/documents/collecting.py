"""One invoice over several orders of a company: what each was supplied, numbered once, posted order by order."""

from collections.abc import Collection, Iterable
from typing import Any, Final

from msgspec.structs import replace

from orderline.core.companies.decide import known_company
from orderline.core.companies.state import COMPANY, Company
from orderline.core.context import Context
from orderline.core.credits.calling_back import follow_cards
from orderline.core.documents.due import invoice_due
from orderline.core.documents.issuing import (
    IssueInvoice,
    lines_of,
    make_document,
    post_billed,
    prepaid_of,
    tax_sums,
)
from orderline.core.documents.periods import is_collected
from orderline.core.documents.refusals import DocumentRefusal as R
from orderline.core.documents.state import SERIES, Document, DocumentLine, DocumentShare, series_of
from orderline.core.ledger.events import DocumentIssued
from orderline.core.ledger.posting import books_of
from orderline.core.orders.billed import Billed, DocumentKind, DocumentRef
from orderline.core.orders.commands import Command
from orderline.core.orders.state import Order
from orderline.core.records import RecordCommand, RecordKey
from orderline.core.stock.state import Settings
from orderline.core.world import Draft, World
from orderline.values.failures import Refused
from orderline.values.ids import OrderId

MOST_ORDERS: Final = 500


class IssueCollectiveInvoice(RecordCommand, frozen=True, gc=False, kw_only=True, tag="issue_collective_invoice"):
    """Invoice what of orders of a company was supplied and stands on no invoice, on one document.

    Orders that have nothing to be invoiced, are invoiced by themselves, or of another company, currency, channel or other
    books are left out.
    """

    company: str
    entity: str
    currency: str
    channel: str
    collected: tuple[OrderId, ...]

    def records(self) -> Iterable[RecordKey]:
        """The company, and the series of the number."""
        return ((COMPANY.name, self.company), (SERIES.name, series_of(self.entity, DocumentKind.INVOICE)))

    def orders(self) -> Iterable[OrderId]:
        """The orders it may be of."""
        return self.collected

    def skus_of_orders(self, world: World) -> Iterable[str]:
        """What was sold, for its unit."""
        orders = (world.orders.get(each) for each in self.collected)
        return (line.sku for order in orders if order is not None for line in order.lines)


def commands_for(settings: Settings, orders: Collection[Order]) -> list[Command]:
    """Invoices over orders that stand together; where less is owed than was invoiced, a credit note of the order alone."""
    commands: list[Command] = []
    together: dict[tuple[str, str, str, str], list[OrderId]] = {}
    for order in orders:
        assert order.company is not None
        entity = books_of(settings, order)
        total = sum(each.total_minor for each in invoice_due(order))
        if total > 0:
            key = (order.company.company, entity, order.currency, order.channel)
            together.setdefault(key, []).append(order.id)
        else:
            commands.append(IssueInvoice(order=order.id, entity=entity))
    for (company, entity, currency, channel), ids in together.items():
        for place in range(0, len(ids), MOST_ORDERS):
            part = tuple(ids[place : place + MOST_ORDERS])
            commands.append(
                IssueCollectiveInvoice(
                    company=company, entity=entity, currency=currency, channel=channel, collected=part
                )
            )
    return commands


def decide_collect(draft: Draft, command: IssueCollectiveInvoice, context: Context) -> None:
    """Refused COMPANY_UNKNOWN; NOTHING_TO_INVOICE: of none of the orders is there anything, or there are too many."""
    company = known_company(draft.world, command.company)
    parts = [(order, due) for order in _orders(draft.world, command) if _total(due := invoice_due(order)) > 0]
    if not 1 <= len(parts) <= MOST_ORDERS:
        raise Refused(R.NOTHING_TO_INVOICE, field="company", value=company.id, allowed=f"1 to {MOST_ORDERS} orders")
    made = [_share(draft.world, order, due) for order, due in parts]
    lines = tuple(line for own, _ in made for line in own)
    document = _make(draft, command, context, company, parts[0][0], lines, tuple(share for _, share in made))
    for (order, due), (own, share) in zip(parts, made, strict=True):
        about = tuple(line.line for line in own if line.line)
        ref = DocumentRef(
            document.id, document.number, document.kind, document.day, share.total_minor, about, collective=True
        )
        draft.tell(order.id, DocumentIssued(document=ref, billed=due, at=context.now))
        post_billed(draft, order, due, document.number)
        follow_cards(draft, order.id, context)


def _orders(world: World, command: IssueCollectiveInvoice) -> list[Order]:
    known = (world.orders.get(each) for each in dict.fromkeys(command.collected))
    own = (order for order in known if order is not None and order.company is not None)
    return [
        order
        for order in own
        if order.company is not None
        and order.company.company == command.company
        and (order.currency, order.channel) == (command.currency, command.channel)
        and books_of(world.settings, order) == command.entity
        and world.settings.channels[order.channel].invoices
        and is_collected(order)
    ]


def _total(due: Iterable[Billed]) -> int:
    return sum(each.total_minor for each in due)


def _share(world: World, order: Order, due: tuple[Billed, ...]) -> tuple[tuple[DocumentLine, ...], DocumentShare]:
    lines = tuple(replace(line, order_number=order.number) for line in lines_of(world, order, due))
    net, tax = sum(each.net_minor for each in lines), sum(each.tax_minor for each in tax_sums(lines))
    po_number = order.company.po_number if order.company is not None else ""
    share = DocumentShare(
        order=order.id, order_number=order.number, po_number=po_number, net_minor=net, tax_minor=tax,
        prepaid_minor=prepaid_of(order, net + tax),
    )  # fmt: skip
    return lines, share


def _make(
    draft: Draft,
    command: IssueCollectiveInvoice,
    context: Context,
    company: Company,
    first: Order,
    lines: tuple[DocumentLine, ...],
    shares: tuple[DocumentShare, ...],
) -> Document:
    return make_document(
        draft, command.entity, context, first, DocumentKind.INVOICE, lines, tax_sums(lines), shares=shares,
        order_number="", buyer=first.agreement.groups[0].recipient, company=company.id, company_name=company.name,
        bill_to=company.bill_to, po_number="", prepaid_minor=sum(each.prepaid_minor for each in shares),
    )  # fmt: skip


RULES: Final[dict[type, Any]] = {IssueCollectiveInvoice: decide_collect}
