"""Money given without goods coming back: giving it, what may be given, and what was."""

import asyncio
from typing import Annotated, Any, Final

import msgspec

from orderline.api.access import limits_of
from orderline.api.actions import fields_of, input_of
from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.deciding import decide
from orderline.api.decisions import new_link
from orderline.api.reading.paging import Text, Texts, page, page_of, parse_cursor, readers, seen
from orderline.api.reading.spans import PlaceInTime, SpanPage, last_days, span_of
from orderline.api.records import Records
from orderline.api.scoping import check_every_location, order_of
from orderline.core.appeasements.commands import GiveAppeasement, Given, PutBudget
from orderline.core.appeasements.refusals import AppeasementRefusal as R
from orderline.core.appeasements.state import BUDGET, BudgetState
from orderline.core.orders.credited import Destination
from orderline.engine.giving import giving_for
from orderline.store.reading.appeasements import (
    AppeasementReport,
    GivenAppeasement,
    GivenFilter,
    load_appeasements,
    load_given,
)
from orderline.values.ids import new_id

_DAYS: Final = 28
_MOST_DAYS: Final = 366


class GivenAnswer(msgspec.Struct, frozen=True):
    """What came of it."""

    result: Given


class AppeasementsQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """days: how many days back, up to now."""

    days: Annotated[int, msgspec.Meta(ge=1, le=_MOST_DAYS)] = _DAYS
    channel: Texts = ()


class GivenQuery(SpanPage, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a sum is of. destination: what it became; goodwill: an expense of ours, or a lower price."""

    channel: Texts = ()
    reason: Annotated[Text, msgspec.Meta(description="Given for this reason.")] = ""
    given_by: Text = ""
    currency: Text = ""
    destination: Destination | None = None
    goodwill: bool | None = None


async def _give(call: Call[None, Any]) -> Answer:
    order, id_ = await order_of(call), str(new_id())
    nonce, hashed = await new_link(call, id_)
    giving = await asyncio.to_thread(giving_for, call.services.database, order, limits_of(call), call.actor.name)
    command = GiveAppeasement(
        order=order, giving=giving, decision=id_, nonce=nonce, token_hash=hashed, **fields_of(call.input)
    )
    return await decide(call, command, found=True)


async def _report(call: Call[AppeasementsQuery, None]) -> Answer:
    check_every_location(call, "location", "")
    (since, until), channels = last_days(call.query.days), seen(call.query.channel, call.key.channels)
    if channels is None:
        return Answer(AppeasementReport(since, until, ()))
    return Answer(await readers(call).run(lambda source: load_appeasements(source, since, until, channels=channels)))


async def _given(call: Call[GivenQuery, None]) -> Answer:
    """What the sums are made of."""
    check_every_location(call, "location", "")
    given, channels = call.query, seen(call.query.channel, call.key.channels)
    (since, until), after = span_of(given, _DAYS, _MOST_DAYS), parse_cursor(given.cursor, PlaceInTime)
    if channels is None:
        return page([], None)
    wanted = GivenFilter(
        channels=channels, reason=given.reason, given_by=given.given_by, currency=given.currency,
        destination=given.destination, goodwill=given.goodwill,
    )  # fmt: skip
    most = given.limit + 1
    found = await readers(call).run(lambda source: load_given(source, since, until, wanted, after=after, most=most))
    return page_of(found, given.limit, lambda row: (row.given_at, row.order, row.number))


_BUDGETS: Final = Records(
    kind=BUDGET,
    one="appeasement_budget",
    many="appeasement_budgets",
    capability="appeasements",
    read=Right.SETTINGS_READ,
    write=Right.SETTINGS_WRITE,
    unknown=R.BUDGET_UNKNOWN,
    states=BudgetState,
    of_all=True,
    for_all=True,
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="give_appeasement", method="POST", path="/v1/orders/{order}/appeasements", right=Right.ORDERS_WRITE,
        summary="Give money without goods coming back",
        description="Of what was paid for goods that have left, with the tax of the sale, and never more than is left. What"
        " is more than the key may give by itself, or than a budget has, an approver is asked. `result.decision` is then the"
        " question, and `result.limit` says which. Otherwise `result.credit` is what was given.",
        handler=_give, capability="appeasements", output=GivenAnswer,
        input=input_of(
            GiveAppeasement, "GiveAppeasementInput",
            without=("order", "giving", "decision", "nonce", "token_hash"),
        ),
        refusals=(
            "ORDER_UNKNOWN", "VERSION_STALE", "ORDER_CLOSED", "APPEASEMENT_REASON_UNKNOWN", "APPEASEMENT_NOTHING_LEFT",
            "AMOUNT_OUT_OF_RANGE", "LINE_UNKNOWN", "LINE_REPEATED", "FIELD_REQUIRED", "NOTHING_TO_DO",
        ),
    ),
    *_BUDGETS.reading(),
    _BUDGETS.creating(
        PutBudget, summary="Set what may be given in a period", names="budget", refusals=("BUDGET_NOT_ACCEPTABLE",)
    ),
    Operation(
        name="read_appeasements", method="GET", path="/v1/reports/appeasements", right=Right.ORDERS_READ,
        summary="Read what was given, by reason and person", handler=_report, capability="appeasements",
        description="Money that was given without goods coming back, by channel, reason and who gave it, less what was taken"
        " back. Test orders do not count.",
        query=AppeasementsQuery, output=AppeasementReport, refusals=("LOCATION_NOT_YOURS",),
    ),
    Operation(
        name="list_given_appeasements", method="GET", path="/v1/reports/appeasements/given", right=Right.ORDERS_READ,
        summary="List what was given, and what was taken back", handler=_given, capability="appeasements",
        description="What the report sums, the last first. With its `since` and `until`, and all that a sum is of (its `channel`,"
        " `reason`, `given_by`, `currency`, `goodwill` and `destination`), `count`, `net_minor` and `tax_minor` add up to it.",
        query=GivenQuery, output=GivenAppeasement, page=True,
        refusals=("LOCATION_NOT_YOURS", "TIME_NOT_AWARE", "TIME_OUT_OF_RANGE"),
    ),
)  # fmt: skip
