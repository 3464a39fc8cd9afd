"""How a location serves what it is asked for."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

import msgspec

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.reading.paging import Texts, page
from orderline.api.scoping import check_location
from orderline.store.service import Service, load_service

MOST: Final = 500


class ServiceQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """days: how many days back, today included. sku: those asked for; those rejected most, when none is given."""

    days: Annotated[int, msgspec.Meta(ge=1, le=366)] = 28
    sku: Texts = ()


async def _service(call: Call[ServiceQuery, Any]) -> Answer:
    location = call.path["location"]
    check_location(call, location)
    since = datetime.now(UTC).date() - timedelta(days=call.query.days - 1)
    found = await asyncio.to_thread(load_service, call.services.database, location, since, call.query.sku, MOST)
    return page(found, None)


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="read_service", method="GET", path="/v1/locations/{location}/service", right=Right.STOCK_READ,
        summary="Read how a location serves what it is asked for",
        description="Units by SKU that it was offered, has accepted and has rejected; those it rejects most first, 500 at"
        " most. Work that it did not accept in time counts as rejected; test orders do not count.",
        handler=_service, capability="fulfillments", query=ServiceQuery, output=Service, page=True,
    ),
)  # fmt: skip
