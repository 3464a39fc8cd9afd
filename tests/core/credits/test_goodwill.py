"""Credit that nobody has paid for: apart from what was paid for, with a time of its own, and never money."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.credits.test_credits import CreditShop, account, answer, books, issue, owed, paid_by, refused
from tests.core.returns.test_returns import answer_all, asked, received, send_all, sold

from orderline.core.credits import commands as cc
from orderline.core.credits.lawful import NEVER, earliest_expiry
from orderline.core.credits.state import CreditKind, CreditState, account_of
from orderline.core.entities.commands import PutEntity
from orderline.core.entities.state import LegalEntity
from orderline.core.ledger.state import Account
from orderline.core.orders import commands as c
from orderline.core.orders.credited import Destination
from orderline.core.orders.state import LineQuantity
from orderline.core.returns import commands as r
from orderline.core.tenders.by_hand import SettleRefund
from orderline.values.ids import OrderId
from support.shop import order_of


def stocked(*, first: bool = False, paid: int = 600, given_: int = 400, **about: Any) -> CreditShop:
    """A card with what was paid for and what was given."""
    shop = CreditShop()
    shop.do(PutEntity(entity=LegalEntity(code="main", goodwill_first=first)))
    if paid:
        issue(shop, amount=paid)
    issue(shop, amount=given_, why="goodwill", reason="spring", **about)
    return shop


def bought(shop: CreditShop, *prices: int) -> OrderId:
    lines = tuple(("TEE-M", 1, price) for price in prices)
    order = shop.place(order_of("w-1", *lines, tenders=(paid_by("card", sum(prices)),)))
    answer(shop, order)
    return order


@pytest.mark.parametrize(("first", "left"), [(True, (0, 400)), (False, (300, 0))])
def test_what_was_given_is_spent_first_or_last_as_the_entity_has_it(first: bool, left: tuple[int, int]) -> None:
    shop = stocked(first=first)
    order = bought(shop, 700)
    assert (account(shop).goodwill_minor, account(shop).balance_minor) == (left[0], 300)
    assert shop.order(order).tenders[0].goodwill_minor == 400 - left[0]


@pytest.mark.parametrize("first", [True, False])
def test_what_comes_back_is_of_the_kind_that_was_spent(first: bool) -> None:
    shop = stocked(first=first)
    order = bought(shop, 333, 333, 334)
    for line in (1, 2, 3):
        shop.do(c.CancelUnits(order=order, reason="changed_mind", lines=(LineQuantity(line, 1),)))
        answer(shop, order)
        assert owed(shop, "card") == account(shop).balance_minor
    assert (account(shop).balance_minor, account(shop).goodwill_minor) == (1000, 400)
    assert shop.order(order).tenders[0].goodwill_minor == 0


def test_what_was_given_lapses_before_what_was_paid_for() -> None:
    shop = CreditShop()
    issue(shop, amount=600)
    until = shop.now + timedelta(days=30)
    issue(shop, amount=400, why="goodwill", reason="spring", goodwill_expires_at=until)
    assert refused(shop, cc.ExpireCredit(account="card")) == "NOTHING_TO_DO"
    shop.later(days=31)
    order = shop.place(order_of("w-1", ("TEE-M", 1, 700), tenders=(paid_by("card", 700),)))
    answer(shop, order)
    assert shop.order(order).tenders[0].declined == "credit_not_enough"
    shop.do(cc.ExpireCredit(account="card"))
    assert account(shop).state is CreditState.OPEN
    assert (account(shop).balance_minor, account(shop).goodwill_minor, owed(shop, "card")) == (600, 0, 600)
    assert refused(shop, cc.ExpireCredit(account="card")) == "NOTHING_TO_DO"
    lapsed = [e for p in shop.posted if p.cause == "credit_expired" for e in p.entries]
    assert {each.account: each.amount_minor for each in lapsed} == {
        Account.GIFT_CARDS: 400, Account.APPEASEMENT: -400,
    }  # fmt: skip


def test_more_that_is_given_lapses_with_the_later_of_both() -> None:
    shop = stocked(paid=0, goodwill_expires_at=datetime(2027, 3, 1, tzinfo=UTC))
    issue(shop, amount=1, why="goodwill", reason="more", goodwill_expires_at=datetime(2027, 2, 1, tzinfo=UTC))
    assert account(shop).goodwill_expires_at == datetime(2027, 3, 1, tzinfo=UTC)
    issue(shop, amount=1, why="goodwill", reason="more")
    assert account(shop).goodwill_expires_at is None


def test_a_gift_does_not_cut_short_what_was_paid_for() -> None:
    shop = stocked()
    soon = shop.now + timedelta(days=9)
    gift = cc.IssueCredit(
        account="card", kind=CreditKind.GIFT_CARD, currency="EUR", amount_minor=1, why="goodwill", reason="x",
        expires_at=soon,
    )  # fmt: skip
    assert refused(shop, gift) == "CREDIT_EXPIRES_TOO_SOON"


def test_what_is_sold_after_a_gift_does_not_lapse_with_it() -> None:
    shop = CreditShop()
    until = shop.now + timedelta(days=9)
    issue(shop, amount=400, why="goodwill", reason="spring", expires_at=until)
    issue(shop, amount=600)
    assert (account(shop).expires_at, account(shop).goodwill_expires_at) == (None, until)
    shop.later(days=10)
    shop.do(cc.ExpireCredit(account="card"))
    assert (account(shop).state, account(shop).balance_minor, owed(shop, "card")) == (CreditState.OPEN, 600, 600)


def test_what_is_given_for_goods_does_not_lapse_with_a_gift_that_was_there_before() -> None:
    shop = CreditShop()
    order = sold(shop, ("TEE-M", 3, 1000))
    id_, until = account_of(order), shop.now + timedelta(days=9)
    issue(shop, id_, 400, kind=CreditKind.STORE_CREDIT, why="goodwill", reason="late", expires_at=until)
    shop.do(asked(order, 2, destination=Destination.STORE_CREDIT))
    shop.do(received(order, r.ReceivedItemInput(item=1, quantity=2)))
    given_ = account(shop, id_)
    assert (given_.balance_minor - given_.goodwill_minor, given_.expires_at) == (2000, None)
    shop.later(days=10)
    if given_.goodwill_expires_at is not None:
        shop.do(cc.ExpireCredit(account=id_))
    assert refused(shop, cc.ExpireCredit(account=id_)) == "NOTHING_TO_DO"
    assert account(shop, id_).balance_minor - account(shop, id_).goodwill_minor == 2000


@pytest.mark.parametrize("dated", ["from", "to"])
def test_what_was_paid_for_is_not_cut_short_when_it_is_moved(dated: str) -> None:
    shop = CreditShop()
    until = shop.now + timedelta(days=9)
    for id_ in ("from", "to"):
        if id_ == dated:
            issue(shop, id_, 50, why="goodwill", reason="spring", expires_at=until)
        else:
            issue(shop, id_, 100)
    shop.do(cc.TransferCredit(account="from", to="to", reason="one person"))
    assert (account(shop, "to").expires_at, account(shop, "to").goodwill_expires_at) == (None, until)
    shop.later(days=10)
    shop.do(cc.ExpireCredit(account="to"))
    assert (account(shop, "to").balance_minor, owed(shop, "to")) == (100, 100)


@pytest.mark.parametrize(
    ("country", "least"),
    [
        ("US", datetime(2031, 5, 4, tzinfo=UTC)),
        ("IE", datetime(2031, 5, 4, tzinfo=UTC)),
        ("AU", datetime(2029, 5, 4, tzinfo=UTC)),
        ("DE", datetime(2030, 1, 1, tzinfo=UTC)),
        ("CA", NEVER),
        ("", datetime(2026, 5, 4, tzinfo=UTC)),
    ],
)
def test_what_was_paid_for_lasts_as_long_as_the_law_wants(country: str, least: datetime) -> None:
    assert earliest_expiry(LegalEntity(code="main", country=country), datetime(2026, 5, 4, tzinfo=UTC)) == least


def test_a_card_that_would_lapse_too_soon_is_not_sold() -> None:
    shop = CreditShop()
    shop.do(PutEntity(entity=LegalEntity(code="main", country="US")))
    card = cc.IssueCredit(
        account="card", kind=CreditKind.GIFT_CARD, currency="EUR", amount_minor=100, why="sold", code_hash="h",
        expires_at=shop.now + timedelta(days=4 * 365),
    )  # fmt: skip
    assert refused(shop, card) == "CREDIT_EXPIRES_TOO_SOON"
    issue(shop, expires_at=shop.now + timedelta(days=5 * 365 + 2))
    assert account(shop).balance_minor == 5000


def test_what_nobody_paid_for_stays_so_as_store_credit() -> None:
    shop = stocked(first=True)
    order = bought(shop, 700)
    send_all(shop, order)
    shop.do(asked(order, 1, destination=Destination.STORE_CREDIT))
    shop.do(received(order, r.ReceivedItemInput(item=1, quantity=1)))
    answer_all(shop, order)
    [credit] = shop.order(order).credits
    became = account(shop, account_of(order))
    assert (credit.total_minor, credit.goodwill_minor) == (700, 400)
    assert became.balance_minor == owed(shop, became.id) == 700 + credit.bonus_minor
    assert became.goodwill_minor == 400 + credit.bonus_minor


def test_what_nobody_paid_for_does_not_go_back_by_the_bank() -> None:
    shop = stocked(expires_at=None)
    issue(shop, amount=1, expires_at=shop.now + timedelta(days=30))
    order = bought(shop, 900)
    shop.later(days=31)
    shop.do(cc.ExpireCredit(account="card"))
    shop.do(c.CancelUnits(order=order, reason="changed_mind", lines=()))
    answer(shop, order)
    [tender] = shop.order(order).tenders
    assert (tender.declined, tender.goodwill_minor) == ("credit_expired", 299)
    by_bank = SettleRefund(order=order, tender=1, to="bank", reference="B-1")
    assert refused(shop, SettleRefund(order=order, tender=1, to="bank", reference="B", amount_minor=602)) == (
        "AMOUNT_OUT_OF_RANGE"
    )
    shop.do(by_bank)
    assert shop.order(order).tenders[0].refunded_minor == 601
    answer(shop, order)
    shop.do(SettleRefund(order=order, tender=1, to="store_credit"))
    after, given_ = shop.order(order), account(shop, account_of(order))
    assert (after.tenders[0].refunded_minor, after.tenders[0].goodwill_minor) == (900, 0)
    assert (given_.balance_minor, given_.goodwill_minor) == (299, 299)
    assert books(after, Account.REFUNDS_PAYABLE) == 0


STEPS = st.lists(
    st.tuples(st.sampled_from(["sell", "give", "dated", "place", "part", "cancel", "later"]), st.integers(1, 900)),
    max_size=14,
)


@given(steps=STEPS, first=st.booleans())
def test_after_any_sequence_nothing_given_has_become_money(steps: list[tuple[str, int]], first: bool) -> None:
    """What was paid for is, to the cent: on the card, in orders, or lapsed with it."""
    shop = stocked(first=first)
    paid, given_, orders = 600, 400, list[OrderId]()
    for at, (what, amount) in enumerate(steps):
        match what:
            case "sell":
                issue(shop, amount=amount)
                paid += amount
            case "give" | "dated":
                until: Any = {"goodwill_expires_at": shop.now + timedelta(days=9)} if what == "dated" else {}
                issue(shop, amount=amount, why="goodwill", reason="spring", **until)
                given_ += amount
            case "place":
                lines = (("MUG", 1, amount), ("TEE-M", 1, 1 + amount // 3))
                tender = paid_by("card", amount + 1 + amount // 3)
                orders.append(shop.place(order_of(f"o-{at}", *lines, tenders=(tender,))))
                answer(shop, orders[-1])
            case "part" | "cancel" if orders:
                some = (LineQuantity(1, 1),) if what == "part" else ()
                if not some or shop.order(orders[-1]).lines[0].units.canceled == 0:
                    shop.do(c.CancelUnits(order=orders[-1], reason="no", lines=some))
                    answer(shop, orders[-1])
                if what == "cancel":
                    orders.pop()
            case "later":
                shop.later(days=amount % 12)
                if account(shop).goodwill_minor and (until_ := account(shop).goodwill_expires_at):
                    if until_ <= shop.now:
                        shop.do(cc.ExpireCredit(account="card"))
            case _:
                pass
        card = account(shop)
        tenders = [tender for id_ in shop.world.orders for tender in shop.order(id_).tenders]
        in_orders = sum(tender.captured_minor - tender.refunded_minor for tender in tenders)
        of_gifts = sum(tender.goodwill_minor for tender in tenders)
        assert card.balance_minor == owed(shop, "card") >= card.goodwill_minor >= 0
        assert 0 <= of_gifts <= in_orders
        assert card.balance_minor - card.goodwill_minor + in_orders - of_gifts == paid
        assert card.goodwill_minor + of_gifts <= given_


@pytest.mark.parametrize(
    ("years", "least"),
    [
        (None, datetime(2031, 5, 4, tzinfo=UTC)),
        (0, datetime(2026, 5, 4, tzinfo=UTC)),
        (7, datetime(2033, 5, 4, tzinfo=UTC)),
    ],
)
def test_a_merchant_may_know_the_law_better(years: int | None, least: datetime) -> None:
    entity = LegalEntity(code="main", country="US", credit_lasts_years=years)
    assert earliest_expiry(entity, datetime(2026, 5, 4, tzinfo=UTC)) == least
    canadian = LegalEntity(code="main", country="CA", credit_lasts_years=years)
    assert earliest_expiry(canadian, datetime(2026, 5, 4, tzinfo=UTC)) == (NEVER if years is None else least)


def test_credit_lasts_for_years_that_are_few() -> None:
    shop = CreditShop()
    assert refused(shop, PutEntity(entity=LegalEntity(code="main", credit_lasts_years=-1))) == "QUANTITY_NEGATIVE"
