"""All candidates of a decision beside one another: what each would add to every term, and why it serves or does not.

As with every explanation, the function that decided is run again on what the decision was made of.
"""

import msgspec

from orderline.core.routing.explaining import Seen, fall_behind, see
from orderline.core.routing.model import Inputs
from orderline.core.routing.policy import Policy
from orderline.core.routing.replaying import route_again
from orderline.core.routing.sight import TOLD
from orderline.values.geo import Coordinates


class Weighed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A candidate. serves: units that it was given. covers: those it could serve alone; nought: it could serve none.

    terms: what it adds to each term of the objective, the weightiest first. costs: its own, by kind; that of a split is the plan's.
    removed_by: the first filter that left it out. decided_by, behind: the first term in which the best plan with it falls
    behind the one that was chosen, and by how much.
    """

    location: str
    serves: int = 0
    covers: int = 0
    coordinates: Coordinates | None = None
    distance_m: int | None = None
    days: int | None = None
    on_time: bool = False
    terms: dict[str, int] = {}
    costs: dict[str, int] = {}
    removed_by: str = ""
    decided_by: str = ""
    behind: int = 0


def weigh(inputs: Inputs, policy: Policy) -> list[Weighed]:
    """The candidates of the rule that decided: those that serve, the others by how well they compare, then what was left out."""
    seen = see(inputs, policy)
    if seen is None:
        return []
    decision = route_again(inputs, policy)
    serves: dict[str, int] = {}
    for each in decision.allotments:
        serves[each.location] = serves.get(each.location, 0) + each.quantity
    found = [_usable(at, code, seen, inputs, serves) for at, code in enumerate(seen.sight.codes)]
    compared: list[Weighed] = []
    for each in found:
        if each.location in serves:
            compared.append(each)
            continue
        _, differences = fall_behind(seen, decision, each.location, policy.work_limit)
        term = next((name for name, value in differences.items() if value), "location_codes")
        compared.append(msgspec.structs.replace(each, decided_by=term, behind=differences.get(term, 0)))
    compared.sort(key=lambda each: (not each.serves, tuple(each.terms.values()), each.location))
    # Some may have served by a rule before, and have no more.
    others = [*(code for code in serves if code not in seen.sight.codes and code not in seen.excluded), *seen.excluded]
    away = seen.sight.ground.terrain.distances(inputs.order.destination, others)
    left_out = [
        Weighed(
            location=code, serves=serves.get(code, 0), coordinates=inputs.locations[code].coordinates, distance_m=distance,
            removed_by=seen.excluded[code].value if code in seen.excluded and code not in serves else "",
        )
        for code, distance in zip(others, away, strict=True)
    ]  # fmt: skip
    return sorted([*compared, *left_out], key=lambda each: not each.serves)


def _usable(at: int, code: str, seen: Seen, inputs: Inputs, serves: dict[str, int]) -> Weighed:
    sight, rule = seen.sight, seen.rule
    return Weighed(
        location=code, serves=serves.get(code, 0), covers=sight.covers[at], coordinates=inputs.locations[code].coordinates,
        distance_m=sight.away_m[at], days=sight.offers[at].days, on_time=sight.on_time[at],
        terms={TOLD[term]: column[at] for term, column in zip(rule.objective, seen.columns, strict=True)},
        costs={kind: minor for kind, minor in sight.money(at).items() if minor and kind != "split"},
    )  # fmt: skip
