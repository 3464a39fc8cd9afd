"""The people of a store that has no system of its own: they work with Orderline, by waves and scans, until nothing is left."""

from collections import Counter
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from orderline.cli.demo.merchant import FLAGSHIP, LIMITED
from orderline.cli.demo.scenes import Set, Told
from orderline.cli.plain import count

WAVE_OF: Final = 3
CODE_LENGTH: Final = 6


class Staff:
    """They accept, pick in waves, pack, hand over to the carrier or the customer; once they find a shelf empty."""

    def __init__(self, set_: Set) -> None:
        self.idle = True
        self._set = set_
        self._waves = 0
        self._scans = 0
        self._wrong = 0
        self._waved: set[tuple[str, int]] = set()
        self._collected = 0
        self._boxes: Counter[str] = Counter()
        self._shipped: dict[str, int] = {}
        self._manifests: list[dict[str, Any]] = []
        self._rejected: list[str] = []

    async def look(self) -> None:
        """One round through the store."""
        rows = [row for row in await self._set.pages("/v1/fulfillments", location=FLAGSHIP) if not row.get("blocked")]
        for row in rows:
            if row["negotiation"] in ("unsubmitted", "submitted"):
                await self._do(row, "acceptances", {})
        to_pick = [row for row in rows if _units(row, "allocated", "released")]
        rare = [row for row in to_pick if any(item["sku"] == LIMITED for item in row["items"])]
        last = self._set.player.done
        if self._waves and not self._rejected and (len(rare) > 1 or (last and rare)):
            await self._find_empty(rare)
        elif (len(to_pick) >= WAVE_OF and not self._waves) or (to_pick and (self._rejected or last)):
            await self._wave()
        for row in rows:
            await self._hand_on(row)
        self.idle = not rows
        if last and self.idle and self._shipped:
            await self._close()

    async def _wave(self) -> None:
        """Pick some of the work in one walk: the wrong shelf once, then each unit under the scanner."""
        self._waves += 1
        name = f"MARAIS-{self._waves}"
        body = {"location": FLAGSHIP, "by": "batch", "most": WAVE_OF if self._waves == 1 else 50}
        answer = await self._set.api.send("PUT", f"/v1/waves/{name}", body, key=name)
        if not answer.is_success:  # what was there a moment ago is in another wave, or canceled
            return
        path = f"/v1/waves/{name}"
        wrong = await self._set.api.send(
            "POST", f"{path}/scans", {"list": 1, "code": "4006381333931"}, key=f"{name}.wrong"
        )
        self._wrong += wrong.status_code == 409
        for stop in answer.json()["lists"][0]["stops"]:
            for number in range(stop["quantity"]):
                scan = {"list": 1, "code": stop["sku"]}
                await self._set.api.must("POST", f"{path}/scans", scan, key=f"{name}.{stop['sku']}.{number}")
                self._scans += 1
        await self._set.api.must("POST", f"{path}/completions", {"list": 1}, key=f"{name}.done")
        if self._waves == 1:
            self._set.say(
                f"{FLAGSHIP}: wave {name} of {count(WAVE_OF, 'order')} picked, {self._scans} scans and {self._wrong} wrong one."
            )

    async def _find_empty(self, rare: list[dict[str, Any]]) -> None:
        """The shelf is empty, whatever the record says: all who were to be served from it are routed elsewhere."""
        body = {"reason": "none left on the shelf", "shelf": "missing", "empties_shelf": True}
        if not await self._do(rare[0], "rejections", body):
            return
        left = {row["order_number"] for row in await self._set.pages("/v1/fulfillments", location=FLAGSHIP)}
        self._rejected = [row["order_number"] for row in rare if row["order_number"] not in left]
        self._set.say((await self.told_rejection() or _NOTHING).text)

    async def _hand_on(self, row: dict[str, Any]) -> None:
        """What is picked is packed; what is packed leaves with the carrier, or with the customer who shows her code."""
        picked = [
            {"line": i["line"], "quantity": i["units"]["picked"]} for i in row["items"] if i["units"].get("picked")
        ]
        if picked:
            await self._do(row, "packings", {"parcels": await self._boxed(row, picked)})
            return
        packed = [each for each in row["parcels"] if each["state"] in ("packed", "labeled", "ready")]
        if not packed:
            return
        if row.get("pickup"):
            await self._hand_over(row)
        elif all(each.get("tracking_number") for each in packed):
            carrier = packed[0]["carrier"]
            if await self._do(row, "shipments", {"carrier": carrier}):
                self._shipped[carrier] = self._shipped.get(carrier, 0) + len(packed)

    async def _boxed(self, row: dict[str, Any], picked: list[dict[str, int]]) -> list[dict[str, Any]]:
        """The boxes that are proposed; one parcel, where there is something that none is proposed for."""
        weight = 120 + 350 * sum(item["quantity"] for item in picked)
        answer = await self._set.api.send("GET", f"/v1/orders/{row['order']}/fulfillments/{row['number']}/boxes", None)
        plan = answer.json() if answer.is_success else {"parcels": []}
        left = {item["line"]: item["quantity"] for item in picked}
        lines = {item["line"]: item["sku"] for item in row["items"]}
        parcels: list[dict[str, Any]] = []
        for box in plan["parcels"]:
            items: list[dict[str, int]] = []
            for each in box["items"]:
                wanted = each["quantity"]
                for line in [line for line, sku in lines.items() if sku == each["sku"] and left.get(line)]:
                    taken = min(wanted, left[line])
                    if taken:
                        items.append({"line": line, "quantity": taken})
                        left[line], wanted = left[line] - taken, wanted - taken
                if wanted:  # it has changed meanwhile
                    return [{"items": picked, "weight_g": weight}]
            sizes = {name: box[name] for name in ("weight_g", "length_mm", "width_mm", "height_mm")}
            parcels.append({"items": items, **sizes})
        if not parcels or any(left.values()):
            return [{"items": picked, "weight_g": weight}]
        self._boxes.update(box["box"] for box in plan["parcels"])
        return parcels

    async def _hand_over(self, row: dict[str, Any]) -> None:
        await self._do(row, "pickup", {})
        for each in (await self._set.mail.read("/notices/messages", about=row["order_number"]))["messages"]:
            before, said, code = each["message"]["text"].partition("Show this code: ")
            if before and said:
                body = {"code": code[:CODE_LENGTH]}
                self._collected += await self._do(row, "collections", body, again=code[:CODE_LENGTH])
                return

    async def _close(self) -> None:
        """The carrier is told what it was given; from now on its parcels are on their way."""
        today = datetime.now(ZoneInfo("Europe/Paris")).date().isoformat()
        for carrier in list(self._shipped):
            name = f"MARAIS-{carrier.upper()}-{len(self._manifests) + 1}"
            body = {"location": FLAGSHIP, "carrier": carrier, "day": today}
            answer = await self._set.api.send("PUT", f"/v1/manifests/{name}", body, key=name)
            if answer.is_success:
                self._manifests.append(answer.json())
            self._shipped.pop(carrier)

    async def _do(self, row: dict[str, Any], what: str, body: dict[str, Any], again: str = "") -> bool:
        """A step of one fulfillment order; the customer may have canceled meanwhile."""
        path = f"/v1/orders/{row['order']}/fulfillments/{row['number']}/{what}"
        key = f"{row['id']} {what} {again}".strip().replace(" ", ".")
        return (await self._set.api.send("POST", path, body, key=key)).is_success

    async def told_rejection(self) -> Told | None:
        """The empty shelf."""
        if not self._rejected:
            return None
        first, *others = self._rejected
        text = (
            f"{FLAGSHIP} rejected {first}: the shelf was empty, whatever the record said. {count(len(others), 'other order')} "
            f"that {'were' if len(others) != 1 else 'was'} to be served from it went elsewhere in the same command."
        )
        return Told("rejection", text, {"orders": len(self._rejected)}, {"order": first, "location": FLAGSHIP})

    async def told(self) -> Told | None:
        """The work of the day."""
        if not self._waves:
            return None
        parcels = sum(len(each["parcels"]) for each in self._manifests)
        text = (
            f"{FLAGSHIP}, where people work with Orderline: {count(self._waves, 'wave')} with {count(self._scans, 'scan')} and "
            f"{count(self._wrong, 'wrong one')}, {count(self._boxes.total(), 'box', 'boxes')} packed as proposed, "
            f"{count(self._collected, 'pickup')} handed over for a code from the mail, "
            f"{count(parcels, 'parcel')} on {count(len(self._manifests), 'manifest')}."
        )
        figures = {
            "waves": self._waves, "scans": self._scans, "wrong_scans": self._wrong, "boxed": self._boxes.total(), "collected": self._collected,
            "manifests": len(self._manifests), "manifest_parcels": parcels,
        }  # fmt: skip
        return Told("store", text, figures, {"wave": "MARAIS-1"})


def _units(row: dict[str, Any], *buckets: str) -> int:
    return sum(item["units"].get(bucket, 0) for item in row["items"] for bucket in buckets)


_NOTHING: Final = Told("", "", {})
