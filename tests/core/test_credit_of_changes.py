"""What a change adds to an order of a company is held to its limit and its agreements, and what it takes off frees them."""

from typing import Any

import pytest
from msgspec.structs import replace

from core.test_agreements import agreed, left
from core.test_companies import TERMS, bought, company_shop, holds, refused, shipped
from orderline.core.changes.actions import AddLine, ChangePrice, RemoveUnits, ReturnUnits
from orderline.core.changes.commands import ChangeOrder, UndoChange
from orderline.core.companies.commands import PutCompany, ReviewCredit
from orderline.core.companies.exposure import exposure_of
from orderline.core.companies.state import CompanyTerms
from orderline.core.jobs import JobKind
from orderline.core.next_steps import order_follow_ups
from orderline.core.orders import commands as c
from orderline.core.orders.substitution import SubstituteUnits
from orderline.core.returns.commands import ExchangeInput, ExchangeLineInput, RequestReturn, ReturnLineInput
from orderline.core.stock.commands import PutSubstitutes
from orderline.core.stock.substitutes import Substitute, SwapPrice
from orderline.values.ids import OrderId
from support.always import assert_sound
from support.shop import MemoryShop

MORE = AddLine(line=c.LineInput(sku="MUG", quantity=1, unit_price_minor=4000))


def change(order: OrderId, *actions: Any, **about: Any) -> ChangeOrder:
    return ChangeOrder(order=order, reason="asked for", actions=actions, **about)


def two_orders() -> tuple[MemoryShop, OrderId, OrderId]:
    """Of a limit of 100.00, 40.00 and 40.00 are owed."""
    shop = company_shop()
    return shop, shop.place(bought("B-1", ("TEE-M", 2, 2000))), shop.place(bought("B-2", ("TEE-M", 2, 2000)))


def reviews(shop: MemoryShop, order: OrderId, events: list[Any]) -> bool:
    jobs = order_follow_ups(shop.world.settings, shop.order(order), events, shop.now)
    return any(job.kind is JobKind.REVIEW_CREDIT for job in jobs)


@pytest.mark.parametrize(
    "action", [MORE, ChangePrice(line=1, unit_price_minor=4000), ChangePrice(line=1, unit_price_minor=3001)]
)
def test_an_order_that_a_change_raises_beyond_the_limit_is_held(action: Any) -> None:
    shop, first, second = two_orders()
    shop.do(change(second, action))
    assert [holds(shop.order(each)) for each in (first, second)] == [[], ["credit"]]
    assert "of at most 100.00" in shop.order(second).holds[0].reason
    shop.do(change(second, ChangePrice(line=1, unit_price_minor=2500)))
    assert holds(shop.order(second)) == ["credit"], "it stays held until somebody looks, and is not held twice"
    assert_sound(shop)


def test_a_change_up_to_the_limit_is_not_held() -> None:
    shop, _, second = two_orders()
    shop.do(change(second, ChangePrice(line=1, unit_price_minor=3000)))
    assert holds(shop.order(second)) == []
    assert exposure_of(shop.order(second)).total_minor == 6000


def test_an_undo_that_brings_units_back_is_held_to_the_limit_as_well() -> None:
    shop, first, second = two_orders()
    shop.do(change(second, RemoveUnits(line=1, quantity=1)))
    shop.do(change(first, AddLine(line=c.LineInput(sku="MUG", quantity=1, unit_price_minor=3000))))
    assert holds(shop.order(first)) == []
    shop.do(UndoChange(order=second, reason="after all"))
    assert holds(shop.order(second)) == ["credit"], "70.00, and 40.00 again"


def test_a_change_that_owes_no_more_holds_nothing_though_the_limit_was_lowered() -> None:
    shop, first, second = two_orders()
    shop.do(PutCompany(company="acme", name="Acme", terms=replace(TERMS, credit_limit_minor=5000)))
    shop.do(change(second, ChangePrice(line=1, unit_price_minor=1900)))
    shop.do(change(first, RemoveUnits(line=1, quantity=1)))
    assert [holds(shop.order(each)) for each in (first, second)] == [[], []]


