"""Identities: customers of several orders that are one person, said by somebody, and taken back."""

import pytest

from orderline.core.identities.decide import MergeCustomers, UndoMerge
from orderline.core.identities.state import (
    IDENTITY,
    MEMBER,
    Identity,
    IdentityState,
    Likeness,
    Membership,
    is_suggested,
)
from orderline.core.orders.commands import Command
from orderline.values.failures import Refused
from orderline.values.ids import OrderId, new_id
from support.shop import MemoryShop, order_of


@pytest.fixture
def shop() -> MemoryShop:
    return MemoryShop([("TEE-M", "lyon", 9)])


def identity_of(shop: MemoryShop, order: OrderId) -> str:
    member = shop.world.records.get((MEMBER, str(order)))
    return member.identity if isinstance(member, Membership) else ""


def code(shop: MemoryShop, command: Command) -> str:
    with pytest.raises(Refused) as refused:
        shop.do(command)
    return refused.value.code.value


def test_customers_are_merged_by_somebody_and_apart_again_when_that_is_taken_back(shop: MemoryShop) -> None:
    one, two, three = (shop.place(order_of(name, ("TEE-M", 1, 2000))) for name in ("A-1", "A-2", "A-3"))
    before = shop.order(one)
    shop.do(MergeCustomers(identity="i-1", among=(two, one, one), reason="told us on the phone"))
    assert [identity_of(shop, each) for each in (one, two, three)] == ["i-1", "i-1", ""]
    assert shop.order(one) == before
    assert code(shop, MergeCustomers(identity="i-2", among=(two, three), reason="same card")) == "IDENTITY_TAKEN"
    assert code(shop, UndoMerge(identity="i-1", among=(one,), reason="no")) == "IDENTITY_UNKNOWN"
    shop.do(UndoMerge(identity="i-1", among=(one, two), reason="father and son"))
    assert [identity_of(shop, each) for each in (one, two)] == ["", ""]
    undone = shop.world.records[IDENTITY, "i-1"]
    assert isinstance(undone, Identity)
    assert (undone.state, undone.reason) == (IdentityState.UNDONE, "father and son")
    assert code(shop, UndoMerge(identity="i-1", among=(one, two), reason="again")) == "IDENTITY_STATE"
    shop.do(MergeCustomers(identity="i-2", among=(two, three), reason="same card"))
    assert [identity_of(shop, each) for each in (one, two, three)] == ["", "i-2", "i-2"]


def test_what_can_be_no_identity_is_refused(shop: MemoryShop) -> None:
    one, two = (shop.place(order_of(name, ("TEE-M", 1, 2000))) for name in ("A-1", "A-2"))
    assert code(shop, MergeCustomers(identity="i-1", among=(one, one), reason="alone")) == "IDENTITY_ORDERS"
    assert code(shop, MergeCustomers(identity="i-1", among=(one, two), reason=" ")) == "FIELD_REQUIRED"
    nobody = OrderId(new_id())
    assert code(shop, MergeCustomers(identity="i-1", among=(one, nobody), reason="hm")) == "ORDER_UNKNOWN"


@pytest.mark.parametrize(
    ("alike", "suggested"),
    [
        ((Likeness.EMAIL,), True),
        ((Likeness.PHONE, Likeness.NAME), True),
        ((Likeness.CARD, Likeness.ADDRESS), True),
        ((Likeness.ADDRESS, Likeness.NAME), False),
        ((Likeness.CARD,), False),
        ((), False),
    ],
)
def test_a_family_at_one_address_is_not_suggested(alike: tuple[Likeness, ...], suggested: bool) -> None:
    assert is_suggested(alike) is suggested
