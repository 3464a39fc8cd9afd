"""What a company owes, and will owe for what it has ordered: its exposure, order by order. Source: domain model 6.3."""

from collections.abc import Iterable
from typing import Final

import msgspec

from orderline.core.ledger.state import Account
from orderline.core.moves import Bucket
from orderline.core.orders.billed import DocumentKind
from orderline.core.orders.state import Order, is_canceled
from orderline.core.tenders.rules import TERMS
from orderline.core.tenders.sums import awaited_minor, earned_minor, net_agreed_minor, open_authorization, priced_lines
from orderline.values.money import share_so_far

CREDIT: Final = "credit"  # the hold of an order beyond the limit
_ALLOCATED: Final = (Bucket.ALLOCATED, Bucket.RELEASED, Bucket.PICKED, Bucket.PACKED)


class Exposure(msgspec.Struct, frozen=True, omit_defaults=True):
    """What stands open on terms, in minor units.

    receivable: invoiced and not paid; shipped: supplied and not invoiced; allocated: at a location, not shipped; waiting:
    ordered, and nowhere yet; held: as that, of orders that are held for the limit, which do not count. deposits and
    secured: paid ahead, or promised by other means.
    """

    receivable_minor: int = 0
    shipped_minor: int = 0
    allocated_minor: int = 0
    waiting_minor: int = 0
    held_minor: int = 0
    deposits_minor: int = 0
    secured_minor: int = 0

    @property
    def total_minor(self) -> int:
        """What counts against the limit: never below zero, for the money of one order is not another's."""
        owed = self.receivable_minor + self.shipped_minor + self.allocated_minor + self.waiting_minor
        return max(0, owed - self.deposits_minor - self.secured_minor)


def is_on_terms(order: Order) -> bool:
    """Is some of it paid by invoice, by a company?"""
    return order.company is not None and any(tender.provider == TERMS for tender in order.tenders)


def exposure_of(order: Order, *, held: bool | None = None) -> Exposure:
    """What an order adds. held: as if it were, or were not, held for the limit. Tests and history add nothing."""
    if not is_on_terms(order) or order.is_test or order.history:
        return Exposure()
    earned = earned_minor(order)
    invoiced = sum(each.total_minor for each in order.documents if each.kind is DocumentKind.INVOICE)
    unshipped = net_agreed_minor(order) - earned
    if order.returns:
        unshipped -= awaited_minor(order)  # what is sent in exchange is paid by what comes back for it
    unshipped = max(0, unshipped)
    allocated = 0
    for agreed in priced_lines(order):
        line = order.line_of(agreed.line)
        units = sum(getattr(line.units, bucket) for bucket in _ALLOCATED) if line is not None else 0
        allocated += share_so_far(agreed.total_minor, units, agreed.quantity) if units else 0
    allocated = min(unshipped, allocated)
    books = order.books
    if held is None:
        held = is_held(order)
    return Exposure(
        receivable_minor=max(0, books.of(Account.RECEIVABLE)) if books is not None else 0,
        shipped_minor=max(0, earned - invoiced),
        allocated_minor=allocated,
        waiting_minor=0 if held else unshipped - allocated,
        held_minor=unshipped - allocated if held else 0,
        deposits_minor=max(0, -books.of(Account.DEPOSITS)) if books is not None else 0,
        secured_minor=sum(open_authorization(tender) for tender in order.tenders if tender.provider != TERMS),
    )


def is_held(order: Order) -> bool:
    """Is it held for the limit?"""
    return any(hold.type == CREDIT for hold in order.holds)


def open_minor(company: str, stored_minor: int, orders: Iterable[Order | None]) -> int:
    """The exposure of a company: what is stored of orders that are not at hand, and what those at hand add now."""
    own = (order for order in orders if order is not None and order.company is not None)
    return stored_minor + sum(exposure_of(order).total_minor for order in own if _is_of(order, company))


def _is_of(order: Order, company: str) -> bool:
    return order.company is not None and order.company.company == company


def has_po_number(order: Order | None, company: str, po_number: str) -> bool:
    """Is it a living order of the company under that number?"""
    about = order.company if order is not None else None
    return (
        order is not None
        and about is not None
        and (about.company, about.po_number) == (company, po_number)
        and is_live(order)
    )


def is_live(order: Order) -> bool:
    """Is anything of it not canceled? A number may be used again when all is."""
    return not all(map(is_canceled, order.lines))
