"""How locations serve what they are asked for, as counted while it happened."""

from collections.abc import Sequence
from datetime import date

import msgspec

from orderline.store.database import Database
from orderline.store.queries import query


class Service(msgspec.Struct, frozen=True):
    """Units of a SKU that a location was offered, has accepted and has rejected. rejected_ppm: of those offered."""

    sku: str
    offered: int
    accepted: int
    rejected: int
    rejected_ppm: int


def load_service(database: Database, location: str, since: date, skus: Sequence[str], most: int) -> list[Service]:
    """The SKUs that a location rejects most first."""
    given = {"location": location, "since": since, "skus": list(skus) or None, "most": most}
    return [
        Service(row[0], int(row[1]), int(row[2]), int(row[3]), share_ppm(int(row[3]), int(row[1])))
        for row in database.rows(query("service", "service_of"), given)
    ]


class ServiceDay(msgspec.Struct, frozen=True):
    """Units that a location was offered and has rejected lately, and in the days before."""

    location: str
    offered: int
    rejected: int
    offered_before: int
    rejected_before: int


def load_service_days(database: Database, day: date, since: date) -> list[ServiceDay]:
    """Locations that have rejected units from a day on, beside what they did since another until then."""
    rows = database.rows(query("service", "service_days"), {"day": day, "since": since})
    return [ServiceDay(row[0], *map(int, row[1:])) for row in rows]


def share_ppm(part: int, whole: int) -> int:
    """A part in parts per million of the whole, a million at most; nought of nothing."""
    return min(1_000_000, part * 1_000_000 // whole) if whole else 0
