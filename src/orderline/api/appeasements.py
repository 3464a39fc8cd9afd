"""Money given without goods coming back: giving it, what may be given, and what was."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

import msgspec

from orderline.api.access import limits_of
from orderline.api.actions import fields_of, input_of
from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.deciding import decide
from orderline.api.decisions import new_link
from orderline.api.reading.paging import Texts, readers, seen
from orderline.api.records import Records
from orderline.api.scoping import check_every_location, order_of
from orderline.core.appeasements.commands import GiveAppeasement, Given, PutBudget
from orderline.core.appeasements.refusals import AppeasementRefusal as R
from orderline.core.appeasements.state import BUDGET, BudgetState
from orderline.engine.giving import giving_for
from orderline.store.reading.appeasements import AppeasementReport, load_appeasements
from orderline.values.ids import new_id


class GivenAnswer(msgspec.Struct, frozen=True):
    """What came of it."""

    result: Given


class AppeasementsQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """days: how many days back, up to now."""

    days: Annotated[int, msgspec.Meta(ge=1, le=366)] = 28
    channel: Texts = ()


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
    until = datetime.now(UTC)
    since, channels = until - timedelta(days=call.query.days), seen(call.query.channel, call.key.channels)
    if channels is None:
        return Answer(AppeasementReport(since, until, ()))
    return Answer(await readers(call).run(lambda source: load_appeasements(source, since, until, channels=channels)))


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
)  # fmt: skip
