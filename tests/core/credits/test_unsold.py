"""Gift cards whose money is given back: nothing is owed for them any more, whatever came first."""

from hypothesis import given
from hypothesis import strategies as st
from tests.core.credits.test_credits import CreditShop, owed
from tests.core.returns.test_returns import asked, received, sold

from orderline.core.credits.sold import cards_sold, owed_minor
from orderline.core.documents.issuing import IssueInvoice
from orderline.core.ledger.state import Account
from orderline.core.orders import commands as c
from orderline.core.orders.priced import SoldAs
from orderline.core.returns.commands import ReceivedItemInput
from orderline.core.stock.commands import PutSkus
from orderline.core.stock.state import Sku
from orderline.values.ids import OrderId


def sent_cards(quantity: int, price: int, discount: int = 0, *, delivered: bool = True) -> tuple[CreditShop, OrderId]:
    """An order of gift cards of plastic that have been delivered; on no invoice yet."""
    shop = CreditShop()
    shop.do(PutSkus(skus=(Sku("MUG", "A card of plastic", sold_as=SoldAs.GIFT_CARD),)))
    line = c.LineInput(sku="MUG", quantity=quantity, unit_price_minor=price, discount_minor=discount)
    return shop, sold(shop, line, delivered=delivered)


def give_back(shop: CreditShop, order: OrderId, number: int, quantity: int = 1) -> None:
    """Cards that came damaged come back, and their money is given."""
    shop.do(asked(order, quantity, why="damaged"))
    receipt = ReceivedItemInput(item=1, quantity=quantity)
    shop.do(received(order, receipt, number=number, receipt=f"r-{number}"))


def stands(shop: CreditShop, account: Account) -> int:
    return sum(e.amount_minor for posted in shop.posted for e in posted.entries if e.account is account)


@given(quantity=st.integers(1, 5), price=st.integers(1, 3000), part=st.integers(0, 3), data=st.data())
def test_what_was_given_back_for_cards_is_owed_for_them_no_longer(
    quantity: int, price: int, part: int, data: st.DataObject
) -> None:
    discount = quantity * price * part // 7
    shop, order = sent_cards(quantity, price, discount)
    steps = data.draw(st.permutations(["invoice", *["back"] * data.draw(st.integers(0, quantity))]))
    for n, step in enumerate(steps):
        if step == "invoice":
            shop.do(IssueInvoice(order=order, entity="main"))
        else:
            give_back(shop, order, len(shop.order(order).returns) + 1)
        assert owed(shop, "gift_card") >= 0, n
    back = sum(each.quantity for credit in shop.order(order).credits for each in credit.lines)
    assert cards_sold(shop.order(order)) == (((1, quantity - back),) if back < quantity else ())
    assert owed(shop, "gift_card") == owed_minor(shop.order(order), 1, quantity - back)
    # What was taken off is borne by us for the cards that are left alone.
    paid = quantity * price - discount
    given_back = sum(each.total_minor for each in shop.order(order).credits)
    assert stands(shop, Account.DISCOUNTS) == discount
    assert discount + stands(shop, Account.RETURNS_ALLOWANCES) == owed(shop, "gift_card") - paid + given_back
