"""What a merchant writes down for promises, kept as records: calendars, zones, services, handling, delays, quotes."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from msgspec.structs import replace

from orderline.core.next_steps import FollowUp, JobBody, JobKind
from orderline.core.promises.calendar_rules import CalendarRules
from orderline.core.promises.handling import HandlingRules
from orderline.core.promises.model import CartLine, Option, Part
from orderline.core.promises.network import Delay
from orderline.core.promises.transit import CarrierService, ZoneTable
from orderline.core.records import Record, RecordEvent, RecordKind, Window
from orderline.values.address import Place

_HOUR: Final = timedelta(hours=1)


class SettingState(StrEnum):
    """Whether a setting is in use."""

    ACTIVE = "active"
    OFF = "off"


class Setting(Record, frozen=True, omit_defaults=True, kw_only=True):
    """The base of what is written down: who wrote it last, and when."""

    id: str
    put_at: datetime
    put_by: str = ""


class CalendarSetting(Setting, frozen=True, omit_defaults=True, kw_only=True):
    """A work calendar."""

    rules: CalendarRules


class ZoneTableSetting(Setting, frozen=True, omit_defaults=True, kw_only=True):
    """A table of zones."""

    rules: ZoneTable


class ServiceSetting(Setting, frozen=True, omit_defaults=True, kw_only=True):
    """A carrier's service."""

    rules: CarrierService


class HandlingSetting(Setting, frozen=True, omit_defaults=True, kw_only=True):
    """How a location works; its id is the location's code."""

    rules: HandlingRules


class DelaySetting(Setting, frozen=True, omit_defaults=True, kw_only=True):
    """What keeps parcels longer for a time. revised: promises that were told another date because of it."""

    rules: Delay
    revised: int = 0


class SettingPut(RecordEvent, frozen=True, kw_only=True):
    """The base of what was written; each says by its `rules` of what kind it is."""

    id: str
    rules: Any
    at: datetime
    by: str = ""


class CalendarPut(SettingPut, frozen=True, kw_only=True, tag="calendar_put"):
    """A calendar was written."""

    rules: CalendarRules


class ZoneTablePut(SettingPut, frozen=True, kw_only=True, tag="zone_table_put"):
    """A table of zones was written."""

    rules: ZoneTable


class ServicePut(SettingPut, frozen=True, kw_only=True, tag="carrier_service_put"):
    """A carrier's service was written."""

    rules: CarrierService


class HandlingPut(SettingPut, frozen=True, kw_only=True, tag="handling_put"):
    """How a location works was written."""

    rules: HandlingRules


class DelayPut(SettingPut, frozen=True, kw_only=True, tag="delay_put"):
    """A delay was marked, or changed."""

    rules: Delay


class PromisesRevised(RecordEvent, frozen=True, tag="delay_applied"):
    """Promises were revised because of the delay."""

    promises: int


def _evolve(type_: type[Any]) -> Any:
    def evolve(setting: Any, event: Any) -> Any:
        if isinstance(event, PromisesRevised):
            return replace(setting, revised=setting.revised + event.promises)
        if setting is None:
            return type_(id=event.id, rules=event.rules, put_at=event.at, put_by=event.by)
        return replace(setting, rules=event.rules, put_at=event.at, put_by=event.by)

    return evolve


def _window(setting: Any) -> Window:
    active = getattr(setting.rules, "active", True)
    subject = setting.id if isinstance(setting, HandlingSetting) else ""
    return Window(SettingState.ACTIVE if active else SettingState.OFF, subject)


def _kind(name: str, record: type[Any], events: Any) -> RecordKind:
    return RecordKind(name, record, events, _evolve(record), _window)


def _revise(world: Any, setting: DelaySetting, events: Sequence[Any], now: datetime) -> list[FollowUp]:
    """Promises made before a delay are gone through once it is marked."""
    if not any(isinstance(event, DelayPut) for event in events):
        return []
    return [FollowUp(JobKind.REVISE, f"delay {setting.id}", JobBody(key=setting.id), now)]


CALENDAR: Final = _kind("calendar", CalendarSetting, CalendarPut)
ZONE_TABLE: Final = _kind("zone_table", ZoneTableSetting, ZoneTablePut)
SERVICE: Final = _kind("carrier_service", ServiceSetting, ServicePut)
HANDLING: Final = _kind("handling", HandlingSetting, HandlingPut)
DELAY: Final = RecordKind(
    "delay", DelaySetting, DelayPut | PromisesRevised, _evolve(DelaySetting), _window, follow_ups=_revise
)


class QuoteState(StrEnum):
    """Whether somebody has ordered by a quote."""

    OPEN = "open"
    COMMITTED = "committed"


class Quote(Record, frozen=True, omit_defaults=True, kw_only=True):
    """Options that were told to somebody, good until `expires_at`. cart_hold: units kept for it meanwhile.

    option: the one that was ordered by.
    """

    id: str
    state: QuoteState
    channel: str
    place: Place
    lines: tuple[CartLine, ...]
    options: tuple[Option, ...]
    quoted_at: datetime
    expires_at: datetime
    cart_hold: str = ""
    order: str = ""
    option: str = ""

    def booked(self) -> tuple[Part, ...]:
        """The parts that it keeps a place for: of the option ordered by, or of the first while units are held for it."""
        if self.state is QuoteState.OPEN and not self.cart_hold:
            return ()
        code = self.option if self.state is QuoteState.COMMITTED else self.options[0].id
        return next((each.parts for each in self.options if each.id == code), ())


class QuoteMade(RecordEvent, frozen=True, tag="quote_made", kw_only=True, omit_defaults=True):
    """Options were told."""

    id: str
    channel: str
    place: Place
    lines: tuple[CartLine, ...]
    options: tuple[Option, ...]
    at: datetime
    expires_at: datetime
    cart_hold: str = ""


class QuoteCommitted(RecordEvent, frozen=True, tag="quote_committed"):
    """An order was placed by it."""

    order: str
    option: str


def evolve_quote(quote: Quote | None, event: QuoteMade | QuoteCommitted) -> Quote:
    """The quote after an event."""
    if isinstance(event, QuoteMade):
        return Quote(
            id=event.id,
            state=QuoteState.OPEN,
            channel=event.channel,
            place=event.place,
            lines=event.lines,
            options=event.options,
            quoted_at=event.at,
            expires_at=event.expires_at,
            cart_hold=event.cart_hold,
        )
    assert quote is not None
    return replace(quote, state=QuoteState.COMMITTED, order=event.order, option=event.option)


def window_of_quote(quote: Quote) -> Window:
    """Its `due_at` is until when it keeps places at locations: it expires, or the last of its hours is over."""
    parts = quote.booked()
    if not parts:
        return Window(quote.state, quote.channel)
    until = max((each.at + _HOUR for part in parts for each in part.hours), default=quote.expires_at)
    kept = quote.expires_at if quote.state is QuoteState.OPEN else max(until, quote.expires_at)
    return Window(quote.state, quote.channel, due_at=kept)


QUOTE: Final = RecordKind("quote", Quote, QuoteMade | QuoteCommitted, evolve_quote, window_of_quote)

KINDS: Final = (CALENDAR, ZONE_TABLE, SERVICE, HANDLING, DELAY, QUOTE)
SETTINGS: Final[tuple[str, ...]] = tuple(kind.name for kind in KINDS if kind is not QUOTE)
