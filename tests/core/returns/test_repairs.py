"""Goods that customers send to be repaired stay theirs: looked at, priced, repaired, and sent back."""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest

from core.returns.test_returns import STOCK, answer_all, asked, in_force, level, received, refund_asked, sold
from orderline.core.documents.due import invoice_due
from orderline.core.orders import commands as c
from orderline.core.orders.actions import actions_of
from orderline.core.orders.next_step import next_step_of
from orderline.core.orders.priced import TaxLine
from orderline.core.orders.state import LineKind, PaymentKind
from orderline.core.orders.status import status_of
from orderline.core.returns import commands as r
from orderline.core.returns import repair_commands as rc
from orderline.core.returns.standing import has_open_returns
from orderline.core.returns.state import Custody, Disposition, Grade, LabelPayer, ReturnItem, ReturnMoney
from orderline.core.returns.warranty import warranty_by
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from support.always import assert_sound
from support.shop import NOON, MemoryShop

F = rc.Finding


def broken(shop: MemoryShop, units: int = 1, *, days: int = 40, here: bool = True) -> OrderId:
    """An order of which units came back to be repaired, so many days after their delivery."""
    order = sold(shop, ("TEE-M", units, 1000))
    shop.later(days=days)
    shop.do(asked(order, units, why="defective", repair=True, approve=True, reason="let us see"))
    if here:
        shop.do(received(order, r.ReceivedItemInput(item=1, quantity=units)))
    return order


def found(order: OrderId, finding: F = F.REPAIRABLE, quantity: int = 1, item: int = 1, **about: Any) -> rc.AssessReturn:
    each = rc.AssessedInput(item=item, quantity=quantity, finding=finding, **about)
    return rc.AssessReturn(order=order, number=1, assessed=(each,))


def yes(order: OrderId, **about: Any) -> rc.AnswerRepairQuote:
    return rc.AnswerRepairQuote(order=order, number=1, accept=True, reason="Ann by phone", **about)


def paid(shop: MemoryShop, order: OrderId, state: Literal["requested", "authorized"]) -> None:
    """Its repair costs 49.00, and the customer says yes with a tender for it in such a state."""
    shop.do(found(order, sku="WRAP", price_minor=4900))
    tender = c.TenderInput(provider="sandbox", token="t", amount_minor=4900, state=state)
    shop.do(yes(order, tenders=(tender,)))


def items(shop: MemoryShop, order: OrderId) -> tuple[ReturnItem, ...]:
    return shop.order(order).returns[0].items


def refused(shop: MemoryShop, command: Any) -> str:
    with pytest.raises(Refused) as told:
        shop.do(command)
    return told.value.code.value


def test_a_warranty_repair_costs_nothing_and_goes_back() -> None:
    shop = MemoryShop(STOCK)
    order = broken(shop, 2)
    before = shop.order(order)
    assert before.returns[0].items[0].terms.label is LabelPayer.MERCHANT
    shelf = level(shop, "TEE-M")
    assert (shelf.quality_control, shelf.damaged, shelf.sellable) == (0, 0, 18)
    assert before.lines[0].units.returned == 2
    shop.do(found(order, quantity=1))
    shop.do(found(order, F.REFUSED, note="no fault found"))
    assert [each.custody for each in items(shop, order)] == [Custody.UNREPAIRED, Custody.REPAIRING]
    shop.do(rc.FinishRepair(order=order, number=1, note="new seam"))
    shop.do(r.SendBackReturn(order=order, number=1, carrier="post", tracking_number="B1"))
    shop.do(c.TrackParcel(order=order, parcel=2, state="delivered"))
    after = shop.order(order)
    assert after.lines[0].units.delivered == 2
    assert not has_open_returns(after)
    assert (after.credits, after.documents, after.books) == ((), before.documents, before.books)
    assert level(shop, "TEE-M").sellable == 18
    assert_sound(shop)


