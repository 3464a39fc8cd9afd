"""Listings: whether a channel offers a SKU, as what, and why, so that it appears and disappears by itself.

What decides is what intake would decide: the window of sale, stock, dated supply that may be promised ahead and is not
promised yet, and what may be sold beyond. A listing changes when that does, not with each unit.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from orderline.core.promises.model import Expected
from orderline.core.records import Record, RecordEvent, RecordKind, Window
from orderline.core.stock.exclusions import exclusion_of
from orderline.core.stock.state import Channel, PoolLevel, ShortPolicy, Sku


class ListingState(StrEnum):
    """As what a channel offers a SKU."""

    LISTED = "listed"  # it is there
    PREORDER = "preorder"  # it is to come, by a date
    BACKORDER = "backorder"  # it may be sold, though nobody knows when it comes
    SOLD_OUT = "sold_out"
    OFF = "off"  # it is not for sale now


class Offered(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a SKU is offered. ready_at: of preorders, when the next unit can be counted on; changes_at: the next window."""

    state: ListingState
    reason: str = ""
    ready_at: datetime | None = None
    changes_at: datetime | None = None


class Listing(Record, frozen=True, kw_only=True):
    """A SKU on a channel; `id` is channel and SKU."""

    id: str
    channel: str
    sku: str
    state: ListingState
    offered: Offered
    since: datetime


class ListingChanged(RecordEvent, frozen=True, kw_only=True, tag="listing_changed"):
    """The channel offers the SKU otherwise than before."""

    id: str
    channel: str
    sku: str
    offered: Offered
    at: datetime


def listing_id(channel: str, sku: str) -> str:
    """The id of a listing."""
    return f"{channel}:{sku}"


def offered_as(
    sku: Sku, channel: Channel, levels: Mapping[str, PoolLevel], expected: Sequence[Expected], now: datetime
) -> Offered:
    """How a channel offers a stocked SKU. expected: units to come that it may promise ahead, the earliest first.

    Who waits already comes first; of a capped SKU no more may be sold ahead than its cap has left.
    """
    excluded = exclusion_of(sku.exclusions, channel.code, now)
    off = "not active" if not sku.active or not channel.active else ""
    off = off or (excluded.told() if excluded is not None else sku.not_for_sale(now))
    if off:
        opens = sku.sold_from if sku.sold_from is not None and sku.sold_from > now else None
        return Offered(ListingState.OFF, off, changes_at=opens)
    until = sku.sold_until
    own = [levels[pool] for pool in channel.pools if pool in levels]
    if sum(level.atp for level in own) > channel.buffer:
        return Offered(ListingState.LISTED, changes_at=until)
    policy = channel.short_policy or sku.short_policy
    room = sku.backorder_cap - sum(level.beyond for level in own) if policy is ShortPolicy.CAP else None
    waiting = sum(level.backordered for level in own)
    if room is None or room > 0:
        for each in expected:
            if waiting < each.quantity:
                return Offered(ListingState.PREORDER, ready_at=each.due_at, changes_at=until)
            waiting -= each.quantity
    if policy is ShortPolicy.BACKORDER or (room is not None and room > 0):
        return Offered(ListingState.BACKORDER, changes_at=until)
    reason = "nothing is there" if room is None else f"the cap of {sku.backorder_cap} is reached"
    return Offered(ListingState.SOLD_OUT, reason, changes_at=until)


def evolve_listing(listing: Listing | None, event: ListingChanged) -> Listing:
    """The listing after an event."""
    if listing is None:
        return Listing(
            id=event.id, channel=event.channel, sku=event.sku, state=event.offered.state, offered=event.offered,
            since=event.at,
        )  # fmt: skip
    since = listing.since if listing.state is event.offered.state else event.at
    return msgspec.structs.replace(listing, state=event.offered.state, offered=event.offered, since=since)


LISTING = RecordKind(
    "listing", Listing, ListingChanged, evolve_listing,
    lambda listing: Window(listing.state, listing.sku, listing.channel, listing.offered.changes_at),
)  # fmt: skip
