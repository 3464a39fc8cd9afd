"""Units that end too soon for a channel are not promised on it, and not picked for it; other channels sell them."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from orderline.core.orders.commands import PickUnits, PromiseLines
from orderline.core.orders.promised import LineWindowInput
from orderline.core.orders.state import LineQuantity
from orderline.core.stock.commands import AdjustStock, CartLineInput, HoldCart, PutChannel
from orderline.core.stock.explain import Evidence, explain_pool
from orderline.core.stock.lasting import aged_lots
from orderline.core.stock.lots import LotUnits, Tracking
from orderline.values.failures import Refused
from orderline.values.ids import CartHoldId, new_id
from support.always import assert_sound
from support.lots import adjust, allocated, day, pick, shop_of, there
from support.shop import NOON, MemoryShop, order_of


@pytest.fixture
def shop() -> MemoryShop:
    """Two units that end in 9 days, three that end in 60; the channel asks for 30."""
    shop = shop_of(Tracking.LOT, expires=True)
    adjust(shop, LotUnits("SOON", 2, day(9)), LotUnits("LATE", 3, day(60)))
    ask(shop, 30)
    return shop


def ask(shop: MemoryShop, days: int) -> None:
    shop.do(PutChannel(channel=replace(shop.world.settings.channels["web"], min_life_days=days)))


def test_units_that_end_too_soon_are_not_promised_on_the_channel(shop: MemoryShop) -> None:
    with pytest.raises(Refused) as refused:
        shop.place(order_of("A-1", ("TEE-M", 4, 2000)))
    assert (refused.value.code, refused.value.facts["available"]) == ("STOCK_NOT_AVAILABLE", 3)
    with pytest.raises(Refused, match="STOCK_NOT_AVAILABLE"):
        shop.do(HoldCart(cart=CartHoldId(new_id()), channel="web", lines=(CartLineInput("TEE-M", 4),)))
    shop.place(order_of("A-2", ("TEE-M", 3, 2000)))
    with pytest.raises(Refused, match="STOCK_NOT_AVAILABLE"):
        shop.place(order_of("A-3", ("TEE-M", 1, 2000)))
    ask(shop, 0)
    shop.place(order_of("A-4", ("TEE-M", 2, 2000)))
    assert_sound(shop)


def test_each_figure_says_which_lots_are_taken_off(shop: MemoryShop) -> None:
    channel = shop.world.settings.channels["web"]
    levels = shop.world.lots.of("TEE-M", "lyon")
    for on, units in ((NOON.date(), 2), (day(30), 2), (day(31), 5)):
        aged = aged_lots(levels, channel, on)
        told = explain_pool(
            shop.world.pool_level("TEE-M", "eu"), [shop.world.level("TEE-M", "lyon")], Evidence(), aged=aged
        )
        [term] = [each for each in told.terms if each.name == "short_life"]
        assert (term.amount, told.atp, sum(each.amount for each in told.terms)) == (-units, 5 - units, 5 - units)
        assert {each.lot for each in term.lots} == ({"SOON"} if units == 2 else {"SOON", "LATE"})


def test_what_lasts_is_picked_first_to_expire_first_and_what_does_not_is_refused(shop: MemoryShop) -> None:
    adjust(shop, LotUnits("LATER", 5, day(90)))
    order = allocated(shop, 5)
    with pytest.raises(Refused) as refused:
        pick(shop, order, 1, ("SOON", 1))
    assert (refused.value.code, refused.value.facts["lot"]) == ("LOT_SHORT_LIFE", "SOON")
    pick(shop, order, 4)
    assert there(shop) == {
        ("sellable", "SOON"): 2, ("picked", "LATE"): 3, ("picked", "LATER"): 1, ("sellable", "LATER"): 4,
    }  # fmt: skip
    pick(shop, order, 1, ("LATER", 1))
    assert_sound(shop)


def test_the_promised_day_decides_not_that_of_the_pick(shop: MemoryShop) -> None:
    ask(shop, 5)
    order = allocated(shop, 3)
    window = LineWindowInput(line=1, earliest_at=NOON + timedelta(days=5), latest_at=NOON + timedelta(days=6))
    shop.do(PromiseLines(order=order, lines=(window,), source="test"))
    with pytest.raises(Refused, match="LOT_SHORT_LIFE"):
        pick(shop, order, 1, ("SOON", 1))
    pick(shop, order, 2)
    assert ("picked", "SOON") not in there(shop)
    assert_sound(shop)


def test_where_too_few_last_the_pick_is_refused_and_the_location_says_so(shop: MemoryShop) -> None:
    order = allocated(shop, 3)
    shop.do(AdjustStock(sku="TEE-M", location="lyon", quantity=2, reason="shrinkage", lots=(LotUnits("LATE", 2),)))
    with pytest.raises(Refused, match="LOT_SHORT_LIFE"):
        pick(shop, order, 3)
    one, rest = (LineQuantity(1, 1),), (LineQuantity(1, 2),)
    shop.do(PickUnits(order=order, fulfillment=1, lines=one, short=rest))
    assert there(shop)["picked", "LATE"] == 1
    assert_sound(shop)


def test_other_channels_and_those_that_ask_for_nothing_sell_what_ends_first(shop: MemoryShop) -> None:
    ask(shop, 0)
    order = allocated(shop, 3)
    pick(shop, order, 3)
    assert there(shop)["picked", "SOON"] == 2


@pytest.mark.parametrize("days", [-1, 100_000])
def test_a_minimum_that_is_none_is_refused(shop: MemoryShop, days: int) -> None:
    with pytest.raises(Refused, match="min_life_days"):
        ask(shop, days)
