"""How much people have to do with orders: what they did by hand, for each hundred orders that came in."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from orderline.core.context import Actor
from orderline.store.reading.auditing import Via, load_hands, positions
from orderline.store.reading.source import Source, encode
from orderline.values.ids import OrderId

Place = tuple[int, UUID, int]  # position, order, seq
_END: Final[Place] = (2**62, UUID(int=0), 0)


class Touches(msgspec.Struct, frozen=True):
    """Commands of one kind that people gave on orders of a channel, and on how many orders."""

    channel: str
    command: str
    touches: int
    orders: int


class ChannelTouches(msgspec.Struct, frozen=True):
    """What a channel's orders take. per_100: commands of people for each hundred orders accepted; None: none were."""

    channel: str
    orders: int
    touches: int
    per_100: float | None


class TouchReport(msgspec.Struct, frozen=True):
    """Channels, and what was done by hand, most often first."""

    since: datetime
    until: datetime
    channels: tuple[ChannelTouches, ...]
    commands: tuple[Touches, ...]


class Touch(msgspec.Struct, frozen=True, kw_only=True):
    """A command that a person gave on an order. by, via: who, and how it came. place: where it stands in the journal."""

    order: OrderId
    order_number: str
    channel: str
    command: str
    at: datetime
    by: str
    via: str
    position: int
    seq: int


class AcceptedOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order that was accepted, which is the first that the journal says of it."""

    order: OrderId
    order_number: str
    channel: str
    at: datetime
    position: int


def load_touches(
    source: Source, since: datetime, until: datetime, *, keys: Sequence[str], channels: Sequence[str]
) -> TouchReport:
    """What people did to orders from `since` until before `until`. keys: names of API keys that people act through."""
    about = {"since": since, "until": until, "channels": list(channels) or None}
    orders = {row[0]: int(row[1]) for row in source.rows("touches", "counted_orders", **about)}
    found = [
        Touches(row[0], row[1], int(row[2]), int(row[3]))
        for row in source.rows("touches", "touched_orders", **_people(source, keys), **about)
    ]
    sums: Counter[str] = Counter()
    for each in found:
        sums[each.channel] += each.touches
    names = sorted({*orders, *sums})
    return TouchReport(
        since=since,
        until=until,
        channels=tuple(
            ChannelTouches(name, orders.get(name, 0), sums[name], _per_100(sums[name], orders.get(name, 0)))
            for name in names
        ),
        commands=tuple(found),
    )


def list_touches(
    source: Source, since: datetime, until: datetime, *, keys: Sequence[str], channels: Sequence[str], command: str,
    once: bool, after: Place | None, most: int,
) -> list[Touch]:  # fmt: skip
    """The touches that are counted, the last first. command: of this one; once: of each order the last that fits, alone."""
    people = _people(source, keys)
    about = {
        "since": since, "until": until, "channels": list(channels) or None, "command": command, "once": once, "most": most,
        **people, **_where(source, since, until, after),
    }  # fmt: skip
    rows = source.rows("touches", "touches_by_hand", hands=load_hands(source, Via.CONSOLE, Via.CLI), **about)
    if people["persons"] or people["named"]:
        rows += source.rows("touches", "touches_by_keys", **about)
        rows.sort(key=lambda row: row[:3], reverse=True)
    names = _names(source, [row[1] for row in rows[:most]])
    found: list[Touch] = []
    for position, order, seq, at, given, actor in rows[:most]:
        number, channel = names[order]
        who = msgspec.json.decode(f"{{{actor}}}", type=Actor)
        found.append(
            Touch(
                order=order, order_number=number, channel=channel, command=given, at=at, by=who.name,
                via=who.via.partition(":")[0], position=position, seq=seq,
            )
        )  # fmt: skip
    return found


def list_accepted(
    source: Source, since: datetime, until: datetime, *, channels: Sequence[str], after: Place | None, most: int
) -> list[AcceptedOrder]:
    """The orders that touches are counted for a hundred of, the last first."""
    about = {"since": since, "until": until, "channels": list(channels) or None, "most": most}
    rows = source.rows("touches", "accepted_orders", **about, **_where(source, since, until, after))
    names = _names(source, [row[1] for row in rows])
    return [
        AcceptedOrder(order=order, order_number=names[order][0], channel=names[order][1], at=at, position=position)
        for position, order, _, at in rows
    ]


def _people(source: Source, keys: Sequence[str]) -> dict[str, list[str]]:
    """The keys that people act through, as the journal writes them: those that have a person, and those that are named."""
    persons = [f'api:{id_}"' for (id_,) in source.rows("touches", "keys_of_persons")]
    return {"persons": persons, "named": [f'"name":{encode(key).decode()}' for key in keys]}


def _where(source: Source, since: datetime, until: datetime, after: Place | None) -> dict[str, Any]:
    """Which part of the journal is looked at."""
    first, end = positions(source, since, until)
    position, order, seq = after or (_END if end is None else (end, _END[1], 0))
    return {"first": first, "position": position, "order_id": order, "seq": seq}


def _names(source: Source, orders: Sequence[UUID]) -> dict[UUID, tuple[str, str]]:
    """Numbers and channels, by order."""
    return {row[0]: (row[1], row[2]) for row in source.rows("touches", "names_of_orders", orders=sorted({*orders}))}


def _per_100(touches: int, orders: int) -> float | None:
    return round(touches * 100 / orders, 1) if orders else None
