"""What a batch has changed, gathered while it decides and saved in one go."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final, TypeVar
from uuid import UUID

import msgspec
import psycopg

from orderline.core.context import Actor
from orderline.core.moves import Move
from orderline.core.next_steps import FollowUp
from orderline.core.orders.events import Person, UnitsMoved
from orderline.core.orders.state import FulfillmentOrder, Hold, Line, Order, Parcel, Shipment
from orderline.core.record_kinds import KINDS
from orderline.core.reports.hours import counted
from orderline.core.stock.events import (
    AnyStockEvent,
    ChannelPut,
    CustomFieldPut,
    EntityPut,
    LocationPut,
    OversoldFound,
    PoolPut,
    RatesPut,
    ScreenedPut,
    SellerRulePut,
    SkuPut,
    StockEntry,
)
from orderline.core.stock.state import Settings
from orderline.core.supply.rows import SupplyRow
from orderline.core.world import Draft, World
from orderline.engine.edi_partners import save_names
from orderline.engine.sealing import Entry
from orderline.store.rows import (
    COMPANY_COLUMNS,
    DEMAND_COLUMNS,
    LOT_COLUMNS,
    PEG_COLUMNS,
    POSTING_COLUMNS,
    RECORD_COLUMNS,
    SUPPLY_COLUMNS,
    Stored,
    alarm_rows,
    appeasement_rows,
    company_row,
    dispute_rows,
    field_rows,
    has_units,
    peg_rows,
    record_row,
    reference_rows,
    return_rows,
    supply_row,
)
from orderline.store.rule_holds import placed_and_ended
from orderline.store.saving import Saver
from orderline.values.ids import OrderId

# What tells how a location serves: offered, accepted, rejected.
COUNTED: Final = (Move.ALLOCATE, Move.RELEASE, Move.REJECT)
_SERVICE: Final = {move: at for at, move in enumerate(COUNTED)}
_encode = msgspec.json.Encoder().encode
_entries = msgspec.json.Decoder(Entry)
_Key = TypeVar("_Key", bound=Any)


class Changes:
    """Rows to be written at the end of a batch."""

    def __init__(self) -> None:
        self.orders: dict[OrderId, Stored] = {}
        self.hashes: dict[UUID, bytes] = {}
        self.journal: list[tuple[UUID, int, str, bytes]] = []
        self.people: list[tuple[UUID, Person]] = []
        self.record_journal: list[tuple[str, str, int, str, bytes]] = []
        self.jobs: list[FollowUp] = []
        self.done_jobs: list[UUID] = []
        self.facts: list[tuple[str, str]] = []
        self.parked: set[tuple[str, str]] = set()  # facts that have waited in the inbox for what happens now
        self.decisions: list[tuple[Any, ...]] = []
        self.documents: list[tuple[UUID, int, str, str, bytes, bytes]] = []
        self.erased: list[UUID] = []  # tokens of people who are of no order
        self.answers: list[tuple[str, bytes, str]] = []
        self.entries: list[tuple[StockEntry, Actor, str]] = []  # with who has moved units, and why, as was given
        self.postings: list[tuple[Any, ...]] = []
        # (location, SKU, day) -> units offered, accepted, rejected
        self.service: dict[tuple[str, str, date], list[int]] = defaultdict(lambda: [0, 0, 0])
        # (hour, channel, what) -> how often it happened
        self.hours: dict[tuple[datetime, str, str], int] = defaultdict(int)
        self.stock_events: list[AnyStockEvent] = []
        self._loaded = World(Settings({}, {}, {}))
        self._orders: Mapping[Any, Any] = {}
        self._set: dict[int, set[Any]] = defaultdict(set)  # keys that drafts have set, by the mapping they are of

    def begin(self, world: World) -> None:
        """Remember the world as it was loaded: what is another value at the end has changed."""
        loaded, self._orders = self._loaded, world.orders
        loaded.stock, loaded.pools = dict(world.stock), dict(world.pools)
        loaded.records = dict(world.records)
        loaded.lots = world.lots.copy()
        loaded.supply, loaded.demand = dict(world.supply), dict(world.demand)
        loaded.carts, loaded.feeds = dict(world.carts), dict(world.feeds)

    def take(self, draft: Draft, actor: Actor, reason: str) -> None:
        """Note what a draft has told of stock, and which values of the world it has set. reason: as was given with the command."""
        self.entries.extend((entry, actor, reason) for entry in draft.entries)
        self.stock_events.extend(draft.stock_events)
        for values, key, _ in draft.changes:
            if values is not self._orders:  # they tell themselves, when they are sealed
                self._set[id(values)].add(key)

    def count_service(self, draft: Draft, world: World) -> None:
        """Count what locations were offered, have accepted and have rejected, and what happens in an hour; test orders teach nothing."""
        for order_id, event in draft.events:
            if (told := counted(world.orders.get(order_id), event)) is not None:
                self.hours[told] += 1
            if not isinstance(event, UnitsMoved) or event.move not in _SERVICE:
                continue
            order = world.orders[order_id]
            if order is None or order.is_test:
                continue
            for item in event.items:
                line = order.line_of(item.line)
                assert line is not None
                counts = self.service[event.location, line.sku, event.at.astimezone(UTC).date()]
                counts[_SERVICE[event.move]] += item.quantity

    def save(
        self,
        connection: psycopg.Connection,
        cell: int,
        now: datetime,
        before: Mapping[OrderId, Order],
        world: World,
    ) -> None:
        """Send every change; the caller commits."""
        saver = Saver(connection, cell, now)
        self._save_orders(saver, before)
        saver.journal(self.journal)
        saver.people(self.people)
        saver.decisions(self.decisions)
        saver.documents(self.documents)
        shelves, pools = self._changed(self._loaded.stock, world.stock), self._changed(self._loaded.pools, world.pools)
        _check_locked(self._loaded, shelves, pools)
        saver.stock(world.stock[key] for key in shelves)
        saver.pools(world.pools[key] for key in pools)
        saver.entries(self.entries)
        saver.send_rows("ledger", "save_postings", POSTING_COLUMNS, self.postings)
        self._save_lots(saver, world)
        saver.send_rows(
            "service",
            "count_service",
            ("location", "sku", "day", "offered", "accepted", "rejected"),
            [(*key, *counts) for key, counts in sorted(self.service.items())],
        )
        saver.hours(self.hours)
        self._save_supply(saver, world)
        self._save_records(saver, world)
        self._save_carts(saver, world)
        self._save_feeds(saver, world)
        self._save_settings(saver)
        self._save_oversold(saver, world, shelves)
        saver.jobs(self.jobs)
        if self.done_jobs:
            saver.send("outbox", "finish_jobs", {"ids": self.done_jobs})
        # New rows go in by their unique keys, in order: batches of several processes that bring the same ones wait for
        # one another, and never in a circle.
        new_facts = sorted(fact for fact in self.facts if fact not in self.parked)
        saver.send_rows("inbox", "take_in", ("partner", "event_id"), new_facts)
        waited = [fact for fact in self.facts if fact in self.parked]
        saver.send_rows("inbox", "take_in_parked", ("partner", "event_id"), waited)
        saver.send_rows("commands", "save_answers", ("keys", "hashes", "answers"), sorted(self.answers))

    def _save_orders(self, saver: Saver, before: Mapping[OrderId, Order]) -> None:
        placed = [known for id_, known in self.orders.items() if id_ not in before]
        changed = [known for id_, known in self.orders.items() if id_ in before]
        new_lines: list[tuple[UUID, Line]] = []
        moved_lines: list[tuple[UUID, Line]] = []
        fulfillments: list[tuple[UUID, FulfillmentOrder]] = []
        shipments: list[tuple[UUID, Shipment]] = []
        parcels: list[tuple[UUID, Parcel]] = []
        holds: list[tuple[UUID, Hold]] = []
        lifted: list[tuple[UUID, int]] = []
        judged: set[UUID] = set()  # orders that have told of holds
        fields: list[tuple[Any, ...]] = []
        unset: list[UUID] = []
        references: list[tuple[Any, ...]] = []
        disputes: list[tuple[Any, ...]] = []
        erased: list[UUID] = list(self.erased)
        bought: list[tuple[Any, ...]] = []
        returned: list[tuple[Any, ...]] = []
        given: list[tuple[Any, ...]] = []
        raised: list[tuple[Any, ...]] = []
        cleared: list[UUID] = []
        for id_, known in self.orders.items():
            order, old = known.order, before.get(id_)
            if old is None:
                new_lines.extend((id_, line) for line in order.lines if has_units(line))
                holds.extend((id_, hold) for hold in order.holds)
            elif old.lines is not order.lines:
                known_lines = len(old.lines)
                moved_lines.extend(
                    (id_, line)
                    for line, was in zip(order.lines[:known_lines], old.lines, strict=True)
                    if (line.units is not was.units or line.kind is not was.kind) and has_units(line)
                )
                moved_lines.extend((id_, line) for line in order.lines[known_lines:] if has_units(line))
            old_fulfillments = old.fulfillments if old is not None else ()
            old_parcels = old.parcels if old is not None else ()
            old_shipments = old.shipments if old is not None else ()
            fulfillments.extend((id_, f) for f in order.fulfillments if f not in old_fulfillments)
            parcels.extend((id_, p) for p in order.parcels if p not in old_parcels)
            shipments.extend((id_, s) for s in order.shipments if s not in old_shipments)
            if old is not None and old.holds != order.holds:
                holds.extend((id_, hold) for hold in order.holds if hold not in old.holds)
                lifted.extend((id_, hold.number) for hold in old.holds if hold not in order.holds)
                judged.add(id_)
            if order.holds_placed != (old.holds_placed if old is not None else 0):
                judged.add(id_)
            if order.custom if old is None else old.custom != order.custom:
                fields.extend(field_rows(order))
                unset.extend([id_] if old is not None and old.custom else [])
            if old is None or old.tenders is not order.tenders:
                known_names = reference_rows(old) if old is not None else ()
                references.extend(row for row in reference_rows(order) if row not in known_names)
            if order.disputes:  # all of them: a release that did not know the table may have been told of some
                disputes.extend(dispute_rows(order))
            if old is not None and old.erased is not order.erased:
                erased.extend(token for token in order.erased if token not in old.erased)
            if old is not None and old.returns is not order.returns:
                known_rows = set(return_rows(old))
                returned.extend(row for row in return_rows(order) if row not in known_rows)
            if old is not None and old.credits is not order.credits:
                given.extend(appeasement_rows(order)[len(appeasement_rows(old)) :])
            if order.company is not None:
                bought.append(company_row(order))
            if old is not None and old.alarm is not order.alarm:
                raised.extend(alarm_rows(order))
                cleared.extend([id_] if old.alarm is not None else [])
        self._save_pegs(saver, before)
        saver.rejected((known.order, before.get(id_)) for id_, known in self.orders.items())
        saver.orders("insert_orders", sorted(placed, key=_external), self.hashes)
        saver.orders("update_orders", changed, self.hashes)
        saver.new_lines(new_lines)
        saver.moved_lines(moved_lines)
        saver.fulfillments(fulfillments)
        saver.shipments(shipments)
        saver.parcels(parcels)
        saver.returns(returned)
        saver.appeasements(given)
        saver.send_rows("companies", "save_company_orders", COMPANY_COLUMNS, bought)
        saver.holds(holds, lifted)
        if judged:
            saver.rule_holds(*self._judged(judged))
        saver.alarms(raised, cleared)
        saver.fields(fields, unset)
        saver.references(references)
        saver.disputes(disputes)
        saver.erased(erased)

    def _judged(self, orders: Collection[UUID]) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
        """What the journal entries of this batch tell of holds that rules have placed: placed, ended."""
        placed: list[tuple[Any, ...]] = []
        ended: list[tuple[Any, ...]] = []
        for id_, _, body, _ in self.journal:
            if id_ in orders and '"hold_' in body:
                more_placed, more_ended = placed_and_ended(id_, _entries.decode(body).events)
                placed += more_placed
                ended += more_ended
        return placed, ended

    def _save_pegs(self, saver: Saver, before: Mapping[OrderId, Order]) -> None:
        put: list[tuple[Any, ...]] = []
        gone: list[tuple[Any, ...]] = []
        for id_, known in self.orders.items():
            old = before.get(id_)
            pegged = [line.pegs for line in known.order.lines]
            if any(pegged) if old is None else pegged != [line.pegs for line in old.lines]:
                was = {row[:3]: row for row in (peg_rows(old) if old is not None else ())}
                now = {row[:3]: row for row in peg_rows(known.order)}
                put.extend(row for key, row in now.items() if was.get(key) != row)
                gone.extend(key for key in was if key not in now)
        saver.send_rows("supply", "save_pegs", PEG_COLUMNS, put)
        saver.send_rows("supply", "delete_pegs", PEG_COLUMNS[:3], gone)

    def _save_records(self, saver: Saver, world: World) -> None:
        changed = self._changed(self._loaded.records, world.records)
        rows = [record_row(KINDS[key[0]], key, world.records[key]) for key in changed]
        known = self._loaded.records
        saver.send_rows("records", "insert_records", RECORD_COLUMNS, [row for row in rows if row[:2] not in known])
        saver.send_rows("records", "update_records", RECORD_COLUMNS, [row for row in rows if row[:2] in known])
        save_names(saver, known, ((key, world.records[key]) for key in changed))
        saver.send_rows("records", "save_record_journal", ("kind", "id", "seq", "body", "hash"), self.record_journal)

    def _save_supply(self, saver: Saver, world: World) -> None:
        put: list[SupplyRow] = []
        over: list[SupplyRow] = []
        for pair in self._changed(self._loaded.supply, world.supply):
            before = {row.id: row for row in self._loaded.supply[pair]}
            now = {row.id: row for row in world.supply[pair]}
            put.extend(row for row in now.values() if before.get(row.id) != row)
            over.extend(row for row in before.values() if row.id not in now)
        saver.send_rows("supply", "save_supply", SUPPLY_COLUMNS, [supply_row(row) for row in put])
        gone = [(row.sku, row.pool, row.id) for row in over]
        saver.send_rows("supply", "delete_supply", ("sku", "pool", "id"), gone)
        needed: list[tuple[Any, ...]] = []
        met: list[tuple[str, str, str]] = []
        for pair in self._changed(self._loaded.demand, world.demand):
            known = self._loaded.demand[pair]
            ids = {row.id for row in world.demand[pair]}
            needed.extend(msgspec.structs.astuple(row) for row in world.demand[pair] if row not in known)
            met.extend((row.sku, row.pool, row.id) for row in known if row.id not in ids)
        saver.send_rows("demands", "save_demand", DEMAND_COLUMNS, needed)
        saver.send_rows("demands", "delete_demand", ("sku", "pool", "id"), met)

    def _save_lots(self, saver: Saver, world: World) -> None:
        put: list[tuple[Any, ...]] = []
        gone: list[tuple[Any, ...]] = []
        for key in self._changed(self._loaded.lots.levels, world.lots.levels):
            before, now = self._loaded.lots.levels[key], world.lots.levels[key]
            there = {(level.bucket, level.lot) for level in now}
            put.extend(msgspec.structs.astuple(level) for level in now if level not in before)
            gone.extend((*key, each.bucket, each.lot) for each in before if (each.bucket, each.lot) not in there)
        saver.send_rows("lots", "delete_lots", LOT_COLUMNS[:4], gone)
        saver.send_rows("lots", "save_lots", LOT_COLUMNS, put)

    def _save_carts(self, saver: Saver, world: World) -> None:
        changed = {cart: world.carts[cart] for cart in self._changed(self._loaded.carts, world.carts)}
        kept = [cart for cart in changed.values() if cart is not None]
        # A new cart had no row to lock: that somebody else made it meanwhile has to be noticed.
        saver.carts("insert_carts", [cart for cart in kept if cart.id not in self._loaded.carts])
        saver.carts("update_carts", [cart for cart in kept if cart.id in self._loaded.carts])
        if gone := [id_ for id_, cart in changed.items() if cart is None]:
            saver.send("stock", "delete_carts", {"ids": gone})

    def _save_feeds(self, saver: Saver, world: World) -> None:
        rows = [(feed, world.feeds[feed]) for feed in self._changed(self._loaded.feeds, world.feeds)]
        known = self._loaded.feeds
        saver.send_rows("stock", "insert_feeds", ("feed", "sequence"), [row for row in rows if row[0] not in known])
        saver.send_rows("stock", "update_feeds", ("feed", "sequence"), [row for row in rows if row[0] in known])

    def _save_settings(self, saver: Saver) -> None:
        skus: dict[str, str] = {}
        settings: dict[tuple[str, str], str] = {}
        for event in self.stock_events:
            match event:
                case SkuPut():
                    skus[event.sku.code] = _encode(event.sku).decode()
                case LocationPut():
                    settings["location", event.location.code] = _encode(event.location).decode()
                case PoolPut():
                    settings["pool", event.pool.code] = _encode(event.pool).decode()
                case CustomFieldPut():
                    settings["custom_field", event.field.code] = _encode(event.field).decode()
                case ChannelPut():
                    settings["channel", event.channel.code] = _encode(event.channel).decode()
                case EntityPut():
                    settings["entity", event.entity.code] = _encode(event.entity).decode()
                case RatesPut():
                    settings["rates", event.table.code] = _encode(event.table).decode()
                case ScreenedPut():
                    settings["screened", event.screened.policy] = _encode(event.screened).decode()
                case SellerRulePut():
                    settings["seller", event.rule.code] = _encode(event.rule).decode()
                case _:
                    pass
        saver.send_rows("stock", "save_skus", ("code", "body"), list(skus.items()))
        rows = [(kind, code, body) for (kind, code), body in settings.items()]
        saver.send_rows("stock", "save_settings", ("kind", "code", "body"), rows)
        if rows:
            saver.send("stock", "bump_settings", {})

    def _save_oversold(self, saver: Saver, world: World, shelves: Sequence[tuple[str, str]]) -> None:
        found = {(e.sku, e.location) for e in self.stock_events if isinstance(e, OversoldFound)}
        levels = [world.stock[key] for key in sorted(found)]
        levels += [world.stock[key] for key in shelves if key in world.alarms and key not in found]
        rows = [(level.sku, level.location, level.oversold) for level in levels if level.oversold]
        saver.send_rows("stock", "save_oversold", ("sku", "location", "quantity"), rows)
        over = [key for key in shelves if not world.stock[key].oversold and key in world.alarms]
        saver.send_rows("stock", "settle_oversold", ("sku", "location"), over)

    def _changed(self, loaded: Mapping[_Key, object], now: Mapping[_Key, object]) -> list[_Key]:
        return sorted(key for key in self._set[id(now)] if loaded.get(key) is not now.get(key))


def _external(known: Stored) -> tuple[str, str]:
    return known.order.channel, known.order.external_id


def _check_locked(loaded: World, shelves: Sequence[tuple[str, str]], pools: Sequence[tuple[str, str]]) -> None:
    """A level that was not locked must not be written: it would overwrite what others have done."""
    missing = [key for key in shelves if key not in loaded.stock] + [key for key in pools if key not in loaded.pools]
    if missing:
        raise RuntimeError(f"levels changed that the plan had not locked: {missing[:5]}")
