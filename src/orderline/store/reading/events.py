"""The journal as a feed of events, each shaped as a CloudEvent.

A page ends before the oldest transaction that is still running: what lies below it is final, so that a cursor
never passes an event that is committed later.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from orderline.store.reading.source import Source, encode
from orderline.values.ids import OrderId

START = (0, UUID(int=0), 0)
Place = tuple[int, UUID, int]


class CloudEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event in the CloudEvents 1.0 form. id: the order, the version it made, and its place within that."""

    specversion: str = "1.0"
    id: str
    source: str
    type: str
    subject: OrderId
    time: msgspec.Raw
    datacontenttype: str = "application/json"
    data: "EventData"


class EventData(msgspec.Struct, frozen=True):
    """What happened to which order, by whom and by which command."""

    order: OrderId
    channel: str
    seq: int
    actor: msgspec.Raw
    command: str
    event: msgspec.Raw


class EventsPage(msgspec.Struct, frozen=True):
    """Encoded events, and the place after the last row that was looked at; `more`: there is more now."""

    items: list[bytes]
    place: Place
    more: bool


class _Entry(msgspec.Struct):
    at: msgspec.Raw
    actor: msgspec.Raw
    command: str
    events: list[msgspec.Raw]


class _Tag(msgspec.Struct):
    event: str


_entries = msgspec.json.Decoder(_Entry)
_tags = msgspec.json.Decoder(_Tag)


def load_events(
    source: Source,
    after: Place,
    *,
    most: int,
    types: frozenset[str] = frozenset(),
    channels: Sequence[str] = (),
    seen_at: Sequence[str] = (),
) -> EventsPage:
    """Events after a place, in the order of their transactions.

    types: only these, when any are given. channels: only of orders of these. seen_at: only of orders that these
    locations have, or had, work for. A page may be short, even empty,
    while there is `more`: a bounded number of rows is looked at.
    """
    rows = source.rows(
        "reading_events",
        "events_after",
        position=after[0],
        order_id=after[1],
        seq=after[2],
        seen_at=list(seen_at) or None,
        most=most,
    )
    items: list[bytes] = []
    for _, order_id, seq, body, channel, seen in rows:
        if seen and (not channels or channel in channels):
            items.extend(render_entry(source.cell, order_id, seq, body, channel, types))
    place = (rows[-1][0], rows[-1][1], rows[-1][2]) if rows else after
    return EventsPage(items, place, len(rows) == most)


def load_head(source: Source) -> Place:
    """The place after everything that is final now."""
    rows = source.rows("reading_events", "head")
    return (int(rows[0][0]), UUID(int=0), 0)


def load_order_events(source: Source, order_id: UUID, channel: str, *, after: int, most: int) -> EventsPage:
    """Events of one order after a version of it."""
    rows = source.rows("reading_events", "order_events", order_id=order_id, after=after, most=most)
    items = [item for seq, body in rows for item in render_entry(source.cell, order_id, seq, body, channel)]
    return EventsPage(items, (0, order_id, rows[-1][0] if rows else after), len(rows) == most)


def render_entry(
    cell: int, order_id: UUID, seq: int, body: str, channel: str, types: frozenset[str] = frozenset()
) -> list[bytes]:
    """The events of one row of the journal as CloudEvents."""
    entry = _entries.decode(body)
    rendered: list[bytes] = []
    for index, event in enumerate(entry.events):
        tag = _tags.decode(event).event
        if types and tag not in types:
            continue
        data = EventData(OrderId(order_id), channel, seq, entry.actor, entry.command, event)
        rendered.append(
            encode(
                CloudEvent(
                    id=f"{order_id}-{seq}-{index}",
                    source=f"/orderline/{cell}",
                    type=f"orderline.{tag}",
                    subject=OrderId(order_id),
                    time=entry.at,
                    data=data,
                )
            )
        )
    return rendered


def page_body(items: Sequence[bytes], cursor: str | None, **more: Any) -> bytes:
    """The JSON of a page of items that are encoded already."""
    rest = encode({"next": cursor, **more})
    return b"".join((b'{"items":[', b",".join(items), b"],", rest[1:]))
