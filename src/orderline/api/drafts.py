"""Draft orders: orders on the phone and quotes, accepted by a signed link or ordered by whoever took them."""

import asyncio
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any, Final

import msgspec

from orderline.api.actions import fields_of, input_of
from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.deciding import answered_before, decide
from orderline.api.linking import take_call, take_guess
from orderline.api.providers import check_providers
from orderline.api.reading.paging import readers
from orderline.api.records import Records
from orderline.api.scoping import check_channel, order_of
from orderline.api.shops import SeenShop, channel_of, shop_of
from orderline.core.context import Actor
from orderline.core.credits.state import PROVIDER
from orderline.core.decisions.links import OFFER_PAGE, decision_in, hash_of, token_of
from orderline.core.drafts import commands as c
from orderline.core.drafts.again import AgainLine
from orderline.core.drafts.ordering import placing_of, stand_in
from orderline.core.drafts.refusals import DraftRefusal as R
from orderline.core.drafts.state import DRAFT_ORDER, KIND, DraftGroup, DraftOrder, DraftState, link_of
from orderline.core.orders.commands import CustomerInput, HoldInput, LineInput, PlaceOrder, TenderInput
from orderline.core.orders.refusals import OrderRefusal
from orderline.core.orders.state import Charge
from orderline.core.pickups.codes import same_hash
from orderline.core.tenders.installments import ScheduleInput
from orderline.engine.previewing import Preview, preview
from orderline.engine.sealing import OrderAnswer
from orderline.store.reading.again import buy_again
from orderline.store.reading.records import load_record, load_records
from orderline.store.reading.source import Source
from orderline.store.secrets import secret_of
from orderline.values.address import Address
from orderline.values.failures import Refused

DRAFT_LINKS: Final = "draft_links"  # the name of the secret
_CUSTOMER: Final = Actor("customer", "link")

_DRAFTS: Final = Records(
    kind=DRAFT_ORDER,
    one="draft_order",
    many="draft_orders",
    capability="drafts",
    read=Right.ORDERS_READ,
    write=Right.ORDERS_WRITE,
    unknown=R.DRAFT_UNKNOWN,
    states=DraftState,
    channel_of=lambda draft: draft.channel,
)


class OfferDraftOrderInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Until when it may be accepted. keep_stock: units are kept for it until then, for 30 days at most."""

    until: datetime
    keep_stock: bool = False


class DraftOffer(msgspec.Struct, frozen=True):
    """The link to be sent to the customer: told this once, and kept nowhere. page: where people see it; link: programs."""

    draft_order: DraftOrder
    link: str
    page: str


class GroupAddress(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where a group goes, in the country and to the postal code that it was drafted for."""

    group: int = 1
    address: Address | None = None
    email: str = ""


class OrderDraftInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Who buys, where it goes, how it is paid. external_id: of the order; the name of the draft, when not given.

    po_number: the company's own name for it, where none was drafted.
    """

    customer: CustomerInput = CustomerInput()
    groups: tuple[GroupAddress, ...] = ()
    tenders: tuple[TenderInput, ...] = ()
    holds: tuple[HoldInput, ...] = ()
    tags: tuple[str, ...] = ()
    priority: int = 0
    external_id: str = ""
    po_number: str = ""


class LinkPayment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """How a customer pays the whole of it: asked of the provider once it is ordered. Not by a credit account."""

    provider: str
    token: str
    method: str = "card"


class AnswerDraftInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Whether the customer accepts, with who they are and where it goes; or why not."""

    accept: bool
    customer: CustomerInput = CustomerInput()
    groups: tuple[GroupAddress, ...] = ()
    payment: LinkPayment | None = None
    reason: str = ""
    po_number: str = ""


class AgainInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The name of the draft order. po_number: the company's own name for it; it may come with the order as well."""

    draft_order: str
    po_number: str = ""


