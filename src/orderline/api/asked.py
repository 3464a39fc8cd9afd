"""What those see who are asked something, and how they answer: by a link, or with the key of a location."""

import asyncio
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any, Final

import msgspec

from orderline.api.access import authority_of, limits_of
from orderline.api.actions import fields_of
from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.deciding import decide
from orderline.api.linking import take_call, take_guess
from orderline.api.reading.paging import Page, page_of, parse_cursor, readers
from orderline.api.scoping import check_location
from orderline.api.shops import SeenShop, channel_of, shop_of
from orderline.core.context import Actor
from orderline.core.decisions import commands as c
from orderline.core.decisions.asking import Asked
from orderline.core.decisions.doubting import suggestion_for
from orderline.core.decisions.links import DECISION_LINKS, QUESTION_PAGE, decision_in, hash_of, token_of
from orderline.core.decisions.refusals import DecisionRefusal as R
from orderline.core.decisions.state import Decision, DecisionState, LinePreview, Option
from orderline.core.orders.facts import Attachment
from orderline.core.pickups.codes import same_hash
from orderline.store.reading.decisions import load_decisions
from orderline.store.reading.records import load_record
from orderline.store.secrets import secret_of
from orderline.store.working import load_addresses
from orderline.values.address import Address
from orderline.values.failures import Refused

_CUSTOMER: Final = Actor("customer", "link")


class AnswerDecisionInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The answer of the one who was asked, given by somebody else. address, date: for options that need one.

    attachments: what it is read from, such as the message of a vendor.
    """

    option: str
    reason: str
    address: Address | None = None
    date: datetime | None = None
    attachments: tuple[Attachment, ...] = ()


class AnswerLinkInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The answer. address, date: for options that need one."""

    option: str
    address: Address | None = None
    date: datetime | None = None
    attachments: tuple[Attachment, ...] = ()


class DecisionLink(msgspec.Struct, frozen=True):
    """A link to be sent to whoever is asked; the one before is good for nothing. page: where people see it; link: programs."""

    link: str
    page: str


