"""A desk for each kind of job: takes all that has come in while it was busy, a few sets at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from orderline.store.jobs import Job
from orderline.worker.work import Work

Handler = Callable[[Work, Sequence[Job]], Awaitable[None]]


class Desk:
    """Jobs of one kind, done in sets of at most `most`, `at_once` sets at a time."""

    def __init__(self, work: Work, handler: Handler, *, most: int = 500, at_once: int = 2) -> None:
        self._work = work
        self.handler = handler
        self._most = most
        self._at_once = at_once
        self._pending: list[Job] = []
        self._running: set[asyncio.Task[None]] = set()
        self._closing = False

    def put(self, jobs: Sequence[Job]) -> None:
        """Add jobs that this worker holds."""
        self._pending.extend(jobs)
        self._start()

    def close(self) -> list[Job]:
        """Begin nothing more; returns what was not begun."""
        self._closing = True
        left, self._pending = self._pending, []
        return left

    async def settle(self) -> None:
        """Wait for what was begun."""
        while self._running:
            await asyncio.gather(*self._running, return_exceptions=True)

    def _start(self) -> None:
        while self._pending and not self._closing and len(self._running) < self._at_once:
            jobs, self._pending = self._pending[: self._most], self._pending[self._most :]
            task = asyncio.create_task(self._work.guard(jobs, self.handler(self._work, jobs)))
            self._running.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._start()
