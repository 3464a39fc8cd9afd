"""Links for customers: made, told of and revoked by the merchant; and what customers see and do by them, without a key."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from secrets import token_bytes
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import structs

from orderline.api.actions import fields_of, input_of
from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.customer_exchanges import InsteadByLinkInput, QuoteByLink, choices_of, exchange_by_link
from orderline.api.customer_orders import SeenOrder, shown
from orderline.api.customer_waiting import pickups_of, questions_of
from orderline.api.deciding import answered_before, decide
from orderline.api.linking import take_call, take_guess
from orderline.api.reading.paging import readers
from orderline.api.records import Records
from orderline.api.returns import returned_label
from orderline.api.scoping import number_in, order_of
from orderline.api.shipments import LabelQuery
from orderline.api.shops import channel_of
from orderline.core.context import Actor
from orderline.core.customer_links.decide import CustomerLinkRefusal as R
from orderline.core.customer_links.decide import MakeCustomerLink, RevokeCustomerLink
from orderline.core.customer_links.policy import LinkMay
from orderline.core.customer_links.state import CUSTOMER_LINK, CUSTOMER_LINKS, CustomerLink, LinkState
from orderline.core.decisions.links import ORDER_PAGE, decision_in, hash_of, token_of
from orderline.core.orders.commands import CancelUnits, Command
from orderline.core.orders.delivery import ChangeDelivery
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.orders.state import LineQuantity, Order
from orderline.core.pickups.codes import same_hash
from orderline.core.returns.commands import RequestReturn, ReturnLineInput
from orderline.core.returns.refusals import ReturnRefusal
from orderline.core.returns.state import ReturnSource
from orderline.core.shipments.scans import Scan, scans_of
from orderline.engine.journaled import journaled
from orderline.engine.returning import ReturnQuote, policy_at_sale, quote_return
from orderline.store.reading.records import load_record
from orderline.store.secrets import secret_of
from orderline.store.working import read_orders
from orderline.values.address import Address
from orderline.values.failures import Refused

_CUSTOMER: Final = Actor("customer", "link")
# What a refusal tells a stranger; the rest is for the merchant.
_TOLD: Final = frozenset({"field", "allowed", "available", "until", "line", "retry_after_s"})

_LINKS: Final = Records(
    kind=CUSTOMER_LINK,
    one="customer_link",
    many="customer_links",
    capability="customer_links",
    read=Right.ORDERS_READ,
    write=Right.ORDERS_WRITE,
    unknown=R.CUSTOMER_LINK_UNKNOWN,
    states=LinkState,
    orders_in=lambda link: (link.order,),
)


class LinkMade(msgspec.Struct, frozen=True, kw_only=True):
    """The link to be sent to the customer: told this once, and kept nowhere. page: where people see it; link: programs."""

    id: str
    link: str
    page: str
    may: tuple[LinkMay, ...]
    until: datetime


class CancelByLinkInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Lines to cancel, or the whole order when none is named."""

    lines: tuple[LineQuantity, ...] = ()
    reason: str = ""


class AddressByLinkInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a group of lines is to go, in the country that it was ordered for."""

    address: Address
    group: int = 1


class ReturnByLinkInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to go back, and why; what the policy of the sale lets through is approved at once.

    instead: what is to be sent in its place, of what its lines name (`instead`); set aside at once, and sent when the goods
    have come. What it costs more is asked for; what it costs less is given back. balance_minor: what the customer was told
    that it costs, below zero gives back; refused where it is another by now.
    """

    lines: tuple[ReturnLineInput, ...]
    instead: tuple[InsteadByLinkInput, ...] = ()
    balance_minor: int | None = None


async def _make(call: Call[None, Any]) -> Answer:
    order = await order_of(call)
    secret = await asyncio.to_thread(secret_of, call.services.database, CUSTOMER_LINKS)
    drawn = hashlib.sha256(call.idempotency_key.encode()).digest() if call.idempotency_key else token_bytes(32)
    link = str(UUID(bytes=drawn[:16]))
    token = token_of(secret, link, drawn.hex())
    command = MakeCustomerLink(order=order, link=link, token_hash=hash_of(token), **fields_of(call.input))
    done = await decide(call, command)
    made = await _by_id(call, link)
    assert made is not None
    told = LinkMade(
        id=link, link=_BY.format(token=token), page=f"{ORDER_PAGE}{token}", may=made.may, until=made.until
    )  # fmt: skip
    return Answer(told, headers=done.headers)


async def _read(call: Call[None, None]) -> Answer:
    link, order = await _linked(call)
    return await _seen(call, link, order)


async def _cancel(call: Call[None, CancelByLinkInput]) -> Answer:
    async def made(order: Order) -> Command:
        return CancelUnits(order=order.id, reason=call.input.reason or "by the customer", lines=call.input.lines)

    return await _do(call, LinkMay.CANCEL, made)


