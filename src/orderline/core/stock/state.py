"""Stock as rules see it: SKUs, locations, pools, channels, levels, cart holds."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec

from orderline.core.customer_links.policy import LinkPolicy
from orderline.core.decisions.asking import AskPolicy
from orderline.core.entities.state import MAIN, LegalEntity, RateTable
from orderline.core.holds.state import Screened
from orderline.core.orders.priced import SoldAs
from orderline.core.sellers.terms import SellerRule
from orderline.core.stock.brands import Brand
from orderline.core.stock.custom_fields import CustomField
from orderline.core.stock.exclusions import Exclusion
from orderline.core.stock.lots import Tracking
from orderline.core.stock.substitutes import Substitute
from orderline.core.tenders.rules import MoneyRules
from orderline.values.address import Place
from orderline.values.ids import CartHoldId

NEVER: Final = datetime.max.replace(tzinfo=UTC)


class SkuKind(StrEnum):
    """What is sold: only stocked ones stand on shelves; a bundle is its components."""

    STOCKED = "stocked"
    DIGITAL = "digital"
    SERVICE = "service"
    BUNDLE = "bundle"


class ShortPolicy(StrEnum):
    """What happens when an order asks for more than can be promised."""

    DENY = "deny"
    BACKORDER = "backorder"
    CAP = "cap"


class Component(msgspec.Struct, frozen=True, gc=False):
    """Part of a bundle: `quantity` units of `sku` in each; `weight` is its share of the price, any whole unit."""

    sku: str
    quantity: int
    weight: int = 1


class Sku(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """The smallest product identity that stock is counted by; quantities are whole numbers of `unit`.

    peg_days: how many days ahead dated supply may be promised; None: any time when it may be backordered, else never.
    sold_from, sold_until: when it is for sale; not_sold_in: countries where it is not.
    substitutes: what may be sent instead, in order; kept when the SKU is replaced without any.
    tracking: whether units are known by lot or serial number; expires: each lot has a last day; min_shelf_days: how many
    days before that it is last sold.
    hs_code, origin: what customs ask for, the tariff number and the country (ISO 3166-1) it was made in.
    sold_as: what is paid for with it: donations and gift cards are no revenue, and only goods come back.
    seller: whose goods they are; ours, when empty. category: what the seller's commission goes by.
    """

    code: str
    description: str = ""
    kind: SkuKind = SkuKind.STOCKED
    unit: str = "piece"
    short_policy: ShortPolicy = ShortPolicy.DENY
    backorder_cap: int = 0
    components: tuple[Component, ...] = ()
    gtin: str = ""
    weight_g: int = 0
    active: bool = True
    peg_days: int | None = None
    sold_from: datetime | None = None
    sold_until: datetime | None = None
    not_sold_in: tuple[str, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    hs_code: str = ""
    origin: str = ""
    length_mm: int = 0
    width_mm: int = 0
    height_mm: int = 0
    substitutes: tuple[Substitute, ...] = ()
    tracking: Tracking = Tracking.NONE
    expires: bool = False
    min_shelf_days: int = 0
    sold_as: SoldAs = SoldAs.GOODS
    seller: str = ""
    category: str = ""

    def not_for_sale(self, at: datetime, country: str = "") -> str:
        """Why it is not for sale at an instant in a country; empty: it is."""
        if self.sold_from is not None and at < self.sold_from:
            return f"not sold before {self.sold_from.isoformat()}"
        if self.sold_until is not None and at >= self.sold_until:
            return f"not sold from {self.sold_until.isoformat()} on"
        return f"not sold in {country}" if country in self.not_sold_in else ""

    def ahead_until(self, now: datetime, policy: ShortPolicy) -> datetime | None:
        """The last instant for which its dated supply may be promised; None: not at all."""
        if self.peg_days is None:
            return None if policy is ShortPolicy.DENY else NEVER
        return now + timedelta(days=self.peg_days) if self.peg_days else None


class LocationKind(StrEnum):
    """Who runs a location."""

    WAREHOUSE = "warehouse"
    STORE = "store"
    THIRD_PARTY = "third_party"
    VENDOR = "vendor"


class Location(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A place that holds stock; it belongs to exactly one pool. `partner` is the connector that runs it, if any.

    daily_capacity: orders it takes in a day of its own time zone; None: no limit, 0: takes none.
    hourly_capacity: orders it takes in an hour. throttle: no more than its pace lets it finish today.
    feed_max_age_s: for how long the stock it tells by feeds is promised; None: for ever. feed_stale: it is too old.
    accept_within_s: in which time work is taken away from it that it has not accepted; None: never.
    pickup_days: how many days, beside the one on which they are ready, goods wait for the customer.
    reminder_days: how many days before that ends the customer is reminded.
    supplied_from: pools whose units are sent here for customers who collect, in their order, where the own has too few.
    ready_on_arrival: what was sent here for a customer lies ready as soon as it is received; else a person picks it.
    books_pickups: carriers that are asked to come each day, at the time that the location's calendar says.
    """

    code: str
    name: str
    kind: LocationKind
    pool: str
    place: Place
    time_zone: str = "UTC"
    partner: str = ""
    handling_days: int = 1
    active: bool = True
    ships: bool = True
    pickup: bool = False
    daily_capacity: int | None = None
    pickup_days: int = 7
    reminder_days: tuple[int, ...] = (2,)
    hourly_capacity: int | None = None
    throttle: bool = False
    feed_max_age_s: int | None = None
    feed_stale: bool = False
    accept_within_s: int | None = None
    supplied_from: tuple[str, ...] = ()
    ready_on_arrival: bool = True
    books_pickups: tuple[str, ...] = ()

    @property
    def offers(self) -> bool:
        """Is its stock promised to anybody?"""
        return self.active and not self.feed_stale


