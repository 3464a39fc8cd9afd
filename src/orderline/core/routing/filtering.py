"""The filters of a rule as functions: first what is true of a location alone, last what needs to know the way."""

from collections.abc import Sequence
from typing import Protocol

from orderline.core.policies.documents import nearest_to
from orderline.core.policies.expressions import Condition, context_of
from orderline.core.policies.places import Path
from orderline.core.routing.model import Exclusion, RouteLocation
from orderline.core.routing.policy import Standing, Telling
from orderline.core.routing.rules import LocationsTable, RoutingTable
from orderline.core.routing.sight import Sight, fields_of_location, fields_of_order


class Compiling(Protocol):
    """A document on its way to rules: what was found wrong, and which readings of stock it asks for."""

    table: RoutingTable
    facts: set[str]
    labels: set[str]

    def fault(self, path: Path, message: str, expected: str = "", near: tuple[str, ...] = ()) -> None:
        """Note a fault at a value."""
        ...

    def condition(self, path: Path, text: str, *, without: Sequence[str] = ()) -> Condition | None:
        """A compiled condition; its faults are noted at their place in the document."""
        ...


def compile_filters(
    compiling: Compiling, path: Path, rules: LocationsTable
) -> tuple[list[tuple[Exclusion, Standing]], list[tuple[Exclusion, Telling]], list[tuple[Exclusion, Telling]]]:
    """Filters of a location alone; of one for an order; and those that need to know the way."""
    notes = compiling.table.location
    standing: list[tuple[Exclusion, Standing]] = []
    telling: list[tuple[Exclusion, Telling]] = []
    late: list[tuple[Exclusion, Telling]] = []
    for name, codes in (("codes", rules.codes), ("not_codes", rules.not_codes)):
        if codes:
            known = frozenset(codes)
            if name == "codes":
                standing.append((Exclusion.NOT_NAMED, lambda location, known=known: location.code not in known))
            else:
                standing.append((Exclusion.NAMED_AS_EXCLUDED, lambda location, known=known: location.code in known))
    both = set(rules.codes) & set(rules.not_codes)
    if rules.codes and set(rules.codes) <= set(rules.not_codes):
        compiling.fault(
            (*path, "codes"), f"no location is left: {', '.join(sorted(both))}", "locations that are not excluded"
        )
    if rules.keep_safety_stock:
        compiling.facts.add("safety")
    members: dict[str, set[str]] = {}
    for code, each in notes.items():
        for label in each.groups:
            members.setdefault(label, set()).add(code)
    for name, labels in (("in_groups", rules.in_groups), ("not_in_groups", rules.not_in_groups)):
        for at, label in enumerate(labels):
            if label not in compiling.labels:
                compiling.fault(
                    (*path, name, at), f"no location is in group `{label}`", "a group of a table [location.CODE]",
                    nearest_to(label, compiling.labels),
                )  # fmt: skip
    inside = set[str]().union(*(members.get(label, set()) for label in rules.in_groups))
    outside = set[str]().union(*(members.get(label, set()) for label in rules.not_in_groups))
    if rules.in_groups:
        standing.append((Exclusion.NOT_IN_THE_GROUPS, lambda location: location.code not in inside))
        if inside and inside <= outside:
            compiling.fault((*path, "in_groups"), "no location is left", "groups that are not excluded altogether")
    if rules.not_in_groups:
        standing.append((Exclusion.IN_AN_EXCLUDED_GROUP, lambda location: location.code in outside))
    if rules.kinds:
        kinds = frozenset(rules.kinds)
        standing.append((Exclusion.NOT_OF_THE_KIND, lambda location: location.kind not in kinds))
    if rules.most_rejected_ppm is not None:
        compiling.facts.add("rejected")
        most_ppm = rules.most_rejected_ppm
        standing.append((Exclusion.REJECTS_TOO_OFTEN, lambda location: location.rejected_ppm > most_ppm))
        telling.append((Exclusion.REJECTS_TOO_OFTEN, lambda sight, location: sight.risk(location.code) > most_ppm))
    if rules.most_feed_age_minutes is not None:
        compiling.facts.add("feeds")
        most_s = rules.most_feed_age_minutes * 60
        standing.append(
            (Exclusion.FEED_TOO_OLD, lambda location: location.feed_age_s is not None and location.feed_age_s > most_s)
        )
    if rules.least_capacity is not None:
        least = rules.least_capacity
        standing.append(
            (
                Exclusion.NOT_ENOUGH_CAPACITY,
                lambda location: location.capacity_left is not None and location.capacity_left < least,
            )
        )
    if rules.least_units is not None:
        units = rules.least_units
        telling.append((Exclusion.TOO_FEW_UNITS, lambda sight, location: sight.holding[location.code] < units))
    if rules.all_items:
        telling.append((Exclusion.NOT_ALL_ITEMS, lambda sight, location: sight.holding[location.code] < sight.units))
    low, high = rules.least_weeks_of_supply, rules.most_weeks_of_supply
    if low is not None or high is not None:
        compiling.facts.add("sold")
        if low is not None and high is not None and high < low:
            compiling.fault((*path, "most_weeks_of_supply"), "an empty band", f"at least {low}")
        band = (low or 0, 10**9 if high is None else high)
        telling.append(
            (
                Exclusion.WEEKS_OF_SUPPLY,
                lambda sight, location: not band[0] <= sight.least_weeks(location.code) <= band[1],
            )
        )
    if rules.most_km is not None:
        most_m = rules.most_km * 1000
        late.append((Exclusion.TOO_FAR, lambda sight, location: _over(sight.away_m[sight.at], most_m)))
    if rules.most_transit_days is not None:
        most_days = rules.most_transit_days
        late.append((Exclusion.TOO_LONG_ON_THE_WAY, lambda sight, location: sight.offers[sight.at].days > most_days))
    if rules.meets_promise:
        late.append((Exclusion.MISSES_THE_PROMISE, lambda sight, location: not sight.on_time[sight.at]))
    if "rejected_ppm" in rules.when or "doubt_ppm" in rules.when:
        compiling.facts.add("rejected")
    condition = compiling.condition((*path, "when"), rules.when)
    if condition is not None:
        late.append((Exclusion.CONDITION, _conditional(condition)))
    return standing, telling, late


def _over(away_m: int | None, most_m: int) -> bool:
    return away_m is None or away_m > most_m


def _conditional(condition: Condition) -> Telling:
    """Excludes a location for which a condition does not hold."""

    def tell(sight: Sight, location: RouteLocation) -> bool | None:
        if "order" not in sight.facts:
            sight.facts["order"] = fields_of_order(sight.order)
        where = fields_of_location(sight, location, sight.at) if "location" in condition.roots else {}
        holds = condition.holds(context_of(order=sight.facts["order"], location=where))
        return None if holds is None else not holds

    return tell
