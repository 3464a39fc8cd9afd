"""When a day is over: nothing is on its way, nothing is due, and nothing moves any more."""

from time import monotonic

import httpx

from orderline.cli.ports import Stage
from orderline.store.census import Census

# These wait for weeks, or for people.
NOT_AWAITED = frozenset({"close"})


class Ending:
    """Asked after each look; says when the end is reached.

    quiet_looks: looks in a row without work. still_s: without any change of a figure the end is reached as well.
    """

    def __init__(self, stage: Stage, *, quiet_looks: int, still_s: float) -> None:
        self._stage = stage
        self._quiet_looks = quiet_looks
        self._still_s = still_s
        self._quiet = 0
        self._last: Census | None = None
        self._changed_at = monotonic()

    async def reached(self, census: Census, *, asked: bool) -> bool:
        """Is the day over? asked: when the census was taken, somebody had something to do."""
        if census != self._last:
            self._last, self._changed_at = census, monotonic()
        busy = any(number for kind, number in census.jobs.items() if kind not in NOT_AWAITED)
        self._quiet = 0 if asked or busy or not await self._partners_idle() else self._quiet + 1
        return not asked and (self._quiet >= self._quiet_looks or self.still_for_s > self._still_s)

    @property
    def still_for_s(self) -> float:
        """How long no figure has changed."""
        return monotonic() - self._changed_at

    async def _partners_idle(self) -> bool:
        headers = {"authorization": f"Bearer {self._stage.sandbox_key}"}
        try:
            async with httpx.AsyncClient(trust_env=False) as http:
                answer = await http.get(f"{self._stage.sandbox_url}/control/statistics", headers=headers)
        except httpx.TransportError:
            return False
        return bool(answer.json().get("idle"))
