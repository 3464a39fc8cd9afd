"""The engine: all writing goes through here. Commands come in from any thread, go through in batches, come out.

A refusal concerns its command alone. A batch that fails in the database is run again one by one, so that a poison
command fails alone; what may pass (serialization, deadlock, a lost connection) is tried again with the same keys,
which makes a COMMIT whose answer was lost harmless.
"""

import asyncio
import logging
import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime
from time import monotonic, sleep
from typing import Any, Final

import psycopg

from orderline.core.orders.commands import Command, OrderCommand, PlaceOrder
from orderline.core.stock.state import Settings
from orderline.engine.batch import Batch, SettingsChanged
from orderline.engine.lane import Lane
from orderline.engine.submissions import Outcome, Submission
from orderline.store.database import Database, is_passing
from orderline.store.loading import lease_numbers, load_settings
from orderline.values.failures import Trouble

MOST_IN_BATCH: Final = 256
NUMBERS_AT_ONCE: Final = 1_000
TRY_FOR_S: Final = 20.0
# Whoever lost a race for a key finds the winner's answer when it looks again.
MOST_RACES: Final = 3

_logger = logging.getLogger(__name__)
_Item = tuple[Submission, Callable[[Outcome], None]]


def utc_now() -> datetime:
    """The clock of the engine."""
    return datetime.now(UTC)


class Engine:
    """One lane of one cell: its threads, each with a connection of its own.

    threads: with two, one batch may be decided while another is written; it pays only where batches seldom meet
    at the same rows (measured: ADR 0006).
    """

    def __init__(
        self,
        database: Database,
        *,
        threads: int = 1,
        most: int = MOST_IN_BATCH,
        clock: Callable[[], datetime] = utc_now,
        on_batch: Callable[[int, float], None] | None = None,
    ) -> None:
        self.database = database
        self._clock = clock
        self._on_batch = on_batch
        self._connections: list[psycopg.Connection | None] = [None] * threads
        self._settings: Settings | None = None
        self._numbers: tuple[int, int] = (0, 0)
        self._numbers_lock = threading.Lock()
        self._stopping = threading.Event()
        # Called, in a thread of the engine, when jobs were written: a hint to whoever does them.
        self.on_jobs: list[Callable[[], None]] = []
        self._lane: Lane[_Item | list[_Item]] = Lane("engine", self._work, most=most, threads=threads)

    def submit(self, submission: Submission) -> "Future[Outcome]":
        """Put a submission in; its outcome comes by the future, which never raises on its own."""
        future: Future[Outcome] = Future()
        self.put(submission, future.set_result)
        return future

    def submit_all(self, submissions: Sequence[Submission]) -> list["Future[Outcome]"]:
        """Put several in at once."""
        futures: list[Future[Outcome]] = [Future() for _ in submissions]
        self.put_all([(each, future.set_result) for each, future in zip(submissions, futures, strict=True)])
        return futures

    def run(self, command: Command, **about: Any) -> bytes:
        """Submit one command and wait for its answer; raises what it was refused for."""
        submission = Submission(command=command, **about)
        return self.submit(submission).result().answer_or_raise()

    def put(self, submission: Submission, told: Callable[[Outcome], None]) -> None:
        """Put a submission in; `told` is called with its outcome, in a thread of the engine."""
        self._lane.put((submission.named(), told))

    def put_all(self, items: Sequence[_Item]) -> None:
        """As `put`, for several at once."""
        self._lane.put_all([(submission.named(), told) for submission, told in items])

    def put_chains(self, chains: Sequence[Sequence[_Item]]) -> None:
        """As `put_all`, with each chain decided in its order: it goes into one batch whole, so none overtakes."""
        self._lane.put_all([[(submission.named(), told) for submission, told in chain] for chain in chains])

    @property
    def waiting(self) -> int:
        """Submissions, or chains of them, that no batch has taken yet."""
        return self._lane.waiting

    def close(self) -> None:
        """Finish what has come in and close the connections."""
        self._stopping.set()
        self._lane.close()
        for connection in self._connections:
            if connection is not None:
                connection.close()

    def _work(self, thread: int, taken: Sequence[_Item | list[_Item]]) -> None:
        began = monotonic()
        items: list[_Item] = []
        for each in taken:
            if isinstance(each, list):
                items.extend(each)
            else:
                items.append(each)
        outcomes = self._try(thread, [submission for submission, _ in items])
        if self._on_batch is not None:
            self._on_batch(len(items), monotonic() - began)
        for (_, told), outcome in zip(items, outcomes, strict=True):
            try:
                told(outcome)
            except Exception:
                # its caller has gone away (a canceled future, a loop that was closed); the others have not
                _logger.debug("nobody waits for an outcome any more", exc_info=True)

    def _try(self, thread: int, submissions: Sequence[Submission], give_up_at: float | None = None) -> list[Outcome]:
        """The outcomes of a batch. What others did at the same time is seen when it is tried again."""
        give_up_at = give_up_at or monotonic() + TRY_FOR_S
        pause = 0.005
        races = 0
        while True:
            try:
                return self._run_once(thread, submissions)
            except SettingsChanged as error:
                self._settings = None
                races += 1
                if races > MOST_RACES:
                    return self._one_by_one(thread, submissions, error, give_up_at)
                continue
            except psycopg.errors.UniqueViolation as error:
                # somebody else has placed this order, answered this key or taken in this fact just now
                races += 1
                if races > MOST_RACES:
                    return self._one_by_one(thread, submissions, error, give_up_at)
                continue
            except psycopg.Error as error:
                if not is_passing(error):
                    return self._one_by_one(thread, submissions, error, give_up_at)
                failure: Exception = Trouble("postgresql", str(error).strip(), retry_after_s=1)
            except Trouble as trouble:
                failure = trouble
            except Exception as error:  # noqa: BLE001 - a bug in one command must not stop its neighbors
                return self._one_by_one(thread, submissions, error, give_up_at)
            self._drop_connection(thread)
            if monotonic() > give_up_at or (self._stopping.is_set() and pause > 1):
                return [Outcome(failed=failure) for _ in submissions]
            sleep(pause * random.uniform(0.5, 1.5))
            pause = min(pause * 2, 2.0)

    def _one_by_one(
        self, thread: int, submissions: Sequence[Submission], error: Exception, give_up_at: float
    ) -> list[Outcome]:
        if len(submissions) == 1:
            command = submissions[0].command
            _logger.error("a command failed: %s", type(command).__name__, exc_info=error, extra=_about(command))
            return [Outcome(failed=error)]
        _logger.warning("a batch of %s failed (%s); running it one by one", len(submissions), error)
        return [self._try(thread, [submission], give_up_at)[0] for submission in submissions]

    def _run_once(self, thread: int, submissions: Sequence[Submission]) -> list[Outcome]:
        connection = self._connection(thread)
        known = self._settings or load_settings(connection, self.database.cell)
        numbers = [self._number(connection) if isinstance(s.command, PlaceOrder) else "" for s in submissions]
        settings = Settings(
            dict(known.channels),
            dict(known.locations),
            dict(known.pools),
            known.version,
            known.subscriptions,
            dict(known.fields),
            dict(known.entities),
            dict(known.rates),
            screened=dict(known.screened),
            sellers=dict(known.sellers),
        )
        batch = Batch(connection, self.database.cell, settings, self._clock())
        outcomes = batch.run(submissions, numbers)
        # It is committed: whatever failed from here on would have it run again.
        self._settings = batch.settings if batch.settings is not settings else known
        if batch.changes.jobs:
            self._hint()
        return outcomes

    def _hint(self) -> None:
        for told in self.on_jobs:
            try:
                told()
            except Exception:
                _logger.warning(
                    "nobody could be told that there are jobs; they are found at the next look", exc_info=True
                )

    def _connection(self, thread: int) -> psycopg.Connection:
        connection = self._connections[thread]
        if connection is None or connection.closed:
            connection = self._connections[thread] = self.database.engine_connection()
        return connection

    def _drop_connection(self, thread: int) -> None:
        connection = self._connections[thread]
        if connection is not None:
            connection.close()
        self._connections[thread] = None

    def _number(self, connection: psycopg.Connection) -> str:
        with self._numbers_lock:
            next_number, end = self._numbers
            if next_number >= end:
                next_number = lease_numbers(connection, self.database.cell, NUMBERS_AT_ONCE)
                end = next_number + NUMBERS_AT_ONCE
            self._numbers = (next_number + 1, end)
        return f"SO-{next_number}"


