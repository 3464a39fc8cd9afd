"""Play a day against a running installation, over HTTP, as its channels would; count what is answered."""

import asyncio
import heapq
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from time import monotonic
from typing import Any, Final

import httpx
import msgspec

from orderline.cli.demo.calling import CLIENTS, Caller, first_of
from orderline.cli.demo.day import Planned
from orderline.cli.demo.merchant import Merchant

SKUS_AT_ONCE: Final = 1_000
QUOTE_FOR_S: Final = 900

Act = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Tally:
    """What was answered. placed: number, id and answer of each order, by its external id."""

    sent: int = 0
    accepted: int = 0
    repeated: int = 0
    repeated_same: int = 0
    taken: int = 0
    refused: Counter[str] = field(default_factory=Counter[str])
    cancels: int = 0
    cancels_late: int = 0
    released: int = 0
    quoted: int = 0
    quotes_used: int = 0
    first_s: float | None = None
    placed: dict[str, tuple[str, bytes]] = field(default_factory=dict[str, tuple[str, bytes]])


class Player:
    """Sends what the day holds, each at its time.

    speed: seconds of the day per second. began: when the command was given, by the monotonic clock.
    """

    def __init__(self, calls: Caller, *, speed: float, began: float) -> None:
        self.tally = Tally()
        self.clock_s = 0.0
        self.done = False
        self._calls = calls
        self._speed = speed
        self._began = began

    async def set_up(self, merchant: Merchant) -> None:
        """Make the merchant: pools, locations, channels, boxes, SKUs, and a first snapshot of stock."""
        must = self._calls.must
        for kind, items in (
            ("pools", merchant.pools), ("locations", merchant.locations), ("channels", merchant.channels),
            ("boxes", merchant.boxes),
        ):  # fmt: skip
            for item in items:
                await must("PUT", f"/v1/{kind}/{item['code']}", {n: v for n, v in item.items() if n != "code"})
        bundles_last = sorted(merchant.skus, key=lambda sku: sku.get("kind") == "bundle")
        for start in range(0, len(bundles_last), SKUS_AT_ONCE):
            await must("PUT", "/v1/skus", {"skus": bundles_last[start : start + SKUS_AT_ONCE]})
        lines = b"\n".join(msgspec.json.encode(row) for row in merchant.stock)
        await must("POST", "/v1/stock/feeds/opening?sequence=1", lines, media="application/x-ndjson")

    async def play(self, day: list[Planned], others: Sequence[tuple[float, Act]]) -> None:
        """Send everything; returns when the last was answered. others: what else is done, and when."""
        agenda: list[tuple[float, int, Act]] = []
        order = count()

        def at(at_s: float | None, act: Act) -> None:
            if at_s is not None:
                heapq.heappush(agenda, (at_s, next(order), act))

        for planned in day:
            at(planned.at_s, partial(self._place, planned))
            at(planned.again_s, partial(self._again, planned))
            at(planned.cancel_s, partial(self._cancel, planned))
            at(planned.release_s, partial(self._release, planned))
        for at_s, act in others:
            at(at_s, act)
        try:
            async with asyncio.TaskGroup() as group:
                await self._send_all(agenda, group)
        except BaseExceptionGroup as failures:
            raise first_of(failures) from None
        self.done = True

    async def _send_all(self, agenda: list[tuple[float, int, Act]], group: asyncio.TaskGroup) -> None:
        queue: asyncio.Queue[Act | None] = asyncio.Queue(CLIENTS * 4)
        for _ in range(CLIENTS):
            group.create_task(_client(queue))
        start, first = monotonic(), agenda[0][0] if agenda else 0.0
        while agenda:
            at_s, _, act = heapq.heappop(agenda)
            wait_s = start + (at_s - first) / self._speed - monotonic()
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            self.clock_s = at_s
            await queue.put(act)
        for _ in range(CLIENTS):
            await queue.put(None)

    async def _place(self, planned: Planned) -> None:
        if planned.asks_first:
            await self._quote(planned)
        answer = await self._calls.send("POST", "/v1/orders", planned.body)
        self.tally.sent += 1
        if answer.status_code != 201:
            self._refused(answer)
            return
        self.tally.accepted += 1
        self.tally.quotes_used += "quote" in planned.body
        if self.tally.first_s is None:
            self.tally.first_s = monotonic() - self._began
        self.tally.placed[planned.body["external_id"]] = (answer.json()["id"], answer.content)

    async def _quote(self, planned: Planned) -> None:
        """Ask what can be promised, have it held, and order by the first option."""
        body = planned.body
        group = body["groups"][0]
        cart: dict[str, Any] = {
            "channel": body["channel"],
            "lines": [{"sku": line["sku"], "quantity": line["quantity"]} for line in body["lines"]],
            "place": {name: group["address"][name] for name in ("country", "postal_code", "city")},
            "methods": [group["method"]],
            "ship_complete": group.get("ship_complete", False),
            "quote_for_s": QUOTE_FOR_S,
            "hold": True,
        }
        answer = await self._calls.send("POST", "/v1/promises", cart, key=f"quote-{body['external_id']}")
        promised = answer.json() if answer.is_success else {}
        if promised.get("options"):
            self.tally.quoted += 1
            option = promised["options"][0]["id"]
            planned.body = {
                **body, "quote": promised["quote"], "quote_option": option, "cart_hold": promised["cart_hold"]
            }  # fmt: skip

    async def _again(self, planned: Planned) -> None:
        placed = self.tally.placed.get(planned.body["external_id"])
        if placed is None:
            return
        answer = await self._calls.send("POST", "/v1/orders", planned.changed or planned.body)
        if planned.changed is not None:
            self.tally.taken += answer.status_code == 409
            return
        self.tally.repeated += 1
        self.tally.repeated_same += answer.content == placed[1]

    async def _cancel(self, planned: Planned) -> None:
        placed = self.tally.placed.get(planned.body["external_id"])
        if placed is None:
            return
        path, body = f"/v1/orders/{placed[0]}/cancellations", {"reason": "customer changed their mind"}
        answer = await self._calls.send("POST", path, body, key=f"cancel-{placed[0]}")
        self.tally.cancels += 1
        self.tally.cancels_late += answer.status_code == 409

    async def _release(self, planned: Planned) -> None:
        placed = self.tally.placed.get(planned.body["external_id"])
        if placed is None:
            return
        path = f"/v1/orders/{placed[0]}/holds/1"
        answer = await self._calls.send("DELETE", path, None, key=f"release-{placed[0]}")
        self.tally.released += answer.is_success

    def _refused(self, answer: httpx.Response) -> None:
        try:
            code = str(answer.json().get("code") or answer.status_code)
        except ValueError:
            code = str(answer.status_code)
        self.tally.refused[code] += 1


async def _client(queue: asyncio.Queue[Act | None]) -> None:
    while (act := await queue.get()) is not None:
        await act()
