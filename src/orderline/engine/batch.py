"""One batch: many commands, one transaction. Plan and lock, decide in turn, save, commit.

The number of statements depends on the kinds of rows that change, never on how many there are.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from msgspec.structs import astuple

from orderline.core.companies.state import Company, erased_by
from orderline.core.context import Context
from orderline.core.decide import run
from orderline.core.entities.commands import PutEntity, PutRates
from orderline.core.ledger.periods import ClosePeriod
from orderline.core.next_steps import order_follow_ups, webhook_follow_ups
from orderline.core.orders.commands import Command
from orderline.core.orders.events import PaymentWithdrawn
from orderline.core.orders.state import Order
from orderline.core.policies.commands import PolicyCommand
from orderline.core.record_kinds import KINDS
from orderline.core.records import RecordCommand, RecordKey
from orderline.core.sellers.commands import PutSeller
from orderline.core.stock.commands import PutChannel, PutCustomField, PutLocation, PutPool
from orderline.core.stock.following import stock_follow_ups
from orderline.core.stock.state import Settings, SkuKind
from orderline.core.telling import order_events, record_events
from orderline.core.vendors.commands import CheckFeed
from orderline.core.world import Draft, World
from orderline.engine.buying import load_buying, touch_buying
from orderline.engine.changes import Changes
from orderline.engine.edi_partners import load_warehouses
from orderline.engine.loading import ask_tracked, load_moved, lock_accounts, lock_lots
from orderline.engine.replaying import replay_first_answers
from orderline.engine.sealing import answer_of, encode, result_of, seal, seal_record
from orderline.engine.submissions import EngineRefusal, Outcome, Submission, is_key, is_storable
from orderline.engine.touching import Touched, emptying, touch, touch_skus, touch_stock, touch_unsent
from orderline.store.loading import (
    Reader,
    carts_of,
    demand_of,
    load_settings,
    orders_of,
    pegs_of,
    pools_of,
    records_of,
    skus_of,
    stock_of,
    supply_of,
)
from orderline.store.rows import ORDER_SOURCE, posted_by, posting_rows, stored
from orderline.values.failures import Refused
from orderline.values.ids import OrderId, new_id


class Batch:
    """A set of submissions on one connection; `run` gives one outcome for each, in order."""

    def __init__(self, connection: psycopg.Connection, cell: int, settings: Settings, now: datetime) -> None:
        self.connection = connection
        self.cell = cell
        self.now = now
        self.settings = settings
        self.world = World(settings)
        self.touched = Touched()
        self.before: dict[OrderId, Order] = {}
        self.changes = Changes()
        self.answers: dict[str, tuple[bytes, bytes]] = {}
        self.externals: dict[tuple[str, str], tuple[OrderId, bytes]] = {}
        self.asked_skus: set[str] = set()
        self.open_jobs: set[UUID] = set()
        self.known_facts: set[tuple[str, str]] = set()

    def run(self, submissions: Sequence[Submission], numbers: Sequence[str]) -> list[Outcome]:
        """Decide all and commit, or raise what the database said, with nothing done.

        numbers: one order number for each submission, used by those that place an order.
        """
        connection = self.connection
        try:
            with connection.pipeline():
                connection.execute("BEGIN")
                self._load(submissions)
                outcomes = self._decide(submissions, numbers)
                self.changes.save(connection, self.cell, self.now, self.before, self.world)
                connection.execute("COMMIT")
        except BaseException:
            _roll_back(connection)
            raise
        return outcomes

    def _load(self, submissions: Sequence[Submission]) -> None:
        reader = Reader(self.connection, self.cell)
        touched = self.touched
        for each in submissions:
            touch(each.command, touched)
        mates = sorted({at for each in submissions if (at := emptying(each.command)) is not None})
        if mates:
            given: dict[str, Any] = {"orders": _first(mates), "numbers": _second(mates)}
            touched.orders.update(row[0] for row in reader.ask("fulfillments", "shelf_mates", **given).rows())
        touch_buying(reader, touched)
        keys = sorted({each.key for each in submissions if is_key(each.key)})
        externals = sorted({e for each in submissions if (e := each.external) and all(map(is_storable, e))})
        jobs = sorted({job for each in submissions for job in each.jobs})
        facts = sorted({each.fact for each in submissions if each.fact and all(map(is_key, each.fact))})
        changing = (
            PutLocation
            | PutPool
            | PutChannel
            | PutCustomField
            | PutEntity
            | PutRates
            | PutSeller
            | ClosePeriod
            | CheckFeed
            | PolicyCommand
        )
        settings = any(isinstance(each.command, changing) for each in submissions)
        version = reader.ask("stock", "lock_settings" if settings else "settings_version")
        answered = reader.ask("commands", "find_answers", wanted=bool(keys), keys=keys)
        placed = reader.ask(
            "orders",
            "find_external",
            wanted=bool(externals),
            channels=sorted(set(_first(externals))),
            external_ids=_second(externals),
        )
        known = reader.ask("inbox", "lock_facts", wanted=bool(facts), partners=_first(facts), event_ids=_second(facts))
        open_jobs = reader.ask("outbox", "lock_jobs", wanted=bool(jobs), ids=jobs)
        orders = reader.ask("orders", "lock_orders", wanted=bool(touched.orders), ids=sorted(touched.orders))
        records = sorted(filter(_is_record_key, touched.records))
        recorded = reader.ask(
            "records", "lock_records", wanted=bool(records), kinds=_first(records), ids=_second(records)
        )
        carts = reader.ask("stock", "lock_carts", wanted=bool(touched.carts), ids=sorted(touched.carts))
        names = sorted(filter(is_storable, touched.feeds))
        feeds = reader.ask("stock", "lock_feeds", wanted=bool(names), feeds=names)
        codes = sorted(filter(is_storable, touched.skus))
        self.asked_skus = set(codes)
        skus = reader.ask("stock", "load_skus", wanted=bool(codes), codes=codes)

        world = self.world
        rows = version.rows()
        if rows and rows[0][0] != self.settings.version:
            self.settings = world.settings = load_settings(self.connection, self.cell)
        self.answers = {key: (bytes(digest), answer.encode()) for key, digest, answer in answered.rows()}
        self.externals = {(row[0], row[1]): (OrderId(row[2]), bytes(row[3])) for row in placed.rows()}
        world.externals = {external: found[0] for external, found in self.externals.items()}
        for partner, event_id, state in known.rows():
            (self.changes.parked if state == "parked" else self.known_facts).add((partner, event_id))
        self.open_jobs = {row[0] for row in open_jobs.rows()}
        self.before = orders_of(orders.rows())
        world.orders.update(self.before)
        world.records.update(records_of(recorded.rows()))
        lock_accounts(reader, world)
        load_warehouses(reader, world, submissions)
        if touched.companies:
            load_buying(reader, world, touched, [each.command for each in submissions])
        world.carts.update(carts_of(carts.rows()))
        world.feeds = {row[0]: int(row[1]) for row in feeds.rows()}
        world.skus = skus_of(skus.rows())
        for each in submissions:
            touch_skus(world, each.command, touched)
        self._load_more_skus(reader)
        for each in submissions:
            touch_stock(world, each.command, touched)
        self._touch_locations(reader, submissions)
        self._lock_stock(reader, submissions)
        self._lock_unsent(reader, submissions)
        self.changes.begin(world)

    def _load_more_skus(self, reader: Reader) -> None:
        """The components of bundles, what may be sent instead, and the SKUs of orders."""
        skus = self.world.skus
        parts = {part.sku for sku in skus.values() if sku.kind is SkuKind.BUNDLE for part in sku.components}
        parts.update(each.sku for sku in skus.values() if sku.substitutes for each in sku.substitutes)
        missing = sorted((parts | set(filter(is_storable, self.touched.skus))) - set(skus) - self.asked_skus)
        if missing:
            more = skus_of(reader.ask("stock", "load_skus", codes=missing).rows())
            skus.update(more)
            instead = {each.sku for sku in more.values() if sku.substitutes for each in sku.substitutes}
            missing = sorted(instead - set(skus) - self.asked_skus)
            if missing:
                skus.update(skus_of(reader.ask("stock", "load_skus", codes=missing).rows()))

    def _touch_locations(self, reader: Reader, submissions: Sequence[Submission]) -> None:
        """A location that opens or closes takes all its shelves with it."""
        put = [each.command.location for each in submissions if isinstance(each.command, PutLocation)]
        known = self.world.settings.locations
        # Put several times in a batch, it may change more than once.
        codes = sorted({each.code for each in put if each.code in known and is_storable(each.code)})
        checked = {each.command.location for each in submissions if isinstance(each.command, CheckFeed)} & set(known)
        changing = any(
            known[each.code].active is not each.active or known[each.code].feed_stale
            for each in put
            if each.code in known
        )
        codes = sorted({*codes, *checked})
        if changing or checked:
            rows = reader.ask("stock", "skus_at", locations=codes).rows()
            self.touched.stock.update((row[0], row[1]) for row in rows)

    def _lock_stock(self, reader: Reader, submissions: Sequence[Submission]) -> None:
        world, touched = self.world, self.touched
        for sku, location in touched.stock:
            touched.pools.add((sku, world.settings.locations[location].pool))
        touched.pools |= touched.supplies
        shelves, pools = sorted(touched.stock | touched.looked), sorted(touched.pools)
        at_shelves = {"skus": _first(shelves), "locations": _second(shelves)}
        stock_rows = reader.ask("stock", "lock_stock", wanted=bool(shelves), **at_shelves)
        pool_rows = reader.ask("stock", "lock_pools", wanted=bool(pools), skus=_first(pools), pools=_second(pools))
        alarms = reader.ask("stock", "open_alarms", wanted=bool(shelves), **at_shelves)
        world.stock = stock_of(stock_rows.rows())
        world.pools = pools_of(pool_rows.rows())
        world.alarms = {(row[0], row[1]) for row in alarms.rows()}
        shelves, pools = sorted(touched.stock - set(world.stock)), sorted(touched.pools - set(world.pools))
        if shelves:
            reader.ask("stock", "make_stock", skus=_first(shelves), locations=_second(shelves))
            found = reader.ask("stock", "lock_stock", skus=_first(shelves), locations=_second(shelves))
            world.stock.update(stock_of(found.rows()))
        if pools:
            reader.ask("stock", "make_pools", skus=_first(pools), pools=_second(pools))
            found = reader.ask("stock", "lock_pools", skus=_first(pools), pools=_second(pools))
            world.pools.update(pools_of(found.rows()))
        tracked = ask_tracked(reader, touched)
        if touched.stock or touched.looked or touched.aged:
            # A location that was opened or closed meanwhile counts otherwise; whoever did it held these rows.
            now = reader.ask("stock", "share_settings" if shelves else "settings_version").rows()
            if now and now[0][0] != self.settings.version:
                raise SettingsChanged
        world.looked = touched.looked
        self._lock_supply(reader, [each.command for each in submissions])
        lock_lots(reader, world, touched, tracked, [each.command for each in submissions])
        load_moved(reader, world, [each.command for each in submissions])

    def _lock_supply(self, reader: Reader, commands: Sequence[Command]) -> None:
        """Dated supply and scheduled demand are locked with the claims of their SKU and pool, which say whether there is any."""
        world, asked = self.world, self.touched.supplies
        pairs = sorted(pair for pair in asked if world.pools[pair].expected or world.pools[pair].pegged)
        found = reader.ask("supply", "lock_supply", wanted=bool(pairs), skus=_first(pairs), pools=_second(pairs))
        needed = sorted(pair for pair in asked if world.pools[pair].demanded)
        demand = reader.ask("demands", "lock_demand", wanted=bool(needed), skus=_first(needed), pools=_second(needed))
        rows = sorted(
            {row for command in commands if isinstance(command, RecordCommand) for row in command.hurts(world)}
        )
        pegs = reader.ask("supply", "pegs_on", wanted=bool(rows and pairs), ids=rows, skus=sorted(set(_first(pairs))))
        world.supply = dict.fromkeys(asked, ()) | supply_of(found.rows())
        world.demand = dict.fromkeys(asked, ()) | demand_of(demand.rows())
        world.pegs = pegs_of(pegs.rows())

    def _lock_unsent(self, reader: Reader, submissions: Sequence[Submission]) -> None:
        """Keep from being sent what a command may withdraw; what somebody has begun to send is passed over."""
        streams = sorted({str(order) for each in submissions if (order := touch_unsent(self.world, each.command))})
        unsent = reader.ask("outbox", "lock_unsent", wanted=bool(streams), streams=streams)
        self.world.unsent = {row[1]: row[0] for row in unsent.rows()}

    def _decide(self, submissions: Sequence[Submission], numbers: Sequence[str]) -> list[Outcome]:
        outcomes: list[Outcome | None] = []
        replays: list[tuple[int, OrderId]] = []
        for index, (each, number) in enumerate(zip(submissions, numbers, strict=True)):
            try:
                outcomes.append(self._decide_one(each, number))
            except Refused as refused:
                outcomes.append(Outcome(refused=refused))
            except _Replay as replay:
                outcomes.append(None)
                replays.append((index, replay.order))
        if replays:
            first = replay_first_answers(self.connection, self.cell, {order for _, order in replays}, self.changes)
            for index, order in replays:
                outcomes[index] = Outcome(answer=first[order], replayed=True)
        return [outcome for outcome in outcomes if outcome is not None]

    def _decide_one(self, each: Submission, number: str) -> Outcome:
        if (each.key and not is_key(each.key)) or (each.fact is not None and not all(map(is_key, each.fact))):
            raise Refused(EngineRefusal.KEY_NOT_ACCEPTABLE, field="Idempotency-Key", value=each.key[:80])
        digest = each.hash() if each.key or each.external else b""
        if each.key and (found := self.answers.get(each.key)) is not None:
            if found[0] != digest:
                raise Refused(EngineRefusal.IDEMPOTENCY_KEY_REUSED, field="Idempotency-Key", value=each.key)
            return Outcome(answer=found[1], replayed=True)
        external = each.external
        if external is not None and (known := self.externals.get(external)) is not None:
            if known[1] == digest:
                raise _Replay(known[0])
            # the decision refuses it: the external id is taken, by an order with other content
        if any(job not in self.open_jobs for job in each.jobs):
            raise Refused(EngineRefusal.JOB_ALREADY_DONE, value=[str(job) for job in each.jobs])
        if each.fact is not None and each.fact in self.known_facts:
            raise Refused(EngineRefusal.FACT_ALREADY_TAKEN_IN, value=each.fact[1])
        context = Context(self.now, each.actor, OrderId(new_id()), number, each.limits, each.expected)
        draft, result = run(self.world, each.command, context)
        sealed = self._seal(draft, each, context)
        told = isinstance(each.command, RecordCommand) and each.command.answers == "result"
        answer = result_of(result) if told else sealed or result_of(result)
        if external is not None:
            self.externals[external] = (context.new_order, digest)
            self.changes.hashes[context.new_order] = digest
        if each.key:
            self.answers[each.key] = (digest, answer)
            self.changes.answers.append((each.key, digest, answer.decode()))
        self.changes.done_jobs.extend(each.jobs)
        self.open_jobs.difference_update(each.jobs)
        if each.fact is not None:
            self.known_facts.add(each.fact)
            self.changes.facts.append(each.fact)
        if each.decision is not None:
            self.changes.decisions.append(astuple(each.decision))
        self.changes.documents.extend(
            (d.order_id, d.parcel, d.tracking_number, d.format, d.content, d.sha256) for d in each.documents
        )
        return Outcome(answer=answer)

    def _seal(self, draft: Draft, each: Submission, context: Context) -> bytes | None:
        """Journal what the draft told, by order, and note what follows; the answer is about the first order."""
        changes, world = self.changes, self.world
        command = each.command.__struct_config__.tag
        recorded = self._seal_records(draft, each, str(command))
        # An order that is placed by a quote answers for itself.
        answer = recorded if isinstance(each.command, RecordCommand) and each.command.answers != "order" else None
        for order_id, events in order_events(draft).items():
            order = world.orders[OrderId(order_id)]
            assert order is not None
            sealed, body, digest = seal(order, str(command), events, each.actor, self.now, each.reason)
            world.orders[sealed.id] = sealed
            known = changes.orders[sealed.id] = stored(sealed)
            changes.journal.append((sealed.id, sealed.version, body.decode(), digest))
            if posted := posted_by(events):
                changes.postings.extend(posting_rows(ORDER_SOURCE, str(sealed.id), sealed.version, posted))
            withdrawn = (world.unsent.pop(e.key, None) for e in events if isinstance(e, PaymentWithdrawn))
            changes.done_jobs.extend(job for job in withdrawn if job is not None)
            changes.jobs.extend(order_follow_ups(world.settings, sealed, events, self.now))
            if world.settings.subscriptions:
                changes.jobs.extend(webhook_follow_ups(world.settings, sealed, events, self.now))
            answer = answer or answer_of(known)
            if draft.people:
                changes.people.extend((sealed.id, person) for person in draft.people)
        if answer is None and (target := getattr(each.command, "order", None)) is not None:
            order = world.orders.get(target)
            answer = answer_of(stored(order)) if order is not None else None
        if answer is None and isinstance(each.command, RecordCommand):
            answer = next((encode(r) for key in each.command.records() if (r := world.records.get(key))), None)
        changes.jobs.extend(stock_follow_ups(world, draft.stock_events, self.now))
        changes.take(draft, each.actor, each.reason)
        changes.count_service(draft, world)
        return answer

    def _seal_records(self, draft: Draft, each: Submission, command: str) -> bytes | None:
        """Journal what the draft told of records; the answer is the first of them."""
        changes, world, by = self.changes, self.world, (each.actor, self.now, each.reason)
        answer: bytes | None = None
        for key, events in record_events(draft).items():
            sealed, body, digest = seal_record(key, world.records[key], command, events, *by)
            world.records[key] = sealed
            changes.record_journal.append((*key, sealed.version, body.decode(), digest))
            kind = KINDS[key[0]]
            posted = [each for event in events for each in kind.postings(event)]
            changes.postings.extend(posting_rows(*key, sealed.version, posted))
            changes.jobs.extend(kind.follow_ups(world, sealed, events, self.now))
            if isinstance(sealed, Company):
                changes.people.extend((OrderId(sealed.key), person) for person in draft.people)
                changes.erased.extend(token for each in events for token in erased_by(each))
            answer = answer or encode(sealed)
        return answer


def _is_record_key(key: RecordKey) -> bool:
    return all(map(is_storable, key))


class SettingsChanged(Exception):
    """Somebody changed the settings while this batch waited for its rows; it has to begin anew."""


class _Replay(Exception):
    """The order was placed before, with the same content."""

    def __init__(self, order: OrderId) -> None:
        super().__init__(str(order))
        self.order = order


def _roll_back(connection: psycopg.Connection) -> None:
    if connection.closed:
        return
    try:
        connection.execute("ROLLBACK")
    except psycopg.Error:
        connection.close()


def _first(keys: Sequence[tuple[Any, Any]]) -> list[Any]:
    return [key[0] for key in keys]


def _second(keys: Sequence[tuple[Any, Any]]) -> list[Any]:
    return [key[1] for key in keys]
