"""Money compared day by day: what was paid, what was shipped, what was collected, and the orders in which these differ."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Final
from uuid import UUID

import msgspec

from orderline.core.ledger.rules import Cause
from orderline.core.ledger.state import Account
from orderline.store.reading.source import Source

Place = tuple[datetime, UUID, str]
FIRST: Final[Place] = (datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0), "")

OPEN: Final = {
    # account                     kind, the sign of what is open there, and what a person does when it stays so
    Account.DEPOSITS: ("paid_not_shipped", -1, "ship it, or cancel and give the money back"),
    Account.RECEIVABLE: ("shipped_not_paid", 1, "collect it: add a tender, remind the customer, or write it off"),
    Account.REFUNDS_PAYABLE: ("refund_owed", -1, "give it back: ask for the refund again, or by other means"),
    Account.DISPUTES_RECEIVABLE: ("disputed", 1, "answer the dispute before its deadline"),
}
_HELD: Final = (Account.DEPOSITS, Account.RECEIVABLE, Account.REFUNDS_PAYABLE)
_DISPUTES: Final = (Cause.DISPUTED, Cause.DISPUTE_LOST, Cause.DISPUTE_WON)
_CREDITS: Final = (Cause.CREDITED, Cause.FEE_CHARGED)


class ReconciledDay(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to the money of one channel and provider on one day, in minor units.

    paid = captured - refunded - disputed; shipped = invoiced - credited. open: by how much we hold more than we have
    shipped for, below zero: less; paid - shipped, unless money went another way (store credit, transfers).
    collected: what the provider has paid out, its fees among it, in the currency of the sale, whatever it was exchanged for;
    payouts belong to no channel.
    """

    day: date
    channel: str
    provider: str
    currency: str
    captured_minor: int
    refunded_minor: int
    disputed_minor: int
    paid_minor: int
    invoiced_minor: int
    credited_minor: int
    shipped_minor: int
    open_minor: int
    collected_minor: int


class OpenOrder(msgspec.Struct, frozen=True, kw_only=True):
    """Money of an order that is open: `paid_not_shipped`, `shipped_not_paid`, `refund_owed` or `disputed`, since when.

    amount_minor: below zero when it is open the other way round. It leaves the list when the order's books are even.
    """

    order: UUID
    number: str
    channel: str
    kind: str
    currency: str
    amount_minor: int
    since: datetime
    next_step: str


def load_days(source: Source, entity: str, *, since: date, until: date) -> list[ReconciledDay]:
    """Each day, channel, provider and currency in which something was posted; until: included."""
    accounts = [*_HELD, Account.PSP_CLEARING, Account.DISPUTES_RECEIVABLE]
    rows = source.rows("reconciliation", "days", entity=entity, accounts=accounts, since=since, until=until)
    by_key: dict[tuple[date, str, str, str], list[tuple[str, str, int]]] = {}
    for day, channel, provider, currency, account, cause, amount in rows:
        by_key.setdefault((day, channel, provider, currency), []).append((account, cause, int(amount)))
    return [_day(*key, posted) for key, posted in sorted(by_key.items())]


def load_open_orders(
    source: Source, entity: str, *, until: date, channel: str | None = None, after: Place = FIRST, most: int
) -> list[OpenOrder]:
    """What is open at the end of a day, that for the longest time first, after a place."""
    at, order, account = after
    rows = source.rows(
        "reconciliation", "open_orders", entity=entity, accounts=[*OPEN], until=until, channel=channel, after_at=at,
        after_order=order, after_account=account, most=most,
    )  # fmt: skip
    found: list[OpenOrder] = []
    for id_, number, name, on, currency, amount, since in rows:
        kind, sign, next_step = OPEN[Account(on)]
        found.append(
            OpenOrder(
                order=id_, number=number, channel=name, kind=kind, currency=currency, amount_minor=sign * int(amount),
                since=since, next_step=next_step,
            )
        )  # fmt: skip
    return found


def place_of(found: OpenOrder) -> Place:
    """Where the next page goes on."""
    account = next(account for account, (kind, _, _) in OPEN.items() if kind == found.kind)
    return found.since, found.order, account.value


def _day(day: date, channel: str, provider: str, currency: str, posted: list[tuple[str, str, int]]) -> ReconciledDay:
    def at(accounts: Iterable[Account], causes: Iterable[Cause] | None = None) -> int:
        return sum(
            amount
            for account, cause, amount in posted
            if account in set(accounts) and (causes is None or cause in set(causes))
        )

    clearing = (Account.PSP_CLEARING,)
    captured = at(clearing, (Cause.CAPTURED, Cause.PAYMENT_RECEIVED))
    refunded, disputed = -at(clearing, (Cause.REFUNDED,)), -at(clearing, _DISPUTES)
    invoiced, credited = at((Account.RECEIVABLE,), (Cause.INVOICED,)), -at((Account.REFUNDS_PAYABLE,), _CREDITS)
    return ReconciledDay(
        day=day,
        channel=channel,
        provider=provider,
        currency=currency,
        captured_minor=captured,
        refunded_minor=refunded,
        disputed_minor=disputed,
        paid_minor=captured - refunded - disputed,
        invoiced_minor=invoiced,
        credited_minor=credited,
        shipped_minor=invoiced - credited,
        open_minor=-at(_HELD),
        collected_minor=-at(clearing, (Cause.PAID_OUT, Cause.EXCHANGED)),
    )
