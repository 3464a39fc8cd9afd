"""Orphans: goods that come back with no order known; matched, or disposed of after a time; never any money meanwhile."""

from typing import Any

import pytest

from core.returns.test_returns import STOCK, asked, level, refund_asked, sold
from orderline.core.orders import commands as c
from orderline.core.returns import orphan_commands as o
from orderline.core.returns.orphans import Orphan, OrphanState
from orderline.core.returns.state import Custody, Disposition, Grade, ReturnMoney
from orderline.core.stock.commands import AdjustStock, PutSkus
from orderline.core.stock.lots import LotUnits, Tracking
from orderline.core.stock.state import Sku
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from support.always import assert_sound
from support.shop import MemoryShop


def came(shop: MemoryShop, *items: o.OrphanItemInput, name: str = "O-1", **about: Any) -> Orphan:
    shop.do(o.ReceiveOrphan(orphan=name, location="lyon", items=items, **about))
    return orphan(shop, name)


def orphan(shop: MemoryShop, name: str = "O-1") -> Orphan:
    found = shop.world.records["orphan", name]
    assert isinstance(found, Orphan)
    return found


def shirts(quantity: int = 2, **about: Any) -> o.OrphanItemInput:
    return o.OrphanItemInput(sku="TEE-M", quantity=quantity, **about)


def match(order: OrderId, quantity: int | None = None, *, line: int = 1, name: str = "O-1", **about: Any) -> Any:
    items = (o.MatchedInput(item=1, line=line, quantity=quantity),)
    return o.MatchOrphan(order=order, orphan=name, items=items, **about)


def test_goods_without_an_order_wait_apart_with_an_owner_and_a_date() -> None:
    shop = MemoryShop(STOCK)
    found = came(shop, shirts(), tracking_number="BACK-1", reference="no slip in it")
    assert level(shop, "TEE-M").quality_control == 2
    assert level(shop, "TEE-M").sellable == 20
    assert (found.state, found.next_step, found.owner) == (OrphanState.WAITING, "match_orphan", "support")
    assert found.due_at == found.keep_until
    with pytest.raises(Refused, match="ORPHAN_EXISTS"):
        came(shop, shirts())
    assert_sound(shop)


def test_they_become_a_return_of_the_order_they_are_matched_to() -> None:
    shop = MemoryShop(STOCK)
    order = sold(shop, ("TEE-M", 3, 1000))
    came(shop, shirts(grade=Grade.AS_NEW, note="label still on"))
    assert refund_asked(shop.order(order)) == 0
    shop.do(match(order))
    found = orphan(shop)
    assert (found.state, found.due_at, found.owner) == (OrphanState.MATCHED, None, "")
    [one] = found.matches
    assert (one.order, one.returned, one.quantity) == (order, 1, 2)
    [item] = shop.order(order).returns[0].items
    assert (item.custody, item.money, item.note) == (Custody.GRADED, ReturnMoney.CREDITED, "label still on")
    assert refund_asked(shop.order(order)) == 2000
    assert level(shop, "TEE-M").quality_control == 2
    with pytest.raises(Refused, match="ORPHAN_STATE"):
        shop.do(match(order))
    assert_sound(shop)


def test_parts_may_be_of_two_orders_and_never_more_than_there_are() -> None:
    shop = MemoryShop(STOCK)
    first, second = sold(shop, ("TEE-M", 1, 1000)), sold(shop, ("TEE-M", 1, 900), ("MUG", 1, 500))
    came(shop, shirts(2))
    with pytest.raises(Refused, match="ORPHAN_QUANTITY"):
        shop.do(match(first, 3))
    with pytest.raises(Refused, match="RETURN_QUANTITY"):
        shop.do(match(first, 2))
    with pytest.raises(Refused, match="ORPHAN_SKU"):
        shop.do(match(second, 1, line=2))
    shop.do(match(first, 1))
    assert orphan(shop).state is OrphanState.WAITING
    shop.do(match(second))
    assert [(each.order, each.quantity) for each in orphan(shop).matches] == [(first, 1), (second, 1)]
    assert orphan(shop).state is OrphanState.MATCHED
    assert_sound(shop)


def test_they_are_received_for_the_return_that_waits_for_them() -> None:
    shop = MemoryShop(STOCK)
    order = sold(shop, ("TEE-M", 2, 1000))
    shop.do(asked(order, 1))
    came(shop, shirts(1))
    shop.do(match(order, number=1))
    assert len(shop.order(order).returns) == 1
    assert shop.order(order).returns[0].items[0].custody is Custody.RECEIVED
    assert_sound(shop)


