"""A made-up merchant, drawn from a seed: places, channels, products, stock. As bodies of the API."""

import random
from dataclasses import dataclass, field
from typing import Any, Final

from orderline.cli.demo.catalog import BOXES, DIGITAL, PRODUCTS, SHADES, SIZES, STORES, WAREHOUSES

CENTRAL: Final = "central"
STORE_POOL: Final = "stores"
PARTNER: Final = "sandbox_warehouses"
SKUS: Final = 5_000
# Its people work with Orderline itself; all others have a system of their own, which is a partner.
FLAGSHIP: Final = "paris-marais"
OUTLET: Final = "lyon-bellecour"
PLENTY_AT: Final = "lyon"
LIMITED: Final = "TEE-MARAIS"
LIMITED_NAME: Final = "T-shirt Le Marais, numbered"
LIMITED_MINOR: Final = 3_900
ANNOUNCED: Final = ("NEW-KNIT-S", "NEW-KNIT-M", "NEW-KNIT-L", "NEW-KNIT-XL")
# How long the customers of the app are waited for when they are asked something: eleven hours of the played day.
APP_ANSWER_S: Final = 20
BUNDLES: Final = 40
DIGITALS: Final = 30
STOCKED: Final = SKUS - BUNDLES - DIGITALS - 1 - len(ANNOUNCED) - 1  # and gift wrapping, and the limited shirt


@dataclass(frozen=True, slots=True)
class Product:
    """What the day's orders need to know of a SKU. kind: stocked, bundle, digital or service."""

    sku: str
    description: str
    kind: str
    price_minor: int


@dataclass(slots=True)
class Merchant:
    """Everything that is set up before the day begins.

    scarce: SKUs of which there is too little, and which are sold nevertheless. in_stores: SKU to stores that have it.
    announced: units ordered of SKUs that are sold before there are any.
    """

    pools: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    locations: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    channels: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    boxes: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    skus: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    stock: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    products: list[Product] = field(default_factory=list[Product])
    scarce: list[str] = field(default_factory=list[str])
    in_stores: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    announced: dict[str, int] = field(default_factory=dict[str, int])


def make_merchant(seed: int, orders: int) -> Merchant:
    """The merchant of a seed, with stock for about `orders` orders.

    The order of `products` is their popularity: a few sell a lot, most sell now and then.
    """
    dice = random.Random(f"merchant {seed}")
    merchant = Merchant()
    _places(merchant)
    merchant.boxes += [
        {"code": code, "name": name, "tare_g": tare_g, "max_weight_g": most_g, **_sides(inside)}
        for code, name, inside, tare_g, most_g in BOXES
    ]
    _products(merchant, dice)
    dice.shuffle(merchant.products)
    _stock(merchant, dice, orders)
    _special(merchant, orders)
    return merchant


def popularity(index: int) -> float:
    """How often the product at `index` is bought beside the first one; falls as in real shops (Zipf)."""
    return 1.0 / (index + 12) ** 0.85


def plenty(merchant: Merchant, least: int) -> Product:
    """A product that sells little, and of which one warehouse that is not counted today has `least` units or more."""
    places: dict[str, list[str]] = {}
    units: dict[str, int] = {}
    for row in merchant.stock:
        places.setdefault(row["sku"], []).append(row["location"])
        units[row["sku"]] = row["quantity"]
    return next(
        each
        for each in reversed(merchant.products)
        if places.get(each.sku) == [PLENTY_AT] and units[each.sku] >= least and each.sku not in merchant.scarce
    )


def _places(merchant: Merchant) -> None:
    merchant.pools += [{"code": CENTRAL, "name": "Warehouses"}, {"code": STORE_POOL, "name": "Stores"}]
    for code, name, place, zone in WAREHOUSES:
        merchant.locations.append(_location(code, name, "warehouse", CENTRAL, place, zone, pickup=False))
    for code, name, place, zone in STORES:
        merchant.locations.append(_location(code, name, "store", STORE_POOL, place, zone, pickup=True))
    both = [CENTRAL, STORE_POOL]
    merchant.channels += [
        {"code": "web", "name": "Web shop", "pools": both, "currencies": ["EUR"]},
        {"code": "app", "name": "Mobile app", "pools": both, "currencies": ["EUR"],
         "asks": {"answer_hours": 0, "answer_s": APP_ANSWER_S}},
        # The marketplace speaks to its customers itself: what is to be asked waits for somebody to pass it on.
        {"code": "market", "name": "Marketplace", "pools": [CENTRAL], "currencies": ["EUR"], "asks": {"sends": []}},
    ]  # fmt: skip


