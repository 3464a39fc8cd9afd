"""Statements of credit accounts: what was on one, what came and went, and what is left."""

from collections.abc import Iterable
from datetime import date, datetime

import msgspec

from orderline.core.credits.state import CreditAccount, CreditCause, CreditEntry


class CreditStatementLine(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One change, with what was on the account after it. goodwill_minor: what of it nobody has paid for."""

    at: datetime
    cause: CreditCause
    amount_minor: int
    balance_minor: int
    goodwill_minor: int = 0
    order: str = ""
    reason: str = ""


class CreditStatement(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """opening + lines = closing. goodwill_minor: what of the closing balance nobody has paid for."""

    account: str
    currency: str
    since: date
    until: date
    opening_minor: int
    closing_minor: int
    goodwill_minor: int
    lines: tuple[CreditStatementLine, ...]


def statement_of(account: CreditAccount, entries: Iterable[CreditEntry], since: date, until: date) -> CreditStatement:
    """What happened on an account from the first day to the last, by days of UTC. entries: all of it, the first first."""
    opening = balance = gifts = 0
    lines: list[CreditStatementLine] = []
    for each in entries:
        if each.at.date() > until:
            break
        balance += each.amount_minor
        before, gifts = gifts, min(balance, gifts + each.gift_minor)
        if each.at.date() < since:
            opening = balance
            continue
        line = CreditStatementLine(
            at=each.at, cause=each.cause, amount_minor=each.amount_minor, balance_minor=balance,
            goodwill_minor=gifts - before, order=each.order, reason=each.reason,
        )  # fmt: skip
        lines.append(line)
    return CreditStatement(
        account=account.id, currency=account.currency, since=since, until=until, opening_minor=opening,
        closing_minor=balance, goodwill_minor=gifts, lines=tuple(lines),
    )  # fmt: skip