def test_the_policy_is_asked_as_of_when_they_came() -> None:
    shop = MemoryShop(STOCK)
    order = sold(shop, ("TEE-M", 2, 1000))
    shop.later(days=29)
    came(shop, shirts(1))
    shop.later(days=20)
    came(shop, shirts(1), name="O-2")
    shop.do(match(order))
    shop.do(match(order, name="O-2"))
    assert [each.items[0].money for each in shop.order(order).returns] == [ReturnMoney.CREDITED, ReturnMoney.DENIED]
    assert_sound(shop)


def test_what_nobody_could_name_is_named_later() -> None:
    shop = MemoryShop(STOCK)
    order = sold(shop, ("TEE-M", 1, 1000))
    came(shop, o.OrphanItemInput(quantity=1, note="a shirt, blue"))
    assert level(shop, "TEE-M").quality_control == 0
    with pytest.raises(Refused, match="ORPHAN_SKU"):
        shop.do(match(order))
    shop.do(o.IdentifyOrphan(orphan="O-1", item=1, sku="TEE-M"))
    assert level(shop, "TEE-M").quality_control == 1
    with pytest.raises(Refused, match="ORPHAN_SKU"):
        shop.do(o.IdentifyOrphan(orphan="O-1", item=1, sku="MUG"))
    shop.do(match(order))
    assert_sound(shop)


def test_after_a_time_their_location_disposes_of_them() -> None:
    shop = MemoryShop(STOCK)
    found = came(shop, shirts(), o.OrphanItemInput(quantity=1, note="a charger"), keep_days=10)
    give = o.DisposeOrphan(orphan="O-1", disposition=Disposition.RESTOCK, reason="nobody has asked")
    with pytest.raises(Refused, match="ORPHAN_KEPT"):
        shop.do(give)
    with pytest.raises(Refused, match="NOTHING_TO_DO"):
        shop.do(o.OrphanDue(orphan="O-1", due_at=shop.now))
    shop.later(days=10)
    shop.do(o.OrphanDue(orphan="O-1", due_at=found.keep_until))
    late = orphan(shop)
    assert (late.overdue, late.next_step, late.owner) == (True, "dispose_orphan", "lyon")
    with pytest.raises(Refused, match="RETURN_DISPOSITION"):
        shop.do(o.DisposeOrphan(orphan="O-1", disposition=Disposition.INSPECT, reason="later"))
    shop.do(give)
    assert orphan(shop).state is OrphanState.DISPOSED
    assert (level(shop, "TEE-M").sellable, level(shop, "TEE-M").quality_control) == (22, 0)
    assert_sound(shop)


def test_goods_that_were_put_elsewhere_meanwhile_are_not_there_to_be_matched() -> None:
    shop = MemoryShop(STOCK)
    order = sold(shop, ("TEE-M", 1, 1000))
    came(shop, shirts(1))
    shop.do(AdjustStock(sku="TEE-M", location="lyon", quantity=1, reason="qc_passed"))
    with pytest.raises(Refused, match="RETURN_DISPOSITION"):
        shop.do(match(order))
    assert_sound(shop)


def test_serial_numbers_are_kept_and_go_with_the_goods() -> None:
    shop = MemoryShop(STOCK)
    shop.do(PutSkus(skus=(Sku("CAM", tracking=Tracking.SERIAL),)))
    with pytest.raises(Refused, match="LOTS_REQUIRED"):
        came(shop, o.OrphanItemInput(sku="CAM", quantity=2))
    found = came(shop, o.OrphanItemInput(sku="CAM", quantity=2, lots=(LotUnits("S-1"), LotUnits("S-2"))))
    assert [lot.lot for lot in found.items[0].lots] == ["S-1", "S-2"]
    with pytest.raises(Refused, match="SERIAL_ELSEWHERE"):
        came(shop, o.OrphanItemInput(sku="CAM", quantity=1, lots=(LotUnits("S-1"),)), name="O-2")
    shop.later(days=31)
    some = (o.OrphanUnitsInput(item=1, quantity=1),)
    shop.do(o.DisposeOrphan(orphan="O-1", disposition=Disposition.SCRAP, reason="broken", items=some))
    assert [lot.lot for lot in orphan(shop).items[0].lots] == ["S-2"]
    assert_sound(shop)


def test_a_closed_order_is_opened_again_by_goods_of_it() -> None:
    shop = MemoryShop(STOCK)
    order = sold(shop, ("TEE-M", 1, 1000))
    shop.do(c.CloseOrder(order=order))
    came(shop, shirts(1))
    shop.do(match(order))
    assert shop.order(order).closed_at is None
    assert_sound(shop)
