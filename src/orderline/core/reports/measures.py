"""What is measured of orders: amounts and numbers on a day, with what they can be sliced by. Indicators are made of these."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Final, NamedTuple

from orderline.values.address import Place

# Raised when the same journal is measured otherwise than before: all orders are then measured anew.
FORMULAS: Final = 3
REJECTED: Final = "units rejected"  # the exception that a rejection is
LONGEST: Final = 100  # characters of what somebody has typed, as a reason


class Measure(StrEnum):
    """What a part of an order counts as. Amounts are units where nothing else is said."""

    ORDERS = "orders"  # number: orders accepted; amount: their units
    TOUCHES = "touches"  # amount: commands that people gave
    CANCELED = "canceled"
    PROMISES = "promises"  # number: promises of lines that ended; amount: those kept
    MISSES = "misses"  # amount: promises missed
    DELAYS = "delays"  # amount: seconds from the end of what was promised first until the last unit was there
    ATTEMPTS = "attempts"  # number: orders that locations were chosen for; amount: for all of it, at once and for good
    OPENED = "opened"  # number: fulfillment orders
    ALLOCATED = "allocated"
    REJECTED = "rejected"
    SHIPPED = "shipped"
    SHIPMENTS = "shipments"  # amount: seconds from the acceptance of the order
    PREPARED = "prepared"  # number: fulfillment orders packed; amount: seconds from their release
    PICKED = "picked"
    PICK_ERRORS = "pick_errors"
    EXCEPTIONS = "exceptions"  # amount: what went out of the ordinary
    RESOLVED = "resolved"  # number: exceptions that are over; amount: seconds that they lasted
    DUE = "due"  # number: orders whose promised time ended; amount: those that a customer is likely to ask about
    AT_RISK = "at_risk"  # amount: the same orders, by why
    RETURNED = "returned"
    COHORT_SENT = "cohort_sent"  # on the day of the order's acceptance
    COHORT_RETURNED = "cohort_returned"
    SPLITS = "splits"  # number: orders that left; amount: in more than one shipment
    COSTS = "costs"  # amount: minor units; number: orders that left
    MARGIN = "margin"  # amount: minor units; number: orders with revenue


class Slices(NamedTuple):
    """What a part can be sliced by; empty: it has none, or what it counts is of no one. zone: country and region, or postal area."""

    channel: str = ""
    location: str = ""
    carrier: str = ""
    country: str = ""
    zone: str = ""
    sku: str = ""
    rule: str = ""
    reason: str = ""
    currency: str = ""


class Grain(StrEnum):
    """How finely the sums of a day are kept: by all slices, or by some of them, which is less to read."""

    FINE = ""
    BROAD = "broad"
    ZONES = "zones"
    ITEMS = "items"
    GOODS = "goods"


GRAINS: Final[dict[Grain, frozenset[str]]] = {
    # the first that has what is asked for is read
    Grain.BROAD: frozenset({"channel", "location", "carrier", "country", "rule", "reason", "currency"}),
    Grain.ZONES: frozenset({"channel", "carrier", "country", "zone", "reason", "currency"}),
    Grain.ITEMS: frozenset({"sku", "currency"}),
    Grain.GOODS: frozenset({"channel", "sku", "reason", "currency"}),
    Grain.FINE: frozenset(Slices._fields),
}


def at_grain(slices: Slices, grain: Grain) -> Slices | None:
    """What is left of slices at a grain; None: they have no part in it, being of no goods."""
    if grain is Grain.FINE:
        return slices
    if grain in (Grain.ITEMS, Grain.GOODS) and not slices.sku:
        return None
    kept = GRAINS[grain]
    return Slices(*(value if name in kept else "" for name, value in zip(Slices._fields, slices, strict=True)))


def grain_for(needed: Iterable[str]) -> Grain:
    """The grain with the least to read that has all these slices."""
    wanted = frozenset(needed)
    return next(grain for grain, kept in GRAINS.items() if wanted <= kept)


def name_at(measure: str, grain: Grain) -> str:
    """By which name the sums of a measure are kept at a grain."""
    return f"{measure}/{grain}" if grain else measure


Key = tuple[Measure, date, Slices]


class Sums(NamedTuple):
    """What there is of a measure."""

    amount: int
    number: int


Parts = Mapping[Key, Sums]


class Told(NamedTuple):
    """A journal entry, as it is measured. by_hand: a person gave the command, by the command line or the console."""

    at: datetime
    command: str
    by_hand: bool
    events: tuple[object, ...]


class Decided(NamedTuple):
    """What a routing decision tells: the policy and version it was made by, and what its work is expected to cost."""

    policy: str
    labor_minor: int


def day_of(at: datetime) -> date:
    """The day of an instant, in UTC."""
    return at.astimezone(UTC).date()


def seconds_between(since: datetime, until: datetime) -> int:
    """Whole seconds; negative, when the other came first."""
    return int((until - since).total_seconds())


def zone_of(place: Place) -> str:
    """Where parcels go, finer than the country: its region, or the first two signs of the postal code."""
    area = place.region or place.postal_code[:2]
    return f"{place.country} {area}".strip()


def word_of(reason: str) -> str:
    """A reason as a slice."""
    return " ".join(reason.split())[:LONGEST] or "not told"
