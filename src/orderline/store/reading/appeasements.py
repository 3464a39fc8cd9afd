"""What was given without goods coming back: by channel, reason and who gave it."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from orderline.store.reading.source import Source


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


def load_appeasements(
    source: Source, since: datetime, until: datetime, *, channels: Sequence[str] = ()
) -> AppeasementReport:
    """What was given from `since` until before `until`; channels: all, when none is named."""
    found = source.rows("appeasements", "sum_appeasements", since=since, until=until, channels=list(channels) or None)
    return AppeasementReport(since, until, tuple(AppeasementSum(*row[:6], *map(int, row[6:])) for row in found))
