"""Seal what a command has done: its journal entry, chained to the one before, and the answer to its caller."""

import hashlib
from datetime import datetime
from typing import Any

import msgspec

from orderline.core.context import Actor
from orderline.core.orders.events import AnyOrderEvent
from orderline.core.orders.next_step import NextStep
from orderline.core.orders.state import Order
from orderline.core.orders.status import Status
from orderline.core.records import Record, RecordEvent, RecordKey
from orderline.store.rows import Stored
from orderline.values.ids import OrderId

encode = msgspec.json.Encoder().encode


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One row of the journal: what one command did to one order. `seq` is the version it made.

    reason: why, in the words of whoever asked, beside what the command itself says.
    """

    order: OrderId
    seq: int
    at: datetime
    actor: Actor
    command: str
    events: tuple[AnyOrderEvent, ...]
    reason: str = ""


class RecordEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One row of the journal of records: what one command did to one record. reason: as of an order."""

    kind: str
    id: str
    seq: int
    at: datetime
    actor: Actor
    command: str
    events: tuple[Any, ...]
    reason: str = ""


class OrderAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """The answer to a command on an order: where it stands now."""

    id: OrderId
    number: str
    version: int
    status: Status
    next_step: NextStep | None = None


def chain(previous: str, body: bytes) -> bytes:
    """The hash of a journal entry: SHA-256 of the hash before it (in hex, empty at first) and its body."""
    return hashlib.sha256(previous.encode() + body).digest()


def seal(
    order: Order, command: str, events: list[AnyOrderEvent], actor: Actor, now: datetime, reason: str = ""
) -> tuple[Order, bytes, bytes]:
    """The order with its next version and hash, the body of its journal entry, and the hash itself."""
    version = order.version + 1
    body = encode(Entry(order.id, version, now, actor, command, tuple(events), reason))
    digest = chain(order.chain, body)
    return msgspec.structs.replace(order, version=version, chain=digest.hex()), body, digest


def seal_record(
    key: RecordKey,
    record: Record,
    command: str,
    events: list[RecordEvent],
    actor: Actor,
    now: datetime,
    reason: str = "",
) -> tuple[Record, bytes, bytes]:
    """The record with its next version and hash, the body of its journal entry, and the hash itself."""
    version = record.version + 1
    body = encode(RecordEntry(*key, version, now, actor, command, tuple(events), reason))
    digest = chain(record.chain, body)
    return msgspec.structs.replace(record, version=version, chain=digest.hex()), body, digest


def answer_of(known: Stored) -> bytes:
    """The answer for an order as it stands: made from its state alone, so that a replay gives the same bytes."""
    order = known.order
    return encode(OrderAnswer(order.id, order.number, order.version, known.status, known.next_step))


def result_of(result: Any) -> bytes:
    """The answer to a command on anything else."""
    return encode({"result": result} if result is not None else {})
