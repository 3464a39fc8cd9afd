"""Facts on their way to the caller's inbound address: gathered, signed, sent until they are taken.

At least once: a batch is sent again until it is answered with 2xx. A batch that is refused as such (4xx) is halved
until the fact that cannot be taken stands alone; that one is put aside and counted.
"""

import asyncio
import ssl
import zlib
from collections import deque
from datetime import UTC, datetime
from functools import cache
from typing import Final

import httpx
import msgspec
from standardwebhooks import Webhook

from orderline.contracts.terms import Fact
from orderline.sandbox.agenda import Agenda
from orderline.sandbox.chance import Chance
from orderline.sandbox.faults import FaultBox
from orderline.sandbox.settings import Callback, Sending

# Answers that may be different next time, beside 5xx.
PASSING: Final = frozenset({404, 408, 409, 425, 429})
REFUSALS_MAX: Final = 5


class FactCounts(msgspec.Struct):
    """What has become of a partner's facts."""

    told: int = 0
    delivered: int = 0
    calls: int = 0
    retries: int = 0
    duplicated: int = 0
    held_back: int = 0
    put_aside: int = 0


class Lane:
    """Facts that leave one after another."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.facts: deque[Fact] = deque()
        self.filled = asyncio.Event()
        self.sending = 0
        self.task: asyncio.Task[None] | None = None


class Callbacks:
    """All facts of one partner on their way out."""

    def __init__(
        self,
        partner: str,
        sending: Sending,
        callback: Callback | None,
        *,
        agenda: Agenda,
        chance: Chance,
        box: FaultBox,
    ) -> None:
        self.partner = partner
        self.counts = FactCounts()
        self.put_aside: deque[Fact] = deque(maxlen=1000)
        self._sending = sending
        self._agenda = agenda
        self._chance = chance
        self._box = box
        self._lanes = [Lane(f"{partner}-{number}") for number in range(sending.lanes)]
        self._http: httpx.AsyncClient | None = None
        self._stopped = False
        self._late = 0
        self.direct(callback)

    @property
    def waiting(self) -> int:
        """Facts not yet taken by the caller."""
        return self._late + sum(len(lane.facts) + lane.sending for lane in self._lanes)

    def direct(self, callback: Callback | None) -> None:
        """Send facts there from now on; None keeps them waiting."""
        self._callback = callback
        self._webhook = Webhook(callback.secret) if callback else None
        for lane in self._lanes:
            if lane.facts:
                lane.filled.set()

    def tell(self, about: str, fact: Fact) -> None:
        """Send a fact about a thing; facts about the same thing keep their order, unless faults say otherwise."""
        self.counts.told += 1
        faults = self._box.faults
        if self._chance.happens(faults.duplicate_probability, "duplicate", fact.event_id):
            self.counts.duplicated += 1
            self._put_late(about, fact, 1 + self._chance.below(100, "duplicate late", fact.event_id))
        if self._chance.happens(faults.reorder_probability, "reorder", fact.event_id):
            self.counts.held_back += 1
            self._put_late(about, fact, 1 + self._chance.below(faults.reorder_hold_ms + 1, "hold", fact.event_id))
        else:
            self._put(about, fact)

    async def stop(self) -> None:
        """Send nothing more."""
        self._stopped = True
        tasks = [lane.task for lane in self._lanes if lane.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._http is not None:
            await self._http.aclose()

    def _put_late(self, about: str, fact: Fact, delay_ms: int) -> None:
        self._late += 1

        def put() -> None:
            self._late -= 1
            self._put(about, fact)

        self._agenda.after(delay_ms, put, by_the_clock=True)

    def _put(self, about: str, fact: Fact) -> None:
        lane = self._lanes[zlib.crc32(about.encode()) % len(self._lanes)]
        lane.facts.append(fact)
        lane.filled.set()
        if lane.task is None and not self._stopped:
            lane.task = asyncio.create_task(self._run(lane), name=f"sandbox-facts-{lane.name}")

    async def _run(self, lane: Lane) -> None:
        while True:
            await lane.filled.wait()
            if len(lane.facts) < self._sending.batch_max:
                await asyncio.sleep(self._sending.flush_ms / 1000)
            if self._callback is None:
                lane.filled.clear()
                continue
            batch = [lane.facts.popleft() for _ in range(min(len(lane.facts), self._sending.batch_max))]
            if not lane.facts:
                lane.filled.clear()
            lane.sending = len(batch)
            await self._deliver(lane, batch)

    async def _deliver(self, lane: Lane, batch: list[Fact]) -> None:
        """Send a batch until it is taken, halving it where it is refused."""
        body = msgspec.json.encode({"facts": batch})
        name = f"msg_{self.partner}_{batch[0].event_id}_{len(batch)}"
        refusals = 0
        pause_ms = self._sending.retry_low_ms
        while True:
            status = await self._post(name, body)
            if 200 <= status < 300:
                self.counts.delivered += len(batch)
                lane.sending -= len(batch)
                return
            self.counts.retries += 1
            if 400 <= status < 500 and status not in PASSING:
                refusals += 1
                if len(batch) > 1 and (status == 413 or refusals >= REFUSALS_MAX):
                    middle = len(batch) // 2
                    await self._deliver(lane, batch[:middle])
                    await self._deliver(lane, batch[middle:])
                    return
                if len(batch) == 1 and refusals >= REFUSALS_MAX:
                    self.counts.put_aside += 1
                    self.put_aside.append(batch[0])
                    lane.sending -= 1
                    return
            await asyncio.sleep(pause_ms / 1000)
            pause_ms = min(pause_ms * 2, self._sending.retry_high_ms)

    async def _post(self, name: str, body: bytes) -> int:
        """The status answered, 0 for no answer."""
        callback, webhook = self._callback, self._webhook
        if callback is None or webhook is None:
            return 0
        if self._http is None:
            limits = httpx.Limits(max_connections=len(self._lanes), max_keepalive_connections=len(self._lanes))
            self._http = httpx.AsyncClient(
                timeout=self._sending.timeout_s, limits=limits, trust_env=False, verify=_trust()
            )
        now = datetime.now(UTC)
        headers = {
            "content-type": "application/json",
            "webhook-id": name,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": webhook.sign(name, now, body.decode()),
        }
        self.counts.calls += 1
        try:
            answer = await self._http.post(callback.url, content=body, headers=headers)
        except httpx.TransportError:
            return 0
        return answer.status_code


@cache
def _trust() -> ssl.SSLContext:
    """The certificates we trust; reading them takes long enough to do it once."""
    return httpx.create_ssl_context(trust_env=False)
