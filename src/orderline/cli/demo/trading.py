"""A company in the demo: it orders on terms by its own purchase order, and owes what it was invoiced."""

from collections.abc import Sequence
from typing import Any, Final

from orderline.cli.demo.merchant import plenty
from orderline.cli.demo.play import Act
from orderline.cli.demo.scenes import Set, Told, hour
from orderline.cli.plain import amount, count

COMPANY: Final = "atelier-nord"
PO_NUMBERS: Final = ("4500012", "4500013")
NET_DAYS: Final = 30
UNITS: Final = 6
DOCK: Final = {
    "name": "Atelier Nord, dock 4", "lines": ["14 Quai des Docks"], "city": "Lille", "postal_code": "59000",
    "country": "FR",
}  # fmt: skip


class Company:
    """An order that fits under the credit limit, and one that does not and waits."""

    def __init__(self, set_: Set) -> None:
        self._set = set_
        self._product = plenty(set_.merchant, 2 * UNITS)
        self._limit_minor = self._product.price_minor * UNITS * 3 // 2
        self._orders: list[str] = []

    def agenda(self) -> Sequence[tuple[float, Act]]:
        return ((hour(23.5), self._order),)

    async def before(self) -> None:
        """What was agreed with it, where its goods go, and who buys."""
        path, must = f"/v1/companies/{COMPANY}", self._set.api.must
        terms = {
            "currency": "EUR", "net_days": NET_DAYS, "credit_limit_minor": self._limit_minor, "requires_po_number": True,
        }  # fmt: skip
        await must("PUT", path, {"name": "Atelier Nord", "vat_id": "FR40303265045", "terms": terms})
        await must("PUT", f"{path}/locations/dock", {"address": DOCK, "email": "dock@atelier-nord.example"})
        await must("PUT", f"{path}/buyers/marie", {"email": "marie@atelier-nord.example"})

    async def _order(self) -> None:
        total = UNITS * self._product.price_minor
        tax = {"name": "VAT FR", "rate_ppm": 200_000, "amount_minor": total // 6}
        line = {"sku": self._product.sku, "quantity": UNITS, "unit_price_minor": total // UNITS, "taxes": [tax]}
        for po_number in PO_NUMBERS:
            company = {"company": COMPANY, "location": "dock", "buyer": "marie", "po_number": po_number}
            body: dict[str, Any] = {
                "channel": "web", "external_id": f"PO-{po_number}", "currency": "EUR", "lines": [line],
                "taxes_included": True, "total_minor": total, "company": company,
                "tenders": [{"provider": "terms", "method": "terms", "amount_minor": total}],
            }  # fmt: skip
            placed = await self._set.api.must("POST", "/v1/orders", body)
            self._orders.append(placed["id"])
        self._set.say(f"{COMPANY} orders by its own numbers, to be paid in {NET_DAYS} days; the second is too much.")

    async def told(self) -> Told | None:
        """What it owes, and what waits until it pays."""
        if not self._orders:
            return None
        orders = [(await self._set.api.read(f"/v1/orders/{id_}"))["order"] for id_ in self._orders]
        exposure = await self._set.api.read(f"/v1/companies/{COMPANY}/exposure")
        owes = exposure["owed"].get("receivable_minor", 0)
        held = [each for each in orders if any(hold["type"] == "credit" for hold in each.get("holds", ()))]
        invoices = [each for order in orders for each in order.get("documents", ())]
        text = (
            f"{COMPANY} ordered on terms by its purchase order {PO_NUMBERS[0]}: {count(len(invoices), 'invoice')}, "
            f"{amount(owes, 'EUR')} owed in {NET_DAYS} days, {amount(self._limit_minor, 'EUR')} at the most; "
            f"{count(len(held), 'order')} beyond that waits for money."
        )
        figures = {"orders": len(orders), "held": len(held), "invoices": len(invoices), "owed_minor": owes}
        return Told("company", text, figures, {"order": orders[0]["number"]})
