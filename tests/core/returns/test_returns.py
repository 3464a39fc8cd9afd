"""Returns: goods and money on two axes, from the request to the shelf."""

from typing import Any

import pytest

from orderline.core.ledger.state import Account
from orderline.core.orders import commands as c
from orderline.core.orders.credited import Destination
from orderline.core.orders.next_step import next_step_of
from orderline.core.orders.priced import Charge, TaxLine
from orderline.core.orders.state import LineQuantity, Order, PaymentKind
from orderline.core.orders.status import ReturnStatus, status_of
from orderline.core.policies.commands import ActivatePolicy, PutPolicy
from orderline.core.policies.state import digest_of
from orderline.core.returns import commands as r
from orderline.core.returns.state import Custody, Disposition, Grade, ReturnMoney, ReturnSource
from orderline.core.stock.state import StockLevel
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from support.shop import MemoryShop, order_of

STOCK = (("TEE-M", "lyon", 20), ("MUG", "lyon", 20))


def sold(shop: MemoryShop, *lines: tuple[str, int, int] | c.LineInput, delivered: bool = True, **about: Any) -> OrderId:
    """An order whose units have all been sent, and its money captured."""
    return send_all(shop, shop.place(order_of(f"w-{len(shop.events)}", *lines, **about)), delivered=delivered)


def send_all(shop: MemoryShop, order: OrderId, *, delivered: bool = True) -> OrderId:
    """All units of an order go out."""
    allotments = tuple(
        c.Allotment(line.line, share.pool, "lyon", share.quantity)
        for line in shop.order(order).lines
        for share in line.claims
    )
    shop.do(c.AllocateUnits(order=order, group=1, allotments=allotments))
    shop.do(c.SubmitFulfillment(order=order, fulfillment=1))
    shop.do(c.AcceptFulfillment(order=order, fulfillment=1))
    lines = [each for each in shop.order(order).lines if each.units.released]
    units = tuple(LineQuantity(each.line, each.units.released) for each in lines)
    shop.do(c.PickUnits(order=order, fulfillment=1, lines=units))
    shop.do(c.PackUnits(order=order, fulfillment=1, parcels=(c.ParcelInput(items=units),)))
    shop.do(c.LabelParcel(order=order, parcel=1, carrier="sandbox", tracking_number="T1"))
    shop.do(c.ShipParcels(order=order, fulfillment=1))
    answer_all(shop, order)
    if delivered:
        shop.do(c.TrackParcel(order=order, parcel=1, state="delivered"))
    return order


def in_force(shop: MemoryShop, *rules: str) -> r.PolicyReference:
    """A policy of returns with these rules, each without its heading, put in force."""
    text = "\n".join(('kind = "returns"', *(f"[[rule]]\n{rule}" for rule in rules), ""))
    shop.do(PutPolicy(policy="ours", text=text))
    shop.do(ActivatePolicy(policy="ours", policy_version=1))
    return r.PolicyReference("ours", 1, digest_of(text))


def answer_all(shop: MemoryShop, order: OrderId) -> None:
    """The provider says yes to whatever it was asked for."""
    for tender in shop.order(order).tenders:
        for each in tender.requests:
            shop.do(
                c.AnswerPayment(
                    order=order, tender=tender.number, key=each.key, kind=each.kind, amount_minor=each.amount_minor,
                    reference="ref",
                )
            )  # fmt: skip


def asked(order: OrderId, quantity: int = 1, line: int = 1, why: str = "changed_mind", **about: Any) -> Any:
    lines = (r.ReturnLineInput(line=line, quantity=quantity, reason=why),)
    return r.RequestReturn(order=order, lines=lines, **about)


def received(order: OrderId, *items: r.ReceivedItemInput, number: int = 1, receipt: str = "r-1", **about: Any) -> Any:
    return r.ReceiveReturn(order=order, number=number, receipt=receipt, location="lyon", items=items, **about)


def refund_asked(order: Order) -> int:
    return sum(
        each.amount_minor for tender in order.tenders for each in tender.requests if each.kind is PaymentKind.REFUND
    )


def level(shop: MemoryShop, sku: str) -> StockLevel:
    return shop.world.level(sku, "lyon")


def test_goods_come_back_and_their_money_goes_back() -> None:
    shop = MemoryShop(STOCK)
    order = sold(shop, ("TEE-M", 3, 1000))
    shop.do(asked(order, 2))
    [returned] = shop.order(order).returns
    assert returned.items[0].custody is Custody.APPROVED
    assert returned.to == "lyon"
    assert returned.expires_at is not None

    shop.do(received(order, r.ReceivedItemInput(item=1, quantity=2)))
    after = shop.order(order)
    assert after.lines[0].units.returned == 2
    assert after.lines[0].units.delivered == 1
    assert after.returns[0].items[0].money is ReturnMoney.CREDITED
    assert refund_asked(after) == 2000
    assert level(shop, "TEE-M").quality_control == 2
    assert status_of(after).returns is ReturnStatus.PARTLY

    shop.do(r.GradeReturn(order=order, number=1, graded=(r.GradedInput(item=1, quantity=2, grade=Grade.AS_NEW),)))
    shop.do(r.DisposeReturn(order=order, number=1))
    assert level(shop, "TEE-M").quality_control == 0
    assert level(shop, "TEE-M").sellable == 19
    answer_all(shop, order)
    settled = shop.order(order)
    assert settled.tenders[0].refunded_minor == 2000
    assert settled.books is not None
    assert settled.books.of(Account.REFUNDS_PAYABLE) == 0


