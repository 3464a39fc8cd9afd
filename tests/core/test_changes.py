"""Change sets: several things agreed anew in one fact, seen before, refused whole, and undone by their mirror."""

from typing import Any

import pytest
from msgspec.structs import replace

from orderline.core.changes import actions as a
from orderline.core.changes.commands import ChangeOrder, UndoChange
from orderline.core.changes.differences import Difference, difference_of
from orderline.core.changes.windows import Way, windows_of
from orderline.core.decisions.asking import Asked, DecisionCause
from orderline.core.decisions.commands import AnswerDecision, LapseDecision
from orderline.core.moves import Bucket, Units
from orderline.core.orders import commands as c
from orderline.core.orders.agreed_events import OrderAmended
from orderline.core.orders.state import Charge, LineKind, LineQuantity, PaymentKind, TaxLine
from orderline.core.tenders.sums import net_due_minor
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from support.always import assert_sound
from support.deciders import code_of, decision_of, drafted
from support.shop import HOME, MemoryShop, order_of

STOCK = [
    ("TEE-M", "lyon", 10),
    ("TEE-M", "lille", 10),
    ("TEE-M", "paris", 5),
    ("MUG", "lyon", 10),
    ("CAP-9", "lyon", 5),
]
SHIPPING = Charge("shipping", 490)


def shop_with(*lines: tuple[str, int, int], **about: Any) -> tuple[MemoryShop, OrderId]:
    shop = MemoryShop(STOCK)
    return shop, shop.place(order_of("A-1", *(lines or (("TEE-M", 3, 2000),)), **about))


def change(shop: MemoryShop, order: OrderId, *actions: a.ChangeAction, **more: Any) -> None:
    shop.do(ChangeOrder(order=order, reason="on the phone", actions=actions, **more))
    assert_sound(shop)


def refusal(shop: MemoryShop, order: OrderId, *actions: a.ChangeAction) -> Refused:
    before = shop.order(order)
    with pytest.raises(Refused) as caught:
        shop.do(ChangeOrder(order=order, reason="on the phone", actions=actions))
    assert shop.order(order) == before
    assert_sound(shop)
    return caught.value


def ship(shop: MemoryShop, order: OrderId, line: int, quantity: int, place: str = "lyon") -> None:
    number = len(shop.order(order).fulfillments) + 1
    allotments = (c.Allotment(line, "stores" if place == "paris" else "eu", place, quantity),)
    shop.do(c.AllocateUnits(order=order, group=1, allotments=allotments))
    units = (LineQuantity(line, quantity),)
    shop.do(c.PickUnits(order=order, fulfillment=number, lines=units))
    shop.do(c.PackUnits(order=order, fulfillment=number, parcels=(c.ParcelInput(items=units),)))
    shop.do(c.ShipParcels(order=order, fulfillment=number))


def line(sku: str, quantity: int, price: int, **more: Any) -> a.AddLine:
    return a.AddLine(line=c.LineInput(sku=sku, quantity=quantity, unit_price_minor=price, **more))


def test_several_things_are_agreed_in_one_fact() -> None:
    shop, order = shop_with(("TEE-M", 3, 2000), ("MUG", 2, 900), charges=(SHIPPING,))
    change(
        shop, order,
        line("CAP-9", 1, 1500, taxes=(TaxLine("VAT", 250, 200_000),)), a.RemoveUnits(line=1, quantity=1),
        a.ChangePrice(line=2, unit_price_minor=800, discount_minor=100), a.WaiveCharge(number=1),
        a.AddCharge(charge=Charge("wrapping", 300)), a.SetGift(gift=True, messages={"1": "For you"}),
    )  # fmt: skip
    after = shop.order(order)
    assert sum(isinstance(each, OrderAmended) for each in shop.events[order]) == 1
    assert [each.units for each in after.lines] == [Units(pooled=2, canceled=1), Units(pooled=2), Units(pooled=1)]
    assert after.agreement.total_minor == 6000 + 1500 + 1500 + 300
    assert net_due_minor(after) == 4000 + 1500 + 1500 + 300
    assert after.agreement.charges == (Charge("wrapping", 300),)
    assert (after.agreement.groups[0].gift, after.agreement.lines[0].gift_message) == (True, "For you")
    assert (after.agreement.reason, after.agreement.removed) == ("on the phone", (LineQuantity(1, 1),))


