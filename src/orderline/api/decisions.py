"""Decision requests: queues for those who look after them, and links by which customers answer."""

import asyncio
from datetime import UTC, datetime
from secrets import token_hex
from typing import Annotated, Any, Final
from weakref import WeakKeyDictionary

import msgspec

from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.deciding import decide
from orderline.api.keyring import Bucket
from orderline.api.reading.paging import Page, Texts, page, page_of, parse_cursor, readers, seen
from orderline.api.refusals import ApiRefusal
from orderline.core.context import Actor
from orderline.core.decisions import commands as c
from orderline.core.decisions.asking import Asked
from orderline.core.decisions.links import DECISION_LINKS, decision_in, hash_of, token_of
from orderline.core.decisions.refusals import DecisionRefusal as R
from orderline.core.decisions.state import Decision, DecisionState, LinePreview, Option
from orderline.core.pickups.codes import same_hash
from orderline.engine.sealing import RecordEntry
from orderline.store.database import Database
from orderline.store.reading.decisions import Queue, load_decisions, load_queues
from orderline.store.reading.records import load_entries, load_record
from orderline.store.secrets import secret_of
from orderline.values.address import Address
from orderline.values.failures import Refused

# Links are called by strangers: each decision request so often, and links that are none so often together.
PER_LINK: Final = (20.0, 0.5)
GUESSES: Final = (100.0, 20.0)
_MOST_KNOWN: Final = 10_000
_CUSTOMER: Final = Actor("customer", "link")


class DecisionsQuery(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which decision requests; all, when nothing is named. to: whom they are put to."""

    state: Annotated[tuple[DecisionState, ...], msgspec.Meta(max_length=10)] = ()
    to: Annotated[tuple[Asked, ...], msgspec.Meta(max_length=10)] = ()
    channel: Texts = ()


class AnswerDecisionInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The answer of the one who was asked, given by somebody else. address: for options that need one."""

    option: str
    reason: str
    address: Address | None = None


class AnswerLinkInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The answer. address: for options that need one."""

    option: str
    address: Address | None = None


class WithdrawDecisionInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why nobody is asked any more."""

    reason: str


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
    """What a customer sees of a decision request. answer: what was chosen, by whomever."""

    number: str
    question: str
    state: DecisionState
    currency: str
    options: tuple[OfferedOption, ...] = ()
    deadline_at: datetime | None = None
    answer: str = ""
    failed: str = ""


class _Limits:
    """How often links of one installation were called, in this process."""

    def __init__(self) -> None:
        self.guesses = Bucket(*GUESSES)
        self.links: dict[str, Bucket] = {}

    def take(self, id_: str) -> None:
        """Refused RATE_EXCEEDED: this link was called too often."""
        if len(self.links) >= _MOST_KNOWN:
            self.links.clear()
        _take(self.links.setdefault(id_, Bucket(*PER_LINK)))


_limits: WeakKeyDictionary[Database, _Limits] = WeakKeyDictionary()


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
    return Answer(await _found(call))


async def _history(call: Call[None, None]) -> Answer:
    decision = await _found(call)
    return page(await readers(call).run(lambda source: load_entries(source, "decision", decision.id)), None)


async def _send(call: Call[None, None]) -> Answer:
    decision = await _found(call)
    nonce, hashed = await _link(call, decision.id)
    return await decide(
        call, c.SendDecision(decision=decision.id, order=decision.order, nonce=nonce, token_hash=hashed)
    )


async def _resend(call: Call[None, None]) -> Answer:
    decision = await _found(call)
    nonce, hashed = await _link(call, decision.id)
    return await decide(
        call, c.ResendDecision(decision=decision.id, order=decision.order, nonce=nonce, token_hash=hashed)
    )


async def _answer(call: Call[None, AnswerDecisionInput]) -> Answer:
    decision, given = await _found(call), call.input
    return await decide(
        call,
        c.AnswerDecision(
            decision=decision.id, order=decision.order, option=given.option, reason=given.reason, address=given.address
        ),
    )


async def _withdraw(call: Call[None, WithdrawDecisionInput]) -> Answer:
    decision = await _found(call)
    return await decide(call, c.WithdrawDecision(decision=decision.id, order=decision.order, reason=call.input.reason))


async def _read_link(call: Call[None, None]) -> Answer:
    return Answer(_shown(await _linked(call)))


async def _answer_link(call: Call[None, AnswerLinkInput]) -> Answer:
    """The same answer again says what came of the first."""
    decision, given = await _linked(call), call.input
    call.actor = _CUSTOMER
    command = c.AnswerDecision(
        decision=decision.id,
        order=decision.order,
        option=given.option,
        address=given.address,
        token_hash=decision.token_hash,
    )
    try:
        await decide(call, command)
    except Refused as refused:
        if refused.code is not R.DECISION_STATE or refused.facts.get("answer") != given.option:
            raise _without_names(refused) from None
    return Answer(_shown(await _by_id(call, decision.id)))


async def _found(call: Call[Any, Any]) -> Decision:
    id_ = call.path["id"]
    record = await _by_id(call, id_) if id_.isprintable() else None
    if record is None or call.key.locations or not call.key.sees_channel(record.channel):
        raise Refused(R.DECISION_UNKNOWN, field="decision", value=id_[:100])
    return record


async def _linked(call: Call[Any, Any]) -> Decision:
    """The decision request that a link is good for. Refused DECISION_UNKNOWN, RATE_EXCEEDED."""
    limits = _limits.setdefault(call.services.database, _Limits())
    token = call.path["token"]
    id_ = decision_in(token)
    if id_ is None:
        _take(limits.guesses)
        raise Refused(R.DECISION_UNKNOWN, field="token")
    limits.take(id_)
    record = await _by_id(call, id_)
    # a link made good for nothing and one that never was can't be told apart
    if record is None or not record.token_hash or not same_hash(hash_of(token), record.token_hash):
        _take(limits.guesses)
        raise Refused(R.DECISION_UNKNOWN, field="token")
    return record


async def _by_id(call: Call[Any, Any], id_: str) -> Any:
    return await readers(call).run(lambda source: load_record(source, "decision", id_))


async def _link(call: Call[Any, Any], id_: str) -> tuple[str, str]:
    """The nonce of a new link, and what is kept of its token. The same idempotency key means the same link."""
    secret = await asyncio.to_thread(secret_of, call.services.database, DECISION_LINKS)
    nonce = call.idempotency_key[-60:] or token_hex(16)
    return nonce, hash_of(token_of(secret, id_, nonce))


def _shown(decision: Decision) -> AskedDecision:
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
    )