def test_what_a_change_takes_off_lets_others_go_on() -> None:
    shop, first, _ = two_orders()
    third = shop.place(bought("B-3", ("TEE-M", 2, 2000)))
    assert holds(shop.order(third)) == ["credit"]
    draft = shop.do(change(first, ChangePrice(line=1, unit_price_minor=1000)))
    assert reviews(shop, first, [event for _, event in draft.events])
    shop.do(ReviewCredit(company="acme", held=(third,)))
    assert holds(shop.order(third)) == []


def test_a_substitute_that_costs_more_is_held_to_the_limit() -> None:
    shop, _, second = two_orders()
    shop.do(
        PutSubstitutes(
            sku="TEE-M", substitutes=(Substitute(sku="MUG", price=SwapPrice.DIFFERENCE, prices={"EUR": 4000}),)
        )
    )
    shop.do(SubstituteUnits(order=second, line=1, sku="MUG", quantity=2))
    assert holds(shop.order(second)) == ["credit"]


def test_what_is_to_be_paid_otherwise_may_be_put_on_terms_only_where_they_were_agreed() -> None:
    tender = c.TenderInput(provider="terms", method="terms", amount_minor=4000)
    other = company_shop(CompanyTerms(currency="EUR"))
    order = other.place(bought("B-1", ("TEE-M", 2, 2000), terms=False))
    assert refused(other, change(order, MORE, tenders=(tender,))) == "TERMS_NOT_AGREED"
    shop = company_shop()
    order = shop.place(bought("B-1", ("TEE-M", 2, 2000), terms=False))
    shop.do(change(order, MORE, tenders=(tender,)))
    assert exposure_of(shop.order(order)).total_minor == 4000
    assert holds(shop.order(order)) == []
    more = AddLine(line=c.LineInput(sku="MUG", quantity=1, unit_price_minor=7000))
    shop.do(change(order, more))
    shop.do(c.AddTender(order=order, tender=replace(tender, amount_minor=7000)))
    assert holds(shop.order(order)) == ["credit"]


def exchanged(order: OrderId, sku: str, quantity: int, **about: Any) -> RequestReturn:
    return RequestReturn(
        order=order, lines=(ReturnLineInput(line=1, quantity=quantity, reason="changed_mind"),),
        exchange=ExchangeInput(lines=(ExchangeLineInput(sku=sku, quantity=quantity, **about),)),
    )  # fmt: skip


def test_an_exchange_takes_no_more_of_an_agreement_than_comes_back() -> None:
    shop = company_shop(CompanyTerms(currency="EUR", net_days=30))
    agreed(shop, ("TEE-M", 5), ("MUG", 5))
    order = shop.place(bought("B-1", ("TEE-M", 2, 2000), agreement="frame"))
    shipped(shop, order, 2)
    assert refused(shop, exchanged(order, "MUG", 2)) == "AGREEMENT_EXCEEDED"
    more = exchanged(order, "TEE-M", 1)
    dear = replace(
        more, exchange=ExchangeInput(lines=(ExchangeLineInput(sku="TEE-M", quantity=2, unit_price_minor=1000),))
    )
    assert refused(shop, dear) == "AGREEMENT_EXCEEDED"
    asked = ReturnUnits(lines=more.lines, exchange=more.exchange)
    shop.do(change(order, asked))
    shop.do(exchanged(order, "TEE-M", 1))
    assert left(shop) == {"TEE-M": 3, "MUG": 5}
    assert_sound(shop)


def test_an_exchange_that_costs_more_is_held_to_the_limit() -> None:
    shop = company_shop()
    order = shop.place(bought("B-1", ("TEE-M", 4, 2000)))
    shipped(shop, order, 4)
    shop.place(bought("B-2", ("TEE-M", 1, 2000)))
    shop.do(exchanged(order, "TEE-M", 1))
    assert holds(shop.order(order)) == ["exchange"], "what comes back pays for what is sent instead"
    shop.do(exchanged(order, "MUG", 1, unit_price_minor=2001))
    assert holds(shop.order(order)) == ["exchange", "exchange", "credit"]
    assert exposure_of(shop.order(order), held=False).total_minor == 8001
