"""Exchanges: other goods in the same order, set aside at once, paid for by what comes back."""

from typing import Any

import pytest

from core.returns.test_returns import STOCK, answer_all, asked, level, received, refund_asked, sold
from orderline.core.ledger.rules import Cause
from orderline.core.ledger.state import Account
from orderline.core.orders import commands as c
from orderline.core.orders.credited import Destination
from orderline.core.orders.events import MoneyPosted
from orderline.core.orders.priced import Charge, TaxLine
from orderline.core.orders.state import PaymentKind
from orderline.core.orders.status import Phase, status_of
from orderline.core.returns import commands as r
from orderline.core.returns.state import ReturnMoney
from orderline.core.tenders.sums import is_releasable, to_secure_minor
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from support.always import assert_sound
from support.shop import MemoryShop


def instead(*lines: r.ExchangeLineInput, tenders: tuple[c.TenderInput, ...] = ()) -> r.ExchangeInput:
    return r.ExchangeInput(lines=lines, tenders=tenders)


EVEN = instead(r.ExchangeLineInput(sku="MUG", quantity=1))


def at_other_price(price: int, *tenders: c.TenderInput) -> r.ExchangeInput:
    return instead(r.ExchangeLineInput(sku="MUG", quantity=1, unit_price_minor=price), tenders=tenders)


def came(shop: MemoryShop, order: OrderId, quantity: int = 1) -> None:
    shop.do(received(order, r.ReceivedItemInput(item=1, quantity=quantity)))


def test_what_is_sent_instead_is_set_aside_at_once_and_goes_when_the_goods_have_come() -> None:
    shop = MemoryShop(STOCK)
    order = sold(shop, ("TEE-M", 2, 1000))
    shop.do(asked(order, exchange=EVEN))
    waits = shop.order(order)
    assert waits.returns[0].exchange is not None
    assert (waits.returns[0].exchange.lines, waits.returns[0].exchange.awaited_minor) == ((2,), 1000)
    assert waits.returns[0].destination is Destination.EXCHANGE
    assert waits.lines[1].units.pooled == 1
    assert waits.agreement.total_minor == 3000
    assert [(hold.type, hold.line, hold.owner) for hold in waits.holds] == [("exchange", 2, "customer")]
    assert is_releasable(waits)
    came(shop, order)
    goes = shop.order(order)
    assert not goes.holds
    assert is_releasable(goes)
    assert refund_asked(goes) == 0
    assert [credit.total_minor for credit in goes.credits] == [1000]
    carried = [e for e in shop.events[order] if isinstance(e, MoneyPosted) and e.posted.cause == Cause.CARRIED_OVER]
    assert [entry.amount_minor for entry in carried[0].posted.entries] == [1000, -1000]
    assert_sound(shop)


def test_a_cheaper_article_gives_the_difference_back_with_the_credit() -> None:
    shop = MemoryShop(STOCK)
    order = sold(shop, ("TEE-M", 1, 1000))
    shop.do(asked(order, exchange=at_other_price(700)))
    came(shop, order)
    assert refund_asked(shop.order(order)) == 300
    answer_all(shop, order)
    settled = shop.order(order)
    assert settled.books is not None
    # the sale is not invoiced here: its 1000, and the 700 that were carried over
    assert (settled.books.of(Account.REFUNDS_PAYABLE), settled.books.of(Account.DEPOSITS)) == (0, -1700)
    assert_sound(shop)


def test_a_dearer_article_is_paid_with_the_request() -> None:
    shop = MemoryShop(STOCK)
    order = sold(shop, ("TEE-M", 1, 1000))
    paid = c.TenderInput(provider="sandbox", amount_minor=500, token="t", state="authorized")
    more = c.TenderInput(provider="sandbox", amount_minor=501, token="t", state="authorized")
    with pytest.raises(Refused, match="TENDERS_EXCEED_TOTAL"):
        shop.do(asked(order, exchange=at_other_price(1500, more)))
    shop.do(asked(order, exchange=at_other_price(1500, paid)))
    waits = shop.order(order)
    assert is_releasable(waits)
    assert to_secure_minor(waits) == 1500
    came(shop, order)
    goes = shop.order(order)
    assert is_releasable(goes)
    assert not goes.holds
    assert refund_asked(goes) == 0


def test_a_dearer_article_that_is_not_paid_for_waits_for_the_money() -> None:
    shop = MemoryShop(STOCK)
    order = sold(shop, ("TEE-M", 1, 1000))
    shop.do(asked(order, exchange=at_other_price(1500)))
    came(shop, order)
    assert not is_releasable(shop.order(order))
    tender = c.TenderInput(provider="sandbox", amount_minor=500, token="t", state="captured")
    shop.do(c.AddTender(order=order, tender=tender))
    assert is_releasable(shop.order(order))


