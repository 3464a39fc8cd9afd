"""Where parts of an order are put down, and what they are sliced by."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from orderline.core.orders.state import STOCKED, Order
from orderline.core.reports.measures import Decided, Key, Measure, Parts, Slices, Sums, day_of, zone_of
from orderline.values.ids import DecisionId


class Sheet:
    """Parts that are added up as they come. decided: the routing decisions of the order."""

    def __init__(self, order: Order, decided: Mapping[DecisionId, Decided]) -> None:
        self.order = order
        self.decided = decided
        self._sums: dict[Key, list[int]] = defaultdict(lambda: [0, 0])
        self._places: dict[int, Slices] = {}
        first = order.agreements[0]
        kinds = {line.line: line.kind for line in order.lines}
        # units to be supplied from a shelf, by line, as they were agreed first
        self.ordered = {each.line: each.quantity for each in first.lines if kinds.get(each.line) in STOCKED}
        self.units = sum(each.quantity for each in first.lines)

    def put(self, measure: Measure, at: datetime, about: Slices, amount: int = 0, number: int = 0) -> None:
        """Add to what there is of a measure on the day of an instant."""
        sums = self._sums[measure, day_of(at), about]
        sums[0] += amount
        sums[1] += number

    def parts(self) -> Parts:
        """All that was put down and is not nought."""
        return {key: Sums(*sums) for key, sums in self._sums.items() if any(sums)}

    def at(self, group: int = 0, **more: Any) -> Slices:
        """The slices of what concerns a demand group, or the order; 0: its first one."""
        known = self._places.get(group)
        if known is None:
            groups = self.order.agreement.groups
            place = next((each.place for each in groups if each.group == group), groups[0].place)
            known = Slices(channel=self.order.channel, country=place.country, zone=zone_of(place))
            self._places[group] = known
        return known._replace(**more) if more else known

    def at_fulfillment(self, number: int) -> Slices:
        """The slices of what concerns a fulfillment order."""
        found = self.order.fulfillment_of(number)
        if found is None:
            return self.at()
        return self.at(found.group, location=found.location, rule=self.rule_of(found.decision))

    def rule_of(self, decision: DecisionId | None) -> str:
        """The policy and version by which locations were chosen; empty: a person chose, or no rule was needed."""
        known = self.decided.get(decision) if decision is not None else None
        return known.policy if known is not None else ""
