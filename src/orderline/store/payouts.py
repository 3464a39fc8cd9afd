"""What providers list of our balance there, and which of it is in the books."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from orderline.core.ledger.state import Account
from orderline.core.payouts.state import Standing
from orderline.store.database import Database
from orderline.store.queries import query
from orderline.store.reading.source import Source


class Reach(NamedTuple):
    """How far a provider's settlements were read; since when its payments are compared."""

    settled_to: datetime | None
    checked_to: datetime


class OpenPayout(NamedTuple):
    """A payout that is not in the books."""

    entry: str
    payout: str
    gross_minor: int
    fee_minor: int
    net_minor: int
    currency: str
    occurred_at: datetime


class Part(NamedTuple):
    """An entry of a payout. named: the provider has said that it is a part of it. original_*: before it was exchanged."""

    entry: str
    kind: str
    gross_minor: int
    fee_minor: int
    currency: str
    named: bool
    payment: str = ""
    original_minor: int | None = None
    original_currency: str = ""


class Settled(NamedTuple):
    """What a provider has settled of an order's payments, in the currency of these."""

    order: UUID
    kind: str
    currency: str
    gross_minor: int
    entry: str
    occurred_at: datetime


class Unsettled(NamedTuple):
    """What was captured of an order, and not settled."""

    order: UUID
    currency: str
    amount_minor: int
    captured_at: datetime


class ListedEntry(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A change of the balance at a provider: net = gross - fee, money in is positive. order: whose payment it is.

    original_minor, original_currency, rate: what it was before the provider has exchanged it, where it has. payout: the one it is
    a part of, by the provider's name, where that is asked for.
    """

    entry: str
    kind: str
    gross_minor: int
    fee_minor: int
    net_minor: int
    currency: str
    occurred_at: datetime
    reference: str = ""
    payment: str = ""
    order: UUID | None = None
    text: str = ""
    original_minor: int | None = None
    original_currency: str = ""
    rate: str = ""
    payout: str = ""


def reach_of(database: Database, provider: str) -> Reach | None:
    """None: the provider's payments were never compared."""
    rows = database.rows(query("payouts", "settled_to"), {"provider": provider})
    return Reach(*rows[0]) if rows else None


def save_reach(database: Database, provider: str, settled_to: datetime) -> None:
    """A provider's settlements have been read so far."""
    _run(database, "save_settled_to", provider=provider, settled_to=settled_to)


def save_entries(database: Database, provider: str, found: Sequence[ListedEntry], now: datetime) -> set[str]:
    """Keep what is listed; returns the names of what is new."""
    rows = database.rows(
        query("payouts", "save_entries"),
        {
            "provider": provider,
            "now": now,
            "entry": [each.entry for each in found],
            "kind": [each.kind for each in found],
            "gross": [each.gross_minor for each in found],
            "fee": [each.fee_minor for each in found],
            "net": [each.net_minor for each in found],
            "currency": [each.currency for each in found],
            "occurred_at": [each.occurred_at for each in found],
            "reference": [each.reference for each in found],
            "payment": [each.payment for each in found],
            "payout": [each.payout for each in found],
            "order_id": [each.order for each in found],
            "text": [each.text for each in found],
            "original": [each.original_minor for each in found],
            "original_currency": [each.original_currency or None for each in found],
            "rate": [each.rate or None for each in found],
        },
    )
    return {entry for entry, is_new in rows if is_new}


def place_entries(database: Database, provider: str) -> None:
    """Payments of no order find their order when it has come."""
    _run(database, "place_entries", provider=provider)


def open_payouts(database: Database, provider: str) -> list[OpenPayout]:
    """Payouts that are not in the books, the oldest first."""
    return [OpenPayout(*row) for row in database.rows(query("payouts", "open_payouts"), {"provider": provider})]


def is_named(database: Database, provider: str, payout: str) -> bool:
    """Does the provider say itself what a payout is made of?"""
    rows = database.rows(query("payouts", "is_named"), {"provider": provider, "payout": payout})
    return bool(rows[0][0])


def assign_entries(database: Database, provider: str, payout: OpenPayout) -> None:
    """What happened before a payout, and is in no other, is what it is made of; with what was exchanged into it."""
    _run(
        database, "assign_entries", provider=provider, payout=payout.payout, currency=payout.currency,
        until=payout.occurred_at,
    )  # fmt: skip
    for name in ("assign_other_sides", "assign_exchanged"):
        _run(database, name, provider=provider, payout=payout.payout, currency=payout.currency)


def parts_of(database: Database, provider: str, payout: str) -> list[Part]:
    """All entries of a payout, itself among them."""
    rows = database.rows(query("payouts", "parts_of_payout"), {"provider": provider, "payout": payout})
    return [Part(*row) for row in rows]


def standing_of(database: Database, provider: str, entity: str) -> tuple[Standing, ...]:
    """What stands on a provider's account in the books of an entity, by currency."""
    about = {"entities": [entity], "accounts": [Account.PSP_CLEARING.value], "sub": provider}
    rows = database.rows(query("ledger", "standing"), about)
    return tuple(Standing(currency=each, amount_minor=amount, base_minor=worth) for _, _, each, amount, worth in rows)


def mark_booked(database: Database, provider: str, entries: Sequence[str]) -> None:
    """These are in the books."""
    _run(database, "mark_booked", provider=provider, entries=list(entries))


def failed_payouts(database: Database, provider: str) -> list[tuple[str, str, datetime]]:
    """(entry, payout, instant) of payouts that came back and are not known to the books."""
    rows = database.rows(query("payouts", "failed_payouts"), {"provider": provider})
    return [(entry, payout, at) for entry, payout, at in rows]


def settled_of(database: Database, provider: str, orders: Collection[UUID]) -> list[Settled]:
    """Sums of what was settled, by order, kind and currency."""
    parameters = {"provider": provider, "orders": sorted(orders)}
    return [Settled(*row) for row in database.rows(query("payouts", "settled_of_orders"), parameters)]


def unsettled(database: Database, provider: str, since: datetime, until: datetime) -> list[Unsettled]:
    """Captures in a span of time that the provider has not settled."""
    parameters = {"provider": provider, "since": since, "until": until}
    return [Unsettled(*row) for row in database.rows(query("payouts", "unsettled"), parameters)]


def settle_found(database: Database, provider: str, by: str, now: datetime) -> None:
    """Differences that are none any more are settled by themselves."""
    _run(database, "settle_found", provider=provider, by=by, now=now)


def load_payout_entries(
    source: Source, provider: str, payout: str, *, after: tuple[datetime, str], most: int
) -> list[ListedEntry]:
    """What a payout is made of, the oldest first."""
    rows = source.rows(
        "payouts",
        "entries_of_payout",
        provider=provider,
        payout=payout,
        after_at=after[0],
        after_entry=after[1],
        most=most,
    )
    names = [name for name in ListedEntry.__struct_fields__ if name != "payout"]
    return [ListedEntry(**dict(zip(names, row, strict=True))) for row in rows]


def _run(database: Database, name: str, **parameters: Any) -> None:
    with database.connection() as connection:
        connection.execute(query("payouts", name), {"cell": database.cell, **parameters})
