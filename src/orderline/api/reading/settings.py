"""The merchant's settings read: locations, pools, channels, SKUs."""

from collections.abc import Awaitable, Callable, Collection
from typing import Any, Final

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.reading.paging import Page, Text, page_of, parse_cursor, readers
from orderline.core.stock.refusals import StockRefusal as R
from orderline.core.stock.state import Channel, Location, Pool, Settings, Sku
from orderline.store.reading.levels import load_skus
from orderline.store.reading.promises import load_known
from orderline.values.failures import Refused


class SkusQuery(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """prefix: only SKUs whose code begins so."""

    prefix: Text = ""


async def list_skus(call: Call[SkusQuery, None]) -> Answer:
    """SKUs by code."""
    query = call.query
    after = parse_cursor(query.cursor, str) or ""
    found = await readers(call).run(
        lambda source: load_skus(source, prefix=query.prefix, after=after, most=query.limit + 1)
    )
    return page_of(found, query.limit, lambda sku: sku.code)


async def read_sku(call: Call[None, None]) -> Answer:
    """One SKU."""
    code = call.path["sku"]
    known = await readers(call).run(lambda source: load_known(source, {code}))
    if code not in known:
        raise Refused(R.SKU_UNKNOWN, field="sku", value=code[:100])
    return Answer(known[code][0])


Handler = Callable[[Call[Any, None]], Awaitable[Answer]]
Values = Callable[[Settings], dict[str, Any]]


def _allowed(call: Call[Any, None], of: Values) -> Collection[str]:
    """The codes that a key is limited to; none: no limit."""
    if of is _locations:
        return call.key.locations
    return call.key.channels if of is _channels else ()


def _lister(of: Values) -> Handler:
    async def list_all(call: Call[Page, None]) -> Answer:
        query, allowed = call.query, _allowed(call, of)
        after = parse_cursor(query.cursor, str) or ""
        settings = await readers(call).run(lambda source: source.settings())
        found = [
            value for code, value in sorted(of(settings).items()) if code > after and (not allowed or code in allowed)
        ]
        return page_of(found, query.limit, lambda value: value.code)

    return list_all


def _reader(of: Values, unknown: R) -> Handler:
    async def read_one(call: Call[None, None]) -> Answer:
        code, allowed = call.path["code"], _allowed(call, of)
        settings = await readers(call).run(lambda source: source.settings())
        found = of(settings).get(code)
        if found is None or (allowed and code not in allowed):
            raise Refused(unknown, field="code", value=code[:100])
        return Answer(found)

    return read_one


def _locations(settings: Settings) -> dict[str, Any]:
    return settings.locations


def _pools(settings: Settings) -> dict[str, Any]:
    return settings.pools


def _channels(settings: Settings) -> dict[str, Any]:
    return settings.channels


def _both(one: str, of: Values, unknown: R, output: Any) -> tuple[Operation, Operation]:
    many = f"{one}s"
    listing = Operation(
        name=f"list_{many}", method="GET", path=f"/v1/{many}", right=Right.SETTINGS_READ, summary=f"List {many}",
        handler=_lister(of), capability="channels", query=Page, output=output, page=True,
    )  # fmt: skip
    reading = Operation(
        name=f"read_{one}", method="GET", path=f"/v1/{many}/{{code}}", right=Right.SETTINGS_READ,
        summary=f"Read a {one}", handler=_reader(of, unknown), capability="channels", output=output,
        refusals=(unknown.value,),
    )  # fmt: skip
    return listing, reading


OPERATIONS: Final[tuple[Operation, ...]] = (
    *_both("location", _locations, R.LOCATION_UNKNOWN, Location),
    *_both("pool", _pools, R.POOL_UNKNOWN, Pool),
    *_both("channel", _channels, R.CHANNEL_UNKNOWN, Channel),
    Operation(
        name="list_skus", method="GET", path="/v1/skus", right=Right.SETTINGS_READ, summary="List SKUs by code",
        handler=list_skus, capability="channels", query=SkusQuery, output=Sku, page=True,
    ),
    Operation(
        name="read_sku", method="GET", path="/v1/skus/{sku}", right=Right.SETTINGS_READ, summary="Read a SKU",
        handler=read_sku, capability="channels", output=Sku, refusals=("SKU_UNKNOWN",),
    ),
)  # fmt: skip
