"""Open decision requests: each is one that its order knows of, and each that was sent has a timer."""

import psycopg

from orderline.core.orders.state import Order
from orderline.engine.verifying.invariants import Invariant
from orderline.engine.verifying.report import Tally
from orderline.store.queries import query


class AskedOf:
    """The decision requests that orders wait for, gathered from their journals; compared with those there are."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, bool]] = {}

    def take(self, order: Order) -> None:
        """Note what an order waits for."""
        for each in order.asked:
            self._known[each.id] = (str(order.id), each.sent)

    def compare(self, connection: psycopg.Connection, cell: int, tally: Tally) -> None:
        """All orders have been taken: nothing may be left over on either side."""
        waiting = dict(self._known)
        tally.checked(Invariant.ASKED, 0)
        for id_, order, state, has_timer in connection.execute(query("decisions", "open_decisions"), {"cell": cell}):
            tally.checked(Invariant.ASKED)
            if waiting.pop(id_, None) != (order, state == "sent"):
                tally.fault(Invariant.ASKED, f"decision {id_} is {state}, and the order {order} knows otherwise")
            if not has_timer:
                tally.fault(Invariant.ASKED, f"decision {id_} of the order {order} has no timer")
        for id_, (order, _) in waiting.items():
            tally.fault(Invariant.ASKED, f"the order {order} waits for decision {id_}, which is not open")
