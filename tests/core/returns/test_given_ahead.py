"""Money and goods given ahead of what is to come back: on what guarantee, and what becomes of it when nothing comes."""

from typing import Any

import pytest

from core.returns.test_exchanges import EVEN
from core.returns.test_returns import STOCK, answer_all, asked, in_force, received, refund_asked, sold
from orderline.core.ledger.state import Account
from orderline.core.orders import commands as c
from orderline.core.orders.state import Order, PaymentKind
from orderline.core.returns import commands as r
from orderline.core.returns.concerns import MATRIX, Concern, concern_of
from orderline.core.returns.state import Custody, RefundAt, ReturnMoney
from orderline.core.tenders.paying_again import missing_minor
from orderline.core.tenders.sums import is_releasable
from orderline.values.ids import OrderId
from support.always import assert_sound
from support.shop import MemoryShop

AHEAD = """
name = "ahead"
refund_at = "approved"
guarantee = true
unsent = "{unsent}"
"""


def shop_with(unsent: str) -> tuple[MemoryShop, r.PolicyReference]:
    shop = MemoryShop(STOCK)
    return shop, in_force(shop, AHEAD.format(unsent=unsent))


def paid_with(token: str, amount: int = 1000) -> dict[str, Any]:
    tender = c.TenderInput(provider="sandbox", method="card", amount_minor=amount, token=token, state="authorized")
    return {"tenders": (tender,)}


def never_comes(shop: MemoryShop, order: OrderId) -> Order:
    answer_all(shop, order)
    shop.later(days=31)
    shop.do(r.ExpireReturn(order=order, number=1))
    return shop.order(order)


def requests(order: Order) -> list[tuple[int, PaymentKind, int]]:
    return [(t.number, each.kind, each.amount_minor) for t in order.tenders for each in t.requests]


def test_money_given_ahead_is_charged_again_when_the_goods_never_come() -> None:
    shop, policy = shop_with("charge")
    order = sold(shop, ("TEE-M", 1, 1000), **paid_with("tok"))
    shop.do(asked(order, policy=policy))
    assert refund_asked(shop.order(order)) == 1000
    owed = never_comes(shop, order)
    assert owed.returns[0].items[0].money is ReturnMoney.RECOVERED
    assert requests(owed) == [(2, PaymentKind.AUTHORIZE, 1000)]
    assert owed.tenders[1].token == "tok"
    answer_all(shop, order)
    answer_all(shop, order)
    settled = shop.order(order)
    assert settled.tenders[1].captured_minor == 1000
    assert requests(settled) == []
    assert settled.books is not None
    assert settled.books.of(Account.REFUNDS_PAYABLE) == 0
    assert settled.books.of(Account.RECEIVABLE) + settled.books.of(Account.DEPOSITS) == -1000
    assert_sound(shop)
    # and then they come after all
    shop.do(received(order, r.ReceivedItemInput(item=1, quantity=1)))
    shop.do(r.CreditReturn(order=order, number=1, reason="they came"))
    assert refund_asked(shop.order(order)) == 1000
    assert_sound(shop)


def test_a_charge_that_is_declined_leaves_what_the_customer_owes() -> None:
    shop, policy = shop_with("charge")
    order = sold(shop, ("TEE-M", 1, 1000), **paid_with("tok"))
    shop.do(asked(order, policy=policy))
    never_comes(shop, order)
    [request] = shop.order(order).tenders[1].requests
    shop.do(
        c.AnswerPayment(
            order=order, tender=2, key=request.key, kind=request.kind, amount_minor=1000, declined="card expired"
        )
    )
    owed = shop.order(order)
    assert missing_minor(owed) == 1000
    assert not is_releasable(owed)
    assert_sound(shop)


def test_without_a_guarantee_money_waits_for_the_goods() -> None:
    shop, policy = shop_with("charge")
    order = sold(shop, ("TEE-M", 1, 1000), **paid_with(""))
    shop.do(asked(order, policy=policy))
    waits = shop.order(order)
    assert waits.returns[0].items[0].terms.refund_at is RefundAt.RECEIVED
    assert refund_asked(waits) == 0


@pytest.mark.parametrize(("unsent", "money"), [("waive", ReturnMoney.WAIVED), ("ask", ReturnMoney.CREDITED)])
def test_money_given_ahead_may_be_let_be_or_decided(unsent: str, money: ReturnMoney) -> None:
    shop, policy = shop_with(unsent)
    order = sold(shop, ("TEE-M", 1, 1000), **paid_with("tok"))
    shop.do(asked(order, policy=policy))
    after = never_comes(shop, order)
    assert after.returns[0].items[0].money is money
    assert requests(after) == []
    if money is ReturnMoney.CREDITED:
        shop.do(r.SettleExpired(order=order, number=1, money=ReturnMoney.RECOVERED, reason="kept both", charge=True))
        assert requests(shop.order(order)) == [(2, PaymentKind.AUTHORIZE, 1000)]
    assert_sound(shop)


def test_an_exchange_sent_ahead_is_charged_when_the_goods_never_come() -> None:
    shop, policy = shop_with("charge")
    order = sold(shop, ("TEE-M", 1, 1000), **paid_with("tok"))
    shop.do(asked(order, policy=policy, exchange=EVEN))
    ahead = shop.order(order)
    assert (ahead.holds, ahead.lines[1].units.pooled, requests(ahead)) == ((), 1, [])
    [share] = ahead.lines[1].claims
    shop.do(c.AllocateUnits(order=order, group=1, allotments=(c.Allotment(2, share.pool, "lyon", 1),)))
    owed = never_comes(shop, order)
    assert requests(owed) == [(2, PaymentKind.AUTHORIZE, 1000)]
    assert [hold.type for hold in owed.holds] == ["payment"]
    assert_sound(shop)


def test_every_cell_of_the_alarm_matrix_is_filled() -> None:
    assert set(MATRIX) == set(ReturnMoney)
    assert all(set(row) == set(Custody) for row in MATRIX.values())
    assert concern_of(Custody.EXPIRED, ReturnMoney.CREDITED) is Concern.CLAIM_BACK
    assert concern_of(Custody.APPROVED, ReturnMoney.CREDITED, keep=True) is Concern.CLOSED
    assert concern_of(Custody.RECEIVED, ReturnMoney.NOT_DUE) is Concern.LATE_MONEY
