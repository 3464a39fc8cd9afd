"""How partners are: written down by whoever calls them, a few seconds at a time, and read."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

import msgspec

from orderline.core.jobs import JobKind
from orderline.core.stock.state import Channel
from orderline.store.database import Database
from orderline.store.queries import query
from orderline.store.reading.source import Source

# Until when a process that says nothing any more is thought to have calls under way.
OPEN_FOR: Final = timedelta(minutes=2)
FORGET_OPEN: Final = timedelta(days=1)
LOOK_BACK: Final = timedelta(days=31)
MOST_LOOKED_AT: Final = 20_000
# A channel that has waited so long to be told is behind.
LATE: Final = timedelta(minutes=5)
# Jobs that call a partner.
CALLING: Final = (
    JobKind.PAY, JobKind.ASK_PAYMENT, JobKind.SUBMIT, JobKind.REQUEST_CANCEL, JobKind.LABEL, JobKind.VOID_LABEL,
    JobKind.RETURN_LABEL, JobKind.COMBINED_LABEL, JobKind.MANIFEST, JobKind.CARRIER_PICKUP, JobKind.EVIDENCE,
    JobKind.NOTICE, JobKind.CHANNEL, JobKind.SCREEN,
)  # fmt: skip


class Noted(msgspec.Struct, frozen=True, kw_only=True):
    """What happened with a partner since it was last written down. open: calls under way now."""

    partner: str
    day: date
    calls: int = 0
    failed: int = 0
    last_success_at: datetime | None = None
    last_failure_at: datetime | None = None
    last_error: str = ""
    facts: int = 0
    last_heard_at: datetime | None = None
    open: int = 0


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """How calls of a partner went. waiting: jobs that met trouble with it; oldest_at: since when the first of them waits."""

    calls: int = 0
    failed: int = 0
    facts: int = 0
    last_success_at: datetime | None = None
    last_failure_at: datetime | None = None
    last_error: str = ""
    last_heard_at: datetime | None = None
    open: int = 0
    waiting: int = 0
    oldest_at: datetime | None = None


class ChannelWait(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel has not been told yet. jobs: of orders; oldest_at: the oldest of anything; pulled_at: last asked for orders."""

    jobs: int = 0
    oldest_at: datetime | None = None
    stock_since: datetime | None = None
    pulled_at: datetime | None = None

    def is_late(self, now: datetime) -> bool:
        """Has the oldest waited too long?"""
        return self.oldest_at is not None and self.oldest_at < now - LATE


def note_partners(database: Database, holder: str, noted: Sequence[Noted], now: datetime) -> None:
    """Add to what is known of partners' days. holder: the process that has called them."""
    rows = sorted(noted, key=lambda each: (each.partner, each.day))
    names = (
        "partner",
        "day",
        "calls",
        "failed",
        "last_success_at",
        "last_failure_at",
        "last_error",
        "facts",
        "last_heard_at",
    )
    days = {name: [getattr(each, name) for each in rows] for name in names}
    days["last_error"] = [each.last_error.replace("\x00", "\N{REPLACEMENT CHARACTER}") for each in rows]
    with database.connection() as connection, connection.transaction():
        connection.execute(query("outbox", "lightly"))
        connection.execute(query("health", "note_days"), {"cell": database.cell, **days})
        connection.execute(
            query("health", "note_open"),
            {
                "cell": database.cell, "holder": holder, "now": now, "partner": [each.partner for each in rows],
                "open": [each.open for each in rows],
            },
        )  # fmt: skip
        connection.execute(query("health", "forget_open"), {"cell": database.cell, "before": now - FORGET_OPEN})


def load_health(source: Source, now: datetime) -> dict[str, Health]:
    """Partners by name: those that were called or heard lately, and those that something waits for."""
    today = now.astimezone(UTC).date()
    rows = source.rows("health", "partner_health", today=today, since=today - LOOK_BACK, lately=now - OPEN_FOR)
    kinds = [kind.value for kind in CALLING]
    waits = {
        partner: (int(count), oldest)
        for partner, count, oldest in source.rows("health", "partner_waits", kinds=kinds, most=MOST_LOOKED_AT)
    }
    found: dict[str, Health] = {}
    for partner, calls, failed, facts, success, failure, error, heard, open_ in rows:
        waiting, oldest = waits.get(partner, (0, None))
        found[partner] = Health(
            calls=int(calls), failed=int(failed), facts=int(facts), last_success_at=success, last_failure_at=failure,
            last_error=error or "", last_heard_at=heard, open=int(open_), waiting=waiting, oldest_at=oldest,
        )  # fmt: skip
    return found


def load_channel_waits(source: Source, channels: Sequence[Channel], now: datetime) -> dict[str, ChannelWait]:
    """What each of these channels waits for, by code."""
    codes = sorted(each.code for each in channels)
    jobs = {
        row[0]: (int(row[1]), row[2]) for row in source.rows("health", "channel_jobs", now=now, most=MOST_LOOKED_AT)
    }
    levels = dict(source.rows("health", "channel_levels_waiting", channels=codes))
    pulled = dict(source.rows("health", "channels_asked"))
    found: dict[str, ChannelWait] = {}
    for code in codes:
        count, since = jobs.get(code, (0, None))
        oldest = min((at for at in (since, levels.get(code)) if at is not None), default=None)
        found[code] = ChannelWait(
            jobs=count, oldest_at=oldest, stock_since=levels.get(code), pulled_at=pulled.get(code)
        )
    return found
