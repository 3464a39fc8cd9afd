"""A day of orders, drawn from a seed: what customers do, and when, as bodies of the API."""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any, Final

from orderline.cli.demo.catalog import FIRST_NAMES, HOURS, LAST_NAMES, STORES, STREETS, TOWNS
from orderline.cli.demo.merchant import LIMITED, LIMITED_MINOR, LIMITED_NAME, Merchant, Product, popularity

DAY_S: Final = 86_400
# When the shirt that hardly any store has is announced, and for how long everybody wants it.
DROP_S: Final = (8.5 * 3600, 12 * 3600)
PROVIDER: Final = "sandbox_payments"
STANDARD_MINOR, EXPRESS_MINOR, FREE_ABOVE_MINOR = 490, 990, 6_000
VAT_PPM: Final = {"FR": 200_000, "DE": 190_000, "IT": 220_000, "ES": 210_000, "NL": 210_000, "BE": 210_000,
                  "AT": 200_000, "PT": 230_000, "IE": 230_000}  # fmt: skip


@dataclass(slots=True)
class Planned:
    """One order of the day. at_s: seconds since midnight.

    asks_first: asks for a promise, and orders by it. again_s: when it is sent a second time, as a shop does that lost
    the answer; changed: with another content. cancel_s: when the customer wants it canceled; release_s: when its hold
    is lifted.
    """

    at_s: float
    body: dict[str, Any]
    asks_first: bool = False
    again_s: float | None = None
    changed: dict[str, Any] | None = None
    cancel_s: float | None = None
    release_s: float | None = None


