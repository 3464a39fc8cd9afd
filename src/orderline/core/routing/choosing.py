"""One choice for each row within shared limits, at the least cost: an exact solver (HiGHS) behind whole numbers."""

from typing import Any, Final, NamedTuple

import highspy
import numpy as np

from orderline.core.routing.planning import Flags, Whole

_NODES: Final = 20
_GAP: Final = "5e-4"


class Question(NamedTuple):
    """k choices for some rows, within limits. cost[k], row[k]: of a choice. limits[j]: what there is.

    choice, limit, units: the choice at `choice[e]` takes `units[e]` of the limit at `limit[e]`. known[k]: an answer.
    """

    cost: Whole
    row: Whole
    rows: int
    choice: Whole
    limit: Whole
    units: Whole
    limits: Whole
    known: Flags


class Answer(NamedTuple):
    """The choices taken, one for each row, at the least cost found. work: steps of the solver."""

    taken: Whole
    work: int


def choose(question: Question) -> Answer | None:
    """The answer; None when none was found.

    The search ends after a fixed number of nodes, never by a clock: the same question has the same answer.
    """
    count, rows = len(question.cost), question.rows
    model: Any = highspy.HighsLp()
    model.num_col_, model.num_row_ = count, rows + len(question.limits)
    model.col_cost_ = question.cost.astype(np.float64)
    model.col_lower_, model.col_upper_ = np.zeros(count), np.ones(count)
    most = np.ones(model.num_row_)
    most[rows:] = question.limits
    least = np.full(model.num_row_, -highspy.kHighsInf)
    least[:rows] = 1
    model.row_lower_, model.row_upper_ = least, most
    column = np.concatenate([np.arange(count), question.choice])
    index = np.concatenate([question.row, question.limit + rows])
    units = np.concatenate([np.ones(count, np.int64), question.units])
    by_column = np.lexsort((index, column))
    matrix = model.a_matrix_
    matrix.format_ = highspy.MatrixFormat.kColwise
    matrix.start_ = np.searchsorted(column[by_column], np.arange(count + 1))
    matrix.index_ = index[by_column]
    matrix.value_ = units[by_column].astype(np.float64)
    model.integrality_ = [highspy.HighsVarType.kInteger] * count
    solver: Any = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("mip_max_nodes", _NODES)
    solver.setOptionValue("mip_rel_gap", np.float64(_GAP))
    solver.passModel(model)
    known: Any = highspy.HighsSolution()
    known.col_value = question.known.astype(np.float64).tolist()
    solver.setSolution(known)
    solver.run()
    values = np.round(np.array(solver.getSolution().col_value))
    if len(values) != count:
        return None
    taken: Whole = np.flatnonzero(values == 1)
    return Answer(taken, int(solver.getInfo().simplex_iteration_count)) if _holds(question, taken) else None


def _holds(question: Question, taken: Whole) -> bool:
    """Is it an answer, in whole numbers?"""
    used = np.zeros_like(question.limits)
    chosen = np.isin(question.choice, taken)
    np.add.at(used, question.limit[chosen], question.units[chosen])
    once = bool((np.bincount(question.row[taken], minlength=question.rows) == 1).all())
    return once and bool((used <= question.limits).all())
