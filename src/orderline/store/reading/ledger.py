"""The books as they stand: a trial balance, and the entries behind each of its figures."""

from datetime import UTC, date, datetime

import msgspec

from orderline.core.ledger.periods import PERIOD, Period, last_day, period_id
from orderline.core.ledger.posting import entity_of
from orderline.core.ledger.revaluing import PeriodBalance, Revaluation, revaluations
from orderline.core.ledger.state import LedgerEntry
from orderline.store.reading.records import load_record
from orderline.store.reading.source import Source

FIRST = (date(1970, 1, 1), datetime(1970, 1, 1, tzinfo=UTC), "", 0, 0)

Place = tuple[date, datetime, str, int, int]  # day, instant, source, sequence, place among its entries


class AccountBalance(msgspec.Struct, frozen=True, omit_defaults=True):
    """What stands on an account: debit positive. base_minor: in the currency of the books, where they have one."""

    account: str
    sub: str
    currency: str
    balance_minor: int
    debit_minor: int
    credit_minor: int
    entries: int
    base: str = ""
    base_minor: int = 0


class CurrencySum(msgspec.Struct, frozen=True, omit_defaults=True):
    """All accounts of the books together, in one currency: nought."""

    currency: str
    balance_minor: int
    debit_minor: int
    credit_minor: int
    base_minor: int = 0


class TrialBalance(msgspec.Struct, frozen=True, omit_defaults=True):
    """The accounts of one entity; each currency sums to nought, or `orderline verify` says so."""

    entity: str
    accounts: tuple[AccountBalance, ...]
    sums: tuple[CurrencySum, ...]
    since: date | None = None
    until: date | None = None


class RevaluedMonth(msgspec.Struct, frozen=True, kw_only=True):
    """Open positions in foreign currencies at the rates of the last day of a month.

    closed: so they were posted, and taken back on the next day; else so they would be now. base: the currency of the books; empty:
    they are kept in the currency of each amount, and nothing is revalued.
    """

    entity: str
    month: str
    until: date
    closed: bool
    base: str
    positions: tuple[Revaluation, ...]


class OrderLedger(msgspec.Struct, frozen=True):
    """The account statement of an order: all entries, and what is open."""

    balances: tuple[AccountBalance, ...]
    entries: tuple[LedgerEntry, ...]


def load_trial_balance(
    source: Source, entity: str, *, since: date | None = None, until: date | None = None
) -> TrialBalance:
    """What was posted in the books of an entity, account by account, in a span of days."""
    rows = source.rows("ledger", "trial_balance", entity=entity, since=since, until=until)
    accounts = tuple(
        AccountBalance(account, sub, currency, int(amount), int(debit or 0), int(credit or 0), int(n), base, int(worth))
        for account, sub, currency, base, amount, worth, debit, credit, n in rows
    )
    return TrialBalance(entity, accounts, _sums(accounts), since, until)


def balances_at(balance: TrialBalance) -> tuple[PeriodBalance, ...]:
    """The balances of a period that ends so."""
    return tuple(
        PeriodBalance(each.account, each.sub, each.currency, each.balance_minor, each.base, each.base_minor)
        for each in balance.accounts
    )


def load_revaluation(source: Source, entity: str, month: str) -> RevaluedMonth:
    """What closing a month posts for positions in foreign currencies, or has posted. Refused PERIOD_UNKNOWN: no month."""
    until = last_day(month)
    period: Period | None = load_record(source, PERIOD.name, period_id(entity, month))
    if period is not None:
        base = entity_of(source.settings(), entity).currency
        return RevaluedMonth(entity=entity, month=month, until=until, closed=True, base=base, positions=period.revalued)
    settings = source.settings()
    about = entity_of(settings, entity)
    accounts = balances_at(load_trial_balance(source, entity, until=until))
    found = revaluations(settings, about, accounts, until)
    return RevaluedMonth(entity=entity, month=month, until=until, closed=False, base=about.currency, positions=found)


def load_account(
    source: Source,
    entity: str,
    account: str,
    *,
    sub: str | None = None,
    currency: str | None = None,
    since: date | None = None,
    until: date | None = None,
    after: Place = FIRST,
    most: int,
) -> list[LedgerEntry]:
    """The entries of an account, the oldest first, after a place."""
    day, at, name, seq, n = after
    rows = source.rows(
        "ledger", "account_entries", entity=entity, account=account, sub=sub, currency=currency, since=since,
        until=until, after_day=day, after_at=at, after_source=name, after_seq=seq, after_n=n, most=most,
    )  # fmt: skip
    return [LedgerEntry(*row) for row in rows]


def load_order_ledger(source: Source, order: str) -> OrderLedger:
    """All that was posted of an order."""
    entries = tuple(LedgerEntry(*row) for row in source.rows("ledger", "order_entries", order=order))
    by_account: dict[tuple[str, str, str, str], list[LedgerEntry]] = {}
    for each in entries:
        by_account.setdefault((each.account, each.sub, each.currency, each.base), []).append(each)
    balances = tuple(
        AccountBalance(
            account, sub, currency,
            sum(each.amount_minor for each in found),
            sum(each.amount_minor for each in found if each.amount_minor > 0),
            -sum(each.amount_minor for each in found if each.amount_minor < 0),
            len(found), base, sum(each.base_minor for each in found),
        )
        for (account, sub, currency, base), found in sorted(by_account.items())
    )  # fmt: skip
    return OrderLedger(balances, entries)


def place_of(entry: LedgerEntry) -> Place:
    """Where the next page goes on."""
    return entry.day, entry.recorded_at, entry.source, entry.seq, entry.n


def _sums(accounts: tuple[AccountBalance, ...]) -> tuple[CurrencySum, ...]:
    by_currency: dict[str, list[AccountBalance]] = {}
    for each in accounts:
        by_currency.setdefault(each.currency, []).append(each)
    return tuple(
        CurrencySum(
            currency,
            sum(each.balance_minor for each in found),
            sum(each.debit_minor for each in found),
            sum(each.credit_minor for each in found),
            sum(each.base_minor for each in found),
        )
        for currency, found in sorted(by_currency.items())
    )
