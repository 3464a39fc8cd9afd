"""Money moves between accounts by one table: what came in, what is owed back, what went out, in each currency of the books."""

from typing import Any

import pytest

from orderline.core.entities.commands import PutEntity, PutRates
from orderline.core.entities.state import DayRate, LegalEntity
from orderline.core.ledger.events import CreditGranted, MoneyPosted
from orderline.core.ledger.posting import post
from orderline.core.ledger.rules import POSTINGS, Cause, entries, moved
from orderline.core.ledger.state import Account, Entry
from orderline.core.orders.commands import AnswerPayment, CancelUnits, Command
from orderline.core.orders.credited import Credit, CreditCharge, CreditLine, Destination
from orderline.core.orders.priced import TaxLine
from orderline.core.orders.state import LineQuantity, PaymentKind
from orderline.core.stock.commands import PutChannel
from orderline.core.stock.state import Channel
from orderline.core.tenders.sums import net_due_minor
from orderline.core.world import Draft
from orderline.values.failures import Refused
from orderline.values.ids import OrderId
from support.always import assert_sound
from support.shop import MemoryShop, order_of

A = Account


@pytest.fixture
def shop() -> MemoryShop:
    return MemoryShop([("TEE-M", "lyon", 10)])


def told(shop: MemoryShop, order: OrderId) -> list[tuple[str, dict[str, int]]]:
    """What was posted of an order: cause, and the amounts by account."""
    return [
        (event.posted.cause, {str(each.account): each.amount_minor for each in event.posted.entries})
        for event in shop.events[order]
        if isinstance(event, MoneyPosted)
    ]


def balances(shop: MemoryShop, order: OrderId) -> dict[str, int]:
    books = shop.order(order).books
    return {} if books is None else {str(each.account): each.amount_minor for each in books.balances}


def answer(shop: MemoryShop, order: OrderId, kind: PaymentKind, **about: object) -> None:
    tender = next(t for t in shop.order(order).tenders if any(r.kind is kind for r in t.requests))
    request = next(each for each in tender.requests if each.kind is kind)
    given: dict[str, Any] = {"amount_minor": request.amount_minor, "reference": "re_1", **about}
    shop.do(AnswerPayment(order=order, tender=tender.number, key=request.key, kind=kind, **given))


def tell(shop: MemoryShop, order: OrderId, *events: CreditGranted) -> None:
    """Tell events as a rule of a later capability will."""
    draft = Draft(shop.world, shop.now)
    for event in events:
        draft.tell(order, event)
    shop.events[order].extend(event for _, event in draft.events)


def test_what_is_only_promised_is_not_in_the_books(shop: MemoryShop) -> None:
    order = shop.place(order_of("A-1", ("TEE-M", 2, 2000)))
    asked = shop.place(order_of("A-2", ("TEE-M", 1, 2000), paid="requested"))
    answer(shop, asked, PaymentKind.AUTHORIZE)
    assert [told(shop, each) for each in (order, asked)] == [[], []]
    assert shop.order(order).books is None


def test_captured_money_is_a_deposit_and_owed_back_from_when_it_is_asked_for(shop: MemoryShop) -> None:
    order = shop.place(order_of("A-1", ("TEE-M", 2, 2000), paid="captured"))
    assert told(shop, order) == [("captured", {"psp_clearing": 4000, "deposits": -4000})]
    shop.do(CancelUnits(order=order, reason="x"))
    assert balances(shop, order) == {"refunds_payable": -4000}
    answer(shop, order, PaymentKind.REFUND)
    assert [cause for cause, _ in told(shop, order)] == ["captured", "refund_due", "refunded"]
    assert balances(shop, order) == {}
    assert_sound(shop)


def test_a_refund_that_is_declined_stays_owed_and_is_not_owed_twice(shop: MemoryShop) -> None:
    order = shop.place(order_of("A-1", ("TEE-M", 2, 2000), paid="captured"))
    shop.do(CancelUnits(order=order, reason="x"))
    answer(shop, order, PaymentKind.REFUND, amount_minor=0, declined="closed")
    assert balances(shop, order) == {"refunds_payable": -4000}
    assert_sound(shop)


