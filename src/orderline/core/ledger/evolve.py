"""What postings, credits and documents change of an order."""

from typing import assert_never

from msgspec.structs import replace

from orderline.core.ledger.events import CreditGranted, DocumentIssued, MoneyPosted
from orderline.core.ledger.state import Books
from orderline.core.orders.billed import with_billed
from orderline.core.orders.buying_events import PricesDiffered
from orderline.core.orders.state import Order


def evolve_money(order: Order, event: MoneyPosted | CreditGranted | DocumentIssued | PricesDiffered) -> Order:
    """The order after an event about its money."""
    match event:
        case MoneyPosted():
            books = order.books or Books(event.posted.entity)
            return replace(order, books=books.after(event.posted.entries))
        case CreditGranted():
            return replace(order, credits=(*order.credits, event.credit))
        case DocumentIssued():
            number, documents = event.document.number, (*order.documents, event.document)
            credited = tuple(
                replace(each, document=number) if each.number == event.credit else each for each in order.credits
            )
            return replace(order, documents=documents, credits=credited, billed=with_billed(order.billed, event.billed))
        case PricesDiffered():
            return order  # the hold says so
        case _:
            assert_never(event)
