"""Rejections read: units that locations have said they can't serve, and that have no location since."""

from typing import Annotated, Final
from uuid import UUID

import msgspec

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.reading.paging import Page, Texts, page, page_of, parse_cursor, readers, seen
from orderline.store.reading.work import RejectedRow, load_rejected

_LineNumber = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]


class RejectedQuery(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    channel: Texts = ()


async def list_rejected_units(call: Call[RejectedQuery, None]) -> Answer:
    """Lines by order, the oldest order first."""
    query = call.query
    channels = seen(query.channel, call.key.channels)
    if channels is None:
        return page([], None)
    after = parse_cursor(query.cursor, tuple[UUID, _LineNumber])
    locations = tuple(call.key.locations)
    found = await readers(call).run(
        lambda source: load_rejected(source, channels=channels, locations=locations, after=after, most=query.limit + 1)
    )
    return page_of(found, query.limit, lambda row: (row.order, row.line))


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="list_rejected_units", method="GET", path="/v1/rejected-units", right=Right.ORDERS_READ,
        summary="List units that a location has rejected and that are not served again",
        description="By line of an order: what locations have said they can't serve and no location has been given since, with"
        " those locations. A line is gone from it when its units have a location, are canceled, or may be asked for there again.",
        handler=list_rejected_units, capability="fulfillments", query=RejectedQuery, output=RejectedRow, page=True,
    ),
)  # fmt: skip