async def _readdress(call: Call[None, AddressByLinkInput]) -> Answer:
    given = call.input

    async def made(order: Order) -> Command:
        group = next((each for each in order.agreement.groups if each.group == given.group), None)
        country = group.place.country if group is not None else ""
        if group is not None and (group.pickup_location or given.address.country.upper() != country):
            raise Refused(R.CUSTOMER_LINK_NOT_NOW, field="address.country", allowed=country)
        return ChangeDelivery(order=order.id, group=given.group, address=given.address)

    return await _do(call, LinkMay.ADDRESS, made)


async def _return(call: Call[None, ReturnByLinkInput]) -> Answer:
    _, known = await _linked(call, LinkMay.RETURN, counted=False)
    policy = await asyncio.to_thread(policy_at_sale, call.services.database, known.id)

    async def made(order: Order) -> Command:
        command = await _returned(call, order)
        told = call.input.balance_minor
        if told is not None and (now := (await _quoted(call, command)).balance_minor) != told:
            raise Refused(ReturnRefusal.RETURN_EXCHANGE, field="balance_minor", value=told, allowed=now)
        return structs.replace(command, policy=policy)

    return await _do(call, LinkMay.RETURN, made, found=call.input.balance_minor is not None or bool(call.input.instead))


async def _quote_return(call: Call[None, ReturnByLinkInput]) -> Answer:
    _, order = await _linked(call, LinkMay.RETURN)
    command = await _returned(call, order)
    try:
        quote = await _quoted(call, command)
    except Refused as refused:
        raise _as_told(refused) from None
    return Answer(
        QuoteByLink(
            currency=quote.currency, credit_minor=quote.credit.total_minor, instead_minor=quote.instead_minor,
            balance_minor=quote.balance_minor,
        )
    )  # fmt: skip


async def _quoted(call: Call[Any, Any], command: RequestReturn) -> ReturnQuote:
    return await asyncio.to_thread(quote_return, call.services.database, command, _CUSTOMER, datetime.now(UTC))


async def _returned(call: Call[None, ReturnByLinkInput], order: Order) -> RequestReturn:
    lines = call.input.lines
    exchange = await exchange_by_link(call, order, lines, call.input.instead)
    return RequestReturn(order=order.id, source=ReturnSource.PORTAL, lines=lines, exchange=exchange)


async def _read_label(call: Call[LabelQuery, None]) -> Answer:
    _, order = await _linked(call)
    return await returned_label(call, order.id, number_in(call, ReturnRefusal.RETURN_UNKNOWN))


async def _do(
    call: Call[None, Any], may: LinkMay, made: Callable[[Order], Awaitable[Command]], *, found: bool = False
) -> Answer:
    """What the link is for, by the rules that hold for everybody. Refused as they refuse, without what is ours alone.

    found: a return says what was found for it, and would find something else once it is done.
    """
    link, order = await _linked(call, may)
    call.actor = _CUSTOMER
    given = call.idempotency_key.partition(":")[2]
    call.idempotency_key = f"link:{link.id}:{given}" if given else ""
    if found and await answered_before(call, RequestReturn) is not None:
        return await _seen(call, link, order)
    try:
        await decide(call, await made(order), found=found)
    except Refused as refused:
        raise _as_told(refused) from None
    after = (await asyncio.to_thread(read_orders, call.services.database, [order.id]))[order.id]
    return await _seen(call, link, after)


def _as_told(refused: Refused) -> Refused:
    """A refusal without what is ours alone; that there is a hold, and why, is not for them."""
    if refused.code is OrderRefusal.BLOCKED_BY_HOLD:
        return Refused(R.CUSTOMER_LINK_NOT_NOW, field="order")
    return Refused(refused.code, **{name: fact for name, fact in refused.facts.items() if name in _TOLD})


async def _linked(
    call: Call[Any, Any], may: LinkMay | None = None, *, counted: bool = True
) -> tuple[CustomerLink, Order]:
    """What a link is good for. Refused CUSTOMER_LINK_UNKNOWN: also when its time is over or it was revoked, which can't be
    told apart from one that never was; RATE_EXCEEDED; CUSTOMER_LINK_FOR_LESS.
    """
    database = call.services.database
    token = call.path["token"]
    id_ = decision_in(token)
    link: CustomerLink | None = None
    if id_ is not None:
        if counted:
            take_call(database, id_)
        link = await _by_id(call, id_)
    good = link is not None and link.state is LinkState.GOOD and datetime.now(UTC) < link.until
    if link is None or not good or not same_hash(hash_of(token), link.token_hash):
        take_guess(database)
        raise Refused(R.CUSTOMER_LINK_UNKNOWN, field="token")
    if may is not None and may not in link.may:
        raise Refused(R.CUSTOMER_LINK_FOR_LESS, field="token", allowed=list(link.may))
    return link, (await asyncio.to_thread(read_orders, database, [link.order]))[link.order]


