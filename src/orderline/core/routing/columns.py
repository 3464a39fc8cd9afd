"""The plans known of each order, in arrays: what each costs, and what it takes of which shelf and location."""

from typing import Final

import numpy as np

from orderline.core.routing.choosing import Answer, Question, choose
from orderline.core.routing.planning import NEVER, NOWHERE, Flags, Problem, Shape, Whole, plans_of, use_of
from orderline.core.routing.pricing import Prices

# With more plans to choose from than this, those that are far from the best at the prices are left out.
_MANY: Final = 1_000


class Columns:
    """Plans of orders. A plan takes units of shelves and a place at locations, which both are its limits."""

    def __init__(self, problem: Problem, shape: Shape, prices: Prices) -> None:
        self.problem, self.shape, self.prices = problem, shape, prices
        self.best = np.zeros(problem.orders, np.int64)
        self.wanted = np.full(len(problem.order), NOWHERE, np.int64)
        self._shelves = problem.stock.size
        self._limits = self._shelves + problem.locations
        self._price = np.concatenate([prices.best_shelf.ravel(), prices.best_location])
        self._known: list[dict[tuple[int, ...], int]] = [{} for _ in range(problem.orders)]
        self._plans: list[tuple[int, ...]] = []
        none = np.zeros(0, np.int64)
        self._order, self._cost, self._beyond = none, none, none
        self._choice, self._limit, self._units = none, none, none
        for members in shape.classes:
            costs, plans = plans_of(
                problem, members, prices.best_parcel, prices.best_handling[members.lines], problem.stock
            )
            self.best[members.orders], self.wanted[members.lines] = costs, plans
            self.add(members.orders, members.lines, plans)
        for orders, lines, plans in prices.plans:
            self.add(orders, lines, plans)

    def add(self, orders: Whole, lines: Whole, plans: Whole) -> None:
        """Plans of orders with as many lines each; those that are known are left out."""
        fresh: list[int] = []
        first = len(self._plans)
        told: list[list[int]] = plans.tolist()
        for at, (order, locations) in enumerate(zip(orders.tolist(), told, strict=True)):
            plan = tuple(locations)
            if plan not in self._known[order]:
                self._known[order][plan] = len(self._plans)
                self._plans.append(plan)
                fresh.append(at)
        if not fresh:
            return
        problem, count = self.problem, len(fresh)
        orders, lines, plans = orders[fresh], lines[fresh], plans[fresh]
        served = plans != NOWHERE
        column: Whole = np.broadcast_to(np.arange(count)[:, None], plans.shape)[served]
        line, at = lines[served], plans[served]
        shelf, by_line = np.unique(
            column * self._limits + problem.sku[line] * problem.locations + at, return_inverse=True
        )
        taken = np.zeros(len(shelf), np.int64)
        np.add.at(taken, by_line, problem.quantity[line])
        sent = np.unique(column * self._limits + self._shelves + at)
        uses = np.concatenate([shelf, sent])
        units = np.concatenate([taken, np.ones(len(sent), np.int64)])
        choice, limit = uses // self._limits, uses % self._limits
        cost: Whole = np.where(served, 0, problem.unserved[lines]).sum(axis=1)
        np.add.at(cost, column, problem.handling[line, at])
        np.add.at(
            cost,
            sent // self._limits,
            problem.parcel[orders[sent // self._limits], sent % self._limits - self._shelves],
        )
        priced = cost.copy()
        np.add.at(priced, choice, units * self._price[limit])
        self._order = np.concatenate([self._order, orders])
        self._cost = np.concatenate([self._cost, cost])
        self._beyond = np.concatenate([self._beyond, priced - self.best[orders]])
        self._choice = np.concatenate([self._choice, choice + first])
        self._limit = np.concatenate([self._limit, limit])
        self._units = np.concatenate([self._units, units])

    def add_all(self, location: Whole) -> None:
        """The plans of a solution."""
        for members in self.shape.classes:
            self.add(members.orders, members.lines, location[members.lines])

    def beyond(self, location: Whole) -> Whole:
        """What the plan of each order of a solution costs, at the prices, beyond its best."""
        return self._beyond[self._of(location, range(self.problem.orders))]

    def choose_again(self, location: Whole, orders: Whole) -> tuple[Whole, int] | None:
        """(the solution with some orders chosen anew and all others as they are, the work it was)"""
        problem = self.problem
        free = np.zeros(problem.orders, bool)
        free[orders] = True
        kept: Whole = np.where(free[problem.order], NOWHERE, location)
        units, taken = use_of(problem, kept)
        left, room = problem.stock - units, problem.capacity - taken
        self._add_open(free, left, room)
        now = self._of(location, orders.tolist())
        limits = np.concatenate([left.ravel(), room])
        fits: Flags = free[self._order]
        fits[self._choice[self._units > limits[self._limit]]] = False
        if fits.sum() > _MANY:
            fits &= self._beyond <= self.prices.usual * 3 // 8
        fits[now] = True
        columns: Whole = np.flatnonzero(fits)
        place = np.zeros(len(fits), np.int64)
        place[columns] = np.arange(len(columns))
        row = np.zeros(problem.orders, np.int64)
        row[orders] = np.arange(len(orders))
        used = fits[self._choice]
        known, limit = np.unique(self._limit[used], return_inverse=True)
        answer: Answer | None = choose(
            Question(
                cost=self._cost[columns], row=row[self._order[columns]], rows=len(orders),
                choice=place[self._choice[used]], limit=limit, units=self._units[used], limits=limits[known],
                known=np.isin(columns, now),
            )
        )  # fmt: skip
        if answer is None:
            return None
        chosen: list[int] = columns[answer.taken].tolist()
        for at in chosen:
            kept[self.shape.lines_of(int(self._order[at]))] = self._plans[at]
        return kept, answer.work

    def _of(self, location: Whole, orders: "range | list[int]") -> list[int]:
        starts, plan = self.shape.starts.tolist(), location.tolist()
        return [self._known[order][tuple(plan[starts[order] : starts[order + 1]])] for order in orders]

    def _add_open(self, free: Flags, left: Whole, room: Whole) -> None:
        """The best plans of the free orders from what is left, at the prices, at half of them, and at none."""
        problem, prices = self.problem, self.prices
        half = (problem.parcel + prices.best_parcel) // 2, (problem.handling + prices.best_handling) // 2
        for each in self.shape.classes:
            members = each.only(free[each.orders])
            if not len(members.orders):
                continue
            lines = members.lines
            closed = (left[problem.sku[lines]] < problem.quantity[lines][..., None]) | (room <= 0)
            for parcel, handling in (
                (prices.best_parcel, prices.best_handling),
                half,
                (problem.parcel, problem.handling),
            ):
                costs = np.where(closed, NEVER, np.minimum(handling[lines], NEVER))
                self.add(members.orders, lines, plans_of(problem, members, parcel, costs, left)[1])
