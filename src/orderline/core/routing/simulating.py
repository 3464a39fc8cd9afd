"""What another version of the rules would have decided: units, splits, cost and promises, order by order.

Routing runs over what recorded decisions were made of; the version that decided gives the same bytes.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from orderline.core.routing.model import Candidate, Decision, Inputs
from orderline.core.routing.policy import Policy
from orderline.core.routing.replaying import encode_decision, route_again

MOST_TOLD = 100


class Figures(msgspec.Struct, kw_only=True):
    """What a set of decisions comes to. parcels: locations over all orders; splits: orders with more than one.

    ship_minor: of the services that would be used. distance_m: as the crow flies, of parcels of which both ends are known.
    """

    orders: int = 0
    units: int = 0
    units_left: int = 0
    parcels: int = 0
    splits: int = 0
    late_orders: int = 0
    ship_minor: int = 0
    cost_minor: int = 0
    carbon_g: int = 0
    distance_m: int = 0

    def add(self, decision: Decision, used: Mapping[str, Candidate]) -> None:
        """Count a decision. used: its locations as they were seen."""
        locations = {each.location for each in decision.allotments}
        self.orders += 1
        self.units += sum(each.quantity for each in decision.allotments)
        self.units_left += sum(each.quantity for each in decision.unassigned)
        self.parcels += len(locations)
        self.splits += len(locations) > 1
        self.late_orders += any(not each.promise_feasible for each in used.values())
        self.ship_minor += sum(each.cost_minor for each in used.values())
        self.carbon_g += sum(each.carbon_g for each in used.values())
        self.distance_m += sum(each.distance_m or 0 for each in used.values())
        self.cost_minor += sum(decision.costs.values())


class Share(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What a location would send: parcels, those of them that are late, units, what the services cost, and how far they go."""

    parcels: int = 0
    late: int = 0
    units: int = 0
    ship_minor: int = 0
    distance_m: int = 0

    def add(self, units: int, way: Candidate | None) -> None:
        """Count a parcel. way: as it was seen; None: it was not kept."""
        self.parcels += 1
        self.units += units
        if way is not None:
            self.late += not way.promise_feasible
            self.ship_minor += way.cost_minor
            self.distance_m += way.distance_m or 0


class Shares(msgspec.Struct, kw_only=True):
    """A location before and after."""

    before: Share
    after: Share


class Difference(msgspec.Struct, frozen=True):
    """An order that would have been decided otherwise: units by location, and its cost, before and after.

    units_moved: those that would come from elsewhere, or from nowhere any more.
    """

    order: str
    before: dict[str, int]
    after: dict[str, int]
    units_moved: int
    cost_before: int
    cost_after: int


class Simulation(msgspec.Struct, kw_only=True):
    """The report. same_bytes: decisions that came out byte for byte as they were recorded.

    currency: of the amounts. changed: orders that would be served otherwise, the first of which `differences` tells,
    and by `units_moved` units. by_location: what each location would send. numbers: of the orders that differ, by id, where
    they were looked up.
    """

    policy: str
    before: Figures
    after: Figures
    currency: str = ""
    changed: int = 0
    units_moved: int = 0
    same_bytes: int = 0
    differences: list[Difference] = []
    by_location: dict[str, Shares] = {}
    numbers: dict[str, str] = {}

    def add(self, before: Decision, after: Decision, *, most: int = MOST_TOLD) -> None:
        """Count two decisions on the same order. most: differences that are told."""
        was, now = _served(before), _served(after)
        ways = _used(before)
        self.before.add(before, ways)
        for location, units in was.items():
            self._shares(location).before.add(units, ways.get(location))
        ways = ways if before is after else _used(after)
        self.after.add(after, ways)
        for location, units in now.items():
            self._shares(location).after.add(units, ways.get(location))
        if was == now:
            return
        moved = sum(_units(before).values()) - sum((_units(before) & _units(after)).values())
        self.changed += 1
        self.units_moved += moved
        if len(self.differences) < most:
            costs = sum(before.costs.values()), sum(after.costs.values())
            self.differences.append(Difference(str(before.order_id), was, now, moved, *costs))

    def _shares(self, location: str) -> Shares:
        if location not in self.by_location:
            self.by_location[location] = Shares(before=Share(), after=Share())
        return self.by_location[location]


def new_report(policy: str) -> Simulation:
    """Nothing counted yet."""
    return Simulation(policy=policy, before=Figures(), after=Figures(), differences=[], by_location={})


def simulate(
    recorded: Iterable[tuple[str, Inputs]], policy: Policy, report: Simulation | None = None, *, most: int = MOST_TOLD
) -> Simulation:
    """Route recorded inputs by a version. recorded: (bytes of the decision as kept, what it was made of)."""
    report = report or new_report(policy.version)
    for body, inputs in recorded:
        after = route_again(inputs, policy)
        report.currency = report.currency or inputs.order.currency
        if encode_decision(after) == body.encode():
            report.same_bytes += 1
            report.add(after, after)
        else:
            report.add(msgspec.json.decode(body, type=Decision), after, most=most)
    return report


def compare_shadows(shadowed: Iterable[tuple[str, str]], shadow: str, report: Simulation | None = None) -> Simulation:
    """What a version scored beside the live ones has told. shadowed: (a decision as kept, what the other has told).

    shadow: how decisions name the version; what others have told is left out. before: as it was carried out.
    """
    report = report or new_report(shadow)
    for body, told in shadowed:
        after = msgspec.json.decode(told, type=Decision)
        if after.policy == shadow:
            report.add(msgspec.json.decode(body, type=Decision), after)
    return report


def compare_policies(worlds: Iterable[Inputs], before: Policy, after: Policy, *, most: int = MOST_TOLD) -> Simulation:
    """Route inputs that were not recorded by two versions."""
    made = ((encode_decision(route_again(each, before)).decode(), each) for each in worlds)
    return simulate(made, after, most=most)


def _used(decision: Decision) -> dict[str, Candidate]:
    """The locations that serve, as the last rule saw them that came before, or the one that decided."""
    seen = (*decision.candidates, *(each for step in decision.steps for each in step.candidates))
    serving = {each.location for each in decision.allotments}
    return {each.location: each for each in seen if each.location in serving and each.excluded is None}


def _units(decision: Decision) -> Counter[tuple[int, str]]:
    units = Counter[tuple[int, str]]()
    for each in decision.allotments:
        units[each.line, each.location] += each.quantity
    return units


def _served(decision: Decision) -> dict[str, int]:
    served: dict[str, int] = {}
    for each in sorted(decision.allotments, key=lambda each: (each.location, each.line)):
        served[each.location] = served.get(each.location, 0) + each.quantity
    return served
