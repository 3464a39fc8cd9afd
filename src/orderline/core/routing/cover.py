"""The best set of locations, as numbers: every need met by the sum of what the chosen candidates hold, least weight.

A candidate is a number from 0; `holds[c][i]` is what candidate i can give to need c. Weights are above zero, add up
over a set, and no two sets weigh the same (the caller sees to it): the answer depends on nothing else.
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple


class Covers(NamedTuple):
    """The best set and the next best found, as sorted candidates; exact: the best one is proven."""

    best: tuple[int, ...]
    second: tuple[int, ...] | None
    exact: bool


class Problem(NamedTuple):
    """Candidates with weights and tiers, and what they hold toward each need."""

    weights: Sequence[int]
    tiers: Sequence[int]
    holds: Sequence[Sequence[int]]
    needs: Sequence[int]


def find_covers(problem: Problem, *, work_limit: int) -> Covers:
    """The two best sets that meet every need; all candidates together must meet them.

    The next best set lacks a member of the best one (with all of them it would only be heavier): it is the best of
    those found without each of them in turn.
    work_limit: steps spent on the best set, and as many on the next.
    """
    weights = problem.weights
    order = sorted(range(len(weights)), key=weights.__getitem__)
    alone = order
    for row, need in zip(problem.holds, problem.needs, strict=True):
        alone = [i for i in alone if row[i] >= need]
    # A set of two or more weighs at least as much as the two lightest: most often that settles it.
    if len(alone) > 1 and weights[alone[1]] <= weights[order[0]] + weights[order[1]]:
        return Covers((alone[0],), (alone[1],), exact=True)
    best, exact = _best(problem, order, work_limit)
    others: list[tuple[int, ...]] = []
    for member in best:
        rest = [i for i in order if i != member]
        if all(sum(row[i] for i in rest) >= need for row, need in zip(problem.holds, problem.needs, strict=True)):
            others.append(_best(problem, rest, work_limit // len(best))[0])

    def weight(chosen: tuple[int, ...]) -> int:
        return sum(weights[i] for i in chosen)

    second = min(others, key=weight, default=None)
    return Covers(best, second, exact)


def greedy_cover(problem: Problem, among: Collection[int] | None = None) -> tuple[int, ...]:
    """Take what adds most to what is still needed, the lighter of equals, then leave out whom the others cover.

    A candidate of a higher tier is taken only when none of a lower one adds anything.
    """
    weights, tiers, holds, needs = problem
    left = list(needs)
    free = set(range(len(weights)) if among is None else among)
    chosen: list[int] = []
    while any(need > 0 for need in left):
        adding = [(row, need) for row, need in zip(holds, left, strict=True) if need > 0]
        gains = ((sum(min(need, row[i]) for row, need in adding), i) for i in free)
        _, _, _, best = max((-tiers[i], gain, -weights[i], i) for gain, i in gains if gain)
        free.discard(best)
        chosen.append(best)
        left = [need - row[best] for row, need in zip(holds, left, strict=True)]
    for i in sorted(chosen, key=lambda i: -weights[i]):
        others = [j for j in chosen if j != i]
        if all(sum(row[j] for j in others) >= need for row, need in zip(holds, needs, strict=True)):
            chosen = others
    return tuple(sorted(chosen))


def _best(problem: Problem, order: Sequence[int], work_limit: int) -> tuple[tuple[int, ...], bool]:
    """The lightest set of the candidates in `order` (given by weight), and whether that is proven.

    Dynamic programming over what is still needed: candidates are taken or left one after the other, and of all
    ways to the same remaining need only the lightest is kept.
    """
    kept = _undominated(problem, order)
    known = greedy_cover(problem, kept)
    bound = sum(problem.weights[i] for i in known)
    open_bits = (1 << len(problem.needs)) - 1
    start, turns = _prepare(problem, kept)
    # What is still needed -> (weight, the candidates taken as bits).
    ways: dict[int, tuple[int, int]] = {start: (0, 0)}
    for turn in turns:
        work_limit -= len(ways)
        if work_limit < 0:
            return known, False
        leads: dict[int, tuple[int, int]] = {}
        for state, (weight, taken) in ways.items():
            after = state & turn.keeps
            for bit, at, mask, units in turn.parts:
                left = after >> at & mask
                if left > units:
                    after -= units << at
                elif left:
                    after &= ~(mask << at | bit)
            for reached, heavy, members in (
                (state, weight, taken),
                (after, weight + turn.weight, taken | 1 << turn.candidate),
            ):
                still = reached & open_bits
                if not still:
                    if heavy < bound:
                        bound, known = heavy, _members(members)
                elif not still & ~turn.ahead and heavy - still.bit_count() // -turn.widest * turn.lightest < bound:
                    other = leads.get(reached)
                    if other is None or heavy < other[0]:
                        leads[reached] = (heavy, members)
        ways = leads
    return known, True


def _members(bits: int) -> tuple[int, ...]:
    return tuple(i for i in range(bits.bit_length()) if bits >> i & 1)


class _Turn(NamedTuple):
    """A candidate's turn to be taken or left.

    The state is one number: a bit for each need that is still open and, for a need that somebody can meet in part,
    a field with the units still needed. keeps: masks out the needs that this candidate meets alone.
    parts: (bit, place of the field, its mask, units it gives) of the others. ahead: bits of the needs that those
    after it add to; widest: most needs that one of them adds to; lightest: least weight of one.
    """

    candidate: int
    weight: int
    keeps: int
    parts: list[tuple[int, int, int, int]]
    ahead: int
    widest: int
    lightest: int


def _prepare(problem: Problem, kept: Sequence[int]) -> tuple[int, list[_Turn]]:
    """The state in which everything is needed, and the turns: first those who serve the needs that fewest serve."""
    weights, _, holds, needs = problem
    givers = sorted(([i for i in kept if row[i]] for row in holds), key=len)
    order = list(dict.fromkeys(i for group in givers for i in group))
    fields: list[tuple[int, int]] = []
    start, at = (1 << len(needs)) - 1, len(needs)
    for row, need in zip(holds, needs, strict=True):
        if all(row[i] == 0 or row[i] >= need for i in kept):
            fields.append((at, 0))
        else:
            fields.append((at, (1 << need.bit_length()) - 1))
            start |= need << at
            at += need.bit_length()
    turns: list[_Turn] = []
    ahead, widest, lightest = 0, 1, 0
    for i in reversed(order):
        met = adds = 0
        parts: list[tuple[int, int, int, int]] = []
        for c, (row, need, (at, mask)) in enumerate(zip(holds, needs, fields, strict=True)):
            if row[i] >= need:
                met |= 1 << c | mask << at
            elif row[i]:
                parts.append((1 << c, at, mask, row[i]))
            adds |= (row[i] > 0) << c
        turns.append(_Turn(i, weights[i], ~met, parts, ahead, widest, lightest))
        lightest = min(lightest, weights[i]) if ahead else weights[i]
        widest, ahead = max(widest, adds.bit_count()), ahead | adds
    return start, turns[::-1]


def _undominated(problem: Problem, order: Sequence[int]) -> list[int]:
    """Without whom a lighter candidate can replace: one that meets alone every need that the other adds to."""
    kept: list[int] = []
    meeting: set[int] = set()
    for i in order:
        adds = meets = 0
        for c, (row, need) in enumerate(zip(problem.holds, problem.needs, strict=True)):
            if row[i]:
                adds |= 1 << c
                if row[i] >= need:
                    meets |= 1 << c
        if all(adds & ~met for met in meeting):
            kept.append(i)
            meeting.add(meets)
    return kept
