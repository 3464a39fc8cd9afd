"""Holds: placed by a policy before anything goes on, resolved by who may, with what follows from it."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from orderline.core.context import Actor, Context
from orderline.core.decide import run
from orderline.core.disputes.commands import TellDispute
from orderline.core.disputes.state import DisputeStage
from orderline.core.holds.commands import BreachHold, Looked, RejectHold, ScreenOrder
from orderline.core.holds.events import HoldEscalated, HoldReleased, OrderScreened
from orderline.core.holds.policy import compile_holds
from orderline.core.holds.screening import OUTSIDE
from orderline.core.holds.state import SCREENING, Breach, HoldAuthority, Outcome, Rejection
from orderline.core.moves import Units
from orderline.core.next_steps import JobKind, order_follow_ups
from orderline.core.orders import commands as c
from orderline.core.orders.state import LineQuantity, Order
from orderline.core.people.checking import problems_of
from orderline.core.people.normal import normal_address, normal_email, normal_phone
from orderline.core.policies.commands import ActivatePolicy, PutPolicy, RetirePolicy
from orderline.core.policies.state import digest_of
from orderline.core.returns.commands import PolicyReference
from orderline.values.failures import Refused
from orderline.values.ids import OrderId, new_id
from support.always import assert_sound
from support.shop import HOME, NOON, MemoryShop, order_of

POLICY = """
kind = "holds"

[[score]]
name = "express"
points = 7
when = 'order.method == "express"'

[[rule]]
name = "risky"
when = "score.total >= 40"
type = "fraud"
due_minutes = 60
on_breach = "reject"
may_release = ["risk"]
four_eyes_above_minor = 3000

[[rule]]
name = "twice"
when = "twins.orders > 0"
type = "duplicate"

[[rule]]
name = "thin"
when = "line.margin_ppm < 100000 && line.cost_minor > 0"
type = "margin"
per = "line"

[[rule]]
name = "after fraud"
when = "true"
type = "compliance"
on = ["resolved"]
after = ["fraud"]

