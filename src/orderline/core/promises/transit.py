"""On the way: carriers' services, the zones between two places, days and prices by zone, and days really taken.

A table of zones says which zone lies between an origin and a destination; the first row that fits decides. A service
has a lane for each zone it goes to. What tracking has shown replaces the lane's days once there is enough of it.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import msgspec

from orderline.core.promises.calendar_rules import minute_of, parse_days
from orderline.core.promises.refusals import PromiseRefusal as R
from orderline.values.failures import Refused
from orderline.values.geo import surroundings
from orderline.values.money import check_currency

SAME, NEIGHBORS, CONTINENT, ANY = "same", "neighbors", "continent", "*"
_RELATIVE: Final = (SAME, NEIGHBORS, CONTINENT, ANY)


class ZoneRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """The zone between origins and destinations: countries ("FR"), postal codes by their beginning ("FR:20"), "*".

    Of destinations also, seen from the origin: "same" country, "neighbors" of it, the same "continent".
    within_km: only as far, as the crow flies; a distance that is not known is within none.
    """

    zone: str
    origins: tuple[str, ...] = (ANY,)
    destinations: tuple[str, ...] = (ANY,)
    within_km: int | None = None


class ZoneTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Rows in order: the first that fits decides."""

    id: str = ""
    rows: tuple[ZoneRow, ...]


