"""Save what a batch has changed: lists of values in, one statement per kind of row, whatever their number."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import psycopg

from orderline.core.moves import Units
from orderline.core.next_steps import FollowUp
from orderline.core.orders.events import Person
from orderline.core.orders.next_step import NextStep, next_step_of
from orderline.core.orders.state import FulfillmentOrder, Hold, Line, LineKind, Order, Parcel, Shipment
from orderline.core.orders.status import Status, status_of
from orderline.core.stock.events import StockEntry
from orderline.core.stock.state import CartHold, PoolLevel, StockLevel
from orderline.store.queries import query
from orderline.values.ids import CartHoldId, new_id

encode = msgspec.json.Encoder().encode
BUCKETS = Units.__struct_fields__
SEPARATOR = "\x1f"  # between the texts of an array column; no text that passed the guards holds it


class Stored(msgspec.Struct):
    """An order as it is stored: the document, and what is computed from it."""

    order: Order
    status: Status
    next_step: NextStep | None


def stored(order: Order) -> Stored:
    """The computed parts beside an order: a pure function of it, recomputed by `verify`."""
    status = status_of(order)
    return Stored(order, status, next_step_of(order, status.phase))


class Saver:
    """Sends the statements of one batch over a connection in pipeline mode."""

    def __init__(self, connection: psycopg.Connection, cell: int, now: datetime) -> None:
        self._connection = connection
        self._cell = cell
        self._now = now

    def send(self, capability: str, name: str, columns: Mapping[str, Any]) -> None:
        self._connection.execute(query(capability, name), {"cell": self._cell, "now": self._now, **columns})

    def send_rows(self, capability: str, name: str, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Send rows as one array per column; nothing, when there are none."""
        if rows:
            self.send(capability, name, dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))

    def orders(self, name: str, orders: Sequence[Stored], hashes: Mapping[UUID, bytes]) -> None:
        """name: insert_orders or update_orders. hashes: of the intake, for new ones; the others keep theirs."""
        rows = [
            (
                o.id, o.number, o.channel, o.external_id, o.placed_at, s.status.phase.value, s.status.payment.value,
                s.status.fulfillment.value, s.status.returns.value, o.is_test, o.priority, o.currency,
                o.agreement.total_minor, SEPARATOR.join(o.tags), o.person, *_step(s.next_step), o.version,
                hashes.get(o.id, b""), encode(s).decode(),
            )
            for s in orders
            for o in (s.order,)
        ]  # fmt: skip
        names = (
            "id", "number", "channel", "external_id", "placed_at", "phase", "payment", "fulfillment", "returns",
            "is_test", "priority", "currency", "total_minor", "tags", "person", "next_step", "owner", "due_at",
            "version", "intake_hash", "state",
        )  # fmt: skip
        self.send_rows("orders", name, names, rows)

    def lines(self, name: str, lines: Sequence[tuple[UUID, Line]]) -> None:
        """name: insert_lines or update_lines."""
        names = ("order_id", "line", "sku", "kind", "ordered", *BUCKETS)
        rows = [
            (id_, line.line, line.sku, line.kind.value, sum(units), *units)
            for id_, line in lines
            for units in (msgspec.structs.astuple(line.units),)
        ]
        self.send_rows("orders", name, names, rows)

    def journal(self, rows: Sequence[tuple[UUID, int, str, bytes]]) -> None:
        self.send_rows("orders", "save_journal", ("order_id", "seq", "body", "hash"), rows)

    def people(self, people: Sequence[tuple[UUID, Person]]) -> None:
        rows = [
            (p.token, id_, p.name, p.email, p.phone, encode(p.address).decode() if p.address is not None else None)
            for id_, p in people
        ]
        self.send_rows("orders", "save_people", ("token", "order_id", "name", "email", "phone", "address"), rows)

    def holds(self, placed: Sequence[tuple[UUID, Hold]], lifted: Sequence[tuple[UUID, int]]) -> None:
        names = (
            "order_id", "number", "type", "blocks", "owner", "reason", "placed_by", "placed_at", "due_at", "line",
        )  # fmt: skip
        rows = [
            (
                id_, h.number, h.type, SEPARATOR.join(h.blocks), h.owner, h.reason, h.placed_by, h.placed_at,
                h.due_at, h.line,
            )
            for id_, h in placed
        ]  # fmt: skip
        self.send_rows("orders", "insert_holds", names, rows)
        self.send_rows("orders", "delete_holds", ("order_id", "number"), lifted)

    def fulfillments(self, fulfillments: Sequence[tuple[UUID, FulfillmentOrder]]) -> None:
        names = (
            "id", "order_id", "number", "location", "execution", "negotiation", "opened_at", "due_at", "allocated",
            "released", "picked", "packed", "shipped",
        )  # fmt: skip
        self.send_rows("fulfillments", "save_fulfillments", names, [fulfillment_row(i, f) for i, f in fulfillments])

    def shipments(self, shipments: Sequence[tuple[UUID, Shipment]]) -> None:
        names = ("id", "order_id", "number", "location", "carrier", "handed_over_at")
        rows = [(s.id, id_, s.number, s.location, s.carrier, s.handed_over_at) for id_, s in shipments]
        self.send_rows("fulfillments", "save_shipments", names, rows)

    def parcels(self, parcels: Sequence[tuple[UUID, Parcel]]) -> None:
        names = (
            "id", "order_id", "number", "fulfillment", "shipment", "state", "carrier", "tracking_number", "moved_at",
        )  # fmt: skip
        rows = [
            (p.id, id_, p.number, p.fulfillment, p.shipment, p.state.value, p.carrier, p.tracking_number, p.moved_at)
            for id_, p in parcels
        ]
        self.send_rows("fulfillments", "save_parcels", names, rows)

    def decisions(self, decisions: Sequence[tuple[UUID, UUID, str]]) -> None:
        self.send_rows("orders", "save_decisions", ("id", "order_id", "body"), decisions)

    def stock(self, levels: Iterable[StockLevel]) -> None:
        rows = [msgspec.structs.astuple(level) for level in levels]
        self.send_rows("stock", "update_stock", StockLevel.__struct_fields__, rows)

    def pools(self, levels: Iterable[PoolLevel]) -> None:
        rows = [msgspec.structs.astuple(level) for level in levels]
        self.send_rows("stock", "update_pools", PoolLevel.__struct_fields__, rows)

    def entries(self, entries: Sequence[StockEntry]) -> None:
        names = ("sku", "location", "id", "occurred_at", "source", "target", "quantity", "cause")
        rows = [
            (e.sku, e.location, new_id(), e.at, e.source.value, e.target.value, e.quantity, e.cause) for e in entries
        ]
        self.send_rows("stock", "save_entries", names, rows)

    def carts(self, carts: Mapping[CartHoldId, CartHold | None]) -> None:
        kept = [cart for cart in carts.values() if cart is not None]
        rows = [(cart.id, cart.channel, cart.expires_at, encode(cart).decode()) for cart in kept]
        self.send_rows("stock", "save_carts", ("id", "channel", "expires_at", "body"), rows)
        gone = [id_ for id_, cart in carts.items() if cart is None]
        if gone:
            self.send("stock", "delete_carts", {"ids": gone})

    def jobs(self, jobs: Sequence[FollowUp]) -> None:
        rows = [(new_id(), job.stream, job.kind.value, encode(job.body).decode(), job.due_at) for job in jobs]
        self.send_rows("outbox", "save_jobs", ("id", "stream", "kind", "body", "due_at"), rows)


def has_units(line: Line) -> bool:
    """Has the line units of its own? A bundle has none: its parts move."""
    return line.kind is not LineKind.BUNDLE


def fulfillment_row(order_id: UUID, fulfillment: FulfillmentOrder) -> tuple[Any, ...]:
    """A fulfillment order as its window row: units by bucket, `shipped` being all that have left."""
    allocated = released = picked = packed = shipped = 0
    for item in fulfillment.items:
        units = item.units
        allocated += units.allocated
        released += units.released
        picked += units.picked
        packed += units.packed
        shipped += units.shipped + units.delivered + units.lost + units.returned
    return (
        fulfillment.id, order_id, fulfillment.number, fulfillment.location, fulfillment.execution.value,
        fulfillment.negotiation.value, fulfillment.opened_at, fulfillment.due_at, allocated, released, picked, packed,
        shipped,
    )  # fmt: skip


def _step(step: NextStep | None) -> tuple[str | None, str | None, datetime | None]:
    return (None, None, None) if step is None else (step.what, step.owner, step.due_at)
