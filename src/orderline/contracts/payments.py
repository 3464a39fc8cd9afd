"""What a payment provider's connector must offer.

All amounts are minor units with their currency. Writes take a set and give one outcome per request, in order:
the provider's answer, or the Trouble that kept it from answering. A decline is an answer. A Trouble with
`in_doubt` is resolved by `query`, never by guessing. The same key sent again has one effect and gives the first
answer: a provider that cannot be asked by our key (`CannotTell`) is resolved by sending the request again under it.
What only some providers can do stands in protocols of their own, one for each capability.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import msgspec

from orderline.contracts.terms import Currency, Fact, Instant, Minor, Opened, Ref, Text
from orderline.values.failures import Trouble


class Operation(StrEnum):
    """What was asked of the provider; the last three come unasked. `extend`: more of an authorization, or longer."""

    AUTHORIZE = "authorize"
    EXTEND = "extend"
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"
    REFUND_REVERSED = "refund_reversed"
    CHARGEBACK = "chargeback"
    CHARGEBACK_REVERSED = "chargeback_reversed"


class TransactionState(StrEnum):
    APPROVED = "approved"
    DECLINED = "declined"
    PENDING = "pending"


class Authorize(msgspec.Struct, frozen=True, kw_only=True):
    """Hold an amount on the means of payment behind `token`. `capture`: collect it at once (a sale)."""

    key: str
    order_number: str
    token: str
    amount_minor: int
    currency: str
    capture: bool = False


class Extend(msgspec.Struct, frozen=True, kw_only=True):
    """Hold `amount_minor` in all on an authorization: more than it holds, or as much for another span of time."""

    key: str
    authorization: str
    amount_minor: int
    currency: str


class Capture(msgspec.Struct, frozen=True, kw_only=True):
    """Collect all or a part of an authorization. `final`: nothing more will be captured, the rest is let go."""

    key: str
    authorization: str
    amount_minor: int
    currency: str
    final: bool = False


class Void(msgspec.Struct, frozen=True, kw_only=True):
    """Let go of what is left of an authorization."""

    key: str
    authorization: str


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    """Send captured money back. reference: of the capture, or of the authorization (all its captures together)."""

    key: str
    reference: str
    amount_minor: int
    currency: str
    reason: str = ""


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """Ask what became of a request, by the key we sent or by the provider's reference.

    operation, authorization, token: what else is known of the request with that key; some providers need it to look.
    """

    key: str | None = None
    reference: str | None = None
    operation: Operation | None = None
    authorization: str = ""
    token: str = ""


class CannotTell(msgspec.Struct, frozen=True):
    """The provider cannot be asked by our key. Nothing is known; sent again under its key, the request does no harm."""


class Approved(msgspec.Struct, frozen=True, kw_only=True, tag="approved", tag_field="state"):
    """Done. `expires_at`: when an authorization lapses; None where it does not or is not known.

    final: of a capture: the provider has let go of the rest, whether that was asked for or not.
    """

    key: str
    reference: str
    amount_minor: int
    currency: str
    expires_at: datetime | None = None
    final: bool = False


class Declined(msgspec.Struct, frozen=True, kw_only=True, tag="declined", tag_field="state"):
    """Not done and not going to be. `code` is the provider's, in snake case."""

    key: str
    code: str
    message: str = ""
    reference: str | None = None


class Pending(msgspec.Struct, frozen=True, kw_only=True, tag="pending", tag_field="state"):
    """Taken; the result comes as a fact or by `query`."""

    key: str
    reference: str


class Transaction(msgspec.Struct, frozen=True, kw_only=True):
    """One operation as the provider has it. `event_id` is the one its fact carries, so both are seen as one."""

    event_id: Ref
    operation: Operation
    state: TransactionState
    reference: Ref
    amount_minor: Minor
    currency: Currency
    occurred_at: Instant
    key: Ref | None = None
    authorization: Ref | None = None
    code: Text = ""
    expires_at: Instant | None = None


class TransactionPage(msgspec.Struct, frozen=True):
    """A page of transactions, in the provider's order; `cursor` is None on the last page."""

    transactions: tuple[Transaction, ...]
    cursor: str | None = None


class PaymentFact(Fact, frozen=True, kw_only=True, tag="payment"):
    """The result of an operation, or a dispute, told by the provider.

    key: ours, where the provider gives it back. authorization: the payment it belongs to, by which the order is found
    where there is no key. reference: of this operation.
    """

    operation: Operation
    state: TransactionState
    reference: Ref
    amount_minor: Minor
    currency: Currency
    key: Ref | None = None
    authorization: Ref | None = None
    code: Text = ""
    expires_at: Instant | None = None


PaymentAnswer = Approved | Declined | Pending
PaymentOutcome = PaymentAnswer | Trouble


class Payments(Opened, Protocol):
    """The provider, opened for one account."""

    async def authorize(self, requests: Sequence[Authorize]) -> list[PaymentOutcome]: ...

    async def capture(self, requests: Sequence[Capture]) -> list[PaymentOutcome]: ...

    async def void(self, requests: Sequence[Void]) -> list[PaymentOutcome]: ...

    async def refund(self, requests: Sequence[Refund]) -> list[PaymentOutcome]: ...

    async def query(self, questions: Sequence[Query]) -> list[Transaction | CannotTell | None]:
        """What became of each; None: the provider has never heard of it, so it may be sent again.

        Trouble: the provider did not answer; nothing is known.
        """
        ...

    async def list_transactions(
        self, since: datetime, *, cursor: str | None = None, limit: int = 500
    ) -> TransactionPage:
        """All transactions from `since` on, to be matched both ways, each with the name its fact carries.

        Trouble: the provider did not answer.
        """
        ...


class Extending(Protocol):
    """Authorizations can be raised or held longer: Capability.EXTEND."""

    async def extend(self, requests: Sequence[Extend]) -> list[PaymentOutcome]:
        """Approved with the whole amount held; the reference may be a new one, which is captured from then on."""
        ...
