"""Decision requests: queues for those who look after them, and links by which customers answer."""

import asyncio
from datetime import UTC, datetime
from enum import StrEnum
from secrets import token_hex
from typing import Annotated, Any, Final

import msgspec

from orderline.api.actions import fields_of
from orderline.api.asked import ANSWERED, AT, STATE, AnswerDecisionInput, answered, found
from orderline.api.calls import Answer, Call, DryRun, Operation, Right
from orderline.api.deciding import decide
from orderline.api.reading.paging import Page, Texts, page, page_of, parse_cursor, readers, seen
from orderline.api.records import HistoryQuery, history_of
from orderline.api.scoping import order_unknown, orders_of
from orderline.core.decisions import commands as c
from orderline.core.decisions.asking import Asked, DecisionCause
from orderline.core.decisions.doubting import doubt_of, doubted_hold
from orderline.core.decisions.links import DECISION_LINKS, hash_of, token_of
from orderline.core.decisions.state import Decision, DecisionState
from orderline.core.orders.facts import Attachment
from orderline.engine.sealing import RecordEntry
from orderline.store.database import Database
from orderline.store.reading.decisions import Queue, load_decisions, load_queues
from orderline.store.secrets import secret_of
from orderline.store.working import load_addresses, read_orders
from orderline.values.ids import OrderId, new_id
from orderline.values.time import utc


class Offers(StrEnum):
    """What a decision request can be told by that is among its options."""

    SWAP = "swap"


