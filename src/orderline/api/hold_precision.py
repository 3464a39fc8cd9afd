"""How good the rules are that place holds."""

from typing import Annotated, Final

import msgspec

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.reading.paging import Text, page_of, parse_cursor, readers
from orderline.api.reading.spans import PlaceInTime, SpanPage, last_days, span_of
from orderline.api.scoping import check_every_location
from orderline.store.reading.precision import (
    CameOf,
    HeldFilter,
    MissedOrder,
    PrecisionReport,
    RuleHold,
    load_missed,
    load_precision,
    load_rule_holds,
)

_DAYS: Final = 90
_MOST_DAYS: Final = 400
_SPAN: Final = ("LOCATION_NOT_YOURS", "TIME_NOT_AWARE", "TIME_OUT_OF_RANGE")


class PrecisionQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """days: how many days back holds were placed."""

    days: Annotated[int, msgspec.Meta(ge=1, le=_MOST_DAYS)] = _DAYS


class RuleHoldsQuery(SpanPage, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """fraud: lifted, and charged back for fraud all the same."""

    rule: Annotated[Text, msgspec.Meta(description="Placed by the rule of this name.")] = ""
    type: Text = ""
    came_of: CameOf | None = None
    fraud: bool | None = None


class MissedQuery(SpanPage, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When the dispute was opened."""


async def _precision(call: Call[PrecisionQuery, None]) -> Answer:
    check_every_location(call, "location", "")
    (since, until), channels = last_days(call.query.days), sorted(call.key.channels)
    return Answer(await readers(call).run(lambda source: load_precision(source, since, until, channels=channels)))


async def _held(call: Call[RuleHoldsQuery, None]) -> Answer:
    """The holds behind the figures."""
    check_every_location(call, "location", "")
    given, channels = call.query, sorted(call.key.channels)
    (since, until), after = span_of(given, _DAYS, _MOST_DAYS), parse_cursor(given.cursor, PlaceInTime)
    wanted = HeldFilter(rule=given.rule, type=given.type, came_of=given.came_of, fraud=given.fraud)
    most = given.limit + 1
    found = await readers(call).run(
        lambda source: load_rule_holds(source, since, until, wanted, channels=channels, after=after, most=most)
    )
    return page_of(found, given.limit, lambda row: (row.placed_at, row.order, row.number))


async def _missed(call: Call[MissedQuery, None]) -> Answer:
    """The orders that no rule has held."""
    check_every_location(call, "location", "")
    given, channels = call.query, sorted(call.key.channels)
    (since, until), after = span_of(given, _DAYS, _MOST_DAYS), parse_cursor(given.cursor, PlaceInTime)
    most = given.limit + 1
    found = await readers(call).run(
        lambda source: load_missed(source, since, until, channels=channels, after=after, most=most)
    )
    return page_of(found, given.limit, lambda row: (row.opened_at, row.order, row.number))


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="read_hold_precision", method="GET", path="/v1/reports/hold-precision", right=Right.ORDERS_READ,
        summary="Read what came of the holds that rules have placed", handler=_precision, capability="holds",
        description="By rule: how many it has held, how many of these were rejected, lifted and charged back all the same, or"
        " lifted and fine; and how many orders charged back for fraud no rule has held. Test orders do not count.",
        query=PrecisionQuery, output=PrecisionReport, refusals=("LOCATION_NOT_YOURS",),
    ),
    Operation(
        name="list_rule_holds", method="GET", path="/v1/reports/hold-precision/holds", right=Right.ORDERS_READ,
        summary="List the holds that rules have placed, and what came of each", handler=_held, capability="holds",
        description="What the report counts, the last first. With its `since` and `until`, the `rule` and `type` of a figure and"
        " what it counts as `came_of` (`rejected` is `confirmed` there) there are as many as the figure says.",
        query=RuleHoldsQuery, output=RuleHold, page=True, refusals=_SPAN,
    ),
    Operation(
        name="list_missed_fraud", method="GET", path="/v1/reports/hold-precision/missed", right=Right.ORDERS_READ,
        summary="List orders charged back for fraud that no rule has held", handler=_missed, capability="holds",
        description="What the report counts as `missed`, the last first, by when the dispute was opened.",
        query=MissedQuery, output=MissedOrder, page=True, refusals=_SPAN,
    ),
)  # fmt: skip
