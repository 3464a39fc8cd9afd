"""Routing many orders at once beside one after the other: three worlds drawn from a seed, the same for both."""

from collections.abc import Iterator
from random import Random
from time import perf_counter, process_time
from typing import Final

import numpy as np

from orderline.cli.bench.model import Options, Result, result
from orderline.core.routing.batching import solve
from orderline.core.routing.planning import NOWHERE, Problem, Whole

ORDERS: Final = 10_000
LOCATIONS: Final = 100
SKUS: Final = 5_000
LIMIT_S: Final = 60
GAP_PPM: Final = 10_000
# A parcel costs 3.00 and 15.00 for the whole width of the country; a unit 0.30 to handle; a line not served 30.00.
PARCEL, DISTANCE, HANDLING, UNSERVED = 300, 1_500, 30, 3_000
# name, units in stock per 100 asked for, part of the lines that want one of five SKUs (in hundredths)
WORLDS: Final = (("plenty", 300, 0), ("scarce", 95, 0), ("flash", 80, 50))


def run(options: Options) -> Iterator[Result]:
    """Of each world: the cost of all orders together, the cost of one after the other, and the time the first took.

    The bound of both costs is what no solution can be below: proven in the same run.
    """
    for name, stock, rush in WORLDS:
        problem = draw_world(options.seed, options.scaled(ORDERS, least=50), stock=stock, rush=rush)
        began, core = perf_counter(), process_time()
        solution = solve(problem, gap_ppm=GAP_PPM, should_stop=lambda: process_time() - core > LIMIT_S)  # noqa: B023
        seconds, core_s = perf_counter() - began, process_time() - core
        about = {"orders": problem.orders, "lines": len(problem.order), "locations": problem.locations}
        yield result(
            f"routing.batch.{name}",
            solution.cost,
            "minor",
            bound=solution.bound,
            settings=about
            | {
                "gap_percent": round(solution.gap_ppm / 10_000, 2),
                "saved_percent": round(100 * (1 - solution.cost / solution.greedy_cost), 2),
            }
            | _sent(problem, solution.location),
        )
        yield result(
            f"routing.batch.{name}.greedy",
            solution.greedy_cost,
            "minor",
            bound=solution.bound,
            settings=about
            | {
                "gap_percent": round(100 * (1 - solution.bound / solution.greedy_cost), 2),
            }
            | _sent(problem, solution.greedy),
        )
        yield result(
            f"routing.batch.{name}.time",
            core_s,
            "s of core",
            bound=LIMIT_S,
            settings=about | {"seconds": round(seconds, 1)},
        )


def _sent(problem: Problem, location: Whole) -> dict[str, int]:
    """Parcels of a solution, orders that are split over more than one, lines that nobody serves."""
    served = np.flatnonzero(location != NOWHERE)
    parcels = np.unique(problem.order[served] * problem.locations + location[served])
    _, of_order = np.unique(parcels // problem.locations, return_counts=True)
    return {"parcels": len(parcels), "splits": int((of_order > 1).sum()), "lines_left": len(location) - len(served)}


def draw_world(seed: int, orders: int, *, stock: int, rush: int) -> Problem:
    """Orders of one to three lines over a square country; few SKUs are wanted often, most seldom."""
    dice = Random(seed)
    skus = max(10, SKUS * orders // ORDERS)
    locations = [(dice.randrange(1_000), dice.randrange(1_000)) for _ in range(LOCATIONS)]
    lines: list[tuple[int, int]] = []
    parcel: list[list[int]] = []
    for order in range(orders):
        wanted = {
            dice.randrange(5) if dice.randrange(100) < rush else int(dice.paretovariate(0.3)) % skus
            for _ in range(dice.randint(1, 3))
        }
        lines.extend((order, sku) for sku in sorted(wanted))
        x, y = dice.randrange(1_000), dice.randrange(1_000)
        parcel.append([PARCEL + DISTANCE * int(((x - a) ** 2 + (y - b) ** 2) ** 0.5) // 1_000 for a, b in locations])
    order, sku = np.array(lines, np.int64).T
    return Problem(
        order=order,
        sku=sku,
        quantity=np.ones(len(lines), np.int64),
        unserved=np.full(len(lines), UNSERVED, np.int64),
        parcel=np.array(parcel, np.int64),
        handling=np.full((len(lines), LOCATIONS), HANDLING, np.int64),
        stock=_spread(dice, np.bincount(sku, minlength=skus).tolist(), stock),
        capacity=np.full(LOCATIONS, max(1, orders * 3 // (2 * LOCATIONS)), np.int64),
        most_parcels=np.full(orders, 3, np.int64),
    )


def _spread(dice: Random, wanted: list[int], stock: int) -> Whole:
    """Units of each SKU over some of the locations; more often wanted, more places."""
    units = np.zeros((len(wanted), LOCATIONS), np.int64)
    for sku, count in enumerate(wanted):
        places = dice.sample(range(LOCATIONS), min(LOCATIONS, 3 + 3 * int(count**0.5)))
        for _ in range(count * stock // 100):
            units[sku, dice.choice(places)] += 1
    return units
