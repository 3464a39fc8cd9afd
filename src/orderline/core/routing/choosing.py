"""One choice for each row within shared limits, at the least cost: an exact solver (HiGHS) behind whole numbers."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import highspy
import numpy as np

_NODES: Final = 100
_GAP: Final = "5e-4"


class Choice(NamedTuple):
    """What can be chosen for a row: its cost, and what it takes of each limit."""

    row: int
    cost: int
    uses: Mapping[Any, int]


def choose(choices: Sequence[Choice], limits: Mapping[Hashable, int], *, rows: int) -> list[int] | None:
    """The positions of the choices taken, one for each row; None when there is no way, or none was found.

    The search ends after a fixed number of nodes, never by a clock: the same question has the same answer.
    """
    known = {key: rows + at for at, key in enumerate(limits)}
    starts: list[int] = [0]
    indexes: list[int] = []
    values: list[int] = []
    for choice in choices:
        indexes.append(choice.row)
        values.append(1)
        for key, units in choice.uses.items():
            indexes.append(known[key])
            values.append(units)
        starts.append(len(indexes))
    model: Any = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(choices), rows + len(limits)
    model.col_cost_ = np.array([choice.cost for choice in choices], np.float64)
    model.col_lower_, model.col_upper_ = np.zeros(len(choices)), np.ones(len(choices))
    most = np.ones(model.num_row_)
    most[rows:] = list(limits.values())
    least = np.full(model.num_row_, -highspy.kHighsInf)
    least[:rows] = 1
    model.row_lower_, model.row_upper_ = least, most
    matrix = model.a_matrix_
    matrix.format_ = highspy.MatrixFormat.kColwise
    matrix.start_ = np.array(starts)
    matrix.index_ = np.array(indexes)
    matrix.value_ = np.array(values, np.float64)
    model.integrality_ = [highspy.HighsVarType.kInteger] * len(choices)
    solver: Any = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("mip_max_nodes", _NODES)
    solver.setOptionValue("mip_rel_gap", np.float64(_GAP))
    solver.passModel(model)
    solver.run()
    taken = np.round(np.array(solver.getSolution().col_value))
    if len(taken) != len(choices):
        return None
    picked: list[int] = np.flatnonzero(taken == 1).tolist()
    return picked if _holds(choices, limits, picked, rows) else None


def _holds(choices: Sequence[Choice], limits: Mapping[Hashable, int], picked: Sequence[int], rows: int) -> bool:
    """Is it an answer, in whole numbers?"""
    used = dict.fromkeys(limits, 0)
    for index in picked:
        for key, units in choices[index].uses.items():
            used[key] += units
    return sorted(choices[index].row for index in picked) == list(range(rows)) and all(
        used[key] <= most for key, most in limits.items()
    )