class Pool(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Stock of several locations promised from as one."""

    code: str
    name: str = ""


class Channel(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Where orders come from; sells from its pools in their order. `short_policy` overrides that of the SKU.

    pickup_days: overrides that of the location. asks: what its customers are asked when something goes wrong.
    buffer: units of each SKU that are never promised on the channel. lag_quantile_ppm: in how many of a million times as
    long as its orders come in late what is ordered meanwhile is kept back from what it is shown; nought: never.
    entity: who sells on it. upgrade_minor: what more a label may cost, in minor units of the carriers' prices, for a service
    of another method, where no service of the order's own method keeps the promise; nought: no such service is taken.
    invoices: whether we write them; a marketplace may do so itself. money: when it collects what it was promised, and how
    it gives it back. min_life_days: for how many days from when they are promised units are to last at least, of SKUs that
    expire. customer_link: the link to the order in messages to customers; None: they have none.
    words: what it calls a status, by `axis.status`, such as `phase.in_work`; ours, where it has none.
    brand: how it looks to its customers, and where they reach it.
    """

    code: str
    name: str
    pools: tuple[str, ...]
    currencies: tuple[str, ...] = ()
    short_policy: ShortPolicy | None = None
    partner: str = ""
    payments: str = ""
    unexplained_totals: bool = False
    buffer: int = 0
    active: bool = True
    pickup_days: int | None = None
    asks: AskPolicy = AskPolicy()
    lag_quantile_ppm: int = 0
    entity: str = MAIN
    upgrade_minor: int = 0
    invoices: bool = True
    money: MoneyRules = MoneyRules()
    words: dict[str, str] = {}
    min_life_days: int = 0
    customer_link: LinkPolicy | None = None
    brand: Brand = Brand()


class StockLevel(msgspec.Struct, frozen=True, gc=False):
    """The shelf: one SKU at one location by bucket; `allocated` is promised of it to fulfillment orders.

    doubt_ppm: the share of the sellable units that are thought not to be there.
    """

    sku: str
    location: str
    sellable: int = 0
    picked: int = 0
    damaged: int = 0
    quality_control: int = 0
    blocked: int = 0
    missing: int = 0
    display: int = 0
    allocated: int = 0
    safety: int = 0
    doubt_ppm: int = 0

    @property
    def free(self) -> int:
        """What routing may still allocate here (safety stock is kept back from promising, not from routing)."""
        return max(0, self.sellable + self.picked - self.allocated)

    @property
    def phantom(self) -> int:
        """Sellable units that are thought not to be there, rounded up."""
        return -(-self.doubt_ppm * self.sellable // 1_000_000)

    @property
    def promisable(self) -> int:
        """What this location adds to its pool."""
        return max(0, self.sellable + self.picked - self.allocated - self.safety - self.phantom)

    @property
    def on_hand(self) -> int:
        """Units physically here, sellable or not."""
        return self.sellable + self.picked + self.damaged + self.quality_control + self.blocked + self.display

    @property
    def oversold(self) -> int:
        """Units allocated that are not there."""
        return max(0, self.allocated - self.sellable - self.picked)


class PoolLevel(msgspec.Struct, frozen=True, gc=False):
    """One SKU in one pool. `promisable` is the sum over its locations; claims and holds are taken from it.

    backordered: units accepted beyond what is there, waiting for supply.
    threshold: units never promised from this pool.
    expected: units to come by dated supply; pegged: units that orders wait for of it; kept: those that have come.
    demanded: units that scheduled demand is open for; withheld: what of it is kept back from what is there, since
    nothing that is to come covers it in time.
    """

    sku: str
    pool: str
    promisable: int = 0
    claims: int = 0
    held: int = 0
    backordered: int = 0
    threshold: int = 0
    expected: int = 0
    pegged: int = 0
    kept: int = 0
    demanded: int = 0
    withheld: int = 0

    @property
    def atp(self) -> int:
        """Available to promise now; never below zero."""
        return max(0, self.unclaimed - self.threshold - self.withheld)

    @property
    def unclaimed(self) -> int:
        """Units that nobody was promised; below zero: too few for those who were."""
        return self.promisable - self.claims - self.held - self.kept

    @property
    def beyond(self) -> int:
        """Units sold beyond what is there, and not come yet: they wait for supply, with a row of it or without."""
        return self.backordered + self.pegged - self.kept

    @property
    def oversold(self) -> int:
        """Units claimed or kept that the pool does not have."""
        return max(0, self.claims + self.kept - self.promisable)


class CartLine(msgspec.Struct, frozen=True, gc=False):
    """Units of a SKU that a cart keeps in a pool."""

    sku: str
    pool: str
    quantity: int


class CartHold(msgspec.Struct, frozen=True, gc=False):
    """Units kept for a checkout until `expires_at`, or until its order is placed."""

    id: CartHoldId
    channel: str
    expires_at: datetime
    lines: tuple[CartLine, ...]


class Subscription(msgspec.Struct, frozen=True, gc=False):
    """Somebody who wants to be told by webhook of events by these names; "*" is every event."""

    id: UUID
    events: tuple[str, ...]


class Settings(msgspec.Struct, frozen=True, gc=False):
    """The merchant's locations, pools and channels, by code; small, read before each batch when changed.

    subscriptions: those that are active, for the jobs that tell them. fields: custom fields, by place and name.
    rates: tables of what one currency is worth in another, by pair. screened: hold policies that are active, by name.
    sellers: on which terms third parties sell, by code.
    """

    channels: dict[str, Channel]
    locations: dict[str, Location]
    pools: dict[str, Pool]
    version: int = 0
    subscriptions: tuple[Subscription, ...] = ()
    fields: dict[str, CustomField] = {}
    entities: dict[str, LegalEntity] = {}
    rates: dict[str, RateTable] = {}
    screened: dict[str, Screened] = {}
    sellers: dict[str, SellerRule] = {}
