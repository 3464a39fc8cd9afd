"""Money given without goods coming back: never more than is left, within limits and budgets, approved by another above them."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from core.test_changes import STOCK, ship
from orderline.core.appeasements.amounts import room_of, shipping_room
from orderline.core.appeasements.commands import GiveAppeasement, Given, PutBudget
from orderline.core.appeasements.state import AppeasementLimits, Giving, Period, budgets_for
from orderline.core.changes import actions as a
from orderline.core.changes.commands import ChangeOrder, UndoChange
from orderline.core.decisions.asking import Asked
from orderline.core.decisions.commands import AnswerDecision, ResendDecision, WithdrawDecision, also_touched
from orderline.core.decisions.state import Decision, DecisionState
from orderline.core.ledger.state import Account
from orderline.core.orders.credited import Credit, Destination
from orderline.core.orders.state import Charge, PaymentKind, TaxLine
from orderline.core.returns import commands as r
from orderline.store.rows import posted_by
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from support.always import assert_sound
from support.shop import MemoryShop, order_of

VAT = (TaxLine("VAT", 1000, 200_000),)
DECISION = "01a1ff36-c08f-766e-a4b3-0e750ed36cf8"


def shop_with(quantity: int = 3, price: int = 2000, sent: int = 3) -> tuple[MemoryShop, OrderId]:
    """An order of 60.00 with 10.00 of VAT in it, and shipping of 4.90; `sent` units have left."""
    shop = MemoryShop(STOCK)
    from orderline.core.orders import commands as c

    line = c.LineInput(sku="TEE-M", quantity=quantity, unit_price_minor=price, taxes=VAT)
    tender = c.TenderInput(provider="sandbox", amount_minor=quantity * price + 490, token="t", state="captured")
    order = shop.place(
        order_of("A-1", line, charges=(Charge("shipping", 490),), tenders=(tender,), taxes_included=True)
    )
    if sent:
        ship(shop, order, 1, sent)
    return shop, order


def give(shop: MemoryShop, order: OrderId, *, giving: Giving | None = None, **about: Any) -> Given:
    given: dict[str, Any] = {"why": "late", "reason": "ten days late", "decision": DECISION, "giving": giving}
    shop.do(GiveAppeasement(order=order, **given | about))
    assert_sound(shop)
    assert isinstance(shop.told, Given)
    return shop.told


def refused(shop: MemoryShop, order: OrderId, **about: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        give(shop, order, **about)
    assert_sound(shop)
    return caught.value


def entered(shop: MemoryShop, order: OrderId, account: Account, sub: str = "") -> int:
    entries = (entry for posted in posted_by(shop.events[order]) for entry in posted.entries)
    return sum(entry.amount_minor for entry in entries if (entry.account, entry.sub) == (account, sub))


def test_goodwill_goes_back_with_the_tax_of_the_sale_and_is_an_expense_of_ours() -> None:
    shop, order = shop_with()
    credit = give(shop, order, amount_minor=600).credit
    assert credit is not None
    assert (credit.total_minor, credit.lines[0].taxes, credit.lines[0].quantity) == (
        600,
        (TaxLine("VAT", 100, 200_000),),
        0,
    )
    assert entered(shop, order, Account.APPEASEMENT, "late") == 500
    assert entered(shop, order, Account.TAX_PAYABLE, "VAT") == 100
    assert entered(shop, order, Account.RETURNS_ALLOWANCES) == 0
    [request] = shop.order(order).tenders[0].requests
    assert (request.kind, request.amount_minor) == (PaymentKind.REFUND, 600)


def test_a_lower_price_is_no_goodwill() -> None:
    shop, order = shop_with()
    give(shop, order, why="price_match", lines=(a.AppeasedLine(line=1, amount_minor=300),))
    assert entered(shop, order, Account.RETURNS_ALLOWANCES, "price_match") == 250
    assert entered(shop, order, Account.APPEASEMENT, "price_match") == 0


@pytest.mark.parametrize(
    ("about", "code", "available"),
    [
        ({"amount_minor": 6001}, "APPEASEMENT_NOTHING_LEFT", 6000),
        ({"shipping_minor": 491}, "APPEASEMENT_NOTHING_LEFT", 490),
        ({"lines": (a.AppeasedLine(line=1, amount_minor=6001),)}, "APPEASEMENT_NOTHING_LEFT", 6000),
        ({"lines": (a.AppeasedLine(line=7, amount_minor=1),)}, "LINE_UNKNOWN", None),
        ({"lines": (a.AppeasedLine(line=1, amount_minor=1),) * 2}, "LINE_REPEATED", None),
        ({"why": "because", "amount_minor": 1}, "APPEASEMENT_REASON_UNKNOWN", None),
        ({}, "AMOUNT_OUT_OF_RANGE", None),
        ({"amount_minor": -1}, "AMOUNT_OUT_OF_RANGE", None),
        ({"amount_minor": 1, "reason": ""}, "FIELD_REQUIRED", None),
    ],
)  # fmt: skip
def test_no_more_is_given_than_is_left(about: dict[str, Any], code: str, available: int | None) -> None:
    shop, order = shop_with()
    found = refused(shop, order, **about)
    assert (found.code.value, found.facts.get("available")) == (code, available)


def test_nothing_is_given_for_what_has_not_left() -> None:
    shop, order = shop_with(sent=0)
    assert refused(shop, order, amount_minor=1).facts["unblock"] == "goods that have left"
    shop, order = shop_with(sent=1)
    assert room_of(shop.order(order), 1).left_minor == 2000
    give(shop, order, amount_minor=2000, shipping_minor=490)
    assert (room_of(shop.order(order), 1).left_minor, shipping_room(shop.order(order)).left_minor) == (0, 0)


def test_a_return_gives_what_is_left_after_an_allowance() -> None:
    shop, order = shop_with()
    give(shop, order, amount_minor=1000)
    for quantity in (1, 2):
        number = len(shop.order(order).returns) + 1
        line = r.ReturnLineInput(line=1, quantity=quantity, reason="changed_mind")
        shop.do(r.RequestReturn(order=order, lines=(line,), approve=True, reason="yes"))
        shop.do(r.CreditReturn(order=order, number=number, reason="now"))
        assert_sound(shop)
    goods = [each.lines[0].total_minor for each in shop.order(order).credits]
    assert goods == [1000, 1667, 3333]
    assert [each.lines[0].taxes[0].amount_minor for each in shop.order(order).credits] == [166, 278, 556]
    assert refused(shop, order, amount_minor=1).code.value == "APPEASEMENT_NOTHING_LEFT"


def test_store_credit_is_on_the_account_of_the_customer() -> None:
    shop, order = shop_with()
    credit = give(shop, order, amount_minor=500, destination=Destination.STORE_CREDIT).credit
    assert credit is not None
    account: Any = shop.world.records["credit_account", credit.account]
    assert account.balance_minor == 500
    assert not shop.order(order).tenders[0].requests


def limited(**limits: Any) -> Giving:
    about = AppeasementLimits(**limits)
    return Giving(by="ann", limits=about, budgets=budgets_for("web", about, "ann"))


def test_above_the_limit_of_an_order_somebody_else_says_yes() -> None:
    shop, order = shop_with()
    ann = limited(per_order={"EUR": 500})
    assert give(shop, order, amount_minor=300, giving=ann).credit is not None
    asked = give(shop, order, amount_minor=300, giving=ann)
    assert (asked.credit, asked.limit, asked.allowed_minor) == (None, "per_order", 200)
    decision = shop.world.records["decision", DECISION]
    assert isinstance(decision, Decision)
    assert (decision.to, decision.state) == (Asked.APPROVER, DecisionState.SENT)
    assert "3.00 EUR back (late)" in decision.question
    assert decision.options[0].preview.money_minor == -300
    answer = AnswerDecision(decision=DECISION, order=order, option="agree", reason="fine", also=also_touched(decision))
    with pytest.raises(Refused) as own:
        shop.do(answer)
    assert own.value.code.value == "OWN_QUESTION"
    with pytest.raises(Refused) as link:
        shop.do(ResendDecision(decision=DECISION, order=order))
    assert link.value.code.value == "OWN_QUESTION"
    shop.actor = replace(shop.actor, name="supervisor")
    with pytest.raises(Refused) as neither:
        shop.do(replace(answer, limits=AppeasementLimits(per_order={"EUR": 599})))
    assert neither.value.code.value == "APPEASEMENT_LIMIT"
    with pytest.raises(Refused) as unnamed:
        shop.do(replace(answer, also=()))
    assert unnamed.value.code.value == "DECISION_STATE"
    shop.do(replace(answer, limits=AppeasementLimits(per_order={"EUR": 600})))
    assert_sound(shop)
    assert [(each.total_minor, each.by) for each in shop.order(order).credits] == [(300, "ann"), (300, "orderline")]


def test_a_change_set_above_the_limit_is_refused_and_says_who_can() -> None:
    shop, order = shop_with()
    action = a.Appease(why="late", amount_minor=600)
    with pytest.raises(Refused) as caught:
        shop.do(ChangeOrder(order=order, reason="late", actions=(action,), giving=limited(per_order={"USD": 900})))
    assert caught.value.facts == caught.value.facts | {"limit": "per_order", "allowed": 0, "unblock": "approver"}
    assert not shop.order(order).credits


def test_days_and_budgets_are_counted_and_begin_anew() -> None:
    shop, order = shop_with()
    ann = limited(per_day={"EUR": 500}, team="care")
    shop.do(PutBudget(budget="team:care", period=Period.MONTH, amounts={"EUR": 900}))
    assert give(shop, order, amount_minor=400, giving=ann).credit is not None
    assert give(shop, order, amount_minor=101, giving=ann).limit == "per_day"
    assert refused(shop, order, amount_minor=500, giving=ann).code.value == "NOTHING_TO_DO"  # one question at a time
    shop.do(WithdrawDecision(decision=DECISION, order=order, reason="tomorrow"))
    shop.later(days=1)
    assert give(shop, order, amount_minor=500, giving=ann, decision=DECISION[:-1] + "0").credit is not None
    bob = replace(ann, by="bob", budgets=budgets_for("web", ann.limits, "bob"))
    assert give(shop, order, amount_minor=1, giving=bob, decision=DECISION[:-1] + "1").limit == "team:care"
    budget: Any = shop.world.records["appeasement_budget", "team:care"]
    assert budget.spent == {"EUR 2026-11-01": 900}
    shop.do(UndoChange(order=order, reason="a mistake", giving=ann))
    assert_sound(shop)
    left: Any = shop.world.records["appeasement_budget", "team:care"]
    assert left.spent == {"EUR 2026-11-01": 400}
    shop.do(WithdrawDecision(decision=DECISION[:-1] + "1", order=order, reason="next month"))
    shop.now += timedelta(days=30)
    assert give(shop, order, amount_minor=500, giving=bob, decision=DECISION[:-1] + "2").credit is not None


@pytest.mark.parametrize("budget", ["web", "by:ann", "channel:nowhere", "team:"])
def test_a_budget_is_of_a_channel_or_a_team(budget: str) -> None:
    shop, _ = shop_with(sent=0)
    with pytest.raises(Refused):
        shop.do(PutBudget(budget=budget, period=Period.MONTH, amounts={"EUR": 1}))


def test_the_undoing_of_a_gift_is_its_mirror() -> None:
    shop, order = shop_with()
    give(shop, order, amount_minor=601, shipping_minor=90)
    shop.do(UndoChange(order=order, reason="the wrong order"))
    assert_sound(shop)
    first, second = shop.order(order).credits
    assert (first.total_minor, second.total_minor, second.undoes) == (691, -691, 1)
    for account in (Account.APPEASEMENT, Account.TAX_PAYABLE, Account.RETURNS_ALLOWANCES):
        assert entered(shop, order, account, "late") == 0
    assert room_of(shop.order(order), 1).left_minor == 6000
    with pytest.raises(Refused) as again:
        shop.do(UndoChange(order=order, reason="the wrong order"))
    assert again.value.code.value == "NOTHING_TO_DO"


def test_what_became_store_credit_is_not_undone() -> None:
    shop, order = shop_with()
    give(shop, order, amount_minor=100, destination=Destination.STORE_CREDIT)
    with pytest.raises(Refused) as caught:
        shop.do(UndoChange(order=order, reason="the wrong order"))
    assert caught.value.code.value == "UNDO_NOT_POSSIBLE"
    assert isinstance(shop.order(order).credits[0], Credit)
