"""What the law gives wins over what the merchant says: how long, for what, and at which cost."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.returns.test_returns import STOCK, asked, in_force, received, refund_asked, sold
from core.test_companies import bought, company_shop, shipped
from orderline.core.orders import commands as c
from orderline.core.orders.priced import Charge
from orderline.core.returns import commands as r
from orderline.core.returns.state import Custody, Grade, LabelPayer, ReturnMoney, ReturnTerms
from orderline.core.returns.statutory import LAWS, Exemption, law_of, withdraw_by
from orderline.values.address import Address
from orderline.values.failures import Refused
from support.always import assert_sound
from support.shop import MemoryShop

SOLD = date(2026, 3, 2)
STRICT = "final_sale = true\nwindow_days = 0\nfee_minor = 300\ndeducted_ppm = { opened = 500000, worn = 250000 }\n"


def shop_with(rule: str) -> tuple[MemoryShop, r.PolicyReference]:
    shop = MemoryShop(STOCK)
    return shop, in_force(shop, f'name = "strict"\n{rule}')


def to(country: str) -> dict[str, Any]:
    region, code = {"US": ("CA", "94105"), "BR": ("SP", "01310-100"), "CN": ("11", "100000")}.get(
        country, ("", "69001")
    )
    where = Address(name="Ann Lee", lines=("1 Main",), city="Town", postal_code=code, region=region, country=country)
    return {"groups": (c.GroupInput(address=where),)}


def terms(rule: str, country: str = "FR", days: int = 0, why: str = "changed_mind", **about: Any) -> ReturnTerms:
    shop, policy = shop_with(rule)
    order = sold(shop, ("TEE-M", 1, 1000), **to(country), **about)
    shop.later(days=days)
    shop.do(asked(order, why=why, policy=policy))
    assert_sound(shop)
    return shop.order(order).returns[0].items[0].terms


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+00:00")


CASES = [
    # country  came at              informed  until, to the end of the last day
    ("FR", "2026-03-02T10:00", True, "2026-03-17T01:00"),
    ("FR", "2026-03-01T23:30", True, "2026-03-17T01:00"),  # it was Monday by then in Finland
    ("DE", "2026-03-07T10:00", True, "2026-03-24T01:00"),  # a Saturday, and so a fortnight later: to Monday
    ("DE", "2026-03-02T10:00", False, "2027-03-17T01:00"),
    ("DE", "2028-02-15T10:00", False, "2029-03-01T01:00"),  # the 29th is the last of February
    ("GB", "2026-03-07T10:00", True, "2026-03-22T00:00"),  # a Saturday is a day like another
    ("BR", "2026-03-02T10:00", True, "2026-03-10T05:00"),
    ("KR", "2026-03-02T16:00", True, "2026-03-10T15:00"),
]


@pytest.mark.parametrize(("country", "came", "informed", "until"), CASES)
def test_days_are_counted_to_the_end_of_the_last_one(country: str, came: str, informed: bool, until: str) -> None:
    law = law_of(country, SOLD)
    assert law is not None
    assert withdraw_by(law, at(came), informed=informed) == at(until)


@given(law=st.sampled_from(LAWS), came=st.integers(0, 45 * 365 * 86_400), told=st.booleans())
def test_nobody_has_less_than_whole_days(law: Any, came: int, told: bool) -> None:
    came_at = datetime(2015, 1, 1, tzinfo=UTC) + timedelta(seconds=came)
    until = withdraw_by(law, came_at, informed=told)
    assert until >= came_at + timedelta(days=law.days)
    assert until <= withdraw_by(law, came_at, informed=False)
    assert until <= withdraw_by(law, came_at + timedelta(days=1), informed=told)


def test_a_country_has_one_law_and_each_names_its_source() -> None:
    countries = [country for law in LAWS for country in law.countries]
    assert len(countries) == len(set(countries))
    assert all(law.source and law.days > 0 for law in LAWS)
    assert law_of("US", SOLD) is None
    assert law_of("FR", date(2010, 1, 1)) is None


def test_no_rule_takes_the_right_away_or_keeps_a_fee_back() -> None:
    found = terms(STRICT)
    assert (found.statutory, found.fee_minor, found.deducted_ppm) == (True, 0, {Grade.WORN: 250_000})
    assert found.law.startswith("Directive 2011/83/EU")
    with pytest.raises(Refused, match="RETURN_FINAL_SALE"):
        terms(STRICT, days=17)
    with pytest.raises(Refused, match="RETURN_FINAL_SALE"):
        terms(STRICT, "US")


def test_what_a_rule_gives_beyond_the_law_stays() -> None:
    late = terms("window_days = 90\nfee_minor = 300\n", days=40)
    assert (late.statutory, late.fee_minor, late.law) == (False, 300, "")


def test_who_was_not_told_of_the_right_has_it_longer_and_free() -> None:
    rule = f'{STRICT}informed = false\nlabel = "deducted"\nlabel_fee_minor = 490\n'
    found = terms(rule, days=300)
    assert (found.statutory, found.label, found.label_fee_minor) == (True, LabelPayer.MERCHANT, 0)
    assert found.deducted_ppm == {}
    told = terms(rule.replace("informed = false\n", ""))
    assert (told.label, told.label_fee_minor) == (LabelPayer.DEDUCTED, 490)


@pytest.mark.parametrize("exemption", [each for each in Exemption if not each.startswith("sealed")])
def test_what_the_law_exempts_goes_by_the_rule(exemption: str) -> None:
    with pytest.raises(Refused, match="RETURN_FINAL_SALE"):
        terms(f'{STRICT}exemption = "{exemption}"\n')
    # where the law knows no such reason, it is none
    assert terms(f'{STRICT}exemption = "{exemption}"\nexempt = true\n', "BR").statutory


def test_companies_have_no_such_right() -> None:
    shop = company_shop()
    order = shop.place(bought("B-1", ("TEE-M", 1, 1000)))
    shipped(shop, order, 1)
    shop.do(c.TrackParcel(order=order, parcel=1, state="delivered"))
    shop.do(asked(order))
    assert not shop.order(order).returns[0].items[0].terms.statutory


@pytest.mark.parametrize(
    ("grade", "money"), [(Grade.AS_NEW, ReturnMoney.CREDITED), (Grade.OPENED, ReturnMoney.NOT_DUE)]
)
def test_the_right_to_sealed_goods_ends_with_the_seal(grade: Grade, money: ReturnMoney) -> None:
    shop, policy = shop_with(f'{STRICT}exemption = "sealed_hygiene"\n')
    order = sold(shop, ("TEE-M", 1, 1000))
    shop.do(asked(order, policy=policy))
    shop.do(received(order, r.ReceivedItemInput(item=1, quantity=1)))
    assert refund_asked(shop.order(order)) == 0
    with pytest.raises(Refused, match="RETURN_STATUTORY"):
        shop.do(r.DenyReturn(order=order, number=1, reason="no"))
    shop.do(r.GradeReturn(order=order, number=1, graded=(r.GradedInput(item=1, quantity=1, grade=grade),)))
    [item] = shop.order(order).returns[0].items
    assert (item.custody, item.money) == (Custody.GRADED, money)
    if money is ReturnMoney.NOT_DUE:
        shop.do(r.DenyReturn(order=order, number=1, reason="the seal is broken"))
    assert_sound(shop)


def test_a_broken_seal_takes_nothing_from_who_got_what_is_defective() -> None:
    assert not terms(f'{STRICT}exemption = "sealed_hygiene"\n', why="defective").sealed


@pytest.mark.parametrize(("limit", "back"), [("", 1990), ("standard_shipping_minor = 490\n", 1490)])
def test_of_a_dear_way_the_standard_one_is_given_back(limit: str, back: int) -> None:
    shop, policy = shop_with(STRICT + limit)
    order = sold(shop, ("TEE-M", 1, 1000), charges=(Charge("shipping", 990),))
    shop.do(asked(order, policy=policy))
    shop.do(received(order, r.ReceivedItemInput(item=1, quantity=1)))
    assert refund_asked(shop.order(order)) == back
    assert_sound(shop)


def test_where_the_law_gives_no_shipping_back_the_rule_decides() -> None:
    assert terms(STRICT, "CN").shipping.value == "none"
    assert terms(STRICT + 'shipping = "when_all"\n', "CN").shipping.value == "when_all"


LAW = 'final_sale = true\nwindow_days = 0\n[[law]]\ncountries = ["FR", "US", "CN"]\nsource = "our counsel"\n'
OWN = [
    # what is said       country  until, to the end of the last day
    ("days = 20\n",      "FR",    "2026-12-11T01:00"),
    ("days = 22\n",      "FR",    "2026-12-15T01:00"),  # a Saturday; the row goes on to Monday
    ("days = 22\nweekends_extend = false\n", "FR", "2026-12-13T01:00"),
    ("days = 0\n",       "FR",    None),
    ("days = 3\n",       "US",    "2026-11-25T12:00"),  # no row: wherever a day ends latest
    ("days = 9\n",       "CN",    "2026-11-29T16:00"),
    ("days = 9\n",       "BR",    "2026-11-28T05:00"),  # of which nothing is said
]  # fmt: skip


@pytest.mark.parametrize(("said", "country", "until"), OWN)
def test_what_the_merchant_says_of_the_law_stands_in_its_place(said: str, country: str, until: str | None) -> None:
    shop, policy = shop_with(LAW + said)
    order = sold(shop, ("TEE-M", 1, 1000), **to(country))
    if until is None:
        with pytest.raises(Refused, match="RETURN_FINAL_SALE"):
            shop.do(asked(order, policy=policy))
        return
    shop.do(asked(order, policy=policy))
    found = shop.order(order).returns[0].items[0].terms
    assert (found.statutory, found.withdraw_by) == (True, at(until))
    known = law_of(country, SOLD)
    assert found.law == ("our counsel" if country != "BR" else known and known.source)
