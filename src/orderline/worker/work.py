"""What every handler has at hand: reading, calling a partner, submitting commands, and bringing jobs to their end."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any, Final, ParamSpec, TypeVar
from uuid import UUID

from orderline.core.next_steps import JobKind
from orderline.core.orders.commands import Command
from orderline.core.orders.state import Order
from orderline.core.promises.network import Network
from orderline.core.stock.state import Settings
from orderline.engine.engine import AsyncEngine
from orderline.engine.submissions import KeptDocument, Outcome, Submission
from orderline.store.database import Database
from orderline.store.jobs import Job, Jobs, Verdict
from orderline.store.reading.promising import Ground, KnownGround
from orderline.store.reading.source import Source
from orderline.store.working import KnownSettings, read_orders
from orderline.values.failures import Refused, Trouble
from orderline.values.ids import OrderId
from orderline.worker.ladder import Ending, after_failure, after_waiting, ending_of, given_up, told_error
from orderline.worker.partners import Partner, Partners
from orderline.worker.services import Services

# More jobs than this behind a partner that does not answer are put off, so that others get their turn.
WAITING_MOST: Final = 2_000
PUT_OFF_S: Final = 5.0
# Settings are not looked for again so soon; whatever they lead to is checked by the engine.
SETTINGS_FOR_S: Final = 0.1

P = ParamSpec("P")
T = TypeVar("T")
_logger = logging.getLogger(__name__)


def order_of(job: Job) -> OrderId:
    """The order that a job is about."""
    return OrderId(UUID(job.stream.partition(" ")[0]))


class Work:
    """One worker's tools; belongs to one event loop."""

    def __init__(self, services: Services, holder: str) -> None:
        self.services = services
        source = services.database
        self.database = Database(source.dsn, cell=source.cell, prepared=source.prepared, by_index=True)
        self.jobs = Jobs(self.database, holder, lease=timedelta(seconds=services.lease_s))
        self.engine = AsyncEngine(services.engine)
        self.partners = Partners(services, holder)
        self.in_flight: set[UUID] = set()
        # Who does what, so that a set that fails can be done one by one and a poison job fails alone.
        self.handlers: dict[JobKind, Callable[[Work, Sequence[Job]], Awaitable[None]]] = {}
        self.done = 0
        self._settings = KnownSettings(self.database)
        self._ground = KnownGround()
        self._seen: tuple[float, Settings] | None = None
        self._threads = ThreadPoolExecutor(4, "worker")
        self._tasks: set[asyncio.Task[None]] = set()

    async def read(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run something that waits for the database, or computes for long, beside the loop."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: function(*args, **kwargs))

    async def orders(self, jobs: Iterable[Job]) -> dict[OrderId, Order]:
        """The orders that jobs are about, as they are now."""
        return await self.read(read_orders, self.database, {order_of(job) for job in jobs})

    async def settings(self) -> Settings:
        """The merchant's settings as they are now, or were a moment ago."""
        now = asyncio.get_running_loop().time()
        if self._seen is None or now - self._seen[0] > SETTINGS_FOR_S:
            self._seen = (now, await self.read(self._settings.current))
        return self._seen[1]

    def network(self, now: datetime) -> Network:
        """What promises are made over, as it stands; reads, and is called in a thread for that."""
        return self.ground(now).network

    def ground(self, now: datetime) -> Ground:
        """The network with the settings behind it, and the places that quotes keep; called in a thread as well."""
        with self.database.connection() as connection:
            return self._ground.current(Source(connection, self.database.cell), now)

    def spawn(self, jobs: Sequence[Job], doing: Coroutine[Any, Any, None]) -> None:
        """Do a part of a set on its own; when it fails, its jobs are tried again."""
        task = asyncio.create_task(self.guard(jobs, doing))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def guard(self, jobs: Sequence[Job], doing: Awaitable[None]) -> None:
        """See to it that jobs get an end, whatever happens to whoever does them."""
        try:
            await self._guarded(jobs, doing)
        except Exception:
            # Not even their failure could be written down: they come again when their lease is over.
            _logger.exception("%s jobs are left to their leases", len(jobs))
            self._ended(job.id for job in jobs)

    async def call(
        self, partner: Partner, jobs: Sequence[Job], ask: Callable[[Any], Awaitable[list[T]]]
    ) -> list[T] | None:
        """Ask a partner when it is its turn; None: too many wait for it, and the jobs were put off."""
        if partner.waiting > WAITING_MOST:
            await self.put_off(jobs, "many jobs wait for this partner")
            return None
        partner.waiting += len(jobs)
        try:
            async with partner.calls as turn:
                outcomes = await ask(partner.contract)
                turn.hear(outcomes)
                return outcomes
        finally:
            partner.waiting -= len(jobs)

    async def submit(
        self, pairs: Sequence[tuple[Job, Command]], documents: Sequence[tuple[KeptDocument, ...]] = ()
    ) -> None:
        """Submit the commands that end jobs, and bring to an end those that were refused.

        documents: what is kept with each, in the same order; nothing, when there are none.
        """
        outcomes = await self.engine.answer_all(
            [
                Submission(command=command, jobs=(job.id,), documents=documents[index] if documents else ())
                for index, (job, command) in enumerate(pairs)
            ]
        )
        await self.end([(job, outcome) for (job, _), outcome in zip(pairs, outcomes, strict=True)])

    async def end(self, outcomes: Sequence[tuple[Job, Outcome]]) -> None:
        """What a command's outcome means for its job."""
        now = self.services.clock()
        done: list[Job] = []
        verdicts: list[Verdict] = []
        for job, outcome in outcomes:
            if outcome.refused is not None:
                match ending_of(outcome.refused.code.value):
                    case Ending.DONE:
                        done.append(job)
                    case Ending.WAIT:
                        verdicts.append(after_waiting(job, outcome.refused.code.value, now))
                    case Ending.DEAD:
                        verdicts.append(given_up(job, told_error(outcome.refused), now))
            elif outcome.failed is not None:
                verdicts.append(after_failure(job, outcome.failed, self.services.ladder_s, now))
            else:
                self._ended([job.id])
        await self.finish(done)
        await self._retry(verdicts)

    async def finish(self, jobs: Sequence[Job]) -> None:
        """Jobs that are done without a command."""
        if jobs:
            await self.read(self.jobs.finish, [job.id for job in jobs])
            self._ended(job.id for job in jobs)

    async def put_off(self, jobs: Sequence[Job], reason: str) -> None:
        """Jobs for which there is no room now; it is no failure of theirs."""
        due_at = self.services.clock() + timedelta(seconds=PUT_OFF_S)
        await self._retry([Verdict(job.id, due_at, job.attempts - 1, reason) for job in jobs])

    async def release(self, jobs: Sequence[Job]) -> None:
        """Jobs that were claimed and not begun: for others to do."""
        if jobs:
            await self.read(self.jobs.release, [job.id for job in jobs])
            self.in_flight.difference_update(job.id for job in jobs)

    async def wait(self, jobs: Sequence[tuple[Job, str]]) -> None:
        """Jobs that something has to happen for first, with what that is."""
        now = self.services.clock()
        await self._retry([after_waiting(job, reason, now) for job, reason in jobs])

    async def fail(self, jobs: Sequence[Job], error: BaseException) -> None:
        """Jobs that met trouble, or a bug."""
        now = self.services.clock()
        await self._retry([after_failure(job, error, self.services.ladder_s, now) for job in jobs])

    async def give_up(self, jobs: Sequence[Job], reason: str) -> None:
        """Jobs that a person has to look at."""
        now = self.services.clock()
        await self._retry([given_up(job, reason, now) for job in jobs])

    async def settle_tasks(self) -> None:
        """Wait for all that was spawned."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def close(self) -> None:
        """Let go of partners and connections."""
        await self.partners.close()
        self._threads.shutdown(wait=True)
        self.database.close()

    async def _guarded(self, jobs: Sequence[Job], doing: Awaitable[None]) -> None:
        try:
            await doing
        except Refused as refused:
            await self.give_up(jobs, str(refused))
        except Trouble as trouble:
            await self.fail(jobs, trouble)
        except Exception as error:
            kinds = ", ".join(sorted({job.kind.value for job in jobs}))
            if len(jobs) == 1:
                _logger.exception("a job failed: %s %s", kinds, jobs[0].id)
                await self.fail(jobs, error)
                return
            _logger.warning("%s jobs failed together (%s: %s); doing them one by one", len(jobs), kinds, error)
            for job in jobs:
                if job.id in self.in_flight:
                    await self.guard([job], self.handlers[job.kind](self, [job]))

    async def _retry(self, verdicts: Sequence[Verdict]) -> None:
        if verdicts:
            await self.read(self.jobs.retry, verdicts)
            self._ended(verdict.id for verdict in verdicts)

    def _ended(self, ids: Iterable[UUID]) -> None:
        for id_ in ids:
            self.in_flight.discard(id_)
            self.done += 1
