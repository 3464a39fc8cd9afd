"""Why a decision is as it is, why not another location, and what would have to change: figures that add up."""

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from core.test_replaying import POLICIES, world
from orderline.core.routing.compiling import compile_routing
from orderline.core.routing.explaining import Change, explain, what_would_have_to_change, why_not
from orderline.core.routing.model import Decision, Inputs, Offer, RoutableLine, RoutableOrder, RouteLocation, Snapshot
from orderline.core.routing.policy import DEFAULT_POLICY, Policy
from orderline.core.routing.replaying import route_again
from orderline.core.routing.route import route
from orderline.core.routing.weighing import weigh
from orderline.values.address import Place
from orderline.values.geo import Coordinates
from orderline.values.ids import OrderId

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
PARIS = Coordinates(48_856_600, 2_352_200)


def made(
    levels: dict[str, int], policy: Policy = DEFAULT_POLICY, *, offers: dict[str, Offer] | None = None,
    capacity: dict[str, int] | None = None, within: int | None = None,
) -> tuple[Decision, Inputs]:  # fmt: skip
    """Three units of A for Paris; locations are called by their kilometers from there."""
    locations = {
        code: RouteLocation(
            code=code,
            pool="main",
            coordinates=Coordinates(PARIS.latitude_udeg, PARIS.longitude_udeg + int(code[1:]) * 13_660),
            capacity_left=(capacity or {}).get(code),
        )
        for code in levels
    }
    order = RoutableOrder(
        order_id=OrderId(UUID(int=1)), group=1, lines=(RoutableLine(1, "A", 3, (("main", 3),)),),
        place=Place(country="FR"), placed_at=NOW, destination=PARIS,
        promised_by=None if within is None else NOW + timedelta(days=within),
    )  # fmt: skip
    snapshot = Snapshot(
        position=7,
        locations=locations,
        levels={("A", code): units for code, units in levels.items()},
        offers=None if offers is None else lambda order, location: (offers[location.code],),
    )
    found: list[tuple[Decision, Inputs]] = []
    route([order], snapshot, NOW, policy, watch=lambda decision, inputs: found.append((decision, inputs)))
    return found[0]


LIMITED = compile_routing(
    'kind = "routing"\n[[group]]\nname = "g"\n[[group.rule]]\nname = "r"\n[group.rule.locations]\nmost_km = 50\n', "x@1"
)
CHEAPEST = compile_routing(
    'kind = "routing"\n[[group]]\nname = "g"\n[[group.rule]]\nname = "r"\nobjective = ["cost"]\n', "x@2"
)


def test_the_terms_of_a_decision_are_told_and_add_up() -> None:
    decision, inputs = made({"k10": 3, "k20": 3, "k900": 3})
    told = explain(decision)
    assert (told.served, told.winner, told.decided_by) == ({"k10": 3}, ("k10",), "distance_m")
    assert told.runner_up_terms["distance_m"] - told.terms["distance_m"] == told.gap
    assert told.cost_minor == sum(told.costs.values())
    other = why_not(inputs, DEFAULT_POLICY, "k900")
    assert (other.plan, other.winner, other.decided_by) == (("k900",), ("k10",), "distance_m")
    assert other.differences == {name: other.terms[name] - other.winner_terms[name] for name in other.terms}
    assert why_not(inputs, DEFAULT_POLICY, "k10").serves
    assert why_not(inputs, DEFAULT_POLICY, "nowhere").no_stock


def test_what_would_have_to_change_is_the_smallest_change() -> None:
    _, short = made({"k10": 3, "k5": 1})
    assert why_not(short, DEFAULT_POLICY, "k5").plan == ("k5", "k10")
    assert what_would_have_to_change(short, DEFAULT_POLICY, "k5") == [Change("stock", 1, 3, "A")]
    _, full = made({"k10": 3, "k5": 3}, capacity={"k5": 0})
    assert why_not(full, DEFAULT_POLICY, "k5").removed_by == "AT_CAPACITY"
    assert what_would_have_to_change(full, DEFAULT_POLICY, "k5") == [Change("capacity", 0, 1)]
    _, far = made({"k40": 3, "k99": 9}, LIMITED)
    assert why_not(far, LIMITED, "k99").removed_by == "TOO_FAR"
    assert what_would_have_to_change(far, LIMITED, "k99") == []
    _, alone = made({"k99": 9}, LIMITED)
    assert what_would_have_to_change(alone, LIMITED, "k99") == [Change("most_km", 0, 99)]
    offers = {"k10": Offer("S", 2, 700, 5), "k20": Offer("S", 4, 900, 5)}
    _, dear = made({"k10": 3, "k20": 3}, CHEAPEST, offers=offers)
    assert what_would_have_to_change(dear, CHEAPEST, "k20") == [Change("cost_minor", 900, 699)]
    late = {"k10": Offer("S", 2, 700, 5), "k20": Offer("S", 4, 600, 5)}
    _, promised = made({"k10": 3, "k20": 3}, DEFAULT_POLICY, offers=late, within=2)
    assert Change("promised_days_later", 0, 2) in what_would_have_to_change(promised, DEFAULT_POLICY, "k20")


@pytest.mark.slow
@pytest.mark.parametrize("policy", POLICIES, ids=["default", "rules"])
@pytest.mark.parametrize("seed", range(20))
def test_candidates_weighed_add_up_to_the_decision(policy: Policy, seed: int) -> None:
    orders, snapshot = world(seed)
    found: list[tuple[Decision, Inputs]] = []
    route(orders, snapshot, NOW, policy, watch=lambda decision, inputs: found.append((decision, inputs)))
    for decision, inputs in found[:8]:
        weighed = {each.location: each for each in weigh(inputs, policy)}
        assert set(weighed) >= {each.location for each in decision.candidates}
        assert sum(each.serves for each in weighed.values()) == sum(each.quantity for each in decision.allotments)
        if decision.winner is not None:
            for name, value in decision.winner.terms.items():
                assert sum(weighed[code].terms[name] for code in decision.winner.locations) == value
        for code, each in weighed.items():
            told = why_not(inputs, policy, code)
            assert (bool(each.serves), each.removed_by) == (told.serves, told.removed_by)
            if not told.serves and not told.removed_by:
                assert (each.decided_by, each.behind) == (told.decided_by, told.differences.get(told.decided_by, 0))


@pytest.mark.slow
@pytest.mark.parametrize("policy", POLICIES, ids=["default", "rules"])
@pytest.mark.parametrize("seed", range(40))
def test_every_change_that_is_told_holds_and_no_smaller_one_does(policy: Policy, seed: int) -> None:
    orders, snapshot = world(seed)
    found: list[tuple[Decision, Inputs]] = []
    route(orders, snapshot, NOW, policy, watch=lambda decision, inputs: found.append((decision, inputs)))
    decision, inputs = random.Random(seed).choice(found)
    for code in inputs.locations:
        told = why_not(inputs, policy, code)
        assert told.serves == any(each.location == code for each in decision.allotments)
        for change in what_would_have_to_change(inputs, policy, code):
            if change.fact == "stock":
                for units, wins in ((change.needed, True), (change.needed - 1, False)):
                    shelves = {**inputs.shelves, change.about: {**inputs.shelves[change.about], code: units}}
                    again = route_again(msgspec.structs.replace(inputs, shelves=shelves), policy)
                    assert any(each.location == code for each in again.allotments) is wins
