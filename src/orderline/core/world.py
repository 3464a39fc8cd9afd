"""The world: the values a command may see and change, and the draft in which its events pile up.

A draft applies each event to the world at once, so that the next rule of the same command, and the next
command of the same batch, see the result; a refusal takes everything back.
"""

from collections.abc import Hashable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from orderline.core.demands.rows import Ahead, DemandRow, put_demand, short_of
from orderline.core.ledger.posting import POSTED_BY, post_following
from orderline.core.moves import AT_LOCATION, PHYSICAL, SHELF, Bucket, StockBucket
from orderline.core.orders.events import AnyOrderEvent, OrderPlaced, Person, UnitsBackordered, UnitsMoved
from orderline.core.orders.evolve import evolve_order
from orderline.core.orders.lotted import with_lots
from orderline.core.orders.moved import check_moves
from orderline.core.orders.state import Order
from orderline.core.records import Record, RecordEvent, RecordKey, RecordKind
from orderline.core.stock.events import (
    AnyStockEvent,
    CartHeld,
    CartReleased,
    ChannelPut,
    CustomFieldPut,
    DoubtSet,
    EntityPut,
    FeedApplied,
    LocationPut,
    OversoldFound,
    PoolPut,
    RatesPut,
    SafetySet,
    ScreenedPut,
    SellerRulePut,
    SkuPut,
    StockAdjusted,
    StockEntry,
    ThresholdSet,
    UnitsKept,
    UnitsSetAside,
)
from orderline.core.stock.lots import UNKNOWN, LotUnits, ShelfLots, Tracking, moved, proposed
from orderline.core.stock.state import CartHold, Location, PoolLevel, Settings, Sku, StockLevel
from orderline.core.supply.pegs import Peg, pegs_on
from orderline.core.supply.rows import SupplyRow, find, planned, put
from orderline.values.ids import CartHoldId, OrderId

_PHYSICAL = frozenset(PHYSICAL)
_AT_LOCATION = frozenset(AT_LOCATION)


