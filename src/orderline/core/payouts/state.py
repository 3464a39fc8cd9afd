"""A payout: what a payment provider has sent to the bank, of which money, less which fees; and what it has posted.

Source: domain model 6.2. The entries behind it are kept as the provider lists them, beside the record.
"""

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from orderline.core.ledger.state import Account, Posted
from orderline.core.records import Record, RecordEvent, RecordKind, Window

KIND: Final = "payout"


class PayoutState(StrEnum):
    """booked: it is in the books; returned: the bank has sent it back to the provider."""

    BOOKED = "booked"
    RETURNED = "returned"


class PayoutSums(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a payout is made of, in minor units from our side: money in is positive, fees are what they cost us.

    All of them in the currency of the payout, into which payments of other currencies were exchanged. other_minor: changes of
    the balance that are neither payments nor fees; exchanged_minor: what came from balances in other currencies. The sum is what
    has come to the bank, unless the provider has kept something back, or paid out what it had kept.
    """

    captured_minor: int = 0
    refunded_minor: int = 0
    disputed_minor: int = 0
    other_minor: int = 0
    fees_minor: int = 0
    entries: int = 0
    exchanged_minor: int = 0

    @property
    def net_minor(self) -> int:
        """What should have come to the bank."""
        came = self.captured_minor + self.refunded_minor + self.disputed_minor + self.other_minor
        return came + self.exchanged_minor - self.fees_minor


class PayoutExchange(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Money of one other currency that the provider has exchanged for a payout.

    original_minor: what was exchanged, in `currency`, as its payments say; amount_minor: what that has brought in the currency of
    the payout; rate: what one unit has brought. fees_minor: what the provider has kept in `currency`, before.
    """

    currency: str
    original_minor: int
    amount_minor: int
    rate: str = ""
    fees_minor: int = 0


class Standing(msgspec.Struct, frozen=True, omit_defaults=True):
    """What stands on the account of a provider in one currency, and what that is in the currency of the books."""

    currency: str
    amount_minor: int
    base_minor: int


class PayoutCorrection(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An amount of the clearing account that nobody will pay any more, put where it belongs."""

    to: Account
    amount_minor: int
    reason: str
    by: str
    at: datetime
    currency: str = ""


class Payout(Record, frozen=True, kw_only=True):
    """A payout. amount_minor: what came to the bank. reference: the provider's name for it. paid_at: when it left there."""

    id: str
    provider: str
    reference: str
    entity: str
    currency: str
    amount_minor: int
    sums: PayoutSums
    paid_at: datetime
    booked_at: datetime
    state: PayoutState = PayoutState.BOOKED
    corrections: tuple[PayoutCorrection, ...] = ()
    exchanged: tuple[PayoutExchange, ...] = ()


class PayoutBooked(RecordEvent, frozen=True, kw_only=True, tag="payout_booked"):
    """A payout was read: money is at the bank, and fees are paid."""

    payout: Payout
    posted: tuple[Posted, ...]


class PayoutReturned(RecordEvent, frozen=True, kw_only=True, tag="payout_returned"):
    """The bank did not take it: the money is at the provider again. Its fees stay paid."""

    at: datetime
    posted: tuple[Posted, ...]


class PayoutCorrected(RecordEvent, frozen=True, kw_only=True, tag="payout_corrected"):
    """A difference of the provider's account was worked off."""

    correction: PayoutCorrection
    posted: tuple[Posted, ...]


AnyPayoutEvent = PayoutBooked | PayoutReturned | PayoutCorrected


def evolve_payout(payout: Payout | None, event: AnyPayoutEvent) -> Payout:
    """The payout after an event."""
    if isinstance(event, PayoutBooked):
        return event.payout
    assert payout is not None
    if isinstance(event, PayoutReturned):
        return msgspec.structs.replace(payout, state=PayoutState.RETURNED)
    return msgspec.structs.replace(payout, corrections=(*payout.corrections, event.correction))


def payout_id(provider: str, reference: str) -> str:
    """The name of a payout here."""
    return f"{provider}:{reference}"


def _window(payout: Payout) -> Window:
    return Window(payout.state, payout.provider, "finance" if payout.state is PayoutState.RETURNED else "")


def _postings(event: AnyPayoutEvent) -> tuple[Posted, ...]:
    return event.posted


PAYOUT: Final = RecordKind(KIND, Payout, AnyPayoutEvent, evolve_payout, _window, postings=_postings)
