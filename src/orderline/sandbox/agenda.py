"""What the partners will do later: one heap and one timer for all of it, whatever the number of things in work."""

import asyncio
import heapq
import logging
from collections.abc import Callable
from typing import Final

log: Final = logging.getLogger("orderline.sandbox")

# Steps that fall due together run together, in slices that leave the loop room for calls.
TICK_S: Final = 0.01
SLICE: Final = 500

Step = Callable[[], None]


class Agenda:
    """Steps in the order of their time; steps of one time in the order they were put in."""

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self._steps: list[tuple[float, int, Step]] = []
        self._count = 0
        self._timer: asyncio.TimerHandle | None = None
        self._wakes_at = 0.0

    def __len__(self) -> int:
        return len(self._steps)

    def after(self, delay_ms: int, step: Step, *, by_the_clock: bool = False) -> None:
        """Do `step` in `delay_ms` milliseconds, divided by the speed unless it waits for somebody outside."""
        loop = asyncio.get_running_loop()
        due = loop.time() + delay_ms / 1000 / (1 if by_the_clock else self.speed)
        self._count += 1
        heapq.heappush(self._steps, (due, self._count, step))
        if self._timer is None or due + TICK_S < self._wakes_at:
            self._wake(max(due, loop.time() + TICK_S))

    def clear(self) -> None:
        """Forget everything that was to be done."""
        self._steps.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _run(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = None
        now = loop.time()
        for _ in range(SLICE):
            if not self._steps or self._steps[0][0] > now:
                break
            step = heapq.heappop(self._steps)[2]
            try:
                step()
            except Exception:
                log.exception("a step of the sandbox failed")
        if self._steps:
            # What is due already goes on as soon as the loop has seen to the calls that came in meanwhile.
            next_due = self._steps[0][0]
            self._wake(next_due if next_due <= now else max(next_due, loop.time() + TICK_S))

    def _wake(self, at: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._wakes_at = at
        self._timer = asyncio.get_running_loop().call_at(at, self._run)
