"""What will not be paid is written off within limits, and owed again when it is paid after all; tax on what is paid before."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.test_invoices import invoice, posted, ship, taxed
from orderline.core.entities.commands import PutEntity, PutRates
from orderline.core.entities.state import DayRate, LegalEntity
from orderline.core.ledger.events import MoneyPosted
from orderline.core.ledger.state import Account
from orderline.core.ledger.writing_off import Recover, WriteOff, WriteOffAs
from orderline.core.orders.commands import CancelUnits
from orderline.core.orders.state import LineQuantity
from orderline.core.stock.commands import PutChannel
from orderline.core.stock.state import Channel
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from support.always import assert_sound
from support.shop import MemoryShop, order_of

D, B = WriteOffAs.DIFFERENCE, WriteOffAs.BAD_DEBT


@pytest.fixture
def shop() -> MemoryShop:
    return MemoryShop([("TEE-M", "lyon", 100), ("MUG", "lyon", 100)])


def owing(shop: MemoryShop) -> OrderId:
    """An order of 40.00 that was sent and invoiced, and not paid."""
    order = shop.place(order_of("A-1", ("TEE-M", 2, 2000), paid=None))
    ship(shop, order, 1, 2)
    invoice(shop, order)
    return order


def stands(shop: MemoryShop, order: OrderId) -> dict[str, int]:
    books = shop.order(order).books
    assert books is not None
    return {f"{each.account} {each.sub}".strip(): each.amount_minor for each in books.balances}


def refused(shop: MemoryShop, command: WriteOff | Recover) -> str:
    with pytest.raises(Refused) as told:
        shop.do(command)
    return told.value.code


def test_small_differences_add_up_to_the_limit_of_the_entity(shop: MemoryShop) -> None:
    order = owing(shop)

    def off(amount: int, kind: WriteOffAs = D, reason: str = "rounded by the bank") -> WriteOff:
        return WriteOff(order=order, amount_minor=amount, kind=kind, reason=reason)

    shop.do(off(60))
    assert refused(shop, off(41)) == "WRITE_OFF_LIMIT"
    shop.do(off(40))
    assert stands(shop, order) == {"receivable": 3900, "write_off difference": 100}
    assert refused(shop, off(1)) == "WRITE_OFF_LIMIT"
    assert refused(shop, off(3901, B)) == refused(shop, off(0, B)) == refused(shop, off(-1)) == "WRITE_OFF_AMOUNT"
    assert refused(shop, off(1, B, " ")) == "FIELD_REQUIRED"
    shop.do(off(3900, B, "insolvent"))
    assert stands(shop, order) == {"write_off difference": 100, "write_off bad_debt": 3900}
    assert [e.reason for e in shop.events[order] if isinstance(e, MoneyPosted) and e.reason][-1] == "insolvent"
    shop.do(PutEntity(entity=LegalEntity(code="main", write_off_minor=0)))
    assert refused(shop, off(1)) == "WRITE_OFF_AMOUNT"
    assert_sound(shop)


def test_what_is_paid_after_all_is_owed_again_and_nothing_before_it_is_invoiced(shop: MemoryShop) -> None:
    order = owing(shop)
    again = Recover(order=order, amount_minor=4000, kind=B, reason="paid after all")
    assert refused(shop, again) == "WRITE_OFF_AMOUNT"
    shop.do(WriteOff(order=order, amount_minor=4000, kind=B, reason="insolvent"))
    assert refused(shop, replace(again, kind=D)) == "WRITE_OFF_AMOUNT"
    shop.do(again)
    assert stands(shop, order) == {"receivable": 4000}
    early = shop.place(order_of("A-2", ("TEE-M", 2, 2000), paid=None))
    assert refused(shop, WriteOff(order=early, amount_minor=1, kind=D, reason="x")) == "WRITE_OFF_AMOUNT"
    assert_sound(shop)


def test_what_rates_make_of_a_debt_goes_to_fx_when_it_is_written_off(shop: MemoryShop) -> None:
    def rate(value: str) -> None:
        shop.do(PutRates(currency="EUR", base="USD", days=(DayRate(shop.now.date(), value),)))

    shop.do(PutEntity(entity=LegalEntity(code="us", currency="USD")))
    shop.do(PutChannel(channel=Channel("web", "Web", ("eu",), entity="us")))
    rate("1.1")
    order = shop.place(order_of("A-1", ("TEE-M", 2, 2000), paid=None))
    ship(shop, order, 1, 2)
    invoice(shop, order, "us")
    rate("1.2")
    draft = shop.do(WriteOff(order=order, amount_minor=4000, kind=B, reason="insolvent"))
    [entries] = [event.posted.entries for _, event in draft.events if isinstance(event, MoneyPosted)]
    assert [(str(each.account), each.amount_minor, each.base) for each in entries] == [
        ("write_off", 4000, 4800), ("receivable", -4000, -4800), ("receivable", 0, 400), ("fx", 0, -400),
    ]  # fmt: skip


def prepaid(shop: MemoryShop) -> OrderId:
    """An order of 36.00, 6.00 of it tax, paid at once in a country that taxes that."""
    shop.do(PutEntity(entity=LegalEntity(code="main", tax_on_deposits=True)))
    return shop.place(order_of("A-1", taxed("TEE-M", 2, 1200), taxed("MUG", 1, 1200), paid="captured"))


def test_tax_is_owed_once_when_money_comes_and_not_again_by_the_invoice(shop: MemoryShop) -> None:
    order = prepaid(shop)
    assert stands(shop, order) == {"deposits": -3600, "tax_on_deposits VAT": 600}
    ship(shop, order, 1, 2)
    invoice(shop, order)
    assert stands(shop, order) == {"deposits": -1200, "tax_on_deposits VAT": 200}
    shop.do(CancelUnits(order=order, lines=(LineQuantity(2, 1),), reason="changed"))
    assert stands(shop, order) == {"refunds_payable": -1200}
    assert posted(shop, order, "tax_on_deposit") == [{"tax_on_deposits VAT": 600, "tax_payable VAT": -600}]
    assert posted(shop, order, "tax_on_deposit_ended") == [
        {"tax_payable VAT": 400, "tax_on_deposits VAT": -400}, {"tax_payable VAT": 200, "tax_on_deposits VAT": -200},
    ]  # fmt: skip
    assert_sound(shop)


@given(st.lists(st.sampled_from(["ship 1", "ship 2", "cancel 1", "invoice"]), max_size=9))
def test_tax_on_deposits_is_a_share_of_what_is_deposited_whatever_happens(steps: list[str]) -> None:
    shop = MemoryShop([("TEE-M", "lyon", 100), ("MUG", "lyon", 100)])
    order = prepaid(shop)
    for step in steps:
        what, _, line = step.partition(" ")
        try:
            if what == "ship":
                ship(shop, order, int(line), 1)
            elif what == "cancel":
                shop.do(CancelUnits(order=order, lines=(LineQuantity(1, 1),), reason="changed"))
            else:
                invoice(shop, order)
        except Refused:
            continue
        books = shop.order(order).books
        assert books is not None
        assert books.of(Account.TAX_ON_DEPOSITS) == -books.of(Account.DEPOSITS) // 6
    assert_sound(shop)
