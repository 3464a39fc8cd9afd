"""Alarms read: orders with something to do that nobody is going to do."""

from typing import Final
from uuid import UUID

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.reading.paging import Page, Texts, page, page_of, parse_cursor, readers, seen
from orderline.store.reading.alarms import AlarmRow, load_alarms


class AlarmsQuery(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    channel: Texts = ()


async def list_alarms(call: Call[AlarmsQuery, None]) -> Answer:
    """Alarms by order, the oldest order first."""
    query = call.query
    channels = seen(query.channel, call.key.channels)
    if channels is None:
        return page([], None)
    after = parse_cursor(query.cursor, UUID)
    locations = tuple(call.key.locations)
    found = await readers(call).run(
        lambda source: load_alarms(source, channels=channels, locations=locations, after=after, most=query.limit + 1)
    )
    return page_of(found, query.limit, lambda row: row.order)


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="list_alarms", method="GET", path="/v1/alarms", right=Right.ORDERS_READ,
        summary="List orders that nothing will move",
        description="There should be none. An alarm is raised when no job, timer, decision or hold stands behind an"
        " order's next step, and is over by itself when something moves it again.",
        handler=list_alarms, capability="alarms", query=AlarmsQuery, output=AlarmRow, page=True,
    ),
)  # fmt: skip
