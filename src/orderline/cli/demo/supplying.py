"""Supply in the demo: a truck that brings less than was announced, and a supplier who is late."""

from collections.abc import Sequence
from typing import Any, Final

from orderline.cli.demo.merchant import OUTLET
from orderline.cli.demo.play import Act
from orderline.cli.demo.scenes import Set, Told, hour, in_days
from orderline.cli.plain import amount, count

TRUCK: Final = "PO-101"
LATE: Final = "PO-102"
TRANSFER: Final = "TR-7"
HOME: Final = "lyon"
TRUCK_UNITS: Final = 40
TRANSFER_UNITS: Final = 8


class Truck:
    """Half of what is scarce was ordered, and comes in the afternoon; the other half goes on waiting."""

    def __init__(self, set_: Set) -> None:
        self._set = set_
        self._skus = set_.merchant.scarce[::2]
        self._came: dict[str, Any] = {}

    def agenda(self) -> Sequence[tuple[float, Act]]:
        return ((hour(15), self._receive),) if self._skus else ()

    async def before(self) -> None:
        lines = [{"sku": sku, "quantity": TRUCK_UNITS, "due_at": in_days(1)} for sku in self._skus]
        if lines:
            await _ordered(self._set, TRUCK, "Atelier Nord", lines)

    async def _receive(self) -> None:
        """The vendor's notice, then what the truck has: some lines less, damaged, or more."""
        path = f"/v1/purchase-orders/{TRUCK}"
        numbers = range(1, len(self._skus) + 1)
        announced = [{"line": number, "quantity": TRUCK_UNITS - 4 * (number == 1)} for number in numbers]
        await self._set.api.must("POST", f"{path}/notices", {"notice": "ASN-4711", "lines": announced}, key="asn-4711")
        come = [dict(each) for each in announced]
        come[-1]["quantity"] = TRUCK_UNITS + 2
        come[0] |= {"quantity": TRUCK_UNITS - 6, "damaged": 2}
        receipt = {"receipt": "R-1", "notice": "ASN-4711", "lines": come, "complete": True}
        self._came = await self._set.api.must("POST", f"{path}/receipts", receipt, key="receipt-1")
        again = await self._set.api.must("POST", f"{path}/receipts", receipt)
        assert again["receipts"] == self._came["receipts"], "a receipt sent twice has one effect"
        self._set.say((await self.told() or _NOTHING).text)

    async def told(self) -> Told | None:
        if not self._came:
            return None
        lines = self._came["receipts"][0]["lines"]
        sums = {name: sum(each.get(name, 0) for each in lines) for name in ("quantity", "damaged", "over", "kept")}
        short = sum(
            max(0, each["quantity"] - each.get("received", 0) - each.get("damaged", 0)) for each in self._came["lines"]
        )
        text = (
            f"{TRUCK}: a truck with {sums['quantity'] + sums['damaged']:,} units, {sums['damaged']} damaged, {short} missing, "
            f"{sums['over']} too many; {count(sums['kept'], 'unit')} went to orders that waited. Told twice, taken in once."
        )
        return Told("receipt", text, {**sums, "missing": short})