def test_who_is_told_a_price_says_yes_and_pays_when_it_is_done() -> None:
    shop = MemoryShop(STOCK)
    order = broken(shop, days=800)
    assert items(shop, order)[0].terms.label is LabelPayer.CUSTOMER
    shop.do(found(order, sku="WRAP", price_minor=4900, taxes=(TaxLine("VAT", 900, 200_000),)))
    [quoted] = items(shop, order)
    assert quoted.custody is Custody.QUOTED
    assert quoted.quote is not None
    assert quoted.quote.total_minor == 4900
    step = next_step_of(shop.order(order), status_of(shop.order(order)).phase)
    assert step is not None
    assert (step.what, step.owner) == ("answer_repair_quote", "customer")
    assert refused(shop, rc.FinishRepair(order=order, number=1)) == "RETURN_ITEM_STATE"
    due = quoted.quote.total_minor
    pays = c.TenderInput(provider="sandbox", token="t", amount_minor=due, state="authorized")
    too_much = c.TenderInput(provider="sandbox", token="t", amount_minor=due + 1, state="authorized")
    assert refused(shop, yes(order, tenders=(too_much,))) == "TENDERS_EXCEED_TOTAL"
    shop.do(yes(order, tenders=(pays,)))
    agreed = shop.order(order).agreement.lines[-1]
    assert (agreed.kind, agreed.total_minor, agreed.description) == (LineKind.SERVICE, due, "Repair of 1 x TEE-M")
    # nothing is billed or collected before it is done
    assert shop.order(order).lines[1].units.unplanned == 1
    assert [hold.type for hold in shop.order(order).holds] == ["repair"]
    captures = [e for t in shop.order(order).tenders for e in t.requests if e.kind is PaymentKind.CAPTURE]
    assert captures == []
    shop.do(rc.FinishRepair(order=order, number=1))
    done = shop.order(order)
    assert (done.lines[1].units.delivered, done.holds) == (1, ())
    assert [e.amount_minor for t in done.tenders for e in t.requests if e.kind is PaymentKind.CAPTURE] == [due]
    answer_all(shop, order)
    owed = invoice_due(shop.order(order))
    assert [(each.line, each.total_minor) for each in owed if each.line == 2] == [(2, due)]
    shop.do(r.SendBackReturn(order=order, number=1))
    shop.do(c.TrackParcel(order=order, parcel=2, state="delivered"))
    assert not has_open_returns(shop.order(order))
    assert shop.order(order).credits == ()
    assert_sound(shop)


def test_nothing_goes_back_before_its_repair_is_paid_for() -> None:
    shop = MemoryShop(STOCK)
    order = broken(shop, days=800)
    paid(shop, order, "requested")
    shop.do(rc.FinishRepair(order=order, number=1))
    back = r.SendBackReturn(order=order, number=1)
    assert refused(shop, back) == "RETURN_FEE_OPEN"
    answer_all(shop, order)
    shop.do(back)
    assert_sound(shop)


def test_a_price_that_is_declined_or_not_answered_sends_them_back_as_they_are() -> None:
    shop = MemoryShop(STOCK)
    order = broken(shop, 2, days=800)
    shop.do(found(order, quantity=1, sku="WRAP", price_minor=4900))
    shop.do(rc.AnswerRepairQuote(order=order, number=1, accept=False, reason="too dear"))
    shop.do(found(order, quantity=1, sku="WRAP", price_minor=4900))
    assert refused(shop, r.ExpireReturn(order=order, number=1)) == "RETURN_NOT_DUE"
    shop.later(days=31)
    shop.do(r.ExpireReturn(order=order, number=1))
    assert [each.custody for each in items(shop, order)] == [Custody.UNREPAIRED, Custody.UNREPAIRED]
    assert len(shop.order(order).agreements) == 1
    shop.do(r.SendBackReturn(order=order, number=1))
    assert shop.order(order).lines[0].units.shipped == 2
    assert_sound(shop)


