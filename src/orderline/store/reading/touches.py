"""How much people have to do with orders: what they did by hand, for each hundred orders that came in."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import msgspec

from orderline.store.reading.source import Source


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


def load_touches(
    source: Source, since: datetime, until: datetime, *, keys: Sequence[str], channels: Sequence[str]
) -> TouchReport:
    """What people did to orders from `since` until before `until`. keys: names of API keys that people act through."""
    about = {"since": since, "until": until, "channels": list(channels) or None}
    orders = {row[0]: int(row[1]) for row in source.rows("touches", "counted_orders", **about)}
    found = [
        Touches(row[0], row[1], int(row[2]), int(row[3]))
        for row in source.rows("touches", "touched_orders", keys=list(keys), **about)
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


def _per_100(touches: int, orders: int) -> float | None:
    return round(touches * 100 / orders, 1) if orders else None