@pytest.mark.parametrize("end", ["decline", "withdraw", "expire", "deny"])
def test_an_exchange_that_comes_to_nothing_is_given_up(end: str) -> None:
    shop = MemoryShop(STOCK)
    order = sold(shop, ("TEE-M", 1, 1000))
    before = level(shop, "MUG").sellable
    lines = (r.ReturnLineInput(line=1, quantity=1, reason="changed_mind"),)
    shop.do(r.RequestReturn(order=order, lines=lines, exchange=EVEN))
    about: dict[str, Any] = {"order": order, "number": 1}
    if end == "withdraw":
        shop.do(r.WithdrawReturn(**about))
    elif end == "expire":
        shop.later(days=31)
        shop.do(r.ExpireReturn(**about))
    elif end == "deny":
        # out of its time to withdraw, or it could not be
        with pytest.raises(Refused, match="RETURN_STATUTORY"):
            shop.do(r.DenyReturn(**about, reason="no"))
        return
    else:
        with pytest.raises(Refused, match="RETURN_ITEM_STATE"):
            shop.do(r.DeclineReturn(**about, reason="no"))
        return
    after = shop.order(order)
    assert after.lines[1].units.canceled == 1
    assert not after.holds
    assert refund_asked(after) == 0
    assert level(shop, "MUG").sellable == before
    assert shop.world.pool_level("MUG", "main").claims == 0
    assert_sound(shop)


def test_what_else_is_on_the_order_does_not_wait_for_the_goods() -> None:
    shop = MemoryShop(STOCK)
    order = sold(shop, ("TEE-M", 1, 1000))
    shop.do(asked(order, exchange=EVEN))
    add = c.TenderInput(provider="sandbox", amount_minor=200, token="t", state="captured")
    from orderline.core.changes import actions as a
    from orderline.core.changes.commands import ChangeOrder

    line = c.LineInput(sku="MUG", quantity=1, unit_price_minor=200)
    shop.do(ChangeOrder(order=order, actions=(a.AddLine(line=line),), reason="one more", tenders=(add,)))
    [share] = shop.order(order).lines[2].claims
    shop.do(c.AllocateUnits(order=order, group=1, allotments=(c.Allotment(3, share.pool, "lyon", 1),)))
    [share] = shop.order(order).lines[1].claims
    with pytest.raises(Refused, match="BLOCKED_BY_HOLD"):
        shop.do(c.AllocateUnits(order=order, group=1, allotments=(c.Allotment(2, share.pool, "lyon", 1),)))


def test_an_even_exchange_is_even_with_taxes_and_a_discount_on_the_whole() -> None:
    shop = MemoryShop(STOCK)
    line = c.LineInput(sku="TEE-M", quantity=3, unit_price_minor=999, taxes=(TaxLine("VAT", 500, 200_000),))
    order = sold(
        shop, line, charges=(Charge("discount", -100),), total_minor=2897, taxes_included=True
    )  # fmt: skip
    swap = instead(r.ExchangeLineInput(sku="MUG", quantity=2))
    shop.do(asked(order, 2, exchange=swap))
    came(shop, order, 2)
    after = shop.order(order)
    assert refund_asked(after) == 0
    assert after.credits[0].total_minor == after.agreement.lines[1].total_minor
    assert is_releasable(after)
    assert_sound(shop)


def test_what_can_not_be_had_is_no_exchange() -> None:
    shop = MemoryShop(STOCK)
    order = sold(shop, ("TEE-M", 2, 1000))
    for wrong, code in (
        (instead(), "RETURN_EXCHANGE"),
        (instead(r.ExchangeLineInput(sku="MUG", quantity=2)), "RETURN_EXCHANGE"),
        (instead(r.ExchangeLineInput(sku="MUG", quantity=1, instead_of=9)), "RETURN_EXCHANGE"),
        (instead(r.ExchangeLineInput(sku="NONE", quantity=1)), "SKU_UNKNOWN"),
        (instead(r.ExchangeLineInput(sku="MUG", quantity=21, unit_price_minor=1)), "STOCK_NOT_AVAILABLE"),
    ):
        with pytest.raises(Refused, match=code):
            shop.do(asked(order, exchange=wrong))
    with pytest.raises(Refused, match="RETURN_EXCHANGE"):
        shop.do(asked(order, destination=Destination.EXCHANGE))
    with pytest.raises(Refused, match="RETURN_EXCHANGE"):
        shop.do(asked(order, destination=Destination.STORE_CREDIT, exchange=EVEN))
    assert not shop.order(order).returns


def test_the_goods_go_out_before_support_has_seen_what_comes_back() -> None:
    shop = MemoryShop(STOCK)
    order = sold(shop, ("TEE-M", 1, 1000))
    shop.do(asked(order, exchange=EVEN))
    shop.do(r.CreditReturn(order=order, number=1, reason="a customer of many years"))
    ahead = shop.order(order)
    assert not ahead.holds
    assert ahead.returns[0].items[0].money is ReturnMoney.CREDITED
    assert is_releasable(ahead)
    # and the goods never come: what was carried over is owed again
    shop.later(days=31)
    shop.do(r.ExpireReturn(order=order, number=1))
    shop.do(r.SettleExpired(order=order, number=1, money=ReturnMoney.RECOVERED, reason="never came"))
    owed = shop.order(order)
    assert owed.books is not None
    assert not is_releasable(owed)
    assert not any(each.kind is PaymentKind.REFUND for tender in owed.tenders for each in tender.requests)
    assert status_of(owed).phase is not Phase.CLOSED
    assert_sound(shop)
