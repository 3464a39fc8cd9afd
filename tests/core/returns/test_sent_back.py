"""Goods of a return that are not taken go back to the customer, and every unit is accounted for on the way."""

from typing import Any

import pytest

from core.returns.test_returns import STOCK, asked, in_force, level, received, refund_asked, sold
from orderline.core.jobs import JobKind
from orderline.core.next_steps import order_follow_ups
from orderline.core.orders import commands as c
from orderline.core.orders.actions import actions_of
from orderline.core.orders.next_step import next_step_of
from orderline.core.orders.parcels import ParcelState
from orderline.core.orders.status import status_of
from orderline.core.returns import commands as r
from orderline.core.returns.standing import has_open_returns
from orderline.core.returns.state import Custody, Disposition, Grade, ReturnMoney, ReturnSource
from orderline.core.shipments.undoing import UndoHandover
from orderline.engine.verifying.amounts import check_units
from orderline.engine.verifying.report import Tally
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from support.always import assert_sound
from support.shop import MemoryShop


def denied(shop: MemoryShop, units: int = 2, *, here: bool = True) -> OrderId:
    """An order of which all came back, and no money is to be given for it."""
    order = sold(shop, ("TEE-M", units, 1000))
    shop.later(days=40)  # no law gives the right to it any more
    shop.do(asked(order, units, approve=True, reason="let us see"))
    shop.do(r.SendReturn(order=order, number=1, carrier="post", tracking_number="R1"))
    shop.do(r.DenyReturn(order=order, number=1, reason="washed at 90 degrees"))
    if here:
        shop.do(received(order, r.ReceivedItemInput(item=1, quantity=units)))
    return order


def back(order: OrderId, **about: Any) -> r.SendBackReturn:
    return r.SendBackReturn(order=order, number=1, **about)


def refused(shop: MemoryShop, command: Any) -> str:
    with pytest.raises(Refused) as told:
        shop.do(command)
    return told.value.code.value


def test_goods_that_are_not_taken_go_back_and_are_delivered_again() -> None:
    shop = MemoryShop(STOCK)
    order = denied(shop)
    before = shop.order(order)
    assert level(shop, "TEE-M").quality_control == 2
    draft = shop.do(back(order, carrier="post", tracking_number="B1", reason="not taken"))
    after = shop.order(order)
    assert (after.lines[0].units.returned, after.lines[0].units.shipped) == (0, 2)
    assert level(shop, "TEE-M").quality_control == 0
    [item] = after.returns[0].items
    assert (item.custody, item.money) == (Custody.SENT_BACK, ReturnMoney.DENIED)
    parcel = after.parcels[1]
    assert (parcel.state, parcel.tracking_number, parcel.returned) == (ParcelState.HANDED_OVER, "B1", 1)
    step = next_step_of(after, status_of(after).phase)
    assert step is not None
    assert (step.what, step.owner, step.due_at is not None and step.due_at > shop.now) == ("deliver", "post", True)
    jobs = order_follow_ups(shop.world.settings, after, shop.events[order][len(shop.events[order]) - len(draft.events) :],
                            shop.now)  # fmt: skip
    assert [(job.kind, job.body.template) for job in jobs] == [(JobKind.NOTICE, "return_sent_back")]
    shop.do(c.TrackParcel(order=order, parcel=2, state="delivered"))
    there = shop.order(order)
    assert there.lines[0].units.delivered == 2
    assert not has_open_returns(there)
    # nothing was given, nothing was asked for, and the books are as they were
    assert (refund_asked(there), there.credits, there.documents) == (0, (), before.documents)
    assert there.books == before.books
    assert_sound(shop)
    tally = Tally()
    check_units(there, tally)
    assert [report.examples for report in tally.reports() if report.faults] == []


def test_some_go_back_and_the_others_are_decided_of_later() -> None:
    shop = MemoryShop(STOCK)
    order = denied(shop, 3)
    shop.do(back(order, sent=(r.SentBackInput(item=1, quantity=1),)))
    here, gone = shop.order(order).returns[0].items
    assert (here.quantity, here.custody, gone.quantity, gone.custody) == (2, Custody.RECEIVED, 1, Custody.SENT_BACK)
    shop.do(r.CreditReturn(order=order, number=1, reason="goodwill"))
    assert refund_asked(shop.order(order)) == 2000
    assert refused(shop, back(order)) == "RETURN_ITEM_STATE"
    assert refused(shop, back(order, sent=(r.SentBackInput(item=1, quantity=1),))) == "RETURN_NOT_SENDABLE"
    assert refused(shop, r.CreditReturn(order=order, number=1, items=(2,), reason="too")) == "RETURN_ITEM_STATE"
    assert_sound(shop)


