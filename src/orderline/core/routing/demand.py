"""What an order asks of each pool, what of it can be served, and which location serves which units.

Lines of the same SKU and pool draw on the same shelves. Where their exclusions differ, shelves serve them all exactly
when every set of those lines can be served by the shelves open to at least one of them (Hall's theorem).
"""

from collections.abc import Mapping, Sequence
from itertools import combinations

import msgspec

from orderline.core.orders.commands import Allotment
from orderline.core.routing.model import RoutableOrder

# (units needed, what each location holds toward them): what a set of locations must meet.
Needs = list[tuple[int, Mapping[str, int]]]

# More different exclusions than this among lines of one SKU are taken as one: 2 to this power sets are looked at.
_MOST_EXCLUSIONS = 6


class Demand(msgspec.Struct):
    """Units of one line claimed in one pool; `shelves` is what each open location holds of the SKU, by code.

    granted: the part of `quantity` that all open locations together can serve. lasting: as of its line.
    """

    line: int
    sku: str
    pool: str
    quantity: int
    excluded: tuple[str, ...]
    shelves: dict[str, int]
    granted: int = 0
    lasting: Mapping[str, int] = {}


def demands_of(order: RoutableOrder) -> list[Demand]:
    """One per line and claimed pool, in the order of the lines and of their pools; shelves still empty."""
    return [
        Demand(line.line, line.sku, pool, quantity, line.excluded, {}, 0, line.lasting)
        for line in order.lines
        for pool, quantity in line.pools
        if quantity > 0
    ]


def with_lasting_left(order: RoutableOrder, taken: Mapping[tuple[str, str], int]) -> RoutableOrder:
    """The order with less of what lasts, for what others before have taken of it; by SKU and location."""
    replace = msgspec.structs.replace
    lines = tuple(
        replace(line, lasting={code: units - taken.get((line.sku, code), 0) for code, units in line.lasting.items()})
        if line.lasting
        else line
        for line in order.lines
    )
    return replace(order, lines=lines)


def covers_alone(code: str, demands: Sequence[Demand]) -> int:
    """Units of all demands that a location could serve alone; of a SKU on several lines not more than it holds."""
    covers = 0
    left: dict[str, int] = {}
    for demand in demands:
        if code in demand.shelves:
            held = left.get(demand.sku, demand.shelves[code])
            units = min(held, demand.quantity)
            left[demand.sku] = held - units
            covers += units
    return covers


def grant(demands: Sequence[Demand]) -> Needs:
    """Set what each demand is granted, earlier lines first; returns what a set of locations must meet to serve it."""
    needs: Needs = []
    for sharing in _sharing(demands):
        if len(sharing) == 1:
            demand = sharing[0]
            demand.granted = min(demand.quantity, sum(demand.shelves.values()))
            if demand.granted:
                needs.append((demand.granted, demand.shelves))
        else:
            needs += _grant_shared(sharing)
    return needs


def allot(demands: Sequence[Demand], chosen: Sequence[str]) -> tuple[Allotment, ...]:
    """Share the granted units over the chosen locations, nearest first, splitting lines as little as it can.

    The chosen locations meet every need that `grant` gave.
    """
    allotments: list[Allotment] = []
    for sharing in _sharing(demands):
        shelves = {code: max(d.shelves.get(code, 0) for d in sharing) for code in chosen}
        waiting = sorted(sharing, key=lambda d: sum(1 for code in chosen if code in d.shelves))
        while waiting:
            demand = waiting.pop(0)
            left = demand.granted
            while left:
                code, quantity = _take(demand, left, shelves, waiting)
                shelves[code] -= quantity
                left -= quantity
                allotments.append(Allotment(demand.line, demand.pool, code, quantity))
    return tuple(sorted(allotments, key=lambda a: (a.line, a.pool, a.location)))


def _sharing(demands: Sequence[Demand]) -> list[list[Demand]]:
    groups: dict[tuple[str, str], list[Demand]] = {}
    for demand in demands:
        groups.setdefault((demand.sku, demand.pool), []).append(demand)
    return list(groups.values())


def _grant_shared(sharing: Sequence[Demand]) -> Needs:
    by_shelves: dict[frozenset[str], list[Demand]] = {}
    for demand in sharing:
        by_shelves.setdefault(frozenset(demand.shelves), []).append(demand)
    if len(by_shelves) > _MOST_EXCLUSIONS:
        common = frozenset(code for code in sharing[0].shelves if all(code in shelves for shelves in by_shelves))
        for demand in sharing:
            demand.shelves = {code: held for code, held in demand.shelves.items() if code in common}
        by_shelves = {common: list(sharing)}
    unions = [
        (lines, {code: held for demand in lines for code, held in demand.shelves.items()})
        for size in range(1, len(by_shelves) + 1)
        for picked in combinations(by_shelves.values(), size)
        for lines in [[demand for group in picked for demand in group]]
    ]
    room = [sum(shelves.values()) for _, shelves in unions]
    for demand in sharing:
        inside = [at for at, (lines, _) in enumerate(unions) if any(each is demand for each in lines)]
        demand.granted = min(demand.quantity, *(room[at] for at in inside))
        for at in inside:
            room[at] -= demand.granted
    needs = [(sum(demand.granted for demand in lines), shelves) for lines, shelves in unions]
    return [(needed, shelves) for needed, shelves in needs if needed]


def _take(demand: Demand, left: int, shelves: Mapping[str, int], waiting: Sequence[Demand]) -> tuple[str, int]:
    """The location, and how much of it, that serves a demand: the first that has all, or else the one with most."""
    best = ("", 0)
    for code, held in shelves.items():
        if code not in demand.shelves:
            continue
        most = min(left, held, _spare(code, shelves, waiting))
        if most == left:
            return code, most
        if most > best[1]:
            best = (code, most)
    assert best[1], "the chosen locations do not meet the needs"
    return best


def _spare(code: str, shelves: Mapping[str, int], waiting: Sequence[Demand]) -> int:
    """What can be taken from a location so that the lines still waiting for the SKU can all be served."""
    spare = shelves[code]
    kinds: dict[frozenset[str], int] = {}
    for demand in waiting:
        open_to = frozenset(c for c in shelves if c in demand.shelves)
        kinds[open_to] = kinds.get(open_to, 0) + demand.granted
    for size in range(1, len(kinds) + 1):
        for picked in combinations(kinds.items(), size):
            union = frozenset[str]().union(*(open_to for open_to, _ in picked))
            if code in union:
                spare = min(spare, sum(shelves[c] for c in union) - sum(needed for _, needed in picked))
    return spare
