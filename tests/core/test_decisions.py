"""Decision requests: drafted with what can be done, carried out when answered or silent, offered again when not."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest
from msgspec.structs import replace

from orderline.core.context import SYSTEM, Context
from orderline.core.decisions import commands as d
from orderline.core.decisions.asking import Asked, AskPolicy, DecisionCause, DelayStage
from orderline.core.decisions.evolve import DECISION
from orderline.core.decisions.state import OPEN, Decision, DecisionState
from orderline.core.moves import Units
from orderline.core.next_steps import JobKind, asking_follow_ups, order_follow_ups
from orderline.core.orders import commands as c
from orderline.core.orders.next_step import next_step_of
from orderline.core.orders.promised import LineWindowInput, PromiseCause
from orderline.core.orders.state import LineKind, LineQuantity
from orderline.core.orders.status import status_of
from orderline.core.pickups.commands import ExpirePickup, ReadyPickup
from orderline.core.stock.commands import AdjustStock, PutChannel, PutLocation, PutPool
from orderline.core.stock.state import Channel, Location, LocationKind, Pool
from orderline.core.telling import record_events
from orderline.values.address import Place
from orderline.values.failures import Refused
from orderline.values.ids import OrderId, new_id
from support.always import assert_follow_ups_sound, assert_sound
from support.askers import OPENING, STOCK, Askers
from support.shop import HOME, NOON, MemoryShop, order_of


def drafted(shop: MemoryShop, order: OrderId, cause: DecisionCause, **about: Any) -> str:
    id_ = str(new_id())
    shop.do(d.DraftDecision(decision=id_, order=order, cause=cause, nonce="n", token_hash="h", **about))
    return id_


def decision_of(shop: MemoryShop, id_: str) -> Decision:
    found = shop.world.records["decision", id_]
    assert isinstance(found, Decision)
    return found


def code_of(shop: MemoryShop, command: c.Command) -> str:
    with pytest.raises(Refused) as refused:
        shop.do(command)
    return refused.value.code.value


def step_of(shop: MemoryShop, order: OrderId) -> str:
    found = shop.order(order)
    step = next_step_of(found, status_of(found).phase)
    assert step is not None
    return f"{step.what} {step.owner}"


def unfillable(shop: MemoryShop, quantity: int = 2, **about: Any) -> OrderId:
    """An order whose one location has rejected all of it."""
    order = shop.place(order_of("A-1", ("TEE-M", quantity, 2000), **about))
    location = "paris" if about.get("pickup") else "lyon"
    pool = "stores" if about.get("pickup") else "eu"
    shop.do(c.AllocateUnits(order=order, group=1, allotments=(c.Allotment(1, pool, location, quantity),)))
    shop.do(c.RejectUnits(order=order, fulfillment=1, reason="not found", shelf="missing"))
    assert any(hold.type == "unfillable" for hold in shop.order(order).holds)
    return order


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


# --- delays


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


# --- pickup


def with_stores(shop: MemoryShop, units: int = 2) -> None:
    """Stores beside that of Paris, with shirts."""
    for code in ("nice", "metz"):
        shop.do(PutPool(pool=Pool(code)))
        store = Location(code, code.title(), LocationKind.STORE, code, Place(country="FR"), pickup=True)
        shop.do(PutLocation(location=store))
    shop.do(AdjustStock(sku="TEE-M", location="nice", quantity=units, reason="received"))
    shop.do(AdjustStock(sku="TEE-M", location="paris", quantity=2, reason="received"))


def context(shop: MemoryShop) -> Context:
    return Context(shop.now, SYSTEM, OrderId(new_id()), "x")


def test_another_store_is_offered_with_units_kept_for_the_answer(shop: MemoryShop) -> None:
    with_stores(shop)
    order = unfillable(shop, pickup="paris")
    id_ = drafted(shop, order, DecisionCause.UNFILLABLE)
    decision = decision_of(shop, id_)
    assert [option.code for option in decision.options] == ["store:nice", "ship", "wait", "substitute", "cancel"]
    assert (shop.world.pool_level("TEE-M", "nice").held, shop.world.pool_level("TEE-M", "nice").atp) == (2, 0)
    cart = shop.world.carts[d.hold_of(id_)]
    assert cart is not None
    assert cart.expires_at == decision.deadline_at
    shop.do(d.AnswerDecision(decision=id_, order=order, option="store:nice", token_hash="h"))
    found = shop.order(order)
    assert found.agreement.groups[0].pickup_location == "nice"
    assert (found.lines[0].units, found.holds) == (Units(pooled=2), ())
    level = shop.world.pool_level("TEE-M", "nice")
    assert (level.held, level.claims) == (0, 2)


def test_what_is_kept_is_free_again_when_another_option_is_chosen(shop: MemoryShop) -> None:
    with_stores(shop)
    order = unfillable(shop, pickup="paris")
    id_ = drafted(shop, order, DecisionCause.UNFILLABLE)
    shop.do(d.AnswerDecision(decision=id_, order=order, option="cancel", token_hash="h"))
    assert shop.world.pool_level("TEE-M", "nice").atp == 2
    assert shop.world.carts[d.hold_of(id_)] is None


def test_goods_of_a_store_are_sent_to_the_address_that_comes_with_the_answer(shop: MemoryShop) -> None:
    with_stores(shop, units=1)
    order = unfillable(shop, pickup="paris")
    id_ = drafted(shop, order, DecisionCause.UNFILLABLE)
    answer = d.AnswerDecision(decision=id_, order=order, option="ship", token_hash="h")
    assert code_of(shop, answer) == "ANSWER_INCOMPLETE"
    typo = replace(HOME, postal_code="x")
    wrong = d.AnswerDecision(decision=id_, order=order, option="ship", token_hash="h", address=typo)
    assert code_of(shop, wrong) == "POSTAL_CODE_INVALID"
    assert decision_of(shop, id_).failures == 0
    sent = d.AnswerDecision(decision=id_, order=order, option="ship", token_hash="h", address=HOME)
    draft = shop.do(sent)
    found = shop.order(order)
    assert (found.agreement.groups[0].pickup_location, found.lines[0].kind) == (None, LineKind.SHIP)
    assert found.lines[0].claims[0].pool == "eu"
    [person] = draft.people
    assert (person.token, person.address) == (found.agreement.groups[0].recipient, HOME)


def test_a_store_that_was_emptied_meanwhile_is_not_offered_again(shop: MemoryShop) -> None:
    with_stores(shop)
    order = unfillable(shop, pickup="paris")
    id_ = drafted(shop, order, DecisionCause.UNFILLABLE)
    shop.do(AdjustStock(sku="TEE-M", location="nice", quantity=2, reason="shrinkage"))
    shop.do(d.AnswerDecision(decision=id_, order=order, option="store:nice", token_hash="h"))
    decision = decision_of(shop, id_)
    assert (decision.state, decision.failed) == (DecisionState.SENT, "STOCK_NOT_AVAILABLE")
    assert [option.code for option in decision.options] == ["ship", "wait", "substitute", "cancel"]
    assert shop.order(order).agreement.groups[0].pickup_location == "paris"
    assert shop.world.pool_level("TEE-M", "nice").held == 0


def test_goods_that_nobody_collected_are_kept_longer_or_canceled(shop: MemoryShop) -> None:
    shop.do(AdjustStock(sku="TEE-M", location="paris", quantity=1, reason="received"))
    order = shop.place(order_of("A-3", ("TEE-M", 1, 2000), pickup="paris"))
    items = (LineQuantity(1, 1),)
    for command in (
        c.AllocateUnits(order=order, group=1, allotments=(c.Allotment(1, "stores", "paris", 1),)),
        c.AcceptFulfillment(order=order, fulfillment=1),
        c.PickUnits(order=order, fulfillment=1, lines=items),
        c.PackUnits(order=order, fulfillment=1, parcels=(c.ParcelInput(items=items),)),
        ReadyPickup(order=order, fulfillment=1, seed="s", code_hash="k"),
    ):
        shop.do(command)
    shop.later(days=8)
    shop.do(ExpirePickup(order=order, fulfillment=1))
    id_ = drafted(shop, order, DecisionCause.UNCOLLECTED, fulfillment=1)
    assert [option.code for option in decision_of(shop, id_).options] == ["later", "cancel"]
    shop.do(d.AnswerDecision(decision=id_, order=order, option="later", token_hash="h"))
    pickup = shop.order(order).pickups[0]
    assert (pickup.uncollected_at, pickup.code_hash) == (None, "k")
    assert pickup.deadline_at == NOON + timedelta(days=15)


@pytest.mark.parametrize("seed", range(40))
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
