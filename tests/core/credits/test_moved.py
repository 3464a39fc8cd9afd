"""Store credit where it is to be: on the account that took the place of another, and not given for what is owed."""

import pytest
from tests.core.credits.test_credits import CreditShop, account, issue, owed
from tests.core.returns.test_returns import answer_all, asked, received, sold

from orderline.core.changes.actions import Appease
from orderline.core.changes.commands import ChangeOrder, UndoChange
from orderline.core.credits.commands import TransferCredit
from orderline.core.credits.merging import MergeCredits
from orderline.core.credits.state import KIND, CreditKind, CreditState, account_of
from orderline.core.identities.decide import MergeCustomers
from orderline.core.orders import commands as c
from orderline.core.orders.credited import Destination
from orderline.core.returns.commands import ReceivedItemInput
from orderline.core.tenders.by_hand import SettleRefund
from orderline.core.tenders.paying_again import missing_minor
from orderline.values.ids import OrderId


@pytest.fixture
def merged() -> tuple[CreditShop, OrderId, OrderId]:
    """Two orders of one person: the account of the second was moved to that of the first."""
    shop = CreditShop()
    orders = sorted(sold(shop, ("MUG", 2, 1000)) for _ in range(2))
    for order in orders:
        issue(shop, account_of(order), 300, kind=CreditKind.STORE_CREDIT, why="goodwill", reason="sorry")
    shop.do(MergeCustomers(identity="ann", among=tuple(orders), reason="told us"))
    shop.do(MergeCredits(identity="ann", among=tuple(orders)))
    return shop, orders[0], orders[1]


def test_credit_of_a_return_after_the_merge_stands_on_the_account_of_the_person(
    merged: tuple[CreditShop, OrderId, OrderId],
) -> None:
    shop, first, second = merged
    shop.do(asked(second, 1, destination=Destination.STORE_CREDIT))
    shop.do(received(second, ReceivedItemInput(item=1, quantity=1)))
    kept, moved = account(shop, account_of(first)), account(shop, account_of(second))
    assert (moved.state, moved.balance_minor, owed(shop, moved.id)) == (CreditState.MOVED, 0, 0)
    assert kept.balance_minor == owed(shop, kept.id) == 1600
    assert shop.order(second).credits[0].account == kept.id


def test_a_refund_by_hand_after_the_merge_stands_there_too_however_often_it_was_moved(
    merged: tuple[CreditShop, OrderId, OrderId],
) -> None:
    shop, first, second = merged
    shop.do(TransferCredit(account=account_of(first), to="one", reason="tidied"))
    shop.do(TransferCredit(account="one", to="two", reason="tidied", code_hash=""))
    shop.do(asked(second, 1))
    shop.do(received(second, ReceivedItemInput(item=1, quantity=1)))
    [request] = shop.order(second).tenders[0].requests
    shop.do(
        c.AnswerPayment(
            order=second, tender=1, key=request.key, kind=request.kind, amount_minor=request.amount_minor,
            declined="account_closed",
        )
    )  # fmt: skip
    shop.do(SettleRefund(order=second, tender=1, to="store_credit"))
    assert account(shop, "two").balance_minor == owed(shop, "two") == 1600
    for each in (account_of(first), account_of(second), "one"):
        assert (account(shop, each).state, account(shop, each).balance_minor) == (CreditState.MOVED, 0)


def test_who_owes_for_what_was_supplied_owes_less_instead_of_having_store_credit() -> None:
    shop = CreditShop()
    order = sold(shop, ("MUG", 2, 1000))
    give = Appease(why="damaged", amount_minor=1500)
    shop.do(ChangeOrder(order=order, reason="sorry", actions=(give,)))
    answer_all(shop, order)
    shop.do(UndoChange(order=order, reason="it was another order"))  # 15.00 went back, and are owed again
    assert missing_minor(shop.order(order)) == 1500
    more = Appease(why="damaged", amount_minor=400, destination=Destination.STORE_CREDIT)
    shop.do(ChangeOrder(order=order, reason="sorry", actions=(more,)))
    assert shop.order(order).credits[-1].destination is Destination.TENDERS
    assert missing_minor(shop.order(order)) == 1100
    assert (KIND, account_of(order)) not in shop.world.records
