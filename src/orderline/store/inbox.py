"""Facts that partners tell: where what they are about is found, and those that have to wait."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from orderline.store.database import Database
from orderline.store.queries import query
from orderline.values.ids import OrderId


class Place(msgspec.Struct, frozen=True):
    """A fulfillment order or a parcel: its order, and its number there; whether the parcel has left.

    partner: the connector that the parcel's label was bought through; carrier: who takes it, as whoever labeled it said.
    combined: the combination that the parcel is a part of.
    """

    order: OrderId
    number: int
    location: str = ""
    shipped: bool = True
    partner: str = ""
    carrier: str = ""
    combined: str = ""


class KeptFact(msgspec.Struct, frozen=True):
    """A fact without effect so far. due_at: when it is tried again; None: never, it was refused for `reason`.

    subject: the name of what it waits for. body: the fact as it came, while it waits.
    """

    partner: str
    event_id: str
    reason: str
    subject: str = ""
    body: str | None = None
    due_at: datetime | None = None
    attempts: int = 0


class ParkedFact(msgspec.Struct, frozen=True):
    """A fact that waits, as it is read back."""

    partner: str
    event_id: str
    body: str
    attempts: int


def locate_fulfillments(database: Database, ids: Collection[UUID]) -> dict[UUID, Place]:
    """Fulfillment orders by id; unknown ones are not in it."""
    rows = database.rows(query("inbox", "locate_fulfillments"), {"ids": sorted(ids)}) if ids else []
    return {row[0]: Place(OrderId(row[1]), row[2], row[3]) for row in rows}


def locate_parcels(database: Database, tracking_numbers: Collection[str]) -> dict[str, list[Place]]:
    """Parcels by tracking number; unknown ones are not in it. Newest first, where a number was used again."""
    wanted = {"tracking_numbers": sorted(tracking_numbers)}
    rows = database.rows(query("inbox", "locate_parcels"), wanted) if tracking_numbers else []
    places: dict[str, list[Place]] = {}
    for number, order_id, parcel, *about in sorted(rows, key=lambda row: row[1:3], reverse=True):
        shipped, partner, carrier, combined = about
        place = Place(OrderId(order_id), parcel, "", shipped, partner, carrier, combined)
        places.setdefault(number, []).append(place)
    return places


def locate_returns(database: Database, tracking_numbers: Collection[str]) -> dict[str, tuple[OrderId, int]]:
    """Returns by the number of their parcel, the newest one where it was used again; unknown ones are not in it."""
    wanted = {"tracking_numbers": sorted(tracking_numbers)}
    rows = database.rows(query("returns", "locate_returns"), wanted) if tracking_numbers else []
    return {number: (OrderId(order), returned) for number, order, returned in sorted(rows)}


def locate_orders(database: Database, names: Collection[tuple[str, str]]) -> dict[tuple[str, str], OrderId]:
    """Orders by (channel, external id); unknown ones are not in it."""
    wanted = {"channels": sorted({name[0] for name in names}), "external_ids": sorted({name[1] for name in names})}
    rows = database.rows(query("orders", "find_external"), wanted) if names else []
    return {(row[0], row[1]): OrderId(row[2]) for row in rows}


def put_facts(database: Database, facts: Sequence[KeptFact], now: datetime) -> None:
    """Keep facts that have no effect now: parked while `due_at` is given, else refused. One told twice is kept once."""
    if not facts:
        return
    known = {(each.partner, each.event_id): each for each in facts}
    facts = [known[key] for key in sorted(known)]  # whoever else keeps the same ones locks them in the same order
    parameters = {
        "cell": database.cell,
        "now": now,
        "partner": [each.partner for each in facts],
        "event_id": [each.event_id for each in facts],
        "state": ["refused" if each.due_at is None else "parked" for each in facts],
        "body": [each.body if each.due_at is not None else None for each in facts],
        "reason": [each.reason for each in facts],
        "subject": [each.subject for each in facts],
        "due_at": [each.due_at for each in facts],
        "attempts": [each.attempts for each in facts],
    }
    with database.connection() as connection:
        connection.execute(query("inbox", "put_facts"), parameters)


def parked_of_subjects(database: Database, subjects: Collection[str]) -> list[ParkedFact]:
    """Facts that wait for any of these, in the order they came."""
    if not subjects:
        return []
    rows = database.rows(query("inbox", "parked_of_subjects"), {"subjects": sorted(subjects)})
    return [ParkedFact(*row) for row in rows]


def parked_due(database: Database, now: datetime, most: int = 500) -> list[ParkedFact]:
    """Facts that are to be tried again."""
    return [ParkedFact(*row) for row in database.rows(query("inbox", "parked_due"), {"now": now, "most": most})]


def forget_facts(database: Database, before: datetime, most: int = 5_000) -> int:
    """Let go of old facts; returns how many, `most` when there may be more."""
    with database.connection() as connection:
        return connection.execute(
            query("inbox", "forget_facts"), {"cell": database.cell, "before": before, "most": most}
        ).rowcount


def forget_answers(database: Database, before: datetime, most: int = 5_000) -> int:
    """Let go of answers kept behind idempotency keys; returns how many, `most` when there may be more."""
    with database.connection() as connection:
        return connection.execute(
            query("commands", "forget_answers"), {"cell": database.cell, "before": before, "most": most}
        ).rowcount
