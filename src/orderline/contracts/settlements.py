"""What becomes of money at the provider: what each movement brings after fees, and when it is paid out.

A payout is an entry of its own, with a negative net amount: the money leaves the provider for the bank.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Protocol

import msgspec
from msgspec import Meta

from orderline.contracts.terms import Currency, Instant, Ref, Text

# As Minor, of either sign.
SignedMinor = Annotated[int, Meta(ge=-(10**13), le=10**13)]


class SettlementKind(StrEnum):
    """Why the balance at the provider has changed."""

    CAPTURE = "capture"
    REFUND = "refund"
    REFUND_REVERSED = "refund_reversed"
    CHARGEBACK = "chargeback"
    CHARGEBACK_REVERSED = "chargeback_reversed"
    FEE = "fee"
    PAYOUT = "payout"
    PAYOUT_FAILED = "payout_failed"
    ADJUSTMENT = "adjustment"


class SettlementEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One change of the balance: `net_minor` = `gross_minor` - `fee_minor`, from our side: money in is positive.

    entry: the provider's name for it, one for ever. reference: the operation or payout behind it. authorization, key:
    the payment and our key, where the provider names them. payout: the payout it is a part of, once it is known.
    currency: of all three amounts; where it is another than the payment's, the provider has exchanged the money.
    """

    entry: Ref
    kind: SettlementKind
    gross_minor: SignedMinor
    fee_minor: SignedMinor
    net_minor: SignedMinor
    currency: Currency
    occurred_at: Instant
    reference: Ref | None = None
    authorization: Ref | None = None
    key: Ref | None = None
    payout: Ref | None = None
    text: Text = ""

    def __post_init__(self) -> None:
        if self.net_minor != self.gross_minor - self.fee_minor:
            raise ValueError("Expected net_minor to be gross_minor - fee_minor")


class SettlementPage(msgspec.Struct, frozen=True):
    """A page of entries, in the provider's order; `cursor` is None on the last page."""

    entries: tuple[SettlementEntry, ...]
    cursor: str | None = None


class Settling(Protocol):
    """Fees and payouts can be read: Capability.SETTLEMENTS."""

    async def list_settlements(self, since: datetime, *, cursor: str | None = None, limit: int = 500) -> SettlementPage:
        """All changes of the balance from `since` on. Trouble: the provider did not answer."""
        ...
