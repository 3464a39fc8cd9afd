"""Measure orders anew whose journals have grown: what they count as, and the sums of days, in one transaction.

It may be cut off at any moment and done again: how far it has come is written with what it has found.
"""

import hashlib
import logging
from collections import defaultdict
from collections.abc import Collection, Generator, Iterable, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from time import monotonic
from typing import Any, Final
from uuid import UUID

import msgspec
import psycopg

from orderline.core.orders.events import AnyOrderEvent
from orderline.core.orders.state import Order
from orderline.core.reports.measures import (
    FORMULAS,
    GRAINS,
    Decided,
    Key,
    Measure,
    Parts,
    Slices,
    Sums,
    Told,
    at_grain,
    name_at,
)
from orderline.core.reports.measuring import measured
from orderline.store.database import Database, connect, is_passing
from orderline.store.loading import decode_state
from orderline.store.queries import query
from orderline.store.reading.source import Source
from orderline.values.failures import Trouble
from orderline.values.ids import DecisionId

AT_ONCE: Final = 2_000  # rows of the journal
BY_HAND: Final = ("cli", "console")
_DAYS: Final = ("measure", "day", "slice", *Slices._fields, "amount", "number", "parts")
_PARTS: Final = ("measure", "day", "slice", "order_id", "amount", "number")


class _Actor(msgspec.Struct, frozen=True):
    via: str = ""


class _Entry(msgspec.Struct, frozen=True):
    at: datetime
    actor: _Actor
    command: str
    events: tuple[AnyOrderEvent, ...]


class _Decision(msgspec.Struct, frozen=True):
    id: DecisionId
    policy: str
    costs: dict[str, int] = {}


_BROKEN: Final = (AssertionError, AttributeError, LookupError, TypeError, ValueError, msgspec.MsgspecError)

_logger = logging.getLogger(__name__)
_entries = msgspec.json.Decoder(_Entry)
_decisions = msgspec.json.Decoder(_Decision)
_encode = msgspec.json.Encoder().encode
_Part = tuple[str, date, tuple[str, ...], int, int]
_Days = dict[tuple[str, date, Slices], list[int]]
_parts = msgspec.json.Decoder(tuple[_Part, ...])


def measure_journal(database: Database, *, within_s: float = 2.0, at_once: int = AT_ONCE) -> bool:
    """Take in what the journal has grown by. False: there was no time for all of it, or somebody else does it."""
    ends = monotonic() + within_s
    connection = connect(database.dsn, prepared=database.prepared, by_index=True, name="orderline-measure")
    with closing(connection):
        source = Source(connection, database.cell)
        while True:
            try:
                with connection.transaction():
                    connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                    done = _measure_some(source, at_once)
            except psycopg.Error as error:
                if is_passing(error):
                    raise Trouble("postgresql", str(error).strip(), retry_after_s=1) from error
                raise
            if done is not None:
                return done
            if monotonic() >= ends:
                return False


def _measure_some(source: Source, at_once: int) -> bool | None:
    """The next rows. True: there are no more; None: there may be; False: somebody else measures."""
    now = datetime.now(UTC)
    _do(source, "begin_measuring", formulas=FORMULAS)
    rows = source.rows("measured", "measured_until")
    if not rows:
        return False
    position, order_id, seq, formulas, known_at = rows[0]
    if formulas != FORMULAS:
        for each in ("forget_parts", "forget_days", "forget_orders"):
            _do(source, each)
        position, order_id, seq = 0, UUID(int=0), 0
    found = source.rows("measured", "changed_orders", position=position, order_id=order_id, seq=seq, most=at_once)
    ids = {row[1] for row in found if row[3]}
    if ids:
        _replace(source, load_measured(source, ids))
    if found:
        position, order_id, seq = found[-1][:3]
    is_all = len(found) < at_once
    keep = {"position": position, "order_id": order_id, "seq": seq, "formulas": FORMULAS}
    _do(source, "keep_until", at=now if is_all else known_at, **keep)
    return True if is_all else None


