"""What channels are told of stock, across SKUs."""

from typing import Any, Final

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.reading.paging import Page, Texts, page, page_of, parse_cursor, readers, seen
from orderline.core.listings.state import ListingState
from orderline.store.reading.listed import LAST_AT
from orderline.store.reading.source import Source
from orderline.store.reading.told import (
    AskedLevels,
    AskedOffers,
    LevelPlace,
    Offer,
    OfferPlace,
    SentSet,
    SetPlace,
    ToldLevel,
    ToldState,
    load_offers,
    load_sets,
    load_told,
)


class ToldQuery(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """state: how what a channel is told stands."""

    channel: Texts = ()
    sku: Texts = ()
    state: ToldState | None = None


class SetsQuery(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """failed: those alone that were not taken."""

    channel: Texts = ()
    failed: bool = False


class OffersQuery(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """state: as what they are offered."""

    channel: Texts = ()
    sku: Texts = ()
    state: tuple[ListingState, ...] = ()


async def list_channel_stock(call: Call[ToldQuery, None]) -> Answer:
    """Figures of SKUs by channel."""
    query = call.query
    channels = seen(query.channel, call.key.channels)
    if channels is None:
        return page([], None)
    place = parse_cursor(query.cursor, LevelPlace)

    def load(source: Source) -> list[ToldLevel]:
        asked = AskedLevels(_known(source, channels), query.sku, query.state)
        return load_told(source, asked, place, most=query.limit + 1)

    return page_of(await readers(call).run(load), query.limit, lambda row: (row.channel, row.sku, row.since))


async def list_channel_sets(call: Call[SetsQuery, None]) -> Answer:
    """Sets that channels were sent."""
    query = call.query
    channels = seen(query.channel, call.key.channels)
    if channels is None:
        return page([], None)
    place = parse_cursor(query.cursor, SetPlace) or (LAST_AT, "")

    def load(source: Source) -> list[SentSet]:
        return load_sets(source, _known(source, channels), place, failed=query.failed, most=query.limit + 1)

    return page_of(await readers(call).run(load), query.limit, lambda row: (row.pushed_at, row.channel))


async def list_channel_listings(call: Call[OffersQuery, None]) -> Answer:
    """How channels offer SKUs that come and go."""
    query = call.query
    channels = seen(query.channel, call.key.channels)
    if channels is None or call.key.locations:  # as listings, which are at no location
        return page([], None)
    place = parse_cursor(query.cursor, OfferPlace) or ("", "")

    def load(source: Source) -> list[Offer]:
        asked = AskedOffers(_known(source, channels), query.sku, query.state)
        return load_offers(source, asked, place, most=query.limit + 1)

    return page_of(await readers(call).run(load), query.limit, lambda row: (row.channel, row.sku))


def _known(source: Source, channels: tuple[str, ...]) -> list[str]:
    """Those of the channels that there are, in order; of all, when none is named."""
    return [each for each in sorted(source.settings().channels) if not channels or each in channels]


def _operation(
    name: str, path: str, summary: str, handler: Any, output: Any, query: Any, description: str
) -> Operation:
    return Operation(
        name=name, method="GET", path=path, right=Right.STOCK_READ, summary=summary, handler=handler, capability="channels",
        output=output, query=query, page=True, description=description,
    )  # fmt: skip


OPERATIONS: Final[tuple[Operation, ...]] = (
    _operation(
        "list_channel_stock", "/v1/channel-stock", "List what channels are told of stock", list_channel_stock, ToldLevel,
        ToldQuery,
        "By channel and SKU: the figure as it is now, the one that the channel has taken last and when, since when it waits, and"
        " what went wrong. What waits comes with the oldest change first, where `state` asks for it.",
    ),
    _operation(
        "list_channel_sets", "/v1/channel-sets", "List the sets of stock and listings that channels were sent, the last first",
        list_channel_sets, SentSet, SetsQuery,
        "How many figures were sent together, when the channel had taken them, or why it has not; old ones are let go.",
    ),
    _operation(
        "list_channel_listings", "/v1/channel-listings", "List how channels offer SKUs that come and go", list_channel_listings,
        Offer, OffersQuery,
        "By channel and SKU: as what it is offered, why, since when and until when, and whether the channel has taken that.",
    ),
)  # fmt: skip
