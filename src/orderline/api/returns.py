"""Returns: asked for, allowed, sent, received, looked at, put away; and their money."""

import asyncio
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec

from orderline.api.actions import command_of, fields_of, input_of
from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.deciding import decide
from orderline.api.reading.paging import Page, Text, Texts, page, page_of, parse_cursor, readers, seen
from orderline.api.scoping import check_location, order_of
from orderline.api.shipments import LabelQuery, label_answer, load_order
from orderline.core.orders.commands import OrderCommand
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.returns import commands as c
from orderline.core.returns import repair_commands as rc
from orderline.core.returns.refusals import ReturnRefusal as R
from orderline.core.returns.state import NO_PARCEL, Custody, ReturnLabel, ReturnMoney
from orderline.core.returns.steps import known_return
from orderline.engine.returning import ReturnQuote, policy_at_sale, quote_return
from orderline.engine.sealing import OrderAnswer
from orderline.store.documents import load_label
from orderline.store.reading.returns import ReturnFilter, ReturnItemRow, load_return_items
from orderline.store.reading.source import Source
from orderline.store.working import read_orders
from orderline.values.failures import Refused
from orderline.values.ids import OrderId

_ORDER: Final = "/v1/orders/{order}/returns"
_RETURN: Final = _ORDER + "/{number}"
_ALWAYS: Final = ("ORDER_UNKNOWN", "VERSION_STALE")
_Number = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]


