"""A decision made again from what was kept of it is the same, byte for byte, whatever rules it was made by."""

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from orderline.core.routing.compiling import compile_routing
from orderline.core.routing.model import (
    Decision,
    Inputs,
    Offer,
    RoutableLine,
    RoutableOrder,
    RouteLocation,
    Snapshot,
)
from orderline.core.routing.policy import DEFAULT_POLICY, Policy
from orderline.core.routing.replaying import encode_decision, network_of, pack, route_again, unpack, unpack_network
from orderline.core.routing.route import route
from orderline.values.address import Place
from orderline.values.geo import Coordinates
from orderline.values.ids import OrderId
from support.seeds import seeds

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
TEXT = """
kind = "routing"
[location.L00]
groups = ["near"]
[location.L03]
groups = ["near"]
[location.L01]
groups = ["near"]
[location.L02]
groups = ["near"]
rank = 2
[costs]
ship_minor = 300
ship_minor_per_100_km = 25
labor_minor = 90
split_minor = 200
promise_miss_minor = 900
stock_out_ppm = 200000
[[group]]
name = "large"
sort = ["-value"]
[group.select]
when = "order.value_minor > 9000 && order.lines.exists(l, l.quantity > 1)"
[[group.rule]]
name = "near"
leftover = [{ do = "next_rule" }]
objective = ["late", "distance"]
[group.rule.locations]
in_groups = ["near"]
keep_safety_stock = true
[group.rule.constraints]
most_splits = 2
[[group.rule]]
name = "all"
objective = ["money"]
leftover = [{ do = "hold", type = "unfillable" }]
[group.rule.constraints]
most_splits = 1
least_value_minor = 2000
[[group]]
name = "small"
[[group.rule]]
name = "greedy"
mode = "greedy"
objective = ["late", "rejection_risk", "stock_balance"]
[group.rule.locations]
when = "location.distance_m < 900000 || location.kind == 'store'"
"""
POLICIES = (DEFAULT_POLICY, compile_routing(TEXT, "two@1"))


def world(seed: int) -> tuple[list[RoutableOrder], Snapshot]:
    """A few orders over some locations, some of them scarce, far or full."""
    chance = random.Random(seed)

    def somewhere() -> Coordinates:
        return Coordinates(chance.randrange(43_000_000, 50_000_000), chance.randrange(-1_000_000, 7_000_000))

    locations = {
        f"L{n:02}": RouteLocation(
            code=f"L{n:02}",
            pool=chance.choice(("main", "main", "stores")),
            coordinates=somewhere() if chance.random() < 0.9 else None,
            capacity_left=chance.choice((None, None, 0, 1, 2)),
            active=chance.random() < 0.9,
            handling_days=chance.randrange(4),
            cutoff_at=chance.choice((None, NOW - timedelta(hours=1))),
        )
        for n in range(chance.randrange(1, 12))
    }
    skus = ["A", "B", "C", "D"]
    levels = {(sku, code): chance.randrange(1, 5) for sku in skus for code in locations if chance.random() < 0.6}
    orders = [
        RoutableOrder(
            order_id=OrderId(UUID(int=n + 1)),
            group=1,
            lines=tuple(
                RoutableLine(
                    line,
                    chance.choice(skus),
                    units + chance.randrange(2),
                    (("main", units),) if chance.random() < 0.7 else (("main", 1), ("stores", units - 1)),
                    tuple(code for code in locations if chance.random() < 0.1),
                    chance.randrange(500, 6000),
                    chance.randrange(100, 3000),
                )
                for line in range(1, chance.randrange(2, 5))
                for units in [chance.randrange(1, 4)]
            ),
            place=Place(country="FR"),
            placed_at=NOW - timedelta(minutes=chance.randrange(100)),
            destination=somewhere(),
            ship_complete=chance.random() < 0.2,
            promised_by=chance.choice((None, NOW + timedelta(days=chance.randrange(1, 6)))),
        )
        for n in range(chance.randrange(1, 9))
    ]

    def offers(order: RoutableOrder, location: RouteLocation) -> tuple[Offer, ...]:
        dice = random.Random(f"{order.order_id} {location.code}")
        return tuple(
            Offer(f"S{n}", dice.randrange(1, 6), dice.randrange(300, 2000), dice.randrange(900))
            for n in range(dice.randrange(3))
        )

    return orders, Snapshot(
        position=7,
        locations=locations,
        levels=levels,
        safety={key: 1 for key in levels if chance.random() < 0.3},
        sold={key: chance.randrange(9) for key in levels},
        doubt={key: chance.randrange(900_000) for key in levels if chance.random() < 0.3},
        offers=offers if chance.random() < 0.5 else None,
    )


@pytest.mark.parametrize("policy", POLICIES, ids=["default", "rules"])
@pytest.mark.parametrize("seed", seeds(150))
def test_a_decision_made_again_has_the_same_bytes(policy: Policy, seed: int) -> None:
    orders, snapshot = world(seed)
    network = network_of(snapshot.locations)
    kept: list[tuple[Decision, bytes]] = []
    route(orders, snapshot, NOW, policy, watch=lambda d, i: kept.append((d, pack(i, network.hash))))
    assert len(kept) == len(orders)
    locations = unpack_network(network.body)
    for decision, packed in kept:
        inputs: Inputs = unpack(packed, locations)
        assert encode_decision(route_again(inputs, policy)) == encode_decision(decision)
        assert msgspec.json.decode(encode_decision(decision), type=Decision) == decision


@pytest.mark.slow
@pytest.mark.parametrize("policy", POLICIES, ids=["default", "rules"])
@pytest.mark.parametrize("seed", seeds(150))
def test_no_rules_take_more_than_there_is_or_lose_a_unit(policy: Policy, seed: int) -> None:
    orders, snapshot = world(seed)
    decisions = route(orders, snapshot, NOW, policy)
    left = dict(snapshot.levels)
    for decision in decisions:
        order = next(each for each in orders if each.order_id == decision.order_id)
        units = {line.line: line.quantity for line in order.lines}
        sku_of = {line.line: line.sku for line in order.lines}
        for each in decision.allotments:
            left[sku_of[each.line], each.location] -= each.quantity
            units[each.line] -= each.quantity
            assert snapshot.locations[each.location].pool == each.pool
        for each in decision.unassigned:
            units[each.line] -= each.quantity
        assert not any(units.values())
        if order.ship_complete:
            assert not (decision.allotments and decision.unassigned)
    assert min(left.values(), default=0) >= 0


@pytest.mark.slow
def test_all_ways_to_decide_come_up_among_the_seeds() -> None:
    told = [each for seed in range(150) for each in route(*world(seed), NOW, POLICIES[1])]
    assert {each.rule for each in told} == {"large/near", "large/all", "small/greedy"}
    assert any(each.steps for each in told)
    assert {hit.constraint for each in told for hit in each.hits} >= {"most_splits", "least_value_minor"}
    assert any(action.do == "hold" for each in told for action in each.actions)
    assert all(sum(each.costs.values()) >= 0 for each in told)
