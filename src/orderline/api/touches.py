"""How much people have to do with orders."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import msgspec

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.reading.paging import Texts, readers
from orderline.api.scoping import check_every_location
from orderline.store.reading.touches import TouchReport, load_touches


class TouchesQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """days: how many days back. key: names of API keys that people act through, such as that of a back office."""

    days: Annotated[int, msgspec.Meta(ge=1, le=92)] = 28
    key: Texts = ()


async def _touches(call: Call[TouchesQuery, None]) -> Answer:
    check_every_location(call, "location", "")
    until = datetime.now(UTC)
    since, given = until - timedelta(days=call.query.days), call.query
    channels = sorted(call.key.channels)
    found = await readers(call).run(
        lambda source: load_touches(source, since, until, keys=given.key, channels=channels)
    )
    return Answer(found)


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="read_touches", method="GET", path="/v1/reports/touches", right=Right.ORDERS_READ,
        summary="Read how much is done by hand for each hundred orders", handler=_touches, capability="reports",
        description="Commands that people gave on orders, by the command line, a console, or the keys that are named or have a person, by"
        " channel and kind. Placing an order is none; test orders and history do not count.",
        query=TouchesQuery, output=TouchReport, refusals=("LOCATION_NOT_YOURS",),
    ),
)  # fmt: skip