class AsyncEngine:
    """The engine seen from an event loop: one wake-up of the loop per batch, not per command."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._told: list[tuple[asyncio.Future[Outcome], Outcome]] = []
        self._lock = threading.Lock()

    @property
    def waiting(self) -> int:
        """Submissions that no batch has taken yet."""
        return self._engine.waiting

    async def answer(self, submission: Submission) -> Outcome:
        """Submit and wait."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Outcome] = loop.create_future()
        self._engine.put(submission, lambda outcome: self._tell(loop, future, outcome))
        return await future

    async def answer_all(self, submissions: Sequence[Submission]) -> list[Outcome]:
        """Submit several together and wait for all."""
        loop = asyncio.get_running_loop()
        futures: list[asyncio.Future[Outcome]] = [loop.create_future() for _ in submissions]

        def teller(future: "asyncio.Future[Outcome]") -> Callable[[Outcome], None]:
            return lambda outcome: self._tell(loop, future, outcome)

        self._engine.put_all([(s, teller(future)) for s, future in zip(submissions, futures, strict=True)])
        return list(await asyncio.gather(*futures))

    async def answer_chains(self, chains: Sequence[Sequence[Submission]]) -> list[list[Outcome]]:
        """Submit chains together and wait for all: the submissions of a chain are decided in their order."""
        loop = asyncio.get_running_loop()
        futures: list[list[asyncio.Future[Outcome]]] = [[loop.create_future() for _ in chain] for chain in chains]

        def teller(future: "asyncio.Future[Outcome]") -> Callable[[Outcome], None]:
            return lambda outcome: self._tell(loop, future, outcome)

        self._engine.put_chains(
            [
                [(submission, teller(future)) for submission, future in zip(chain, told, strict=True)]
                for chain, told in zip(chains, futures, strict=True)
            ]
        )
        return [list(await asyncio.gather(*told)) for told in futures]

    def _tell(self, loop: asyncio.AbstractEventLoop, future: "asyncio.Future[Outcome]", outcome: Outcome) -> None:
        with self._lock:
            self._told.append((future, outcome))
            first = len(self._told) == 1
        if first:
            loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        with self._lock:
            told = self._told
            self._told = []
        for future, outcome in told:
            if not future.done():
                future.set_result(outcome)


def _about(command: Command) -> dict[str, str]:
    """The order that a command is on, for those who read the log."""
    if isinstance(command, OrderCommand):
        return {"order": str(command.order)}
    return {"external_id": command.external_id} if isinstance(command, PlaceOrder) else {}