class Again(msgspec.Struct, frozen=True, kw_only=True):
    """The draft order, and what became of each line of the order before."""

    draft_order: DraftOrder
    lines: tuple[AgainLine, ...]


class OfferedDraft(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a customer sees of what was offered. order: the number of the order it has become."""

    state: DraftState
    currency: str
    total_minor: int
    lines: tuple[LineInput, ...]
    charges: tuple[Charge, ...] = ()
    taxes_included: bool = False
    groups: tuple[DraftGroup, ...] = ()
    schedule: ScheduleInput | None = None
    until: datetime | None = None
    stock_kept: bool = False
    order: str = ""
    shop: SeenShop


async def _put(call: Call[None, Any]) -> Answer:
    check_channel(call, call.input.channel)
    known = await _known(call, call.path["id"])
    if known is not None:
        await _DRAFTS.found(call)
    return await decide(call, c.PutDraftOrder(draft_order=call.path["id"], **fields_of(call.input)))


async def _again(call: Call[None, AgainInput]) -> Answer:
    """A draft order of what was bought before. Refused DRAFT_STATE: there is one of that name."""
    order, given = await order_of(call), call.input
    now = datetime.now(UTC)

    def asked(source: Source) -> tuple[c.PutDraftOrder, tuple[AgainLine, ...]]:
        return buy_again(source, order, given.draft_order, now, po_number=given.po_number)

    command, lines = await readers(call).run(asked)
    known = await _known(call, given.draft_order)
    if known is not None and await answered_before(call, c.PutDraftOrder) is None:
        raise Refused(R.DRAFT_STATE, field="draft_order", value=known.id, state=known.state)
    done = await decide(call, command, found=True)
    made = await _known(call, given.draft_order)
    assert made is not None
    return Answer(Again(draft_order=made, lines=lines), headers=done.headers)


async def _preview(call: Call[None, None]) -> Answer:
    """The order it would be now: units, promise, money, holds. Addresses stand in for those that are not known yet."""
    drafted: DraftOrder = await _DRAFTS.found(call)
    places = {each.group: stand_in(each.place) for each in drafted.groups if each.place is not None}
    command = placing_of(drafted, places, {})
    found = await asyncio.to_thread(preview, call.services.database, command, call.actor, datetime.now(UTC))
    return Answer(found)


async def _offer(call: Call[None, OfferDraftOrderInput]) -> Answer:
    drafted: DraftOrder = await _DRAFTS.found(call)
    secret = await asyncio.to_thread(secret_of, call.services.database, DRAFT_LINKS)
    nonce = call.idempotency_key[-60:] or token_hex(16)
    token = token_of(secret, str(link_of(drafted.id)), nonce)
    command = c.OfferDraftOrder(draft_order=drafted.id, nonce=nonce, token_hash=hash_of(token), **fields_of(call.input))
    done = await decide(call, command)
    offered = await _known(call, drafted.id)
    assert offered is not None
    return Answer(DraftOffer(offered, _LINK.format(token=token), f"{OFFER_PAGE}{token}"), headers=done.headers)


async def _order(call: Call[None, OrderDraftInput]) -> Answer:
    drafted: DraftOrder = await _DRAFTS.found(call)
    given = call.input
    about: dict[str, Any] = {"external_id": given.external_id} if given.external_id else {}
    check_providers(call, given.tenders, "tenders")
    command = _placing(
        drafted, given.groups, customer=given.customer, tenders=given.tenders, holds=given.holds, tags=given.tags,
        priority=given.priority, po_number=given.po_number, **about,
    )  # fmt: skip
    answer = await decide(call, command)
    answer.headers["location"] = f"/v1/orders/{answer.body[7:43].decode()}"
    return answer


async def _read_link(call: Call[None, None]) -> Answer:
    return Answer(await _shown(call, await _linked(call)))


async def _answer_link(call: Call[None, AnswerDraftInput]) -> Answer:
    """The same answer again says what came of the first."""
    drafted, given = await _linked(call), call.input
    call.actor = _CUSTOMER
    if not given.accept:
        if drafted.state is not DraftState.DECLINED:
            command = c.DeclineDraftOrder(draft_order=drafted.id, reason=given.reason, token_hash=drafted.token_hash)
            await decide(call, command)
    elif drafted.state is not DraftState.ORDERED:
        if drafted.state is not DraftState.OFFERED:
            raise Refused(R.DRAFT_STATE, field="token", state=drafted.state, allowed=[DraftState.OFFERED.value])
        paid = given.payment
        if paid is not None and paid.provider == PROVIDER:  # its token is the name of an account, which is no secret
            raise Refused(OrderRefusal.TENDER_NOT_ACCEPTABLE, field="payment.provider", value=PROVIDER)
        tenders: tuple[TenderInput, ...] = ()
        if paid is not None and drafted.total_minor:
            tenders = (
                TenderInput(
                    provider=paid.provider, method=paid.method, token=paid.token, amount_minor=drafted.total_minor
                ),
            )
        await decide(
            call, _placing(drafted, given.groups, customer=given.customer, tenders=tenders, po_number=given.po_number)
        )
    answered = await _known(call, drafted.id)
    assert answered is not None
    return Answer(await _shown(call, answered))


def _placing(drafted: DraftOrder, groups: tuple[GroupAddress, ...], **about: Any) -> PlaceOrder:
    addresses = {each.group: each.address for each in groups if each.address is not None}
    return placing_of(drafted, addresses, {each.group: each.email for each in groups}, **about)


async def _linked(call: Call[Any, Any]) -> DraftOrder:
    """The draft order that a link is good for. Refused DRAFT_UNKNOWN, RATE_EXCEEDED."""
    database = call.services.database
    token = call.path["token"]
    link = decision_in(token)
    if link is None:
        take_guess(database)
        raise Refused(R.DRAFT_UNKNOWN, field="token")
    take_call(database, link)
    found = await readers(call).run(lambda source: load_records(source, KIND, subjects=(link,), most=1))
    # a link made good for nothing and one that never was can't be told apart
    if not found or not found[0].token_hash or not same_hash(hash_of(token), found[0].token_hash):
        take_guess(database)
        raise Refused(R.DRAFT_UNKNOWN, field="token")
    return found[0]


async def _known(call: Call[Any, Any], id_: str) -> DraftOrder | None:
    if not id_.isprintable():
        return None
    return await readers(call).run(lambda source: load_record(source, KIND, id_))


async def _shown(call: Call[Any, Any], drafted: DraftOrder) -> OfferedDraft:
    return OfferedDraft(
        state=drafted.state,
        currency=drafted.currency,
        total_minor=drafted.total_minor,
        lines=drafted.lines,
        charges=drafted.charges,
        taxes_included=drafted.taxes_included,
        groups=drafted.groups,
        schedule=drafted.schedule,
        until=drafted.until,
        stock_kept=drafted.kept is not None,
        order=drafted.order,
        shop=shop_of(await channel_of(call, drafted.channel)),
    )


_AT: Final = "/v1/draft-orders/{id}"
_LINK: Final = "/v1/draft-orders/by-link/{token}"
_ORDERED: Final = (
    "DRAFT_UNKNOWN", "DRAFT_STATE", "DRAFT_EXPIRED", "DRAFT_OF_OTHER_GOODS", "ADDRESS_MISSING", "STOCK_NOT_AVAILABLE",
    "EXTERNAL_ID_TAKEN", "SCHEDULE_NOT_POSSIBLE",
)  # fmt: skip

OPERATIONS: Final[tuple[Operation, ...]] = (
    *_DRAFTS.reading(),
    Operation(
        name="put_draft_order", method="PUT", path=_AT, right=Right.ORDERS_WRITE,
        summary="Put an order together, or change it", description=" ".join((c.PutDraftOrder.__doc__ or "").split()),
        handler=_put, capability="drafts", input=input_of(c.PutDraftOrder, "PutDraftOrderInput", without=("draft_order",)),
        output=DraftOrder,
        refusals=(
            "DRAFT_STATE", "VERSION_STALE", "CHANNEL_UNKNOWN", "SKU_UNKNOWN", "COUNTRY_UNKNOWN", "AMOUNT_OUT_OF_RANGE",
        ),
    ),
    Operation(
        name="buy_again", method="POST", path="/v1/orders/{order}/duplicates", right=Right.ORDERS_WRITE,
        summary="Draft what was ordered once more", handler=_again, capability="drafts", input=AgainInput, output=Again,
        description="At the prices of the company's list as they hold today, or as agreed before where there is none; without"
        " what is not sold, not approved, or has no price any more. Where it goes, how it is paid and the number of the"
        " purchase order are told with the order, which is refused below the company's minimum as any other.",
        refusals=("ORDER_UNKNOWN", "LINES_MISSING", "DRAFT_STATE", "CODE_NOT_ACCEPTABLE", "CHANNEL_NOT_ACTIVE"),
    ),
    Operation(
        name="preview_draft_order", method="GET", path=f"{_AT}/preview", right=Right.ORDERS_READ,
        summary="See the order that a draft order would be now", handler=_preview, capability="drafts", output=Preview,
        description="Decided by the rules that would place it: units, money, holds, or what it would be refused for.",
        refusals=("DRAFT_UNKNOWN", "DRAFT_STATE", "DRAFT_EXPIRED", "STOCK_NOT_AVAILABLE", "SKU_NOT_FOR_SALE"),
    ),
    Operation(
        name="offer_draft_order", method="POST", path=f"{_AT}/offers", right=Right.ORDERS_WRITE,
        summary="Offer a draft order to its customer, as a quote", handler=_offer, capability="drafts",
        description="Its prices hold until then, and its units, where they are kept. The answer has a link by which the"
        " customer accepts or declines without a key; an earlier one is good for nothing.",
        input=OfferDraftOrderInput, output=DraftOffer,
        refusals=("DRAFT_UNKNOWN", "DRAFT_STATE", "DRAFT_UNTIL", "ADDRESS_MISSING", "STOCK_NOT_AVAILABLE"),
    ),
    Operation(
        name="order_draft_order", method="POST", path=f"{_AT}/orders", right=Right.ORDERS_WRITE,
        summary="Place the order that was drafted", handler=_order, capability="drafts", input=OrderDraftInput,
        output=OrderAnswer, success=201, refusals=_ORDERED,
        description="By the rules of all orders: stock, promise, credit, holds; and as it was drafted, or not at all.",
    ),
    _DRAFTS.acting(
        c.DeclineDraftOrder, path="declines", summary="Note that the customer does not want it", names="draft_order",
        refusals=("DRAFT_STATE", "DRAFT_EXPIRED", "FIELD_REQUIRED"),
    ),
    _DRAFTS.acting(
        c.DiscardDraftOrder, path="discarding", summary="Give a draft order up", names="draft_order",
        refusals=("DRAFT_STATE", "FIELD_REQUIRED"),
    ),
    Operation(
        name="read_draft_order_by_link", method="GET", path=_LINK, right=Right.PUBLIC,
        summary="Read what was offered, by the link that was sent", handler=_read_link, capability="drafts",
        description="Without a key; what the customer may see, and no more.", output=OfferedDraft,
        refusals=("DRAFT_UNKNOWN", "RATE_EXCEEDED"),
    ),
    Operation(
        name="answer_draft_order_by_link", method="POST", path=_LINK, right=Right.PUBLIC,
        summary="Accept or decline what was offered, by the link that was sent", handler=_answer_link,
        capability="drafts", input=AnswerDraftInput, output=OfferedDraft,
        refusals=(*_ORDERED, "TENDER_NOT_ACCEPTABLE", "RATE_EXCEEDED"),
        description="Without a key. Accepting places the order at once; the same answer again has no further effect.",
    ),
)  # fmt: skip
