"""What many orders ask of many locations, in arrays; the best plan of each order at given costs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]

# Costs at or above this are no costs: the location may not serve the line, or the order.
NEVER: Final = 1 << 40
MOST_LINES: Final = 8
NOWHERE: Final = -1


@dataclass(frozen=True)
class Problem:
    """n orders with m lines in the order of their orders, L locations, S SKUs. Costs are whole and not negative.

    order[m]: the order of a line, ascending, each with 1 to 8 lines. sku[m], quantity[m]: what it needs, served whole
    by one location. unserved[m]: the cost of leaving it. parcel[n, L]: the cost of sending anything of an order from a
    location. handling[m, L]: the cost of serving a line from it. stock[S, L]: units. capacity[L]: orders it can take.
    most_parcels[n]: locations an order may be split over.
    """

    order: Whole
    sku: Whole
    quantity: Whole
    unserved: Whole
    parcel: Whole
    handling: Whole
    stock: Whole
    capacity: Whole
    most_parcels: Whole

    @property
    def orders(self) -> int:
        """How many orders there are."""
        return len(self.parcel)

    @property
    def locations(self) -> int:
        """How many locations there are."""
        return len(self.capacity)


class Class(NamedTuple):
    """Orders with as many lines each: orders[k], lines[k, c]. crowding: some of their lines ask for the same SKU."""

    orders: Whole
    lines: Whole
    crowding: bool

    def only(self, chosen: Flags) -> "Class":
        """Some of them."""
        return Class(self.orders[chosen], self.lines[chosen], self.crowding)


class Shape:
    """Where the lines of each order are, and the orders by how many lines they have."""

    def __init__(self, problem: Problem) -> None:
        counts = np.bincount(problem.order, minlength=problem.orders)
        assert counts.min(initial=1) > 0, "each order has a line"
        assert counts.max(initial=0) <= MOST_LINES, "no order has more than eight lines"
        self.starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
        self.classes: list[Class] = []
        again = _with_repeated_skus(problem)
        sizes: list[int] = np.unique(counts).tolist()
        for count in sizes:
            for crowding in (False, True):
                orders: Whole = np.flatnonzero((counts == count) & (again == crowding))
                if len(orders):
                    lines = whole(self.starts[orders][:, None] + np.arange(count))
                    self.classes.append(Class(orders, lines, crowding))
        self.elsewhere = problem.quantity[:, None] > problem.stock[problem.sku]

    def lines_of(self, order: int) -> slice:
        """Where its lines are."""
        return slice(int(self.starts[order]), int(self.starts[order + 1]))


def _with_repeated_skus(problem: Problem) -> Flags:
    """Which orders have several lines of one SKU."""
    pairs, times = np.unique(problem.order * len(problem.stock) + problem.sku, return_counts=True)
    found = np.zeros(problem.orders, bool)
    found[pairs[times > 1] // len(problem.stock)] = True
    return found


def cost_of(problem: Problem, location: Whole) -> int:
    """The cost of a solution."""
    served = np.flatnonzero(location != NOWHERE)
    at = location[served]
    pairs = np.unique(problem.order[served] * problem.locations + at)
    return int(
        problem.unserved[location == NOWHERE].sum()
        + problem.handling[served, at].sum()
        + problem.parcel.ravel()[pairs].sum()
    )


def use_of(problem: Problem, location: Whole) -> tuple[Whole, Whole]:
    """(units taken by SKU and location, orders taken by location)"""
    served = np.flatnonzero(location != NOWHERE)
    at = location[served]
    units = np.zeros_like(problem.stock)
    np.add.at(units, (problem.sku[served], at), problem.quantity[served])
    pairs = np.unique(problem.order[served] * problem.locations + at)
    return units, np.bincount(pairs % problem.locations, minlength=problem.locations)


def plans_of(problem: Problem, members: Class, parcel: Whole, handling: Whole, stock: Whole) -> tuple[Whole, Whole]:
    """The cheapest plan of each of the k orders at given costs: (a cost that no plan is below[k], location[k, c]).

    parcel[n, L], handling[k, c, L]. Lines of one SKU take no more from a location than its stock: where they would, the
    later ones go elsewhere.
    """
    orders, lines, crowding = members
    parcel, unserved, most = parcel[orders], problem.unserved[lines], problem.most_parcels[orders]
    costs, plans = best_plans(parcel, handling, unserved, most)
    while crowding:
        over = _over(problem.sku[lines], problem.quantity[lines], plans, stock)
        rows: Whole = np.flatnonzero(over.any(axis=1))
        if not len(rows):
            break
        handling = handling.copy()
        row, line = np.nonzero(over)
        handling[row, line, plans[row, line]] = NEVER
        # those before them stay where they are, or all would go elsewhere together
        kept: Flags = ~over & (plans != NOWHERE)
        kept[~over.any(axis=1)] = False
        row, line = np.nonzero(kept)
        stays = handling[row, line, plans[row, line]]
        handling[row, line] = NEVER
        handling[row, line, plans[row, line]] = stays
        plans[rows] = best_plans(parcel[rows], handling[rows], unserved[rows], most[rows])[1]
    return costs, plans


def _over(sku: Whole, quantity: Whole, plans: Whole, stock: Whole) -> Flags:
    """Which lines find that those before them have left too little at their location."""
    over = np.zeros(plans.shape, bool)
    for line in range(1, plans.shape[1]):
        at = plans[:, line]
        same = (sku[:, : line + 1] == sku[:, line, None]) & (plans[:, : line + 1] == at[:, None])
        taken: Whole = (quantity[:, : line + 1] * same).sum(axis=1)
        over[:, line] = (at != NOWHERE) & (taken > stock[sku[:, line], at])
    return over


def best_plans(parcel: Whole, handling: Whole, unserved: Whole, most_parcels: Whole) -> tuple[Whole, Whole]:
    """The cheapest plan of each of k orders that have c lines each: (cost[k], location[k, c]).

    parcel[k, L], handling[k, c, L], unserved[k, c], most_parcels[k]. Exact: for each set of lines the best single
    location is known, and an order's plan shares its lines out over such sets.
    """
    count, lines, _ = handling.shape
    every = (1 << lines) - 1
    rows = whole(range(count))
    sums: list[Whole] = [np.zeros_like(parcel)] * (every + 1)
    best: Whole = np.zeros((every + 1, count), np.int64)
    by: Whole = np.zeros((every + 1, count), np.int64)
    left: Whole = np.zeros((every + 1, count), np.int64)
    for lot in range(1, every + 1):
        first = (lot & -lot).bit_length() - 1
        sums[lot] = sums[lot & (lot - 1)] + handling[:, first]
        total = sums[lot] + parcel
        by[lot] = total.argmin(axis=1)
        best[lot] = total[rows, by[lot]]
        left[lot] = left[lot & (lot - 1)] + unserved[:, first]
    # cost[s]: of the lines in s, with up to so many parcels; sent[p][s]: the lines of the last of p parcels
    cost: Whole = left.copy()
    sent: list[Whole] = []
    for parcels in range(1, min(lines, int(most_parcels.max())) + 1):
        allowed = most_parcels >= parcels
        before: Whole = cost
        cost = before.copy()
        last: Whole = np.zeros((every + 1, count), np.int64)
        for lot in range(1, every + 1):
            for part in _parts(lot):
                other: Whole = np.where(allowed, before[lot ^ part] + best[part], NEVER * lines)
                better: NDArray[np.bool_] = other < cost[lot]
                cost[lot] = np.where(better, other, cost[lot])
                last[lot] = np.where(better, part, last[lot])
        sent.append(last)
    location = np.full((count, lines), NOWHERE, np.int64)
    open_lines = np.full(count, every)
    for last in reversed(sent):
        part = last[open_lines, rows]
        for line in range(lines):
            inside = (part >> line & 1).astype(bool)
            location[inside, line] = by[part[inside], rows[inside]]
        open_lines = open_lines ^ part
    return cost[every], location


def _parts(lot: int) -> Iterator[int]:
    """All sets of lines within a set, but none."""
    part = lot
    while part:
        yield part
        part = (part - 1) & lot


def whole(values: Any) -> Whole:
    """The values as an array of whole numbers."""
    return np.asarray(values, np.int64)