class OfferedOption(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An answer that may be chosen. money_minor: below zero, it goes back to the customer."""

    code: str
    title: str
    money_minor: int = 0
    promised_by: datetime | None = None
    lines: tuple[LinePreview, ...] = ()
    needs: str = ""
    default: bool = False


class AskedDecision(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a customer sees of a decision request. answer: what was chosen, by whomever. shop: who asks, told by link.

    address: that is doubted, as it was given; suggestion: as it would rather be written.
    """

    number: str
    question: str
    state: DecisionState
    currency: str
    options: tuple[OfferedOption, ...] = ()
    deadline_at: datetime | None = None
    answer: str = ""
    failed: str = ""
    attachments: tuple[Attachment, ...] = ()
    shop: SeenShop | None = None
    address: Address | None = None
    suggestion: Address | None = None


class AskedAt(msgspec.Struct, frozen=True):
    """A question that is put to a location."""

    id: str
    decision: AskedDecision


async def _new_link(call: Call[None, None]) -> Answer:
    """Another link, for whoever is not written to by us. Refused DECISION_STATE: customers are."""
    decision = await found(call)
    if decision.to is Asked.CUSTOMER:
        raise Refused(
            R.DECISION_STATE, field="to", value=decision.to, allowed="resend it: the link is for the customer"
        )
    secret = await asyncio.to_thread(secret_of, call.services.database, DECISION_LINKS)
    nonce = call.idempotency_key[-60:] or token_hex(16)
    token = token_of(secret, decision.id, nonce)
    command = c.ResendDecision(
        decision=decision.id,
        order=decision.order,
        nonce=nonce,
        token_hash=hash_of(token),
        limits=limits_of(call),
        authority=authority_of(call),
    )
    done = await decide(call, command)
    return Answer(DecisionLink(_LINK.format(token=token), f"{QUESTION_PAGE}{token}"), headers=done.headers)


async def _list_at(call: Call[Page, None]) -> Answer:
    location = call.path["location"]
    check_location(call, location)
    query = call.query
    found = await readers(call).run(
        lambda source: load_decisions(
            source, states=(DecisionState.SENT,), location=location, channels=sorted(call.key.channels),
            after=parse_cursor(query.cursor, str) or "", most=query.limit + 1,
        )
    )  # fmt: skip
    shown = [AskedAt(decision.id, _shown(decision)) for decision in found]
    return page_of(shown, query.limit, lambda each: each.id)


async def _answer_at(call: Call[None, AnswerDecisionInput]) -> Answer:
    """What a location answers for itself."""
    location, id_ = call.path["location"], call.path["id"]
    check_location(call, location)
    decision = await _by_id(call, id_) if id_.isprintable() else None
    if decision is None or decision.at != location or not decision.at or not call.key.sees_channel(decision.channel):
        raise Refused(R.DECISION_UNKNOWN, field="decision", value=id_[:100])
    await decide(call, await answered(call, decision, call.input))
    return Answer(_shown(await _by_id(call, decision.id)))


async def answered(call: Call[Any, Any], decision: Decision, given: AnswerDecisionInput) -> c.AnswerDecision:
    """The command that an answer is, within what the key may give and resolve."""
    return c.AnswerDecision(
        decision=decision.id, order=decision.order, also=c.also_touched(decision), limits=limits_of(call),
        authority=authority_of(call), suggestion=suggestion_for(decision.about.doubt, await _doubted(call, decision)),
        **fields_of(given),
    )  # fmt: skip


async def _doubted(call: Call[Any, Any], decision: Decision) -> Address | None:
    """The address that a request is about, which stands with the people alone."""
    doubt = decision.about.doubt
    if doubt is None:
        return None
    return (await asyncio.to_thread(load_addresses, call.services.database, {doubt.recipient})).get(doubt.recipient)


async def _read_link(call: Call[None, None]) -> Answer:
    decision = await _linked(call)
    shop = shop_of(await channel_of(call, decision.channel))
    return Answer(_shown(decision, shop, await _doubted(call, decision)))


async def _answer_link(call: Call[None, AnswerLinkInput]) -> Answer:
    """The same answer again says what came of the first."""
    decision, given = await _linked(call), call.input
    address = await _doubted(call, decision)
    call.actor = _CUSTOMER
    command = c.AnswerDecision(
        decision=decision.id,
        order=decision.order,
        option=given.option,
        address=given.address,
        date=given.date,
        attachments=given.attachments,
        token_hash=decision.token_hash,
        also=c.also_touched(decision),
        suggestion=suggestion_for(decision.about.doubt, address),
    )
    try:
        await decide(call, command)
    except Refused as refused:
        if refused.code is not R.DECISION_STATE or refused.facts.get("answer") != given.option:
            raise _without_names(refused) from None
    shop = shop_of(await channel_of(call, decision.channel))
    return Answer(_shown(await _by_id(call, decision.id), shop, address))


async def found(call: Call[Any, Any]) -> Decision:
    """The decision request of a path. Refused DECISION_UNKNOWN: there is none, or not for this key."""
    id_ = call.path["id"]
    record = await _by_id(call, id_) if id_.isprintable() else None
    if record is None or call.key.locations or not call.key.sees_channel(record.channel):
        raise Refused(R.DECISION_UNKNOWN, field="decision", value=id_[:100])
    return record


async def _linked(call: Call[Any, Any]) -> Decision:
    """The decision request that a link is good for. Refused DECISION_UNKNOWN, RATE_EXCEEDED."""
    database = call.services.database
    token = call.path["token"]
    id_ = decision_in(token)
    if id_ is None:
        take_guess(database)
        raise Refused(R.DECISION_UNKNOWN, field="token")
    take_call(database, id_)
    record = await _by_id(call, id_)
    # a link made good for nothing and one that never was can't be told apart
    if record is None or not record.token_hash or not same_hash(hash_of(token), record.token_hash):
        take_guess(database)
        raise Refused(R.DECISION_UNKNOWN, field="token")
    return record


async def _by_id(call: Call[Any, Any], id_: str) -> Any:
    return await readers(call).run(lambda source: load_record(source, "decision", id_))


def _shown(decision: Decision, shop: SeenShop | None = None, address: Address | None = None) -> AskedDecision:
    is_open = decision.state is DecisionState.SENT and (
        decision.deadline_at is None or datetime.now(UTC) < decision.deadline_at
    )
    return AskedDecision(
        number=decision.number,
        question=decision.question,
        state=decision.state,
        currency=decision.currency,
        options=tuple(_offered(option, decision) for option in decision.options) if is_open else (),
        deadline_at=decision.deadline_at,
        answer=decision.evidence.answer if decision.evidence is not None and not is_open else "",
        failed=decision.failed if is_open else "",
        attachments=decision.attachments,
        shop=shop,
        address=address if is_open else None,
        suggestion=suggestion_for(decision.about.doubt, address) if is_open else None,
    )


def _offered(option: Option, decision: Decision) -> OfferedOption:
    return OfferedOption(
        code=option.code,
        title=option.title,
        money_minor=option.preview.money_minor,
        promised_by=option.preview.promised_by,
        lines=option.preview.lines,
        needs="" if option.needs == "suggestion" else option.needs,
        default=option.code == decision.default,
    )


def _without_names(refused: Refused) -> Refused:
    """A refusal as strangers may see it: the id is for those who look after decision requests."""
    return Refused(refused.code, **{name: fact for name, fact in refused.facts.items() if name != "value"})


AT: Final = "/v1/decisions/{id}"
_LINK: Final = "/v1/decisions/by-link/{token}"
STATE: Final = ("DECISION_UNKNOWN", "DECISION_STATE")
_APPROVING: Final = ("OWN_QUESTION", "APPEASEMENT_LIMIT", "HOLD_NOT_YOURS")
ANSWERED: Final = (*STATE, "OPTION_UNKNOWN", "ANSWER_INCOMPLETE", *_APPROVING)

OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        name="make_decision_link", method="POST", path=f"{AT}/links", right=Right.ORDERS_WRITE,
        summary="Make a link by which a store, a vendor or an approver answers", handler=_new_link,
        capability="decisions", output=DecisionLink, refusals=(*STATE, "DECISION_OVER", *_APPROVING),
        description="It is told this once and kept nowhere; the one before is good for nothing.",
    ),
    Operation(
        name="list_location_decisions", method="GET", path="/v1/locations/{location}/decisions",
        right=Right.FULFILLMENTS_READ, summary="List what a location is asked", handler=_list_at,
        capability="decisions", query=Page, output=AskedAt, page=True,
    ),
    Operation(
        name="answer_location_decision", method="POST", path="/v1/locations/{location}/decisions/{id}/answer",
        right=Right.FULFILLMENTS_WRITE, summary="Answer what a location is asked", handler=_answer_at,
        capability="decisions", input=AnswerDecisionInput, output=AskedDecision, refusals=ANSWERED,
    ),
    Operation(
        name="read_decision_by_link", method="GET", path=_LINK, right=Right.PUBLIC,
        summary="Read a decision request by the link that was sent", handler=_read_link, capability="decisions",
        description="Without a key; what the customer may see, and no more.",
        output=AskedDecision, refusals=("DECISION_UNKNOWN", "RATE_EXCEEDED"),
    ),
    Operation(
        name="answer_decision_by_link", method="POST", path=_LINK, right=Right.PUBLIC,
        summary="Answer a decision request by the link that was sent",
        description="Without a key. The same answer again has no further effect.", handler=_answer_link,
        capability="decisions", input=AnswerLinkInput, output=AskedDecision,
        refusals=(*ANSWERED, "DECISION_OVER", "RATE_EXCEEDED"),
    ),
)  # fmt: skip
