"""What locations are taken up with: places that quotes keep at them, what they were given, and what they still take."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from orderline.core.promises.handling import HourWork, hours_of
from orderline.core.promises.network import Network
from orderline.core.routing.model import RouteLocation
from orderline.core.stock.capacity import PACE_OVER, Load, capacity_left, day_of, hour_of, is_limited
from orderline.core.stock.state import Location, Settings
from orderline.store.loading import decode_record
from orderline.store.reading.source import Source
from orderline.values.geo import locate


class Booked(msgspec.Struct, frozen=True, gc=False):
    """A place that a quote keeps at a location, and the hours it takes there. order: who has ordered by it, if anybody."""

    quote: str
    order: str
    location: str
    hours: tuple[HourWork, ...]


class KnownBookings:
    """The places kept by quotes; each quote is read once, and again when it has changed."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, tuple[Booked, ...]]] = {}

    def current(self, source: Source, now: datetime) -> tuple[Booked, ...]:
        """Of open quotes until they expire, and of orders until a location has their units."""
        versions = {id_: int(version) for id_, version in source.rows("promises", "quotes_keeping", now=now)}
        known = {id_: kept for id_, kept in self._known.items() if versions.get(id_) == kept[0]}
        if new := sorted(versions.keys() - known.keys()):
            for id_, body in source.rows("promises", "quotes_by_id", ids=new):
                quote = decode_record("quote", body)
                places = tuple(Booked(id_, quote.order, part.location, part.hours) for part in quote.booked())
                known[id_] = (versions[id_], places)
        self._known = known
        booked = [each for _, places in known.values() for each in places]
        numbers = sorted({each.order for each in booked if each.order})
        rows = source.rows("promises", "orders_unlocated", numbers=numbers) if numbers else []
        waiting: set[str] = {row[0] for row in rows}
        return tuple(each for each in booked if not each.order or each.order in waiting)


def booked_work(booked: Iterable[Booked]) -> dict[str, dict[int, int]]:
    """Work by location and hour since the epoch, as a network counts with it."""
    by_location: dict[str, list[HourWork]] = {}
    for each in booked:
        if each.hours:
            by_location.setdefault(each.location, []).extend(each.hours)
    return {code: hours_of(works) for code, works in by_location.items()}


def route_locations(
    source: Source, settings: Settings, now: datetime, network: Network | None = None, booked: Sequence[Booked] = ()
) -> dict[str, RouteLocation]:
    """Locations as routing and promises see them, with what they still take in their day and hour, and at their pace.

    network: whose calendars say on which days a location works. booked: places that others keep.
    """
    limited = [each for each in settings.locations.values() if is_limited(each)]
    loads = _load_loads(source, limited, now, network, booked)
    return {
        code: _route_location(each, capacity_left(each, loads.get(code, Load()), now))
        for code, each in settings.locations.items()
    }


def _load_loads(
    source: Source,
    locations: Collection[Location],
    now: datetime,
    network: Network | None,
    booked: Sequence[Booked],
) -> Mapping[str, Load]:
    """How busy locations are, by code."""
    if not locations:
        return {}
    sites = network.sites if network is not None else {}
    calendars = [
        site.calendar if (site := sites.get(each.code)) is not None and site.handling.calendar else None
        for each in locations
    ]
    pairs = list(zip(locations, calendars, strict=True))
    rows = source.rows(
        "routing",
        "location_loads",
        locations=[each.code for each in locations],
        days=[day_of(each, now, calendar)[0] for each, calendar in pairs],
        hours=[hour_of(each, now, calendar) for each, calendar in pairs],
        since=now - PACE_OVER,
    )
    places: dict[str, int] = {}
    for each in booked:
        places[each.location] = places.get(each.location, 0) + 1
    return {row[0]: Load(*map(int, row[1:]), booked=places.get(row[0], 0)) for row in rows}


def _route_location(location: Location, left: int | None) -> RouteLocation:
    found = locate(location.place)
    return RouteLocation(
        code=location.code,
        pool=location.pool,
        kind=location.kind,
        coordinates=found.coordinates if found is not None else None,
        handling_days=location.handling_days,
        active=location.active,
        ships=location.ships,
        pickup=location.pickup,
        capacity_left=left,
    )
