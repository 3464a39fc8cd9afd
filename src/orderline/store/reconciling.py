"""Payments compared with what their providers have: how far, and what differs until a person has looked at it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import psycopg

from orderline.store.database import Database
from orderline.store.queries import query
from orderline.store.reading.listed import FIRST_AT
from orderline.store.reading.source import Source


class Difference(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a provider has and we do not (`unknown_here`), we have and it does not (`missing_there`), both have as
    different amounts or outcomes (`differs`), or that somebody disputes (`dispute`); what was settled of no order
    (`settled_unknown`), beyond what its order counts (`settled_differs`) or not at all (`not_settled`), a balance that changed
    for a reason of the provider's own (`adjusted`), a payout that is not the sum of its parts (`payout_differs`) or of other
    currencies (`exchanged`), an order told as paid whose payment the provider does not know (`unpaid`). next_step: what a person does. payment: the payment it belongs to, by its name at the provider.
    owner: who works it off.
    """

    provider: str
    event_id: str
    kind: str
    order: UUID | None = None
    reference: str
    operation: str
    amount_minor: int
    currency: str
    next_step: str
    occurred_at: datetime
    found_at: datetime | None = None
    settled_at: datetime | None = None
    settled_by: str = ""
    note: str = ""
    payment: str = ""
    owner: str = "finance"


def locate_payments(database: Database, names: Collection[tuple[str, str]]) -> dict[tuple[str, str], UUID]:
    """Orders by (provider, name of the payment there); the first, where several orders have the same payment."""
    found: dict[tuple[str, str], UUID] = {}
    ordered = sorted(names)
    parameters = {"providers": [each[0] for each in ordered], "references": [each[1] for each in ordered]}
    for provider, reference, order_id in database.rows(query("reconciling", "locate_payments"), parameters):
        found.setdefault((provider, reference), order_id)
    return found


def last_check(database: Database, provider: str) -> tuple[datetime, int] | None:
    """(instant, journal position) up to which a provider has been compared; None: never."""
    rows = database.rows(query("reconciling", "last_check"), {"provider": provider})
    return (rows[0][0], int(rows[0][1])) if rows else None


def position_now(database: Database) -> int:
    """The journal position below which nothing more is written."""
    return int(database.rows(query("reconciling", "position_now"), {})[0][0])


def answers_between(database: Database, since: int, until: int) -> list[tuple[UUID, str]]:
    """(order, body) of journal entries with answers of providers."""
    rows = database.rows(query("reconciling", "answers_between"), {"since": since, "until": until})
    return [(row[0], row[1]) for row in rows]


def tenders_between(database: Database, since: int, until: int) -> list[tuple[UUID, str]]:
    """(order, body) of journal entries with tenders that came with the name of a payment."""
    rows = database.rows(query("reconciling", "tenders_between"), {"since": since, "until": until})
    return [(row[0], row[1]) for row in rows]


def save_check(
    database: Database, provider: str, found: Sequence[Difference], checked_to: datetime, position: int, now: datetime
) -> None:
    """A provider has been compared so far, and this differs."""
    with database.connection() as connection, connection.transaction():
        _keep(connection, database.cell, found, now)
        connection.execute(
            query("reconciling", "save_check"),
            {"cell": database.cell, "provider": provider, "checked_to": checked_to, "position": position},
        )


def keep_differences(database: Database, found: Sequence[Difference], now: datetime) -> None:
    """What differs, once."""
    with database.connection() as connection:
        _keep(connection, database.cell, found, now)


def _keep(connection: psycopg.Connection, cell: int, found: Sequence[Difference], now: datetime) -> None:
    if not found:
        return
    connection.execute(
        query("reconciling", "save_differences"),
        {
            "cell": cell,
            "now": now,
            "provider": [each.provider for each in found],
            "event_id": [each.event_id for each in found],
            "kind": [each.kind for each in found],
            "order_id": [each.order for each in found],
            "reference": [each.reference for each in found],
            "operation": [each.operation for each in found],
            "amount": [each.amount_minor for each in found],
            "currency": [each.currency for each in found],
            "next_step": [each.next_step for each in found],
            "occurred_at": [each.occurred_at for each in found],
            "payment": [each.payment for each in found],
        },
    )


def load_differences(
    source: Source,
    *,
    is_open: bool | None,
    most: int,
    owners: Sequence[str] = (),
    after: tuple[datetime, str, str] | None = None,
) -> list[Difference]:
    """Differences, the oldest first; open ones, settled ones, or both; of these owners, or all; behind one."""
    at, provider, event_id = after or (FIRST_AT, "", "")
    rows = source.rows(
        "reconciling", "list_differences", open=is_open, most=most, owners=list(owners) or None, after_at=at, after_provider=provider,
        after_event=event_id,
    )  # fmt: skip
    return [_difference(row) for row in rows]


def load_difference(source: Source, provider: str, event_id: str) -> Difference | None:
    """A difference; None: there is none."""
    rows = source.rows("reconciling", "difference", provider=provider, event_id=event_id)
    return _difference(rows[0]) if rows else None


def load_lonely(database: Database, provider: str, most: int = 1_000) -> list[Difference]:
    """Open differences of money without an order, the oldest first."""
    return [
        _difference(row)
        for row in database.rows(query("reconciling", "list_lonely"), {"provider": provider, "most": most})
    ]


def place_difference(database: Database, provider: str, event_id: str, order: UUID) -> None:
    """The order of a difference has come."""
    parameters = {"cell": database.cell, "provider": provider, "event_id": event_id, "order": order}
    with database.connection() as connection:
        connection.execute(query("reconciling", "place_difference"), parameters)


def settle_difference(
    database: Database, provider: str, event_id: str, *, by: str, note: str, now: datetime
) -> Difference | None:
    """Somebody has looked at a difference; None: there is none."""
    parameters = {"provider": provider, "event_id": event_id, "by": by, "note": note, "now": now}
    rows = database.rows(query("reconciling", "settle_difference"), parameters)
    return _difference(rows[0]) if rows else None


def assign_difference(database: Database, provider: str, event_id: str, owner: str) -> None:
    """Somebody else is to work a difference off; one that is settled stays as it is."""
    parameters = {"cell": database.cell, "provider": provider, "event_id": event_id, "owner": owner}
    with database.connection() as connection:
        connection.execute(query("reconciling", "assign_difference"), parameters)


def _difference(row: Sequence[Any]) -> Difference:
    names = (
        "provider", "event_id", "kind", "order", "reference", "operation", "amount_minor", "currency", "next_step",
        "occurred_at", "found_at", "settled_at", "settled_by", "note", "payment", "owner",
    )  # fmt: skip
    return Difference(**dict(zip(names, row, strict=True)))
