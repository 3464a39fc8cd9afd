"""What one order sees of its locations: how far, how soon, at what cost, with how much stock. Worked out once each."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from operator import attrgetter
from typing import Any, Final

from orderline.core.routing.demand import Demand
from orderline.core.routing.model import Offer, RoutableOrder, RouteLocation, Snapshot
from orderline.core.routing.policy import UNKNOWN_DISTANCE_M, Policy
from orderline.core.routing.rules import TermName
from orderline.core.routing.terrain import terrain_of

_DAY: Final = timedelta(days=1)
_NO_OFFER: Final = Offer("", 0, 0, 0)
_BY_COST: Final = attrgetter("cost_minor", "days", "service")
_BY_DAYS: Final = attrgetter("days", "cost_minor", "service")
# Weeks of supply of what is never sold.
ENDLESS_WEEKS: Final = 1_000

# The name of a term where a decision tells it.
TOLD: Final[Mapping[TermName, str]] = {
    TermName.LATE: "late_locations",
    TermName.LOCATIONS: "locations",
    TermName.DISTANCE: "distance_m",
    TermName.COST: "cost_minor",
    TermName.CARBON: "carbon_g",
    TermName.DAYS: "days",
    TermName.STOCK_BALANCE: "stock_balance",
    TermName.WEEKS_OF_SUPPLY: "weeks_of_supply",
    TermName.SEQUENCE: "sequence",
    TermName.RANK: "rank",
    TermName.REJECTION_RISK: "rejection_risk_ppm",
    TermName.MONEY: "money_minor",
}


class _Unpriced(dict[int, Offer]):
    """A way of which only the days are known, by those; one value serves all locations."""

    def __missing__(self, days: int) -> Offer:
        made = self[days] = Offer("", days, 0, 0)
        return made


class Ground:
    """What of a snapshot and a policy is the same for all orders: positions in radians, days, costs."""

    def __init__(self, snapshot: Snapshot, now: datetime, policy: Policy) -> None:
        self.snapshot = snapshot
        self.now = now
        self.policy = policy
        costs = policy.costs
        # Does work cost anything?
        self.paid = bool(costs.labor_minor or costs.labor_unit_minor) or any(
            each.labor_minor for each in policy.locations.values()
        )
        self.bounds = [band.distance_m for band in snapshot.transit]
        self.days = [band.days for band in snapshot.transit]
        # The services that were asked for on behalf of the order whose turn it is.
        self.seen: dict[str, tuple[Offer, ...]] = {}
        self.unpriced = _Unpriced()
        self.terrain = terrain_of(snapshot.locations)

    @cached_property
    def lead(self) -> dict[str, int]:
        """Days until each location hands over what is ordered now."""
        return {
            code: each.handling_days + (each.cutoff_at is not None and self.now > each.cutoff_at)
            for code, each in self.snapshot.locations.items()
        }

    def transit_days(self, away_m: int | None) -> int:
        """Days on the way; unknown distances and those beyond the last band take as long as that one."""
        if not self.days:
            return 0
        at = len(self.days) if away_m is None else bisect_left(self.bounds, away_m)
        return self.days[min(at, len(self.days) - 1)]


class Sight:
    """One order before its usable locations, in columns: at the same index, the same location."""

    def __init__(
        self, ground: Ground, order: RoutableOrder, demands: Sequence[Demand], holding: Mapping[str, int]
    ) -> None:
        self.ground = ground
        self.order = order
        self.demands = demands
        self.holding = holding
        self.units = sum(demand.quantity for demand in demands)
        self.allowed_days: int | None = None
        if order.promised_by is not None:
            self.allowed_days = (order.promised_by - ground.now) // _DAY
        # What conditions have asked for, and the location that is looked at.
        self.facts: dict[str, Any] = {}
        self.at = 0
        self._values = {line.line: line.value_minor for line in order.lines}
        self._weights = {line.line: line.weight_g for line in order.lines}
        self.codes: list[str] = []
        self.away_m: list[int | None] = []
        self.offers: list[Offer] = []
        self.on_time: list[bool] = []
        self.covers: list[int] = []

    def look(self, codes: list[str], covers: list[int]) -> None:
        """See locations: their distance, and the service that serves the order best."""
        self.codes, self.covers = codes, covers
        ground = self.ground
        self.away_m = ground.terrain.distances(self.order.destination, codes)
        if ground.snapshot.offers is not None:
            locations, offers, seen = ground.snapshot.locations, ground.snapshot.offers, ground.seen
            for code in codes:
                if code not in seen:
                    seen[code] = offers(self.order, locations[code])
            found = [self._best(seen[code]) for code in codes]
            self.offers = [offer for offer, _ in found]
            self.on_time = [on_time for _, on_time in found]
            return
        costs = ground.policy.costs
        if costs.ship_minor or costs.ship_minor_per_100_km or costs.ship_minor_per_kg or costs.carbon_g_per_km:
            weight_g = sum(self._weights[demand.line] * demand.quantity for demand in self.demands)
            self.offers = [
                Offer(
                    "",
                    ground.lead[code] + ground.transit_days(away_m),
                    costs.ship_minor
                    + costs.ship_minor_per_100_km * (away_m or 0) // 100_000
                    + costs.ship_minor_per_kg * weight_g // 1000,
                    costs.carbon_g_per_km * (away_m or 0) // 1000,
                )
                for code, away_m in zip(codes, self.away_m, strict=True)
            ]
        else:
            lead, bounds, days, unpriced = ground.lead, ground.bounds, ground.days, ground.unpriced
            last, farthest = len(days) - 1, days[-1] if days else 0
            for code, away_m in zip(codes, self.away_m, strict=True):
                way = farthest if away_m is None or last < 0 else days[min(bisect_left(bounds, away_m), last)]
                self.offers.append(unpriced[lead[code] + way])
        allowed = self.allowed_days
        self.on_time = [True] * len(codes) if allowed is None else [offer.days <= allowed for offer in self.offers]

    def keep(self, kept: Sequence[int]) -> None:
        """Go on with some of the locations."""
        self.codes = [self.codes[i] for i in kept]
        self.away_m = [self.away_m[i] for i in kept]
        self.offers = [self.offers[i] for i in kept]
        self.on_time = [self.on_time[i] for i in kept]
        self.covers = [self.covers[i] for i in kept]

    def _best(self, offers: tuple[Offer, ...]) -> tuple[Offer, bool]:
        """The cheapest service that keeps the promise; if none does, the fastest."""
        if not offers:
            return _NO_OFFER, False
        by = self.order.promised_by
        if by is None and len(offers) == 1:
            return offers[0], True
        on_time = [
            each
            for each in offers
            if by is None
            or (each.latest_at <= by if each.latest_at is not None else each.days <= (self.allowed_days or 0))
        ]
        if on_time:
            return min(on_time, key=_BY_COST), True
        return min(offers, key=_BY_DAYS), False

    def value(self, code: str) -> int:
        """What the units are worth that a location could serve."""
        return sum(
            self._values[demand.line] * min(demand.quantity, demand.shelves.get(code, 0)) for demand in self.demands
        )

    def doubt(self, code: str) -> int:
        """How little the record of a location is believed, of that SKU of the order of which it is least."""
        doubt = self.ground.snapshot.doubt
        if not doubt:
            return 0
        return max((doubt.get((each.sku, code), 0) for each in self.demands if code in each.shelves), default=0)

    def risk(self, code: str) -> int:
        """The share of such orders that the location is expected to give back: for its own reasons, or as units are missed."""
        rejected, doubt = self.ground.snapshot.locations[code].rejected_ppm, self.doubt(code)
        return rejected + doubt - rejected * doubt // 1_000_000

    def least_weeks(self, code: str) -> int:
        """Weeks of supply at a location of that SKU of the order of which it has the fewest."""
        sold, levels = self.ground.snapshot.sold, self.ground.snapshot.levels
        return min(
            (
                levels.get((demand.sku, code), 0) * 4 // sold[demand.sku, code]
                if sold.get((demand.sku, code))
                else ENDLESS_WEEKS
                for demand in self.demands
                if code in demand.shelves
            ),
            default=ENDLESS_WEEKS,
        )

    def column(self, term: TermName, sequence: Mapping[str, int]) -> list[int]:
        """A term of the objective: what each location adds to it, a whole number of zero or more."""
        locations, codes = self.ground.policy.locations, self.codes
        match term:
            case TermName.LATE:
                return [0 if on_time else 1 for on_time in self.on_time]
            case TermName.LOCATIONS:
                return [1] * len(codes)
            case TermName.DISTANCE:
                return [UNKNOWN_DISTANCE_M if away_m is None else away_m for away_m in self.away_m]
            case TermName.COST:
                if not self.ground.paid:
                    return [offer.cost_minor for offer in self.offers]
                labor = [self.labor(code, covers) for code, covers in zip(codes, self.covers, strict=True)]
                return [offer.cost_minor + work for offer, work in zip(self.offers, labor, strict=True)]
            case TermName.CARBON:
                return [offer.carbon_g for offer in self.offers]
            case TermName.DAYS:
                return [offer.days for offer in self.offers]
            case TermName.STOCK_BALANCE:
                stock = [self._stock(code) for code in codes]
                most = max(stock, default=0)
                return [most - units for units in stock]
            case TermName.WEEKS_OF_SUPPLY:
                return [ENDLESS_WEEKS - min(ENDLESS_WEEKS, self.least_weeks(code)) for code in codes]
            case TermName.SEQUENCE:
                return [sequence.get(code, len(sequence)) for code in codes]
            case TermName.RANK:
                return [locations[code].rank if code in locations else 0 for code in codes]
            case TermName.REJECTION_RISK:
                return [self.risk(code) for code in codes]
            case TermName.MONEY:
                return [sum(self.money(i).values()) for i in range(len(codes))]

    def labor(self, code: str, units: int) -> int:
        """The cost of work at a location."""
        costs = self.ground.policy.costs
        own = self.ground.policy.locations.get(code)
        each = own.labor_minor if own is not None and own.labor_minor is not None else costs.labor_minor
        return each + costs.labor_unit_minor * units

    def money(self, i: int) -> dict[str, int]:
        """All costs of a location of a plan, by kind."""
        costs, code, offer = self.ground.policy.costs, self.codes[i], self.offers[i]
        told = {
            "ship": offer.cost_minor,
            "labor": self.labor(code, self.covers[i]),
            "split": costs.split_minor,
            "promise_miss": 0 if self.on_time[i] else costs.promise_miss_minor,
            "carbon": offer.carbon_g * costs.carbon_minor_per_kg // 1000,
        }
        if costs.markdown_minor:
            weeks = self.least_weeks(code)
            told["markdown"] = 0 if weeks > costs.markdown_weeks else costs.markdown_minor * self.covers[i]
        if costs.stock_out_ppm:
            short = self.least_weeks(code) < costs.stock_out_weeks
            told["stock_out"] = self.value(code) * costs.stock_out_ppm // 1_000_000 if short else 0
        return told

    def _stock(self, code: str) -> int:
        return sum(demand.shelves.get(code, 0) for demand in self.demands)


def fields_of_location(sight: Sight, location: RouteLocation, i: int | None = None) -> dict[str, Any]:
    """A location as conditions see it."""
    notes = sight.ground.policy.locations.get(location.code)
    return {
        "code": location.code,
        "pool": location.pool,
        "kind": location.kind.value,
        "groups": list(notes.groups) if notes is not None else [],
        "abilities": list(notes.abilities) if notes is not None else [],
        "rank": notes.rank if notes is not None else 0,
        "handling_days": location.handling_days,
        "capacity_left": -1 if location.capacity_left is None else location.capacity_left,
        "rejected_ppm": location.rejected_ppm,
        "doubt_ppm": sight.doubt(location.code),
        "units": sight.holding.get(location.code, 0),
        "covers_all": sight.holding.get(location.code, 0) >= sight.units,
        "distance_m": -1 if i is None or sight.away_m[i] is None else sight.away_m[i],
        "days": 0 if i is None else sight.offers[i].days,
        "cost_minor": 0 if i is None else sight.offers[i].cost_minor,
        "carbon_g": 0 if i is None else sight.offers[i].carbon_g,
        "on_time": False if i is None else sight.on_time[i],
    }


def fields_of_order(order: RoutableOrder) -> dict[str, Any]:
    """An order as conditions see it: its group's lines as far as they wait."""
    return {
        "channel": order.channel,
        "method": order.method,
        "priority": order.priority,
        "tags": list(order.tags),
        "custom": dict(order.custom),
        "country": order.place.country,
        "region": order.place.region,
        "city": order.place.city,
        "postal_code": order.place.postal_code,
        "currency": order.currency,
        "value_minor": sum(line.value_minor * line.quantity for line in order.lines),
        "units": sum(line.quantity for line in order.lines),
        "weight_g": sum(line.weight_g * line.quantity for line in order.lines),
        "line_count": len(order.lines),
        "skus": [line.sku for line in order.lines],
        "pickup": order.pickup_location is not None,
        "ship_complete": order.ship_complete,
        "cause": order.cause.value,
        "placed_at": order.placed_at,
        "lines": [
            {
                "line": line.line,
                "sku": line.sku,
                "quantity": line.quantity,
                "value_minor": line.value_minor,
                "weight_g": line.weight_g,
                "custom": dict(line.custom),
            }
            for line in order.lines
        ],
    }
