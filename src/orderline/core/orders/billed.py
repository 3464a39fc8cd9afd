"""What of an order stands on invoices and credit notes."""

from collections.abc import Iterable, Sequence
from datetime import date
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from orderline.core.orders.priced import TaxLine


class DocumentKind(StrEnum):
    """What a document states: what is owed, or what is taken back of it."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


class DocumentRef(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A document of the order; `lines` are those it is about. collective: it is of other orders as well, this is its share."""

    id: str
    number: str
    kind: DocumentKind
    day: date
    total_minor: int
    lines: tuple[int, ...] = ()
    collective: bool = False


class Billed(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """What is on invoices of one line, or of the charges of one kind (then without units).

    net_minor: without tax, what was taken off already taken off; discount_minor: that, without tax.
    """

    line: int = 0
    charge: str = ""
    quantity: int = 0
    net_minor: int = 0
    discount_minor: int = 0
    taxes: tuple[TaxLine, ...] = ()

    @property
    def total_minor(self) -> int:
        """With tax."""
        return self.net_minor + sum(tax.amount_minor for tax in self.taxes)

    @property
    def is_nothing(self) -> bool:
        """No unit and no amount."""
        return not (self.quantity or self.net_minor or self.discount_minor or any(t.amount_minor for t in self.taxes))


def with_billed(billed: tuple[Billed, ...], more: Iterable[Billed]) -> tuple[Billed, ...]:
    """What is on invoices, with another one."""
    known = {(each.line, each.charge): each for each in billed}
    for each in more:
        before = known.get((each.line, each.charge))
        known[each.line, each.charge] = each if before is None else _sum(before, each)
    return tuple(known.values())


def signed(billed: Billed, sign: int) -> Billed:
    """The same, or its mirror."""
    if sign > 0:
        return billed
    return replace(
        billed,
        quantity=-billed.quantity,
        net_minor=-billed.net_minor,
        discount_minor=-billed.discount_minor,
        taxes=tax_lines(sum_taxes(billed.taxes, -1)),
    )


def sum_taxes(taxes: Sequence[TaxLine], sign: int = 1) -> dict[TaxLine, int]:
    """Taxes by what they are: each as a line of nought, with its amount."""
    sums: dict[TaxLine, int] = {}
    for tax in taxes:
        sums[tax.of(0)] = sums.get(tax.of(0), 0) + sign * tax.amount_minor
    return sums


def tax_lines(sums: dict[TaxLine, int]) -> tuple[TaxLine, ...]:
    """The other way round; noughts stay, since a rate of nought is told as well."""
    return tuple(tax.of(amount) for tax, amount in sums.items())


def _sum(one: Billed, other: Billed) -> Billed:
    return replace(
        one,
        quantity=one.quantity + other.quantity,
        net_minor=one.net_minor + other.net_minor,
        discount_minor=one.discount_minor + other.discount_minor,
        taxes=tax_lines(sum_taxes((*one.taxes, *other.taxes))),
    )