def _offered(option: Option, decision: Decision) -> OfferedOption:
    return OfferedOption(
        code=option.code,
        title=option.title,
        money_minor=option.preview.money_minor,
        promised_by=option.preview.promised_by,
        lines=option.preview.lines,
        needs=option.needs,
        default=option.code == decision.default,
    )


def _without_names(refused: Refused) -> Refused:
    """A refusal as strangers may see it: the id is for those who look after decision requests."""
    return Refused(refused.code, **{name: fact for name, fact in refused.facts.items() if name != "value"})


def _take(bucket: Bucket) -> None:
    if wait := bucket.take():
        raise Refused(ApiRefusal.RATE_EXCEEDED, retry_after_s=int(wait) + 1)


_AT: Final = "/v1/decisions/{id}"
_LINK: Final = "/v1/decisions/by-link/{token}"
_STATE: Final = ("DECISION_UNKNOWN", "DECISION_STATE")
_ANSWERED: Final = (*_STATE, "OPTION_UNKNOWN", "ANSWER_INCOMPLETE")

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
        name="read_decision", method="GET", path=_AT, right=Right.ORDERS_READ, summary="Read a decision request",
        handler=_read, capability="decisions", output=Decision, refusals=("DECISION_UNKNOWN",),
    ),
    Operation(
        name="read_decision_history", method="GET", path=f"{_AT}/history", right=Right.ORDERS_READ,
        summary="Read what has happened to a decision request", handler=_history, capability="decisions",
        output=RecordEntry, page=True, refusals=("DECISION_UNKNOWN",),
    ),
    Operation(
        name="send_decision", method="POST", path=f"{_AT}/sending", right=Right.ORDERS_WRITE,
        summary="Send a drafted decision request",
        description="Its options are those that can be carried out now, and the time to answer begins.",
        handler=_send, capability="decisions", output=Decision, refusals=(*_STATE, "NOTHING_TO_DO"),
    ),
    Operation(
        name="resend_decision", method="POST", path=f"{_AT}/resending", right=Right.ORDERS_WRITE,
        summary="Send a decision request once more", description="With another link; the deadline stays.",
        handler=_resend, capability="decisions", output=Decision, refusals=(*_STATE, "DECISION_OVER"),
    ),
    Operation(
        name="answer_decision", method="POST", path=f"{_AT}/answer", right=Right.ORDERS_WRITE,
        summary="Answer a decision request for the one who was asked",
        description="The option is carried out at once; what can't be done any more is not done, and the rest is"
        " offered anew.",
        handler=_answer, capability="decisions", input=AnswerDecisionInput, output=Decision, refusals=_ANSWERED,
    ),
    Operation(
        name="withdraw_decision", method="POST", path=f"{_AT}/withdrawal", right=Right.ORDERS_WRITE,
        summary="Withdraw a decision request", handler=_withdraw, capability="decisions",
        input=WithdrawDecisionInput, output=Decision, refusals=_STATE,
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
        refusals=(*_ANSWERED, "DECISION_OVER", "RATE_EXCEEDED"),
    ),
)  # fmt: skip
