"""What orders have reserved where, gathered while they are folded and compared with the stock at the end."""

from time import monotonic

import psycopg

from orderline.core.orders.state import STOCKED, Order
from orderline.engine.verifying.invariants import Invariant
from orderline.engine.verifying.report import Tally
from orderline.store.queries import query

Key = tuple[str, str]


class Reserved:
    """Sums over open units only: as many entries as there are shelves and pools with something reserved."""

    def __init__(self) -> None:
        self._allocated: dict[Key, int] = {}
        self._claimed: dict[Key, int] = {}
        self._backordered: dict[Key, int] = {}
        self._pegged: dict[str, int] = {}

    def take(self, order: Order) -> None:
        """Add what one order has reserved."""
        for line in order.lines:
            for share in line.claims:
                _add(self._claimed, (line.sku, share.pool), share.quantity)
            for peg in line.pegs:
                self._pegged[peg.supply] = self._pegged.get(peg.supply, 0) + peg.quantity
            if line.backordered is not None and line.kind in STOCKED:
                _add(self._backordered, (line.sku, line.backordered), line.units.unplanned)
        for fulfillment in order.fulfillments:
            for item in fulfillment.items:
                quantity = item.units.at_location
                if quantity:
                    line = order.line_of(item.line)
                    _add(self._allocated, (line.sku if line else "", fulfillment.location), quantity)

    def compare(self, connection: psycopg.Connection, cell: int, tally: Tally) -> None:
        """Compare with shelves and pools; only when all orders were taken."""
        began = monotonic()
        for sku, location, units in connection.execute(query("supply", "set_aside"), {"cell": cell}):
            _add(self._allocated, (sku, location), int(units))
        tally.checked(Invariant.ALLOCATIONS, len(self._allocated))
        with connection.cursor("shelves") as cursor:
            for sku, location, allocated in cursor.execute(query("verify", "shelves"), {"cell": cell}):
                lines = self._allocated.pop((sku, location), 0)
                if lines != allocated:
                    fault = f"{sku} at {location}: the shelf says {allocated} are allocated, its lines {lines}"
                    tally.fault(Invariant.ALLOCATIONS, fault)
        for (sku, location), quantity in self._allocated.items():
            tally.fault(
                Invariant.ALLOCATIONS, f"{sku} at {location}: the shelf says 0 are allocated, its lines {quantity}"
            )
        tally.took(Invariant.ALLOCATIONS, monotonic() - began)
        began = monotonic()
        tally.checked(Invariant.CLAIMS, len(self._claimed) + len(self._backordered))
        with connection.cursor("claims") as cursor:
            for sku, pool, claims, backordered in cursor.execute(query("verify", "claims"), {"cell": cell}):
                lines = (self._claimed.pop((sku, pool), 0), self._backordered.pop((sku, pool), 0))
                if lines != (claims, backordered):
                    fault = f"{sku} in {pool}: claims and backorders are {(claims, backordered)}, its lines say {lines}"
                    tally.fault(Invariant.CLAIMS, fault)
        for (sku, pool), quantity in (*self._claimed.items(), *self._backordered.items()):
            tally.fault(Invariant.CLAIMS, f"{sku} in {pool}: the pool has none, its lines say {quantity}")
        tally.took(Invariant.CLAIMS, monotonic() - began)
        tally.checked(Invariant.SUPPLY, len(self._pegged))
        for supply, pegged in connection.execute(query("supply", "pegged"), {"cell": cell}):
            lines = self._pegged.pop(supply, 0)
            if lines != pegged:
                tally.fault(Invariant.SUPPLY, f"{supply}: {pegged} are pegged to it, its lines say {lines}")
        for supply, quantity in self._pegged.items():
            tally.fault(Invariant.SUPPLY, f"{supply}: lines are pegged to it with {quantity}, there is no such row")


def _add(sums: dict[Key, int], key: Key, quantity: int) -> None:
    sums[key] = sums.get(key, 0) + quantity