class LateSupplier:
    """What is sold before it is there comes later, and less of one size: whom it hurts, and whom to ask."""

    def __init__(self, set_: Set) -> None:
        self._set = set_
        self._slipped: dict[str, Any] = {}

    def agenda(self) -> Sequence[tuple[float, Act]]:
        return ((hour(16), self._slip),)

    async def before(self) -> None:
        units = self._set.merchant.announced
        lines = [
            {"sku": sku, "quantity": quantity, "due_at": in_days(6), "slack_days": 1} for sku, quantity in units.items()
        ]
        await _ordered(self._set, LATE, "Weavers & Sons", lines)

    async def _slip(self) -> None:
        lines: list[dict[str, Any]] = [{"line": number, "due_at": in_days(20)} for number in range(1, 4)]
        [last] = list(self._set.merchant.announced)[-1:]
        promised = sum(row["pegged"] for row in (await self._set.api.read("/v1/supply", sku=last))["items"])
        lines.append({"line": 4, "due_at": in_days(20), "quantity": max(1, promised // 2)})
        revision = {"lines": lines, "reason": "a loom broke down"}
        path = f"/v1/purchase-orders/{LATE}/revision"
        self._slipped = await self._set.api.must("POST", path, revision, key="slip-1")
        self._set.say((await self.told() or _NOTHING).text)

    async def told(self) -> Told | None:
        hurt = self._slipped.get("hurt", [])
        if not hurt:
            return None
        total, worst = self._slipped["hurt_total"], hurt[0]
        unknown = sum(not each.get("ready_at") for each in hurt)
        late = count(worst["days_late"], "day") + " late" if worst.get("ready_at") else "and nobody knows when it comes"
        lost = f", of {unknown} nobody knows when they can be kept" if unknown else ""
        text = (
            f"{LATE} comes two weeks later, and less of one size: {count(total, 'promise')} hurt{lost}. "
            f"The worst by harm: {worst['number']}, {amount(worst['value_minor'], 'EUR')}, {late}."
        )
        return Told("slip", text, {"hurt": total, "unknown": unknown}, {"order": worst["number"]})


class Moving:
    """A store is sent what it has run out of: on the way at neither place, received in two parts, and one is missing."""

    def __init__(self, set_: Set) -> None:
        self._set = set_
        rows = [row for row in set_.merchant.stock if row["location"] == HOME]
        self._skus = [row["sku"] for row in sorted(rows, key=lambda row: -row["quantity"])[:6]]
        self._transfer: dict[str, Any] = {}
        self._parts: list[int] = []

    def agenda(self) -> Sequence[tuple[float, Act]]:
        return ((hour(9), self._send), (hour(12.5), self._first_part), (hour(17), self._rest)) if self._skus else ()

    async def before(self) -> None:
        """Nothing is planned before the day."""

    async def _send(self) -> None:
        lines = [{"sku": sku, "quantity": TRANSFER_UNITS} for sku in self._skus]
        plan = {"source": HOME, "target": OUTLET, "lines": lines, "due_at": in_days(1)}
        await self._set.api.must("PUT", f"/v1/transfers/{TRANSFER}", plan, key="transfer-plan")
        for step in ("approval", "picking", "shipping"):
            self._transfer = await self._do(step, {})
        units = sum(each["sent"] for each in self._transfer["lines"])
        self._set.say(f"{TRANSFER}: {count(units, 'unit')} are on their way from {HOME} to {OUTLET}, at neither.")

    async def _first_part(self) -> None:
        lines = [{"line": number, "quantity": TRANSFER_UNITS - 3} for number in range(1, len(self._skus) + 1)]
        await self._receive({"receipt": "BOX-1", "lines": lines})
        left = sum(each["sent"] - each["received"] for each in self._transfer["lines"])
        self._set.say(f"{TRANSFER}: the first box is in {OUTLET}, {count(left, 'unit')} are still on their way.")

    async def _rest(self) -> None:
        lines: list[dict[str, Any]] = [{"line": number, "quantity": 3} for number in range(1, len(self._skus) + 1)]
        lines[0] = {"line": 1, "quantity": 1, "damaged": 1}
        await self._receive({"receipt": "BOX-2", "lines": lines, "complete": True})
        self._set.say((await self.told() or _NOTHING).text)

    async def _receive(self, receipt: dict[str, Any]) -> None:
        before = sum(each.get("received", 0) for each in self._transfer["lines"])
        self._transfer = await self._do("receipts", receipt)
        self._parts.append(sum(each.get("received", 0) for each in self._transfer["lines"]) - before)

    async def _do(self, step: str, body: dict[str, Any]) -> dict[str, Any]:
        key = f"transfer-{step}-{len(self._parts)}"
        return await self._set.api.must("POST", f"/v1/transfers/{TRANSFER}/{step}", body, key=key)

    async def told(self) -> Told | None:
        if len(self._parts) < 2:
            return None
        lines = self._transfer["lines"]
        sums = {name: sum(each.get(name, 0) for each in lines) for name in ("sent", "received", "damaged", "missing")}
        text = (
            f"{TRANSFER} from {HOME} to {OUTLET}: {sums['sent']} units sent, received in two parts ({self._parts[0]} and "
            f"{self._parts[1]} sound), {sums['damaged']} damaged, {sums['missing']} never came."
        )
        return Told("transfer", text, sums)


async def _ordered(set_: Set, name: str, vendor: str, lines: list[dict[str, Any]]) -> None:
    """A purchase order that the vendor has confirmed."""
    path = f"/v1/purchase-orders/{name}"
    await set_.api.must("PUT", path, {"location": HOME, "vendor": vendor, "lines": lines}, key=f"{name}-made")
    for step in ("sending", "confirmation"):
        await set_.api.must("POST", f"{path}/{step}", {}, key=f"{name}-{step}")


_NOTHING: Final = Told("", "", {})
