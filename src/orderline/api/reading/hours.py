"""How a day goes: what happened in each of its hours, beside the same day a week before."""

from datetime import UTC, date, datetime
from typing import Final

import msgspec

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.reading.paging import page, readers
from orderline.store.reading.hours import DayCurve, load_day


class HoursQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """day: in UTC; today, when not given."""

    day: date | None = None


async def list_hours(call: Call[HoursQuery, None]) -> Answer:
    """The curves of a day. What happens in an hour is of no one location: keys that are limited to some see none."""
    if call.key.locations:
        return page([], None)
    day, channels = call.query.day or datetime.now(UTC).date(), sorted(call.key.channels)
    if day.year < 2000 or day.year > 9000:
        return page([], None)
    return page(await readers(call).run(lambda source: load_day(source, day, channels)), None)


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="list_hours", method="GET", path="/v1/reports/hours", right=Right.ORDERS_READ,
        summary="Count orders, shipments and exceptions by the hour, beside the same day a week before",
        description="Exceptions are holds, units that a location rejects, declined payments, parcels astray, and alarms. Test"
        " orders and history do not count.",
        handler=list_hours, capability="reports", query=HoursQuery, output=DayCurve, page=True,
    ),
)  # fmt: skip
