"""Orders: place them, cancel units, keep notes, link, close. Reading them is in `api.reading`."""

from typing import Any, Final

import msgspec

from orderline.api.access import authority_of, check_not_taken
from orderline.api.actions import action, fields_of, input_of
from orderline.api.bulk import Commands, bulk
from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.deciding import decide
from orderline.api.providers import check_providers
from orderline.api.refusals import ApiRefusal
from orderline.api.scoping import check_channel, order_of, order_unknown, orders_of
from orderline.core.disputes.commands import AcceptDispute, AnswerDispute
from orderline.core.orders import commands as c
from orderline.core.orders.auto_cancel import ClearAutoCancel, SetAutoCancel
from orderline.core.orders.delivery import ChangeDelivery
from orderline.core.orders.substitution import SubstituteUnits
from orderline.core.tenders.by_hand import ReceivePayment, SettleRefund
from orderline.core.tenders.renewing import RenewAuthorization
from orderline.core.tenders.reversing import ReverseRefund
from orderline.core.tenders.schedule_commands import CallInstallments, SchedulePayments
from orderline.engine.sealing import OrderAnswer
from orderline.values.failures import Refused


class NoteInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A note for people; it is kept for ever."""

    text: str


async def place_order(call: Call[None, c.PlaceOrder]) -> Answer:
    """Accept an order. The same order again is answered as it was at first."""
    check_order(call, call.input)
    answer = await decide(call, call.input)
    # the answer begins with the id: {"id":"01890a5d-ac96-774b-bcce-b302099a8057", ...
    answer.headers["location"] = f"/v1/orders/{answer.body[7:43].decode()}"
    return answer


def check_order(call: Call[Any, Any], command: c.PlaceOrder) -> None:
    """Refused CHANNEL_NOT_YOURS; RIGHT_MISSING: orders served elsewhere are taken over by administrators; PROVIDER_UNKNOWN."""
    check_channel(call, command.channel)
    if command.history and Right.ADMIN not in call.key.scopes:
        raise Refused(ApiRefusal.RIGHT_MISSING, field="history", value=True, right=Right.ADMIN)
    if not (command.history or command.is_test):
        check_providers(call, command.tenders, "tenders")


async def _placed(call: Call[Any, Any], items: list[Any]) -> Commands:
    return [_checked(call, each) for each in items]


def _checked(call: Call[Any, Any], command: c.PlaceOrder | Refused) -> c.PlaceOrder | Refused:
    if isinstance(command, Refused):
        return command
    try:
        check_order(call, command)
    except Refused as refused:
        return refused
    return command


async def _add_note(call: Call[None, NoteInput]) -> Answer:
    text = call.input.text
    if not text.strip():
        raise Refused(ApiRefusal.INPUT_INVALID, field="text", value=text, expected="text that is not empty")
    return await decide(call, c.AnnotateOrder(order=await order_of(call), note=text))


async def _link(call: Call[None, Any]) -> Answer:
    order = await order_of(call)
    target = (await orders_of(call, (call.input.target,)))[0]
    if target is None:
        raise order_unknown(call.input.target, "target")
    given = fields_of(call.input)
    del given["target"]
    return await decide(call, c.LinkOrders(order=order, target=target, **given))


async def _change_delivery(call: Call[None, Any]) -> Answer:
    order = await order_of(call)
    if call.input.hold is not None:
        check_not_taken(call, ["release_hold"])
    return await decide(call, ChangeDelivery(order=order, authority=authority_of(call), **fields_of(call.input)))


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="place_order", method="POST", path="/v1/orders", right=Right.ORDERS_WRITE,
        summary="Place an order",
        description="Accepted whole or refused whole. An order is known by its channel and external id for ever: sent"
        " again with the same content, it is answered as it was at first; with other content, it is refused.",
        handler=place_order, capability="orders", input=c.PlaceOrder, output=OrderAnswer, success=201,
        refusals=("EXTERNAL_ID_TAKEN", "CHANNEL_UNKNOWN", "SKU_UNKNOWN", "TOTALS_DO_NOT_ADD_UP", "STOCK_NOT_AVAILABLE",
                  "CURRENCY_UNKNOWN", "QUANTITY_NOT_POSITIVE", "COUNTRY_UNKNOWN", "COMPANY_UNKNOWN", "DRAFT_UNKNOWN", "PROVIDER_UNKNOWN"),
    ),
    bulk(
        "place_orders", "/v1/orders/bulk", c.PlaceOrder, "Place many orders",
        capability="orders", right=Right.ORDERS_WRITE, commands=_placed, success=201, does=("place_order",),
    ),
    action(
        "cancel_units", "/v1/orders/{order}/cancellations", c.CancelUnits,
        "Cancel an order, or units of it", capability="orders",
        refusals=("BLOCKED_BY_HOLD", "NOTHING_TO_DO", "ALREADY_SHIPPED", "QUANTITY_NOT_AVAILABLE", "REASON_REQUIRED"),
    ),
    action(
        "set_auto_cancel", "/v1/orders/{order}/auto-cancel-dates", SetAutoCancel,
        "Cancel what finds no location within so many days", capability="orders", hides=("keep",),
        refusals=("NOTHING_TO_DO", "AMOUNT_OUT_OF_RANGE", "LINE_UNKNOWN"),
    ),
    action(
        "clear_auto_cancel", "/v1/orders/{order}/auto-cancel-clearances", ClearAutoCancel,
        "Let units wait for a location as long as it takes", capability="orders",
        refusals=("NOTHING_TO_DO", "LINE_UNKNOWN"),
    ),
    action(
        "annotate_order", "/v1/orders/{order}", c.AnnotateOrder,
        "Change tags, priority, assignee and custom fields, or add a note", capability="orders", method="PATCH",
        refusals=("NOTHING_TO_DO", "TEXT_NOT_ACCEPTABLE"),
    ),
    Operation(
        name="add_note", method="POST", path="/v1/orders/{order}/notes", right=Right.ORDERS_WRITE,
        summary="Add a note", handler=_add_note, capability="orders", input=NoteInput, output=OrderAnswer,
        refusals=("ORDER_UNKNOWN", "TEXT_NOT_ACCEPTABLE"),
    ),
    Operation(
        name="link_orders", method="POST", path="/v1/orders/{order}/links", right=Right.ORDERS_WRITE,
        summary="Link an order to another", description="Record a typed edge; `target` is an id or a number.",
        handler=_link, capability="orders", output=OrderAnswer,
        input=input_of(c.LinkOrders, "LinkOrdersInput", without=("order",), more={"target": str}),
        refusals=("ORDER_UNKNOWN", "LINK_TO_ITSELF", "LINK_KNOWN", "LINK_GOES_BACK", "QUANTITY_NOT_AVAILABLE"),
    ),
    Operation(
        name="change_delivery", method="POST", path="/v1/orders/{order}/deliveries", right=Right.ORDERS_WRITE,
        summary="Change how a group of lines is delivered",
        description="To another store, to an address, or not all at once; before a location has the units."
        " hold: the number of a hold on its address, which is lifted with it.",
        handler=_change_delivery, capability="orders", output=OrderAnswer,
        input=input_of(ChangeDelivery, "ChangeDeliveryInput", without=("order", "to_address", "authority")),
        refusals=(
            "ORDER_UNKNOWN", "GROUP_UNKNOWN", "DELIVERY_STARTED", "STOCK_NOT_AVAILABLE", "NOTHING_TO_DO", "HOLD_UNKNOWN",
            "HOLD_NOT_YOURS",
        ),
    ),
    action(
        "substitute_units", "/v1/orders/{order}/substitutions", SubstituteUnits,
        "Send something else for units that can't be had", capability="orders",
        refusals=(
            "BLOCKED_BY_HOLD", "LINE_UNKNOWN", "SUBSTITUTE_UNKNOWN", "SKU_NOT_ACTIVE", "STOCK_NOT_AVAILABLE",
            "FULFILLMENT_STARTED", "QUANTITY_NOT_AVAILABLE",
        ),
    ),
    action(
        "reserve_units", "/v1/orders/{order}/reservations", c.ReserveUnits,
        "Give waiting units a claim on stock that has come", capability="orders",
        refusals=("NOTHING_TO_DO", "STOCK_NOT_AVAILABLE"),
    ),
    action(
        "reclaim_units", "/v1/orders/{order}/claims", c.ReclaimUnits,
        "Take claims that no location can serve to another pool", capability="orders",
        refusals=("NOTHING_TO_DO",),
    ),
    action(
        "promise_lines", "/v1/orders/{order}/promises", c.PromiseLines,
        "Promise when lines will be there, or promise another time", capability="orders", hides=("policy", "source"),
        refusals=("LINE_UNKNOWN", "WINDOW_NOT_ACCEPTABLE", "NOTHING_TO_DO"),
    ),
    action(
        "add_tender", "/v1/orders/{order}/tenders", c.AddTender,
        "Pay what is not covered by another means", capability="orders",
        refusals=("TENDERS_EXCEED_TOTAL", "PAYMENT_UNDER_WAY", "TENDER_UNKNOWN"),
    ),
    action(
        "receive_payment", "/v1/orders/{order}/payments", ReceivePayment,
        "Record money that has come to the bank", capability="orders",
        refusals=("CURRENCY_MISMATCH", "PAYMENT_KNOWN"),
    ),
    action(
        "schedule_payments", "/v1/orders/{order}/payment-schedule", SchedulePayments,
        "Have an order paid in installments", capability="orders", method="PUT",
        refusals=("SCHEDULE_NOT_POSSIBLE", "TOTALS_DO_NOT_ADD_UP", "TENDER_UNKNOWN", "NOTHING_TO_DO"),
    ),
    action(
        "call_installments", "/v1/orders/{order}/payment-schedule/calls", CallInstallments,
        "Ask for installments that have fallen due, or for one before its time", capability="orders",
        hides=("as_of",), refusals=("INSTALLMENT_UNKNOWN", "NOTHING_TO_DO"),
    ),
    action(
        "settle_refund", "/v1/orders/{order}/tenders/{number}/settlements", SettleRefund,
        "Record that money went back another way", capability="orders", names="tender",
        refusals=("TENDER_UNKNOWN", "PAYMENT_UNDER_WAY", "NOTHING_TO_DO", "AMOUNT_OUT_OF_RANGE"),
    ),
    action(
        "reverse_refund", "/v1/orders/{order}/tenders/{number}/reversals", ReverseRefund,
        "Record that a refund has come back", capability="orders", names="tender",
        refusals=("TENDER_UNKNOWN", "NOTHING_TO_DO", "AMOUNT_OUT_OF_RANGE"),
    ),
    action(
        "renew_authorization", "/v1/orders/{order}/tenders/{number}/renewals", RenewAuthorization,
        "Authorize anew what is held and lapses", capability="orders", names="tender",
        refusals=("TENDER_UNKNOWN", "NOTHING_TO_DO"),
    ),
    action(
        "retry_payment", "/v1/orders/{order}/tenders/{number}/retries", c.RetryPayment,
        "Ask the provider of a declined tender again", capability="orders", names="tender",
        refusals=("TENDER_UNKNOWN", "PAYMENT_UNDER_WAY", "NOTHING_TO_DO"),
    ),
    action(
        "answer_dispute", "/v1/orders/{order}/disputes/{number}/answers", AnswerDispute,
        "Answer a dispute with what the order says for us", capability="disputes", names="dispute",
        refusals=("DISPUTE_UNKNOWN", "DISPUTE_STATE"),
    ),
    action(
        "accept_dispute", "/v1/orders/{order}/disputes/{number}/acceptances", AcceptDispute,
        "Let a dispute stand, and answer nothing", capability="disputes", names="dispute",
        refusals=("DISPUTE_UNKNOWN", "DISPUTE_STATE"),
    ),
    action(
        "close_order", "/v1/orders/{order}/closings", c.CloseOrder, "Close an order that is done",
        capability="orders", refusals=("ORDER_NOT_DONE",),
    ),
)  # fmt: skip
