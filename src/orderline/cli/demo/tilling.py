"""A store in the demo: its tills sell from the same stock, one of them is offline for a while, and goods come back."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from orderline.cli.demo.play import Act
from orderline.cli.demo.scenes import Set, Told, hour
from orderline.cli.plain import count

STORE: Final = "berlin-mitte"
FIRST: Final = 20
TICKETS: Final = 30


class Tills:
    """A till tells what it has; when it was offline it tells everything again, in any order."""

    def __init__(self, set_: Set) -> None:
        self._set = set_
        self._dice = random.Random("tills")
        rows = [row for row in set_.merchant.stock if row["location"] == STORE and row["quantity"] > 2]
        self._tickets = [self._ticket(number, rows) for number in range(1, TICKETS + 1)] if rows else []
        self._verdicts: list[dict[str, Any]] = []
        self._returned = ""

    def agenda(self) -> Sequence[tuple[float, Act]]:
        return ((hour(11), self._first), (hour(18), self._everything)) if self._tickets else ()

    async def before(self) -> None:
        """The store is closed at night."""

    async def _first(self) -> None:
        await self._send(self._tickets[:FIRST])

    async def _everything(self) -> None:
        tickets = [*self._tickets, *await self._return()]
        self._dice.shuffle(tickets)
        await self._send(tickets)
        told = await self.told()
        assert told is not None
        self._set.say(told.text)

    async def _return(self) -> list[dict[str, Any]]:
        """Somebody brings back to the counter what a parcel has brought her."""
        page = await self._set.api.read("/v1/orders", phase="delivered", channel="web", limit=20)
        for each in page["items"]:
            order = (await self._set.api.read(f"/v1/orders/{each['number']}"))["order"]
            line = next(
                (
                    line
                    for line in order["lines"]
                    if line["units"].get("delivered") and line.get("kind", "ship") == "ship"
                ),
                None,
            )
            if line is not None:
                self._returned = each["number"]
                back = {"kind": "return", "sku": line["sku"], "quantity": 1, "order": each["number"], "line": line["line"],
                        "condition": "to_inspect"}  # fmt: skip
                return [{"till": "T1", "sequence": TICKETS + 1, "lines": [back]}]
        return []

    async def _send(self, tickets: list[dict[str, Any]]) -> None:
        path = f"/v1/locations/{STORE}/pos-batches"
        self._verdicts.append(await self._set.api.must("POST", path, {"tickets": tickets}))

    def _ticket(self, number: int, rows: list[dict[str, Any]]) -> dict[str, Any]:
        sold = self._dice.choice(rows)
        lines = [{"kind": "sale", "sku": sold["sku"], "quantity": 1}]
        if number % 7 == 0:
            lines.append({"kind": "return", "sku": self._dice.choice(rows)["sku"], "quantity": 1})
        now = datetime.now(UTC).isoformat()
        return {"till": "T1", "sequence": number, "occurred_at": now, "lines": lines}

    async def told(self) -> Told | None:
        if len(self._verdicts) < 2:
            return None
        sums = {name: sum(each[name] for each in self._verdicts) for name in ("taken", "known", "refused")}
        back = f" {self._returned} came back at the counter." if self._returned else ""
        text = (
            f"{STORE}: {count(sums['taken'], 'ticket')} of a till that was offline, on the stock that orders are served from; "
            f"{sums['known']} of them were sent twice and counted once.{back}"
        )
        return Told("tills", text, sums, {"order": self._returned} if self._returned else {})
