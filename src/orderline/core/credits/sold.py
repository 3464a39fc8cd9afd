"""What of an order was sold as gift cards: which units their money was not given back for, and what is owed for them."""

from collections.abc import Iterator
from typing import Final

from orderline.core.documents.due import gone_of
from orderline.core.orders.billed import Billed
from orderline.core.orders.priced import SoldAs
from orderline.core.orders.state import AgreedLine, Order
from orderline.values.money import share_so_far

MOST: Final = 200  # cards of one order
# What is kept back of a credit, or owed: it was spent of a card that is sold no longer.
CARD_SPENT: Final = "card_spent"


def card_lines(order: Order) -> list[AgreedLine]:
    """The lines of an order that are gift cards and stand, or stood, on an invoice."""
    billed = {each.line for each in order.billed}
    return [each for each in order.agreement.lines if each.sold_as is SoldAs.GIFT_CARD and each.line in billed]


def cards_sold(order: Order) -> tuple[tuple[int, int], ...]:
    """The lines that are gift cards, with the units that were invoiced, are not here still, and were not given back for."""
    sold = ((each.line, sold_of(order, each)) for each in card_lines(order))
    return tuple((line, units) for line, units in sold if units > 0)


def sold_of(order: Order, agreed: AgreedLine) -> int:
    """Units of a line that stand for a card each."""
    return max(0, min(_billed(order, agreed.line).quantity, gone_of(order, agreed)) - _credited(order, agreed.line))


def cards_of(number: str, line: int, units: int) -> list[str]:
    """The accounts of the cards of a line."""
    return [f"{number}-{line}-{n}" for n in range(1, min(units, MOST) + 1)]


def card_accounts(order: Order) -> Iterator[str]:
    """The accounts that the cards of an order may have, whether they are there or not."""
    for each in card_lines(order) if order.billed else ():
        most = max(one.quantity for agreement in order.agreements for one in agreement.lines if one.line == each.line)
        yield from cards_of(order.number, each.line, most)


def owed_minor(order: Order, line: int, units: int) -> int:
    """What is owed for cards of a line: their share of the price without tax, whatever was taken off it."""
    billed = _billed(order, line)
    return share_so_far(billed.net_minor + billed.discount_minor, units, billed.quantity) if billed.quantity else 0


def liable_minor(order: Order, line: int) -> int:
    """What the ledger owes for the cards of a line, those that nobody has opened among them: of what stands on invoices."""
    return owed_minor(order, line, max(0, _billed(order, line).quantity - _credited(order, line)))


def _billed(order: Order, line: int) -> Billed:
    return next((each for each in order.billed if each.line == line), Billed())


def _credited(order: Order, line: int) -> int:
    """Units that came damaged, wrong or not at all, and whose money was given back: nothing is owed on their cards."""
    return sum(each.quantity for each in order.credited_of(line))
