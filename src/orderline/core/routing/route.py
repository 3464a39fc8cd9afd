"""Routing: which location serves which units of which order. Pure: same orders, snapshot and time, same decisions."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from uuid import UUID

from orderline.core.orders.commands import Allotment
from orderline.core.routing.cover import Covers, Problem, find_covers, greedy_cover
from orderline.core.routing.demand import Demand, Needs, allot, covers_alone, demands_of, grant
from orderline.core.routing.model import (
    Candidate,
    Decision,
    Exclusion,
    Gap,
    Method,
    Ranking,
    RoutableOrder,
    RouteLocation,
    Shortfall,
    Snapshot,
    TransitBand,
    Unassigned,
)
from orderline.core.routing.policy import DEFAULT_POLICY, Policy
from orderline.values.geo import Coordinates, distance_m
from orderline.values.ids import DecisionId

_DAY = timedelta(days=1)
_MILLISECOND = timedelta(milliseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)


def route(
    orders: Sequence[RoutableOrder], snapshot: Snapshot, now: datetime, policy: Policy = DEFAULT_POLICY
) -> list[Decision]:
    """Decide for each demand group which locations serve it: one decision each, in the order they were taken.

    The urgent choose first: by priority, promised date, placing date, id. What one takes the next no longer sees,
    so a batch never takes more than the snapshot's levels. How `orders` is arranged does not matter.
    """
    batch = _Batch(snapshot, now, policy)
    return [batch.decide(order) for order in sorted(orders, key=_urgency)]


def transit_days(bands: Sequence[TransitBand], distance_m: int | None) -> int:
    """Days on the way over a distance; unknown distances and those beyond the last band take as long as that one."""
    if distance_m is not None:
        for band in bands:
            if distance_m <= band.distance_m:
                return band.days
    return bands[-1].days if bands else 0


def _urgency(order: RoutableOrder) -> tuple[int, datetime, datetime, UUID, int]:
    return -order.priority, order.promised_by or _NEVER, order.placed_at, order.order_id, order.group


class _Batch:
    """What is left of a snapshot while the orders of a batch are decided."""

    def __init__(self, snapshot: Snapshot, now: datetime, policy: Policy) -> None:
        self.snapshot = snapshot
        self.now = now
        self.policy = policy
        self.free: dict[str, dict[str, int]] = {}
        for (sku, code), units in snapshot.levels.items():
            if units > 0 and code in snapshot.locations:
                self.free.setdefault(sku, {})[code] = units
        self.by_pool: dict[str, list[str]] = {}
        for code in sorted(snapshot.locations):
            self.by_pool.setdefault(snapshot.locations[code].pool, []).append(code)
        # Orders sent to each location by this batch.
        self.sent: dict[str, int] = {}
        # Many decisions tell the same exclusion of the same location: one value serves all of them.
        self.told: dict[tuple[str, Exclusion], Candidate] = {}

    def decide(self, order: RoutableOrder) -> Decision:
        """The decision on one demand group; takes what it allots out of the batch."""
        demands = demands_of(order)
        pools = tuple(dict.fromkeys(demand.pool for demand in demands))
        candidates = self._candidates(order, demands)
        needs = grant(demands)
        unassigned = self._unassigned(order, demands)
        if unassigned and order.ship_complete:
            needs, unassigned = [], _all_or_nothing(order, unassigned)
        method, winner, runner_up = Method.EXACT, None, None
        allotments: tuple[Allotment, ...] = ()
        if needs:
            method, winner, runner_up = self._choose(
                len(order.lines), needs, [candidate for candidate in candidates if candidate.excluded is None]
            )
            allotments = allot(demands, winner.locations)
            self._take(demands, allotments)
        return Decision(
            id=_decision_id(order, self.snapshot.position, self.now, self.policy.version),
            order_id=order.order_id,
            group=order.group,
            policy=self.policy.version,
            position=self.snapshot.position,
            method=method,
            pools=pools,
            allotments=allotments,
            unassigned=unassigned,
            candidates=_told(candidates, winner, runner_up, self.policy.candidates_told),
            candidates_untold=max(0, len(candidates) - self.policy.candidates_told),
            without_stock=sum(len(self.by_pool.get(pool, ())) for pool in pools) - len(candidates),
            winner=winner,
            runner_up=runner_up,
            gap=_gap(winner, runner_up) if winner is not None and runner_up is not None else None,
        )

    def _candidates(self, order: RoutableOrder, demands: Sequence[Demand]) -> list[Candidate]:
        """The locations that hold stock of the order, by code; fills the shelves of the demands at the usable ones."""
        locations = self.snapshot.locations
        holding: dict[str, int] = {}
        for demand in demands:
            for code, units in self.free.get(demand.sku, {}).items():
                if locations[code].pool != demand.pool:
                    continue
                covers = holding.get(code, 0)
                if code not in demand.excluded:
                    demand.shelves[code] = units
                    covers += min(units, demand.quantity)
                holding[code] = covers
        repeated = len({demand.sku for demand in demands}) < len(demands)
        allowed_days = (order.promised_by - self.now) // _DAY if order.promised_by is not None else None
        candidates: list[Candidate] = []
        for code in sorted(holding):
            exclusion = self._exclusion(order, locations[code]) if holding[code] else Exclusion.REJECTED_THE_LINES
            if exclusion is None:
                covers = covers_alone(code, demands) if repeated else holding[code]
                candidates.append(self._weigh(locations[code], order.destination, allowed_days, covers))
            else:
                candidates.append(self._tell(code, exclusion))
                for demand in demands:
                    demand.shelves.pop(code, None)
        return candidates

    def _exclusion(self, order: RoutableOrder, location: RouteLocation) -> Exclusion | None:
        sent = self.sent.get(location.code, 0)
        for rule in self.policy.filters:
            if rule.applies(order, location, sent):
                return rule.exclusion
        return None

    def _tell(self, code: str, exclusion: Exclusion) -> Candidate:
        told = self.told.get((code, exclusion))
        if told is None:
            told = self.told[code, exclusion] = Candidate(code, excluded=exclusion)
        return told

    def _weigh(
        self, location: RouteLocation, destination: Coordinates | None, allowed_days: int | None, covers: int
    ) -> Candidate:
        away_m = None
        if destination is not None and location.coordinates is not None:
            away_m = distance_m(location.coordinates, destination)
        feasible = True
        if allowed_days is not None:
            days = location.handling_days + transit_days(self.snapshot.transit, away_m)
            if location.cutoff_at is not None and self.now > location.cutoff_at:
                days += 1
            feasible = days <= allowed_days
        return Candidate(location.code, distance_m=away_m, promise_feasible=feasible, covers=covers)

    def _unassigned(self, order: RoutableOrder, demands: Sequence[Demand]) -> tuple[Unassigned, ...]:
        short: list[Unassigned] = []
        for line in order.lines:
            unclaimed = line.quantity - sum(quantity for _, quantity in line.pools)
            assert unclaimed >= 0, f"line {line.line} has claims on more units than it waits for"
            if unclaimed:
                short.append(Unassigned(line.line, unclaimed, Shortfall.NOT_CLAIMED))
        short += [
            Unassigned(demand.line, demand.quantity - demand.granted, self._shortfall(demand))
            for demand in demands
            if demand.granted < demand.quantity
        ]
        return _merged(short) if short else ()

    def _shortfall(self, demand: Demand) -> Shortfall:
        locations = self.by_pool.get(demand.pool, ())
        before = {code: self.snapshot.levels.get((demand.sku, code), 0) for code in locations}
        left = self.free.get(demand.sku, {})
        if any(before[code] > left.get(code, 0) for code in locations if code not in demand.excluded):
            return Shortfall.TAKEN_BY_ORDERS_BEFORE
        if any(before[code] > 0 and code not in demand.shelves for code in locations):
            return Shortfall.ALL_LOCATIONS_EXCLUDED
        return Shortfall.NO_STOCK_AT_ANY_LOCATION

    def _choose(self, lines: int, needs: Needs, usable: Sequence[Candidate]) -> tuple[Method, Ranking, Ranking | None]:
        """The best set of locations that meets the needs, and the next best where it was looked for."""
        terms = [tuple(term.of(candidate) for term in self.policy.objective) for candidate in usable]
        weights = _weights(terms)
        problem = Problem(
            weights=weights,
            tiers=[each[0] for each in terms],
            holds=[[shelves.get(candidate.location, 0) for candidate in usable] for _, shelves in needs],
            needs=[units for units, _ in needs],
        )
        if lines <= self.policy.exact_lines:
            covers = find_covers(problem, work_limit=self.policy.work_limit)
        else:
            covers = Covers(greedy_cover(problem), None, exact=False)

        def ranking(chosen: Iterable[int]) -> Ranking:
            nearest_first = sorted(chosen, key=weights.__getitem__)
            return Ranking(
                locations=tuple(usable[i].location for i in nearest_first),
                terms={
                    term.name: sum(terms[i][at] for i in nearest_first) for at, term in enumerate(self.policy.objective)
                },
            )

        method = Method.EXACT if covers.exact else Method.GREEDY
        return method, ranking(covers.best), ranking(covers.second) if covers.second is not None else None

    def _take(self, demands: Sequence[Demand], allotments: Sequence[Allotment]) -> None:
        sku_of = {demand.line: demand.sku for demand in demands}
        for each in allotments:
            shelf = self.free[sku_of[each.line]]
            shelf[each.location] -= each.quantity
            if not shelf[each.location]:
                del shelf[each.location]
        for code in {each.location for each in allotments}:
            self.sent[code] = self.sent.get(code, 0) + 1


def _weights(terms: Sequence[tuple[int, ...]]) -> list[int]:
    """One number per candidate whose sums over sets compare as the sums of the terms do, one term after the other.

    The last digits tell sets of equal terms and size apart: the one with the first codes weighs least.
    """
    count = len(terms)
    weights = [0] * count
    for at in range(len(terms[0])):
        column = [each[at] for each in terms]
        base = 1 + sum(column)
        weights = [weight * base + value for weight, value in zip(weights, column, strict=True)]
    base = (count + 1) << count
    return [weight * base + (1 << count) - (1 << (count - 1 - i)) for i, weight in enumerate(weights)]


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


def _gap(winner: Ranking, runner_up: Ranking) -> Gap:
    for term, value in winner.terms.items():
        if runner_up.terms[term] != value:
            return Gap(term, runner_up.terms[term] - value)
    return Gap("location_codes", 0)


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