def test_what_can_not_be_repaired_after_all_costs_nothing() -> None:
    shop = MemoryShop(STOCK)
    order = broken(shop, days=800)
    paid(shop, order, "authorized")
    shop.do(rc.FinishRepair(order=order, number=1, repaired=False))
    after = shop.order(order)
    assert (after.lines[1].units.canceled, after.holds) == (1, ())
    assert [each.kind for each in after.tenders[-1].requests] == [PaymentKind.VOID]
    assert items(shop, order)[0].custody is Custody.UNREPAIRABLE
    assert_sound(shop)


def test_what_can_not_be_repaired_is_credited_and_ours_then() -> None:
    shop = MemoryShop(STOCK)
    order = broken(shop)
    shop.do(found(order, F.UNREPAIRABLE))
    step = next_step_of(shop.order(order), status_of(shop.order(order)).phase)
    assert step is not None
    assert (step.what, step.owner) == ("decide_repair", "support")
    assert refused(shop, r.DenyReturn(order=order, number=1, reason="no")) == "RETURN_SERVICE"
    shop.do(r.CreditReturn(order=order, number=1, reason="not repairable"))
    [item] = items(shop, order)
    assert (item.custody, item.grade, item.disposition) == (Custody.GRADED, Grade.DEFECTIVE, Disposition.VENDOR)
    assert (item.money, item.terms.service) == (ReturnMoney.CREDITED, False)
    assert refund_asked(shop.order(order)) == 1000
    assert level(shop, "TEE-M").quality_control == 1
    shop.do(r.DisposeReturn(order=order, number=1))
    assert level(shop, "TEE-M").quality_control == 0
    assert not has_open_returns(shop.order(order))
    assert_sound(shop)


def test_what_can_not_be_repaired_is_replaced() -> None:
    shop = MemoryShop(STOCK)
    order = broken(shop, 2)
    shop.do(found(order, F.UNREPAIRABLE))
    shop.do(found(order))  # the other one is repaired meanwhile, and holds nothing up
    replace = rc.ReplaceReturn(
        order=order, number=1, reason="not repairable", lines=(r.ExchangeLineInput(sku="TEE-M", quantity=1),)
    )
    shop.do(replace)
    after = shop.order(order)
    assert (after.lines[1].units.pooled, after.lines[1].sku, after.holds) == (1, "TEE-M", ())
    assert refund_asked(after) == 0
    assert level(shop, "TEE-M").quality_control == 1
    assert after.returns[0].exchange is not None
    assert after.returns[0].exchange.lines == (2,)
    assert refused(shop, replace) == "RETURN_ITEM_STATE"
    shop.do(rc.FinishRepair(order=order, number=1, repaired=False))
    shop.do(replace)
    again = shop.order(order)
    assert again.returns[0].exchange is not None
    assert (again.returns[0].exchange.lines, again.holds, refund_asked(again)) == ((2, 3), (), 0)
    assert_sound(shop)


def test_a_warranty_names_no_price_and_goods_are_assessed_once() -> None:
    shop = MemoryShop(STOCK)
    order = broken(shop)
    assert refused(shop, found(order, sku="WRAP", price_minor=4900)) == "RETURN_COVERED"
    assert refused(shop, found(order, sku="MUG", price_minor=4900, covered=False)) == "LINE_KIND_NOT_POSSIBLE"
    assert refused(shop, found(order, price_minor=4900)) == "SKU_UNKNOWN"
    assert refused(shop, found(order, quantity=2)) == "RETURN_QUANTITY"
    shop.do(found(order, sku="WRAP", price_minor=4900, covered=False, note="fell into the sea"))
    assert refused(shop, found(order)) == "RETURN_ITEM_STATE"
    graded = r.GradedInput(item=1, quantity=1, grade=Grade.WORN)
    assert refused(shop, r.GradeReturn(order=order, number=1, graded=(graded,))) == "RETURN_ITEM_STATE"


