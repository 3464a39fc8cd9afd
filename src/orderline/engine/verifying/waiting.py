"""Units that are canceled when no location is found for them in time: a job stands behind each date."""

from datetime import datetime

import psycopg

from orderline.core.jobs import JobKind
from orderline.core.orders.guards import is_blocked
from orderline.core.orders.state import Order
from orderline.core.orders.status import waits_for_location
from orderline.engine.verifying.invariants import Invariant
from orderline.engine.verifying.report import Tally
from orderline.store.queries import query


class WaitingOf:
    """Dates by which lines are to have a location, gathered from their journals; compared with the jobs there are."""

    def __init__(self) -> None:
        self._dates: dict[tuple[str, str], str] = {}

    def take(self, order: Order) -> None:
        """Note the dates of an order's lines; one that a hold stops has a job when the hold is lifted."""
        if order.closed_at is not None:
            return
        for line in order.lines:
            if line.auto_cancel is not None and waits_for_location(line) and not is_blocked(order, "cancel", line.line):
                self._dates[str(order.id), _text(line.auto_cancel.due_at)] = order.number

    def compare(self, connection: psycopg.Connection, cell: int, tally: Tally) -> None:
        """All orders have been taken: no date may be without its job."""
        tally.checked(Invariant.WAITING, len(self._dates))
        rows = connection.execute(query("verify", "jobs_of_kind"), {"cell": cell, "kind": JobKind.CANCEL_DUE.value})
        known = {(stream.partition(" ")[0], stream.rpartition(" ")[2]) for (stream,) in rows}
        for (order, due_at), number in self._dates.items():
            if (order, due_at) not in known:
                tally.fault(Invariant.WAITING, f"{number}: nothing cancels at {due_at} what has no location")


def _text(at: datetime) -> str:
    return at.isoformat()
