"""What was given without goods coming back: by channel, reason and who gave it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from orderline.core.orders.credited import Destination
from orderline.store.reading.listed import LAST_AT, LAST_ID
from orderline.store.reading.source import Source
from orderline.values.ids import OrderId

Place = tuple[datetime, UUID, int]  # when, order, number
_END: Final[Place] = (LAST_AT, LAST_ID, 0)


class AppeasementSum(msgspec.Struct, frozen=True):
    """What somebody gave for a reason, less what was taken back. goodwill: an expense of ours, and no lower price."""

    channel: str
    reason: str
    given_by: str
    currency: str
    goodwill: bool
    destination: str
    count: int
    net_minor: int
    tax_minor: int


class AppeasementReport(msgspec.Struct, frozen=True):
    """Sums, the largest first."""

    since: datetime
    until: datetime
    items: tuple[AppeasementSum, ...]


class GivenAppeasement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What somebody gave on an order, or took back; then it counts less than nothing, and `undoes` is the number of what was given.

    count: 1, or -1. goodwill: an expense of ours, and no lower price.
    """

    order: OrderId
    order_number: str
    channel: str
    number: int
    reason: str
    given_by: str
    given_at: datetime
    currency: str
    goodwill: bool
    destination: Destination
    count: int
    net_minor: int
    tax_minor: int
    undoes: int = 0


class GivenFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which of them; of what is empty, all."""

    channels: Sequence[str] = ()
    reason: str = ""
    given_by: str = ""
    currency: str = ""
    destination: Destination | None = None
    goodwill: bool | None = None


def load_appeasements(
    source: Source, since: datetime, until: datetime, *, channels: Sequence[str] = ()
) -> AppeasementReport:
    """What was given from `since` until before `until`; channels: all, when none is named."""
    found = source.rows("appeasements", "sum_appeasements", since=since, until=until, channels=list(channels) or None)
    return AppeasementReport(since, until, tuple(AppeasementSum(*row[:6], *map(int, row[6:])) for row in found))


def load_given(
    source: Source, since: datetime, until: datetime, wanted: GivenFilter, *, after: Place | None, most: int
) -> list[GivenAppeasement]:
    """What sums are made of, the last first."""
    at, order, number = after or _END
    rows = source.rows(
        "appeasements", "appeasements_before", since=since, until=until, channels=list(wanted.channels) or None,
        reason=wanted.reason, given_by=wanted.given_by, currency=wanted.currency, goodwill=wanted.goodwill,
        destination="" if wanted.destination is None else wanted.destination.value, after_at=at, after=order,
        after_number=number, most=most,
    )  # fmt: skip
    return [
        GivenAppeasement(
            order=row[0], order_number=row[1], channel=row[2], number=row[3], reason=row[4], given_by=row[5],
            given_at=row[6], currency=row[7], goodwill=row[8], destination=Destination(row[9]), net_minor=row[10],
            tax_minor=row[11], undoes=row[12], count=-1 if row[12] else 1,
        )
        for row in rows
    ]  # fmt: skip