@pytest.mark.parametrize(
    ("action", "code", "field"),
    [
        (line("TEE-M", 100, 2000), "STOCK_NOT_AVAILABLE", None),
        (line("NONE", 1, 2000), "SKU_UNKNOWN", "actions[1].lines[0].sku"),
        (a.RemoveUnits(line=9, quantity=1), "LINE_UNKNOWN", "actions[1].line"),
        (a.RemoveUnits(line=1, quantity=9), "QUANTITY_NOT_AVAILABLE", None),
        (a.ChangePrice(line=1, unit_price_minor=10, discount_minor=31), "AMOUNT_OUT_OF_RANGE", "actions[1].discount_minor"),
        (a.ChangePrice(line=7, unit_price_minor=10), "LINE_UNKNOWN", "actions[1].line"),
        (a.WaiveCharge(number=3), "CHARGE_UNKNOWN", "actions[1].number"),
        (a.AddCharge(charge=Charge("discount", -99_999)), "AMOUNT_OUT_OF_RANGE", "actions"),
        (a.ChangeAddress(), "ADDRESS_MISSING", "actions[1].address"),
        (a.ChangePickup(pickup_location="lyon"), "PICKUP_LOCATION_UNKNOWN", "actions[1].pickup_location"),
        (a.ChangeMethod(group=4, method="express"), "GROUP_UNKNOWN", "actions[1].group"),
        (a.MoveLocation(fulfillment=1), "FULFILLMENT_UNKNOWN", "actions[1].fulfillment"),
        (a.Substitute(line=1, sku="MUG", quantity=1), "SUBSTITUTE_UNKNOWN", "actions[1].sku"),
    ],
)  # fmt: skip
def test_all_or_nothing(action: a.ChangeAction, code: str, field: str | None) -> None:
    shop, order = shop_with()
    refused = refusal(shop, order, line("MUG", 1, 900), action)
    assert refused.code.value == code
    if field is not None:
        assert refused.facts["field"] == field


def test_what_is_to_be_paid_beyond_is_collected_before_anything_is_sent_on() -> None:
    shop, order = shop_with()
    change(shop, order, line("MUG", 2, 900))
    with pytest.raises(Refused, match="NOT_PAID"):
        shop.do(c.AllocateUnits(order=order, group=1, allotments=(c.Allotment(1, "eu", "lyon", 3),)))
    change(
        shop, order, line("CAP-9", 1, 200), tenders=(c.TenderInput(provider="sandbox", amount_minor=2000, token="b"),)
    )
    asked = shop.order(order).tenders[-1].requests[0]
    assert (asked.kind, asked.amount_minor) == (PaymentKind.AUTHORIZE, 2000)
    answer = c.AnswerPayment(order=order, tender=2, key=asked.key, kind=asked.kind, amount_minor=2000)
    shop.do(answer)
    shop.do(c.AllocateUnits(order=order, group=1, allotments=(c.Allotment(1, "eu", "lyon", 3),)))
    change(shop, order, line("MUG", 1, 900))
    assert [hold.type for hold in shop.order(order).holds] == ["payment"]


def test_a_lower_price_gives_back_what_was_captured_beyond_it_once() -> None:
    shop, order = shop_with(paid="captured")
    change(shop, order, a.ChangePrice(line=1, unit_price_minor=1500))
    [refund] = shop.order(order).tenders[0].requests
    assert (refund.kind, refund.amount_minor) == (PaymentKind.REFUND, 1500)
    change(shop, order, a.RemoveUnits(line=1, quantity=1))
    assert [each.amount_minor for each in shop.order(order).tenders[0].requests] == [1500, 1500]


def test_prices_and_charges_are_final_once_goods_have_left() -> None:
    shop, order = shop_with(("TEE-M", 2, 2000), ("MUG", 1, 900), charges=(SHIPPING,))
    ship(shop, order, 1, 1)
    for action in (a.ChangePrice(line=1, unit_price_minor=1), a.WaiveCharge(number=1)):
        refused = refusal(shop, order, action)
        assert refused.code.value == "PRICE_FINAL"
        assert "credit" in str(refused.facts["unblock"])
    change(shop, order, a.ChangePrice(line=2, unit_price_minor=800), a.RemoveUnits(line=1, quantity=1))
    assert net_due_minor(shop.order(order)) == 2000 + 800 + 490


