"""What routing is given and what it answers: orders, a snapshot of stock, and decisions with their reasons."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import msgspec

from orderline.core.orders.commands import Allotment
from orderline.core.stock.state import LocationKind
from orderline.values.address import Place
from orderline.values.geo import Coordinates
from orderline.values.ids import DecisionId, OrderId


class RoutableLine(msgspec.Struct, frozen=True):
    """Units of a line that wait for a location.

    pools: (pool, quantity) pairs of the claims, in order of preference: units claimed in a pool are allocated there.
    excluded: locations that have rejected this line.
    """

    line: int
    sku: str
    quantity: int
    pools: tuple[tuple[str, int], ...]
    excluded: tuple[str, ...] = ()


class RoutableOrder(msgspec.Struct, frozen=True, kw_only=True):
    """One demand group of an order. Higher priority is served first; `pickup_location` is where it is collected."""

    order_id: OrderId
    group: int
    lines: tuple[RoutableLine, ...]
    place: Place
    placed_at: datetime
    destination: Coordinates | None = None
    ship_complete: bool = False
    priority: int = 0
    promised_by: datetime | None = None
    pickup_location: str | None = None


class RouteLocation(msgspec.Struct, frozen=True, kw_only=True):
    """A location as routing sees it.

    cutoff_at: the next cut-off there, as its calendar has it; orders routed later need a day more.
    capacity_left: orders it still takes today; None: no limit.
    """

    code: str
    pool: str
    kind: LocationKind = LocationKind.WAREHOUSE
    coordinates: Coordinates | None = None
    handling_days: int = 1
    active: bool = True
    ships: bool = True
    pickup: bool = False
    cutoff_at: datetime | None = None
    capacity_left: int | None = None


class TransitBand(msgspec.Struct, frozen=True):
    """Days on the way for distances up to this one."""

    distance_m: int
    days: int


# Until carriers' own tables are asked: usual ground services; air beyond.
DEFAULT_TRANSIT = (
    TransitBand(150_000, 1),
    TransitBand(600_000, 2),
    TransitBand(1_500_000, 3),
    TransitBand(4_000_000, 5),
    TransitBand(21_000_000, 8),
)


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """Stock as it stood at a position of the journal.

    levels: units free to allocate by (SKU, location); only those of the SKUs to be routed are needed.
    transit: by ascending distance; the last band holds for unknown distances too.
    """

    position: int
    locations: Mapping[str, RouteLocation]
    levels: Mapping[tuple[str, str], int]
    transit: tuple[TransitBand, ...] = DEFAULT_TRANSIT


class Exclusion(StrEnum):
    """Why a location that holds stock of the order is not used; the first that applies is told."""

    REJECTED_THE_LINES = "REJECTED_THE_LINES"
    INACTIVE = "INACTIVE"
    NOT_THE_PICKUP_LOCATION = "NOT_THE_PICKUP_LOCATION"
    NO_PICKUP = "NO_PICKUP"
    DOES_NOT_SHIP = "DOES_NOT_SHIP"
    AT_CAPACITY = "AT_CAPACITY"


class Shortfall(StrEnum):
    """Why units are left without a location; the first that applies is told."""

    NOT_CLAIMED = "NOT_CLAIMED"
    TAKEN_BY_ORDERS_BEFORE = "TAKEN_BY_ORDERS_BEFORE"
    ALL_LOCATIONS_EXCLUDED = "ALL_LOCATIONS_EXCLUDED"
    NO_STOCK_AT_ANY_LOCATION = "NO_STOCK_AT_ANY_LOCATION"
    SHIP_COMPLETE_NOT_POSSIBLE = "SHIP_COMPLETE_NOT_POSSIBLE"


class Method(StrEnum):
    """How the locations were chosen: proven best, or by the greedy rule (many lines, or too much to prove)."""

    EXACT = "exact"
    GREEDY = "greedy"


class Unassigned(msgspec.Struct, frozen=True):
    line: int
    quantity: int
    reason: Shortfall


class Candidate(msgspec.Struct, frozen=True, omit_defaults=True):
    """A location of a claimed pool that holds stock of the order: what excluded it, or what it could do.

    covers: units of the group that it could serve alone. distance_m: None when either end is not located.
    """

    location: str
    excluded: Exclusion | None = None
    distance_m: int | None = None
    promise_feasible: bool = False
    covers: int = 0


class Ranking(msgspec.Struct, frozen=True):
    """A set of locations that serves what can be served, with the terms it is ranked by, in their order."""

    locations: tuple[str, ...]
    terms: dict[str, int]


class Gap(msgspec.Struct, frozen=True):
    """The first term in which the runner-up falls behind the winner, and by how much."""

    term: str
    by: int


class Decision(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The record of one routing: what was chosen, from what, and why.

    id: derived from the order, its group, the position and the time, so that the same routing has the same id.
    candidates: the locations of the claimed pools that hold stock of the order; candidates_untold: how many more do,
    where they are too many to keep; without_stock: how many of those pools' locations hold none.
    A location of another pool could not serve the claims.
    position: the journal position of the stock it was decided on. runner_up: None when there was no other way.
    """

    id: DecisionId
    order_id: OrderId
    group: int
    policy: str
    position: int
    method: Method
    pools: tuple[str, ...]
    allotments: tuple[Allotment, ...]
    unassigned: tuple[Unassigned, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    candidates_untold: int = 0
    without_stock: int = 0
    winner: Ranking | None = None
    runner_up: Ranking | None = None
    gap: Gap | None = None
