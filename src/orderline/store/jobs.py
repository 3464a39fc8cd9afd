"""The outbox as a queue: claim due jobs in sets, finish them, try them again, give them up, bring them back.

Claims, retries and deletes commit without waiting for the disk: what a crash takes back is done once more, and every
job bears that. Jobs that bring a command along are finished by the engine, in the command's own transaction.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from orderline.core.next_steps import JobBody, JobKind
from orderline.store.database import Database
from orderline.store.queries import query
from orderline.values.ids import new_id

# Kinds of which several may be done for one order at the same time.
FREE: Final = (
    JobKind.LABEL,
    JobKind.VOID_LABEL,
    JobKind.CHANNEL,
    JobKind.CLOSE,
    JobKind.RESERVE_WAITING,
    JobKind.RELIEVE,
    JobKind.REVISE,
)
# What only tells others: no order waits for it.
TELLING: Final = (JobKind.NOTICE, JobKind.WEBHOOK, JobKind.CHANNEL)
_FREE: Final = [kind.value for kind in FREE]
_KINDS: Final = [kind.value for kind in JobKind]
_NONE: Final = UUID(int=0)

_bodies = msgspec.json.Decoder(JobBody)
_encode = msgspec.json.Encoder().encode


class Job(msgspec.Struct, frozen=True):
    """A job that this process has leased. `attempts` counts this one."""

    id: UUID
    stream: str
    kind: JobKind
    body: JobBody
    attempts: int
    created_at: datetime


class Verdict(msgspec.Struct, frozen=True):
    """What becomes of a job that is not done: due again at an instant, or dead; `attempts` it counts from then on."""

    id: UUID
    due_at: datetime
    attempts: int
    error: str
    dead: bool = False


class DeadLetter(msgspec.Struct, frozen=True):
    """A job that has failed for good and waits for a person. order_number: of the order that it is about, if it is about one."""

    id: UUID
    stream: str
    kind: str
    body: msgspec.Raw
    attempts: int
    created_at: datetime
    failed_at: datetime
    error: str
    order_number: str = ""


class JobCount(msgspec.Struct, frozen=True):
    """How many jobs of a kind are due, not due yet, and dead; `oldest`: since when the first of the due ones waits."""

    kind: str
    due: int
    later: int
    dead: int
    oldest: datetime | None


class Jobs:
    """The jobs of one cell, as one worker sees them. holder: the name its leases carry."""

    def __init__(self, database: Database, holder: str, *, lease: timedelta = timedelta(seconds=30)) -> None:
        self.holder = holder
        self._database = database
        self._lease = lease

    def claim(self, now: datetime, most: int) -> list[Job]:
        """Lease up to `most` due jobs, the longest due first; kinds that a newer release has written are left to it."""
        parameters = {"now": now, "until": now + self._lease, "most": most, "holder": self.holder}
        rows = self._run("claim_jobs", kinds=_KINDS, free=_FREE, **parameters)
        return [
            Job(row[0], row[1], JobKind(row[2]), _bodies.decode(row[3]), int(row[4]), row[5])
            for row in sorted(rows, key=lambda row: row[0])
        ]

    def extend(self, ids: Sequence[UUID], now: datetime) -> None:
        """Keep what is still being done."""
        self._run("extend_leases", ids=list(ids), holder=self.holder, until=now + self._lease)

    def finish(self, ids: Sequence[UUID]) -> None:
        """Jobs that are done, and brought no command along."""
        self._run("finish_jobs", ids=sorted(ids))

    def retry(self, verdicts: Sequence[Verdict]) -> None:
        """Jobs that are to be tried again or given up."""
        self._run(
            "retry_jobs",
            holder=self.holder,
            id=[each.id for each in verdicts],
            due_at=[each.due_at for each in verdicts],
            state=["dead" if each.dead else "queued" for each in verdicts],
            attempts=[each.attempts for each in verdicts],
            # What partners answer may hold what PostgreSQL cannot.
            error=[each.error.replace("\x00", "\N{REPLACEMENT CHARACTER}") for each in verdicts],
        )

    def release(self, ids: Sequence[UUID]) -> None:
        """Give back what was claimed and not begun."""
        self._run("release_jobs", ids=list(ids), holder=self.holder)

    def wake_routes(self, skus: Sequence[str], now: datetime) -> int:
        """Have orders routed now that wait with claims on these SKUs; returns how many."""
        return len(self._run("wake_routes", skus=list(skus), now=now))

    def _run(self, name: str, **parameters: Any) -> list[tuple[Any, ...]]:
        with self._database.connection() as connection, connection.transaction():
            connection.execute(query("outbox", "lightly"))
            cursor = connection.execute(query("outbox", name), {"cell": self._database.cell, **parameters}, binary=True)
            return cursor.fetchall() if cursor.description is not None else []


def add_jobs(database: Database, jobs: Sequence[tuple[str, JobKind, JobBody]], now: datetime) -> None:
    """Write jobs (stream, kind, body) that no fact of this moment leads to: a replay."""
    parameters = {
        "cell": database.cell,
        "now": now,
        "id": [new_id() for _ in jobs],
        "stream": [stream for stream, _, _ in jobs],
        "kind": [kind.value for _, kind, _ in jobs],
        "body": [_encode(body).decode() for _, _, body in jobs],
        "due_at": [now for _ in jobs],
    }
    with database.connection() as connection:
        connection.execute(query("outbox", "save_jobs"), parameters)


def dead_letters(database: Database, *, after: UUID | None = None, kind: str = "", most: int = 100) -> list[DeadLetter]:
    """Dead letters by id, a page at a time. after: the last id of the page before."""
    parameters = {"after": after or _NONE, "kind": kind, "most": most}
    return [
        DeadLetter(
            row[0], row[1], row[2], msgspec.Raw(str(row[3]).encode()), row[4], row[5], row[6], row[7] or "", row[8]
        )
        for row in database.rows(query("outbox", "dead_letters"), parameters)
    ]


def dead_among(database: Database, ids: Sequence[UUID]) -> list[UUID]:
    """Those of the jobs that are dead letters."""
    return [row[0] for row in database.rows(query("outbox", "dead_among"), {"ids": list(ids)})]


def requeue_dead(database: Database, ids: Sequence[UUID], now: datetime) -> list[UUID]:
    """Try dead letters again from the first attempt; returns those that were dead."""
    return [row[0] for row in database.rows(query("outbox", "requeue_dead"), {"ids": list(ids), "now": now})]


def drop_dead(database: Database, ids: Sequence[UUID]) -> list[UUID]:
    """Give dead letters up for good; returns those that were dead."""
    return [row[0] for row in database.rows(query("outbox", "drop_dead"), {"ids": list(ids)})]


def count_jobs(database: Database, now: datetime) -> list[JobCount]:
    """How much is to be done, by kind."""
    return [JobCount(*row) for row in database.rows(query("outbox", "count_jobs"), {"now": now})]
