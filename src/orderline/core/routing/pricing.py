"""Prices of what is scarce: with them orders no longer depend on one another, and a bound is proven.

At any prices, the sum of the orders' best plans less the prices of all there is costs no more than any solution.
Prices are whole numbers and move until what is asked for nearly fits what is there.
"""

from typing import Final

import numpy as np

from orderline.core.routing.planning import NEVER, NOWHERE, Problem, Shape, Whole, best_plans, use_of

_COLLECT_FROM: Final = 30  # plans at the first prices are of no use
_FINE: Final = 256  # of what is short, in parts of a unit


class Prices:
    """A price for each shelf, for each SKU as a whole, and for each location; the bound that they prove."""

    def __init__(self, problem: Problem, shape: Shape) -> None:
        self.problem = problem
        self.shape = shape
        self.bound = 0
        self.fits = False
        self.plans: dict[tuple[int, bytes], None] = {}
        self._shelf = np.zeros_like(problem.stock)
        self._sku = np.zeros(len(problem.stock), np.int64)
        self._location = np.zeros(problem.locations, np.int64)
        self._wanted: tuple[Whole, ...] = (self._shelf, self._sku, self._location)
        self._round = 0
        possible = problem.parcel[problem.parcel < NEVER]
        self._usual = int(possible.mean()) if len(possible) else 1
        self._highest = int(problem.unserved.max(initial=1))
        self.best_parcel, self.best_handling = problem.parcel, problem.handling

    def move(self) -> None:
        """Ask each order for its best plan at these prices, note the bound, and raise the price of what is short."""
        problem = self.problem
        parcel = np.minimum(problem.parcel + self._location, NEVER)
        price = self._shelf + self._sku[:, None]
        dear = problem.handling + problem.quantity[:, None] * price[problem.sku]
        handling = np.where(self.shape.elsewhere, NEVER, np.minimum(dear, NEVER))
        location = np.full(len(problem.order), NOWHERE, np.int64)
        bound = 0
        for orders, lines in self.shape.classes:
            costs, plans = best_plans(
                parcel[orders], handling[lines], problem.unserved[lines], problem.most_parcels[orders]
            )
            location[lines] = plans
            bound += int(costs.sum())
            if self._round >= _COLLECT_FROM:
                for order, plan in zip(orders.tolist(), plans, strict=True):
                    self.plans[order, plan.tobytes()] = None
        stock = problem.stock
        bound -= int((price * stock).sum()) + int((self._location * problem.capacity).sum())
        if bound > self.bound or self._round == 0:
            self.bound, self.best_parcel, self.best_handling = bound, parcel, handling
        units, taken = use_of(problem, location)
        self.fits = bool((units <= stock).all() and (taken <= problem.capacity).all()) and not price.any()
        self._raise(units, taken)
        self._round += 1

    def _raise(self, units: Whole, taken: Whole) -> None:
        """Move prices by how much more is asked for than there is, by less from round to round."""
        problem = self.problem
        in_all, asked = problem.stock.sum(axis=1), units.sum(axis=1)
        short = (units - problem.stock, asked - in_all, taken - problem.capacity)
        # half of what was wanted before stays: prices swing less
        half = 2 if self._round else 1
        self._wanted = tuple((now * _FINE + before) // half for now, before in zip(short, self._wanted, strict=True))
        shelf, sku, location = self._wanted
        step = (15 + self._round) * _FINE  # 15 / step is the part of the first step that is taken now
        self._shelf = _moved(self._shelf, shelf * self._usual * 15, 2 * step * np.maximum(problem.stock, units))
        self._sku = _moved(self._sku, sku * self._highest * 15, step * np.maximum(in_all, asked))
        self._location = _moved(self._location, location * self._usual * 9, 2 * step * problem.capacity)


def _moved(price: Whole, by: Whole, over: Whole) -> Whole:
    return np.maximum(0, price + by // np.maximum(1, over))