def _location(
    code: str, name: str, kind: str, pool: str, place: tuple[str, str, str, str], zone: str, *, pickup: bool
) -> dict[str, Any]:
    country, region, postal_code, city = place
    return {
        "code": code,
        "name": name,
        "kind": kind,
        "pool": pool,
        "place": {"country": country, "region": region, "postal_code": postal_code, "city": city},
        "time_zone": zone,
        "partner": "" if code == FLAGSHIP else PARTNER,
        "pickup": pickup,
    }


def _sides(millimeters: tuple[int, int, int]) -> dict[str, int]:
    return dict(zip(("length_mm", "width_mm", "height_mm"), millimeters, strict=True))


def _products(merchant: Merchant, dice: random.Random) -> None:
    stocked: list[Product] = []
    number = 0
    while len(stocked) < STOCKED:
        code, name, low, high, weight_g, packed = PRODUCTS[number % len(PRODUCTS)]
        number += 1
        model, price = 100 + number, dice.randrange(low, high, 100)
        sized = code in ("TEE", "SHIRT", "JEAN", "KNIT", "COAT", "DRESS", "SHOE")
        for shade in dice.sample(SHADES, 3):
            for size in SIZES[1:5] if sized else ("",):
                sku = "-".join(part for part in (code, str(model), shade[:3].upper(), size) if part)
                description = f"{name} {model}, {shade}{f', {size}' if size else ''}"
                stocked.append(Product(sku, description, "stocked", price))
                merchant.skus.append({"code": sku, "description": description, "weight_g": weight_g, **_sides(packed)})
    del stocked[STOCKED:], merchant.skus[STOCKED:]
    for number in range(1, BUNDLES + 1):
        parts = dice.sample(stocked, 2)
        price = sum(part.price_minor for part in parts) * 9 // 10
        sku, description = f"SET-{number:02}", f"Set of two: {parts[0].description}; {parts[1].description}"
        components = [{"sku": part.sku, "quantity": 1, "weight": part.price_minor} for part in parts]
        merchant.skus.append({"code": sku, "description": description, "kind": "bundle", "components": components})
        merchant.products.append(Product(sku, description, "bundle", price))
    for number in range(1, DIGITALS + 1):
        code, name, low, high = DIGITAL[number % len(DIGITAL)]
        sku, price = f"{code}-{number:02}", dice.randrange(low, high, 10)
        merchant.skus.append({"code": sku, "description": name, "kind": "digital"})
        merchant.products.append(Product(sku, name, "digital", price))
    merchant.skus.append({"code": "GIFT-WRAP", "description": "Gift wrapping", "kind": "service"})
    merchant.products.extend(stocked)


def _stock(merchant: Merchant, dice: random.Random, orders: int) -> None:
    """Most products lie in one or two warehouses of the three, a part also in a few stores."""
    weights = [popularity(index) for index in range(len(merchant.products))]
    by_code = {sku["code"]: sku for sku in merchant.skus}
    total = sum(weights)
    for index, product in enumerate(merchant.products):
        if product.kind != "stocked":
            continue
        expected = int(orders * 2.6 * weights[index] / total) + 1
        scarce = index < 400 and index % 9 == 4
        if scarce:
            merchant.scarce.append(product.sku)
            by_code[product.sku]["short_policy"] = "backorder"
        have = max(1, expected // 2) if scarce else expected * 2 + dice.randrange(6, 30)
        shares = dice.choices((1, 2, 3), (10, 55, 35))[0]
        for place, _name, _place, _zone in dice.sample(WAREHOUSES, shares):
            merchant.stock.append({"sku": product.sku, "location": place, "quantity": max(1, have // shares)})
        if not scarce and dice.random() < 0.35:
            stores = dice.sample(STORES, dice.randrange(1, 5))
            merchant.in_stores[product.sku] = [store[0] for store in stores]
            for store in stores:
                merchant.stock.append(
                    {"sku": product.sku, "location": store[0], "quantity": expected // 3 + dice.randrange(2, 9)}
                )


def _special(merchant: Merchant, orders: int) -> None:
    """A shirt that two stores alone have, and a sweater that is sold before it comes."""
    sides = {code: _sides(packed) for code, _, _, _, _, packed in PRODUCTS}
    merchant.skus.append({"code": LIMITED, "description": LIMITED_NAME, "weight_g": 190, **sides["TEE"]})
    for store, quantity in ((FLAGSHIP, orders // 60 + 12), (OUTLET, orders // 60 + 12)):
        merchant.stock.append({"sku": LIMITED, "location": store, "quantity": quantity})
    for index, sku in enumerate(ANNOUNCED):
        description = f"Sweater of the next season, {sku.rpartition('-')[2]}"
        merchant.skus.append(
            {"code": sku, "description": description, "weight_g": 450, "peg_days": 60, **sides["KNIT"]}
        )
        merchant.products.insert(2 + 5 * index, Product(sku, description, "stocked", 6990))
        merchant.announced[sku] = orders // 25 + 20
