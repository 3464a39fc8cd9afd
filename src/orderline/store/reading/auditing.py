"""Who did what, the last first: the journals of orders and of records read as one, by whoever acted, of what, and when.

What people did at the console or a terminal is found by an index, and so is what happened to one order or record, or to one
kind of records. Anything else is looked for among the last entries: a bounded number of them, so that a page may be short,
even empty, while there is more. Only what is final is shown, so that nothing slips in above a place that was passed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import msgspec

from orderline.store.reading.source import Source, encode

ORDER: Final = "order"
LOOK: Final = 20_000
# How far the clocks of servers may be apart.
SLACK: Final = timedelta(minutes=5)
_OF_ORDERS: Final = 1
_OF_RECORDS: Final = 0
_NIL: Final = UUID(int=0)
# position; whether of orders; the order, or the kind and the id of the record; seq
Place = tuple[int, int, str, str, int]


class Via(StrEnum):
    """How it came: by the console, a terminal, an API key, a customer's link, a partner, or from Orderline itself."""

    CONSOLE = "console"
    CLI = "cli"
    API = "api"
    LINK = "link"
    INBOUND = "inbound"
    WORKER = "worker"
    IMPORT = "import"
    SYSTEM = "system"


BY_HAND: Final = (Via.CONSOLE, Via.CLI)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is looked for; everything, where nothing is said.

    one: of an order or record. named: the kinds that `one` may be a record of. of: of one kind. kinds: of these kinds of records
    alone; None: of all. what: a command or an event. channels, locations: orders of these alone.
    """

    actor: str = ""
    way: Via | None = None
    what: str = ""
    order: UUID | None = None
    one: str = ""
    named: Sequence[str] = ()
    of: str = ""
    orders: bool = True
    records: bool = True
    kinds: Sequence[str] | None = None
    since: datetime | None = None
    until: datetime | None = None
    channels: Sequence[str] = ()
    locations: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """An entry of a journal. id: of the order or record; number, channel, currency: of the order."""

    place: Place
    kind: str
    id: str
    seq: int
    body: str
    number: str = ""
    channel: str = ""
    currency: str = ""


class Verified(msgspec.Struct, frozen=True):
    """The journals were verified. whole: all orders were folded, and not some. chained: entries whose hashes were computed again;
    broken: those at fault; faults: of any kind.
    """

    verified_at: datetime
    orders: int
    whole: bool
    chained: int
    broken: int
    faults: int


class Broken(msgspec.Struct, frozen=True):
    """An invariant that did not hold. checked: how many were looked at; faults: those at fault; examples: the first of them."""

    name: str
    about: str
    checked: int
    faults: int
    examples: tuple[str, ...] = ()


class Drift(msgspec.Struct, frozen=True):
    """An invariant that did not hold when the installation was last verified, which was then. invariant: its name; about: itself."""

    invariant: str
    about: str
    checked: int
    faults: int
    examples: tuple[str, ...]
    verified_at: datetime


def load_audit(source: Source, asked: Asked, after: Place | None, *, most: int) -> tuple[list[Found], Place | None]:
    """Entries after a place, the last first, and the place to go on from; None: these were the last."""
    first, end = _bounds(source, asked)
    place = min(after or end, end)
    about = _about(source, asked, first)
    found: list[Found] = []
    reached: list[Place] = []
    for journal in (_ORDERS, _RECORDS):
        if journal.asked(asked):
            rows, stopped = _read(source, journal, asked, about, place, most)
            found += rows
            if stopped is not None:
                reached.append(stopped)
    floor = max((each[:2] for each in reached), default=(0, _OF_RECORDS))
    found = sorted((each for each in found if each.place[:2] >= floor), key=lambda each: each.place[:2], reverse=True)
    if len(found) > most:
        return found[:most], found[most - 1].place
    return found, max(reached, key=lambda each: each[:2], default=None)


def load_said_before(source: Source, asked: Sequence[tuple[str, str, int, str]]) -> dict[tuple[str, str, int], bytes]:
    """(kind, id, seq, event) of records: the entry that told such an event of the record the last time before, if any did."""
    if not asked:
        return {}
    kinds, ids, seqs, events = (list(each) for each in zip(*asked, strict=True))
    facts = [_needle("event", str(each)) for each in events]
    rows = source.rows("auditing", "said_before", kinds=kinds, ids=ids, seqs=seqs, facts=facts)
    return {(kind, id_, seq): body.encode() for kind, id_, seq, body in rows}


def load_verified(source: Source) -> Verified | None:
    """When the journals were verified last; None: never."""
    rows = source.rows("auditing", "last_verified")
    return Verified(*rows[0]) if rows else None


def load_drift(source: Source) -> list[Drift]:
    """What did not hold when it was verified last."""
    return [
        Drift(each.name, each.about, each.checked, each.faults, each.examples, at)
        for at, told in source.rows("auditing", "last_drift")
        for each in msgspec.json.decode(told, type=list[Broken])
    ]


@dataclass(frozen=True)
class _Journal:
    """A journal. name: of its queries. start: where to begin in it, after a place. read: an entry of a row. place: of such."""

    name: str
    one: str
    rank: int
    start: Callable[[Place], dict[str, Any]]
    read: Callable[[Any], Found]
    place: Callable[[Any], Place]
    asked: Callable[[Asked], bool]


def _orders_after(place: Place) -> dict[str, Any]:
    position, rank, order, _, seq = place
    within = rank == _OF_ORDERS
    return {"position": position, "order_id": UUID(order) if within else _NIL, "seq": seq if within else 0}


def _records_after(place: Place) -> dict[str, Any]:
    position, rank, kind, id_, seq = place
    if rank == _OF_ORDERS:
        return {"position": position + 1, "kind": "", "id": "", "seq": 0}
    return {"position": position, "kind": kind, "id": id_, "seq": seq}


def _place_of_order(row: Any) -> Place:
    return (row[0], _OF_ORDERS, str(row[1]), "", row[2])


def _place_of_record(row: Any) -> Place:
    return (row[0], _OF_RECORDS, row[1], row[2], row[3])


_ORDERS: Final = _Journal(
    "orders", "order", _OF_ORDERS, _orders_after,
    lambda row: Found(_place_of_order(row), ORDER, str(row[1]), row[2], row[3], row[4], row[5], row[6]),
    _place_of_order, lambda asked: asked.orders,
)  # fmt: skip
_RECORDS: Final = _Journal(
    "records", "record", _OF_RECORDS, _records_after,
    lambda row: Found(_place_of_record(row), row[1], row[2], row[3], row[4]),
    _place_of_record, lambda asked: asked.records,
)  # fmt: skip


def _read(
    source: Source, journal: _Journal, asked: Asked, about: dict[str, Any], place: Place, most: int
) -> tuple[list[Found], Place | None]:
    """The entries of one journal, and how far down these are all that there are; None: to its beginning."""
    given = {**about, **journal.start(place), "most": most + 1}
    name = f"{journal.name}_back"
    scanned = asked.order is None and not asked.one
    if not scanned:
        name = f"{journal.one}_back"
    elif about["hands"] is not None:
        name, scanned = f"{journal.name}_by_hand", False
    elif journal is _RECORDS and asked.of:
        name = "records_of_kind"
    rows = source.rows("auditing", name, **given)
    found = [journal.read(row) for row in rows]
    if len(found) > most:
        return found, found[-1].place
    if not scanned:
        return found, None
    looked = source.rows("auditing", name.replace("_back", "_looked").replace("_of_kind", "_looked_of_kind"), **given)
    return found, journal.place(looked[0]) if looked else None


def _about(source: Source, asked: Asked, first: int) -> dict[str, Any]:
    return {
        "actor": f'"actor":{{"name":{encode(asked.actor).decode()}' if asked.actor else "",
        "via": _via(asked.way) if asked.way is not None else "",
        "command": _needle("command", asked.what) if asked.what else "",
        "fact": _needle("event", asked.what) if asked.what else "",
        "hands": _hands(source, asked),
        "order": asked.order,
        "one": asked.one,
        "named": list(asked.named),
        "of": asked.of,
        "kinds": list(asked.kinds) if asked.kinds is not None else None,
        "since": asked.since,
        "until": asked.until,
        "channels": list(asked.channels) or None,
        "locations": list(asked.locations) or None,
        "first": first,
        "look": LOOK,
    }


def _hands(source: Source, asked: Asked) -> list[str] | None:
    """People as the index knows them; None: it does not know who is asked for."""
    if asked.way is None or asked.way not in BY_HAND:
        return None
    if asked.actor:
        return [f'"name":{encode(asked.actor).decode()},{_via(asked.way)}']
    return load_hands(source, asked.way)


def load_hands(source: Source, *ways: Via) -> list[str]:
    """Who has done anything by some way of `BY_HAND`, as the index of the journals knows them."""
    ends = tuple(_via(each) for each in ways)
    return [actor for (actor,) in source.rows("auditing", "hands") if actor.endswith(ends)]


def _via(way: Via) -> str:
    return f'"via":"{way}:' if way is Via.API else f'"via":"{way}"'


def _needle(name: str, word: str) -> str:
    return f'"{name}":{encode(word).decode()}'


def positions(source: Source, since: datetime, until: datetime) -> tuple[int, int | None]:
    """The first position of the journal of orders that can be of a time, and the one that none is at or after; None: any may be."""
    [(head,)] = source.rows("reading_events", "head")
    _, end = _first_since(source, _moved(until, SLACK), int(head))
    return _first_since(source, _moved(since, -SLACK), int(head))[0], end if end < int(head) else None


def _bounds(source: Source, asked: Asked) -> tuple[int, Place]:
    """The first position that can be of the time that is asked for, and the place after the last."""
    [(head,)] = source.rows("reading_events", "head")
    first, end = 0, int(head)
    if asked.since is not None:
        first = _first_since(source, _moved(asked.since, -SLACK), end)[0]
    if asked.until is not None:
        end = min(end, _first_since(source, _moved(asked.until, SLACK), end)[1])
    return first, (end, _OF_RECORDS, "", "", 0)


def _moved(at: datetime, by: timedelta) -> datetime:
    """Earlier or later, as far as there is a time."""
    try:
        return at + by
    except OverflowError:
        return at


def _first_since(source: Source, at: datetime, head: int) -> tuple[int, int]:
    """Before the first position, everything is older; from the second on, nothing is: found by halves, since both grow."""
    low, high, entry = 0, head, head
    while low < high:
        middle = (low + high) // 2
        rows = source.rows("auditing", "first_at", position=middle)
        if rows and rows[0][1] < at:
            low = rows[0][0] + 1
        else:
            high, entry = middle, min(entry, rows[0][0]) if rows else entry
    return low, entry
