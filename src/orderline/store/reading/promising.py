"""What promises are made from: settings as they are, how things stood a moment ago, and stock."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from threading import Lock
from time import monotonic
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec

from orderline.core.demands.rows import Ahead, DemandRow
from orderline.core.orders.promised import PromiseCause
from orderline.core.orders.state import Order
from orderline.core.promises.calendar_rules import CalendarRules
from orderline.core.promises.figures import EndedPromise, KeptFigures, ended_promises, kept_figures
from orderline.core.promises.handling import Backlog, HandlingRules, Pace, WorkKind
from orderline.core.promises.hours import HoursAhead, hours_ahead
from orderline.core.promises.learning import WorkDone, deliveries_of, learn_transit, pace_of
from orderline.core.promises.model import Expected
from orderline.core.promises.network import Delay, LearnedKey, Network, NetworkRules, Site, Standing, compile_network
from orderline.core.promises.settings import SETTINGS
from orderline.core.promises.transit import CarrierService, TransitDays, ZoneTable
from orderline.core.routing.model import RouteLocation, Snapshot
from orderline.core.routing.terrain import Shelves, Terrain
from orderline.core.stock.state import Channel, Location, Settings
from orderline.core.supply.rows import SupplyKind, SupplyRow, by_date
from orderline.store.database import Database
from orderline.store.loading import decode_record, decode_state, demand_of
from orderline.store.queries import query
from orderline.store.reading.capacity import Booked, KnownBookings, booked_work, route_locations
from orderline.store.reading.promises import Known, load_known
from orderline.store.reading.source import Source

# Backlogs are looked at again after a second; what is learned, after ten minutes.
STANDING_S: Final = 1
LEARNED_S: Final = 600
PACE_OVER: Final = timedelta(days=2)
MOST_DONE: Final = 5_000
MOST_DELIVERED: Final = 2_000
_MOST_ORDERS: Final = 200
_LAST: Final = UUID(int=2**128 - 1)
_NO_LINE: Final = 2**31  # beyond the lines of any order

_shelves = msgspec.json.Decoder(dict[str, int])


class Ground:
    """All that a promise needs beside the question: the network as it stands, and the merchant's settings."""

    def __init__(
        self,
        network: Network,
        settings: Settings,
        locations: dict[str, RouteLocation],
        booked: tuple[Booked, ...] = (),
    ) -> None:
        self.network = network
        self.settings = settings
        self.locations = Terrain(locations)
        self.booked = booked


class KnownGround:
    """The ground, read again when it has changed or grown old."""

    def __init__(self, *, standing_s: float = STANDING_S, learned_s: float = LEARNED_S) -> None:
        self._standing_s = standing_s
        self._learned_s = learned_s
        self._lock = Lock()
        self._mark: tuple[Any, ...] = ()
        self._ground: Ground | None = None
        self._looked = 0.0
        self._learned_at = 0.0
        self._learned: dict[LearnedKey, TransitDays] = {}
        self._paces: dict[str, Pace] = {}
        self._delays: tuple[Delay, ...] = ()
        self._bookings = KnownBookings()

    def current(self, source: Source, now: datetime, *, booking: bool = False) -> Ground:
        """The settings as they are, with backlogs of a second ago. booking: the places that quotes keep as they are now."""
        with self._lock:
            ground = self._current(source, now)
            return self._booked_now(source, now, ground) if booking else ground

    def _booked_now(self, source: Source, now: datetime, ground: Ground) -> Ground:
        booked = self._bookings.current(source, now)
        if booked == ground.booked:
            return ground
        standing = msgspec.structs.replace(ground.network.standing, booked=booked_work(booked))
        network = ground.network.standing_at(standing)
        locations = route_locations(source, ground.settings, now, network, booked)
        self._ground = Ground(network, ground.settings, locations, booked)
        return self._ground

    def _current(self, source: Source, now: datetime) -> Ground:
        clock = monotonic()
        [mark] = source.rows("promises", "promise_mark", kinds=list(SETTINGS))
        if self._ground is not None and mark == self._mark and clock - self._looked < self._standing_s:
            return self._ground
        ground = self._ground
        changed = ground is None or mark != self._mark
        if changed:
            settings = source.settings()
            rules, self._delays = load_rules(source, settings)
            network = compile_network(rules)
        else:
            assert ground is not None
            settings, network = ground.settings, ground.network
        if changed or clock - self._learned_at >= self._learned_s:
            self._learned = learn_transit(network, load_deliveries(source))
            self._paces = load_paces(source, network, now - PACE_OVER)
            self._learned_at = clock
        booked = self._bookings.current(source, now)
        standing = Standing(
            backlogs=load_backlogs(source),
            booked=booked_work(booked),
            paces=self._paces,
            learned=self._learned,
            delays=self._delays,
        )
        if changed or standing != network.standing:
            network = network.standing_at(standing)
        locations = route_locations(source, settings, now, network, booked)
        self._ground, self._mark, self._looked = Ground(network, settings, locations, booked), mark, clock
        return self._ground


