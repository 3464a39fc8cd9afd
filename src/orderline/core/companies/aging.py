"""Aged receivables: what is invoiced and not paid at the end of a day, by company, currency, and how long it has been due."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum

import msgspec

from orderline.core.companies.statements import OpenInvoice, open_invoices
from orderline.core.documents.state import Document
from orderline.values.ids import OrderId


class Age(StrEnum):
    """For how long something has been due, in days. on_no_invoice: nothing says when it is due, or it was paid beforehand."""

    NOT_DUE = "not_due"
    TO_30 = "to_30"
    TO_60 = "to_60"
    TO_90 = "to_90"
    OVER_90 = "over_90"
    ON_NO_INVOICE = "on_no_invoice"


class Receivable(msgspec.Struct, frozen=True):
    """What stands on `receivable` of one order, or of something else when `order` is None. company: nobody's, when empty."""

    order: OrderId | None
    company: str
    currency: str
    amount_minor: int


class AgedInvoice(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice with what of it is not paid. number: nothing, for what a company owes, or has paid, on no invoice."""

    company: str
    company_name: str
    number: str
    order_number: str
    day: date | None
    due_on: date | None
    days_late: int
    age: Age
    currency: str
    total_minor: int
    open_minor: int


class AgedBalance(msgspec.Struct, frozen=True, kw_only=True):
    """What a company owes in one currency; the ages add up to `open_minor`, which stands on `receivable` in the books.

    company: empty, for all customers that are none. on_no_invoice_minor: below zero, what was paid and is on no invoice yet.
    """

    company: str
    company_name: str
    currency: str
    not_due_minor: int
    to_30_minor: int
    to_60_minor: int
    to_90_minor: int
    over_90_minor: int
    on_no_invoice_minor: int
    open_minor: int
    invoices: int


def age_of(days_late: int) -> Age:
    """How long it has been due; what is due today is not late."""
    if days_late <= 0:
        return Age.NOT_DUE
    known = ((30, Age.TO_30), (60, Age.TO_60), (90, Age.TO_90))
    return next((age for days, age in known if days_late <= days), Age.OVER_90)


def aged_invoices(
    receivables: Sequence[Receivable], documents: Sequence[Document], on: date, names: Mapping[str, str]
) -> tuple[AgedInvoice, ...]:
    """Each invoice that is not paid at the end of a day, and what of each company is on none: together all that is receivable.

    documents: at least the invoices of these orders; those after the day do not count. names: of companies.
    """
    own = {each.order: each.company for each in receivables if each.order is not None}
    left: dict[tuple[str, str], int] = {}
    open_: dict[str, dict[OrderId, int]] = {}
    for each in receivables:
        key = each.company, each.currency
        left[key] = left.get(key, 0) + each.amount_minor
        if each.order is not None:
            open_.setdefault(each.currency, {})[each.order] = each.amount_minor
    issued = [each for each in documents if each.day <= on]
    found: list[AgedInvoice] = []
    for currency, amounts in open_.items():
        of_currency = [each for each in issued if each.currency == currency]
        companies = {each.number: own.get(each.order, each.company) for each in of_currency}
        for each in open_invoices(amounts, of_currency, on):
            company = companies[each.number]
            left[company, currency] = left.get((company, currency), 0) - each.open_minor
            found.append(_aged(each, company, names.get(company, ""), currency))
    found += [
        AgedInvoice(
            company=company, company_name=names.get(company, ""), number="", order_number="", day=None, due_on=None,
            days_late=0, age=Age.ON_NO_INVOICE, currency=currency, total_minor=amount, open_minor=amount,
        )
        for (company, currency), amount in left.items()
        if amount
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda each: (each.company, each.currency, each.due_on or date.max, each.number)))


def aged_balances(invoices: Iterable[AgedInvoice]) -> tuple[AgedBalance, ...]:
    """A row for each company and currency."""
    rows: dict[tuple[str, str, str], list[AgedInvoice]] = {}
    for each in invoices:
        rows.setdefault((each.company, each.company_name, each.currency), []).append(each)
    return tuple(_summed(*key, found) for key, found in sorted(rows.items()))


def _summed(company: str, name: str, currency: str, found: Sequence[AgedInvoice]) -> AgedBalance:
    sums = dict.fromkeys(Age, 0)
    for each in found:
        sums[each.age] += each.open_minor
    return AgedBalance(
        company=company, company_name=name, currency=currency,
        not_due_minor=sums[Age.NOT_DUE], to_30_minor=sums[Age.TO_30], to_60_minor=sums[Age.TO_60],
        to_90_minor=sums[Age.TO_90], over_90_minor=sums[Age.OVER_90], on_no_invoice_minor=sums[Age.ON_NO_INVOICE],
        open_minor=sum(sums.values()), invoices=sum(1 for each in found if each.number),
    )  # fmt: skip


def _aged(invoice: OpenInvoice, company: str, name: str, currency: str) -> AgedInvoice:
    return AgedInvoice(
        company=company, company_name=name, number=invoice.number, order_number=invoice.order_number, day=invoice.day,
        due_on=invoice.due_on, days_late=invoice.days_late, age=age_of(invoice.days_late), currency=currency,
        total_minor=invoice.total_minor, open_minor=invoice.open_minor,
    )  # fmt: skip
