"""Legal entities: who sells, in whose books money stands, and who signs an invoice. Rates between currencies."""

from datetime import date
from decimal import Decimal
from typing import Final

import msgspec

MAIN: Final = "main"  # there from the beginning, so that a shop of one company has nothing to set up
TEST: Final = ":test"  # behind the code of an entity: the books of test orders, which nobody exports


class LegalEntity(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A company that sells. currency: that of its books, or empty: each sum stands in the currency it was paid in.

    time_zone: whose midnight ends a day in the books. vat_id, tax_number, registration: as papers must show them.
    invoice_numbers, credit_numbers: how its documents are named; {year} begins a series of its own each year,
    {number} counts without a gap. due_days: how long after its date an unpaid invoice is due. closed_until: the last day of
    the books that is closed; told by closing a period. write_off_minor: up to how much of one order is written off as a small
    difference. tax_on_deposits: tax is owed as soon as a customer has paid, as in countries that tax prepayments.
    endpoint: where it sends and takes electronic invoices, as "scheme:id" by the codes of EAS. goodwill_first: of a credit
    account, what nobody has paid for is spent first, and not last. credit_lasts_years: how long what was paid for on one lasts
    at least; as our table of countries says, when not given.
    """

    code: str
    name: str = ""
    country: str = ""
    currency: str = ""
    time_zone: str = "UTC"
    street: str = ""
    postal_code: str = ""
    city: str = ""
    email: str = ""
    phone: str = ""
    vat_id: str = ""
    tax_number: str = ""
    registration: str = ""
    iban: str = ""
    endpoint: str = ""
    invoice_numbers: str = "INV-{year}-{number}"
    credit_numbers: str = "CN-{year}-{number}"
    due_days: int = 0
    closed_until: date | None = None
    write_off_minor: int = 100
    tax_on_deposits: bool = False
    goodwill_first: bool = False
    credit_lasts_years: int | None = None


class DayRate(msgspec.Struct, frozen=True, gc=False):
    """From a day on, one unit of a currency is worth `rate` units of another, as a decimal number."""

    day: date
    rate: str


class RateTable(msgspec.Struct, frozen=True, gc=False):
    """The rates of a pair by day, the latest last. code: "USD/EUR" says what a dollar is worth in euros."""

    code: str
    days: tuple[DayRate, ...]

    def on(self, day: date) -> DayRate | None:
        """The rate of the day, or the last one before it."""
        return next((each for each in reversed(self.days) if each.day <= day), None)


def pair_of(currency: str, base: str) -> str:
    """The code of the table of a pair."""
    return f"{currency}/{base}"


def worth_of(rate: DayRate) -> Decimal:
    """The rate as a number."""
    return Decimal(rate.rate)
