"""The best locations for many orders at once: what each leaves for the others counts.

Units are scarce and locations have limits, so the cheapest choice of one order may cost another one more. Everything
is whole numbers: costs in minor units (or any unit), and prices that scarce shelves and locations are given.

The way (Lagrangian decomposition): with a price on each scarce shelf and location the orders no longer depend on one
another, and each has an exact best plan; the sum of these is a proven lower bound for any price. Prices are moved until
what is asked for fits what is there. The plans seen on the way are the columns from which sets of orders are chosen
again by an exact solver, a neighborhood at a time, until the proven gap is small.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from orderline.core.routing.choosing import Choice, choose
from orderline.core.routing.planning import NEVER, NOWHERE, Problem, Shape, Whole, best_plans, cost_of, use_of
from orderline.core.routing.pricing import Prices

_PRICE_ROUNDS: Final = 200
_NEIGHBORHOOD: Final = 1_200
_SEEDS: Final = 150
_SHARING: Final = 8  # orders taken along for one SKU of a seed


@dataclass(frozen=True)
class Solution:
    """location[m]: who serves each line, NOWHERE for one that is left.

    cost of it; bound: no solution costs less (proven); greedy_cost, greedy_parcels: of one order after the other.
    """

    location: Whole
    cost: int
    bound: int
    greedy_cost: int
    greedy_parcels: int

    @property
    def gap_ppm(self) -> int:
        """How far above the bound the cost is, in parts per million of the cost; rounded up."""
        return _gap(self.cost, self.bound)


def solve(
    problem: Problem,
    *,
    gap_ppm: int = 10_000,
    rounds: int = 200,
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
    priced = one_by_one(problem, parcel=prices.best_parcel, handling=prices.best_handling)
    columns = _Columns(shape, prices.plans)
    for location in (greedy, priced, np.full(len(problem.order), NOWHERE, np.int64)):
        columns.add_all(location)
        if (other := cost_of(problem, location)) < cost:
            best, cost = location, other
    neighborhoods = _neighborhoods(problem, shape, prices)
    for _ in range(rounds):
        if _gap(cost, prices.bound) <= gap_ppm or should_stop():
            break
        chosen = _choose_again(problem, shape, columns, best, neighborhoods(best))
        if chosen is not None and (other := cost_of(problem, chosen)) < cost:
            best, cost = chosen, other
    return Solution(best, cost, min(prices.bound, cost), greedy_cost, int(use_of(problem, greedy)[1].sum()))


def one_by_one(problem: Problem, *, parcel: Whole | None = None, handling: Whole | None = None) -> Whole:
    """Who serves each line when each order takes its cheapest plan from what those before it have left.

    parcel, handling: other costs to choose by, such as those with prices in them.
    """
    shape = Shape(problem)
    parcel = problem.parcel if parcel is None else parcel
    handling = problem.handling if handling is None else handling
    left, room = problem.stock.copy(), problem.capacity.copy()
    location = np.full(len(problem.order), NOWHERE, np.int64)
    for at in range(problem.orders):
        lines = shape.lines_of(at)
        sku, quantity = problem.sku[lines], problem.quantity[lines]
        open_to = (left[sku] >= quantity[:, None]) & (room > 0)
        costs = np.where(open_to, handling[lines], NEVER)
        _, plan = best_plans(
            parcel[at : at + 1], costs[None], problem.unserved[lines][None], problem.most_parcels[at : at + 1]
        )
        location[lines] = plan[0]
        served = plan[0] != NOWHERE
        left[sku[served], plan[0][served]] -= quantity[served]
        room[np.unique(plan[0][served])] -= 1
    return location


def _gap(cost: int, bound: int) -> int:
    return -((bound - cost) * 1_000_000 // max(1, cost))


class _Columns:
    """The plans known of each order, as tuples of locations."""

    def __init__(self, shape: Shape, plans: dict[tuple[int, bytes], None]) -> None:
        self._shape = shape
        self.of: list[dict[tuple[int, ...], None]] = [{} for _ in range(len(shape.starts) - 1)]
        for order, plan in plans:
            self.of[order][tuple(np.frombuffer(plan, np.int64).tolist())] = None

    def add_all(self, location: Whole) -> None:
        """The plans of a solution."""
        for order, known in enumerate(self.of):
            known[tuple(location[self._shape.lines_of(order)].tolist())] = None


def _neighborhoods(problem: Problem, shape: Shape, prices: Prices) -> Callable[[Whole], list[int]]:
    """Which orders to choose again: those that cost most beyond their best at the prices, and others who share SKUs.

    An order that was a seed waits for some rounds.
    """
    at_best = np.zeros(problem.orders, np.int64)
    for orders, lines in shape.classes:
        at_best[orders], _ = best_plans(
            prices.best_parcel[orders],
            prices.best_handling[lines],
            problem.unserved[lines],
            problem.most_parcels[orders],
        )
    sharing: dict[int, list[int]] = {}
    for order, sku in zip(problem.order.tolist(), problem.sku.tolist(), strict=True):
        sharing.setdefault(sku, []).append(order)
    tried = np.zeros(problem.orders, np.int64)
    turns: dict[int, int] = {}

    def next_one(location: Whole) -> list[int]:
        regret = _priced(problem, prices, location) - at_best
        order_of_trial = np.lexsort((-regret, tried))
        chosen: dict[int, None] = {}
        for seed in order_of_trial[:_SEEDS].tolist():
            tried[seed] += 1
            chosen[seed] = None
            for sku in problem.sku[shape.lines_of(seed)].tolist():
                others = sharing[sku]
                turn = turns[sku] = turns.get(sku, -1) + 1
                for each in range(min(_SHARING, len(others))):
                    chosen[others[(turn * _SHARING + each) % len(others)]] = None
            if len(chosen) >= _NEIGHBORHOOD:
                break
        return sorted(chosen)

    return next_one


def _priced(problem: Problem, prices: Prices, location: Whole) -> Whole:
    """What each order of a solution costs at the prices."""
    at = np.maximum(location, 0)
    handling = prices.best_handling[np.arange(len(at)), at]
    cost = np.zeros(problem.orders, np.int64)
    np.add.at(cost, problem.order, np.where(location == NOWHERE, problem.unserved, handling))
    served = np.flatnonzero(location != NOWHERE)
    pairs = np.unique(problem.order[served] * problem.locations + location[served])
    np.add.at(cost, pairs // problem.locations, prices.best_parcel.ravel()[pairs])
    return cost


def _choose_again(
    problem: Problem, shape: Shape, columns: _Columns, location: Whole, orders: Sequence[int]
) -> Whole | None:
    """The solution with some orders chosen anew, all others as they are; None when the solver finds none."""
    free = np.zeros(problem.orders, bool)
    free[list(orders)] = True
    kept = np.where(free[problem.order], NOWHERE, location)
    units, taken = use_of(problem, kept)
    left, room = problem.stock - units, problem.capacity - taken
    choices: list[Choice] = []
    plans: list[tuple[int, tuple[int, ...]]] = []
    limits: dict[Hashable, int] = {}
    for row, order in enumerate(orders):
        lines = shape.lines_of(order)
        sku, quantity = problem.sku[lines].tolist(), problem.quantity[lines].tolist()
        for plan in columns.of[order]:
            uses: dict[tuple[int, int], int] = {}
            cost = 0
            for line, (each, units_needed, at) in enumerate(zip(sku, quantity, plan, strict=True)):
                if at == NOWHERE:
                    cost += int(problem.unserved[lines.start + line])
                    continue
                cost += int(problem.handling[lines.start + line, at])
                uses[each, at] = uses.get((each, at), 0) + units_needed
            for at in sorted(set(plan) - {NOWHERE}):
                cost += int(problem.parcel[order, at])
                uses[-1, at] = 1
            for key in uses:
                limits.setdefault(key, int(room[key[1]] if key[0] < 0 else left[key]))
            if all(limits[key] >= needed for key, needed in uses.items()):
                choices.append(Choice(row, cost, uses))
                plans.append((order, plan))
    picked = choose(choices, limits, rows=len(orders))
    if picked is None:
        return None
    chosen = kept
    for index in picked:
        order, plan = plans[index]
        chosen[shape.lines_of(order)] = plan
    return chosen
