"""Requests about credit accounts. `account` is the caller's own name for it, and no secret: codes are."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from orderline.core.credits.state import KIND, CreditKind
from orderline.core.orders.commands import OrderCommand
from orderline.core.orders.state import PaymentKind
from orderline.core.records import RecordCommand, RecordKey
from orderline.values.ids import OrderId


class CreditCommand(RecordCommand, frozen=True, gc=False, kw_only=True):
    """A command on an account."""

    account: str

    def records(self) -> Iterable[RecordKey]:
        return ((KIND, self.account),)


class IssueCredit(CreditCommand, frozen=True, gc=False, kw_only=True, tag="issue_credit"):
    """Put money on an account, which is opened when there is none.

    why: `sold`, paid for into the bank or, by `paid_by`, through a payment provider; or `goodwill`, paid for by nobody.
    holder: whose it is, for store credit. expires_at: when what is on the account lapses, from now on.
    goodwill_expires_at: when what nobody has paid for lapses, before that.
    """

    kind: CreditKind
    currency: str
    amount_minor: int
    why: Literal["sold", "goodwill"]
    paid_by: str = ""
    reason: str = ""
    holder: str = ""
    code_hash: str = ""
    expires_at: datetime | None = None
    goodwill_expires_at: datetime | None = None
    entity: str = "main"


class TransferCredit(CreditCommand, frozen=True, gc=False, kw_only=True, tag="transfer_credit"):
    """Move all that is on an account to another one, which is opened when there is none: a card was lost.

    The old one is spent no more; what comes back to it goes to the new one.
    """

    to: str
    reason: str
    code_hash: str = ""

    def records(self) -> Iterable[RecordKey]:
        return ((KIND, self.account), (KIND, self.to))


class ExpireCredit(CreditCommand, frozen=True, gc=False, kw_only=True, tag="expire_credit"):
    """The time of an account, or of what was given away on it, is over: what is left of that lapses."""


class RedeemCredit(OrderCommand, RecordCommand, frozen=True, gc=False, kw_only=True, tag="redeem_credit"):
    """Pay what is not covered of an order from an account. amount_minor: all of it, as far as it goes, when not given."""

    account: str
    amount_minor: int | None = None

    def records(self) -> Iterable[RecordKey]:
        return ((KIND, self.account),)

    def orders(self) -> Iterable[OrderId]:
        return (self.order,)


class AnswerByCredit(OrderCommand, RecordCommand, frozen=True, gc=False, kw_only=True, tag="answer_by_credit"):
    """Do what a journaled request asks of an account: take its amount for the order, or take it back.

    accounts: that of the tender, and those that have taken its place, the last of them last.
    """

    tender: int
    key: str
    kind: PaymentKind
    accounts: tuple[str, ...]

    def records(self) -> Iterable[RecordKey]:
        return ((KIND, each) for each in self.accounts)

    def orders(self) -> Iterable[OrderId]:
        return (self.order,)
