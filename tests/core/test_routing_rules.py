"""The words of routing rules, each with the location it leaves out and the code that is told for it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from orderline.core.routing.compiling import compile_routing
from orderline.core.routing.model import (
    Action,
    Cause,
    Decision,
    Offer,
    RoutableLine,
    RoutableOrder,
    RouteLocation,
    Shortfall,
    Snapshot,
)
from orderline.core.routing.route import route
from orderline.core.stock.state import LocationKind
from orderline.values.address import Place
from orderline.values.geo import Coordinates
from orderline.values.ids import OrderId

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
PARIS = Coordinates(48_856_600, 2_352_200)
HEAD = """kind = "routing"
[location.shop]
groups = ["stores"]
rank = 2
channels = ["web"]
[location.depot]
groups = ["depots"]
rank = 1
abilities = ["hazmat"]
channels = ["market"]
[needs]
hazmat = ["BATTERY"]
"""
SITES = {
    "shop": RouteLocation(
        code="shop", pool="main", kind=LocationKind.STORE, coordinates=Coordinates(48_856_600, 2_380_000),
        capacity_left=5, rejected_ppm=90_000, feed_age_s=3_000,
    ),
    "depot": RouteLocation(code="depot", pool="main", coordinates=Coordinates(48_856_600, 9_000_000)),
}  # fmt: skip


def line(number: int, sku: str, units: int, value: int = 1000, **custom: str) -> RoutableLine:
    return RoutableLine(number, sku, units, (("main", units),), (), value, 1500, dict(custom))


def decide(
    rule: str, *lines: RoutableLine, levels: dict[tuple[str, str], int] | None = None, head: str = HEAD,
    group: str = "", at: datetime = NOW, stock: dict[str, Any] | None = None, **order: Any,
) -> Decision:  # fmt: skip
    text = f'{head}\n[[group]]\nname = "g"\n{group}\n[[group.rule]]\nname = "r"\n{rule}'
    given: dict[str, Any] = {
        "place": Place(country="FR"),
        "placed_at": NOW,
        "destination": PARIS,
        "channel": "web",
    } | order
    asked = RoutableOrder(order_id=OrderId(UUID(int=1)), group=1, lines=lines or (line(1, "A", 2),), **given)
    skus = {each.sku for each in asked.lines}
    found = {(sku, code): 5 for sku in skus for code in SITES} if levels is None else levels
    snapshot = Snapshot(position=7, locations=SITES, levels=found, **(stock or {}))
    [decision] = route([asked], snapshot, at, compile_routing(text, "t@1"))
    return decision


SOLD = {"sold": {("A", "shop"): 10, ("A", "depot"): 1}}
FILTERS: list[Any] = [
    # what the rule says of locations            who is left out   for                       more
    ('codes = ["depot"]',                        "shop",  "NOT_NAMED",                 {}),
    ('not_codes = ["shop"]',                     "shop",  "NAMED_AS_EXCLUDED",         {}),
    ('in_groups = ["depots"]',                   "shop",  "NOT_IN_THE_GROUPS",         {}),
    ('not_in_groups = ["stores"]',               "shop",  "IN_AN_EXCLUDED_GROUP",      {}),
    ('kinds = ["warehouse"]',                    "shop",  "NOT_OF_THE_KIND",           {}),
    ("most_km = 100",                            "depot", "TOO_FAR",                   {}),
    ("most_transit_days = 2",                    "depot", "TOO_LONG_ON_THE_WAY",       {}),
    ("meets_promise = true",                     "depot", "MISSES_THE_PROMISE",        {"promised_by": NOW + timedelta(days=2)}),
    ("least_capacity = 6",                       "shop",  "NOT_ENOUGH_CAPACITY",       {}),
    ("sells_channel = true",                     "depot", "DOES_NOT_SELL_THE_CHANNEL", {}),
    ("most_rejected_ppm = 50000",                "shop",  "REJECTS_TOO_OFTEN",         {}),
    ("most_feed_age_minutes = 30",               "shop",  "FEED_TOO_OLD",              {}),
    ("least_weeks_of_supply = 4",                "shop",  "WEEKS_OF_SUPPLY",           {"stock": SOLD}),
    ("most_weeks_of_supply = 4",                 "depot", "WEEKS_OF_SUPPLY",           {"stock": SOLD}),
    ("least_units = 3",                          "shop",  "TOO_FEW_UNITS",             {"lines": (line(1, "A", 4),), "levels": {("A", "shop"): 2, ("A", "depot"): 9}}),
    ("all_items = true",                         "shop",  "NOT_ALL_ITEMS",             {"lines": (line(1, "A", 4),), "levels": {("A", "shop"): 2, ("A", "depot"): 9}}),
    ("",                                         "shop",  "NOT_ABLE",                  {"lines": (line(1, "BATTERY", 1),)}),
    ("",                                         "shop",  "NOT_ABLE",                  {"lines": (line(1, "A", 1, needs="hazmat"),)}),
    ('when = "location.rank < 2"',               "shop",  "CONDITION",                 {}),
    ('when = "location.rank < 2 || order.custom.x == 1"', "shop", "CONDITION_FAILED",  {}),
]  # fmt: skip


@pytest.mark.parametrize(("says", "out", "told", "more"), FILTERS, ids=[f"{e[0]} {e[2]}" for e in FILTERS])
def test_a_filter_leaves_out_whom_it_says(says: str, out: str, told: str, more: dict[str, Any]) -> None:
    decision = decide(f"[group.rule.locations]\n{says}\n", *more.pop("lines", ()), **more)
    excluded = {each.location: each.excluded for each in decision.candidates if each.excluded is not None}
    assert excluded == {out: told}
    assert {each.location for each in decision.allotments} == {"shop", "depot"} - {out}


def test_safety_stock_is_kept_where_the_rule_says_so() -> None:
    safety = {"safety": {("A", "shop"): 4}}
    assert decide('objective = ["distance"]', stock=safety).allotments[0].location == "shop"
    kept = decide('objective = ["locations"]\n[group.rule.locations]\nkeep_safety_stock = true\n', stock=safety)
    assert [(each.location, each.quantity) for each in kept.allotments] == [("depot", 2)]


def test_a_shelf_in_doubt_is_a_risk_of_rejection_that_can_be_scored_and_filtered() -> None:
    doubt = {"doubt": {("A", "depot"): 200_000}}
    both = {("A", "shop"): 3, ("A", "depot"): 3}
    scored = decide('objective = ["rejection_risk"]', levels=both, stock=doubt)
    assert [each.location for each in scored.allotments] == ["shop"]
    assert scored.winner is not None
    assert scored.winner.terms["rejection_risk_ppm"] == 90_000
    for says, told in (
        ("most_rejected_ppm = 150000", "REJECTS_TOO_OFTEN"),
        ('when = "location.doubt_ppm < 1000"', "CONDITION"),
    ):
        decision = decide(f"[group.rule.locations]\n{says}\n", levels=both, stock=doubt)
        assert {each.location: each.excluded for each in decision.candidates if each.excluded} == {"depot": told}


OBJECTIVES = [
    ('objective = ["distance"]', "shop"),
    ('objective = ["rank"]', "depot"),
    ('objective = ["sequence"]\nsequence = ["depot"]', "depot"),
    ('objective = ["stock_balance"]', "depot"),
    ('objective = ["weeks_of_supply"]', "depot"),
    ('objective = ["rejection_risk"]', "depot"),
    ('objective = ["cost"]', "depot"),
    ('objective = ["carbon"]', "shop"),
    ('objective = ["days"]', "shop"),
    ('objective = ["money"]', "depot"),
]


@pytest.mark.parametrize(("says", "best"), OBJECTIVES)
def test_an_objective_chooses_whom_it_says(says: str, best: str) -> None:
    told = {"shop": (Offer("S", 1, 900, 10),), "depot": (Offer("S", 3, 500, 700),)}
    stock = {**SOLD, "offers": lambda order, location: told[location.code]}
    decision = decide(says, levels={("A", "shop"): 3, ("A", "depot"): 30}, stock=stock)
    assert [each.location for each in decision.allotments] == [best]


def test_money_has_all_costs_in_it_and_they_are_told() -> None:
    costs = "[costs]\nlabor_minor = 100\nlabor_unit_minor = 7\nsplit_minor = 50\ncarbon_minor_per_kg = 2000\n"
    told = {"shop": (Offer("S", 1, 900, 10),), "depot": (Offer("S", 3, 500, 700),)}
    stock = {"offers": lambda order, location: told[location.code]}
    decision = decide('objective = ["money"]', head=HEAD + costs, stock=stock)
    # 500 + 1,400 of carbon is more than 900 + 20
    assert decision.costs == {"ship": 900, "labor": 114, "carbon": 20}


def test_bounds_of_a_plan_are_kept_and_told() -> None:
    both = {("A", "shop"): 1, ("A", "depot"): 1}
    one = decide("[group.rule.constraints]\nmost_splits = 0\n", levels=both)
    assert [(each.location, each.quantity) for each in one.allotments] == [("shop", 1)]
    assert [(hit.constraint, hit.allowed) for hit in one.hits] == [("most_splits", 0)]
    assert one.unassigned[0].reason is Shortfall.CONSTRAINED
    whole = decide("[group.rule.constraints]\nmost_splits = 0\npartial = false\n", levels=both)
    assert whole.allotments == ()
    small = decide("[group.rule.constraints]\nleast_value_minor = 1500\n", levels=both)
    assert (small.allotments, [hit.constraint for hit in small.hits]) == ((), ["least_value_minor"] * 2)
    left = decide("[group.rule.constraints]\nleast_value_left_minor = 1500\n", levels={("A", "shop"): 1})
    assert (left.allotments, left.hits[0].value) == ((), 1000)
    parcels = decide("[group.rule.constraints]\nmost_parcels = 1\nparcel_weight_g = 2000\n", levels={("A", "shop"): 2})
    assert (parcels.allotments, parcels.hits[0].value) == ((), 2)
    together = (line(1, "A", 1, kit="k"), line(2, "B", 1, kit="k"))
    apart = {("A", "shop"): 1, ("B", "shop"): 0, ("A", "depot"): 1, ("B", "depot"): 1}
    kept = decide(
        'objective = ["distance"]\n[group.rule.constraints]\nkeep_together = "kit"\n', *together, levels=apart
    )
    assert {each.location for each in kept.allotments} == {"depot"}


def test_what_is_left_goes_to_the_next_rule_and_then_where_it_says() -> None:
    first = '[group.rule.locations]\ncodes = ["shop"]\n[[group.rule.leftover]]\ndo = "next_rule"\n'
    second = '[[group.rule]]\nname = "s"\n[group.rule.locations]\ncodes = ["depot"]\n[[group.rule.leftover]]\ndo = "cancel"\nreason = "gone"\n'
    decision = decide(first + second, line(1, "A", 4), levels={("A", "shop"): 1, ("A", "depot"): 2})
    assert [(each.location, each.quantity) for each in decision.allotments] == [("depot", 2), ("shop", 1)]
    assert ([step.rule for step in decision.steps], decision.rule) == (["g/r"], "g/s")
    assert decision.actions == (Action("cancel", "gone"),)
    assert sum(each.quantity for each in decision.unassigned) == 1


SELECTED = [
    ('[group.select]\nchannels = ["web"]', {}, True),
    ('[group.select]\nchannels = ["market"]', {}, False),
    ('[group.select]\ntags = ["vip"]', {"tags": ("vip", "x")}, True),
    ("[group.select]\nvalue_from_minor = 2001", {}, False),
    ('[group.select]\nskus = ["A*"]', {}, True),
    ('[group.select]\ncountries = ["DE"]', {}, False),
    ("[group.select]\npromised_within_hours = 24", {"promised_by": NOW + timedelta(hours=23)}, True),
    ("[group.select]\npickup = true", {}, False),
    ('[group.select]\ncauses = ["reject"]', {"cause": Cause.REJECT}, True),
    ("[group.select]\nwhen = \"order.units == 2 && order.lines.all(l, l.sku == 'A')\"", {}, True),
    ('[group.select]\nwhen = "order.custom.unknown == 1"', {}, False),
    ("effective_from = 2026-03-03T00:00:00Z", {}, False),
    ("effective_to = 2026-03-03T00:00:00Z", {}, True),
    ('trigger = ["reject"]', {}, False),
]


@pytest.mark.parametrize(("group", "order", "selected"), SELECTED)
def test_a_group_is_of_the_orders_it_selects(group: str, order: dict[str, Any], selected: bool) -> None:
    decision = decide("", group=group, **order)
    assert bool(decision.allotments) is selected
    if not selected:
        assert decision.unassigned[0].reason is Shortfall.NO_RULE_APPLIES


def test_orders_of_a_window_wait_for_it() -> None:
    head = 'kind = "routing"\ntrigger = ["window"]\n[window]\nat = ["14:00"]\ntime_zone = "Europe/Paris"\n'
    open_ = {at: bool(decide("", head=head, at=NOW.replace(hour=13, minute=at)).allotments) for at in (0, 19, 20, 59)}
    assert open_ == {0: True, 19: True, 20: False, 59: False}


def test_goods_and_kinds_of_orders_are_kept_from_locations_for_a_time() -> None:
    both = (line(1, "A", 1), line(2, "B-1", 1))
    near = 'objective = ["locations", "distance"]'

    def out_of_the_shop(exclude: str, **about: Any) -> set[int]:
        head = f"{HEAD}[[exclude]]\n{exclude}"
        decision = decide(near, *both, head=head, **about)
        told = {each.location: each.excluded for each in decision.candidates}
        served = {each.line for each in decision.allotments if each.location == "depot"}
        assert (told["shop"] == "EXCLUDED_FOR_THE_ITEMS") is (served == {1, 2} and "skus" not in exclude)
        return served

    assert out_of_the_shop('in_groups = ["stores"]\ntags = ["gift"]') == set()
    assert out_of_the_shop('in_groups = ["stores"]\ntags = ["gift"]', tags=("gift",)) == {1, 2}
    assert out_of_the_shop('codes = ["shop"]\nchannels = ["market"]') == set()
    until = "effective_to = 2026-03-02T12:00:00Z"
    assert out_of_the_shop(f'codes = ["shop"]\n{until}') == set()
    assert out_of_the_shop(f'codes = ["shop"]\n{until}', at=NOW - timedelta(seconds=1)) == {1, 2}
    split = decide('objective = ["distance"]', *both, head=HEAD + '[[exclude]]\ncodes = ["shop"]\nskus = ["B-*"]\n')
    assert {each.line: each.location for each in split.allotments} == {1: "depot", 2: "depot"}
    alone = decide(near, line(1, "B-1", 1), head=HEAD + '[[exclude]]\ncodes = ["shop"]\nskus = ["B-*"]\n')
    assert {each.location: each.excluded for each in alone.candidates}["shop"] == "EXCLUDED_FOR_THE_ITEMS"
