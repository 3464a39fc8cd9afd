"""Lots and serial numbers: where they stand, and which orders got them."""

from datetime import UTC, datetime
from typing import Annotated, Final

import msgspec

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.reading.paging import Page, Text, Texts, page, page_of, parse_cursor, readers, seen
from orderline.api.scoping import check_location
from orderline.core.moves import StockBucket
from orderline.core.stock.lots import LotLevel, LotUnits, proposed
from orderline.store.reading.lots import Recall, load_lots, load_recall
from orderline.values.quantity import MAX_QUANTITY

_MOST_SHELVES: Final = 1_000


class LotQuery(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    sku: Texts = ()
    location: Texts = ()
    lot: Texts = ()


async def _list_lots(call: Call[LotQuery, None]) -> Answer:
    """Lots, page by page."""
    query = call.query
    locations = seen(query.location, call.key.locations)
    if locations is None:
        return page([], None)
    after = parse_cursor(query.cursor, tuple[str, str, str, str]) or ("", "", "", "")
    found = await readers(call).run(
        lambda source: load_lots(
            source, skus=query.sku, locations=locations, lots=query.lot, after=after, most=query.limit + 1
        )
    )
    return page_of(found, query.limit, lambda row: (row.sku, row.location, row.bucket, row.lot))


class ProposalQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """quantity: how many units are to be taken."""

    sku: Text
    location: Text
    quantity: Annotated[int, msgspec.Meta(ge=1, le=MAX_QUANTITY)] = 1


class LotProposal(msgspec.Struct, frozen=True):
    """Which lots to take, in this order: what expires first first. Less than was asked for, when no more is there."""

    sku: str
    location: str
    lots: tuple[LotUnits, ...]


async def _propose(call: Call[ProposalQuery, None]) -> Answer:
    """The lots that a picker is to take."""
    query = call.query
    check_location(call, query.location)
    levels = await readers(call).run(
        lambda source: load_lots(source, skus=(query.sku,), locations=(query.location,), most=_MOST_SHELVES)
    )
    there = sum(level.quantity for level in levels if level.bucket == StockBucket.SELLABLE)
    lots = proposed(levels, StockBucket.SELLABLE, min(query.quantity, there), on=datetime.now(UTC).date())
    return Answer(LotProposal(query.sku, query.location, lots))


async def _recall(call: Call[None, None]) -> Answer:
    """All that is known of a lot; an unknown one is nowhere."""
    channels, locations = sorted(call.key.channels), sorted(call.key.locations)
    sku, lot = call.path["sku"], call.path["lot"]
    found = await readers(call).run(
        lambda source: (
            load_recall(source, sku, lot, channels=channels, locations=locations, most=_MOST_SHELVES)
            if sku.isprintable() and lot.isprintable()
            else Recall(sku, lot, [], [], 0)
        )
    )
    return Answer(found)


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="list_lots", method="GET", path="/v1/lots", right=Right.STOCK_READ,
        summary="List lots and serial numbers by where they stand", handler=_list_lots, capability="stock",
        query=LotQuery, output=LotLevel, page=True,
    ),
    Operation(
        name="propose_lots", method="GET", path="/v1/lots/proposal", right=Right.STOCK_READ,
        summary="Ask which lots to take from a shelf, the first to expire first", handler=_propose, capability="stock",
        query=ProposalQuery, output=LotProposal,
    ),
    Operation(
        name="recall_lot", method="GET", path="/v1/stock/{sku}/lots/{lot}", right=Right.STOCK_READ,
        summary="Read where a lot is, and which orders got it",
        description="The question of a recall: shelves that have units, orders that were sent some, those picked.",
        handler=_recall, capability="stock", output=Recall,
    ),
)  # fmt: skip