def test_the_price_of_a_bundle_is_shared_over_its_parts() -> None:
    shop, order = shop_with(("SET", 1, 3000))
    change(shop, order, a.ChangePrice(line=1, unit_price_minor=2500, taxes=(TaxLine("VAT", 417, 200_000),)))
    parts = [each for each in shop.order(order).agreement.lines if each.parent == 1]
    assert sum(each.total_minor for each in parts) == 2500
    assert sum(each.taxes[0].amount_minor for each in parts) == 417
    assert refusal(shop, order, a.ChangePrice(line=2, unit_price_minor=1)).code.value == "LINE_UNKNOWN"


def test_a_bundle_can_be_added() -> None:
    shop, order = shop_with()
    change(shop, order, line("SET", 1, 3000))
    lines = shop.order(order).lines
    assert [(each.kind, each.parent, each.units) for each in lines[1:]] == [
        (LineKind.BUNDLE, None, Units()),
        (LineKind.SHIP, 2, Units(pooled=1)),
        (LineKind.SHIP, 2, Units(pooled=2)),
    ]
    change(shop, order, a.RemoveUnits(line=3, quantity=1), a.RemoveUnits(line=4, quantity=2))
    assert net_due_minor(shop.order(order)) == 6000


def test_another_address_takes_work_away_that_was_only_planned() -> None:
    shop, order = shop_with()
    shop.do(c.AllocateUnits(order=order, group=1, allotments=(c.Allotment(1, "eu", "lyon", 3),)))
    was = shop.order(order).agreement.groups[0].recipient
    change(shop, order, a.ChangeAddress(address=HOME), a.ChangeMethod(method="express"))
    group = shop.order(order).agreement.groups[0]
    assert (group.recipient != was, group.method) == (True, "express")
    assert shop.order(order).lines[0].units == Units(pooled=3)
    shop.do(c.AllocateUnits(order=order, group=1, allotments=(c.Allotment(1, "eu", "lyon", 3),)))
    shop.do(c.AcceptFulfillment(order=order, fulfillment=2))
    refused = refusal(shop, order, a.ChangeAddress(address=HOME))
    assert (refused.code.value, refused.facts["unblock"]) == ("DELIVERY_STARTED", "location: let go of it first")
    # Taken away from the location in the same change, it can be sent elsewhere.
    change(shop, order, a.MoveLocation(fulfillment=2), a.ChangeAddress(address=HOME))
    assert shop.order(order).lines[0].units == Units(pooled=3)


def test_a_group_is_collected_instead_and_sent_again() -> None:
    shop, order = shop_with()
    change(shop, order, a.ChangePickup(pickup_location="paris"))
    assert [(share.pool, share.quantity) for share in shop.order(order).lines[0].claims] == [("stores", 3)]
    assert shop.order(order).lines[0].kind is LineKind.PICKUP
    change(shop, order, a.ChangeAddress(address=HOME), line("TEE-M", 1, 2000))
    assert [each.kind for each in shop.order(order).lines] == [LineKind.SHIP, LineKind.SHIP]


def test_work_is_moved_to_another_location() -> None:
    shop, order = shop_with()
    shop.do(c.AllocateUnits(order=order, group=1, allotments=(c.Allotment(1, "eu", "lyon", 3),)))
    change(shop, order, a.MoveLocation(fulfillment=1, to="lille"))
    after = shop.order(order)
    assert (after.fulfillments[1].location, after.lines[0].excluded) == ("lille", ("lyon",))
    assert after.lines[0].units == Units(allocated=3)
    assert refusal(shop, order, a.MoveLocation(fulfillment=2, to="lyon")).code.value == "ROUTE_LOST_RACE"


