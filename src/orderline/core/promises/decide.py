"""Rules of what promises stand on: a setting that cannot be kept is refused at its place, and the one before stays."""

from datetime import timedelta
from typing import Any, Final

import msgspec

from orderline.core.context import Context
from orderline.core.orders.guards import check_text
from orderline.core.promises import commands as c
from orderline.core.promises.calendar_rules import check_holidays
from orderline.core.promises.calendars import compile_calendar
from orderline.core.promises.refusals import PromiseRefusal as R
from orderline.core.promises.settings import (
    CALENDAR,
    DELAY,
    HANDLING,
    QUOTE,
    SERVICE,
    ZONE_TABLE,
    CalendarPut,
    DelayPut,
    HandlingPut,
    PromisesRevised,
    QuoteMade,
    ServicePut,
    SettingPut,
    ZoneTablePut,
)
from orderline.core.promises.tables import DISTANCES
from orderline.core.promises.transit import LONGEST_DAYS, Zones, check_service
from orderline.core.records import RecordKind
from orderline.core.stock.carts import CART_TTL_S, decide_hold_cart
from orderline.core.stock.checks import check_code, check_location
from orderline.core.stock.commands import CartLineInput, HoldCart
from orderline.core.world import Draft
from orderline.values.failures import Refused
from orderline.values.geo import surroundings
from orderline.values.time import utc

MOST_PER_HOUR: Final = 1_000_000


def _put(draft: Draft, kind: RecordKind, put: type[SettingPut], id_: str, rules: Any, context: Context) -> None:
    draft.tell_record(kind, id_, put(id=id_, rules=rules, at=context.now, by=context.actor.name))


def decide_put_calendar(draft: Draft, command: c.PutCalendar, context: Context) -> None:
    """Refused TIME_ZONE_UNKNOWN, TIME_OF_DAY_NOT_ACCEPTABLE, HOURS_NOT_ACCEPTABLE, HOLIDAYS_UNKNOWN."""
    check_code(command.calendar, "calendar")
    rules = msgspec.structs.replace(command.rules, id=command.calendar)
    for index, each in enumerate(rules.holidays):
        check_holidays(each, f"rules.holidays[{index}]")
    compile_calendar(rules)
    _put(draft, CALENDAR, CalendarPut, command.calendar, rules, context)


def decide_put_zone_table(draft: Draft, command: c.PutZoneTable, context: Context) -> None:
    """Refused TABLE_NOT_ACCEPTABLE: a row names no country, or one that does not exist."""
    check_code(command.zone_table, "zone_table")
    rules = msgspec.structs.replace(command.rules, id=command.zone_table)
    Zones(rules)
    _put(draft, ZONE_TABLE, ZoneTablePut, command.zone_table, rules, context)


def decide_put_service(draft: Draft, command: c.PutCarrierService, context: Context) -> None:
    """Refused ZONE_UNKNOWN, CALENDAR_UNKNOWN, TABLE_NOT_ACCEPTABLE, HOURS_NOT_ACCEPTABLE."""
    check_code(command.carrier_service, "carrier_service")
    rules, records = command.rules, draft.world.records
    check_code(rules.carrier, "rules.carrier")
    check_code(rules.service, "rules.service")
    tables = {DISTANCES} | {id_ for kind, id_ in records if kind == "zone_table"}
    check_service(rules, tables, {id_ for kind, id_ in records if kind == "calendar"})
    _put(draft, SERVICE, ServicePut, command.carrier_service, rules, context)


def decide_put_handling(draft: Draft, command: c.PutHandling, context: Context) -> None:
    """Refused LOCATION_UNKNOWN, CALENDAR_UNKNOWN, TABLE_NOT_ACCEPTABLE: a time or a capacity below zero."""
    check_location(draft.world, command.handling)
    rules = command.rules
    if rules.calendar and ("calendar", rules.calendar) not in draft.world.records:
        raise Refused(R.CALENDAR_UNKNOWN, field="rules.calendar", value=rules.calendar[:100])
    bounds = (
        ("days", rules.days, 365),
        ("minutes", rules.minutes, 365 * 1_440),
        ("per_hour", rules.per_hour, MOST_PER_HOUR),
    )
    for name, value, most in bounds:
        if value is not None and not 0 <= value <= most:
            raise Refused(R.TABLE_NOT_ACCEPTABLE, field=f"rules.{name}", value=value, allowed=f"from 0 to {most}")
    _put(draft, HANDLING, HandlingPut, command.handling, rules, context)


