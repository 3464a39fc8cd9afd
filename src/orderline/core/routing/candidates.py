"""Which locations may serve an order by a rule: each that holds stock of it, and the first filter that removed it."""

from collections.abc import Mapping, Sequence

from orderline.core.routing.demand import Demand, covers_alone
from orderline.core.routing.model import Candidate, Exclusion, RoutableOrder, RouteLocation
from orderline.core.routing.policy import Policy, Rule, Telling
from orderline.core.routing.sight import Ground, Sight

Shelves = Mapping[tuple[str, str], dict[str, int]]  # (SKU, pool) -> location -> units left
_NOTHING: Mapping[tuple[str, str], int] = {}
_StandingKey = tuple[str, str | None, str, frozenset[str]]


class Field:
    """The locations of a batch, with what of their filters does not change from order to order."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.policy: Policy = ground.policy
        self.locations = ground.snapshot.locations
        self.able_for = {sku: need for need, skus in self.policy.needs.items() for sku in skus}
        self.standing: dict[_StandingKey, dict[str, Exclusion]] = ground.terrain.kept_for(self.policy)
        # Many decisions tell the same exclusion of the same location: one value serves all of them.
        self.told: dict[tuple[str, Exclusion], Candidate] = {}

    def see(
        self, order: RoutableOrder, rule: Rule, demands: Sequence[Demand], shelves: Shelves, sent: Mapping[str, int]
    ) -> tuple[list[Candidate], Sight]:
        """All candidates by code, and the usable ones in sight; fills the shelves of the demands at those."""
        holding, barred = self._holding(order, rule, demands, shelves)
        sight = Sight(self.ground, order, demands, holding)
        standing = self._standing(order, rule)
        locations = self.locations
        excluded: dict[str, Exclusion] = {}
        usable: list[str] = []
        for code in sorted(holding):
            why = standing.get(code) if holding[code] else barred.get(code, Exclusion.REJECTED_THE_LINES)
            if why is None:
                limit = locations[code].capacity_left
                if limit is not None and sent.get(code, 0) >= limit:
                    why = Exclusion.AT_CAPACITY
                elif rule.telling:
                    why = _first(rule.telling, sight, locations[code])
            if why is None:
                usable.append(code)
            else:
                excluded[code] = why
        # A line's shelves are those of the usable locations only.
        _confine(demands, excluded)
        repeated = len({demand.sku for demand in demands}) < len(demands)
        covers = [covers_alone(code, demands) if repeated else holding[code] for code in usable]
        sight.look(usable, covers)
        if rule.late_telling:
            self._tell_late(rule, sight, excluded)
        candidates = self._candidates(sight, excluded)
        return candidates, sight

    def _holding(
        self, order: RoutableOrder, rule: Rule, demands: Sequence[Demand], shelves: Shelves
    ) -> tuple[dict[str, int], Mapping[str, Exclusion]]:
        """Units of the order that each location could serve alone, by code; 0 where it rejected the lines. Why there are none
        for another reason is told besides: goods are not sent from there, or end too soon.
        """
        holding: dict[str, int] = {}
        barred: dict[str, Exclusion] = {}
        safety = self.ground.snapshot.safety if rule.keep_safety_stock else _NOTHING
        heeds = rule.constraints.exclude_rejecting
        for demand in demands:
            shelf = shelves.get((demand.sku, demand.pool))
            if not shelf:
                continue
            quantity = demand.quantity
            never = self._barred(order, demand.sku) if self.policy.excluded else ()
            lasting = demand.lasting
            if demand.excluded or safety or never or lasting:
                barred.update(dict.fromkeys(never, Exclusion.EXCLUDED_FOR_THE_ITEMS))
                demand.shelves = {}
                for code, held in shelf.items():
                    units = held - safety.get((demand.sku, code), 0) if safety else held
                    if code in lasting and lasting[code] < units:
                        units = lasting[code]
                        barred.setdefault(code, Exclusion.ENDS_TOO_SOON)
                    covers = holding.get(code, 0)
                    if units > 0 and code not in never and not (heeds and code in demand.excluded):
                        demand.shelves[code] = units
                        covers += min(units, quantity)
                    holding[code] = covers
            else:
                demand.shelves = shelf
                for code, units in shelf.items():
                    holding[code] = holding.get(code, 0) + (units if units < quantity else quantity)  # noqa: FURB136 - the call takes longer
        return holding, barred

    def _barred(self, order: RoutableOrder, sku: str) -> frozenset[str]:
        """Locations that a SKU of an order is not sent from."""
        now = self.ground.now
        return frozenset[str]().union(*(each.codes for each in self.policy.excluded if each.applies(order, sku, now)))

    def _standing(self, order: RoutableOrder, rule: Rule) -> dict[str, Exclusion]:
        needs = frozenset(self.able_for[line.sku] for line in order.lines if line.sku in self.able_for)
        custom = [line.custom["needs"] for line in order.lines if "needs" in line.custom] if rule.needs_able else ()
        if custom:
            needs |= {str(each) for each in custom}
        key = (rule.name, order.pickup_location, order.channel if rule.sells_channel else "", needs)
        found = self.standing.get(key)
        if found is None:
            found = {}
            self.standing[key] = found
            for code, location in self.locations.items():
                why = self._stands(order, rule, location, needs)
                if why is not None:
                    found[code] = why
        return found

    def _stands(
        self, order: RoutableOrder, rule: Rule, location: RouteLocation, needs: frozenset[str]
    ) -> Exclusion | None:
        if not location.active:
            return Exclusion.INACTIVE
        if order.pickup_location is not None:
            if location.code != order.pickup_location:
                return Exclusion.NOT_THE_PICKUP_LOCATION
            if not location.pickup:
                return Exclusion.NO_PICKUP
        elif not location.ships:
            return Exclusion.DOES_NOT_SHIP
        for exclusion, applies in rule.standing:
            if applies(location):
                return exclusion
        notes = self.policy.locations.get(location.code)
        if rule.sells_channel and notes is not None and notes.channels and order.channel not in notes.channels:
            return Exclusion.DOES_NOT_SELL_THE_CHANNEL
        if rule.needs_able and needs and (notes is None or not needs.issubset(notes.abilities)):
            return Exclusion.NOT_ABLE
        return None

    def _tell_late(self, rule: Rule, sight: Sight, excluded: dict[str, Exclusion]) -> None:
        kept: list[int] = []
        gone: dict[str, Exclusion] = {}
        for i, code in enumerate(sight.codes):
            sight.at = i
            why = _first(rule.late_telling, sight, self.locations[code])
            if why is None:
                kept.append(i)
            else:
                gone[code] = why
        if gone:
            excluded.update(gone)
            _confine(sight.demands, gone)
            sight.keep(kept)

    def _candidates(self, sight: Sight, excluded: Mapping[str, Exclusion]) -> list[Candidate]:
        seen = zip(sight.codes, sight.away_m, sight.on_time, sight.covers, sight.offers, strict=True)
        candidates = [
            Candidate(code, None, away_m, on_time, covers, offer.cost_minor, offer.carbon_g)
            for code, away_m, on_time, covers, offer in seen
        ]
        if excluded:
            candidates += [self._tell(code, why) for code, why in excluded.items()]
            candidates.sort(key=_code)
        return candidates

    def _tell(self, code: str, exclusion: Exclusion) -> Candidate:
        told = self.told.get((code, exclusion))
        if told is None:
            told = self.told[code, exclusion] = Candidate(code, excluded=exclusion)
        return told


def _code(candidate: Candidate) -> str:
    return candidate.location


def _first(telling: tuple[tuple[Exclusion, Telling], ...], sight: Sight, location: RouteLocation) -> Exclusion | None:
    """The first filter that removes a location; a condition that can't be evaluated removes it and is told so."""
    for exclusion, tells in telling:
        told = tells(sight, location)
        if told is None:
            return Exclusion.CONDITION_FAILED
        if told:
            return exclusion
    return None


def _confine(demands: Sequence[Demand], excluded: Mapping[str, Exclusion]) -> None:
    if excluded:
        for demand in demands:
            demand.shelves = {code: units for code, units in demand.shelves.items() if code not in excluded}
