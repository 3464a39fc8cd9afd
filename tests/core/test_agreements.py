"""Agreements are called off by orders, never beyond what was agreed, and get back what is canceled."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from core.test_companies import bought, company_shop, refused
from orderline.core.agreements.decide import EndAgreement, PutAgreement, ReviewCallOff, units_of
from orderline.core.agreements.state import (
    Agreement,
    AgreementPut,
    NotedCall,
    SkuUnits,
    UnitsCalledOff,
    evolve_agreement,
    units_by_sku,
)
from orderline.core.changes.actions import AddLine, RemoveUnits
from orderline.core.changes.commands import ChangeOrder
from orderline.core.companies.commands import PutCompany
from orderline.core.companies.state import CompanyTerms
from orderline.core.next_steps import JobKind, order_follow_ups
from orderline.core.orders import commands as c
from orderline.core.orders.state import LineQuantity
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from support.always import assert_sound
from support.shop import NOON, MemoryShop

TERMS = CompanyTerms(currency="EUR", net_days=30)
DAY = NOON.date()


def agreed(shop: MemoryShop, *lines: tuple[str, int], name: str = "frame", **about: Any) -> Agreement:
    given: dict[str, Any] = {"from_on": DAY, "until_on": DAY + timedelta(days=90), "company": "acme", **about}
    shop.do(PutAgreement(agreement=name, lines=tuple(SkuUnits(*each) for each in lines), **given))
    return shop.records("agreement")[0]


def left(shop: MemoryShop) -> dict[str, int]:
    return {each.sku: each.left for each in shop.records("agreement")[0].lines}


def called_by(shop: MemoryShop, order: OrderId) -> dict[str, int]:
    """What an order has called off, by SKU."""
    return next((units_by_sku(each.units) for each in shop.records("call_off") if each.id == str(order)), {})


def called(shop: MemoryShop) -> Counter[str]:
    """What all orders together have called off."""
    units = Counter[str]()
    for each in shop.records("call_off"):
        units.update(units_by_sku(each.units))
    return units


def test_orders_call_off_what_was_agreed_and_no_more() -> None:
    shop = company_shop(TERMS)
    agreed(shop, ("TEE-M", 5), ("MUG", 2))
    first = shop.place(bought("B-1", ("TEE-M", 2, 2000), ("TEE-M", 1, 2000), ("MUG", 2, 500), agreement="frame"))
    assert left(shop) == {"TEE-M": 2, "MUG": 0}
    assert called_by(shop, first) == {"TEE-M": 3, "MUG": 2}
    with pytest.raises(Refused) as caught:
        shop.place(bought("B-2", ("TEE-M", 3, 2000), agreement="frame"))
    assert (caught.value.code, caught.value.facts["sku"], caught.value.facts["allowed"]) == (
        "AGREEMENT_EXCEEDED", "TEE-M", 2,
    )  # fmt: skip
    assert refused(shop, bought("B-2", ("MUG", 1, 500), agreement="frame")) == "AGREEMENT_EXCEEDED"
    shop.place(bought("B-2", ("TEE-M", 2, 2000), agreement="frame"))
    assert left(shop) == {"TEE-M": 0, "MUG": 0}
    shop.place(bought("B-3", ("TEE-M", 2, 2000)))  # without the agreement
    assert_sound(shop)


def test_a_test_order_takes_nothing_and_is_held_to_the_agreement_all_the_same() -> None:
    shop = company_shop(TERMS)
    agreed(shop, ("TEE-M", 5))
    shop.place(replace(bought("B-1", ("TEE-M", 4, 2000), agreement="frame"), is_test=True))
    assert left(shop) == {"TEE-M": 5}
    assert (
        refused(shop, replace(bought("B-2", ("TEE-M", 6, 2000), agreement="frame"), is_test=True))
        == "AGREEMENT_EXCEEDED"
    )
    shop.place(bought("B-3", ("TEE-M", 5, 2000), agreement="frame"))
    assert left(shop) == {"TEE-M": 0}


def test_what_is_canceled_may_be_called_off_again() -> None:
    shop = company_shop(TERMS)
    agreed(shop, ("TEE-M", 5))
    order = shop.place(bought("B-1", ("TEE-M", 5, 2000), agreement="frame"))
    draft = shop.do(c.CancelUnits(order=order, reason="x", lines=(LineQuantity(1, 2),)))
    events = [event for _, event in draft.events]
    jobs = order_follow_ups(shop.world.settings, shop.order(order), events, shop.now)
    assert [job.body.key for job in jobs if job.kind is JobKind.REVIEW_CALL_OFF] == ["frame"]
    assert left(shop) == {"TEE-M": 0}
    shop.do(ReviewCallOff(agreement="frame", caller=order))
    assert left(shop) == {"TEE-M": 2}
    shop.do(ReviewCallOff(agreement="frame", caller=order))
    assert left(shop) == {"TEE-M": 2}
    shop.do(c.CancelUnits(order=order, reason="x"))
    shop.do(ReviewCallOff(agreement="frame", caller=order))
    assert (left(shop), called_by(shop, order)) == ({"TEE-M": 5}, {})
    assert shop.records("call_off")[0].state == "given_back"


def test_an_agreement_does_not_grow_with_its_orders() -> None:
    shop = company_shop(TERMS)
    agreed(shop, ("TEE-M", 50))
    sizes: set[int] = set()
    for number in range(20):
        shop.place(bought(f"B-{number}", ("TEE-M", 2, 2000), agreement="frame"))
        agreement = replace(shop.records("agreement")[0], version=0, chain="")
        sizes.add(len(msgspec.json.encode(agreement)))
    assert left(shop) == {"TEE-M": 10}
    assert max(sizes) - min(sizes) <= 2  # the digits of what was called off
    assert len(shop.records("call_off")) == 20


def test_what_older_releases_have_noted_is_counted_and_given_back() -> None:
    shop = company_shop(TERMS)
    agreed(shop, ("TEE-M", 9))
    order = shop.place(bought("B-1", ("TEE-M", 5, 2000), agreement="frame"))
    about = {"by": "somebody", "at": NOON}
    put = AgreementPut(
        id="frame",
        company="acme",
        lines=(SkuUnits("TEE-M", 9),),
        from_on=DAY,
        until_on=DAY + timedelta(days=9),
        **about,
    )
    noted = NotedCall(order=order, order_number="1", units=(SkuUnits("TEE-M", 5),))
    older = evolve_agreement(evolve_agreement(None, put), UnitsCalledOff(call=noted, **about))
    assert [(each.called, each.left) for each in older.lines] == [(5, 4)]
    fewer = replace(noted, units=(SkuUnits("TEE-M", 3),))
    assert evolve_agreement(older, UnitsCalledOff(call=fewer, **about)).lines[0].called == 3
    shop.world.records["agreement", "frame"] = older
    del shop.world.records["call_off", str(order)]
    second = shop.place(bought("B-2", ("TEE-M", 4, 2000), agreement="frame"))
    assert left(shop) == {"TEE-M": 0}
    shop.do(c.CancelUnits(order=order, reason="x", lines=(LineQuantity(1, 2),)))
    shop.do(ReviewCallOff(agreement="frame", caller=order))
    assert left(shop) == {"TEE-M": 2}
    shop.do(c.CancelUnits(order=order, reason="x"))
    shop.do(ReviewCallOff(agreement="frame", caller=order))
    shop.do(ReviewCallOff(agreement="frame", caller=second))
    assert (left(shop), shop.records("agreement")[0].calls) == ({"TEE-M": 5}, ())


def test_a_change_does_not_call_off_more() -> None:
    shop = company_shop(TERMS)
    agreed(shop, ("TEE-M", 9))
    order = shop.place(bought("B-1", ("TEE-M", 5, 2000), agreement="frame"))
    more = ChangeOrder(
        order=order, reason="more", actions=(AddLine(line=c.LineInput(sku="TEE-M", quantity=1, unit_price_minor=2000)),)
    )
    assert refused(shop, more) == "AGREEMENT_EXCEEDED"
    shop.do(ChangeOrder(order=order, reason="fewer", actions=(RemoveUnits(line=1, quantity=1),)))
    shop.do(ReviewCallOff(agreement="frame", caller=order))
    assert left(shop) == {"TEE-M": 5}


def test_an_agreement_is_kept_to_its_company_its_days_and_what_was_called_off() -> None:
    shop = company_shop(TERMS)
    shop.do(PutCompany(company="other", name="Other", terms=TERMS))
    agreed(shop, ("TEE-M", 5))
    wanted = bought("B-1", ("TEE-M", 3, 2000), agreement="frame")
    agreed(shop, ("TEE-M", 5), from_on=DAY + timedelta(days=1))
    assert refused(shop, wanted) == "AGREEMENT_STATE"
    agreed(shop, ("TEE-M", 5), from_on=DAY - timedelta(days=9), until_on=DAY)
    shop.place(wanted)
    foreign = bought("B-2", ("TEE-M", 1, 2000), agreement="frame", company="other", location="", buyer="")
    assert refused(shop, foreign) in ("AGREEMENT_UNKNOWN", "ADDRESS_MISSING")
    assert refused(shop, bought("B-2", ("TEE-M", 1, 2000), agreement="none")) == "AGREEMENT_UNKNOWN"
    about: dict[str, Any] = {"agreement": "frame", "company": "acme", "from_on": DAY, "until_on": DAY}
    wrong: tuple[tuple[dict[str, Any], str], ...] = (
        ({"lines": (SkuUnits("TEE-M", 2),)}, "AGREEMENT_EXCEEDED"),
        ({"lines": (SkuUnits("MUG", 9),)}, "AGREEMENT_EXCEEDED"),
        ({"lines": ()}, "AGREEMENT_NOT_ACCEPTABLE"),
        ({"lines": (SkuUnits("TEE-M", 5), SkuUnits("TEE-M", 5))}, "AGREEMENT_NOT_ACCEPTABLE"),
        ({"lines": (SkuUnits("TEE-M", 5),), "until_on": date(2020, 1, 1)}, "AGREEMENT_NOT_ACCEPTABLE"),
        ({"lines": (SkuUnits("TEE-M", 5),), "company": "other"}, "AGREEMENT_NOT_ACCEPTABLE"),
    )
    for changed, code in wrong:
        assert refused(shop, PutAgreement(**{**about, **changed})) == code
    shop.do(EndAgreement(agreement="frame", reason="over"))
    assert refused(shop, bought("B-2", ("TEE-M", 1, 2000), agreement="frame")) == "AGREEMENT_STATE"
    assert refused(shop, EndAgreement(agreement="frame", reason="over")) == "AGREEMENT_STATE"


steps = st.lists(
    st.tuples(st.sampled_from(["call", "cancel", "review", "fewer", "agree"]), st.integers(0, 5), st.integers(1, 4)),
    max_size=30,
)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(steps)
def test_no_sequence_calls_off_more_than_was_agreed(steps: list[tuple[str, int, int]]) -> None:
    shop = company_shop(TERMS)
    agreed(shop, ("TEE-M", 6), ("MUG", 4))
    orders: list[Any] = []
    for number, (what, which, units) in enumerate(steps):
        order = orders[which % len(orders)] if orders else None
        try:
            match what:
                case "call":
                    lines = (("TEE-M", units, 2000), ("MUG", 1, 500))
                    orders.append(shop.place(bought(f"B-{number}", *lines, agreement="frame")))
                case "agree":
                    agreed(shop, ("TEE-M", 2 * units), ("MUG", units))
                case "cancel" if order:
                    shop.do(c.CancelUnits(order=order, reason="x", lines=(LineQuantity(1, 1),)))
                case "fewer" if order:
                    actions = (RemoveUnits(line=1, quantity=units),)
                    shop.do(ChangeOrder(order=order, reason="x", actions=actions))
                case "review" if order:
                    shop.do(ReviewCallOff(agreement="frame", caller=order))
                case _:
                    pass
        except Refused:
            pass
        agreement = shop.records("agreement")[0]
        in_all = called(shop)
        assert all(in_all[each.sku] == each.called <= each.quantity for each in agreement.lines)
        assert set(in_all) <= {each.sku for each in agreement.lines}
        for each in orders:
            assert all(called_by(shop, each).get(sku, 0) >= n for sku, n in units_of(shop.order(each)).items())
    for each in orders:
        shop.do(ReviewCallOff(agreement="frame", caller=each))
        assert called_by(shop, each) == units_of(shop.order(each))
