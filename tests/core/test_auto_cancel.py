"""Units that find no location in time: their date, what ends it, and what is canceled when it has come."""

from datetime import timedelta

import pytest

from orderline.core.jobs import JobKind
from orderline.core.next_steps import order_follow_ups
from orderline.core.orders import commands as c
from orderline.core.orders.auto_cancel import CancelDue, ClearAutoCancel, SetAutoCancel
from orderline.core.orders.evolve import fold
from orderline.core.orders.next_step import next_step_of
from orderline.core.orders.state import AutoCancel, LineQuantity, Order
from orderline.core.orders.status import status_of
from orderline.core.telling import order_events
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from support.always import assert_sound
from support.shop import NOON, MemoryShop, order_of

DUE = NOON + timedelta(days=3)


@pytest.fixture
def shop() -> MemoryShop:
    return MemoryShop([("TEE-M", "lyon", 10)])


def waiting(shop: MemoryShop, *lines: tuple[str, int, int]) -> OrderId:
    """An order whose units may wait for a location for three days."""
    id_ = shop.place(order_of("A-1", *(lines or (("TEE-M", 4, 2000),))))
    shop.do(SetAutoCancel(order=id_, days=3, reason="rule x"))
    return id_


def code_of(shop: MemoryShop, command: c.Command) -> str:
    with pytest.raises(Refused) as refused:
        shop.do(command)
    return refused.value.code.value


def step(order: Order) -> str:
    found = next_step_of(order, status_of(order).phase)
    assert found is not None
    return f"{found.what} {found.about}"


def follow_ups(shop: MemoryShop, command: c.OrderCommand) -> dict[JobKind, list[str]]:
    events = order_events(shop.do(command))[command.order]
    told: dict[JobKind, list[str]] = {}
    for job in order_follow_ups(shop.world.settings, shop.order(command.order), events, shop.now):
        told.setdefault(job.kind, []).append(f"{job.body.template or job.due_at}")
    return told


def test_what_waits_has_a_date_that_everybody_sees(shop: MemoryShop) -> None:
    order = shop.order(waiting(shop))
    assert order.lines[0].auto_cancel == AutoCancel(DUE, "rule x")
    assert step(order) == "route 4 units; canceled 2026-11-23 12:00 UTC without a location"
    assert fold(shop.events[order.id]) is not None


def test_the_date_leads_to_a_job_at_that_time(shop: MemoryShop) -> None:
    id_ = shop.place(order_of("A-1", ("TEE-M", 1, 2000)))
    assert follow_ups(shop, SetAutoCancel(order=id_, days=3)) == {JobKind.CANCEL_DUE: [str(DUE)]}


def test_a_rule_that_leaves_units_again_does_not_move_their_date(shop: MemoryShop) -> None:
    id_ = waiting(shop)
    shop.later(days=1)
    assert code_of(shop, SetAutoCancel(order=id_, days=3, keep=True)) == "NOTHING_TO_DO"
    shop.do(SetAutoCancel(order=id_, days=3))
    date = shop.order(id_).lines[0].auto_cancel
    assert date is not None
    assert date.due_at == DUE + timedelta(days=1)


def test_the_date_goes_with_the_last_unit_that_is_routed(shop: MemoryShop) -> None:
    id_ = waiting(shop)
    some = c.AllocateUnits(order=id_, group=1, allotments=(c.Allotment(1, "eu", "lyon", 3),))
    shop.do(some)
    assert shop.order(id_).lines[0].auto_cancel is not None
    shop.do(c.AllocateUnits(order=id_, group=1, allotments=(c.Allotment(1, "eu", "lyon", 1),)))
    assert shop.order(id_).lines[0].auto_cancel is None
    assert code_of(shop, CancelDue(order=id_, due_at=DUE)) == "NOTHING_TO_DO"
    shop.do(c.PullBack(order=id_, fulfillment=1, reason="x"))
    assert shop.order(id_).lines[0].auto_cancel is None, "what waits again may wait anew"


def test_when_the_time_has_come_only_what_waits_is_canceled(shop: MemoryShop) -> None:
    id_ = waiting(shop, ("TEE-M", 4, 2000), ("MUG", 2, 900))
    shop.do(c.AllocateUnits(order=id_, group=1, allotments=(c.Allotment(1, "eu", "lyon", 3),)))
    shop.do(c.PlaceHold(order=id_, hold=c.HoldInput(type="manual", blocks=("allocate",), line=2)))
    shop.later(days=3)
    told = follow_ups(shop, CancelDue(order=id_, due_at=DUE))
    assert told[JobKind.NOTICE] == ["order_auto_canceled"]
    order = shop.order(id_)
    tees, mugs = order.lines
    assert (tees.units.canceled, tees.units.allocated, mugs.units.canceled) == (1, 3, 2)
    assert (tees.auto_cancel, mugs.auto_cancel, mugs.backordered) == (None, None, None)
    assert order.holds == (), "nothing of the line is left for the hold to stop"
    assert_sound(shop)


def test_the_reason_says_whose_rule_it_was(shop: MemoryShop) -> None:
    id_ = waiting(shop)
    shop.do(CancelDue(order=id_, due_at=DUE))
    reasons = [getattr(event, "reason", "") for event in shop.events[id_]]
    assert "no location by 2026-11-23 12:00 UTC (rule x)" in reasons


def test_a_hold_puts_it_off_until_it_is_lifted(shop: MemoryShop) -> None:
    id_ = waiting(shop)
    shop.do(c.PlaceHold(order=id_, hold=c.HoldInput(type="manual", blocks=("cancel",))))
    shop.later(days=4)
    assert code_of(shop, CancelDue(order=id_, due_at=DUE)) == "BLOCKED_BY_HOLD"
    told = follow_ups(shop, c.ReleaseHold(order=id_, hold=1))
    assert told[JobKind.CANCEL_DUE] == [str(DUE)]


def test_a_date_can_be_taken_away(shop: MemoryShop) -> None:
    id_ = waiting(shop)
    shop.do(ClearAutoCancel(order=id_, lines=(1,)))
    assert shop.order(id_).lines[0].auto_cancel is None
    assert code_of(shop, ClearAutoCancel(order=id_)) == "NOTHING_TO_DO"
    assert code_of(shop, CancelDue(order=id_, due_at=DUE)) == "NOTHING_TO_DO"


@pytest.mark.parametrize(
    ("days", "lines", "code"),
    [(0, (), "AMOUNT_OUT_OF_RANGE"), (4_000, (), "AMOUNT_OUT_OF_RANGE"), (1, (9,), "LINE_UNKNOWN")],
)
def test_what_makes_no_sense_is_refused(shop: MemoryShop, days: int, lines: tuple[int, ...], code: str) -> None:
    id_ = shop.place(order_of("A-1", ("TEE-M", 1, 2000)))
    assert code_of(shop, SetAutoCancel(order=id_, days=days, lines=lines)) == code


def test_what_is_at_a_location_already_waits_for_none(shop: MemoryShop) -> None:
    id_ = shop.place(order_of("A-1", ("TEE-M", 1, 2000)))
    shop.do(c.AllocateUnits(order=id_, group=1, allotments=(c.Allotment(1, "eu", "lyon", 1),)))
    assert code_of(shop, SetAutoCancel(order=id_, days=2)) == "NOTHING_TO_DO"
    shop.do(c.CancelUnits(order=id_, reason="x", lines=(LineQuantity(1, 1),)))
