"""How much people have to do with orders."""

from typing import Annotated, Final
from uuid import UUID

import msgspec

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.reading.paging import Text, Texts, page, page_of, parse_cursor, readers, seen
from orderline.api.reading.spans import Number, SpanPage, last_days, span_of
from orderline.api.scoping import check_every_location
from orderline.store.reading.touches import (
    AcceptedOrder,
    Touch,
    TouchReport,
    list_accepted,
    list_touches,
    load_touches,
)

_DAYS: Final = 28
_MOST_DAYS: Final = 92
_Place = tuple[Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)], UUID, Number]  # position, order, seq


class TouchesQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """days: how many days back. key: names of API keys that people act through, such as that of a back office."""

    days: Annotated[int, msgspec.Meta(ge=1, le=_MOST_DAYS)] = _DAYS
    key: Texts = ()


class TouchedQuery(SpanPage, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """key: as for the report. once: of each order the last alone."""

    channel: Texts = ()
    command: Text = ""
    key: Texts = ()
    once: bool = False


class AcceptedQuery(SpanPage, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Orders of channels."""

    channel: Texts = ()


async def _touches(call: Call[TouchesQuery, None]) -> Answer:
    check_every_location(call, "location", "")
    given, channels = call.query, sorted(call.key.channels)
    since, until = last_days(given.days)
    found = await readers(call).run(
        lambda source: load_touches(source, since, until, keys=given.key, channels=channels)
    )
    return Answer(found)


async def _touched(call: Call[TouchedQuery, None]) -> Answer:
    """The touches behind the figures."""
    check_every_location(call, "location", "")
    given, (since, until) = call.query, span_of(call.query, _DAYS, _MOST_DAYS)
    channels, after = seen(given.channel, call.key.channels), parse_cursor(given.cursor, _Place)
    if channels is None:
        return page([], None)
    found = await readers(call).run(
        lambda source: list_touches(
            source, since, until, keys=given.key, channels=channels, command=given.command, once=given.once, after=after,
            most=given.limit + 1,
        )
    )  # fmt: skip
    return page_of(found, given.limit, lambda row: (row.position, row.order, row.seq))


async def _accepted(call: Call[AcceptedQuery, None]) -> Answer:
    """The orders that touches are counted for a hundred of."""
    check_every_location(call, "location", "")
    given, (since, until) = call.query, span_of(call.query, _DAYS, _MOST_DAYS)
    channels, after = seen(given.channel, call.key.channels), parse_cursor(given.cursor, _Place)
    if channels is None:
        return page([], None)
    found = await readers(call).run(
        lambda source: list_accepted(source, since, until, channels=channels, after=after, most=given.limit + 1)
    )
    return page_of(found, given.limit, lambda row: (row.position, row.order, 1))


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="read_touches", method="GET", path="/v1/reports/touches", right=Right.ORDERS_READ,
        summary="Read how much is done by hand for each hundred orders", handler=_touches, capability="reports",
        description="Commands that people gave on orders, by the command line, a console, or the keys that are named or have a person, by"
        " channel and kind. Placing an order is none; test orders and history do not count.",
        query=TouchesQuery, output=TouchReport, refusals=("LOCATION_NOT_YOURS",),
    ),
    Operation(
        name="list_touches", method="GET", path="/v1/reports/touches/commands", right=Right.ORDERS_READ,
        summary="List what was done by hand", handler=_touched, capability="reports",
        description="The commands that the report counts, the last first. With its `since`, `until` and `key`, and the `channel` and"
        " `command` of a figure, there are as many as the figure says, and with `once` as many as it says of orders.",
        query=TouchedQuery, output=Touch, page=True, refusals=("LOCATION_NOT_YOURS", "TIME_NOT_AWARE", "TIME_OUT_OF_RANGE"),
    ),
    Operation(
        name="list_accepted_orders", method="GET", path="/v1/reports/touches/orders", right=Right.ORDERS_READ,
        summary="List the orders that touches are counted for a hundred of", handler=_accepted, capability="reports",
        description="Orders that were accepted, the last first. With `since`, `until` and a `channel` of the report there are as many"
        " as it says.",
        query=AcceptedQuery, output=AcceptedOrder, page=True,
        refusals=("LOCATION_NOT_YOURS", "TIME_NOT_AWARE", "TIME_OUT_OF_RANGE"),
    ),
)  # fmt: skip
