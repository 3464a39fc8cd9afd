"""What is canceled is not changed: no price of it, and nothing of an order that is canceled in whole, but for an undo."""

import pytest

from core.test_changes import change, line, refusal, shop_with
from orderline.core.changes import actions as a
from orderline.core.changes.commands import UndoChange
from orderline.core.orders import commands as c
from orderline.core.orders.actions import actions_of
from orderline.core.orders.delivery import ChangeDelivery
from orderline.core.orders.priced import Charge
from orderline.core.orders.state import LineQuantity
from orderline.core.orders.status import Phase, status_of
from orderline.core.tenders.sums import net_due_minor
from orderline.values.failures import Refused
from support.always import assert_sound


def test_a_line_whose_units_are_all_canceled_keeps_its_price() -> None:
    shop, order = shop_with(("TEE-M", 3, 2000), ("MUG", 2, 900))
    shop.do(c.CancelUnits(order=order, reason="x", lines=(LineQuantity(1, 3),)))
    refused = refusal(shop, order, a.ChangePrice(line=1, unit_price_minor=100))
    assert (refused.code, refused.facts["field"]) == ("PRICE_FINAL", "actions[0].line")
    shop.do(c.CancelUnits(order=order, reason="x", lines=(LineQuantity(2, 1),)))
    change(shop, order, a.ChangePrice(line=2, unit_price_minor=500))
    assert net_due_minor(shop.order(order)) == 500, "what is left of a line has another price"


@pytest.mark.parametrize(
    "action",
    [
        line("MUG", 1, 900),
        a.AddCharge(charge=Charge("shipping", 490)),
        a.ChangePrice(line=1, unit_price_minor=1),
        a.SetGift(gift=True),
        a.ChangeMethod(method="express"),
    ],
)
def test_an_order_that_is_canceled_is_not_opened_by_a_change(action: a.ChangeAction) -> None:
    shop, order = shop_with(charges=(Charge("shipping", 490),))
    shop.do(c.CancelUnits(order=order, reason="x"))
    assert refusal(shop, order, action).code == "ORDER_CANCELED"
    with pytest.raises(Refused, match="ORDER_CANCELED"):
        shop.do(ChangeDelivery(order=order, group=1, ship_complete=True))
    allowed = {each.name for each in actions_of(shop.order(order)) if each.allowed}
    assert not {"change_order", "undo_change"} & allowed


def test_a_change_that_canceled_all_is_undone_and_another_is_not() -> None:
    shop, order = shop_with()
    change(shop, order, a.RemoveUnits(line=1, quantity=3))
    assert status_of(shop.order(order)).phase is Phase.CANCELED
    assert "undo_change" in {each.name for each in actions_of(shop.order(order)) if each.allowed}
    shop.do(UndoChange(order=order, reason="after all"))
    assert_sound(shop)
    assert (status_of(shop.order(order)).phase, net_due_minor(shop.order(order))) == (Phase.ACCEPTED, 6000)
    change(shop, order, a.SetGift(gift=True))
    shop.do(c.CancelUnits(order=order, reason="x"))
    with pytest.raises(Refused, match="ORDER_CANCELED"):
        shop.do(UndoChange(order=order, reason="after all"))


def test_what_an_undo_brings_back_has_the_price_it_had() -> None:
    shop, order = shop_with()
    change(shop, order, a.ChangePrice(line=1, unit_price_minor=1500), a.RemoveUnits(line=1, quantity=1))
    assert net_due_minor(shop.order(order)) == 3000
    shop.do(UndoChange(order=order, reason="after all"))
    assert_sound(shop)
    assert net_due_minor(shop.order(order)) == 6000
