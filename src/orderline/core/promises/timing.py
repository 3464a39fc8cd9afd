"""When, for how much money and for how much carbon goods of a location can be where they are wanted.

`offers` is what promise and routing both ask. It is cheap: whatever does not depend on all of origin, destination,
weight and minute is worked out once and kept in the network. An answer is that of the minute that `now` is in, at its
end, so that nothing is promised from before it was asked.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from orderline.core.promises import tables
from orderline.core.promises.calendars import Calendar, compile_calendar, instant_of, seconds_of
from orderline.core.promises.handling import HourWork, Ready, WorkKind
from orderline.core.promises.network import CompiledService, CompiledSite, Delay, Network, holds
from orderline.core.promises.transit import LEARNED_FROM, CarrierService, Lane, Zones, end_of, price_of
from orderline.core.promises.ways import HandOver, Load, ServiceOffer, Way
from orderline.values.address import Place
from orderline.values.geo import distance_m, locate, time_zone

COUNTER: Final = "counter"
PICKUP: Final = "pickup"
DELIVERED_UNTIL: Final = 18 * 60  # minutes of the day, where no service of ours says it


def offers(
    origin: str, destination: Place, load: Load, now: datetime, network: Network, method: str = ""
) -> tuple[ServiceOffer, ...]:
    """The services that take a load from a location to a place, by the latest delivery; none where there is none.

    method: only services that serve this delivery method of orders; if none at all does, all of them.
    """
    return board_of(network, destination, load, now, method).offers(origin)


def pickup_offer(location: str, load: Load, now: datetime, network: Network) -> ServiceOffer | None:
    """When a load can be collected at a location; None: not within reach."""
    if location not in network.sites:
        return None
    asked = _minute(now)
    ready = network.ready(location, asked, _work(network.sites[location], load), COUNTER, PICKUP)
    if ready is None:
        return None
    site = network.sites[location]
    opens = site.calendar.next_opening(ready.ready)
    if opens is None:
        return None
    delays = tuple(each for each in network.standing.delays if holds(each, site, site.end, opens, COUNTER))
    late = sum(each.days for each in delays)
    day = site.calendar.add_working_days(site.calendar.day_of(opens), late) if late else None
    latest = opens if day is None else max(opens, site.calendar.day(day).starts[0])
    handover = _handover(site, asked, ready, opens, "opening hours")
    at = instant_of(latest)
    way = Way(
        calendar=site.calendar.id, zone="", days_min=0, days_max=0, earliest_at=handover.at, due_at=handover.at,
        delayed_at=at, latest_at=at,
        delays=tuple(each.reason for each in delays),
    )  # fmt: skip
    return ServiceOffer(
        location=location, carrier=COUNTER, service=PICKUP, handover_at=handover.at, earliest_at=handover.at,
        latest_at=at, cost_minor=0, currency=network.rules.currency, carbon_g=0, parcels=1, distance_m=None,
        handover=handover, way=way,
    )  # fmt: skip


def arrival(
    origin: str, destination: Place, days: int, now: datetime, network: Network, carrier: str, service: str
) -> datetime | None:
    """When a packed parcel is there at the latest that its carrier says takes so many working days; None: unknown."""
    site = network.sites.get(origin)
    asked = _minute(now)
    collected = site.calendar.next_collection(asked, carrier, service) if site is not None else None
    if site is None or collected is None:
        return None
    zone = time_zone(destination)
    calendar = compile_calendar(tables.delivery_days(destination.country.upper(), destination.region, zone, ()))
    end = end_of(destination.country, destination.postal_code)
    late = sum(each.days for each in network.standing.delays if holds(each, site, end, collected.at, carrier))
    day = max(collected.day, calendar.day_of(collected.at))
    reached = calendar.add_working_days(day, max(1, days + late + network.rules.buffer_days))
    return instant_of(calendar.instant(reached, DELIVERED_UNTIL)) if reached is not None else None


# How far a location is, and the zones it is in by table as far as they were asked for: the same for all loads.
Reached = tuple[int | None, dict[Zones, str | None]]
Leaving = tuple[HandOver, int, int]  # with its instant in seconds, and its local day


class Terms(msgspec.Struct, frozen=True, gc=False):
    """An offer, as far as it differs from those of other locations."""

    latest_at: datetime
    cost_minor: int
    carrier: str
    service: str
    carbon_g: int
    parcels: int
    handover: HandOver
    way: Way


class Board:
    """The offers to one destination for one load at one minute, each location worked out when first asked for.

    told: what others have made of the offers of each location, which holds for as long.
    """

    __slots__ = (
        "_asked",
        "_by_speed",
        "_delays",
        "_end",
        "_found",
        "_load",
        "_located",
        "_network",
        "_reached",
        "_services",
        "asked_at",
        "told",
    )

    def __init__(self, network: Network, destination: Place, load: Load, asked: int, method: str) -> None:
        self._network = network
        self._load = load
        self._asked = asked
        self._end = end_of(destination.country, destination.postal_code)
        found = locate(destination)
        self._located = found.coordinates if found is not None else None
        there = ("reached", self._end.country, self._end.postal[: network.postal_length], self._located)
        reached: dict[str, Reached] | None = network.wide.get(there)
        if reached is None:
            reached = {}
            network.wide[there] = reached
        self._reached = reached
        zone = time_zone(destination)
        serving = tuple(each for each in network.services if not method or method in each.methods)
        services = serving or network.services
        self._services = tuple(_Asked(network, service, destination, zone) for service in services)
        self._delays = network.standing.delays
        self._found: dict[str, Sequence[Terms]] = {}
        self._by_speed: tuple[Collection[str], list[tuple[datetime, str]]] = ((), [])
        self.asked_at = instant_of(asked)
        self.told: dict[str, Any] = {}

    def by_speed(self, origins: Collection[str]) -> list[tuple[datetime, str]]:
        """When each of the locations that serve anything delivers at the latest, soonest first."""
        asked, found = self._by_speed
        if asked is not origins:
            served = ((self.terms(origin), origin) for origin in origins)
            found = sorted((terms[0].latest_at, origin) for terms, origin in served if terms)
            self._by_speed = origins, found
        return found

    def offers(self, origin: str) -> tuple[ServiceOffer, ...]:
        """By the latest delivery, then cost; none where the location serves nothing now, or is not known."""
        return tuple(
            ServiceOffer(
                location=origin, carrier=terms.carrier, service=terms.service, handover_at=terms.handover.at,
                earliest_at=max(terms.way.earliest_at, terms.handover.at), latest_at=terms.latest_at,
                cost_minor=terms.cost_minor, currency=self._network.rules.currency, carbon_g=terms.carbon_g,
                parcels=terms.parcels, distance_m=self._reached[origin][0], handover=terms.handover, way=terms.way,
            )
            for terms in self.terms(origin)
        )  # fmt: skip

    def terms(self, origin: str) -> Sequence[Terms]:
        """What routing weighs of the offers from a location, in their order."""
        found = self._found.get(origin)
        if found is None:
            found = self._found[origin] = self._work_out(origin)
        return found

    def _work_out(self, origin: str) -> Sequence[Terms]:
        site = self._network.sites.get(origin)
        if site is None:
            return ()
        away_m, zones = self._reached.get(origin) or self._reach(site)
        work = _work(site, self._load)
        weight_g, kg_m = self._load.weight_g, self._load.weight_g * (away_m or 0)
        found: list[Terms] = []
        table, zone, leaving = None, None, None
        for asked in self._services:
            rules = asked.rules
            if asked.table is not table:
                table, zone = asked.table, zones.get(asked.table, "")
                if zone == "":
                    zone = zones[asked.table] = asked.table.find(site.end, self._end, away_m)
            if zone is None:
                continue
            if leaving is None or not site.calendar.alike:
                leaving = self._leaves(site, work, rules)
                if leaving is None:
                    continue
            handover, at, day = leaving
            way = asked.ways.get((zone, at)) if not self._delays else None
            if way is None:
                way = self._way(asked, zone, at, day, site)
                if way is None:
                    continue
                asked.ways[zone, at] = way
            price = asked.prices.get(zone)
            if price is None:
                price = asked.prices[zone] = price_of(asked.lanes[zone].prices, weight_g)
            parcels, cost = price
            # Milligrams per kilogram and kilometer, of grams and meters.
            carbon_g = parcels * rules.carbon_parcel_g + rules.carbon_mg_per_kg_km * kg_m // 1_000_000_000
            found.append(Terms(way.latest_at, cost, rules.carrier, rules.service, carbon_g, parcels, handover, way))
        if len(found) > 1:
            found.sort(key=_order)
        return found

    def _reach(self, site: CompiledSite) -> Reached:
        away_m = None
        if site.coordinates is not None and self._located is not None:
            away_m = distance_m(site.coordinates, self._located)
        found: Reached = (away_m, {})
        self._reached[site.code] = found
        return found

    def _leaves(self, site: CompiledSite, work: int, service: CarrierService) -> Leaving | None:
        """When a load is handed over to a service: that, its instant, and its local day; kept for the minute."""
        network = self._network
        packed = self._load.packed
        key = ("out", site.code, self._asked, work, packed, *site.calendar.narrowed(service.carrier, service.service))
        if key in network.kept:
            return network.kept[key]
        out: Leaving | None = None
        if packed:
            ready = Ready(self._asked, "", self._asked, self._asked, self._asked, 0, "")
        else:
            ready = network.ready(site.code, self._asked, work, service.carrier, service.service)
        if ready is not None:
            collected = site.calendar.next_collection(ready.ready, service.carrier, service.service)
            if collected is not None:
                rule = f"collection {collected.rule}"
                out = _handover(site, self._asked, ready, collected.at, rule), collected.at, collected.day
        network.kept[key] = out
        return out

    def _way(self, asked: "_Asked", zone: str, at: int, day: int, site: CompiledSite) -> Way | None:
        lane = asked.lanes.get(zone)
        if lane is None:
            return None
        carrier, calendar = asked.rules.carrier, asked.calendar
        delays = tuple(each for each in self._delays if holds(each, site, self._end, at, carrier))
        # The later of the two days that it is then, here and there: a way has no hours less for a clock that lags.
        day = max(day, calendar.day_of(at))
        today = at <= calendar.instant(day, asked.service.delivers_until)
        key = ("way", asked.service.index, zone, day, today, calendar.id, calendar.zone.key, delays)
        kept = self._network.kept
        if key not in kept:
            kept[key] = _way(self._network, asked.service, calendar, lane, day, delays, today=today)
        return kept[key]


class _Asked:
    """A service as it is to one destination: its calendar there, and by zone what was worked out."""

    __slots__ = ("calendar", "lanes", "prices", "rules", "service", "table", "ways")

    def __init__(self, network: Network, service: CompiledService, destination: Place, zone: str) -> None:
        self.service = service
        self.rules = service.rules
        self.table = service.zones
        self.lanes = service.lanes
        self.calendar = network.delivery_calendar(service, destination, zone)
        self.prices: dict[str, tuple[int, int]] = {}
        self.ways: dict[tuple[str, int], Way] = {}


def board_of(network: Network, destination: Place, load: Load, now: datetime, method: str = "") -> Board:
    """The board for a question, kept for the same question in the same minute."""
    asked = _minute(now)
    # What is known of a place by its postal code and town is the same for all that lie there.
    postal = end_of(destination.country, destination.postal_code).postal[: network.postal_length]
    key = ("board", destination.country, destination.region, postal, locate(destination), load, asked, method)
    found: Board | None = network.wide.get(key)
    if found is None:
        found = network.wide[key] = Board(network, destination, load, asked, method)
    return found


def _way(
    network: Network,
    service: CompiledService,
    calendar: Calendar,
    lane: Lane,
    day: int,
    delays: tuple[Delay, ...],
    *,
    today: bool,
) -> Way | None:
    """today: goods that take no day on the way still come on the day of their hand-over."""
    learned = network.standing.learned.get((*service.key, lane.zone))
    days_min, days_max, quantile, parcels = lane.days_min, lane.days_max, 0, 0
    if learned is not None and learned.total >= LEARNED_FROM:
        quantile, parcels = network.rules.quantile_ppm, learned.total
        days_min, days_max = learned.quantile(1_000_000 - quantile), learned.quantile(quantile)
    late, buffer = sum(each.days for each in delays), network.rules.buffer_days
    reached = [
        calendar.add_working_days(day, days or int(not today))
        for days in (days_min, days_max, days_max + late, days_max + late + buffer)
    ]
    first, due, delayed, latest = reached
    if first is None or due is None or delayed is None or latest is None:
        return None
    until = service.delivers_until
    return Way(
        calendar=calendar.id,
        zone=lane.zone,
        days_min=days_min,
        days_max=days_max,
        earliest_at=instant_of(calendar.instant(first, service.delivers_from)),
        due_at=instant_of(calendar.instant(due, until)),
        delayed_at=instant_of(calendar.instant(delayed, until)),
        latest_at=instant_of(calendar.instant(latest, until)),
        quantile_ppm=quantile,
        learned_from=parcels,
        delays=tuple(each.reason for each in delays),
    )


def _handover(site: CompiledSite, asked: int, ready: Ready, at: int, collection: str) -> HandOver:
    return HandOver(
        calendar=site.calendar.id,
        asked_at=instant_of(asked),
        begun_at=instant_of(ready.begun),
        handled_at=instant_of(ready.handled),
        ready_at=instant_of(ready.ready),
        at=instant_of(at),
        cutoff_at=instant_of(ready.cutoff_at),
        cutoff=ready.cutoff,
        collection=collection,
        backlog=ready.backlog,
        pace=ready.pace,
        booked=ready.booked,
    )


def booked_hours(location: str, load: Load, now: datetime, network: Network) -> tuple[HourWork, ...]:
    """The hours of a location that a load would take, were it promised now; none where no capacity is written down."""
    return network.book(location, _minute(now), _work(network.sites[location], load))


def _work(site: CompiledSite, load: Load) -> int:
    return load.orders if site.handling.work is WorkKind.ORDERS else load.units


def _minute(now: datetime) -> int:
    return -(-seconds_of(now) // 60) * 60


def _order(terms: Terms) -> tuple[datetime, int, str, str]:
    return terms.latest_at, terms.cost_minor, terms.carrier, terms.service
