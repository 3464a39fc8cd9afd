"""Contracts: renewals by the calendar, changed, skipped, paused, refused, not paid for."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderline.core.contracts import commands as k
from orderline.core.contracts.renewing import renewal_of
from orderline.core.contracts.state import Contract, ContractState, Unit, day_of
from orderline.core.orders import commands as c
from orderline.core.orders.state import TaxLine
from orderline.core.stock.commands import AdjustStock
from orderline.store.working import KnownPerson
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from support.shop import HOME, NOON, MemoryShop, order_of

FIRST = NOON + timedelta(days=30)


def stocked() -> MemoryShop:
    shop = MemoryShop()
    shop.do(AdjustStock(sku="TEE-M", location="lyon", quantity=10, reason="received"))
    return shop


def started(shop: MemoryShop, **about: Any) -> OrderId:
    order = shop.place(order_of("S-1", ("TEE-M", 2, 1000)))
    shop.do(k.StartContract(contract="box", order=order, starts_at=FIRST, **about))
    return order


def box(shop: MemoryShop) -> Contract:
    [contract] = shop.records("contract")
    assert isinstance(contract, Contract)
    return contract


def refused(shop: MemoryShop, command: c.Command) -> str:
    with pytest.raises(Refused) as caught:
        shop.do(command)
    return caught.value.code.value


@given(
    st.integers(0, 2000), st.integers(1, 24), st.sampled_from(Unit),
    st.integers(0, 200),
)  # fmt: skip
def test_days_of_a_calendar_rise_and_months_keep_their_day(since: int, every: int, unit: Unit, place: int) -> None:
    start = datetime(2024, 1, 1, 9, 30, tzinfo=UTC) + timedelta(days=since)
    one, next_ = (day_of(start, every, unit, each) for each in (place, place + 1))
    assert day_of(start, every, unit, 0) == start
    assert one < next_
    assert (one.hour, one.minute) == (start.hour, start.minute)
    if unit is Unit.MONTH:
        assert one.day == start.day or (one + timedelta(days=1)).day == 1


def test_a_month_that_is_shorter_gives_its_last_day_and_the_next_its_own() -> None:
    start = datetime(2026, 1, 31, 8, tzinfo=UTC)
    assert [day_of(start, 1, Unit.MONTH, each).day for each in range(4)] == [31, 28, 31, 30]


def test_a_renewal_is_the_order_again_and_one_for_each_number() -> None:
    shop = stocked()
    order = shop.order(started(shop))
    someone = KnownPerson("Ann Lee", "ann@example.com", "", HOME)
    people = {order.person: someone, order.agreement.groups[0].recipient: someone}
    command = renewal_of(box(shop), order, people)
    assert command is not None
    assert (command.external_id, command.total_minor, command.customer.email) == ("box-1", 2000, "ann@example.com")
    assert [(line.sku, line.quantity) for line in command.lines] == [("TEE-M", 2)]
    renewed = shop.place(command)
    assert shop.order(renewed).agreement.groups[0].place == order.agreement.groups[0].place
    shop.do(k.RecordRenewal(contract="box", renewal=1, placed=renewed))
    assert (box(shop).renewal, box(shop).last_order) == (2, renewed)
    assert refused(shop, k.RecordRenewal(contract="box", renewal=1, placed=renewed)) == "CONTRACT_STATE"
    assert renewal_of(box(shop), order, {}) is None, "the customer was erased"


def test_a_swap_changes_the_next_renewal_with_its_tax() -> None:
    shop = stocked()
    order = shop.order(started(shop))
    line = c.LineInput(sku="MUG", quantity=3, unit_price_minor=500, taxes=(TaxLine("VAT", 300, 200_000),))
    shop.do(k.ChangeContract(contract="box", lines=(line,), every=2, unit=Unit.WEEK))
    changed = box(shop)
    assert (changed.next_at, changed.every, changed.unit) == (FIRST, 2, Unit.WEEK)
    someone = KnownPerson("Ann Lee", "ann@example.com", "", HOME)
    command = renewal_of(changed, order, {order.person: someone, order.agreement.groups[0].recipient: someone})
    assert command is not None
    assert command.total_minor == 1500 + (0 if order.agreement.taxes_included else 300)


def test_skipped_and_paused_days_are_left_out() -> None:
    shop = stocked()
    started(shop)
    shop.do(k.SkipRenewal(contract="box"))
    assert box(shop).next_at == day_of(FIRST, 1, Unit.MONTH, 1)
    shop.do(k.PauseContract(contract="box", reason="on holiday"))
    assert refused(shop, k.PauseContract(contract="box")) == "CONTRACT_STATE"
    shop.do(k.ResumeContract(contract="box"))
    assert (box(shop).state, box(shop).due) == (ContractState.ACTIVE, 1)
    shop.do(k.EndContract(contract="box", reason="moved away"))
    assert refused(shop, k.SkipRenewal(contract="box")) == "CONTRACT_STATE"


def test_a_refused_renewal_is_tried_again_and_then_suspends() -> None:
    shop = stocked()
    started(shop, retry_days=(1, 3))
    for days in (1, 3):
        shop.do(k.RecordRenewal(contract="box", renewal=1, refused="SKU_UNKNOWN"))
        assert box(shop).next_at == shop.now + timedelta(days=days)
    shop.do(k.RecordRenewal(contract="box", renewal=1, refused="SKU_UNKNOWN"))
    assert (box(shop).state, box(shop).reason) == (ContractState.SUSPENDED, "SKU_UNKNOWN")
    shop.do(k.ResumeContract(contract="box"))
    assert (box(shop).state, box(shop).due, box(shop).tries) == (ContractState.ACTIVE, 0, 0)


def test_what_is_not_paid_is_chased_so_often_and_then_suspends() -> None:
    shop = stocked()
    order = started(shop, retry_days=(1, 3))
    shop.do(k.RecordRenewal(contract="box", renewal=1, placed=order))
    for chases in (0, 1):
        shop.do(k.ChasePayment(contract="box", chased=order, chases=chases))
        assert (box(shop).chases, box(shop).state) == (chases + 1, ContractState.ACTIVE)
    assert refused(shop, k.ChasePayment(contract="box", chased=order, chases=1)) == "CONTRACT_STATE"
    shop.do(k.ChasePayment(contract="box", chased=order, chases=2))
    assert (box(shop).state, box(shop).reason) == (ContractState.SUSPENDED, "not_paid")


def test_a_contract_of_so_many_renewals_ends_with_the_last() -> None:
    shop = stocked()
    order = started(shop, times=1)
    shop.do(k.RecordRenewal(contract="box", renewal=1, placed=order))
    assert box(shop).state is ContractState.ENDED


@pytest.mark.parametrize(
    "about", [{"every": 0}, {"every": 25}, {"times": 0}, {"retry_days": (0,)}, {"starts_at": NOON - timedelta(days=1)}]
)
def test_what_can_not_be_kept_is_refused(about: dict[str, Any]) -> None:
    shop = stocked()
    order = shop.place(order_of("S-1", ("TEE-M", 2, 1000)))
    given_: dict[str, Any] = {"starts_at": FIRST, **about}
    assert refused(shop, k.StartContract(contract="box", order=order, **given_)) == "CONTRACT_NOT_ACCEPTABLE"