def test_goods_of_a_repair_are_neither_graded_nor_exchanged_at_the_door() -> None:
    shop = MemoryShop(STOCK)
    order = broken(shop, here=False)
    seen = r.ReceivedItemInput(item=1, quantity=1, grade=Grade.DEFECTIVE)
    assert refused(shop, received(order, seen)) == "RETURN_SERVICE"
    shop.do(received(order, r.ReceivedItemInput(item=1, quantity=1)))
    graded = r.GradedInput(item=1, quantity=1, grade=Grade.WORN)
    assert refused(shop, r.GradeReturn(order=order, number=1, graded=(graded,))) == "RETURN_SERVICE"
    exchange = r.ExchangeInput(lines=(r.ExchangeLineInput(sku="TEE-M", quantity=1),))
    assert refused(shop, asked(order, why="defective", repair=True, exchange=exchange)) == "RETURN_EXCHANGE"
    assert refused(shop, asked(order, why="missing", repair=True)) == "RETURN_NOT_POSSIBLE"


def test_the_months_are_those_of_the_day_of_the_sale() -> None:
    shop = MemoryShop(STOCK)
    mugs = 'name = "mugs"\nskus = ["MUG"]\nwarranty_months = 6'
    policy = in_force(shop, mugs, 'name = "none"\nwarranty_months = 0')
    order = sold(shop, ("MUG", 1, 1000), ("TEE-M", 1, 1000))
    shop.do(asked(order, why="defective", repair=True, policy=policy))
    shop.do(asked(order, line=2, why="defective", repair=True, policy=policy))
    mug, other = (each.items[0] for each in shop.order(order).returns)
    assert mug.terms.rule.endswith("mugs")
    assert mug.terms.warranty_by is not None
    assert mug.terms.warranty_by - shop.now > timedelta(days=180)
    assert (mug.custody, other.custody) == (Custody.APPROVED, Custody.REQUESTED)  # who pays is asked first
    assert other.terms.label is LabelPayer.CUSTOMER


def test_a_warranty_ends_with_a_day() -> None:
    assert warranty_by(datetime(2024, 2, 29, 8, tzinfo=UTC), 12) == datetime(2025, 3, 1, tzinfo=UTC)
    assert warranty_by(NOON, 0) == NOON


def test_what_comes_back_undelivered_is_still_the_customers() -> None:
    shop = MemoryShop(STOCK)
    order = broken(shop)
    shop.do(found(order))
    shop.do(rc.FinishRepair(order=order, number=1))
    shop.do(r.SendBackReturn(order=order, number=1, tracking_number="B1"))
    shop.do(c.TrackParcel(order=order, parcel=2, state="returning"))
    [coming] = shop.order(order).returns[1].items
    assert (coming.terms.service, coming.money) == (True, ReturnMoney.NOT_DUE)
    shop.do(received(order, r.ReceivedItemInput(item=1, quantity=1), number=2, receipt="r-2"))
    assert level(shop, "TEE-M").quality_control == 0
    assert refund_asked(shop.order(order)) == 0
    shop.do(r.SendBackReturn(order=order, number=2))
    shop.do(c.TrackParcel(order=order, parcel=3, state="delivered"))
    assert not has_open_returns(shop.order(order))
    assert_sound(shop)


def test_the_actions_of_an_order_tell_what_is_next() -> None:
    shop = MemoryShop(STOCK)
    order = broken(shop)

    def allowed() -> set[str]:
        own = {"assess_return", "grade_return", "answer_repair_quote", "finish_repair", "replace_return", "deny_return"}
        return {each.name for each in actions_of(shop.order(order)) if each.allowed and each.name in own}

    assert allowed() == {"assess_return"}
    shop.do(found(order))
    assert allowed() == {"finish_repair"}
    shop.do(rc.FinishRepair(order=order, number=1, repaired=False))
    assert allowed() == {"replace_return"}