class Bracket(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a parcel up to a weight costs."""

    up_to_g: int
    minor: int


class Lane(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A service in one zone: working days on the way, and prices by weight, the lightest first."""

    zone: str
    days_min: int
    days_max: int
    prices: tuple[Bracket, ...] = ()


class CarrierService(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What a carrier offers. methods: the delivery methods of orders it may serve; none: that of its own name.

    delivery_days: weekdays on which it delivers; none: those that the destination's country works. calendar: by id,
    instead of the public holidays of the destination. Its prices are in `currency`.
    guaranteed_days: working days from the hand-over within which the carrier gives the price back if it is not there.
    carbon_mg_per_kg_km and carbon_parcel_g: CO2 equivalents of the way, and of each parcel's last mile.
    """

    carrier: str
    service: str
    zones: str
    currency: str
    lanes: tuple[Lane, ...]
    methods: tuple[str, ...] = ()
    delivery_days: tuple[str, ...] = ()
    calendar: str = ""
    delivers_from: str = "08:00"
    delivers_until: str = "18:00"
    carbon_mg_per_kg_km: int = 120
    carbon_parcel_g: int = 200
    guaranteed_days: int | None = None
    active: bool = True


class TransitDays(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many parcels took how many working days: counts by days from 0, the last for that many or more.

    Whole numbers that add up: those of two periods, or of two processes, are merged by adding.
    """

    counts: tuple[int, ...] = ()

    @property
    def total(self) -> int:
        """Parcels counted."""
        return sum(self.counts)

    def plus(self, days: int, parcels: int = 1) -> "TransitDays":
        """With parcels that took so many days."""
        day = min(max(0, days), LONGEST_DAYS)
        counts = list(self.counts) + [0] * (day + 1 - len(self.counts))
        counts[day] += parcels
        return TransitDays(tuple(counts))

    def merged(self, other: "TransitDays") -> "TransitDays":
        """Both together."""
        longest = max(len(self.counts), len(other.counts))
        pairs = zip(_padded(self.counts, longest), _padded(other.counts, longest), strict=True)
        return TransitDays(tuple(one + two for one, two in pairs))

    def quantile(self, ppm: int) -> int:
        """The least number of days within which so many parts per million had arrived; there must be some."""
        needed = -(-self.total * ppm // 1_000_000)
        arrived = 0
        for days, count in enumerate(self.counts):
            arrived += count
            if arrived >= needed:
                return days
        raise AssertionError("there are no parcels to take a quantile of")


LONGEST_DAYS: Final = 60
# So many parcels of a service in a zone have to have arrived before their days replace those of the table.
LEARNED_FROM: Final = 50


def _padded(counts: Sequence[int], length: int) -> Iterable[int]:
    return (*counts, *([0] * (length - len(counts))))


class End(NamedTuple):
    """One end of a way: a country in capitals, and its postal code without signs."""

    country: str
    postal: str


def end_of(country: str, postal_code: str) -> End:
    """An end as tables know it."""
    return End(country.upper(), "".join(filter(str.isalnum, postal_code)).upper())


class Zones:
    """A table of zones, compiled: what lies between two ends is worked out once for all that begin alike."""

    def __init__(self, table: ZoneTable) -> None:
        self.id: Final = table.id
        for index, row in enumerate(table.rows):
            _check_row(row, f"rows[{index}]")
        self.rows: Final = table.rows
        prefixes = [text.partition(":")[2] for row in table.rows for text in (*row.origins, *row.destinations)]
        self.length: Final = max(map(len, prefixes), default=0)
        self.zones: Final = frozenset(row.zone for row in table.rows)
        self._between: dict[tuple[str, str, str, str], tuple[tuple[int | None, str], ...]] = {}

    def find(self, origin: End, destination: End, distance_m: int | None) -> str | None:
        """The zone between two ends; None: no row fits."""
        for within_m, zone in self.between(origin, destination):
            if within_m is None or (distance_m is not None and distance_m <= within_m):
                return zone
        return None

    def between(self, origin: End, destination: End) -> tuple[tuple[int | None, str], ...]:
        """(within meters, zone) of the rows that fit, up to the first that fits at any distance."""
        length = self.length
        key = (origin.country, origin.postal[:length], destination.country, destination.postal[:length])
        found = self._between.get(key)
        if found is None:
            if len(self._between) > 100_000:
                self._between.clear()
            found = self._between[key] = self._work_out(origin, destination)
        return found

    def _work_out(self, origin: End, destination: End) -> tuple[tuple[int | None, str], ...]:
        fitting: list[tuple[int | None, str]] = []
        for row in self.rows:
            if any(_fits(text, origin, origin) for text in row.origins) and any(
                _fits(text, destination, origin) for text in row.destinations
            ):
                fitting.append((None if row.within_km is None else row.within_km * 1000, row.zone))
                if row.within_km is None:
                    break
        return tuple(fitting)


def _fits(text: str, end: End, origin: End) -> bool:
    if text == ANY:
        return True
    if text == SAME:
        return end.country == origin.country
    around = surroundings(origin.country)
    if text == NEIGHBORS:
        return around is not None and end.country in around.neighbors
    if text == CONTINENT:
        there = surroundings(end.country)
        return around is not None and there is not None and around.continent == there.continent
    country, _, prefix = text.partition(":")
    return end.country == country and end.postal.startswith(prefix)


def price_of(prices: Sequence[Bracket], weight_g: int) -> tuple[int, int]:
    """(parcels, minor units) to send a weight: as many of the heaviest bracket as it fills, and one of the rest."""
    if not prices:
        return 1, 0
    heaviest = prices[-1]
    full, rest = divmod(max(0, weight_g - 1), heaviest.up_to_g)
    at = bisect_left(prices, rest + 1, key=lambda bracket: bracket.up_to_g)
    return full + 1, full * heaviest.minor + prices[at].minor


def check_service(given: CarrierService, tables: Iterable[str], calendars: Iterable[str]) -> None:
    """Refused ZONE_UNKNOWN, CALENDAR_UNKNOWN, TABLE_NOT_ACCEPTABLE, TIME_OF_DAY_NOT_ACCEPTABLE, HOURS_NOT_ACCEPTABLE."""
    if given.zones not in tables:
        raise Refused(R.ZONE_UNKNOWN, field="zones", value=given.zones[:100], allowed=sorted(tables)[:50])
    if given.calendar and given.calendar not in calendars:
        raise Refused(R.CALENDAR_UNKNOWN, field="calendar", value=given.calendar[:100], allowed=sorted(calendars)[:50])
    check_currency(given.currency)
    parse_days(given.delivery_days, "delivery_days")
    if minute_of(given.delivers_from, "delivers_from") >= minute_of(given.delivers_until, "delivers_until"):
        raise Refused(R.HOURS_NOT_ACCEPTABLE, field="delivers_until", value=given.delivers_until)
    seen: set[str] = set()
    for index, lane in enumerate(given.lanes):
        field = f"lanes[{index}]"
        if not 0 <= lane.days_min <= lane.days_max <= LONGEST_DAYS or lane.zone in seen:
            allowed = f"each zone once, 0 <= days_min <= days_max <= {LONGEST_DAYS}"
            raise Refused(R.TABLE_NOT_ACCEPTABLE, field=field, value=lane.zone[:100], allowed=allowed)
        seen.add(lane.zone)
        weights = [bracket.up_to_g for bracket in lane.prices]
        if weights != sorted(set(weights)) or any(b.up_to_g <= 0 or b.minor < 0 for b in lane.prices):
            allowed = "weights above zero, each heavier than the one before; no price below zero"
            raise Refused(R.TABLE_NOT_ACCEPTABLE, field=f"{field}.prices", value=weights[:20], allowed=allowed)
    if given.guaranteed_days is not None and not 1 <= given.guaranteed_days <= LONGEST_DAYS:
        allowed = f"from 1 to {LONGEST_DAYS}, or none"
        raise Refused(R.TABLE_NOT_ACCEPTABLE, field="guaranteed_days", value=given.guaranteed_days, allowed=allowed)
    if given.carbon_mg_per_kg_km < 0 or given.carbon_parcel_g < 0:
        raise Refused(R.TABLE_NOT_ACCEPTABLE, field="carbon_mg_per_kg_km", allowed="zero or more")


def _check_row(row: ZoneRow, field: str) -> None:
    for name, texts in (("origins", row.origins), ("destinations", row.destinations)):
        for text in texts:
            country, _, prefix = text.partition(":")
            known = len(country) == 2 and surroundings(country) is not None
            if text not in _RELATIVE and not (known and prefix == prefix.upper()):
                allowed = f"a country, a country and the beginning of a postal code (FR:20), {', '.join(_RELATIVE)}"
                raise Refused(R.TABLE_NOT_ACCEPTABLE, field=f"{field}.{name}", value=text[:50], allowed=allowed)
    if row.within_km is not None and row.within_km < 0:
        raise Refused(R.TABLE_NOT_ACCEPTABLE, field=f"{field}.within_km", value=row.within_km, allowed="zero or more")
