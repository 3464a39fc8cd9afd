"""The alarm matrix of custody and money: what should alarm is a task with an owner and a due time, and can be done."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from core.returns.test_returns import STOCK, asked, in_force, received, sold
from orderline.core.orders import commands as c
from orderline.core.orders.next_step import next_step_of
from orderline.core.orders.state import Order
from orderline.core.orders.status import status_of
from orderline.core.returns import commands as r
from orderline.core.returns.concerns import Concern, concern_of
from orderline.core.returns.standing import has_open_returns, waiting_items
from orderline.core.returns.state import Custody, Grade, Return, ReturnItem, ReturnMoney, ReturnSource, ReturnTerms
from orderline.core.returns.steps import IN_REPAIR
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from support.always import assert_sound
from support.shop import NOON, MemoryShop

C, M = Custody, ReturnMoney
LATE, BACK, DENIED = (
    ("credit_return", "finance"),
    ("settle_expired_return", "support"),
    ("settle_denied_return", "support"),
)
DECIDE, SEND, RECEIVE = ("decide_return", "support"), ("send_return", "customer"), ("receive_return", "lyon")
GRADE, DISPOSE = ("grade_return", "lyon"), ("dispose_return", "lyon")
# Whoever moves the goods has something to do while they come and until they are put away; beside it, what is wrong.
TABLE = [
    # money        asked     approved  on the way  here              graded              away    declined, withdrawn, expired, sent back
    (M.NOT_DUE,   (DECIDE,), (SEND,), (RECEIVE,), (GRADE,),         (DISPOSE,),         (LATE,),   (), (), (), ()),
    (M.CREDITED,  (DECIDE,), (SEND,), (RECEIVE,), (GRADE,),         (DISPOSE,),         (),        (BACK,), (BACK,), (BACK,), (BACK,)),
    (M.DENIED,    (DECIDE,), (SEND,), (RECEIVE,), (GRADE, DENIED),  (DISPOSE, DENIED),  (DENIED,), (), (), (), ()),
    (M.RECOVERED, (DECIDE,), (SEND,), (RECEIVE,), (GRADE, LATE),    (DISPOSE, LATE),    (LATE,),   (), (), (), ()),
    (M.WAIVED,    (DECIDE,), (SEND,), (RECEIVE,), (GRADE,),         (DISPOSE,),         (),        (), (), (), ()),
    (M.UPHELD,    (DECIDE,), (SEND,), (RECEIVE,), (GRADE,),         (DISPOSE,),         (),        (), (), (), ()),
]  # fmt: skip
CUSTODY = (
    C.REQUESTED,
    C.APPROVED,
    C.IN_TRANSIT,
    C.RECEIVED,
    C.GRADED,
    C.DISPOSED,
    C.DECLINED,
    C.WITHDRAWN,
    C.EXPIRED,
    C.SENT_BACK,
)
CELLS = [(custody, row[0], wanted) for row in TABLE for custody, wanted in zip(CUSTODY, row[1:], strict=True)]


ORDINARY = ReturnTerms()


def standing(custody: Custody, money: ReturnMoney, terms: ReturnTerms = ORDINARY) -> Order:
    """A delivered order with one item of one return that stands so."""
    shop = MemoryShop(STOCK)
    order = shop.order(sold(shop, ("TEE-M", 1, 1000)))
    item = ReturnItem(
        item=1, line=1, quantity=1, reason="changed_mind", terms=terms, custody=custody, money=money,
        location="lyon",
    )  # fmt: skip
    returned = Return(
        number=1, source=ReturnSource.PORTAL, items=(item,), to="lyon", requested_at=NOON, requested_by="ann",
        moved_at=NOON, expires_at=NOON + timedelta(days=14),
    )  # fmt: skip
    return replace(order, returns=(returned,))


def test_the_table_is_whole() -> None:
    # what is here to be repaired is beside it: no money is due for that
    custodies = set(C) - IN_REPAIR
    assert {(custody, money) for custody, money, _ in CELLS} == {(each, money) for each in custodies for money in M}


REPAIRS = [
    (C.REQUESTED, DECIDE), (C.APPROVED, SEND), (C.IN_TRANSIT, RECEIVE), (C.RECEIVED, ("assess_return", "lyon")),
    (C.QUOTED, ("answer_repair_quote", "customer")), (C.REPAIRING, ("finish_repair", "lyon")),
    (C.REPAIRED, ("send_back_return", "lyon")), (C.UNREPAIRED, ("send_back_return", "lyon")),
    (C.UNREPAIRABLE, ("decide_repair", "support")),
]  # fmt: skip


@pytest.mark.parametrize(("custody", "wanted"), REPAIRS, ids=[each.value for each, _ in REPAIRS])
def test_what_is_to_be_repaired_waits_for_somebody_and_no_money(custody: Custody, wanted: tuple[str, str]) -> None:
    order = standing(custody, M.NOT_DUE, ReturnTerms(service=True))
    [waiting] = waiting_items(order)
    assert (waiting.what, waiting.owner) == wanted
    assert NOON < waiting.due_at <= NOON + timedelta(days=14)
    assert has_open_returns(order)
    assert concern_of(custody, M.NOT_DUE, service=True) is Concern.NORMAL
    step = next_step_of(order, status_of(order).phase)
    assert step is not None
    assert (step.what, step.owner, step.due_at) == (*wanted, waiting.due_at)


@pytest.mark.parametrize(("custody", "money", "wanted"), CELLS, ids=[f"{m.value} {c.value}" for c, m, _ in CELLS])
def test_what_should_alarm_does(custody: Custody, money: ReturnMoney, wanted: tuple[tuple[str, str], ...]) -> None:
    order = standing(custody, money)
    found = list(waiting_items(order))
    assert sorted((each.what, each.owner) for each in found) == sorted(wanted)
    assert all(NOON < each.due_at <= NOON + timedelta(days=14) for each in found)
    assert has_open_returns(order) is bool(wanted)
    step = next_step_of(order, status_of(order).phase)
    assert step is not None
    if wanted:
        first = min(found, key=lambda each: each.due_at)
        assert (step.what, step.owner, step.due_at) == (first.what, first.owner, first.due_at)
        assert step.about == "return 1"
    else:
        assert step.what == "close"


def test_every_alarm_of_the_matrix_is_a_task() -> None:
    """However a cell comes to be thought of: one that is late, to be claimed back or disputed is somebody's."""
    for custody, money, wanted in CELLS:
        loud = concern_of(custody, money) in (Concern.LATE_MONEY, Concern.CLAIM_BACK, Concern.DISPUTE)
        assert not loud or wanted, (custody, money)