def decide_put_delay(draft: Draft, command: c.PutDelay, context: Context) -> None:
    """Refused TABLE_NOT_ACCEPTABLE: it delays everything, by too much, or is over before it begins. LOCATION_UNKNOWN, TIME_OUT_OF_RANGE."""
    check_code(command.delay, "delay")
    rules = command.rules
    check_text(rules.reason, "rules.reason", 200, required=True)
    if not 0 <= rules.days <= LONGEST_DAYS:
        raise Refused(R.TABLE_NOT_ACCEPTABLE, field="rules.days", value=rules.days, allowed=f"from 0 to {LONGEST_DAYS}")
    if not (rules.carrier or rules.location or rules.country):
        raise Refused(R.TABLE_NOT_ACCEPTABLE, field="rules", allowed="name a carrier, a location or a country")
    if rules.location:
        check_location(draft.world, rules.location)
    if rules.country and surroundings(rules.country) is None:
        raise Refused(R.TABLE_NOT_ACCEPTABLE, field="rules.country", value=rules.country[:20], allowed="ISO 3166-1")
    given = msgspec.structs.replace(
        rules,
        id=command.delay,
        since=context.now if rules.since is None else utc(rules.since, field="rules.since"),
        until=None if rules.until is None else utc(rules.until, field="rules.until"),
    )
    if given.until is not None and given.since is not None and given.until <= given.since:
        since = f"after {given.since:%Y-%m-%dT%H:%M:%SZ}, when it begins"
        raise Refused(R.TABLE_NOT_ACCEPTABLE, field="rules.until", value=given.until, allowed=since)
    _put(draft, DELAY, DelayPut, command.delay, given, context)


def decide_count_revised(draft: Draft, command: c.CountRevised, context: Context) -> None:
    """Refused DELAY_UNKNOWN."""
    if ("delay", command.delay) not in draft.world.records:
        raise Refused(R.DELAY_UNKNOWN, field="delay", value=command.delay)
    draft.tell_record(DELAY, command.delay, PromisesRevised(command.promises))


def decide_make_quote(draft: Draft, command: c.MakeQuote, context: Context) -> None:
    """Refused QUOTE_EXISTS; of its cart hold STOCK_NOT_AVAILABLE and what `hold_cart` is refused for."""
    check_code(command.quote, "quote")
    if ("quote", command.quote) in draft.world.records:
        raise Refused(R.QUOTE_EXISTS, field="quote", value=command.quote)
    if command.cart is not None:
        lines = tuple(CartLineInput(line.sku, line.quantity) for line in command.lines if line.stocked)
        ttl_s = min(max((command.expires_at - context.now) // timedelta(seconds=1), CART_TTL_S[0]), CART_TTL_S[1])
        decide_hold_cart(draft, HoldCart(cart=command.cart, channel=command.channel, lines=lines, ttl_s=ttl_s), context)
    draft.tell_record(
        QUOTE,
        command.quote,
        QuoteMade(
            id=command.quote,
            channel=command.channel,
            place=command.place,
            lines=command.lines,
            options=command.options,
            at=context.now,
            expires_at=command.expires_at,
            cart_hold=str(command.cart) if command.cart is not None else "",
        ),
    )


RULES: Final[dict[Any, Any]] = {
    c.PutCalendar: decide_put_calendar,
    c.PutZoneTable: decide_put_zone_table,
    c.PutCarrierService: decide_put_service,
    c.PutHandling: decide_put_handling,
    c.PutDelay: decide_put_delay,
    c.CountRevised: decide_count_revised,
    c.MakeQuote: decide_make_quote,
}
