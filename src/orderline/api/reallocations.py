"""Reallocations: who may take from whom, what taking would do to both sides, and taking."""

import asyncio
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.deciding import decide
from orderline.api.reading.paging import readers
from orderline.api.records import Records
from orderline.api.scoping import check_unlimited, order_unknown, orders_of
from orderline.core.reallocations.commands import (
    ProposeReallocation,
    PutPriorityRules,
    Reallocate,
    TakeInput,
    WithdrawReallocation,
    approval_of,
)
from orderline.core.reallocations.evolve import PRIORITY_RULES, REALLOCATION
from orderline.core.reallocations.refusals import ReallocationRefusal
from orderline.core.reallocations.state import PriorityRulesState, Reallocation, ReallocationState
from orderline.core.stock.refusals import StockRefusal
from orderline.engine.previewing import preview_record
from orderline.store.reading.reallocations import load_shares
from orderline.store.reading.records import load_record
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from orderline.values.quantity import check_quantity

_RULES: Final = Records(
    kind=PRIORITY_RULES,
    one="priority_rules",
    for_all=True,
    many="priority_rule_sets",
    capability="reallocations",
    read=Right.ORDERS_READ,
    write=Right.STOCK_WRITE,
    unknown=StockRefusal.RULES_UNKNOWN,
    states=PriorityRulesState,
)
_REALLOCATIONS: Final = Records(
    kind=REALLOCATION,
    one="reallocation",
    many="reallocations",
    capability="reallocations",
    read=Right.ORDERS_READ,
    write=Right.STOCK_WRITE,
    unknown=ReallocationRefusal.REALLOCATION_UNKNOWN,
    states=ReallocationState,
    orders_in=lambda reallocation: [reallocation.order, *(each.order for each in reallocation.givers)],
)


class AskReallocationInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The line of an order (id or number) that lacks units, and how many it is to be given."""

    order: str
    line: int
    quantity: int


class TakeGiven(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Units that a line of another order (id or number) is to give."""

    order: str
    line: int
    quantity: int


class ReallocateInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Units of a SKU for a line of an order, and who gives them: `takes` as a preview proposes them."""

    order: str
    line: int
    sku: str
    takes: tuple[TakeGiven, ...]
    reason: str = ""


class ApproveReallocationInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing but that it is approved: what it does was shown."""


class WithdrawReallocationInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why it is not done."""

    reason: str = ""


class ReallocationPreview(msgspec.Struct, frozen=True):
    """Who would give, and what would become of them. short: units that nobody may be asked for.

    takes: to be sent as they are. reallocation: what would be recorded; None: nobody would give.
    """

    sku: str
    takes: tuple[TakeInput, ...]
    short: int
    reallocation: Reallocation | None = None


async def _preview(call: Call[None, AskReallocationInput]) -> Answer:
    """What taking would do, by the rules that would decide it; nothing is changed."""
    check_unlimited(call)
    asked = call.input
    check_quantity(asked.quantity)
    [order] = await _ids(call, asked.order)
    now = datetime.now(UTC)
    sku, shares = await readers(call).run(lambda source: load_shares(source, order, asked.line, asked.quantity, now))
    takes = tuple(TakeInput(each.order, each.line, each.quantity) for each in shares)
    short = max(0, asked.quantity - sum(each.quantity for each in takes))
    if not takes:
        return Answer(ReallocationPreview(sku, (), short))
    command = ProposeReallocation(reallocation="preview", sku=sku, order=order, line=asked.line, takes=takes)
    told: Any = await asyncio.to_thread(preview_record, call.services.database, command, call.actor, now)
    return Answer(ReallocationPreview(sku, takes, short, told))


async def _reallocate(call: Call[None, ReallocateInput]) -> Answer:
    """Take and give, in one act."""
    return await decide(call, await _command(call, Reallocate))


async def _propose(call: Call[None, ReallocateInput]) -> Answer:
    """Have somebody else decide."""
    return await decide(call, await _command(call, ProposeReallocation))


async def _approve(call: Call[None, ApproveReallocationInput]) -> Answer:
    """Carry out what was proposed."""
    check_unlimited(call)
    id_ = call.path["id"]
    proposed: Any = await readers(call).run(lambda source: load_record(source, REALLOCATION.name, id_))
    if proposed is None:
        raise Refused(ReallocationRefusal.REALLOCATION_UNKNOWN, field="reallocation", value=id_[:100])
    return await decide(call, approval_of(proposed))


async def _withdraw(call: Call[None, WithdrawReallocationInput]) -> Answer:
    """Give up what was proposed."""
    check_unlimited(call)
    return await decide(call, WithdrawReallocation(reallocation=call.path["id"], reason=call.input.reason))


async def _command(call: Call[None, ReallocateInput], kind: type[Reallocate]) -> Reallocate:
    check_unlimited(call)
    given = call.input
    order, *givers = await _ids(call, given.order, *(each.order for each in given.takes))
    takes = tuple(TakeInput(id_, each.line, each.quantity) for id_, each in zip(givers, given.takes, strict=True))
    return kind(
        reallocation=call.path["id"], sku=given.sku, order=order, line=given.line, takes=takes, reason=given.reason
    )


async def _ids(call: Call[Any, Any], *references: str) -> list[OrderId]:
    found = await orders_of(call, references)
    for reference, id_ in zip(references, found, strict=True):
        if id_ is None:
            raise order_unknown(reference, "order")
    return [id_ for id_ in found if id_ is not None]


OPERATIONS: Final[tuple[Operation, ...]] = (
    *_RULES.reading(),
    _RULES.creating(
        PutPriorityRules, summary="Put who may take units from whom", names="priority_rules",
        refusals=("RULE_NOT_ACCEPTABLE", "CODE_NOT_ACCEPTABLE"),
    ),
    *_REALLOCATIONS.reading(),
    Operation(
        name="preview_reallocation", method="POST", path="/v1/reallocations/preview", right=Right.ORDERS_READ,
        summary="See who would give units to an order, and what would slip", handler=_preview,
        capability="reallocations", input=AskReallocationInput, output=ReallocationPreview,
        description="Nothing is changed. Who gives is chosen by the rules: the lowest class first, there who was promised"
        " last, then who paid least.",
        refusals=("ORDER_UNKNOWN", "LINE_UNKNOWN", "REALLOCATION_LINES", "GIVER_NOT_COVERED", "NOTHING_TO_TAKE"),
    ),
    Operation(
        name="create_reallocation", method="PUT", path="/v1/reallocations/{id}", right=Right.STOCK_WRITE,
        summary="Give units of other orders to one that lacks them", handler=_reallocate, capability="reallocations",
        description=" ".join((Reallocate.__doc__ or "").split()), input=ReallocateInput, output=Reallocation,
        refusals=(
            "REALLOCATION_EXISTS", "REALLOCATION_LINES", "TAKING_NOT_ALLOWED", "TAKING_CAPPED", "GIVER_NOT_COVERED",
            "NOTHING_TO_TAKE", "ORDER_UNKNOWN", "APPROVAL_REQUIRED",
        ),
    ),
    Operation(
        name="propose_reallocation", method="PUT", path="/v1/reallocations/{id}/proposal", right=Right.STOCK_WRITE,
        summary="Propose to give units of other orders to one, for somebody else to approve", handler=_propose,
        capability="reallocations", description=" ".join((ProposeReallocation.__doc__ or "").split()),
        input=ReallocateInput, output=Reallocation,
        refusals=(
            "REALLOCATION_EXISTS", "REALLOCATION_LINES", "TAKING_NOT_ALLOWED", "TAKING_CAPPED", "GIVER_NOT_COVERED",
            "NOTHING_TO_TAKE", "ORDER_UNKNOWN",
        ),
    ),
    Operation(
        name="approve_reallocation", method="POST", path="/v1/reallocations/{id}/approval", right=Right.STOCK_WRITE,
        summary="Carry out what somebody else has proposed, just as it was shown", handler=_approve,
        capability="reallocations", description="Refused when who gives, what covers it or what slips is another by now.",
        input=ApproveReallocationInput, output=Reallocation,
        refusals=(
            "REALLOCATION_UNKNOWN", "REALLOCATION_STATE", "APPROVER_PROPOSED", "REALLOCATION_MOVED_ON", "TAKING_NOT_ALLOWED",
            "TAKING_CAPPED", "GIVER_NOT_COVERED", "NOTHING_TO_TAKE",
        ),
    ),
    Operation(
        name="withdraw_reallocation", method="POST", path="/v1/reallocations/{id}/withdrawal", right=Right.STOCK_WRITE,
        summary="Do not carry out what was proposed", handler=_withdraw, capability="reallocations",
        input=WithdrawReallocationInput, output=Reallocation, refusals=("REALLOCATION_UNKNOWN", "REALLOCATION_STATE"),
    ),
)  # fmt: skip
