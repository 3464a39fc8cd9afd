"""Tax on what customers pay beforehand, for legal entities of countries that tax prepayments.

Source: domain model 6.2. Tax is owed while a deposit stands, and given back to the account when it is invoiced or sent back,
so that the invoice owes all of it once.
"""

from orderline.core.entities.state import LegalEntity
from orderline.core.ledger.rules import Cause, entries
from orderline.core.ledger.state import Account, Entry
from orderline.core.orders.state import LineKind, Order
from orderline.values.money import share_so_far

A = Account


def deposit_tax(entity: LegalEntity, order: Order) -> list[tuple[Cause, tuple[Entry, ...]]]:
    """What brings the tax on deposits to its share of the tax of the order: as of what is deposited now."""
    books = order.books
    if books is None or not (entity.tax_on_deposits or books.of(A.TAX_ON_DEPOSITS)):
        return []
    deposited = -books.of(A.DEPOSITS) if entity.tax_on_deposits else 0
    total = order.agreement.total_minor
    more: list[tuple[str, int]] = []
    less: list[tuple[str, int]] = []
    taxes = _taxes(order)
    held = [each.sub for each in books.balances if each.account is A.TAX_ON_DEPOSITS]
    for name in dict.fromkeys((*taxes, *held)):
        due = share_so_far(taxes.get(name, 0), min(deposited, total), total) if deposited > 0 and total else 0
        difference = due - books.of(A.TAX_ON_DEPOSITS, name)
        if difference:
            (more if difference > 0 else less).append((name, abs(difference)))
    made: list[tuple[Cause, tuple[Entry, ...]]] = []
    for cause, parts in ((Cause.TAX_ON_DEPOSIT, more), (Cause.TAX_ON_DEPOSIT_ENDED, less)):
        on = [(A.TAX_ON_DEPOSITS, name, amount) for name, amount in parts]
        payable = [(A.TAX_PAYABLE, name, amount) for name, amount in parts]
        debit, credit = (on, payable) if cause is Cause.TAX_ON_DEPOSIT else (payable, on)
        made.append((cause, entries(cause, debit, credit)))
    return made


def _taxes(order: Order) -> dict[str, int]:
    """What tax is agreed, by name."""
    agreement = order.agreement
    sums: dict[str, int] = {}
    for priced in (*(line for line in agreement.lines if line.kind is not LineKind.BUNDLE), *agreement.charges):
        for tax in priced.taxes:
            sums[tax.name] = sums.get(tax.name, 0) + tax.amount_minor
    return sums
