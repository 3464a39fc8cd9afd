"""Many orders at once: as good as any solution there is, with a bound that holds."""

import itertools
import random

import numpy as np
import pytest

from orderline.cli.bench.batch import draw_world
from orderline.core.routing.batching import Solution, one_by_one, solve
from orderline.core.routing.entire import choose_entire
from orderline.core.routing.planning import NEVER, NOWHERE, Problem, cost_of, use_of
from support.depth import thorough


def problem(
    lines: list[tuple[int, int, int]],
    parcel: list[list[int]],
    stock: list[list[int]],
    *,
    handling: int = 0,
    unserved: int = 10_000,
    capacity: int = 1_000,
    most_parcels: int = 8,
) -> Problem:
    """lines: (order, SKU, quantity)"""
    columns = np.array(lines, np.int64).T
    costs = np.array(parcel, np.int64)
    return Problem(
        order=columns[0],
        sku=columns[1],
        quantity=columns[2],
        unserved=np.full(len(lines), unserved, np.int64),
        parcel=costs,
        handling=np.full((len(lines), costs.shape[1]), handling, np.int64),
        stock=np.array(stock, np.int64),
        capacity=np.full(costs.shape[1], capacity, np.int64),
        most_parcels=np.full(len(costs), most_parcels, np.int64),
    )


def assert_valid(problem: Problem, solution: Solution) -> None:
    units, taken = use_of(problem, solution.location)
    assert (units <= problem.stock).all()
    assert (taken <= problem.capacity).all()
    assert solution.cost == cost_of(problem, solution.location)
    assert solution.bound <= solution.cost <= solution.greedy_cost


@pytest.mark.slow
def test_three_customers_and_three_stores_cost_39_one_by_one_and_28_together() -> None:
    """The published example: each store has one unit, and the first customer takes the one that others need."""
    lines = [(0, 0, 1), (1, 0, 1), (2, 0, 1)]
    world = problem(lines, [[2, 5, 6], [7, 19, 20], [8, 15, 18]], [[1, 1, 1]])
    assert cost_of(world, one_by_one(world)) == 39
    solution = solve(world, gap_ppm=0)
    print(f"one by one {solution.greedy_cost}, together {solution.cost}")  # noqa: T201 - shown by pytest -s
    assert (solution.greedy_cost, solution.cost) == (39, 28)
    assert solution.location.tolist() == [2, 0, 1]


def drawn(seed: int) -> Problem:
    dice = random.Random(seed)
    orders, locations, skus = dice.randint(1, 4), dice.randint(1, 3), dice.randint(1, 3)
    lines = [
        (order, sku, dice.randint(1, 2))
        for order in range(orders)
        for sku in dice.sample(range(skus), dice.randint(1, skus))
    ]
    return problem(
        lines[:6] if all(any(line[0] == order for line in lines[:6]) for order in range(orders)) else lines,
        [[dice.choice([dice.randint(1, 50), NEVER]) for _ in range(locations)] for _ in range(orders)],
        [[dice.randint(0, 3) for _ in range(locations)] for _ in range(skus)],
        handling=dice.randint(0, 5),
        unserved=dice.randint(1, 60),
        capacity=dice.randint(0, 3),
        most_parcels=dice.randint(1, 3),
    )


def optimum(problem: Problem) -> int:
    """The least cost of all solutions, looked at one by one."""
    best = None
    for plan in itertools.product(range(NOWHERE, problem.locations), repeat=len(problem.order)):
        location = np.array(plan, np.int64)
        units, taken = use_of(problem, location)
        parcels = [len({at for at, o in zip(plan, problem.order, strict=True) if o == order and at != NOWHERE})
                   for order in range(problem.orders)]  # fmt: skip
        if (units <= problem.stock).all() and (taken <= problem.capacity).all():
            if all(count <= most for count, most in zip(parcels, problem.most_parcels, strict=True)):
                cost = cost_of(problem, location)
                best = cost if best is None else min(best, cost)
    assert best is not None
    return best


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(60))
def test_the_bound_holds_and_small_worlds_are_solved(seed: int) -> None:
    world = drawn(seed)
    if len(world.order) > 7:
        return
    solution = solve(world, gap_ppm=0)
    assert_valid(world, solution)
    least = optimum(world)
    assert solution.bound <= least == solution.cost


def test_an_order_is_split_no_further_than_it_may_be() -> None:
    lines = [(0, 0, 1), (0, 1, 1)]
    stock = [[1, 0], [0, 1]]
    assert solve(problem(lines, [[10, 10]], stock)).location.tolist() == [0, 1]
    whole = solve(problem(lines, [[10, 10]], stock, most_parcels=1))
    assert sorted(whole.location.tolist()) in ([NOWHERE, 0], [NOWHERE, 1])


@pytest.mark.slow
def test_the_same_problem_has_the_same_solution_and_stopping_gives_one_too() -> None:
    dice = random.Random(7)
    lines = [(order, dice.randrange(20), 1) for order in range(300)]
    parcel = [[dice.randint(100, 900) for _ in range(8)] for _ in range(300)]
    world = problem(lines, parcel, [[dice.randint(0, 3) for _ in range(8)] for _ in range(20)], unserved=3_000)
    first, again = solve(world), solve(world)
    assert_valid(world, first)
    assert first.location.tolist() == again.location.tolist()
    assert first.gap_ppm <= 10_000
    assert first.cost < first.greedy_cost
    stopped = solve(world, should_stop=lambda: True)
    assert_valid(world, stopped)
    assert stopped.cost == stopped.greedy_cost


@pytest.mark.slow
def test_lines_of_one_sku_never_take_more_than_a_location_holds() -> None:
    """Two lines of one order for a SKU of which every store has one unit, and a third order that wants one as well."""
    lines = [(0, 0, 1), (0, 0, 1), (1, 0, 1)]
    world = problem(lines, [[5, 7, 9], [1, 9, 9]], [[1, 1, 1]])
    for location in (one_by_one(world), solve(world, gap_ppm=0).location):
        units, _ = use_of(world, location)
        assert (units <= world.stock).all()
        assert NOWHERE not in location.tolist()
    solution = solve(world, gap_ppm=0)
    assert_valid(world, solution)
    assert (solution.greedy_cost, solution.cost) == (21, 17)


@pytest.mark.slow
@pytest.mark.parametrize(("orders", "stock", "rush"), [(300, 80, 50), pytest.param(600, 95, 0, marks=thorough)])
def test_small_scarce_batches_are_proven_within_a_percent(orders: int, stock: int, rush: int) -> None:
    world = draw_world(1, orders, stock=stock, rush=rush)
    solution = solve(world)
    assert_valid(world, solution)
    assert solution.gap_ppm <= 10_000


@pytest.mark.slow
def test_all_orders_chosen_at_once_are_no_worse_than_before_and_stop_when_told() -> None:
    world = draw_world(3, 60, stock=70, rush=50)
    known = one_by_one(world)
    entire = choose_entire(world, known, gap_ppm=0, should_stop=lambda: False)
    assert entire is not None
    cost = cost_of(world, entire.location)
    assert entire.bound <= cost < cost_of(world, known)
    assert cost - entire.bound <= 2
    asked: list[bool] = []
    stopped = choose_entire(world, known, gap_ppm=0, should_stop=lambda: asked.append(True) or True)
    assert asked
    assert stopped is None or cost < cost_of(world, stopped.location) <= cost_of(world, known)
    nothing = problem([(0, 0, 1)], [[5]], [[0]])
    assert choose_entire(nothing, one_by_one(nothing), gap_ppm=0, should_stop=lambda: False) is None
