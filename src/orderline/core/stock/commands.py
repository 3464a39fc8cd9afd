"""Requests for a change to stock, carts and the merchant's settings."""

from collections.abc import Iterable
from datetime import date, datetime

import msgspec

from orderline.core.orders.commands import Command
from orderline.core.stock.custom_fields import CustomField
from orderline.core.stock.lots import LotUnits
from orderline.core.stock.state import Channel, Location, Pool, Sku
from orderline.core.stock.substitutes import Substitute
from orderline.values.ids import CartHoldId


class PutSkus(Command, frozen=True, kw_only=True, tag="put_skus"):
    """Create SKUs or replace what is known of them; stock is not touched."""

    skus: tuple[Sku, ...]


class PutSubstitutes(Command, frozen=True, kw_only=True, tag="put_substitutes"):
    """Say what may be sent for a SKU that can't be had, in order; nothing, when none is named."""

    sku: str
    substitutes: tuple[Substitute, ...]


class PutLocation(Command, frozen=True, kw_only=True, tag="put_location"):
    location: Location


class PutPool(Command, frozen=True, kw_only=True, tag="put_pool"):
    pool: Pool


class PutChannel(Command, frozen=True, kw_only=True, tag="put_channel"):
    channel: Channel


class PutCustomField(Command, frozen=True, kw_only=True, tag="put_custom_field"):
    """Define a custom field, or change what is required of it; its type is kept."""

    field: CustomField


class AdjustStock(Command, frozen=True, kw_only=True, tag="adjust_stock"):
    """Move units between two stock buckets for a reason of the reason table; `reference` is the paper behind it.

    lots: which, of a SKU that is tracked.
    """

    sku: str
    location: str
    quantity: int
    reason: str
    reference: str = ""
    occurred_at: datetime | None = None
    lots: tuple[LotUnits, ...] = ()


class ExpireLots(Command, frozen=True, kw_only=True, tag="expire_lots"):
    """Block the units of a shelf that may not be sold any more by their date."""

    sku: str
    location: str


class FeedRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """One row of a stock feed. Snapshot: units there, picked ones included. Delta: units come (or gone, negative).

    lot: which lot or serial number, of a SKU that is tracked, until when it may be used; all that is there of the SKU at the
    location, picked ones included, is in the rows of its lots in one part.
    """

    sku: str
    location: str
    quantity: int
    lot: str = ""
    expires_on: date | None = None


class ApplyFeed(Command, frozen=True, kw_only=True, tag="apply_feed"):
    """Part of a feed. Snapshot quantities are as of `as_of`; what moved since then is added to them.

    feed, sequence: the source's name and its running number; each (feed, sequence, part) has one effect.
    """

    feed: str
    sequence: int
    part: int
    delta: bool
    rows: tuple[FeedRow, ...]
    as_of: datetime | None = None

    def moved_since(self) -> Iterable[tuple[str, datetime, str, str]]:
        """(own cause, instant, SKU, location): whose moves since the instant by other causes the rule asks for."""
        if self.as_of is not None and not self.delta:
            for row in self.rows:
                if not row.lot:
                    yield feed_cause(self.feed), self.as_of, row.sku, row.location

    def lots_moved_since(self) -> Iterable[tuple[str, datetime, str, str, str]]:
        """As `moved_since`, of lots."""
        if self.as_of is not None and not self.delta:
            for row in self.rows:
                if row.lot:
                    yield feed_cause(self.feed), self.as_of, row.sku, row.location, row.lot


class SetSafety(Command, frozen=True, kw_only=True, tag="set_safety"):
    """Keep back units of a SKU at a location from promising."""

    sku: str
    location: str
    safety: int


class SetThreshold(Command, frozen=True, kw_only=True, tag="set_threshold"):
    """Never promise the last units of a SKU from a pool."""

    sku: str
    pool: str
    threshold: int


class SetDoubt(Command, frozen=True, kw_only=True, tag="set_doubt"):
    """Believe the record of a shelf only in part: `doubt_ppm` of its sellable units are promised to nobody."""

    sku: str
    location: str
    doubt_ppm: int


class CartLineInput(msgspec.Struct, frozen=True):
    """Units of a SKU in a cart."""

    sku: str
    quantity: int


class HoldCart(Command, frozen=True, kw_only=True, tag="hold_cart"):
    """Keep units for a checkout for `ttl_s` seconds; the same cart again replaces its lines and extends its time."""

    cart: CartHoldId
    channel: str
    lines: tuple[CartLineInput, ...]
    ttl_s: int = 600


class ReleaseCart(Command, frozen=True, kw_only=True, tag="release_cart"):
    """Give up a cart hold; with `expired_only` only when its time is over.

    channels: those whose carts the caller may see; all, when empty.
    """

    cart: CartHoldId
    expired_only: bool = False
    channels: tuple[str, ...] = ()


def feed_cause(feed: str) -> str:
    """What the entries of a feed name as their cause."""
    return f"feed:{feed}"
