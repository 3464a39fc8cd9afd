"""The rules of routing as tables: what excludes a location, and what makes one set of locations better than another.

The next version adds rows (rules, calendars, costs); the search knows only the tables.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from orderline.core.routing.model import Candidate, Exclusion, RoutableOrder, RouteLocation

# Farther than any two points on Earth: where a distance is not known, every known one is better.
UNKNOWN_DISTANCE_M: Final = 21_000_000


class Filter(msgspec.Struct, frozen=True):
    """Excludes a location from an order when it applies; it is told the orders the batch has sent there so far."""

    exclusion: Exclusion
    applies: Callable[[RoutableOrder, RouteLocation, int], bool]


class Term(msgspec.Struct, frozen=True):
    """A whole number of zero or more that a location adds to the set it is in; less is better."""

    name: str
    of: Callable[[Candidate], int]


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """A version of the rules.

    objective: terms by falling weight; ties go to the location codes that come first.
    exact_lines: up to so many lines the best set is proven. work_limit: steps spent on a proof; beyond, greedy.
    candidates_told: most candidates that a decision keeps; it is written to the journal.
    """

    version: str
    filters: tuple[Filter, ...]
    objective: tuple[Term, ...]
    exact_lines: int = 8
    work_limit: int = 20_000
    candidates_told: int = 40


FILTERS: Final = (
    Filter(Exclusion.INACTIVE, lambda order, location, sent: not location.active),
    Filter(
        Exclusion.NOT_THE_PICKUP_LOCATION,
        lambda order, location, sent: order.pickup_location is not None and location.code != order.pickup_location,
    ),
    Filter(
        Exclusion.NO_PICKUP,
        lambda order, location, sent: order.pickup_location is not None and not location.pickup,
    ),
    Filter(
        Exclusion.DOES_NOT_SHIP,
        lambda order, location, sent: order.pickup_location is None and not location.ships,
    ),
    Filter(
        Exclusion.AT_CAPACITY,
        lambda order, location, sent: location.capacity_left is not None and sent >= location.capacity_left,
    ),
)

OBJECTIVE: Final = (
    Term("late_locations", lambda candidate: 0 if candidate.promise_feasible else 1),
    Term("locations", lambda candidate: 1),
    Term(
        "distance_m",
        lambda candidate: UNKNOWN_DISTANCE_M if candidate.distance_m is None else candidate.distance_m,
    ),
)

DEFAULT_POLICY: Final = Policy(version="default-1", filters=FILTERS, objective=OBJECTIVE)