class World:
    """Everything a batch has locked and loaded, by key. `orders` holds None for ids that do not exist."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.orders: dict[OrderId, Order | None] = {}
        self.externals: dict[tuple[str, str], OrderId] = {}
        self.skus: dict[str, Sku] = {}
        self.stock: dict[tuple[str, str], StockLevel] = {}
        self.pools: dict[tuple[str, str], PoolLevel] = {}
        self.looked: set[tuple[str, str]] | None = None  # shelves that were looked for; None: all there are stand here
        self.supply: dict[tuple[str, str], tuple[SupplyRow, ...]] = {}  # dated supply by SKU and pool
        self.demand: dict[tuple[str, str], tuple[DemandRow, ...]] = {}  # scheduled demand, loaded with dated supply
        # What orders had of rows when the batch began, where it is asked for.
        self.pegs: dict[str, tuple[Peg, ...]] = {}
        self.lots = ShelfLots()
        self.carts: dict[CartHoldId, CartHold | None] = {}
        self.records: dict[RecordKey, Record] = {}
        self.feeds: dict[str, int] = {}  # the last sequence of each feed
        self.unsent: dict[str, UUID] = {}  # jobs of payment requests, by key, that nobody has begun to send; locked
        # What companies owed when the batch began, for orders that it has not loaded; orders by company and its own number.
        self.exposures: dict[str, int] = {}
        self.purchase_orders: dict[tuple[str, str], OrderId] = {}
        self.alarms: set[tuple[str, str]] = set()  # shelves with an open oversold alarm
        # Units come to shelves since the snapshots of feeds were taken, by (cause, as of, SKU, location), when the batch
        # began; and, where those are asked for, the entries of the batch itself.
        self.moved: dict[tuple[str, datetime, str, str], int] = {}
        self.moved_lots: dict[tuple[str, datetime, str, str, str], int] = {}  # as `moved`, of a lot
        self.netted: dict[tuple[str, datetime, str, str], int] = {}  # as `moved`, of what may be sold alone
        # What counts and snapshots have missed on shelves since instants, and no late sale has explained.
        self.missed: dict[tuple[datetime, str, str], int] = {}
        self.keeps_posted = False
        self.posted: dict[tuple[str, str], tuple[StockEntry, ...]] = {}

    def order(self, id_: OrderId) -> Order:
        """An order that a rule has found already, as it is now."""
        found = self.orders[id_]
        assert found is not None
        return found

    def level(self, sku: str, location: str) -> StockLevel:
        """The shelf of a SKU at a location; empty when it was never stocked there.

        RuntimeError: the batch has not loaded it, so that the rule would take it for empty.
        """
        found = self.stock.get((sku, location))
        if found is None and self.looked is not None and (sku, location) not in self.looked:
            raise RuntimeError(f"a rule looks at a shelf that the plan had not loaded: {sku} at {location}")
        return found or StockLevel(sku, location)

    def pool_level(self, sku: str, pool: str) -> PoolLevel:
        """The claims on a SKU in a pool; empty when there never were any. RuntimeError: as `level`."""
        found = self.pools.get((sku, pool))
        if found is None and self.looked is not None:
            raise RuntimeError(f"a rule looks at claims that the plan had not loaded: {sku} in {pool}")
        return found or PoolLevel(sku, pool)

    def supply_of(self, sku: str, pool: str) -> tuple[SupplyRow, ...]:
        """The dated supply of a SKU in a pool. RuntimeError: as `level`."""
        found = self.supply.get((sku, pool))
        if found is None and self.looked is not None:
            raise RuntimeError(f"a rule looks at supply that the plan had not loaded: {sku} in {pool}")
        return found or ()

    def demand_of(self, sku: str, pool: str) -> tuple[DemandRow, ...]:
        """The scheduled demand for a SKU in a pool. RuntimeError: as `level`."""
        found = self.demand.get((sku, pool))
        if found is None and self.looked is not None:
            raise RuntimeError(f"a rule looks at demand that the plan had not loaded: {sku} in {pool}")
        return found or ()

    def ahead(self, sku: str, pool: str, taken: int = 0) -> Ahead | None:
        """What may be promised of a SKU in a pool at dates, where demand is scheduled; None: none is.

        taken: units of what is there that are promised already beside what the claims say.
        """
        level = self.pool_level(sku, pool)
        if not level.demanded:
            return None
        there = level.unclaimed - level.threshold - taken
        return Ahead(there, self.demand_of(sku, pool), self.supply_of(sku, pool))

    def pegs_of(self, supply: str) -> list[Peg]:
        """What orders have of a row of dated supply now, those of this batch included."""
        stored = [peg for peg in self.pegs.get(supply, ()) if peg.order not in self.orders]
        own = [peg for order in self.orders.values() if order is not None for peg in pegs_on(order, supply)]
        return [*stored, *own]


class Draft:
    """The events of one command, applied to the world as they are told."""

    def __init__(self, world: World, now: datetime) -> None:
        self.world = world
        self.now = now
        self.events: list[tuple[OrderId, AnyOrderEvent]] = []
        self.stock_events: list[AnyStockEvent] = []
        self.record_events: list[tuple[RecordKey, RecordKind, RecordEvent]] = []
        self.entries: list[StockEntry] = []
        self.people: list[Person] = []
        self.changes: list[tuple[dict[Any, Any], Hashable, Any]] = []  # what was set, and the value before

    def tell(self, order_id: OrderId, event: AnyOrderEvent) -> None:
        """An order has changed; its line, its shelf and its claims move together.

        Refused as `moves.check_move` says: the event moves units as the move table does not allow.
        """
        world = self.world
        if isinstance(event, UnitsMoved):
            before = world.orders.get(order_id)
            check_moves(before, event)
            if world.lots.tracked and event.location:
                event = with_lots(world.lots, before, event)
        order = evolve_order(world.orders.get(order_id), event)
        self._set(world.orders, order_id, order)
        self.events.append((order_id, event))
        if isinstance(event, UnitsMoved):
            self._move_stock(order, event)
        elif isinstance(event, OrderPlaced):
            self._set(world.externals, (order.channel, order.external_id), order_id)
        elif isinstance(event, UnitsBackordered):
            line = order.line_of(event.line)
            assert line is not None
            level = world.pool_level(line.sku, event.pool)
            self._set_pool(level, backordered=level.backordered + event.quantity)
        if type(event) in POSTED_BY:
            post_following(self, order_id, event)

    def tell_record(self, kind: RecordKind, id_: str, event: RecordEvent) -> None:
        """A record has changed, or has come to be."""
        key = (kind.name, id_)
        before: Any = self.world.records.get(key)
        after = kind.evolve(before, event)
        self._set(self.world.records, key, after)
        self.record_events.append((key, kind, event))
        told = {row.id: row for row in kind.supply(after)}
        for row in kind.supply(before) if before is not None else ():
            told.setdefault(row.id, msgspec.structs.replace(row, open=0))
        for row in told.values():
            self._set_supply(row.sku, row.pool, planned(self.world.supply_of(row.sku, row.pool), row))
        needed = {row.id: row for row in kind.demand(after)}
        for row in kind.demand(before) if before is not None else ():
            needed.setdefault(row.id, msgspec.structs.replace(row, open=0))
        for row in needed.values():
            demand = put_demand(self.world.demand_of(row.sku, row.pool), [row])
            self._set(self.world.demand, (row.sku, row.pool), demand)
            self._set_plan(row.sku, row.pool)

    def tell_stock(self, event: AnyStockEvent) -> None:
        """Stock, a cart or a setting has changed for a reason that is no order's."""
        world = self.world
        self.stock_events.append(event)
        match event:
            case StockAdjusted():
                about = (event.sku, event.location, event.source, event.target, event.quantity, event.at, event.reason)
                self._post(StockEntry(*about, event.lot, event.expires_on, event.reference))
            case UnitsSetAside():
                level = world.level(event.sku, event.location)
                self._set_level(level, allocated=level.allocated + event.quantity)
            case UnitsKept():
                self._change_supply(event.sku, event.pool, event.supply, kept=event.quantity)
            case SafetySet():
                self._set_level(world.level(event.sku, event.location), safety=event.safety)
            case DoubtSet():
                self._set_level(world.level(event.sku, event.location), doubt_ppm=event.doubt_ppm)
            case ThresholdSet():
                self._set_pool(world.pool_level(event.sku, event.pool), threshold=event.threshold)
            case CartHeld():
                if event.replaces is not None:
                    self._hold_units(event.replaces, -1)
                self._hold_units(event.cart, 1)
                self._set(world.carts, event.cart.id, event.cart)
            case CartReleased():
                cart = world.carts[event.cart]
                assert cart is not None
                self._hold_units(cart, -1)
                self._set(world.carts, event.cart, None)
            case SkuPut():
                self._set(world.skus, event.sku.code, event.sku)
                if event.sku.tracking is not world.lots.tracking_of(event.sku.code):
                    self._set(world.lots.tracked, event.sku.code, event.sku.tracking)
            case LocationPut():
                self._put_location(event.location)
            case (
                PoolPut() | ChannelPut() | CustomFieldPut() | EntityPut() | RatesPut() | ScreenedPut() | SellerRulePut()
            ):
                self._set(*event.place(world.settings))
            case FeedApplied():
                self._set(world.feeds, event.feed, max(event.sequence, world.feeds.get(event.feed, 0)))
            case OversoldFound():
                pass

    def keep(self, person: Person) -> None:
        """Personal data to be kept behind its token; it stands in no event."""
        self.people.append(person)

    def absorb(self, trial: "Draft") -> None:
        """Take over what a draft on the same world has told, and go back behind it together with it."""
        self.events.extend(trial.events)
        self.stock_events.extend(trial.stock_events)
        self.record_events.extend(trial.record_events)
        self.entries.extend(trial.entries)
        self.people.extend(trial.people)
        self.changes.extend(trial.changes)

    def roll_back(self) -> None:
        """Take every change of this draft out of the world again."""
        for values, key, before in reversed(self.changes):
            if before is None:
                values.pop(key, None)
            else:
                values[key] = before
        self.changes.clear()

    def _set(self, values: dict[Any, Any], key: Hashable, value: Any) -> None:
        self.changes.append((values, key, values.get(key)))
        values[key] = value

    def _set_level(self, level: StockLevel, **changes: int) -> None:
        changed = msgspec.structs.replace(level, **changes)
        self._set(self.world.stock, (level.sku, level.location), changed)
        location = self.world.settings.locations[level.location]
        difference = changed.promisable - level.promisable
        if difference and location.offers:
            pool = self.world.pool_level(level.sku, location.pool)
            self._set_pool(pool, promisable=pool.promisable + difference)

    def _put_location(self, location: Location) -> None:
        """What lies at a location that is not active, or whose feed is too old, is promised to nobody meanwhile."""
        world = self.world
        before = world.settings.locations.get(location.code)
        self._set(world.settings.locations, location.code, location)
        if before is None or before.offers is location.offers:
            return
        sign = 1 if location.offers else -1
        for (sku, code), level in list(world.stock.items()):
            if code == location.code and level.promisable:
                pool = world.pool_level(sku, location.pool)
                self._set_pool(pool, promisable=pool.promisable + sign * level.promisable)

    def _set_pool(self, level: PoolLevel, **changes: int) -> None:
        self._set(self.world.pools, (level.sku, level.pool), msgspec.structs.replace(level, **changes))

    def _change_supply(self, sku: str, pool: str, id_: str, *, pegged: int = 0, kept: int = 0) -> None:
        """Change what orders have of dated supply. What is kept, and nobody is pegged to any more, is free."""
        rows = self.world.supply_of(sku, pool)
        row = find(rows, id_)
        assert row is not None, "units are pegged to supply that there is"
        now_pegged = row.pegged + pegged
        now_kept = max(0, min(row.kept + kept, now_pegged))
        self._set_supply(sku, pool, put(rows, msgspec.structs.replace(row, pegged=now_pegged, kept=now_kept)))

    def _set_supply(self, sku: str, pool: str, rows: tuple[SupplyRow, ...]) -> None:
        self._set(self.world.supply, (sku, pool), rows)
        self._set_plan(sku, pool)

    def _set_plan(self, sku: str, pool: str) -> None:
        """Bring what a pool says of supply and demand by date to what their rows say."""
        supply, demand = self.world.supply_of(sku, pool), self.world.demand_of(sku, pool)
        self._set_pool(
            self.world.pool_level(sku, pool),
            expected=sum(row.open for row in supply),
            pegged=sum(row.pegged for row in supply),
            kept=sum(row.kept for row in supply),
            demanded=sum(row.open for row in demand),
            withheld=short_of(demand, supply)[0],
        )

    def _post(self, entry: StockEntry) -> None:
        lots = self.world.lots
        if entry.lot or not lots.tracked or not lots.tracks(entry.sku):
            self._enter(entry)
        elif entry.source in _PHYSICAL:
            for each in proposed(lots.of(entry.sku, entry.location), entry.source, entry.quantity):
                self._enter(msgspec.structs.replace(entry, lot=each.lot, quantity=each.quantity))
        else:
            self._enter(msgspec.structs.replace(entry, lot=UNKNOWN) if entry.target in _PHYSICAL else entry)

    def _enter(self, entry: StockEntry) -> None:
        self.entries.append(entry)
        if self.world.keeps_posted:
            shelf = (entry.sku, entry.location)
            self._set(self.world.posted, shelf, (*self.world.posted.get(shelf, ()), entry))
        if entry.source not in _PHYSICAL and entry.target not in _PHYSICAL:
            return  # on its way: no shelf has changed
        if entry.lot:
            key, lots = (entry.sku, entry.location), self.world.lots
            units = LotUnits(entry.lot, entry.quantity, entry.expires_on)
            source = entry.source.value if entry.source in _PHYSICAL else None
            target = entry.target.value if entry.target in _PHYSICAL else None
            serial = lots.tracking_of(entry.sku) is Tracking.SERIAL
            self._set(lots.levels, key, moved(lots.of(*key), *key, units, source, target, serial=serial))
        level = self.world.level(entry.sku, entry.location)
        changes: dict[str, int] = {}
        if entry.source in _PHYSICAL:
            changes[entry.source.value] = getattr(level, entry.source) - entry.quantity
        if entry.target in _PHYSICAL:
            changes[entry.target.value] = getattr(level, entry.target) + entry.quantity
        self._set_level(level, **changes)

    def _move_stock(self, order: Order, event: UnitsMoved) -> None:
        world = self.world
        for item in event.items:
            line = order.line_of(item.line)
            assert line is not None
            if item.source is Bucket.POOLED:
                pool = world.pool_level(line.sku, item.pool)
                self._set_pool(pool, claims=pool.claims - item.quantity)
            if item.target is Bucket.POOLED:
                pool = world.pool_level(line.sku, item.into or item.pool)
                self._set_pool(pool, claims=pool.claims + item.quantity)
            if item.source is Bucket.PEGGED:
                kept = item.quantity if item.target is Bucket.POOLED else 0
                self._change_supply(line.sku, item.pool, item.supply, pegged=-item.quantity, kept=-kept)
            elif item.target is Bucket.PEGGED:
                self._change_supply(line.sku, item.pool, item.supply, pegged=item.quantity)
            if not event.location:
                continue
            allocated = (item.target in _AT_LOCATION) - (item.source in _AT_LOCATION)
            if allocated:
                level = world.level(line.sku, event.location)
                self._set_level(level, allocated=level.allocated + allocated * item.quantity)
            shelf = SHELF.get((event.move, item.source))
            if event.shelf:
                shelf = (StockBucket.SELLABLE, StockBucket(event.shelf))
            if shelf is not None:
                source, target, cause = *shelf, f"order:{order.id}"
                for each in item.lots or (LotUnits("", item.quantity),):
                    units, lot = each.quantity, each.lot
                    self._post(StockEntry(line.sku, event.location, source, target, units, event.at, cause, lot))

    def _hold_units(self, cart: CartHold, sign: int) -> None:
        for line in cart.lines:
            level = self.world.pool_level(line.sku, line.pool)
            self._set_pool(level, held=level.held + sign * line.quantity)