def test_what_was_denied_on_its_way_and_not_let_in_turns_round() -> None:
    shop = MemoryShop(STOCK)
    order = denied(shop, here=False)
    shop.do(back(order, reason="not let in"))
    after = shop.order(order)
    assert after.lines[0].units.delivered == 2
    assert len(after.parcels) == 1
    assert not has_open_returns(after)
    # it can be asked for again, and what comes unannounced is a person's to decide
    shop.do(
        r.ReceiveReturn(order=order, receipt="again", location="lyon", items=(r.ReceivedItemInput(line=1, quantity=1),))
    )
    assert shop.order(order).returns[1].items[0].money is ReturnMoney.DENIED
    assert refund_asked(shop.order(order)) == 0
    assert_sound(shop)


def test_money_that_may_be_due_is_to_be_denied_first() -> None:
    shop = MemoryShop(STOCK)
    order = sold(shop, ("TEE-M", 1, 1000))
    shop.do(asked(order))
    assert not next(each for each in actions_of(shop.order(order)) if each.name == "send_back_return").allowed
    assert refused(shop, back(order)) == "RETURN_ITEM_STATE"
    shop.do(received(order, r.ReceivedItemInput(item=1, quantity=1)))
    assert refused(shop, back(order, sent=(r.SentBackInput(item=1, quantity=1),))) == "RETURN_NOT_SENDABLE"


@pytest.mark.parametrize(
    ("disposition", "told"),
    [(Disposition.RESTOCK, "RETURN_NOT_SENDABLE"), (Disposition.SCRAP, "RETURN_NOT_SENDABLE"),
     (Disposition.REFURBISH, ""), (Disposition.INSPECT, "")],
)  # fmt: skip
def test_what_was_put_away_goes_back_while_it_is_here(disposition: Disposition, told: str) -> None:
    shop = MemoryShop(STOCK)
    order = denied(shop)
    graded = r.GradedInput(item=1, quantity=2, grade=Grade.WORN, disposition=disposition)
    shop.do(r.GradeReturn(order=order, number=1, graded=(graded,)))
    shop.do(r.DisposeReturn(order=order, number=1))
    command = back(order, sent=(r.SentBackInput(item=1, quantity=2),))
    assert next(each for each in actions_of(shop.order(order)) if each.name == "send_back_return").allowed is not bool(
        told
    )
    if told:
        assert refused(shop, command) == told
        return
    shop.do(command)
    assert (level(shop, "TEE-M").damaged, level(shop, "TEE-M").quality_control) == (0, 0)
    assert_sound(shop)


def test_the_parcel_that_takes_goods_back_may_be_lost_or_turn_back() -> None:
    shop = MemoryShop(STOCK)
    order = denied(shop)
    shop.do(back(order, sent=(r.SentBackInput(item=1, quantity=1),), tracking_number="B1"))
    shop.do(back(order, sent=(r.SentBackInput(item=1, quantity=1),), tracking_number="B2"))
    shop.do(c.TrackParcel(order=order, parcel=2, state="lost"))
    assert shop.order(order).lines[0].units.lost == 1
    shop.do(c.TrackParcel(order=order, parcel=3, state="returning"))
    coming = shop.order(order).returns[1]
    assert (coming.source, coming.items[0].money) == (ReturnSource.CARRIER, ReturnMoney.DENIED)
    shop.do(received(order, r.ReceivedItemInput(item=1, quantity=1), number=2, receipt="r-2"))
    assert refund_asked(shop.order(order)) == 0  # nobody is paid for not taking them
    assert_sound(shop)
    shop.do(r.SendBackReturn(order=order, number=2))
    shop.do(c.TrackParcel(order=order, parcel=4, state="delivered"))
    assert shop.order(order).lines[0].units.delivered == 1
    assert_sound(shop)


def test_that_they_left_is_no_handover_of_the_sale() -> None:
    shop = MemoryShop(STOCK)
    order = denied(shop)
    shop.do(back(order))
    assert (
        refused(shop, UndoHandover(order=order, fulfillment=1, reason="a mistake", parcels=(2,)))
        == "PARCEL_NOT_SHIPPED"
    )


def test_the_days_of_a_return_are_not_counted_anew() -> None:
    shop = MemoryShop(STOCK)
    order = denied(shop)
    shop.do(back(order))
    shop.do(c.TrackParcel(order=order, parcel=2, state="delivered"))
    assert refused(shop, asked(order)) == "RETURN_WINDOW_OVER"


def test_what_comes_although_it_was_declined_is_for_a_person() -> None:
    shop = MemoryShop(STOCK)
    policy = in_force(shop, 'name = "looked at"\napprove = "support"')
    order = sold(shop, ("TEE-M", 2, 1000))
    shop.later(days=20)
    shop.do(asked(order, policy=policy))
    shop.do(asked(order, policy=policy))
    shop.do(r.DeclineReturn(order=order, number=1, reason="no"))
    shop.do(r.WithdrawReturn(order=order, number=2))
    shop.do(received(order, r.ReceivedItemInput(item=1, quantity=1)))
    assert shop.order(order).returns[0].items[0].money is ReturnMoney.DENIED
    shop.do(received(order, r.ReceivedItemInput(item=1, quantity=1), number=2, receipt="r-2"))
    assert refund_asked(shop.order(order)) == 1000  # to withdraw was the customer's own word
    assert_sound(shop)
