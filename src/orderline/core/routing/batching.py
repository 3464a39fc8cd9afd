"""The best locations for many orders at once: what each leaves for the others counts.

Units are scarce and locations have limits, so the cheapest choice of one order may cost another one more. Everything
is whole numbers: costs in minor units (or any unit), and prices that scarce shelves and locations are given.

The way (Lagrangian decomposition): with a price on each scarce shelf and location the orders no longer depend on one
another, and each has an exact best plan; the sum of these is a proven lower bound for any price. Prices are moved until
what is asked for fits what is there. The plans seen on the way are the columns from which sets of orders are chosen
again by an exact solver, a neighborhood at a time, until the proven gap is small. Where the batch is small enough for one
integer program, that goes on when they find nothing better: it begins with a good solution, and proves more than prices do.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from orderline.core.routing.columns import Columns
from orderline.core.routing.entire import choose_entire
from orderline.core.routing.planning import (
    NEVER,
    NOWHERE,
    Class,
    Flags,
    Problem,
    Shape,
    Whole,
    cost_of,
    plans_of,
    use_of,
    whole,
)
from orderline.core.routing.pricing import Prices

_PRICE_ROUNDS: Final = 200
_NEAR: Final = 8  # prices near the best ones, for further plans
_SIZE: Final = 400  # orders chosen again at first; more as long as that is less work than _WORK, in steps of the solver
_WORK: Final = 500
_PATIENCE: Final = 60  # rounds in which nothing better is found; then there is little left to find
_STUCK: Final = 2  # of them, before all orders are chosen at once, where they are few
_SHARING: Final = 4  # orders taken along for one SKU of a seed, twice
_FINE: Final = 1_000


@dataclass(frozen=True)
class Solution:
    """location[m]: who serves each line, NOWHERE for one that is left.

    cost of it; bound: no solution costs less (proven); greedy, greedy_cost: of one order after the other.
    """

    location: Whole
    cost: int
    bound: int
    greedy: Whole
    greedy_cost: int

    @property
    def gap_ppm(self) -> int:
        """How far above the bound the cost is, in parts per million of the cost; rounded up."""
        return _gap(self.cost, self.bound)


def solve(
    problem: Problem,
    *,
    gap_ppm: int = 10_000,
    rounds: int = 1_000,
    should_stop: Callable[[], bool] = lambda: False,
) -> Solution:
    """Serve all orders at the least cost, to a proven gap.

    rounds: neighborhoods chosen again at most. should_stop: asked between rounds; as long as it says no, the same
    problem gives the same solution. There is always one: at worst that of one order after the other.
    """
    shape = Shape(problem)
    greedy = one_by_one(problem)
    best, cost = greedy, cost_of(problem, greedy)
    greedy_cost = cost
    prices = Prices(problem, shape)
    for _ in range(_PRICE_ROUNDS):
        if prices.fits or should_stop() or _gap(cost, prices.bound) <= gap_ppm:
            break
        prices.move()
    if prices.fits or should_stop() or _gap(cost, prices.bound) <= gap_ppm:
        return Solution(best, cost, min(prices.bound, cost), greedy, greedy_cost)
    priced = one_by_one(problem, parcel=prices.best_parcel, handling=prices.best_handling)
    columns = Columns(problem, shape, prices)
    for orders, lines, plans in prices.near(_NEAR):
        columns.add(orders, lines, plans)
    for location in (greedy, priced, np.full(len(problem.order), NOWHERE, np.int64)):
        columns.add_all(location)
        if (other := cost_of(problem, location)) < cost:
            best, cost = location, other
    bound = prices.bound
    neighborhoods = _Neighborhoods(problem, shape, columns)
    size, in_vain, alone = _SIZE, 0, True
    for _ in range(rounds):
        if alone and in_vain >= _STUCK:
            alone = False
            entire = choose_entire(problem, best, gap_ppm=gap_ppm, should_stop=should_stop)
            if entire is not None:
                best, cost, bound = entire.location, cost_of(problem, entire.location), max(bound, entire.bound)
                columns.add_all(best)
        if _gap(cost, bound) <= gap_ppm or in_vain == _PATIENCE or should_stop():
            break
        in_vain += 1
        orders = neighborhoods.around(best, size)
        chosen = columns.choose_again(best, orders)
        if chosen is None:
            continue
        location, work = chosen
        better = (other := cost_of(problem, location)) < cost
        if better:
            best, cost, in_vain = location, other, 0
        elif len(orders) == problem.orders and not alone:
            break
        size = size * 3 // 4 + 50 if work > 2 * _WORK else size * 9 // 8 if work < _WORK else size
    return Solution(best, cost, min(bound, cost), greedy, greedy_cost)


def one_by_one(problem: Problem, *, parcel: Whole | None = None, handling: Whole | None = None) -> Whole:
    """Who serves each line when each order takes its cheapest plan from what those before it have left.

    parcel, handling: other costs to choose by, such as those with prices in them.
    """
    shape = Shape(problem)
    parcel = problem.parcel if parcel is None else parcel
    handling = problem.handling if handling is None else handling
    left, room = problem.stock.copy(), problem.capacity.copy()
    location = np.full(len(problem.order), NOWHERE, np.int64)
    for members in _one_each(shape):
        lines = members.lines[0]
        sku, quantity = problem.sku[lines], problem.quantity[lines]
        open_to: Flags = (left[sku] >= quantity[:, None]) & (room > 0)
        costs = np.where(open_to, handling[lines], NEVER)
        _, plan = plans_of(problem, members, parcel, costs[None], left)
        location[lines] = plan[0]
        served: Flags = plan[0] != NOWHERE
        np.subtract.at(left, (sku[served], plan[0][served]), quantity[served])
        room[np.unique(plan[0][served])] -= 1
    return location


def _one_each(shape: Shape) -> Iterator[Class]:
    """Each order alone, in order."""
    crowding = np.zeros(len(shape.starts) - 1, bool)
    for orders, _, repeated in shape.classes:
        crowding[orders] = repeated
    for order, repeated in enumerate(crowding.tolist()):
        lines = whole(range(int(shape.starts[order]), int(shape.starts[order + 1])))
        yield Class(whole([order]), lines[None], repeated)


def _gap(cost: int, bound: int) -> int:
    return -((bound - cost) * 1_000_000 // max(1, cost))


class _Neighborhoods:
    """Which orders to choose again: those that cost most beyond their best at the prices, or leave lines though there
    are units of their SKU left; with them those who hold what their best plan wants, and others who share SKUs.

    An order counts for less each time it was a seed.
    """

    def __init__(self, problem: Problem, shape: Shape, columns: Columns) -> None:
        self._problem, self._shape, self._columns = problem, shape, columns
        self._tried: Whole = np.zeros(problem.orders, np.int64)
        self._turns: dict[int, int] = {}
        self._by_sku = _Sharing(problem.sku, problem.order)

    def around(self, location: Whole, most: int) -> Whole:
        """About so many orders, in order."""
        problem, columns = self._problem, self._columns
        regret = columns.beyond(location)
        spare: Flags = np.asarray((problem.stock > use_of(problem, location)[0]).any(axis=1))
        left: Flags = (location == NOWHERE) & spare[problem.sku]
        np.add.at(regret, problem.order[left], problem.unserved[left])
        holders = _Sharing(problem.sku * (problem.locations + 1) + location + 1, problem.order)
        chosen: dict[int, None] = {}
        seeds: list[int] = np.argsort(-(regret * _FINE // (1 + self._tried)), kind="stable").tolist()
        for seed in seeds:
            self._tried[seed] += 1  # pyrefly: ignore[unknown-argument-type] - of one item numpy says no type
            chosen[seed] = None
            lines = self._shape.lines_of(seed)
            for sku, at in zip(problem.sku[lines].tolist(), columns.wanted[lines].tolist(), strict=True):
                sharing = self._by_sku.of(sku)
                held = holders.of(sku * (problem.locations + 1) + at + 1)
                chosen.update(dict.fromkeys(self._some_of(held if len(held) else sharing, sku)))
                chosen.update(dict.fromkeys(self._some_of(sharing, sku)))
            if len(chosen) >= most:
                break
        return np.sort(np.fromiter(chosen, np.int64))

    def _some_of(self, others: Whole, sku: int) -> list[int]:
        turn = self._turns[sku] = self._turns.get(sku, -1) + 1
        return others[(turn * _SHARING + np.arange(min(_SHARING, len(others)))) % len(others)].tolist()


class _Sharing:
    """Orders by what their lines have in common."""

    def __init__(self, keys: Whole, orders: Whole) -> None:
        by_key = np.argsort(keys, kind="stable")
        self._keys, self._orders = keys[by_key], orders[by_key]

    def of(self, key: int) -> Whole:
        """Those of one key."""
        first, end = np.searchsorted(self._keys, (key, key + 1))
        return self._orders[first:end]