def test_some_of_an_item_go_on_and_the_others_wait() -> None:
    shop = MemoryShop(STOCK)
    order = sold(shop, ("TEE-M", 3, 1000))
    shop.do(asked(order, 3))
    shop.do(received(order, r.ReceivedItemInput(item=1, quantity=1, grade=Grade.DAMAGED)))
    waiting, here = shop.order(order).returns[0].items
    assert (waiting.item, waiting.quantity, waiting.custody) == (1, 2, Custody.APPROVED)
    assert (here.item, here.quantity, here.custody) == (2, 1, Custody.GRADED)
    assert here.disposition is Disposition.SCRAP
    assert here.money is ReturnMoney.CREDITED
    assert refund_asked(shop.order(order)) == 1000
    shop.do(r.DisposeReturn(order=order, number=1))
    assert level(shop, "TEE-M").quality_control == 0
    assert level(shop, "TEE-M").sellable == 17
    shop.later(days=31)
    shop.do(r.ExpireReturn(order=order, number=1))
    assert shop.order(order).returns[0].items[0].custody is Custody.EXPIRED
    # They come all the same.
    shop.do(received(order, r.ReceivedItemInput(item=1, quantity=2), receipt="r-2"))
    assert refund_asked(shop.order(order)) == 3000


def test_a_receipt_that_is_told_twice_has_one_effect() -> None:
    shop = MemoryShop(STOCK)
    order = sold(shop, ("TEE-M", 2, 1000))
    shop.do(asked(order, 2))
    once = received(order, r.ReceivedItemInput(item=1, quantity=1))
    shop.do(once)
    before = shop.order(order)
    shop.do(once)
    assert shop.order(order).lines == before.lines
    assert shop.order(order).credits == before.credits


def test_more_than_the_customer_has_is_refused() -> None:
    shop = MemoryShop(STOCK)
    order = sold(shop, ("TEE-M", 2, 1000))
    shop.do(asked(order, 1))
    with pytest.raises(Refused, match="RETURN_QUANTITY") as refused:
        shop.do(asked(order, 2))
    assert refused.value.facts["available"] == 1
    with pytest.raises(Refused, match="RETURN_QUANTITY"):
        shop.do(received(order, r.ReceivedItemInput(item=1, quantity=2)))
    unsent = shop.place(order_of("new", ("TEE-M", 1, 1000)))
    with pytest.raises(Refused, match="RETURN_NOT_SENT"):
        shop.do(asked(unsent))


def test_what_nobody_announced_is_taken_in() -> None:
    shop = MemoryShop(STOCK)
    order = sold(shop, ("TEE-M", 2, 1000), delivered=False)
    wrong = r.WrongGoodsInput(sku="MUG", quantity=1, note="not ours?")
    shop.do(received(order, r.ReceivedItemInput(line=1, quantity=1, reason="defective"), number=0, wrong=(wrong,)))
    after = shop.order(order)
    [returned] = after.returns
    assert returned.source is ReturnSource.BLIND
    assert returned.wrong[0].sku == "MUG"
    assert level(shop, "MUG").quality_control == 1
    # The customer brought it: so it had come.
    assert after.parcels[0].state == "delivered"
    assert after.lines[0].units.delivered == 1
    assert refund_asked(after) == 1000


def test_what_could_not_be_delivered_comes_back_by_its_carrier() -> None:
    shop = MemoryShop(STOCK)
    order = sold(shop, ("TEE-M", 2, 1000), delivered=False)
    source = ReturnSource.CARRIER
    shop.do(received(order, r.ReceivedItemInput(line=1, quantity=2), number=0, source=source))
    after = shop.order(order)
    assert after.parcels[0].state == "returned"
    assert after.lines[0].units.returned == 2
    assert refund_asked(after) == 2000
    with pytest.raises(Refused, match="PARCEL_ALREADY_THERE"):
        shop.do(c.TrackParcel(order=order, parcel=1, state="delivered"))


def test_after_the_window_a_person_decides() -> None:
    shop = MemoryShop(STOCK)
    order = sold(shop, ("TEE-M", 2, 1000))
    shop.later(days=40)
    with pytest.raises(Refused, match="RETURN_WINDOW_OVER"):
        shop.do(asked(order))
    with pytest.raises(Refused, match="FIELD_REQUIRED"):
        shop.do(asked(order, approve=True))
    shop.do(asked(order, approve=True, reason="a loyal customer"))
    assert shop.order(order).returns[0].items[0].custody is Custody.APPROVED
    shop.do(r.WithdrawReturn(order=order, number=1))
    # What comes unasked that late has no money by itself.
    shop.do(received(order, r.ReceivedItemInput(line=1, quantity=1), number=0, receipt="late"))
    assert shop.order(order).returns[1].items[0].money is ReturnMoney.DENIED
    assert refund_asked(shop.order(order)) == 0
    shop.do(r.CreditReturn(order=order, number=2, reason="let it be"))
    assert refund_asked(shop.order(order)) == 1000


