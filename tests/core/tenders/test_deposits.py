"""Deposits by rule: orders that name no schedule are paid by the first rule of their channel that fits."""

from typing import Any

import pytest
from msgspec.structs import replace

from orderline.core.drafts import commands as d
from orderline.core.drafts.ordering import placing_of
from orderline.core.drafts.state import DraftGroup, DraftOrder
from orderline.core.orders import commands as c
from orderline.core.orders.state import Order
from orderline.core.stock.commands import PutChannel
from orderline.core.stock.state import Channel
from orderline.core.tenders.deposits import Bought, deposit_of
from orderline.core.tenders.installments import Due, InstallmentInput, ScheduleInput
from orderline.core.tenders.rules import DepositRule, MoneyRules
from orderline.values.address import Place
from support.always import assert_sound
from support.deciders import code_of
from support.shop import HOME, MemoryShop, order_of

THIRD = ScheduleInput(
    installments=(InstallmentInput(due=Due.ORDER, share_ppm=300_000), InstallmentInput(due=Due.RELEASE))
)
HALF = ScheduleInput(
    installments=(InstallmentInput(due=Due.ORDER, share_ppm=500_000), InstallmentInput(due=Due.SHIPMENT))
)
RULE = DepositRule(name="a third of dear ones", schedule=THIRD, currency="EUR", from_minor=4_000)
TOKEN = (c.TenderInput(provider="stripe", amount_minor=4_000, token="pm"),)


def shop_with(*rules: DepositRule) -> MemoryShop:
    shop = MemoryShop([("TEE-M", "lyon", 6), ("MUG", "lyon", 3)])
    shop.do(put(*rules))
    return shop


def put(*rules: DepositRule) -> PutChannel:
    return PutChannel(channel=Channel("web", "Web shop", ("eu", "stores"), money=MoneyRules(deposits=rules)))


def placed(shop: MemoryShop, **about: Any) -> Order:
    command = replace(order_of("W-1", ("TEE-M", 2, 2_000)), **({"tenders": TOKEN} | about))
    id_ = shop.place(command)
    assert id_ is not None
    return shop.order(id_)


def test_a_deposit_is_asked_for_with_the_order_and_the_rest_before_goods_are_released() -> None:
    shop = shop_with(RULE)
    order = placed(shop)
    assert order.schedule is not None
    assert [(each.due, each.share_ppm) for each in order.schedule.installments] == [
        (Due.ORDER, 300_000),
        (Due.RELEASE, None),
    ]
    assert [each.amount_minor for each in order.tenders[0].requests] == [1_200]
    assert [hold.type for hold in order.holds] == ["payment"]
    assert_sound(shop)


@pytest.mark.parametrize(
    ("about", "why"),
    [
        ({"schedule": HALF}, "it says so itself"),
        ({"tenders": ()}, "nothing pays it"),
        ({"tenders": (replace(TOKEN[0], token="", state="captured"),)}, "it is paid"),
    ],
)
def test_the_rule_does_not_touch_an_order(about: dict[str, Any], why: str) -> None:
    order = placed(shop_with(RULE), **about)
    known = [each.due for each in order.schedule.installments] if order.schedule is not None else []
    assert known == ([Due.ORDER, Due.SHIPMENT] if "schedule" in about else []), why


def test_the_first_rule_that_fits_counts() -> None:
    rules = MoneyRules(
        deposits=(
            DepositRule(name="acme", schedule=HALF, companies=("acme*",)),
            DepositRule(name="looms", schedule=HALF, skus=("LOOM-*",)),
            RULE,
        )
    )
    bought = Bought(4_000, "EUR", "", ("TEE-M",))
    cases = {
        bought: "a third of dear ones",
        Bought(3_999, "EUR", "", ("TEE-M",)): None,
        Bought(9_000, "USD", "", ("TEE-M",)): None,
        Bought(1, "USD", "acme-fr", ("TEE-M",)): "acme",
        Bought(1, "USD", "", ("TEE-M", "LOOM-2")): "looms",
    }
    for each, name in cases.items():
        found = deposit_of(rules, each)
        assert (found.name if found is not None else None) == name


@pytest.mark.parametrize(
    "installments",
    [
        (),
        (InstallmentInput(due=Due.ORDER, share_ppm=1), InstallmentInput(due=Due.ORDER, share_ppm=1)),
        (InstallmentInput(due=Due.ORDER, amount_minor=100), InstallmentInput(due=Due.RELEASE)),
        (InstallmentInput(due=Due.ORDER, share_ppm=1_000_001), InstallmentInput(due=Due.RELEASE)),
        (InstallmentInput(due=Due.ORDER, share_ppm=1, tender=2), InstallmentInput(due=Due.RELEASE)),
        (InstallmentInput(due=Due.DATE, share_ppm=1), InstallmentInput(due=Due.RELEASE)),
    ],
)
def test_a_rule_that_some_order_could_not_be_paid_by_is_refused(installments: tuple[InstallmentInput, ...]) -> None:
    rule = replace(RULE, schedule=replace(THIRD, installments=installments))
    assert code_of(shop_with(), put(rule)) == "SCHEDULE_NOT_POSSIBLE"


def test_a_draft_is_quoted_with_its_deposit_and_ordered_by_it_whatever_the_rules_are_since() -> None:
    shop = shop_with(RULE)
    line = c.LineInput(sku="TEE-M", quantity=2, unit_price_minor=2_000)
    there = DraftGroup(place=Place(country=HOME.country))
    shop.do(d.PutDraftOrder(draft_order="D-1", channel="web", currency="EUR", lines=(line,), groups=(there,)))
    drafted = shop.world.records["draft_order", "D-1"]
    assert isinstance(drafted, DraftOrder)
    assert (drafted.schedule, drafted.deposit) == (THIRD, RULE.name)
    shop.do(put())
    placing = placing_of(drafted, {1: HOME}, {}, tenders=TOKEN)
    assert code_of(shop, replace(placing, schedule=None)) == "DRAFT_OF_OTHER_GOODS"
    id_ = shop.place(placing)
    assert id_ is not None
    known = shop.order(id_).schedule
    assert known is not None
    assert len(known.installments) == 2
    assert_sound(shop)


def test_a_draft_that_nothing_pays_is_ordered_without_the_deposit_of_the_rule() -> None:
    shop = shop_with(RULE)
    line = c.LineInput(sku="TEE-M", quantity=2, unit_price_minor=2_000)
    shop.do(d.PutDraftOrder(draft_order="D-1", channel="web", currency="EUR", lines=(line,)))
    drafted = shop.world.records["draft_order", "D-1"]
    assert isinstance(drafted, DraftOrder)
    id_ = shop.place(placing_of(drafted, {1: HOME}, {}))
    assert id_ is not None
    assert shop.order(id_).schedule is None
