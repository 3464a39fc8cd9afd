"""Customers' own goods that are here to be repaired: the ledger has them where their returns say, and on no shelf."""

from collections import Counter

import psycopg

from orderline.core.orders.state import Order
from orderline.core.returns.steps import HERE
from orderline.engine.verifying.invariants import Invariant
from orderline.engine.verifying.report import Tally
from orderline.store.queries import query


class RepairsOf:
    """Units in service by SKU and location, as orders have them."""

    def __init__(self) -> None:
        self.stands: Counter[tuple[str, str]] = Counter()

    def take(self, order: Order) -> None:
        """Add what is here of an order."""
        self.stands.update(in_service(order))

    def compare(self, connection: psycopg.Connection, cell: int, tally: Tally) -> None:
        """Compare with the ledger."""
        rows = connection.execute(query("returns", "in_service"), {"cell": cell}).fetchall()
        ledger = {(sku, location): quantity for sku, location, quantity in rows}
        keys = sorted({*self.stands, *ledger})
        tally.checked(Invariant.REPAIRS, len(keys))
        for key in keys:
            stands, told = self.stands[key], ledger.get(key, 0)
            if stands != told:
                fault = f"{key[0]} at {key[1]}: {stands} units are here by the returns, the ledger has {told}"
                tally.fault(Invariant.REPAIRS, fault)


def in_service(order: Order) -> Counter[tuple[str, str]]:
    """Units of an order that are here to be repaired, by SKU and location."""
    found: Counter[tuple[str, str]] = Counter()
    for each in order.returns:
        for item in each.items:
            line = order.line_of(item.line)
            if item.terms.service and item.custody in HERE and line is not None:
                found[line.sku, item.location] += item.quantity
    return found