@pytest.mark.parametrize(("first", "due_minor"), [("yes", 4900), ("no", 6900), ("shipped", 6900)])
def test_what_a_location_has_begun_with_is_asked_back_and_the_first_fact_wins(first: str, due_minor: int) -> None:
    shop, order = shop_with()
    shop.do(c.AllocateUnits(order=order, group=1, allotments=(c.Allotment(1, "eu", "lyon", 3),)))
    shop.do(c.PickUnits(order=order, fulfillment=1, lines=(LineQuantity(1, 3),)))
    change(shop, order, a.RemoveUnits(line=1, quantity=1), line("MUG", 1, 900))
    assert shop.order(order).fulfillments[0].negotiation == "cancel_requested"
    assert {(each.bucket, each.cancel, each.edit) for each in windows_of(shop.order(order))} == {
        (Bucket.PICKED, Way.ASK, Way.NO),
        (Bucket.POOLED, Way.AT_ONCE, Way.AT_ONCE),
    }
    if first == "shipped":
        parcel = c.ParcelInput(items=(LineQuantity(1, 3),))
        shop.do(c.PackUnits(order=order, fulfillment=1, parcels=(parcel,)))
        shop.do(c.ShipParcels(order=order, fulfillment=1))
        with pytest.raises(Refused):  # the answer comes after the goods have left
            shop.do(c.AnswerCancel(order=order, fulfillment=1, accepted=True))
    else:
        shop.do(c.AnswerCancel(order=order, fulfillment=1, accepted=first == "yes"))
    assert_sound(shop)
    after = shop.order(order)
    assert (net_due_minor(after), after.lines[0].units.canceled) == (due_minor, 1 if first == "yes" else 0)


def test_a_late_no_is_told_of_once_and_of_unknown_work_never() -> None:
    shop, order = shop_with()
    shop.do(c.AllocateUnits(order=order, group=1, allotments=(c.Allotment(1, "eu", "lyon", 3),)))
    shop.do(c.CancelUnits(order=order, reason="changed mind"))
    assert shop.order(order).fulfillments[0].negotiation == "withdrawn"
    no = c.AnswerCancel(order=order, fulfillment=1, accepted=False, code="already_picked")
    assert code_of(shop, replace(no, code="unknown")) == "FULFILLMENT_NOT_OPEN"
    shop.do(no)
    assert [each.reason for each in shop.order(order).holds] == ["canceled work goes on at lyon: already_picked"]
    assert code_of(shop, no) == "FULFILLMENT_NOT_OPEN"


def test_an_undone_change_is_its_mirror() -> None:
    shop, order = shop_with(("TEE-M", 3, 2000), ("MUG", 2, 900), charges=(SHIPPING,))
    before = shop.order(order)
    change(
        shop, order, line("CAP-9", 1, 1500), a.RemoveUnits(line=1, quantity=1),
        a.ChangePrice(line=2, unit_price_minor=800), a.WaiveCharge(number=1), a.ChangeAddress(address=HOME),
    )  # fmt: skip
    shop.do(UndoChange(order=order, reason="a mistake"))
    assert_sound(shop)
    after = shop.order(order)
    assert net_due_minor(after) == net_due_minor(before)
    assert after.agreement.groups == before.agreement.groups
    assert after.agreement.charges == before.agreement.charges
    assert sum(each.units.pooled for each in after.lines if each.sku == "TEE-M") == 3
    assert after.lines[2].units == Units(canceled=1)
    with pytest.raises(Refused, match="VERSION_STALE"):
        shop.do(UndoChange(order=order, reason="again", agreement=2))


def test_what_has_left_cannot_be_undone() -> None:
    shop, order = shop_with(paid=None)
    change(shop, order, line("CAP-9", 1, 1500))
    ship(shop, order, 2, 1)
    with pytest.raises(Refused, match="UNDO_NOT_POSSIBLE"):
        shop.do(UndoChange(order=order, reason="a mistake"))


def differs(shop: MemoryShop, order: OrderId, *actions: a.ChangeAction) -> Difference:
    before = shop.order(order)
    told = len(shop.events[order])
    shop.do(ChangeOrder(order=order, reason="see", actions=actions))
    return difference_of(shop.world.settings, before, shop.order(order), shop.events[order][told:], shop.now)


def test_a_difference_tells_units_money_tax_routing_holds_and_notices() -> None:
    taxed = c.LineInput(sku="TEE-M", quantity=3, unit_price_minor=2000, taxes=(TaxLine("VAT", 1000, 200_000),))
    shop, order = MemoryShop(STOCK), None
    order = shop.place(order_of("A-1", taxed, paid="captured"))
    shop.do(c.AllocateUnits(order=order, group=1, allotments=(c.Allotment(1, "eu", "lyon", 3),)))
    found = differs(shop, order, a.RemoveUnits(line=1, quantity=1), a.ChangeAddress(address=HOME))
    assert [(each.before, each.after) for each in found.lines] == [(Units(allocated=3), Units(pooled=2, canceled=1))]
    assert (found.due_before_minor, found.due_minor, found.refund_minor) == (6000, 4000, 2000)
    assert (found.tax_before_minor, found.tax_minor) == (1000, 667)
    assert [(each.kind, each.amount_minor) for each in found.tenders] == [(PaymentKind.REFUND, 2000)]
    assert (found.taken_away, found.reroutes, found.promises[0].open) == ((1,), True, True)
    assert found.notices == ("order_changed",)
    shop.do(c.AllocateUnits(order=order, group=1, allotments=(c.Allotment(1, "eu", "lyon", 2),)))
    found = differs(shop, order, line("MUG", 1, 900))
    assert ([hold.type for hold in found.holds], found.collect_minor) == (["payment"], 900)


