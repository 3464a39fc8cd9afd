"""How channels collect and give back money, and what people say came or went by the bank."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.credits.test_credits import CreditShop, account, books, owed, refused
from tests.core.returns.test_returns import answer_all, sold

from orderline.core.credits.state import account_of
from orderline.core.ledger.state import Account
from orderline.core.orders import commands as c
from orderline.core.orders.actions import actions_of
from orderline.core.orders.next_step import next_step_of
from orderline.core.orders.state import LineQuantity, PaymentKind, Tender
from orderline.core.orders.status import Phase, status_of
from orderline.core.stock.commands import PutChannel
from orderline.core.stock.state import Channel
from orderline.core.tenders.by_hand import ReceivePayment, SettleRefund
from orderline.core.tenders.rules import TERMS, CaptureAt, MoneyRules, RefundSpread, in_order, spread
from orderline.values.ids import OrderId
from support.always import assert_follow_ups_sound
from support.shop import order_of


def shop_with(**rules: Any) -> CreditShop:
    shop = CreditShop()
    shop.do(PutChannel(channel=Channel("web", "Web", ("eu", "stores"), money=MoneyRules(**rules))))
    return shop


def requests(shop: CreditShop, order: OrderId, kind: PaymentKind) -> dict[int, int]:
    """What is asked for, by tender."""
    return {
        tender.number: request.amount_minor
        for tender in shop.order(order).tenders
        for request in tender.requests
        if request.kind is kind
    }


def decline(shop: CreditShop, order: OrderId, tender: int) -> None:
    [request] = shop.order(order).tenders[tender - 1].requests
    about = {"key": request.key, "kind": request.kind, "amount_minor": request.amount_minor}
    shop.do(c.AnswerPayment(order=order, tender=tender, declined="account_closed", **about))


def cash(amount: int, method: str = "card", state: Any = "captured", **about: Any) -> c.TenderInput:
    return c.TenderInput(provider="sandbox", method=method, amount_minor=amount, token="tok", state=state, **about)


def test_a_channel_collects_with_the_order_what_is_held_for_it() -> None:
    shop = shop_with(capture=CaptureAt.ORDER)
    order = shop.place(order_of("w-1", ("TEE-M", 2, 1000)))
    assert requests(shop, order, PaymentKind.CAPTURE) == {1: 2000}
    answer_all(shop, order)
    shop.do(c.CancelUnits(order=order, reason="changed_mind", lines=(LineQuantity(1, 1),)))
    assert requests(shop, order, PaymentKind.REFUND) == {1: 1000}
    assert requests(shop, order, PaymentKind.CAPTURE) == {}


def test_a_channel_collects_pickups_with_the_order_and_the_rest_when_it_leaves() -> None:
    shop = shop_with(capture_pickups=CaptureAt.ORDER)
    sent = shop.place(order_of("w-1", ("TEE-M", 1, 1000)))
    fetched = shop.place(order_of("w-2", ("MUG", 1, 700), pickup="paris"))
    assert requests(shop, sent, PaymentKind.CAPTURE) == {}
    assert requests(shop, fetched, PaymentKind.CAPTURE) == {1: 700}


def test_more_than_was_asked_for_is_never_captured() -> None:
    shop = shop_with(capture=CaptureAt.ORDER)
    order = shop.place(order_of("w-1", ("TEE-M", 2, 1000)))
    [request] = shop.order(order).tenders[0].requests
    more = c.AnswerPayment(order=order, tender=1, key=request.key, kind=request.kind, amount_minor=2001)
    assert refused(shop, more) == "PAYMENT_AMOUNT_MISMATCH"
    answer_all(shop, order)
    again = c.AnswerPayment(order=order, tender=1, key=request.key, kind=request.kind, amount_minor=2000)
    assert refused(shop, again) == "PAYMENT_REQUEST_UNKNOWN"  # the same webhook twice
    assert shop.order(order).tenders[0].captured_minor == 2000


@pytest.mark.parametrize(
    ("rules", "asked"),
    [
        ({}, {1: 0, 2: 500, 3: 500}),
        ({"refund_to": ("card", "voucher")}, {1: 800, 2: 200, 3: 0}),
        ({"refund_spread": RefundSpread.SHARED}, {1: 381, 2: 381, 3: 238}),
    ],
)
def test_a_refund_is_spread_over_tenders_by_the_rules_and_loses_nothing(
    rules: dict[str, Any], asked: dict[int, int]
) -> None:
    shop = shop_with(**rules)
    tenders = (cash(800), cash(800, "voucher"), cash(500, "wallet"))
    order = shop.place(order_of("w-1", ("TEE-M", 1, 1100), ("MUG", 1, 1000), tenders=tenders))
    shop.do(c.CancelUnits(order=order, reason="changed_mind", lines=(LineQuantity(2, 1),)))
    assert requests(shop, order, PaymentKind.REFUND) == {k: v for k, v in asked.items() if v}


@given(
    left=st.lists(st.integers(0, 10_000), min_size=1, max_size=6),
    amount=st.integers(0, 40_000),
    way=st.sampled_from(list(RefundSpread)),
)
def test_no_tender_gets_more_than_is_left_and_no_cent_is_lost(left: list[int], amount: int, way: RefundSpread) -> None:
    parts = spread(amount, left, MoneyRules(refund_spread=way))
    assert sum(parts) == min(amount, sum(left))
    assert all(0 <= part <= most for part, most in zip(parts, left, strict=True))


def test_the_original_tender_comes_first_among_its_like() -> None:
    tenders = [Tender(1, "a", "card", 1), Tender(2, "credit_account", "gift_card", 1), Tender(3, "b", "card", 1)]
    assert [each.number for each in in_order(tenders, MoneyRules(refund_to=("card", "credit_account")))] == [1, 3, 2]


@pytest.mark.parametrize("to", ["bank", "store_credit"])
def test_what_a_closed_tender_does_not_take_goes_to_the_next_and_then_by_hand(to: Any) -> None:
    shop = shop_with(refund_to=("card",))
    order = shop.place(order_of("w-1", ("TEE-M", 1, 1000), tenders=(cash(600), cash(400, "wallet"))))
    shop.do(c.CancelUnits(order=order, reason="changed_mind"))
    assert requests(shop, order, PaymentKind.REFUND) == {1: 600, 2: 400}
    decline(shop, order, 1)
    assert requests(shop, order, PaymentKind.REFUND) == {2: 400}  # which has no more to give back
    answer_all(shop, order)
    step = next_step_of(shop.order(order), Phase.CANCELED)
    assert step is not None
    assert (step.what, step.owner, step.about) == ("resolve_decline", "finance", "tender 1")
    assert books(shop.order(order), Account.REFUNDS_PAYABLE) == -600

    over = SettleRefund(order=order, tender=1, to=to, amount_minor=601, reference="SEPA-1")
    assert refused(shop, over) == "AMOUNT_OUT_OF_RANGE"
    shop.do(SettleRefund(order=order, tender=1, to=to, reference="SEPA-1"))
    after = shop.order(order)
    assert sum(each.refunded_minor for each in after.tenders) == 1000
    assert (books(after, Account.REFUNDS_PAYABLE), books(after, Account.DEPOSITS)) == (0, 0)
    assert refused(shop, SettleRefund(order=order, tender=1, to=to, reference="SEPA-2")) == "NOTHING_TO_DO"
    if to == "store_credit":
        assert account(shop, account_of(order)).balance_minor == owed(shop, account_of(order)) == 600


def test_a_refund_is_declined_by_one_tender_and_taken_by_another_that_has_room() -> None:
    shop = shop_with(refund_to=("card",))
    tenders = (cash(1000), cash(1000, "wallet"))
    order = shop.place(order_of("w-1", ("TEE-M", 1, 1000), ("MUG", 1, 1000), tenders=tenders))
    shop.do(c.CancelUnits(order=order, reason="changed_mind", lines=(LineQuantity(2, 1),)))
    decline(shop, order, 1)
    assert requests(shop, order, PaymentKind.REFUND) == {2: 1000}
    answer_all(shop, order)
    assert refused(shop, SettleRefund(order=order, tender=1, to="bank", reference="x")) == "AMOUNT_OUT_OF_RANGE"
    assert books(shop.order(order), Account.REFUNDS_PAYABLE) == 0
    after = shop.order(order)
    assert (after.tenders[0].declined, status_of(after).phase) == ("account_closed", Phase.ROUTING), (
        "nothing is owed on it"
    )
    step = next_step_of(after, Phase.ROUTING)
    assert step is not None
    assert step.what == "route"
    assert "retry_payment" not in {each.name for each in actions_of(after) if each.allowed}


@pytest.mark.parametrize("to", ["bank", "store_credit"])
def test_of_what_was_paid_too_much_the_rest_is_asked_back_when_a_part_went_back_by_hand(to: Any) -> None:
    shop = shop_with()
    shop.on_draft = lambda draft: assert_follow_ups_sound(shop, draft)
    terms = c.TenderInput(provider=TERMS, method="invoice", amount_minor=1000, state="authorized")
    order = shop.place(order_of("w-1", ("TEE-M", 1, 1000), tenders=(terms,)))
    shop.do(ReceivePayment(order=order, amount_minor=1500, currency="EUR", reference="B-1"))
    assert requests(shop, order, PaymentKind.REFUND) == {1: 500}
    shop.do(SettleRefund(order=order, tender=1, to=to, amount_minor=200, reference="SEPA-1"))
    assert requests(shop, order, PaymentKind.REFUND) == {1: 300}
    shop.do(SettleRefund(order=order, tender=1, to="bank", reference="SEPA-2"))
    assert (requests(shop, order, PaymentKind.REFUND), shop.order(order).tenders[0].refunded_minor) == ({}, 500)


def test_an_order_on_terms_is_sent_before_it_is_paid_and_paid_in_parts() -> None:
    shop = shop_with()
    terms = c.TenderInput(provider=TERMS, method="invoice", amount_minor=3000, state="authorized")
    order = sold(shop, ("TEE-M", 3, 1000), tenders=(terms,))
    assert requests(shop, order, PaymentKind.CAPTURE) == {}

    def pay(amount: int, reference: str, currency: str = "EUR") -> ReceivePayment:
        return ReceivePayment(order=order, amount_minor=amount, currency=currency, reference=reference)

    assert refused(shop, pay(1000, "B-1", "USD")) == "CURRENCY_MISMATCH"
    shop.do(pay(1000, "B-1"))
    assert refused(shop, pay(1000, "B-1")) == "PAYMENT_KNOWN"
    shop.do(pay(2500, "B-2"))
    [tender] = shop.order(order).tenders
    assert (tender.captured_minor, tender.authorized_minor) == (3500, 3500)
    # what was paid beyond is to be given back, by a person
    assert requests(shop, order, PaymentKind.REFUND) == {1: 500}
    step = next_step_of(shop.order(order), status_of(shop.order(order)).phase)
    assert step is not None
    assert (step.what, step.owner) == ("refund_by_hand", "finance")
    shop.do(SettleRefund(order=order, tender=1, to="bank", reference="SEPA-9"))
    after = shop.order(order)
    assert (after.tenders[0].refunded_minor, after.tenders[0].requests) == (500, ())
    assert (books(after, Account.REFUNDS_PAYABLE), books(after, Account.DEPOSITS)) == (0, -3000)
    bank = sum(e.amount_minor for p in shop.posted for e in p.entries if e.account is Account.BANK)
    assert bank == 3000


def test_an_order_that_waits_for_money_in_advance_goes_on_when_all_has_come() -> None:
    shop = shop_with()
    advance = c.TenderInput(provider=TERMS, method="bank_transfer", amount_minor=1000, state="requested")
    order = shop.place(order_of("w-1", ("TEE-M", 1, 1000), tenders=(advance,)))
    step = next_step_of(shop.order(order), status_of(shop.order(order)).phase)
    assert step is not None
    assert (step.what, step.owner) == ("collect_payment", "customer")
    shop.do(ReceivePayment(order=order, amount_minor=400, currency="EUR", reference="B-1"))
    assert requests(shop, order, PaymentKind.AUTHORIZE) == {1: 600}
    shop.do(ReceivePayment(order=order, amount_minor=600, currency="EUR", reference="B-2"))
    after = shop.order(order)
    assert (after.tenders[0].captured_minor, after.tenders[0].requests) == (1000, ())
    step = next_step_of(after, status_of(after).phase)
    assert step is not None
    assert step.what == "route"


def test_what_is_held_on_terms_is_let_go_of_without_asking_anybody() -> None:
    shop = shop_with()
    terms = c.TenderInput(provider=TERMS, method="invoice", amount_minor=1000, state="authorized")
    order = shop.place(order_of("w-1", ("TEE-M", 1, 1000), tenders=(terms,)))
    shop.do(c.CancelUnits(order=order, reason="changed_mind"))
    [tender] = shop.order(order).tenders
    assert (tender.voided_minor, tender.requests) == (1000, ())
