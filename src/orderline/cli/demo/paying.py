"""Money in the demo: answers of the payment provider are lost, goods come back for their money, and it all adds up."""

from collections.abc import Sequence
from typing import Any, Final

from orderline.cli.demo.merchant import plenty
from orderline.cli.demo.play import Act
from orderline.cli.demo.scenes import Set, Told, hour
from orderline.cli.plain import amount, count

PROVIDER: Final = "sandbox_payments"
SANDBOX: Final = "payments"
LOST: Final = 4
RETURNS: Final = 8
REASONS: Final = ("too_small", "changed_mind", "defective", "not_as_described")


class LostAnswers:
    """In the afternoon the line to the payment provider breaks: it does what it is asked, and nobody hears of it."""

    def __init__(self, set_: Set) -> None:
        self._set = set_
        self._before = 0

    def agenda(self) -> Sequence[tuple[float, Act]]:
        return ((hour(14), self._break),)

    async def before(self) -> None:
        """The line is up."""

    async def _break(self) -> None:
        faults = (await self._set.mail.read("/control/faults"))[SANDBOX]
        await self._set.mail.must("PUT", f"/control/faults/{SANDBOX}", {**faults, "drop_next": LOST})
        self._set.say(f"{PROVIDER}: the answers of the next {LOST} calls are lost on their way; what they ask is done.")

    async def told(self) -> Told | None:
        """What the provider has beside what our books say it has."""
        there = (await self._set.mail.read("/control/statistics"))["partners"][SANDBOX]
        counts, lost = there["counts"], there["calls"]["dropped"]
        held = counts["captured_minor"] - counts["refunded_minor"] - counts["disputed_minor"]
        accounts = (await self._set.api.read("/v1/ledger/balance"))["accounts"]
        booked = sum(each["balance_minor"] for each in accounts if (each["account"], each["sub"]) == CLEARING)
        refunds = counts.get("refund_approved", 0)
        text = (
            f"{count(lost, 'answer')} of {PROVIDER} lost: asked again under the same keys, nothing was done twice. It has made "
            f"{count(counts.get('capture_approved', 0), 'capture')} and {count(refunds, 'refund')}, and holds "
            f"{amount(held, 'EUR')}; our books say {amount(booked, 'EUR')}."
        )
        figures = {"lost": lost, "held_minor": held, "booked_minor": booked, "refunds": refunds}
        return Told("payments", text, figures)


CLEARING: Final = ("psp_clearing", PROVIDER)


class Returners:
    """Customers who send something back. idle: all who want to have, and have their money."""

    def __init__(self, set_: Set) -> None:
        self.idle = False
        self._set = set_
        self._most = RETURNS
        self._tried: set[str] = set()
        self._returned: list[tuple[str, str]] = []

    async def look(self) -> None:
        """Once something has come, one of them finds that it does not fit."""
        if len(self._returned) < self._most:
            page = await self._set.api.read("/v1/orders", phase="delivered", channel="web", limit=50)
            found = [each for each in page["items"] if each["id"] not in self._tried]
            for each in found[: self._most - len(self._returned)]:
                self._tried.add(each["id"])
                await self._send_back(each["id"])
            self.idle = self._set.player.done and not found
            return
        self.idle = True

    async def _send_back(self, id_: str) -> None:
        """A unit of what has come; from every other customer, all units of a line."""
        order = (await self._set.api.read(f"/v1/orders/{id_}"))["order"]
        line = next((each for each in order["lines"] if _fits(each)), None)
        paid = any(each.get("captured_minor") for each in order.get("tenders", ()))  # not a company's, on terms
        if line is None or order.get("returns") or not paid:
            return
        turn = len(self._returned)
        units = line["units"]["delivered"] if turn % 2 else 1
        wanted = {"line": line["line"], "quantity": units, "reason": REASONS[turn % len(REASONS)]}
        instead = (
            {"exchange": {"lines": [{"sku": plenty(self._set.merchant, 4).sku, "quantity": units}]}} if not turn else {}
        )
        path = f"/v1/orders/{id_}/returns"
        asked = await self._set.api.send("POST", path, {"lines": [wanted], **instead}, key=f"return-{id_}")
        if not asked.is_success:
            return
        opened = (await self._set.api.read(f"/v1/orders/{id_}"))["order"]["returns"][0]
        items = [{"item": item["item"], "quantity": item["quantity"], "grade": "as_new"} for item in opened["items"]]
        came = {"receipt": f"BACK-{order['number']}", "location": opened["to"], "items": items}
        await self._set.api.must("POST", f"{path}/1/receipts", came, key=f"back-{id_}")
        self._returned.append((id_, order["number"]))
        if instead:
            said = f"{count(units, 'unit')} came back to {opened['to']}, graded as new; another one is sent instead."
            self._set.say(f"{order['number']}: {said}")

    async def told(self) -> Told | None:
        """What was credited, and what has gone back to whoever paid."""
        if not self._returned:
            return None
        orders = [(await self._set.api.read(f"/v1/orders/{id_}"))["order"] for id_, _ in self._returned]
        credited = sum(credit["total_minor"] for each in orders for credit in each.get("credits", ()))
        refunded = sum(tender.get("refunded_minor", 0) for each in orders for tender in each["tenders"])
        exchanged = orders[0]["agreements"][-1]["lines"][-1]
        kept = sum(
            credit["total_minor"]
            for each in orders
            for credit in each.get("credits", ())
            if credit.get("destination") == "exchange"
        )
        text = (
            f"{count(len(orders), 'customer')} sent goods back: {amount(credited, 'EUR')} credited when they came, "
            f"{amount(refunded, 'EUR')} refunded over the means they paid with, tax at the rate of the sale; "
            f"{amount(kept, 'EUR')} paid for {exchanged['sku']} that {orders[0]['number']} got instead."
        )
        figures = {
            "orders": len(orders), "credited_minor": credited, "refunded_minor": refunded, "exchanged_minor": kept,
        }  # fmt: skip
        return Told("returns", text, figures, {"order": self._returned[0][1]})


def _fits(line: dict[str, Any]) -> bool:
    """May be sent back: goods that have come."""
    return bool(line["units"].get("delivered")) and line.get("kind", "ship") == "ship"
