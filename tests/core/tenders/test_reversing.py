"""A refund that comes back is owed again, once, and goes out again only when a person says so."""

from datetime import timedelta
from typing import Any

import pytest
from tests.core.credits.test_credits import CreditShop, books, refused
from tests.core.returns.test_returns import answer_all
from tests.core.tenders.test_money_rules import cash, requests, shop_with

from orderline.core.ledger.state import Account
from orderline.core.orders import commands as c
from orderline.core.orders.actions import actions_of
from orderline.core.orders.next_step import next_step_of
from orderline.core.orders.state import LineQuantity, PaymentKind
from orderline.core.orders.status import status_of
from orderline.core.tenders.by_hand import SettleRefund
from orderline.core.tenders.reversing import ReverseRefund
from orderline.core.tenders.rules import TERMS
from orderline.values.ids import OrderId
from support.shop import order_of


def back(order: OrderId, amount: int = 1000, reference: str = "re_1", **about: Any) -> ReverseRefund:
    return ReverseRefund(order=order, tender=1, amount_minor=amount, reference=reference, **about)


def refunded(shop: CreditShop) -> OrderId:
    """Two things for ten each, of which one was canceled and paid back."""
    order = shop.place(order_of("w-1", ("TEE-M", 2, 1000), tenders=(cash(2000),)))
    shop.do(c.CancelUnits(order=order, reason="changed_mind", lines=(LineQuantity(1, 1),)))
    answer_all(shop, order)
    assert shop.order(order).tenders[0].refunded_minor == 1000
    return order


def cleared(shop: CreditShop, account: Account = Account.PSP_CLEARING) -> int:
    return sum(e.amount_minor for p in shop.posted for e in p.entries if e.account is account)


def test_what_comes_back_is_owed_again_and_the_posting_is_mirrored() -> None:
    shop = shop_with()
    order = refunded(shop)
    before = cleared(shop)
    shop.do(back(order, reason="account_closed"))
    [tender] = shop.order(order).tenders
    assert (tender.refunded_minor, tender.declined, requests(shop, order, PaymentKind.REFUND)) == (
        0, "account_closed", {},
    )  # fmt: skip
    assert (books(shop.order(order), Account.REFUNDS_PAYABLE), cleared(shop) - before) == (-1000, 1000)
    step = next_step_of(shop.order(order), status_of(shop.order(order)).phase)
    assert step is not None
    assert (step.what, step.owner, step.due_at, step.about) == (
        "refund_again", "finance", shop.now + timedelta(days=1), "tender 1",
    )  # fmt: skip
    shop.do(c.RetryPayment(order=order, tender=1))
    answer_all(shop, order)
    assert (shop.order(order).tenders[0].refunded_minor, cleared(shop)) == (1000, before)
    assert books(shop.order(order), Account.REFUNDS_PAYABLE) == 0


def test_it_counts_once_and_no_more_comes_back_than_went() -> None:
    shop = shop_with()
    order = refunded(shop)
    assert refused(shop, back(order, 1001)) == "AMOUNT_OUT_OF_RANGE"
    assert refused(shop, back(order, 0)) == "AMOUNT_OUT_OF_RANGE"
    shop.do(back(order, 400, key="k-1", sent_minor=1000))
    assert refused(shop, back(order, 400, key="k-1", sent_minor=1000)) == "NOTHING_TO_DO"
    assert refused(shop, back(order, 601, "re_2", key="k-1", sent_minor=1000)) == "AMOUNT_OUT_OF_RANGE"
    shop.do(back(order, 600, "re_2", key="k-1", sent_minor=1000))
    shop.do(c.RetryPayment(order=order, tender=1))
    answer_all(shop, order)
    assert refused(shop, back(order, 1000, "re_3", key="k-1", sent_minor=1000)) == "AMOUNT_OUT_OF_RANGE"
    assert shop.order(order).tenders[0].refunded_minor == 1000


@pytest.mark.parametrize("to", ["bank", "store_credit"])
def test_it_goes_back_another_way_also_when_the_order_is_closed(to: Any) -> None:
    shop = shop_with()
    order = refunded(shop)
    shop.do(c.CancelUnits(order=order, reason="changed_mind"))
    answer_all(shop, order)
    shop.do(c.CloseOrder(order=order))
    assert refused(shop, c.RetryPayment(order=order, tender=1)) == "ORDER_CLOSED"
    shop.do(back(order, 2000))
    assert {"settle_refund", "retry_payment"} <= {each.name for each in actions_of(shop.order(order)) if each.allowed}
    shop.do(SettleRefund(order=order, tender=1, to=to, reference="SEPA-1"))
    assert books(shop.order(order), Account.REFUNDS_PAYABLE) == 0
    assert next_step_of(shop.order(order), status_of(shop.order(order)).phase) is None
    if to == "bank":
        assert cleared(shop, Account.BANK) == -2000
        shop.do(back(order, 2000, "SEPA-1-R", through="bank"))
        assert cleared(shop, Account.BANK) == 0
        assert books(shop.order(order), Account.REFUNDS_PAYABLE) == -2000


def test_a_transfer_of_ours_that_comes_back_stands_at_the_bank_again() -> None:
    shop = shop_with()
    paid = c.TenderInput(provider=TERMS, method="invoice", amount_minor=2000, state="captured")
    order = shop.place(order_of("w-1", ("TEE-M", 2, 1000), tenders=(paid,)))
    shop.do(c.CancelUnits(order=order, reason="changed_mind"))
    shop.do(SettleRefund(order=order, tender=1, to="bank", reference="SEPA-1"))
    assert cleared(shop, Account.BANK) == 0
    shop.do(back(order, 2000, "SEPA-1-R"))
    assert (cleared(shop, Account.BANK), books(shop.order(order), Account.REFUNDS_PAYABLE)) == (2000, -2000)
