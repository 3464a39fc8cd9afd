"""Where a hold is placed, and where there is nothing left to stop."""

import pytest

from orderline.core.orders import commands as c
from orderline.core.orders.actions import actions_of
from orderline.values.failures import Refused
from support.shop import MemoryShop, order_of


def test_what_is_canceled_and_settled_is_not_held() -> None:
    shop = MemoryShop([("TEE-M", "lyon", 5)])
    unpaid = shop.place(order_of("A-1", ("TEE-M", 1, 2000), paid=None))
    paid = shop.place(order_of("A-2", ("TEE-M", 1, 2000)))
    for order in (unpaid, paid):
        shop.do(c.CancelUnits(order=order, reason="mistake"))
    with pytest.raises(Refused, match="ORDER_CANCELED"):
        shop.do(c.PlaceHold(order=unpaid, hold=c.HoldInput(type="fraud")))
    assert [each.refused for each in actions_of(shop.order(unpaid)) if each.name == "place_hold"] == ["ORDER_CANCELED"]
    shop.do(c.PlaceHold(order=paid, hold=c.HoldInput(type="fraud")))  # its money is not let go of yet
    assert shop.order(paid).holds
