"""The plan of one rule for one order: the best set of locations within the rule's bounds, and what they serve."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from orderline.core.orders.commands import Allotment
from orderline.core.routing.demand import Demand, Needs, allot, grant
from orderline.core.routing.model import Hit, Method, Ranking, RoutableLine, RoutableOrder
from orderline.core.routing.policy import Policy, Rule
from orderline.core.routing.ranking import Choosing, Chosen
from orderline.core.routing.rules import ConstraintsTable, Mode
from orderline.core.routing.sight import Sight


class Plan(NamedTuple):
    """What is served by whom; winner: None when nothing can be served, or may be."""

    method: Method = Method.EXACT
    winner: Ranking | None = None
    runner_up: Ranking | None = None
    allotments: tuple[Allotment, ...] = ()
    hits: tuple[Hit, ...] = ()


def make_plan(policy: Policy, rule: Rule, sight: Sight, chosen: tuple[str, ...] | None = None) -> Plan:
    """The best plan of the usable locations; sets what each demand is granted.

    chosen: the locations that were chosen for a whole batch; the plan is theirs if they can still do it.
    """
    order, constraints = sight.order, rule.constraints
    keep_together(order, constraints.keep_together, sight)
    hits: list[Hit] = []
    while True:
        needs = grant(sight.demands)
        if not needs or (_all_or_nothing(order, constraints) and _is_short(order, sight.demands)):
            return Plan(hits=tuple(hits))
        columns = [sight.column(term, rule.sequence) for term in rule.objective]
        choosing = Choosing(sight.codes, rule.objective, columns)
        plan = _choose(policy, rule, sight, choosing, needs, chosen)
        if plan is None:
            most = constraints.most_splits or 0
            alone = max(sight.covers, default=0)
            hits.append(Hit("most_splits", alone, most))
            plan = _most_units(rule, sight, choosing) if not _all_or_nothing(order, constraints) else None
            if plan is None:
                _grant_nothing(sight.demands)
                return Plan(hits=tuple(hits))
        hit = _breach(order, constraints, sight, plan)
        if hit is None:
            return plan._replace(hits=tuple(hits))
        hits.append(hit)
        if not hit.location or len(hits) > 50:
            _grant_nothing(sight.demands)
            return Plan(hits=tuple(hits))
        _leave_out(sight, hit.location)


def keep_together(order: RoutableOrder, key: str, sight: Sight) -> None:
    """Lines with one value of a custom field can only come from a location that serves all of them."""
    if not key:
        return
    values = {line.line: line.custom.get(key) for line in order.lines}
    together: dict[object, list[Demand]] = {}
    for demand in sight.demands:
        if values[demand.line] is not None:
            together.setdefault(values[demand.line], []).append(demand)
    for demands in together.values():
        wanted: dict[str, int] = {}
        for demand in demands:
            wanted[demand.sku] = wanted.get(demand.sku, 0) + demand.quantity
        whole = [
            code
            for code in demands[0].shelves
            if all(demand.shelves.get(code, 0) >= wanted[demand.sku] for demand in demands)
        ]
        for demand in demands:
            demand.shelves = {code: demand.shelves[code] for code in whole}


def _choose(
    policy: Policy, rule: Rule, sight: Sight, choosing: Choosing, needs: Needs, chosen: tuple[str, ...] | None
) -> Plan | None:
    if chosen is not None:
        at = [i for i, code in enumerate(sight.codes) if code in chosen]
        codes = [sight.codes[i] for i in at]
        if all(sum(held.get(code, 0) for code in codes) >= units for units, held in needs):
            ranking = choosing.ranking(at)
            return Plan(Method.BATCH, ranking, None, _allot(rule, sight, ranking))
    most = None if rule.constraints.most_splits is None else rule.constraints.most_splits + 1
    proven = rule.mode is not Mode.GREEDY and len(sight.order.lines) <= policy.exact_lines
    found: Chosen | None = choosing.choose(needs, work_limit=policy.work_limit if proven else None, most=most)
    if found is None:
        return None
    winner = choosing.ranking(found.best)
    runner_up = choosing.ranking(found.second) if found.second is not None else None
    method = Method.EXACT if found.exact else Method.GREEDY
    return Plan(method, winner, runner_up, _allot(rule, sight, winner))


def _allot(rule: Rule, sight: Sight, winner: Ranking) -> tuple[Allotment, ...]:
    if not rule.constraints.keep_together:
        return allot(sight.demands, winner.locations)
    # Those that stay together choose first, each group at the first location that has all of it.
    key = rule.constraints.keep_together
    values = {line.line: line.custom.get(key) for line in sight.order.lines}
    allotments: list[Allotment] = []
    left = {code: dict[str, int]() for code in winner.locations}
    for value in dict.fromkeys(v for v in values.values() if v is not None):
        demands = [d for d in sight.demands if values[d.line] == value and d.granted]
        for code in winner.locations:
            took = left[code]
            if demands and all(d.shelves.get(code, 0) - took.get(d.sku, 0) >= d.granted for d in demands):
                for d in demands:
                    took[d.sku] = took.get(d.sku, 0) + d.granted
                    allotments.append(Allotment(d.line, d.pool, code, d.granted))
                break
        else:
            for d in demands:
                d.granted = 0
    rest = [d for d in sight.demands if values[d.line] is None]
    for d in rest:
        d.shelves = {c: units - left.get(c, {}).get(d.sku, 0) for c, units in d.shelves.items()}
        d.shelves = {c: units for c, units in d.shelves.items() if units > 0}
        d.granted = min(d.granted, sum(d.shelves.get(c, 0) for c in winner.locations))
    grant_of = {id(d): d.granted for d in rest}
    for d in rest:
        d.granted = min(grant_of[id(d)], sum(d.shelves.get(c, 0) for c in winner.locations))
    allotments += allot(rest, winner.locations)
    return tuple(sorted(allotments, key=lambda a: (a.line, a.pool, a.location)))


def _most_units(rule: Rule, sight: Sight, choosing: Choosing) -> Plan | None:
    """Where no set within the bound serves all: the locations that serve most, one after the other, up to the bound."""
    most = (rule.constraints.most_splits or 0) + 1
    left = {id(demand): demand.quantity for demand in sight.demands}
    best_first = sorted(range(len(sight.codes)), key=choosing.keys.__getitem__)
    chosen: list[int] = []
    for _ in range(most):
        gains = {
            i: sum(min(left[id(d)], d.shelves.get(sight.codes[i], 0)) for d in sight.demands)
            for i in best_first
            if i not in chosen
        }
        at = max(gains, key=gains.__getitem__, default=None)
        if at is None or not gains[at]:
            break
        chosen.append(at)
        for demand in sight.demands:
            left[id(demand)] -= min(left[id(demand)], demand.shelves.get(sight.codes[at], 0))
    if not chosen:
        return None
    codes = {sight.codes[i] for i in chosen}
    for demand in sight.demands:
        demand.shelves = {code: units for code, units in demand.shelves.items() if code in codes}
    grant(sight.demands)
    winner = choosing.ranking(chosen)
    return Plan(Method.GREEDY, winner, None, _allot(rule, sight, winner))


def _breach(order: RoutableOrder, constraints: ConstraintsTable, sight: Sight, plan: Plan) -> Hit | None:
    """The first bound that a plan does not keep; with a location, it is left out, and the rest is tried again."""
    if (
        constraints.least_value_minor is None
        and constraints.least_value_left_minor is None
        and constraints.least_margin_minor is None
        and constraints.most_parcels is None
    ):
        return None
    values = {line.line: line.value_minor for line in order.lines}
    weights = {line.line: line.weight_g for line in order.lines}
    sent: dict[str, int] = {}
    weight: dict[str, int] = {}
    for each in plan.allotments:
        sent[each.location] = sent.get(each.location, 0) + values[each.line] * each.quantity
        weight[each.location] = weight.get(each.location, 0) + weights[each.line] * each.quantity
    total = sum(line.value_minor * line.quantity for line in order.lines)
    left = total - sum(sent.values())
    split = len(sent) > 1 or left > 0
    if split and constraints.least_value_minor is not None:
        least = min(sent, key=lambda code: (sent[code], code))
        if sent[least] < constraints.least_value_minor:
            return Hit("least_value_minor", sent[least], constraints.least_value_minor, least)
    if constraints.least_margin_minor is not None:
        margins = {code: value - sum(costs_of(sight, plan.allotments, code).values()) for code, value in sent.items()}
        least = min(margins, key=lambda code: (margins[code], code))
        if margins[least] < constraints.least_margin_minor:
            return Hit("least_margin_minor", margins[least], constraints.least_margin_minor, least)
    if constraints.most_parcels is not None:
        parcels = sum(max(1, -(-grams // constraints.parcel_weight_g)) for grams in weight.values())
        if parcels > constraints.most_parcels:
            return Hit("most_parcels", parcels, constraints.most_parcels)
    if constraints.least_value_left_minor is not None and 0 < left < constraints.least_value_left_minor:
        return Hit("least_value_left_minor", left, constraints.least_value_left_minor)
    return None


def costs_of(sight: Sight, allotments: Sequence[Allotment], code: str) -> dict[str, int]:
    """What a location's part of a plan costs, by kind; nothing for splitting."""
    i = sight.codes.index(code)
    units = sum(each.quantity for each in allotments if each.location == code)
    told = sight.money(i)
    told["labor"] = sight.labor(code, units)
    told["split"] = 0
    return told