def load_rules(source: Source, settings: Settings) -> tuple[NetworkRules, tuple[Delay, ...]]:
    """What is written down, and the delays among it."""
    calendars: dict[str, CalendarRules] = {}
    zone_tables: dict[str, ZoneTable] = {}
    services: list[CarrierService] = []
    handling: dict[str, HandlingRules] = {}
    delays: list[Delay] = []
    for kind, id_, body in source.rows("promises", "promise_settings", kinds=list(SETTINGS)):
        rules = decode_record(kind, body).rules
        match rules:
            case CalendarRules():
                calendars[id_] = rules
            case ZoneTable():
                zone_tables[id_] = rules
            case CarrierService():
                services.append(rules)
            case HandlingRules():
                handling[id_] = rules
            case _:
                delays.append(rules)
    sites = {code: _site(each, handling.get(code)) for code, each in settings.locations.items()}
    active = tuple(each for each in services if each.active)
    rules = NetworkRules(
        sites=sites,
        calendars=calendars,
        tables=zone_tables,
        services=active,
        currency=active[0].currency if active else "EUR",
    )
    return rules, tuple(each for each in delays if each.days)


def _site(location: Location, handling: HandlingRules | None) -> Site:
    # "UTC" is what a location has whose zone nobody has given.
    zone = location.time_zone if location.time_zone != "UTC" else ""
    given = handling or HandlingRules(days=location.handling_days)
    if given.per_hour is None and location.hourly_capacity is not None:
        given = msgspec.structs.replace(given, per_hour=location.hourly_capacity, work=WorkKind.ORDERS)
    return Site(code=location.code, place=location.place, time_zone=zone, handling=given)


def load_hours(source: Source, code: str, now: datetime, most: int) -> HoursAhead | None:
    """What a location can do in the hours to come; None: there is no such location."""
    settings = source.settings()
    if code not in settings.locations:
        return None
    rules, _ = load_rules(source, settings)
    booked = KnownBookings().current(source, now)
    network = compile_network(rules, Standing(backlogs=load_backlogs(source), booked=booked_work(booked)))
    takes = route_locations(source, settings, now, network, booked)[code].capacity_left
    return hours_ahead(network, code, now, most, takes)


def load_backlogs(source: Source) -> dict[str, Backlog]:
    """What waits at locations to be handed over."""
    rows = source.rows("promises", "backlogs")
    return {location: Backlog(int(orders), int(units)) for location, orders, units in rows}


def load_paces(source: Source, network: Network, since: datetime) -> dict[str, Pace]:
    """How fast locations have worked."""
    done: dict[str, list[WorkDone]] = {}
    for location, opened_at, handed_at, units in source.rows("promises", "work_done", since=since, most=MOST_DONE):
        done.setdefault(location, []).append(WorkDone(location, opened_at, handed_at, int(units)))
    return {
        code: pace_of(site.calendar, site.handling.work, done[code])
        for code, site in network.sites.items()
        if code in done
    }


def load_deliveries(source: Source) -> list[Any]:
    """The parcels that were delivered last."""
    rows = source.rows("promises", "delivered_lately", most=MOST_DELIVERED)
    return [delivery for _, state in rows for delivery in deliveries_of(decode_state(state))]


def read_delay(database: Database, id_: str) -> Delay | None:
    """A delay as it is written down; None: there is none."""
    rows = database.rows(query("records", "record"), {"kind": "delay", "id": id_})
    return decode_record("delay", rows[0][0]).rules if rows else None


def promised_orders(database: Database, after: UUID, most: int) -> list[Order]:
    """Orders after one, by id, whose promises may be open."""
    rows = database.rows(query("promises", "promised_open"), {"after": after, "most": most})
    return [decode_state(state) for (state,) in rows]


def load_kept(source: Source, most: int) -> KeptFigures:
    """How well promises were kept, over the orders of the parcels that were delivered last."""
    return kept_figures(decode_state(state) for _, state in source.rows("promises", "delivered_lately", most=most))


class EndedFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which promises; of what is empty, all. parcels: of the orders of so many that were delivered last."""

    parcels: int
    location: str = ""
    carrier: str = ""
    policy: str = ""
    kept: bool | None = None
    kept_last: bool | None = None
    cause: PromiseCause | None = None

    def takes(self, promise: EndedPromise) -> bool:
        """Is it one of them?"""
        return (
            (not self.location or self.location in promise.locations)
            and (not self.carrier or self.carrier in promise.carriers)
            and (not self.policy or self.policy == promise.policy)
            and (self.kept is None or self.kept == promise.kept)
            and (self.kept_last is None or self.kept_last == promise.kept_last)
            and (self.cause is None or self.cause is promise.cause)
        )


def load_ended(source: Source, wanted: EndedFilter, *, after: tuple[UUID, int] | None, most: int) -> list[EndedPromise]:
    """The promises that `load_kept` counts, those of the last order first. after: the order and the line of the one before."""
    order, line = after or (_LAST, 0)
    found: list[EndedPromise] = []
    while len(found) < most:
        rows = source.rows("promises", "delivered_lately_until", order=order, parcels=wanted.parcels, most=_MOST_ORDERS)
        for id_, state in rows:
            found += [
                each
                for each in ended_promises(decode_state(state))
                if wanted.takes(each) and (id_ != order or each.line > line)
            ]
        if len(rows) < _MOST_ORDERS:
            break
        order, line = rows[-1][0], _NO_LINE
    return found[:most]


def load_shelves(source: Source, skus: Collection[str]) -> tuple[dict[str, dict[str, int]], int]:
    """Units free by SKU and location, and the journal position they were read at."""
    rows = source.rows("promises", "promise_shelves", skus=sorted(skus))
    return {sku: _shelves.decode(body) for sku, body, _ in rows}, max((int(row[2]) for row in rows), default=0)


def snapshot_of(
    bare: Snapshot, shelves: Mapping[str, Mapping[str, int]], skus: Collection[str], position: int
) -> Snapshot:
    """The stock of SKUs as routing looks at it, with what else it knows of locations."""
    levels = Shelves({sku: shelves[sku] for sku in skus if sku in shelves})
    return msgspec.structs.replace(bare, position=position, levels=levels)


class Stock(NamedTuple):
    """SKUs with their components and claims, their shelves, what is to come of them, and what is scheduled to go."""

    known: Known
    shelves: dict[str, dict[str, int]]
    position: int
    supply: dict[str, list[SupplyRow]]
    demand: dict[tuple[str, str], tuple[DemandRow, ...]]


def load_stock(source: Source, codes: Collection[str]) -> Stock:
    """All that is known of the stock of some SKUs."""
    known = load_known(source, set(codes))
    shelves, position = load_shelves(source, set(known))
    supply: dict[str, list[SupplyRow]] = {}
    if any(level.expected for _, levels in known.values() for level in levels.values()):
        for sku, pool, id_, location, kind, *figures in source.rows("supply", "supply_of", skus=sorted(known)):
            due_at, slack_days, confidence_ppm, left, pegged, kept = figures
            row = SupplyRow(
                sku, pool, id_, location, SupplyKind(kind), due_at, slack_days, confidence_ppm, left, pegged, kept
            )
            supply.setdefault(sku, []).append(row)
    demand: dict[tuple[str, str], tuple[DemandRow, ...]] = {}
    if any(level.demanded for _, levels in known.values() for level in levels.values()):
        demand = demand_of(source.rows("demands", "demand_of", skus=sorted(known)))
    return Stock(known, shelves, position, supply, demand)


def expected_of(stock: Stock, codes: Sequence[str], channel: Channel, now: datetime) -> list[Expected]:
    """Units to come that the channel may promise ahead, from when they can be counted on, beside scheduled demand."""
    found: list[Expected] = []
    for code in codes:
        sku, levels = stock.known[code]
        until = sku.ahead_until(now, channel.short_policy or sku.short_policy)
        supply = stock.supply.get(code, ())
        ahead = {
            pool: Ahead(level.unclaimed - level.threshold - level.atp, stock.demand[code, pool], of_pool(supply, pool))
            for pool, level in levels.items()
            if (code, pool) in stock.demand
        }
        for row in by_date(supply):
            if until is None or row.ready_at > until or row.pool not in channel.pools:
                continue
            units = row.free
            if row.pool in ahead:
                units = min(units, ahead[row.pool].room(row.ready_at))
                ahead[row.pool].take(row.ready_at, units)
            if units:
                found.append(Expected(row.id, code, row.location, units, row.ready_at))
    return found


def of_pool(supply: Iterable[SupplyRow], pool: str) -> list[SupplyRow]:
    """The rows of one pool."""
    return [row for row in supply if row.pool == pool]


def atp_of(known: Known, codes: Sequence[str]) -> dict[tuple[str, str], int]:
    """Units that may be promised now, by (SKU, pool)."""
    return {(code, pool): level.atp for code in codes for pool, level in known[code][1].items()}
