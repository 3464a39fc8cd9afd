"""The ledger: named accounts between which money moves. Debit is positive, credit negative; each posting sums to zero."""

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import Final

import msgspec


class Account(StrEnum):
    """A named place for money. `sub` of an entry says more: the provider, the tax, the credit account."""

    PSP_CLEARING = "psp_clearing"
    BANK = "bank"
    FEES = "fees"
    DEPOSITS = "deposits"
    RECEIVABLE = "receivable"
    REFUNDS_PAYABLE = "refunds_payable"
    REVENUE_GOODS = "revenue_goods"
    REVENUE_SHIPPING = "revenue_shipping"
    REVENUE_OTHER = "revenue_other"
    DISCOUNTS = "discounts"
    TAX_PAYABLE = "tax_payable"
    TAX_ON_DEPOSITS = "tax_on_deposits"
    RETURNS_ALLOWANCES = "returns_allowances"
    FEE_REVENUE = "fee_revenue"
    STORE_CREDIT = "store_credit"
    GIFT_CARDS = "gift_cards"
    APPEASEMENT = "appeasement"
    DISPUTES_RECEIVABLE = "disputes_receivable"
    DISPUTE_LOSS = "dispute_loss"
    CARRIER_RECEIVABLE = "carrier_receivable"
    OTHER_INCOME = "other_income"
    WRITE_OFF = "write_off"
    DONATIONS = "donations"
    FX = "fx"
    EXCHANGE = "exchange"
    SELLER_GOODS = "seller_goods"
    COMMISSIONS = "commissions"
    SELLER_PAYABLE = "seller_payable"
    SELLER_STATEMENTS = "seller_statements"


# Accounts whose balance concerns one order: each comes to nothing when all is settled, but for what was written off, and what
# its sellers have of it; or one statement of a seller.
ORDER_ACCOUNTS: Final = frozenset(
    {
        Account.DEPOSITS,
        Account.RECEIVABLE,
        Account.REFUNDS_PAYABLE,
        Account.TAX_ON_DEPOSITS,
        Account.DISPUTES_RECEIVABLE,
        Account.WRITE_OFF,
        Account.SELLER_PAYABLE,
        Account.COMMISSIONS,
        Account.SELLER_STATEMENTS,
    }
)


class Entry(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """An amount on an account, in minor units: debit positive, credit negative.

    base_minor: what it is in the currency of the books; None: the same, for they are kept in the currency of the amount.
    """

    account: Account
    amount_minor: int
    sub: str = ""
    base_minor: int | None = None

    @property
    def base(self) -> int:
        """The amount in the currency of the books."""
        return self.amount_minor if self.base_minor is None else self.base_minor


class Posted(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """One posting: entries that sum to zero, in both currencies, on one day of the books of one entity.

    cause: the row of the posting table. base, rate: the currency of the books, and what one unit of `currency` was worth
    in it, where it is another; an empty rate: none was known, and the amounts in the books are nought.
    """

    cause: str
    entity: str
    day: date
    currency: str
    entries: tuple[Entry, ...]
    base: str = ""
    rate: str = ""
    document: str = ""


class Balance(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What stands on an account."""

    account: Account
    amount_minor: int
    sub: str = ""
    base_minor: int = 0


class Books(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What is open of one order in the books of its entity; accounts at zero are left out."""

    entity: str
    balances: tuple[Balance, ...] = ()

    def of(self, account: Account, sub: str | None = None) -> int:
        """What stands on an account, under one sub-account or all; debit positive."""
        return sum(each.amount_minor for each in self.balances if each.account is account and sub in (None, each.sub))

    def after(self, entries: Iterable[Entry]) -> "Books":
        """The books with entries added; only accounts that concern one order are kept."""
        stands = {(each.account, each.sub): (each.amount_minor, each.base_minor) for each in self.balances}
        for entry in entries:
            if entry.account in ORDER_ACCOUNTS:
                amount, base = stands.get((entry.account, entry.sub), (0, 0))
                stands[entry.account, entry.sub] = amount + entry.amount_minor, base + entry.base
        balances = (
            Balance(account, amount, sub, base) for (account, sub), (amount, base) in stands.items() if amount or base
        )
        return Books(self.entity, tuple(balances))


class LedgerEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One entry: what was posted, when, and by which fact. source: the id of an order, or of a record of that kind."""

    day: date
    recorded_at: datetime
    source_kind: str
    source: str
    seq: int
    n: int
    account: str
    sub: str
    currency: str
    amount_minor: int
    base: str
    base_minor: int
    rate: str
    cause: str
    document: str
