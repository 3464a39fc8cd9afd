"""Previews: what a command would do, decided by the rules that would decide it, and not done."""

import asyncio
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from orderline.api.access import limits_of
from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.deciding import explain
from orderline.api.decoding import decoder
from orderline.api.orders import check_order
from orderline.api.refusals import ApiRefusal
from orderline.api.scoping import is_id, order_unknown, orders_of
from orderline.core.appeasements.commands import GiveAppeasement
from orderline.core.changes.commands import ChangeOrder, UndoChange
from orderline.core.credits.commands import RedeemCredit
from orderline.core.disputes.commands import AcceptDispute, AnswerDispute
from orderline.core.orders import commands as c
from orderline.core.orders.delivery import ChangeDelivery
from orderline.core.orders.substitution import SubstituteUnits
from orderline.core.returns.commands import CreditReturn, DenyReturn, RequestReturn
from orderline.core.returns.repair_commands import ReplaceReturn
from orderline.core.tenders.by_hand import ReceivePayment
from orderline.core.tenders.reversing import ReverseRefund
from orderline.engine.giving import filled, giving_for
from orderline.engine.previewing import Preview, preview
from orderline.engine.returning import policy_at_sale
from orderline.values.failures import Refused
from orderline.values.ids import new_id

Previewed = (
    c.PlaceOrder
    | c.CancelUnits
    | c.PlaceHold
    | c.ReleaseHold
    | c.ReserveUnits
    | c.ReclaimUnits
    | c.RetryPayment
    | c.AddTender
    | AnswerDispute
    | AcceptDispute
    | c.PullBack
    | c.RejectUnits
    | SubstituteUnits
    | ChangeOrder
    | UndoChange
    | c.AnnotateOrder
    | c.LinkOrders
    | c.CloseOrder
    | ChangeDelivery
    | GiveAppeasement
    | RequestReturn
    | ReplaceReturn
    | CreditReturn
    | DenyReturn
    | ReceivePayment
    | ReverseRefund
    | RedeemCredit
)


_ORDERS: Final = ("order", "target")
_REFERENCE: Final = "the id of an order (a UUID) or its number"
_decode: Final = decoder(Previewed)


async def _preview(call: Call[None, Any]) -> Answer:
    command: c.Command = _decode(await _with_ids(call))
    if isinstance(command, c.PlaceOrder):
        check_order(call, command)
    elif isinstance(command, c.OrderCommand):
        await _check_orders(call, command)
    command = await asyncio.to_thread(_looked_up, call, command)
    try:
        found = await asyncio.to_thread(
            preview, call.services.database, command, call.actor, datetime.now(UTC), call.limits
        )
    except Refused as refused:
        raise await explain(call, command, refused) from None
    return Answer(found)


def _looked_up(call: Call[None, Any], command: c.Command) -> c.Command:
    """The command with what its operation looks up for it, whatever was said there."""
    database = call.services.database
    match command:
        case ChangeOrder() | UndoChange():
            return filled(database, command, limits_of(call), call.actor.name)
        case GiveAppeasement():
            giving = giving_for(database, command.order, limits_of(call), call.actor.name)
            return replace(command, giving=giving, decision=str(new_id()), nonce="", token_hash="")
        case RequestReturn():
            return replace(command, policy=policy_at_sale(database, command.order))
        case RedeemCredit() if not call.key.scopes & {Right.ORDERS_WRITE, Right.ADMIN}:
            # it tells of the account
            raise Refused(ApiRefusal.RIGHT_MISSING, right=Right.ORDERS_WRITE, allowed=sorted(call.key.scopes))
        case _:
            return command


async def _with_ids(call: Call[None, Any]) -> bytes:
    """The command with orders named by id, as rules know them; callers may name them by number.

    Refused ORDER_UNKNOWN: a number is no order's, or not for this key.
    """
    given = dict(call.input)
    if given.get("command") == "give_appeasement":
        given.setdefault("decision", "")  # that of an approver, should one be asked
    named = {field: given[field] for field in _ORDERS if given.get(field) is not None}
    for field, reference in named.items():
        if not isinstance(reference, str):
            value = reference if isinstance(reference, int | float) else None
            raise Refused(ApiRefusal.INPUT_INVALID, field=field, value=value, expected=_REFERENCE)
    numbers = {field: reference for field, reference in named.items() if not is_id(reference)}
    for field, found in zip(numbers, await orders_of(call, tuple(numbers.values())), strict=True):
        if found is None:
            refused = order_unknown(numbers[field], field)
            raise Refused(refused.code, **refused.facts, expected=_REFERENCE)
        given[field] = str(found)
    return msgspec.json.encode(given)


async def _check_orders(call: Call[Any, Any], command: c.OrderCommand) -> None:
    """Refused ORDER_UNKNOWN: the order, or the one it is to be linked to, is not there, or not for this key."""
    named = {"order": str(command.order)}
    if isinstance(command, c.LinkOrders):
        named["target"] = str(command.target)
    for field, found in zip(named, await orders_of(call, tuple(named.values())), strict=True):
        if found is None:
            raise order_unknown(named[field], field)


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="preview", method="POST", path="/v1/previews", right=Right.ORDERS_READ,
        summary="See what a command would do",
        description="The command is decided on the state as it is and nothing is changed: its events, the status and"
        " the money after it, or what it would be refused for. Orders are named by id or by number. `difference` says what"
        " it would change: units, what is owed and its tax, what each tender would be asked for, what is to be collected or"
        " given back, promises, routing, holds and notices. Carry the command out with `difference.version` as its"
        " `expected_version`: should the order have moved on, it is refused, and you look again.",
        handler=_preview, capability="orders", input=Previewed, decodes=dict[str, Any], output=Preview,
        refusals=("ORDER_UNKNOWN", "VERSION_STALE", "BLOCKED_BY_HOLD", "STOCK_NOT_AVAILABLE"),
    ),
)  # fmt: skip
