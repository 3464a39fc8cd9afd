"""Orders whose rule says `batch`: the locations of all of them are chosen together, then each is routed by that choice.

Whatever the choice leaves out, or stock does not bear any more, is routed as one order after the other would be.
"""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from orderline.core.routing.demand import Demand, demands_of
from orderline.core.routing.model import RoutableOrder, Snapshot
from orderline.core.routing.policy import Group, Policy
from orderline.core.routing.route import Batch, groups_of
from orderline.core.routing.rules import Mode
from orderline.core.routing.sight import Sight

Chosen = dict[tuple[UUID, int], tuple[str, ...]]

_NO_LIMIT: Final = 1_000_000
# Lines that no location holds whole are split into parts as long as the order has no more of them than this.
_MOST_PARTS: Final = 6


def choose_together(
    orders: Sequence[RoutableOrder],
    snapshot: Snapshot,
    now: datetime,
    policy: Policy,
    *,
    should_stop: Callable[[], bool] = lambda: False,
) -> Chosen:
    """By order and group, the locations that cost all orders of a batch least together: what `route` takes as chosen.

    Costs are those of the money term. should_stop: asked now and then; what was found by then is taken.
    """
    chosen: Chosen = {}
    for group, members in groups_of(orders, now, policy):
        if group is not None and group.rules[0].mode is Mode.BATCH and len(members) > 1:
            chosen |= _choose(members, snapshot, now, policy, group, should_stop)
    return chosen


def _choose(
    orders: Sequence[RoutableOrder],
    snapshot: Snapshot,
    now: datetime,
    policy: Policy,
    group: Group,
    should_stop: Callable[[], bool],
) -> Chosen:
    import numpy as np

    from orderline.core.routing.batching import solve
    from orderline.core.routing.planning import MOST_LINES, NEVER, NOWHERE, Problem

    batch = Batch(snapshot, now, policy)
    rule, costs = group.rules[0], policy.costs
    seen: list[tuple[RoutableOrder, list[Demand], Sight]] = []
    for order in orders:
        demands = demands_of(order)
        if 0 < len(demands) <= MOST_LINES:
            batch.field.ground.seen = {}
            _, sight = batch.field.see(order, rule, demands, batch.free, batch.sent)
            seen.append((order, demands, sight))
    if not seen:
        return {}
    asked = Counter[str]()
    for _, demands, _ in seen:
        for demand in demands:
            asked[demand.sku] += demand.quantity
    free = Counter[str]()
    for (sku, _), units in snapshot.levels.items():
        free[sku] += max(0, units)
    scarce = {sku for sku, units in asked.items() if units >= free[sku]}
    codes = sorted(snapshot.locations)
    at = {code: n for n, code in enumerate(codes)}
    skus = {sku: n for n, sku in enumerate(sorted({d.sku for _, demands, _ in seen for d in demands}))}
    lines = [(n, d, units) for n, (_, demands, _) in enumerate(seen) for d, units in _parts(demands, scarce)]
    parcel = np.full((len(seen), len(codes)), NEVER, np.int64)
    handling = np.full((len(lines), len(codes)), NEVER, np.int64)
    for n, (_, _, sight) in enumerate(seen):
        for i, code in enumerate(sight.codes):
            told = sight.money(i)
            parcel[n, at[code]] = sum(told.values()) - costs.labor_unit_minor * sight.covers[i]
    for m, (_, demand, units) in enumerate(lines):
        for code, held in demand.shelves.items():
            if held >= units:
                handling[m, at[code]] = costs.labor_unit_minor * units
    stock = np.zeros((len(skus), len(codes)), np.int64)
    for (sku, code), units in snapshot.levels.items():
        if sku in skus and code in at:
            stock[skus[sku], at[code]] = max(0, units)
    room = [snapshot.locations[code].capacity_left for code in codes]
    most = rule.constraints.most_splits
    solution = solve(
        Problem(
            order=np.array([n for n, _, _ in lines], np.int64),
            sku=np.array([skus[d.sku] for _, d, _ in lines], np.int64),
            quantity=np.array([units for _, _, units in lines], np.int64),
            unserved=np.array([costs.unserved_minor * units for _, _, units in lines], np.int64),
            parcel=parcel,
            handling=handling,
            stock=stock,
            capacity=np.array([_NO_LIMIT if each is None else each for each in room], np.int64),
            most_parcels=np.full(len(seen), MOST_LINES if most is None else most + 1, np.int64),
        ),
        should_stop=should_stop,
    )
    places: dict[int, dict[str, None]] = {}
    chosen: list[int] = solution.location.tolist()
    for (n, _, _), where in zip(lines, chosen, strict=True):
        if where != NOWHERE:
            places.setdefault(n, {})[codes[where]] = None
    return {(seen[n][0].order_id, seen[n][0].group): tuple(sorted(found)) for n, found in places.items()}


def _parts(demands: Sequence[Demand], scarce: Collection[str]) -> list[tuple[Demand, int]]:
    """Demands with units that are served from one location.

    What none holds whole, or what is scarce, is halved, and its rest again: with 4 + 2 + 1 + 1 of eight units, two
    locations can share them in any way.
    """
    parts: list[tuple[Demand, int]] = []
    spare = max(0, _MOST_PARTS - len(demands))
    for demand in demands:
        left, most = demand.quantity, max(demand.shelves.values(), default=0)
        while spare and most and left > 1 and (demand.quantity > most or demand.sku in scarce):
            part = min(most, (left + 1) // 2)
            parts.append((demand, part))
            left -= part
            spare -= 1
        parts.append((demand, left))
    return parts
