"""Work calendars as a merchant writes them, in local time, and what of it can't be kept."""

from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Any, Final, NamedTuple, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from orderline.core.promises.refusals import PromiseRefusal as R
from orderline.core.stock.refusals import StockRefusal
from orderline.values.failures import Refused

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_DAY_MINUTES: Final = 24 * 60


class WeekHours(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Hours of some weekdays: "08:00-12:00", in order, none past "24:00" (night shifts go on the next day)."""

    days: tuple[str, ...]
    hours: tuple[str, ...]


class Cutoff(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """Until when an order is worked on as one of that day. days: none means every working day.

    carrier, service: for what goes with them alone; the narrower rule wins over the wider, the later over the earlier.
    """

    at: str
    days: tuple[str, ...] = ()
    carrier: str = ""
    service: str = ""


class Holidays(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """The public holidays of a country, or of a part of it ("BY" in "DE"), by ISO 3166."""

    country: str
    subdivision: str = ""


class Closure(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """Days without work, the last one included; a day alone needs no `until`."""

    on: date
    until: date | None = None
    reason: str = ""


class Opening(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A day with hours of its own, whatever week, holidays and closures say."""

    on: date
    hours: tuple[str, ...]
    reason: str = ""


class CalendarRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A calendar as it is written down. Without a cut-off a day takes orders until it closes.

    collections: when carriers come for what is ready, as cut-offs are written; without one, at closing time.
    """

    id: str = ""
    time_zone: str
    week: tuple[WeekHours, ...]
    cutoffs: tuple[Cutoff, ...] = ()
    collections: tuple[Cutoff, ...] = ()
    holidays: tuple[Holidays, ...] = ()
    closures: tuple[Closure, ...] = ()
    openings: tuple[Opening, ...] = ()


def zone_of(name: str) -> ZoneInfo:
    """The IANA time zone of that name. Refused TIME_ZONE_UNKNOWN."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Refused(StockRefusal.TIME_ZONE_UNKNOWN, field="time_zone", value=name[:100]) from None


def minute_of(text: str, field: str) -> int:
    """Minutes since midnight of "HH:MM", up to "24:00". Refused TIME_OF_DAY_NOT_ACCEPTABLE."""
    hour, colon, minute = text.partition(":")
    if colon and len(hour) == 2 and len(minute) == 2 and (hour + minute).isascii() and (hour + minute).isdigit():
        found = int(hour) * 60 + int(minute)
        if int(minute) < 60 and found <= _DAY_MINUTES:
            return found
    raise Refused(R.TIME_OF_DAY_NOT_ACCEPTABLE, field=field, value=text[:20], allowed='"00:00" to "24:00"')


def check_holidays(given: Holidays, field: str) -> None:
    """Refused HOLIDAYS_UNKNOWN: no holidays are known of that country, or it has no such part."""
    parts = _supported().get(given.country)
    if parts is None:
        raise Refused(R.HOLIDAYS_UNKNOWN, field=f"{field}.country", value=given.country[:20], allowed="ISO 3166-1")
    if given.subdivision and given.subdivision not in parts:
        raise Refused(
            R.HOLIDAYS_UNKNOWN, field=f"{field}.subdivision", value=given.subdivision[:20], allowed=sorted(parts)[:100]
        )


def known_holidays(country: str, region: str = "") -> tuple[Holidays, ...]:
    """The holidays of a place as far as they are known: of its region, or of its country; none where neither is."""
    parts = _supported().get(country)
    if parts is None:
        return ()
    return (Holidays(country=country, subdivision=region if region in parts else ""),)


@lru_cache(maxsize=256)
def weekend_of(country: str) -> tuple[int, ...]:
    """Days of rest of a country's week, 0 being Monday."""
    if country not in _supported():
        return (5, 6)
    return tuple(sorted(cast("set[int]", _library().country_holidays(country).weekend)))


def parse_days(names: tuple[str, ...], field: str) -> tuple[int, ...]:
    """Weekdays by number, 0 being Monday. Refused HOURS_NOT_ACCEPTABLE."""
    for name in names:
        if name not in WEEKDAYS:
            raise Refused(R.HOURS_NOT_ACCEPTABLE, field=field, value=name[:20], allowed=list(WEEKDAYS))
    return tuple(WEEKDAYS.index(name) for name in names)


def parse_hours(texts: tuple[str, ...], field: str) -> tuple[tuple[int, int], ...]:
    """Minutes since midnight, (opens, closes). Refused TIME_OF_DAY_NOT_ACCEPTABLE, HOURS_NOT_ACCEPTABLE."""
    hours: list[tuple[int, int]] = []
    for text in texts:
        opens, _, closes = text.partition("-")
        pair = minute_of(opens, field), minute_of(closes, field)
        if pair[0] >= pair[1] or (hours and pair[0] < hours[-1][1]):
            raise Refused(R.HOURS_NOT_ACCEPTABLE, field=field, value=text[:20], allowed="one after the other in a day")
        hours.append(pair)
    return tuple(hours)


class CutoffRule(NamedTuple):
    """A cut-off ready to be asked: minutes since midnight, weekdays from 0, whom it holds for, and how it is told."""

    minute: int
    days: frozenset[int]
    carrier: str
    service: str
    told: str


def parse_cutoffs(given: tuple[Cutoff, ...], name: str) -> tuple[CutoffRule, ...]:
    """The narrowest first, and of equals the last given."""
    rules: list[tuple[tuple[bool, bool, bool, int], CutoffRule]] = []
    for index, each in enumerate(given):
        minute = minute_of(each.at, f"{name}[{index}].at")
        days = parse_days(each.days, f"{name}[{index}].days")
        told = " ".join(part for part in (each.at, "/".join(each.days), each.carrier, each.service) if part)
        narrowness = (bool(each.service), bool(each.carrier), bool(days), index)
        rules.append((narrowness, CutoffRule(minute, frozenset(days or range(7)), each.carrier, each.service, told)))
    return tuple(rule for _, rule in sorted(rules, key=lambda pair: pair[0], reverse=True))


def _library() -> Any:
    # Some tenths of a second and megabytes, which who promises nothing does not pay.
    import holidays

    return holidays


@lru_cache(maxsize=1)
def _supported() -> dict[str, list[str]]:
    listed = cast("Callable[..., dict[str, list[str]]]", _library().list_supported_countries)
    return listed(include_aliases=False)


@lru_cache(maxsize=4096)
def holidays_of(country: str, subdivision: str, year: int) -> dict[int, str]:
    """The public holidays of a year: day -> name."""
    found = _library().country_holidays(country, subdiv=subdivision or None, years=[year])
    return {day.toordinal(): name for day, name in cast("dict[date, str]", found).items()}
