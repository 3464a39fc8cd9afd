"""What customers are asked when their goods come late: by how much decides what silence means."""

from datetime import timedelta
from typing import Any

import pytest

from orderline.core.decisions import commands as d
from orderline.core.decisions.asking import DecisionCause, DelayStage
from orderline.core.decisions.following import asking_follow_ups
from orderline.core.decisions.state import DecisionState
from orderline.core.moves import Units
from orderline.core.next_steps import JobKind, order_follow_ups
from orderline.core.orders import commands as c
from orderline.core.orders.promised import LineWindowInput, PromiseCause
from orderline.values.failures import Refused
from orderline.values.ids import OrderId, new_id
from support.deciders import code_of, decision_of, drafted
from support.shop import HOME, NOON, MemoryShop, order_of


@pytest.fixture
def shop() -> MemoryShop:
    return MemoryShop([("TEE-M", "lyon", 2)])


def delayed(shop: MemoryShop, days: int | None, **about: Any) -> tuple[OrderId, str]:
    """An order promised within two days whose mugs come later."""
    order = shop.place(order_of("A-2", ("TEE-M", 1, 2000), ("MUG", 2, 500), **about))
    promised = LineWindowInput(line=2, earliest_at=NOON, latest_at=NOON + timedelta(days=2))
    shop.do(c.PromiseLines(order=order, lines=(promised,)))
    latest_at = None if days is None else NOON + timedelta(days=2 + days)
    about = {"lines": (2,), "latest_at": latest_at, "why": PromiseCause.SUPPLIER}
    return order, drafted(shop, order, DecisionCause.DELAY, **about)


def test_a_delay_with_a_date_is_borne_by_silence_and_the_promise_says_so(shop: MemoryShop) -> None:
    order, id_ = delayed(shop, 10)
    assert [option.code for option in decision_of(shop, id_).options] == ["accept", "cancel"]
    assert decision_of(shop, id_).default == "accept"
    shop.later(hours=72)
    shop.do(d.LapseDecision(decision=id_, order=order, sending=1))
    promise = shop.order(order).promises[0]
    assert promise.last is not None
    assert (promise.last.latest_at, promise.cause) == (NOON + timedelta(days=12), PromiseCause.SUPPLIER)
    assert promise.first.latest_at == NOON + timedelta(days=2)


def test_what_was_agreed_to_is_noted_and_another_delay_is_borne_by_nobodys_silence(shop: MemoryShop) -> None:
    order, id_ = delayed(shop, 10)
    assert decision_of(shop, id_).about.stage is DelayStage.FIRST
    shop.later(hours=72)
    shop.do(d.LapseDecision(decision=id_, order=order, sending=1))
    [consent] = shop.order(order).consents
    first, agreed = NOON + timedelta(days=2), NOON + timedelta(days=12)
    assert (consent.stage, consent.how, consent.promised_at, consent.latest_at) == ("first", "silence", first, agreed)
    shop.later(days=7)
    again = drafted(shop, order, DecisionCause.DELAY, lines=(2,), latest_at=NOON + timedelta(days=20))
    asked = decision_of(shop, again)
    assert (asked.about.stage, asked.default) == (DelayStage.NEXT, "cancel")
    # Who says nothing until the date that was agreed to has not agreed to another.
    assert asked.deadline_at == agreed
    shop.do(d.AnswerDecision(decision=again, order=order, option="accept", token_hash="h"))
    assert [(each.stage, each.how) for each in shop.order(order).consents] == [("first", "silence"), ("next", "link")]


def test_a_first_delay_by_more_than_thirty_days_needs_consent(shop: MemoryShop) -> None:
    _, id_ = delayed(shop, 30)
    assert decision_of(shop, id_).default == "accept"
    other = MemoryShop([("TEE-M", "lyon", 2)])
    order, id_ = delayed(other, 31)
    assert decision_of(other, id_).default == "cancel"
    other.later(hours=72)
    other.do(d.LapseDecision(decision=id_, order=order, sending=1))
    assert other.order(order).consents == ()
    assert other.order(order).lines[1].units == Units(canceled=2)


