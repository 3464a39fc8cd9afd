"""How calls of partners go, counted in passing and written down a moment later; a call itself waits for nothing."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from secrets import token_hex
from types import TracebackType
from typing import Any, Final, Self

from orderline.store.health import Noted, note_partners
from orderline.values.failures import Trouble
from orderline.worker.ladder import told_error
from orderline.worker.services import Services

WRITE_AFTER_S: Final = 2.0
_logger = logging.getLogger(__name__)


class Turns:
    """Places for so many calls at a time at one partner: `async with`. What becomes of each is counted."""

    def __init__(
        self, partner: str, most: int, clock: Callable[[], datetime], changed: "Callable[[Turns], None]"
    ) -> None:
        """changed: called when there is something to be written down."""
        self.partner = partner
        self._places = asyncio.Semaphore(most)
        self._clock = clock
        self._changed = changed
        self._open = self._calls = self._failed = self._facts = 0
        self._success_at: datetime | None = None
        self._failure_at: datetime | None = None
        self._heard_at: datetime | None = None
        self._error = ""
        self._wrong: dict[Any, Trouble] = {}

    async def __aenter__(self) -> Self:
        await self._places.acquire()
        self._open += 1
        self._changed(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._places.release()
        self._open -= 1
        wrong = self._wrong.pop(asyncio.current_task(), None)
        if error is None and wrong is None:
            self._calls += 1
            self._success_at = self._clock()
            self._changed(self)
        elif error is None or isinstance(error, Exception):  # else we have given it up ourselves
            self.missed(told_error(error or wrong or Trouble(self.partner)))

    def hear(self, outcomes: Sequence[Any]) -> None:
        """What the call that is under way brought: it went ill when any of it did."""
        trouble = next((each for each in outcomes if isinstance(each, Trouble)), None)
        if trouble is not None:
            self._wrong[asyncio.current_task()] = trouble

    def missed(self, error: str) -> None:
        """A call that went ill."""
        self._calls += 1
        self._failed += 1
        self._failure_at = self._clock()
        self._error = error
        self._changed(self)

    def told(self, facts: int) -> None:
        """The partner has told something by itself."""
        self._facts += facts
        self._heard_at = self._clock()
        self._changed(self)

    def take(self) -> Noted:
        """What has happened since this was asked before."""
        noted = Noted(
            partner=self.partner, day=self._clock().astimezone(UTC).date(), calls=self._calls, failed=self._failed,
            last_success_at=self._success_at, last_failure_at=self._failure_at, last_error=self._error,
            facts=self._facts, last_heard_at=self._heard_at, open=self._open,
        )  # fmt: skip
        self._calls = self._failed = self._facts = 0
        self._success_at = self._failure_at = self._heard_at = None
        self._error = ""
        return noted


class Tallies:
    """The turns of all partners of one process, written down together. holder: the process, for people who look at the table."""

    def __init__(self, services: Services, holder: str) -> None:
        self._services = services
        self._holder = f"{holder}-{token_hex(4)}"
        self._turns: list[Turns] = []
        self._changed: set[Turns] = set()
        self._writing: asyncio.Task[None] | None = None

    def turns(self, partner: str) -> Turns:
        """The places at a partner."""
        made = Turns(partner, self._services.calls_most, self._services.clock, self._note)
        self._turns.append(made)
        return made

    async def close(self) -> None:
        """Write down what is left."""
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.gather(self._writing, return_exceptions=True)
        await self._write()

    def _note(self, turns: Turns) -> None:
        self._changed.add(turns)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_soon(), name="partner-tallies")

    async def _write_soon(self) -> None:
        while self._changed:
            await asyncio.sleep(WRITE_AFTER_S)
            await self._write()

    async def _write(self) -> None:
        changed, self._changed = self._changed, set()
        if not changed:
            return
        noted = [each.take() for each in changed]
        now = self._services.clock()
        try:
            await asyncio.to_thread(note_partners, self._services.database, self._holder, noted, now)
        except Trouble as trouble:
            _logger.warning("how calls of partners went is not written down: %s", trouble)
