"""What the sandbox payment provider takes and shows."""

from datetime import datetime

import msgspec

from orderline.contracts.payments import Operation, TransactionState
from orderline.contracts.terms import Currency, Minor, Ref, Text


class AuthorizationIn(msgspec.Struct, frozen=True, kw_only=True):
    key: Ref
    token: Text
    amount: Minor
    currency: Currency
    order: Text = ""
    capture: bool = False


class AuthorizationsIn(msgspec.Struct, frozen=True):
    authorizations: list[AuthorizationIn]


class CaptureIn(msgspec.Struct, frozen=True, kw_only=True):
    key: Ref
    authorization: Ref
    amount: Minor
    currency: Currency
    final: bool = False


class CapturesIn(msgspec.Struct, frozen=True):
    captures: list[CaptureIn]


class VoidIn(msgspec.Struct, frozen=True, kw_only=True):
    key: Ref
    authorization: Ref


class VoidsIn(msgspec.Struct, frozen=True):
    voids: list[VoidIn]


class RefundIn(msgspec.Struct, frozen=True, kw_only=True):
    key: Ref
    payment: Ref
    amount: Minor
    currency: Currency
    reason: Text = ""


class RefundsIn(msgspec.Struct, frozen=True):
    refunds: list[RefundIn]


class LookupIn(msgspec.Struct, frozen=True, kw_only=True):
    key: Ref | None = None
    id: Ref | None = None


class LookupsIn(msgspec.Struct, frozen=True):
    lookups: list[LookupIn]


class ChargebackIn(msgspec.Struct, frozen=True):
    payment: Ref
    amount: Minor
    reason: Text = "product_not_received"
    answer_within_hours: int = 168


class EvidenceIn(msgspec.Struct, frozen=True, kw_only=True):
    """What is said to a dispute; `files` are named only."""

    key: Ref
    dispute: Ref
    summary: str = ""
    tracking_number: Text = ""
    files: list[Text] = []


class EvidencesIn(msgspec.Struct, frozen=True):
    evidence: list[EvidenceIn]


class DecisionIn(msgspec.Struct, frozen=True):
    """won: for the merchant."""

    dispute: Ref
    won: bool


Asked = AuthorizationIn | CaptureIn | VoidIn | RefundIn | ChargebackIn


class Entry(msgspec.Struct, kw_only=True):
    """One operation in the provider's books, as `GET /transactions` shows it."""

    id: str
    key: str | None
    operation: Operation
    state: TransactionState
    amount: int
    currency: str
    at: datetime
    code: str = ""
    authorization: str | None = None
    expires: datetime | None = None

    @property
    def event(self) -> str:
        """The name of the fact that tells this state."""
        return f"{self.id}.{self.state.value}"
