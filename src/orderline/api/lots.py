"""Lots and serial numbers: where they stand, and which orders got them."""

from typing import Final

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.reading.paging import Page, Texts, page, page_of, parse_cursor, readers, seen
from orderline.core.stock.lots import LotLevel
from orderline.store.reading.lots import Recall, load_lots, load_recall

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
        name="recall_lot", method="GET", path="/v1/stock/{sku}/lots/{lot}", right=Right.STOCK_READ,
        summary="Read where a lot is, and which orders got it",
        description="The question of a recall: shelves that have units, orders that were sent some, those picked.",
        handler=_recall, capability="stock", output=Recall,
    ),
)  # fmt: skip
