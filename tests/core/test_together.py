"""Orders routed together cost less than one after the other, by a rule that says so."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from orderline.core.policies.state import Scope
from orderline.core.routing.compiling import compile_routing
from orderline.core.routing.model import (
    Decision,
    Inputs,
    Method,
    Offer,
    RoutableLine,
    RoutableOrder,
    RouteLocation,
    Snapshot,
)
from orderline.core.routing.replaying import encode_decision, route_again
from orderline.core.routing.scoped import Live, route_by
from orderline.values.address import Place
from orderline.values.ids import OrderId

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
COSTS = ((2, 5, 6), (7, 19, 20), (8, 15, 18))
TEXT = 'kind = "routing"\n[[group]]\nname = "g"\n[[group.rule]]\nname = "r"\nobjective = ["money"]\nmode = "{}"\n'


def cost(mode: str) -> tuple[int, list[Decision]]:
    """Three customers and three stores with one unit each: what serving all costs, by a rule of a mode."""
    stores = {code: RouteLocation(code=code, pool="main") for code in "xyz"}
    orders = [
        RoutableOrder(
            order_id=OrderId(UUID(int=n + 1)), group=1, lines=(RoutableLine(1, "A", 1, (("main", 1),)),),
            place=Place(country="FR"), placed_at=NOW,
        )
        for n in range(3)
    ]  # fmt: skip

    def offers(order: RoutableOrder, location: RouteLocation) -> tuple[Offer, ...]:
        return (Offer("S", 1, COSTS[order.order_id.int - 1]["xyz".index(location.code)], 0),)

    snapshot = Snapshot(position=1, locations=stores, levels={("A", code): 1 for code in stores}, offers=offers)
    policy = compile_routing(TEXT.format(mode), "p@1")
    kept: list[tuple[Decision, Inputs]] = []
    decisions = route_by(orders, snapshot, NOW, [Live(Scope(), policy)], watch=lambda d, i: kept.append((d, i)))
    for decision, inputs in kept:
        assert encode_decision(route_again(inputs, policy)) == encode_decision(decision)
    return sum(decision.costs["ship"] for decision in decisions), decisions


@pytest.mark.slow
def test_three_customers_and_three_stores_cost_28_together_and_39_one_by_one() -> None:
    together, decisions = cost("batch")
    one_by_one, _ = cost("exact")
    print(f"one order after the other {one_by_one}, together {together}")  # noqa: T201 - shown with -s
    assert (one_by_one, together) == (39, 28)
    assert all(decision.method is Method.BATCH for decision in decisions)


@pytest.mark.slow
def test_units_of_a_line_are_split_over_locations_where_none_has_them_all_and_others_still_get_theirs() -> None:
    """x and y have two units each and z four, all of which the two orders ask for."""
    stores = {code: RouteLocation(code=code, pool="main") for code in "xyz"}
    orders = [
        RoutableOrder(
            order_id=OrderId(UUID(int=n + 1)), group=1, lines=(RoutableLine(1, "A", units, (("main", units),)),),
            place=Place(country="FR"), placed_at=NOW,
        )
        for n, units in enumerate((3, 5))
    ]  # fmt: skip

    def offers(order: RoutableOrder, location: RouteLocation) -> tuple[Offer, ...]:
        return (Offer("S", 1, {"x": 10, "y": 11, "z": 12}[location.code], 0),)

    snapshot = Snapshot(
        position=1, locations=stores, levels={("A", "x"): 2, ("A", "y"): 2, ("A", "z"): 4}, offers=offers
    )
    policy = compile_routing(TEXT.format("batch"), "p@1")
    decisions = route_by(orders, snapshot, NOW, [Live(Scope(), policy)])
    assert decisions[0].method is Method.BATCH  # alone it would take three of z, and two of the other go without
    assert not any(decision.unassigned for decision in decisions)
    served = [sorted((each.location, each.quantity) for each in decision.allotments) for decision in decisions]
    assert [sum(units for _, units in each) for each in served] == [3, 5]
    assert len(served[0]) == len(served[1]) == 2