def test_a_delay_that_nobody_knows_the_end_of_is_a_cancellation_by_silence(shop: MemoryShop) -> None:
    order, id_ = delayed(shop, None)
    assert (decision_of(shop, id_).default, decision_of(shop, id_).options[0].code) == ("cancel", "wait")
    shop.later(hours=72)
    shop.do(d.LapseDecision(decision=id_, order=order, sending=1))
    assert shop.order(order).lines[1].units == Units(canceled=2)
    assert shop.order(order).lines[0].units == Units(pooled=1)


def test_a_short_delay_asks_nobody(shop: MemoryShop) -> None:
    with pytest.raises(Refused) as refused:
        delayed(shop, 3)
    assert refused.value.code.value == "NOTHING_TO_DO"


def test_a_delay_of_goods_that_a_location_sends_now_is_told_and_not_asked(shop: MemoryShop) -> None:
    order = shop.place(order_of("A-2", ("TEE-M", 1, 2000)))
    promised = LineWindowInput(line=1, earliest_at=NOON, latest_at=NOON + timedelta(days=2))
    shop.do(c.PromiseLines(order=order, lines=(promised,)))
    about: dict[str, Any] = {"cause": DecisionCause.DELAY, "lines": (1,), "why": PromiseCause.LOCATION}

    def asking(days: int, **more: Any) -> d.DraftDecision:
        latest_at = NOON + timedelta(days=2 + days)
        return d.DraftDecision(decision=str(new_id()), order=order, latest_at=latest_at, **about, **more)

    assert code_of(shop, asking(10)) == "NOTHING_TO_DO"
    # whose consent silence would not give is asked, and so is who is asked by a person
    shop.do(asking(31))
    [asked] = shop.order(order).asked
    shop.do(d.WithdrawDecision(decision=asked.id, order=order, reason="found"))
    shop.do(asking(10, by_hand=True, note="sorry"))
    assert len(shop.order(order).asked) == 1


def test_what_is_there_goes_at_once_when_the_customer_says_so(shop: MemoryShop) -> None:
    groups = (c.GroupInput(address=HOME, ship_complete=True),)
    order, id_ = delayed(shop, 10, groups=groups)
    assert [option.code for option in decision_of(shop, id_).options] == ["accept", "split", "cancel"]
    draft = shop.do(d.AnswerDecision(decision=id_, order=order, option="split", token_hash="h"))
    found = shop.order(order)
    assert not found.agreement.groups[0].ship_complete
    assert [each.number for each in found.agreements] == [1, 2]
    events = [event for _, event in draft.events]
    jobs = order_follow_ups(shop.world.settings, found, events, shop.now)
    assert JobKind.ROUTE in {job.kind for job in jobs}
    # what was chosen asks no new question
    assert JobKind.DRAFT_DECISION not in {job.kind for job in jobs}


def test_another_date_takes_the_place_of_the_question_before(shop: MemoryShop) -> None:
    order, id_ = delayed(shop, 10)
    later = NOON + timedelta(days=30)
    again = {"cause": DecisionCause.DELAY, "lines": (2,), "latest_at": later, "nonce": "n", "token_hash": "h"}
    second = str(new_id())
    assert code_of(shop, d.DraftDecision(decision=second, order=order, **again)) == "NOTHING_TO_DO"
    shop.do(d.DraftDecision(decision=second, order=order, replaces=(id_,), **again))
    assert decision_of(shop, id_).state is DecisionState.WITHDRAWN
    assert [each.id for each in shop.order(order).asked] == [second]


def test_a_revised_promise_and_a_hold_lead_to_the_question(shop: MemoryShop) -> None:
    order = shop.place(order_of("A-2", ("MUG", 2, 500)))
    window = LineWindowInput(line=1, earliest_at=NOON, latest_at=NOON + timedelta(days=2))
    shop.do(c.PromiseLines(order=order, lines=(window,)))
    later = LineWindowInput(line=1, earliest_at=NOON, latest_at=NOON + timedelta(days=9))
    draft = shop.do(c.PromiseLines(order=order, lines=(later,), cause=PromiseCause.SUPPLIER))
    [job] = asking_follow_ups(shop.order(order), [event for _, event in draft.events], shop.now)
    assert (job.kind, job.body.cause, job.body.lines) == (JobKind.DRAFT_DECISION, DecisionCause.DELAY, (1,))
    assert job.body.latest_at == NOON + timedelta(days=9)
