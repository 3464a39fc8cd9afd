"""Open positions in foreign currencies at the rate of the last day of a month, in books that are kept in one currency.

Standard practice for monetary items (IAS 21, ASC 830): what is still to be received or paid is worth what it would bring on the day
the books are closed. The difference stands on the sub-account `revaluation` of the account and in `fx/unrealized`, and is taken back
on the first day of the next month, so that what is received or paid then is compared with what was posted first.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

import msgspec

from orderline.core.entities.state import LegalEntity, pair_of, worth_of
from orderline.core.ledger.rules import REVALUED, Cause
from orderline.core.ledger.state import Account, Entry, Posted
from orderline.core.stock.state import Settings
from orderline.values.money import CURRENCY_DIGITS

SUB: Final = "revaluation"
UNREALIZED: Final = "unrealized"


class PeriodBalance(msgspec.Struct, frozen=True, omit_defaults=True):
    """What stood on an account at the end of a period."""

    account: str
    sub: str
    currency: str
    balance_minor: int
    base: str = ""
    base_minor: int = 0


class Revaluation(msgspec.Struct, frozen=True, kw_only=True):
    """An open position: what stands on an account in a currency, all its sub-accounts together.

    base_minor: what it stands for in the books; worth_minor: what it is worth at `rate`, that of the last day of the month or the
    last one before it; difference_minor: what is posted, and taken back on the next day. An empty rate: none is known, and it
    stays as it stands.
    """

    account: str
    currency: str
    amount_minor: int
    base: str
    base_minor: int
    rate: str
    worth_minor: int
    difference_minor: int


def revaluations(
    settings: Settings, entity: LegalEntity, accounts: Iterable[PeriodBalance], until: date
) -> tuple[Revaluation, ...]:
    """Each open position in a foreign currency at the end of a day; none, where the books are kept in the currency of each amount."""
    base = entity.currency
    stands: dict[tuple[str, str], tuple[int, int]] = {}
    for each in accounts:
        if base and each.base == base != each.currency and each.account in REVALUED:
            amount, worth = stands.get((each.account, each.currency), (0, 0))
            stands[each.account, each.currency] = amount + each.balance_minor, worth + each.base_minor
    found: list[Revaluation] = []
    for (account, currency), (amount, worth) in sorted(stands.items()):
        table = settings.rates.get(pair_of(currency, base))
        rate = table.on(until) if table is not None else None
        digits = CURRENCY_DIGITS[base] - CURRENCY_DIGITS[currency]
        told = rate.rate if rate is not None else ""
        if rate is not None:
            now = int((amount * worth_of(rate)).scaleb(digits).quantize(Decimal(1), ROUND_HALF_EVEN))
        else:
            now = worth
        if amount or worth:
            found.append(
                Revaluation(
                    account=account, currency=currency, amount_minor=amount, base=base, base_minor=worth, rate=told,
                    worth_minor=now, difference_minor=now - worth,
                )
            )  # fmt: skip
    return tuple(found)


def revalued(entity: str, found: Sequence[Revaluation], until: date, document: str) -> tuple[Posted, ...]:
    """The postings of the last day of a month, a posting for each currency; and their mirror on the next day."""
    made: list[Posted] = []
    for currency in dict.fromkeys(each.currency for each in found):
        own = [each for each in found if each.currency == currency and each.difference_minor]
        gained = sum(each.difference_minor for each in own)
        for sign, day in ((1, until), (-1, until + timedelta(days=1))):
            entries = [Entry(Account(each.account), 0, SUB, sign * each.difference_minor) for each in own]
            if gained:
                entries.append(Entry(Account.FX, 0, UNREALIZED, -sign * gained))
            if entries:
                made.append(
                    Posted(
                        cause=Cause.REVALUED, entity=entity, day=day, currency=currency, entries=tuple(entries),
                        base=own[0].base, rate=own[0].rate, document=document,
                    )
                )  # fmt: skip
    return tuple(made)


def balances_after(
    accounts: Iterable[PeriodBalance], posted: Iterable[Posted], until: date
) -> tuple[PeriodBalance, ...]:
    """Balances of a day with what was posted on it."""
    sums = {(e.account, e.sub, e.currency, e.base): (e.balance_minor, e.base_minor) for e in accounts}
    for each in posted:
        for entry in each.entries if each.day <= until else ():
            key = str(entry.account), entry.sub, each.currency, each.base
            amount, worth = sums.get(key, (0, 0))
            sums[key] = amount + entry.amount_minor, worth + entry.base
    return tuple(
        PeriodBalance(account, sub, currency, amount, base, worth)
        for (account, sub, currency, base), (amount, worth) in sorted(sums.items())
    )
