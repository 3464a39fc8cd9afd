"""Routing: which location serves which units of which order. Pure: same orders, snapshot and time, same decisions."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID

import msgspec

from orderline.core.orders.commands import Allotment
from orderline.core.routing.candidates import Field
from orderline.core.routing.demand import Demand, demands_of, with_lasting_left
from orderline.core.routing.model import (
    Candidate,
    Decision,
    Inputs,
    Method,
    Offer,
    Ranking,
    RoutableOrder,
    Shortfall,
    Snapshot,
    Step,
    TransitBand,
    Unassigned,
)
from orderline.core.routing.one_order import Plan, make_plan, reduce_order, total_costs
from orderline.core.routing.policy import DEFAULT_POLICY, Group, Policy, Rule
from orderline.core.routing.ranking import gap_between
from orderline.core.routing.sight import Ground
from orderline.core.routing.terrain import free_units
from orderline.values.ids import DecisionId

_MILLISECOND = timedelta(milliseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)

# Told of each decision with what it was made of.
Watch = Callable[[Decision, Inputs], None]


def route(
    orders: Sequence[RoutableOrder],
    snapshot: Snapshot,
    now: datetime,
    policy: Policy = DEFAULT_POLICY,
    *,
    watch: Watch | None = None,
    chosen: "dict[tuple[UUID, int], tuple[str, ...]] | None" = None,
) -> list[Decision]:
    """Decide for each demand group which locations serve it: one decision each, in the order they were taken.

    Groups of the policy come in sequence; in a group the urgent choose first: by its sorts, or by priority, promised
    date, placing date, id. What one takes the next no longer sees, so a batch never takes more than the snapshot's
    levels. How `orders` is arranged does not matter. chosen: locations that were chosen for orders together.
    """
    batch = Batch(snapshot, now, policy, watch)
    decisions: list[Decision] = []
    for group, members in groups_of(orders, now, policy):
        for order in members:
            forced = chosen.get((order.order_id, order.group)) if chosen else None
            decisions.append(batch.decide(order, group, forced))
    return decisions


def groups_of(
    orders: Sequence[RoutableOrder], now: datetime, policy: Policy
) -> list[tuple[Group | None, list[RoutableOrder]]]:
    """The orders by the first group that selects them, each in the order in which they choose; at last those of none."""
    found: list[tuple[Group | None, list[RoutableOrder]]] = [(group, []) for group in policy.groups]
    found.append((None, []))
    for order in orders:
        at = next((at for at, group in enumerate(policy.groups) if group.selects(order, now)), -1)
        found[at][1].append(order)
    for group, members in found:
        key = group.key if group is not None else None
        members.sort(key=urgency if key is None else lambda order, key=key: (key(order), urgency(order)))
    return found


def transit_days(bands: Sequence[TransitBand], distance_m: int | None) -> int:
    """Days on the way over a distance; unknown distances and those beyond the last band take as long as that one."""
    if distance_m is not None:
        for band in bands:
            if distance_m <= band.distance_m:
                return band.days
    return bands[-1].days if bands else 0


def urgency(order: RoutableOrder) -> tuple[int, datetime, datetime, UUID, int]:
    """Who chooses first, if no rule says otherwise."""
    return -order.priority, order.promised_by or _NEVER, order.placed_at, order.order_id, order.group


class _Attempt(NamedTuple):
    """What one rule makes of an order."""

    rule: Rule
    plan: Plan
    candidates: list[Candidate]
    demands: list[Demand]
    unassigned: tuple[Unassigned, ...]
    costs: dict[str, int]


class Batch:
    """What is left of a snapshot while the orders of a batch are decided."""

    def __init__(self, snapshot: Snapshot, now: datetime, policy: Policy, watch: Watch | None = None) -> None:
        self.snapshot = snapshot
        self.now = now
        self.policy = policy
        self.watch = watch
        ground = Ground(snapshot, now, policy)
        self.field = Field(ground)
        self.free = free_units(snapshot.levels, ground.terrain)
        self.by_pool = ground.terrain.by_pool
        self.pool_sizes = {pool: len(codes) for pool, codes in self.by_pool.items()}
        # Units taken by this batch, and orders sent to each location by it.
        self.taken: dict[tuple[str, str], dict[str, int]] = {}
        self.sent: dict[str, int] = {}
        # Units taken by lines for which some of their SKU end too soon, by SKU and location.
        self.lasted: dict[tuple[str, str], int] = {}

    def decide(self, order: RoutableOrder, group: Group | None, chosen: tuple[str, ...] | None = None) -> Decision:
        """The decision on one demand group; takes what it allots out of the batch."""
        seen: dict[str, tuple[Offer, ...]] = {}
        self.field.ground.seen = seen
        if self.lasted:
            order = with_lasting_left(order, self.lasted)
        if self.watch is None:
            return self._decide(order, group, chosen)
        inputs = self._inputs(order, chosen)
        decision = self._decide(order, group, chosen)
        if self.snapshot.offers is not None:
            inputs = msgspec.structs.replace(inputs, offers=seen)
        self.watch(decision, inputs)
        return decision

    def take_back(self, inputs: Inputs) -> None:
        """Stand where the batch stood when these inputs were noted, of a snapshot made of them."""
        for sku, taken in inputs.taken.items():
            for (shelf_sku, _), shelf in self.free.items():
                if shelf_sku == sku:
                    for code in taken.keys() & shelf.keys():
                        shelf[code] -= taken[code]
                        if not shelf[code]:
                            del shelf[code]
        self.pool_sizes = dict(inputs.pools)
        self.sent = dict(inputs.sent)

    def _inputs(self, order: RoutableOrder, chosen: tuple[str, ...] | None) -> Inputs:
        """What a decision on an order depends on, as it is now."""
        snapshot = self.snapshot
        shelves: dict[str, dict[str, int]] = {}
        taken: dict[str, dict[str, int]] = {}
        pools = list(dict.fromkeys(pool for line in order.lines for pool, quantity in line.pools if quantity > 0))
        codes: dict[str, None] = {}
        for sku in dict.fromkeys(line.sku for line in order.lines):
            shelves[sku] = {}
            for pool in pools:
                shelf = self.free.get((sku, pool))
                if shelf:
                    shelves[sku].update(shelf)
                gone = self.taken.get((sku, pool))
                if gone:
                    taken.setdefault(sku, {}).update(gone)
            codes.update(dict.fromkeys(shelves[sku]))
            codes.update(dict.fromkeys(taken.get(sku, ())))
        safety, sold, doubt = snapshot.safety, snapshot.sold, snapshot.doubt
        return Inputs(
            now=self.now,
            policy=self.policy.version,
            position=snapshot.position,
            order=order,
            locations={code: snapshot.locations[code] for code in codes},
            pools={pool: self.pool_sizes.get(pool, 0) for pool in pools},
            shelves=shelves,
            taken=taken,
            safety=_of_shelves(safety, shelves) if safety else {},
            sold=_of_shelves(sold, shelves) if sold else {},
            doubt=_of_shelves(doubt, shelves) if doubt else {},
            sent={code: self.sent[code] for code in codes if code in self.sent},
            transit=snapshot.transit,
            chosen=chosen,
        )

    def _decide(self, order: RoutableOrder, group: Group | None, chosen: tuple[str, ...] | None) -> Decision:
        if group is None:
            return self._no_rule(order)
        attempts = [attempt for _, attempt in self.attempts(order, group, chosen)]
        return self._decision(order, group, attempts, [each for one in attempts for each in one.plan.allotments])

    def attempts(
        self, left: RoutableOrder, group: Group, chosen: tuple[str, ...] | None
    ) -> Iterator[tuple[RoutableOrder, _Attempt]]:
        """One rule after the other on what those before have left; what an attempt allots is taken when it goes on."""
        gone: set[str] = set()
        for rule in group.rules:
            attempt = self._attempt(left, rule, chosen)
            yield left, attempt
            if attempt.plan.allotments:
                self._take(attempt.demands, attempt.plan.allotments, gone)
                gone |= {each.location for each in attempt.plan.allotments}
            if not attempt.unassigned or not rule.goes_on:
                return
            if attempt.plan.allotments:
                served: dict[tuple[int, str], int] = {}
                for each in attempt.plan.allotments:
                    served[each.line, each.pool] = served.get((each.line, each.pool), 0) + each.quantity
                left = reduce_order(served, left)
            chosen = None

    def _attempt(self, order: RoutableOrder, rule: Rule, chosen: tuple[str, ...] | None) -> _Attempt:
        demands = demands_of(order)
        candidates, sight = self.field.see(order, rule, demands, self.free, self.sent)
        open_to = {id(demand): demand.shelves for demand in demands}
        plan = make_plan(self.policy, rule, sight, chosen)
        unassigned = self._unassigned(order, demands, open_to, plan)
        whole = order.ship_complete or rule.constraints.ship_complete or not rule.constraints.partial
        if unassigned and whole:
            unassigned = _all_or_nothing(order, unassigned)
            plan = plan._replace(winner=None, runner_up=None, allotments=())
        return _Attempt(rule, plan, candidates, demands, unassigned, total_costs(sight, plan.allotments))

    def _decision(
        self, order: RoutableOrder, group: Group, attempts: Sequence[_Attempt], allotments: Sequence[Allotment]
    ) -> Decision:
        last = attempts[-1]
        plan, most = last.plan, self.policy.candidates_told
        winner, runner_up = plan.winner, plan.runner_up
        pools = tuple(dict.fromkeys(pool for line in order.lines for pool, quantity in line.pools if quantity > 0))
        costs = last.costs
        if len(attempts) > 1:
            costs = dict[str, int]()
            for attempt in attempts:
                for kind, minor in attempt.costs.items():
                    costs[kind] = costs.get(kind, 0) + minor
        return Decision(
            id=_decision_id(order, self.snapshot.position, self.now, self.policy.version),
            order_id=order.order_id,
            group=order.group,
            policy=self.policy.version,
            position=self.snapshot.position,
            method=plan.method,
            pools=pools,
            allotments=_joined(allotments) if len(attempts) > 1 else tuple(allotments),
            unassigned=last.unassigned,
            candidates=_told(last.candidates, winner, runner_up, most),
            candidates_untold=max(0, len(last.candidates) - most),
            without_stock=sum(self.pool_sizes.get(pool, 0) for pool in pools) - len(last.candidates),
            winner=winner,
            runner_up=runner_up,
            gap=gap_between(winner, runner_up) if winner is not None and runner_up is not None else None,
            rule=_name_of(group, last.rule),
            steps=tuple(
                Step(
                    rule=_name_of(group, each.rule),
                    allotments=each.plan.allotments,
                    candidates=_told(each.candidates, each.plan.winner, each.plan.runner_up, most),
                    winner=each.plan.winner,
                    runner_up=each.plan.runner_up,
                    hits=each.plan.hits,
                )
                for each in attempts[:-1]
            ),
            hits=plan.hits,
            actions=last.rule.actions if last.unassigned else (),
            costs=costs,
        )

    def _no_rule(self, order: RoutableOrder) -> Decision:
        """Nobody's rules are for the order: its units wait, and say so."""
        return Decision(
            id=_decision_id(order, self.snapshot.position, self.now, self.policy.version),
            order_id=order.order_id,
            group=order.group,
            policy=self.policy.version,
            position=self.snapshot.position,
            method=Method.EXACT,
            pools=tuple(dict.fromkeys(pool for line in order.lines for pool, quantity in line.pools if quantity > 0)),
            allotments=(),
            unassigned=tuple(Unassigned(line.line, line.quantity, Shortfall.NO_RULE_APPLIES) for line in order.lines),
        )

    def _unassigned(
        self, order: RoutableOrder, demands: Sequence[Demand], open_to: dict[int, dict[str, int]], plan: Plan
    ) -> tuple[Unassigned, ...]:
        short: list[Unassigned] = []
        for line in order.lines:
            unclaimed = line.quantity - sum(quantity for _, quantity in line.pools)
            assert unclaimed >= 0, f"line {line.line} has claims on more units than it waits for"
            if unclaimed:
                short.append(Unassigned(line.line, unclaimed, Shortfall.NOT_CLAIMED))
        for demand in demands:
            if demand.granted < demand.quantity:
                shelves = open_to[id(demand)]
                bound = plan.hits and sum(shelves.values()) > demand.granted
                reason = Shortfall.CONSTRAINED if bound else self._shortfall(demand, shelves)
                short.append(Unassigned(demand.line, demand.quantity - demand.granted, reason))
        return _merged(short) if short else ()

    def _shortfall(self, demand: Demand, shelves: dict[str, int]) -> Shortfall:
        locations = self.by_pool.get(demand.pool, ())
        before = {code: self.snapshot.levels.get((demand.sku, code), 0) for code in locations}
        shelf = self.free.get((demand.sku, demand.pool))
        left = shelf if shelf is not None else dict[str, int]()
        if any(before[code] > left.get(code, 0) for code in locations if code not in demand.excluded):
            return Shortfall.TAKEN_BY_ORDERS_BEFORE
        if any(before[code] > 0 and code not in shelves for code in locations):
            return Shortfall.ALL_LOCATIONS_EXCLUDED
        return Shortfall.NO_STOCK_AT_ANY_LOCATION

    def _take(self, demands: Sequence[Demand], allotments: Sequence[Allotment], sent_before: set[str]) -> None:
        sku_of = {demand.line: demand.sku for demand in demands}
        lasting = {demand.line for demand in demands if demand.lasting}
        for each in allotments:
            if each.line in lasting:
                key = (sku_of[each.line], each.location)
                self.lasted[key] = self.lasted.get(key, 0) + each.quantity
            shelf = self.free[sku_of[each.line], each.pool]
            shelf[each.location] -= each.quantity
            if not shelf[each.location]:
                del shelf[each.location]
            gone = self.taken.setdefault((sku_of[each.line], each.pool), {})
            gone[each.location] = gone.get(each.location, 0) + each.quantity
        for code in {each.location for each in allotments} - sent_before:
            self.sent[code] = self.sent.get(code, 0) + 1


