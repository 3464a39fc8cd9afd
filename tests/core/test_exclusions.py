"""Exclusions: a SKU that is there and is not sold, on some channels, for pickup, for a time."""

from datetime import timedelta
from typing import Any

import pytest

from orderline.core.orders.commands import GroupInput, LineInput
from orderline.core.stock.commands import CartLineInput, HoldCart, PutChannel, PutLocation, PutSkus
from orderline.core.stock.exclusions import Exclusion, exclusion_of
from orderline.core.stock.explain import Asked, StockFacts, explain_atp
from orderline.core.stock.state import Channel, Component, Location, LocationKind, PoolLevel, Sku, SkuKind, StockLevel
from orderline.values.address import Place
from orderline.values.failures import Refused
from orderline.values.ids import CartHoldId, new_id
from support.shop import NOON, MemoryShop, order_of

DAY = timedelta(days=1)
CASES: list[tuple[dict[str, Any], str, str | None, bool]] = [
    # exclusion                                       channel  collected at  excluded
    ({},                                              "web",   None,         True),
    ({},                                              "web",   "shop",       True),
    ({"channels": ("web",)},                          "web",   None,         True),
    ({"channels": ("web",)},                          "till",  None,         False),
    ({"pickup": True},                                "web",   None,         False),
    ({"pickup": True},                                "web",   "shop",       True),
    ({"pickup": True, "channels": ("till",)},         "web",   "shop",       False),
    ({"pickup": True, "locations": ("shop",)},        "web",   "shop",       True),
    ({"pickup": True, "locations": ("shop",)},        "web",   "mall",       False),
    ({"starts_at": NOON},                             "web",   None,         True),
    ({"starts_at": NOON + DAY},                       "web",   None,         False),
    ({"ends_at": NOON},                               "web",   None,         False),
    ({"ends_at": NOON + DAY},                         "web",   None,         True),
]  # fmt: skip


@pytest.mark.parametrize(("about", "channel", "pickup", "excluded"), CASES)
def test_an_exclusion_applies_where_and_when_it_says(
    about: dict[str, Any], channel: str, pickup: str | None, excluded: bool
) -> None:
    found = exclusion_of((Exclusion(owner="buying", **about),), channel, NOON, pickup)
    assert (found is not None) is excluded


@pytest.fixture
def shop() -> MemoryShop:
    shop = MemoryShop([("TEE-M", "lyon", 10), ("MUG", "lyon", 10)])
    shop.do(PutChannel(channel=Channel("till", "Till", ("eu",))))
    place = Place(country="FR", city="Lyon")
    shop.do(PutLocation(location=Location("shop", "Shop", LocationKind.STORE, "eu", place, pickup=True)))
    return shop


def exclude(shop: MemoryShop, *codes: str, **about: Any) -> None:
    exclusion = Exclusion(owner="buying", reason="recall", **about)
    shop.do(PutSkus(skus=tuple(Sku(code, exclusions=(exclusion,)) for code in codes)))


def test_what_is_excluded_is_refused_and_sold_elsewhere(shop: MemoryShop) -> None:
    exclude(shop, "TEE-M", channels=("web",))
    with pytest.raises(Refused, match="SKU_NOT_SOLD_HERE") as refused:
        shop.do(order_of("A-1", ("MUG", 1, 700), ("TEE-M", 1, 2000)))
    facts = refused.value.facts
    assert (facts["field"], facts["value"], facts["unblock"]) == ("lines[1].sku", "TEE-M", "buying")
    assert facts["reason"] == "not sold on this channel, by buying: recall"
    shop.do(order_of("A-2", ("TEE-M", 1, 2000), channel="till"))
    cart = CartHoldId(new_id())
    with pytest.raises(Refused, match="SKU_NOT_SOLD_HERE"):
        shop.do(HoldCart(cart=cart, channel="web", lines=(CartLineInput("TEE-M", 1),)))
    shop.do(HoldCart(cart=cart, channel="till", lines=(CartLineInput("TEE-M", 1),)))


def test_what_is_not_for_pickup_is_sent(shop: MemoryShop) -> None:
    exclude(shop, "TEE-M", pickup=True, locations=("shop",))
    collected = (GroupInput(group=1, pickup_location="shop"),)
    with pytest.raises(Refused, match="not for pickup"):
        shop.do(order_of("A-1", ("TEE-M", 1, 2000), groups=collected))
    shop.do(order_of("A-2", ("TEE-M", 1, 2000)))


def test_a_bundle_with_an_excluded_part_is_excluded(shop: MemoryShop) -> None:
    exclude(shop, "TEE-M", channels=("web",))
    shop.do(PutSkus(skus=(Sku("SET", kind=SkuKind.BUNDLE, components=(Component("TEE-M", 1), Component("MUG", 1))),)))
    line = LineInput(sku="SET", quantity=1, unit_price_minor=2000)
    with pytest.raises(Refused, match="SKU_NOT_SOLD_HERE"):
        shop.do(order_of("A-1", ("TEE-M", 1, 2000), lines=(line,)))


def test_orders_that_were_accepted_are_served(shop: MemoryShop) -> None:
    shop.do(order_of("A-1", ("TEE-M", 2, 2000)))
    exclude(shop, "TEE-M")
    [order] = [each for each in shop.world.orders.values() if each is not None]
    assert order.lines[0].units.pooled == 2


def test_the_figure_is_nought_with_the_reason() -> None:
    sku = Sku("S", exclusions=(Exclusion(owner="buying", channels=("web",), ends_at=NOON + DAY),))
    levels = {"eu": PoolLevel("S", "eu", promisable=9)}
    facts = {"S": StockFacts({"eu": [StockLevel("S", "lyon", sellable=9)]}, levels, {})}
    for channel, at, atp in (("web", NOON, 0), ("till", NOON, 9), ("web", NOON + DAY, 9)):
        told = explain_atp(sku, ("eu",), facts, channel=channel, asked=Asked(NOON, at=at))
        assert told.atp == atp
        assert bool(told.reason) is (atp == 0)
        assert sum(pool.atp for pool in told.pools) + sum(term.amount for term in told.terms) == atp


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"owner": ""},                                      "FIELD_REQUIRED",           "owner"),
    ({"owner": "x", "channels": ("wep",)},               "CHANNEL_UNKNOWN",          "channels[0]"),
    ({"owner": "x", "pickup": True, "locations": ("moon",)}, "LOCATION_UNKNOWN",     "locations[0]"),
    ({"owner": "x", "locations": ("shop",)},             "EXCLUSION_NOT_ACCEPTABLE", "locations"),
    ({"owner": "x", "starts_at": NOON, "ends_at": NOON}, "EXCLUSION_NOT_ACCEPTABLE", "ends_at"),
    ({"owner": "x", "starts_at": NOON.replace(tzinfo=None)}, "TIME_NOT_AWARE",       "starts_at"),
]  # fmt: skip


@pytest.mark.parametrize(("about", "code", "field"), WRONG)
def test_what_no_exclusion_can_be_is_refused(shop: MemoryShop, about: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(Refused) as refused:
        shop.do(PutSkus(skus=(Sku("TEE-M", exclusions=(Exclusion(**about),)),)))
    assert (refused.value.code.value, refused.value.facts["field"]) == (code, f"skus[0].exclusions[0].{field}")
