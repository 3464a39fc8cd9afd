"""Play a day against a running installation, over HTTP, as its channels would; count what is answered."""

import asyncio
import heapq
import ssl
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from time import monotonic
from typing import Any, Final

import httpx
import msgspec

from orderline.cli.demo.day import Planned
from orderline.cli.demo.merchant import Merchant
from orderline.cli.ports import Failure

CLIENTS: Final = 24
TRIES: Final = 8
SKUS_AT_ONCE: Final = 1_000
# What may pass: the server has a lot to do, or its database is away for a moment.
PASSING: Final = frozenset({429, 502, 503, 504})
SUPPLY_AT_S: Final = 15 * 3600.0


@dataclass(slots=True)
class Tally:
    """What was answered. samples: a refusal of each code, to be shown."""

    sent: int = 0
    accepted: int = 0
    repeated: int = 0
    repeated_same: int = 0
    taken: int = 0
    refused: Counter[str] = field(default_factory=Counter[str])
    cancels: int = 0
    cancels_late: int = 0
    released: int = 0
    supplied: int = 0
    first_s: float | None = None
    placed: dict[str, tuple[str, bytes]] = field(default_factory=dict[str, tuple[str, bytes]])


class Player:
    """Sends what the day holds, each at its time.

    speed: seconds of the day per second. began: when the command was given, by the monotonic clock.
    """

    def __init__(self, base_url: str, api_key: str, *, speed: float, began: float) -> None:
        self.tally = Tally()
        self.clock_s = 0.0
        self.done = False
        self._speed = speed
        self._began = began
        limits = httpx.Limits(max_connections=CLIENTS, max_keepalive_connections=CLIENTS)
        headers = {"authorization": f"Bearer {api_key}", "content-type": "application/json"}
        # Plain HTTP to ourselves: reading the machine's certificates would only cost time.
        no_trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._http = httpx.AsyncClient(
            base_url=base_url, headers=headers, limits=limits, timeout=30, trust_env=False, verify=no_trust
        )

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.aclose()

    async def set_up(self, merchant: Merchant) -> None:
        """Make the merchant: pools, locations, channels, SKUs, and a first snapshot of stock."""
        for kind, items in (
            ("pools", merchant.pools), ("locations", merchant.locations), ("channels", merchant.channels),
        ):  # fmt: skip
            for item in items:
                await self._must("PUT", f"/v1/{kind}/{item['code']}", {n: v for n, v in item.items() if n != "code"})
        bundles_last = sorted(merchant.skus, key=lambda sku: sku.get("kind") == "bundle")
        for start in range(0, len(bundles_last), SKUS_AT_ONCE):
            await self._must("PUT", "/v1/skus", {"skus": bundles_last[start : start + SKUS_AT_ONCE]})
        lines = b"\n".join(msgspec.json.encode(row) for row in merchant.stock)
        await self._must("POST", "/v1/stock/feeds/opening?sequence=1", lines, media="application/x-ndjson")

    async def play(self, day: list[Planned], merchant: Merchant) -> None:
        """Send everything; returns when the last was answered."""
        agenda: list[tuple[float, int, str, Planned | None]] = []
        order = count()
        for planned in day:
            heapq.heappush(agenda, (planned.at_s, next(order), "place", planned))
            for kind, at_s in (
                ("again", planned.again_s),
                ("cancel", planned.cancel_s),
                ("release", planned.release_s),
            ):
                if at_s is not None:
                    heapq.heappush(agenda, (at_s, next(order), kind, planned))
        if merchant.scarce:
            heapq.heappush(agenda, (SUPPLY_AT_S, next(order), "supply", None))
        queue: asyncio.Queue[tuple[str, Planned | None] | None] = asyncio.Queue(CLIENTS * 4)
        clients = [asyncio.create_task(self._client(queue, merchant)) for _ in range(CLIENTS)]
        start, first = monotonic(), agenda[0][0] if agenda else 0.0
        while agenda:
            at_s, _, kind, planned = heapq.heappop(agenda)
            wait_s = start + (at_s - first) / self._speed - monotonic()
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            self.clock_s = at_s
            await queue.put((kind, planned))
        for _ in clients:
            await queue.put(None)
        await asyncio.gather(*clients)
        self.done = True

    async def _client(self, queue: "asyncio.Queue[tuple[str, Planned | None] | None]", merchant: Merchant) -> None:
        while (item := await queue.get()) is not None:
            kind, planned = item
            if planned is None:
                await self._supply(merchant)
            elif kind == "place":
                await self._place(planned)
            elif kind == "again":
                await self._again(planned)
            elif kind == "cancel":
                await self._cancel(planned)
            else:
                await self._release(planned)

    async def _place(self, planned: Planned) -> None:
        answer = await self._send("POST", "/v1/orders", planned.body)
        self.tally.sent += 1
        if answer.status_code != 201:
            self._refused(answer)
            return
        self.tally.accepted += 1
        if self.tally.first_s is None:
            self.tally.first_s = monotonic() - self._began
        self.tally.placed[planned.body["external_id"]] = (answer.json()["id"], answer.content)

    async def _again(self, planned: Planned) -> None:
        placed = self.tally.placed.get(planned.body["external_id"])
        if placed is None:
            return
        answer = await self._send("POST", "/v1/orders", planned.changed or planned.body)
        if planned.changed is not None:
            self.tally.taken += answer.status_code == 409
            return
        self.tally.repeated += 1
        self.tally.repeated_same += answer.content == placed[1]

    async def _cancel(self, planned: Planned) -> None:
        placed = self.tally.placed.get(planned.body["external_id"])
        if placed is None:
            return
        path = f"/v1/orders/{placed[0]}/cancellations"
        answer = await self._send("POST", path, {"reason": "customer changed their mind"}, key=f"cancel-{placed[0]}")
        self.tally.cancels += 1
        self.tally.cancels_late += answer.status_code == 409

    async def _release(self, planned: Planned) -> None:
        placed = self.tally.placed.get(planned.body["external_id"])
        if placed is None:
            return
        path = f"/v1/orders/{placed[0]}/holds/1"
        answer = await self._send("DELETE", path, None, key=f"release-{placed[0]}")
        self.tally.released += answer.is_success

    async def _supply(self, merchant: Merchant) -> None:
        """A truck comes for half of what is scarce; the other half goes on waiting."""
        skus = merchant.scarce[::2]
        items = [
            {"sku": sku, "location": merchant.locations[0]["code"], "quantity": 40, "reason": "received",
             "reference": "ASN-4711"} for sku in skus
        ]  # fmt: skip
        await self._must("POST", "/v1/bulk/adjustments", {"items": items}, key="truck-1")
        self.tally.supplied = len(skus)

    async def _must(self, method: str, path: str, body: Any, *, media: str = "", key: str = "") -> None:
        answer = await self._send(method, path, body, media=media, key=key)
        if not answer.is_success:
            raise Failure(f"The demo's merchant could not be made: {method} {path} was answered {answer.text[:300]}")

    async def _send(self, method: str, path: str, body: Any, *, media: str = "", key: str = "") -> httpx.Response:
        """Send, and again when the answer was lost or says that it may pass: every call has one effect."""
        headers = {**({"content-type": media} if media else {}), **({"idempotency-key": key} if key else {})}
        content = body if isinstance(body, bytes) or body is None else msgspec.json.encode(body)
        answer: httpx.Response | None = None
        for attempt in range(TRIES):
            try:
                answer = await self._http.request(method, path, content=content, headers=headers)
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code not in PASSING:
                return answer
            await asyncio.sleep(min(0.1 * 2**attempt, 3))
        if answer is None:
            raise Failure("The demo's server does not answer any more.", "Its log may say why.")
        return answer

    def _refused(self, answer: httpx.Response) -> None:
        try:
            code = str(answer.json().get("code") or answer.status_code)
        except ValueError:
            code = str(answer.status_code)
        self.tally.refused[code] += 1