class ReturnsQuery(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """location: where goods are, or are to go. Without `custody`, items at any step."""

    custody: tuple[Custody, ...] = ()
    money: tuple[ReturnMoney, ...] = ()
    location: Texts = ()
    channel: Texts = ()
    tracking_number: Text | None = None


async def _list(call: Call[ReturnsQuery, None]) -> Answer:
    query = call.query
    locations, channels = seen(query.location, call.key.locations), seen(query.channel, call.key.channels)
    if locations is None or channels is None:
        return page([], None)
    filter_ = ReturnFilter(
        custody=query.custody, money=query.money, tracking_number=query.tracking_number or "", locations=locations,
        channels=channels,
    )  # fmt: skip
    after = parse_cursor(query.cursor, tuple[datetime, UUID, _Number, _Number])
    found = await readers(call).run(
        lambda source: load_return_items(source, filter_, after=after, most=query.limit + 1)
    )
    return page_of(found, query.limit, lambda row: (row.moved_at, row.order, row.number, row.item))


async def _request(call: Call[None, Any]) -> Answer:
    order = await order_of(call)
    policy = await asyncio.to_thread(policy_at_sale, call.services.database, order)
    return await decide(call, c.RequestReturn(order=order, policy=policy, **fields_of(call.input)))


async def _quote(call: Call[None, Any]) -> Answer:
    command = c.RequestReturn(order=await order_of(call), **fields_of(call.input))
    now = datetime.now(UTC)
    return Answer(await asyncio.to_thread(quote_return, call.services.database, command, call.actor, now))


async def _receive(call: Call[None, Any], number: int = 0) -> Answer:
    """Goods may come to any location, whoever has sent them."""
    order = await order_of(call, anywhere=True)
    check_location(call, call.input.location)
    policy = await asyncio.to_thread(policy_at_sale, call.services.database, order)
    command = c.ReceiveReturn(order=order, number=number, policy=policy, **fields_of(call.input))
    return await decide(call, command)


async def _receive_announced(call: Call[None, Any]) -> Answer:
    return await _receive(call, _number(call))


async def _read_label(call: Call[LabelQuery, None]) -> Answer:
    number = _number(call)
    order_id = await order_of(call, anywhere=True)
    await _check_seen(call, order_id, number)
    return await returned_label(call, order_id, number)


async def returned_label(call: Call[LabelQuery, Any], order_id: OrderId, number: int) -> Answer:
    """What a return is sent with. Refused RETURN_UNKNOWN, LABEL_NOT_KEPT."""
    label, content = await readers(call).run(lambda source: _load_label(source, order_id, number, call.query.format))
    return label_answer(
        label.documents if label is not None else (), label.tracking_number if label is not None else "", content,
        call.query.format, call.headers,
    )  # fmt: skip


def _load_label(source: Source, order_id: OrderId, number: int, form: str) -> tuple[ReturnLabel | None, bytes | None]:
    returned = known_return(load_order(source, order_id), number)
    if returned.label is None:
        return None, None
    return returned.label, load_label(source, order_id, NO_PARCEL, returned.label.tracking_number, form)


def _step(command: type[OrderCommand]) -> Any:
    async def handle(call: Call[None, Any]) -> Answer:
        number = _number(call)
        order = await order_of(call, anywhere=True)
        await _check_seen(call, order, number)
        if getattr(call.input, "to", ""):
            check_location(call, call.input.to)
        return await decide(call, command_of(command, call.input, order=order, number=number))

    return handle


def _number(call: Call[Any, Any]) -> int:
    given = call.path["number"]
    if not given.isascii() or not given.isdigit() or len(given) > 9 or not int(given):
        raise Refused(R.RETURN_UNKNOWN, field="number", value=given[:20])
    return int(given)


async def _check_seen(call: Call[Any, Any], order: OrderId, number: int) -> None:
    """Refused RETURN_UNKNOWN: none of its goods are, or are to go, where the key is for."""
    if not call.key.locations:
        return
    found = (await asyncio.to_thread(read_orders, call.services.database, [order])).get(order)
    returned = found.returns[number - 1] if found is not None and number <= len(found.returns) else None
    places = {returned.to, *(item.location for item in returned.items)} if returned is not None else set[str]()
    if not any(map(call.key.sees_location, places - {""})):
        raise Refused(R.RETURN_UNKNOWN, field="number", value=number)


def _operation(
    name: str,
    path: str,
    command: type[OrderCommand],
    handler: Any,
    summary: str,
    *refusals: StrEnum,
    hides: tuple[str, ...],
    right: Right = Right.ORDERS_WRITE,
) -> Operation:
    titled = f"{''.join(part.capitalize() for part in name.split('_'))}Input"
    return Operation(
        name=name,
        method="POST",
        path=path,
        right=right,
        summary=summary,
        description=" ".join((command.__doc__ or "").split()),
        handler=handler,
        capability="returns",
        input=input_of(command, titled, without=("order", *hides)),
        output=OrderAnswer,
        refusals=(*_ALWAYS, *(each.value for each in refusals)),
    )


def _stepping(
    name: str,
    resource: str,
    command: type[OrderCommand],
    summary: str,
    *refusals: StrEnum,
    right: Right = Right.ORDERS_WRITE,
) -> Operation:
    return _operation(
        name, f"{_RETURN}/{resource}", command, _step(command), summary,
        R.RETURN_UNKNOWN, R.RETURN_ITEM_UNKNOWN, R.RETURN_ITEM_STATE, *refusals, hides=("number",), right=right,
    )  # fmt: skip


_WANTED: Final = (
    R.RETURN_NOT_SENT, R.RETURN_QUANTITY, R.RETURN_REASON_UNKNOWN, R.RETURN_NOT_POSSIBLE, R.RETURN_WINDOW_OVER,
    R.RETURN_FINAL_SALE, R.RETURN_POLICY_CHANGED, R.RETURN_EXCHANGE, OrderRefusal.PARCEL_UNKNOWN, OrderRefusal.STOCK_NOT_AVAILABLE,
    OrderRefusal.TENDERS_EXCEED_TOTAL,
)  # fmt: skip
_CAME: Final = (
    R.RETURN_UNKNOWN, R.RETURN_ITEM_UNKNOWN, R.RETURN_ITEM_STATE, R.RETURN_QUANTITY, R.RETURN_NOT_POSSIBLE,
    R.RETURN_REASON_UNKNOWN, R.RETURN_POLICY_CHANGED, R.RETURN_SERVICE,
)  # fmt: skip

OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="list_returns", method="GET", path="/v1/returns", right=Right.ORDERS_READ,
        summary="Items of returns, the one that has waited longest first", handler=_list, capability="returns",
        query=ReturnsQuery, output=ReturnItemRow, page=True,
    ),
    _operation(
        "request_return", _ORDER, c.RequestReturn, _request, "A customer wants to give goods back", *_WANTED,
        hides=("policy",),
    ),
    Operation(
        name="quote_return", method="POST", path=f"{_ORDER}/quotes", right=Right.ORDERS_READ,
        summary="What a return would give, without opening it", handler=_quote, capability="returns",
        input=input_of(c.RequestReturn, "QuoteReturnInput", without=("order", "policy")), output=ReturnQuote,
        refusals=(*_ALWAYS, *(each.value for each in _WANTED)),
    ),
    _operation(
        "receive_goods", f"{_ORDER}/receipts", c.ReceiveReturn, _receive, "Goods came back that nobody had announced",
        *_CAME, hides=("number", "policy"), right=Right.FULFILLMENTS_WRITE,
    ),
    _operation(
        "receive_return", f"{_RETURN}/receipts", c.ReceiveReturn, _receive_announced, "Goods of a return came",
        *_CAME, hides=("number", "policy", "source"), right=Right.FULFILLMENTS_WRITE,
    ),
    _stepping("approve_return", "approvals", c.ApproveReturn, "Let the customer send goods"),
    _stepping("decline_return", "refusals", c.DeclineReturn, "Say no to a return", R.RETURN_STATUTORY),
    _stepping("withdraw_return", "withdrawals", c.WithdrawReturn, "The customer keeps the goods"),
    _stepping("send_return", "dispatches", c.SendReturn, "The goods are on their way"),
    _stepping("grade_return", "grades", c.GradeReturn, "Goods were looked at", R.RETURN_QUANTITY, R.RETURN_SERVICE,
        right=Right.FULFILLMENTS_WRITE,
    ),
    _stepping(
        "dispose_return", "dispositions", c.DisposeReturn, "Goods went to where they are to be",
        R.RETURN_QUANTITY, R.RETURN_DISPOSITION, right=Right.FULFILLMENTS_WRITE,
    ),
    _stepping(
        "assess_return", "assessments", rc.AssessReturn, "Goods that are to be repaired were looked at",
        R.RETURN_QUANTITY, R.RETURN_COVERED, OrderRefusal.SKU_UNKNOWN, OrderRefusal.LINE_KIND_NOT_POSSIBLE,
        right=Right.FULFILLMENTS_WRITE,
    ),
    _stepping(
        "answer_repair_quote", "quote-answers", rc.AnswerRepairQuote, "The customer's answer to the price of a repair",
        OrderRefusal.TENDERS_EXCEED_TOTAL,
    ),
    _stepping(
        "finish_repair", "repairs", rc.FinishRepair, "A repair is over", right=Right.FULFILLMENTS_WRITE,
    ),
    _stepping(
        "replace_return", "replacements", rc.ReplaceReturn, "Send something else for what can't be repaired",
        R.RETURN_EXCHANGE, OrderRefusal.STOCK_NOT_AVAILABLE,
    ),
    _stepping(
        "send_back_return", "sendings-back", c.SendBackReturn, "Goods go back to the customer",
        R.RETURN_NOT_SENDABLE, R.RETURN_FEE_OPEN, R.RETURN_QUANTITY, R.RETURN_DISPOSITION, right=Right.FULFILLMENTS_WRITE,
    ),
    _stepping(
        "label_return", "labels", c.LabelReturn, "A label was got for the way back", R.RETURN_NOT_SENDABLE,
    ),
    Operation(
        name="read_return_label", method="GET", path=f"{_RETURN}/label", right=Right.FULFILLMENTS_WRITE,
        summary="Print what a customer sends goods back with",
        description="The document that the carrier gave, byte for byte. Labels are kept for 180 days.",
        handler=_read_label, capability="returns", query=LabelQuery, output="application/pdf, application/zpl",
        refusals=("ORDER_UNKNOWN", "RETURN_UNKNOWN", "LABEL_NOT_KEPT"),
    ),
    _stepping(
        "track_return", "tracking", c.TrackReturn, "The carrier's news of a parcel that comes back", R.RETURN_NEWS_OLD,
    ),
    _stepping("credit_return", "credits", c.CreditReturn, "Give the money now"),
    _stepping("deny_return", "denials", c.DenyReturn, "Give no money", R.RETURN_STATUTORY, R.RETURN_SERVICE),
    _stepping("settle_expired_return", "settlements", c.SettleExpired, "What becomes of money that does not go with the goods"),
)  # fmt: skip
