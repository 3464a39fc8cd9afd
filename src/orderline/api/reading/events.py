"""The feed: everything that happens to orders, in order, to be followed by cursor."""

import asyncio
from typing import Annotated, Final
from uuid import UUID

import msgspec

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.reading.paging import Cursor, Texts, parse_cursor, readers, render_cursor, seen
from orderline.store.reading.events import START, CloudEvent, EventsPage, load_events, load_head, page_body
from orderline.store.reading.events import Place as Placed

LOOK_EVERY_S: Final = 0.25
LOOKS_AT_ONCE: Final = 20


Position = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Seq = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]


class EventsQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """wait_s: wait for something to happen, at most so long. start: where to begin without a cursor.

    type: such as `order_placed`; channel: of orders of these.
    """

    cursor: Cursor = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000, description="How many commits to look at, at most")] = 100
    wait_s: Annotated[int, msgspec.Meta(ge=0, le=30)] = 0
    start: Annotated[str, msgspec.Meta(pattern="^(beginning|now)$")] = "beginning"
    type: Texts = ()
    channel: Texts = ()


class EventsAnswer(msgspec.Struct, frozen=True):
    """Events, and the cursor that goes on after them; it is always there. more: ask again at once."""

    items: list[CloudEvent]
    next: str
    more: bool


async def list_events(call: Call[EventsQuery, None]) -> Answer:
    """Events after a cursor; with `wait_s`, waits for the first."""
    query, reads = call.query, readers(call)
    cursor = parse_cursor(query.cursor, tuple[Position, UUID, Seq])
    place: Placed = cursor or (await reads.run(load_head) if query.start == "now" else START)
    types = frozenset(each.removeprefix("orderline.") for each in query.type)
    channels = seen(query.channel, call.key.channels)
    loop = asyncio.get_running_loop()
    until = loop.time() + query.wait_s
    looks = 0
    while True:
        after = place
        found: EventsPage = await reads.run(
            lambda source, after=after: load_events(
                source,
                after,
                most=query.limit,
                types=types,
                channels=channels or (),
                seen_at=tuple(call.key.locations),
            )
        )
        if channels is None:
            found = EventsPage([], found.place, found.more)
        place, looks = found.place, looks + 1
        if found.items or (found.more and looks >= LOOKS_AT_ONCE):
            break
        if not found.more:
            left = until - loop.time()
            if left <= 0:
                break
            looks = 0
            await asyncio.sleep(min(LOOK_EVERY_S, left))
    return Answer(page_body(found.items, render_cursor(place), more=found.more))


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="list_events", method="GET", path="/v1/events", right=Right.EVENTS_READ,
        summary="Follow everything that happens to orders",
        description="CloudEvents in the order of their commits. An event that was shown stays where it is, and none is"
        " committed before a cursor that was given out. Keep `next` and ask again; `wait_s` waits for news.",
        handler=list_events, capability="events", query=EventsQuery, output=EventsAnswer,
    ),
)  # fmt: skip
