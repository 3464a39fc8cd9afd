"""How far the orders of channels have been pulled."""

from datetime import datetime

import msgspec

from orderline.store.database import Database
from orderline.store.queries import query


class Pull(msgspec.Struct, frozen=True):
    """place: the channel's cursor, None before the first page. since: orders placed before are not taken in."""

    place: str | None
    since: datetime


def begin_pull(database: Database, channel: str, now: datetime) -> bool:
    """Begin to pull a channel's orders, those placed from now on; False: that was begun before."""
    return bool(database.rows(query("pulls", "begin_pull"), {"channel": channel, "now": now}))


def load_pull(database: Database, channel: str) -> Pull | None:
    """How far a channel's orders have been pulled; None when that was not begun."""
    rows = database.rows(query("pulls", "load_pull"), {"channel": channel})
    return Pull(*rows[0]) if rows else None


def save_pull(database: Database, channel: str, place: str, now: datetime) -> None:
    """All orders up to a place have been taken in."""
    database.rows(query("pulls", "save_pull"), {"channel": channel, "place": place, "now": now})