[[rule]]
name = "no money"
when = "payment.declined"
type = "payment"
on = ["condition"]
"""


@pytest.fixture
def shop() -> MemoryShop:
    shop = MemoryShop([("TEE-M", "lyon", 9)])
    shop.do(PutPolicy(policy="risk", text=POLICY))
    shop.do(ActivatePolicy(policy="risk", policy_version=1))
    return shop


def screen(shop: MemoryShop, order: OrderId, trigger: str = "accept", resolved: str = "", **looked: Any) -> Order:
    reference = PolicyReference("risk", 1, digest_of(POLICY))
    shop.do(ScreenOrder(order=order, trigger=trigger, policy=reference, looked=Looked(**looked), resolved=resolved))
    return shop.order(order)


def by(shop: MemoryShop, who: str, command: c.Command) -> None:
    run(shop.world, command, Context(shop.now, Actor(who, f"api:{who}"), OrderId(new_id()), "SO-0"))


def code(shop: MemoryShop, who: str, command: c.Command) -> str:
    with pytest.raises(Refused) as refused:
        by(shop, who, command)
    return refused.value.code.value


def jobs(shop: MemoryShop, order: OrderId, *events: Any) -> list[JobKind]:
    follow_ups = order_follow_ups(shop.world.settings, shop.order(order), events, shop.now)
    return [each.kind for each in follow_ups]


def test_nothing_goes_on_before_an_order_was_looked_at(shop: MemoryShop) -> None:
    order = shop.place(order_of("A-1", ("TEE-M", 1, 2000)))
    assert [hold.type for hold in shop.order(order).holds] == [SCREENING]
    with pytest.raises(Refused) as refused:
        shop.do(c.AllocateUnits(order=order, group=1, allotments=(c.Allotment(1, "eu", "lyon", 1),)))
    assert refused.value.code.value == "BLOCKED_BY_HOLD"
    first = [each for each in jobs(shop, order, *shop.events[order]) if each in (JobKind.SCREEN, JobKind.ROUTE)]
    assert first == [JobKind.SCREEN]
    after = screen(shop, order, orders={"customer": 3})
    assert after.holds == ()
    assert JobKind.ROUTE in jobs(shop, order, *shop.events[order][-2:])
    shop.do(c.AllocateUnits(order=order, group=1, allotments=(c.Allotment(1, "eu", "lyon", 1),)))
    assert_sound(shop)


def test_intake_holds_nothing_outside_of_the_span_of_a_policy(shop: MemoryShop) -> None:
    shop.do(RetirePolicy(policy="risk"))
    assert shop.order(shop.place(order_of("A-1", ("TEE-M", 1, 2000)))).holds == ()
    later = shop.now + timedelta(hours=2)
    shop.do(
        ActivatePolicy(policy="risk", policy_version=1, effective_from=later, effective_to=later + timedelta(hours=1))
    )
    assert shop.order(shop.place(order_of("A-2", ("TEE-M", 1, 2000)))).holds == ()
    shop.now = later
    assert len(shop.order(shop.place(order_of("A-3", ("TEE-M", 1, 2000)))).holds) == 1
    shop.now = later + timedelta(hours=1)
    assert shop.order(shop.place(order_of("A-4", ("TEE-M", 1, 2000)))).holds == ()


def test_a_score_is_kept_with_its_points_and_what_it_was_made_of(shop: MemoryShop) -> None:
    order = shop.place(order_of("A-1", ("TEE-M", 1, 2000), custom={"ip_country": "us", "billing_country": "FR"}))
    after = screen(shop, order, orders={"email": 3, "card": 1}, blocked=())
    assert after.screening is not None
    # many by email 25, ordered from another country 20, first order 10
    assert after.screening.score == 55
    assert {each.rule: each.points for each in after.screening.points} == {
        "many orders by email": 25, "ordered from another country": 20, "first order": 10,
    }  # fmt: skip
    told = next(event for event in shop.events[order] if isinstance(event, OrderScreened))
    assert told.facts["velocity"]["email"] == 3
    assert told.facts["mismatch"] == {"billing": False, "ip": True, "card": False}
    assert "custom" not in told.facts["order"]
    assert [(hold.type, hold.rule, hold.due_at) for hold in after.holds] == [
        ("fraud", "risky", NOON + timedelta(minutes=60))
    ]
    assert "(score 55)" in after.holds[0].reason


def test_several_holds_stand_at_once_and_chains_place_more(shop: MemoryShop) -> None:
    line = c.LineInput(sku="TEE-M", quantity=1, unit_price_minor=2000, custom={"cost_minor": 1950})
    order = shop.place(order_of("A-1", line, ("TEE-M", 1, 2000)))
    after = screen(shop, order, blocked=("email",), twins=("SO-9",))
    assert [(hold.number, hold.type, hold.line) for hold in after.holds] == [
        (2, "fraud", None), (3, "duplicate", None), (4, "margin", 1),
    ]  # fmt: skip
    shop.do(c.ReleaseHold(order=order, hold=2))
    assert JobKind.SCREEN in jobs(shop, order, shop.events[order][-1])
    chained = screen(shop, order, "resolved", "fraud")
    assert [hold.type for hold in chained.holds] == ["duplicate", "margin", "compliance"]
    with pytest.raises(Refused) as refused:
        screen(shop, order, "resolved", "duplicate")
    assert refused.value.code.value == "NOTHING_TO_DO"


def test_a_rejection_cancels_and_pays_back_in_one(shop: MemoryShop) -> None:
    order = shop.place(order_of("A-1", ("TEE-M", 2, 1000), paid="captured"))
    screen(shop, order, blocked=("card",))
    shop.do(RejectHold(order=order, hold=2, reason="stolen card"))
    after = shop.order(order)
    assert after.lines[0].units == Units(canceled=2)
    assert [request.kind.value for request in after.tenders[0].requests] == ["refund"]
    ended = [event for event in shop.events[order] if isinstance(event, HoldReleased)][-1]
    assert (ended.outcome, ended.type) == (Outcome.REJECTED, "fraud")
    assert JobKind.SUGGEST_ENTRIES in jobs(shop, order, ended)
    assert_sound(shop)


def test_who_may_resolve_a_hold_goes_by_type_role_and_amount(shop: MemoryShop) -> None:
    order = shop.place(order_of("A-1", ("TEE-M", 1, 2000)))
    screen(shop, order, blocked=("email",))
    release = c.ReleaseHold(order=order, hold=2)
    for authority in (
        HoldAuthority(types=("address",), roles=("risk",)),
        HoldAuthority(roles=("sales",)),
        HoldAuthority(roles=("risk",), limits={"EUR": 1999}),
        HoldAuthority(roles=("risk",), limits={"USD": 10_000}),
    ):
        assert code(shop, "ann", msgspec.structs.replace(release, authority=authority)) == "HOLD_NOT_YOURS"
    place = c.PlaceHold(order=order, hold=c.HoldInput(type="fraud"), authority=HoldAuthority(types=("address",)))
    assert code(shop, "ann", place) == "HOLD_NOT_YOURS"
    by(shop, "ann", msgspec.structs.replace(release, authority=HoldAuthority(roles=("risk",), limits={"EUR": 2000})))
    assert shop.order(order).holds == ()


def test_above_an_amount_a_second_one_has_to_say_the_same(shop: MemoryShop) -> None:
    order = shop.place(order_of("A-1", ("TEE-M", 2, 2000)))
    screen(shop, order, blocked=("email",))
    release = c.ReleaseHold(order=order, hold=2, authority=HoldAuthority(roles=("risk",)))
    by(shop, "ann", release)
    held = shop.order(order).holds[0]
    assert held.confirming is not None
    assert held.confirming.by == "ann"
    assert code(shop, "ann", release) == "HOLD_CONFIRMED_BY_ANOTHER"
    # another word is a first word
    by(shop, "bob", RejectHold(order=order, hold=2, reason="no", authority=release.authority))
    assert shop.order(order).lines[0].units.canceled == 0
    by(shop, "ann", RejectHold(order=order, hold=2, reason="no", authority=release.authority))
    assert shop.order(order).lines[0].units.canceled == 2


@pytest.mark.parametrize("breach", list(Breach))
def test_the_clock_does_what_the_hold_says(breach: Breach) -> None:
    shop = MemoryShop([("TEE-M", "lyon", 9)])
    order = shop.place(order_of("A-1", ("TEE-M", 1, 2000)))
    due_at = NOON + timedelta(hours=1)
    hold = c.HoldInput(type="manual", due_at=due_at, on_breach=breach, escalate_to="boss")
    shop.do(c.PlaceHold(order=order, hold=hold))
    with pytest.raises(Refused) as refused:
        shop.do(BreachHold(order=order, hold=1))
    assert refused.value.code.value == "HOLD_NOT_DUE"
    shop.now = due_at
    shop.do(BreachHold(order=order, hold=1))
    after = shop.order(order)
    match breach:
        case Breach.ESCALATE:
            assert [(hold.owner, hold.escalated_at) for hold in after.holds] == [("boss", due_at)]
            with pytest.raises(Refused) as refused:
                shop.do(BreachHold(order=order, hold=1))
            assert refused.value.code.value == "NOTHING_TO_DO"
        case Breach.RELEASE:
            assert after.holds == ()
            assert after.lines[0].units == Units(pooled=1)
        case Breach.REJECT:
            assert after.holds == ()
            assert after.lines[0].units == Units(canceled=1)
    assert_sound(shop)


def test_what_the_clock_cannot_reject_is_escalated() -> None:
    shop = MemoryShop([("TEE-M", "lyon", 9)])
    order = shop.place(order_of("A-1", ("TEE-M", 1, 2000)))
    stop = c.HoldInput(type="manual", blocks=("cancel",))
    hold = c.HoldInput(type="fraud", due_at=NOON, on_breach=Breach.REJECT, escalate_to="boss")
    shop.do(c.PlaceHold(order=order, hold=stop))
    shop.do(c.PlaceHold(order=order, hold=hold))
    shop.do(BreachHold(order=order, hold=2))
    told = shop.events[order][-1]
    assert isinstance(told, HoldEscalated)
    assert "BLOCKED_BY_HOLD" in told.reason
    assert [hold.owner for hold in shop.order(order).holds] == ["operations", "boss"]


def test_rejecting_what_was_sent_has_it_come_back() -> None:
    shop = MemoryShop([("TEE-M", "lyon", 9)])
    order = shop.place(order_of("A-1", ("TEE-M", 1, 2000), paid="captured"))
    for command in (
        c.AllocateUnits(order=order, group=1, allotments=(c.Allotment(1, "eu", "lyon", 1),)),
        c.AcceptFulfillment(order=order, fulfillment=1),
        c.PickUnits(order=order, fulfillment=1, lines=(LineQuantity(1, 1),)),
        c.PackUnits(order=order, fulfillment=1, parcels=(c.ParcelInput(items=(LineQuantity(1, 1),)),)),
        c.ShipParcels(order=order, fulfillment=1, carrier="post"),
        c.PlaceHold(order=order, hold=c.HoldInput(type="fraud", on_reject=Rejection.RETURN)),
        RejectHold(order=order, hold=1, reason="never ordered it"),
    ):
        shop.do(command)
    returned = shop.order(order).returns[0]
    assert [(each.line, each.quantity, each.reason) for each in returned.items] == [(1, 1, "fraud")]
    assert_sound(shop)


def test_an_order_is_looked_at_again_when_its_payment_is_declined(shop: MemoryShop) -> None:
    order = shop.place(order_of("A-1", ("TEE-M", 1, 2000), paid="requested"))
    screen(shop, order, orders={"customer": 1})
    request = shop.order(order).tenders[0].requests[0]
    answer = c.AnswerPayment(
        order=order, tender=1, key=request.key, kind=request.kind, amount_minor=2000, declined="no funds"
    )
    shop.do(answer)
    assert JobKind.SCREEN in jobs(shop, order, shop.events[order][-1])
    assert [hold.type for hold in screen(shop, order, "condition").holds] == ["payment"]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ('[[rule]]\nname = "a"\ntype = "mood"\nwhen = "true"', "no hold type `mood`"),
        ('[[rule]]\nname = "a"\ntype = "fraud"\nwhen = "score.totl > 1"', "score.totl"),
        ('[[rule]]\nname = "a"\ntype = "fraud"\nwhen = "line.quantity > 1"', "unknown name `line`"),
        ('[[rule]]\nname = "a"\ntype = "fraud"\nwhen = "true"\nblocks = ["dance"]', "can't be blocked"),
        ('[[rule]]\nname = "a"\ntype = "fraud"\nwhen = "true"\nafter = ["fraud"]', "nothing is looked at after"),
        (
            '[[rule]]\nname = "a"\ntype = "fraud"\nwhen = "true"\non_breach = "release"\nfour_eyes_above_minor = 1',
            "what two have to",
        ),
    ],
)
def test_what_is_wrong_with_a_policy_is_told_with_its_place(text: str, wrong: str) -> None:
    with pytest.raises(Refused) as refused:
        compile_holds(f'kind = "holds"\n{text}\n', "")
    assert wrong in str(refused.value.facts["faults"])


def test_two_ways_of_writing_are_one() -> None:
    assert normal_email("Ann.Lee+shop@GoogleMail.com ") == normal_email("annlee@gmail.com")
    assert normal_email("ann.lee@example.com") != normal_email("annlee@example.com")
    assert normal_email("no address") == ""
    assert normal_phone("+33 6 12 34 56 78") == normal_phone("06.12.34.56.78")
    assert normal_phone("000000000") == normal_phone("12") == ""
    shouted = msgspec.structs.replace(HOME, lines=("RUE DE LA PAIX, 1",))
    assert (
        normal_address(HOME)
        == normal_address(shouted)
        != normal_address(msgspec.structs.replace(HOME, lines=("2 Rue de la Paix",)))
    )


def test_odd_addresses_are_found(shop: MemoryShop) -> None:
    order = shop.order(shop.place(order_of("A-1", ("TEE-M", 1, 2000))))
    assert problems_of(order, HOME) == ()
    for lines, found in (
        (("Rue de la Paix",), "house_number_missing"),
        (("Postfach 12",), "post_office_box"),
        (("1 Rue de la Paix", "69001 Lyon"), "written_otherwise"),
        (("1",), "street_too_short"),
    ):
        assert found in problems_of(order, msgspec.structs.replace(HOME, lines=lines))


def test_a_chargeback_suggests_who_it_was_for_the_block_list_once_money_is_gone(shop: MemoryShop) -> None:
    order = shop.place(order_of("A-1", ("TEE-M", 1, 2000), paid="captured"))
    told = TellDispute(
        order=order, tender=1, reference="dp_1", stage=DisputeStage.INQUIRY, amount_minor=2000, reason="fraudulent"
    )
    shop.do(told)
    assert JobKind.SUGGEST_ENTRIES not in jobs(shop, order, *shop.events[order])
    shop.do(msgspec.structs.replace(told, stage=DisputeStage.OPENED))
    follow_ups = order_follow_ups(shop.world.settings, shop.order(order), shop.events[order], shop.now)
    [suggested] = [each for each in follow_ups if each.kind is JobKind.SUGGEST_ENTRIES]
    assert suggested.body.template == "was charged back: fraudulent"


def test_an_outside_scorer_adds_its_points_and_reasons(shop: MemoryShop) -> None:
    order = shop.place(order_of("A-1", ("TEE-M", 1, 2000)))
    after = screen(shop, order, orders={"customer": 1}, outside=70, reasons=("seen elsewhere",))
    assert after.screening is not None
    assert [(each.rule, each.points) for each in after.screening.points] == [(OUTSIDE, 70)]
    assert "(score 70): seen elsewhere" in after.holds[0].reason


def test_units_that_lose_their_stock_make_the_policy_look_again(shop: MemoryShop) -> None:
    text = POLICY + '\n[[rule]]\nname = "out"\ntype = "stock"\non = ["condition"]\nwhen = "order.without_stock > 0"\n'
    shop.do(PutPolicy(policy="risk", text=text))
    shop.do(ActivatePolicy(policy="risk", policy_version=2))
    order = shop.place(order_of("A-1", ("TEE-M", 2, 2000)))
    reference = PolicyReference("risk", 2, digest_of(text))
    shop.do(ScreenOrder(order=order, trigger="accept", policy=reference))
    shop.do(c.AllocateUnits(order=order, group=1, allotments=(c.Allotment(1, "eu", "lyon", 2),)))
    assert JobKind.SCREEN not in jobs(shop, order, shop.events[order][-1])
    told = len(shop.events[order])
    shop.do(c.RejectUnits(order=order, fulfillment=1, reason="not found", empties_shelf=True, shelf="missing"))
    after = shop.order(order)
    assert after.lines[0].units.unplanned == 2
    assert JobKind.SCREEN in jobs(shop, order, *shop.events[order][told:])
    shop.do(ScreenOrder(order=order, trigger="condition", policy=reference))
    assert [(hold.type, hold.rule) for hold in shop.order(order).holds if hold.rule] == [("stock", "out")]
    assert_sound(shop)


SENDS_BACK = """
kind = "holds"

[[rule]]
name = "sends much back"
when = "customer.returned_units >= 10 && customer.returned_orders * 2 > customer.orders"
type = "manual"
"""


@pytest.mark.parametrize(
    ("orders", "returned_orders", "returned_units", "rules"),
    [(4, 3, 10, ["sends much back"]), (4, 3, 9, []), (8, 3, 10, [])],
)
def test_who_sends_much_back_is_held(orders: int, returned_orders: int, returned_units: int, rules: list[str]) -> None:
    shop = MemoryShop([("TEE-M", "lyon", 9)])
    shop.do(PutPolicy(policy="risk", text=SENDS_BACK))
    shop.do(ActivatePolicy(policy="risk", policy_version=1))
    order = shop.place(order_of("A-1", ("TEE-M", 1, 2000)))
    looked = Looked(orders={"customer": orders}, returned_orders=returned_orders, returned_units=returned_units)
    reference = PolicyReference("risk", 1, digest_of(SENDS_BACK))
    shop.do(ScreenOrder(order=order, trigger="accept", policy=reference, looked=looked))
    assert [hold.rule for hold in shop.order(order).holds] == rules
