"""Days of a company, drawn from seeds: whatever goes on, invoices, agreements, approvals and contracts hold."""

import contextlib
from collections import Counter
from functools import partial
from random import Random

import pytest

from orderline.core.agreements.state import units_by_sku
from orderline.core.orders.events import HoldReleased
from orderline.core.orders.state import Order
from orderline.engine.verifying.collected import faults_of
from orderline.engine.verifying.documented import credit_faults
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from support.always import assert_follow_ups_sound, assert_sound
from support.business_nonsense import business_command, company_order, opened
from support.likely import next_command
from support.shop import MemoryShop

STOCK = [("TEE-M", "lyon", 60), ("TEE-M", "lille", 30), ("MUG", "lyon", 60)]


def assert_business_sound(shop: MemoryShop) -> None:
    """What agreements, documents, approvals and scheduled deliveries have to be, whatever has happened."""
    for agreement in shop.records("agreement"):
        called = Counter[str]()
        for call in shop.records("call_off"):
            called.update(units_by_sku(call.units) if call.agreement == agreement.id else {})
        assert set(called) <= {line.sku for line in agreement.lines}
        assert all(called[line.sku] == line.called <= line.quantity for line in agreement.lines)
    documents = {each.id: each for each in shop.records("document")}
    shares = {
        (str(share.order), each.id): share.total_minor for each in documents.values() for share in each.shares
    }  # fmt: skip
    named: dict[tuple[str, str], int] = {}
    for order in filter(None, shop.world.orders.values()):
        named |= {(str(order.id), each.id): each.total_minor for each in order.documents if each.collective}
        assert credit_faults(order) == []
        _assert_scheduled(shop, order)
    assert named == shares
    assert all(faults_of(each) == [] for each in documents.values() if each.shares)
    for approval in shop.records("approval"):
        holds = [hold for hold in shop.order(approval.order).holds if hold.number == approval.hold]
        assert approval.state == "pending" or holds == []
        assert all(hold.type == "approval" for hold in holds)


def _assert_scheduled(shop: MemoryShop, order: Order) -> None:
    for group in order.agreement.groups:
        later = group.release_at is not None and group.release_at > shop.now
        held = {hold.line for hold in order.holds if hold.type == "schedule"}
        by_hand = {event.hold for event in shop.events[order.id] if isinstance(event, HoldReleased)}
        for line in order.lines:
            waits = line.group == group.group and line.units.before_location
            assert not (later and waits) or line.line in held or by_hand


def simulate(seed: int, steps: int) -> MemoryShop:
    dice = Random(seed)
    shop = MemoryShop(STOCK)
    shop.on_draft = partial(assert_follow_ups_sound, shop)
    for command in opened():
        shop.do(command)
    orders: list[OrderId] = []
    for step in range(steps):
        with contextlib.suppress(Refused):
            if dice.random() < 0.12 or not orders:
                orders.append(shop.place(company_order(dice, f"C-{seed}-{step}")))
            elif dice.random() < 0.35:
                shop.do(business_command(dice, [shop.order(each) for each in orders[-6:]], shop.records))
            else:
                shop.do(next_command(dice, shop.order(dice.choice(orders[-3:]))))
        if dice.random() < 0.05:
            shop.later(minutes=dice.choice([1, 1500, 9000]))
        assert_business_sound(shop)
    assert_sound(shop)
    return shop


@pytest.mark.slow
def test_days_of_a_company_keep_every_law_and_come_to_every_end() -> None:
    wanted = {
        "collective", "called off", "scheduled", "credit", "approved", "rejected", "expired", "suspended",
        "paused", "renewed",
    }  # fmt: skip
    for seed in range(60):
        shop = simulate(seed, 150)
        wanted -= _seen(shop)
        if not wanted and seed > 8:
            break
    assert not wanted


def _seen(shop: MemoryShop) -> set[str]:
    orders = [order for order in shop.world.orders.values() if order is not None]
    seen = {str(each.state) for kind in ("approval", "contract") for each in shop.records(kind)}
    seen |= {hold.type for order in orders for hold in order.holds if hold.type == "credit"}
    seen |= {"scheduled" for order in orders for hold in order.holds if hold.type == "schedule"}
    seen |= {"collective" for each in shop.records("document") if each.shares}
    seen |= {"called off" for each in shop.records("call_off") if each.units}
    seen |= {"renewed" for each in shop.records("contract") if each.renewal > 1}
    return seen
