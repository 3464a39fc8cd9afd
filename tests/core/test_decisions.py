"""Decision requests: drafted with what can be done, carried out when answered or silent, offered again when not."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest

from orderline.core.context import SYSTEM, Context
from orderline.core.decisions import commands as d
from orderline.core.decisions.asking import Asked, AskPolicy, DecisionCause
from orderline.core.decisions.evolve import DECISION
from orderline.core.decisions.following import asking_follow_ups
from orderline.core.decisions.state import OPEN, Decision, DecisionState
from orderline.core.moves import Units
from orderline.core.next_steps import JobKind
from orderline.core.orders import commands as c
from orderline.core.orders.state import LineQuantity
from orderline.core.stock.commands import PutChannel
from orderline.core.stock.state import Channel
from orderline.core.telling import record_events
from orderline.values.failures import Refused
from orderline.values.ids import OrderId, new_id
from support.always import assert_follow_ups_sound, assert_sound
from support.askers import OPENING, STOCK, Askers
from support.deciders import code_of, decision_of, drafted, step_of, unfillable
from support.depth import deep
from support.seeds import seeds
from support.shop import NOON, MemoryShop


@pytest.fixture
def shop() -> MemoryShop:
    return MemoryShop([("TEE-M", "lyon", 2)])


def test_units_that_cannot_be_had_are_asked_about_with_what_each_option_would_do(shop: MemoryShop) -> None:
    order = unfillable(shop)
    assert step_of(shop, order) == "resolve_hold support"
    id_ = drafted(shop, order, DecisionCause.UNFILLABLE)
    decision = decision_of(shop, id_)
    assert decision.state is DecisionState.SENT
    assert [option.code for option in decision.options] == ["wait", "substitute", "cancel"]
    assert decision.default == "cancel"
    cancel = decision.option_of("cancel")
    assert cancel is not None
    assert cancel.preview.money_minor == -4000
    assert [(p.before, p.after) for p in cancel.preview.lines] == [(Units(unplanned=2), Units(canceled=2))]
    assert decision.deadline_at == NOON + timedelta(hours=72)
    assert step_of(shop, order) == "answer_decision customer"
    # drafting has moved nothing
    assert shop.order(order).lines[0].units == Units(unplanned=2)


def test_an_answer_is_carried_out_at_once_and_only_once(shop: MemoryShop) -> None:
    order = unfillable(shop)
    id_ = drafted(shop, order, DecisionCause.UNFILLABLE)
    shop.do(d.AnswerDecision(decision=id_, order=order, option="cancel", token_hash="h"))
    assert decision_of(shop, id_).state is DecisionState.EXECUTED
    evidence = decision_of(shop, id_).evidence
    assert evidence is not None
    assert (evidence.channel, evidence.answer, evidence.token_hash) == ("link", "cancel", "h")
    assert "40.00 EUR back" in evidence.shown
    assert shop.order(order).lines[0].units == Units(canceled=2)
    assert shop.order(order).asked == ()
    again = d.AnswerDecision(decision=id_, order=order, option="wait", token_hash="h")
    assert code_of(shop, again) == "DECISION_STATE"
    shop.later(hours=80)
    assert code_of(shop, d.LapseDecision(decision=id_, order=order, sending=1)) == "NOTHING_TO_DO"


def test_silence_is_the_default_once_the_deadline_is_past(shop: MemoryShop) -> None:
    order = unfillable(shop)
    id_ = drafted(shop, order, DecisionCause.UNFILLABLE)
    shop.later(hours=71)
    assert code_of(shop, d.LapseDecision(decision=id_, order=order, sending=1)) == "DECISION_NOT_DUE"
    shop.later(hours=1)
    late = d.AnswerDecision(decision=id_, order=order, option="wait", token_hash="h")
    assert code_of(shop, late) == "DECISION_OVER"
    shop.do(d.LapseDecision(decision=id_, order=order, sending=1))
    assert decision_of(shop, id_).state is DecisionState.EXECUTED
    assert shop.order(order).lines[0].units == Units(canceled=2)


def test_waiting_lifts_the_hold_and_asks_the_locations_again(shop: MemoryShop) -> None:
    order = unfillable(shop)
    id_ = drafted(shop, order, DecisionCause.UNFILLABLE)
    shop.do(d.AnswerDecision(decision=id_, order=order, option="wait", reason="called us"))
    found = shop.order(order)
    assert found.holds == ()
    assert found.lines[0].excluded == ()
    evidence = decision_of(shop, id_).evidence
    assert evidence is not None
    assert (evidence.channel, evidence.by, evidence.reason) == ("staff", SYSTEM.name, "called us")


def test_who_answers_for_somebody_says_why(shop: MemoryShop) -> None:
    order = unfillable(shop)
    id_ = drafted(shop, order, DecisionCause.UNFILLABLE)
    assert code_of(shop, d.AnswerDecision(decision=id_, order=order, option="wait")) == "FIELD_REQUIRED"
    assert code_of(shop, d.AnswerDecision(decision=id_, order=order, option="fly", reason="x")) == "OPTION_UNKNOWN"
    stranger = d.AnswerDecision(decision=id_, order=order, option="wait", token_hash="other")
    assert code_of(shop, stranger) == "DECISION_UNKNOWN"


def test_an_option_that_cannot_be_done_any_more_is_not_done_and_the_others_are_offered_again(shop: MemoryShop) -> None:
    order = unfillable(shop)
    id_ = drafted(shop, order, DecisionCause.UNFILLABLE)
    shop.do(c.CancelUnits(order=order, reason="fewer", lines=(LineQuantity(1, 1),)))
    shop.do(d.AnswerDecision(decision=id_, order=order, option="cancel", token_hash="h"))
    decision = decision_of(shop, id_)
    assert (decision.state, decision.failed, decision.failures, decision.sendings) == (
        DecisionState.SENT, "QUANTITY_NOT_AVAILABLE", 1, 2,
    )  # fmt: skip
    assert decision.about.lines == (LineQuantity(1, 1),)
    assert shop.order(order).lines[0].units == Units(unplanned=1, canceled=1)
    shop.do(d.AnswerDecision(decision=id_, order=order, option="cancel", token_hash="h"))
    assert shop.order(order).lines[0].units == Units(canceled=2)


def test_what_is_decided_otherwise_is_asked_no_more(shop: MemoryShop) -> None:
    order = unfillable(shop)
    id_ = drafted(shop, order, DecisionCause.UNFILLABLE)
    assert code_of(shop, d.ReviewDecision(decision=id_, order=order)) == "NOTHING_TO_DO"
    draft = shop.do(c.CancelUnits(order=order, reason="by phone"))
    found = shop.order(order)
    events = [event for _, event in draft.events]
    assert JobKind.REVIEW_DECISION in {job.kind for job in asking_follow_ups(found, events, shop.now)}
    shop.do(d.ReviewDecision(decision=id_, order=order))
    assert decision_of(shop, id_).state is DecisionState.WITHDRAWN
    assert shop.order(order).asked == ()


def test_nobody_is_asked_twice_about_the_same_units(shop: MemoryShop) -> None:
    order = unfillable(shop)
    drafted(shop, order, DecisionCause.UNFILLABLE)
    again = d.DraftDecision(decision=str(new_id()), order=order, cause=DecisionCause.UNFILLABLE)
    assert code_of(shop, again) == "NOTHING_TO_DO"


def test_the_channel_says_what_is_drafted_and_what_is_sent(shop: MemoryShop) -> None:
    asks = AskPolicy(sends=(), answer_hours=10, reminder_hours=(2, 20))
    shop.do(PutChannel(channel=Channel("web", "Web shop", ("eu", "stores"), asks=asks)))
    order = unfillable(shop)
    id_ = drafted(shop, order, DecisionCause.UNFILLABLE)
    assert decision_of(shop, id_).state is DecisionState.DRAFTED
    assert step_of(shop, order) == f"send_decision {Asked.CSR}"
    draft = shop.do(d.SendDecision(decision=id_, order=order, nonce="n", token_hash="h"))
    decision = decision_of(shop, id_)
    events = record_events(draft)["decision", id_]
    jobs = DECISION.follow_ups(shop.world, decision, events, shop.now)
    assert [(job.kind, job.body.template, job.due_at - NOON) for job in jobs] == [
        (JobKind.DECISION_DUE, "", timedelta(hours=10)),
        (JobKind.NOTICE, "decision_asked", timedelta()),
        (JobKind.NOTICE, "decision_reminder", timedelta(hours=8)),
    ]
    shop.do(PutChannel(channel=Channel("web", "Web shop", ("eu", "stores"), asks=AskPolicy(drafts=()))))
    shop.do(d.WithdrawDecision(decision=id_, order=order, reason="we found some"))
    again = d.DraftDecision(decision=str(new_id()), order=order, cause=DecisionCause.UNFILLABLE)
    assert code_of(shop, again) == "NOTHING_TO_DO"


def test_an_answer_may_be_awaited_for_minutes_but_not_for_no_time(shop: MemoryShop) -> None:
    def put(**asks: Any) -> PutChannel:
        return PutChannel(channel=Channel("web", "Web shop", ("eu", "stores"), asks=AskPolicy(**asks)))

    shop.do(put(answer_hours=0, answer_s=600))
    order = unfillable(shop)
    id_ = drafted(shop, order, DecisionCause.UNFILLABLE)
    assert decision_of(shop, id_).deadline_at == shop.now + timedelta(minutes=10)
    shop.do(put(answer_hours=24 * 90 - 1, answer_s=3600))
    for wrong in (
        {"answer_hours": 0},
        {"answer_hours": 24 * 90, "answer_s": 1},
        {"answer_s": -1},
        {"answer_hours": -1},
    ):
        assert code_of(shop, put(**wrong)) == "QUANTITY_NEGATIVE", wrong


def test_where_a_hold_forbids_what_silence_stands_for_a_person_decides(shop: MemoryShop) -> None:
    order = unfillable(shop)
    id_ = drafted(shop, order, DecisionCause.UNFILLABLE)
    shop.do(c.PlaceHold(order=order, hold=c.HoldInput(type="manual", blocks=("cancel",))))
    shop.later(hours=72)
    shop.do(d.LapseDecision(decision=id_, order=order, sending=1))
    decision = decision_of(shop, id_)
    assert (decision.state, decision.failed) == (DecisionState.WITHDRAWN, "BLOCKED_BY_HOLD")
    assert "a person decides" in decision.reason
    assert step_of(shop, order) == "resolve_hold support"


def context(shop: MemoryShop) -> Context:
    return Context(shop.now, SYSTEM, OrderId(new_id()), "x")


@pytest.mark.slow
@pytest.mark.parametrize("seed", seeds(deep(12)))
def test_whatever_is_asked_answered_and_done_meanwhile_everything_adds_up(seed: int) -> None:
    dice = Random(seed)
    shop = MemoryShop(STOCK)
    for command in OPENING:
        shop.do(command)

    def decisions() -> list[Decision]:
        return [each for each in shop.world.records.values() if isinstance(each, Decision)]

    askers = Askers(dice, shop.order, decisions, lambda: shop.now)
    for _ in range(250):
        shop.later(hours=dice.choice((0, 0, 1, 30)))
        command = askers.next()
        try:
            draft = shop.do(command)
        except Refused:
            continue
        if isinstance(command, c.PlaceOrder):
            askers.orders.append(draft.events[0][0])
        assert_follow_ups_sound(shop, draft)
        assert_sound(shop)
        asked = {each.id: each.sent for order in askers.orders for each in shop.order(order).asked}
        standing = {each.id: each.state is DecisionState.SENT for each in decisions() if each.state in OPEN}
        assert asked == standing
        kept = {each.hold for each in decisions() if each.state in OPEN} - {None}
        assert {cart for cart, found in shop.world.carts.items() if found is not None} == kept
    assert any(each.state is DecisionState.EXECUTED for each in decisions())
