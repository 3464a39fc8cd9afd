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
Rate = Annotated[str, Meta(pattern=r"^[0-9]{1,9}(\.[0-9]{1,12})?$")]


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
    EXCHANGE = "exchange"


class SettlementEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One change of the balance: `net_minor` = `gross_minor` - `fee_minor`, from our side: money in is positive.

    entry: the provider's name for it, one for ever. reference: the operation or payout behind it. authorization, key:
    the payment and our key, where the provider names them. payout: the payout it is a part of, once it is known.
    currency: of all three amounts. Where the payment was in another, the provider has exchanged the money: original_minor and
    original_currency are what was exchanged, with the sign of `gross_minor`, and rate is what one unit of it has brought, as a
    decimal number, where the provider says. A provider that lists both sides of an exchange as entries of their own gives two
    of the kind `exchange`, which name the same `authorization`.
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
    original_minor: SignedMinor | None = None
    original_currency: Currency | None = None
    rate: Rate | None = None

    def __post_init__(self) -> None:
        if self.net_minor != self.gross_minor - self.fee_minor:
            raise ValueError("Expected net_minor to be gross_minor - fee_minor")
        if (self.original_minor is None) != (self.original_currency is None):
            raise ValueError("Expected original_minor and original_currency together")
        if self.original_currency == self.currency or (self.rate is not None and self.original_currency is None):
            raise ValueError("Expected original_currency to be another currency, and rate only with it")


class SettlementPage(msgspec.Struct, frozen=True):
    """A page of entries, in the provider's order; `cursor` is None on the last page."""

    entries: tuple[SettlementEntry, ...]
    cursor: str | None = None


class Settling(Protocol):
    """Fees and payouts can be read: Capability.SETTLEMENTS."""

    async def list_settlements(self, since: datetime, *, cursor: str | None = None, limit: int = 500) -> SettlementPage:
        """All changes of the balance from `since` on. Trouble: the provider did not answer."""
        ...