async def _by_id(call: Call[Any, Any], id_: str) -> CustomerLink | None:
    return await readers(call).run(lambda source: load_record(source, CUSTOMER_LINK.name, id_))


async def _seen(call: Call[Any, Any], link: CustomerLink, order: Order) -> Answer:
    channel = await channel_of(call, order.channel)
    pickups, questions = await pickups_of(call, order), await questions_of(call, link, order)
    instead, scans = await choices_of(call, link, order), await _scans(call, order)
    return Answer(shown(link, order, channel, pickups, questions, instead, scans))


async def _scans(call: Call[Any, Any], order: Order) -> dict[int, tuple[Scan, ...]]:
    """Where the parcels of an order have been; the journal is read only where some have left."""
    if all(each.shipment is None for each in order.parcels):
        return {}
    return scans_of(await asyncio.to_thread(journaled, call.services.database, order))


_BY: Final = "/v1/customer-links/by-link/{token}"
_ALWAYS: Final = ("CUSTOMER_LINK_UNKNOWN", "CUSTOMER_LINK_FOR_LESS", "CUSTOMER_LINK_NOT_NOW", "RATE_EXCEEDED")
_NOT_BACK: Final = (
    "RETURN_NOT_SENT", "RETURN_QUANTITY", "RETURN_WINDOW_OVER", "RETURN_FINAL_SALE", "RETURN_REASON_UNKNOWN",
    "RETURN_NOT_POSSIBLE", "RETURN_EXCHANGE", "STOCK_NOT_AVAILABLE",
)  # fmt: skip


def _by_link(
    name: str,
    path: str,
    summary: str,
    handler: Any,
    given: type[msgspec.Struct],
    *refusals: str,
    output: Any = SeenOrder,
) -> Operation:
    return Operation(
        name=name, method="POST", path=f"{_BY}/{path}", right=Right.PUBLIC, summary=summary,
        description="Without a key, as far as the link is for it, by the rules that hold for everybody.",
        handler=handler, capability="customer_links", input=given, output=output, refusals=(*_ALWAYS, *refusals),
    )  # fmt: skip


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="make_customer_link", method="POST", path="/v1/orders/{order}/customer-links", right=Right.ORDERS_WRITE,
        summary="Make a link by which the customer sees the order",
        description="And does what `may` says about it. It is told this once and kept nowhere; it is good until its time is"
        " over or it is revoked.",
        handler=_make, capability="customer_links", output=LinkMade,
        input=input_of(MakeCustomerLink, "MakeCustomerLinkInput", without=("link", "order", "token_hash")),
        refusals=("ORDER_UNKNOWN", "WINDOW_NOT_ACCEPTABLE"),
    ),
    *_LINKS.reading(),
    _LINKS.acting(
        RevokeCustomerLink, path="revocation", summary="Make a link good for nothing", names="link",
        refusals=("CUSTOMER_LINK_STATE",),
    ),
    Operation(
        name="read_order_by_link", method="GET", path=_BY, right=Right.PUBLIC,
        summary="See an order by the link that was sent", description="Without a key; what the customer may see, and no more.",
        handler=_read, capability="customer_links", output=SeenOrder, refusals=("CUSTOMER_LINK_UNKNOWN", "RATE_EXCEEDED"),
    ),
    _by_link(
        "cancel_by_link", "cancellations", "Cancel an order or lines of it by link", _cancel, CancelByLinkInput,
        "ALREADY_SHIPPED", "LINE_UNKNOWN", "QUANTITY_NOT_AVAILABLE", "ORDER_CLOSED",
    ),
    _by_link(
        "change_address_by_link", "addresses", "Have an order sent to another address by link", _readdress,
        AddressByLinkInput, "GROUP_UNKNOWN", "DELIVERY_STARTED", "FULFILLMENT_STARTED", "ADDRESS_MISSING", "ORDER_CLOSED",
    ),
    Operation(
        name="read_return_label_by_link", method="GET", path=f"{_BY}/returns/{{number}}/label", right=Right.PUBLIC,
        summary="Print by link what goods are sent back with", handler=_read_label, capability="customer_links",
        description="The document that the carrier gave, byte for byte. Labels are kept for 180 days.", query=LabelQuery,
        output="application/pdf, application/zpl",
        refusals=("CUSTOMER_LINK_UNKNOWN", "RATE_EXCEEDED", "RETURN_UNKNOWN", "LABEL_NOT_KEPT"),
    ),
    _by_link(
        "return_by_link", "returns", "Ask by link to send goods back", _return, ReturnByLinkInput,
        *_NOT_BACK,
    ),
    _by_link(
        "quote_return_by_link", "returns/quotes", "See by link what sending goods back, or exchanging them, comes to",
        _quote_return, ReturnByLinkInput, *_NOT_BACK, output=QuoteByLink,
    ),
)  # fmt: skip