def test_shipping_is_asked_for_once_however_often_an_order_is_split() -> None:
    shop, order = shop_with(("TEE-M", 3, 2000), charges=(SHIPPING,))
    for place in ("lyon", "lille", "lyon"):
        ship(shop, order, 1, 1, place)
        for request in shop.order(order).tenders[0].requests:
            shop.do(
                c.AnswerPayment(
                    order=order, tender=1, key=request.key, kind=request.kind, amount_minor=request.amount_minor
                )
            )
    captured = shop.order(order).tenders[0].captured_minor
    assert captured == 6000 + 490


def proposed(shop: MemoryShop, order: OrderId, *actions: a.ChangeAction, **about: Any) -> str:
    wanted = ChangeOrder(order=order, reason="as discussed", actions=actions)
    return drafted(shop, order, DecisionCause.CHANGE, change=wanted, by_hand=True, **about)


def test_a_proposed_change_waits_for_a_yes() -> None:
    shop, order = shop_with()
    id_ = proposed(shop, order, line("MUG", 2, 900), a.ChangeAddress())
    asked = decision_of(shop, id_)
    assert (asked.default, [each.code for each in asked.options]) == ("decline", ["agree", "decline"])
    assert asked.options[0].preview.money_minor == 1800
    assert "2 x MUG at 9.00 EUR more" in asked.question
    assert len(shop.order(order).agreements) == 1
    answer = AnswerDecision(decision=id_, order=order, option="agree", token_hash="h")
    assert code_of(shop, answer) == "ANSWER_INCOMPLETE"
    shop.do(replace(answer, address=HOME))
    assert_sound(shop)
    assert shop.order(order).agreement.total_minor == 7800
    assert decision_of(shop, id_).state == "executed"


def test_what_cannot_be_changed_is_not_proposed() -> None:
    shop, order = shop_with()
    wrong = {
        "LINE_UNKNOWN": a.RemoveUnits(line=9, quantity=1),
        "ADDRESS_GIVEN": a.ChangeAddress(address=HOME),
        "AMOUNT_OUT_OF_RANGE": a.AddCharge(charge=Charge("discount", -9999)),
    }
    for code, action in wrong.items():
        with pytest.raises(Refused) as refused:
            proposed(shop, order, action)
        assert refused.value.code.value == code
    assert not shop.order(order).asked


def test_silence_declines_and_a_no_is_a_no() -> None:
    shop, order = shop_with()
    id_ = proposed(shop, order, line("MUG", 2, 900))
    shop.do(AnswerDecision(decision=id_, order=order, option="decline", token_hash="h"))
    again = proposed(shop, order, line("MUG", 1, 900), to=Asked.APPROVER)
    shop.later(hours=80)
    shop.do(LapseDecision(decision=again, order=order, sending=1))
    assert len(shop.order(order).agreements) == 1
    assert decision_of(shop, again).to is Asked.APPROVER


def test_a_late_yes_to_what_has_become_something_else_is_asked_anew() -> None:
    shop, order = shop_with()
    id_ = proposed(shop, order, a.RemoveUnits(line=1, quantity=1), line("MUG", 1, 900))
    assert decision_of(shop, id_).options[0].preview.money_minor == -1100
    change(shop, order, a.ChangePrice(line=1, unit_price_minor=1500))
    shop.do(AnswerDecision(decision=id_, order=order, option="agree", token_hash="h"))
    asked = decision_of(shop, id_)
    assert (asked.state, asked.failed, asked.options[0].preview.money_minor) == ("sent", "VERSION_STALE", -600)
    assert len(shop.order(order).agreements) == 2
    shop.do(AnswerDecision(decision=id_, order=order, option="agree", token_hash="h"))
    assert net_due_minor(shop.order(order)) == 3000 + 900
    assert_sound(shop)
