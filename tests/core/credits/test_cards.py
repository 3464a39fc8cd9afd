"""Gift cards that are sold on orders, and the store credit of one person."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.credits.test_credits import CreditShop, account, issue, owed, refused
from tests.core.returns.test_returns import asked, received, sold

from orderline.core.credits.cards import IssueSoldCards
from orderline.core.credits.merging import MergeCredits
from orderline.core.credits.sold import cards_of, cards_sold
from orderline.core.credits.state import CreditKind, CreditState, account_of
from orderline.core.documents.issuing import IssueInvoice
from orderline.core.entities.commands import PutEntity
from orderline.core.entities.state import LegalEntity
from orderline.core.identities.decide import MergeCustomers, UndoMerge
from orderline.core.orders import commands as c
from orderline.core.orders.priced import SoldAs
from orderline.core.returns.commands import ReceivedItemInput
from orderline.core.stock.commands import PutSkus
from orderline.core.stock.state import Sku, SkuKind
from orderline.values.ids import OrderId
from support.shop import order_of


def sold_cards(shop: CreditShop, quantity: int, price: int, discount: int = 0) -> OrderId:
    """An order of gift cards, paid and invoiced."""
    shop.do(PutSkus(skus=(Sku("CARD", "Gift card", kind=SkuKind.DIGITAL, sold_as=SoldAs.GIFT_CARD),)))
    line = c.LineInput(sku="CARD", quantity=quantity, unit_price_minor=price, discount_minor=discount)
    order = shop.place(
        order_of("w-1", line, ("EBOOK", 1, 100), total_minor=quantity * price - discount + 100, paid="captured")
    )
    shop.do(IssueInvoice(order=order, entity="main"))
    return order


def opening(shop: CreditShop, order: OrderId, *, cards: int | None = None, **about: Any) -> IssueSoldCards:
    sold = cards_sold(shop.order(order))
    count = sum(units for _, units in sold) if cards is None else cards
    return IssueSoldCards(
        order=order, number=shop.order(order).number, sold=sold, code_hashes=tuple(f"h{n}" for n in range(count)),
        **about,
    )  # fmt: skip


@given(quantity=st.integers(1, 7), price=st.integers(1, 5000), part=st.integers(0, 3))
def test_what_was_sold_is_owed_on_a_card_each_to_the_cent(quantity: int, price: int, part: int) -> None:
    shop = CreditShop()
    order = sold_cards(shop, quantity, price, quantity * price * part // 7)
    assert owed(shop, "gift_card") == quantity * price
    command = opening(shop, order)
    shop.do(command)
    names = cards_of(shop.order(order).number, 1, quantity)
    assert sum(account(shop, each).balance_minor for each in names) == quantity * price
    assert all(account(shop, each).balance_minor == owed(shop, each) for each in names)
    assert owed(shop, "gift_card") == 0
    assert refused(shop, opening(shop, order, cards=0)) == "NOTHING_TO_DO"
    assert refused(shop, command) == "NOTHING_TO_DO"


def test_a_card_that_was_sold_is_no_revenue() -> None:
    shop = CreditShop()
    order = sold_cards(shop, 2, 2500)
    shop.do(opening(shop, order))
    revenue = {
        entry.account.value: entry.amount_minor
        for posted in shop.posted for entry in posted.entries if entry.account.value.startswith("revenue")
    }  # fmt: skip
    assert revenue == {"revenue_goods": -100}


def test_cards_are_opened_as_they_were_sold() -> None:
    shop = CreditShop()
    shop.do(PutEntity(entity=LegalEntity(code="main", country="IE")))
    order = sold_cards(shop, 2, 2500)
    assert refused(shop, opening(shop, order, cards=1)) == "CREDIT_MISMATCH"
    soon = opening(shop, order, expires_at=shop.now + timedelta(days=300))
    assert refused(shop, soon) == "CREDIT_EXPIRES_TOO_SOON"
    issue(shop, f"{shop.order(order).number}-1-1", 1)
    assert refused(shop, opening(shop, order, cards=1)) == "CREDIT_MISMATCH"


def test_a_card_whose_money_was_given_back_is_not_opened() -> None:
    shop = CreditShop()
    shop.do(PutSkus(skus=(Sku("MUG", "A card of plastic", sold_as=SoldAs.GIFT_CARD),)))
    order = sold(shop, ("MUG", 3, 2500))
    shop.do(IssueInvoice(order=order, entity="main"))
    assert cards_sold(shop.order(order)) == ((1, 3),)
    shop.do(asked(order, 1, why="damaged"))
    shop.do(received(order, ReceivedItemInput(item=1, quantity=1)))
    assert shop.order(order).credits[0].total_minor == 2500
    assert cards_sold(shop.order(order)) == ((1, 2),)
    shop.do(opening(shop, order))
    names = cards_of(shop.order(order).number, 1, 2)
    assert [account(shop, each).balance_minor for each in names] == [2500, 2500]
    assert refused(shop, opening(shop, order, cards=0)) == "NOTHING_TO_DO"


@pytest.fixture
def person() -> tuple[CreditShop, list[OrderId]]:
    shop = CreditShop()
    orders = [shop.place(order_of(f"w-{n}", ("MUG", 1, 500))) for n in range(3)]
    for order, amount in zip(orders, (300, 200, 100), strict=True):
        issue(shop, account_of(order), amount, kind=CreditKind.STORE_CREDIT, why="goodwill", reason="sorry")
    shop.do(MergeCustomers(identity="ann", among=tuple(orders), reason="told us"))
    return shop, orders


def test_credit_of_one_person_comes_together(person: tuple[CreditShop, list[OrderId]]) -> None:
    shop, orders = person
    merge = MergeCredits(identity="ann", among=tuple(orders))
    shop.do(merge)
    kept = [account(shop, account_of(order)) for order in sorted(orders)]
    assert [each.balance_minor for each in kept] == [600, 0, 0]
    assert [each.state for each in kept] == [CreditState.OPEN, CreditState.MOVED, CreditState.MOVED]
    assert kept[0].goodwill_minor == owed(shop, kept[0].id) == 600
    assert refused(shop, merge) == "NOTHING_TO_DO"


def test_credit_of_who_is_not_one_person_stays_apart(person: tuple[CreditShop, list[OrderId]]) -> None:
    shop, orders = person
    assert refused(shop, MergeCredits(identity="bob", among=tuple(orders))) == "IDENTITY_UNKNOWN"
    assert refused(shop, MergeCredits(identity="ann", among=tuple(orders[:2]))) == "IDENTITY_UNKNOWN"
    shop.do(UndoMerge(identity="ann", among=tuple(orders), reason="two sisters"))
    assert refused(shop, MergeCredits(identity="ann", among=tuple(orders))) == "IDENTITY_STATE"
