"""Which set of locations serves an order best: the terms as one number, the search, and bounds on the set."""

from collections.abc import Iterable, Sequence

from orderline.core.routing.cover import Covers, Problem, find_covers, greedy_cover
from orderline.core.routing.demand import Needs
from orderline.core.routing.model import Gap, Ranking
from orderline.core.routing.rules import TermName
from orderline.core.routing.sight import TOLD

# Beyond so many ways to put together a bounded set, the greedy one stands.
_MOST_SETS = 20_000


class Chosen:
    """The best set and the next best, as positions; exact: the best one is proven."""

    def __init__(self, best: Sequence[int], second: Sequence[int] | None, *, exact: bool) -> None:
        self.best = best
        self.second = second
        self.exact = exact


class Choosing:
    """Usable locations by position, the terms they are compared by, and what is needed of them."""

    def __init__(self, codes: Sequence[str], terms: Sequence[TermName], columns: Sequence[Sequence[int]]) -> None:
        self.codes = codes
        self.terms = terms
        self.columns = columns
        self.keys = list(zip(*columns, strict=True))

    def choose(self, needs: Needs, *, work_limit: int | None, most: int | None) -> Chosen | None:
        """The best set of at most `most` locations that meets every need; None: there is none.

        work_limit: steps spent on a proof; None: greedily.
        """
        alone = list(range(len(self.codes)))
        for units, held in needs:
            alone = [i for i in alone if held.get(self.codes[i], 0) >= units]
        if alone:
            found = self._alone_wins(alone)
            if found is not None:
                return found
        if most == 1:
            first = self._best_two(alone)
            return Chosen(first[:1], first[1:] or None, exact=True) if first else None
        problem = self._problem(needs)
        if work_limit is None:
            covers = Covers(greedy_cover(problem), None, exact=False)
        else:
            covers = find_covers(problem, work_limit=work_limit)
        if most is None or len(covers.best) <= most:
            second = covers.second if covers.second is None or most is None or len(covers.second) <= most else None
            return Chosen(covers.best, second, exact=covers.exact)
        return self._bounded(problem, most, work_limit or _MOST_SETS)

    def ranking(self, chosen: Iterable[int]) -> Ranking:
        """A set with its terms, the best location first."""
        best_first = sorted(sorted(chosen), key=self.keys.__getitem__)
        return Ranking(
            locations=tuple(self.codes[i] for i in best_first),
            terms={
                TOLD[term]: sum(column[i] for i in best_first)
                for term, column in zip(self.terms, self.columns, strict=True)
            },
        )

    def _best_two(self, among: Sequence[int]) -> list[int]:
        """The two best of some locations; the first code of equals, as they come in that order."""
        if not among:
            return []
        best = min(among, key=self.keys.__getitem__)
        second = min((i for i in among if i != best), key=self.keys.__getitem__, default=None)
        return [best] if second is None else [best, second]

    def _alone_wins(self, alone: Sequence[int]) -> Chosen | None:
        """A location that serves all alone, and is second to none in what counts before the number of locations."""
        if TermName.LOCATIONS not in self.terms:
            return None
        before = self.terms.index(TermName.LOCATIONS)
        ranked = self._best_two(alone)
        if any(self.columns[at][i] for at in range(before) for i in ranked):
            return None
        if len(ranked) == 1:
            return Chosen(ranked, None, exact=True) if len(self.codes) == 1 else None
        return Chosen(ranked[:1], ranked[1:], exact=True)

    def _problem(self, needs: Needs) -> Problem:
        late_first = bool(self.terms) and self.terms[0] is TermName.LATE
        return Problem(
            weights=_weights(self.columns),
            tiers=self.columns[0] if late_first else [0] * len(self.codes),
            holds=[[held.get(code, 0) for code in self.codes] for _, held in needs],
            needs=[units for units, _ in needs],
        )

    def _bounded(self, problem: Problem, most: int, work: int) -> Chosen | None:
        """The best set of at most `most`: all sets are tried, the lightest first, within a number of steps."""
        order = sorted(range(len(problem.weights)), key=problem.weights.__getitem__)
        found: list[tuple[int, tuple[int, ...]]] = []
        exact = True

        def extend(begin: int, left: list[int], weight: int, chosen: tuple[int, ...]) -> None:
            nonlocal work, exact
            if not any(units > 0 for units in left):
                found.append((weight, chosen))
                found.sort()
                del found[2:]
                return
            if len(chosen) == most:
                return
            for at in range(begin, len(order)):
                i = order[at]
                if len(found) == 2 and weight + problem.weights[i] >= found[1][0]:
                    return
                work -= 1
                if work < 0:
                    exact = False
                    return
                rest = [units - row[i] for units, row in zip(left, problem.holds, strict=True)]
                if any(now < before for now, before in zip(rest, left, strict=True)):
                    extend(at + 1, rest, weight + problem.weights[i], (*chosen, i))

        extend(0, list(problem.needs), 0, ())
        if not found:
            return None
        return Chosen(found[0][1], found[1][1] if len(found) > 1 else None, exact=exact)


def gap_between(winner: Ranking, runner_up: Ranking) -> Gap:
    """The first term in which they differ."""
    for term, value in winner.terms.items():
        if runner_up.terms[term] != value:
            return Gap(term, runner_up.terms[term] - value)
    return Gap("location_codes", 0)


def _weights(columns: Sequence[Sequence[int]]) -> list[int]:
    """One number per candidate whose sums over sets compare as the sums of the terms do, one term after the other.

    The last digits tell sets of equal terms and size apart: the one with the first codes weighs least.
    """
    count = len(columns[0])
    weights = [0] * count
    for column in columns:
        base = 1 + sum(column)
        weights = [weight * base + value for weight, value in zip(weights, column, strict=True)]
    base = (count + 1) << count
    return [weight * base + (1 << count) - (1 << (count - 1 - i)) for i, weight in enumerate(weights)]
