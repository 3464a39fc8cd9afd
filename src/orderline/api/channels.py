"""The merchant's settings: SKUs, locations, pools, channels."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

import msgspec

from orderline.api.actions import fields_of, input_of
from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.deciding import decide
from orderline.api.reading.paging import readers
from orderline.api.refusals import ApiRefusal
from orderline.api.scoping import (
    check_channel,
    check_every_channel,
    check_every_location,
    check_location,
    check_unlimited,
    order_of,
    order_unknown,
)
from orderline.core.orders.commands import Command
from orderline.core.orders.status import status_of
from orderline.core.orders.vocabulary import StatusWords, told, words_of
from orderline.core.stock.commands import PutChannel, PutLocation, PutPool, PutSkus, PutSubstitutes
from orderline.core.stock.state import Channel, Location, Pool
from orderline.store.loading import load_orders
from orderline.store.pushing import PushLag, load_lag
from orderline.store.reading.promises import channel_of
from orderline.store.reading.source import Source
from orderline.values.failures import Refused


async def _put_skus(call: Call[None, Any]) -> Answer:
    most = call.services.limits.bulk_items
    if len(call.input.skus) > most:
        raise Refused(ApiRefusal.ITEMS_TOO_MANY, field="skus", value=len(call.input.skus), allowed=most)
    return await _put(call, PutSkus(skus=call.input.skus), call.input)


async def _put_location(call: Call[None, Any]) -> Answer:
    check_location(call, call.path["code"])
    check_every_channel(call, "code", call.path["code"])  # that sells from it
    location = Location(code=call.path["code"], **fields_of(call.input))
    return await _put(call, PutLocation(location=location), location)


async def _put_pool(call: Call[None, Any]) -> Answer:
    check_unlimited(call)
    pool = Pool(code=call.path["code"], **fields_of(call.input))
    return await _put(call, PutPool(pool=pool), pool)


async def _put_channel(call: Call[None, Any]) -> Answer:
    check_channel(call, call.path["code"])
    check_every_location(call, "code", call.path["code"])  # that it sells from
    channel = Channel(code=call.path["code"], **fields_of(call.input))
    return await _put(call, PutChannel(channel=channel), channel)


async def _put(call: Call[None, Any], command: Command, value: Any) -> Answer:
    """What stands now: a setting that was taken is kept as it came."""
    answer = await decide(call, command)
    return Answer(value, headers=answer.headers)


async def _put_substitutes(call: Call[None, Any]) -> Answer:
    return await _put(call, PutSubstitutes(sku=call.path["sku"], substitutes=call.input.substitutes), call.input)


_SubstitutesInput: Final = input_of(PutSubstitutes, "PutSubstitutesInput", without=("sku",))
_SkusInput: Final = input_of(PutSkus, "PutSkusInput")


class LagQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """hours: how far back pushes are counted."""

    hours: Annotated[int, msgspec.Meta(ge=1, le=720)] = 24


async def _read_stock_lag(call: Call[LagQuery, None]) -> Answer:
    code = call.path["code"]
    check_channel(call, code)
    since = datetime.now(UTC) - timedelta(hours=call.query.hours)

    def load(source: Source) -> PushLag:
        return load_lag(source, channel_of(source.settings(), code).code, since)

    return Answer(await readers(call).run(load))


class ChannelWords(msgspec.Struct, frozen=True):
    """What a channel calls each status, by `axis.status`."""

    channel: str
    words: dict[str, str]


async def _read_words(call: Call[None, None]) -> Answer:
    code = call.path["code"]
    check_channel(call, code)
    channel = await readers(call).run(lambda source: channel_of(source.settings(), code))
    return Answer(ChannelWords(channel.code, words_of(channel.words)))


async def _read_status(call: Call[None, None]) -> Answer:
    id_ = await order_of(call)

    def load(source: Source) -> StatusWords:
        order = load_orders(source.connection, source.cell, [id_]).get(id_)
        if order is None:
            raise order_unknown(call.path["order"])
        channel = source.settings().channels.get(order.channel)
        return told(order.number, order.channel, status_of(order), channel.words if channel is not None else {})

    return Answer(await readers(call).run(load))


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="put_skus", method="PUT", path="/v1/skus", right=Right.SETTINGS_WRITE,
        summary="Create SKUs, or replace what is known of them", description="All of them or, refused, none.",
        handler=_put_skus, capability="stock", input=_SkusInput, output=_SkusInput,
        bulk=True,
        refusals=("CODE_NOT_ACCEPTABLE", "SKU_SOLD_AS", "SKU_CHANGES_KIND", "SKU_UNKNOWN", "BUNDLE_OF_BUNDLES", "ITEMS_TOO_MANY"),
    ),
    Operation(
        name="put_substitutes", method="PUT", path="/v1/skus/{sku}/substitutes", right=Right.SETTINGS_WRITE,
        summary="Say what may be sent for a SKU that can't be had",
        description="In order, each with its price rule and conditions. Without `consent` it is sent unasked; who pays a"
        " difference is always asked. The SKU as it is read shows them.",
        handler=_put_substitutes, capability="stock", input=_SubstitutesInput, output=_SubstitutesInput,
        refusals=("SKU_UNKNOWN", "SUBSTITUTES_NOT_ACCEPTABLE", "CHANNEL_UNKNOWN", "COUNTRY_UNKNOWN"),
    ),
    Operation(
        name="put_location", method="PUT", path="/v1/locations/{code}", right=Right.SETTINGS_WRITE,
        summary="Create or replace a location", handler=_put_location, capability="stock",
        input=input_of(Location, "PutLocationInput", without=("code", "feed_stale")), output=Location,
        refusals=("POOL_UNKNOWN", "LOCATION_CHANGES_POOL", "COUNTRY_UNKNOWN", "TIME_ZONE_UNKNOWN"),
    ),
    Operation(
        name="put_pool", method="PUT", path="/v1/pools/{code}", right=Right.SETTINGS_WRITE,
        summary="Create or rename a pool", handler=_put_pool, capability="pools",
        input=input_of(Pool, "PutPoolInput", without=("code",)), output=Pool, refusals=("CODE_NOT_ACCEPTABLE",),
    ),
    Operation(
        name="put_channel", method="PUT", path="/v1/channels/{code}", right=Right.SETTINGS_WRITE,
        summary="Create or replace a channel", handler=_put_channel, capability="channels",
        input=input_of(Channel, "PutChannelInput", without=("code",)), output=Channel,
        refusals=("POOL_UNKNOWN", "CURRENCY_UNKNOWN", "CODE_NOT_ACCEPTABLE", "SCHEDULE_NOT_POSSIBLE", "WINDOW_NOT_ACCEPTABLE"),
    ),
    Operation(
        name="read_channel_words", method="GET", path="/v1/channels/{code}/status-words", right=Right.ORDERS_READ,
        summary="Read what a channel calls each status",
        description="Complete: what the channel has no word for is called as we call it to customers.",
        handler=_read_words, capability="channels", output=ChannelWords, refusals=("CHANNEL_UNKNOWN", "CHANNEL_NOT_YOURS"),
    ),
    Operation(
        name="read_order_status", method="GET", path="/v1/orders/{order}/status", right=Right.ORDERS_READ,
        summary="Read the status of an order in the words of its channel", handler=_read_status, capability="orders",
        output=StatusWords, refusals=("ORDER_UNKNOWN",),
    ),
    Operation(
        name="read_stock_lag", method="GET", path="/v1/channels/{code}/stock-lag", right=Right.STOCK_READ,
        summary="Read how far a channel's stock is behind ours",
        description="Figures it has not taken yet, and milliseconds from a change until it had been taken: of half of the"
        " sets (`half_ms`), of 95 in 100 (`most_ms`), of the slowest. A buffer covers what is sold in that time.",
        handler=_read_stock_lag, capability="channels", query=LagQuery, output=PushLag,
        refusals=("CHANNEL_UNKNOWN", "CHANNEL_NOT_YOURS"),
    ),
)  # fmt: skip
