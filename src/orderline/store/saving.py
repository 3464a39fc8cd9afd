"""Save what a batch has changed: lists of values in, one statement per kind of row, whatever their number."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import psycopg

from orderline.core.context import Actor
from orderline.core.next_steps import FollowUp
from orderline.core.orders.events import Person
from orderline.core.orders.state import FulfillmentOrder, Hold, Line, Order, Parcel, Shipment
from orderline.core.stock.events import StockEntry
from orderline.core.stock.state import CartHold, PoolLevel, StockLevel
from orderline.store.queries import query
from orderline.store.rows import (
    ALARM_COLUMNS,
    APPEASEMENT_COLUMNS,
    DISPUTE_COLUMNS,
    FIELD_COLUMNS,
    FULFILLMENT_COLUMNS,
    HOLD_COLUMNS,
    LINE_COLUMNS,
    NEW_LINE_COLUMNS,
    ORDER_COLUMNS,
    PARCEL_COLUMNS,
    REFERENCE_COLUMNS,
    REJECTED_COLUMNS,
    RETURN_COLUMNS,
    SHIPMENT_COLUMNS,
    Stored,
    encode,
    fulfillment_row,
    hold_row,
    line_row,
    order_row,
    parcel_row,
    rejected_rows,
    shipment_row,
)
from orderline.store.rule_holds import ENDED_COLUMNS, PLACED_COLUMNS
from orderline.values.ids import new_id


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
        self.send_rows("orders", name, ORDER_COLUMNS, [order_row(s, hashes.get(s.order.id, b"")) for s in orders])

    def new_lines(self, lines: Sequence[tuple[UUID, Line]]) -> None:
        """Lines of new orders; nearly all stand in one of three buckets, and the others are nought."""
        usual: list[tuple[Any, ...]] = []
        others: list[tuple[UUID, Line]] = []
        for id_, line in lines:
            units = line.units
            ordered = units.total()
            if units.unplanned + units.pooled + units.delivered == ordered:
                kind = line.kind.value
                usual.append((id_, line.line, line.sku, kind, ordered, units.unplanned, units.pooled, units.delivered))
            else:
                others.append((id_, line))
        self.send_rows("orders", "insert_lines", NEW_LINE_COLUMNS, usual)
        self.moved_lines(others)

    def moved_lines(self, lines: Sequence[tuple[UUID, Line]]) -> None:
        self.send_rows("orders", "update_lines", LINE_COLUMNS, [line_row(id_, line) for id_, line in lines])

    def journal(self, rows: Sequence[tuple[UUID, int, str, bytes]]) -> None:
        self.send_rows("orders", "save_journal", ("order_id", "seq", "body", "hash"), rows)

    def people(self, people: Sequence[tuple[UUID, Person]]) -> None:
        rows = [
            (p.token, id_, p.name, p.email, p.phone, encode(p.address).decode() if p.address is not None else None)
            for id_, p in people
        ]
        self.send_rows("orders", "save_people", ("token", "order_id", "name", "email", "phone", "address"), rows)

    def erased(self, tokens: Sequence[UUID]) -> None:
        """People of whom nothing is to be known any more, and the labels that show where they live.

        They come first, in the order in which others lock them: what somebody is writing of them is there to be deleted then.
        """
        if tokens:
            tokens = sorted(tokens)
            self.send("people", "erase_people", {"tokens": tokens})
            self.send("people", "erase_documents", {"tokens": tokens})
            self.send("holds", "erase_traces", {"tokens": tokens})
            self.send("photos", "erase_photos", {"tokens": tokens})

    def holds(self, placed: Sequence[tuple[UUID, Hold]], lifted: Sequence[tuple[UUID, int]]) -> None:
        self.send_rows("orders", "delete_holds", ("order_id", "number"), lifted)
        self.send_rows("orders", "insert_holds", HOLD_COLUMNS, [hold_row(id_, hold) for id_, hold in placed])

    def rule_holds(self, placed: Sequence[tuple[Any, ...]], ended: Sequence[tuple[Any, ...]]) -> None:
        self.send_rows("holds", "save_rule_holds", PLACED_COLUMNS, placed)
        self.send_rows("holds", "end_rule_holds", ENDED_COLUMNS, ended)

    def rejected(self, orders: Iterable[tuple[Order, Order | None]]) -> None:
        """orders: as they are, and as they were; None: they are new."""
        put: list[tuple[Any, ...]] = []
        gone: list[UUID] = []
        for order, old in orders:
            if old is not None and old.lines is order.lines:
                continue
            # all their rows, and not what differs: a release that did not know the table may have moved their units
            if any(line.excluded for line in (*order.lines, *(old.lines if old is not None else ()))):
                gone.append(order.id)
                put += rejected_rows(order)
        if gone:
            self.send("fulfillments", "delete_rejected", {"ids": gone})
        self.send_rows("fulfillments", "insert_rejected", REJECTED_COLUMNS, put)

    def alarms(self, raised: Sequence[tuple[Any, ...]], cleared: Sequence[UUID]) -> None:
        if cleared:
            self.send("alarms", "delete_alarms", {"ids": cleared})
        self.send_rows("alarms", "insert_alarms", ALARM_COLUMNS, raised)

    def fields(self, fields: Sequence[tuple[Any, ...]], unset: Sequence[UUID]) -> None:
        if unset:
            self.send("fields", "delete_fields", {"ids": unset})
        self.send_rows("fields", "insert_fields", FIELD_COLUMNS, fields)

    def disputes(self, disputes: Sequence[tuple[Any, ...]]) -> None:
        self.send_rows("holds", "save_disputes", DISPUTE_COLUMNS, disputes)

    def references(self, references: Sequence[tuple[Any, ...]]) -> None:
        self.send_rows("reconciling", "save_references", REFERENCE_COLUMNS, references)

    def fulfillments(self, fulfillments: Sequence[tuple[UUID, FulfillmentOrder]]) -> None:
        rows = [fulfillment_row(id_, fulfillment) for id_, fulfillment in fulfillments]
        self.send_rows("fulfillments", "save_fulfillments", FULFILLMENT_COLUMNS, rows)

    def shipments(self, shipments: Sequence[tuple[UUID, Shipment]]) -> None:
        rows = [shipment_row(id_, shipment) for id_, shipment in shipments]
        self.send_rows("fulfillments", "save_shipments", SHIPMENT_COLUMNS, rows)

    def returns(self, items: Sequence[tuple[Any, ...]]) -> None:
        self.send_rows("returns", "save_return_items", RETURN_COLUMNS, items)

    def appeasements(self, given: Sequence[tuple[Any, ...]]) -> None:
        self.send_rows("appeasements", "save_appeasements", APPEASEMENT_COLUMNS, given)

    def parcels(self, parcels: Sequence[tuple[UUID, Parcel]]) -> None:
        rows = [parcel_row(id_, parcel) for id_, parcel in parcels]
        self.send_rows("fulfillments", "save_parcels", PARCEL_COLUMNS, rows)

    def decisions(self, decisions: Sequence[tuple[Any, ...]]) -> None:
        """decisions: (id, order_id, body, inputs, network, locations, shadow); without inputs, only what was decided."""
        self.send_rows("orders", "save_decisions", ("id", "order_id", "body"), [each[:3] for each in decisions])
        made = [each for each in decisions if each[3]]
        networks = sorted({(each[4], each[5]) for each in made})
        self.send_rows("policies", "save_networks", ("hash", "body"), networks)
        rows = [(id_, order_id, network, inputs, shadow) for id_, order_id, _, inputs, network, _, shadow in made]
        self.send_rows("policies", "save_inputs", ("id", "order_id", "network", "body", "shadow"), rows)

    def documents(self, documents: Sequence[tuple[UUID, int, str, str, bytes, bytes]]) -> None:
        names = ("order_id", "parcel", "tracking_number", "format", "content", "sha256")
        self.send_rows("shipments", "keep_documents", names, documents)

    def stock(self, levels: Iterable[StockLevel]) -> None:
        rows = [msgspec.structs.astuple(level) for level in levels]
        self.send_rows("stock", "update_stock", StockLevel.__struct_fields__, rows)

    def pools(self, levels: Iterable[PoolLevel]) -> None:
        rows = [msgspec.structs.astuple(level) for level in levels]
        self.send_rows("stock", "update_pools", PoolLevel.__struct_fields__, rows)

    def entries(self, entries: Sequence[tuple[StockEntry, Actor, str]]) -> None:
        """entries: with who has moved the units, and the reason that was given."""
        names = (
            "sku", "location", "id", "occurred_at", "source", "target", "quantity", "cause", "lot", "reference", "done_by",
            "via", "reason",
        )  # fmt: skip
        rows = [
            (
                e.sku, e.location, new_id(), e.at, e.source.value, e.target.value, e.quantity, e.cause, e.lot, e.reference,
                actor.name, actor.via, reason,
            )
            for e, actor, reason in entries
        ]  # fmt: skip
        self.send_rows("stock", "save_entries", names, rows)

    def carts(self, name: str, carts: Sequence[CartHold]) -> None:
        """name: insert_carts or update_carts."""
        rows = [(cart.id, cart.channel, cart.expires_at, encode(cart).decode()) for cart in carts]
        self.send_rows("stock", name, ("id", "channel", "expires_at", "body"), rows)

    def hours(self, counted: Mapping[tuple[datetime, str, str], int]) -> None:
        """counted: by hour, channel and what."""
        rows = [(*key, number) for key, number in sorted(counted.items())]
        self.send_rows("hours", "count_hours", ("hour", "channel", "what", "number"), rows)

    def jobs(self, jobs: Sequence[FollowUp]) -> None:
        rows = [(new_id(), job.stream, job.kind.value, encode(job.body).decode(), job.due_at) for job in jobs]
        self.send_rows("outbox", "save_jobs", ("id", "stream", "kind", "body", "due_at"), rows)
