"""Stock read: shelves, promises with their reasons, the ledger, alarms."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from msgspec.structs import replace

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.reading.paging import MOST, Page, Text, Texts, page, page_of, parse_cursor, readers, seen
from orderline.api.scoping import check_channel, orders_of
from orderline.core.stock.explain import AtpExplanation
from orderline.store.reading.feeding import FeedSaid, load_feeds_of
from orderline.store.reading.levels import Alarm, LevelRow, SkuStock, load_levels, load_oversold, load_sku_stock
from orderline.store.reading.listed import LAST_AT, LAST_ID
from orderline.store.reading.promises import (
    MOST_SKUS,
    AtpAnswer,
    LedgerEntry,
    StockAsOf,
    explain_promise,
    load_as_of,
    load_ledger,
)
from orderline.values.time import utc

# What the cause of a move begins with when it was an order, or a return of one.
_OF_ORDER: Final = re.compile(r"(order|return):([0-9a-f-]{36})")


class StockQuery(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    sku: Texts = ()
    location: Texts = ()


class ChannelQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """channel: whose pools are counted; all pools, when not given."""

    channel: Text = ""


class ExplainQuery(ChannelQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """at: what can be promised for then, dated supply included; now, when not given. country: where it is sold to."""

    at: datetime | None = None
    country: Text = ""


class AtpQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    channel: Text
    sku: Annotated[tuple[Text, ...], msgspec.Meta(min_length=1, max_length=MOST_SKUS)]


class AsOfQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """at: facts that had happened by then. known_at: as far as they had been recorded by then; now, when not given."""

    at: datetime
    known_at: datetime | None = None


class EntriesQuery(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    location: Texts = ()


async def list_stock(call: Call[StockQuery, None]) -> Answer:
    """Shelves, page by page."""
    query = call.query
    locations = seen(query.location, call.key.locations)
    if locations is None:
        return page([], None)
    after = parse_cursor(query.cursor, tuple[str, str]) or ("", "")
    found = await readers(call).run(
        lambda source: load_levels(source, skus=query.sku, locations=locations, after=after, most=query.limit + 1)
    )
    return page_of(found, query.limit, lambda row: (row.sku, row.location))


async def read_sku_stock(call: Call[None, None]) -> Answer:
    """All about the stock of one SKU."""
    locations = tuple(sorted(call.key.locations))
    return Answer(await readers(call).run(lambda source: load_sku_stock(source, call.path["sku"], locations=locations)))


async def explain_stock(call: Call[ExplainQuery, None]) -> Answer:
    """What can be promised of a SKU, and why."""
    channel = call.query.channel
    if channel:
        check_channel(call, channel)
    return Answer(
        await readers(call).run(
            lambda source: explain_promise(
                source,
                source.settings(),
                call.path["sku"],
                channel,
                at=utc(call.query.at, field="at") if call.query.at is not None else None,
                country=call.query.country,
                channels_seen=call.key.channels,
                locations_seen=call.key.locations,
            )
        )
    )


async def read_atp(call: Call[AtpQuery, None]) -> Answer:
    """What can be promised of some SKUs."""
    query = call.query
    check_channel(call, query.channel)
    return Answer(await readers(call).atp(query.channel, query.sku))


async def read_stock_as_of(call: Call[AsOfQuery, None]) -> Answer:
    """The shelves of a SKU in the past."""
    query = call.query
    at = utc(query.at, field="at")
    known_at = utc(query.known_at, field="known_at") if query.known_at is not None else datetime.now(UTC)
    locations = tuple(call.key.locations)
    return Answer(await readers(call).run(lambda source: load_as_of(source, call.path["sku"], at, known_at, locations)))


async def list_stock_entries(call: Call[EntriesQuery, None]) -> Answer:
    """The ledger of a SKU."""
    query = call.query
    locations = seen(query.location, call.key.locations)
    if locations is None:
        return page([], None)
    after = parse_cursor(query.cursor, tuple[datetime, UUID]) or (LAST_AT, LAST_ID)
    found = await readers(call).run(
        lambda source: load_ledger(source, call.path["sku"], locations=locations, after=after, most=query.limit + 1)
    )
    shown = await _with_causes(call, found)
    return page_of(shown, query.limit, lambda row: (row.recorded_at, row.id))


async def list_sku_feeds(call: Call[None, None]) -> Answer:
    """What feeds have said of a SKU."""
    locations = tuple(sorted(call.key.locations))
    found = await readers(call).run(
        lambda source: load_feeds_of(source, call.path["sku"], locations=locations, most=MOST)
    )
    return page(found, None)


async def _with_causes(call: Call[Any, Any], rows: list[LedgerEntry]) -> list[LedgerEntry]:
    """Which order, or return of one, has moved units is told to keys that see it; to others, that it was one."""
    of = {each.id: found[2] for each in rows if (found := _OF_ORDER.match(each.cause))}
    if not call.key.channels or not of:
        return rows
    asked = sorted(set(of.values()))
    seen_by_id = dict(zip(asked, await orders_of(call, asked, anywhere=True), strict=True))
    return [
        replace(each, cause=each.cause.partition(":")[0]) if each.id in of and seen_by_id[of[each.id]] is None else each
        for each in rows
    ]


async def list_oversold(call: Call[Page, None]) -> Answer:
    """Shelves with fewer units than are allocated."""
    query = call.query
    after = parse_cursor(query.cursor, tuple[str, str]) or ("", "")
    found = await readers(call).run(
        lambda source: load_oversold(source, locations=tuple(call.key.locations), after=after, most=query.limit + 1)
    )
    return page_of(found, query.limit, lambda row: (row.sku, row.location))


def _operation(name: str, path: str, summary: str, handler: Any, output: Any, **more: Any) -> Operation:
    return Operation(
        name=name, method="GET", path=path, right=Right.STOCK_READ, summary=summary, handler=handler,
        capability="stock", output=output, **more,
    )  # fmt: skip


OPERATIONS: Final[tuple[Operation, ...]] = (
    _operation("list_stock", "/v1/stock", "List shelves", list_stock, LevelRow, query=StockQuery, page=True),
    _operation(
        "list_oversold", "/v1/oversold", "List shelves with fewer units than are allocated", list_oversold, Alarm,
        query=Page, page=True,
    ),
    _operation(
        "read_atp", "/v1/atp", "Read what a channel may promise of some SKUs", read_atp, AtpAnswer, query=AtpQuery,
        refusals=("CHANNEL_UNKNOWN", "SKU_UNKNOWN"),
    ),
    _operation(
        "read_sku_stock", "/v1/stock/{sku}", "Read the stock of a SKU at all locations", read_sku_stock, SkuStock,
        refusals=("SKU_UNKNOWN",),
    ),
    _operation(
        "explain_atp", "/v1/stock/{sku}/atp", "Explain what can be promised of a SKU", explain_stock, AtpExplanation,
        query=ExplainQuery, refusals=("CHANNEL_UNKNOWN", "SKU_UNKNOWN"),
        description="Every term with its amount and the rows behind it; the terms add up to the figure.",
    ),
    _operation(
        "read_stock_as_of", "/v1/stock/{sku}/as-of", "Read the stock of a SKU at a past instant", read_stock_as_of,
        StockAsOf, query=AsOfQuery, refusals=("TIME_NOT_AWARE", "TIME_OUT_OF_RANGE"),
    ),
    _operation(
        "list_stock_entries", "/v1/stock/{sku}/entries", "List the ledger of a SKU, the last entry first",
        list_stock_entries, LedgerEntry, query=EntriesQuery, page=True,
    ),
    _operation(
        "list_sku_feeds", "/v1/stock/{sku}/feeds", "List what feeds have said of a SKU", list_sku_feeds, FeedSaid, page=True,
        description="By location and feed: when the feed last changed the shelf and by how many, and when it came last, with"
        " which sequence. Feeds are looked for among the last 500 moves of each shelf; the first 200 are told.",
    ),
)  # fmt: skip
