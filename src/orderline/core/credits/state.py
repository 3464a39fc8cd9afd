"""A credit account: money owed to whoever holds it. Its balance is what the ledger has under its name.

Source: domain model 6.2. An account is never below zero; of a code only a hash is kept.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from orderline.core.ledger.state import Account, Posted
from orderline.core.orders.state import Part, derived_id
from orderline.core.records import Record, RecordEvent, RecordKind, Window
from orderline.values.ids import OrderId

PROVIDER: Final = "credit_account"  # of tenders that are paid by one; their token is the id of the account
KIND: Final = "credit_account"


class CreditKind(StrEnum):
    """Whom it is owed to: a customer who is known, or whoever has the code."""

    STORE_CREDIT = "store_credit"
    GIFT_CARD = "gift_card"

    @property
    def account(self) -> Account:
        """Where the ledger has it."""
        return Account.GIFT_CARDS if self is CreditKind.GIFT_CARD else Account.STORE_CREDIT


class CreditState(StrEnum):
    """Whether it may be spent. moved: its balance stands on another account, since the card was lost."""

    OPEN = "open"
    EXPIRED = "expired"
    MOVED = "moved"


class CreditCause(StrEnum):
    """Why a balance has changed. given: money of an order that was not sent back; returned: what was spent came back.

    called_back: what was sold on an order is sold no longer.
    """

    SOLD = "sold"
    CALLED_BACK = "called_back"
    GOODWILL = "goodwill"
    GIVEN = "given"
    BONUS = "bonus"
    SPENT = "spent"
    RETURNED = "returned"
    MOVED_IN = "moved_in"
    MOVED_OUT = "moved_out"
    EXPIRED = "expired"


# What nobody has paid for: what of it expires was no expense in the end.
_GIFTS: Final = (CreditCause.GOODWILL, CreditCause.BONUS)


class CreditEntry(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """A change of a balance. order, tender: whose; key: of the request to pay or to give back that it answers.

    goodwill_minor: what of the amount nobody has paid for, where the cause does not say so.
    """

    cause: CreditCause
    amount_minor: int
    at: datetime
    by: str
    order: str = ""
    tender: int = 0
    key: str = ""
    reason: str = ""
    goodwill_minor: int = 0

    @property
    def gift_minor(self) -> int:
        """What of the amount nobody has paid for."""
        return self.amount_minor if self.cause in _GIFTS else self.goodwill_minor


class CreditAccount(Record, frozen=True, kw_only=True):
    """An account. holder: whose it is, as the shop names customers, or the token of a person. entity: who owes it.

    goodwill_minor: what of the balance nobody has paid for. expires_at: when what is left lapses; None: never.
    goodwill_expires_at: when what nobody has paid for lapses before that.
    sold_on: the order that it was sold on, if any; sold_minor: what stands on it of that sale, spent or not; owed_minor:
    what was spent of it, and its customer owes, since it is sold no longer. entries: those of older releases; all of them
    stand in the journal, so that an account is no longer to write the more happens to it.
    """

    id: str
    kind: CreditKind
    currency: str
    entity: str
    opened_at: datetime
    state: CreditState = CreditState.OPEN
    balance_minor: int = 0
    goodwill_minor: int = 0
    holder: str = ""
    code_hash: str = ""
    expires_at: datetime | None = None
    moved_to: str = ""
    entries: tuple[CreditEntry, ...] = ()
    goodwill_expires_at: datetime | None = None
    sold_on: str = ""
    sold_minor: int = 0
    owed_minor: int = 0


class CreditAccountOpened(RecordEvent, frozen=True, kw_only=True, tag="credit_account_opened"):
    """There is an account; nothing is on it yet."""

    id: str
    kind: CreditKind
    currency: str
    entity: str
    at: datetime
    holder: str = ""
    code_hash: str = ""


class CreditEntered(RecordEvent, frozen=True, kw_only=True, tag="credit_entered"):
    """The balance of an account has changed. posted: by it; what an order posts stands there.

    expires_at, goodwill_expires_at: from now on; what is given without a date of its own does not lapse by an older one.
    endless: the account has no date any more. owed_minor: what the customer of the order that it was sold on owes of it
    from now on, having spent it. apart: the entries stand in the journal alone.
    """

    entries: tuple[CreditEntry, ...]
    posted: tuple[Posted, ...] = ()
    expires_at: datetime | None = None
    goodwill_expires_at: datetime | None = None
    endless: bool = False
    owed_minor: int | None = None
    apart: bool = False


class CreditAccountClosed(RecordEvent, frozen=True, kw_only=True, tag="credit_account_closed"):
    """Nothing is spent of an account any more: it has expired, or another one has taken its place. apart: as of others."""

    state: CreditState
    entries: tuple[CreditEntry, ...]
    posted: tuple[Posted, ...] = ()
    moved_to: str = ""
    apart: bool = False


AnyCreditEvent = CreditAccountOpened | CreditEntered | CreditAccountClosed


def evolve_credit(account: CreditAccount | None, event: AnyCreditEvent) -> CreditAccount:
    """The account after an event."""
    if isinstance(event, CreditAccountOpened):
        return CreditAccount(
            id=event.id, kind=event.kind, currency=event.currency, entity=event.entity, opened_at=event.at,
            holder=event.holder, code_hash=event.code_hash,
        )  # fmt: skip
    assert account is not None
    balance = account.balance_minor + sum(each.amount_minor for each in event.entries)
    gifts = account.goodwill_minor + sum(each.gift_minor for each in event.entries)
    entered = msgspec.structs.replace(
        account,
        balance_minor=balance,
        goodwill_minor=min(balance, gifts),
        entries=account.entries if event.apart else (*account.entries, *event.entries),
    )
    if isinstance(event, CreditEntered):
        entered = _sold(entered, event)
        lasts = None if event.endless else event.expires_at or account.expires_at
        gifts_last = event.goodwill_expires_at or (None if _is_dated_anew(event) else account.goodwill_expires_at)
        # what passes through an account that was moved leaves it as it is
        state = CreditState.MOVED if account.state is CreditState.MOVED and not balance else CreditState.OPEN
        return msgspec.structs.replace(entered, state=state, expires_at=lasts, goodwill_expires_at=gifts_last)
    return msgspec.structs.replace(entered, state=event.state, moved_to=event.moved_to)


def _sold(account: CreditAccount, event: CreditEntered) -> CreditAccount:
    """What stands on it of the sale on an order; what of that was spent, and is owed, does not."""
    told = [each for each in event.entries if each.order and each.cause in (CreditCause.SOLD, CreditCause.CALLED_BACK)]
    if not told and event.owed_minor is None:
        return account
    owed = account.owed_minor if event.owed_minor is None else event.owed_minor
    sold = account.sold_minor + sum(each.amount_minor for each in told) - (owed - account.owed_minor)
    on = told[0].order if told else account.sold_on
    return msgspec.structs.replace(account, sold_on=on, sold_minor=sold, owed_minor=owed)


def _is_dated_anew(event: CreditEntered) -> bool:
    """Is something given, or has what was given lapsed? What comes back has the date it had."""
    fresh = (*_GIFTS, CreditCause.GIVEN, CreditCause.MOVED_IN, CreditCause.EXPIRED)
    return any(each.gift_minor and each.cause in fresh for each in event.entries)


def entries_in(events: Iterable[AnyCreditEvent]) -> list[CreditEntry]:
    """What has come and gone, of the events of an account."""
    return [entry for event in events if not isinstance(event, CreditAccountOpened) for entry in event.entries]


def account_of(order: OrderId) -> str:
    """The account that money of an order becomes store credit on: one for each customer as the order knows them."""
    return str(derived_id(order, Part.PERSON, 0))


def _window(account: CreditAccount) -> Window:
    ends = (account.expires_at, account.goodwill_expires_at if account.goodwill_minor else None)
    due = min((each for each in ends if each is not None), default=None) if account.state is CreditState.OPEN else None
    return Window(account.state, account.code_hash or account.holder, "finance" if due else "", due)


def _postings(event: AnyCreditEvent) -> tuple[Posted, ...]:
    return () if isinstance(event, CreditAccountOpened) else event.posted


CREDIT_ACCOUNT: Final = RecordKind(KIND, CreditAccount, AnyCreditEvent, evolve_credit, _window, postings=_postings)
