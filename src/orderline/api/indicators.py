"""Indicators: what there are, what each comes to, and the orders behind every figure."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.reading.paging import Cursor, Limit, Text, Texts, page, parse_cursor, readers
from orderline.api.refusals import ApiRefusal
from orderline.api.scoping import check_channel, check_every_location, check_location
from orderline.core.reports.asking import DAYS_EXPECTED, days_asked, slices_expected, unusable
from orderline.core.reports.indicators import INDICATORS, Indicator, Slice, Unit
from orderline.store.reading.indicators import Asked, Behind, Figure, Period, load_behind, load_figures
from orderline.values.failures import Refused


class Definition(msgspec.Struct, frozen=True, kw_only=True):
    """What an indicator is. question: what it answers. numerator, denominator: what is counted; facts: of which facts; instant:
    as of when. unit: of `value`: `share` and `per_100` are parts per million, `seconds` and `minor` an average, `per_day`
    thousandths of a unit each day. slices: what it can be sliced by; whole: of these, shares are of all. better: which way is good.
    """

    name: str
    title: str
    question: str
    numerator: str
    denominator: str
    facts: str
    instant: str
    unit: Unit
    slices: tuple[Slice, ...]
    whole: tuple[Slice, ...]
    better: str


class OnlyQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """since, until: the first day and the last, in UTC; the last four weeks, when they are not given. The others: only of these;
    what has none, by an empty one, but for categories.
    """

    since: Annotated[date | None, msgspec.Meta(description="The first day, in UTC.")] = None
    until: Annotated[date | None, msgspec.Meta(description="The last day, in UTC.")] = None
    channel: Texts = ()
    location: Texts = ()
    carrier: Texts = ()
    country: Texts = ()
    zone: Texts = ()
    sku: Texts = ()
    category: Texts = ()
    rule: Texts = ()
    reason: Texts = ()


class IndicatorQuery(OnlyQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """by: what it is sliced by. period: into which periods the days are cut. most: of slices, those of which there is most."""

    by: Slice | None = None
    period: Period = Period.DAY
    most: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 200


class BehindQuery(OnlyQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a list is asked with, and what an indicator is. currency: of a figure that is money."""

    currency: Text = ""
    limit: Limit = 50
    cursor: Cursor = ""


class IndicatorAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """overall: all together, by currency where it is money. slices_untold: how many more slices there are. measured_at: nothing
    that was recorded before is left out.
    """

    indicator: Definition
    since: date
    until: date
    measured_at: datetime | None
    overall: list[Figure]
    slices: list[Figure]
    slices_untold: int
    periods: list[Figure]


class _Place(msgspec.Struct, array_like=True):
    measure: Text
    day: date
    slice: Annotated[int, msgspec.Meta(ge=-1, le=2**63 - 1)]
    order: UUID


_DEFINITIONS: Final = {
    name: Definition(**{field: getattr(each, field) for field in Definition.__struct_fields__})
    for name, each in INDICATORS.items()
}


async def list_indicators(call: Call[None, None]) -> Answer:
    """All definitions."""
    return page(list(_DEFINITIONS.values()), None)


async def read_indicator(call: Call[IndicatorQuery, None]) -> Answer:
    """One indicator."""
    indicator, given = _indicator(call), call.query
    if given.by is not None and unusable(indicator, (given.by,)) is not None:
        raise _unusable("by", given.by, indicator)
    asked = _asked(call, indicator)
    found = await readers(call).run(lambda source: load_figures(source, asked, given.by, given.period))
    return Answer(
        IndicatorAnswer(
            indicator=_DEFINITIONS[indicator.name], since=asked.since, until=asked.until - timedelta(days=1),
            measured_at=found.measured_at, overall=found.overall, slices=found.slices[: given.most],
            slices_untold=max(0, len(found.slices) - given.most), periods=found.periods,
        )
    )  # fmt: skip


async def list_indicator_orders(call: Call[BehindQuery, None]) -> Answer:
    """The orders behind the figures of an indicator."""
    asked, given = _asked(call, _indicator(call)), call.query
    place = parse_cursor(given.cursor, _Place)
    after = None if place is None else (place.measure, place.day, place.slice, place.order)
    found, last = await readers(call).run(lambda source: load_behind(source, asked, after, given.limit, given.currency))
    return page(found, last)


def _indicator(call: Call[Any, None]) -> Indicator:
    name = call.path["indicator"]
    indicator = INDICATORS.get(name)
    if indicator is None:
        raise Refused(ApiRefusal.INDICATOR_UNKNOWN, field="indicator", value=name[:100], allowed=list(INDICATORS))
    return indicator


def _asked(call: Call[Any, None], indicator: Indicator) -> Asked:
    """What is asked for, of what the key may see. Refused INPUT_INVALID: it has no such slices, or the days are none.

    Refused CHANNEL_NOT_YOURS, LOCATION_NOT_YOURS: of a key that is limited to locations, where figures are of no one location.
    """
    given: OnlyQuery = call.query
    only = {each: tuple(getattr(given, each.value)) for each in Slice}
    if (wrong := unusable(indicator, (each for each, values in only.items() if values))) is not None:
        raise _unusable(wrong.value, only[wrong][0], indicator)
    if Slice.LOCATION not in indicator.slices:
        check_every_location(call, "location", "")
    for channel in given.channel:
        check_channel(call, channel)
    for location in given.location:
        check_location(call, location)
    only[Slice.CHANNEL] = given.channel or tuple(sorted(call.key.channels))
    only[Slice.LOCATION] = given.location or tuple(sorted(call.key.locations))
    days = days_asked(given.since, given.until, datetime.now(UTC).date())
    if days is None:
        raise Refused(ApiRefusal.INPUT_INVALID, field="since", value=given.since, expected=DAYS_EXPECTED)
    return Asked(indicator, days[0], days[1] + timedelta(days=1), only)


def _unusable(field: str, value: str, indicator: Indicator) -> Refused:
    return Refused(ApiRefusal.INPUT_INVALID, field=field, value=value[:100], expected=slices_expected(indicator))


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="list_indicators", method="GET", path="/v1/reports/indicators", right=Right.ORDERS_READ,
        summary="List the indicators, each with its definition", handler=list_indicators, capability="reports",
        output=Definition, page=True,
        description="What is counted above and below the line, of which facts and as of which instant. Test orders and history"
        " count for nothing.",
    ),
    Operation(
        name="read_indicator", method="GET", path="/v1/reports/indicators/{indicator}", right=Right.ORDERS_READ,
        summary="Read an indicator, by slice and by period", handler=read_indicator, capability="reports",
        query=IndicatorQuery, output=IndicatorAnswer, refusals=("INDICATOR_UNKNOWN", "CHANNEL_NOT_YOURS", "LOCATION_NOT_YOURS"),
        description="Figures are made of sums that are kept for each day, some seconds after what they count was recorded"
        " (`measured_at`). Each is what the orders behind it add up to.",
    ),
    Operation(
        name="list_indicator_orders", method="GET", path="/v1/reports/indicators/{indicator}/orders", right=Right.ORDERS_READ,
        summary="List the orders behind the figures of an indicator", handler=list_indicator_orders, capability="reports",
        query=BehindQuery, output=Behind, page=True, refusals=("INDICATOR_UNKNOWN", "CHANNEL_NOT_YOURS", "LOCATION_NOT_YOURS"),
        description="What each counts for the numerator and for the denominator; both add up to those of the figure with the same"
        " days and filters. The orders themselves are read with their own rights.",
    ),
)  # fmt: skip
