"""Shipping costs what the policy says of what was ordered; into how many parcels it goes costs nobody anything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.test_invoices import invoice, ship
from orderline.core.orders.commands import CancelUnits
from orderline.core.orders.priced import Charge, TaxLine
from orderline.core.orders.state import LineQuantity
from orderline.core.policies.kinds import check_policy
from orderline.core.policies.state import PolicyKind, Scope
from orderline.core.shipping_fees.policy import (
    FeeGroup,
    ShippingPolicy,
    charged_minor,
    compile_shipping,
    fees_due,
    groups_of,
)
from orderline.values.failures import Refused
from support.always import assert_sound
from support.shop import MemoryShop, order_of

TEXT = """
kind = "shipping"
[scope]
channels = ["web"]
[[fee]]
methods = ["express"]
currency = "EUR"
amount_minor = 990
[[fee]]
countries = ["FR"]
currency = "EUR"
amount_minor = 490
free_from_minor = 5000
[[fee]]
currency = "EUR"
amount_minor = 1490
free_from_minor = 9000
per = "address"
"""


@pytest.fixture(scope="module")
def policy() -> ShippingPolicy:
    return compile_shipping(TEXT, "fees@1")


def group(number: int, goods: int, country: str = "FR", method: str = "standard") -> FeeGroup:
    return FeeGroup(number, method, country, goods)


CASES = [
    # groups                                                             fees: row, groups, amount
    ([group(1, 4999)],                                                   [(2, (1,), 490)]),
    ([group(1, 5000)],                                                   [(2, (1,), 0)]),
    ([group(1, 3000), group(2, 2000)],                                   [(2, (1, 2), 0)]),  # two addresses, one fee
    ([group(1, 3000, "DE"), group(2, 8000, "DE")],                       [(3, (1,), 1490), (3, (2,), 1490)]),
    ([group(1, 9000, "DE"), group(2, 9999, method="express")],           [(1, (2,), 990), (3, (1,), 0)]),
    ([],                                                                 []),
]  # fmt: skip


@pytest.mark.parametrize(("groups", "fees"), CASES)
def test_the_first_row_that_fits_is_the_fee(
    policy: ShippingPolicy, groups: list[FeeGroup], fees: list[tuple[int, tuple[int, ...], int]]
) -> None:
    found = fees_due(policy, "EUR", groups)
    assert [(each.row, each.groups, each.amount_minor) for each in found] == fees
    assert fees_due(policy, "USD", groups) == ()


@given(st.lists(st.sampled_from(["ship", "cancel", "invoice"]), max_size=8))
def test_shipping_is_charged_once_whatever_it_is_split_into(steps: list[str]) -> None:
    shop = MemoryShop([("TEE-M", "lyon", 9)])
    shipping = Charge("shipping", 490, taxes=(TaxLine("VAT", 82, 200_000),))
    order = shop.place(order_of("A-1", ("TEE-M", 4, 1000), charges=(shipping,), paid="captured"))
    before = fees_due(compile_shipping(TEXT, "fees@1"), "EUR", groups_of(shop.order(order)))
    for step in [*steps, "invoice"]:
        try:
            if step == "ship":
                ship(shop, order, 1, 1)
            elif step == "cancel":
                shop.do(CancelUnits(order=order, lines=(LineQuantity(1, 1),), reason="none left"))
            else:
                invoice(shop, order)
        except Refused:
            continue
    now = shop.order(order)
    assert fees_due(compile_shipping(TEXT, "fees@1"), "EUR", groups_of(now)) == before
    assert charged_minor(now) == sum(each.amount_minor for each in before) == 490
    gone, canceled = now.lines[0].units.gone, now.lines[0].units.canceled
    invoiced = sum(each.total_minor for each in now.billed if each.charge == "shipping")
    assert invoiced <= 490
    if gone + canceled == 4 and gone:
        assert invoiced == 490
    assert_sound(shop)


WRONG = [
    (TEXT.replace("990", "-1"), "is no fee"),
    (TEXT.replace('"EUR"\namount_minor = 990', '"EURO"\namount_minor = 990'), "there is no currency"),
    ('kind = "shipping"\nfee = []\n', "there is no fee"),
    (TEXT.replace('"web"', '"wep"'), "there is no channel"),
    (TEXT.replace("per =", "pre ="), "pre"),
]


@pytest.mark.parametrize(("text", "told"), WRONG)
def test_what_is_wrong_is_told_with_its_place(text: str, told: str) -> None:
    settings = MemoryShop().world.settings
    assert check_policy(TEXT, settings) == (PolicyKind.SHIPPING, Scope(("web",)))
    with pytest.raises(Refused) as refused:
        check_policy(text, settings)
    assert told in str(refused.value.facts)
