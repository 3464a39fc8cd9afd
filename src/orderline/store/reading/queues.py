"""What waits for people, counted: each source on an index of what is open, never by looking at all there is."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

import msgspec
from psycopg import sql

from orderline.store.queries import query_without
from orderline.store.reading.source import Source


class Counted(msgspec.Struct, frozen=True):
    """How many rows of a kind somebody has. what: the kind, in the words of its source. overdue: past their time.

    oldest_at: since when the one waits that has waited longest; due_at: the most urgent.
    """

    what: str
    owner: str
    count: int
    overdue: int
    oldest_at: datetime | None
    due_at: datetime | None


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """channels, locations: the only ones that are counted; all, when empty. before: until when work counts as at risk.

    records: (kind, state) of records that are counted.
    """

    now: datetime
    before: datetime
    channels: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    records: tuple[tuple[str, str], ...] = ()


def count_all(source: Source, names: Sequence[str], seen: Seen) -> dict[str, list[Counted]]:
    """The rows of several sources by kind and owner, all as of one instant. names: of their queries, such as `count_holds`."""
    given: dict[str, Any] = {
        "cell": source.cell,
        "now": seen.now,
        "before": seen.before,
        "channels": list(seen.channels) or None,
        "locations": list(seen.locations) or None,
        "kinds": [kind for kind, _ in seen.records],
        "states": [state for _, state in seen.records],
    }
    absent = tuple(name for name in ("channels", "locations") if given[name] is None)
    found: dict[str, list[Counted]] = {name: [] for name in names}
    for name, *row in source.connection.execute(_together(tuple(names), absent), given, binary=True):
        found[name].append(Counted(*row))
    return found


@cache
def _together(names: tuple[str, ...], absent: tuple[str, ...]) -> bytes:
    """One statement for several queries: each of its rows begins with the name of its query."""
    parts = [
        sql.Composed((sql.SQL("SELECT "), name, sql.SQL(", c.* FROM (\n"), sql.SQL(text), sql.SQL("\n) AS c")))
        for name, text in ((name, query_without("queues", name, *absent)) for name in names)
    ]
    return sql.SQL("\nUNION ALL\n").join(parts).as_bytes(None)
