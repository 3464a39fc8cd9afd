"""Store credit and gift cards: issued, looked up by code, spent on orders, moved when a card is lost."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from secrets import token_bytes
from typing import Annotated, Any, Final
from weakref import WeakKeyDictionary

import msgspec

from orderline.api.actions import action, fields_of, input_of
from orderline.api.calls import Answer, Call, Operation, Right
from orderline.api.deciding import decide
from orderline.api.keyring import Bucket
from orderline.api.reading.paging import Page, page, parse_cursor, readers
from orderline.api.records import Records
from orderline.api.refusals import ApiRefusal
from orderline.api.scoping import check_unlimited
from orderline.core.credits import commands as c
from orderline.core.credits.codes import LENGTH, SECRET, code_from, hash_of, plain_code
from orderline.core.credits.refusals import CreditRefusal as R
from orderline.core.credits.state import CREDIT_ACCOUNT, KIND, CreditAccount, CreditEntry, CreditKind, CreditState
from orderline.core.credits.statements import CreditStatement, statement_of
from orderline.store.database import Database
from orderline.store.reading.credits import all_credit_entries, load_credit_entries
from orderline.store.reading.records import load_record, load_records
from orderline.store.secrets import secret_of
from orderline.values.failures import Refused
from orderline.values.time import usable_day

# Wrong codes in a row, and how many a second after that: of one key of the API, and of one visitor behind it.
GUESSES: Final = (100, 1.0)
GUESSES_OF_VISITOR: Final = (5, 0.02)
_MOST_KNOWN: Final = 10_000

_ACCOUNTS: Final = Records(
    kind=CREDIT_ACCOUNT,
    one="credit_account",
    many="credit_accounts",
    capability="credits",
    read=Right.ORDERS_READ,
    write=Right.ORDERS_WRITE,
    unknown=R.CREDIT_UNKNOWN,
    states=CreditState,
    of_all=True,
)


class IssuedCredit(msgspec.Struct, frozen=True, omit_defaults=True):
    """The account as it is now. code: of a new card; it is shown this once, and kept by nobody."""

    account: CreditAccount
    code: str = ""


class CodeInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A code as somebody typed it. visitor: whoever typed it, as the shop tells them apart, so that guessing is slowed."""

    code: Annotated[str, msgspec.Meta(max_length=80)]
    visitor: Annotated[str, msgspec.Meta(max_length=200)] = ""


class _Guesses:
    """Wrong codes of one installation, in this process."""

    def __init__(self) -> None:
        self.buckets: dict[tuple[str, str], Bucket] = {}

    def of(self, key: str, visitor: str) -> list[Bucket]:
        if len(self.buckets) >= _MOST_KNOWN:
            self.buckets.clear()
        names = [((key, ""), GUESSES), *([((key, visitor), GUESSES_OF_VISITOR)] if visitor else [])]
        return [self.buckets.setdefault(name, Bucket(*limit)) for name, limit in names]


_guesses: WeakKeyDictionary[Database, _Guesses] = WeakKeyDictionary()


async def _look_up(call: Call[None, CodeInput]) -> Answer:
    """The account behind a code. Refused CREDIT_UNKNOWN: there is none; RATE_EXCEEDED: too many were wrong."""
    buckets = _guesses.setdefault(call.services.database, _Guesses()).of(call.actor.name, call.input.visitor)
    for bucket in buckets:
        if wait := bucket.wait():
            raise Refused(ApiRefusal.RATE_EXCEEDED, retry_after_s=int(wait) + 1)
    secret = await asyncio.to_thread(secret_of, call.services.database, SECRET)
    kept = hash_of(secret, call.input.code)
    found: list[Any] = []
    if plain_code(call.input.code):
        found = await readers(call).run(lambda source: load_records(source, KIND, subjects=(kept,), most=1))
    if not found:
        for bucket in buckets:
            bucket.take()
        raise Refused(R.CREDIT_UNKNOWN, field="code")
    return Answer(shown(found[0]))


async def _issue(call: Call[None, Any]) -> Answer:
    id_, about = call.path["id"], fields_of(call.input)
    check_unlimited(call)
    code = about.pop("code")
    known: CreditAccount | None = await _account(call, id_)
    if known is None and about["kind"] is CreditKind.GIFT_CARD:
        code = code or code_from(token_bytes(LENGTH))
    made = c.IssueCredit(account=id_, code_hash=await hash_code(call, code), **about)
    return await _decided(call, made, id_, code)


async def _transfer(call: Call[None, Any]) -> Answer:
    account: CreditAccount = await _ACCOUNTS.found(call)
    about = fields_of(call.input)
    code = about.pop("code")
    if account.kind is CreditKind.GIFT_CARD and await _account(call, about["to"]) is None:
        code = code or code_from(token_bytes(LENGTH))
    made = c.TransferCredit(account=account.id, code_hash=await hash_code(call, code), **about)
    return await _decided(call, made, about["to"], code)


async def _decided(call: Call[None, Any], command: c.CreditCommand, id_: str, code: str) -> Answer:
    """The account as it is now; with its code, where that was made by this very request."""
    done = await decide(call, command, found=True)
    account = await _account(call, id_)
    assert account is not None
    fresh = not done.headers and account.version == 1
    return Answer(IssuedCredit(shown(account), code if fresh else ""), headers=done.headers)


class CreditStatementQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first and the last day; without them, the last thirty days."""

    since: date | None = None
    until: date | None = None


async def _statement(call: Call[CreditStatementQuery, None]) -> Answer:
    account: CreditAccount = await _ACCOUNTS.found(call)
    until = usable_day(call.query.until or datetime.now(UTC).date(), field="until")
    since = usable_day(call.query.since or until - timedelta(days=30), field="since")
    if since > until:
        raise Refused(R.CREDIT_MISMATCH, field="since", value=str(since), allowed=f"until {until}")
    return Answer(
        await readers(call).run(
            lambda source: statement_of(account, all_credit_entries(source, account.id), since, until)
        )
    )


async def _entries(call: Call[Page, None]) -> Answer:
    account: CreditAccount = await _ACCOUNTS.found(call)
    after, most = parse_cursor(call.query.cursor, int) or 0, call.query.limit
    found, last = await readers(call).run(
        lambda source: load_credit_entries(source, account.id, after=after, most=most)
    )
    return page(found, last or None)


async def _account(call: Call[Any, Any], id_: str) -> CreditAccount | None:
    if not id_.isprintable():
        return None
    return await readers(call).run(lambda source: load_record(source, KIND, id_))


async def hash_code(call: Call[Any, Any], code: str) -> str:
    """What is kept of a code. Refused CREDIT_CODE_NOT_ACCEPTABLE: it is too short, or has other characters."""
    if not code:
        return ""
    if not plain_code(code):
        raise Refused(R.CREDIT_CODE_NOT_ACCEPTABLE, field="code", allowed="8 to 40 letters and digits")
    return hash_of(await asyncio.to_thread(secret_of, call.services.database, SECRET), code)


def shown(account: CreditAccount) -> CreditAccount:
    """An account without what was hashed of its code, and without entries, which are read by themselves."""
    return msgspec.structs.replace(account, code_hash="", entries=())


_Code = Annotated[str, msgspec.Meta(max_length=80)]
_STATE: Final = (R.CREDIT_STATE.value, R.CREDIT_MISMATCH.value, R.CREDIT_CODE_NOT_ACCEPTABLE.value)
_SOON: Final = R.CREDIT_EXPIRES_TOO_SOON.value
_CODE: Final[list[Any]] = [("code", _Code, "")]


def _with_code(command: type[c.CreditCommand], name: str) -> type[msgspec.Struct]:
    """The command as callers give it: a code instead of what is kept of it."""
    base = input_of(command, f"{name}Fields", without=("account", "code_hash"))
    return msgspec.defstruct(
        f"{name}Input", _CODE, bases=(base,), kw_only=True, frozen=True, omit_defaults=True, forbid_unknown_fields=True,
        namespace={"__doc__": command.__doc__},
    )  # fmt: skip


OPERATIONS: Final[tuple[Operation, ...]] = (
    *_ACCOUNTS.reading(),
    Operation(
        name="issue_credit", method="PUT", path="/v1/credit-accounts/{id}", right=Right.ORDERS_WRITE,
        summary="Put money on a credit account, opening it when there is none",
        description=" ".join((c.IssueCredit.__doc__ or "").split()) + " A gift card has a code, made here when none is"
        " given; it is shown in this answer and never again.",
        handler=_issue, capability="credits", input=_with_code(c.IssueCredit, "IssueCredit"), output=IssuedCredit,
        refusals=(*_STATE, _SOON, "ENTITY_UNKNOWN"),
    ),
    Operation(
        name="read_credit_statement", method="GET", path="/v1/credit-accounts/{id}/statement", right=Right.ORDERS_READ,
        summary="Read the statement of a credit account",
        description="What was on it, each thing that came or went with what was left, and what of it nobody has paid for.",
        handler=_statement, capability="credits", query=CreditStatementQuery, output=CreditStatement,
        refusals=(R.CREDIT_UNKNOWN.value, R.CREDIT_MISMATCH.value, "TIME_OUT_OF_RANGE"),
    ),
    Operation(
        name="list_credit_entries", method="GET", path="/v1/credit-accounts/{id}/entries", right=Right.ORDERS_READ,
        summary="List what has come and gone on a credit account",
        description="The first first; as many facts a page as its limit says, of which one may have two entries.",
        handler=_entries, capability="credits", query=Page, output=CreditEntry, page=True,
        refusals=(R.CREDIT_UNKNOWN.value,),
    ),
    Operation(
        name="transfer_credit", method="POST", path="/v1/credit-accounts/{id}/transfers", right=Right.ORDERS_WRITE,
        summary="Move what is on a credit account to another one: a card was lost",
        description=" ".join((c.TransferCredit.__doc__ or "").split()),
        handler=_transfer, capability="credits", input=_with_code(c.TransferCredit, "TransferCredit"),
        output=IssuedCredit, refusals=(R.CREDIT_UNKNOWN.value, *_STATE),
    ),
    Operation(
        name="look_up_credit_code", method="POST", path="/v1/credit-code-lookups", right=Right.ORDERS_READ,
        summary="Find the credit account behind the code of a gift card",
        description="Its id is what a tender of an order names. Wrong codes are counted: whoever tries many has to wait.",
        handler=_look_up, capability="credits", input=CodeInput, output=CreditAccount,
        refusals=(R.CREDIT_UNKNOWN.value, "RATE_EXCEEDED"),
    ),
    action(
        "redeem_credit", "/v1/orders/{order}/redemptions", c.RedeemCredit,
        "Pay what is not covered from a credit account", capability="credits",
        refusals=(R.CREDIT_UNKNOWN.value, R.CREDIT_STATE.value, R.CREDIT_MISMATCH.value, R.CREDIT_NOT_ENOUGH.value,
                  "TENDERS_EXCEED_TOTAL"),
    ),
)  # fmt: skip
