"""The network that promises are made over: locations with their calendars, carriers' services, and how things stand.

`NetworkRules` are plain values; `compile_network` makes them ready to be asked. A network belongs to one reading of how
things stand (backlogs, paces, delays); another reading of the same rules shares what was compiled.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from orderline.core.promises import tables
from orderline.core.promises.calendar_rules import CalendarRules, minute_of
from orderline.core.promises.calendars import Calendar, compile_calendar, seconds_of
from orderline.core.promises.handling import (
    Backlog,
    HandlingRules,
    HourWork,
    Pace,
    Rate,
    Ready,
    book_behind,
    hour_works,
    rate_of,
    when_ready,
)
from orderline.core.promises.refusals import PromiseRefusal as R
from orderline.core.promises.transit import (
    CarrierService,
    End,
    TransitDays,
    Zones,
    ZoneTable,
    check_service,
    end_of,
)
from orderline.values.address import Place
from orderline.values.failures import Refused
from orderline.values.geo import Coordinates, locate, time_zone

LearnedKey = tuple[str, str, str]  # carrier, service, zone


class Site(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A location as promises see it. time_zone: empty where that of its place holds."""

    code: str
    place: Place
    time_zone: str = ""
    handling: HandlingRules = HandlingRules()


class Delay(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What keeps parcels longer for a time: of a carrier, to or from a region, at a location; all of what is given.

    days: working days more. since, until: of the hand-over; without them from now on, and until it is lifted.
    """

    id: str = ""
    days: int
    reason: str
    cause: str = "force_majeure"
    carrier: str = ""
    location: str = ""
    country: str = ""
    postal: str = ""
    since: datetime | None = None
    until: datetime | None = None


class NetworkRules(msgspec.Struct, frozen=True, kw_only=True):
    """All that is written down. Without services, the standard tables in `currency` are taken.

    quantile_ppm: how sure a promise is where transit was learned: 900000 promises what 90 % of parcels kept.
    buffer_days: working days put on top of every latest date.
    """

    sites: Mapping[str, Site]
    calendars: Mapping[str, CalendarRules] = {}
    tables: Mapping[str, ZoneTable] = {}
    services: tuple[CarrierService, ...] = ()
    currency: str = "EUR"
    quantile_ppm: int = 900_000
    buffer_days: int = 0


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How things stand, by location and by (carrier, service, zone). booked: work by hours since the epoch."""

    backlogs: Mapping[str, Backlog] = {}
    booked: Mapping[str, Mapping[int, int]] = {}
    paces: Mapping[str, Pace] = {}
    learned: Mapping[LearnedKey, TransitDays] = {}
    delays: tuple[Delay, ...] = ()


class CompiledSite:
    """A location ready to be asked."""

    __slots__ = ("calendar", "code", "coordinates", "end", "handling")

    def __init__(self, site: Site, rules: NetworkRules) -> None:
        self.code = site.code
        self.handling = site.handling
        self.end: End = end_of(site.place.country, site.place.postal_code)
        found = locate(site.place)
        self.coordinates: Coordinates | None = found.coordinates if found is not None else None
        if site.handling.calendar:
            own = rules.calendars.get(site.handling.calendar)
            if own is None:
                raise Refused(R.CALENDAR_UNKNOWN, field="handling.calendar", value=site.handling.calendar[:100])
            self.calendar: Calendar = compile_calendar(own)
        else:
            zone = site.time_zone or time_zone(site.place)
            self.calendar = compile_calendar(tables.working_days(self.end.country, site.place.region, zone))


class CompiledService:
    """A carrier's service ready to be asked; `index` is its place among the services."""

    __slots__ = ("delivers_from", "delivers_until", "index", "key", "lanes", "methods", "rules", "zones")

    def __init__(self, index: int, rules: CarrierService, zones: Zones) -> None:
        self.index = index
        self.rules = rules
        self.zones = zones
        self.lanes = {lane.zone: lane for lane in rules.lanes}
        self.methods = frozenset(rules.methods or (rules.service,))
        self.key = (rules.carrier, rules.service)
        self.delivers_from = minute_of(rules.delivers_from, "delivers_from")
        self.delivers_until = minute_of(rules.delivers_until, "delivers_until")


_MOST_ENTRIES: Final = 100_000


class Kept(dict[Any, Any]):
    """What was worked out, by key; what was worked out first goes first when there is too much of it."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def __setitem__(self, key: Any, value: Any) -> None:
        if len(self) >= self._most and key not in self:
            del self[next(iter(self))]
        super().__setitem__(key, value)


class Network:
    """Compiled rules and how things stand. What was worked out for a minute is kept for the promises of that minute."""

    def __init__(self, compiled: "Compiled", standing: Standing) -> None:
        self._compiled: Final = compiled
        self.rules: Final = compiled.rules
        self.sites: Final = compiled.sites
        self.services: Final = compiled.services
        self.calendars: Final = compiled.calendars
        self.standing: Final = standing
        delayed = (len(delay.postal) for delay in standing.delays)
        self.postal_length: Final = max((*(service.zones.length for service in compiled.services), *delayed), default=0)
        self.rates: Final[dict[str, Rate | None]] = {
            code: rate_of(site.handling, standing.paces.get(code)) for code, site in compiled.sites.items()
        }
        self._ready: dict[tuple[str, int, int, str, str], Ready | None] = {}
        # What `timing` has worked out, by keys of its own: small things, and those with an entry for each location.
        self.kept: Final = Kept(100_000)
        self.wide: Final = Kept(max(16, _MOST_ENTRIES // max(1, len(compiled.sites))))

    def standing_at(self, standing: Standing) -> "Network":
        """The same rules at another reading of how things stand."""
        return Network(self._compiled, standing)

    def ready(self, code: str, now: int, work: int, carrier: str, service: str) -> Ready | None:
        """When goods leave the shelves of a location for a service; None: not from there, now."""
        site = self.sites[code]
        key = (code, now, work, *site.calendar.narrowed(carrier, service))
        if key in self._ready:
            return self._ready[key]
        if len(self._ready) > 50_000:
            self._ready.clear()
        backlog = self.standing.backlogs.get(code)
        found = self._ready[key] = when_ready(
            site.calendar,
            site.handling,
            now,
            work=work,
            backlog=backlog.of(site.handling.work) if backlog is not None else 0,
            rate=self.rates[code],
            booked=self.standing.booked.get(code),
            carrier=key[3],
            service=key[4],
        )
        return found

    def book(self, code: str, now: int, work: int) -> tuple[HourWork, ...]:
        """The hours that work takes at a location, behind all that waits and is booked there; none without a capacity."""
        site = self.sites[code]
        if not site.handling.per_hour or not work:
            return ()
        rate = Rate(site.handling.per_hour, 3_600, "")
        backlog = self.standing.backlogs.get(code, Backlog()).of(site.handling.work)
        found = book_behind(site.calendar, rate, now, work, backlog, self.standing.booked.get(code, {}))
        return hour_works(found.hours) if found is not None else ()

    def delivery_calendar(self, service: CompiledService, place: Place, zone: str) -> Calendar:
        """On which days a service delivers at a place, by the clock of that place."""
        rules = service.rules
        if rules.calendar:
            own = msgspec.structs.replace(self.rules.calendars[rules.calendar], time_zone=zone)
            return compile_calendar(own)
        return compile_calendar(tables.delivery_days(place.country.upper(), place.region, zone, rules.delivery_days))


class Compiled:
    """What of a network depends on its rules alone."""

    def __init__(self, rules: NetworkRules) -> None:
        self.rules: Final = rules
        self.calendars: Final = {id_: compile_calendar(each) for id_, each in rules.calendars.items()}
        known = {tables.DISTANCES: tables.ZONES} | dict(rules.tables)
        zones = {id_: Zones(table) for id_, table in known.items()}
        given = rules.services or tables.standard_services(rules.currency)
        for index, service in enumerate(given):
            try:
                check_service(service, known, rules.calendars)
                if service.currency != rules.currency:
                    raise Refused(
                        R.TABLE_NOT_ACCEPTABLE, field="currency", value=service.currency, allowed=rules.currency
                    )
            except Refused as refused:
                refused.facts["field"] = f"services[{index}].{refused.facts.get('field', '')}".rstrip(".")
                raise
        self.services: Final = tuple(
            CompiledService(index, each, zones[each.zones]) for index, each in enumerate(given) if each.active
        )
        self.sites: Final = {code: CompiledSite(site, rules) for code, site in rules.sites.items()}


def compile_network(rules: NetworkRules, standing: Standing | None = None) -> Network:
    """Rules ready to be asked. Refused where they name what does not exist, or cannot be kept."""
    return Network(Compiled(rules), standing or Standing())


def holds(delay: Delay, site: CompiledSite, destination: End, at: int, carrier: str) -> bool:
    """Whether a delay keeps what is handed over at that instant; one of a region, what comes from there or goes there."""
    return (
        delay.carrier in ("", carrier)
        and delay.location in ("", site.code)
        and (not delay.country or _inside(delay, site.end) or _inside(delay, destination))
        and (delay.since is None or seconds_of(delay.since) <= at)
        and (delay.until is None or at <= seconds_of(delay.until))
    )


def _inside(delay: Delay, end: End) -> bool:
    return end.country == delay.country and end.postal.startswith(delay.postal)
