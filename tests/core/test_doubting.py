"""Doubted addresses: asked about when a hold is placed for one; an answer says where to, silence goes to whoever owns the hold."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from orderline.core.changes.actions import ChangeAddress
from orderline.core.changes.commands import ChangeOrder
from orderline.core.decisions import commands as d
from orderline.core.decisions.asking import Asked, DecisionCause
from orderline.core.decisions.doubting import Doubt, doubt_of, suggestion_for
from orderline.core.decisions.state import DecisionState
from orderline.core.holds.commands import BreachHold, EscalateHold
from orderline.core.holds.state import Breach, HoldAuthority, HoldInput
from orderline.core.next_steps import FollowUp, JobKind, order_follow_ups
from orderline.core.orders import commands as c
from orderline.core.orders.delivery import ChangeDelivery
from orderline.core.orders.state import LineQuantity
from orderline.core.telling import order_events
from orderline.core.world import Draft
from orderline.values.ids import OrderId, new_id
from support.always import assert_sound
from support.deciders import code_of, decision_of, step_of
from support.shop import HOME, MemoryShop, order_of

ODD = replace(HOME, lines=("Rue de la Paix", HOME.city))
WELL = replace(HOME, lines=("Rue de la Paix",))


@pytest.fixture
def shop() -> MemoryShop:
    return MemoryShop([("TEE-M", "lyon", 6), ("MUG", "lyon", 3)])


def follow_ups(shop: MemoryShop, draft: Draft) -> list[FollowUp]:
    [(order, events)] = order_events(draft).items()
    return order_follow_ups(shop.world.settings, shop.order(OrderId(order)), events, shop.now)


def held(shop: MemoryShop, **about: Any) -> OrderId:
    id_ = shop.place(order_of("W-1", ("TEE-M", 2, 2_000)))
    shop.do(c.PlaceHold(order=id_, hold=HoldInput(type="address", **about)))
    return id_


def asking(shop: MemoryShop, order: OrderId) -> d.DraftDecision:
    known = shop.order(order)
    doubt = doubt_of(known, 1, {known.agreement.groups[0].recipient: ODD})
    return d.DraftDecision(
        decision=str(new_id()), order=order, cause=DecisionCause.ADDRESS, hold=1, doubt=doubt, nonce="n", token_hash="h"
    )


def asked(shop: MemoryShop, order: OrderId) -> str:
    command = asking(shop, order)
    shop.do(command)
    return command.decision


def answer(shop: MemoryShop, id_: str, order: OrderId, option: str, **about: Any) -> Draft:
    return shop.do(d.AnswerDecision(decision=id_, order=order, option=option, token_hash="h", **about))


def test_a_hold_on_an_address_leads_to_a_question_and_no_other_hold_does(shop: MemoryShop) -> None:
    order = shop.place(order_of("W-1", ("TEE-M", 2, 2_000)))
    for type_, wanted in (("address", [1]), ("manual", [])):
        draft = shop.do(c.PlaceHold(order=order, hold=HoldInput(type=type_)))
        jobs = [each for each in follow_ups(shop, draft) if each.kind is JobKind.DRAFT_DECISION]
        assert [(each.body.cause, each.body.hold) for each in jobs] == [(DecisionCause.ADDRESS, n) for n in wanted]


def test_the_question_says_what_is_odd_and_names_no_street(shop: MemoryShop) -> None:
    order = held(shop)
    decision = decision_of(shop, asked(shop, order))
    assert (decision.state, decision.to, decision.default) == (DecisionState.SENT, Asked.CUSTOMER, "wait")
    assert [option.code for option in decision.options] == ["suggested", "keep", "other", "wait"]
    assert "a house number is missing; something in it is said twice" in decision.question
    assert "Paix" not in str(decision)
    assert suggestion_for(decision.about.doubt, ODD) == WELL
    assert step_of(shop, order) == "answer_decision customer"


def test_what_is_suggested_is_agreed_and_the_hold_is_lifted(shop: MemoryShop) -> None:
    order = held(shop)
    id_ = asked(shop, order)
    missing = d.AnswerDecision(decision=id_, order=order, option="suggested", token_hash="h")
    assert code_of(shop, missing) == "ANSWER_INCOMPLETE"
    before = shop.order(order).agreement.groups[0].recipient
    told = answer(shop, id_, order, "suggested", suggestion=WELL)
    known = shop.order(order)
    assert (known.holds, known.agreement.number, known.asked) == ((), 2, ())
    assert known.agreement.groups[0].recipient != before
    assert [(each.token, each.address) for each in told.people] == [(known.agreement.groups[0].recipient, WELL)]
    assert known.lines[0].units.pooled == 2
    assert_sound(shop)


def test_the_customer_says_that_it_is_right_or_where_to(shop: MemoryShop) -> None:
    order = held(shop)
    id_ = asked(shop, order)
    assert (
        code_of(shop, d.AnswerDecision(decision=id_, order=order, option="other", token_hash="h"))
        == "ANSWER_INCOMPLETE"
    )
    lyon = replace(HOME, lines=("7 Quai", "Dock 4"))
    answer(shop, id_, order, "other", address=lyon)
    assert (shop.order(order).holds, shop.order(order).agreement.number) == ((), 2)
    second = held_again(shop)
    answer(shop, asked(shop, second), second, "keep")
    assert (shop.order(second).holds, shop.order(second).agreement.number) == ((), 1)
    assert_sound(shop)


def held_again(shop: MemoryShop) -> OrderId:
    id_ = shop.place(order_of("W-2", ("MUG", 1, 1_000)))
    shop.do(c.PlaceHold(order=id_, hold=HoldInput(type="address")))
    return id_


@pytest.mark.parametrize(
    ("about", "owner", "escalated"),
    [
        ({}, "support", True),
        ({"escalate_to": "head of support"}, "head of support", True),
        ({"on_breach": Breach.REJECT, "due_at": None}, "support", False),  # its own clock decides
    ],
)
def test_silence_sends_nothing_and_tells_who_owns_the_hold(
    shop: MemoryShop, about: dict[str, Any], owner: str, escalated: bool
) -> None:
    order = held(shop, **about)
    id_ = asked(shop, order)
    shop.later(hours=73)
    shop.do(d.LapseDecision(decision=id_, order=order, sending=1))
    decision, [hold] = decision_of(shop, id_), shop.order(order).holds
    assert (decision.state, hold.type, hold.owner) == (DecisionState.EXECUTED, "address", owner)
    assert (hold.escalated_at is not None) is escalated
    assert shop.order(order).agreement.number == 1
    assert_sound(shop)


def test_a_hold_that_the_clock_has_escalated_meanwhile_is_told_of_again(shop: MemoryShop) -> None:
    order = held(shop, escalate_to="head of support")
    id_ = asked(shop, order)
    shop.later(hours=25)
    shop.do(BreachHold(order=order, hold=1))
    shop.later(hours=48)
    shop.do(d.LapseDecision(decision=id_, order=order, sending=1))
    assert decision_of(shop, id_).state is DecisionState.EXECUTED
    assert shop.order(order).holds[0].escalated_at == shop.now


@pytest.mark.parametrize(
    "meanwhile",
    [
        lambda order: c.ReleaseHold(order=order, hold=1, reason="called"),
        lambda order: ChangeOrder(order=order, reason="called", actions=(ChangeAddress(address=HOME),)),
        lambda order: c.CancelUnits(order=order, reason="changed mind", lines=(LineQuantity(1, 2),)),
    ],
)
def test_what_is_settled_otherwise_is_asked_no_more(shop: MemoryShop, meanwhile: Any) -> None:
    order = held(shop)
    id_ = asked(shop, order)
    draft = shop.do(meanwhile(order))
    assert JobKind.REVIEW_DECISION in {each.kind for each in follow_ups(shop, draft)}
    shop.do(d.ReviewDecision(decision=id_, order=order))
    assert decision_of(shop, id_).state is DecisionState.WITHDRAWN
    assert shop.order(order).asked == ()


def test_an_address_that_is_another_by_now_is_not_asked_about(shop: MemoryShop) -> None:
    order = held(shop)
    late = asking(shop, order)
    shop.do(ChangeOrder(order=order, reason="called", actions=(ChangeAddress(address=HOME),)))
    assert code_of(shop, late) == "NOTHING_TO_DO"


def test_of_several_addresses_the_odd_one_is_meant(shop: MemoryShop) -> None:
    groups = (c.GroupInput(address=HOME), c.GroupInput(group=2, address=ODD))
    lines = tuple(c.LineInput(sku="TEE-M", quantity=1, unit_price_minor=2_000, group=n) for n in (1, 2))
    placing = replace(order_of("W-1", ("TEE-M", 2, 2_000)), lines=lines, groups=groups)
    id_ = shop.place(placing)
    shop.do(c.PlaceHold(order=id_, hold=HoldInput(type="address")))
    known = shop.order(id_)
    [first, second] = [each.recipient for each in known.agreement.groups]
    found = doubt_of(known, 1, {first: HOME, second: ODD})
    assert found == Doubt(
        group=2, recipient=second, problems=("house_number_missing", "written_otherwise"), suggests=True
    )  # fmt: skip
    assert doubt_of(known, 2, {}) is None
    erased = doubt_of(known, 1, {})
    assert erased is not None
    assert suggestion_for(erased, None) is None


def test_a_hold_is_put_to_somebody_else_with_a_reason(shop: MemoryShop) -> None:
    order = held(shop)
    assert code_of(shop, EscalateHold(order=order, hold=1, reason="")) == "FIELD_REQUIRED"
    assert code_of(shop, EscalateHold(order=order, hold=2, reason="x")) == "HOLD_UNKNOWN"
    shop.do(EscalateHold(order=order, hold=1, reason="their words are not ours", to="dispatch"))
    [hold] = shop.order(order).holds
    assert (hold.owner, hold.escalated_at) == ("dispatch", shop.now)
    shop.later(hours=25)
    assert code_of(shop, BreachHold(order=order, hold=1)) == "NOTHING_TO_DO"
    assert hold.due_at is not None
    assert hold.due_at - hold.placed_at == timedelta(hours=24)


def test_a_hold_on_one_address_is_not_lifted_with_another(shop: MemoryShop) -> None:
    groups = (c.GroupInput(address=ODD), c.GroupInput(group=2, address=HOME))
    lines = tuple(c.LineInput(sku="TEE-M", quantity=1, unit_price_minor=2_000, group=group) for group in (1, 2))
    order = shop.place(order_of("W-2", *lines, groups=groups))
    shop.do(c.PlaceHold(order=order, hold=HoldInput(type="address", line=1)))
    authority = HoldAuthority()
    assert (
        code_of(shop, ChangeDelivery(order=order, group=2, address=WELL, hold=1, authority=authority)) == "HOLD_UNKNOWN"
    )
    shop.do(ChangeDelivery(order=order, group=1, address=WELL, hold=1, authority=authority))
    assert not shop.order(order).holds
