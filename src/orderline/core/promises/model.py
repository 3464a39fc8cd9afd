"""What a promise is asked for and what it answers: a cart, and options with their reasons."""

from datetime import datetime
from enum import StrEnum

import msgspec

from orderline.core.promises.handling import HourWork
from orderline.core.promises.ways import Step
from orderline.values.address import Place
from orderline.values.ids import DecisionId


class Goal(StrEnum):
    """What an option is the best of; of equals the first one is."""

    FASTEST = "fastest"
    CHEAPEST = "cheapest"
    FEWEST_PARCELS = "fewest_parcels"
    GREENEST = "greenest"


class CartLine(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """Units wanted. Lines of one number belong together (the parts of a bundle). stocked: not, when nothing is sent."""

    line: int
    sku: str
    quantity: int
    weight_g: int = 0
    stocked: bool = True


class Cart(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """What somebody might order, and where it is to go.

    pools: those that the channel sells from, in their order. methods: the delivery methods wanted; none: all there are.
    pickup: locations at which it might be collected, each an option of its own. supplied_from: by these, the pools whose
    units are sent there for it.
    """

    channel: str
    lines: tuple[CartLine, ...]
    place: Place
    pools: tuple[str, ...]
    methods: tuple[str, ...] = ()
    pickup: tuple[str, ...] = ()
    supplied_from: dict[str, tuple[str, ...]] = {}
    ship_complete: bool = False
    priority: int = 0


class Expected(msgspec.Struct, frozen=True, gc=False):
    """Units that are to come to a location: a row of supply, still unpromised."""

    row: str
    sku: str
    location: str
    quantity: int
    due_at: datetime


class PartItem(msgspec.Struct, frozen=True, gc=False):
    """Units of a line of the cart in a part of an option."""

    line: int
    sku: str
    quantity: int


class Part(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """What one location would serve: by which service, when, at what cost, and how the time comes about.

    supply: the row of expected supply that it waits for; from then on its steps count. hours: those of the location
    that it takes of its capacity, if it is kept as a quote. via: the store that it is sent to first, to be collected there.
    """

    location: str
    items: tuple[PartItem, ...]
    carrier: str
    service: str
    handover_at: datetime
    earliest_at: datetime
    latest_at: datetime
    cost_minor: int
    carbon_g: int
    parcels: int
    cutoff_at: datetime
    cutoff: str
    calendars: tuple[str, ...]
    steps: tuple[Step, ...]
    quantile_ppm: int = 0
    supply: str = ""
    hours: tuple[HourWork, ...] = ()
    via: str = ""


class LineWindow(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """When the units of a line would be there. unpromised: units that nothing can be said of."""

    line: int
    earliest_at: datetime | None
    latest_at: datetime | None
    unpromised: int = 0


class Option(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """One way to have the cart: its window, cost, split and carbon, and what it stands on.

    id: what to order it by, unique in its quote. decision: of the router that will send it; promised by `latest_at`, it
    chooses the same again.
    """

    id: str
    method: str
    goals: tuple[Goal, ...]
    earliest_at: datetime | None
    latest_at: datetime | None
    cost_minor: int
    currency: str
    carbon_g: int
    parcels: int
    complete: bool
    lines: tuple[LineWindow, ...]
    parts: tuple[Part, ...]
    policy: str = ""
    pickup_location: str = ""
    decision: DecisionId | None = None
