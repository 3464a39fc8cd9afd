"""Cards that were opened and are sold no longer: what is on them goes with the money, in whatever order things happen."""

import contextlib
import sys
from collections import Counter
from random import Random

import pytest
from tests.core.credits.test_cards import opening
from tests.core.credits.test_credits import CreditShop, account, books, owed, paid_by
from tests.core.credits.test_credits import answer as answer_by_card
from tests.core.credits.test_unsold import give_back, sent_cards, stands
from tests.core.returns.test_returns import answer_all, refund_asked

from orderline.core.credits.commands import TransferCredit
from orderline.core.credits.sold import CARD_SPENT, owed_minor, sold_of
from orderline.core.credits.state import KIND, CreditAccount, CreditState
from orderline.core.documents.issuing import IssueInvoice
from orderline.core.ledger.state import Account
from orderline.core.orders import commands as c
from orderline.core.orders.state import LineQuantity, Order, ParcelState
from orderline.core.shipments.undoing import UndoHandover
from orderline.core.tenders.paying_again import missing_minor
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from support.always import assert_order_sound
from support.depth import deep
from support.shop import order_of


@pytest.fixture
def opened() -> tuple[CreditShop, OrderId]:
    """Two cards of 25.00 that were sent, invoiced and opened."""
    shop, order = sent_cards(2, 2500, delivered=False)
    shop.do(IssueInvoice(order=order, entity="main"))
    shop.do(opening(shop, order))
    return shop, order


def cards(shop: CreditShop, order: OrderId) -> list[CreditAccount]:
    found = [each for each in shop.world.records.values() if isinstance(each, CreditAccount)]
    return sorted((each for each in found if each.sold_on == str(order)), key=lambda each: each.id)


def spend(shop: CreditShop, card: str, amount: int) -> None:
    """Somebody buys a shirt by card."""
    name = f"s-{len(shop.events)}"
    order = shop.place(order_of(name, ("TEE-M", 1, amount), tenders=(paid_by(card, amount),)))
    answer_by_card(shop, order)
    assert shop.order(order).tenders[0].captured_minor == amount


def undo(shop: CreditShop, order: OrderId) -> None:
    shop.do(UndoHandover(order=order, fulfillment=1, reason="it is here", to_shelf=True))


def cancel(shop: CreditShop, order: OrderId) -> None:
    shop.do(c.CancelUnits(order=order, reason="changed_mind"))
    for each in shop.order(order).fulfillments:
        with contextlib.suppress(Refused):
            shop.do(c.AnswerCancel(order=order, fulfillment=each.number, accepted=True))


def test_the_balance_goes_with_the_money_that_is_given_back(opened: tuple[CreditShop, OrderId]) -> None:
    shop, order = opened
    give_back(shop, order, 1)
    assert sorted(each.balance_minor for each in cards(shop, order)) == [0, 2500]
    assert refund_asked(shop.order(order)) == 2500
    assert owed(shop, "gift_card") == 0
    assert stands(shop, Account.GIFT_CARDS) == -2500
    assert stands(shop, Account.RETURNS_ALLOWANCES) == 0


def test_what_was_spent_is_kept_back(opened: tuple[CreditShop, OrderId]) -> None:
    shop, order = opened
    for each in cards(shop, order):
        spend(shop, each.id, 1000)
    give_back(shop, order, 1)
    [credit] = shop.order(order).credits
    assert (credit.total_minor, [(fee.kind, fee.net_minor) for fee in credit.fees]) == (1500, [(CARD_SPENT, 1000)])
    assert refund_asked(shop.order(order)) == 1500
    assert sorted(each.balance_minor for each in cards(shop, order)) == [0, 1500]
    assert owed(shop, "gift_card") == 0


def test_the_card_that_nobody_has_spent_of_is_called_back(opened: tuple[CreditShop, OrderId]) -> None:
    shop, order = opened
    first, second = cards(shop, order)
    spend(shop, first.id, 2500)
    give_back(shop, order, 1)
    assert (account(shop, first.id).sold_minor, account(shop, second.id).sold_minor) == (2500, 0)
    assert refund_asked(shop.order(order)) == 2500


def test_cards_that_never_left_are_empty_until_they_do(opened: tuple[CreditShop, OrderId]) -> None:
    shop, order = opened
    undo(shop, order)
    assert [each.balance_minor for each in cards(shop, order)] == [0, 0]
    shop.do(IssueInvoice(order=order, entity="main"))  # the credit note
    assert stands(shop, Account.GIFT_CARDS) == 0
    number = next(each.number for each in shop.order(order).fulfillments if each.items[0].units.at_location)
    lines = (LineQuantity(1, 2),)
    shop.do(c.PickUnits(order=order, fulfillment=number, lines=lines))
    shop.do(c.PackUnits(order=order, fulfillment=number, parcels=(c.ParcelInput(items=lines),)))
    parcel = next(each for each in shop.order(order).parcels if each.state is ParcelState.PACKED)
    shop.do(c.LabelParcel(order=order, parcel=parcel.number, carrier="sandbox", tracking_number="T2"))
    shop.do(c.ShipParcels(order=order, fulfillment=number))
    assert [each.balance_minor for each in cards(shop, order)] == [0, 0]
    shop.do(IssueInvoice(order=order, entity="main"))
    assert [each.balance_minor for each in cards(shop, order)] == [2500, 2500]
    assert (owed(shop, "gift_card"), stands(shop, Account.GIFT_CARDS)) == (0, -5000)


