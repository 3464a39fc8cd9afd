"""Routing: the table of rules, and what holds for any orders and any stock."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orderline.core.routing.model import (
    Decision,
    Exclusion,
    Method,
    RoutableLine,
    RoutableOrder,
    RouteLocation,
    Shortfall,
    Snapshot,
    TransitBand,
)
from orderline.core.routing.policy import DEFAULT_POLICY
from orderline.core.routing.route import route, transit_days
from orderline.values.address import Place
from orderline.values.geo import Coordinates, distance_m
from orderline.values.ids import OrderId
from support.depth import deep

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
PARIS = Coordinates(48_856_600, 2_352_200)


def location(code: str, *, east_km: int = 10, pool: str = "main", **fields: Any) -> RouteLocation:
    """A location some kilometers east of Paris."""
    coordinates = Coordinates(PARIS.latitude_udeg, PARIS.longitude_udeg + east_km * 13_660)
    given: dict[str, Any] = {"coordinates": coordinates} | fields
    return RouteLocation(code=code, pool=pool, **given)


def line(number: int, sku: str, quantity: int, *excluded: str, pools: Mapping[str, int] | None = None) -> RoutableLine:
    claims = tuple(({"main": quantity} if pools is None else pools).items())
    return RoutableLine(number, sku, quantity, claims, excluded)


def order(*lines: RoutableLine, id: int = 1, **fields: Any) -> RoutableOrder:
    given: dict[str, Any] = {"place": Place(country="FR"), "placed_at": NOW, "destination": PARIS, "group": 1} | fields
    return RoutableOrder(order_id=OrderId(UUID(int=id)), lines=lines, **given)


def snapshot(locations: Iterable[RouteLocation], levels: Mapping[tuple[str, str], int], **fields: Any) -> Snapshot:
    return Snapshot(position=7, locations={each.code: each for each in locations}, levels=levels, **fields)


def shown(decision: Decision) -> tuple[dict[tuple[int, str], int], dict[tuple[int, Shortfall], int]]:
    """({(line, location): units}, {(line, reason): units left})"""
    return (
        {(each.line, each.location): each.quantity for each in decision.allotments},
        {(each.line, each.reason): each.quantity for each in decision.unassigned},
    )


NEAR, FAR, LATE = location("near"), location("far", east_km=400), location("late", east_km=1, handling_days=9)
SOON = NOW + timedelta(days=4)

CASES: list[Any] = [
    # what is shown                       order                                          locations      levels                                     line, location: units                    units left
    ("the nearest of two that can",       order(line(1, "A", 1)),                        (FAR, NEAR),   {"A": {"near": 5, "far": 5}},              {(1, "near"): 1},                        {}),
    ("one far before two near",           order(line(1, "A", 1), line(2, "B", 1)),       (NEAR, FAR, LATE), {"A": {"near": 1, "far": 1}, "B": {"late": 1, "far": 1}}, {(1, "far"): 1, (2, "far"): 1}, {}),
    ("a promise kept before nearness",    order(line(1, "A", 1), promised_by=SOON),      (FAR, LATE),   {"A": {"late": 5, "far": 5}},              {(1, "far"): 1},                         {}),
    ("two on time before one late",       order(line(1, "A", 1), line(2, "B", 1), promised_by=SOON), (NEAR, FAR, LATE), {"A": {"near": 1, "late": 1}, "B": {"far": 1, "late": 1}}, {(1, "near"): 1, (2, "far"): 1}, {}),
    ("late rather than not at all",       order(line(1, "A", 1), promised_by=SOON),      (LATE,),       {"A": {"late": 1}},                        {(1, "late"): 1},                        {}),
    ("a line shared by two locations",    order(line(1, "A", 3)),                        (NEAR, FAR),   {"A": {"near": 2, "far": 2}},              {(1, "near"): 2, (1, "far"): 1},         {}),
    ("a part, and the rest left",         order(line(1, "A", 5)),                        (NEAR, FAR),   {"A": {"near": 2, "far": 2}},              {(1, "near"): 2, (1, "far"): 2},         {(1, Shortfall.NO_STOCK_AT_ANY_LOCATION): 1}),
    ("all or nothing",                    order(line(1, "A", 1), line(2, "B", 3), ship_complete=True), (NEAR,), {"A": {"near": 1}, "B": {"near": 1}}, {}, {(1, Shortfall.SHIP_COMPLETE_NOT_POSSIBLE): 1, (2, Shortfall.NO_STOCK_AT_ANY_LOCATION): 2, (2, Shortfall.SHIP_COMPLETE_NOT_POSSIBLE): 1}),
    ("all",                               order(line(1, "A", 1), line(2, "B", 1), ship_complete=True), (NEAR, FAR), {"A": {"near": 1}, "B": {"far": 1}}, {(1, "near"): 1, (2, "far"): 1}, {}),
    ("not where it was rejected",         order(line(1, "A", 1, "near")),                (NEAR, FAR),   {"A": {"near": 5, "far": 5}},              {(1, "far"): 1},                         {}),
    ("rejected everywhere",               order(line(1, "A", 1, "near")),                (NEAR,),       {"A": {"near": 5}},                        {},                                      {(1, Shortfall.ALL_LOCATIONS_EXCLUDED): 1}),
    ("rejected for one line only",        order(line(1, "A", 1, "near"), line(2, "A", 1)), (NEAR, FAR), {"A": {"near": 1, "far": 1}},              {(1, "far"): 1, (2, "near"): 1},         {}),
    ("stock nobody may use",              order(line(1, "A", 1)),                        (location("near", active=False),), {"A": {"near": 5}},    {},                                      {(1, Shortfall.ALL_LOCATIONS_EXCLUDED): 1}),
    ("stock of another pool",             order(line(1, "A", 1)),                        (location("near", pool="other"),), {"A": {"near": 5}},    {},                                      {(1, Shortfall.NO_STOCK_AT_ANY_LOCATION): 1}),
    ("claims in two pools",               order(line(1, "A", 3, pools={"main": 1, "other": 2})), (NEAR, location("x", pool="other")), {"A": {"near": 5, "x": 1}}, {(1, "near"): 1, (1, "x"): 1}, {(1, Shortfall.NO_STOCK_AT_ANY_LOCATION): 1}),
    ("units without a claim",             order(line(1, "A", 3, pools={"main": 1})),     (NEAR,),       {"A": {"near": 5}},                        {(1, "near"): 1},                        {(1, Shortfall.NOT_CLAIMED): 2}),
    ("the store of a pickup",             order(line(1, "A", 1), pickup_location="far"), (NEAR, location("far", pickup=True)), {"A": {"near": 5, "far": 5}}, {(1, "far"): 1},                 {}),
    ("the store of a pickup, empty",      order(line(1, "A", 1), pickup_location="far"), (NEAR, location("far", pickup=True)), {"A": {"near": 5}}, {},                                       {(1, Shortfall.ALL_LOCATIONS_EXCLUDED): 1}),
    ("where nothing is distant",          order(line(1, "A", 1), destination=None),      (location("b"), location("a", east_km=900)), {"A": {"a": 1, "b": 1}}, {(1, "a"): 1},           {}),
    ("a known distance before unknown",   order(line(1, "A", 1)),                        (location("a", coordinates=None), FAR), {"A": {"a": 1, "far": 1}}, {(1, "far"): 1},             {}),
    ("the first code among equals",       order(line(1, "A", 1)),                        (location("b"), location("a"), location("c")), {"A": {"a": 1, "b": 1, "c": 1}}, {(1, "a"): 1}, {}),
    ("a place without levels",            order(line(1, "A", 1)),                        (),            {"A": {"ghost": 1}},                       {},                                      {(1, Shortfall.NO_STOCK_AT_ANY_LOCATION): 1}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "locations", "shelves", "served", "left"), [each[1:] for each in CASES], ids=[each[0] for each in CASES]
)
def test_units_go_to_the_best_set_of_locations(
    asked: RoutableOrder,
    locations: tuple[RouteLocation, ...],
    shelves: dict[str, dict[str, int]],
    served: dict[tuple[int, str], int],
    left: dict[tuple[int, Shortfall], int],
) -> None:
    levels = {(sku, code): units for sku, shelf in shelves.items() for code, units in shelf.items()}
    [decision] = route([asked], snapshot(locations, levels), NOW)
    assert shown(decision) == (served, left)


def test_the_urgent_choose_first_and_a_batch_never_oversells() -> None:
    orders = [
        order(line(1, "A", 1), id=1),
        order(line(1, "A", 1), id=2, placed_at=NOW - timedelta(hours=1)),
        order(line(1, "A", 1), id=3, promised_by=SOON),
        order(line(1, "A", 1), id=4, priority=1),
        order(line(1, "A", 1), id=5, placed_at=NOW - timedelta(hours=1)),
    ]
    decisions = route(orders, snapshot([NEAR], {("A", "near"): 3}), NOW)
    assert [(each.order_id.int, len(each.allotments)) for each in decisions] == [(4, 1), (3, 1), (2, 1), (5, 0), (1, 0)]
    assert shown(decisions[-1])[1] == {(1, Shortfall.TAKEN_BY_ORDERS_BEFORE): 1}


def test_a_location_takes_no_more_orders_than_it_has_capacity_for() -> None:
    locations = [location("near", capacity_left=1), FAR]
    orders = [order(line(1, "A", 1), line(2, "B", 1), id=n) for n in (1, 2)]
    levels = {(sku, code): 9 for sku in ("A", "B") for code in ("near", "far")}
    first, second = route(orders, snapshot(locations, levels), NOW)
    assert first.winner is not None
    assert second.winner is not None
    assert (first.winner.locations, second.winner.locations) == (("near",), ("far",))
    assert [each.excluded for each in second.candidates] == [None, Exclusion.AT_CAPACITY]


EXCLUDED = [
    # location                                      order                                                 told
    (location("x", active=False),                   order(line(1, "A", 1)),                               Exclusion.INACTIVE),
    (location("x", ships=False),                    order(line(1, "A", 1)),                               Exclusion.DOES_NOT_SHIP),
    (location("x", capacity_left=0),                order(line(1, "A", 1)),                               Exclusion.AT_CAPACITY),
    (location("x"),                                 order(line(1, "A", 1), pickup_location="x"),          Exclusion.NO_PICKUP),
    (location("x", pickup=True),                    order(line(1, "A", 1), pickup_location="y"),          Exclusion.NOT_THE_PICKUP_LOCATION),
    (location("x"),                                 order(line(1, "A", 1, "x")),                          Exclusion.REJECTED_THE_LINES),
    (location("x", active=False, ships=False),      order(line(1, "A", 1, "x")),                          Exclusion.REJECTED_THE_LINES),
    (location("x", pickup=True, ships=False),       order(line(1, "A", 1), pickup_location="x"),          None),
]  # fmt: skip


@pytest.mark.parametrize(("where", "asked", "told"), EXCLUDED)
def test_a_decision_tells_of_each_candidate_what_excluded_it(
    where: RouteLocation, asked: RoutableOrder, told: Exclusion | None
) -> None:
    [decision] = route([asked], snapshot([where], {("A", "x"): 5}), NOW)
    assert [each.excluded for each in decision.candidates] == [told]


def test_a_decision_explains_itself() -> None:
    locations = [NEAR, FAR, LATE, location("shut", active=False), location("bare"), location("other", pool="other")]
    levels = {("A", code): 2 for code in ("near", "far", "late", "shut", "other")}
    [decision] = route([order(line(1, "A", 2), promised_by=SOON)], snapshot(locations, levels), NOW)
    assert msgspec.json.decode(msgspec.json.encode(decision)) == {
        "id": str(decision.id),
        "order_id": str(UUID(int=1)),
        "group": 1,
        "policy": "default-2",
        "position": 7,
        "method": "exact",
        "pools": ["main"],
        "allotments": [{"line": 1, "pool": "main", "location": "near", "quantity": 2}],
        "candidates": [
            {"location": "far", "distance_m": 399_662, "promise_feasible": True, "covers": 2},
            {"location": "late", "distance_m": 999, "covers": 2},
            {"location": "near", "distance_m": 9_994, "promise_feasible": True, "covers": 2},
            {"location": "shut", "excluded": "INACTIVE"},
        ],
        "without_stock": 1,
        "winner": {
            "locations": ["near"],
            "terms": {"late_locations": 0, "locations": 1, "cost_minor": 0, "distance_m": 9_994},
        },
        "runner_up": {
            "locations": ["far"],
            "terms": {"late_locations": 0, "locations": 1, "cost_minor": 0, "distance_m": 399_662},
        },
        "gap": {"term": "distance_m", "by": 389_668},
        "rule": "default",
    }
    assert decision.id.version == 7
    assert msgspec.json.decode(msgspec.json.encode(decision), type=Decision) == decision


def test_a_decision_keeps_the_ranked_and_the_nearest_of_many_candidates() -> None:
    locations = [location(f"L{n:02}", east_km=100 - n) for n in range(60)]
    [decision] = route([order(line(1, "A", 1))], snapshot(locations, {("A", each.code): 1 for each in locations}), NOW)
    assert [each.location for each in decision.candidates] == [f"L{n}" for n in range(20, 60)]
    assert decision.candidates_untold == 20


def test_nine_lines_are_routed_greedily_and_say_so() -> None:
    lines = [line(n, f"S{n}", 1) for n in range(1, 10)]
    levels = {(f"S{n}", code): 1 for n in range(1, 10) for code in (("near", "far") if n < 6 else ("far",))}
    [decision] = route([order(*lines)], snapshot([NEAR, FAR], levels), NOW)
    assert decision.method == Method.GREEDY
    assert {each.location for each in decision.allotments} == {"far"}


def test_a_proof_that_takes_too_long_is_given_up_and_the_units_are_routed_all_the_same() -> None:
    policy = msgspec.structs.replace(DEFAULT_POLICY, work_limit=2)
    locations = [location(f"L{n}", east_km=n) for n in range(9)]
    levels = {(f"S{n}", f"L{(n + k) % 9}"): 1 for n in range(6) for k in range(3)}
    asked = order(*(line(n + 1, f"S{n}", 2) for n in range(6)))
    [quick], [proven] = (route([asked], snapshot(locations, levels), NOW, each) for each in (policy, DEFAULT_POLICY))
    assert (quick.method, proven.method) == (Method.GREEDY, Method.EXACT)
    assert sum(each.quantity for each in quick.allotments) == 12


def test_a_missed_cut_off_costs_a_day() -> None:
    day_after = NOW + timedelta(days=2)
    for cutoff_at, feasible in ((NOW + timedelta(hours=1), True), (NOW - timedelta(hours=1), False), (None, True)):
        at = snapshot([location("x", cutoff_at=cutoff_at)], {("A", "x"): 1})
        [decision] = route([order(line(1, "A", 1), promised_by=day_after)], at, NOW)
        assert decision.candidates[0].promise_feasible is feasible


def test_days_on_the_way_come_from_the_table() -> None:
    bands = (TransitBand(100, 1), TransitBand(200, 4))
    assert [transit_days(bands, each) for each in (0, 100, 101, 200, 201, None)] == [1, 1, 4, 4, 4, 4]


# What holds for any orders and any stock -----------------------------------------------------------------------------

CODES, SKUS, POOLS = ("c1", "c2", "c3", "c4", "c5"), ("A", "B", "C"), ("main", "other")

LOCATIONS = st.fixed_dictionaries(
    {
        code: st.builds(
            location,
            st.just(code),
            east_km=st.sampled_from([1, 5, 200, 700]),
            pool=st.sampled_from(POOLS),
            handling_days=st.integers(0, 3),
            active=st.sampled_from([True, True, True, False]),
            capacity_left=st.sampled_from([None, None, 1]),
        )
        for code in CODES
    }
)
LEVELS = st.dictionaries(st.tuples(st.sampled_from(SKUS), st.sampled_from(CODES)), st.integers(0, 4))
CLAIMS = st.dictionaries(st.sampled_from(POOLS), st.integers(1, 4), min_size=1)


@st.composite
def any_order(draw: st.DrawFn, id: int = 1) -> RoutableOrder:
    lines = [
        line(
            number,
            draw(st.sampled_from(SKUS)),
            sum(claims.values()) + draw(st.sampled_from([0, 0, 1])),
            *draw(st.lists(st.sampled_from(CODES), max_size=2)),
            pools=claims,
        )
        for number, claims in enumerate(draw(st.lists(CLAIMS, min_size=1, max_size=4)), 1)
    ]
    promised_by = draw(st.sampled_from([None, NOW + timedelta(days=3)]))
    return order(
        *lines, id=id, promised_by=promised_by, ship_complete=draw(st.booleans()), priority=draw(st.integers(0, 1))
    )


def most_units(demands: list[tuple[int, str, set[str]]], shelves: Mapping[tuple[str, str], int]) -> int:
    """Units that can be served at most, by augmenting paths, one unit at a time. demands: (units, SKU, locations)."""
    served: list[list[str]] = [[] for _ in demands]

    def find(demand: int, seen: set[str]) -> bool:
        _, sku, allowed = demands[demand]
        for code in sorted(allowed - seen):
            seen.add(code)
            users = [d for d, codes in enumerate(served) if demands[d][1] == sku for each in codes if each == code]
            if len(users) < shelves.get((sku, code), 0):
                served[demand].append(code)
                return True
            for user in users:
                if find(user, seen):
                    served[user].remove(code)
                    served[demand].append(code)
                    return True
        return False

    return sum(find(d, set()) for d, (units, _, _) in enumerate(demands) for _ in range(units))


@pytest.mark.slow
@settings(max_examples=deep(100))
@given(any_order(), LOCATIONS, LEVELS)
def test_for_any_order_the_chosen_set_is_the_best_of_all_sets(
    asked: RoutableOrder, locations: dict[str, RouteLocation], levels: dict[tuple[str, str], int]
) -> None:
    asked = msgspec.structs.replace(asked, ship_complete=False)
    [decision] = route([asked], snapshot(locations.values(), levels), NOW)
    usable = {code for code, each in locations.items() if each.active}
    claims = {(each.line, pool): (units, each) for each in asked.lines for pool, units in each.pools}

    def demands(units: Mapping[tuple[int, str], int], among: Iterable[str]) -> list[tuple[int, str, set[str]]]:
        return [
            (n, each.sku, {c for c in among if locations[c].pool == pool and c not in each.excluded})
            for (number, pool), n in units.items()
            for each in [claims[number, pool][1]]
        ]

    served: dict[tuple[int, str], int] = {}
    for each in decision.allotments:
        served[each.line, each.pool] = served.get((each.line, each.pool), 0) + each.quantity
    total = sum(served.values())
    assert total == most_units(demands({key: units for key, (units, _) in claims.items()}, usable), levels)

    facts = {each.location: each for each in decision.candidates}
    sets = [
        chosen
        for size in range(1, len(usable) + 1)
        for chosen in combinations(sorted(usable), size)
        if most_units(demands(served, chosen), levels) == total > 0
    ]
    lean = [each for each in sets if not any(set(other) < set(each) for other in sets)]
    assert all(code in facts for each in lean for code in each)
    ranked = sorted(
        lean,
        key=lambda chosen: (
            sum(not facts[code].promise_feasible for code in chosen),
            len(chosen),
            sum(facts[code].distance_m or 0 for code in chosen),
            chosen,
        ),
    )
    found = [tuple(sorted(each.locations)) for each in (decision.winner, decision.runner_up) if each is not None]
    assert decision.method == Method.EXACT
    assert found == ranked[:2]
    assert {each.location for each in decision.allotments} == set(found[0] if found else ())
    for each in decision.candidates:
        if each.distance_m is not None:
            there = locations[each.location].coordinates
            assert there is not None
            assert each.distance_m == distance_m(there, PARIS)


@st.composite
def batches(draw: st.DrawFn) -> tuple[list[RoutableOrder], list[RoutableOrder]]:
    orders = [draw(any_order(id=number)) for number in range(1, draw(st.integers(2, 5)))]
    return orders, draw(st.permutations(orders))


@given(batches(), LOCATIONS, LEVELS)
def test_for_any_batch_nothing_is_oversold_nothing_forgotten_and_its_arrangement_does_not_matter(
    batch: tuple[list[RoutableOrder], list[RoutableOrder]],
    locations: dict[str, RouteLocation],
    levels: dict[tuple[str, str], int],
) -> None:
    orders, arranged = batch
    at = snapshot(locations.values(), levels)
    decisions = route(orders, at, NOW)
    assert route(arranged, at, NOW) == decisions
    assert msgspec.json.encode(route(arranged, at, NOW)) == msgspec.json.encode(decisions)

    taken: dict[tuple[str, str], int] = {}
    sent: dict[str, int] = {}
    for decision in decisions:
        [asked] = [each for each in orders if each.order_id == decision.order_id]
        by_number = {each.line: each for each in asked.lines}
        for number, wanted in by_number.items():
            served = sum(each.quantity for each in decision.allotments if each.line == number)
            left = sum(each.quantity for each in decision.unassigned if each.line == number)
            assert served + left == wanted.quantity
        for each in decision.allotments:
            wanted = by_number[each.line]
            assert each.quantity > 0
            assert each.location not in wanted.excluded
            assert locations[each.location].pool == each.pool
            assert locations[each.location].active
            taken[wanted.sku, each.location] = taken.get((wanted.sku, each.location), 0) + each.quantity
        for number, pool in {(each.line, each.pool) for each in decision.allotments}:
            claim = dict(by_number[number].pools)[pool]
            assert sum(e.quantity for e in decision.allotments if (e.line, e.pool) == (number, pool)) <= claim
        for code in {each.location for each in decision.allotments}:
            sent[code] = sent.get(code, 0) + 1
        assert not (asked.ship_complete and decision.allotments and decision.unassigned)
    assert all(units <= levels.get(key, 0) for key, units in taken.items())
    assert all(locations[code].capacity_left in (None, orders_sent) for code, orders_sent in sent.items())
