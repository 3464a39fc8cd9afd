"""Deliveries of one order at several times: each with its own promise, none sent to a location before its day."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orderline.core.changes.actions import AddLine, RemoveUnits, Reschedule
from orderline.core.changes.commands import ChangeOrder, UndoChange
from orderline.core.holds.commands import BreachHold
from orderline.core.next_steps import wants_routing
from orderline.core.orders import commands as c
from orderline.core.orders.state import LineQuantity, Order
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from support.always import assert_sound
from support.shop import HOME, NOON, MemoryShop, order_of

JANUARY, MARCH = NOON + timedelta(days=30), NOON + timedelta(days=90)


def scheduled(shop: MemoryShop) -> OrderId:
    groups = (
        c.GroupInput(group=1, address=HOME),
        c.GroupInput(group=2, address=HOME, release_at=JANUARY, promised_by=JANUARY + timedelta(days=3)),
        c.GroupInput(group=3, address=HOME, release_at=MARCH, promised_by=MARCH + timedelta(days=3)),
    )
    lines = [c.LineInput(sku="TEE-M", quantity=2, unit_price_minor=2000, group=group) for group in (1, 2, 3)]
    return shop.place(order_of("S-1", *lines, groups=groups))


def holds(order: Order) -> dict[int | None, datetime | None]:
    return {hold.line: hold.due_at for hold in order.holds if hold.type == "schedule"}


def allocate(shop: MemoryShop, order: OrderId, line: int) -> None:
    shop.do(c.AllocateUnits(order=order, group=line, allotments=(c.Allotment(line, "eu", "lyon", 2),)))


@pytest.fixture
def shop() -> MemoryShop:
    return MemoryShop([("TEE-M", "lyon", 20)])


def test_each_delivery_waits_for_its_day_and_the_clock_lets_it_go(shop: MemoryShop) -> None:
    order = scheduled(shop)
    assert holds(shop.order(order)) == {2: JANUARY, 3: MARCH}
    assert wants_routing(shop.order(order)), "the first delivery goes at once"
    allocate(shop, order, 1)
    assert not wants_routing(shop.order(order))
    with pytest.raises(Refused) as refused:
        allocate(shop, order, 2)
    assert refused.value.code == "BLOCKED_BY_HOLD"
    [first, _] = shop.order(order).holds
    with pytest.raises(Refused):
        shop.do(BreachHold(order=order, hold=first.number))
    shop.now = JANUARY
    shop.do(BreachHold(order=order, hold=first.number))
    assert holds(shop.order(order)) == {3: MARCH}
    allocate(shop, order, 2)
    assert [group.promised_by for group in shop.order(order).agreement.groups][1:] == [
        JANUARY + timedelta(days=3), MARCH + timedelta(days=3),
    ]  # fmt: skip
    assert_sound(shop)


def test_a_delivery_is_agreed_for_another_day_by_a_change_and_undone(shop: MemoryShop) -> None:
    order = scheduled(shop)
    change = Reschedule(group=2, release_at=MARCH, promised_by=MARCH)
    shop.do(ChangeOrder(order=order, reason="not yet", actions=(change,)))
    assert holds(shop.order(order)) == {2: MARCH, 3: MARCH}
    assert shop.order(order).group_of(2).promised_by == MARCH
    shop.do(UndoChange(order=order, reason="as it was"))
    assert holds(shop.order(order)) == {2: JANUARY, 3: MARCH}
    shop.do(ChangeOrder(order=order, reason="now", actions=(Reschedule(group=3),)))
    assert holds(shop.order(order)) == {2: JANUARY}
    line = c.LineInput(sku="TEE-M", quantity=1, unit_price_minor=2000, group=2)
    shop.do(ChangeOrder(order=order, reason="more", actions=(AddLine(line=line),)))
    assert holds(shop.order(order)) == {2: JANUARY, 4: JANUARY}
    assert_sound(shop)


def test_what_somebody_has_let_go_early_is_not_held_again_by_another_change(shop: MemoryShop) -> None:
    order = scheduled(shop)
    [first, _] = shop.order(order).holds
    shop.do(c.ReleaseHold(order=order, hold=first.number, reason="they ask for it now"))
    more = c.LineInput(sku="TEE-M", quantity=1, unit_price_minor=0, group=2)
    shop.do(ChangeOrder(order=order, reason="one more", actions=(AddLine(line=more),)))
    assert holds(shop.order(order)) == {3: MARCH, 4: JANUARY}
    allocate(shop, order, 2)
    assert_sound(shop)


def test_a_day_that_is_over_holds_nothing_and_other_holds_stay(shop: MemoryShop) -> None:
    group = c.GroupInput(address=HOME, release_at=NOON - timedelta(days=1))
    order = shop.place(order_of("S-2", ("TEE-M", 1, 2000), groups=(group,)))
    assert holds(shop.order(order)) == {}
    shop.do(c.PlaceHold(order=order, hold=c.HoldInput(type="fraud", line=1)))
    shop.do(ChangeOrder(order=order, reason="later", actions=(Reschedule(release_at=MARCH),)))
    shop.do(ChangeOrder(order=order, reason="now", actions=(Reschedule(),)))
    assert [hold.type for hold in shop.order(order).holds] == ["fraud"]


steps = st.lists(st.tuples(st.sampled_from("cadrut"), st.integers(1, 3), st.integers(-10, 120)), max_size=20)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(steps)
def test_nothing_is_sent_to_a_location_before_its_day(steps: list[tuple[str, int, int]]) -> None:
    shop = MemoryShop([("TEE-M", "lyon", 20)])
    order = scheduled(shop)
    for what, line, days in steps:
        now = shop.order(order)
        try:
            match what:
                case "a":
                    due = holds(now).get(line)
                    allocate(shop, order, line)
                    assert due is None
                case "c":
                    shop.do(c.CancelUnits(order=order, reason="x", lines=(LineQuantity(line, 1),)))
                case "d":
                    shop.do(ChangeOrder(order=order, reason="x", actions=(RemoveUnits(line=line, quantity=1),)))
                case "r":
                    release_at = NOON + timedelta(days=days) if days % 3 else None
                    actions = (Reschedule(group=line, release_at=release_at),)
                    shop.do(ChangeOrder(order=order, reason="x", actions=actions))
                case "u":
                    shop.do(UndoChange(order=order, reason="x"))
                case _:
                    shop.now += timedelta(days=7)
                    for hold in now.holds:
                        if hold.due_at is not None and hold.due_at <= shop.now:
                            shop.do(BreachHold(order=order, hold=hold.number))
        except Refused:
            pass
        assert_sound(shop)
        stands = shop.order(order)
        later = {each.group for each in stands.agreement.groups if each.release_at and each.release_at > shop.now}
        for each in stands.lines:
            waits = each.group in later and each.units.before_location
            assert not waits or each.line in holds(stands)
