"""What will be captured when is told beforehand, and is what is captured then."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.credits.test_credits import CreditShop
from tests.core.returns.test_returns import answer_all
from tests.core.tenders.test_money_rules import cash, requests, shop_with
from tests.core.tenders.test_schedules import CARD, DEPOSIT, by, place

from orderline.core.orders import commands as c
from orderline.core.orders.state import Charge, LineQuantity, PaymentKind
from orderline.core.tenders.installments import Due, InstallmentInput
from orderline.core.tenders.planning import CapturePlan, plan_captures
from orderline.core.tenders.rules import TERMS, CaptureAt
from orderline.values.ids import OrderId
from support.shop import NOON, order_of


def plan(shop: CreditShop, order: OrderId) -> CapturePlan:
    return plan_captures(shop.order(order), shop.world.settings.channels["web"].money)


def told(shop: CreditShop, order: OrderId) -> list[tuple[str, str, int, int]]:
    """When, for what, how much and of which tender."""
    return [(each.when.value, each.about, each.amount_minor, each.tender) for each in plan(shop, order).captures]


def work(shop: CreditShop, order: OrderId, quantity: int, number: int) -> None:
    shop.do(c.AllocateUnits(order=order, group=1, allotments=(c.Allotment(1, "eu", "lyon", quantity),)))
    units = (LineQuantity(1, quantity),)
    shop.do(c.AcceptFulfillment(order=order, fulfillment=number))
    shop.do(c.PickUnits(order=order, fulfillment=number, lines=units))
    shop.do(c.PackUnits(order=order, fulfillment=number, parcels=(c.ParcelInput(items=units),)))


def test_what_is_supplied_is_captured_by_fulfillment_order_and_then_by_group() -> None:
    shop = CreditShop()
    order = shop.place(order_of("w-1", ("TEE-M", 3, 1000), charges=(Charge("shipping", 490),)))
    assert told(shop, order) == [("shipment", "group 1", 3490, 1)]
    work(shop, order, 1, 1)
    assert told(shop, order) == [("shipment", "fulfillment 1", 1490, 1), ("shipment", "group 1", 2000, 1)]
    [first, _] = plan(shop, order).captures
    assert (first.rule, first.because) == (
        "channel.money.capture=supply", "the channel collects with what is supplied, by its share",
    )  # fmt: skip
    shop.do(c.ShipParcels(order=order, fulfillment=1))
    assert requests(shop, order, PaymentKind.CAPTURE) == {1: 1490}
    assert told(shop, order) == [("shipment", "group 1", 2000, 1)]
    assert plan(shop, order).captured_minor == 1490


def test_what_is_collected_with_the_order_is_captured_now_unless_something_stops_it() -> None:
    shop = shop_with(capture=CaptureAt.ORDER)
    held = (c.HoldInput(type="fraud"),)
    order = shop.place(order_of("w-1", ("TEE-M", 2, 1000), holds=held))
    assert told(shop, order) == [("now", "", 2000, 1)]
    assert plan(shop, order).waits_for == ("hold 1 (fraud)",)
    assert plan(shop, order).captures[0].rule == "channel.money.capture=order"


def test_tenders_are_taken_in_turn_and_what_nothing_stands_behind_is_told() -> None:
    shop = CreditShop()
    tenders = (cash(700, state="authorized"), cash(1000, state="authorized"))
    order = shop.place(order_of("w-1", ("TEE-M", 2, 1000), tenders=tenders))
    assert told(shop, order) == [
        ("shipment", "group 1", 700, 1), ("shipment", "group 1", 1000, 2), ("shipment", "group 1", 300, 0),
    ]  # fmt: skip


def test_what_will_be_let_go_of_and_what_comes_by_the_bank_is_told() -> None:
    shop = CreditShop()
    terms = c.TenderInput(provider=TERMS, method="invoice", amount_minor=1500, state="authorized")
    order = shop.place(order_of("w-1", ("TEE-M", 3, 1000), tenders=(terms, cash(1500, state="authorized"))))
    shop.do(c.CancelUnits(order=order, reason="changed_mind", lines=(LineQuantity(1, 1),)))
    found = plan(shop, order)
    assert [(each.amount_minor, each.by_bank) for each in found.captures] == [(1500, True), (500, False)]
    assert [(each.tender, each.amount_minor) for each in found.let_go] == [(2, 1000)]


def test_what_is_picked_up_is_captured_when_it_is() -> None:
    shop = shop_with(capture=CaptureAt.SUPPLY, capture_pickups=CaptureAt.ORDER)
    order = shop.place(order_of("w-1", ("EBOOK", 1, 1000)))
    assert told(shop, order) == []  # it was supplied at once, and its capture is asked for
    assert plan(shop, order).captured_minor == 1000


def test_installments_are_told_by_when_they_fall_due() -> None:
    shop = CreditShop()
    on = NOON + timedelta(days=30)
    order = place(shop, by(DEPOSIT, InstallmentInput(due=Due.DATE, on=on)), CARD)
    assert told(shop, order) == [("now", "installment 1", 900, 1), ("installment", "installment 2", 2100, 0)]
    answer_all(shop, order)
    [later] = plan(shop, order).captures
    assert (later.rule, later.because, later.due_at) == ("order.schedule", "it falls due on its date", on)


@pytest.mark.parametrize("order", [{"paid": None}, {"history": True, "paid": "captured"}])
def test_of_an_order_that_is_paid_elsewhere_nothing_is_planned(order: dict[str, Any]) -> None:
    shop = CreditShop()
    assert told(shop, shop.place(order_of("w-1", ("TEE-M", 1, 1000), **order))) == []


@given(st.integers(1, 9999), st.integers(0, 99), st.integers(1, 5), st.integers(1, 5), st.integers(0, 500), st.data())
def test_what_the_plan_says_of_the_next_shipment_is_what_is_captured_then(
    price: int, discount: int, first: int, rest: int, shipping: int, data: st.DataObject
) -> None:
    shop = CreditShop()
    units = first + rest
    line = c.LineInput(sku="TEE-M", quantity=units, unit_price_minor=price, discount_minor=min(discount, price))
    total = price * units - min(discount, price) + shipping
    card = data.draw(st.integers(1, total))
    tenders = (cash(card, state="authorized"), *([cash(total - card, state="authorized")] if total > card else []))
    charges = (Charge("shipping", shipping),) if shipping else ()
    order = shop.place(order_of("w-1", line, charges=charges, tenders=tenders))
    whole = sum(each.amount_minor for each in plan(shop, order).captures)
    assert whole == total
    for number, some in ((1, first), (2, rest)):
        work(shop, order, some, number)
        planned = {e.tender: e.amount_minor for e in plan(shop, order).captures if e.about == f"fulfillment {number}"}
        shop.do(c.ShipParcels(order=order, fulfillment=number))
        assert requests(shop, order, PaymentKind.CAPTURE) == planned
        answer_all(shop, order)
    assert plan(shop, order).captures == ()