@dataclass(slots=True)
class Shopper:
    """Draws orders, one after the other."""

    merchant: Merchant
    seed: int
    midnight: datetime
    dice: random.Random = field(init=False)
    _cumulated: list[float] = field(init=False)
    _in_store: dict[str, list[Product]] = field(init=False)
    _uncertain: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(f"day {self.seed}")
        products = self.merchant.products
        self._cumulated = list(accumulate(popularity(index) for index in range(len(products))))
        self._in_store = {store[0]: [] for store in STORES}
        for product in products:
            for store in self.merchant.in_stores.get(product.sku, ()):
                self._in_store[store].append(product)
        self._uncertain = frozenset((*self.merchant.scarce, *self.merchant.announced))

    def day(self, count: int) -> list[Planned]:
        """`count` orders in the order of their time."""
        hours = self.dice.choices(range(24), HOURS, k=count)
        times = sorted((hour + self.dice.random()) * 3600 for hour in hours)
        drop = [index for index, at_s in enumerate(times) if DROP_S[0] <= at_s < DROP_S[1]]
        wanted = max(6, count // 200)
        limited = set(drop[:: max(1, len(drop) // wanted)][:wanted])
        return [
            self._fate(self._limited(index + 1, at_s) if index in limited else self._order(index + 1, at_s), index + 1)
            for index, at_s in enumerate(times)
        ]

    def _limited(self, number: int, at_s: float) -> Planned:
        """Somebody near the flagship store wants the shirt that hardly any store has."""
        planned = self._order(number, at_s, channel="web", town=("FR", "", "75003", "Paris"))
        body, price = planned.body, LIMITED_MINOR
        line = {"sku": LIMITED, "quantity": 1, "unit_price_minor": price, "description": LIMITED_NAME}
        body["lines"] = [{**line, "taxes": [_tax(price, "FR")]}]
        body["charges"] = self._charges(price, "FR", express=False, free=False)
        body["groups"][0]["method"] = "standard"
        body["total_minor"] = price + sum(charge["amount_minor"] for charge in body["charges"])
        body["tenders"] = [{"provider": PROVIDER, "token": "tok_ok", "amount_minor": body["total_minor"]}]
        return planned

    def _order(
        self, number: int, at_s: float, *, channel: str = "", town: tuple[str, str, str, str] | None = None
    ) -> Planned:
        """An order; not for pickup, when it is said from where it comes."""
        dice = self.dice
        pickup = town is None and dice.random() < 0.075
        channel = channel or dice.choices(("web", "app", "market"), (55, 25, 0 if pickup else 20))[0]
        country, region, postal_code, city = town or dice.choices(TOWNS, [town[4] for town in TOWNS])[0][:4]
        store = dice.choice(STORES)[0] if pickup else ""
        products = self._chosen(store)
        lines = [self._line(product, country, one=bool(store)) for product in products]
        shipped = any(product.kind != "digital" for product in products)
        goods = sum(line["unit_price_minor"] * line["quantity"] - line.get("discount_minor", 0) for line in lines)
        express = shipped and not pickup and dice.random() < 0.12
        charges = self._charges(goods, country, express=express, free=pickup or not shipped)
        total = goods + sum(charge["amount_minor"] for charge in charges)
        first, last = dice.choice(FIRST_NAMES), dice.choice(LAST_NAMES)
        name, email = f"{first} {last}", f"{_ascii(first)}.{_ascii(last)}{number}@example.com"
        body: dict[str, Any] = {
            "channel": channel,
            "external_id": f"{channel.upper()}-{self.midnight:%m%d}-{number:05}",
            "currency": "EUR",
            "placed_at": (self.midnight + timedelta(seconds=round(at_s))).isoformat(),
            "customer": {"name": name, "email": email},
            "lines": lines,
            "charges": charges,
            "taxes_included": True,
            "total_minor": total,
        }
        if pickup:
            body["groups"] = [{"pickup_location": store, "email": email}]
        else:
            street = f"{dice.randrange(1, 120)} {dice.choice(STREETS[country])}"
            address = {
                "name": name, "lines": [street], "city": city, "postal_code": postal_code, "country": country,
                **({"region": region} if region else {}),
            }  # fmt: skip
            group: dict[str, Any] = {"address": address, "email": email, "method": "express" if express else "standard"}
            if dice.random() < 0.04:
                group["ship_complete"] = True
            body["groups"] = [group]
        body["tenders"] = self._tenders(channel, total)
        known = all(product.kind == "stocked" and product.sku not in self._uncertain for product in products)
        asks_first = known and channel == "web" and not pickup and dice.random() < 0.12
        return Planned(at_s, body, asks_first=asks_first)

    def _chosen(self, store: str) -> list[Product]:
        """The products of one cart; of what the store has, when they are to be fetched there."""
        dice = self.dice
        count = dice.choices((1, 2, 3, 4, 5, 6), (38, 28, 17, 9, 5, 3))[0]
        if store:
            found = [dice.choice(self._in_store[store]) for _ in range(count)]
        else:
            found = dice.choices(self.merchant.products, cum_weights=self._cumulated, k=count)
        return list({product.sku: product for product in found}.values())

    def _line(self, product: Product, country: str, *, one: bool) -> dict[str, Any]:
        dice = self.dice
        quantity = 1 if one or product.kind != "stocked" else dice.choices((1, 2, 3, 4), (76, 17, 5, 2))[0]
        gross = product.price_minor * quantity
        discount = gross // 10 if dice.random() < 0.1 else 0
        tax = _tax(gross - discount, country)
        line: dict[str, Any] = {
            "sku": product.sku,
            "quantity": quantity,
            "unit_price_minor": product.price_minor,
            "description": product.description,
            "taxes": [tax],
        }
        return {**line, "discount_minor": discount} if discount else line

    def _charges(self, goods: int, country: str, *, express: bool, free: bool) -> list[dict[str, Any]]:
        amount = 0 if free else EXPRESS_MINOR if express else STANDARD_MINOR if goods < FREE_ABOVE_MINOR else 0
        if not amount:
            return []
        return [{"kind": "shipping", "amount_minor": amount, "taxes": [_tax(amount, country)]}]

    def _tenders(self, channel: str, total: int) -> list[dict[str, Any]]:
        if channel == "market":
            # The marketplace has the money already, and settles later.
            return []
        token = "tok_decline" if self.dice.random() < 0.008 else "tok_ok"
        two = self.dice.random() < 0.03 and total > 2_000
        parts = (total // 3, total - total // 3) if two else (total,)
        return [{"provider": PROVIDER, "token": token, "amount_minor": part} for part in parts]

    def _fate(self, planned: Planned, number: int) -> Planned:
        """What else happens to the order."""
        dice, at_s = self.dice, planned.at_s
        if dice.random() < 0.02:
            planned.again_s = at_s + dice.uniform(2, 2_400)
        if number % 997 == 500:
            planned.changed = {**planned.body, "note": "the same id, another content"}
            planned.again_s = at_s + 600
        if dice.random() < 0.03:
            planned.cancel_s = at_s + dice.choice((30, 300, 1_200, 3_600, 9_000, 20_000))
        if dice.random() < 0.012:
            planned.body["holds"] = [{"type": "fraud", "reason": "card country differs from address"}]
            # One in six stays for a person to decide.
            planned.release_s = at_s + dice.uniform(900, 5_400) if dice.random() < 5 / 6 else None
        if dice.random() < 0.05:
            planned.body["tags"] = ["vip"]
            planned.body["priority"] = 5
        if dice.random() < 0.03:
            planned.body["groups"][0]["gift"] = True
            planned.body["lines"][0]["gift_message"] = "With love"
        return planned


def _tax(gross_minor: int, country: str) -> dict[str, Any]:
    """The tax inside a price: 0.20 of 1.20 at 20 %."""
    rate = VAT_PPM[country]
    return {"name": f"VAT {country}", "rate_ppm": rate, "amount_minor": gross_minor * rate // (1_000_000 + rate)}


def _ascii(name: str) -> str:
    plain = name.lower().translate(str.maketrans("éèêëáàâäíìîïóòôöúùûüçñ", "eeeeaaaaiiiioooouuuucn"))
    return plain.replace("ß", "ss").replace(" ", "")
