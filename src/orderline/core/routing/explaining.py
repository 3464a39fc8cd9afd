"""Why a decision is as it is, why not another location, and what would have to change: asked of what was recorded.

Every answer comes from the function that decided, run again on what the decision was made of.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final, NamedTuple

import msgspec

from orderline.core.routing.candidates import Field
from orderline.core.routing.demand import Needs, demands_of, grant
from orderline.core.routing.model import Candidate, Decision, Exclusion, Inputs, Offer, Ranking, RoutableOrder
from orderline.core.routing.one_order import keep_together
from orderline.core.routing.policy import Group, Policy, Rule
from orderline.core.routing.ranking import Choosing
from orderline.core.routing.replaying import route_again, snapshot_of
from orderline.core.routing.route import Batch, groups_of
from orderline.core.routing.rules import Mode
from orderline.core.routing.sight import Sight

_DAYS_LOOKED_AT: Final = 60


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """A decision in figures that add up: costs by kind and their sum, candidates by what removed them."""

    policy: str
    rule: str
    method: str
    position: int
    served: dict[str, int]
    left: dict[str, int]
    winner: tuple[str, ...]
    terms: dict[str, int]
    runner_up: tuple[str, ...]
    runner_up_terms: dict[str, int]
    decided_by: str
    gap: int
    removed: dict[str, list[str]]
    hits: list[str]
    costs: dict[str, int]
    cost_minor: int


class WhyNot(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a location did not serve an order. removed_by: the first filter; otherwise how its best plan compares.

    differences: what that plan has more of (or less), term by term; decided_by: the first that is not nought.
    """

    location: str
    serves: bool = False
    removed_by: str = ""
    no_stock: bool = False
    plan: tuple[str, ...] = ()
    terms: dict[str, int] = {}
    winner: tuple[str, ...] = ()
    winner_terms: dict[str, int] = {}
    differences: dict[str, int] = {}
    decided_by: str = ""
    hit: str = ""


class Change(msgspec.Struct, frozen=True, omit_defaults=True):
    """The smallest change of one fact that makes a location serve; `about`: the SKU, where there are several."""

    fact: str
    now: int
    needed: int
    about: str = ""


def explain(decision: Decision) -> Explained:
    """What was decided, and by what."""
    removed: dict[str, list[str]] = {}
    for candidate in decision.candidates:
        if candidate.excluded is not None:
            removed.setdefault(candidate.excluded.value, []).append(candidate.location)
    served: dict[str, int] = {}
    for each in decision.allotments:
        served[each.location] = served.get(each.location, 0) + each.quantity
    left: dict[str, int] = {}
    for each in decision.unassigned:
        left[each.reason.value] = left.get(each.reason.value, 0) + each.quantity
    winner, second, gap = decision.winner, decision.runner_up, decision.gap
    return Explained(
        policy=decision.policy,
        rule=decision.rule,
        method=decision.method.value,
        position=decision.position,
        served=served,
        left=left,
        winner=winner.locations if winner is not None else (),
        terms=winner.terms if winner is not None else {},
        runner_up=second.locations if second is not None else (),
        runner_up_terms=second.terms if second is not None else {},
        decided_by=gap.term if gap is not None else "",
        gap=gap.by if gap is not None else 0,
        removed=removed,
        hits=[f"{hit.constraint} {hit.location}: {hit.value} (allowed {hit.allowed})" for hit in decision.hits],
        costs=decision.costs,
        cost_minor=sum(decision.costs.values()),
    )