def test_history_and_tests_are_not_in_the_books_of_the_company(shop: MemoryShop) -> None:
    past = shop.place(order_of("A-1", ("TEE-M", 1, 2000), paid="captured", history=True))
    tried = shop.place(order_of("A-2", ("TEE-M", 1, 2000), paid="captured", is_test=True))
    assert shop.order(past).books is None
    books = shop.order(tried).books
    assert books is not None
    assert books.entity == "main:test"


def test_a_credit_is_owed_to_the_customer_with_the_tax_of_the_sale_less_fees(shop: MemoryShop) -> None:
    order = shop.place(order_of("A-1", ("TEE-M", 2, 2400), paid="captured"))
    vat = TaxLine("VAT", 400, 200_000)
    credit = Credit(
        number=1, reason="return", total_minor=2280, lines=(CreditLine(1, 1, 2000, (vat,)),),
        fees=(CreditCharge("restocking", 100, (TaxLine("VAT", 20, 200_000),)),),
    )  # fmt: skip
    assert credit.stands_for_minor == credit.total_minor
    tell(shop, order, CreditGranted(credit, shop.now))
    assert told(shop, order)[1:] == [
        ("fee_charged", {"refunds_payable": 120, "fee_revenue": -100, "tax_payable": -20}),
        ("credited", {"returns_allowances": 2000, "tax_payable": 400, "refunds_payable": -2400}),
    ]
    assert balances(shop, order) == {"deposits": -4800, "refunds_payable": -2280}
    assert net_due_minor(shop.order(order)) == 4800 - 2280


def test_what_is_given_as_store_credit_is_not_given_back_over_the_tenders(shop: MemoryShop) -> None:
    order = shop.place(order_of("A-1", ("TEE-M", 2, 2000), paid="captured"))
    line = CreditLine(1, 1, 2000)
    credit = Credit(number=1, reason="x", total_minor=2000, lines=(line,), destination=Destination.STORE_CREDIT)
    tell(shop, order, CreditGranted(credit, shop.now))
    shop.do(CancelUnits(order=order, reason="x", lines=(LineQuantity(1, 1),)))
    assert [r.amount_minor for t in shop.order(order).tenders for r in t.requests] == [2000]


def test_money_that_came_meets_what_is_owed(shop: MemoryShop) -> None:
    order = shop.place(order_of("A-1", ("TEE-M", 2, 2000), paid="captured"))
    draft = Draft(shop.world, shop.now)
    sold = entries(Cause.INVOICED, [(A.RECEIVABLE, "", 3000)], [(A.REVENUE_GOODS, "", 3000)])
    post(draft, order, Cause.INVOICED, sold, document="INV-1")
    shop.events[order].extend(event for _, event in draft.events)
    assert told(shop, order)[1:] == [
        ("invoiced", {"receivable": 3000, "revenue_goods": -3000}),
        ("deposit_applied", {"deposits": 3000, "receivable": -3000}),
    ]
    assert balances(shop, order) == {"deposits": -1000}
    assert_sound(shop)


def test_a_difference_of_exchange_is_what_is_left_when_an_account_runs_out(shop: MemoryShop) -> None:
    shop.do(PutEntity(entity=LegalEntity(code="us", currency="USD")))
    shop.do(PutChannel(channel=Channel("web", "Web shop", ("eu", "stores"), entity="us")))
    today = shop.now.date()
    shop.do(PutRates(currency="EUR", base="USD", days=(DayRate(today, "1.1"),)))
    order = shop.place(order_of("A-1", ("TEE-M", 1, 1001), paid="captured"))
    shop.do(PutRates(currency="EUR", base="USD", days=(DayRate(today, "1.2"),)))
    shop.do(CancelUnits(order=order, reason="x"))
    posted = [event.posted for event in shop.events[order] if isinstance(event, MoneyPosted)]
    assert [(each.rate, each.base, each.entity) for each in posted] == [("1.1", "USD", "us"), ("1.2", "USD", "us")]
    assert posted[0].entries == (Entry(A.PSP_CLEARING, 1001, "sandbox", 1101), Entry(A.DEPOSITS, -1001, "", -1101))
    assert posted[1].entries == (
        Entry(A.DEPOSITS, 1001, "", 1201),
        Entry(A.REFUNDS_PAYABLE, -1001, "", -1201),
        Entry(A.DEPOSITS, 0, "", -100),
        Entry(A.FX, 0, "", 100),
    )
    assert_sound(shop)


