"""Credits: what of an order's price the customer does not owe any more, or gets back. The agreement stays as it was."""

from datetime import datetime
from enum import StrEnum

import msgspec

from orderline.core.orders.priced import TaxLine


class Destination(StrEnum):
    """Where the money of a credit goes: back over the tenders, to store credit, or first to what is sent in exchange."""

    TENDERS = "tenders"
    STORE_CREDIT = "store_credit"
    EXCHANGE = "exchange"


class CreditLine(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What is credited on one line. quantity: units it is for; nought: an allowance, the goods stay sold in full.

    taxes: as they were charged, at the rates of the sale. over: the units that an allowance lessens the money of: the next
    that are credited.
    """

    line: int
    quantity: int
    net_minor: int
    taxes: tuple[TaxLine, ...] = ()
    over: int = 0

    @property
    def total_minor(self) -> int:
        """With tax."""
        return self.net_minor + sum(tax.amount_minor for tax in self.taxes)


class CreditCharge(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A charge that is credited, or, as a fee of a credit, kept back from it; `kind` as "shipping" or "restocking"."""

    kind: str
    net_minor: int
    taxes: tuple[TaxLine, ...] = ()

    @property
    def total_minor(self) -> int:
        """With tax."""
        return self.net_minor + sum(tax.amount_minor for tax in self.taxes)


class Credit(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """One credit of an order. total_minor: lines and charges, less fees, all with tax: what the customer gets.

    refers_to: what it is for, such as a return. document: the number of the credit note, once there is one.
    account, bonus_minor: the credit account that it became, where it is store credit, and what was given on top;
    goodwill_minor: what of it nobody had paid for, and nobody is given as money.
    given_at: when, of an appeasement; goodwill: it was owed by nobody; counted: the budgets it is counted on; undoes: the
    number of the credit that it takes back.
    """

    number: int
    reason: str
    total_minor: int
    lines: tuple[CreditLine, ...] = ()
    charges: tuple[CreditCharge, ...] = ()
    fees: tuple[CreditCharge, ...] = ()
    destination: Destination = Destination.TENDERS
    refers_to: str = ""
    by: str = ""
    document: str = ""
    account: str = ""
    bonus_minor: int = 0
    goodwill_minor: int = 0
    given_at: datetime | None = None
    goodwill: bool = False
    counted: tuple[str, ...] = ()
    undoes: int = 0

    @property
    def tax_minor(self) -> int:
        """The tax in it."""
        given = sum(tax.amount_minor for each in (*self.lines, *self.charges) for tax in each.taxes)
        return given - sum(tax.amount_minor for each in self.fees for tax in each.taxes)

    @property
    def stands_for_minor(self) -> int:
        """What lines, charges and fees add up to: the same as the total."""
        given = sum(each.total_minor for each in (*self.lines, *self.charges))
        return given - sum(each.total_minor for each in self.fees)
