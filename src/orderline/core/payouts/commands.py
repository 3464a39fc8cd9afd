"""What is read of payouts, and what people do about them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from orderline.core.payouts.state import KIND, PayoutExchange, PayoutSums, Standing
from orderline.core.records import RecordCommand, RecordKey


class PayoutCommand(RecordCommand, frozen=True, gc=False, kw_only=True):
    """A command on a payout."""

    payout: str

    def records(self) -> Iterable[RecordKey]:
        """The payout."""
        return ((KIND, self.payout),)


class BookPayout(PayoutCommand, frozen=True, gc=False, kw_only=True, tag="book_payout"):
    """A provider has sent money to the bank. amount_minor: what came there; sums: what it is made of.

    exchanged: what of it comes from payments in other currencies, a row for each. standing: what stands on the provider's account
    before it, by currency, where the books are kept in one currency; what is paid out leaves at that value.
    """

    provider: str
    reference: str
    currency: str
    amount_minor: int
    sums: PayoutSums
    paid_at: datetime
    entity: str = "main"
    exchanged: tuple[PayoutExchange, ...] = ()
    standing: tuple[Standing, ...] = ()


class ReturnPayout(PayoutCommand, frozen=True, gc=False, kw_only=True, tag="return_payout"):
    """The bank has sent a payout back to the provider."""

    at: datetime


class CorrectPayout(PayoutCommand, frozen=True, gc=False, kw_only=True, tag="correct_payout"):
    """Put what stands on the provider's clearing account, and will never be paid, where it belongs.

    amount_minor: what we lose by it; below zero: what we gain. currency: of the payout, when not given, or one that was
    exchanged for it.
    """

    amount_minor: int
    to: Literal["fees", "write_off"]
    reason: str
    currency: str = ""
