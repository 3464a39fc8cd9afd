"""Substitutes: the money of what is sent instead, to the cent; who is asked, and what follows from the answer."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderline.core.decisions import commands as d
from orderline.core.decisions.asking import AskPolicy, DecisionCause
from orderline.core.decisions.state import Decision
from orderline.core.moves import Units
from orderline.core.next_steps import JobKind, order_follow_ups
from orderline.core.orders import commands as c
from orderline.core.orders.evolve import fold
from orderline.core.orders.state import AgreedLine, TaxLine
from orderline.core.orders.substitution import SubstituteUnits
from orderline.core.orders.swapping import swapped_line
from orderline.core.stock.commands import AdjustStock, PutChannel, PutSkus, PutSubstitutes
from orderline.core.stock.state import Channel, Sku
from orderline.core.stock.substitutes import Substitute, SwapPrice
from orderline.core.tenders.sums import canceled_share, net_agreed_minor
from orderline.values.failures import Refused
from orderline.values.ids import OrderId, new_id
from support.always import assert_sound
from support.shop import MemoryShop, order_of

KEEP, LOWER, DIFFERENCE = SwapPrice.KEEP, SwapPrice.LOWER, SwapPrice.DIFFERENCE


def line_of(quantity: int, unit: int, discount: int, taxes: tuple[int, ...], included: bool) -> AgreedLine:
    total = unit * quantity - discount + (0 if included else sum(taxes))
    lines = tuple(TaxLine(f"T{number}", amount, 200_000) for number, amount in enumerate(taxes))
    return AgreedLine(1, "A", quantity, unit, total, discount_minor=discount, taxes=lines)


def adds_up(line: AgreedLine, included: bool) -> bool:
    tax = sum(tax.amount_minor for tax in line.taxes)
    expected = line.unit_price_minor * line.quantity - line.discount_minor + (0 if included else tax)
    return line.total_minor == expected and line.discount_minor >= 0 and all(t.amount_minor >= 0 for t in line.taxes)


AGREED = st.builds(
    lambda quantity, unit, ppm, taxes, included: (
        line_of(quantity, unit, quantity * unit * ppm // 1_000, taxes, included),
        included,
    ),
    st.integers(1, 13),
    st.integers(0, 2_500),
    st.integers(0, 1_000),
    st.lists(st.integers(0, 700), max_size=3).map(tuple),
    st.booleans(),
)


@given(AGREED, st.lists(st.integers(1, 5), max_size=6))
def test_at_the_agreed_price_nothing_is_lost_and_nothing_won(agreed: tuple[AgreedLine, bool], steps: list[int]) -> None:
    line, included = agreed
    canceled, total, net = 0, line.total_minor, line.total_minor
    for units in steps:
        if canceled + units > line.quantity:
            break
        swapped = swapped_line(line, canceled, units, line.unit_price_minor, taxes_included=included)
        assert adds_up(swapped, included)
        assert swapped.unit_price_minor == line.unit_price_minor
        canceled += units
        total += swapped.total_minor
        # What is agreed without what was canceled is what it was.
        net = total - canceled_share(line, canceled)
        assert net == line.total_minor


@given(AGREED, st.integers(0, 4_000))
def test_at_another_price_discount_and_tax_keep_their_rate(agreed: tuple[AgreedLine, bool], price: int) -> None:
    line, included = agreed
    swapped = swapped_line(line, 0, line.quantity, price, taxes_included=included)
    assert adds_up(swapped, included)
    if line.unit_price_minor:
        for was, now in ((line.discount_minor, swapped.discount_minor),):
            assert now == was * price // line.unit_price_minor
        tax, before = (sum(t.amount_minor for t in each.taxes) for each in (swapped, line))
        assert abs(tax * line.unit_price_minor - before * price) <= line.unit_price_minor


def shop_with(*substitutes: Substitute, stock: int = 9, **channel: Any) -> MemoryShop:
    shop = MemoryShop([("TEE-M", "lyon", 2), ("CAP-9", "lille", stock)])
    shop.do(PutSubstitutes(sku="TEE-M", substitutes=substitutes))
    if channel:
        shop.do(PutChannel(channel=Channel("web", "Web shop", ("eu", "stores"), **channel)))
    return shop


def short(shop: MemoryShop, quantity: int = 2, **about: Any) -> OrderId:
    """An order whose one location has rejected all of it."""
    order = shop.place(order_of("A-1", ("TEE-M", quantity, 2000), **about))
    shop.do(c.AllocateUnits(order=order, group=1, allotments=(c.Allotment(1, "eu", "lyon", quantity),)))
    shop.do(c.RejectUnits(order=order, fulfillment=1, reason="not found", shelf="missing"))
    return order


def asked(shop: MemoryShop, order: OrderId) -> str:
    id_ = str(new_id())
    about = {"nonce": "n", "token_hash": "h"}
    shop.do(d.DraftDecision(decision=id_, order=order, cause=DecisionCause.UNFILLABLE, **about))
    return id_


def decision_of(shop: MemoryShop, id_: str) -> Decision:
    found = shop.world.records["decision", id_]
    assert isinstance(found, Decision)
    return found


def units(shop: MemoryShop, order: OrderId) -> list[Units]:
    return [line.units for line in shop.order(order).lines]


def test_what_needs_no_consent_is_sent_unasked_for_the_same_money() -> None:
    shop = shop_with(Substitute(sku="CAP-9", consent=False))
    order = short(shop)
    id_ = asked(shop, order)
    assert ("decision", id_) not in shop.world.records
    found = shop.order(order)
    assert units(shop, order) == [Units(canceled=2), Units(pooled=2)]
    assert [(line.sku, line.total_minor, line.replaces) for line in found.agreement.lines] == [
        ("TEE-M", 4000, None),
        ("CAP-9", 4000, 1),
    ]
    assert (found.agreement.number, found.agreement.total_minor, net_agreed_minor(found)) == (2, 8000, 4000)
    assert not found.holds
    # Nothing is asked back, nothing let go of: the authorization stands for what is sent now.
    assert not found.tenders[0].requests
    jobs = order_follow_ups(shop.world.settings, found, shop.events[order], shop.now)
    assert "order_substituted" in [job.body.template for job in jobs if job.kind is JobKind.NOTICE]
    assert fold(shop.events[order]) is not None
    assert_sound(shop)


def test_who_is_asked_sees_what_each_choice_costs_and_units_are_kept_for_it() -> None:
    shop = shop_with(
        Substitute(sku="CAP-9", price=LOWER, prices={"EUR": 1500}),
        Substitute(sku="MUG", price=DIFFERENCE, prices={"EUR": 2500}),
    )
    shop.do(AdjustStock(sku="MUG", location="lyon", quantity=4, reason="received"))
    order = short(shop)
    id_ = asked(shop, order)
    decision = decision_of(shop, id_)
    assert [option.code for option in decision.options] == ["swap:CAP-9", "swap:MUG", "wait", "cancel"]
    assert [option.preview.money_minor for option in decision.options] == [-1000, 1000, 0, -4000]
    assert [line.quantity for option in decision.options for line in option.reserved] == [2, 2]
    assert shop.world.pool_level("CAP-9", "eu").held == 2
    shop.do(d.AnswerDecision(decision=id_, order=order, option="swap:CAP-9", token_hash="h"))
    assert units(shop, order) == [Units(canceled=2), Units(pooled=2)]
    assert net_agreed_minor(shop.order(order)) == 3000
    assert (shop.world.pool_level("CAP-9", "eu").held, shop.world.pool_level("MUG", "eu").held) == (0, 0)
    assert shop.order(order).asked == ()


def test_what_was_paid_beyond_comes_back_and_what_lacks_is_waited_for() -> None:
    cheap = shop_with(Substitute(sku="CAP-9", price=LOWER, prices={"EUR": 1500}, consent=False))
    order = short(cheap, paid="captured")
    asked(cheap, order)
    assert [(r.kind, r.amount_minor) for r in cheap.order(order).tenders[0].requests] == [("refund", 1000)]
    dear = shop_with(Substitute(sku="CAP-9", price=DIFFERENCE, prices={"EUR": 2600}))
    order = short(dear)
    dear.do(d.AnswerDecision(decision=asked(dear, order), order=order, option="swap:CAP-9", token_hash="h"))
    pay = c.AllocateUnits(order=order, group=1, allotments=(c.Allotment(2, "eu", "lille", 2),))
    with pytest.raises(Refused, match="NOT_PAID"):
        dear.do(pay)
    dear.do(c.AddTender(order=order, tender=c.TenderInput(provider="sandbox", amount_minor=1200, state="authorized")))
    dear.do(pay)


def test_it_is_sent_even_where_customers_are_not_asked_about_anything() -> None:
    shop = shop_with(Substitute(sku="CAP-9", consent=False), asks=AskPolicy(drafts=()))
    order = short(shop)
    asked(shop, order)
    assert units(shop, order) == [Units(canceled=2), Units(pooled=2)]


def test_an_order_that_is_short_at_intake_is_accepted_where_something_else_can_be_sent() -> None:
    shop = shop_with(Substitute(sku="CAP-9", consent=False))
    order = shop.place(order_of("B-1", ("TEE-M", 5, 2000)))
    assert units(shop, order) == [Units(pooled=2, unplanned=3)]
    assert [hold.type for hold in shop.order(order).holds] == ["unfillable"]
    asked(shop, order)
    assert units(shop, order) == [Units(pooled=2, canceled=3), Units(pooled=3)]
    assert net_agreed_minor(shop.order(order)) == 10_000
    too_many = order_of("B-2", ("TEE-M", 12, 2000))
    with pytest.raises(Refused, match="STOCK_NOT_AVAILABLE"):
        shop.place(too_many)


CASES: list[tuple[str, dict[str, Any], str]] = [
    ("another SKU",           {"sku": "MUG"},              "SUBSTITUTE_UNKNOWN"),
    ("another line",          {"line": 9},                 "LINE_UNKNOWN"),
    ("more than there are",   {"quantity": 3},             "QUANTITY_NOT_AVAILABLE"),
    ("nothing",               {"quantity": 0},             "QUANTITY_NOT_POSITIVE"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "code"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_no_substitute_is_refused_and_nothing_has_changed(given: dict[str, Any], code: str) -> None:
    shop = shop_with(Substitute(sku="CAP-9"))
    order = short(shop)
    before = shop.order(order)
    about: dict[str, Any] = {"order": order, "line": 1, "sku": "CAP-9", "quantity": 2} | given
    with pytest.raises(Refused, match=code):
        shop.do(SubstituteUnits(**about))
    assert shop.order(order) is before


def test_units_that_a_location_has_begun_with_stay() -> None:
    shop = shop_with(Substitute(sku="CAP-9"))
    order = shop.place(order_of("C-1", ("TEE-M", 2, 2000)))
    shop.do(c.AllocateUnits(order=order, group=1, allotments=(c.Allotment(1, "eu", "lyon", 2),)))
    shop.do(c.AcceptFulfillment(order=order, fulfillment=1))
    with pytest.raises(Refused, match="FULFILLMENT_STARTED"):
        shop.do(SubstituteUnits(order=order, line=1, sku="CAP-9", quantity=1))


RULES: list[tuple[str, Substitute, str]] = [
    ("itself",               Substitute(sku="TEE-M"),                                       "SUBSTITUTES_NOT_ACCEPTABLE"),
    ("nobody knows it",      Substitute(sku="NO-SUCH"),                                     "SKU_UNKNOWN"),
    ("no price",             Substitute(sku="MUG", price=LOWER),                            "SUBSTITUTES_NOT_ACCEPTABLE"),
    ("below zero",           Substitute(sku="MUG", price=LOWER, prices={"EUR": -1}),        "SUBSTITUTES_NOT_ACCEPTABLE"),
    ("no such currency",     Substitute(sku="MUG", price=LOWER, prices={"XXQ": 1}),         "CURRENCY_UNKNOWN"),
    ("a difference unasked", Substitute(sku="MUG", price=DIFFERENCE, prices={"EUR": 1}, consent=False),
     "SUBSTITUTES_NOT_ACCEPTABLE"),
    ("no such channel",      Substitute(sku="MUG", channels=("moon",)),                     "CHANNEL_UNKNOWN"),
    ("no such country",      Substitute(sku="MUG", countries=("France",)),                  "COUNTRY_UNKNOWN"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "code"), [rule[1:] for rule in RULES], ids=[rule[0] for rule in RULES])
def test_rules_that_contradict_themselves_are_refused(given: Substitute, code: str) -> None:
    with pytest.raises(Refused, match=code):
        MemoryShop().do(PutSubstitutes(sku="TEE-M", substitutes=(given,)))


def test_conditions_decide_where_it_may_be_sent_and_a_catalog_feed_keeps_the_rules() -> None:
    shop = shop_with(Substitute(sku="CAP-9", countries=("DE",)), Substitute(sku="MUG", channels=("web",)))
    shop.do(PutSkus(skus=(Sku("TEE-M", "Shirt, renamed"),)))
    assert [each.sku for each in shop.world.skus["TEE-M"].substitutes] == ["CAP-9", "MUG"]
    order = short(shop)
    with pytest.raises(Refused, match="SUBSTITUTE_UNKNOWN"):
        shop.do(SubstituteUnits(order=order, line=1, sku="CAP-9", quantity=2))
    shop.do(AdjustStock(sku="MUG", location="lyon", quantity=4, reason="received"))
    shop.do(SubstituteUnits(order=order, line=1, sku="MUG", quantity=2))
    shop.do(PutSubstitutes(sku="TEE-M", substitutes=()))
    assert shop.world.skus["TEE-M"].substitutes == ()
