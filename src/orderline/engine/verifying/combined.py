"""Parcels of several orders: one label for all parts, and shares of its cost that add up to it."""

import psycopg

from orderline.core.orders.state import Order, Parcel
from orderline.core.shipments.combinations import Combination, CombinationState
from orderline.engine.verifying.invariants import Invariant
from orderline.engine.verifying.report import Tally
from orderline.store.reading.records import load_records
from orderline.store.reading.source import Source

AT_ONCE = 500
_ON_LABEL = (CombinationState.LABELED, CombinationState.SHIPPED)


class CombinedOf:
    """Parts of combined parcels, gathered from orders; compared with the combinations there are."""

    def __init__(self) -> None:
        self._parts: dict[str, dict[tuple[str, int], Parcel]] = {}

    def take(self, order: Order) -> None:
        """Note what an order has in parcels with others."""
        for parcel in order.parcels:
            if parcel.combined:
                self._parts.setdefault(parcel.combined, {})[str(order.id), parcel.number] = parcel

    def compare(self, connection: psycopg.Connection, cell: int, tally: Tally) -> None:
        """All orders have been taken."""
        source = Source(connection, cell)
        tally.checked(Invariant.COMBINED, 0)
        after = ""
        while True:
            found: list[Combination] = load_records(source, "combination", after=after, most=AT_ONCE)
            for each in found:
                tally.checked(Invariant.COMBINED)
                fault = _fault_of(each, self._parts.pop(each.id, {}))
                if fault:
                    tally.fault(Invariant.COMBINED, f"combination {each.id}: {fault}")
            if len(found) < AT_ONCE:
                break
            after = found[-1].id
        for id_ in self._parts:
            tally.fault(Invariant.COMBINED, f"parcels are parts of the combination {id_}, which does not exist")


def _fault_of(combination: Combination, parts: dict[tuple[str, int], Parcel]) -> str:
    """What is wrong with a combination; nothing, as a rule."""
    members = {(str(each.order), each.parcel): each for each in combination.members if each.parcel}
    if set(members) != set(parts):
        return f"its parts are {sorted(parts)}, it knows of {sorted(members)}"
    if sum(each.cost_minor for each in members.values()) != combination.cost_minor:
        return "the shares of its members do not add up to what its label cost"
    for key, parcel in parts.items():
        if parcel.tracking_number and parcel.tracking_number != combination.tracking_number:
            return (
                f"the parcel {key} goes by {parcel.tracking_number}, the combination by {combination.tracking_number}"
            )
        if parcel.tracking_number and parcel.cost_minor != members[key].cost_minor:
            return f"the parcel {key} cost {parcel.cost_minor}, its share is {members[key].cost_minor}"
    states = {parts[key].state for key, each in members.items() if not each.left and parts[key].shipment is not None}
    if combination.state in _ON_LABEL and len(states) > 1:
        return f"its parts are in different places: {sorted(states)}"
    return ""
