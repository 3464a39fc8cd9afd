"""Dated supply: units of a SKU that are to come to a location, and what has been promised of them.

A row is what a record (a purchase order, a transfer) says of one of its lines; `pegged` and `kept` are what orders
have of it. Whoever changes rows holds the claims of their SKU and pool locked.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

ALL: Final = 1_000_000  # ppm


class SupplyKind(StrEnum):
    """Where units come from."""

    PURCHASE = "purchase"
    TRANSFER = "transfer"
    PRODUCTION = "production"
    VENDOR = "vendor"


# How much of what was announced is counted on, where nobody says anything else.
CONFIDENCE_PPM: Final = {
    SupplyKind.PURCHASE: 950_000,
    SupplyKind.TRANSFER: ALL,
    SupplyKind.PRODUCTION: 950_000,
    SupplyKind.VENDOR: 800_000,
}


class SupplyRow(msgspec.Struct, frozen=True, gc=False):
    """Units to come. `id` is kind, name and line of the record behind it.

    due_at + slack_days: when they can be counted on. open: not there yet. pegged: units of order lines that wait for
    this row; kept: those of them that have come and are kept for their lines.
    """

    sku: str
    pool: str
    id: str
    location: str
    kind: SupplyKind
    due_at: datetime
    slack_days: int
    confidence_ppm: int
    open: int
    pegged: int = 0
    kept: int = 0

    @property
    def ready_at(self) -> datetime:
        """When its units can be counted on."""
        return self.due_at + timedelta(days=self.slack_days)

    @property
    def counted(self) -> int:
        """Units still to come that are counted on."""
        return self.open * self.confidence_ppm // ALL

    @property
    def awaited(self) -> int:
        """Units pegged that have not come."""
        return self.pegged - self.kept

    @property
    def free(self) -> int:
        """Units that may still be promised."""
        return max(0, self.counted - self.awaited)

    @property
    def overpegged(self) -> int:
        """Units promised beyond what is counted on: promises at risk."""
        return max(0, self.awaited - self.counted)

    @property
    def is_over(self) -> bool:
        """Is nothing to come any more, and nothing waited for?"""
        return not self.open and not self.pegged


def row_id(kind: str, name: str, line: int) -> str:
    """The id of the row for a line of a record."""
    return f"{kind}:{name}:{line}"


def record_of(id_: str) -> tuple[str, str]:
    """Kind and name of the record behind a row."""
    kind, _, rest = id_.partition(":")
    return kind, rest.rpartition(":")[0]


def by_date(rows: Iterable[SupplyRow]) -> list[SupplyRow]:
    """Rows as they can be counted on, the first first."""
    return sorted(rows, key=lambda row: (row.ready_at, row.id))


def planned(rows: Sequence[SupplyRow], told: SupplyRow) -> tuple[SupplyRow, ...]:
    """Rows with one as its record tells it now; what orders have of it stays as it is."""
    before = find(rows, told.id)
    if before is not None:
        told = msgspec.structs.replace(told, pegged=before.pegged, kept=before.kept)
    return put(rows, told)


def put(rows: Sequence[SupplyRow], changed: SupplyRow) -> tuple[SupplyRow, ...]:
    """Rows with one of them as it is now; one that is over is gone."""
    others = tuple(row for row in rows if row.id != changed.id)
    return others if changed.is_over else (*others, changed)


def find(rows: Sequence[SupplyRow], id_: str) -> SupplyRow | None:
    """The row of an id."""
    return next((row for row in rows if row.id == id_), None)
