"""Claims of customers: missing, lost, damaged or wrong; goods that are kept, carriers that are asked to pay."""

import pytest

from core.returns.test_exchanges import EVEN
from core.returns.test_returns import STOCK, answer_all, asked, refund_asked, sold
from orderline.core.jobs import JobKind
from orderline.core.limits import MoneyLimits
from orderline.core.next_steps import order_follow_ups
from orderline.core.orders import commands as c
from orderline.core.orders.credited import Destination
from orderline.core.orders.next_step import next_step_of
from orderline.core.orders.status import Phase, status_of
from orderline.core.returns import commands as r
from orderline.core.returns.events import ReturnOpened
from orderline.core.returns.standing import lost_units
from orderline.core.returns.state import Custody, ReturnMoney
from orderline.core.shipments.missing_parcels import DecideMissing, MissingState, ReportMissing
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from support.always import assert_sound
from support.shop import MemoryShop


def claims_against_carriers(shop: MemoryShop, order: OrderId) -> list[tuple[int, str]]:
    told = [event for event in shop.events[order] if isinstance(event, ReturnOpened)]
    jobs = order_follow_ups(shop.world.settings, shop.order(order), told, shop.now)
    return [(job.body.parcel, job.body.template) for job in jobs if job.kind is JobKind.CLAIM]


def test_what_is_missing_is_looked_into_and_paid_back_without_coming_back() -> None:
    shop = MemoryShop(STOCK)
    order = sold(shop, ("TEE-M", 2, 1000))
    shop.do(asked(order, why="missing", parcel=1))
    [item] = shop.order(order).returns[0].items
    assert (item.custody, item.terms.keep, item.terms.statutory) == (Custody.REQUESTED, True, False)
    assert claims_against_carriers(shop, order) == [(1, "lost")]
    shop.do(r.ApproveReturn(order=order, number=1))
    after = shop.order(order)
    assert after.returns[0].items[0].money is ReturnMoney.CREDITED
    assert refund_asked(after) == 1000
    with pytest.raises(Refused, match="RETURN_QUANTITY"):
        shop.do(asked(order, 2, why="missing"))
    answer_all(shop, order)
    assert_sound(shop)


def test_a_claim_that_is_not_believed_is_declined() -> None:
    shop = MemoryShop(STOCK)
    order = sold(shop, ("TEE-M", 1, 1000))
    shop.do(asked(order, why="missing"))
    assert claims_against_carriers(shop, order) == []
    shop.do(r.DeclineReturn(order=order, number=1, reason="handed over against a signature"))
    assert refund_asked(shop.order(order)) == 0
    shop.do(asked(order))
    assert shop.order(order).returns[1].items[0].custody is Custody.APPROVED


def test_what_was_lost_is_sent_again() -> None:
    shop = MemoryShop(STOCK)
    order = sold(shop, ("TEE-M", 1, 1000), delivered=False)
    shop.do(c.TrackParcel(order=order, parcel=1, state="lost"))
    now = shop.order(order)
    step = next_step_of(now, status_of(now).phase)
    assert step is not None
    assert step.what == "decide_lost_parcel"
    with pytest.raises(Refused, match="RETURN_NOT_SENT"):
        shop.do(asked(order, why="too_small"))
    shop.do(asked(order, why="lost", parcel=1, exchange=EVEN))
    shop.do(r.ApproveReturn(order=order, number=1))
    after = shop.order(order)
    assert not after.holds
    assert after.lines[1].units.pooled == 1
    assert refund_asked(after) == 0
    step = next_step_of(after, status_of(after).phase)
    assert step is not None
    assert step.what == "route"
    assert_sound(shop)


def close_due(shop: MemoryShop, order: OrderId) -> bool:
    """Does what was told last have the order closed by and by?"""
    jobs = order_follow_ups(shop.world.settings, shop.order(order), shop.events[order][-3:], shop.now)
    return any(job.kind is JobKind.CLOSE for job in jobs)


def lost(shop: MemoryShop, *, units: int = 2) -> OrderId:
    """An order whose only parcel was lost."""
    order = sold(shop, ("TEE-M", units, 1000), delivered=False)
    shop.do(c.TrackParcel(order=order, parcel=1, state="lost"))
    with pytest.raises(Refused, match="ORDER_NOT_DONE"):
        shop.do(c.CloseOrder(order=order))
    return order


