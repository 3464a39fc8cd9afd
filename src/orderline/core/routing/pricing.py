"""Prices of what is scarce: with them orders no longer depend on one another, and a bound is proven.

At any prices, the sum of the orders' best plans less the prices of all there is costs no more than any solution.
Prices are whole numbers and move until what is asked for nearly fits what is there.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from orderline.core.routing.planning import NEVER, NOWHERE, Problem, Shape, Whole, plans_of, use_of

_COLLECT_FROM: Final = 30  # plans at the first prices are of no use
_FINE: Final = 256  # of what is short, in parts of a unit
_OFF: Final = 90  # by so many thousandths prices near the best ones are off, at most

# orders[k], lines[k, c], their plans[k, c]
Plans = tuple[Whole, Whole, Whole]


class Prices:
    """A price for each shelf, for each SKU as a whole, and for each location; the bound that they prove."""

    def __init__(self, problem: Problem, shape: Shape) -> None:
        self.problem = problem
        self.shape = shape
        self.bound = 0
        self.fits = False
        self.plans: list[Plans] = []
        self._shelf = np.zeros_like(problem.stock)
        self._sku = np.zeros(len(problem.stock), np.int64)
        self._location = np.zeros(problem.locations, np.int64)
        self._wanted: tuple[Whole, ...] = (self._shelf, self._sku, self._location)
        self._last = np.full(len(problem.order), NOWHERE, np.int64)
        self._round = 0
        possible = problem.parcel[problem.parcel < NEVER]
        self.usual = max(1, int(possible.mean())) if len(possible) else 1
        self._highest = int(problem.unserved.max(initial=1))
        self.best_shelf, self.best_location = self._shelf, self._location
        self.best_parcel, self.best_handling = problem.parcel, problem.handling

    def move(self) -> None:
        """Ask each order for its best plan at these prices, note the bound, and raise the price of what is short."""
        problem = self.problem
        price = self._shelf + self._sku[:, None]
        parcel, handling = self._costs(price, self._location)
        location = np.full(len(problem.order), NOWHERE, np.int64)
        bound = 0
        for members in self.shape.classes:
            costs, plans = plans_of(problem, members, parcel, handling[members.lines], problem.stock)
            location[members.lines] = plans
            bound += int(costs.sum())
            if self._round >= _COLLECT_FROM:
                changed = (plans != self._last[members.lines]).any(axis=1) | (self._round == _COLLECT_FROM)
                self.plans.append((members.orders[changed], members.lines[changed], plans[changed]))
        self._last = location
        stock = problem.stock
        bound -= int((price * stock).sum()) + int((self._location * problem.capacity).sum())
        if bound > self.bound or self._round == 0:
            self.bound, self.best_parcel, self.best_handling = bound, parcel, handling
            self.best_shelf, self.best_location = price, self._location
        units, taken = use_of(problem, location)
        self.fits = bool((units <= stock).all() and (taken <= problem.capacity).all()) and not price.any()
        self._raise(units, taken)
        self._round += 1

    def near(self, times: int) -> Iterator[Plans]:
        """The best plans at prices near the best ones: off at random, but always in the same way."""
        dice = np.random.default_rng(0)

        def off(price: Whole) -> Whole:
            return price * dice.integers(1000 - _OFF, 1001 + _OFF, price.shape) // 1000

        for _ in range(times):
            parcel, handling = self._costs(off(self.best_shelf), off(self.best_location))
            for members in self.shape.classes:
                yield (
                    members.orders,
                    members.lines,
                    plans_of(self.problem, members, parcel, handling[members.lines], self.problem.stock)[1],
                )

    def _costs(self, shelf: Whole, location: Whole) -> tuple[Whole, Whole]:
        """What parcels and handling cost at prices."""
        problem = self.problem
        dear = problem.handling + problem.quantity[:, None] * shelf[problem.sku]
        handling = np.where(self.shape.elsewhere, NEVER, np.minimum(dear, NEVER))
        return np.minimum(problem.parcel + location, NEVER), handling

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
        self._shelf = _moved(self._shelf, shelf * self.usual * 15, 2 * step * np.maximum(problem.stock, units))
        self._sku = _moved(self._sku, sku * self._highest * 15, step * np.maximum(in_all, asked))
        self._location = _moved(self._location, location * self.usual * 9, 2 * step * problem.capacity)


def _moved(price: Whole, by: Whole, over: Whole) -> Whole:
    return np.maximum(0, price + by // np.maximum(1, over))
