"""A cycle count in the demo: some shelves are counted while their orders go on."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from orderline.cli.demo.play import Act
from orderline.cli.demo.scenes import Set, Told, hour
from orderline.cli.plain import count

COUNT: Final = "CC-3"
PLACE: Final = "leipzig"
SHELVES: Final = 12


class Counting:
    """Blind: whoever counts is not shown what the record expects. Two shelves differ, are counted again, and differ."""

    def __init__(self, set_: Set) -> None:
        self._set = set_
        there = {row["sku"] for row in set_.merchant.stock if row["location"] == PLACE}
        self._skus = [product.sku for product in set_.merchant.products if product.sku in there][:SHELVES]
        self._counted_at = ""
        self._expected: dict[str, int] = {}
        self._moved = 0
        self._count: dict[str, Any] = {}

    def agenda(self) -> Sequence[tuple[float, Act]]:
        return ((hour(10), self._begin), (hour(11.5), self._submit)) if self._skus else ()

    async def before(self) -> None:
        """Counts are planned during the day."""

    async def _begin(self) -> None:
        path = f"/v1/counts/{COUNT}"
        await self._set.api.must("PUT", path, {"location": PLACE, "lines": self._skus}, key="count-plan")
        await self._do("opening", {})
        self._counted_at = datetime.now(UTC).isoformat()

    async def _submit(self) -> None:
        """What was found at that moment is told an hour and a half later; what has moved since does not matter."""
        self._expected = {sku: await self._there(sku, self._counted_at) for sku in self._skus}
        now = datetime.now(UTC).isoformat()
        self._moved = sum([abs(await self._there(sku, now) - self._expected[sku]) for sku in self._skus])
        found = dict(self._expected)
        found[self._skus[0]] = max(0, found[self._skus[0]] - 1)
        found[self._skus[-1]] += 1
        await self._tell(found)
        differ = [self._skus[0], self._skus[-1]]
        await self._do("recounts", {"lines": differ, "reason": "who counted may have been mistaken"})
        await self._tell({sku: found[sku] for sku in differ})
        self._count = await self._do("approval", {})
        told = await self.told()
        assert told is not None
        self._set.say(told.text)

    async def _there(self, sku: str, at: str) -> int:
        """Units on the shelf at an instant, as somebody who stood there would have seen them."""
        levels = (await self._set.api.read(f"/v1/stock/{sku}/as-of", at=at))["levels"]
        return sum(each["quantity"] for each in levels if each["location"] == PLACE and each["bucket"] == "sellable")

    async def _tell(self, found: dict[str, int]) -> None:
        lines = [{"sku": sku, "quantity": units, "counted_at": self._counted_at} for sku, units in found.items()]
        await self._do("results", {"location": PLACE, "lines": lines}, f"{len(lines)}")

    async def _do(self, step: str, body: dict[str, Any], part: str = "") -> Any:
        return await self._set.api.must("POST", f"/v1/counts/{COUNT}/{step}", body, key=f"count-{step}{part}")

    async def told(self) -> Told | None:
        if not self._count:
            return None
        lines = self._count["lines"]
        differences = [line["quantity"] - line.get("expected", 0) for line in lines]
        differ = sum(difference != 0 for difference in differences)
        text = (
            f"{COUNT}: {len(lines)} shelves at {PLACE} counted blind while {count(self._moved, 'unit')} of them moved; "
            f"{differ} differ ({', '.join(f'{each:+}' for each in differences if each)}), counted again and approved."
        )
        figures = {"shelves": len(lines), "moved": self._moved, "differ": differ, "net": sum(differences)}
        return Told("count", text, figures, {"sku": self._skus[0]})
