"""Banks in the demo: two customers have their money taken back; one dispute is answered and won, the other one is lost."""

from typing import Any, Final

from orderline.cli.demo.scenes import Set, Told
from orderline.cli.plain import amount

CASES: Final = 2
SAID: Final = "Delivered and scanned at the door; see the tracking number."


class Banks:
    """Who takes money back, and our people who answer. idle: both cases are decided."""

    def __init__(self, set_: Set) -> None:
        self.idle = False
        self._set = set_
        self._cases: list[tuple[str, str]] = []
        self._over: dict[str, dict[str, Any]] = {}

    async def look(self) -> None:
        """Somebody of the app says that nothing has come, though it has; what is not decided goes on."""
        if len(self._cases) < CASES:
            page = await self._set.api.read("/v1/orders", phase="delivered", channel="app", limit=20)
            known = {id_ for id_, _ in self._cases}
            for each in page["items"]:
                if each["id"] not in known and len(self._cases) < CASES:
                    await self._take_back(each["id"])
            self.idle = self._set.player.done and not self._cases and not page["items"]
        for id_, number in self._cases:
            if id_ not in self._over:
                await self._go_on(id_, number, won=id_ == self._cases[0][0])
        self.idle = self.idle or len(self._over) == CASES

    async def _take_back(self, id_: str) -> None:
        order = (await self._set.api.read(f"/v1/orders/{id_}"))["order"]
        tender = next((each for each in order.get("tenders", ()) if each.get("captured_minor")), None)
        if tender is None or order.get("returns") or tender.get("refunded_minor"):
            return
        asked = {"payment": tender["reference"], "amount": tender["captured_minor"]}
        await self._set.mail.must("POST", "/payments/chargebacks", asked)
        self._cases.append((id_, order["number"]))
        taken = amount(tender["captured_minor"], "EUR")
        self._set.say(f"{order['number']}: the customer's bank took {taken} back: nothing has come, it is said.")

    async def _go_on(self, id_: str, number: str, *, won: bool) -> None:
        order = (await self._set.api.read(f"/v1/orders/{id_}"))["order"]
        dispute = next(iter(order.get("disputes", ())), None)
        if dispute is None:
            return
        if dispute["stage"] in ("won", "lost"):
            self._over[id_] = dispute
        elif won and dispute["stage"] == "opened":
            path = f"/v1/orders/{id_}/disputes/{dispute['number']}/answers"
            await self._set.api.must("POST", path, {"note": SAID}, key=f"evidence-{number}")
        elif not won or dispute["stage"] == "under_review":
            decision = {"dispute": dispute["reference"], "won": won}
            await self._set.mail.must("POST", "/payments/dispute-decisions", decision)

    async def told(self) -> Told | None:
        """How they were decided."""
        if not self._over:
            return None
        of = {stage: [each for each in self._over.values() if each["stage"] == stage] for stage in ("won", "lost")}
        back, gone = (sum(each["amount_minor"] for each in of[stage]) for stage in ("won", "lost"))
        text = (
            f"{len(self._over)} chargebacks: {amount(back, 'EUR')} came back after an answer that the journal wrote, "
            f"{amount(gone, 'EUR')} nobody answered for, and it is a loss in the books."
        )
        figures = {"won": len(of["won"]), "lost": len(of["lost"]), "back_minor": back, "gone_minor": gone}
        return Told("disputes", text, figures, {"order": self._cases[0][1]})
