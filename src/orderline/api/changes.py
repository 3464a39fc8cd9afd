"""Change sets: agree several things anew at once, undo the last change, see until when what may be changed."""

import asyncio
from collections.abc import Iterable
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from orderline.api.access import check_not_taken, limits_of
from orderline.api.actions import fields_of, input_of
from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.deciding import decide
from orderline.api.decisions import new_link
from orderline.api.scoping import order_of, order_unknown
from orderline.core.changes.actions import ChangeAction
from orderline.core.changes.commands import ChangeOrder, UndoChange
from orderline.core.changes.windows import Window, windows_of
from orderline.core.decisions.asking import Asked, DecisionCause
from orderline.core.decisions.commands import DraftDecision
from orderline.core.decisions.state import Decision
from orderline.core.orders.actions import Action, actions_of
from orderline.core.orders.commands import TenderInput
from orderline.core.orders.state import Agreement
from orderline.engine.giving import filled
from orderline.engine.sealing import OrderAnswer
from orderline.store.working import read_orders
from orderline.values.ids import new_id

_ORDER: Final = "/v1/orders/{order}"
# Of actions that are operations of their own: whoever may not call those may not do it as a part of a change, either.
_ALONE: Final = {
    "remove_units": "cancel_units", "change_address": "change_delivery", "change_method": "change_delivery",
    "change_pickup": "change_delivery", "substitute": "substitute_units", "appease": "give_appeasement",
    "return_units": "request_return",
}  # fmt: skip
_ALWAYS: Final = ("ORDER_UNKNOWN", "VERSION_STALE", "ORDER_CLOSED", "ORDER_CANCELED")
_NAMES: Final = frozenset({"change_order", "undo_change", "cancel_units", "change_delivery", "substitute_units"})


class Changes(msgspec.Struct, frozen=True):
    """What was agreed one after the other, and what may still be agreed anew: by units, and by command."""

    version: int
    agreements: tuple[Agreement, ...]
    windows: tuple[Window, ...]
    actions: tuple[Action, ...]


async def _read(call: Call[None, None]) -> Answer:
    order = await order_of(call)
    found = (await asyncio.to_thread(read_orders, call.services.database, [order])).get(order)
    if found is None:
        raise order_unknown(call.path["order"], "order")
    actions = tuple(each for each in actions_of(found) if each.name in _NAMES)
    return Answer(Changes(found.version, found.agreements, windows_of(found), actions))


class ProposeChangeInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody is asked to agree to. An address that is not known is asked for: leave it out of its action."""

    reason: str
    actions: tuple[ChangeAction, ...]
    tenders: tuple[TenderInput, ...] = ()
    to: Asked = Asked.CUSTOMER
    note: str = ""


async def _change(call: Call[None, Any]) -> Answer:
    check_not_taken(call, _parts(call.input.actions))
    return await _filled(call, ChangeOrder(order=await order_of(call), **fields_of(call.input)))


def _parts(actions: Iterable[ChangeAction]) -> list[str]:
    """The operations that would do the same alone."""
    tags = (str(type(each).__struct_config__.tag) for each in actions)
    return [_ALONE[tag] for tag in tags if tag in _ALONE]


async def _undo(call: Call[None, Any]) -> Answer:
    return await _filled(call, UndoChange(order=await order_of(call), **fields_of(call.input)))


async def _filled(call: Call[None, Any], command: ChangeOrder | UndoChange) -> Answer:
    about = (call.services.database, command, limits_of(call), call.actor.name)
    return await decide(call, await asyncio.to_thread(filled, *about), found=True)


async def _propose(call: Call[None, ProposeChangeInput]) -> Answer:
    given, order = call.input, await order_of(call)
    check_not_taken(call, _parts(given.actions))
    id_ = str(new_id())
    nonce, hashed = await new_link(call, id_)
    change = ChangeOrder(order=order, reason=given.reason, actions=given.actions, tenders=given.tenders)
    change = await asyncio.to_thread(filled, call.services.database, change, limits_of(call), call.actor.name)
    assert isinstance(change, ChangeOrder)
    if given.to is Asked.APPROVER and change.giving is not None:
        change = replace(change, giving=replace(change.giving, limits=None, approved=True))
    command = DraftDecision(
        decision=id_, order=order, cause=DecisionCause.CHANGE, change=change, to=given.to, note=given.note,
        nonce=nonce, token_hash=hashed, by_hand=True,
    )  # fmt: skip
    return await decide(call, command)


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="read_changes", method="GET", path=f"{_ORDER}/changes", right=Right.ORDERS_READ,
        summary="See what was agreed, and until when what may be changed",
        description="Windows close by facts, not by a clock: for the units of each line, by where they stand, whether they"
        " can be canceled, sent elsewhere or edited at once, by asking whoever has them, or not any more.",
        handler=_read, capability="changes", output=Changes, refusals=("ORDER_UNKNOWN",),
    ),
    Operation(
        name="change_order", method="POST", path=f"{_ORDER}/changes", right=Right.ORDERS_WRITE,
        summary="Agree several things of an order anew, all or nothing",
        description=" ".join((ChangeOrder.__doc__ or "").split()), handler=_change, capability="changes",
        input=input_of(ChangeOrder, "ChangeOrderInput", without=("order", "giving", "policy")), output=OrderAnswer,
        refusals=(
            *_ALWAYS, "CHANGES_MISSING", "NOTHING_TO_DO", "PRICE_FINAL", "CHARGE_UNKNOWN", "GROUP_UNKNOWN", "LINE_UNKNOWN",
            "SKU_UNKNOWN", "SKU_NOT_FOR_SALE", "STOCK_NOT_AVAILABLE", "QUANTITY_NOT_AVAILABLE", "ALREADY_SHIPPED",
            "FULFILLMENT_STARTED", "DELIVERY_STARTED", "ADDRESS_MISSING", "PICKUP_LOCATION_UNKNOWN", "ROUTE_LOST_RACE",
            "SUBSTITUTE_UNKNOWN", "AMOUNT_OUT_OF_RANGE", "TENDERS_EXCEED_TOTAL", "BLOCKED_BY_HOLD",
            "APPEASEMENT_LIMIT", "APPEASEMENT_NOTHING_LEFT", "APPEASEMENT_REASON_UNKNOWN", "RETURN_NOT_SENT",
            "RETURN_QUANTITY", "RETURN_REASON_UNKNOWN", "RETURN_FINAL_SALE", "RETURN_WINDOW_OVER", "RETURN_EXCHANGE",
        ),
    ),
    Operation(
        name="propose_change", method="POST", path=f"{_ORDER}/proposed-changes", right=Right.ORDERS_WRITE,
        summary="Ask whether an order may be changed",
        description="The customer is sent a link, or an approver or a colleague is asked, and agrees or declines before the"
        " deadline of the channel; silence declines. What would come to other goods or other money by then is not done,"
        " and is offered anew as it is now.",
        handler=_propose, capability="changes", input=ProposeChangeInput, output=Decision,
        refusals=(
            "ORDER_UNKNOWN", "CHANGES_MISSING", "NOTHING_TO_DO", "ADDRESS_GIVEN", "PRICE_FINAL", "LINE_UNKNOWN",
            "FULFILLMENT_STARTED", "DELIVERY_STARTED", "STOCK_NOT_AVAILABLE", "AMOUNT_OUT_OF_RANGE",
        ),
    ),
    Operation(
        name="undo_change", method="POST", path=f"{_ORDER}/undone-changes", right=Right.ORDERS_WRITE,
        summary="Undo the last change of an order", description=" ".join((UndoChange.__doc__ or "").split()),
        handler=_undo, capability="changes", output=OrderAnswer,
        input=input_of(UndoChange, "UndoChangeInput", without=("order", "giving", "policy")),
        refusals=(*_ALWAYS, "NOTHING_TO_DO", "UNDO_NOT_POSSIBLE", "PRICE_FINAL", "STOCK_NOT_AVAILABLE", "DELIVERY_STARTED"),
    ),
)  # fmt: skip
