"""Requests about what promises stand on. Each names its setting by the caller's own text."""

from collections.abc import Iterable
from datetime import datetime

from orderline.core.promises.calendar_rules import CalendarRules
from orderline.core.promises.handling import HandlingRules
from orderline.core.promises.model import CartLine, Option
from orderline.core.promises.network import Delay
from orderline.core.promises.transit import CarrierService, ZoneTable
from orderline.core.records import RecordCommand, RecordKey
from orderline.core.world import World
from orderline.values.address import Place
from orderline.values.ids import CartHoldId


class PutCalendar(RecordCommand, frozen=True, gc=False, kw_only=True, tag="put_calendar"):
    """Write a work calendar: hours, cut-offs, collections, holidays, closures and extra openings, in local time."""

    calendar: str
    rules: CalendarRules

    def records(self) -> Iterable[RecordKey]:
        return (("calendar", self.calendar),)


class PutZoneTable(RecordCommand, frozen=True, gc=False, kw_only=True, tag="put_zone_table"):
    """Write a table of zones; the first row that fits decides."""

    zone_table: str
    rules: ZoneTable

    def records(self) -> Iterable[RecordKey]:
        return (("zone_table", self.zone_table),)


class PutCarrierService(RecordCommand, frozen=True, gc=False, kw_only=True, tag="put_carrier_service"):
    """Write a carrier's service: its zones, days, prices and carbon."""

    carrier_service: str
    rules: CarrierService

    def records(self) -> Iterable[RecordKey]:
        yield "carrier_service", self.carrier_service
        yield "zone_table", self.rules.zones
        if self.rules.calendar:
            yield "calendar", self.rules.calendar


class PutHandling(RecordCommand, frozen=True, gc=False, kw_only=True, tag="put_handling"):
    """Write how a location works: its calendar, handling time and capacity."""

    handling: str
    rules: HandlingRules

    def records(self) -> Iterable[RecordKey]:
        yield "handling", self.handling
        if self.rules.calendar:
            yield "calendar", self.rules.calendar


class PutDelay(RecordCommand, frozen=True, gc=False, kw_only=True, tag="put_delay"):
    """Mark a carrier, a location or a region as delayed. Promises are revised, and their customers told."""

    delay: str
    rules: Delay

    def records(self) -> Iterable[RecordKey]:
        return (("delay", self.delay),)


class CountRevised(RecordCommand, frozen=True, gc=False, kw_only=True, tag="count_revised"):
    """Note how many promises a delay has moved."""

    delay: str
    promises: int

    def records(self) -> Iterable[RecordKey]:
        return (("delay", self.delay),)


class MakeQuote(RecordCommand, frozen=True, gc=False, kw_only=True, tag="make_quote"):
    """Keep options as they were told, and units for them if `cart` is given."""

    quote: str
    channel: str
    place: Place
    lines: tuple[CartLine, ...]
    options: tuple[Option, ...]
    expires_at: datetime
    cart: CartHoldId | None = None

    def records(self) -> Iterable[RecordKey]:
        return (("quote", self.quote),)

    def skus(self) -> Iterable[str]:
        return (line.sku for line in self.lines)

    def carts(self) -> Iterable[CartHoldId]:
        return (self.cart,) if self.cart is not None else ()

    def pools(self, world: World) -> Iterable[tuple[str, str]]:
        channel = world.settings.channels.get(self.channel)
        pools = channel.pools if channel is not None and self.cart is not None else ()
        return ((line.sku, pool) for line in self.lines if line.stocked for pool in pools)