def load_measured(source: Source, ids: Collection[UUID]) -> dict[UUID, tuple[int, Parts]]:
    """What orders count as now, by their journals: version and parts. One whose journal can't be read is left out."""
    given = list(ids)
    orders: dict[UUID, tuple[int, Order]] = {}
    for id_, version, state in source.rows("measured", "orders_to_measure", ids=given):
        with _apart(id_):
            orders[id_] = version, decode_state(state)
    if not orders:
        return {}
    since = min(order.accepted_at for _, order in orders.values())
    journals: dict[UUID, list[tuple[int, str]]] = defaultdict(list)
    given = list(orders)
    for order_id, seq, body in source.rows("reading_orders", "read_entries", ids=given, since=since):
        if seq <= orders[order_id][0]:
            journals[order_id].append((seq, body))
    decided: dict[UUID, dict[DecisionId, Decided]] = defaultdict(dict)
    for order_id, body in source.rows("reading_orders", "read_decisions", ids=given, since=since):
        made = _decisions.decode(body)
        decided[order_id][made.id] = Decided(made.policy, made.costs.get("labor", 0))
    found: dict[UUID, tuple[int, Parts]] = {}
    for id_, (version, order) in orders.items():
        with _apart(id_):
            found[id_] = version, measured(order, _told(body for _, body in sorted(journals[id_])), decided[id_])
    return found


@contextmanager
def _apart(order: UUID) -> Generator[None]:
    """An order that can't be measured keeps no other from it; `verify` tells that it is missing."""
    try:
        yield
    except _BROKEN:
        _logger.exception("order %s can't be measured", order)


def _told(bodies: Iterable[str]) -> list[Told]:
    entries = [_entries.decode(body) for body in bodies]
    return [Told(each.at, each.command, each.actor.via in BY_HAND, each.events) for each in entries]


def _replace(source: Source, now: Mapping[UUID, tuple[int, Parts]]) -> None:
    """Bring the tables from what orders have counted as to what they count as."""
    before = {row[0]: decode_parts(row[2]) for row in source.rows("measured", "measured_orders", ids=list(now))}
    gone: list[tuple[Any, ...]] = []
    put: list[tuple[Any, ...]] = []
    days: _Days = defaultdict(lambda: [0, 0, 0])
    for id_, (_, parts) in now.items():
        old = before.get(id_, {})
        for key, sums in old.items():
            if key not in parts:
                gone.append((key[0].value, key[1], slice_of(key[2]), id_))
                _add(days, key, -sums.amount, -sums.number, -1)
        for key, sums in parts.items():
            was = old.get(key)
            if was == sums:
                continue
            put.append((key[0].value, key[1], slice_of(key[2]), id_, *sums))
            _add(
                days,
                key,
                sums.amount - (was.amount if was else 0),
                sums.number - (was.number if was else 0),
                0 if was else 1,
            )
    _send(source, "delete_parts", _PARTS[:4], gone)
    _send(source, "save_parts", _PARTS, put)
    rows = [_day_row(*key, sums) for key, sums in days.items()]
    _send(source, "add_days", _DAYS, sorted(rows))
    _send(source, "delete_days", _DAYS[:3], [row[:3] for row in rows if row[-1] < 0])
    _send(
        source, "save_orders", ("order_id", "version", "parts"),
        [(id_, version, encode_parts(parts)) for id_, (version, parts) in now.items()],
    )  # fmt: skip


def _day_row(name: str, day: date, slices: Slices, sums: Sequence[int]) -> tuple[Any, ...]:
    return name, day, slice_of(slices), *slices, *sums


def _add(days: _Days, key: Key, *more: int) -> None:
    """Add to the sums of a day at all grains."""
    measure, day, slices = key
    for grain in GRAINS:
        if (kept := at_grain(slices, grain)) is not None:
            sums = days[name_at(measure, grain), day, kept]
            for at, each in enumerate(more):
                sums[at] += each


def _send(source: Source, name: str, names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    if rows:
        _do(source, name, **dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))


def _do(source: Source, name: str, **given: Any) -> None:
    source.connection.execute(query("measured", name), {"cell": source.cell, **given})


def slice_of(slices: Slices) -> int:
    """A number for what a part is sliced by: 63 bits of a hash, so that no table of them has to be asked."""
    digest = hashlib.blake2b("\x1f".join(slices).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def encode_parts(parts: Parts) -> str:
    """Parts as a text, always in one order."""
    rows = sorted((key[0].value, key[1], key[2], *sums) for key, sums in parts.items())
    return _encode(rows).decode()


def decode_parts(text: str) -> dict[Key, Sums]:
    """The parts of a text."""
    return {
        (Measure(measure), day, Slices(*slices)): Sums(amount, number)
        for measure, day, slices, amount, number in _parts.decode(text)
    }
