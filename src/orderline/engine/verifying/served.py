"""What locations were offered, have accepted and have rejected, and what happened by the hour: counted in the journal, and as it stands."""

from collections import Counter
from datetime import UTC, date, datetime

import psycopg

from orderline.core.moves import Move
from orderline.core.orders.events import AnyOrderEvent, UnitsMoved
from orderline.core.orders.state import Order
from orderline.core.reports.hours import counted
from orderline.engine.changes import COUNTED
from orderline.engine.verifying.invariants import Invariant
from orderline.engine.verifying.report import Tally
from orderline.store.queries import query


class ServedOf:
    """Units by location, SKU, day and move, gathered from journals; compared with the counts there are."""

    def __init__(self) -> None:
        self._units: Counter[tuple[str, str, date, Move]] = Counter()
        self._hours: Counter[tuple[datetime, str, str]] = Counter()

    def take(self, order: Order, events: list[AnyOrderEvent]) -> None:
        """Count what the journal of an order tells; test orders count for nothing."""
        if order.is_test:
            return
        self._hours.update(told for event in events if (told := counted(order, event)) is not None)
        for event in events:
            if isinstance(event, UnitsMoved) and event.move in COUNTED:
                day = event.at.astimezone(UTC).date()
                for item in event.items:
                    line = order.line_of(item.line)
                    if line is not None:
                        self._units[event.location, line.sku, day, event.move] += item.quantity

    def compare(self, connection: psycopg.Connection, cell: int, tally: Tally) -> None:
        """All orders have been taken: nothing may be left over on either side."""
        tally.checked(Invariant.SERVICE, 0)
        for location, sku, day, *counts in connection.execute(query("service", "service_counted"), {"cell": cell}):
            told = [self._units.pop((location, sku, day, move), 0) for move in COUNTED]
            tally.checked(Invariant.SERVICE)
            if told != counts:
                about = f"{sku} at {location} on {day}"
                tally.fault(Invariant.SERVICE, f"{about}: counted are {counts}, the journal tells {told}")
        for (location, sku, day, move), units in self._units.items():
            if units:
                tally.fault(Invariant.SERVICE, f"{sku} at {location} on {day}: {units} to {move.value} are not counted")
        tally.checked(Invariant.HOURS, 0)
        for hour, channel, what, number in connection.execute(query("hours", "hours_counted"), {"cell": cell}):
            tally.checked(Invariant.HOURS)
            told = self._hours.pop((hour, channel, what), 0)
            if told != number:
                about = f"{what} of {channel} in the hour from {hour:%Y-%m-%d %H:%M}"
                tally.fault(Invariant.HOURS, f"{about}: {number} are counted, the journal tells {told}")
        for (hour, channel, what), number in self._hours.items():
            tally.fault(
                Invariant.HOURS, f"{what} of {channel} in the hour from {hour:%Y-%m-%d %H:%M}: {number} are not counted"
            )
