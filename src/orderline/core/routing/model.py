"""What routing is given and what it answers: orders, a snapshot of stock, and decisions with their reasons."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum

import msgspec

from orderline.core.orders.commands import Allotment
from orderline.core.stock.state import LocationKind
from orderline.values.address import Place
from orderline.values.geo import Coordinates
from orderline.values.ids import DecisionId, OrderId


class RoutableLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """Units of a line that wait for a location.

    pools: (pool, quantity) pairs of the claims, in order of preference: units claimed in a pool are allocated there.
    excluded: locations that have rejected this line. value_minor, weight_g: of one unit. lasting: where some end too soon for
    the channel, how many can be had that do not; by location.
    """

    line: int
    sku: str
    quantity: int
    pools: tuple[tuple[str, int], ...]
    excluded: tuple[str, ...] = ()
    value_minor: int = 0
    weight_g: int = 0
    custom: dict[str, str | int | bool] = {}
    lasting: dict[str, int] = {}


class Cause(StrEnum):
    """Why units wait for a location: they are new, a location gave them back, or stock came for them."""

    ACCEPT = "accept"
    REJECT = "reject"
    RECEIPT = "receipt"
    WINDOW = "window"


class RoutableOrder(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One demand group of an order. Higher priority is served first; `pickup_location` is where it is collected.

    cause: what it waits since, which policies may ask for. custom: the merchant's own fields of the order.
    """

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
    cause: Cause = Cause.ACCEPT
    channel: str = ""
    method: str = "standard"
    currency: str = ""
    tags: tuple[str, ...] = ()
    custom: dict[str, str | int | bool] = {}


class RouteLocation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A location as routing sees it.

    cutoff_at: the next cut-off there, as its calendar has it; orders routed later need a day more.
    capacity_left: orders it still takes today; None: no limit. rejected_ppm: share of its work that it gave back.
    feed_age_s: seconds since it told its stock; None: it never does, its stock is counted here.
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
    rejected_ppm: int = 0
    feed_age_s: int | None = None

    @property
    def serves(self) -> bool:
        """Does it send orders out now?"""
        return self.active and self.ships and self.capacity_left != 0


