"""Indicators read: figures by slice and period from the sums of days, and the parts of orders behind them."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec

from orderline.core.reports.indicators import Indicator, Slice, Unit
from orderline.core.reports.measures import Measure, Sums, grain_for, name_at
from orderline.store.reading.source import Source

_SLICED: Final = tuple(each for each in Slice if each is not Slice.CATEGORY)


class Period(StrEnum):
    """Into which periods a span of days is cut; weeks begin on Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Asked(NamedTuple):
    """since, until: the first day, and the day after the last. only: slices that are looked at, by name; all, without values."""

    indicator: Indicator
    since: date
    until: date
    only: Mapping[Slice, Sequence[str]]


class Figure(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an indicator comes to. slice: of what; begins: in which period. value: in the unit of the indicator; none: there is
    nothing to divide by. currency: of money.
    """

    slice: str = ""
    begins: date | None = None
    numerator: int
    denominator: int
    value: int | None = None
    currency: str = ""


class Figures(msgspec.Struct, frozen=True):
    """overall: all together, by currency where it is money. measured_at: nothing that was recorded before is left out."""

    since: date
    until: date
    measured_at: datetime | None
    overall: list[Figure]
    slices: list[Figure]
    periods: list[Figure]


class Behind(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an order counts for a figure: so much for the numerator, so much for the denominator."""

    order: UUID
    number: str
    day: date
    measure: Measure
    numerator: int
    denominator: int
    channel: str = ""
    location: str = ""
    carrier: str = ""
    country: str = ""
    zone: str = ""
    sku: str = ""
    rule: str = ""
    reason: str = ""
    currency: str = ""


Place = tuple[str, date, int, UUID]
_Sums = dict[tuple[str, str], dict[Measure, Sums]]  # by slice or period, and currency


def load_figures(source: Source, asked: Asked, by: Slice | None, period: Period) -> Figures:
    """An indicator over a span of days: all together, by slice and by period."""
    indicator = asked.indicator
    sliced = _sums(source, asked, by=by) if by is not None else {}
    if by is Slice.CATEGORY:
        sliced = _by_category(source, sliced)
    in_time = _sums(source, asked, period=period)
    overall = _together(in_time)
    days = (asked.until - asked.since).days
    shared = {currency: sums for (_, currency), sums in overall.items()} if by in indicator.whole else None
    at = source.rows("measured", "measured_at")
    return Figures(
        since=asked.since,
        until=asked.until,
        measured_at=at[0][0] if at else None,
        overall=[_figure(indicator, currency, sums, days) for (_, currency), sums in sorted(overall.items())],
        slices=sorted(
            (
                _figure(indicator, currency, sums, days, slice_=value, shared=shared)
                for (value, currency), sums in sliced.items()
                if shared is None or indicator.above(sums)
            ),
            key=lambda each: (each.currency, -abs(each.denominator), -abs(each.numerator), each.slice),
        ),
        periods=[
            _figure(indicator, currency, sums, _days_in(asked, date.fromisoformat(begins), period), begins=begins)
            for (begins, currency), sums in sorted(in_time.items(), key=lambda pair: (pair[0][1], pair[0][0]))
        ],
    )


def load_behind(
    source: Source, asked: Asked, after: Place | None, most: int, currency: str = ""
) -> tuple[list[Behind], Place | None]:
    """The parts behind figures, and where the next ones begin; added up they are the figures. currency: those of this one alone."""
    place = after or ("", date.min, -1, UUID(int=0))
    rows = source.rows(
        "measured", "indicator_parts", after_measure=place[0], after_day=place[1], after_slice=place[2],
        after_order=place[3], most=most + 1, currency=currency, **_given(source, asked),
    )  # fmt: skip
    found = [_behind(asked.indicator, row) for row in rows[:most]]
    last = rows[most - 1] if len(rows) > most else None
    return found, None if last is None else (last[0], last[1], last[2], last[3])


class Lately(NamedTuple):
    """What there is of a measure from a day on, and in the days before."""

    amount: int = 0
    number: int = 0
    amount_before: int = 0
    number_before: int = 0


def load_lately(
    source: Source, by: Slice, measures: Sequence[Measure], day: date, since: date, without: Sequence[str] = ()
) -> dict[str, dict[Measure, Lately]]:
    """Measures by location or SKU of which there is some from a day on, beside the days before since another.

    without: reasons that do not count.
    """
    names = [name_at(each, grain_for((by, Slice.REASON))) for each in measures]
    rows = source.rows("measured", "sums_lately", by=by, measures=names, day=day, since=since, without=list(without))
    found: dict[str, dict[Measure, Lately]] = defaultdict(lambda: dict.fromkeys(measures, Lately()))
    for value, measure, *sums in rows:
        found[value][_measure(measure)] = Lately(*sums)
    return found


def _behind(indicator: Indicator, row: Sequence[Any]) -> Behind:
    measure, day, _, order, number, *slices, amount, parts = row
    sums = {Measure(measure): Sums(amount, parts)}
    names = ("channel", "location", "carrier", "country", "zone", "sku", "rule", "reason", "currency")
    return Behind(
        order=order, number=number, day=day, measure=Measure(measure), numerator=indicator.above(sums),
        denominator=indicator.below(sums), **dict(zip(names, slices, strict=True)),
    )  # fmt: skip


def _sums(source: Source, asked: Asked, *, by: Slice | None = None, period: Period | None = None) -> _Sums:
    given = _given(source, asked)
    slice_ = Slice.SKU if by is Slice.CATEGORY else by
    grain = grain_for([*([slice_] if slice_ is not None else []), *(each for each in _SLICED if given[each])])
    given["measures"] = [name_at(measure, grain) for measure in given["measures"]]
    rows = source.rows("measured", "indicator_sums", by=slice_ or "", period=period or "", **given)
    found: _Sums = defaultdict(dict)
    for measure, begins, value, currency, amount, number in rows:
        key = (begins.isoformat() if period is not None else value, currency)
        found[key][_measure(measure)] = Sums(amount, number)
    return found


def _measure(name: str) -> Measure:
    return Measure(name.partition("/")[0])


def _given(source: Source, asked: Asked) -> dict[str, Any]:
    only: dict[str, list[str] | None] = {each.value: list(asked.only.get(each, ())) or None for each in _SLICED}
    if categories := asked.only.get(Slice.CATEGORY):
        known = {row[0] for row in source.rows("measured", "skus_in", categories=list(categories))}
        wanted = only["sku"]
        only["sku"] = sorted(known if wanted is None else known & set(wanted)) or [""]
    return {
        **only,
        "measures": sorted(asked.indicator.measures),
        "reason_whole": Slice.REASON in asked.indicator.whole,
        "since": asked.since,
        "until": asked.until,
    }


def _by_category(source: Source, sliced: _Sums) -> _Sums:
    known = dict(source.rows("measured", "categories_of", skus=sorted({sku for sku, _ in sliced})))
    return _together(sliced, lambda sku: known.get(sku, ""))


def _together(sums: _Sums, name: Callable[[str], str] = lambda key: "") -> _Sums:
    """The sums of keys that go by the same name."""
    found: _Sums = defaultdict(dict)
    for (key, currency), measures in sums.items():
        into = found[name(key), currency]
        for measure, each in measures.items():
            before = into.get(measure, Sums(0, 0))
            into[measure] = Sums(before.amount + each.amount, before.number + each.number)
    return found


def _figure(
    indicator: Indicator,
    currency: str,
    sums: Mapping[Measure, Sums],
    days: int,
    *,
    slice_: str = "",
    begins: str = "",
    shared: Mapping[str, Mapping[Measure, Sums]] | None = None,
) -> Figure:
    """shared: of all, by currency, where shares are of the whole."""
    above = indicator.above(sums)
    below = days if indicator.unit is Unit.PER_DAY else indicator.below(sums if shared is None else shared[currency])
    return Figure(
        slice=slice_,
        begins=date.fromisoformat(begins) if begins else None,
        numerator=above,
        denominator=below,
        value=indicator.value(above, below, days),
        currency=currency,
    )


def _days_in(asked: Asked, begins: date, period: Period) -> int:
    """Days of a period that are asked for."""
    match period:
        case Period.DAY:
            ends = begins + timedelta(days=1)
        case Period.WEEK:
            ends = begins + timedelta(days=7)
        case Period.MONTH:
            ends = (begins.replace(day=28) + timedelta(days=4)).replace(day=1)
    return (min(ends, asked.until) - max(begins, asked.since)).days