def _of_shelves(
    readings: Mapping[tuple[str, str], int], shelves: Mapping[str, Mapping[str, int]]
) -> dict[str, dict[str, int]]:
    return {
        sku: {code: readings[sku, code] for code in shelf if readings.get((sku, code))}
        for sku, shelf in shelves.items()
    }


def with_dry_run(decision: Decision) -> Decision:
    """A decision that was only asked for."""
    return msgspec.structs.replace(decision, dry_run=True)


def _name_of(group: Group, rule: Rule) -> str:
    return rule.name if group.name == "all" and rule.name == "default" else f"{group.name}/{rule.name}"


def _joined(allotments: Iterable[Allotment]) -> tuple[Allotment, ...]:
    units: dict[tuple[int, str, str], int] = {}
    for each in allotments:
        key = (each.line, each.pool, each.location)
        units[key] = units.get(key, 0) + each.quantity
    return tuple(Allotment(*key, quantity) for key, quantity in sorted(units.items()))


def _told(
    candidates: Sequence[Candidate], winner: Ranking | None, runner_up: Ranking | None, most: int
) -> tuple[Candidate, ...]:
    """The candidates that a decision keeps: all, or those that were ranked, then the nearest usable, then the rest."""
    if len(candidates) <= most:
        return tuple(candidates)
    ranked = {code for ranking in (winner, runner_up) if ranking is not None for code in ranking.locations}
    first = sorted(
        candidates, key=lambda c: (c.location not in ranked, c.excluded is not None, c.distance_m or 0, c.location)
    )
    return tuple(sorted(first[:most], key=lambda c: c.location))