class Offer(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A way from a location to the customer: days until the latest arrival, its cost, its emissions.

    latest_at: None: `days` from now, by the whole day.
    """

    service: str
    days: int
    cost_minor: int
    carbon_g: int
    latest_at: datetime | None = None


Offers = Callable[["RoutableOrder", RouteLocation], tuple[Offer, ...]]


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
    safety, sold: by (SKU, location), units kept back from promising and units sold in the last four weeks; only
    policies that ask for them need them. doubt: by (SKU, location), how little its record is believed, in parts per
    million, for those that ask for the risk of rejection. offers: the services from a location to an order; None: by `transit`.
    """

    position: int
    locations: Mapping[str, RouteLocation]
    levels: Mapping[tuple[str, str], int]
    transit: tuple[TransitBand, ...] = DEFAULT_TRANSIT
    safety: Mapping[tuple[str, str], int] = {}
    sold: Mapping[tuple[str, str], int] = {}
    doubt: Mapping[tuple[str, str], int] = {}
    offers: Offers | None = None


class Exclusion(StrEnum):
    """Why a location that holds stock of the order is not used; the first that applies is told."""

    REJECTED_THE_LINES = "REJECTED_THE_LINES"
    EXCLUDED_FOR_THE_ITEMS = "EXCLUDED_FOR_THE_ITEMS"
    ENDS_TOO_SOON = "ENDS_TOO_SOON"
    INACTIVE = "INACTIVE"
    NOT_THE_PICKUP_LOCATION = "NOT_THE_PICKUP_LOCATION"
    NO_PICKUP = "NO_PICKUP"
    DOES_NOT_SHIP = "DOES_NOT_SHIP"
    AT_CAPACITY = "AT_CAPACITY"
    NOT_NAMED = "NOT_NAMED"
    NAMED_AS_EXCLUDED = "NAMED_AS_EXCLUDED"
    NOT_IN_THE_GROUPS = "NOT_IN_THE_GROUPS"
    IN_AN_EXCLUDED_GROUP = "IN_AN_EXCLUDED_GROUP"
    NOT_OF_THE_KIND = "NOT_OF_THE_KIND"
    DOES_NOT_SELL_THE_CHANNEL = "DOES_NOT_SELL_THE_CHANNEL"
    NOT_ABLE = "NOT_ABLE"
    REJECTS_TOO_OFTEN = "REJECTS_TOO_OFTEN"
    FEED_TOO_OLD = "FEED_TOO_OLD"
    NOT_ENOUGH_CAPACITY = "NOT_ENOUGH_CAPACITY"
    ONLY_SAFETY_STOCK = "ONLY_SAFETY_STOCK"
    TOO_FEW_UNITS = "TOO_FEW_UNITS"
    WEEKS_OF_SUPPLY = "WEEKS_OF_SUPPLY"
    NOT_ALL_ITEMS = "NOT_ALL_ITEMS"
    TOO_FAR = "TOO_FAR"
    NO_SERVICE = "NO_SERVICE"
    TOO_LONG_ON_THE_WAY = "TOO_LONG_ON_THE_WAY"
    MISSES_THE_PROMISE = "MISSES_THE_PROMISE"
    CONDITION = "CONDITION"
    CONDITION_FAILED = "CONDITION_FAILED"


class Shortfall(StrEnum):
    """Why units are left without a location; the first that applies is told."""

    NOT_CLAIMED = "NOT_CLAIMED"
    TAKEN_BY_ORDERS_BEFORE = "TAKEN_BY_ORDERS_BEFORE"
    ALL_LOCATIONS_EXCLUDED = "ALL_LOCATIONS_EXCLUDED"
    NO_STOCK_AT_ANY_LOCATION = "NO_STOCK_AT_ANY_LOCATION"
    SHIP_COMPLETE_NOT_POSSIBLE = "SHIP_COMPLETE_NOT_POSSIBLE"
    NO_RULE_APPLIES = "NO_RULE_APPLIES"
    CONSTRAINED = "CONSTRAINED"


class Method(StrEnum):
    """How the locations were chosen: proven best for the order, by the greedy rule, or over all orders of a batch."""

    EXACT = "exact"
    GREEDY = "greedy"
    BATCH = "batch"


class Unassigned(msgspec.Struct, frozen=True):
    """Units of a line that nobody was found for, and why."""

    line: int
    quantity: int
    reason: Shortfall


class Candidate(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A location of a claimed pool that holds stock of the order: what excluded it, or what it could do.

    covers: units of the group that it could serve alone. distance_m: None when either end is not located.
    cost_minor, carbon_g: of the service that would be used.
    """

    location: str
    excluded: Exclusion | None = None
    distance_m: int | None = None
    promise_feasible: bool = False
    covers: int = 0
    cost_minor: int = 0
    carbon_g: int = 0


class Ranking(msgspec.Struct, frozen=True):
    """A set of locations that serves what can be served, with the terms it is ranked by, in their order."""

    locations: tuple[str, ...]
    terms: dict[str, int]


class Gap(msgspec.Struct, frozen=True):
    """The first term in which the runner-up falls behind the winner, and by how much."""

    term: str
    by: int


class Hit(msgspec.Struct, frozen=True, omit_defaults=True):
    """A constraint that something did not meet: what was found, what is allowed, and at which location."""

    constraint: str
    value: int
    allowed: int
    location: str = ""


class Action(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a rule wants done with the units it leaves; `value`: the label of a queue, the type of a hold, a reason, or days."""

    do: str
    value: str = ""


class Step(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A rule that was tried before the one that the decision tells of."""

    rule: str
    allotments: tuple[Allotment, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    winner: Ranking | None = None
    runner_up: Ranking | None = None
    hits: tuple[Hit, ...] = ()


class Inputs(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All that one decision was made of: routing them again by the same version gives the same bytes.

    locations: those of the claimed pools that had stock of the order; pools: how many locations each has in all.
    shelves: by SKU and location, units left; taken: those that orders of the same batch took before.
    sent: orders sent by the batch before. offers: the services there were. chosen: by what was routed together.
    """

    now: datetime
    policy: str
    position: int
    order: RoutableOrder
    locations: dict[str, RouteLocation]
    pools: dict[str, int]
    shelves: dict[str, dict[str, int]]
    taken: dict[str, dict[str, int]] = {}
    safety: dict[str, dict[str, int]] = {}
    sold: dict[str, dict[str, int]] = {}
    doubt: dict[str, dict[str, int]] = {}
    sent: dict[str, int] = {}
    offers: dict[str, tuple[Offer, ...]] | None = None
    transit: tuple[TransitBand, ...] = DEFAULT_TRANSIT
    chosen: tuple[str, ...] | None = None


class Decision(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The record of one routing: what was chosen, from what, and why.

    id: derived from the order, its group, the position and the time, so that the same routing has the same id.
    candidates: the locations of the claimed pools that hold stock of the order; candidates_untold: how many more do,
    where they are too many to keep; without_stock: how many of those pools' locations hold none.
    A location of another pool could not serve the claims.
    position: the journal position of the stock it was decided on. runner_up: None when there was no other way.
    rule: the last one that was tried, whose candidates and ranking these are; steps: those before it.
    costs: what the plan is expected to cost, by kind. dry_run: it was asked for and not carried out.
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
    rule: str = ""
    steps: tuple[Step, ...] = ()
    hits: tuple[Hit, ...] = ()
    actions: tuple[Action, ...] = ()
    costs: dict[str, int] = {}
    dry_run: bool = False
