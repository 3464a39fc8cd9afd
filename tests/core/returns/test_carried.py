"""Carriers and returns: labels, news of parcels that come back, parcels that nobody took."""

import pytest

from core.returns.test_returns import STOCK, asked, received, sold
from orderline.core.jobs import JobKind
from orderline.core.next_steps import order_follow_ups
from orderline.core.orders import commands as c
from orderline.core.orders.next_step import next_step_of
from orderline.core.orders.status import status_of
from orderline.core.returns import commands as r
from orderline.core.returns.events import ReturnProgressed
from orderline.core.returns.state import Custody, ReturnLabel, ReturnMoney, ReturnSource, WayBack
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from support.shop import MemoryShop

LABEL = ReturnLabel(carrier="sandbox", tracking_number="RT-1", partner="sandbox_carriers", code="QR-1")


def waits_for(shop: MemoryShop, order: OrderId) -> tuple[str, str]:
    now = shop.order(order)
    step = next_step_of(now, status_of(now).phase)
    assert step is not None
    return step.what, step.owner


def test_an_approved_return_asks_for_a_label_once() -> None:
    shop = MemoryShop(STOCK)
    order = sold(shop, ("TEE-M", 2, 1000))
    shop.do(asked(order))
    told = [event for event in shop.events[order] if isinstance(event, ReturnProgressed)]
    jobs = order_follow_ups(shop.world.settings, shop.order(order), told, shop.now)
    assert [each.kind for each in jobs] == [JobKind.NOTICE, JobKind.RETURN_LABEL]
    shop.do(r.LabelReturn(order=order, number=1, label=LABEL))
    [returned] = shop.order(order).returns
    assert (returned.label, returned.tracking_number) == (LABEL, "RT-1")
    with pytest.raises(Refused, match="RETURN_NOT_SENDABLE"):
        shop.do(r.LabelReturn(order=order, number=1, label=LABEL))
    again = order_follow_ups(shop.world.settings, shop.order(order), told, shop.now)
    assert [each.kind for each in again] == [JobKind.NOTICE]


def test_the_carriers_news_move_a_return() -> None:
    shop = MemoryShop(STOCK)
    order = sold(shop, ("TEE-M", 2, 1000))
    shop.do(asked(order))
    shop.do(r.TrackReturn(order=order, number=1, way=WayBack.IN_TRANSIT))
    assert shop.order(order).returns[0].items[0].custody is Custody.IN_TRANSIT
    with pytest.raises(Refused, match="RETURN_NEWS_OLD"):
        shop.do(r.TrackReturn(order=order, number=1, way=WayBack.IN_TRANSIT))
    shop.do(r.TrackReturn(order=order, number=1, way=WayBack.LOST))
    assert waits_for(shop, order) == ("trace_return", "support")
    shop.do(r.TrackReturn(order=order, number=1, way=WayBack.DELIVERED))
    assert waits_for(shop, order) == ("receive_return", "lyon")
    shop.do(received(order, r.ReceivedItemInput(item=1, quantity=1)))
    with pytest.raises(Refused, match="RETURN_NEWS_OLD"):
        shop.do(r.TrackReturn(order=order, number=1, way=WayBack.EXCEPTION))


def test_a_parcel_that_turns_back_is_a_return_by_itself() -> None:
    shop = MemoryShop(STOCK)
    order = sold(shop, ("TEE-M", 2, 1000), delivered=False)
    shop.do(c.TrackParcel(order=order, parcel=1, state="returning"))
    [returned] = shop.order(order).returns
    assert (returned.source, returned.parcel, returned.to) == (ReturnSource.CARRIER, 1, "lyon")
    assert [(i.line, i.quantity, i.custody) for i in returned.items] == [(1, 2, Custody.IN_TRANSIT)]
    shop.do(received(order, r.ReceivedItemInput(line=1, quantity=2), number=0, source=ReturnSource.CARRIER))
    after = shop.order(order)
    assert len(after.returns) == 1
    assert (after.lines[0].units.returned, after.returns[0].items[0].money) == (2, ReturnMoney.CREDITED)
    assert after.parcels[0].state == "returned"


@pytest.mark.parametrize("state", ["delivered", "lost"])
def test_a_parcel_that_turned_back_may_go_on_after_all(state: c.Tracked) -> None:
    shop = MemoryShop(STOCK)
    order = sold(shop, ("TEE-M", 2, 1000), delivered=False)
    shop.do(c.TrackParcel(order=order, parcel=1, state="returning"))
    shop.do(c.TrackParcel(order=order, parcel=1, state=state))
    [returned] = shop.order(order).returns
    assert returned.items[0].custody is Custody.WITHDRAWN
    if state == "delivered":
        shop.do(asked(order, 2))
        assert shop.order(order).returns[1].items[0].custody is Custody.APPROVED
