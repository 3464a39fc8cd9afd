"""Price lists: what was agreed that goods cost, by date and quantity."""

from dataclasses import replace
from typing import Any, Final

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.reading.paging import Page, Text, page, page_of, parse_cursor, readers
from orderline.api.records import Records
from orderline.core.price_lists.decide import PutPriceList, SetPrices
from orderline.core.price_lists.refusals import PriceRefusal as R
from orderline.core.price_lists.state import PRICE, PRICE_LIST, Price, PriceState, price_id
from orderline.store.reading.records import load_record, load_records

_LISTS: Final = Records(
    kind=PRICE_LIST,
    one="price_list",
    many="price_lists",
    capability="price_lists",
    read=Right.ORDERS_READ,
    write=Right.SETTINGS_WRITE,
    unknown=R.PRICE_LIST_UNKNOWN,
    states=PriceState,
    for_all=True,
    of_all=True,
)


class PricesQuery(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """sku: of this SKU alone."""

    sku: Text = ""


async def _prices(call: Call[PricesQuery, None]) -> Answer:
    listed = await _LISTS.found(call)
    query = call.query
    after = parse_cursor(query.cursor, str) or ""
    if query.sku:
        id_ = price_id(listed.id, query.sku)
        price = await readers(call).run(lambda source: load_record(source, PRICE, id_))
        return page([] if price is None else [price], None)
    found: list[Price] = await readers(call).run(
        lambda source: load_records(source, PRICE, subjects=[listed.id], after=after, most=query.limit + 1)
    )
    return page_of(found, query.limit, lambda price: price.id)


_SET: Final = _LISTS.acting(
    SetPrices, path="prices", summary="Say what SKUs cost from a day on", names="price_list",
    refusals=("PRICES_NOT_ACCEPTABLE", "PRICES_IN_FORCE"),
)  # fmt: skip


async def _set_prices(call: Call[None, Any]) -> Answer:
    """The command changes many records, and answers one of them: the list is what was asked for."""
    answer = await _SET.handler(call)
    return Answer(await _LISTS.found(call), headers=answer.headers)


OPERATIONS: Final[tuple[Operation, ...]] = (
    *_LISTS.reading(),
    _LISTS.creating(
        PutPriceList, summary="Create a price list, or rename it", names="price_list",
        refusals=("PRICES_IN_FORCE", "CODE_NOT_ACCEPTABLE", "CURRENCY_UNKNOWN"),
    ),
    replace(_SET, handler=_set_prices),
    Operation(
        name="list_prices", method="GET", path="/v1/price-lists/{id}/prices", right=Right.ORDERS_READ,
        summary="List the prices of a list, with all their versions", handler=_prices, capability="price_lists",
        query=PricesQuery, output=Price, page=True, refusals=("PRICE_LIST_UNKNOWN",),
    ),
)  # fmt: skip
