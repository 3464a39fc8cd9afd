"""Agreements: the units called off are those of their orders, and never more than was agreed."""

from collections import Counter
from collections.abc import Sequence

import msgspec
import psycopg

from orderline.core.agreements.decide import units_of
from orderline.core.agreements.following import review_stream
from orderline.core.agreements.state import CALL_OFF_NAME, NAME, Agreement, CallOff, SkuUnits, units_by_sku
from orderline.core.jobs import JobKind
from orderline.core.orders.state import Order
from orderline.engine.verifying.invariants import Invariant
from orderline.engine.verifying.report import Tally
from orderline.store.queries import query


class CalledOf:
    """What orders have called off, gathered from their journals; compared with the agreements."""

    def __init__(self) -> None:
        self._units: dict[str, dict[str, int]] = {}
        self._about: dict[str, tuple[str, str, str]] = {}
        self._tests: set[str] = set()

    def take(self, order: Order) -> None:
        """Note what an order calls off."""
        if order.company is not None and order.company.agreement and not order.history:
            self._units[str(order.id)] = units_of(order)
            self._tests |= {str(order.id)} if order.is_test else set()
            self._about[str(order.id)] = (order.number, order.company.agreement, review_stream(order))

    def compare(self, connection: psycopg.Connection, cell: int, tally: Tally) -> None:
        """All orders have been taken: what is called off is of an order, and what was canceled is given back, or will be."""
        rows = connection.execute(
            query("verify", "jobs_of_kind"), {"cell": cell, "kind": JobKind.REVIEW_CALL_OFF.value}
        )
        reviewed = {stream for (stream,) in rows}
        known: set[str] = set()
        sums: dict[str, Counter[str]] = {}
        tally.checked(Invariant.AGREEMENTS, 0)

        def compare(agreement: str, order: str, order_number: str, called: Sequence[SkuUnits]) -> None:
            sums.setdefault(agreement, Counter()).update(units_by_sku(called))
            known.add(order)
            number, of, stream = self._about.get(order, (order_number, "", ""))
            units = self._units.get(order, {})
            more = {each.sku for each in called if each.quantity > units.get(each.sku, 0)}
            if of != agreement or (more and stream not in reviewed):
                tally.fault(Invariant.AGREEMENTS, f"{number}: it has called off less of {agreement} than stands there")

        for (body,) in connection.execute(query("records", "bodies_of_kind"), {"cell": cell, "kind": CALL_OFF_NAME}):
            call = msgspec.json.decode(body, type=CallOff)
            compare(call.agreement, call.id, call.order_number, call.units)
        for (body,) in connection.execute(query("records", "bodies_of_kind"), {"cell": cell, "kind": NAME}):
            agreement = msgspec.json.decode(body, type=Agreement)
            tally.checked(Invariant.AGREEMENTS)
            for noted in agreement.calls:
                compare(agreement.id, str(noted.order), noted.order_number, noted.units)
            called = sums.get(agreement.id, Counter())
            for line in agreement.lines:
                if line.called != called[line.sku] or line.called > line.quantity:
                    fault = f"{line.called} of {line.quantity} {line.sku} called off, by its orders {called[line.sku]}"
                    tally.fault(Invariant.AGREEMENTS, f"{agreement.id}: {fault}")
        for order in self._about.keys() - known - self._tests:
            number, of, _ = self._about[order]
            if self._units[order]:
                tally.fault(Invariant.AGREEMENTS, f"{number}: nothing of it is called off of {of}")
