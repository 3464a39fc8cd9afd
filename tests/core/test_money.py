"""Money of an order: shares add up to the whole, whatever happens to its units, and no more moves than there is."""

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderline.core.orders.commands import (
    AllocateUnits,
    Allotment,
    AnswerPayment,
    CancelUnits,
    PackUnits,
    ParcelInput,
    PickUnits,
    ShipParcels,
    TrackParcel,
)
from orderline.core.orders.state import Charge, LineQuantity, Order, PaymentKind
from orderline.core.tenders.sums import earned_minor, net_agreed_minor
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from orderline.values.money import share_so_far, split_minor
from support.shop import MemoryShop, order_of

amounts = st.integers(-(10**13), 10**13)


@given(amounts, st.lists(st.integers(0, 10**9), min_size=1, max_size=30).filter(any))
def test_a_split_adds_up_and_no_part_is_off_by_a_whole_unit(total: int, weights: list[int]) -> None:
    parts = split_minor(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part * sum(weights) - total * weight) < sum(weights)
        assert part == 0 or weight > 0


@given(amounts, st.lists(st.integers(1, 50), min_size=1, max_size=20))
def test_shares_taken_in_any_steps_add_up(total: int, steps: list[int]) -> None:
    whole, done, taken = sum(steps), 0, 0
    for step in steps:
        taken += share_so_far(total, done + step, whole) - share_so_far(total, done, whole)
        done += step
    assert taken == total


@pytest.mark.parametrize("seed", range(80))
def test_captured_voided_and_refunded_come_out_even_in_the_end(seed: int) -> None:
    """Units are shipped and canceled in any order; when none are open and providers say yes, the sums close."""
    dice = Random(seed)
    shop = MemoryShop([("TEE-M", "lyon", 20), ("MUG", "lyon", 20)])
    lines = [(dice.choice(["TEE-M", "MUG"]), dice.randint(1, 5), dice.choice([1, 333, 1999])) for _ in range(3)]
    charges = dice.choice([(), (Charge("shipping", 490),), (Charge("discount", -1),)])
    paid: Any = dice.choice(["authorized", "captured"])
    order_id = shop.place(order_of("A-1", *lines, paid=paid, charges=charges))
    total = shop.order(order_id).agreement.total_minor
    while any(line.claims for line in shop.order(order_id).lines):
        line = dice.choice([line for line in shop.order(order_id).lines if line.claims])
        units = LineQuantity(line.line, dice.randint(1, line.units.pooled))
        if dice.random() < 0.4:
            shop.do(CancelUnits(order=order_id, lines=(units,), reason="less"))
        else:
            ship(shop, order_id, units, lost=dice.random() < 0.2)
        if dice.random() < 0.5:
            answer_all(shop, order_id)
        in_bounds(shop.order(order_id))
    answer_all(shop, order_id)
    order = shop.order(order_id)
    tender = order.tenders[0]
    assert not tender.requests
    assert tender.captured_minor - tender.refunded_minor == net_agreed_minor(order)
    assert tender.captured_minor + tender.voided_minor == tender.authorized_minor == total
    if any(line.units.shipped or line.units.lost for line in order.lines):
        assert earned_minor(order) == net_agreed_minor(order)


def ship(shop: MemoryShop, order: OrderId, units: LineQuantity, *, lost: bool) -> None:
    """Take units all the way to the carrier, who may lose them."""
    allotment = Allotment(units.line, "eu", "lyon", units.quantity)
    shop.do(AllocateUnits(order=order, group=1, allotments=(allotment,)))
    number = len(shop.order(order).fulfillments)
    shop.do(PickUnits(order=order, fulfillment=number, lines=(units,)))
    shop.do(PackUnits(order=order, fulfillment=number, parcels=(ParcelInput(items=(units,)),)))
    shop.do(ShipParcels(order=order, fulfillment=number))
    if lost:
        shop.do(TrackParcel(order=order, parcel=len(shop.order(order).parcels), state="lost"))


def answer_all(shop: MemoryShop, order: OrderId) -> None:
    """The provider says yes to all that is asked, and to what follows from it."""
    while requests := [(tender.number, request) for tender in shop.order(order).tenders for request in tender.requests]:
        number, request = requests[0]
        shop.do(
            AnswerPayment(
                order=order, tender=number, key=request.key, kind=request.kind, amount_minor=request.amount_minor
            )
        )


def in_bounds(order: Order) -> None:
    for tender in order.tenders:
        asked = {kind: sum(r.amount_minor for r in tender.requests if r.kind is kind) for kind in PaymentKind}
        captured = tender.captured_minor + asked[PaymentKind.CAPTURE]
        assert captured + tender.voided_minor + asked[PaymentKind.VOID] <= tender.authorized_minor
        assert tender.refunded_minor + asked[PaymentKind.REFUND] <= tender.captured_minor


def test_an_order_discount_larger_than_what_is_left_leaves_nothing_to_pay() -> None:
    shop = MemoryShop([("TEE-M", "lyon", 5), ("MUG", "lyon", 5)])
    discount = (Charge("discount", -5000),)
    order = shop.place(order_of("A-1", ("TEE-M", 1, 10_000), ("MUG", 1, 1000), paid="captured", charges=discount))
    shop.do(CancelUnits(order=order, lines=(LineQuantity(1, 1),), reason="less"))
    (request,) = shop.order(order).tenders[0].requests
    assert (request.kind, request.amount_minor) == (PaymentKind.REFUND, 6000)


def test_goods_for_nothing_with_shipping_to_pay_are_canceled_whole() -> None:
    shop = MemoryShop([("TEE-M", "lyon", 5)])
    order = shop.place(order_of("A-1", ("TEE-M", 1, 0), charges=(Charge("shipping", 490),)))
    shop.do(CancelUnits(order=order, reason="no"))
    assert shop.order(order).tenders[0].requests[0].kind is PaymentKind.VOID


def test_a_provider_that_says_no_is_not_asked_for_ever() -> None:
    shop = MemoryShop([("TEE-M", "lyon", 5)])
    order = shop.place(order_of("A-1", ("TEE-M", 2, 1000)))
    ship(shop, order, LineQuantity(1, 1), lost=False)
    (request,) = shop.order(order).tenders[0].requests
    about = {"order": order, "tender": 1, "key": request.key, "kind": request.kind}
    with pytest.raises(Refused, match="PAYMENT_AMOUNT_MISMATCH"):
        shop.do(AnswerPayment(**about, amount_minor=0))
    shop.do(AnswerPayment(**about, amount_minor=0, declined="no_funds"))
    assert shop.order(order).tenders[0].requests == ()
    ship(shop, order, LineQuantity(1, 1), lost=False)
    assert shop.order(order).tenders[0].requests == ()