def test_without_a_rate_the_money_is_booked_all_the_same(shop: MemoryShop) -> None:
    shop.do(PutEntity(entity=LegalEntity(code="jp", currency="JPY")))
    shop.do(PutChannel(channel=Channel("web", "Web shop", ("eu", "stores"), entity="jp")))
    order = shop.place(order_of("A-1", ("TEE-M", 1, 1001), paid="captured"))
    posted = [event.posted for event in shop.events[order] if isinstance(event, MoneyPosted)]
    assert [(each.base, each.rate, [e.base for e in each.entries]) for each in posted] == [("JPY", "", [0, 0])]


@pytest.mark.parametrize("cause", Cause)
def test_every_row_of_the_table_is_even_and_keeps_to_its_accounts(cause: Cause) -> None:
    made = moved(cause, 100)
    assert sum(each.amount_minor for each in made) == 0
    assert {each.account for each in made} <= {*POSTINGS[cause][0], *POSTINGS[cause][1]}
    assert moved(cause, 0) == ()
    with pytest.raises(ValueError, match="differ"):
        entries(cause, [(POSTINGS[cause][0][0], "", 1)], [])
    stranger = next(account for account in Account if account not in POSTINGS[cause][0])
    with pytest.raises(ValueError, match="does not post"):
        entries(cause, [(stranger, "", 1)], [(POSTINGS[cause][1][0], "", 1)])


def test_every_account_has_a_row_that_posts_to_it() -> None:
    used = {account for row in POSTINGS.values() for side in row for account in side}
    assert set(Account) == used


WRONG = [
    (PutEntity(entity=LegalEntity(code="a:b")), "CODE_NOT_ACCEPTABLE"),
    (PutEntity(entity=LegalEntity(code="a", country="Germany")), "COUNTRY_UNKNOWN"),
    (PutEntity(entity=LegalEntity(code="a", currency="XXX")), "CURRENCY_UNKNOWN"),
    (PutEntity(entity=LegalEntity(code="a", time_zone="Mars/Base")), "TIME_ZONE_UNKNOWN"),
    (PutEntity(entity=LegalEntity(code="a", invoice_numbers="INV")), "NUMBERS_NOT_ACCEPTABLE"),
    (PutEntity(entity=LegalEntity(code="a", credit_numbers="INV-{year}-{number}")), "NUMBERS_NOT_ACCEPTABLE"),
    (PutEntity(entity=LegalEntity(code="a", due_days=-1)), "QUANTITY_NEGATIVE"),
    (PutRates(currency="EUR", base="EUR", days=(DayRate(MemoryShop().now.date(), "1"),)), "RATE_NOT_ACCEPTABLE"),
    (PutRates(currency="EUR", base="USD", days=()), "RATE_NOT_ACCEPTABLE"),
    (PutRates(currency="EUR", base="USD", days=(DayRate(MemoryShop().now.date(), "0.0"),)), "RATE_NOT_ACCEPTABLE"),
    (PutRates(currency="EUR", base="USD", days=(DayRate(MemoryShop().now.date(), "1e3"),)), "RATE_NOT_ACCEPTABLE"),
    (PutChannel(channel=Channel("web", "Web", ("eu",), entity="x")), "ENTITY_UNKNOWN"),
]


@pytest.mark.parametrize(("command", "code"), WRONG)
def test_what_is_wrong_is_refused(shop: MemoryShop, command: Command, code: str) -> None:
    with pytest.raises(Refused) as refused:
        shop.do(command)
    assert refused.value.code == code


def test_books_stay_in_their_currency(shop: MemoryShop) -> None:
    shop.do(PutEntity(entity=LegalEntity(code="a", currency="EUR")))
    with pytest.raises(Refused) as refused:
        shop.do(PutEntity(entity=LegalEntity(code="a", currency="USD")))
    assert refused.value.code == "ENTITY_CHANGES_CURRENCY"