def total_costs(sight: Sight, allotments: Sequence[Allotment]) -> dict[str, int]:
    """What a plan costs, by kind; kinds that cost nothing are left out."""
    codes = list(dict.fromkeys(each.location for each in allotments))
    told: dict[str, int] = {}
    for code in codes:
        for kind, minor in costs_of(sight, allotments, code).items():
            told[kind] = told.get(kind, 0) + minor
    if codes:
        told["split"] = sight.ground.policy.costs.split_minor * (len(codes) - 1)
    return {kind: minor for kind, minor in told.items() if minor}


def _leave_out(sight: Sight, code: str) -> None:
    kept = [i for i, each in enumerate(sight.codes) if each != code]
    sight.keep(kept)
    for demand in sight.demands:
        demand.shelves = {each: units for each, units in demand.shelves.items() if each != code}


def _grant_nothing(demands: Sequence[Demand]) -> None:
    for demand in demands:
        demand.granted = 0


def _all_or_nothing(order: RoutableOrder, constraints: ConstraintsTable) -> bool:
    return order.ship_complete or constraints.ship_complete or not constraints.partial


def _is_short(order: RoutableOrder, demands: Sequence[Demand]) -> bool:
    wanted = sum(line.quantity for line in order.lines)
    return sum(demand.granted for demand in demands) < wanted


def reduce_order(lines: Mapping[tuple[int, str], int], order: RoutableOrder) -> RoutableOrder:
    """What is left of an order after (line, pool): units were served; lines without any left are gone."""
    left: list[RoutableLine] = []
    for line in order.lines:
        pools = tuple(
            (pool, quantity - lines.get((line.line, pool), 0))
            for pool, quantity in line.pools
            if quantity > lines.get((line.line, pool), 0)
        )
        served = sum(lines.get((line.line, pool), 0) for pool, _ in line.pools)
        if line.quantity > served:
            left.append(msgspec.structs.replace(line, quantity=line.quantity - served, pools=pools))
    return msgspec.structs.replace(order, lines=tuple(left))