def test_a_right_that_the_law_gives_cannot_be_declined() -> None:
    shop = MemoryShop(STOCK)
    order = sold(shop, ("TEE-M", 1, 1000))
    shop.do(asked(order))
    assert shop.order(order).returns[0].items[0].terms.statutory
    shop.do(received(order, r.ReceivedItemInput(item=1, quantity=1)))
    with pytest.raises(Refused, match="RETURN_ITEM_STATE"):
        shop.do(r.DenyReturn(order=order, number=1, reason="no"))


def test_shipping_goes_back_with_the_last_of_the_goods() -> None:
    shop = MemoryShop(STOCK)
    tax = TaxLine("VAT", 83, 200_000)
    order = sold(shop, ("TEE-M", 2, 1000), charges=(Charge("shipping", 499, taxes=(tax,)),))
    shop.do(asked(order, 1))
    shop.do(received(order, r.ReceivedItemInput(item=1, quantity=1)))
    assert refund_asked(shop.order(order)) == 1000
    shop.do(asked(order, 1))
    shop.do(received(order, r.ReceivedItemInput(item=1, quantity=1), number=2, receipt="r-2"))
    assert refund_asked(shop.order(order)) == 2499
    last = shop.order(order).credits[-1]
    assert [(each.kind, each.net_minor, each.taxes[0].amount_minor) for each in last.charges] == [("shipping", 416, 83)]


def test_odd_amounts_come_back_to_the_last_minor_unit() -> None:
    shop = MemoryShop(STOCK)
    line = c.LineInput(
        sku="TEE-M", quantity=3, unit_price_minor=1000, discount_minor=1, taxes=(TaxLine("VAT", 500, 200_000),)
    )
    order = sold(shop, line, total_minor=2999)
    for number in (1, 2, 3):
        shop.do(asked(order, 1))
        shop.do(received(order, r.ReceivedItemInput(item=1, quantity=1), number=number, receipt=f"r-{number}"))
    credits = shop.order(order).credits
    assert [each.total_minor for each in credits] == [999, 1000, 1000]
    assert sum(line.taxes[0].amount_minor for each in credits for line in each.lines) == 500
    assert refund_asked(shop.order(order)) == 2999


def test_a_discount_on_the_whole_order_is_not_given_back() -> None:
    shop = MemoryShop(STOCK)
    about: dict[str, Any] = {"charges": (Charge("discount", -500),)}
    order = sold(shop, ("TEE-M", 1, 1000), ("MUG", 1, 1500), **about)
    shop.do(asked(order, 1, line=2))
    shop.do(received(order, r.ReceivedItemInput(item=1, quantity=1)))
    assert refund_asked(shop.order(order)) == 1200
    shop.do(asked(order, 1, line=1))
    shop.do(received(order, r.ReceivedItemInput(item=1, quantity=1), number=2, receipt="r-2"))
    assert refund_asked(shop.order(order)) == 2000


def test_a_closed_order_is_opened_again() -> None:
    shop = MemoryShop(STOCK)
    order = sold(shop, ("TEE-M", 1, 1000))
    shop.later(days=15)
    shop.do(c.CloseOrder(order=order))
    shop.do(asked(order, why="defective"))
    assert shop.order(order).closed_at is None


def test_money_may_become_store_credit_and_no_tender_is_asked() -> None:
    shop = MemoryShop(STOCK)
    order = sold(shop, ("TEE-M", 1, 1000))
    shop.do(asked(order, destination=Destination.STORE_CREDIT))
    shop.do(received(order, r.ReceivedItemInput(item=1, quantity=1)))
    assert refund_asked(shop.order(order)) == 0
    assert shop.order(order).credits[0].destination is Destination.STORE_CREDIT


def test_money_for_goods_that_never_came_is_claimed_back() -> None:
    shop = MemoryShop(STOCK)
    order = sold(shop, ("TEE-M", 3, 1000))
    shop.do(asked(order, 2))
    shop.do(r.CreditReturn(order=order, number=1, reason="a good customer"))
    answer_all(shop, order)
    shop.later(days=31)
    shop.do(r.ExpireReturn(order=order, number=1))
    gone = r.SettleExpired(order=order, number=1, money=ReturnMoney.RECOVERED, reason="nothing came")
    shop.do(gone)
    after = shop.order(order)
    assert [each.total_minor for each in after.credits] == [2000, -2000]
    next_ = next_step_of(after, status_of(after).phase)
    assert next_ is not None
    assert next_.what == "collect_payment"
    # They come after all: they can be received, and are credited again.
    shop.do(received(order, r.ReceivedItemInput(item=1, quantity=2)))
    shop.do(r.CreditReturn(order=order, number=1, reason="they came after all"))
    assert sum(each.total_minor for each in shop.order(order).credits) == 2000
