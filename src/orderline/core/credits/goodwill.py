"""What nobody has paid for on a credit account: promotional credit, goodwill, bonuses. It is never given out as money.

It is kept apart from what was paid for through spending and giving back: which of both is spent first is for the legal
entity to say, and what comes back is of the kind that was spent.
"""

from datetime import datetime

from orderline.core.credits.state import CreditAccount
from orderline.core.orders.state import Order, Tender


def lapses_at(account: CreditAccount) -> datetime | None:
    """When what nobody has paid for lapses: by its own date, or with the account. None: never."""
    return min((each for each in (account.goodwill_expires_at, account.expires_at) if each is not None), default=None)


def lapsed_minor(account: CreditAccount, now: datetime) -> int:
    """What of the balance nobody has paid for and may not be spent any more, its time being over."""
    until = account.goodwill_expires_at
    return account.goodwill_minor if until is not None and until <= now else 0


def spendable_minor(account: CreditAccount, now: datetime) -> int:
    """What may be spent of the balance."""
    return account.balance_minor - lapsed_minor(account, now)


def goodwill_spent(account: CreditAccount, amount_minor: int, now: datetime, *, first: bool) -> int:
    """What nobody has paid for of an amount that is spent: as much as there is, or as little as can be."""
    there = account.goodwill_minor - lapsed_minor(account, now)
    paid = account.balance_minor - account.goodwill_minor
    return min(there, amount_minor) if first else max(0, amount_minor - paid)


def goodwill_left(order: Order) -> int:
    """What nobody has paid for of the money of an order, and is not given back yet."""
    given = sum(credit.goodwill_minor for credit in order.credits)
    return max(0, sum(tender.goodwill_minor for tender in order.tenders) - given)


def goodwill_returned(order: Order, tender: Tender, amount_minor: int) -> int:
    """What nobody has paid for of an amount that goes back to a tender: its share of what is left, so that steps add up."""
    left = tender.captured_minor - tender.refunded_minor
    share = tender.goodwill_minor * amount_minor // left if left > 0 else 0
    return min(share, amount_minor, goodwill_left(order))


def most_as_money(order: Order, tender: Tender) -> int:
    """What of a tender may go back as money."""
    given = min(tender.goodwill_minor, goodwill_left(order)) if tender.goodwill_minor else 0
    return max(0, tender.captured_minor - tender.refunded_minor - given)