def came(shop: MemoryShop, order: OrderId) -> None:
    shop.do(received(order, r.ReceivedItemInput(item=1, quantity=1)))
    shop.do(r.GradeReturn(order=order, number=1, graded=(r.GradedInput(item=1, quantity=1, grade=Grade.WORN),)))
    shop.do(r.DisposeReturn(order=order, number=1))


def settle(shop: MemoryShop, order: OrderId, money: ReturnMoney) -> str:
    try:
        shop.do(r.SettleExpired(order=order, number=1, money=money, reason="looked at"))
    except Refused as refused:
        return refused.code.value
    return ""


def test_goods_whose_money_was_denied_are_settled_by_a_person() -> None:
    shop = MemoryShop(STOCK)
    order = sold(shop, ("TEE-M", 1, 1000))
    shop.later(days=40)  # no law gives the right to it any more
    shop.do(asked(order, approve=True, reason="so be it"))
    shop.do(r.DenyReturn(order=order, number=1, reason="worn"))
    assert settle(shop, order, M.UPHELD) == "RETURN_ITEM_STATE"  # nothing is here yet
    came(shop, order)
    assert [each.what for each in waiting_items(shop.order(order))] == ["settle_denied_return"]
    assert settle(shop, order, M.WAIVED) == "RETURN_ITEM_STATE"
    assert settle(shop, order, M.UPHELD) == ""
    assert not has_open_returns(shop.order(order))
    assert settle(shop, order, M.UPHELD) == "RETURN_ITEM_STATE"
    assert_sound(shop)
    shop.do(r.CreditReturn(order=order, number=1, reason="goodwill after all"))
    assert shop.order(order).returns[0].items[0].money is M.CREDITED
    assert_sound(shop)


def test_money_for_goods_that_are_declined_is_claimed_back() -> None:
    shop = MemoryShop(STOCK)
    policy = in_force(shop, 'name = "looked at"\napprove = "support"')
    order = sold(shop, ("TEE-M", 1, 1000))
    shop.later(days=20)
    shop.do(asked(order, policy=policy))
    shop.do(r.CreditReturn(order=order, number=1, reason="a good customer"))
    shop.do(r.DeclineReturn(order=order, number=1, reason="not ours"))
    assert [each.what for each in waiting_items(shop.order(order))] == ["settle_expired_return"]
    assert settle(shop, order, M.UPHELD) == "RETURN_ITEM_STATE"
    assert settle(shop, order, M.RECOVERED) == ""
    assert not has_open_returns(shop.order(order))
    assert_sound(shop)


def test_goods_that_come_after_their_money_was_claimed_back_are_paid_for_or_left() -> None:
    for last in ("credit", "uphold"):
        shop = MemoryShop(STOCK)
        order = sold(shop, ("TEE-M", 1, 1000))
        shop.do(asked(order, approve=True, reason="so be it"))
        shop.do(r.CreditReturn(order=order, number=1, reason="a good customer"))
        shop.later(days=60)
        shop.do(r.ExpireReturn(order=order, number=1))
        assert settle(shop, order, M.RECOVERED) == ""
        came(shop, order)
        assert [each.what for each in waiting_items(shop.order(order))] == ["credit_return"]
        if last == "credit":
            shop.do(r.CreditReturn(order=order, number=1, reason="it came"))
        else:
            assert settle(shop, order, M.UPHELD) == ""
        assert not has_open_returns(shop.order(order))
        assert_sound(shop)


def test_an_order_is_not_closed_before_denied_goods_are_settled() -> None:
    shop = MemoryShop(STOCK)
    order = sold(shop, ("TEE-M", 1, 1000))
    shop.later(days=40)  # no law gives the right to it any more
    shop.do(asked(order, approve=True, reason="so be it"))
    shop.do(r.DenyReturn(order=order, number=1, reason="worn"))
    came(shop, order)
    shop.later(days=60)
    with pytest.raises(Refused):
        shop.do(c.CloseOrder(order=order))
    assert settle(shop, order, M.UPHELD) == ""
    shop.do(c.CloseOrder(order=order))
    assert shop.order(order).closed_at is not None
    assert_sound(shop)