class DecisionsQuery(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which decision requests; all, when nothing is named. to: whom they are put to. offers: `swap` are those that offer
    something else instead of what was ordered.
    """

    state: Annotated[tuple[DecisionState, ...], msgspec.Meta(max_length=10)] = ()
    to: Annotated[tuple[Asked, ...], msgspec.Meta(max_length=10)] = ()
    channel: Texts = ()
    offers: Offers | None = None


class AskDecisionInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question to be put at once, whatever the channel's policy says. order: an id or a number.

    late_work is about a fulfillment order and put to its location; approval about a hold, to somebody who may lift it;
    address about a hold (the first on an address, when none is named) and the others about lines, to the customer. note: what
    is said beside the question; attachments: what there is to be seen.
    """

    order: str
    cause: DecisionCause
    lines: tuple[int, ...] = ()
    fulfillment: int | None = None
    hold: int | None = None
    latest_at: datetime | None = None
    note: str = ""
    attachments: tuple[Attachment, ...] = ()


class WithdrawDecisionInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why nobody is asked any more."""

    reason: str


async def _list(call: Call[DecisionsQuery, None]) -> Answer:
    query = call.query
    channels = seen(query.channel, call.key.channels)
    if channels is None or call.key.locations:
        return page([], None)
    found = await readers(call).run(
        lambda source: load_decisions(
            source,
            states=query.state,
            owners=query.to,
            channels=channels,
            swap=query.offers is Offers.SWAP,
            after=parse_cursor(query.cursor, str) or "",
            most=query.limit + 1,
        )
    )
    return page_of(found, query.limit, lambda decision: decision.id)


async def _queues(call: Call[None, None]) -> Answer:
    if call.key.locations:
        return page([], None)
    channels = sorted(call.key.channels)
    now = datetime.now(UTC)
    return page(await readers(call).run(lambda source: load_queues(source, now, channels)), None)


async def _read(call: Call[None, None]) -> Answer:
    return Answer(await found(call))


async def _history(call: Call[HistoryQuery, None]) -> Answer:
    decision = await found(call)
    return await history_of(call, "decision", decision.id)


async def _ask(call: Call[None, AskDecisionInput]) -> Answer:
    given = call.input
    [order] = await orders_of(call, (given.order,))
    if order is None:
        raise order_unknown(given.order, "order")
    id_ = str(new_id())
    nonce, hashed = await new_link(call, id_)
    fields = {name: value for name, value in fields_of(given).items() if name != "order"}
    if given.latest_at is not None:
        fields["latest_at"] = utc(given.latest_at, field="latest_at")
    if given.cause is DecisionCause.ADDRESS:
        fields |= await asyncio.to_thread(_doubt, call.services.database, order, given.hold)
    command = c.DraftDecision(decision=id_, order=order, nonce=nonce, token_hash=hashed, by_hand=True, **fields)
    return await decide(call, command)


def _doubt(database: Database, id_: OrderId, number: int | None) -> dict[str, Any]:
    """What is asked about the address of an order, by the people it names."""
    order = read_orders(database, [id_]).get(id_)
    if order is None:
        raise order_unknown(str(id_), "order")
    hold = doubted_hold(order, number)
    addresses = load_addresses(database, {each.recipient for each in order.agreement.groups})
    return {"hold": hold.number if hold is not None else number, "doubt": doubt_of(order, number, addresses)}


async def _send(call: Call[DryRun, None]) -> Answer:
    decision = await found(call)
    nonce, hashed = await new_link(call, decision.id)
    return await decide(
        call, c.SendDecision(decision=decision.id, order=decision.order, nonce=nonce, token_hash=hashed)
    )


async def _resend(call: Call[None, None]) -> Answer:
    decision = await found(call)
    nonce, hashed = await new_link(call, decision.id)
    return await decide(
        call, c.ResendDecision(decision=decision.id, order=decision.order, nonce=nonce, token_hash=hashed)
    )


async def _answer(call: Call[DryRun, AnswerDecisionInput]) -> Answer:
    return await decide(call, await answered(call, await found(call), call.input))


async def _withdraw(call: Call[DryRun, WithdrawDecisionInput]) -> Answer:
    decision = await found(call)
    return await decide(call, c.WithdrawDecision(decision=decision.id, order=decision.order, reason=call.input.reason))


async def new_link(call: Call[Any, Any], id_: str) -> tuple[str, str]:
    """The nonce of a new link, and what is kept of its token. The same idempotency key means the same link."""
    secret = await asyncio.to_thread(secret_of, call.services.database, DECISION_LINKS)
    nonce = call.idempotency_key[-60:] or token_hex(16)
    return nonce, hash_of(token_of(secret, id_, nonce))


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="list_decisions", method="GET", path="/v1/decisions", right=Right.ORDERS_READ,
        summary="List decision requests", handler=_list, capability="decisions", query=DecisionsQuery,
        output=Decision, page=True,
    ),
    Operation(
        name="list_decision_queues", method="GET", path="/v1/decisions/queues", right=Right.ORDERS_READ,
        summary="Count open decision requests by whom they are put to", handler=_queues, capability="decisions",
        output=Queue, page=True,
    ),
    Operation(
        name="ask_decision", method="POST", path="/v1/decisions", right=Right.ORDERS_WRITE,
        summary="Put a question to a customer, a location or an approver", handler=_ask, capability="decisions",
        input=AskDecisionInput, output=Decision,
        refusals=(
            "ORDER_UNKNOWN", "LINE_UNKNOWN", "FULFILLMENT_UNKNOWN", "HOLD_UNKNOWN", "NOTHING_TO_DO",
            "TEXT_NOT_ACCEPTABLE", "FIELD_REQUIRED",
        ),
        description="It is sent at once, with the options that can be carried out now, a default and the deadline that the"
        " channel has for answers. Customers are written to; for others, ask for a link, or have them use a key.",
    ),
    Operation(
        name="read_decision", method="GET", path=AT, right=Right.ORDERS_READ, summary="Read a decision request",
        handler=_read, capability="decisions", output=Decision, refusals=("DECISION_UNKNOWN",),
    ),
    Operation(
        name="read_decision_history", method="GET", path=f"{AT}/history", right=Right.ORDERS_READ,
        summary="Read what has happened to a decision request", handler=_history, capability="decisions",
        query=HistoryQuery, output=RecordEntry, page=True, refusals=("DECISION_UNKNOWN",),
    ),
    Operation(
        name="send_decision", method="POST", path=f"{AT}/sending", right=Right.ORDERS_WRITE,
        summary="Send a drafted decision request",
        description="Its options are those that can be carried out now, and the time to answer begins.",
        handler=_send, capability="decisions", query=DryRun, output=Decision, refusals=(*STATE, "NOTHING_TO_DO"),
    ),
    Operation(
        name="resend_decision", method="POST", path=f"{AT}/resending", right=Right.ORDERS_WRITE,
        summary="Send a decision request once more", description="With another link; the deadline stays.",
        handler=_resend, capability="decisions", output=Decision, refusals=(*STATE, "DECISION_OVER"),
    ),
    Operation(
        name="answer_decision", method="POST", path=f"{AT}/answer", right=Right.ORDERS_WRITE,
        summary="Answer a decision request for the one who was asked",
        description="The option is carried out at once; what can't be done any more is not done, and the rest is"
        " offered anew.",
        handler=_answer, capability="decisions", query=DryRun, input=AnswerDecisionInput, output=Decision, refusals=ANSWERED,
    ),
    Operation(
        name="withdraw_decision", method="POST", path=f"{AT}/withdrawal", right=Right.ORDERS_WRITE,
        summary="Withdraw a decision request", handler=_withdraw, capability="decisions", query=DryRun,
        input=WithdrawDecisionInput, output=Decision, refusals=STATE,
    ),
)  # fmt: skip