@pytest.mark.parametrize("noted", [False, True])
def test_money_of_a_canceled_card_leaves_nothing_on_it(opened: tuple[CreditShop, OrderId], noted: bool) -> None:
    shop, order = opened
    undo(shop, order)
    if noted:
        shop.do(IssueInvoice(order=order, entity="main"))
    cancel(shop, order)
    assert refund_asked(shop.order(order)) == 5000
    if not noted:
        shop.do(IssueInvoice(order=order, entity="main"))
    answer_all(shop, order)
    assert [each.balance_minor for each in cards(shop, order)] == [0, 0]
    assert stands(shop, Account.GIFT_CARDS) == 0
    assert [books(shop.order(order), each) for each in (Account.RECEIVABLE, Account.DEPOSITS)] == [0, 0]


def test_what_was_spent_of_a_canceled_card_is_owed(opened: tuple[CreditShop, OrderId]) -> None:
    shop, order = opened
    first, _ = cards(shop, order)
    spend(shop, first.id, 700)
    undo(shop, order)
    cancel(shop, order)
    shop.do(IssueInvoice(order=order, entity="main"))
    assert refund_asked(shop.order(order)) == 4300
    answer_all(shop, order)
    assert stands(shop, Account.GIFT_CARDS) == 0
    assert [books(shop.order(order), each) for each in (Account.RECEIVABLE, Account.DEPOSITS)] == [0, 0]
    assert missing_minor(shop.order(order)) == 0


def test_a_card_that_was_replaced_is_called_back_where_its_money_is(opened: tuple[CreditShop, OrderId]) -> None:
    shop, order = opened
    first, second = cards(shop, order)
    for each in (first, second):
        shop.do(TransferCredit(account=each.id, to="new", reason="lost", code_hash="n" if each is first else ""))
    spend(shop, "new", 3000)
    undo(shop, order)
    assert account(shop, "new").balance_minor == owed(shop, "new") == 0
    assert all(account(shop, each.id).state is CreditState.MOVED for each in (first, second))
    assert sum(each.owed_minor for each in cards(shop, order)) == 3000
    cancel(shop, order)
    assert refund_asked(shop.order(order)) == 2000


def likely(dice: Random, shop: CreditShop, order: Order) -> c.Command | None:
    """What somebody does next with an order of cards, or with the cards."""
    there = cards(shop, order.id)
    match dice.randrange(10):
        case 0:
            return IssueInvoice(order=order.id, entity="main")
        case 1 | 2 | 3:
            full = [each for each in shop.records(KIND) if each.balance_minor]
            if full:
                card = dice.choice(full)
                spend(shop, card.id, dice.choice([card.balance_minor, dice.randint(1, card.balance_minor)]))
            return None
        case 8 if there:
            target = dice.choice(["new", *[each.id for each in there]])
            known = (KIND, target) in shop.world.records
            return TransferCredit(
                account=dice.choice(there).id, to=target, reason="lost", code_hash="" if known else "n"
            )
        case 4:
            return opening(shop, order.id)
        case 5:
            return UndoHandover(order=order.id, fulfillment=1, reason="here", to_shelf=dice.random() < 0.5)
        case 6:
            return c.CancelUnits(order=order.id, reason="no", lines=dice.choice([(), (LineQuantity(1, 1),)]))
        case 7 if order.fulfillments:
            return c.AnswerCancel(order=order.id, fulfillment=dice.choice(order.fulfillments).number, accepted=True)
        case _:
            packed = [each.fulfillment for each in order.parcels if each.state is ParcelState.PACKED]
            return c.ShipParcels(order=order.id, fulfillment=packed[0]) if packed else None


def assert_cards_sound(shop: CreditShop, order: Order) -> None:
    """Each unit that is sold has a card at most, with what it is worth; what was spent of others is owed by the customer."""
    there = cards(shop, order.id)
    for each in shop.world.records.values():
        if isinstance(each, CreditAccount):
            assert each.balance_minor == owed(shop, each.id) >= 0
    on = [each for each in there if each.sold_minor]
    if not order.billed:
        assert not there
        return
    [agreed] = order.agreement.lines
    sold = sold_of(order, agreed)
    assert len(on) <= sold
    assert sum(each.sold_minor for each in on) <= owed_minor(order, 1, sold)
    assert owed(shop, "gift_card") >= 0
    kept = sum(fee.net_minor for credit in order.credits for fee in credit.fees if fee.kind == CARD_SPENT)
    assert kept == sum(each.owed_minor for each in there) >= 0


@pytest.mark.slow
def test_no_card_keeps_money_that_was_given_back_under_any_sequence() -> None:
    done: Counter[str] = Counter()
    owing = emptied = 0
    for seed in range(deep(50)):
        dice = Random(seed)
        quantity, price = dice.randint(1, 4), dice.choice([1, 333, 2500])
        shop, id_ = sent_cards(quantity, price, dice.choice([0, price * quantity // 3]), delivered=dice.random() < 0.3)
        for _ in range(30):
            order = shop.order(id_)
            with contextlib.suppress(Refused):
                if dice.random() < 0.1:
                    give_back(shop, id_, len(order.returns) + 1)
                    done["back"] += 1
                elif (command := likely(dice, shop, order)) is not None:
                    shop.do(command)
                    done[str(command.__struct_config__.tag)] += 1
            if dice.random() < 0.5:
                answer_all(shop, id_)
            assert_order_sound(shop, shop.order(id_))
            assert_cards_sound(shop, shop.order(id_))
        owing += any(each.owed_minor for each in cards(shop, id_))
        emptied += any(not each.sold_minor for each in cards(shop, id_))
    sys.stdout.write(f"{sum(done.values())} commands, {emptied} with cards called back, {owing} spent: {done}\n")
    assert owing > 5
    assert emptied > 10
    for command in ("issue_invoice", "issue_sold_cards", "transfer_credit", "undo_handover", "back"):
        assert done[command] > 10, command
