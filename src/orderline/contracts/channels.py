"""What a sales channel's connector must offer: orders come in, what became of them and stock levels go out."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal, Protocol

import msgspec
from msgspec import Meta

from orderline.contracts.terms import Currency, Fact, Instant, Minor, Opened, Quantity, Recipient, Ref, Text, Word
from orderline.values.failures import Trouble


class ChannelLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of an order as the channel has it; prices as the channel states them."""

    external_line_id: Ref
    sku: Ref
    quantity: Quantity
    unit_price_minor: Minor
    discount_minor: Minor = 0
    tax_minor: Minor = 0
    title: Text = ""


class ChannelOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order as the channel has it. `revision` rises when the channel changes it.

    shipping_method, payment_method: in the channel's own words; what they mean here is said by a person, once.
    """

    external_id: Ref
    placed_at: Instant
    currency: Currency
    lines: Annotated[tuple[ChannelLine, ...], Meta(min_length=1, max_length=1000)]
    ship_to: Recipient
    email: Text = ""
    shipping_minor: Minor = 0
    total_minor: Minor
    payment_token: Text = ""
    paid: bool = False
    revision: int = 1
    tags: tuple[Text, ...] = ()
    shipping_method: Word = ""
    payment_method: Word = ""


class ChannelOrderPage(msgspec.Struct, frozen=True):
    """Orders since a cursor, oldest first; `cursor` is where to go on, also after the last order known."""

    orders: tuple[ChannelOrder, ...]
    cursor: str
    more: bool = False


class Acknowledged(StrEnum):
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class Acknowledgment(msgspec.Struct, frozen=True, kw_only=True):
    """Tell the channel that we have its order, or will not serve it."""

    key: str
    external_id: str
    order_number: str
    state: Acknowledged = Acknowledged.ACCEPTED
    reason: str = ""


class PushedLine(msgspec.Struct, frozen=True, kw_only=True):
    """Units of a line, named as the channel names it."""

    external_line_id: str
    sku: str
    quantity: int


class FulfillmentPush(msgspec.Struct, frozen=True, kw_only=True):
    """Tell the channel that units are on their way, with the tracking of their parcel."""

    key: str
    external_id: str
    lines: tuple[PushedLine, ...]
    shipped_at: datetime
    carrier: str = ""
    tracking_number: str = ""
    tracking_url: str = ""


class CancellationPush(msgspec.Struct, frozen=True, kw_only=True):
    """Tell the channel that units will not come. No lines: none of the order."""

    key: str
    external_id: str
    reason: str
    lines: tuple[PushedLine, ...] = ()


class WithdrawalPush(msgspec.Struct, frozen=True, kw_only=True):
    """Tell the channel that units it was told of as on their way have not left. fulfillment: the key it was told by.

    One that it was never told of, or that was withdrawn before, is taken: nothing is left to be done.
    """

    key: str
    external_id: str
    fulfillment: str
    reason: str
    lines: tuple[PushedLine, ...]


class PublishedLevel(msgspec.Struct, frozen=True):
    """What a channel may sell of a SKU. `sequence` rises per SKU: an older one never overwrites a newer one."""

    sku: str
    quantity: int
    sequence: int


class PublishedListing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """As what a channel offers a SKU. `sequence` rises per SKU: an older one never overwrites a newer one.

    ready_at: of preorders, when units can be counted on. changes_at: when its window of sale opens or ends.
    """

    sku: str
    state: Literal["listed", "preorder", "backorder", "sold_out", "off"]
    sequence: int
    reason: str = ""
    ready_at: datetime | None = None
    changes_at: datetime | None = None


class Taken(msgspec.Struct, frozen=True, kw_only=True, tag="taken", tag_field="state"):
    key: str
    reference: str = ""


class NotTaken(msgspec.Struct, frozen=True, kw_only=True, tag="not_taken", tag_field="state"):
    """The channel refuses it: unknown order, canceled there, already fulfilled ..."""

    key: str
    code: str
    message: str = ""


class StockPublished(msgspec.Struct, frozen=True, kw_only=True):
    """How many levels were set, were stale, and which SKUs the channel does not know."""

    set: int
    stale: int = 0
    unknown: tuple[str, ...] = ()


class ListingsPublished(msgspec.Struct, frozen=True, kw_only=True):
    """How many listings were set, were stale, and which SKUs the channel does not know."""

    set: int
    stale: int = 0
    unknown: tuple[str, ...] = ()


class ChannelOrderPlaced(Fact, frozen=True, kw_only=True, tag="channel_order_placed"):
    order: ChannelOrder


class ChannelCancellationRequested(Fact, frozen=True, kw_only=True, tag="channel_cancellation_requested"):
    """The customer asked the channel to cancel. No lines: the whole order."""

    external_id: Ref
    lines: tuple[PushedLine, ...] = ()
    reason: Text = ""


ChannelFact = ChannelOrderPlaced | ChannelCancellationRequested
PushOutcome = Taken | NotTaken | Trouble


class Channels(Opened, Protocol):
    """The channel, opened for one shop."""

    async def acknowledge(self, acknowledgments: Sequence[Acknowledgment]) -> list[PushOutcome]: ...

    async def push_fulfillments(self, pushes: Sequence[FulfillmentPush]) -> list[PushOutcome]: ...

    async def push_cancellations(self, pushes: Sequence[CancellationPush]) -> list[PushOutcome]: ...

    async def push_withdrawals(self, pushes: Sequence[WithdrawalPush]) -> list[PushOutcome]:
        """Asked of connectors that can UNSHIP; of others a person tells the channel."""
        ...

    async def push_stock(self, levels: Sequence[PublishedLevel]) -> StockPublished:
        """Publish levels as one set. Trouble: not answered; sending again does no harm, the sequence sees to it."""
        ...

    async def push_listings(self, listings: Sequence[PublishedListing]) -> ListingsPublished:
        """Say as what SKUs are offered, as one set. Trouble: as for stock."""
        ...

    async def pull_orders(self, cursor: str | None = None, *, limit: int = 250) -> ChannelOrderPage:
        """Orders placed or changed since `cursor` (None: all there are). Trouble: the channel did not answer."""
        ...
