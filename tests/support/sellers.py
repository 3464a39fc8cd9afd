"""Sellers with terms that do not divide, and SKUs that are theirs."""

from random import Random

from msgspec.structs import replace

from orderline.core.orders.commands import Command
from orderline.core.sellers.commands import PutSeller
from orderline.core.sellers.state import SellerParty
from orderline.core.sellers.terms import Side
from orderline.core.stock.commands import PutSkus
from support.shop import SKUS


def selling(dice: Random) -> list[Command]:
    """Two sellers, and what of the shop's SKUs is sold for them; of some shops, nothing is."""
    sellers = [
        PutSeller(
            seller=code,
            party=SellerParty(name=code.title()),
            rate_ppm=dice.choice([0, 99_999, 150_000, 333_333, 1_000_000]),
            categories=dice.choice([{}, {"wear": 77_777}]),
            fixed_minor=dice.choice([{}, {"EUR": 30}, {"EUR": 777}]),
            discounts=dice.choice(list(Side)),
            chargebacks=dice.choice(list(Side)),
            shipping=dice.choice(list(Side)),
        )
        for code in ("acme", "bolt")
    ]
    skus = [replace(sku, seller=dice.choice(["", "acme", "bolt"]), category=dice.choice(["", "wear"])) for sku in SKUS]
    return [*sellers, PutSkus(skus=tuple(skus))]