def _all_or_nothing(order: RoutableOrder, short: Sequence[Unassigned]) -> tuple[Unassigned, ...]:
    """All units of the group unassigned: the short ones for their own reason, the rest because of them."""
    missing: dict[int, int] = {}
    for each in short:
        missing[each.line] = missing.get(each.line, 0) + each.quantity
    rest = [
        Unassigned(line.line, line.quantity - missing.get(line.line, 0), Shortfall.SHIP_COMPLETE_NOT_POSSIBLE)
        for line in order.lines
        if line.quantity > missing.get(line.line, 0)
    ]
    return _merged([*short, *rest])


def _merged(short: Iterable[Unassigned]) -> tuple[Unassigned, ...]:
    units: dict[tuple[int, Shortfall], int] = {}
    for each in short:
        units[each.line, each.reason] = units.get((each.line, each.reason), 0) + each.quantity
    told = list(Shortfall)
    return tuple(
        Unassigned(line, quantity, reason)
        for (line, reason), quantity in sorted(units.items(), key=lambda item: (item[0][0], told.index(item[0][1])))
    )


def _decision_id(order: RoutableOrder, position: int, now: datetime, policy: str) -> DecisionId:
    """A UUIDv7 of `now` whose other bits come from what was decided on, so that a replay has the same id."""
    subject = b"%b %d %d %b" % (order.order_id.bytes, order.group, position, policy.encode())
    bits = int.from_bytes(blake2b(subject, digest_size=10).digest(), "big")
    bits = bits & ~(0xF << 76) & ~(0x3 << 62) | 0x7 << 76 | 0x2 << 62
    return DecisionId(UUID(int=(now - _EPOCH) // _MILLISECOND << 80 | bits))
