"""Stock read: shelves, promises with their reasons, the ledger, alarms."""

import dataclasses
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import msgspec
from msgspec.structs import replace

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.reading.paging import MOST, Page, Text, Texts, page, page_of, parse_cursor, readers, seen
from orderline.api.scoping import check_channel
from orderline.core.stock.explain import AtpExplanation
from orderline.core.stock.movements import MovementKind
from orderline.store.reading.feeding import FeedSaid, load_feeds_of
from orderline.store.reading.levels import Alarm, LevelRow, SkuStock, load_levels, load_oversold, load_sku_stock
from orderline.store.reading.movements import Asked, Movement, Place, load_movements, load_numbers
from orderline.store.reading.promises import (
    MOST_SKUS,
    AtpAnswer,
    StockAsOf,
    explain_promise,
    load_as_of,
)
from orderline.store.reading.source import Source
from orderline.values.time import utc

# Times that it is looked further when what was looked at has nothing that fits.
_MOST_ROUNDS: Final = 5


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


class MovementsQuery(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """kind: what has moved them, or for which reason somebody did. actor: who. since, until: when it was recorded."""

    sku: Text = ""
    location: Texts = ()
    kind: tuple[MovementKind, ...] = ()
    actor: Text = ""
    since: datetime | None = None
    until: datetime | None = None


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
    return await _movements(call, Asked(sku=call.path["sku"]), call.query.location)


async def list_movements(call: Call[MovementsQuery, None]) -> Answer:
    """The ledger of all SKUs."""
    query = call.query
    asked = Asked(
        sku=query.sku, kinds=sorted({each.value for each in query.kind}), by=query.actor,
        since=utc(query.since, field="since") if query.since is not None else None,
        until=utc(query.until, field="until") if query.until is not None else None,
    )  # fmt: skip
    return await _movements(call, asked, query.location)


async def _movements(call: Call[Any, None], asked: Asked, locations: tuple[str, ...]) -> Answer:
    allowed, most = seen(locations, call.key.locations), call.query.limit
    if allowed is None:
        return page([], None)
    asked = dataclasses.replace(asked, locations=sorted(set(allowed)))
    place = parse_cursor(call.query.cursor, Place)
    found: list[Movement] = []

    def load(source: Source) -> tuple[list[Movement], Place | None]:
        return load_movements(source, asked, place, most=most - len(found))

    for _ in range(_MOST_ROUNDS):
        rows, place = await readers(call).run(load)
        found += rows
        if place is None or len(found) >= most:
            break
    told = await _with_orders(call, found)
    # who it was is told of some alone: of the others it is not to be guessed by asking for everybody
    return page([each for each in told if not asked.by or each.by == asked.by], place)


async def list_sku_feeds(call: Call[None, None]) -> Answer:
    """What feeds have said of a SKU."""
    locations = tuple(sorted(call.key.locations))
    found = await readers(call).run(
        lambda source: load_feeds_of(source, call.path["sku"], locations=locations, most=MOST)
    )
    return page(found, None)


async def _with_orders(call: Call[Any, Any], rows: list[Movement]) -> list[Movement]:
    """Which order, or return of one, has moved units is told to keys that see it; to others, that it was one.

    A paper and a reason may name orders too: they are told to keys of all channels, and of an order that is seen.
    """
    asked = sorted({each.order for each in rows if each.order is not None})
    numbers = await readers(call).run(lambda source: load_numbers(source, asked)) if asked else {}
    told: list[Movement] = []
    for each in rows:
        number, channel = numbers.get(each.order, ("", "")) if each.order is not None else ("", "")
        if not call.key.channels or (number and channel in call.key.channels):
            told.append(replace(each, order_number=number))
        elif each.order is not None:
            told.append(replace(each, cause=each.cause.partition(":")[0], reference="", reason="", by="", via=""))
        else:
            told.append(replace(each, reference="", reason=""))
    return told


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
        list_stock_entries, Movement, query=EntriesQuery, page=True,
    ),
    _operation(
        "list_movements", "/v1/movements", "List movements of stock, the last first", list_movements, Movement,
        query=MovementsQuery, page=True, refusals=("TIME_NOT_AWARE", "TIME_OUT_OF_RANGE"),
        description="Of all SKUs, or of one. By SKU, location or kind alone they are found at once, but for the kind `order`; what"
        " has several filters, or `actor`, is looked for among the last entries: a page may be short, even empty, while there is a"
        " `next`.",
    ),
    _operation(
        "list_sku_feeds", "/v1/stock/{sku}/feeds", "List what feeds have said of a SKU", list_sku_feeds, FeedSaid, page=True,
        description="By location and feed: when the feed last changed the shelf and by how many, and when it came last, with"
        " which sequence. Feeds are looked for among the last 500 moves of each shelf; the first 200 are told.",
    ),
)  # fmt: skip