def why_not(inputs: Inputs, policy: Policy, location: str) -> WhyNot:
    """Why a location did not serve: the first filter that removed it, or what its best plan lacks."""
    decision = route_again(inputs, policy)
    if any(each.location == location for each in decision.allotments):
        return WhyNot(location=location, serves=True)
    seen = see(inputs, policy)
    if seen is None:
        return WhyNot(location=location, removed_by="NO_RULE_APPLIES")
    if location in seen.excluded:
        return WhyNot(location=location, removed_by=seen.excluded[location].value)
    if location not in seen.sight.codes:
        return WhyNot(location=location, no_stock=True)
    mine, differences = fall_behind(seen, decision, location, policy.work_limit)
    winner = decision.winner
    hit = next(
        (
            f"{hit.constraint}: {hit.value} (allowed {hit.allowed})"
            for hit in decision.hits
            if hit.location in (location, "")
        ),
        "",
    )
    return WhyNot(
        location=location,
        plan=mine.locations,
        terms=mine.terms,
        winner=winner.locations if winner is not None else (),
        winner_terms=winner.terms if winner is not None else {},
        differences=differences,
        decided_by=next((name for name, value in differences.items() if value), "location_codes"),
        hit=hit,
    )


def fall_behind(seen: "Seen", decision: Decision, location: str, work_limit: int) -> tuple[Ranking, dict[str, int]]:
    """The best plan with a location that was not left out, and what it has more of than the winner, term by term."""
    sight, rule = seen.sight, seen.rule
    choosing = Choosing(sight.codes, rule.objective, seen.columns)
    needs = [(units - held.get(location, 0), held) for units, held in grant(sight.demands)]
    rest: Needs = [(units, {c: n for c, n in held.items() if c != location}) for units, held in needs if units > 0]
    others: tuple[int, ...] = ()
    if rest:
        found = choosing.choose(rest, work_limit=work_limit, most=None)
        others = tuple(found.best) if found is not None else ()
    mine = choosing.ranking({sight.codes.index(location), *others})
    won = decision.winner.terms if decision.winner is not None else {}
    return mine, {name: value - won.get(name, 0) for name, value in mine.terms.items()}


def what_would_have_to_change(inputs: Inputs, policy: Policy, location: str) -> list[Change]:
    """For each fact that alone could make a location serve: the smallest change of it that does.

    Found by deciding again: stock of a SKU there, room for orders, the promised day, its cost, a limit of the rules.
    """
    if _wins(inputs, policy, location):
        return []
    found: list[Change] = []
    for line in inputs.order.lines:
        held = inputs.shelves.get(line.sku, {}).get(location, 0)
        needed = _least(
            held,
            held + line.quantity,
            lambda n, sku=line.sku: _wins(_stocked(inputs, sku, location, n), policy, location),
        )
        if needed is not None and location in inputs.locations:
            found.append(Change("stock", held, needed, line.sku))
    where = inputs.locations.get(location)
    if where is None:
        return found
    if where.capacity_left is not None:
        sent = inputs.sent.get(location, 0)
        free = _located(inputs, location, capacity_left=sent + 1)
        if where.capacity_left <= sent and _wins(free, policy, location):
            found.append(Change("capacity", where.capacity_left, sent + 1))
    if not where.active and _wins(_located(inputs, location, active=True), policy, location):
        found.append(Change("active", 0, 1))
    if inputs.order.promised_by is not None:
        days = _least(1, _DAYS_LOOKED_AT, lambda n: _wins(_promised(inputs, n), policy, location))
        if days is not None:
            found.append(Change("promised_days_later", 0, days))
    cost = _cost_of(inputs, policy, location)
    if cost:
        most = _least(0, cost, lambda less: _wins(_cheaper(inputs, policy, location, less), policy, location))
        if most is not None:
            found.append(Change("cost_minor", cost, cost - most))
    found += _limits(inputs, policy, location)
    return found


