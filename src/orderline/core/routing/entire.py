"""All orders of a small batch in one integer program (HiGHS): who serves each line, and which locations send to whom.

A line is served by one location at most, a location sends to an order what serves any of its lines, and takes of shelves
and capacity no more than there is. The program says how good any solution can be, beside the one that it finds; it grows
with orders times locations, so that it is for small batches alone.
"""

from collections.abc import Callable
from math import floor
from typing import Any, Final, NamedTuple

import highspy
import numpy as np

from orderline.core.routing.planning import NEVER, NOWHERE, Flags, Problem, Whole, cost_of, use_of

MOST_CHOICES: Final = 50_000  # lines times the locations that could serve them; what takes seconds
_NODES: Final = 100
# What the solver calls proven may be off by its tolerances; one part in so many of it, and one, is given away for them.
_TOLERANCE: Final = 1_000_000


class Entire(NamedTuple):
    """A solution, no worse than that it began with, and what no solution costs less than."""

    location: Whole
    bound: int


def choose_entire(problem: Problem, known: Whole, *, gap_ppm: int, should_stop: Callable[[], bool]) -> Entire | None:
    """Serve all orders at once; None: there are too many choices, or nothing was proven.

    known: a solution to begin with. The search ends at the gap or after a fixed number of nodes, so that the same problem
    gives the same solution as long as `should_stop` says no; it is asked now and then.
    """
    line, at = np.nonzero(_open(problem))
    if not 0 < len(line) <= MOST_CHOICES:
        return None
    pairs, pair = np.unique(problem.order[line] * problem.locations + at, return_inverse=True)
    serves, sends, lines = len(line), len(pairs), len(problem.order)
    solver: Any = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("mip_max_nodes", _NODES)
    solver.setOptionValue("mip_rel_gap", np.float64(gap_ppm) * np.float64("1e-6"))
    solver.passModel(_model(problem, line, at, pairs, pair))
    start: Any = highspy.HighsSolution()
    chosen = known[line] == at
    opened = np.zeros(sends)
    opened[pair[chosen]] = 1
    start.col_value = np.concatenate([chosen.astype(np.float64), opened, known == NOWHERE]).tolist()
    solver.setSolution(start)

    def interrupt(event: Any) -> None:
        event.interrupt(should_stop())

    solver.cbMipInterrupt.subscribe(interrupt)
    solver.cbSimplexInterrupt.subscribe(interrupt)
    solver.run()
    proven: Any = solver.getInfo().mip_dual_bound
    values = np.round(np.array(solver.getSolution().col_value))
    if not np.isfinite(proven) or len(values) != serves + sends + lines:
        return None
    location = np.full(lines, NOWHERE, np.int64)
    taken = values[:serves] == 1
    location[line[taken]] = at[taken]
    if not _holds(problem, location) or cost_of(problem, location) > cost_of(problem, known):
        location = known
    return Entire(location, max(0, floor(proven) - floor(proven) // _TOLERANCE - 1))


def _open(problem: Problem) -> Flags:
    """Which lines each location could serve."""
    return (
        (problem.handling < NEVER)
        & (problem.parcel[problem.order] < NEVER)
        & (problem.stock[problem.sku] >= problem.quantity[:, None])
        & (problem.capacity > 0)
    )


def _model(problem: Problem, line: Whole, at: Whole, pairs: Whole, pair: Whole) -> Any:
    """The columns: a location serves a line, a location sends to an order, a line is left; the rows are its limits."""
    serves, sends, lines, places = len(line), len(pairs), len(problem.order), problem.locations
    shelves, shelf = np.unique(problem.sku[line] * places + at, return_inverse=True)
    serving, sending = np.arange(serves), np.arange(sends)
    one, none = np.ones(serves), np.full(serves, -highspy.kHighsInf)
    blocks: tuple[tuple[Any, Any, Any, Any, Any], ...] = (
        # rows, columns, units; the least and most of each row
        (
            np.concatenate([line, np.arange(lines)]), np.concatenate([serving, serves + sends + np.arange(lines)]),
            np.ones(serves + lines), np.ones(lines), np.ones(lines),
        ),
        (
            np.concatenate([serving, serving]), np.concatenate([serving, serves + pair]),
            np.concatenate([one, -one]), none, np.zeros(serves),
        ),
        (shelf, serving, problem.quantity[line], None, problem.stock.ravel()[shelves]),
        (pairs % places, serves + sending, np.ones(sends), None, problem.capacity),
        (pairs // places, serves + sending, np.ones(sends), None, problem.most_parcels),
    )  # fmt: skip
    model: Any = highspy.HighsLp()
    model.num_col_ = serves + sends + lines
    model.col_cost_ = np.concatenate(
        [problem.handling[line, at], problem.parcel.ravel()[pairs], problem.unserved]
    ).astype(np.float64)
    model.col_lower_, model.col_upper_ = np.zeros(model.num_col_), np.ones(model.num_col_)
    row: list[Any] = []
    column: list[Any] = []
    units: list[Any] = []
    least: list[Any] = []
    most: list[Any] = []
    rows = 0
    for own, of, taken, low, high in blocks:
        row.append(own + rows)
        column.append(of)
        units.append(taken)
        least.append(np.full(len(high), -highspy.kHighsInf) if low is None else low)
        most.append(high)
        rows += len(high)
    model.num_row_ = rows
    model.row_lower_ = np.concatenate(least).astype(np.float64)
    model.row_upper_ = np.concatenate(most).astype(np.float64)
    by_column = np.lexsort((np.concatenate(row), np.concatenate(column)))
    matrix = model.a_matrix_
    matrix.format_ = highspy.MatrixFormat.kColwise
    matrix.start_ = np.searchsorted(np.concatenate(column)[by_column], np.arange(model.num_col_ + 1))
    matrix.index_ = np.concatenate(row)[by_column]
    matrix.value_ = np.concatenate(units)[by_column].astype(np.float64)
    model.integrality_ = [highspy.HighsVarType.kInteger] * model.num_col_
    return model


def _holds(problem: Problem, location: Whole) -> bool:
    """Is it a solution, in whole numbers?"""
    units, orders = use_of(problem, location)
    served = location != NOWHERE
    pairs = np.unique(problem.order[served] * problem.locations + location[served])
    parcels = np.bincount(pairs // problem.locations, minlength=problem.orders)
    within = (units <= problem.stock).all() and (orders <= problem.capacity).all()
    return bool(within and (parcels <= problem.most_parcels).all())
