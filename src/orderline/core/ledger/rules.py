"""The posting table: which fact about money moves it from which account to which. All postings are made here.

Source: domain model 6.2. A posting is made once, journaled, and never worked out again; an undo is the mirror of it.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from orderline.core.ledger.state import Account, Entry

A = Account


class Cause(StrEnum):
    """Why money moved; a row of the posting table."""

    CAPTURED = "captured"
    CREDIT_REDEEMED = "credit_redeemed"
    INVOICED = "invoiced"
    DEPOSIT_APPLIED = "deposit_applied"
    PAYMENT_RECEIVED = "payment_received"
    REFUND_DUE = "refund_due"
    REFUNDED = "refunded"
    CREDITED = "credited"
    FEE_CHARGED = "fee_charged"
    SET_OFF = "set_off"
    GIVEN_AS_CREDIT = "given_as_credit"
    APPEASED = "appeased"
    CARRIED_OVER = "carried_over"
    CREDIT_SOLD = "credit_sold"
    CREDIT_EXPIRED = "credit_expired"
    CREDIT_MOVED = "credit_moved"
    PAID_OUT = "paid_out"
    EXCHANGED = "exchanged"
    DISPUTED = "disputed"
    DISPUTE_LOST = "dispute_lost"
    DISPUTE_WON = "dispute_won"
    CARRIER_ACCEPTED = "carrier_accepted"
    CARRIER_PAID = "carrier_paid"
    WRITTEN_OFF = "written_off"
    SELLER_SHARED = "seller_shared"
    SELLER_STATED = "seller_stated"
    SELLER_PAID = "seller_paid"
    TAX_ON_DEPOSIT = "tax_on_deposit"
    TAX_ON_DEPOSIT_ENDED = "tax_on_deposit_ended"
    REVALUED = "revalued"


_CREDIT_ACCOUNTS: Final = (A.STORE_CREDIT, A.GIFT_CARDS)
_SOLD: Final = (
    A.REVENUE_GOODS, A.REVENUE_SHIPPING, A.REVENUE_OTHER, A.DONATIONS, A.GIFT_CARDS, A.TAX_PAYABLE, A.DISCOUNTS,
    A.RETURNS_ALLOWANCES,  # of cards whose money was given back before they stood on an invoice
)  # fmt: skip
_TAKEN_BACK: Final = (A.RETURNS_ALLOWANCES, A.APPEASEMENT, A.GIFT_CARDS, A.TAX_PAYABLE)

# Money that is still to be received or paid, so that its worth changes with the rates. Not among them: deposits, which goods are
# owed for; tax, which is owed at the rate of its day; what came to the bank, of which the company's own books know what is there.
REVALUED: Final = (
    A.PSP_CLEARING, A.RECEIVABLE, A.REFUNDS_PAYABLE, A.STORE_CREDIT, A.GIFT_CARDS, A.DISPUTES_RECEIVABLE,
    A.CARRIER_RECEIVABLE, A.SELLER_PAYABLE, A.SELLER_STATEMENTS,
)  # fmt: skip

POSTINGS: Final[dict[Cause, tuple[tuple[Account, ...], tuple[Account, ...]]]] = {
    # cause                     debit                                       credit
    Cause.CAPTURED:             ((A.PSP_CLEARING,),                         (A.DEPOSITS,)),
    Cause.CREDIT_REDEEMED:      (_CREDIT_ACCOUNTS,                          (A.DEPOSITS,)),
    Cause.INVOICED:             ((A.RECEIVABLE, A.DISCOUNTS),               _SOLD),
    Cause.DEPOSIT_APPLIED:      ((A.DEPOSITS,),                             (A.RECEIVABLE,)),
    Cause.PAYMENT_RECEIVED:     ((A.BANK, A.PSP_CLEARING),                  (A.DEPOSITS,)),
    Cause.REFUND_DUE:           ((A.DEPOSITS,),                             (A.REFUNDS_PAYABLE,)),
    Cause.REFUNDED:             ((A.REFUNDS_PAYABLE,),                      (A.PSP_CLEARING, A.BANK)),
    Cause.CREDITED:             (_TAKEN_BACK,                               (A.REFUNDS_PAYABLE,)),
    Cause.FEE_CHARGED:          ((A.REFUNDS_PAYABLE,),                      (A.FEE_REVENUE, A.TAX_PAYABLE)),
    Cause.SET_OFF:              ((A.REFUNDS_PAYABLE,),                      (A.RECEIVABLE,)),
    Cause.GIVEN_AS_CREDIT:      ((A.REFUNDS_PAYABLE, A.APPEASEMENT),        _CREDIT_ACCOUNTS),
    Cause.APPEASED:             ((A.APPEASEMENT,),                          _CREDIT_ACCOUNTS),
    Cause.CARRIED_OVER:         ((A.REFUNDS_PAYABLE,),                      (A.DEPOSITS,)),
    Cause.CREDIT_SOLD:          ((A.BANK, A.PSP_CLEARING, A.RECEIVABLE),    _CREDIT_ACCOUNTS),
    Cause.CREDIT_EXPIRED:       (_CREDIT_ACCOUNTS,                          (A.OTHER_INCOME, A.APPEASEMENT)),
    Cause.CREDIT_MOVED:         (_CREDIT_ACCOUNTS,                          _CREDIT_ACCOUNTS),
    Cause.PAID_OUT:             ((A.BANK, A.FEES),                          (A.PSP_CLEARING,)),
    Cause.EXCHANGED:            ((A.PSP_CLEARING, A.EXCHANGE),              (A.EXCHANGE, A.PSP_CLEARING)),
    Cause.DISPUTED:             ((A.DISPUTES_RECEIVABLE, A.FEES),           (A.PSP_CLEARING,)),
    Cause.DISPUTE_LOST:         ((A.DISPUTE_LOSS,),                         (A.DISPUTES_RECEIVABLE,)),
    Cause.DISPUTE_WON:          ((A.PSP_CLEARING,),                         (A.DISPUTES_RECEIVABLE, A.FEES)),
    Cause.CARRIER_ACCEPTED:     ((A.CARRIER_RECEIVABLE,),                   (A.OTHER_INCOME,)),
    Cause.CARRIER_PAID:         ((A.BANK,),                                 (A.CARRIER_RECEIVABLE,)),
    Cause.WRITTEN_OFF:          ((A.WRITE_OFF,),                            (A.RECEIVABLE, A.PSP_CLEARING)),
    Cause.SELLER_SHARED:        ((A.SELLER_GOODS,),                         (A.SELLER_PAYABLE, A.COMMISSIONS)),
    Cause.SELLER_STATED:        ((A.SELLER_PAYABLE,),                       (A.SELLER_STATEMENTS,)),
    Cause.SELLER_PAID:          ((A.SELLER_STATEMENTS,),                    (A.BANK,)),
    Cause.TAX_ON_DEPOSIT:       ((A.TAX_ON_DEPOSITS,),                      (A.TAX_PAYABLE,)),
    Cause.TAX_ON_DEPOSIT_ENDED: ((A.TAX_PAYABLE,),                          (A.TAX_ON_DEPOSITS,)),
    Cause.REVALUED:             (REVALUED,                                  (A.FX,)),
}  # fmt: skip


def moved(cause: Cause, amount_minor: int, *, debit_sub: str = "", credit_sub: str = "") -> tuple[Entry, ...]:
    """One amount from the credit account of a row to its debit account: the first of each. Nothing, for nought."""
    debit, credit = POSTINGS[cause]
    return entries(cause, [(debit[0], debit_sub, amount_minor)], [(credit[0], credit_sub, amount_minor)])


def entries(
    cause: Cause, debit: Iterable[tuple[Account, str, int]], credit: Iterable[tuple[Account, str, int]]
) -> tuple[Entry, ...]:
    """The entries of a posting: (account, sub-account, amount) by side, each an account of the row. Noughts are left out.

    A negative amount takes back what stood on that side. ValueError: another account, or sides that differ: a bug.
    """
    allowed = POSTINGS[cause]
    made: list[Entry] = []
    for sign, row, side in ((1, allowed[0], debit), (-1, allowed[1], credit)):
        for account, sub, amount in side:
            if account not in row:
                raise ValueError(f"{cause} does not post to {account} on that side")
            if amount:
                made.append(Entry(account, sign * amount, sub))
    if sum(entry.amount_minor for entry in made):
        raise ValueError(f"the sides of {cause} differ: {made}")
    return tuple(made)