def _limits(inputs: Inputs, policy: Policy, location: str) -> list[Change]:
    """A filter that alone stands in the way, with the limit that would let the location through."""
    seen = see(inputs, policy)
    if seen is None or location not in seen.excluded:
        return []
    why = seen.excluded[location]
    without = _without(policy, why)
    if without is None or not _wins(inputs, without, location):
        return []
    away = seen.sight.ground.terrain.distances(inputs.order.destination, [location])[0]
    if why is Exclusion.TOO_FAR and away is not None:
        return [Change("most_km", 0, -(-away // 1000))]
    return [Change(f"without {why.value}", 1, 0)]


class Seen(NamedTuple):
    """The last rule that was tried, what it saw, what removed whom, and what each of the others adds to every term."""

    rule: Rule
    sight: Sight
    excluded: dict[str, Exclusion]
    columns: list[list[int]]


def see(inputs: Inputs, policy: Policy) -> Seen | None:
    """What the decision looked at; None: no rule is for the order."""
    batch = Batch(snapshot_of(inputs), inputs.now, policy)
    batch.take_back(inputs)
    group: Group | None = next(each for each, members in groups_of([inputs.order], inputs.now, policy) if members)
    if group is None:
        return None
    field: Field = batch.field
    chosen = inputs.chosen if group.rules[0].mode is Mode.BATCH else None
    rule, sight = None, None
    candidates: list[Candidate] = []
    for left, attempt in batch.attempts(inputs.order, group, chosen):
        rule = attempt.rule
        candidates, sight = field.see(left, rule, demands_of(left), batch.free, batch.sent)
        if rule is group.rules[-1] or not attempt.unassigned or not rule.goes_on:
            break  # before it is taken: what is seen are the shelves themselves
    assert rule is not None and sight is not None  # noqa: PT018
    excluded = {each.location: each.excluded for each in candidates if each.excluded is not None}
    keep_together(inputs.order, rule.constraints.keep_together, sight)
    return Seen(rule, sight, excluded, [sight.column(term, rule.sequence) for term in rule.objective])


def _wins(inputs: Inputs, policy: Policy, location: str) -> bool:
    return any(each.location == location for each in route_again(inputs, policy).allotments)


def _least(low: int, high: int, holds: Callable[[int], bool]) -> int | None:
    """The least number above `low` for which something holds that goes on holding; None: not even for `high`."""
    if high <= low or not holds(high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _stocked(inputs: Inputs, sku: str, location: str, units: int) -> Inputs:
    shelves = {**inputs.shelves, sku: {**inputs.shelves.get(sku, {}), location: units}}
    return msgspec.structs.replace(inputs, shelves=shelves)


def _located(inputs: Inputs, location: str, **changes: object) -> Inputs:
    changed = msgspec.structs.replace(inputs.locations[location], **changes)
    return msgspec.structs.replace(inputs, locations={**inputs.locations, location: changed})


def _promised(inputs: Inputs, days: int) -> Inputs:
    by = inputs.order.promised_by
    assert by is not None
    order: RoutableOrder = msgspec.structs.replace(inputs.order, promised_by=by + timedelta(days=days))
    return msgspec.structs.replace(inputs, order=order)


def _offers(inputs: Inputs, policy: Policy) -> Mapping[str, tuple[Offer, ...]]:
    """The services that decided; where none are known, what stood for them."""
    if inputs.offers is not None:
        return inputs.offers
    seen = see(inputs, policy)
    return (
        {}
        if seen is None
        else {code: (offer,) for code, offer in zip(seen.sight.codes, seen.sight.offers, strict=True)}
    )


def _cost_of(inputs: Inputs, policy: Policy, location: str) -> int:
    return min((offer.cost_minor for offer in _offers(inputs, policy).get(location, ())), default=0)


def _cheaper(inputs: Inputs, policy: Policy, location: str, by: int) -> Inputs:
    offers = dict(_offers(inputs, policy))
    offers[location] = tuple(
        msgspec.structs.replace(offer, cost_minor=max(0, offer.cost_minor - by)) for offer in offers[location]
    )
    return msgspec.structs.replace(inputs, offers=offers)


def _without(policy: Policy, why: Exclusion) -> Policy | None:
    """The policy without one kind of filter; None: it is none that rules name."""
    groups: list[Group] = []
    found = False
    for group in policy.groups:
        rules: list[Rule] = []
        for rule in group.rules:
            kept = {
                name: tuple(each for each in getattr(rule, name) if each[0] is not why)
                for name in ("standing", "telling", "late_telling")
            }
            found = found or any(len(kept[name]) < len(getattr(rule, name)) for name in kept)
            rules.append(msgspec.structs.replace(rule, **kept))
        groups.append(msgspec.structs.replace(group, rules=tuple(rules)))
    return msgspec.structs.replace(policy, groups=tuple(groups)) if found else None