def test_an_order_whose_lost_units_are_paid_back_is_closed() -> None:
    shop = MemoryShop(STOCK)
    order = lost(shop)
    shop.do(asked(order, 1, why="lost", parcel=1, approve=True, reason="the carrier says so"))
    assert status_of(shop.order(order)).phase is Phase.EXCEPTION
    assert not close_due(shop, order)
    shop.do(asked(order, 1, why="lost", approve=True, reason="the carrier says so"))
    assert close_due(shop, order)
    answer_all(shop, order)
    now = shop.order(order)
    step = next_step_of(now, status_of(now).phase)
    assert step is not None
    assert (step.what, step.owner) == ("close", "orderline")
    shop.do(c.CloseOrder(order=order))
    assert status_of(shop.order(order)).phase is Phase.CLOSED
    assert_sound(shop)


@pytest.mark.parametrize("told", ["declined", "denied"])
def test_a_loss_that_is_not_paid_for_is_settled_as_well(told: str) -> None:
    shop = MemoryShop(STOCK)
    order = lost(shop)
    shop.do(asked(order, 2, why="lost"))
    if told == "declined":
        shop.do(r.DeclineReturn(order=order, number=1, reason="the forwarder was the customer's own"))
    else:
        shop.do(r.DenyReturn(order=order, number=1, reason="the forwarder was the customer's own"))
    assert close_due(shop, order)
    shop.do(c.CloseOrder(order=order))
    assert refund_asked(shop.order(order)) == 0
    assert_sound(shop)


def test_what_was_paid_for_before_it_was_lost_is_settled_with_the_loss() -> None:
    shop = MemoryShop(STOCK)
    order = sold(shop, ("TEE-M", 2, 1000), delivered=False)
    shop.do(asked(order, 2, why="late"))
    shop.do(r.CreditReturn(order=order, number=1, reason="far too late", keep=True))
    shop.do(c.TrackParcel(order=order, parcel=1, state="lost"))
    assert close_due(shop, order)
    answer_all(shop, order)
    shop.do(c.CloseOrder(order=order))
    assert_sound(shop)


def test_money_for_a_parcel_that_came_short_settles_no_other_that_was_lost() -> None:
    shop = MemoryShop(STOCK)
    order = sold(shop, ("TEE-M", 2, 1000))
    shop.do(asked(order, 1, why="missing", parcel=1, approve=True, reason="the box was open"))
    case = ReportMissing(case="m-1", order=order, parcel=1)
    shop.do(case)
    shop.do(DecideMissing(case="m-1", order=order, state=MissingState.ACCEPTED, answer="no proof of delivery"))
    assert lost_units(shop.order(order)) == 1
    assert_sound(shop)


def test_a_lost_parcel_that_turns_up_leaves_nothing_to_settle() -> None:
    shop = MemoryShop(STOCK)
    order = lost(shop)
    shop.do(c.TrackParcel(order=order, parcel=1, state="delivered"))
    assert status_of(shop.order(order)).phase is Phase.DELIVERED
    assert close_due(shop, order)
    shop.do(c.CloseOrder(order=order))
    assert_sound(shop)


def test_what_came_damaged_may_be_kept_for_store_credit() -> None:
    shop = MemoryShop(STOCK)
    order = sold(shop, ("TEE-M", 2, 1000))
    shop.do(asked(order, why="damaged", parcel=1, destination=Destination.STORE_CREDIT, exchange=None))
    assert claims_against_carriers(shop, order) == [(1, "damaged")]
    [item] = shop.order(order).returns[0].items
    assert (item.custody, item.terms.keep) == (Custody.APPROVED, False)
    shop.do(r.CreditReturn(order=order, number=1, reason="photos show it"))
    assert shop.order(order).credits[0].account
    assert refund_asked(shop.order(order)) == 0
    assert_sound(shop)


def test_a_claim_names_a_parcel_that_the_goods_were_in() -> None:
    shop = MemoryShop(STOCK)
    order = sold(shop, ("TEE-M", 1, 1000))
    with pytest.raises(Refused, match="PARCEL_UNKNOWN"):
        shop.do(asked(order, why="damaged", parcel=2))


def test_money_given_for_a_return_is_within_the_limit_of_whoever_gives_it() -> None:
    shop = MemoryShop(STOCK)
    order = sold(shop, ("TEE-M", 2, 1000))
    shop.do(asked(order, why="damaged", parcel=1, destination=Destination.STORE_CREDIT, exchange=None))
    give = r.CreditReturn(order=order, number=1, reason="photos show it")
    before = shop.order(order)
    due = 1000
    for most in ({"EUR": due - 1}, {"USD": due}):
        shop.limits = MoneyLimits(credits=most)
        with pytest.raises(Refused, match="MONEY_LIMIT"):
            shop.do(give)
        assert shop.order(order) == before
    shop.limits = MoneyLimits(credits={"EUR": due}, refunds={"EUR": 0})
    shop.do(give)
    assert sum(each.total_minor for each in shop.order(order).credits) == due
    assert_sound(shop)
