"""Returns, claims and exchanges as actions of a change set: seen before, made in one fact, undone by their mirror."""

from typing import Any

import pytest

from core.test_appeasements import shop_with
from orderline.cli.difference_words import tell_difference
from orderline.core.changes import actions as a
from orderline.core.changes.commands import ChangeOrder, UndoChange
from orderline.core.changes.differences import difference_of
from orderline.core.orders.state import Order
from orderline.core.returns import commands as r
from orderline.core.returns.state import Custody
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from support.always import assert_sound
from support.shop import MemoryShop

BACK = r.ReturnLineInput(line=1, quantity=1, reason="changed_mind")
MUG = r.ExchangeInput(lines=(r.ExchangeLineInput(sku="MUG", quantity=1),))


def change(shop: MemoryShop, order: OrderId, *actions: a.ChangeAction) -> Any:
    told = shop.do(ChangeOrder(order=order, reason="on the phone", actions=actions))
    assert_sound(shop)
    return [event for id_, event in told.events if id_ == order]


def undo(shop: MemoryShop, order: OrderId) -> Order:
    shop.do(UndoChange(order=order, reason="a mistake"))
    assert_sound(shop)
    return shop.order(order)


def test_an_exchange_is_seen_made_and_undone() -> None:
    shop, order = shop_with()
    before = shop.order(order)
    events = change(shop, order, a.ReturnUnits(lines=(BACK,), exchange=MUG, approve=True))
    after = shop.order(order)
    told = difference_of(shop.world.settings, before, after, events, shop.now)
    assert (len(told.returns), told.awaited_minor, told.refund_minor) == (1, 2000, 0)
    assert (after.lines[1].sku, after.lines[1].units.pooled) == ("MUG", 1)
    undone = undo(shop, order)
    assert undone.lines[1].units.canceled == 1
    assert [item.custody for item in undone.returns[0].items] == [Custody.WITHDRAWN]
    assert not undone.holds
    with pytest.raises(Refused) as again:
        undo(shop, order)
    assert again.value.code.value == "NOTHING_TO_DO"


def test_an_exchange_asked_for_by_itself_is_undone_as_well() -> None:
    shop, order = shop_with()
    shop.do(r.RequestReturn(order=order, lines=(BACK,), exchange=MUG, approve=True, reason="yes"))
    undone = undo(shop, order)
    assert undone.lines[1].units.canceled == 1
    assert [item.custody for item in undone.returns[0].items] == [Custody.WITHDRAWN]


def test_a_claim_and_a_gift_in_one_change_set() -> None:
    shop, order = shop_with()
    missing = r.ReturnLineInput(line=1, quantity=1, reason="missing")
    change(
        shop, order, a.Appease(why="late", shipping_minor=490), a.ReturnUnits(lines=(missing,), approve=True)
    )  # fmt: skip
    after = shop.order(order)
    assert [credit.total_minor for credit in after.credits] == [490, 2000]
    assert (after.agreement.given, after.agreement.returned) == ((1,), (1,))
    with pytest.raises(Refused) as caught:  # its money was given
        undo(shop, order)
    assert caught.value.code.value == "UNDO_NOT_POSSIBLE"


def test_what_never_came_is_shown_apart_from_what_comes_back() -> None:
    shop, order = shop_with()
    before = shop.order(order)
    missing = r.ReturnLineInput(line=1, quantity=1, reason="missing")
    events = change(shop, order, a.ReturnUnits(lines=(missing, BACK)))
    told = difference_of(shop.world.settings, before, shop.order(order), events, shop.now)
    assert (told.awaited_minor, told.claimed_minor, told.credits) == (2000, 2000, ())
    words = list(tell_difference(told, "EUR"))
    assert "credited when they are back: 20.00 EUR" in words
    assert "credited when the claim is approved: 20.00 EUR" in words


def test_what_is_on_its_way_back_is_not_undone() -> None:
    shop, order = shop_with()
    change(shop, order, a.ReturnUnits(lines=(BACK,), exchange=MUG, approve=True))
    shop.do(r.SendReturn(order=order, number=1))
    with pytest.raises(Refused) as caught:
        undo(shop, order)
    assert (caught.value.code.value, caught.value.facts["field"]) == ("UNDO_NOT_POSSIBLE", "returned")
