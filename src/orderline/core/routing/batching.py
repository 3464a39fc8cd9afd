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
from orderline.core.routing.planning import (
    NEVER,
    NOWHERE,
    Flags,
    Problem,
    Shape,
    Whole,
    best_plans,
    cost_of,
    use_of,
)
from orderline.core.routing.pricing import Prices

_PRICE_ROUNDS: Final = 200
_NEIGHBORHOOD: Final = 800
_SHARING: Final = 4  # orders taken along for one SKU of a seed, twice


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
    rounds: int = 400,
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
        chosen = _choose_again(problem, shape, prices, columns, best, neighborhoods(best))
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

    def add_open(self, problem: Problem, prices: Prices, free: Flags, left: Whole, room: Whole) -> None:
        """The best plans of the free orders from what is left, at the prices, at half of them, and at none."""
        half = (problem.parcel + prices.best_parcel) // 2, (problem.handling + prices.best_handling) // 2
        for orders, lines in self._shape.classes:
            chosen = free[orders]
            own, ours = orders[chosen], lines[chosen]
            if not len(own):
                continue
            closed = (left[problem.sku[ours]] < problem.quantity[ours][..., None]) | (room <= 0)
            for parcel, handling in (
                (prices.best_parcel, prices.best_handling),
                half,
                (problem.parcel, problem.handling),
            ):
                costs = np.where(closed, NEVER, np.minimum(handling[ours], NEVER))
                _, plans = best_plans(parcel[own], costs, problem.unserved[ours], problem.most_parcels[own])
                for order, plan in zip(own.tolist(), plans.tolist(), strict=True):
                    self.of[order][tuple(plan)] = None


def _neighborhoods(problem: Problem, shape: Shape, prices: Prices) -> Callable[[Whole], list[int]]:
    """Which orders to choose again: those that cost most beyond their best at the prices, or leave lines though there
    are units of their SKU left; with them those who hold what their best plan wants, and others who share SKUs.

    An order that was a seed waits for some rounds.
    """
    at_best = np.zeros(problem.orders, np.int64)
    wanted = np.full(len(problem.order), NOWHERE, np.int64)
    for orders, lines in shape.classes:
        at_best[orders], wanted[lines] = best_plans(
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

    def some_of(others: list[int], sku: int) -> list[int]:
        turn = turns[sku] = turns.get(sku, -1) + 1
        return [others[(turn * _SHARING + each) % len(others)] for each in range(min(_SHARING, len(others)))]

    def next_one(location: Whole) -> list[int]:
        regret = _priced(problem, prices, location) - at_best
        spare: Flags = np.asarray((problem.stock > use_of(problem, location)[0]).any(axis=1))
        left: Flags = (location == NOWHERE) & spare[problem.sku]
        np.add.at(regret, problem.order[left], problem.unserved[left])
        holders: dict[tuple[int, int], list[int]] = {}
        for order, sku, at in zip(problem.order.tolist(), problem.sku.tolist(), location.tolist(), strict=True):
            holders.setdefault((sku, at), []).append(order)
        chosen: dict[int, None] = {}
        for seed in np.lexsort((-regret, tried)).tolist():
            tried[seed] += 1
            chosen[seed] = None
            lines = shape.lines_of(seed)
            for sku, at in zip(problem.sku[lines].tolist(), wanted[lines].tolist(), strict=True):
                chosen.update(dict.fromkeys(some_of(holders.get((sku, at), sharing[sku]), sku)))
                chosen.update(dict.fromkeys(some_of(sharing[sku], sku)))
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
    problem: Problem, shape: Shape, prices: Prices, columns: _Columns, location: Whole, orders: Sequence[int]
) -> Whole | None:
    """The solution with some orders chosen anew, all others as they are; None when the solver finds none."""
    free = np.zeros(problem.orders, bool)
    free[list(orders)] = True
    kept = np.where(free[problem.order], NOWHERE, location)
    units, taken = use_of(problem, kept)
    left, room = problem.stock - units, problem.capacity - taken
    columns.add_open(problem, prices, free, left, room)
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
