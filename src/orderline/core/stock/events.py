"""What has happened to stock, carts and settings."""

from datetime import date, datetime
from typing import Any

import msgspec

from orderline.core.entities.state import LegalEntity, RateTable
from orderline.core.holds.state import Screened
from orderline.core.moves import StockBucket
from orderline.core.sellers.terms import SellerRule
from orderline.core.stock.custom_fields import CustomField
from orderline.core.stock.state import CartHold, Channel, Location, Pool, Settings, Sku
from orderline.values.ids import CartHoldId

Place = tuple[dict[str, Any], str, Any]  # where a setting stands: among which, by what code, and what it is now


class StockEvent(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, tag_field="event"):
    """The base of facts about stock that no order caused."""


class StockAdjusted(StockEvent, frozen=True, gc=False, tag="stock_adjusted", kw_only=True):
    """Units of a SKU at a location went from one stock bucket to another; lot: which, of a SKU that is tracked."""

    sku: str
    location: str
    source: StockBucket
    target: StockBucket
    quantity: int
    at: datetime
    reason: str
    reference: str = ""
    lot: str = ""
    expires_on: date | None = None


class UnitsSetAside(StockEvent, frozen=True, gc=False, tag="units_set_aside"):
    """Units at a location are kept for a transfer (negative: they no longer are)."""

    sku: str
    location: str
    quantity: int


class UnitsKept(StockEvent, frozen=True, gc=False, tag="units_kept"):
    """Units of dated supply have come and are kept for the order lines that wait for them."""

    sku: str
    pool: str
    supply: str
    quantity: int


class SafetySet(StockEvent, frozen=True, gc=False, tag="safety_set"):
    """Units of a SKU at a location are kept back from promising."""

    sku: str
    location: str
    safety: int


class ThresholdSet(StockEvent, frozen=True, gc=False, tag="threshold_set"):
    """The last units of a SKU in a pool are never promised."""

    sku: str
    pool: str
    threshold: int


class DoubtSet(StockEvent, frozen=True, gc=False, tag="doubt_set"):
    """A share of the sellable units of a SKU at a location is thought not to be there."""

    sku: str
    location: str
    doubt_ppm: int


class CartHeld(StockEvent, frozen=True, gc=False, tag="cart_held"):
    """A cart was given units; `replaces`: the hold it had before, given back in the same fact."""

    cart: CartHold
    replaces: CartHold | None = None


class CartReleased(StockEvent, frozen=True, gc=False, tag="cart_released"):
    """A cart gave its units back: its order was placed, it was given up, or its time was over."""

    cart: CartHoldId
    expired: bool = False


class SkuPut(StockEvent, frozen=True, gc=False, tag="sku_put"):
    """A SKU was created or replaced."""

    sku: Sku


class LocationPut(StockEvent, frozen=True, gc=False, tag="location_put"):
    """A location was created or replaced."""

    location: Location


class PoolPut(StockEvent, frozen=True, gc=False, tag="pool_put"):
    """A pool was created or renamed."""

    pool: Pool

    def place(self, settings: Settings) -> Place:
        """Where it stands among the settings."""
        return settings.pools, self.pool.code, self.pool


class ChannelPut(StockEvent, frozen=True, gc=False, tag="channel_put"):
    """A channel was created or replaced."""

    channel: Channel

    def place(self, settings: Settings) -> Place:
        """Where it stands among the settings."""
        return settings.channels, self.channel.code, self.channel


class CustomFieldPut(StockEvent, frozen=True, gc=False, tag="custom_field_put"):
    """A custom field was defined, or changed."""

    field: CustomField

    def place(self, settings: Settings) -> Place:
        """Where it stands among the settings."""
        return settings.fields, self.field.code, self.field


class EntityPut(StockEvent, frozen=True, gc=False, tag="entity_put"):
    """A legal entity was created or replaced."""

    entity: LegalEntity

    def place(self, settings: Settings) -> Place:
        """Where it stands among the settings."""
        return settings.entities, self.entity.code, self.entity


class RatesPut(StockEvent, frozen=True, gc=False, tag="rates_put"):
    """What a currency is worth in another from some days on."""

    table: RateTable

    def place(self, settings: Settings) -> Place:
        """Where it stands among the settings."""
        return settings.rates, self.table.code, self.table


class ScreenedPut(StockEvent, frozen=True, gc=False, tag="screened_put"):
    """When a hold policy is active, as intake has to know it."""

    screened: Screened

    def place(self, settings: Settings) -> Place:
        """Where it stands among the settings."""
        return settings.screened, self.screened.policy, self.screened


class SellerRulePut(StockEvent, frozen=True, gc=False, tag="seller_rule_put"):
    """On which terms a third party sells from now on, as intake has to know it."""

    rule: SellerRule

    def place(self, settings: Settings) -> Place:
        """Where it stands among the settings."""
        return settings.sellers, self.rule.code, self.rule


class OversoldFound(StockEvent, frozen=True, gc=False, tag="oversold_found"):
    """A fact left fewer units at a location than are allocated there; the excess has to be routed anew."""

    sku: str
    location: str
    quantity: int
    at: datetime


class FeedApplied(StockEvent, frozen=True, gc=False, tag="feed_applied"):
    """A part of a feed had its effect; earlier sequences of the feed are refused from now on."""

    feed: str
    sequence: int
    part: int


AnyStockEvent = (
    StockAdjusted
    | UnitsSetAside
    | UnitsKept
    | SafetySet
    | ThresholdSet
    | DoubtSet
    | CartHeld
    | CartReleased
    | SkuPut
    | LocationPut
    | PoolPut
    | ChannelPut
    | CustomFieldPut
    | EntityPut
    | RatesPut
    | ScreenedPut
    | SellerRulePut
    | OversoldFound
    | FeedApplied
)


class StockEntry(msgspec.Struct, frozen=True, gc=False):
    """One double entry of the stock ledger: units leave `source` and stand in `target`. reference: the paper behind it."""

    sku: str
    location: str
    source: StockBucket
    target: StockBucket
    quantity: int
    at: datetime
    cause: str
    lot: str = ""
    expires_on: date | None = None
    reference: str = ""
